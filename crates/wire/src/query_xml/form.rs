//! Reading a form such as `Action=TagRole&Version=2010-05-08&Tags.member.1.Key=a`.

use serde_json::{Map, Value};

use super::QueryCall;
use crate::error::SerializationError;
use crate::percent::{self, Plus};

/// The longest list; IAM's longest inputs hold 50 members.
const MAX_INDEX: usize = 1000;
/// The deepest name, counted in its parts; IAM's deepest is `ContextEntries.member.1.ContextKeyValues.member.1`.
const MAX_DEPTH: usize = 12;
/// The most parameters of one call.
const MAX_PARAMETERS: usize = 4000;

/// Reads a call from a form body and the raw query (a presigned `GET` has all of it there; its
/// `X-Amz-*` parameters are skipped). A `+` is a space in the body and a plus in the query, as the
/// signature has it. Refused: a parameter given twice or both as text and as structure, lists with
/// gaps, more than 1000 members, 12 levels or 4000 parameters, and text that is not UTF-8.
pub fn input(body: &[u8], query: Option<&str>) -> Result<QueryCall, SerializationError> {
    let body = std::str::from_utf8(body).map_err(|_| SerializationError::Encoding)?;
    let in_query = percent::pairs(query.unwrap_or_default()).map(|pair| (pair, Plus::Literal));
    let in_body = percent::pairs(body.trim_ascii()).map(|pair| (pair, Plus::Space));
    let mut tree = Map::new();
    for (count, ((name, value), plus)) in in_query.chain(in_body).enumerate() {
        let decoded = |text| percent::decode(text, plus).ok_or(SerializationError::Encoding);
        let (name, value) = (decoded(name)?, decoded(value)?);
        if plus == Plus::Literal && name.starts_with("X-Amz-") {
            continue;
        }
        if count >= MAX_PARAMETERS {
            return Err(SerializationError::TooMuch(format!(
                "{MAX_PARAMETERS} parameters"
            )));
        }
        insert(&mut tree, &name, value)?;
    }
    let action = word(&mut tree, "Action", |byte| byte.is_ascii_alphanumeric())?;
    let version = word(&mut tree, "Version", |byte| {
        byte.is_ascii_digit() || byte == b'-'
    })?;
    let input = tree
        .into_iter()
        .map(|(name, node)| Ok((name, lists(node)?)));
    let input = Value::Object(input.collect::<Result<_, SerializationError>>()?);
    Ok(QueryCall {
        action,
        version,
        input,
    })
}

/// Puts a value at its dotted name; every level is an object for now.
fn insert(
    tree: &mut Map<String, Value>,
    name: &str,
    value: String,
) -> Result<(), SerializationError> {
    if name.split('.').count() > MAX_DEPTH {
        return Err(SerializationError::TooMuch(format!("{MAX_DEPTH} levels")));
    }
    let doubled = || SerializationError::Doubled(name.to_owned());
    let mut level = tree;
    let mut parts = name.split('.').peekable();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            return Err(SerializationError::Member(name.to_owned()));
        }
        if parts.peek().is_none() {
            return match level.insert(part.to_owned(), Value::String(value)) {
                None => Ok(()),
                Some(_) => Err(doubled()),
            };
        }
        let inner = level
            .entry(part)
            .or_insert_with(|| Value::Object(Map::new()));
        level = inner.as_object_mut().ok_or_else(doubled)?;
    }
    Ok(())
}

/// Turns each `{"member": {"1": …}}` into an array. The depth is bounded by [`MAX_DEPTH`].
fn lists(node: Value) -> Result<Value, SerializationError> {
    let Value::Object(mut object) = node else {
        return Ok(node);
    };
    if object.len() == 1
        && let Some(Value::Object(members)) = object.get_mut("member")
    {
        return list(std::mem::take(members));
    }
    let members = object
        .into_iter()
        .map(|(name, node)| Ok((name, lists(node)?)));
    members.collect::<Result<_, _>>().map(Value::Object)
}

