//! `Action=UpdateAccessKey` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
//! Divergences: the status `Expired` of the model, which AWS documents nowhere, is refused.

use serde::{Deserialize, Deserializer, de};
use thingpass_domain::access_key::AccessKeyStatus;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccessKeyId, UserName};

use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::user_or_caller;

/// UpdateAccessKey.
#[derive(Debug)]
pub struct UpdateAccessKey;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: Option<UserName>,
    access_key_id: AccessKeyId,
    #[serde(deserialize_with = "status")]
    status: AccessKeyStatus,
}

impl Operation for UpdateAccessKey {
    const NAME: &'static str = "UpdateAccessKey";
    const ACTION: &'static str = "iam:UpdateAccessKey";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.user_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let Input {
            user_name,
            access_key_id,
            status,
        } = input;
        let user = user_or_caller(user_name, call.caller)?;
        let account = &call.context.home.account;
        call.context
            .store
            .update_access_key(account, &user, &access_key_id, status)
            .await
    }
}

fn status<'de, D: Deserializer<'de>>(from: D) -> Result<AccessKeyStatus, D::Error> {
    AccessKeyStatus::read(&String::deserialize(from)?).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::UpdateAccessKey;
    use crate::api::iam::access_key::create_access_key::CreateAccessKey;
    use crate::api::iam::access_key::list_access_keys::ListAccessKeys;
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
    async fn a_key_is_switched_off_and_on_and_twice_is_no_error() {
        let bench = Bench::new().await;
        let id = key(&bench, "ann").await;
        for status in ["Inactive", "Inactive", "Active"] {
            let input = json!({"UserName": "ann", "AccessKeyId": id, "Status": status});
            assert_eq!(
                bench.call::<UpdateAccessKey>(input).await.unwrap(),
                json!(null)
            );
            let listed = bench
                .call::<ListAccessKeys>(json!({"UserName": "ann"}))
                .await
                .unwrap();
            assert_eq!(listed["AccessKeyMetadata"][0]["Status"], status);
        }
    }

    #[tokio::test]
    async fn another_users_key_is_not_found() {
        let bench = Bench::new().await;
        let id = key(&bench, "ann").await;
        user(&bench, "tester").await;
        let message = format!(
            "The Access Key with id {} cannot be found.",
            id.as_str().unwrap()
        );
        let input = json!({"AccessKeyId": id, "Status": "Inactive"});
        assert_absent::<UpdateAccessKey>(&bench, input, &message).await;
    }

    #[tokio::test]
    async fn who_may_not_switches_none() {
        let bench = Bench::new().await;
        let id = key(&bench, "ann").await;
        let input = json!({"UserName": "ann", "AccessKeyId": id, "Status": "Inactive"});
        let arn = "arn:aws:iam::123456789012:user/ann";
        assert_denied::<UpdateAccessKey>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let good = json!({"AccessKeyId": "AKIATESTTESTTESTTEST", "Status": "Active"});
        let changes = [
            ("AccessKeyId", json!(null)),
            ("AccessKeyId", json!("AKIA")),
            ("Status", json!(null)),
            ("Status", json!("Expired")),
            ("Status", json!("active")),
        ];
        assert_malformed::<UpdateAccessKey>(&Bench::new().await, good, &changes).await;
    }
}
