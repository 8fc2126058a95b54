//! What IoT policies and trust policies decide.

use serde_json::json;

use super::*;

#[tokio::test]
async fn the_policy_is_asked_before_the_alias_is_looked_for() {
    let home = Home::new().await;
    let named = [("x-amzn-iot-thingname", "MyHomeThermostat")];
    let (status, body) = home.get(&path("not-there"), &named).await;
    assert_eq!((status, body), (403, json!({"message": "Access Denied"})));
    let alias = json!({"roleAlias": ALIAS});
    home.bench.call::<DeleteRoleAlias>(alias).await.unwrap();
    home.refused(404, "Role alias does not exist").await;
}

#[tokio::test]
async fn another_owner_is_denied_and_the_reason_names_both() {
    let home = Home::new().await;
    let bob = json!({"thingName": "MyHomeThermostat",
                     "attributePayload": {"attributes": {"Owner": "Bob"}}});
    home.bench.call::<UpdateThing>(bob).await.unwrap();
    let reason = home.refused(403, "Access Denied").await;
    assert!(
        reason.contains("Alice") && reason.contains("Bob"),
        "{reason}"
    );
    let target = json!({"policyName": "Alice", "target": home.certificate_arn});
    home.bench.call::<DetachPolicy>(target).await.unwrap();
    assert!(
        home.refused(403, "Access Denied")
            .await
            .contains("no policy")
    );
}

#[tokio::test]
async fn a_role_that_does_not_trust_the_provider_or_is_gone_is_not_assumed() {
    const UNABLE: &str = "Unable to assume the role, or the role to assume does not exist";
    let home = Home::new().await;
    let other = TRUST.replace("credentials.iot", "ec2");
    let trust = json!({"RoleName": "dynamodb-access-role", "PolicyDocument": other});
    home.bench
        .call::<UpdateAssumeRolePolicy>(trust)
        .await
        .unwrap();
    home.refused(400, UNABLE).await;
    let role = json!({"RoleName": "dynamodb-access-role"});
    home.bench.call::<DeleteRole>(role).await.unwrap();
    assert!(home.refused(400, UNABLE).await.contains("does not exist"));
}

#[tokio::test]
async fn a_trust_policy_can_be_narrowed_to_the_alias() {
    let home = Home::new().await;
    for (arn, status) in [(ALIAS, 200), ("another-alias", 400)] {
        let narrowed = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"sts:AssumeRole",
               "Principal":{{"Service":"credentials.iot.amazonaws.com"}},"Condition":{{
               "StringEquals":{{"aws:SourceAccount":"123456789012"}},"ArnEquals":{{"aws:SourceArn":
               "arn:aws:iot:us-east-1:123456789012:rolealias/{arn}"}}}}}}}}"#
        );
        let trust = json!({"RoleName": "dynamodb-access-role", "PolicyDocument": narrowed});
        home.bench
            .call::<UpdateAssumeRolePolicy>(trust)
            .await
            .unwrap();
        assert_eq!(home.ask().await.0, status, "{arn}");
    }
}

#[tokio::test]
async fn the_seeds_twelve_hours_need_a_role_that_allows_them() {
    let home = Home::new().await;
    let alias = json!({"roleAlias": ALIAS, "credentialDurationSeconds": 43_200});
    home.bench.call::<UpdateRoleAlias>(alias).await.unwrap();
    let reason = home
        .refused(
            400,
            "The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for the role",
        )
        .await;
    assert!(reason.contains("aws iam update-role"), "{reason}");
    let role = json!({"RoleName": "dynamodb-access-role", "MaxSessionDuration": "43200"});
    home.bench.call::<UpdateRole>(role).await.unwrap();
    assert_eq!(
        home.ask().await.1["credentials"]["expiration"],
        "2026-01-01T12:00:00Z"
    );
}

#[tokio::test]
async fn an_alias_that_spells_a_role_in_other_letters_does_not_stand_for_it() {
    let home = Home::new().await;
    let shouted = ROLE.replace("dynamodb-access-role", "DYNAMODB-ACCESS-ROLE");
    let alias = json!({"roleAlias": ALIAS, "roleArn": shouted});
    home.bench.call::<UpdateRoleAlias>(alias).await.unwrap();
    let reason = home
        .refused(
            400,
            "Unable to assume the role, or the role to assume does not exist",
        )
        .await;
    assert!(reason.contains("does not exist"), "{reason}");
}

#[tokio::test]
async fn a_trust_policy_can_deny_by_address_and_time() {
    let home = Home::new().await;
    for condition in [
        r#"{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}"#,
        r#"{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}"#,
    ] {
        let denying = format!(
            r#"{{"Version":"2012-10-17","Statement":[
               {{"Effect":"Allow","Principal":{{"Service":"credentials.iot.amazonaws.com"}},
                 "Action":"sts:AssumeRole"}},
               {{"Effect":"Deny","Principal":{{"Service":"credentials.iot.amazonaws.com"}},
                 "Action":"sts:AssumeRole","Condition":{condition}}}]}}"#
        );
        let trust = json!({"RoleName": "dynamodb-access-role", "PolicyDocument": denying});
        home.bench
            .call::<UpdateAssumeRolePolicy>(trust)
            .await
            .unwrap();
        assert_eq!(home.ask().await.0, 400, "{condition}");
    }
}

#[tokio::test]
async fn a_deny_about_the_certificate_holds_however_its_key_is_spelt() {
    for (number, key) in [
        "iot:Certificate.Subject.CommonName",
        "IoT:certificate.subject.commonname",
        r"iot:\u0043ertificate.Subject.CommonName",
    ]
    .into_iter()
    .enumerate()
    {
        let home = Home::new().await;
        assert_eq!(home.ask().await.0, 200);
        let deny = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"*","Resource":"*",
               "Condition":{{"StringEquals":{{"{key}":"thermostat"}}}}}}}}"#
        );
        let name = format!("deny-{number}");
        let policy = json!({"policyName": name, "policyDocument": deny});
        home.bench.call::<CreatePolicy>(policy).await.unwrap();
        let target = json!({"policyName": name, "target": home.certificate_arn});
        home.bench.call::<AttachPolicy>(target).await.unwrap();
        home.refused(403, "Access Denied").await;
    }
}
