//! Who signed a request: a user by an access key, or a session by its token.

mod known_tokens;

use std::sync::Arc;

use arc_swap::ArcSwap;
use thingpass_policy::Grammar;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use crate::access_key::AccessKeyStatus;
use crate::arn;
use crate::audit::{Check, Reason};
use crate::clock::Clock;
use crate::directory::{Directory, ReadyPolicies, ReadyRole};
use crate::error::Error;
use crate::id::{AccessKeyId, AccountId, RoleSessionName};
use crate::key_ring::{KeyRing, RootKey};
use crate::policy_set::PolicySet;
use crate::session::{DeviceSession, Origin, Session};
use crate::token::Opened;
use crate::vend::certificate_fault;
use known_tokens::KnownTokens;

/// Who asks, with everything that speaks for and against them.
#[derive(Debug)]
pub struct Caller {
    /// The account that they are in.
    pub account: AccountId,
    /// The ARN that messages and the audit log name: of the user, or of the role's session.
    pub arn: String,
    /// `aws:PrincipalArn`: of the user, or of the role.
    pub principal_arn: String,
    /// `aws:userid`.
    pub user_id: String,
    /// The access key of the request.
    pub access_key_id: AccessKeyId,
    /// User or session.
    pub identity: Identity,
    /// Identity policies and boundary.
    pub policies: Arc<ReadyPolicies>,
    /// Session policies, where the session has any.
    pub session_policies: Option<PolicySet>,
}

/// User or session.
#[derive(Debug)]
pub enum Identity {
    /// A user, by name.
    User(crate::id::UserName),
    /// A session of a role.
    Session(Arc<Session>),
}

impl Caller {
    /// The session that asks, if it is one.
    pub fn session(&self) -> Option<&Session> {
        match &self.identity {
            Identity::Session(session) => Some(session),
            Identity::User(_) => None,
        }
    }

    /// The device's part of the session, if a device itself asks.
    fn device(&self) -> Option<&DeviceSession> {
        match &self.session()?.origin {
            Origin::Device(device) => Some(device),
            Origin::AssumeRole(_) => None,
        }
    }

    /// Whether a role's session asks: then it may assume another role for an hour at most.
    pub fn is_session(&self) -> bool {
        matches!(self.identity, Identity::Session(_))
    }

    pub(crate) fn insert_context(&self, context: &mut thingpass_policy::Context) {
        context.insert("aws:principalarn", self.principal_arn.as_str());
        context.insert("aws:principalaccount", self.account.as_str());
        context.insert("aws:userid", self.user_id.as_str());
        let session = match &self.identity {
            Identity::User(name) => {
                context.insert("aws:principaltype", "User");
                context.insert("aws:username", name.as_str());
                return;
            }
            Identity::Session(session) => session,
        };
        context.insert("aws:principaltype", "AssumedRole");
        if let Ok(issued) = session.issued_at.format(&Rfc3339) {
            context.insert("aws:tokenissuetime", issued);
        }
        let Some(device) = self.device() else { return };
        context.insert(
            "credentials-iot:awscertificateid",
            device.certificate_id.to_string(),
        );
        if let Some(thing) = &device.thing {
            context.insert("credentials-iot:thingname", thing.name.as_str());
            if let Some(thing_type) = &thing.thing_type {
                context.insert("credentials-iot:thingtypename", thing_type.as_str());
            }
        }
    }
}

/// A key, with its opened token if it is a session's, that was given out here.
#[derive(Debug)]
pub struct Recognised(AccessKeyId, Option<Arc<Opened>>);

/// Whom a key and token point to, before the signature is verified.
#[derive(Debug)]
pub struct Identified {
    /// Who it would be.
    pub caller: Caller,
    /// The secret that the signature must have been made with.
    pub secret_access_key: Zeroizing<String>,
    /// Why the session or key is not to be served although it is known. To be told only to who
    /// proved the secret.
    pub ended: Option<Ended>,
}

