//! Device certificates, known by their fingerprint.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::Error;
use crate::id::{AccountId, CertificateId};
use crate::page::{Page, PageRequest};

/// The state of a device certificate. Only `Active` opens the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateStatus {
    /// May be used.
    Active,
    /// Switched off.
    Inactive,
    /// Withdrawn.
    Revoked,
    /// Being given to another account.
    PendingTransfer,
    /// Seen, not yet approved.
    PendingActivation,
}

impl CertificateStatus {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
            Self::Revoked => "REVOKED",
            Self::PendingTransfer => "PENDING_TRANSFER",
            Self::PendingActivation => "PENDING_ACTIVATION",
        }
    }

    /// Reads AWS's spelling.
    ///
    /// # Errors
    /// [`Error::Invalid`] for anything else.
    pub fn read(text: &str) -> Result<Self, Error> {
        [
            Self::Active,
            Self::Inactive,
            Self::Revoked,
            Self::PendingTransfer,
            Self::PendingActivation,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
        .ok_or_else(|| Error::invalid(format!("`{text}` is no certificate status")))
    }

    /// Whether UpdateCertificate and the registrations may set this state.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the states that only Thingpass itself sets.
    pub fn check_settable(self) -> Result<(), Error> {
        match self {
            Self::Active | Self::Inactive | Self::Revoked => Ok(()),
            Self::PendingTransfer | Self::PendingActivation => Err(Error::invalid(format!(
                "a certificate cannot be set to {}: use ACTIVE, INACTIVE or REVOKED",
                self.as_str()
            ))),
        }
    }
}

/// How a certificate is found (IoT model, `CertificateMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateMode {
    /// Registered with its CA.
    Default,
    /// Registered without a CA.
    SniOnly,
}

impl CertificateMode {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "DEFAULT",
            Self::SniOnly => "SNI_ONLY",
        }
    }

    /// Reads AWS's spelling.
    ///
    /// # Errors
    /// [`Error::Invalid`] for anything else.
    pub fn read(text: &str) -> Result<Self, Error> {
        match text {
            "DEFAULT" => Ok(Self::Default),
            "SNI_ONLY" => Ok(Self::SniOnly),
            other => Err(Error::invalid(format!(
                "`{other}` is no certificate mode: DEFAULT or SNI_ONLY"
            ))),
        }
    }
}

/// A device certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its fingerprint.
    pub id: CertificateId,
    /// The certificate as PEM.
    pub pem: String,
    /// The CA that it was registered under.
    pub ca_certificate_id: Option<CertificateId>,
    /// Its state.
    pub status: CertificateStatus,
    /// How it was registered.
    pub mode: CertificateMode,
    /// A UUID.
    pub generation_id: String,
    /// Begins with 1; each change adds 1.
    pub customer_version: i64,
    /// From the certificate.
    pub not_before: OffsetDateTime,
    /// From the certificate.
    pub not_after: OffsetDateTime,
    /// When it was registered.
    pub created_at: OffsetDateTime,
    /// When its state last changed.
    pub last_modified_at: OffsetDateTime,
    /// SHA-256 of the part that its issuer signed, lower-case hexadecimal. Whoever holds a
    /// certificate with an ECDSA signature can turn it into another valid one of the same part; a
    /// revoked device must not come back that way.
    pub signed_part: String,
}

impl Certificate {
    /// The certificate as it is registered at the time `at`, without a CA.
    pub fn new(
        x509: &thingpass_pki::Certificate,
        status: CertificateStatus,
        mode: CertificateMode,
        generation_id: String,
        at: OffsetDateTime,
    ) -> Self {
        Self {
            id: CertificateId::from_fingerprint(x509.fingerprint()),
            pem: x509.to_pem(),
            ca_certificate_id: None,
            status,
            mode,
            generation_id,
            customer_version: 1,
            not_before: x509.not_before(),
            not_after: x509.not_after(),
            created_at: at,
            last_modified_at: at,
            signed_part: data_encoding::HEXLOWER.encode(&x509.signed_part_fingerprint()),
        }
    }
}

/// Refuses a certificate that a device could never use: one that has ended, or whose key is of a
/// kind that is not accepted. One that begins later may be registered before.
///
/// # Errors
/// [`Error::CertificateValidation`].
pub fn check_registrable(
    x509: &thingpass_pki::Certificate,
    now: OffsetDateTime,
) -> Result<(), Error> {
    x509.check_key_acceptable()
        .map_err(|refusal| not_acceptable(&refusal))?;
    if now > x509.not_after() {
        return Err(Error::CertificateValidation(format!(
            "the certificate ended on {}: register one that is still valid",
            x509.not_after()
        )));
    }
    Ok(())
}

