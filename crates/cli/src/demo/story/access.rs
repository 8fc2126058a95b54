//! What devices may do once they have credentials: an IAM role with its two policies.

use super::documents::{ACCESS_POLICY_FILE, TRUST_POLICY_FILE};
use super::{ACCESS_POLICY, OTHER_THING, ROLE, Story, THING, Who, documents};
use crate::Failure;
use crate::demo::call::Call;
use crate::demo::command::aws;
use crate::demo::step::Expected;

impl Story<'_> {
    pub(super) async fn access(&mut self) -> Result<(), Failure> {
        self.chapter("Tables, and a role that may work on them")?;

        self.step("Each thermostat has a table that is called as the thing is")?;
        self.table(THING).await?;
        self.table(OTHER_THING).await?;

        self.step("A role that the credentials provider may assume for devices")?;
        self.act(
            Who::Administrator,
            aws("iam create-role")
                .option("--role-name", ROLE)
                .words(&format!(
                    "--assume-role-policy-document file://{TRUST_POLICY_FILE}"
                )),
            Call::iam(
                "CreateRole",
                &[
                    ("RoleName", ROLE),
                    (
                        "AssumeRolePolicyDocument",
                        &self.document(TRUST_POLICY_FILE),
                    ),
                ],
            ),
            Expected::Done(&["Arn"]),
        )
        .await?;

        self.step("Its access policy names one table by a variable: ${credentials-iot:ThingName}")?;
        self.create_policy(ACCESS_POLICY, ACCESS_POLICY_FILE)
            .await?;
        let arn = self.policy_arn(ACCESS_POLICY);
        self.act(
            Who::Administrator,
            aws("iam attach-role-policy")
                .option("--role-name", ROLE)
                .option("--policy-arn", &arn),
            Call::iam(
                "AttachRolePolicy",
                &[("RoleName", ROLE), ("PolicyArn", &arn)],
            ),
            Expected::Done(&[]),
        )
        .await?;
        Ok(())
    }

    async fn table(&mut self, name: &str) -> Result<(), Failure> {
        self.act(
            Who::Administrator,
            aws("dynamodb create-table")
                .option("--table-name", name)
                .words("--attribute-definitions AttributeName=serial_number,AttributeType=S")
                .words("AttributeName=timestamp,AttributeType=S")
                .words("--key-schema AttributeName=serial_number,KeyType=HASH")
                .words("AttributeName=timestamp,KeyType=RANGE")
                .words("--billing-mode PAY_PER_REQUEST"),
            Call::tables(
                "DynamoDB_20120810.CreateTable",
                &documents::create_table(name),
            ),
            Expected::Done(&["TableArn"]),
        )
        .await?;
        Ok(())
    }

    /// Makes a managed policy out of a file.
    pub(super) async fn create_policy(&mut self, name: &str, file: &str) -> Result<(), Failure> {
        self.act(
            Who::Administrator,
            aws("iam create-policy")
                .option("--policy-name", name)
                .words(&format!("--policy-document file://{file}")),
            Call::iam(
                "CreatePolicy",
                &[
                    ("PolicyName", name),
                    ("PolicyDocument", &self.document(file)),
                ],
            ),
            Expected::Done(&["Arn"]),
        )
        .await?;
        Ok(())
    }
}
