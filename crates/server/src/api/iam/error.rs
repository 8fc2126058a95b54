//! What the domain's refusals are called in IAM, and their status (IAM model and common errors).

use http::StatusCode;
use thingpass_domain::error::Error;
use thingpass_wire::error::Fault;

/// The error as this service sends it.
pub fn fault(error: &Error) -> Fault {
    let (status, code) = match error {
        Error::NotFound(_) => (404, "NoSuchEntity"),
        Error::AlreadyExists { .. } => (409, "EntityAlreadyExists"),
        Error::Invalid(_) => (400, "ValidationError"),
        Error::MalformedPolicy(_) => (400, "MalformedPolicyDocument"),
        Error::VersionConflict(_) => (409, "ConcurrentModification"),
        Error::DeleteConflict(_) => (409, "DeleteConflict"),
        Error::LimitExceeded(_) | Error::VersionsLimitExceeded(_) => (409, "LimitExceeded"),
        Error::CertificateState(_)
        | Error::CertificateValidation(_)
        | Error::CertificateConflict(_)
        | Error::RegistrationCodeValidation(_) => (400, "InvalidInput"),
        Error::Denied(_) | Error::Refused { .. } => (403, "AccessDenied"),
        Error::Unavailable { .. } => (503, "ServiceUnavailable"),
        Error::Internal { .. } => (500, "ServiceFailure"),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Fault::new(status, code, error.to_string())
}

#[cfg(test)]
mod tests {
    use thingpass_domain::error::Error;

    use super::fault;

    #[test]
    fn refusals_carry_the_codes_of_the_service() {
        for (error, status, code) in [
            (Error::not_found("x"), 404, "NoSuchEntity"),
            (Error::already_exists("x"), 409, "EntityAlreadyExists"),
            (Error::invalid("x"), 400, "ValidationError"),
            (
                Error::MalformedPolicy(String::new()),
                400,
                "MalformedPolicyDocument",
            ),
            (Error::DeleteConflict(String::new()), 409, "DeleteConflict"),
            (Error::LimitExceeded(String::new()), 409, "LimitExceeded"),
            (
                Error::VersionsLimitExceeded(String::new()),
                409,
                "LimitExceeded",
            ),
            (Error::Denied(String::new()), 403, "AccessDenied"),
            (Error::unavailable("x"), 503, "ServiceUnavailable"),
            (Error::internal("x"), 500, "ServiceFailure"),
        ] {
            let sent = fault(&error);
            assert_eq!((sent.status.as_u16(), sent.bare_code()), (status, code));
        }
    }
}
