//! Which device may use the role: Alice makes an alias of it, and the policy of her thermostat.

use http::Method;
use serde_json::json;

use super::documents::{IOT_PERMISSION_FILE, IOT_POLICY_FILE, PASS_ROLE_FILE};
use super::{
    DURATION_SECONDS, IOT_POLICY, OTHER_ROLE_ALIAS, PASS_ROLE_POLICY, ROLE_ALIAS, Story, USER, Who,
    keys_of,
};
use crate::Failure;
use crate::demo::call::Call;
use crate::demo::command::aws;
use crate::demo::step::Expected;

/// The policy that lets Alice work with AWS IoT.
const IOT_PERMISSION: &str = "iotpermission";

impl Story<'_> {
    pub(super) async fn permission(&mut self) -> Result<(), Failure> {
        self.chapter("Which device may use the role")?;
        self.alice().await?;

        self.step("Nobody hands out a role that is not theirs to pass: Alice is refused")?;
        self.role_alias(
            ROLE_ALIAS,
            Expected::Refused {
                status: 403,
                code: "AccessDeniedException",
                message: "is not authorized to perform: iam:PassRole on resource:",
            },
        )
        .await?;

        self.step("She is given iam:PassRole for this one role")?;
        self.create_policy(PASS_ROLE_POLICY, PASS_ROLE_FILE).await?;
        let arn = self.policy_arn(PASS_ROLE_POLICY);
        self.act(
            Who::Administrator,
            aws("iam attach-user-policy")
                .option("--user-name", USER)
                .option("--policy-arn", &arn),
            Call::iam(
                "AttachUserPolicy",
                &[("UserName", USER), ("PolicyArn", &arn)],
            ),
            Expected::Done(&[]),
        )
        .await?;

        self.step("Now she makes the alias that thermostats ask for, and one for boilers")?;
        self.role_alias(ROLE_ALIAS, Expected::Done(&["roleAliasArn"]))
            .await?;
        self.role_alias(OTHER_ROLE_ALIAS, Expected::Done(&["roleAliasArn"]))
            .await?;

        self.step(
            "A policy for devices: Alice's own things may use the alias of their type, no other",
        )?;
        self.iot_policy().await
    }

    async fn alice(&mut self) -> Result<(), Failure> {
        self.step("Alice works with AWS IoT; her keys are kept in `credentials`, profile `alice`")?;
        self.act(
            Who::Administrator,
            aws("iam create-user").option("--user-name", USER),
            Call::iam("CreateUser", &[("UserName", USER)]),
            Expected::Done(&["Arn"]),
        )
        .await?;
        self.act(
            Who::Administrator,
            aws("iam put-user-policy")
                .option("--user-name", USER)
                .option("--policy-name", IOT_PERMISSION)
                .words(&format!("--policy-document file://{IOT_PERMISSION_FILE}")),
            Call::iam(
                "PutUserPolicy",
                &[
                    ("UserName", USER),
                    ("PolicyName", IOT_PERMISSION),
                    ("PolicyDocument", &self.document(IOT_PERMISSION_FILE)),
                ],
            ),
            Expected::Done(&[]),
        )
        .await?;
        let made = self
            .act(
                Who::Administrator,
                aws("iam create-access-key").option("--user-name", USER),
                Call::iam("CreateAccessKey", &[("UserName", USER)]),
                Expected::Done(&["AccessKeyId", "SecretAccessKey"]),
            )
            .await?;
        self.alice =
            made.and_then(|answer| keys_of(&answer, ["AccessKeyId", "SecretAccessKey"], None));
        match &self.alice {
            Some(keys) => self.folder.keep_keys(USER, keys),
            None => Ok(()),
        }
    }

    async fn role_alias(&mut self, name: &str, expected: Expected) -> Result<(), Failure> {
        let role_arn = self.role_arn();
        let seconds: u32 = DURATION_SECONDS.parse().map_err(Failure::failed)?;
        self.act(
            Who::Alice,
            aws("iot create-role-alias")
                .option("--role-alias", name)
                .option("--role-arn", &role_arn)
                .option("--credential-duration-seconds", DURATION_SECONDS),
            Call::iot(
                Method::POST,
                &format!("/role-aliases/{name}"),
                &json!({"roleArn": role_arn, "credentialDurationSeconds": seconds}),
            ),
            expected,
        )
        .await?;
        Ok(())
    }

    async fn iot_policy(&mut self) -> Result<(), Failure> {
        self.act(
            Who::Alice,
            aws("iot create-policy")
                .option("--policy-name", IOT_POLICY)
                .words(&format!("--policy-document file://{IOT_POLICY_FILE}")),
            Call::iot(
                Method::POST,
                &format!("/policies/{IOT_POLICY}"),
                &json!({"policyDocument": self.document(IOT_POLICY_FILE)}),
            ),
            Expected::Done(&["policyArn"]),
        )
        .await?;
        let target = self
            .device
            .as_ref()
            .map(|device| device.certificate_arn.clone());
        self.act(
            Who::Alice,
            aws("iot attach-policy")
                .option("--policy-name", IOT_POLICY)
                .words("--target \"$(cat certificate-arn)\""),
            Call::iot(
                Method::PUT,
                &format!("/target-policies/{IOT_POLICY}"),
                &json!({"target": target}),
            ),
            Expected::Done(&[]),
        )
        .await?;
        Ok(())
    }
}
