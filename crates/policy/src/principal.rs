//! Who asks, and the `Principal` element of trust policies.
//!
//! Source: IAM user guide, "AWS JSON policy elements: Principal" and "… NotPrincipal".

use crate::iam;
use crate::truth::Truth;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal<'a> {
    /// A service, by its principal name: `credentials.iot.amazonaws.com`.
    Service(&'a str),
    /// A user, or a session of a role.
    Aws {
        /// The account id.
        account: &'a str,
        /// The ARN of the user or role.
        arn: &'a str,
        /// The ARN of the session, `arn:aws:sts::…:assumed-role/…`, if it is one.
        session_arn: Option<&'a str>,
    },
}

/// A `Principal` or `NotPrincipal` element.
#[derive(Clone, Debug)]
pub(crate) struct PrincipalElement {
    pub(crate) is_excluding: bool,
    pub(crate) patterns: Box<[PrincipalPattern]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PrincipalPattern {
    Everyone,
    Account(Box<str>),
    Arn(Box<str>),
    Service(Box<str>),
    /// Federated users, canonical users and the ids of deleted principals: nobody who asks here.
    Nobody(Box<str>),
}

impl PrincipalElement {
    /// Whether the element names the requester. Without a requester nothing is known.
    pub(crate) fn matches(&self, principal: Option<Principal<'_>>) -> Truth {
        let Some(principal) = principal else {
            return Truth::Unknown;
        };
        let names =
            |identity: &dyn Fn(&PrincipalPattern) -> bool| self.patterns.iter().any(identity);
        let is_listed = match principal {
            Principal::Service(name) => names(&|pattern| pattern.is_service(name)),
            // To be spared by NotPrincipal, each of the requester's identities must be listed: AWS denies
            // a user whose account is not, and a session whose role is not.
            Principal::Aws {
                account,
                arn,
                session_arn,
            } if self.is_excluding => {
                names(&|pattern| pattern.is_account(account))
                    && names(&|pattern| pattern.is_arn(arn))
                    && session_arn.is_none_or(|session| names(&|pattern| pattern.is_arn(session)))
            }
            Principal::Aws {
                account,
                arn,
                session_arn,
            } => names(&|pattern| {
                pattern.is_account(account)
                    || pattern.is_arn(arn)
                    || session_arn.is_some_and(|session| pattern.is_arn(session))
            }),
        };
        Truth::from(is_listed).negated_if(self.is_excluding)
    }
}

impl PrincipalPattern {
    /// Reads one value under a kind of principal: `AWS`, `Service`, `Federated` or `CanonicalUser`.
    /// `None` if it is not a principal of that kind; wildcards are none, but for a lone `*`.
    pub(crate) fn parse(kind: &str, value: &str) -> Option<Self> {
        let is_printable = |text: &str| {
            !text.is_empty()
                && !text.contains(|c: char| matches!(c, '*' | '?' | '$') || c.is_whitespace())
        };
        match kind {
            "AWS" if value == "*" => Some(Self::Everyone),
            "AWS" if !is_printable(value) => None,
            "AWS" if iam::is_account(value) => Some(Self::Account(value.into())),
            "AWS" if is_unique_id(value) => Some(Self::Nobody(value.into())),
            "AWS" => parse_arn(value),
            "Service" if is_printable(value) => Some(Self::Service(value.into())),
            "Federated" | "CanonicalUser" if is_printable(value) => {
                Some(Self::Nobody(value.into()))
            }
            _ => None,
        }
    }

    /// The principal as a policy would spell it.
    pub(crate) fn written(&self) -> &str {
        match self {
            Self::Everyone => "*",
            Self::Account(text) | Self::Arn(text) | Self::Service(text) | Self::Nobody(text) => {
                text
            }
        }
    }

    fn is_service(&self, name: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Service(service) => **service == *name,
            Self::Account(_) | Self::Arn(_) | Self::Nobody(_) => false,
        }
    }

    fn is_account(&self, id: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Account(account) => **account == *id,
            Self::Service(_) | Self::Arn(_) | Self::Nobody(_) => false,
        }
    }

    fn is_arn(&self, name: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Arn(arn) => **arn == *name,
            Self::Service(_) | Self::Account(_) | Self::Nobody(_) => false,
        }
    }
}

