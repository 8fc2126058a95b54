//! CA certificates: whose device certificates may be registered.

use async_trait::async_trait;
use thingpass_pki::{DnAttribute, chain};
use time::OffsetDateTime;

use crate::certificate::{CertificateMode, not_acceptable};
use crate::error::Error;
use crate::id::{AccountId, CertificateId};
use crate::page::{Page, PageRequest};

/// The state of a CA certificate: whether new certificates of it may be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaCertificateStatus {
    /// New certificates may be registered.
    Active,
    /// No new ones; those that stand stay.
    Inactive,
}

impl CaCertificateStatus {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
        }
    }

    /// Reads AWS's spelling.
    ///
    /// # Errors
    /// [`Error::Invalid`] for anything else.
    pub fn read(text: &str) -> Result<Self, Error> {
        match text {
            "ACTIVE" => Ok(Self::Active),
            "INACTIVE" => Ok(Self::Inactive),
            other => Err(Error::invalid(format!(
                "`{other}` is no status of a CA certificate: ACTIVE or INACTIVE"
            ))),
        }
    }
}

/// A CA certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaCertificate {
    /// Its fingerprint.
    pub id: CertificateId,
    /// The certificate as PEM.
    pub pem: String,
    /// The DER of its subject, by which the certificates that it signed find it.
    pub subject_der: Vec<u8>,
    /// Its state.
    pub status: CaCertificateStatus,
    /// Whether unknown certificates of it are registered when they first connect.
    pub auto_registration: bool,
    /// Registered with (DEFAULT) or without (SNI_ONLY) a verification certificate.
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
}

impl CaCertificate {
    /// The CA as it is registered at the time `at`.
    pub fn new(
        x509: &thingpass_pki::Certificate,
        status: CaCertificateStatus,
        auto_registration: bool,
        mode: CertificateMode,
        generation_id: String,
        at: OffsetDateTime,
    ) -> Self {
        Self {
            id: CertificateId::from_fingerprint(x509.fingerprint()),
            pem: x509.to_pem(),
            subject_der: x509.subject_der().to_vec(),
            status,
            auto_registration,
            mode,
            generation_id,
            customer_version: 1,
            not_before: x509.not_before(),
            not_after: x509.not_after(),
            created_at: at,
            last_modified_at: at,
        }
    }
}

/// Refuses a certificate that cannot vouch for device certificates: one that is no certificate
/// authority, whose key is not accepted, or that is not valid now.
///
/// # Errors
/// [`Error::CertificateValidation`].
pub fn check_registrable(
    ca: &thingpass_pki::Certificate,
    now: OffsetDateTime,
) -> Result<(), Error> {
    if !ca.is_ca() {
        return Err(Error::CertificateValidation(format!(
            "`{}` is not a certificate authority: its certificate needs the basic constraint \
             `CA:TRUE`",
            ca.subject()
        )));
    }
    ca.check_key_acceptable()
        .map_err(|refusal| not_acceptable(&refusal))?;
    check_dates("CA certificate", ca, now)
}

/// Refuses a verification certificate that does not prove, to this account, that its sender holds
/// the key of the CA.
///
/// # Errors
/// [`Error::RegistrationCodeValidation`] where it does not carry the code,
/// [`Error::CertificateValidation`] where the CA did not sign it or it is not valid now.
pub fn check_verification(
    verification: &thingpass_pki::Certificate,
    ca: &thingpass_pki::Certificate,
    code: &str,
    now: OffsetDateTime,
) -> Result<(), Error> {
    verification.is_signed_by(ca).map_err(|refusal| {
        Error::CertificateValidation(format!(
            "the verification certificate is not signed by the CA certificate: {refusal}"
        ))
    })?;
    if verification.subject().values(DnAttribute::CommonName) != [code] {
        return Err(Error::RegistrationCodeValidation(
            "the subject of the verification certificate must have one common name, and that must \
             be the account's registration code: get the code by GetRegistrationCode (`aws iot \
             get-registration-code`), make a certificate signing request with the code as common \
             name, and sign it with the CA"
                .to_owned(),
        ));
    }
    check_dates("verification certificate", verification, now)
}

fn check_dates(
    what: &str,
    x509: &thingpass_pki::Certificate,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let (not_before, not_after) = (x509.not_before(), x509.not_after());
    if (not_before..=not_after).contains(&now) {
        return Ok(());
    }
    Err(Error::CertificateValidation(format!(
        "the {what} is not valid now: it is valid from {not_before} to {not_after}"
    )))
}

