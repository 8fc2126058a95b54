//! Policy variables: `${key}` and `${key, 'default'}`.
//!
//! Source: IAM user guide, "IAM policy elements: Variables and tags".

use std::fmt;

use crate::context::{Context, ContextValue};
use crate::iot;

/// A reference to a condition key, replaced by its value as literal text.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    /// The key as the policy spells it.
    pub(crate) name: Box<str>,
    /// The key in lower case.
    pub(crate) key: Box<str>,
    /// Literal text, as the value of the key would be.
    default: Option<Box<str>>,
    is_certificate: bool,
}

/// Why a variable has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    Absent,
    ManyValues,
    TooLong,
    ReservedCharacter,
    Undetermined,
}

/// What `${...}` stands for.
pub(crate) enum Reference {
    /// `${*}`, `${?}` or `${$}`.
    Literal(&'static str),
    Variable(Variable),
}

impl Variable {
    /// The text to put in place. A default replaces an absent key only: a key that is there but
    /// unusable must not be talked away.
    pub(crate) fn resolve<'a>(&'a self, context: &'a Context) -> Result<&'a str, Obstacle> {
        match context.lookup(&self.key) {
            Some(ContextValue::Single(value)) => self.admit(value),
            Some(ContextValue::List(values)) if !values.is_empty() => Err(Obstacle::ManyValues),
            Some(ContextValue::List(_)) | None => self.default.as_deref().ok_or(Obstacle::Absent),
            Some(ContextValue::Undetermined) => Err(Obstacle::Undetermined),
        }
    }

    fn admit<'a>(&self, value: &'a str) -> Result<&'a str, Obstacle> {
        if self.is_certificate {
            if value.chars().nth(iot::CERTIFICATE_VALUE_CHARS).is_some() {
                return Err(Obstacle::TooLong);
            }
            if value.chars().any(iot::is_reserved) {
                return Err(Obstacle::ReservedCharacter);
            }
        }
        Ok(value)
    }
}

/// Reads what follows `${`, and returns it with the text after the closing brace.
pub(crate) fn parse(text: &str) -> Result<(Reference, &str), String> {
    for (symbol, literal) in [("*}", "*"), ("?}", "?"), ("$}", "$")] {
        if let Some(rest) = text.strip_prefix(symbol) {
            return Ok((Reference::Literal(literal), rest));
        }
    }
    let end = text
        .find(['}', '\''])
        .ok_or("a `${` has no closing brace")?;
    let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    if let Some(rest) = rest.strip_prefix('}') {
        return Ok((Reference::Variable(variable(name, None)?), rest));
    }
    let name = name.trim_end_matches(' ').strip_suffix(',').ok_or(
        "the default of a variable must follow a comma, as in `${aws:PrincipalTag/team, 'none'}`",
    )?;
    let (default, rest) = rest
        .strip_prefix('\'')
        .and_then(|quoted| quoted.split_once('\''))
        .ok_or("the default of a variable has no closing quote")?;
    let rest = rest
        .strip_prefix('}')
        .ok_or("a closing brace must follow the default of a variable")?;
    Ok((Reference::Variable(variable(name, Some(default))?), rest))
}

fn variable(name: &str, default: Option<&str>) -> Result<Variable, String> {
    let is_key = name.split_once(':').is_some_and(|(vendor, key)| {
        let is_vendor = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        !vendor.is_empty() && vendor.chars().all(is_vendor) && !key.is_empty()
    });
    let is_foreign = |c: char| matches!(c, '$' | '{' | '*' | '?' | '"') || c.is_control();
    if !is_key || name.contains(is_foreign) || name.trim() != name {
        return Err(format!(
            "`${{{name}}}` is not a variable: expected a condition key, as in `${{aws:username}}`"
        ));
    }
    let key = name.to_ascii_lowercase().into_boxed_str();
    Ok(Variable {
        name: name.into(),
        is_certificate: iot::is_certificate_key(&key),
        key,
        default: default.map(Box::from),
    })
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "is not in the request",
            Self::ManyValues => "has several values, and a variable takes one",
            Self::TooLong => "is too long to be substituted",
            Self::ReservedCharacter => "contains one of `* $ + ? #`, and is not substituted",
            Self::Undetermined => "cannot be determined for this request",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str, context: &Context) -> Result<String, Obstacle> {
        match parse(text).unwrap().0 {
            Reference::Literal(literal) => Ok(literal.to_owned()),
            Reference::Variable(variable) => variable.resolve(context).map(str::to_owned),
        }
    }

    #[test]
    fn variables_take_the_value_of_their_key_in_any_case() {
        let mut context = Context::new();
        context.insert("iot:Connection.Thing.Attributes[Owner]", "Alice");
        assert_eq!(
            resolve("IOT:connection.thing.attributes[owner]}", &context),
            Ok("Alice".into())
        );
    }

    #[test]
    fn defaults_replace_absent_keys_only() {
        let mut context = Context::new();
        assert_eq!(
            resolve("aws:PrincipalTag/a,b, 'x}y'}", &context),
            Ok("x}y".into())
        );
        context.insert_undetermined("aws:PrincipalTag/a,b");
        assert_eq!(
            resolve("aws:PrincipalTag/a,b, 'x}y'}", &context),
            Err(Obstacle::Undetermined)
        );
    }

    #[test]
    fn multi_valued_keys_have_no_text() {
        let mut context = Context::new();
        context.insert_list("aws:TagKeys", vec!["a".into()]);
        assert_eq!(resolve("aws:TagKeys}", &context), Err(Obstacle::ManyValues));
        assert_eq!(resolve("aws:userid}", &context), Err(Obstacle::Absent));
    }

    #[test]
    fn certificate_attributes_with_reserved_characters_are_not_substituted() {
        let mut context = Context::new();
        context.insert("iot:Certificate.Subject.CommonName", "a*");
        context.insert("iot:Certificate.Subject.Title", "é".repeat(1025));
        context.insert("iot:Connection.Thing.ThingName", "a+b");
        let name = "iot:Certificate.Subject.CommonName}";
        assert_eq!(resolve(name, &context), Err(Obstacle::ReservedCharacter));
        assert_eq!(
            resolve("iot:Certificate.Subject.Title}", &context),
            Err(Obstacle::TooLong)
        );
        assert_eq!(
            resolve("iot:Connection.Thing.ThingName}", &context),
            Ok("a+b".into())
        );
    }

    #[test]
    fn broken_variables_are_refused() {
        for text in [
            "",
            "}",
            "aws:x",
            "aws}",
            ":x}",
            "aws:}",
            " aws:x}",
            "aws:x }",
            "aws:${a:b}}",
            "**}",
            "aws:x 'd'}",
            "aws:x, 'd",
            "aws:x, 'd' }",
            "aws:x, 'd'",
            "'d'}",
            ", 'd'}",
            "aws:a*}",
        ] {
            assert!(parse(text).is_err(), "`${{{text}` was accepted");
        }
    }
}
