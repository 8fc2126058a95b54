//! What an operation of the control plane is: a name, an input, what it demands, what it does.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::authorize::{Demand, RequestFacts};
use thingpass_domain::caller::Caller;
use thingpass_domain::clock::Clock;
use thingpass_domain::directory::Directory;
use thingpass_domain::entropy::Entropy;
use thingpass_domain::error::Error;
use thingpass_domain::key_ring::{KeyRing, RootKey};
use thingpass_domain::store::Store;
use thingpass_pki::issue::Authority;

use crate::api::endpoint::Endpoints;
use crate::api::resolve::{Principal, PrincipalDemand};

/// What operations work with.
pub struct Context {
    /// Account and region that are served.
    pub home: AccountRegion,
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The registry as the doors read it.
    pub directory: Arc<Directory>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Seals users' secrets.
    pub root_key: Arc<RootKey>,
    /// Seals session tokens.
    pub key_ring: Arc<ArcSwap<KeyRing>>,
    /// Signs the certificates that Thingpass itself makes for devices.
    pub device_authority: Arc<Authority>,
    /// What DescribeEndpoint tells.
    pub endpoints: Endpoints,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

/// One call of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// What to work with.
    pub context: &'a Context,
    /// Who calls.
    pub caller: &'a Caller,
    /// What the request itself tells.
    pub facts: &'a RequestFacts,
}

/// What a call must be allowed.
#[derive(Debug)]
pub enum Demands {
    /// Each of these, by the caller's policies.
    All(Vec<Demand>),
    /// The same for one action on a user or role whose ARN [`crate::api::resolve::resolve`] finds.
    OnPrincipal(PrincipalDemand),
    /// Nothing of the caller's policies: why is said here.
    Nothing(&'static str),
    /// The role's trust policy together with the caller's policies: the operation asks
    /// `domain::assume_role`, which decides and explains.
    TrustPolicy {
        /// The action.
        action: &'static str,
        /// ARN of the role, as it was asked for.
        role: String,
    },
}

impl Demands {
    /// A single action on a single resource.
    pub fn one(action: &'static str, resource: impl Into<String>) -> Self {
        Self::All(vec![Demand::new(action, resource)])
    }

    /// A single action on a user or role that the request names without its path.
    pub fn on(action: &'static str, principal: impl Into<Principal>) -> Self {
        Self::OnPrincipal(PrincipalDemand::new(action, principal))
    }
}

/// An operation of the control plane. One lives in each file of `api/SERVICE/NOUN/`.
pub trait Operation: Send + Sync + 'static {
    /// As AWS names it: `CreateRoleAlias`.
    const NAME: &'static str;
    /// As IAM names it: `iot:CreateRoleAlias`.
    const ACTION: &'static str;
    /// The request's members under their wire names. Members that are not served are refused
    /// (`deny_unknown_fields`), names are parsed into their types.
    type Input: DeserializeOwned + Send;
    /// The answer's members under their wire names.
    type Output: Serialize + Send;

    /// What the call must be allowed.
    fn demands(input: &Self::Input, home: &AccountRegion) -> Demands;

    /// Does it. Talks to the domain only.
    fn handle(
        call: Call<'_>,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

/// A call whose input was read: what it demands, and how it goes on once that is allowed.
pub struct Prepared {
    /// The operation's name.
    pub name: &'static str,
    /// What it must be allowed.
    pub demands: Demands,
    run: Box<dyn Run>,
}

impl Prepared {
    /// Carries the call out.
    ///
    /// # Errors
    /// The operation's.
    pub async fn run(self, call: Call<'_>) -> Result<Value, Error> {
        self.run.run(call).await
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared")
            .field("demands", &self.demands)
            .finish_non_exhaustive()
    }
}

/// Reads the input of an operation.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong in it.
pub fn prepare<O: Operation>(input: Value, home: &AccountRegion) -> Result<Prepared, Error> {
    let input: O::Input = serde_json::from_value(input).map_err(|error| refuse_input(&error))?;
    let demands = O::demands(&input, home);
    Ok(Prepared {
        name: O::NAME,
        demands,
        run: Box::new(Ready::<O>(input)),
    })
}

/// How [`prepare`] of an operation is kept in the tables.
pub type Prepare = fn(Value, &AccountRegion) -> Result<Prepared, Error>;

type Running<'a> = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send + 'a>>;

trait Run: Send {
    fn run<'a>(self: Box<Self>, call: Call<'a>) -> Running<'a>
    where
        Self: 'a;
}

struct Ready<O: Operation>(O::Input);

impl<O: Operation> Run for Ready<O> {
    fn run<'a>(self: Box<Self>, call: Call<'a>) -> Running<'a>
    where
        Self: 'a,
    {
        Box::pin(async move {
            let output = O::handle(call, self.0).await?;
            serde_json::to_value(output).map_err(Error::internal)
        })
    }
}

/// What is wrong with an input: AWS's words where a member is missing, and the hint that a member may
/// simply not be served. Our own types say it themselves.
fn refuse_input(error: &serde_json::Error) -> Error {
    let text = error.to_string();
    let said = |before: &str| text.strip_prefix(before);
    Error::invalid(if let Some(rest) = said("unknown field ") {
        let member = rest.split(',').next().unwrap_or(rest);
        format!("the request member {member} is not supported: leave it out")
    } else if let Some(member) = said("missing field ") {
        format!(
            "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member \
             must not be null",
            lower_camel_case(member.trim_matches('`'))
        )
    } else if let Some(rest) = said("invalid type: ").or_else(|| said("invalid value: ")) {
        let (found, _) = rest.rsplit_once(", expected ").unwrap_or((rest, ""));
        format!("a member of the request is not of the type that it has in AWS's model: {found}")
    } else {
        text
    })
}

/// `RoleArn` as `roleArn`: validation errors name members so, however the wire spells them.
fn lower_camel_case(member: &str) -> String {
    let mut letters = member.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::refuse_input;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Input {
        #[allow(dead_code, reason = "it is only read")]
        role_arn: String,
    }

    #[test]
    fn an_input_that_cannot_be_read_is_refused_in_words_that_a_client_understands() {
        let words = |input: Value| {
            let error = serde_json::from_value::<Input>(input).unwrap_err();
            refuse_input(&error).to_string()
        };
        assert_eq!(
            words(json!({})),
            "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: \
             Member must not be null"
        );
        assert_eq!(
            words(json!({"RoleArn": 5})),
            "a member of the request is not of the type that it has in AWS's model: integer `5`"
        );
        assert_eq!(
            words(json!({"RoleArn": "x", "Tags": []})),
            "the request member `Tags` is not supported: leave it out"
        );
    }
}
