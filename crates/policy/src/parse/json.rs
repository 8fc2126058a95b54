//! JSON as a policy may use it: no duplicate keys, no deep nesting, nothing after the document.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::limits;

/// A JSON value; the members of an object in document order.
#[derive(Debug)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// In the spelling a condition value would have.
    Number(String),
    String(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// Reads a whole text. The error says what is wrong and on which line.
pub(super) fn read(text: &str) -> Result<Json, String> {
    if text.len() > limits::DOCUMENT_TEXT_BYTES {
        return Err(format!(
            "the document is longer than {} bytes",
            limits::DOCUMENT_TEXT_BYTES
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let json = Value { depth: 0 }
        .deserialize(&mut deserializer)
        .map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(json)
}

impl Json {
    /// The kind of value, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Reads one value at a depth.
#[derive(Clone, Copy)]
struct Value {
    depth: usize,
}

impl Value {
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.depth == limits::DOCUMENT_DEPTH {
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self {
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    /// A number that a double may not hold exactly is refused: in quotes, its digits count.
    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        let spelling = value.to_string();
        if spelling.bytes().filter(u8::is_ascii_digit).count() > 15 {
            return Err(E::custom(
                "a number has too many digits, write it in quotes",
            ));
        }
        Ok(Json::Number(spelling))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let inner = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let inner = self.inner()?;
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut names = std::collections::HashSet::new();
        while let Some(name) = access.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format_args!("duplicate key `{name}`")));
            }
            members.push((name, access.next_value_seed(inner)?));
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_keys_are_refused_at_every_level() {
        for text in [r#"{"a": 1, "a": 1}"#, r#"[{"b": {"a": 1, "\u0061": 2}}]"#] {
            assert!(
                read(text)
                    .unwrap_err()
                    .starts_with("duplicate key `a` at line 1"),
                "{text}"
            );
        }
    }

    #[test]
    fn deep_nesting_and_trailing_text_are_refused() {
        assert!(read(&("[".repeat(8) + &"]".repeat(8))).is_ok());
        assert!(
            read(&("[".repeat(9) + &"]".repeat(9)))
                .unwrap_err()
                .contains("nested too deeply")
        );
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read("{} {}").is_err());
        assert!(read(&" ".repeat(limits::DOCUMENT_TEXT_BYTES + 1)).is_err());
    }

    #[test]
    fn numbers_keep_their_digits_or_are_refused() {
        assert!(matches!(read("0.10"), Ok(Json::Number(text)) if text == "0.1"));
        assert!(
            matches!(read("18446744073709551615"), Ok(Json::Number(text)) if text == "18446744073709551615")
        );
        assert!(read("18446744073709551616").is_err());
        assert!(read("1e300").is_err());
    }
}
