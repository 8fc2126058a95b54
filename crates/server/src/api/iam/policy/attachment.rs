//! Managed policies attached to users and roles: what the operations for both have in common.

use serde::Serialize;
use thingpass_domain::arn::PolicyArn;
use thingpass_domain::error::Error;
use thingpass_domain::id::{Path, PolicyName};
use thingpass_domain::managed_policy::Entity;

use crate::api::iam::paging::{self, Paging};
use crate::api::operation::{Call, Demands};
use crate::api::resolve::{Principal, PrincipalDemand};

/// What attaching and detaching demand: the policy is a matter of the context.
pub(super) fn demands(
    action: &'static str,
    principal: impl Into<Principal>,
    arn: &PolicyArn,
) -> Demands {
    PrincipalDemand::new(action, principal)
        .with("iam:PolicyARN", arn.to_string())
        .with_standing_boundary()
        .into()
}

pub(super) async fn attach(call: Call<'_>, entity: Entity, arn: &PolicyArn) -> Result<(), Error> {
    let account = &call.context.home.account;
    call.context
        .store
        .attach_managed_policy(account, &entity, arn)
        .await
}

pub(super) async fn detach(call: Call<'_>, entity: Entity, arn: &PolicyArn) -> Result<(), Error> {
    let account = &call.context.home.account;
    call.context
        .store
        .detach_managed_policy(account, &entity, arn)
        .await
}

/// Which attached policies are asked for.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) path_prefix: Option<Path>,
    pub(super) marker: Option<String>,
    pub(super) max_items: Option<u32>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attached {
    attached_policies: Vec<AttachedPolicy>,
    #[serde(flatten)]
    paging: Paging,
}

/// `AttachedPolicy` of IAM's model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttachedPolicy {
    policy_name: PolicyName,
    policy_arn: String,
}

pub(super) async fn list(
    call: Call<'_>,
    entity: Entity,
    listing: Listing,
) -> Result<Attached, Error> {
    let Listing {
        path_prefix,
        marker,
        max_items,
    } = listing;
    let page = paging::requested(max_items, marker.as_deref())?;
    let account = &call.context.home.account;
    let page = call
        .context
        .store
        .list_attached_managed_policies(account, &entity, page)
        .await?;
    let paging = Paging::from(&page);
    let prefix = path_prefix.unwrap_or_default();
    let wanted = page
        .items
        .into_iter()
        .filter(|arn| arn.path.as_str().starts_with(prefix.as_str()));
    let attached_policies = wanted
        .map(|arn| AttachedPolicy {
            policy_arn: arn.to_string(),
            policy_name: arn.name,
        })
        .collect();
    Ok(Attached {
        attached_policies,
        paging,
    })
}

/// The stories that the operations of both kinds are told by.
#[cfg(test)]
pub(super) mod testing {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use crate::api::iam::policy::create_policy::CreatePolicy;
    use crate::api::iam::testing::{
        READ, Subject, assert_absent, assert_denied, assert_malformed, policy,
    };
    use crate::api::operation::Operation;
    use crate::api::testing::Bench;

    const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

    async fn listed<List: Operation>(bench: &Bench, subject: Subject) -> Value {
        let mut listed = bench.call::<List>(subject.input(json!({}))).await.unwrap();
        listed["AttachedPolicies"].take()
    }

