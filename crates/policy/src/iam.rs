//! The rules of the four kinds of document, and of the names in them.
//!
//! Source: IAM user guide, "Grammar of the IAM JSON policy language"; the sentences are those IAM answers with.

/// Which rules a document must obey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// A managed or inline policy of a role, user or group, or a permissions boundary.
    Identity,
    /// A session policy given to AssumeRole.
    Session,
    /// A role's trust policy: names principals, has no resource.
    Trust,
    /// An AWS IoT policy.
    Iot,
}

impl Grammar {
    /// Whether statements name principals instead of resources.
    pub(crate) fn names_principals(self) -> bool {
        match self {
            Self::Trust => true,
            Self::Identity | Self::Session | Self::Iot => false,
        }
    }

    /// Whether `arn:aws:s3:*` may stand for an ARN with all its segments, as IAM has it.
    pub(crate) fn completes_short_arns(self) -> bool {
        match self {
            Self::Identity | Self::Session => true,
            Self::Trust | Self::Iot => false,
        }
    }
}

const TRUST_ACTIONS: [&str; 6] = [
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:tagsession",
    "sts:setsourceidentity",
    "sts:setcontext",
];

/// Whether an action pattern may stand in a trust policy: one of the assume, tag and source-identity
/// family, or an `sts:` pattern that covers at least one of them.
pub(crate) fn is_trust_action(action: &str, covers: impl Fn(&str) -> bool) -> bool {
    let vendor = action.split_once(':').map_or("", |(vendor, _)| vendor);
    vendor.eq_ignore_ascii_case("sts") && TRUST_ACTIONS.into_iter().any(covers)
}

/// Checks `service:Name`, with wildcards in the name, or `*`. The error is the sentence of IAM.
pub(crate) fn check_action(action: &str) -> Result<(), String> {
    if action == "*" {
        return Ok(());
    }
    let Some((vendor, name)) = action.split_once(':') else {
        return Err(UNPREFIXED.to_owned());
    };
    if name.contains(':') {
        return Err("Actions/Condition can contain only one colon.".to_owned());
    }
    let is_vendor = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if vendor.is_empty() || (vendor != "*" && !vendor.chars().all(is_vendor)) {
        return Err(format!("Vendor {vendor} is not valid"));
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | '?' | '_' | '-');
    if name.is_empty() || !name.chars().all(is_name) {
        return Err("Syntax errors in policy.".to_owned());
    }
    Ok(())
}

/// Checks the name of a condition key, `vendor:name`. The error is the sentence of IAM.
pub(crate) fn check_condition_key(key: &str) -> Result<(), String> {
    match key.split_once(':') {
        Some((vendor, name)) if !vendor.is_empty() && !name.is_empty() => Ok(()),
        Some(_) | None => Err(UNPREFIXED.to_owned()),
    }
}

const UNPREFIXED: &str =
    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";

/// Whether text is an AWS partition: `aws`, `aws-cn`, `aws-us-gov`, `aws-iso-b` and their like.
pub(crate) fn is_partition(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("aws") else {
        return false;
    };
    rest.is_empty()
        || rest.strip_prefix('-').is_some_and(|region| {
            !region.is_empty() && region.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        })
}

/// Whether text is an account id: twelve digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_need_one_vendor_and_one_colon() {
        for action in [
            "*",
            "iot:AssumeRoleWithCertificate",
            "s3:Get*",
            "*:*",
            "execute-api:Invoke",
        ] {
            assert_eq!(check_action(action), Ok(()), "{action}");
        }
        for (action, message) in [
            ("GetItem", UNPREFIXED),
            (
                "s3:Get:Object",
                "Actions/Condition can contain only one colon.",
            ),
            ("s*:Get", "Vendor s* is not valid"),
            (":Get", "Vendor  is not valid"),
            ("s3:", "Syntax errors in policy."),
            (
                "s3:${aws:username}",
                "Actions/Condition can contain only one colon.",
            ),
            ("s3:${x}", "Syntax errors in policy."),
        ] {
            assert_eq!(check_action(action), Err(message.to_owned()), "{action}");
        }
    }

    #[test]
    fn partitions_have_no_wildcards() {
        assert!(is_partition("aws") && is_partition("aws-cn") && is_partition("aws-us-gov"));
        assert!(
            !is_partition("*")
                && !is_partition("aws*")
                && !is_partition("")
                && !is_partition("aws-")
        );
    }
}
