//! The `Condition` element: operators, keys and values.

use super::element::{self, Object};
use super::{ParseError, Rules};
use crate::condition::{Condition, Operator};
use crate::iam;

/// All conditions of a statement, in one list: they must all hold.
pub(super) fn parse(object: &mut Object, rules: &Rules) -> Result<Box<[Condition]>, ParseError> {
    let path = object.path_of("Condition");
    let Some(json) = object.take("Condition") else {
        return Ok([].into());
    };
    let mut conditions = Vec::new();
    for (name, keys) in Object::new(path.clone(), json)?.into_members() {
        let operator =
            Operator::parse(&name).map_err(|detail| ParseError::syntax(&path, detail))?;
        let path = format!("{path}.{name}");
        let keys = Object::new(path.clone(), keys)?.into_members();
        if keys.is_empty() {
            return Err(ParseError::syntax(
                &path,
                "an operator must have at least one key",
            ));
        }
        let mut seen = std::collections::HashSet::new();
        for (key, values) in keys {
            iam::check_condition_key(&key).map_err(|message| {
                ParseError::new(&path, message, format!("`{key}` is not a condition key"))
            })?;
            if !seen.insert(key.to_ascii_lowercase()) {
                let detail = format!("`{key}` is there twice: keys differ in more than case");
                return Err(ParseError::syntax(&path, detail));
            }
            let values = element::scalars(values, &path)?;
            if values.is_empty() {
                return Err(ParseError::syntax(
                    &path,
                    format!("`{key}` must have at least one value"),
                ));
            }
            let condition =
                Condition::compile(operator.clone(), &key, values, rules.has_variables())
                    .map_err(|detail| ParseError::syntax(&path, detail))?;
            conditions.push(condition);
        }
    }
    Ok(conditions.into())
}

#[cfg(test)]
mod tests {
    use crate::{Grammar, parse};

    #[test]
    fn conditions_are_read_strictly() {
        for (condition, message) in [
            ("[]", "expected an object, not an array"),
            (
                r#"{"StringEqual": {"a:b": "c"}}"#,
                "`StringEqual` is not a condition operator",
            ),
            (
                r#"{"NullIfExists": {"a:b": "true"}}"#,
                "`Null` stands alone",
            ),
            (r#"{"StringEquals": {}}"#, "at least one key"),
            (r#"{"StringEquals": {"a:b": []}}"#, "at least one value"),
            (r#"{"StringEquals": {"a:b": null}}"#, "not null"),
            (r#"{"StringEquals": {"a:b": [["c"]]}}"#, "not an array"),
            (
                r#"{"StringEquals": {"ab": "c"}}"#,
                "must be prefaced by a vendor",
            ),
            (
                r#"{"StringEquals": {"a:b": "c", "A:B": "c"}}"#,
                "there twice",
            ),
            (r#"{"StringEquals": {"a:b": "${c"}}"#, "no closing brace"),
            (r#"{"NumericEquals": {"a:b": "${c:d}"}}"#, "is not a number"),
            (r#"{"DateLessThan": {"a:b": "soon"}}"#, "is not a date"),
            (r#"{"Bool": {"a:b": "yes"}}"#, "neither `true` nor `false`"),
            (
                r#"{"IpAddress": {"a:b": "10.0.0.0/40"}}"#,
                "is not an address",
            ),
            (r#"{"BinaryEquals": {"a:b": "?"}}"#, "is not base64"),
            (r#"{"ArnLike": {"a:b": "role/x"}}"#, "is not an ARN"),
        ] {
            let document = format!(
                r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "*",
                    "Resource": "*", "Condition": {condition}}}}}"#
            );
            let text = parse(&document, Grammar::Iot).unwrap_err().to_string();
            assert!(
                text.contains(message) && text.contains("at `Statement[0].Condition"),
                "{condition}: {text}"
            );
        }
        let condition = r#"{"Bool": {"a:b": true}, "NumericLessThan": {"a:b": [1, 2.5, "3"]}}"#;
        let document = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "*",
                    "Resource": "*", "Condition": {condition}}}}}"#
        );
        assert!(parse(&document, Grammar::Session).is_ok());
    }
}
