//! Taking an object apart: each element is taken once, and what is left at the end is unknown.

use super::ParseError;
use super::json::Json;

/// An object of the document, and where it is.
pub(super) struct Object {
    path: String,
    members: Vec<(String, Json)>,
}

impl Object {
    pub(super) fn new(path: String, json: Json) -> Result<Self, ParseError> {
        match json {
            Json::Object(members) => Ok(Self { path, members }),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => Err(
                ParseError::syntax(&path, format!("expected an object, not {}", json.kind())),
            ),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The path of a member.
    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(member, _)| member == name)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        let index = self.members.iter().position(|(member, _)| member == name)?;
        Some(self.members.remove(index).1)
    }

    pub(super) fn take_string(&mut self, name: &str) -> Result<Option<String>, ParseError> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(other) => Err(ParseError::syntax(
                &self.path_of(name),
                format!("expected a string, not {}", other.kind()),
            )),
        }
    }

    /// A string or an array of strings.
    pub(super) fn take_strings(&mut self, name: &str) -> Result<Option<Vec<String>>, ParseError> {
        let path = self.path_of(name);
        self.take(name).map(|json| strings(json, &path)).transpose()
    }

    /// All members that are left.
    pub(super) fn into_members(self) -> Vec<(String, Json)> {
        self.members
    }

    /// Refuses what was not taken.
    pub(super) fn finish(self) -> Result<(), ParseError> {
        match self.members.first() {
            None => Ok(()),
            Some((name, _)) => Err(ParseError::syntax(
                &self.path,
                format!("`{name}` is not an element that belongs here"),
            )),
        }
    }
}

/// A string or an array of strings.
pub(super) fn strings(json: Json, path: &str) -> Result<Vec<String>, ParseError> {
    one_or_more(json)
        .into_iter()
        .map(|item| match item {
            Json::String(text) => Ok(text),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => Err(
                ParseError::syntax(path, format!("expected a string, not {}", item.kind())),
            ),
        })
        .collect()
}

/// A scalar or an array of scalars, in the spelling of strings.
pub(super) fn scalars(json: Json, path: &str) -> Result<Vec<String>, ParseError> {
    one_or_more(json)
        .into_iter()
        .map(|item| match item {
            Json::String(text) | Json::Number(text) => Ok(text),
            Json::Bool(value) => Ok(value.to_string()),
            Json::Null | Json::Array(_) | Json::Object(_) => Err(ParseError::syntax(
                path,
                format!(
                    "expected a string, a number or a boolean, not {}",
                    item.kind()
                ),
            )),
        })
        .collect()
}

fn one_or_more(json: Json) -> Vec<Json> {
    match json {
        Json::Array(items) => items,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => {
            vec![json]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_refused() {
        let json = Json::Object(vec![("A".into(), Json::Null), ("B".into(), Json::Null)]);
        let mut object = Object::new("Statement[0]".into(), json).unwrap();
        assert!(object.take("A").is_some() && object.take("A").is_none());
        let error = object.finish().unwrap_err();
        assert!(error.detail().contains("`B`"), "{error}");
    }
}
