//! Inline policies of users and roles: what the operations for both have in common.

pub mod delete_role_policy;
pub mod delete_user_policy;
pub mod get_role_policy;
pub mod get_user_policy;
pub mod list_role_policies;
pub mod list_user_policies;
pub mod put_role_policy;
pub mod put_user_policy;

use serde::Serialize;
use thingpass_domain::error::Error;
use thingpass_domain::id::PolicyName;
use thingpass_domain::managed_policy::{Entity, absent_inline, check_inline_document};

use super::document::{Document, encoded};
use super::paging::{self, Paging};
use crate::api::dispatch::{QueryRow, query};
use crate::api::operation::Call;

/// The operations of this noun.
pub(super) fn rows() -> Vec<QueryRow> {
    vec![
        query::<delete_role_policy::DeleteRolePolicy>(),
        query::<delete_user_policy::DeleteUserPolicy>(),
        query::<get_role_policy::GetRolePolicy>(),
        query::<get_user_policy::GetUserPolicy>(),
        query::<list_role_policies::ListRolePolicies>(),
        query::<list_user_policies::ListUserPolicies>(),
        query::<put_role_policy::PutRolePolicy>(),
        query::<put_user_policy::PutUserPolicy>(),
    ]
}

async fn put(
    call: Call<'_>,
    entity: Entity,
    name: &PolicyName,
    document: &Document,
) -> Result<(), Error> {
    check_inline_document(document.as_str())?;
    let account = &call.context.home.account;
    call.context
        .store
        .put_inline_policy(account, &entity, name, document.as_str())
        .await
}

/// The document as answers carry it.
async fn document(call: Call<'_>, entity: Entity, name: &PolicyName) -> Result<String, Error> {
    let account = &call.context.home.account;
    let document = call
        .context
        .store
        .inline_policy(account, &entity, name)
        .await?;
    document
        .as_deref()
        .map(encoded)
        .ok_or_else(|| absent_inline(&entity, name))
}

