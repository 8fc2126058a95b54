//! Audit events: one for each decision, allow or deny, with what decided it.

use std::borrow::Cow;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Which door the request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// Mutual TLS: the credentials endpoint.
    Device,
    /// Signature Version 4: control plane and tables.
    Service,
}

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The request went through.
    Allow,
    /// It was refused.
    Deny,
}

/// The check that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The server name that the device asked for (SNI).
    ServerName,
    /// The certificate and its state.
    Certificate,
    /// The thing and its attachment.
    Thing,
    /// The IoT policies of the certificate.
    IotPolicy,
    /// The role alias.
    RoleAlias,
    /// The role behind the alias, and who may assume it.
    TrustPolicy,
    /// How long the credentials shall last.
    Duration,
    /// The signature, and the key or token that it was made with.
    Signature,
    /// The session's live state.
    Session,
    /// The identity policies.
    IdentityPolicy,
    /// The permissions boundary.
    PermissionsBoundary,
    /// The session policy.
    SessionPolicy,
    /// What the request asks for.
    Request,
    /// A fault of the server.
    Server,
}

impl Check {
    /// For people.
    pub fn as_prose(self) -> &'static str {
        match self {
            Self::ServerName => "server name",
            Self::Certificate => "certificate",
            Self::Thing => "thing",
            Self::IotPolicy => "IoT policy",
            Self::RoleAlias => "role alias",
            Self::TrustPolicy => "role and trust policy",
            Self::Duration => "duration",
            Self::Signature => "signature",
            Self::Session => "session",
            Self::IdentityPolicy => "identity-based policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::SessionPolicy => "session policy",
            Self::Request => "request",
            Self::Server => "server",
        }
    }
}

/// Why a decision fell as it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The check that decided.
    pub check: Check,
    /// In a sentence.
    pub text: String,
    /// What each statement said, where policies decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
}

impl Reason {
    /// A reason without findings.
    pub fn new(check: Check, text: impl Into<String>) -> Self {
        Self::with_findings(check, text, [])
    }

    /// A reason with what each statement said. Texts are clipped: they may repeat what a client sent.
    pub fn with_findings(
        check: Check,
        text: impl Into<String>,
        findings: impl IntoIterator<Item = String>,
    ) -> Self {
        let findings = findings.into_iter().take(FINDINGS_MAX);
        Self {
            check,
            text: clipped_owned(text.into(), TEXT_CHARS_MAX),
            findings: findings
                .map(|finding| clipped_owned(finding, TEXT_CHARS_MAX))
                .collect(),
        }
    }
}

/// Characters of a text in an event.
const TEXT_CHARS_MAX: usize = 2_048;
/// Findings in an event.
const FINDINGS_MAX: usize = 32;
/// Characters of what a client names.
pub const NAME_CHARS_MAX: usize = 256;

/// The text, or its beginning where it is longer than `max` characters: a client must not be able to
/// push older events out of the log by sending long ones.
pub fn clipped(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(max) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}

fn clipped_owned(text: String, max: usize) -> String {
    match clipped(&text, max) {
        Cow::Borrowed(_) => text,
        Cow::Owned(clipped) => clipped,
    }
}

/// An audit event: one line of JSON in the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEvent<'a> {
    /// RFC 3339, UTC.
    pub time: Cow<'a, str>,
    /// The id that the client was told.
    pub request_id: Cow<'a, str>,
    /// Which door.
    pub door: Door,
    /// The decision.
    pub decision: Decision,
    /// The account.
    pub account: Cow<'a, str>,
    /// IAM's name of the action, or of all of them.
    pub action: Cow<'a, str>,
    /// The ARN, or all of them.
    pub resource: Cow<'a, str>,
    /// ARN of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Cow<'a, str>>,
    /// The device's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<Cow<'a, str>>,
    /// The thing that the device named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thing: Option<Cow<'a, str>>,
    /// The alias that the device asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_alias: Option<Cow<'a, str>>,
    /// ARN of the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Cow<'a, str>>,
    /// Access key id of the request, or of the credentials given out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<Cow<'a, str>>,
    /// Address that the request came from.
    pub source_address: Cow<'a, str>,
    /// HTTP status of the answer, where the decision is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// AWS's error code of the answer, where it is a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<Cow<'a, str>>,
    /// Why.
    pub reason: Reason,
}

/// Where audit events go. A request whose event cannot be written is not answered with success.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Takes an event, to be written together with others.
    ///
    /// # Errors
    /// [`Error::Internal`] for one that has no JSON.
    fn take(&self, event: &AuditEvent<'_>) -> Result<Box<dyn Record>, Error>;

    /// Writes an event; it is out of this process when this resolves, and will be also where nobody
    /// waits for that.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it could not be written.
    async fn record(&self, event: &AuditEvent<'_>) -> Result<(), Error>;
}

/// An event that was taken. It is written at the latest when this is dropped.
pub trait Record: Send {
    /// Tells whether it is out of this process; where it is not yet, it is written now.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it could not be written.
    fn settle(&self) -> Result<(), Error>;
}

impl fmt::Display for AuditEvent<'_> {
    /// The event in prose.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.decision {
            Decision::Allow => "allowed",
            Decision::Deny => "refused",
        };
        write!(f, "Request {} was {verdict}", self.request_id)?;
        match self.status {
            Some(status) => writeln!(f, " (HTTP {status}).")?,
            None => writeln!(f, ".")?,
        }
        writeln!(
            f,
            "  when         {} from {}",
            self.time, self.source_address
        )?;
        let rows = [
            ("caller", &self.principal),
            ("certificate", &self.certificate_id),
            ("thing", &self.thing),
            ("role alias", &self.role_alias),
            ("role", &self.role),
            ("access key", &self.access_key_id),
            ("error code", &self.error_code),
        ];
        for (name, value) in rows {
            if let Some(value) = value {
                writeln!(f, "  {name:<12} {value}")?;
            }
        }
        writeln!(f, "  asked for    {} on {}", self.action, self.resource)?;
        write!(
            f,
            "  decided by   the {}: {}",
            self.reason.check.as_prose(),
            self.reason.text
        )?;
        for finding in &self.reason.findings {
            write!(f, "\n               - {finding}")?;
        }
        Ok(())
    }
}
