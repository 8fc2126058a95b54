//! The endpoint against a real registry: each row of AWS's table, and what happens to credentials
//! that are out when the registry changes.

mod policies;
mod sessions;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::Request;
use serde_json::{Value, json};
use thingpass_domain::audit::Record;
use thingpass_domain::caller::{CallerDirectory, Identified};
use thingpass_domain::error::Error;
use thingpass_domain::id::CertificateId;
use thingpass_pki::DnAttribute;
use thingpass_pki::issue::KeyKind;
use time::Duration;

use super::*;
use crate::api::iam::role::create_role::CreateRole;
use crate::api::iam::role::delete_role::DeleteRole;
use crate::api::iam::role::update_assume_role_policy::UpdateAssumeRolePolicy;
use crate::api::iam::role::update_role::UpdateRole;
use crate::api::iot::certificate::delete_certificate::DeleteCertificate;
use crate::api::iot::certificate::register_certificate_without_ca::RegisterCertificateWithoutCA;
use crate::api::iot::certificate::update_certificate::UpdateCertificate;
use crate::api::iot::policy::attach_policy::AttachPolicy;
use crate::api::iot::policy::create_policy::CreatePolicy;
use crate::api::iot::policy::detach_policy::DetachPolicy;
use crate::api::iot::role_alias::create_role_alias::CreateRoleAlias;
use crate::api::iot::role_alias::delete_role_alias::DeleteRoleAlias;
use crate::api::iot::role_alias::update_role_alias::UpdateRoleAlias;
use crate::api::iot::thing::attach_thing_principal::AttachThingPrincipal;
use crate::api::iot::thing::create_thing::CreateThing;
use crate::api::iot::thing::detach_thing_principal::DetachThingPrincipal;
use crate::api::iot::thing::update_thing::UpdateThing;
use crate::api::iot::thing_type::create_thing_type::CreateThingType;
use crate::api::sts::assume_role::AssumeRole;
use crate::api::testing::Bench;

const ALIAS: &str = "Thermostat-dynamodb-access-role-alias";
const ROLE: &str = "arn:aws:iam::123456789012:role/dynamodb-access-role";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Action":"iot:AssumeRoleWithCertificate",
    "Resource":"arn:aws:iot:us-east-1:123456789012:rolealias/${iot:Connection.Thing.ThingTypeName}-dynamodb-access-role-alias",
    "Condition":{"StringEquals":{"iot:Connection.Thing.Attributes[Owner]":"Alice",
      "iot:Connection.Thing.ThingTypeName":"Thermostat"},
      "Bool":{"iot:Connection.Thing.IsAttached":"true"}}}}"#;

#[derive(Default)]
struct Collected(Mutex<Vec<Value>>);

struct Done;

impl Record for Done {
    fn settle(&self) -> Result<(), Error> {
        Ok(())
    }
}

#[async_trait]
impl AuditLog for Collected {
    fn take(&self, event: &AuditEvent<'_>) -> Result<Box<dyn Record>, Error> {
        let event = serde_json::to_value(event).unwrap();
        self.0.lock().unwrap().push(event);
        Ok(Box::new(Done))
    }

    async fn record(&self, event: &AuditEvent<'_>) -> Result<(), Error> {
        self.take(event)?.settle()
    }
}

struct BrokenLog;

#[async_trait]
impl AuditLog for BrokenLog {
    fn take(&self, _: &AuditEvent<'_>) -> Result<Box<dyn Record>, Error> {
        Err(Error::unavailable("the disk is full"))
    }

    async fn record(&self, _: &AuditEvent<'_>) -> Result<(), Error> {
        Err(Error::unavailable("the disk is full"))
    }
}

/// The registry of the blog: a thermostat of Alice's with a certificate.
struct Home {
    bench: Bench,
    audit: Arc<Collected>,
    endpoint: CredentialsEndpoint,
    certificate_id: CertificateId,
    certificate_arn: String,
}