async fn delete(call: Call<'_>, entity: Entity, name: &PolicyName) -> Result<(), Error> {
    call.context
        .store
        .delete_inline_policy(&call.context.home.account, &entity, name)
        .await
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Names {
    policy_names: Vec<PolicyName>,
    #[serde(flatten)]
    paging: Paging,
}

async fn list(
    call: Call<'_>,
    entity: Entity,
    marker: Option<&str>,
    max_items: Option<u32>,
) -> Result<Names, Error> {
    let page = paging::requested(max_items, marker)?;
    let account = &call.context.home.account;
    let page = call
        .context
        .store
        .list_inline_policies(account, &entity, page)
        .await?;
    let paging = Paging::from(&page);
    Ok(Names {
        policy_names: page.items,
        paging,
    })
}

/// The stories that the operations of both kinds are told by.
#[cfg(test)]
mod testing {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use crate::api::iam::document::encoded;
    use crate::api::iam::testing::{
        READ, Subject, TRUST, assert_absent, assert_denied, assert_malformed, policy,
    };
    use crate::api::operation::Operation;
    use crate::api::testing::Bench;

    async fn bench_with<Put: Operation>(subject: Subject, names: &[&str]) -> Bench {
        let bench = Bench::new().await;
        subject.make(&bench).await;
        for name in names {
            let input = subject.input(json!({"PolicyName": name, "PolicyDocument": READ}));
            assert_eq!(bench.call::<Put>(input).await.unwrap(), json!(null));
        }
        bench
    }

    pub(super) async fn a_policy_stands_and_a_second_replaces_it<Put: Operation, Get: Operation>(
        subject: Subject,
    ) {
        let bench = bench_with::<Put>(subject, &["p"]).await;
        let document = READ.replacen("Allow", "Deny", 1);
        let input = subject.input(json!({"PolicyName": "p", "PolicyDocument": document}));
        bench.call::<Put>(input).await.unwrap();
        let found = bench
            .call::<Get>(subject.input(json!({"PolicyName": "p"})))
            .await
            .unwrap();
        assert_eq!(found["PolicyDocument"], encoded(&document));
    }

    pub(super) async fn all_policies_together_stay_within_the_quota<Put: Operation>(
        subject: Subject,
    ) {
        let bench = bench_with::<Put>(subject, &["p"]).await;
        let max = match subject {
            Subject::Role => 10_240,
            Subject::User => 2_048,
        };
        let sid = format!(
            r#""Sid":"{}","Effect""#,
            "x".repeat(max - 2 * READ.len() - 9)
        );
        let document = READ.replacen(r#""Effect""#, &sid, 1);
        let put =
            |document: &str| subject.input(json!({"PolicyName": "q", "PolicyDocument": document}));
        let white = document.replacen(':', " :\n\t", 5);
        bench.call::<Put>(put(&white)).await.unwrap();
        let over = document.replacen("xx", "xxx", 1);
        let refused = bench.call::<Put>(put(&over)).await;
        let Err(Error::LimitExceeded(message)) = refused else {
            panic!("{refused:?}")
        };
        assert!(message.contains(&max.to_string()), "{message}");
    }

    pub(super) async fn a_document_that_is_no_policy_is_malformed<Put: Operation>(
        subject: Subject,
    ) {
        let bench = bench_with::<Put>(subject, &[]).await;
        for document in [TRUST, "{}", "no json"] {
            let input = subject.input(json!({"PolicyName": "p", "PolicyDocument": document}));
            let refused = bench.call::<Put>(input).await;
            assert!(
                matches!(refused, Err(Error::MalformedPolicy(_))),
                "{document}: {refused:?}"
            );
        }
    }

    pub(super) async fn a_put_is_refused_where_it_must_be<Put: Operation>(subject: Subject) {
        let bench = Bench::new().await;
        let good = subject.input(json!({"PolicyName": "p", "PolicyDocument": READ}));
        assert_absent::<Put>(&bench, good.clone(), subject.absent()).await;
        subject.make(&bench).await;
        assert_denied::<Put>(&bench, good.clone(), subject.arn()).await;
        let boundary = policy(&bench, "limit").await;
        let bounded = json!({"Statement": {
            "Effect": "Allow", "Action": Put::ACTION, "Resource": "*",
            "Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary}}}})
        .to_string();
        let refused = bench.call_with_policy::<Put>(&bounded, good.clone()).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        subject.bound(&bench, &boundary).await;
        bench
            .call_with_policy::<Put>(&bounded, good.clone())
            .await
            .unwrap();
        let changes = [
            (subject.member(), json!(null)),
            ("PolicyName", json!("a/b")),
            ("PolicyDocument", json!(null)),
            ("PolicyDocument", json!("")),
            ("PolicyArn", json!("p")),
        ];
        assert_malformed::<Put>(&bench, good, &changes).await;
    }

    pub(super) async fn a_policy_is_told_encoded<Put: Operation, Get: Operation>(subject: Subject) {
        let bench = bench_with::<Put>(subject, &["p"]).await;
        let found = bench
            .call::<Get>(subject.input(json!({"PolicyName": "p"})))
            .await
            .unwrap();
        let document = encoded(READ);
        assert!(
            document.starts_with("%7B%22Version%22%3A%222012-10-17%22"),
            "{document}"
        );
        let expected = json!({"PolicyName": "p", "PolicyDocument": document});
        assert_eq!(found, subject.input(expected));
    }

    pub(super) async fn a_deleted_policy_cannot_be_deleted_again<
        Put: Operation,
        Delete: Operation,
    >(
        subject: Subject,
    ) {
        let bench = bench_with::<Put>(subject, &["p"]).await;
        let input = subject.input(json!({"PolicyName": "p"}));
        assert_eq!(
            bench.call::<Delete>(input.clone()).await.unwrap(),
            json!(null)
        );
        let refused = bench.call::<Delete>(input).await;
        assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
    }

    /// For the operations that name a policy and nothing else.
    pub(super) async fn one_policy_is_refused_where_it_must_be<O: Operation>(subject: Subject) {
        let bench = Bench::new().await;
        let good = subject.input(json!({"PolicyName": "p"}));
        assert_absent::<O>(&bench, good.clone(), subject.absent()).await;
        subject.make(&bench).await;
        let kind = subject.member().trim_end_matches("Name").to_lowercase();
        let message = format!("The {kind} policy with name p cannot be found.");
        assert_absent::<O>(&bench, good.clone(), &message).await;
        assert_denied::<O>(&bench, good.clone(), subject.arn()).await;
        let changes = [
            (subject.member(), json!(null)),
            ("PolicyName", json!(null)),
            ("PolicyName", json!("p".repeat(129))),
            ("PolicyDocument", json!(READ)),
        ];
        assert_malformed::<O>(&bench, good, &changes).await;
    }

    pub(super) async fn names_are_listed_in_order_page_by_page<Put: Operation, List: Operation>(
        subject: Subject,
    ) {
        let bench = bench_with::<Put>(subject, &["q", "p"]).await;
        let first = bench
            .call::<List>(subject.input(json!({"MaxItems": "1"})))
            .await
            .unwrap();
        assert_eq!(first["PolicyNames"], json!(["p"]));
        let rest = subject.input(json!({"Marker": first["Marker"]}));
        let rest = bench.call::<List>(rest).await.unwrap();
        assert_eq!(rest, json!({"PolicyNames": ["q"], "IsTruncated": false}));
    }

    pub(super) async fn a_list_is_refused_where_it_must_be<List: Operation>(subject: Subject) {
        let bench = Bench::new().await;
        let good = subject.input(json!({}));
        assert_absent::<List>(&bench, good.clone(), subject.absent()).await;
        subject.make(&bench).await;
        assert_denied::<List>(&bench, good.clone(), subject.arn()).await;
        let changes = [
            (subject.member(), json!(null)),
            ("MaxItems", json!("1001")),
            ("Marker", json!("%")),
            ("PolicyName", json!("p")),
        ];
        assert_malformed::<List>(&bench, good, &changes).await;
    }
}
