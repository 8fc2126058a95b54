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
}
