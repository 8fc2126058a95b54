//! A control plane for tests: a real store in a directory of its own, a clock that stands still.

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde_json::Value;
use thingpass_domain::account::Account;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::authorize::{Decision, RequestFacts, authorize};
use thingpass_domain::caller::{Caller, Identity};
use thingpass_domain::clock::{Clock, FixedClock};
use thingpass_domain::directory::{Directory, ReadyPolicies};
use thingpass_domain::entropy::SystemEntropy;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccessKeyId, AccountId, Region, UserName};
use thingpass_domain::key_ring::{KeyRing, RootKey, new_ring_key};
use thingpass_domain::lookup::PolicyDocument;
use thingpass_domain::policy_set::PolicySet;
use thingpass_domain::store::Store;
use thingpass_pki::issue::Authority;
use thingpass_policy::Grammar;
use thingpass_store::SqliteStore;
use time::{Duration, OffsetDateTime};

use crate::api::endpoint::Endpoints;
use crate::api::operation::{Call, Context, Demands, Operation, prepare};
use crate::api::resolve::resolve;

/// The control plane of account 123456789012 in us-east-1, at 2026-01-01T00:00:00Z.
pub(crate) struct Bench {
    pub(crate) context: Context,
    pub(crate) clock: Arc<FixedClock>,
    _directory: tempfile::TempDir,
}

const ALL: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

impl Bench {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let opened = SqliteStore::open(
            &directory.path().join("t.db"),
            thingpass_store::Options::default(),
        )
        .await;
        let store: Arc<dyn Store> = Arc::new(opened.unwrap());
        let now = OffsetDateTime::from_unix_timestamp(1_767_225_600).unwrap();
        let clock = Arc::new(FixedClock::at(now));
        let account = AccountId::new("123456789012").unwrap();
        let prefix = "abc123".to_owned();
        let row = Account {
            id: account.clone(),
            endpoint_prefix: prefix,
            created_at: now,
        };
        store.create_account(row, None).await.unwrap();
        let root_key = RootKey::new(&[7; 32]).unwrap();
        let ring_key = new_ring_key(None, &root_key, &SystemEntropy, now).unwrap();
        store.add_ring_key(ring_key.clone()).await.unwrap();
        let ring = KeyRing::open(&[ring_key], &root_key).unwrap();
        let year = Duration::days(365);
        let authority = Authority::generate("Bench CA", now - year, now + year * 30, [1; 16]);
        let context = Context {
            home: AccountRegion {
                account,
                region: Region::new("us-east-1").unwrap(),
            },
            directory: Arc::new(Directory::new(Arc::clone(&store))),
            store,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::new(SystemEntropy),
            root_key: Arc::new(root_key),
            key_ring: Arc::new(ArcSwap::from_pointee(ring)),
            device_authority: Arc::new(authority.unwrap()),
            endpoints: Endpoints {
                credential_provider: "localhost:8443".to_owned(),
            },
        };
        Self {
            context,
            clock,
            _directory: directory,
        }
    }

    pub(crate) fn account(&self) -> &AccountId {
        &self.context.home.account
    }

    /// Calls as a user who may do everything.
    pub(crate) async fn call<O: Operation>(&self, input: Value) -> Result<Value, Error> {
        self.call_with_policy::<O>(ALL, input).await
    }

    /// Calls as user `tester` with this identity policy.
    pub(crate) async fn call_with_policy<O: Operation>(
        &self,
        policy: &str,
        input: Value,
    ) -> Result<Value, Error> {
        self.call_as::<O>(&self.caller(policy), input).await
    }

    /// Calls as this caller.
    pub(crate) async fn call_as<O: Operation>(
        &self,
        caller: &Caller,
        input: Value,
    ) -> Result<Value, Error> {
        let facts = self.facts();
        let prepared = prepare::<O>(input, &self.context.home)?;
        let demands = match &prepared.demands {
            Demands::All(demands) => Some(demands.clone()),
            Demands::OnPrincipal(demand) => {
                Some(vec![resolve(demand, &self.context, caller).await?])
            }
            Demands::Nothing(_) | Demands::TrustPolicy { .. } => None,
        };
        if let Some(demands) = demands
            && let Decision::Denied { message, .. } = authorize(caller, demands, &facts)
        {
            return Err(Error::Denied(message));
        }
        prepared
            .run(Call {
                context: &self.context,
                caller,
                facts: &facts,
            })
            .await
    }

    /// A request from this computer, now.
    pub(crate) fn facts(&self) -> RequestFacts {
        RequestFacts {
            source_ip: std::net::Ipv4Addr::LOCALHOST.into(),
            now: self.clock.now(),
            region: self.context.home.region.clone(),
            user_agent: None,
        }
    }

    pub(crate) fn caller(&self, policy: &str) -> Caller {
        let document = PolicyDocument {
            name: "test".to_owned(),
            document: policy.to_owned(),
        };
        let identity = PolicySet::parse([&document], Grammar::Identity);
        let arn = format!("arn:aws:iam::{}:user/tester", self.account());
        Caller {
            account: self.account().clone(),
            principal_arn: arn.clone(),
            arn,
            user_id: "AIDATESTTESTTESTTEST1".to_owned(),
            access_key_id: AccessKeyId::new("AKIATESTTESTTESTTEST").unwrap(),
            identity: Identity::User(UserName::new("tester").unwrap()),
            policies: Arc::new(ReadyPolicies {
                identity,
                boundary: None,
            }),
            session_policies: None,
        }
    }
}
