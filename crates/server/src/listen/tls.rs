//! TLS of both doors: 1.2 and 1.3, AES-128-GCM first, no tickets, the certificate swappable.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::service_ca::ServerIdentity;

/// ALPN of HTTP/2.
pub const HTTP_2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";

/// A fault of the TLS configuration.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// What rustls says.
    #[error("TLS: {0}")]
    Rustls(#[from] rustls::Error),
    /// The key in the data directory.
    #[error("TLS: the server's private key cannot be read: {0}")]
    Key(#[from] rustls_pki_types::pem::Error),
}

/// The server certificate in force; a renewed one takes its place without a restart.
#[derive(Debug)]
pub struct CurrentCertificate(ArcSwap<CertifiedKey>);

impl CurrentCertificate {
    /// Puts an identity in force.
    ///
    /// # Errors
    /// [`TlsFault`].
    pub fn new(identity: &ServerIdentity) -> Result<Self, TlsFault> {
        Ok(Self(ArcSwap::from_pointee(certified(identity)?)))
    }

    /// Puts another identity in force.
    ///
    /// # Errors
    /// [`TlsFault`].
    pub fn replace(&self, identity: &ServerIdentity) -> Result<(), TlsFault> {
        self.0.store(Arc::new(certified(identity)?));
        Ok(())
    }
}

impl ResolvesServerCert for CurrentCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// TLS of the device door: every client proves its certificate's key to `verifier`.
///
/// # Errors
/// [`TlsFault`].
pub fn device(
    certificate: Arc<CurrentCertificate>,
    verifier: Arc<dyn ClientCertVerifier>,
) -> Result<TlsAcceptor, TlsFault> {
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(certificate);
    Ok(acceptor(config))
}

/// TLS of the service door: the signature tells who asks.
///
/// # Errors
/// [`TlsFault`].
pub fn service(certificate: Arc<CurrentCertificate>) -> Result<TlsAcceptor, TlsFault> {
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    Ok(acceptor(config))
}

/// AWS-LC, with AES-128-GCM-SHA256 first: SHA-256 has instructions, SHA-384 has none.
pub fn provider() -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.sort_by_key(|suite| {
        let name = format!("{:?}", suite.suite());
        !name.contains("AES_128_GCM_SHA256")
    });
    Arc::new(provider)
}

fn acceptor(mut config: ServerConfig) -> TlsAcceptor {
    config.ignore_client_order = true;
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.alpn_protocols = vec![HTTP_1_1.to_vec(), HTTP_2.to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

fn certified(identity: &ServerIdentity) -> Result<CertifiedKey, TlsFault> {
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes())?;
    let chain = vec![CertificateDer::from(identity.certificate.clone())];
    Ok(CertifiedKey::from_der(chain, key, &provider())?)
}
