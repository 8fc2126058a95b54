//! Failed connections in words.

use super::FetchError;
use crate::config::Config;
use crate::failure::Failure;
use rustls::{AlertDescription as Alert, CertificateError, Error, InvalidMessage};
use std::error::Error as StdError;
use std::io;

/// The alerts with which servers turn down a client certificate.
const CERTIFICATE_REFUSED: [Alert; 9] = [
    Alert::AccessDenied,
    Alert::BadCertificate,
    Alert::CertificateExpired,
    Alert::CertificateRequired,
    Alert::CertificateRevoked,
    Alert::CertificateUnknown,
    Alert::DecryptError,
    Alert::UnknownCA,
    Alert::UnsupportedCertificate,
];

/// What a failure on an open TCP connection means. Those of the network may pass; those of TLS do not.
pub(super) fn explain(config: &Config, error: &(dyn StdError + 'static)) -> FetchError {
    let endpoint = &config.endpoint;
    match cause(error) {
        Some(error) => explain_tls(config, error).into(),
        None => FetchError::outage(
            format!("`{endpoint}` closed the connection without an answer"),
            "it may be restarting, may not be the device endpoint, or may have turned down the device certificate: look into the server's log",
        ),
    }
}

/// The failure of TLS at the bottom of `error`, if there is one.
pub(super) fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<Error>() {
            return Some(found);
        }
        // An input or output error passes over what it wraps when asked for its source.
        next = match error.downcast_ref::<io::Error>().map(io::Error::get_ref) {
            Some(Some(inner)) => Some(inner),
            Some(None) | None => error.source(),
        };
    }
    None
}

fn explain_tls(config: &Config, error: &Error) -> Failure {
    let endpoint = &config.endpoint;
    if let Error::InvalidCertificate(error) = error {
        return explain_server_certificate(config, error);
    }
    if let Error::AlertReceived(alert) = error {
        if CERTIFICATE_REFUSED.contains(alert) {
            return Failure::exchange(
                format!(
                    "`{endpoint}` turned down the device certificate `{}` ({alert:?})",
                    config.cert.display()
                ),
                "check that it is the certificate registered for this device, that it has not ended, and that --endpoint is right",
            );
        }
        if *alert == Alert::UnrecognisedName {
            return Failure::exchange(
                format!("the server at `{endpoint}` does not answer to that name"),
                "give the endpoint address as the server names it: `aws iot describe-endpoint --endpoint-type iot:CredentialProvider`",
            );
        }
    }
    if matches!(
        error,
        Error::InvalidMessage(InvalidMessage::InvalidContentType)
    ) {
        return Failure::exchange(
            format!("what answers at `{endpoint}` does not speak TLS"),
            "check the port of --endpoint",
        );
    }
    Failure::exchange(
        format!("TLS with `{endpoint}` failed: {error}"),
        "check that --endpoint is the address of the device endpoint",
    )
}

fn explain_server_certificate(config: &Config, error: &CertificateError) -> Failure {
    let (endpoint, ca) = (&config.endpoint, config.ca.display());
    if matches!(
        error,
        CertificateError::UnknownIssuer | CertificateError::BadSignature
    ) {
        return Failure::exchange(
            format!("the certificate of `{endpoint}` was not issued by a CA in `{ca}`"),
            "copy the CA certificate of that server to this device and give it with --ca, or mend --endpoint",
        );
    }
    if matches!(
        error,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
    ) {
        return Failure::exchange(
            format!(
                "the certificate of the server is not for the name `{}`",
                endpoint.host()
            ),
            "give the endpoint by a name in the server's certificate, or have that name added to it",
        );
    }
    if matches!(
        error,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    ) {
        return Failure::exchange(
            format!("the certificate of `{endpoint}` is not valid at this time: {error}"),
            "check this device's clock; if it is right, the server needs a new certificate",
        );
    }
    Failure::exchange(
        format!("the certificate of `{endpoint}` is not accepted: {error}"),
        format!(
            "check that `{ca}` holds the CA certificate, not the server's own, and that the server's certificate is a server certificate"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tls_failure_is_found_inside_an_input_or_output_error() {
        let alert = Error::AlertReceived(Alert::UnknownCA);
        let wrapped = io::Error::new(io::ErrorKind::InvalidData, alert.clone());
        assert_eq!(cause(&wrapped), Some(&alert));
        let twice = io::Error::other(wrapped);
        assert_eq!(cause(&twice), Some(&alert));
        assert_eq!(cause(&io::Error::from(io::ErrorKind::BrokenPipe)), None);
    }
}
