//! The policies that narrow a session: one that is sent along, and managed ones by their ARNs.

use thingpass_policy::Grammar;

use super::{AssumeRoleRequest, Means};
use crate::arn::PolicyArn;
use crate::caller::Caller;
use crate::error::Error;
use crate::quota;

/// Grammar and size; the answer is the per cent of the size that is taken.
pub(super) fn check(request: &AssumeRoleRequest) -> Result<Option<u32>, Error> {
    let (policy, arns) = (&request.policy, &request.policy_arns);
    if arns.len() > quota::SESSION_POLICY_ARNS_MAX {
        let max = quota::SESSION_POLICY_ARNS_MAX;
        return Err(Error::invalid(format!(
            "PolicyArns has {} members, at most {max} are allowed",
            arns.len()
        )));
    }
    if policy.is_none() && arns.is_empty() {
        return Ok(None);
    }
    let in_policy = policy.as_deref().map_or(0, |policy| policy.chars().count());
    let in_arns: usize = arns.iter().map(|arn| arn.to_string().chars().count()).sum();
    let (size, max) = (in_policy + in_arns, quota::SESSION_POLICY_SIZE_MAX);
    if size > max {
        return Err(Error::LimitExceeded(format!(
            "the session policy and the policy ARNs have {size} characters together, at most {max} \
             are allowed"
        )));
    }
    if let Some(policy) = policy {
        check_document(policy)?;
    }
    let per_cent = (size * 100).div_ceil(max);
    Ok(Some(u32::try_from(per_cent).unwrap_or(100)))
}

fn check_document(document: &str) -> Result<(), Error> {
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    if !document.chars().all(legal) {
        let message = "a session policy has no characters beyond U+00FF (STS model)";
        return Err(Error::MalformedPolicy(message.to_owned()));
    }
    thingpass_policy::parse(document, Grammar::Session)
        .map(|_| ())
        .map_err(|error| Error::MalformedPolicy(error.to_string()))
}

/// The ARNs as text, once each was found.
pub(super) fn existing(
    means: &Means<'_>,
    caller: &Caller,
    arns: &[PolicyArn],
) -> Result<Vec<String>, Error> {
    let mut existing = Vec::with_capacity(arns.len());
    for arn in arns {
        let text = arn.to_string();
        if means
            .lookup
            .managed_policy(&caller.account, &text)?
            .is_none()
        {
            let message = format!("Policy {text} does not exist or is not attachable.");
            return Err(Error::Invalid(message));
        }
        existing.push(text);
    }
    Ok(existing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::RoleArn;
    use crate::id::RoleSessionName;

    fn request(policy: Option<String>, arns: usize) -> AssumeRoleRequest {
        let arn = PolicyArn::new("arn:aws:iam::aws:policy/AdministratorAccess").unwrap();
        AssumeRoleRequest {
            role_arn: RoleArn::new("arn:aws:iam::123456789012:role/r").unwrap(),
            session_name: RoleSessionName::new("alice").unwrap(),
            duration_seconds: None,
            policy,
            policy_arns: vec![arn; arns],
            external_id: None,
        }
    }

    fn document(padding: usize) -> String {
        let padding = " ".repeat(padding);
        format!(r#"{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"*"}}{padding}}}"#)
    }

    #[test]
    fn session_policies_are_measured_together_with_their_arns_and_their_white_space() {
        assert_eq!(check(&request(None, 0)).unwrap(), None);
        let bare = document(0).len();
        let full = request(Some(document(2048 - bare)), 0);
        assert_eq!(check(&full).unwrap(), Some(100));
        for over in [
            request(Some(document(2049 - bare)), 0),
            request(Some(document(2048 - bare)), 1),
        ] {
            let refused = check(&over);
            assert!(
                matches!(refused, Err(Error::LimitExceeded(_))),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn eleven_policy_arns_are_refused() {
        assert!(check(&request(None, 10)).is_ok());
        assert!(matches!(check(&request(None, 11)), Err(Error::Invalid(_))));
    }

    #[test]
    fn a_session_policy_that_is_none_is_malformed() {
        for text in ["", " ", "{}", &document(0).replace('*', "\u{100}")] {
            let refused = check(&request(Some(text.to_owned()), 0));
            assert!(
                matches!(refused, Err(Error::MalformedPolicy(_))),
                "{text}: {refused:?}"
            );
        }
    }
}
