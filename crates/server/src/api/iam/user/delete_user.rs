//! `Action=DeleteUser` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::UserName;

use crate::api::operation::{Call, Demands, Operation};

/// DeleteUser.
#[derive(Debug)]
pub struct DeleteUser;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: UserName,
}

impl Operation for DeleteUser {
    const NAME: &'static str = "DeleteUser";
    const ACTION: &'static str = "iam:DeleteUser";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.user_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        call.context
            .store
            .delete_user(&call.context.home.account, &input.user_name)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::DeleteUser;
    use crate::api::iam::access_key::create_access_key::CreateAccessKey;
    use crate::api::iam::testing::{assert_absent, assert_denied, assert_malformed, user};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_deleted_user_is_gone_and_cannot_be_deleted_again() {
        let bench = Bench::new().await;
        user(&bench, "ann").await;
        let input = json!({"UserName": "ann"});
        assert_eq!(
            bench.call::<DeleteUser>(input.clone()).await.unwrap(),
            json!(null)
        );
        let message = "The user with name ann cannot be found.";
        assert_absent::<DeleteUser>(&bench, input, message).await;
    }

    #[tokio::test]
    async fn a_user_with_an_access_key_stays() {
        let bench = Bench::new().await;
        user(&bench, "ann").await;
        let input = json!({"UserName": "ann"});
        bench.call::<CreateAccessKey>(input.clone()).await.unwrap();
        let refused = bench.call::<DeleteUser>(input).await;
        let Err(Error::DeleteConflict(message)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(
            message,
            "Cannot delete entity, must delete access keys first."
        );
    }

    #[tokio::test]
    async fn who_may_not_deletes_nobody() {
        let bench = Bench::new().await;
        let input = json!({"UserName": "ann"});
        assert_denied::<DeleteUser>(&bench, input, "arn:aws:iam::123456789012:user/ann").await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [("UserName", json!(null)), ("UserName", json!("a/b"))];
        let good = json!({"UserName": "ann"});
        assert_malformed::<DeleteUser>(&Bench::new().await, good, &changes).await;
    }
}
