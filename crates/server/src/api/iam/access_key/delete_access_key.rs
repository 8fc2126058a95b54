//! `Action=DeleteAccessKey` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccessKeyId, UserName};

use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::user_or_caller;

/// DeleteAccessKey.
#[derive(Debug)]
pub struct DeleteAccessKey;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: Option<UserName>,
    access_key_id: AccessKeyId,
}

impl Operation for DeleteAccessKey {
    const NAME: &'static str = "DeleteAccessKey";
    const ACTION: &'static str = "iam:DeleteAccessKey";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.user_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let user = user_or_caller(input.user_name, call.caller)?;
        let account = &call.context.home.account;
        call.context
            .store
            .delete_access_key(account, &user, &input.access_key_id)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::DeleteAccessKey;
    use crate::api::iam::access_key::create_access_key::CreateAccessKey;
    use crate::api::iam::testing::{assert_absent, assert_denied, assert_malformed, user};
    use crate::api::testing::Bench;

    async fn key(bench: &Bench, name: &str) -> Value {
        user(bench, name).await;
        let made = bench
            .call::<CreateAccessKey>(json!({"UserName": name}))
            .await
            .unwrap();
        made["AccessKey"]["AccessKeyId"].clone()
    }

    #[tokio::test]
    async fn a_deleted_key_is_known_no_more() {
        let bench = Bench::new().await;
        let id = key(&bench, "ann").await;
        let read = || {
            bench
                .context
                .directory
                .access_key(&id.as_str().unwrap().parse().unwrap())
        };
        assert!(read().unwrap().is_some());
        let input = json!({"UserName": "ann", "AccessKeyId": id});
        bench.call::<DeleteAccessKey>(input.clone()).await.unwrap();
        assert!(read().unwrap().is_none());
        let message = format!(
            "The Access Key with id {} cannot be found.",
            id.as_str().unwrap()
        );
        assert_absent::<DeleteAccessKey>(&bench, input, &message).await;
    }

    #[tokio::test]
    async fn another_users_key_is_not_found_and_who_may_not_deletes_none() {
        let bench = Bench::new().await;
        let id = key(&bench, "ann").await;
        user(&bench, "tester").await;
        let message = format!(
            "The Access Key with id {} cannot be found.",
            id.as_str().unwrap()
        );
        let input = json!({"AccessKeyId": id});
        assert_absent::<DeleteAccessKey>(&bench, input, &message).await;
        let input = json!({"UserName": "ann", "AccessKeyId": id});
        let arn = "arn:aws:iam::123456789012:user/ann";
        assert_denied::<DeleteAccessKey>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let good = json!({"AccessKeyId": "AKIATESTTESTTESTTEST"});
        let changes = [
            ("AccessKeyId", json!(null)),
            ("AccessKeyId", json!("AKIA TESTTESTTEST")),
        ];
        assert_malformed::<DeleteAccessKey>(&Bench::new().await, good, &changes).await;
    }
}