/// The CA that vouches for a device certificate: the one that signed it among those `registered`,
/// if it is ACTIVE and valid now.
///
/// # Errors
/// [`Error::CertificateValidation`] where none signed it or the one that did has ended,
/// [`Error::CertificateState`] where it is INACTIVE, [`Error::CertificateConflict`] where several
/// could have signed it.
pub fn issuer_of<'a>(
    leaf: &thingpass_pki::Certificate,
    registered: &'a [CaCertificate],
    now: OffsetDateTime,
) -> Result<&'a CaCertificate, Error> {
    let signers = signers_of(leaf, registered)?;
    let valid: Vec<_> = signers
        .iter()
        .copied()
        .filter(|ca| (ca.not_before..=ca.not_after).contains(&now))
        .collect();
    let usable: Vec<_> = valid
        .iter()
        .copied()
        .filter(|ca| ca.status == CaCertificateStatus::Active)
        .collect();
    match (usable.as_slice(), valid.first(), signers.first()) {
        ([ca], _, _) => Ok(ca),
        ([_, _, ..], _, _) => Err(Error::CertificateConflict(format!(
            "several registered CA certificates could have signed the certificate: say which by \
             caCertificatePem ({})",
            usable
                .iter()
                .map(|ca| ca.id.to_string())
                .collect::<Vec<_>>()
                .join(", ")
        ))),
        ([], Some(ca), _) => Err(Error::CertificateState(format!(
            "the CA certificate that signed the certificate is INACTIVE: set it to ACTIVE by \
             UpdateCACertificate. Id: {}",
            ca.id
        ))),
        ([], None, Some(ca)) => Err(Error::CertificateValidation(format!(
            "the CA certificate that signed the certificate is not valid now: it is valid from {} \
             to {}. Id: {}",
            ca.not_before, ca.not_after, ca.id
        ))),
        ([], None, None) => Err(Error::CertificateValidation(format!(
            "no registered CA certificate signed the certificate, whose issuer is `{}`: register \
             its CA first by RegisterCACertificate, or the certificate alone by \
             RegisterCertificateWithoutCA",
            leaf.issuer()
        ))),
    }
}

fn signers_of<'a>(
    leaf: &thingpass_pki::Certificate,
    registered: &'a [CaCertificate],
) -> Result<Vec<&'a CaCertificate>, Error> {
    let read = |ca: &CaCertificate| thingpass_pki::Certificate::from_pem(&ca.pem);
    let x509: Vec<_> = registered
        .iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(|refusal| {
            Error::internal(format!(
                "a registered CA certificate cannot be read: {refusal}"
            ))
        })?;
    let signers: Vec<_> = chain::issuer_among(leaf, x509.iter())
        .into_iter()
        .map(|signer| CertificateId::from_fingerprint(signer.fingerprint()))
        .collect();
    Ok(registered
        .iter()
        .filter(|ca| signers.contains(&ca.id))
        .collect())
}

/// CA certificates in the store, and the account's registration code.
#[async_trait]
pub trait CaCertificateStore {
    /// The code that a verification certificate must carry; made once for the account, from
    /// `candidate` if there is none yet.
    async fn registration_code(
        &self,
        account: &AccountId,
        candidate: &str,
    ) -> Result<String, Error>;

    /// Writes a new CA; [`Error::AlreadyExists`] where it is registered, [`Error::LimitExceeded`]
    /// with more than [`crate::quota::CA_CERTIFICATES_WITH_SAME_SUBJECT_MAX`] of one subject.
    async fn create_ca_certificate(
        &self,
        account: &AccountId,
        certificate: CaCertificate,
    ) -> Result<(), Error>;

    /// Reads one.
    async fn ca_certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
    ) -> Result<Option<CaCertificate>, Error>;

    /// All CAs with this subject: the candidates for having signed a certificate.
    async fn ca_certificates_by_subject(
        &self,
        account: &AccountId,
        subject_der: &[u8],
    ) -> Result<Vec<CaCertificate>, Error>;

    /// Changes what is given, at the time `at`. Absent: [`Error::NotFound`].
    async fn update_ca_certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
        status: Option<CaCertificateStatus>,
        auto_registration: Option<bool>,
        at: OffsetDateTime,
    ) -> Result<(), Error>;

    /// Deletes. ACTIVE: [`Error::CertificateState`]; absent: [`Error::NotFound`].
    async fn delete_ca_certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
    ) -> Result<(), Error>;

    /// Lists by the time of creation, then id.
    async fn list_ca_certificates(
        &self,
        account: &AccountId,
        page: PageRequest,
    ) -> Result<Page<CaCertificate>, Error>;
}