/// The refusal of a certificate, in the words of who read it.
pub fn not_acceptable(refusal: &thingpass_pki::Error) -> Error {
    Error::CertificateValidation(refusal.to_string())
}

/// The state that a certificate is registered in: INACTIVE where nothing is said.
///
/// # Errors
/// [`Error::Invalid`] for a state that only Thingpass sets, and where `status` and `set_as_active`
/// contradict each other.
pub fn initial_status(
    status: Option<CertificateStatus>,
    set_as_active: Option<bool>,
) -> Result<CertificateStatus, Error> {
    let Some(status) = status else {
        let active = set_as_active.unwrap_or_default();
        return Ok(if active {
            CertificateStatus::Active
        } else {
            CertificateStatus::Inactive
        });
    };
    status.check_settable()?;
    match set_as_active {
        Some(active) if active != (status == CertificateStatus::Active) => {
            Err(Error::invalid(format!(
                "setAsActive {active} contradicts status {}: leave setAsActive out",
                status.as_str()
            )))
        }
        Some(_) | None => Ok(status),
    }
}

/// Device certificates in the store.
#[async_trait]
pub trait CertificateStore {
    /// Writes a new certificate; [`Error::AlreadyExists`] with id (the ARN is the caller's to add)
    /// where it is registered, with this or another signature: "The certificate is already
    /// provisioned or registered".
    async fn create_certificate(
        &self,
        account: &AccountId,
        certificate: Certificate,
    ) -> Result<(), Error>;

    /// Reads one.
    async fn certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
    ) -> Result<Option<Certificate>, Error>;

    /// Sets the state at the time `at`. Absent: [`Error::NotFound`].
    async fn update_certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
        status: CertificateStatus,
        at: OffsetDateTime,
    ) -> Result<(), Error>;

    /// Deletes. ACTIVE: [`Error::CertificateState`] "Certificate must be deactivated (not ACTIVE)
    /// before deletion. Id: ID". Attached to a thing: [`Error::DeleteConflict`] "Things must be
    /// detached before deletion (arn: ID)". Policies attached to `arn` and not `force`:
    /// [`Error::DeleteConflict`] "Certificate policies must be detached before deletion (arn:
    /// ID)"; with `force` they are detached. Absent: [`Error::NotFound`].
    async fn delete_certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
        arn: &str,
        force: bool,
    ) -> Result<(), Error>;

    /// Lists by the time of creation, then id.
    async fn list_certificates(
        &self,
        account: &AccountId,
        page: PageRequest,
    ) -> Result<Page<Certificate>, Error>;
}

/// "Certificate not found", for every operation that names an absent certificate.
pub fn absent(id: &CertificateId) -> Error {
    Error::not_found(format!("The certificate with id {id} does not exist"))
}

/// The refusal of a certificate that is registered already.
pub fn already_registered(id: &CertificateId) -> Error {
    Error::AlreadyExists {
        message: "The certificate is already provisioned or registered".to_owned(),
        resource_id: Some(id.to_string()),
        resource_arn: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_inactive_unless_asked_otherwise() {
        use CertificateStatus::{Active, Inactive, Revoked};
        assert_eq!(initial_status(None, None).unwrap(), Inactive);
        assert_eq!(initial_status(None, Some(false)).unwrap(), Inactive);
        assert_eq!(initial_status(None, Some(true)).unwrap(), Active);
        assert_eq!(initial_status(Some(Active), None).unwrap(), Active);
        assert_eq!(initial_status(Some(Active), Some(true)).unwrap(), Active);
        assert_eq!(initial_status(Some(Revoked), Some(false)).unwrap(), Revoked);
    }

    #[test]
    fn contradictions_and_states_of_our_own_are_refused() {
        use CertificateStatus::{Active, Inactive, PendingActivation, PendingTransfer, Revoked};
        for (status, set_as_active) in [
            (Active, Some(false)),
            (Inactive, Some(true)),
            (Revoked, Some(true)),
            (PendingActivation, None),
            (PendingTransfer, None),
        ] {
            let refused = initial_status(Some(status), set_as_active);
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{status:?} {set_as_active:?}"
            );
        }
    }
}
