//! What the domain's refusals are called in STS, and their status (STS model and common errors).

use http::StatusCode;
use thingpass_domain::error::Error;
use thingpass_wire::error::Fault;

/// The error as this service sends it.
pub fn fault(error: &Error) -> Fault {
    let (status, code) = match error {
        Error::NotFound(_) => (404, "NoSuchEntity"),
        Error::Invalid(_) => (400, "ValidationError"),
        Error::MalformedPolicy(_) => (400, "MalformedPolicyDocument"),
        // The only quota of this service is the size of session policies.
        Error::LimitExceeded(_) => (400, "PackedPolicyTooLarge"),
        Error::Denied(_) | Error::Refused { .. } => (403, "AccessDenied"),
        Error::Unavailable { .. } => (503, "ServiceUnavailable"),
        // Nothing of this service is made, attached or deleted, so none of these can come of it.
        Error::AlreadyExists { .. }
        | Error::VersionConflict(_)
        | Error::DeleteConflict(_)
        | Error::VersionsLimitExceeded(_)
        | Error::CertificateState(_)
        | Error::CertificateValidation(_)
        | Error::CertificateConflict(_)
        | Error::RegistrationCodeValidation(_)
        | Error::Internal { .. } => (500, "InternalFailure"),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Fault::new(status, code, error.to_string())
}

#[cfg(test)]
mod tests {
    use thingpass_domain::audit::{Check, Reason};
    use thingpass_domain::error::Error;

    use super::fault;

    #[test]
    fn refusals_carry_the_codes_of_the_service() {
        let reason = Reason::new(Check::TrustPolicy, "for the log only");
        let refused = Error::Refused {
            message: "User: u".to_owned(),
            reason,
        };
        for (error, status, code) in [
            (refused, 403, "AccessDenied"),
            (Error::Denied(String::new()), 403, "AccessDenied"),
            (Error::invalid("x"), 400, "ValidationError"),
            (
                Error::MalformedPolicy(String::new()),
                400,
                "MalformedPolicyDocument",
            ),
            (
                Error::LimitExceeded(String::new()),
                400,
                "PackedPolicyTooLarge",
            ),
            (Error::unavailable("x"), 503, "ServiceUnavailable"),
            (Error::internal("x"), 500, "InternalFailure"),
        ] {
            let sent = fault(&error);
            assert_eq!((sent.status.as_u16(), sent.bare_code()), (status, code));
            assert!(!sent.message.contains("for the log"), "{}", sent.message);
        }
    }
}
