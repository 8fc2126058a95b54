//! IAM roles.

use async_trait::async_trait;
use serde_json::Value;
use time::OffsetDateTime;

use crate::error::Error;
use crate::id::{AccountId, InvalidName, Path, RoleName, UniqueId};
use crate::managed_policy;
use crate::page::{Page, PageRequest};
use crate::quota;

/// An IAM role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name, unique in the account whatever the case of its letters.
    pub name: RoleName,
    /// Its path.
    pub path: Path,
    /// `AROA…`; a role made again under the same name has another.
    pub id: UniqueId,
    /// Who may assume it, as it was sent.
    pub trust_policy: String,
    /// Longest session, seconds.
    pub max_session_duration_seconds: u32,
    /// Free text.
    pub description: Option<String>,
    /// ARN of the managed policy that bounds it.
    pub permissions_boundary: Option<String>,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

impl Role {
    /// The role's ARN.
    pub fn arn(&self, account: &AccountId) -> String {
        crate::arn::role(account, &self.path, &self.name)
    }
}

/// Checks a trust policy at its creation: grammar and size.
///
/// # Errors
/// [`Error::MalformedPolicy`] with the place and what is wrong there.
pub fn check_trust_policy(document: &str) -> Result<(), Error> {
    let size = thingpass_policy::limits::size_without_whitespace(document);
    if size > quota::TRUST_POLICY_SIZE_MAX {
        let max = quota::TRUST_POLICY_SIZE_MAX;
        return Err(Error::LimitExceeded(format!(
            "Cannot exceed quota for ACLSizePerRole: {max}"
        )));
    }
    thingpass_policy::parse(document, thingpass_policy::Grammar::Trust)
        .map(|_| ())
        .map_err(|error| Error::MalformedPolicy(error.to_string()))
}

/// The trust policy once a user or role is deleted that it may name: what stood for `arns` stands for
/// the unique id `id`, so that another of the same name is not let in (IAM User Guide, "AWS JSON
/// policy elements: Principal"). `None` where it names none of them.
pub fn forget_principal(
    trust_policy: &str,
    arns: impl Fn(&str) -> bool,
    id: &UniqueId,
) -> Option<String> {
    let mut document: Value = serde_json::from_str(trust_policy).ok()?;
    let mut found = false;
    let mut rename = |value: &mut Value| {
        if value.as_str().is_some_and(&arns) {
            *value = Value::from(id.as_str());
            found = true;
        }
    };
    for statement in each(document.get_mut("Statement")?) {
        for element in ["Principal", "NotPrincipal"] {
            if let Some(principals) = statement.get_mut(element).and_then(|it| it.get_mut("AWS")) {
                each(principals).for_each(&mut rename);
            }
        }
    }
    found.then(|| document.to_string())
}

/// The members of a list, or the one value that stands for a list.
fn each(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    let (one, many) = if value.is_array() {
        (None, value.as_array_mut())
    } else {
        (Some(value), None)
    };
    one.into_iter().chain(many.into_iter().flatten())
}

/// Checks a `MaxSessionDuration`.
///
/// # Errors
/// [`Error::Invalid`] outside 3,600 … 43,200 seconds.
pub fn check_max_session_duration(seconds: u32) -> Result<(), Error> {
    let range = quota::MAX_SESSION_DURATION_RANGE_SECONDS;
    if range.contains(&seconds) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "MaxSessionDuration must be between {} and {} seconds, `{seconds}` is not",
        range.start(),
        range.end()
    )))
}

/// Checks a description: its length and characters (IAM model, `roleDescriptionType`).
///
/// # Errors
/// The AWS validation sentence.
pub fn check_description(text: &str) -> Result<(), InvalidName> {
    managed_policy::check_description(text)?;
    let legal = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    if text.chars().all(legal) {
        return Ok(());
    }
    let constraint = "satisfy regular expression pattern: \
                      [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*";
    Err(InvalidName::new("description", text, constraint))
}

/// What UpdateRole and its kin change.
#[derive(Debug, Clone, Default)]
pub struct RoleChange {
    /// A new trust policy.
    pub trust_policy: Option<String>,
    /// A new longest session, seconds.
    pub max_session_duration_seconds: Option<u32>,
    /// A new description.
    pub description: Option<String>,
    /// A new boundary, or none.
    pub permissions_boundary: Option<Option<String>>,
}

/// Roles in the store.
#[async_trait]
pub trait RoleStore {
    /// Writes a new role; [`Error::AlreadyExists`] "Role with name NAME already exists." A
    /// boundary that is not there is [`Error::NotFound`].
    async fn create_role(&self, account: &AccountId, role: Role) -> Result<(), Error>;

    /// Reads one, whatever the case of the letters.
    async fn role(&self, account: &AccountId, name: &RoleName) -> Result<Option<Role>, Error>;

    /// Changes what is given. Absent: [`Error::NotFound`].
    async fn update_role(
        &self,
        account: &AccountId,
        name: &RoleName,
        change: &RoleChange,
    ) -> Result<Role, Error>;

    /// Deletes. Managed policies attached: [`Error::DeleteConflict`] "Cannot delete entity, must
    /// detach all policies first."; inline policies: "Cannot delete entity, must delete policies
    /// first."; absent: [`Error::NotFound`].
    async fn delete_role(&self, account: &AccountId, name: &RoleName) -> Result<(), Error>;

    /// Lists by name those whose path begins with `path_prefix`.
    async fn list_roles(
        &self,
        account: &AccountId,
        path_prefix: &str,
        page: PageRequest,
    ) -> Result<Page<Role>, Error>;
}

/// For every operation that names an absent role.
pub fn absent(name: &RoleName) -> Error {
    Error::not_found(format!("The role with name {name} cannot be found."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_principal_becomes_its_unique_id_and_nothing_else_changes() {
        let id = UniqueId::new("AIDATESTTESTTESTTEST1").unwrap();
        let policy = r#"{"Statement":[{"Principal":{"AWS":["arn:\u0061","arn:b"]},"Sid":"arn:a"},
            {"NotPrincipal":{"AWS":"arn:a","Service":"arn:a"}}]}"#;
        let renamed = forget_principal(policy, |arn| arn == "arn:a", &id).unwrap();
        assert_eq!(
            renamed,
            r#"{"Statement":[{"Principal":{"AWS":["AIDATESTTESTTESTTEST1","arn:b"]},"Sid":"arn:a"},{"NotPrincipal":{"AWS":"AIDATESTTESTTESTTEST1","Service":"arn:a"}}]}"#
        );
        assert_eq!(forget_principal(policy, |arn| arn == "arn:c", &id), None);
    }
}