fn list(members: Map<String, Value>) -> Result<Value, SerializationError> {
    if members.len() > MAX_INDEX {
        return Err(SerializationError::TooMuch(format!(
            "{MAX_INDEX} members of a list"
        )));
    }
    let mut indexed = Vec::with_capacity(members.len());
    for (index, node) in members {
        let number = index
            .parse::<usize>()
            .ok()
            .filter(|number| number.to_string() == index);
        let number = number.ok_or_else(|| SerializationError::Member(format!("member.{index}")))?;
        indexed.push((number, lists(node)?));
    }
    indexed.sort_unstable_by_key(|(number, _)| *number);
    let gap = indexed
        .iter()
        .zip(1..)
        .find(|((number, _), expected)| number != expected);
    match gap {
        Some(((number, _), _)) => Err(SerializationError::Member(format!("member.{number}"))),
        None => Ok(indexed.into_iter().map(|(_, node)| node).collect()),
    }
}

fn word(
    tree: &mut Map<String, Value>,
    name: &'static str,
    allowed: impl Fn(u8) -> bool,
) -> Result<String, SerializationError> {
    match tree.shift_remove(name) {
        Some(Value::String(text)) if !text.is_empty() && text.bytes().all(allowed) => Ok(text),
        _ => Err(SerializationError::Member(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HEAD: &str = "Action=TagRole&Version=2010-05-08&";

    fn read(parameters: &str) -> Result<Value, SerializationError> {
        input(format!("{HEAD}{parameters}").as_bytes(), None).map(|call| call.input)
    }

    #[test]
    fn dotted_names_become_lists_and_structures() {
        let call = input(
            b"Action=TagRole&Version=2010-05-08&RoleName=a+b%2B&Tags.member.2.Key=k2&\
              Tags.member.1.Key=k1&Tags.member.1.Value=&X.Y=z&Ids.member.1=i\n",
            None,
        );
        let call = call.unwrap();
        assert_eq!(
            (call.action.as_str(), call.version.as_str()),
            ("TagRole", "2010-05-08")
        );
        assert_eq!(
            call.input,
            json!({"RoleName": "a b+", "Tags": [{"Key": "k1", "Value": ""}, {"Key": "k2"}],
                   "X": {"Y": "z"}, "Ids": ["i"]})
        );
    }

    #[test]
    fn a_presigned_call_stands_in_the_query() {
        let query =
            "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Date=d&X-Amz-Expires=60&A=b+c";
        let call = input(b"", Some(query)).unwrap();
        assert_eq!(call.action, "GetCallerIdentity");
        assert_eq!(call.input, json!({"A": "b+c"}));
    }

    #[test]
    fn what_is_ambiguous_or_malformed_is_refused() {
        for bad in [
            "A=1&A=1",
            "A=1&A.B=2",
            "A.B=1&A=2",
            "A..B=1",
            ".A=1",
            "=1",
            "A=%zz",
            "A=%ff",
            "A.member.2=1",
            "A.member.0=1",
            "A.member.1=1&A.member.3=2",
            "A.member.01=1",
            "A.member.x=1",
            "A.member.1=1&A.member.%2B2=1",
            "A.member.99999999999999999999999=1",
            "A.member.1001=1",
            "Action=Other",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        for bad in [
            "",
            "Action=A",
            "Version=1",
            "Action=&Version=1",
            "Action=A%3C&Version=1",
            "Action.x=1&Version=1",
        ] {
            assert!(input(bad.as_bytes(), None).is_err(), "{bad}");
        }
        assert!(input(b"Action=A&Version=1", Some("Action=A")).is_err());
        assert!(input(&[0xff], None).is_err());
    }

    #[test]
    fn depth_length_and_number_are_bounded() {
        assert!(read(&format!("{}A=1", "A.".repeat(11))).is_ok());
        assert!(read(&format!("{}A=1", "A.".repeat(12))).is_err());
        let many = |name: &dyn Fn(usize) -> String, count: usize| {
            (1..=count).map(name).collect::<Vec<_>>().join("&")
        };
        let member = |index| format!("A.member.{index}=x");
        assert!(read(&many(&member, 1000)).is_ok());
        assert!(read(&many(&member, 1001)).is_err());
        assert!(read(&many(&|index| format!("A{index}=x"), 4000)).is_err());
    }
}