/// For every operation that names an absent CA certificate.
pub fn absent(id: &CertificateId) -> Error {
    Error::not_found(format!("The CA certificate with id {id} does not exist"))
}

#[cfg(test)]
mod tests {
    use thingpass_pki::issue::{Authority, KeyKind};
    use time::Duration;

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const DAY: Duration = Duration::DAY;

    fn authority(days: std::ops::Range<i32>, serial: u8) -> Authority {
        let (from, to) = (NOW + DAY * days.start, NOW + DAY * days.end);
        Authority::generate("Fleet CA", from, to, [serial; 16]).unwrap()
    }

    fn signed(by: &Authority, common_name: &str) -> thingpass_pki::Certificate {
        let subject = [(DnAttribute::CommonName, common_name)];
        let issued = by
            .issue_device(&subject, KeyKind::P256, NOW - DAY, NOW + DAY, [9; 16])
            .unwrap();
        issued.certificate
    }

    fn registered(authority: &Authority, status: CaCertificateStatus) -> CaCertificate {
        let id = String::new();
        let x509 = authority.certificate();
        CaCertificate::new(x509, status, false, CertificateMode::Default, id, NOW)
    }

    #[test]
    fn the_ca_that_signed_is_found_among_those_of_its_name() {
        let (ours, other) = (authority(-1..1, 1), authority(-1..1, 2));
        let all = [&other, &ours].map(|ca| registered(ca, CaCertificateStatus::Active));
        let found = issuer_of(&signed(&ours, "device"), &all, NOW).unwrap();
        assert_eq!(found.id.as_bytes(), &ours.certificate().fingerprint());
    }

    #[test]
    fn a_ca_that_is_unknown_inactive_or_ended_vouches_for_nothing() {
        let ca = authority(-1..1, 1);
        let leaf = signed(&ca, "device");
        let unknown = issuer_of(&leaf, &[], NOW);
        assert!(
            matches!(unknown, Err(Error::CertificateValidation(_))),
            "{unknown:?}"
        );
        let inactive = [registered(&ca, CaCertificateStatus::Inactive)];
        let inactive = issuer_of(&leaf, &inactive, NOW);
        assert!(
            matches!(inactive, Err(Error::CertificateState(_))),
            "{inactive:?}"
        );
        let active = [registered(&ca, CaCertificateStatus::Active)];
        let ended = issuer_of(&leaf, &active, NOW + DAY * 2);
        assert!(
            matches!(ended, Err(Error::CertificateValidation(_))),
            "{ended:?}"
        );
    }

    #[test]
    fn a_certificate_that_is_no_ca_or_not_valid_now_is_not_registrable() {
        let ca = authority(-1..1, 1);
        assert!(check_registrable(ca.certificate(), NOW).is_ok());
        for (x509, now) in [
            (&signed(&ca, "device"), NOW),
            (ca.certificate(), NOW + DAY * 2),
            (ca.certificate(), NOW - DAY * 2),
        ] {
            let refused = check_registrable(x509, now);
            assert!(
                matches!(refused, Err(Error::CertificateValidation(_))),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn a_verification_certificate_carries_the_code_and_the_signature_of_its_ca() {
        let (ca, other) = (authority(-1..1, 1), authority(-1..1, 2));
        let x509 = ca.certificate();
        assert!(check_verification(&signed(&ca, "code"), x509, "code", NOW).is_ok());
        let wrong_code = check_verification(&signed(&ca, "Code"), x509, "code", NOW);
        assert!(
            matches!(wrong_code, Err(Error::RegistrationCodeValidation(_))),
            "{wrong_code:?}"
        );
        let wrong_ca = check_verification(&signed(&other, "code"), x509, "code", NOW);
        assert!(
            matches!(wrong_ca, Err(Error::CertificateValidation(_))),
            "{wrong_ca:?}"
        );
        let ended = check_verification(&signed(&ca, "code"), x509, "code", NOW + DAY * 2);
        assert!(
            matches!(ended, Err(Error::CertificateValidation(_))),
            "{ended:?}"
        );
    }
}
