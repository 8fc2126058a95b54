//! Who asks, and the `Principal` element of trust policies.
//!
//! Source: IAM user guide, "AWS JSON policy elements: Principal" and "… NotPrincipal".

use crate::document::Effect;
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

/// Characters that follow the prefix of a unique id, at least.
const UNIQUE_ID_CHARS: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PrincipalPattern {
    /// `*`: every AWS principal. Services are among them only where that is against them.
    Everyone,
    Account(Box<str>),
    Arn(Box<str>),
    Service(Box<str>),
    /// Federated users, canonical users and the ids of deleted principals: nobody who asks here.
    Nobody(Box<str>),
}

impl PrincipalElement {
    /// Whether the element applies to the requester in a statement of this effect. Without a requester
    /// nothing is known.
    pub(crate) fn matches(&self, principal: Option<Principal<'_>>, effect: Effect) -> Truth {
        let Some(principal) = principal else {
            return Truth::Unknown;
        };
        let names =
            |identity: &dyn Fn(&PrincipalPattern) -> bool| self.patterns.iter().any(identity);
        let is_listed = match principal {
            // To be let in, or spared by NotPrincipal, a service must be named; a star denies it too.
            Principal::Service(name) => {
                let is_favour = (effect == Effect::Allow) != self.is_excluding;
                names(&|pattern| pattern.is_service(name)) || (!is_favour && self.has_everyone())
            }
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

    /// Whether `*` is among the principals.
    pub(crate) fn has_everyone(&self) -> bool {
        self.patterns.contains(&PrincipalPattern::Everyone)
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
            Self::Service(service) => **service == *name,
            Self::Everyone | Self::Account(_) | Self::Arn(_) | Self::Nobody(_) => false,
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

/// Whether text is the unique id of a user or role, as AWS shows it once the user or role behind an ARN
/// was deleted.
fn is_unique_id(value: &str) -> bool {
    ["AIDA", "AROA"]
        .into_iter()
        .find_map(|prefix| value.strip_prefix(prefix))
        .is_some_and(|rest| {
            let is_id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
            rest.len() >= UNIQUE_ID_CHARS && rest.bytes().all(is_id)
        })
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
                element(false, &[("AWS", value)]).matches(ASKING, Effect::Allow),
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
                element(false, &[(kind, value)]).matches(ASKING, Effect::Allow),
                Truth::False,
                "{value}"
            );
        }
    }

    #[test]
    fn not_principal_spares_only_whom_it_lists_in_full() {
        let account = ("AWS", "123456789012");
        assert_eq!(
            element(true, &[account]).matches(ASKING, Effect::Deny),
            Truth::True
        );
        assert_eq!(
            element(true, &[account, ("AWS", ROLE)]).matches(ASKING, Effect::Deny),
            Truth::True
        );
        assert_eq!(
            element(true, &[account, ("AWS", ROLE), ("AWS", SESSION)])
                .matches(ASKING, Effect::Deny),
            Truth::False
        );
    }

    #[test]
    fn a_star_lets_no_service_in_and_keeps_every_service_out() {
        let service = Some(Principal::Service("credentials.iot.amazonaws.com"));
        let named = ("Service", "credentials.iot.amazonaws.com");
        let star = ("AWS", "*");
        let other = ("Service", "iot.amazonaws.com");
        for (values, effect, is_excluding, truth) in [
            (&[star][..], Effect::Allow, false, Truth::False),
            (&[star], Effect::Deny, false, Truth::True),
            (&[star], Effect::Deny, true, Truth::True),
            // No grammar has it; were there one, a star would still be no favour.
            (&[star], Effect::Allow, true, Truth::False),
            (&[star, named], Effect::Allow, false, Truth::True),
            (&[star, named], Effect::Deny, true, Truth::False),
            (&[star, other], Effect::Allow, false, Truth::False),
            (&[star, other], Effect::Deny, true, Truth::True),
            (&[other], Effect::Deny, false, Truth::False),
        ] {
            let element = element(is_excluding, values);
            assert_eq!(
                element.matches(service, effect),
                truth,
                "{effect:?} {element:?}"
            );
        }
    }

    #[test]
    fn a_star_is_every_aws_principal() {
        for (effect, is_excluding, truth) in [
            (Effect::Allow, false, Truth::True),
            (Effect::Deny, false, Truth::True),
            (Effect::Deny, true, Truth::False),
        ] {
            let element = element(is_excluding, &[("AWS", "*")]);
            assert_eq!(element.matches(ASKING, effect), truth, "{effect:?}");
        }
    }

    #[test]
    fn the_unique_id_of_a_deleted_principal_is_nobody() {
        let asking_by_id = Some(Principal::Aws {
            account: "123456789012",
            arn: "AIDAJQABLZS4A3QDU576Q",
            session_arn: Some("AROADBQP57FF2AEXAMPLE"),
        });
        for id in [
            "AIDAJQABLZS4A3QDU576Q",
            "AROADBQP57FF2AEXAMPLE",
            "AROA0123456789ABCDEF",
        ] {
            let values = [("AWS", id)];
            for asking in [ASKING, asking_by_id, Some(Principal::Service(id))] {
                for effect in [Effect::Allow, Effect::Deny] {
                    assert_eq!(
                        element(false, &values).matches(asking, effect),
                        Truth::False,
                        "{id}"
                    );
                }
                assert_eq!(
                    element(true, &values).matches(asking, Effect::Deny),
                    Truth::True,
                    "{id}"
                );
            }
        }
    }

    #[test]
    fn what_only_resembles_a_unique_id_is_refused() {
        for value in [
            "AROA",
            "AROA0123456789ABCDE",
            "ASIA0123456789ABCDEFG",
            "aroa0123456789abcdefg",
            "AROA0123456789ABCDEf",
            "AROA0123456789ABCDE-",
            "AROA0123456789ABCDEF*",
            "AROA0123456789ABCDEF:session",
            " AROA0123456789ABCDEF",
        ] {
            assert_eq!(PrincipalPattern::parse("AWS", value), None, "{value}");
        }
    }

    #[test]
    fn without_a_requester_nothing_is_known() {
        for effect in [Effect::Allow, Effect::Deny] {
            for is_excluding in [false, true] {
                assert_eq!(
                    element(is_excluding, &[("AWS", "*")]).matches(None, effect),
                    Truth::Unknown
                );
            }
        }
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
