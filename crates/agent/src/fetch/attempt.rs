//! One request on one connection.

use super::connection::Connection;
use super::identity::{DeviceCertificate, Identity};
use super::{FetchError, Fetched, answer, refusal};
use crate::config::Config;
use crate::failure::Failure;
use crate::verb::Clock;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONNECTION, HOST, HeaderMap, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// More than any client of AWS IoT takes.
const BODY_BYTES: usize = 64 * 1024;

const THING_NAME: &str = "x-amzn-iot-thingname";
const DURATION_SECONDS: &str = "x-amzn-iot-credential-duration-seconds";

/// All but the unreserved characters of RFC 3986.
const PATH_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What an attempt needs.
pub(super) struct Attempt<'a> {
    pub(super) config: &'a Config,
    pub(super) identity: &'a Identity,
    pub(super) certificate: &'a DeviceCertificate,
    pub(super) clock: Clock,
}

impl Attempt<'_> {
    /// Connects, asks, and reads the answer.
    pub(super) async fn run(&self) -> Result<Fetched, FetchError> {
        let request = request(self.config)?;
        let mut connection = Connection::open(self.config, self.identity).await?;
        let response = connection.send(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.body(response).await?;
        if status == StatusCode::OK {
            return answer::read(&headers, &body, &self.config.endpoint, (self.clock)());
        }
        Err(self.refused(status, &headers, &body))
    }

    async fn body(&self, response: Response<Incoming>) -> Result<Zeroizing<Vec<u8>>, FetchError> {
        let endpoint = &self.config.endpoint;
        match Limited::new(response.into_body(), BODY_BYTES)
            .collect()
            .await
        {
            Ok(body) => Ok(Zeroizing::new(body.to_bytes().to_vec())),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Failure::exchange(
                format!("the answer of `{endpoint}` is longer than {BODY_BYTES} bytes"),
                "check that --endpoint is the address of the device endpoint",
            )
            .into()),
            Err(_) => Err(FetchError::outage(
                format!("`{endpoint}` broke off in the middle of its answer"),
                "try again; if it stays, look into the server's log",
            )),
        }
    }

    fn refused(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> FetchError {
        let refusal = refusal::Refusal::read(status, headers, body);
        let what = refusal.what(&self.config.endpoint);
        let advice = refusal.advice(self.config, self.certificate.fingerprint());
        if refusal.is_outage() {
            FetchError::outage(what, advice)
        } else {
            FetchError::refusal(what, advice)
        }
    }
}

fn request(config: &Config) -> Result<Request<Empty<Bytes>>, Failure> {
    let alias = utf8_percent_encode(config.role_alias.as_str(), PATH_SEGMENT);
    let mut request = Request::get(format!("/role-aliases/{alias}/credentials"))
        .header(HOST, config.endpoint.authority())
        .header(ACCEPT, "application/json")
        .header(CONNECTION, "close")
        .header(
            USER_AGENT,
            concat!("thingpass-agent/", env!("CARGO_PKG_VERSION")),
        );
    if let Some(name) = &config.thing_name {
        request = request.header(THING_NAME, name.as_str());
    }
    if let Some(duration) = config.duration {
        request = request.header(DURATION_SECONDS, duration.get());
    }
    request
        .body(Empty::new())
        .map_err(|error| Failure::exchange(format!("cannot make the request: {error}"), ""))
}
