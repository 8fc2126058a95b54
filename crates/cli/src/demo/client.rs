//! A client like any other: HTTPS to the doors of the daemon, signed or by mutual TLS.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::Value;
use thingpass_domain::clock::{Clock, SystemClock};
use thingpass_server::listen::tls;
use thingpass_wire::sigv4;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::call::Call;
use super::keys::Keys;
use crate::Failure;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Trusts the daemon's service CA and nobody else.
pub(crate) struct Client {
    tls: TlsConnector,
}

/// Why there was no answer.
#[derive(Debug)]
pub(crate) struct Unanswered(String);

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there was no answer: {}", self.0)
    }
}

impl<E: std::error::Error> From<E> for Unanswered {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// An answer. It may hold secrets.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) request_id: String,
    error_type: Option<String>,
    pub(crate) body: Zeroizing<String>,
}

impl Client {
    /// A client without a certificate.
    pub(crate) fn new(ca: &Path) -> Result<Self, Failure> {
        Ok(Self::with(trusting(ca)?.with_no_client_auth()))
    }

    /// A device, which proves its certificate's key in every handshake.
    pub(crate) fn device(ca: &Path, certificate: &[u8], key_pem: &str) -> Result<Self, Failure> {
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(Failure::failed)?;
        let chain = vec![CertificateDer::from(certificate.to_vec())];
        let config = trusting(ca)?
            .with_client_auth_cert(chain, key)
            .map_err(Failure::failed)?;
        Ok(Self::with(config))
    }

    fn with(mut config: ClientConfig) -> Self {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self {
            tls: TlsConnector::from(Arc::new(config)),
        }
    }

    /// Sends a request under a Signature Version 4.
    pub(crate) async fn signed(
        &self,
        endpoint: &str,
        region: &str,
        keys: &Keys,
        call: Call,
    ) -> Result<Answer, Unanswered> {
        let Call {
            service,
            method,
            target,
            mut headers,
            body,
        } = call;
        let authority = endpoint.trim_start_matches("https://");
        headers.insert(HOST, HeaderValue::from_str(authority)?);
        sigv4::sign(
            &method,
            &target,
            &mut headers,
            body.as_bytes(),
            &keys.credentials(),
            region,
            service,
            SystemClock.now(),
        )?;
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = target.parse::<Uri>()?;
        *request.headers_mut() = headers;
        self.send(authority, request).await
    }

    /// Asks for the credentials of a role alias in a thing's name.
    pub(crate) async fn credentials(
        &self,
        authority: &str,
        role_alias: &str,
        thing: &str,
    ) -> Result<Answer, Unanswered> {
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("/role-aliases/{role_alias}/credentials"))
            .header(HOST, authority)
            .header("x-amzn-iot-thingname", thing)
            .body(Full::default())?;
        self.send(authority, request).await
    }

    async fn send(
        &self,
        authority: &str,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, Unanswered> {
        tokio::time::timeout(TIMEOUT, self.exchange(authority, request)).await?
    }

    /// One connection for each request, as the AWS CLI does it.
    async fn exchange(
        &self,
        authority: &str,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, Unanswered> {
        let host = authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host);
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
        let stream = TcpStream::connect(authority).await?;
        let stream = self.tls.connect(name, stream).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let talk = async {
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = Zeroizing::new(body.collect().await?.to_bytes().to_vec());
            Ok::<_, Unanswered>((head, body))
        };
        let (head, body) = tokio::select! {
            answer = talk => answer?,
            Err(error) = connection => return Err(error.into()),
        };
        let header = |name: &str| {
            head.headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        Ok(Answer {
            status: head.status.as_u16(),
            request_id: header("x-amzn-requestid").unwrap_or_default(),
            error_type: header("x-amzn-errortype"),
            body: Zeroizing::new(String::from_utf8_lossy(&body).into_owned()),
        })
    }
}

type ClientBuilder = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

fn trusting(ca: &Path) -> Result<ClientBuilder, Failure> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(ca)
        .map_err(|error| Failure::failed(format!("`{}`: {error}", ca.display())))?;
    roots.add(certificate).map_err(Failure::failed)?;
    let builder = ClientConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()
        .map_err(Failure::failed)?;
    Ok(builder.with_root_certificates(roots))
}

impl Answer {
    /// The first member of this name, wherever in the answer it stands.
    pub(crate) fn member(&self, name: &str) -> Option<String> {
        match self.json() {
            Some(json) => find(&json, name),
            None => element(&self.body, name),
        }
    }

    /// AWS's error code.
    pub(crate) fn error_code(&self) -> Option<String> {
        let code = match &self.error_type {
            Some(code) => code.clone(),
            None => self.member("__type").or_else(|| self.member("Code"))?,
        };
        let code = code.split(':').next().unwrap_or_default();
        Some(code.rsplit('#').next().unwrap_or_default().to_owned())
    }

    /// What the error says.
    pub(crate) fn message(&self) -> String {
        let message = self.member("message").or_else(|| self.member("Message"));
        message.unwrap_or_default()
    }

    /// The body, if it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }
}

fn find(json: &Value, name: &str) -> Option<String> {
    match json {
        Value::Object(members) => match members.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
            None => members.values().find_map(|value| find(value, name)),
        },
        Value::Array(values) => values.iter().find_map(|value| find(value, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let plain = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    Some(plain)
}

#[cfg(test)]
impl Answer {
    /// For the tests of what is made of an answer.
    pub(crate) fn of(status: u16, error_type: Option<&str>, body: &str) -> Self {
        Self {
            status,
            request_id: "id".to_owned(),
            error_type: error_type.map(str::to_owned),
            body: Zeroizing::new(body.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_tells_its_error_code_and_message() {
        let rest = Answer::of(403, Some("AccessDeniedException:x"), r#"{"message":"no"}"#);
        let tables = Answer::of(
            400,
            None,
            r#"{"__type":"com.amazon#Denied","Message":"no"}"#,
        );
        let query = Answer::of(
            403,
            None,
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no &amp; no</Message>\
             </Error></ErrorResponse>",
        );
        assert_eq!(rest.error_code().unwrap(), "AccessDeniedException");
        assert_eq!(tables.error_code().unwrap(), "Denied");
        assert_eq!(query.error_code().unwrap(), "AccessDenied");
        assert_eq!([rest.message(), tables.message()], ["no", "no"]);
        assert_eq!(query.message(), "no & no");
    }

    #[test]
    fn a_member_is_found_at_any_depth() {
        let answer = Answer::of(200, None, r#"{"a":[{"b":{"Arn":"x","N":1.0}}]}"#);
        assert_eq!(answer.member("Arn").unwrap(), "x");
        assert_eq!(answer.member("N").unwrap(), "1.0");
        assert_eq!(answer.member("Other"), None);
    }
}
