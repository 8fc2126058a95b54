//! Expressions, as far as authorisation needs them: which top-level attributes one names, and which
//! value a key condition pins the partition key to. Anything odd cannot be told; the engine, which
//! parses them in full, then refuses it or not.

use std::collections::HashSet;

use serde_json::Value;
use thingpass_wire::error::Fault;

use super::body::{self, Object};
use super::refusal::invalid;
use super::touched::key_text;

/// What kind of expression it is, and thus which words in it are no attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A condition, filter or key condition.
    Condition,
    /// A projection.
    Projection,
    /// An update.
    Update,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// With its `#`.
    Name(&'a str),
    /// With its `:`.
    Value(&'a str),
    Index,
    Symbol(u8),
}

const FUNCTIONS: [&str; 8] = [
    "attribute_exists",
    "attribute_not_exists",
    "attribute_type",
    "begins_with",
    "contains",
    "size",
    "if_not_exists",
    "list_append",
];
const CONNECTIVES: [&str; 5] = ["AND", "OR", "NOT", "BETWEEN", "IN"];
const CLAUSES: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

/// The most bytes of an expression (DynamoDB Developer Guide, "Constraints": expression parameters).
const MAX_BYTES: usize = 4096;

/// The expression in a member of a request, if it is there.
pub(super) fn given<'a>(request: &'a Object, member: &str) -> Result<Option<&'a str>, Fault> {
    let text = body::text(request, member)?;
    if text.is_some_and(|text| text.len() > MAX_BYTES) {
        return Err(invalid(format!(
            "Invalid {member}: Expression size has exceeded the maximum allowed size;"
        )));
    }
    Ok(text)
}

/// The top-level attributes that an expression names. Each word and each `#name` is looked at once,
/// however often it stands there: what a `#name` stands for may be long.
pub(super) fn attributes<'a>(
    expression: &'a str,
    kind: Kind,
    names: Option<&'a Object>,
) -> Option<Vec<&'a str>> {
    let tokens = tokens(expression)?;
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let after = tokens.get(at + 1);
        if before == Some(&Token::Symbol(b'.')) {
            match token {
                Token::Word(_) | Token::Name(_) => continue,
                Token::Value(_) | Token::Index | Token::Symbol(_) => return None,
            }
        }
        match token {
            Token::Word(word) if is_any(word, &CONNECTIVES) || is_any(word, &CLAUSES) => {
                if !is_keyword_here(word, kind, before, after) {
                    return None;
                }
            }
            Token::Word(word) if after == Some(&Token::Symbol(b'(')) => {
                if !FUNCTIONS.contains(word) {
                    return None;
                }
            }
            Token::Word(word) if seen.insert(*word) => found.push(*word),
            Token::Name(name) if seen.insert(*name) => found.push(resolved(name, names)?),
            Token::Word(_) | Token::Name(_) | Token::Value(_) | Token::Index | Token::Symbol(_) => {
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The text of the value that a key condition pins `partition_key` to.
///
/// Only `AND` may connect, so one `partition_key = :value` holds for whatever is returned.
pub(super) fn leading_key(
    expression: &str,
    partition_key: &str,
    names: Option<&Object>,
    values: Option<&Object>,
) -> Option<String> {
    let tokens = tokens(expression)?;
    let mut places = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let name = match token {
            Token::Word(word) if is_any(word, &["OR", "NOT", "IN"]) => return None,
            Token::Word(word) => *word,
            Token::Name(name) => resolved(name, names)?,
            Token::Value(_) | Token::Index | Token::Symbol(_) => continue,
        };
        if name == partition_key {
            places.push(at);
        }
    }
    let [place] = places.as_slice() else {
        return None;
    };
    let before = place.checked_sub(1).and_then(|at| tokens.get(at));
    let [equals, value] = tokens.get(place + 1..place + 3)? else {
        return None;
    };
    let after = tokens.get(place + 3);
    let is_edge = |token: Option<&Token<'_>>, bracket: u8| match token {
        None => true,
        Some(Token::Word(word)) => word.eq_ignore_ascii_case("AND"),
        Some(token) => *token == Token::Symbol(bracket),
    };
    let is_pinned = *equals == Token::Symbol(b'=') && is_edge(before, b'(') && is_edge(after, b')');
    let Token::Value(value) = value else {
        return None;
    };
    key_text(values?.get(*value).filter(|_| is_pinned)?)
}

