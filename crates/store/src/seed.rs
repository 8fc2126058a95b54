//! The policies that come with Thingpass, in the account `aws`.

use thingpass_domain::arn::AWS_MANAGED_ACCOUNT;
use thingpass_domain::entropy::{self, Entropy};
use thingpass_domain::error::Error;
use thingpass_domain::managed_policy::{AWS_MANAGED, AwsManaged, aws_managed_arn};
use time::OffsetDateTime;

use crate::statement::{Failure, Statements};
use crate::value::{Columns as _, args};

/// Writes those that are not there, and the documents that this program has otherwise. Gives
/// their ARNs.
pub(crate) async fn seed(
    statements: &mut Statements,
    entropy: &dyn Entropy,
    at: OffsetDateTime,
) -> Result<Vec<String>, Failure> {
    let mut written = Vec::new();
    for policy in AWS_MANAGED {
        let arn = aws_managed_arn(policy)?.to_string();
        let standing = statements
            .row(
                "SELECT v.document
                 FROM managed_policy p
                 LEFT JOIN managed_policy_version v
                   ON v.policy_arn = p.arn AND v.number = p.default_version
                 WHERE p.arn = $1",
                args![&arn],
            )
            .await?;
        match standing
            .map(|row| row.optional_text("document"))
            .transpose()?
        {
            Some(Some(document)) if document == policy.document => continue,
            Some(_) => replace(statements, &arn, policy, at).await?,
            None => insert(statements, &arn, policy, entropy, at).await?,
        }
        written.push(arn);
    }
    Ok(written)
}

async fn insert(
    statements: &mut Statements,
    arn: &str,
    policy: &AwsManaged,
    entropy: &dyn Entropy,
    at: OffsetDateTime,
) -> Result<(), Failure> {
    let id = entropy::unique_id(entropy, "ANPA").map_err(Error::from)?;
    statements
        .execute(
            "INSERT INTO managed_policy (account_id, name_key, name, path, arn, id,
                 default_version, next_version, description, created_at_ms, updated_at_ms)
             VALUES ($1, $2, $3, '/', $4, $5, 1, 2, $6, $7, $7)",
            args![
                AWS_MANAGED_ACCOUNT,
                policy.name.to_ascii_lowercase(),
                policy.name,
                arn,
                &id,
                policy.description,
                at,
            ],
        )
        .await?;
    insert_version(statements, arn, 1, policy.document, at).await
}

/// Puts a new version in force and takes the older ones away.
async fn replace(
    statements: &mut Statements,
    arn: &str,
    policy: &AwsManaged,
    at: OffsetDateTime,
) -> Result<(), Failure> {
    let row = statements
        .row(
            "UPDATE managed_policy
             SET default_version = next_version, next_version = next_version + 1,
                 description = $2, updated_at_ms = $3
             WHERE arn = $1
             RETURNING default_version",
            args![arn, policy.description, at],
        )
        .await?;
    let number = row.map_or(Ok(1), |row| row.integer("default_version"))?;
    statements
        .execute(
            "DELETE FROM managed_policy_version WHERE policy_arn = $1",
            args![arn],
        )
        .await?;
    insert_version(statements, arn, number, policy.document, at).await
}

async fn insert_version(
    statements: &mut Statements,
    arn: &str,
    number: i64,
    document: &str,
    at: OffsetDateTime,
) -> Result<(), Failure> {
    statements
        .execute(
            "INSERT INTO managed_policy_version (policy_arn, number, document, created_at_ms)
             VALUES ($1, $2, $3, $4)",
            args![arn, number, document, at],
        )
        .await?;
    Ok(())
}
