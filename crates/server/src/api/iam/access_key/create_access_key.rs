//! `Action=CreateAccessKey` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
//! Divergences: none.

use serde::{Deserialize, Serialize};
use thingpass_domain::access_key::AccessKey;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccessKeyId, UserName};
use thingpass_domain::user::absent;
use thingpass_wire::timestamp::iso_8601;

use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::user_or_caller;

/// CreateAccessKey.
#[derive(Debug)]
pub struct CreateAccessKey;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: Option<UserName>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    access_key: Issued,
}

/// `AccessKey` of IAM's model: the only answer with the secret in it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Issued {
    user_name: UserName,
    access_key_id: AccessKeyId,
    status: &'static str,
    secret_access_key: String,
    create_date: String,
}

impl Operation for CreateAccessKey {
    const NAME: &'static str = "CreateAccessKey";
    const ACTION: &'static str = "iam:CreateAccessKey";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.user_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let context = call.context;
        let account = &context.home.account;
        let name = user_or_caller(input.user_name, call.caller)?;
        let user = context
            .store
            .user(account, &name)
            .await?
            .ok_or_else(|| absent(&name))?;
        let (root_key, entropy) = (&context.root_key, &*context.entropy);
        let (key, secret) =
            AccessKey::issue(account, user.name, root_key, entropy, context.clock.now())?;
        context
            .store
            .create_access_key(account, key.clone())
            .await?;
        let access_key = Issued {
            user_name: key.user,
            access_key_id: key.id,
            status: key.status.as_str(),
            secret_access_key: secret.as_str().to_owned(),
            create_date: iso_8601(key.created_at),
        };
        Ok(Output { access_key })
    }
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut issued = f.debug_struct("Issued");
        issued
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use thingpass_domain::caller::CallerDirectory;
    use thingpass_domain::error::Error;

    use super::*;
    use crate::api::iam::testing::{assert_absent, assert_denied, assert_malformed, user};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn the_secret_told_is_the_one_that_signatures_are_verified_with() {
        let bench = Bench::new().await;
        user(&bench, "ann").await;
        let made = bench
            .call::<CreateAccessKey>(json!({"UserName": "ANN"}))
            .await
            .unwrap();
        let key = &made["AccessKey"];
        assert_eq!(
            (&key["UserName"], &key["Status"]),
            (&json!("ann"), &json!("Active"))
        );
        assert_eq!(key["CreateDate"], "2026-01-01T00:00:00Z");
        let context = &bench.context;
        let callers = CallerDirectory::new(
            Arc::clone(&context.directory),
            Arc::clone(&context.key_ring),
            Arc::clone(&context.root_key),
            Arc::clone(&context.clock),
        );
        let id = key["AccessKeyId"].as_str().unwrap();
        assert!(id.starts_with("AKIA") && id.len() == 20, "{id}");
        let recognised = callers.recognise(id, None).unwrap();
        let identified = callers.identify(recognised).unwrap();
        assert_eq!(
            key["SecretAccessKey"],
            identified.secret_access_key.as_str()
        );
        assert_eq!(identified.caller.arn, "arn:aws:iam::123456789012:user/ann");
        assert_eq!(identified.ended, None);
    }

    #[tokio::test]
    async fn without_a_name_the_key_is_the_callers() {
        let bench = Bench::new().await;
        user(&bench, "tester").await;
        let made = bench.call::<CreateAccessKey>(json!({})).await.unwrap();
        assert_eq!(made["AccessKey"]["UserName"], "tester");
    }

    #[tokio::test]
    async fn a_third_key_is_one_too_many() {
        let bench = Bench::new().await;
        user(&bench, "ann").await;
        let input = json!({"UserName": "ann"});
        for _ in 0..2 {
            bench.call::<CreateAccessKey>(input.clone()).await.unwrap();
        }
        let third = bench.call::<CreateAccessKey>(input).await;
        let Err(Error::LimitExceeded(message)) = third else {
            panic!("{third:?}")
        };
        assert_eq!(message, "Cannot exceed quota for AccessKeysPerUser: 2");
    }

    #[tokio::test]
    async fn nobody_has_no_key_and_who_may_not_makes_none() {
        let bench = Bench::new().await;
        let input = json!({"UserName": "ann"});
        let message = "The user with name ann cannot be found.";
        assert_absent::<CreateAccessKey>(&bench, input.clone(), message).await;
        let arn = "arn:aws:iam::123456789012:user/ann";
        assert_denied::<CreateAccessKey>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [("UserName", json!("a b")), ("Status", json!("Active"))];
        let good = json!({"UserName": "ann"});
        assert_malformed::<CreateAccessKey>(&Bench::new().await, good, &changes).await;
    }

    #[test]
    fn the_secret_does_not_show_in_debug_output() {
        let access_key = Issued {
            user_name: UserName::new("ann").unwrap(),
            access_key_id: AccessKeyId::new("AKIATESTTESTTESTTEST").unwrap(),
            status: "Active",
            secret_access_key: "hush".to_owned(),
            create_date: String::new(),
        };
        let shown = format!("{:?}", Output { access_key });
        assert!(
            shown.contains("AKIATEST") && !shown.contains("hush"),
            "{shown}"
        );
    }
}