/// The text of the value that legacy `KeyConditions` pin `partition_key` to.
pub(super) fn legacy_leading_key(conditions: &Object, partition_key: &str) -> Option<String> {
    let condition = conditions.get(partition_key)?.as_object()?;
    let operator = condition.get("ComparisonOperator")?.as_str()?;
    match condition.get("AttributeValueList")?.as_array()?.as_slice() {
        [value] if operator == "EQ" => key_text(value),
        _ => None,
    }
}

/// Whether a keyword stands where only a keyword can: no attribute of that name is meant.
fn is_keyword_here(
    word: &str,
    kind: Kind,
    before: Option<&Token<'_>>,
    after: Option<&Token<'_>>,
) -> bool {
    let begins = |token: Option<&Token<'_>>| {
        matches!(
            token,
            Some(Token::Word(_) | Token::Name(_) | Token::Value(_) | Token::Symbol(b'('))
        )
    };
    let ends = |token: Option<&Token<'_>>| match token {
        Some(Token::Word(word)) => !is_any(word, &CONNECTIVES) && !is_any(word, &CLAUSES),
        Some(token) => {
            matches!(
                token,
                Token::Name(_) | Token::Value(_) | Token::Symbol(b')' | b']')
            )
        }
        None => false,
    };
    let follows = |words: &[&str]| match before {
        Some(Token::Word(word)) => is_any(word, words),
        _ => false,
    };
    let is_clause = is_any(word, &CLAUSES);
    match kind {
        Kind::Projection => false,
        Kind::Update => is_clause && begins(after) && (before.is_none() || ends(before)),
        Kind::Condition if is_clause => false,
        Kind::Condition if word.eq_ignore_ascii_case("NOT") => {
            begins(after)
                && (before.is_none()
                    || ends(before)
                    || before == Some(&Token::Symbol(b'('))
                    || follows(&["AND", "OR", "NOT"]))
        }
        Kind::Condition => {
            begins(after)
                && (ends(before) || (is_any(word, &["IN", "BETWEEN"]) && follows(&["NOT"])))
        }
    }
}

fn resolved<'a>(name: &str, names: Option<&'a Object>) -> Option<&'a str> {
    names?.get(name).and_then(Value::as_str)
}

fn is_any(word: &str, words: &[&str]) -> bool {
    words.iter().any(|one| word.eq_ignore_ascii_case(one))
}

fn tokens(expression: &str) -> Option<Vec<Token<'_>>> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.bytes().next() {
        let (token, length) = match first {
            b' ' | b'\t' | b'\n' | b'\r' => {
                rest = rest.get(1..)?;
                continue;
            }
            b'#' | b':' => {
                let length = 1 + word_length(rest.get(1..)?);
                let text = rest.get(..length).filter(|_| length > 1)?;
                (
                    if first == b'#' {
                        Token::Name(text)
                    } else {
                        Token::Value(text)
                    },
                    length,
                )
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let length = word_length(rest);
                (Token::Word(rest.get(..length)?), length)
            }
            // Digits stand in brackets alone.
            b'0'..=b'9' if found.last() == Some(&Token::Symbol(b'[')) => (
                Token::Index,
                rest.bytes().take_while(u8::is_ascii_digit).count(),
            ),
            b'=' | b'<' | b'>' | b'+' | b'-' | b'(' | b')' | b'[' | b']' | b'.' | b',' => {
                (Token::Symbol(first), 1)
            }
            _ => return None,
        };
        found.push(token);
        rest = rest.get(length..)?;
    }
    Some(found)
}

