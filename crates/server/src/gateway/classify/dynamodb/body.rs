//! The body of a request, read once and strictly.
//!
//! Two readers of one body must not come to two opinions: a member that is given twice is refused,
//! and so is a list where a structure belongs (serde reads a list as the members in order).

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use thingpass_wire::error::Fault;

use super::refusal::{invalid, unreadable};

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// How many JSON values a body may hold, for one may take 400 bytes. An item of 400 KB that is a list
/// of numbers has as many; requests that batch 25 or 100 items are far from it.
const MAX_VALUES: usize = 250_000;

/// Reads a body. Nesting is limited by the JSON reader (128 levels; DynamoDB's 32 need half of it).
pub(super) fn read(body: &[u8]) -> Result<Object, Fault> {
    let mut left = MAX_VALUES;
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = Strict { left: &mut left }
        .deserialize(&mut reader)
        .map_err(|_| unreadable())?;
    reader.end().map_err(|_| unreadable())?;
    if let Value::Object(object) = value {
        Ok(object)
    } else {
        Err(unreadable())
    }
}

/// A member that is text, if it is there. `null` is absent, as it is for the engine.
pub(super) fn text<'a>(object: &'a Object, name: &str) -> Result<Option<&'a str>, Fault> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(unreadable()),
    }
}

/// A member that is text and must be there.
pub(super) fn required_text<'a>(object: &'a Object, name: &str) -> Result<&'a str, Fault> {
    text(object, name)?.ok_or_else(|| missing(name))
}

/// A member that is a structure or map, if it is there.
pub(super) fn object<'a>(object: &'a Object, name: &str) -> Result<Option<&'a Object>, Fault> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(inner)) => Ok(Some(inner)),
        Some(_) => Err(unreadable()),
    }
}

/// A member that is a structure or map and must be there.
pub(super) fn required_object<'a>(of: &'a Object, name: &str) -> Result<&'a Object, Fault> {
    object(of, name)?.ok_or_else(|| missing(name))
}

/// A member that is a list, if it is there.
pub(super) fn list<'a>(object: &'a Object, name: &str) -> Result<Option<&'a [Value]>, Fault> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => Err(unreadable()),
    }
}

/// A member that is a list of 1 to `most` structures.
pub(super) fn required_objects<'a>(
    of: &'a Object,
    name: &str,
    most: usize,
) -> Result<Vec<&'a Object>, Fault> {
    let items = list(of, name)?.ok_or_else(|| missing(name))?;
    within(name, items.len(), most)?;
    items
        .iter()
        .map(|item| item.as_object().ok_or_else(unreadable))
        .collect()
}

/// Refuses a list or map that has no members or more than `most`.
pub(super) fn within(name: &str, count: usize, most: usize) -> Result<(), Fault> {
    let bound = match count {
        0 => "greater than or equal to 1".to_owned(),
        count if count > most => format!("less than or equal to {most}"),
        _ => return Ok(()),
    };
    let member = member(name);
    Err(invalid(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must \
         have length {bound}"
    )))
}

/// The refusal of a member that is not there.
pub(super) fn missing(name: &str) -> Fault {
    let member = member(name);
    invalid(format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member \
         must not be null"
    ))
}

/// `TableName` as AWS's validation texts have it: `tableName`.
fn member(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_ascii_lowercase())
        .into_iter()
        .chain(letters)
        .collect()
}

struct Strict<'a> {
    left: &'a mut usize,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        *self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| D::Error::custom("too large"))?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Strict {
            left: &mut *self.left,
        })? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Strict {
                left: &mut *self.left,
            })?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is given twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_reads_as_json_reads() {
        let text = r#"{"b":[1,-2,0.5,true,null,"é"],"a":{"x":{}}}"#;
        assert_eq!(
            Value::Object(read(text.as_bytes()).unwrap()).to_string(),
            text
        );
    }

    #[test]
    fn a_member_given_twice_is_refused_at_any_depth() {
        for body in [
            r#"{"TableName":"a","TableName":"b"}"#,
            r#"{"TableName":"a","TableN\u0061me":"b"}"#,
            r#"{"a":[{"b":{"c":1,"c":1}}]}"#,
        ] {
            assert_eq!(
                read(body.as_bytes()).unwrap_err().code,
                "SerializationException"
            );
        }
        assert!(read(br#"{"a":{"c":1},"b":{"c":1},"A":1}"#).is_ok());
    }

    #[test]
    fn what_is_not_one_object_of_bounded_size_is_refused() {
        let nested = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
        let many = format!(r#"{{"a":[0{}]}}"#, ",0".repeat(MAX_VALUES));
        for body in [
            "",
            "[]",
            "null",
            "\"a\"",
            "{",
            "{}{}",
            "{}x",
            "{\"a\":1e999}",
            &nested,
            &many,
        ] {
            assert!(read(body.as_bytes()).is_err(), "{body:.20}");
        }
        assert!(read(b"{\"a\":\"\xff\"}").is_err());
        assert!(read(br#"{"a":"\ud800"}"#).is_err());
    }

    #[test]
    fn a_member_of_the_wrong_kind_is_refused_and_null_is_absent() {
        let body = read(br#"{"a":null,"b":[],"c":{},"d":"x"}"#).unwrap();
        assert_eq!(text(&body, "a").unwrap(), None);
        assert_eq!(text(&body, "d").unwrap(), Some("x"));
        assert!(text(&body, "b").is_err());
        assert!(object(&body, "b").is_err());
        assert!(list(&body, "c").is_err());
        assert!(
            required_text(&body, "a")
                .unwrap_err()
                .message
                .contains("Value null at 'a'")
        );
        assert!(
            required_objects(&body, "b", 1)
                .unwrap_err()
                .message
                .contains("equal to 1")
        );
    }
}
