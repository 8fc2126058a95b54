//! From text to a [`Policy`], refusing what the language does not define.
//!
//! Source: IAM user guide, "Grammar of the IAM JSON policy language".

mod condition;
mod element;
mod json;
mod statement;

use crate::document::{Policy, Statement, Version};
use crate::iam::Grammar;
use element::Object;
use json::Json;

/// Why a document is not a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", self.place())]
pub struct ParseError {
    path: String,
    message: String,
    detail: String,
}

impl ParseError {
    /// Where: `Statement[0].Condition`, or empty for the document as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The sentence that AWS answers with.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is wrong in particular; empty if the sentence says it all.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    fn place(&self) -> String {
        match (&*self.detail, &*self.path) {
            ("", "") => String::new(),
            ("", path) => format!(" (at `{path}`)"),
            (detail, "") => format!(" ({detail})"),
            (detail, path) => format!(" ({detail}, at `{path}`)"),
        }
    }

    fn new(path: &str, message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            message: message.into(),
            detail: detail.into(),
        }
    }

    fn syntax(path: &str, detail: impl Into<String>) -> Self {
        Self::new(path, "Syntax errors in policy.", detail)
    }
}

/// Parses a document, compiling it for evaluation. Whitespace and the order of elements do not matter.
///
/// Size quotas are not checked here: see [`limits`](crate::limits).
pub fn parse(text: &str, grammar: Grammar) -> Result<Policy, ParseError> {
    let json = json::read(text).map_err(|detail| ParseError::syntax("", detail))?;
    let mut document = Object::new(String::new(), json)?;
    let version = version(&mut document)?;
    // An Id has no meaning for evaluation.
    document.take_string("Id")?;
    let statements = statements(&mut document, &Rules { grammar, version })?;
    document.finish()?;
    Ok(Policy {
        version,
        statements,
    })
}

/// What decides how a statement is read.
struct Rules {
    grammar: Grammar,
    version: Version,
}

impl Rules {
    /// Whether `${` begins a variable.
    fn has_variables(&self) -> bool {
        self.version == Version::V2012
    }
}

fn version(document: &mut Object) -> Result<Version, ParseError> {
    match document.take_string("Version")?.as_deref() {
        None | Some("2008-10-17") => Ok(Version::V2008),
        Some("2012-10-17") => Ok(Version::V2012),
        Some(other) => Err(ParseError::new(
            "Version",
            "Policy document must be version 2012-10-17 or greater.",
            format!("`{other}` is not a version"),
        )),
    }
}

fn statements(document: &mut Object, rules: &Rules) -> Result<Box<[Statement]>, ParseError> {
    let items = match document.take("Statement") {
        None => return Err(ParseError::syntax("", "`Statement` is missing")),
        Some(Json::Array(items)) if items.is_empty() => {
            return Err(ParseError::syntax(
                "Statement",
                "there must be at least one statement",
            ));
        }
        Some(Json::Array(items)) => items,
        Some(single) => vec![single],
    };
    let mut statements: Vec<Statement> = Vec::with_capacity(items.len());
    let mut sids = std::collections::HashSet::new();
    for (index, item) in items.into_iter().enumerate() {
        let path = format!("Statement[{index}]");
        let statement = statement::parse(Object::new(path.clone(), item)?, rules)?;
        if let Some(sid) = statement.sid()
            && !sids.insert(sid.to_owned())
        {
            return Err(ParseError::new(
                &path,
                "Statement IDs (SID) in a single policy must be unique.",
                format!("`{sid}` is there twice"),
            ));
        }
        statements.push(statement);
    }
    Ok(statements.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> ParseError {
        parse(text, Grammar::Identity).unwrap_err()
    }

    #[test]
    fn the_version_defaults_to_the_old_one() {
        let statement = r#""Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
        for (version, expected) in [
            ("", "2008-10-17"),
            (r#""Version": "2008-10-17","#, "2008-10-17"),
            (r#""Version": "2012-10-17","#, "2012-10-17"),
        ] {
            let policy = parse(&format!("{{{version}{statement}}}"), Grammar::Iot).unwrap();
            assert_eq!(policy.version(), expected);
        }
        let error = refusal(&format!(r#"{{"Version": "2013-01-01", {statement}}}"#));
        assert_eq!(
            error.message(),
            "Policy document must be version 2012-10-17 or greater."
        );
        assert_eq!(error.path(), "Version");
    }

    #[test]
    fn errors_say_what_and_where() {
        let error =
            refusal(r#"{"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}"#);
        assert_eq!(
            error.to_string(),
            "Syntax errors in policy. (`allow` is neither `Allow` nor `Deny`, at `Statement[0].Effect`)"
        );
    }

    #[test]
    fn documents_without_statements_or_with_strange_elements_are_refused() {
        for text in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"Statement": []}"#,
            r#"{"Statement": "x"}"#,
            r#"{"Statement": [null]}"#,
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}, "Comment": ""}"#,
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}, "Id": 1}"#,
            r#"{"statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
        ] {
            assert_eq!(
                refusal(text).message(),
                "Syntax errors in policy.",
                "{text}"
            );
        }
    }

    #[test]
    fn statement_ids_are_unique() {
        let statement = r#"{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"}"#;
        let error = refusal(&format!(r#"{{"Statement": [{statement}, {statement}]}}"#));
        assert_eq!(
            error.message(),
            "Statement IDs (SID) in a single policy must be unique."
        );
        assert_eq!(error.path(), "Statement[1]");
    }
}
