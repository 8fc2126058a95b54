//! `GET /certificates` — https://docs.aws.amazon.com/iot/latest/apireference/API_ListCertificates.html
//! Divergences: in ascending order where nothing is said.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::certificate::Certificate;
use thingpass_domain::error::Error;
use thingpass_domain::id::CertificateId;
use thingpass_wire::rest_json::Binding;
use thingpass_wire::timestamp::epoch_seconds;

use crate::api::dispatch::RestOperation;
use crate::api::iot::paging;
use crate::api::operation::{Call, Demands, Operation};

/// ListCertificates.
#[derive(Debug)]
pub struct ListCertificates;

impl RestOperation for ListCertificates {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/certificates";
    const BINDINGS: &'static [Binding] =
        &[paging::PAGE_SIZE, paging::MARKER, paging::ASCENDING_ORDER];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    page_size: Option<u32>,
    marker: Option<String>,
    ascending_order: Option<bool>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    certificates: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

/// `Certificate` of the IoT model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    certificate_arn: String,
    certificate_id: CertificateId,
    status: &'static str,
    certificate_mode: &'static str,
    creation_date: Number,
}

impl Operation for ListCertificates {
    const NAME: &'static str = "ListCertificates";
    const ACTION: &'static str = "iot:ListCertificates";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let page = paging::page(
            input.page_size,
            input.marker.as_deref(),
            input.ascending_order,
        )?;
        let found = call
            .context
            .store
            .list_certificates(&home.account, page)
            .await?;
        Ok(Output {
            next_marker: found.token(),
            certificates: found.items.iter().map(|row| read(row, home)).collect(),
        })
    }
}

fn read(certificate: &Certificate, home: &AccountRegion) -> Row {
    Row {
        certificate_arn: home.certificate(&certificate.id),
        certificate_id: certificate.id,
        status: certificate.status.as_str(),
        certificate_mode: certificate.mode.as_str(),
        creation_date: epoch_seconds(certificate.created_at),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::ListCertificates;
    use crate::api::iot::ca_certificate::testing::register_device;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn certificates_are_listed_by_age_page_by_page() {
        let bench = Bench::new().await;
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(register_device(&bench).await);
            bench.clock.advance_seconds(60);
        }
        for ascending in [true, false] {
            let mut marker = Value::Null;
            for wanted in &made {
                let input = json!({"pageSize": 1, "marker": marker, "ascendingOrder": ascending});
                let listed = bench.call::<ListCertificates>(input).await.unwrap();
                let row = &listed["certificates"][0];
                assert_eq!(row["certificateId"], wanted["certificateId"]);
                assert_eq!(row["certificateArn"], wanted["certificateArn"]);
                marker = listed["nextMarker"].clone();
            }
            assert_eq!(marker, Value::Null);
            made.reverse();
        }
    }

    #[tokio::test]
    async fn a_row_tells_state_mode_and_date() {
        let bench = Bench::new().await;
        let none = bench.call::<ListCertificates>(json!({})).await.unwrap();
        assert_eq!(none, json!({"certificates": []}));
        let made = register_device(&bench).await;
        let wanted = json!({"certificates": [{
            "certificateArn": made["certificateArn"],
            "certificateId": made["certificateId"],
            "status": "INACTIVE",
            "certificateMode": "SNI_ONLY",
            "creationDate": 1_767_225_600,
        }]});
        assert_eq!(
            bench.call::<ListCertificates>(json!({})).await.unwrap(),
            wanted
        );
    }

    #[tokio::test]
    async fn a_page_out_of_bounds_and_a_made_up_marker_are_refused() {
        let bench = Bench::new().await;
        for input in [
            json!({"pageSize": 0}),
            json!({"pageSize": 251}),
            json!({"pageSize": -1}),
            json!({"marker": "%"}),
            json!({"marker": "YQ=="}),
        ] {
            let refused = bench.call::<ListCertificates>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_may_not_list_learns_nothing() {
        let bench = Bench::new().await;
        let allowed =
            r#"{"Statement":{"Effect":"Allow","Action":"iot:DescribeCertificate","Resource":"*"}}"#;
        let refused = bench
            .call_with_policy::<ListCertificates>(allowed, json!({}))
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