impl Home {
    async fn new() -> Self {
        let bench = Bench::new().await;
        let now = bench.clock.now();
        let certificate = bench
            .context
            .device_authority
            .issue_device(
                &[(DnAttribute::CommonName, "thermostat")],
                KeyKind::P256,
                now - Duration::days(1),
                now + Duration::days(30),
                [3; 16],
            )
            .unwrap()
            .certificate;
        let certificate_id = CertificateId::from_fingerprint(certificate.fingerprint());
        let certificate_arn = bench.context.home.certificate(&certificate_id);
        bench
            .call::<CreateThingType>(json!({"thingTypeName": "Thermostat"}))
            .await
            .unwrap();
        let thing = json!({"thingName": "MyHomeThermostat", "thingTypeName": "Thermostat",
                           "attributePayload": {"attributes": {"Owner": "Alice"}}});
        bench.call::<CreateThing>(thing).await.unwrap();
        let pem = certificate.to_pem();
        let registered = json!({"certificatePem": pem, "status": "ACTIVE"});
        bench
            .call::<RegisterCertificateWithoutCA>(registered)
            .await
            .unwrap();
        let principal = json!({"thingName": "MyHomeThermostat", "principal": certificate_arn});
        bench.call::<AttachThingPrincipal>(principal).await.unwrap();
        let role = json!({"RoleName": "dynamodb-access-role", "AssumeRolePolicyDocument": TRUST});
        bench.call::<CreateRole>(role).await.unwrap();
        let alias = json!({"roleAlias": ALIAS, "roleArn": ROLE});
        bench.call::<CreateRoleAlias>(alias).await.unwrap();
        let policy = json!({"policyName": "Alice", "policyDocument": POLICY});
        bench.call::<CreatePolicy>(policy).await.unwrap();
        let target = json!({"policyName": "Alice", "target": certificate_arn});
        bench.call::<AttachPolicy>(target).await.unwrap();
        let audit = Arc::new(Collected::default());
        let endpoint = endpoint(&bench, Arc::clone(&audit) as Arc<dyn AuditLog>);
        Self {
            bench,
            audit,
            endpoint,
            certificate_id,
            certificate_arn,
        }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
        self.get_as(Some(self.certificate_id), path, headers).await
    }

