//! What happens to credentials that are out.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_thermostat_gets_credentials_for_an_hour() {
    let home = Home::new().await;
    let (status, body) = home.ask().await;
    assert_eq!(status, 200);
    let credentials = &body["credentials"];
    assert_eq!(body.as_object().unwrap().len(), 1);
    assert_eq!(credentials.as_object().unwrap().len(), 4);
    assert_eq!(credentials["expiration"], "2026-01-01T01:00:00Z");
    assert!(
        credentials["accessKeyId"]
            .as_str()
            .unwrap()
            .starts_with("ASIA")
    );
    let identified = home.identify(&body).unwrap();
    assert!(identified.ended.is_none());
    assert_eq!(
        identified.caller.arn,
        format!(
            "arn:aws:sts::123456789012:assumed-role/dynamodb-access-role/{}",
            home.certificate_id
        )
    );
    let event = home.audit.0.lock().unwrap().last().unwrap().clone();
    assert_eq!(event["decision"], "allow");
    assert_eq!(event["thing"], "MyHomeThermostat");
    assert_eq!(event["role"], ROLE);
    let secret = credentials["secretAccessKey"].as_str().unwrap();
    assert!(!event.to_string().contains(secret));
}

#[tokio::test]
async fn credentials_that_are_out_end_with_what_they_stand_on() {
    let home = Home::new().await;
    let (_, credentials) = home.ask().await;
    let ended = |credentials: &Value| {
        home.identify(credentials)
            .map(|identified| identified.ended.map(|ended| ended.expired))
    };
    assert_eq!(ended(&credentials), Some(None));
    home.status("REVOKED").await;
    assert_eq!(ended(&credentials), Some(Some(false)));
    home.status("ACTIVE").await;
    assert_eq!(ended(&credentials), Some(None));

    let principal = json!({"thingName": "MyHomeThermostat", "principal": home.certificate_arn});
    home.bench
        .call::<DetachThingPrincipal>(principal.clone())
        .await
        .unwrap();
    assert_eq!(ended(&credentials), Some(Some(false)));
    home.bench
        .call::<AttachThingPrincipal>(principal)
        .await
        .unwrap();
    assert_eq!(ended(&credentials), Some(None));

    let elsewhere = ROLE.replace("dynamodb-access-role", "another");
    let alias = json!({"roleAlias": ALIAS, "roleArn": elsewhere});
    home.bench.call::<UpdateRoleAlias>(alias).await.unwrap();
    assert_eq!(ended(&credentials), Some(Some(true)), "fetching anew helps");
    let alias = json!({"roleAlias": ALIAS});
    home.bench.call::<DeleteRoleAlias>(alias).await.unwrap();
    assert_eq!(ended(&credentials), Some(Some(false)));
    let alias = json!({"roleAlias": ALIAS, "roleArn": ROLE});
    home.bench.call::<CreateRoleAlias>(alias).await.unwrap();
    assert_eq!(ended(&credentials), Some(None));

    home.bench.clock.advance_seconds(3_600);
    assert_eq!(ended(&credentials), Some(Some(true)));
    home.bench.clock.advance_seconds(-3_600);

    let role = json!({"RoleName": "dynamodb-access-role"});
    home.bench.call::<DeleteRole>(role).await.unwrap();
    assert_eq!(ended(&credentials), None);
    let role = json!({"RoleName": "dynamodb-access-role", "AssumeRolePolicyDocument": TRUST});
    home.bench.call::<CreateRole>(role).await.unwrap();
    assert_eq!(ended(&credentials), None, "a role made again is another");
}

#[tokio::test]
async fn credentials_of_a_deleted_certificate_end() {
    let home = Home::new().await;
    let (_, credentials) = home.ask().await;
    let principal = json!({"thingName": "MyHomeThermostat", "principal": home.certificate_arn});
    home.bench
        .call::<DetachThingPrincipal>(principal)
        .await
        .unwrap();
    home.status("INACTIVE").await;
    let id = home.certificate_id.to_string();
    let delete = json!({"certificateId": id, "forceDelete": true});
    home.bench.call::<DeleteCertificate>(delete).await.unwrap();
    let identified = home.identify(&credentials).unwrap();
    let ended = identified.ended.unwrap();
    assert!(ended.reason.text.contains("deleted"), "{ended:?}");
}

#[tokio::test]
async fn a_session_that_a_device_assumed_ends_with_the_devices_certificate() {
    let home = Home::new().await;
    let anyone = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"AWS":"arn:aws:iam::123456789012:role/dynamodb-access-role"}}}"#;
    let role = json!({"RoleName": "second", "AssumeRolePolicyDocument": anyone});
    home.bench.call::<CreateRole>(role).await.unwrap();
    let (_, credentials) = home.ask().await;
    let device = home.identify(&credentials).unwrap().caller;
    let request = json!({"RoleArn": "arn:aws:iam::123456789012:role/second",
                         "RoleSessionName": "next"});
    let assumed = home
        .bench
        .call_as::<AssumeRole>(&device, request)
        .await
        .unwrap();
    let assumed = json!({"credentials": {
        "accessKeyId": assumed["Credentials"]["AccessKeyId"],
        "sessionToken": assumed["Credentials"]["SessionToken"]}});
    assert!(home.identify(&assumed).unwrap().ended.is_none());
    home.status("REVOKED").await;
    let ended = home.identify(&assumed).unwrap().ended.unwrap();
    assert!(ended.reason.text.contains("REVOKED"), "{ended:?}");
}
