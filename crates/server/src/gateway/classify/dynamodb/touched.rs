//! Which values and attributes a request touches, or that this cannot be told.

use data_encoding::BASE64;
use serde_json::Value;
use thingpass_policy::ContextValue;

use super::body::Object;

/// A list that grows, until something cannot be told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    known: Vec<String>,
    undetermined: bool,
}

impl Touched {
    /// What cannot be told.
    pub(super) fn undetermined() -> Self {
        Self {
            known: Vec::new(),
            undetermined: true,
        }
    }

    /// One more, or something that cannot be told.
    pub(super) fn add(&mut self, one: Option<String>) {
        match one {
            Some(one) if !self.known.contains(&one) => self.known.push(one),
            Some(_) => {}
            None => self.undetermined = true,
        }
    }

    /// Several more, or something that cannot be told.
    pub(super) fn extend(&mut self, more: Option<Vec<String>>) {
        match more {
            Some(more) => more.into_iter().for_each(|one| self.add(Some(one))),
            None => self.undetermined = true,
        }
    }

    /// The names of an object's members.
    pub(super) fn add_names(&mut self, object: &Object) {
        for name in object.keys() {
            self.add(Some(name.clone()));
        }
    }

    /// As a context value.
    pub(super) fn into_context(self) -> ContextValue {
        if self.undetermined {
            ContextValue::Undetermined
        } else {
            ContextValue::List(self.known)
        }
    }
}

/// The text of a key's value: strings as they are, numbers as the engine normalises them, binary as
/// base64. None for what no key can be, or what two readers could read in two ways.
pub(super) fn key_text(value: &Value) -> Option<String> {
    let object = value.as_object()?;
    let mut members = object.iter();
    let (kind, value) = members.next()?;
    let text = value.as_str().filter(|_| members.next().is_none())?;
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
        touched.add(Some("a".into()));
        touched.add(Some("a".into()));
        touched.extend(Some(vec!["b".into()]));
        assert_eq!(touched.known, ["a", "b"]);
        touched.add(None);
        assert_eq!(touched.into_context(), ContextValue::Undetermined);
    }
}
