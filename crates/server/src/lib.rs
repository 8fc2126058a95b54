//! The daemon: two doors, the control plane, the gateway to the tables.

pub mod api;
pub mod audit_log;
pub mod body;
pub mod boot;
pub mod config;
pub mod data_dir;
pub mod device;
pub mod gateway;
pub mod listen;
pub mod names;
pub mod serve;
pub mod service_ca;
pub mod signed;
pub mod upkeep;

#[cfg(test)]
mod tests {
    use crate::api::dispatch::QueryRow;
    use crate::api::{iam, iot, sts};
    use crate::gateway::Operation;

    const DOCUMENT: &str = include_str!("../../../docs/reference/operations.md");

    /// A heading, and the rows below it by name.
    fn section(heading: &str, rows: impl Iterator<Item = (&'static str, String)>) -> Vec<String> {
        let mut rows: Vec<_> = rows.collect();
        rows.sort();
        let lines = rows
            .iter()
            .map(|(name, asked)| format!("| `{name}` | `{asked}` |"));
        std::iter::once(format!("## {heading}"))
            .chain(lines)
            .collect()
    }

    fn query(heading: &str, rows: &[QueryRow]) -> Vec<String> {
        let rows = rows
            .iter()
            .map(|row| (row.name, format!("Action={}", row.name)));
        section(heading, rows)
    }

    fn tables(heading: &str, target: &str) -> Vec<String> {
        let served = Operation::ALL
            .iter()
            .filter(|operation| operation.service() == target);
        let rows = served.map(|operation| (operation.name(), format!("{target}.{operation}")));
        section(heading, rows)
    }

    #[test]
    fn the_list_of_operations_in_the_documents_is_what_is_served() {
        let rest = iot::OPERATIONS
            .iter()
            .map(|row| (row.name, format!("{} {}", row.method, row.path.as_str())));
        let served = [
            section("iot", rest),
            query("iam", &iam::OPERATIONS),
            query("sts", &sts::OPERATIONS),
            tables("dynamodb", "DynamoDB_20120810"),
            tables("dynamodbstreams", "DynamoDBStreams_20120810"),
        ]
        .concat();
        let told: Vec<&str> = DOCUMENT
            .lines()
            .filter(|line| line.starts_with("## ") || line.starts_with("| `"))
            .collect();
        assert_eq!(
            told,
            served,
            "docs/reference/operations.md is to say:\n{}",
            served.join("\n")
        );
        let tables = Operation::ALL.len();
        let others = iot::OPERATIONS.len() + iam::OPERATIONS.len() + sts::OPERATIONS.len();
        let headings = 5;
        assert_eq!(served.len(), tables + others + headings);
    }
}
