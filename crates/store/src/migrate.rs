//! Brings the schema up to date. A migration is one statement in one file, does no harm when it
//! runs again, and never changes once it is out.

use time::OffsetDateTime;

use crate::dialect::Transaction;
use crate::statement::{Failure, Statements};
use crate::value::{Columns as _, args};

/// A step of the schema.
#[derive(Debug, Clone, Copy)]
struct Migration {
    /// `NNNN_name`
    name: &'static str,
    /// One statement.
    sql: &'static str,
}

macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            sql: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
        }
    };
}

const MIGRATIONS: &[Migration] = &[
    migration!("0001_account"),
    migration!("0002_thing_type"),
    migration!("0003_thing"),
    migration!("0004_thing_by_type"),
    migration!("0005_thing_attribute"),
    migration!("0006_thing_attribute_by_value"),
    migration!("0007_certificate"),
    migration!("0008_certificate_by_creation"),
    migration!("0009_thing_principal"),
    migration!("0010_thing_principal_by_certificate"),
    migration!("0011_registration_code"),
    migration!("0012_ca_certificate"),
    migration!("0013_ca_certificate_by_subject"),
    migration!("0014_ca_certificate_by_creation"),
    migration!("0015_iot_policy"),
    migration!("0016_iot_policy_version"),
    migration!("0017_iot_policy_attachment"),
    migration!("0018_iot_policy_attachment_by_policy"),
    migration!("0019_role_alias"),
    migration!("0020_iam_user"),
    migration!("0021_access_key"),
    migration!("0022_iam_role"),
    migration!("0023_managed_policy"),
    migration!("0024_managed_policy_version"),
    migration!("0025_managed_policy_attachment"),
    migration!("0026_managed_policy_attachment_by_policy"),
    migration!("0027_inline_policy"),
    migration!("0028_ring_key"),
    migration!("0029_change_feed"),
];

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    name TEXT NOT NULL PRIMARY KEY,
    applied_at_ms BIGINT NOT NULL
)";

/// How migrating ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The schema is as this program knows it.
    Current,
    /// The store has this step, which this program does not know.
    Newer(String),
}

/// Applies what has not been applied, in the given transaction.
pub(crate) async fn migrate(
    transaction: Transaction,
    at: OffsetDateTime,
) -> Result<(Transaction, Outcome), Failure> {
    let mut statements = Statements::of(transaction);
    statements.execute(LEDGER, &[]).await?;
    let rows = statements
        .rows("SELECT name FROM schema_migration ORDER BY name", &[])
        .await?;
    let applied = rows
        .iter()
        .map(|row| row.text("name"))
        .collect::<Result<Vec<String>, _>>()?;
    let unknown = |name: &&String| !MIGRATIONS.iter().any(|known| known.name == name.as_str());
    if let Some(name) = applied.iter().find(unknown) {
        return Ok((statements.transaction, Outcome::Newer(name.clone())));
    }
    for migration in MIGRATIONS {
        if applied.iter().any(|name| name == migration.name) {
            continue;
        }
        statements.execute(migration.sql, &[]).await?;
        statements
            .execute(
                "INSERT INTO schema_migration (name, applied_at_ms) VALUES ($1, $2)",
                args![migration.name, at],
            )
            .await?;
    }
    Ok((statements.transaction, Outcome::Current))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_the_list_in_order_and_holds_one_statement() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let listed: Vec<String> = MIGRATIONS
            .iter()
            .map(|m| format!("{}.sql", m.name))
            .collect();
        assert_eq!(files, listed);
        assert!(MIGRATIONS.iter().all(|m| !m.sql.contains(';')));
    }

    #[test]
    fn every_statement_does_no_harm_when_it_runs_again() {
        assert!(MIGRATIONS.iter().all(|m| m.sql.contains("IF NOT EXISTS")));
    }
}
