//! Which values and attributes a request touches, or that this cannot be told.

use data_encoding::BASE64;
use indexmap::IndexSet;
use serde_json::Value;
use thingpass_policy::ContextValue;

use super::body::Object;

/// The most different names or keys that are told apart; more cannot be told.
const MAX_KNOWN: usize = 1_000;
/// The most bytes of all of them: more than 100 of the longest keys need.
const MAX_KNOWN_BYTES: usize = 400 * 1024;
/// The longest text of a partition key: 2,048 bytes (DynamoDB Developer Guide, "Constraints"), which
/// base64 makes longer by a third.
const MAX_KEY_TEXT: usize = 2_732;

/// A set in the order of coming, that grows until something cannot be told.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Touched {
    known: IndexSet<String>,
    bytes: usize,
    undetermined: bool,
}

impl Touched {
    /// What cannot be told.
    pub(super) fn undetermined() -> Self {
        Self {
            undetermined: true,
            ..Self::default()
        }
    }

    /// One more, or something that cannot be told.
    pub(super) fn add(&mut self, one: Option<&str>) {
        if self.undetermined {
            return;
        }
        // Nothing that is too long is hashed.
        let Some(one) = one.filter(|one| one.len() <= MAX_KNOWN_BYTES) else {
            *self = Self::undetermined();
            return;
        };
        if self.known.contains(one) {
            return;
        }
        let bytes = self.bytes + one.len();
        if self.known.len() < MAX_KNOWN && bytes <= MAX_KNOWN_BYTES {
            self.known.insert(one.to_owned());
            self.bytes = bytes;
        } else {
            *self = Self::undetermined();
        }
    }

    /// Several more, or something that cannot be told.
    pub(super) fn extend(&mut self, more: Option<Vec<&str>>) {
        match more {
            Some(more) => more.into_iter().for_each(|one| self.add(Some(one))),
            None => self.add(None),
        }
    }

    /// The names of an object's members.
    pub(super) fn add_names(&mut self, object: &Object) {
        for name in object.keys() {
            self.add(Some(name));
        }
    }

    /// As a context value.
    pub(super) fn into_context(self) -> ContextValue {
        if self.undetermined {
            return ContextValue::Undetermined;
        }
        ContextValue::List(self.known.into_iter().collect())
    }
}

/// The text of a key's value: strings as they are, numbers as the engine normalises them, binary as
/// base64. None for what no key can be (too long a text is none), or what two readers could read in two ways.
pub(super) fn key_text(value: &Value) -> Option<String> {
    let object = value.as_object()?;
    let mut members = object.iter();
    let (kind, value) = members.next()?;
    let text = value.as_str().filter(|text| text.len() <= MAX_KEY_TEXT)?;
    if members.next().is_some() {
        return None;
    }
    match kind.as_str() {
        "S" => Some(text.to_owned()),
        "N" => {
            dynoxide::types::validate_dynamo_number(text).ok()?;
            Some(dynoxide::types::normalize_dynamo_number(text))
        }
        "B" => {
            let bytes = BASE64.decode(text.as_bytes()).ok()?;
            Some(BASE64.encode(&bytes))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_has_one_text() {
        let same = |value: Value, text: &str| assert_eq!(key_text(&value).as_deref(), Some(text));
        same(json!({"S": "a b"}), "a b");
        same(json!({"S": ""}), "");
        same(json!({"N": "1"}), "1");
        same(json!({"N": "01.00"}), "1");
        same(json!({"N": "1e2"}), "100");
        same(json!({"N": "-0.50"}), "-0.5");
        same(json!({"B": "AQI="}), "AQI=");
    }

    #[test]
    fn what_no_key_can_be_cannot_be_told() {
        for value in [
            json!({}),
            json!("a"),
            json!({"S": "a", "N": "1"}),
            json!({"S": "a", "x": null}),
            json!({"S": 1}),
            json!({"N": "x"}),
            json!({"N": "1e999"}),
            json!({"B": "AQI"}),
            json!({"B": "AQJ=", "S": null}),
            json!({"B": "AQJ="}),
            json!({"BOOL": true}),
            json!({"s": "a"}),
            json!(["S", "a"]),
        ] {
            assert_eq!(key_text(&value), None, "{value}");
        }
    }

    #[test]
    fn one_thing_that_cannot_be_told_makes_the_whole_undetermined() {
        let mut touched = Touched::default();
        touched.add(Some("b"));
        touched.add(Some("b"));
        touched.extend(Some(vec!["a", "b"]));
        assert_eq!(list(&["b", "a"]), touched.clone().into_context());
        touched.add(None);
        touched.add(Some("c"));
        assert_eq!(touched.into_context(), ContextValue::Undetermined);
    }

    #[test]
    fn more_than_can_be_told_apart_is_undetermined_and_kept_no_longer() {
        let names: Vec<String> = (0..MAX_KNOWN).map(|number| format!("a{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut touched = Touched::default();
        touched.extend(Some(names.clone()));
        touched.extend(Some(names.clone()));
        assert_eq!(touched.clone().into_context(), list(&names));
        touched.add(Some("one more"));
        assert_eq!(touched, Touched::undetermined());
        for name in &names {
            touched.add(Some(name));
        }
        assert_eq!(touched.known.capacity(), 0);
    }

    #[test]
    fn longer_names_than_can_be_told_apart_are_undetermined() {
        let mut touched = Touched::default();
        touched.add(Some(&"a".repeat(MAX_KNOWN_BYTES + 1)));
        assert_eq!(touched, Touched::undetermined());
        let mut touched = Touched::default();
        touched.add(Some(&"a".repeat(MAX_KNOWN_BYTES)));
        assert!(!touched.undetermined);
        touched.add(Some("b"));
        assert_eq!(touched, Touched::undetermined());
    }

    #[test]
    fn a_hundred_of_the_longest_keys_can_be_told_and_a_longer_one_is_no_key() {
        let mut touched = Touched::default();
        let mut last = String::new();
        for number in 0..100_u8 {
            let binary = BASE64.encode(&[number; 2_048]);
            last = key_text(&json!({"B": binary})).unwrap();
            touched.add(Some(&last));
        }
        assert_eq!((last.len(), touched.known.len()), (MAX_KEY_TEXT, 100));
        for kind in ["S", "N", "B"] {
            let value = json!({kind: "1".repeat(MAX_KEY_TEXT + 1)});
            assert_eq!(key_text(&value), None, "{kind}");
        }
    }

    fn list(names: &[&str]) -> ContextValue {
        ContextValue::List(names.iter().map(|name| (*name).to_owned()).collect())
    }
}
