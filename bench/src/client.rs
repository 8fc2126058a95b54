//! The load's client: TLS 1.3 with X25519 and a full handshake each time, HTTP/1.1 by hand.
//!
//! It does not verify the server, which keeps it cheaper than any server it measures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail, ensure};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, DigitallySignedStruct, HandshakeKind, NamedGroup, ProtocolVersion,
    SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::material::Material;

const HEAD_END: &[u8] = b"\r\n\r\n";

/// Opens connections.
#[derive(Clone)]
pub(crate) struct Client {
    connector: TlsConnector,
    asked: Arc<AtomicU64>,
}

impl Client {
    /// One that shows the device's certificate.
    pub(crate) fn device(material: &Material) -> Result<Self> {
        let key = PrivateKeyDer::from_pem_slice(material.device.key_pem.as_bytes())?;
        let chain = vec![CertificateDer::from(
            material.device.certificate.der().to_vec(),
        )];
        let key = CertifiedKey::from_der(chain, key, &provider())?;
        Self::new(Some(Arc::new(key)))
    }

    /// One without a certificate.
    pub(crate) fn anonymous() -> Result<Self> {
        Self::new(None)
    }

    fn new(key: Option<Arc<CertifiedKey>>) -> Result<Self> {
        let provider = Arc::new(provider());
        let asked = Arc::new(AtomicU64::new(0));
        let verifier = TrustAll {
            algorithms: provider.signature_verification_algorithms,
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(Identity {
                key,
                asked: Arc::clone(&asked),
            }));
        config.resumption = Resumption::disabled();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            asked,
        })
    }

    /// How many handshakes asked for a certificate so far.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Connects to a port of this machine; anything but a full TLS 1.3 handshake over X25519 is an
    /// error.
    pub(crate) async fn connect(&self, port: u16) -> Result<Connection> {
        let stream = TcpStream::connect(("127.0.0.1", port))
            .await
            .context("connecting")?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("localhost")?;
        let stream = self
            .connector
            .connect(name, stream)
            .await
            .context("TLS handshake")?;
        let tls = stream.get_ref().1;
        ensure!(
            tls.protocol_version() == Some(ProtocolVersion::TLSv1_3),
            "not TLS 1.3"
        );
        ensure!(
            tls.handshake_kind() == Some(HandshakeKind::Full),
            "not a full handshake"
        );
        let group = tls
            .negotiated_key_exchange_group()
            .map(rustls::crypto::SupportedKxGroup::name);
        ensure!(
            group == Some(NamedGroup::X25519),
            "the key exchange is not X25519"
        );
        Ok(Connection {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }
}

/// A connection, good for any number of requests, one after the other.
pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

/// An answer.
pub(crate) struct Reply<'a> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: &'a [u8],
}

impl Connection {
    /// Sends a request as it is and reads its answer, which must announce its length.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        self.stream.write_all(request).await.context("sending")?;
        self.stream.flush().await.context("sending")?;
        self.buffer.clear();
        let (status, from, until) = loop {
            if let Some((status, from, length)) = read_head(&self.buffer)?
                && self.buffer.len() >= from + length
            {
                break (status, from, from + length);
            }
            if self
                .stream
                .read_buf(&mut self.buffer)
                .await
                .context("receiving")?
                == 0
            {
                bail!("the server closed the connection before it answered");
            }
        };
        let body = self.buffer.get(from..until).unwrap_or_default();
        Ok(Reply { status, body })
    }

    /// Says goodbye as TLS wants it.
    pub(crate) async fn close(mut self) {
        // The server may have closed first.
        let _ = self.stream.shutdown().await;
    }
}

/// Status, start of the body and its length, once the head is complete.
fn read_head(bytes: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let Some(end) = bytes
        .windows(HEAD_END.len())
        .position(|window| window == HEAD_END)
    else {
        return Ok(None);
    };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .unwrap_or_default();
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .context("the answer does not announce its length")?;
    Ok(Some((
        status.parse()?,
        end + HEAD_END.len(),
        length.1.trim().parse()?,
    )))
}

fn provider() -> CryptoProvider {
    CryptoProvider {
        kx_groups: vec![kx_group::X25519],
        ..default_provider()
    }
}

#[derive(Debug)]
struct Identity {
    key: Option<Arc<CertifiedKey>>,
    asked: Arc<AtomicU64>,
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}

#[derive(Debug)]
struct TrustAll {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for TrustAll {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_once_its_head_is_complete() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert!(read_head(&whole[..20]).unwrap().is_none());
        assert_eq!(read_head(whole).unwrap(), Some((200, whole.len() - 2, 2)));
    }

    #[test]
    fn an_answer_without_a_length_is_an_error() {
        assert!(read_head(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n").is_err());
    }
}