fn parse_arn(value: &str) -> Option<PrincipalPattern> {
    let mut segments = value.splitn(6, ':');
    let [prefix, partition, service, region, account, resource] =
        std::array::from_fn(|_| segments.next().unwrap_or_default());
    if prefix != "arn"
        || !iam::is_partition(partition)
        || !region.is_empty()
        || !iam::is_account(account)
    {
        return None;
    }
    let has_name = |kind| {
        resource
            .strip_prefix(kind)
            .is_some_and(|name: &str| !name.is_empty())
    };
    match service {
        "iam" if resource == "root" => Some(PrincipalPattern::Account(account.into())),
        "iam" if has_name("user/") || has_name("role/") => {
            Some(PrincipalPattern::Arn(value.into()))
        }
        "sts" if has_name("assumed-role/") => Some(PrincipalPattern::Arn(value.into())),
        "sts" if has_name("federated-user/") => Some(PrincipalPattern::Nobody(value.into())),
        _ => None,
    }
}

/// The unique id of a user or role, which AWS leaves in the place of an ARN that was deleted.
fn is_unique_id(value: &str) -> bool {
    (value.starts_with("AIDA") || value.starts_with("AROA"))
        && value.len() >= 16
        && value
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/path/r";
    const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/r/s";
    const ASKING: Option<Principal<'_>> = Some(Principal::Aws {
        account: "123456789012",
        arn: ROLE,
        session_arn: Some(SESSION),
    });

    fn element(is_excluding: bool, values: &[(&str, &str)]) -> PrincipalElement {
        let patterns = values
            .iter()
            .map(|(kind, value)| PrincipalPattern::parse(kind, value).unwrap())
            .collect();
        PrincipalElement {
            is_excluding,
            patterns,
        }
    }

    #[test]
    fn account_role_and_session_each_name_the_requester() {
        for value in [
            "*",
            "123456789012",
            "arn:aws:iam::123456789012:root",
            ROLE,
            SESSION,
        ] {
            assert_eq!(
                element(false, &[("AWS", value)]).matches(ASKING),
                Truth::True,
                "{value}"
            );
        }
        for (kind, value) in [
            ("AWS", "210987654321"),
            ("AWS", "arn:aws:iam::123456789012:role/r"),
            ("AWS", "AROAIIIIIIIIIIIIIIIII"),
            ("Federated", "cognito-identity.amazonaws.com"),
            ("Service", "123456789012"),
        ] {
            assert_eq!(
                element(false, &[(kind, value)]).matches(ASKING),
                Truth::False,
                "{value}"
            );
        }
    }

    #[test]
    fn not_principal_spares_only_whom_it_lists_in_full() {
        let account = ("AWS", "123456789012");
        assert_eq!(element(true, &[account]).matches(ASKING), Truth::True);
        assert_eq!(
            element(true, &[account, ("AWS", ROLE)]).matches(ASKING),
            Truth::True
        );
        assert_eq!(
            element(true, &[account, ("AWS", ROLE), ("AWS", SESSION)]).matches(ASKING),
            Truth::False
        );
    }

    #[test]
    fn without_a_requester_nothing_is_known() {
        assert_eq!(
            element(false, &[("AWS", "*")]).matches(None),
            Truth::Unknown
        );
        assert_eq!(element(true, &[("AWS", "*")]).matches(None), Truth::Unknown);
    }

    #[test]
    fn wildcards_and_strange_arns_are_refused() {
        for value in [
            "",
            "arn:aws:iam::*:root",
            "arn:aws:iam::123456789012:role/*",
            "12345678901",
            "role/r",
            "arn:aws:iam::123456789012:group/g",
            "arn:aws:iam::123456789012:role/",
            "${aws:PrincipalArn}",
        ] {
            assert_eq!(PrincipalPattern::parse("AWS", value), None, "{value}");
        }
        assert_eq!(PrincipalPattern::parse("Service", "*"), None);
        assert_eq!(PrincipalPattern::parse("Anyone", "x"), None);
    }
}
