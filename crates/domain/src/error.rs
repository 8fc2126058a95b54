//! What can go wrong below the doors. The AWS code and status are chosen at the door, in one file
//! per service; here stands what happened and the sentence for the caller.

use crate::audit::Reason;
use crate::entropy::EntropyExhausted;
use crate::id::InvalidName;

/// A refusal or failure. The text of each variant is for the caller; what only the operator may
/// see stands in `inside`.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The thing asked for is not there.
    #[error("{0}")]
    NotFound(String),
    /// The name is taken by something else.
    #[error("{message}")]
    AlreadyExists {
        /// For the caller.
        message: String,
        /// Id of what holds the name, where AWS tells it.
        resource_id: Option<String>,
        /// ARN of what holds the name, where AWS tells it.
        resource_arn: Option<String>,
    },
    /// A request that breaks a rule of its own.
    #[error("{0}")]
    Invalid(String),
    /// A policy document that is not one.
    #[error("{0}")]
    MalformedPolicy(String),
    /// `expectedVersion` is not the version.
    #[error("{0}")]
    VersionConflict(String),
    /// Something still depends on what should be deleted.
    #[error("{0}")]
    DeleteConflict(String),
    /// A quota is used up.
    #[error("{0}")]
    LimitExceeded(String),
    /// A policy has all the versions that it may have.
    #[error("{0}")]
    VersionsLimitExceeded(String),
    /// A certificate's status forbids the step.
    #[error("{0}")]
    CertificateState(String),
    /// A certificate is not acceptable.
    #[error("{0}")]
    CertificateValidation(String),
    /// Several CAs could have signed the certificate.
    #[error("{0}")]
    CertificateConflict(String),
    /// The verification certificate does not carry the registration code.
    #[error("{0}")]
    RegistrationCodeValidation(String),
    /// The caller may not do that.
    #[error("{0}")]
    Denied(String),
    /// The caller may not do that, as the operation itself found while it went on.
    #[error("{message}")]
    Refused {
        /// For the caller.
        message: String,
        /// For the audit log.
        reason: Reason,
    },
    /// Try again: the store is away or busy.
    #[error("the service is unavailable for the moment: try again")]
    Unavailable {
        /// For the log.
        inside: String,
    },
    /// A fault of ours.
    #[error("an internal error occurred: the server's log tells more under this request id")]
    Internal {
        /// For the log.
        inside: String,
    },
}

impl Error {
    /// See [`Error::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::NotFound(message.into())
    }

    /// See [`Error::Invalid`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    /// See [`Error::AlreadyExists`], without id and ARN.
    pub fn already_exists(message: impl Into<String>) -> Self {
        Self::AlreadyExists {
            message: message.into(),
            resource_id: None,
            resource_arn: None,
        }
    }

    /// The same, and where it is [`Error::AlreadyExists`], with the ARN of what holds the name.
    #[must_use]
    pub fn with_resource_arn(self, arn: String) -> Self {
        if let Self::AlreadyExists {
            message,
            resource_id,
            ..
        } = self
        {
            return Self::AlreadyExists {
                message,
                resource_id,
                resource_arn: Some(arn),
            };
        }
        self
    }

    /// See [`Error::Internal`].
    pub fn internal(inside: impl std::fmt::Display) -> Self {
        Self::Internal {
            inside: inside.to_string(),
        }
    }

    /// See [`Error::Unavailable`].
    pub fn unavailable(inside: impl std::fmt::Display) -> Self {
        Self::Unavailable {
            inside: inside.to_string(),
        }
    }

    /// What only the operator may see.
    pub fn inside(&self) -> Option<&str> {
        match self {
            Self::Unavailable { inside } | Self::Internal { inside } => Some(inside),
            Self::NotFound(_)
            | Self::AlreadyExists { .. }
            | Self::Invalid(_)
            | Self::MalformedPolicy(_)
            | Self::VersionConflict(_)
            | Self::DeleteConflict(_)
            | Self::LimitExceeded(_)
            | Self::VersionsLimitExceeded(_)
            | Self::CertificateState(_)
            | Self::CertificateValidation(_)
            | Self::CertificateConflict(_)
            | Self::RegistrationCodeValidation(_)
            | Self::Denied(_)
            | Self::Refused { .. } => None,
        }
    }

    /// Why, for the audit log, where the operation itself refused.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Refused { reason, .. } => Some(reason),
            Self::NotFound(_)
            | Self::AlreadyExists { .. }
            | Self::Invalid(_)
            | Self::MalformedPolicy(_)
            | Self::VersionConflict(_)
            | Self::DeleteConflict(_)
            | Self::LimitExceeded(_)
            | Self::VersionsLimitExceeded(_)
            | Self::CertificateState(_)
            | Self::CertificateValidation(_)
            | Self::CertificateConflict(_)
            | Self::RegistrationCodeValidation(_)
            | Self::Denied(_)
            | Self::Unavailable { .. }
            | Self::Internal { .. } => None,
        }
    }
}

impl From<InvalidName> for Error {
    fn from(refusal: InvalidName) -> Self {
        Self::Invalid(refusal.to_string())
    }
}

impl From<EntropyExhausted> for Error {
    fn from(failure: EntropyExhausted) -> Self {
        Self::internal(failure)
    }
}