fn word_length(text: &str) -> usize {
    text.bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        serde_json::from_value(value).unwrap()
    }

    fn names() -> Object {
        object(json!({"#p": "pk", "#d": "a.b", "#n": 1}))
    }

    fn named(kind: Kind, expression: &str) -> Option<Vec<String>> {
        let names = names();
        let found = attributes(expression, kind, Some(&names))?;
        Some(found.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn expressions_name_their_top_level_attributes() {
        use Kind::{Condition, Projection, Update};
        for (kind, expression, expected) in [
            (
                Projection,
                "a, b.c[0].d, #d, #p.x",
                &["a", "b", "a.b", "pk"][..],
            ),
            (
                Condition,
                "attribute_exists(a) AND NOT (b.c = :v OR size(#d)>=:w)",
                &["a", "b", "a.b"],
            ),
            (
                Condition,
                "not a in (:x, b) and c between :x AND d",
                &["a", "b", "c", "d"],
            ),
            (Condition, "a.and.set = :v", &["a"]),
            (
                Update,
                "SET a = if_not_exists(b, :v) + :w, c[1] = list_append(c, :l) REMOVE d ADD e :e \
                 DELETE #p :s",
                &["a", "b", "c", "d", "e", "pk"],
            ),
        ] {
            let found = named(kind, expression).unwrap_or_default();
            assert_eq!(found, expected, "{expression}");
        }
    }

    #[test]
    fn a_long_name_is_taken_once_however_often_it_is_used() {
        let names = object(json!({"#a": "x".repeat(1 << 20)}));
        let expression = vec!["#a"; MAX_BYTES / 3].join(",");
        let found = attributes(&expression, Kind::Projection, Some(&names)).unwrap();
        assert_eq!((found.len(), found[0].len()), (1, 1 << 20));
    }

    #[test]
    fn an_expression_longer_than_4096_bytes_is_refused() {
        let request = |length: usize| object(json!({"FilterExpression": "a".repeat(length)}));
        let longest = request(MAX_BYTES);
        let text = given(&longest, "FilterExpression").unwrap();
        assert_eq!(text.map(str::len), Some(MAX_BYTES));
        let fault = given(&request(MAX_BYTES + 1), "FilterExpression").unwrap_err();
        assert_eq!(
            (fault.code.as_ref(), fault.message.as_str()),
            (
                "ValidationException",
                "Invalid FilterExpression: Expression size has exceeded the maximum allowed size;"
            )
        );
    }

    #[test]
    fn an_odd_expression_cannot_be_told() {
        use Kind::{Condition, Projection, Update};
        for (kind, expression) in [
            (Projection, ""),
            (Projection, "a, #unknown"),
            (Projection, "a, #n"),
            (Projection, "a, \"b\""),
            (Projection, "a, é"),
            (Projection, "a, set"),
            (Projection, "a, 1"),
            (Condition, "evil(a)"),
            (Condition, "a = set"),
            (Condition, "a . :v"),
            (Condition, "and = :v"),
            (Update, "SET remove = :v"),
            (Update, "REMOVE remove"),
            (Update, "REMOVE a, remove"),
            (Update, "REMOVE remove REMOVE a"),
            (Update, "SET a = delete"),
            (Update, "SET a = :v SET"),
            (Update, "SET a = # b"),
        ] {
            assert_eq!(named(kind, expression), None, "{expression}");
        }
        assert_eq!(attributes("#p = :v", Condition, None), None);
    }

    #[test]
    fn a_key_condition_pins_its_partition_key() {
        let values = object(json!({":v": {"S": "x"}, ":n": {"N": "1.0"}, ":w": {"S": "y"}}));
        let leading =
            |expression: &str| leading_key(expression, "pk", Some(&names()), Some(&values));
        for (expression, expected) in [
            ("pk = :v", "x"),
            ("#p=:n", "1"),
            ("(pk = :v) AND (begins_with(sk, :w))", "x"),
            ("sk BETWEEN :v AND :w and #p = :v", "x"),
            ("pk = :v AND sk >= :w", "x"),
        ] {
            assert_eq!(
                leading(expression).as_deref(),
                Some(expected),
                "{expression}"
            );
        }
        for expression in [
            "",
            "pk",
            "pk =",
            "pk <> :v",
            "pk < :v",
            "pk = :missing",
            ":v = pk",
            "pk = :v OR sk = :w",
            "NOT pk = :v",
            "pk = :v AND pk = :w",
            "pk = :v AND #p = :w",
            "pk.a = :v",
            "a.pk = :v",
            "pk IN (:v)",
            "sk = :v",
            "pk = :v + :w",
            "PK = :v",
            "pk = :v ; ",
        ] {
            assert_eq!(leading(expression), None, "{expression}");
        }
        assert_eq!(leading_key("pk = :v", "pk", None, None), None);
    }

    #[test]
    fn legacy_key_conditions_pin_by_eq_alone() {
        let leading =
            |condition: Value| legacy_leading_key(&object(json!({"pk": condition})), "pk");
        let one = json!([{"S": "x"}]);
        let equal = json!({"ComparisonOperator": "EQ", "AttributeValueList": one});
        assert_eq!(leading(equal).as_deref(), Some("x"));
        for odd in [
            json!({"ComparisonOperator": "GT", "AttributeValueList": one}),
            json!({"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "x"}, {"S": "y"}]}),
            json!({"ComparisonOperator": "EQ"}),
            json!([]),
        ] {
            assert_eq!(leading(odd), None);
        }
    }
}
