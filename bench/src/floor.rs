//! The reference server: rustls and hyper, nothing else, with a constant answer.

use std::convert::Infallible;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use clap::{Args, ValueEnum};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ServerConfig, WebPkiClientVerifier};
use rustls::{
    CertificateError, CipherSuite, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::material::{CA_PEM, DEVICE_PEM, SERVER_KEY, SERVER_PEM};
use crate::say;

/// How it is started.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[arg(long)]
    mode: Mode,
    /// Directory of keys and certificates
    #[arg(long)]
    material: PathBuf,
    /// Bytes of the answer
    #[arg(long)]
    body_bytes: usize,
}

/// How it checks the client's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// The chain up to the CA, rustls's own order of cipher suites
    Webpki,
    /// One certificate by its fingerprint, AES-128 first
    Pinned,
}

/// The answer, as long as that of the daemon.
pub(crate) fn constant_body(bytes: usize) -> String {
    let (before, after) = ("{\"credentials\":\"", "\"}");
    let filling = bytes.saturating_sub(before.len() + after.len());
    format!("{before}{}{after}", "a".repeat(filling))
}

/// The role: prints its port, then serves until it is stopped.
pub(crate) fn serve(options: &Options) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let acceptor = TlsAcceptor::from(Arc::new(tls(options)?));
        let body = Bytes::from(constant_body(options.body_bytes));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        say(&listener.local_addr()?.port().to_string())?;
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(answer(stream, acceptor.clone(), body.clone()));
        }
    })
}

async fn answer(stream: TcpStream, acceptor: TlsAcceptor, body: Bytes) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    // Whatever goes wrong, the client sees it and aborts the run.
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(move |_| {
        let mut response = Response::new(Full::new(body.clone()));
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        async move { Ok::<_, Infallible>(response) }
    });
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn tls(options: &Options) -> Result<ServerConfig> {
    let file = |name: &str| options.material.join(name);
    let mut provider = aws_lc_rs::default_provider();
    if options.mode == Mode::Pinned {
        provider
            .cipher_suites
            .sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    }
    let provider = Arc::new(provider);
    let verifier: Arc<dyn ClientCertVerifier> = match options.mode {
        Mode::Webpki => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_file(file(CA_PEM))?)?;
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()?
        }
        Mode::Pinned => {
            let device = CertificateDer::from_pem_file(file(DEVICE_PEM))?;
            Arc::new(Pinned {
                fingerprint: thingpass_pki::fingerprint(&device),
                algorithms: provider.signature_verification_algorithms,
            })
        }
    };
    let chain = vec![CertificateDer::from_pem_file(file(SERVER_PEM))?];
    let key = PrivateKeyDer::from_pem_file(file(SERVER_KEY))?;
    let mut config = builder(provider)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    config.ignore_client_order = options.mode == Mode::Pinned;
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(config)
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier>> {
    Ok(ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?)
}

/// Accepts one certificate, and its key must be proved as ever.
#[derive(Debug)]
struct Pinned {
    fingerprint: [u8; 32],
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if thingpass_pki::fingerprint(end_entity) == self.fingerprint {
            return Ok(ClientCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constant_body_has_the_size_asked_for_and_is_json() {
        let body = constant_body(963);
        assert_eq!(body.len(), 963);
        assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok());
    }
}