/// Why a known key or session is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// It ran out: asking for new credentials helps.
    pub expired: bool,
    /// Why.
    pub reason: Reason,
}

/// Why nobody is known by a key and token.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unidentified {
    /// No such access key, or not one that goes with this kind of request.
    #[error("{0}")]
    UnknownKey(String),
    /// The session token is missing, not ours, or not this key's.
    #[error("{0}")]
    InvalidToken(String),
    /// The server could not look.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Knows callers by access key and session token.
pub struct CallerDirectory {
    directory: Arc<Directory>,
    key_ring: Arc<ArcSwap<KeyRing>>,
    root_key: Arc<RootKey>,
    clock: Arc<dyn Clock>,
    known_tokens: KnownTokens,
}

impl CallerDirectory {
    /// Over the registry.
    pub fn new(
        directory: Arc<Directory>,
        key_ring: Arc<ArcSwap<KeyRing>>,
        root_key: Arc<RootKey>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            directory,
            key_ring,
            root_key,
            clock,
            known_tokens: KnownTokens::default(),
        }
    }

    /// Whether the key and token of a request were given out here. It costs no more than a stranger
    /// may cost; whether they still count is for [`CallerDirectory::identify`] to say.
    ///
    /// # Errors
    /// [`Unidentified`].
    pub fn recognise(&self, key_id: &str, token: Option<&str>) -> Result<Recognised, Unidentified> {
        let unknown = || Unidentified::UnknownKey(format!("no access key `{key_id}`"));
        let key = AccessKeyId::new(key_id).map_err(|_| unknown())?;
        match (key_id.starts_with("ASIA"), token) {
            (true, Some(token)) => {
                let ring = self.key_ring.load();
                let opened = self.known_tokens.open(&ring, &key, token).ok_or_else(|| {
                    invalid(
                        "the session token was not sealed here, was changed, or is another key's",
                    )
                })?;
                Ok(Recognised(key, Some(opened)))
            }
            (true, None) => Err(Unidentified::InvalidToken(format!(
                "`{key_id}` is a temporary access key and the request carries no session token"
            ))),
            (false, None) => match self.directory.access_key(&key)? {
                Some(_) => Ok(Recognised(key, None)),
                None => Err(unknown()),
            },
            (false, Some(_)) => Err(Unidentified::InvalidToken(format!(
                "`{key_id}` is a long-term access key, but the request carries a session token"
            ))),
        }
    }

    /// Whom a key and token point to, by what holds now.
    ///
    /// # Errors
    /// [`Unidentified`].
    pub fn identify(&self, recognised: Recognised) -> Result<Identified, Unidentified> {
        match recognised {
            Recognised(key, Some(opened)) => self.identify_session(key, &opened),
            Recognised(key, None) => self.identify_user(key),
        }
    }

    fn identify_user(&self, id: AccessKeyId) -> Result<Identified, Unidentified> {
        let unknown = || Unidentified::UnknownKey(format!("no access key `{id}`"));
        let key = self.directory.access_key(&id)?.ok_or_else(unknown)?;
        let secret = self
            .root_key
            .open(&secret_purpose(&id), &key.record.sealed_secret)?;
        let secret = std::str::from_utf8(&secret)
            .map_err(|_| Error::internal("a secret access key is no text"))?;
        let user = &key.record.user;
        let arn = user.arn(&key.record.account);
        let ended = match key.record.status {
            AccessKeyStatus::Active => None,
            AccessKeyStatus::Inactive => Some(Ended {
                expired: false,
                reason: Reason::new(
                    Check::Signature,
                    format!("access key `{id}` of user `{}` is Inactive", user.name),
                ),
            }),
        };
        Ok(Identified {
            secret_access_key: Zeroizing::new(secret.to_owned()),
            ended,
            caller: Caller {
                account: key.record.account.clone(),
                principal_arn: arn.clone(),
                arn,
                user_id: user.id.to_string(),
                access_key_id: id,
                identity: Identity::User(user.name.clone()),
                policies: Arc::clone(&key.policies),
                session_policies: None,
            },
        })
    }

    fn identify_session(
        &self,
        access_key_id: AccessKeyId,
        opened: &Opened,
    ) -> Result<Identified, Unidentified> {
        let session = &opened.session;
        let role = self
            .directory
            .role_by_id(&session.account, &session.role_id)?
            .ok_or_else(|| invalid("the role of the session has been deleted"))?;
        let ended = self.session_fault(session, &role)?;
        let name = RoleSessionName::new(session.name())
            .map_err(|_| invalid("the session has no legal name"))?;
        let caller = Caller {
            arn: arn::assumed_role(&session.account, &role.role.name, &name),
            principal_arn: role.arn.clone(),
            user_id: format!("{}:{name}", role.role.id),
            access_key_id,
            account: session.account.clone(),
            policies: Arc::clone(&role.policies),
            session_policies: self.session_policies(session)?,
            identity: Identity::Session(Arc::clone(session)),
        };
        Ok(Identified {
            caller,
            secret_access_key: opened.secret_access_key.clone(),
            ended,
        })
    }

    fn session_policies(&self, session: &Session) -> Result<Option<PolicySet>, Error> {
        let Origin::AssumeRole(assumed) = &session.origin else {
            return Ok(None);
        };
        if assumed.policy.is_none() && assumed.policy_arns.is_empty() {
            return Ok(None);
        }
        let mut set = self
            .directory
            .managed_policies(&session.account, &assumed.policy_arns)?;
        if let Some(policy) = &assumed.policy {
            set.extend(PolicySet::parse_one(
                "session policy",
                policy,
                Grammar::Session,
            ));
        }
        Ok(Some(set))
    }

    /// The live state behind a session: time, certificate, attachment, alias.
    fn session_fault(&self, session: &Session, role: &ReadyRole) -> Result<Option<Ended>, Error> {
        let ended = |expired, text: String| {
            Ok(Some(Ended {
                expired,
                reason: Reason::new(Check::Session, text),
            }))
        };
        let now = self.clock.now();
        if now >= session.expires_at {
            return ended(true, format!("the session ended at {}", session.expires_at));
        }
        let Some(device) = session.device() else {
            return Ok(None);
        };
        if let Some(text) = self.device_fault(&session.account, device, now)? {
            return ended(false, text);
        }
        let alias = self
            .directory
            .role_alias(&session.account, &device.role_alias)?;
        let name = &device.role_alias;
        let Some(alias) = alias else {
            return ended(false, format!("role alias `{name}` has been deleted"));
        };
        let is_direct = matches!(session.origin, Origin::Device(_));
        if is_direct && !alias.role_arn.names(&session.account, &role.role) {
            let text = format!("role alias `{name}` points to another role now");
            return ended(true, text);
        }
        Ok(None)
    }

    fn device_fault(
        &self,
        account: &AccountId,
        session: &DeviceSession,
        now: OffsetDateTime,
    ) -> Result<Option<String>, Error> {
        let Some(device) = self.directory.device(account, session.certificate_id)? else {
            return Ok(Some("the device's certificate has been deleted".to_owned()));
        };
        if let Some(fault) = certificate_fault(&device, now) {
            return Ok(Some(fault));
        }
        let Some(thing) = &session.thing else {
            return Ok(None);
        };
        let attached =
            self.directory
                .attached_thing(account, session.certificate_id, &thing.name)?;
        Ok(match attached {
            Some(_) => None,
            None => Some(format!(
                "the certificate is no longer attached to thing `{}`",
                thing.name
            )),
        })
    }
}

impl std::fmt::Debug for CallerDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallerDirectory(..)")
    }
}

fn invalid(text: &str) -> Unidentified {
    Unidentified::InvalidToken(text.to_owned())
}

/// What a user's secret is sealed as.
pub fn secret_purpose(id: &AccessKeyId) -> String {
    format!("access key {id}")
}