    pub(crate) async fn attaching_twice_attaches_once<Attach: Operation, List: Operation>(
        subject: Subject,
    ) {
        let bench = Bench::new().await;
        subject.make(&bench).await;
        let arn = policy(&bench, "p").await;
        for policy in [&*arn, &*arn, ADMINISTRATOR] {
            let input = subject.input(json!({"PolicyArn": policy}));
            assert_eq!(bench.call::<Attach>(input).await.unwrap(), json!(null));
        }
        let expected = json!([
            {"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR},
            {"PolicyName": "p", "PolicyArn": arn},
        ]);
        assert_eq!(listed::<List>(&bench, subject).await, expected);
    }

    pub(crate) async fn the_eleventh_policy_is_one_too_many<Attach: Operation>(subject: Subject) {
        let bench = Bench::new().await;
        subject.make(&bench).await;
        let mut last = Ok(json!(null));
        for number in 0..11 {
            assert_eq!(last.unwrap(), json!(null));
            let arn = policy(&bench, &format!("p{number}")).await;
            last = bench
                .call::<Attach>(subject.input(json!({"PolicyArn": arn})))
                .await;
        }
        let Err(Error::LimitExceeded(message)) = last else {
            panic!("{last:?}")
        };
        assert!(
            message.starts_with("Cannot exceed quota for PoliciesPer"),
            "{message}"
        );
    }

    pub(crate) async fn the_policy_is_a_condition<O: Operation>(subject: Subject) {
        let bench = Bench::new().await;
        subject.make(&bench).await;
        let only = json!({"Statement": {
            "Effect": "Allow", "Action": O::ACTION, "Resource": subject.arn(),
            "Condition": {"ArnEquals": {"iam:PolicyARN": policy(&bench, "p").await}}}})
        .to_string();
        let input = subject.input(json!({"PolicyArn": ADMINISTRATOR}));
        let refused = bench.call_with_policy::<O>(&only, input.clone()).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        assert_denied::<O>(&bench, input, subject.arn()).await;
    }

    pub(crate) async fn an_unbounded_one_is_not_for_who_may_change_bounded_ones<O: Operation>(
        subject: Subject,
    ) {
        let bench = Bench::new().await;
        subject.make(&bench).await;
        let arn = policy(&bench, "p").await;
        let bounded = json!({"Statement": {
            "Effect": "Allow", "Action": O::ACTION, "Resource": "*",
            "Condition": {"StringEquals": {"iam:PermissionsBoundary": arn}}}})
        .to_string();
        let input = subject.input(json!({"PolicyArn": arn}));
        let refused = bench.call_with_policy::<O>(&bounded, input.clone()).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        subject.bound(&bench, &arn).await;
        let allowed = bench.call_with_policy::<O>(&bounded, input).await;
        assert!(!matches!(allowed, Err(Error::Denied(_))), "{allowed:?}");
    }

    pub(crate) async fn what_is_absent_is_not_found<O: Operation>(subject: Subject) {
        let bench = Bench::new().await;
        let input = subject.input(json!({"PolicyArn": ADMINISTRATOR}));
        assert_absent::<O>(&bench, input, subject.absent()).await;
    }

    pub(crate) async fn an_absent_policy_is_not_attachable<Attach: Operation>(subject: Subject) {
        let bench = Bench::new().await;
        subject.make(&bench).await;
        for arn in [
            "arn:aws:iam::123456789012:policy/none",
            "arn:aws:iam::210987654321:policy/p",
        ] {
            let input = subject.input(json!({"PolicyArn": arn}));
            let message = format!("Policy {arn} does not exist or is not attachable.");
            assert_absent::<Attach>(&bench, input, &message).await;
        }
    }

    pub(crate) async fn a_detached_policy_cannot_be_detached_again<
        Attach: Operation,
        Detach: Operation,
        List: Operation,
    >(
        subject: Subject,
    ) {
        let bench = Bench::new().await;
        subject.make(&bench).await;
        let arn = policy(&bench, "p").await;
        let input = subject.input(json!({"PolicyArn": arn}));
        bench.call::<Attach>(input.clone()).await.unwrap();
        assert_eq!(
            bench.call::<Detach>(input.clone()).await.unwrap(),
            json!(null)
        );
        assert_eq!(listed::<List>(&bench, subject).await, json!([]));
        let message = format!("Policy {arn} was not found.");
        assert_absent::<Detach>(&bench, input, &message).await;
    }

    pub(crate) async fn malformed_requests_are_refused<O: Operation>(subject: Subject) {
        let good = subject.input(json!({"PolicyArn": ADMINISTRATOR}));
        let changes = [
            (subject.member(), json!(null)),
            (subject.member(), json!("a b")),
            ("PolicyArn", json!(null)),
            ("PolicyArn", json!("arn:aws:iam::123456789012:role/p")),
            ("PolicyName", json!("p")),
        ];
        assert_malformed::<O>(&Bench::new().await, good, &changes).await;
    }

    pub(crate) async fn pages_and_prefixes_narrow_the_list<Attach: Operation, List: Operation>(
        subject: Subject,
    ) {
        let bench = Bench::new().await;
        subject.make(&bench).await;
        let input = json!({"PolicyName": "q", "Path": "/x/", "PolicyDocument": READ});
        let made = bench.call::<CreatePolicy>(input).await.unwrap();
        for arn in [
            json!(policy(&bench, "p").await),
            made["Policy"]["Arn"].clone(),
        ] {
            bench
                .call::<Attach>(subject.input(json!({"PolicyArn": arn})))
                .await
                .unwrap();
        }
        let first = bench
            .call::<List>(subject.input(json!({"MaxItems": "1"})))
            .await
            .unwrap();
        assert_eq!(first["AttachedPolicies"][0]["PolicyName"], "p");
        assert_eq!(first["IsTruncated"], true);
        for rest in [
            json!({"Marker": first["Marker"]}),
            json!({"PathPrefix": "/x/"}),
        ] {
            let rest = bench.call::<List>(subject.input(rest)).await.unwrap();
            assert_eq!(rest["AttachedPolicies"][0]["PolicyName"], "q");
            assert_eq!(rest["AttachedPolicies"].as_array().unwrap().len(), 1);
            assert_eq!(rest["IsTruncated"], false);
        }
    }

    pub(crate) async fn a_list_is_refused_where_it_must_be<List: Operation>(subject: Subject) {
        let bench = Bench::new().await;
        assert_absent::<List>(&bench, subject.input(json!({})), subject.absent()).await;
        subject.make(&bench).await;
        assert_denied::<List>(&bench, subject.input(json!({})), subject.arn()).await;
        let changes = [
            (subject.member(), json!(null)),
            ("MaxItems", json!("0")),
            ("Marker", json!("%")),
            ("PathPrefix", json!("/x")),
        ];
        assert_malformed::<List>(&bench, subject.input(json!({})), &changes).await;
    }
}
