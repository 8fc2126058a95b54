//! A parsed policy, compiled for evaluation.

use serde::Serialize;

use crate::condition::Condition;
use crate::pattern::Pattern;
use crate::pattern::arn::ArnPattern;
use crate::principal::PrincipalElement;

/// A valid policy document, compiled for evaluation.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) version: Version,
    pub(crate) statements: Box<[Statement]>,
}

/// The version of the language a document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// Without variables: `${` is literal. The default.
    V2008,
    V2012,
}

/// What a statement does to requests it applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// Permits, unless another statement denies.
    Allow,
    /// Refuses, whatever other statements allow.
    Deny,
}

/// One statement of a policy.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(crate) sid: Option<Box<str>>,
    pub(crate) effect: Effect,
    pub(crate) actions: Selection<Pattern>,
    /// In trust policies.
    pub(crate) principals: Option<PrincipalElement>,
    /// In all but trust policies.
    pub(crate) resources: Option<Selection<ArnPattern>>,
    pub(crate) conditions: Box<[Condition]>,
}

/// `Action` or `Resource`; excluding, `NotAction` or `NotResource`.
#[derive(Clone, Debug)]
pub(crate) struct Selection<T> {
    pub(crate) is_excluding: bool,
    pub(crate) patterns: Box<[T]>,
}

impl Policy {
    /// The language version: `2012-10-17`, or `2008-10-17`, which is the default.
    pub fn version(&self) -> &'static str {
        match self.version {
            Version::V2008 => "2008-10-17",
            Version::V2012 => "2012-10-17",
        }
    }

    /// The statements, in document order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Whether a decision may depend on a condition key that begins with `prefix`, such as
    /// `iot:Certificate.`: whether such a key is tested by a condition, or is a variable in a resource or
    /// a condition value. In any case and JSON spelling, as keys compare in evaluation.
    pub fn names_key_under(&self, prefix: &str) -> bool {
        let prefix = prefix.to_ascii_lowercase();
        let mut keys = self.statements.iter().flat_map(Statement::keys);
        keys.any(|key| key.starts_with(&prefix))
    }
}

impl Statement {
    /// The statement id, if it has one.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// What the statement does.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Every key that evaluation looks up, in lower case.
    fn keys(&self) -> impl Iterator<Item = &str> {
        let resources = self.resources.iter().flat_map(|it| &it.patterns);
        let variables = resources
            .flat_map(ArnPattern::variables)
            .chain(self.conditions.iter().flat_map(Condition::variables));
        let tested = self.conditions.iter().map(|it| &*it.lookup_key);
        tested.chain(variables.map(|it| &*it.key))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Grammar, Policy, parse};

    const PREFIX: &str = "iot:Certificate.";

    /// A policy whose second statement has these elements.
    fn policy(version: &str, elements: &str) -> Policy {
        let document = format!(
            r#"{{"Version": "{version}", "Statement": [
                {{"Effect": "Allow", "Action": "*", "Resource": "*"}},
                {{"Effect": "Deny", "Action": "*", {elements}}}]}}"#
        );
        parse(&document, Grammar::Iot).unwrap()
    }

    #[test]
    fn a_key_is_found_wherever_and_however_it_is_spelled() {
        for elements in [
            r#""Resource": "*", "Condition": {"StringEquals": {"IoT:Certificate.Subject.CommonName": "a"}}"#,
            r#""Resource": "*", "Condition": {"StringEquals": {"iot:\u0043ertificate.Subject.CommonName": "a"}}"#,
            r#""Resource": "*", "Condition": {"Bool": {"a:b": true}, "Null": {"iot:certificate.SerialNumber": "true"}}"#,
            r#""Resource": "*", "Condition": {"ForAnyValue:StringLikeIfExists": {"iot:Certificate.Issuer.Country.List": "a"}}"#,
            r#""Resource": ["*", "arn:aws:iot:r:1:topic/${a:b}/${iot:certificate.subject.commonname}"]"#,
            r#""Resource": "arn:aws:iot:*:1:topic/\u0024{iot:\u0063ertificate.subject.commonname}""#,
            r#""Resource": "arn:aws:iot:r:1:topic/${iot:Certificate.Subject.Title, 'none'}""#,
            r#""NotResource": "arn:aws:iot:r:1:topic/${IOT:CERTIFICATE.SUBJECT.COMMONNAME}*""#,
            r#""Resource": "*", "Condition": {"StringNotLike": {"a:b": ["c", "*${iot:certificate.serialnumber}"]}}"#,
            r#""Resource": "*", "Condition": {"ArnLike": {"a:b": "arn:aws:iot:r:${iot:Certificate.Issuer.Title}:x"}}"#,
            r#""Resource": "*", "Condition": {"ArnLike": {"a:b": "${iot:Certificate.Issuer.Title}"}}"#,
            r#""Resource": "*", "Condition": {"Bool": {"a:b": "${iot:Certificate.Issuer.Title}"}}"#,
        ] {
            let policy = policy("2012-10-17", elements);
            for prefix in [PREFIX, "IOT:certificate.", "iot:", ""] {
                assert!(policy.names_key_under(prefix), "{prefix}: {elements}");
            }
        }
    }

    #[test]
    fn text_that_is_no_key_is_not_found() {
        for elements in [
            r#""Sid": "Certificate", "Resource": "arn:aws:iot:r:1:topic/iot:Certificate.Subject.CommonName""#,
            r#""Resource": "*", "Condition": {"StringEquals": {"a:b": "iot:Certificate.Subject.CommonName"}}"#,
            r#""Resource": "*", "Condition": {"StringEquals": {"iot:CertificateId": "a"}}"#,
            r#""Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/iot:Certificate.x": "a"}}"#,
            r#""Resource": "arn:aws:iot:r:1:topic/${$}{iot:Certificate.Subject.CommonName}""#,
            // A default is literal text.
            r#""Resource": "arn:aws:iot:r:1:topic/${a:b, '${iot:Certificate.Subject.CommonName}'}""#,
        ] {
            let policy = policy("2012-10-17", elements);
            assert!(!policy.names_key_under(PREFIX), "{elements}");
        }
    }

    #[test]
    fn the_old_version_has_keys_but_no_variables() {
        let name = "${iot:Certificate.Subject.CommonName}";
        let resource = format!(r#""Resource": "arn:aws:iot:r:1:topic/{name}""#);
        assert!(!policy("2008-10-17", &resource).names_key_under(PREFIX));
        let condition = r#""Resource": "*",
            "Condition": {"StringEquals": {"iot:Certificate.SerialNumber": "1"}}"#;
        assert!(policy("2008-10-17", condition).names_key_under(PREFIX));
    }
}
