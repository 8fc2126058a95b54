//! The IAM and IoT policy language: [`parse`] a document once, then [`evaluate`] requests against it, or
//! [`explain`] a refusal.
//!
//! The crate is pure: no I/O, no clock, no ambient state. Everything a decision depends on is in the
//! policies and in the [`Request`].
//!
//! ```
//! use thingpass_policy::{Context, Grammar, Named, Outcome, Request, evaluate, explain, parse};
//!
//! let document = r#"{
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "dynamodb:PutItem",
//!         "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/${credentials-iot:ThingName}"
//!     }
//! }"#;
//! let policy = parse(document, Grammar::Identity)?;
//! let mut context = Context::new();
//! context.insert("credentials-iot:ThingName", "MyHomeThermostat");
//! let request = Request {
//!     action: "dynamodb:PutItem",
//!     resource: "arn:aws:dynamodb:us-east-1:123456789012:table/Neighbour",
//!     principal: None,
//!     context: &context,
//! };
//! let policies = [Named { name: "OwnTable", policy: &policy }];
//! assert_eq!(evaluate(policies, &request).outcome, Outcome::NotAllowed);
//! assert!(explain(policies, &request).to_string().contains("`credentials-iot:ThingName` is `MyHomeThermostat`"));
//! # Ok::<(), thingpass_policy::ParseError>(())
//! ```
//!
//! Three rules keep it failing closed:
//! - a document is refused at creation for anything the language does not define;
//! - a variable's value is literal text, never a wildcard, and a variable without a value matches nothing;
//! - what cannot be determined is never in the requester's favour: it does not satisfy an `Allow` and it
//!   does satisfy a `Deny`.

mod condition;
mod context;
mod document;
mod evaluate;
mod explain;
mod iam;
mod iot;
pub mod limits;
mod parse;
mod pattern;
mod principal;
mod truth;
mod variable;

pub use context::{Context, ContextValue};
pub use document::{Effect, Policy, Statement};
pub use evaluate::{Evaluation, Named, Outcome, Request, StatementRef, evaluate};
pub use explain::{Explanation, Finding, explain};
pub use iam::Grammar;
pub use parse::{ParseError, parse};
pub use principal::Principal;
