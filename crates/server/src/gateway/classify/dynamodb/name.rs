//! Names of tables, indexes and streams, and their ARNs.

use thingpass_domain::arn::AccountRegion;
use thingpass_wire::error::Fault;

use super::refusal::{foreign, invalid, shown};

/// The longest table name, stream label and index name.
const MAX_NAME: usize = 255;

/// The bare name in a `TableName`, which may be the ARN of a table of this account and region.
pub(super) fn table<'a>(given: &'a str, home: &AccountRegion) -> Result<&'a str, Fault> {
    let name = if given.starts_with("arn:") {
        local(given, home)?
    } else {
        given
    };
    checked("tableName", name)
}

/// The table in a `ResourceArn`, which must be the ARN of a table of this account and region.
pub(super) fn table_arn<'a>(arn: &'a str, home: &AccountRegion) -> Result<&'a str, Fault> {
    checked("resourceArn", local(arn, home)?)
}

/// Table and label of `arn:aws:dynamodb:R:A:table/NAME/stream/LABEL`.
pub(super) fn stream_arn<'a>(
    arn: &'a str,
    home: &AccountRegion,
) -> Result<(&'a str, &'a str), Fault> {
    let (table, label) = local(arn, home)?
        .split_once("/stream/")
        .ok_or_else(|| invalid(format!("Invalid StreamArn: `{}`", shown(arn))))?;
    let is_label = (1..=MAX_NAME).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-:.".contains(&byte));
    if !is_label {
        return Err(invalid(format!("Invalid StreamArn: `{}`", shown(arn))));
    }
    Ok((checked("streamArn", table)?, label))
}

/// Whether this can name a table or index: 3 to 255 of `[a-zA-Z0-9_.-]`. Nothing else becomes part
/// of an ARN here, no wildcard and no `/`.
pub(super) fn is_name(name: &str) -> bool {
    (3..=MAX_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// The name itself, or AWS's refusal of it.
pub(super) fn checked<'a>(member: &str, name: &'a str) -> Result<&'a str, Fault> {
    if is_name(name) {
        return Ok(name);
    }
    let constraint = if name.len() < 3 {
        "Member must have length greater than or equal to 3"
    } else if name.len() > MAX_NAME {
        "Member must have length less than or equal to 255"
    } else {
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    };
    let name = shown(name);
    Err(invalid(format!(
        "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: \
         {constraint}"
    )))
}

fn local<'a>(arn: &'a str, home: &AccountRegion) -> Result<&'a str, Fault> {
    let tables = home.table("");
    arn.strip_prefix(tables.as_str())
        .ok_or_else(|| foreign(arn, &tables))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::classify::dynamodb::testing::home;

    #[test]
    fn a_table_is_named_bare_or_by_its_arn() {
        let arn = home().table("T.1_-");
        assert_eq!(table(&arn, &home()).unwrap(), "T.1_-");
        assert_eq!(table("T.1_-", &home()).unwrap(), "T.1_-");
        assert_eq!(table_arn(&arn, &home()).unwrap(), "T.1_-");
        assert!(table_arn("T.1_-", &home()).is_err());
    }

    #[test]
    fn an_arn_of_another_account_region_or_kind_is_refused() {
        let arn = home().table("Tab");
        for other in [
            arn.replace("123456789012", "210987654321"),
            arn.replace("us-east-1", "us-east-2"),
            arn.replace("dynamodb", "s3"),
            arn.replace("aws", "aws-cn"),
        ] {
            assert_eq!(
                table(&other, &home()).unwrap_err().code,
                "AccessDeniedException"
            );
        }
    }

    #[test]
    fn a_name_is_never_a_path_or_a_pattern() {
        for name in [
            "ab",
            "",
            "a/b",
            "Tab/index/I",
            "Tab*",
            "T?b",
            "Täb",
            "T b",
            "Tab\n",
            "${a}",
        ] {
            assert_eq!(
                table(name, &home()).unwrap_err().code,
                "ValidationException",
                "{name}"
            );
            assert!(table(&home().table(name), &home()).is_err(), "{name}");
        }
        assert!(table(&"a".repeat(255), &home()).is_ok());
        assert!(table(&"a".repeat(256), &home()).is_err());
    }

    #[test]
    fn a_stream_arn_has_one_table_and_one_label() {
        let arn = |rest: &str| format!("{}{rest}", home().table("Tab"));
        assert_eq!(
            stream_arn(&arn("/stream/1.2:3"), &home()).unwrap(),
            ("Tab", "1.2:3")
        );
        for bad in [
            "",
            "/stream/",
            "/stream/*",
            "/stream/a/b",
            "/index/I/stream/a",
        ] {
            assert!(stream_arn(&arn(bad), &home()).is_err(), "{bad}");
        }
    }
}