    async fn get_as(
        &self,
        certificate_id: Option<CertificateId>,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (u16, Value) {
        let address = "127.0.0.1:1".parse().unwrap();
        let peer = Peer {
            certificate_id,
            server_name: None,
            address,
        };
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let response = self.endpoint.answer(&peer, &head).await;
        let status = response.status().as_u16();
        assert_eq!(
            status != 200,
            response.headers().contains_key("x-amzn-errortype")
        );
        assert!(response.headers().contains_key("x-amzn-requestid"));
        let body = response.into_body().bytes().clone();
        assert!(body.len() <= 2048);
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// Asks as the thermostat does.
    async fn ask(&self) -> (u16, Value) {
        self.get(
            &path(ALIAS),
            &[("x-amzn-iot-thingname", "MyHomeThermostat")],
        )
        .await
    }

    async fn refused(&self, status: u16, message: &str) -> String {
        let (got, body) = self.ask().await;
        assert_eq!((got, body), (status, json!({ "message": message })));
        self.reason()
    }

    /// The reason of the last decision, findings included.
    fn reason(&self) -> String {
        self.audit.0.lock().unwrap().last().unwrap()["reason"].to_string()
    }

    fn identify(&self, credentials: &Value) -> Option<Identified> {
        let context = &self.bench.context;
        let callers = CallerDirectory::new(
            Arc::clone(&context.directory),
            Arc::clone(&context.key_ring),
            Arc::clone(&context.root_key),
            Arc::clone(&context.clock),
        );
        let member = |name: &str| credentials["credentials"][name].as_str().unwrap();
        let recognised = callers.recognise(member("accessKeyId"), Some(member("sessionToken")));
        callers.identify(recognised.ok()?).ok()
    }

    async fn status(&self, status: &str) {
        let id = self.certificate_id.to_string();
        let update = json!({"certificateId": id, "newStatus": status});
        self.bench.call::<UpdateCertificate>(update).await.unwrap();
    }
}

fn endpoint(bench: &Bench, audit: Arc<dyn AuditLog>) -> CredentialsEndpoint {
    let context = &bench.context;
    CredentialsEndpoint {
        home: context.home.clone(),
        names: DeviceNames::Any,
        provider: CredentialsProvider::new(
            Arc::clone(&context.directory),
            Arc::clone(&context.key_ring),
            Arc::clone(&context.entropy),
        ),
        audit,
        clock: Arc::clone(&context.clock),
        entropy: Arc::clone(&context.entropy),
    }
}

fn path(alias: &str) -> String {
    format!("/role-aliases/{alias}/credentials")
}

const INVALID: &str = "Certificate is invalid on this endpoint";

#[tokio::test]
async fn a_certificate_that_is_absent_unknown_or_not_active_is_invalid() {
    let home = Home::new().await;
    let stranger = CertificateId::from_fingerprint([9; 32]);
    for certificate in [None, Some(stranger)] {
        let (status, body) = home.get_as(certificate, &path(ALIAS), &[]).await;
        assert_eq!((status, body), (403, json!({ "message": INVALID })));
    }
    for state in ["INACTIVE", "REVOKED"] {
        home.status(state).await;
        assert!(home.refused(403, INVALID).await.contains(state));
    }
    home.status("ACTIVE").await;
    assert_eq!(home.ask().await.0, 200);
}

#[tokio::test]
async fn a_certificate_outside_its_dates_is_invalid() {
    let home = Home::new().await;
    home.bench.clock.advance_seconds(31 * 86_400);
    assert!(home.refused(403, INVALID).await.contains("ended on"));
    home.bench.clock.advance_seconds(-33 * 86_400);
    assert!(
        home.refused(403, INVALID)
            .await
            .contains("not valid before")
    );
}

#[tokio::test]
async fn a_thing_that_is_not_the_certificates_is_an_invalid_name() {
    let home = Home::new().await;
    let other = json!({"thingName": "Other"});
    home.bench.call::<CreateThing>(other).await.unwrap();
    for name in ["Other", "Nobody", "a*b", ""] {
        let (status, body) = home
            .get(&path(ALIAS), &[("x-amzn-iot-thingname", name)])
            .await;
        assert_eq!(
            (status, body),
            (403, json!({"message": "Invalid thing name passed"})),
            "{name}"
        );
    }
    let twice = [("x-amzn-iot-thingname", "MyHomeThermostat"); 2];
    assert_eq!(home.get(&path(ALIAS), &twice).await.0, 403);
}

#[tokio::test]
async fn without_a_thing_name_thing_variables_have_no_values_and_the_reason_says_so() {
    let home = Home::new().await;
    let (status, body) = home.get(&path(ALIAS), &[]).await;
    assert_eq!((status, body), (403, json!({"message": "Access Denied"})));
    assert!(
        home.reason().contains("x-amzn-iot-thingname"),
        "{}",
        home.reason()
    );
}

#[tokio::test]
async fn the_duration_header_shortens_and_never_lengthens() {
    let home = Home::new().await;
    for (seconds, expected) in [
        ("900", Some("2026-01-01T00:15:00Z")),
        ("43200", Some("2026-01-01T01:00:00Z")),
        ("899", None),
        ("soon", None),
        ("-1", None),
        ("+900", None),
        ("0900", None),
    ] {
        let headers = [
            ("x-amzn-iot-thingname", "MyHomeThermostat"),
            ("x-amzn-iot-credential-duration-seconds", seconds),
        ];
        let (status, body) = home.get(&path(ALIAS), &headers).await;
        assert_eq!(
            status,
            if expected.is_some() { 200 } else { 400 },
            "{seconds}"
        );
        assert_eq!(
            body["credentials"]["expiration"].as_str(),
            expected,
            "{seconds}"
        );
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_not_the_endpoint() {
    let home = Home::new().await;
    for path in [
        "/",
        "/role-aliases/a/b/credentials",
        "/role-aliases/a%2Fb/credentials",
        "/role-aliases//credentials",
        "/role-aliases/a",
    ] {
        assert_eq!(
            home.get(path, &[]).await,
            (404, json!({"message": "Not Found"})),
            "{path}"
        );
    }
    let (head, ()) = Request::post(path(ALIAS)).body(()).unwrap().into_parts();
    let address = "127.0.0.1:1".parse().unwrap();
    let peer = Peer {
        certificate_id: Some(home.certificate_id),
        server_name: None,
        address,
    };
    assert_eq!(
        home.endpoint.answer(&peer, &head).await.status().as_u16(),
        405
    );
}

#[tokio::test]
async fn with_a_domain_the_server_name_must_be_the_endpoints() {
    let mut home = Home::new().await;
    home.endpoint.names = DeviceNames::Only("abc123.credentials.iot.us-east-1.example.com".into());
    assert!(home.refused(403, INVALID).await.contains("no server name"));
}

#[tokio::test]
async fn a_decision_that_cannot_be_written_down_gives_no_credentials() {
    let home = Home::new().await;
    let endpoint = endpoint(&home.bench, Arc::new(BrokenLog));
    let request = Request::get(path(ALIAS)).header("x-amzn-iot-thingname", "MyHomeThermostat");
    let (head, ()) = request.body(()).unwrap().into_parts();
    let address = "127.0.0.1:1".parse().unwrap();
    let peer = Peer {
        certificate_id: Some(home.certificate_id),
        server_name: None,
        address,
    };
    assert_eq!(endpoint.answer(&peer, &head).await.status().as_u16(), 503);
}
