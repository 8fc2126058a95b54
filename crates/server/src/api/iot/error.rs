//! What the domain's refusals are called in AWS IoT, and their status (IoT model).

use http::StatusCode;
use thingpass_domain::error::Error;
use thingpass_wire::error::Fault;

/// The error as this service sends it.
pub fn fault(error: &Error) -> Fault {
    let (status, code) = match error {
        Error::NotFound(_) => (404, "ResourceNotFoundException"),
        Error::AlreadyExists { .. } => (409, "ResourceAlreadyExistsException"),
        Error::Invalid(_) => (400, "InvalidRequestException"),
        Error::MalformedPolicy(_) => (400, "MalformedPolicyException"),
        Error::VersionConflict(_) => (409, "VersionConflictException"),
        Error::DeleteConflict(_) => (409, "DeleteConflictException"),
        Error::LimitExceeded(_) => (410, "LimitExceededException"),
        Error::VersionsLimitExceeded(_) => (409, "VersionsLimitExceededException"),
        Error::CertificateState(_) => (406, "CertificateStateException"),
        Error::CertificateValidation(_) => (400, "CertificateValidationException"),
        Error::CertificateConflict(_) => (409, "CertificateConflictException"),
        Error::RegistrationCodeValidation(_) => (400, "RegistrationCodeValidationException"),
        Error::Denied(_) | Error::Refused { .. } => (403, "AccessDeniedException"),
        Error::Unavailable { .. } => (503, "ServiceUnavailableException"),
        Error::Internal { .. } => (500, "InternalFailureException"),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut fault = Fault::new(status, code, error.to_string());
    if let Error::AlreadyExists {
        resource_id,
        resource_arn,
        ..
    } = error
    {
        fault
            .members
            .extend(resource_id.clone().map(|id| ("resourceId", id)));
        fault
            .members
            .extend(resource_arn.clone().map(|arn| ("resourceArn", arn)));
    }
    fault
}
