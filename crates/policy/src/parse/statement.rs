//! One statement: its effect, actions, resources or principals, and conditions.

use super::condition;
use super::element::{self, Object};
use super::json::Json;
use super::{ParseError, Rules};
use crate::document::{Effect, Selection, Statement};
use crate::iam;
use crate::pattern::arn::ArnPattern;
use crate::pattern::{Pattern, Syntax};
use crate::principal::{PrincipalElement, PrincipalPattern};

pub(super) fn parse(mut object: Object, rules: &Rules) -> Result<Statement, ParseError> {
    let sid = sid(&mut object)?;
    let effect = effect(&mut object)?;
    let (principals, resources) = if rules.grammar.names_principals() {
        if let Some(name) = ["Resource", "NotResource"]
            .into_iter()
            .find(|name| object.has(name))
        {
            return Err(ParseError::new(
                object.path(),
                format!("Has prohibited field {name}."),
                "",
            ));
        }
        (Some(principals(&mut object, effect)?), None)
    } else {
        if object.has("Principal") || object.has("NotPrincipal") {
            let message = "Policy document should not specify a principal.";
            return Err(ParseError::new(object.path(), message, ""));
        }
        (None, Some(resources(&mut object, rules)?))
    };
    let actions = actions(&mut object, rules)?;
    let conditions = condition::parse(&mut object, rules)?;
    object.finish()?;
    Ok(Statement {
        sid,
        effect,
        actions,
        principals,
        resources,
        conditions,
    })
}

fn sid(object: &mut Object) -> Result<Option<Box<str>>, ParseError> {
    let Some(sid) = object.take_string("Sid")? else {
        return Ok(None);
    };
    if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let message = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
                       expression [0-9A-Za-z]*";
        return Err(ParseError::new(&object.path_of("Sid"), message, ""));
    }
    Ok(if sid.is_empty() {
        None
    } else {
        Some(sid.into())
    })
}

fn effect(object: &mut Object) -> Result<Effect, ParseError> {
    match object.take_string("Effect")?.as_deref() {
        Some("Allow") => Ok(Effect::Allow),
        Some("Deny") => Ok(Effect::Deny),
        Some(other) => Err(ParseError::syntax(
            &object.path_of("Effect"),
            format!("`{other}` is neither `Allow` nor `Deny`"),
        )),
        None => Err(ParseError::syntax(object.path(), "`Effect` is missing")),
    }
}

/// The one of two elements that is there: its name, whether it is the `Not` one, and its values.
fn either(
    object: &mut Object,
    [including, excluding]: [&'static str; 2],
    missing: &str,
) -> Result<(bool, String, Vec<String>), ParseError> {
    let (is_excluding, name) = match (object.has(including), object.has(excluding)) {
        (true, true) => {
            let detail = format!("`{including}` and `{excluding}` exclude each other");
            return Err(ParseError::syntax(object.path(), detail));
        }
        (false, true) => (true, excluding),
        (true | false, false) => (false, including),
    };
    let values = object.take_strings(name)?.unwrap_or_default();
    if values.is_empty() {
        return Err(ParseError::new(object.path(), missing, ""));
    }
    Ok((is_excluding, object.path_of(name), values))
}

fn actions(object: &mut Object, rules: &Rules) -> Result<Selection<Pattern>, ParseError> {
    let missing = "Policy statement must contain actions.";
    let (is_excluding, path, values) = either(object, ["Action", "NotAction"], missing)?;
    let compile = |action: &String| {
        let refuse = |message: String| {
            ParseError::new(&path, message, format!("`{action}` is not an action"))
        };
        iam::check_action(action).map_err(refuse)?;
        let syntax = Syntax {
            wildcards: true,
            variables: false,
        };
        let pattern =
            Pattern::compile(action, syntax).map_err(|detail| ParseError::syntax(&path, detail))?;
        let is_foreign = rules.grammar.names_principals()
            && (is_excluding || !iam::is_trust_action(action, |name| pattern.matches_name(name)));
        if is_foreign {
            return Err(refuse(
                "AssumeRole policy may only specify STS AssumeRole actions.".to_owned(),
            ));
        }
        Ok(pattern)
    };
    let patterns = values.iter().map(compile).collect::<Result<_, _>>()?;
    Ok(Selection {
        is_excluding,
        patterns,
    })
}

fn resources(object: &mut Object, rules: &Rules) -> Result<Selection<ArnPattern>, ParseError> {
    let missing = "Policy statement must contain resources.";
    let (is_excluding, path, values) = either(object, ["Resource", "NotResource"], missing)?;
    let complete = rules.grammar.completes_short_arns();
    let compile = |resource: &String| {
        ArnPattern::resource(resource, rules.has_variables(), complete)
            .map_err(|(message, detail)| ParseError::new(&path, message, detail))
    };
    let patterns = values.iter().map(compile).collect::<Result<_, _>>()?;
    Ok(Selection {
        is_excluding,
        patterns,
    })
}

fn principals(object: &mut Object, effect: Effect) -> Result<PrincipalElement, ParseError> {
    let (is_excluding, name) = match (object.has("Principal"), object.has("NotPrincipal")) {
        (true, false) => (false, "Principal"),
        (false, true) if effect == Effect::Deny => (true, "NotPrincipal"),
        (false, true) => {
            let message = "AssumeRole policy must not contain NotPrincipal field.";
            return Err(ParseError::new(
                object.path(),
                message,
                "it would allow everyone else",
            ));
        }
        (true, true) => {
            let detail = "`Principal` and `NotPrincipal` exclude each other";
            return Err(ParseError::syntax(object.path(), detail));
        }
        (false, false) => {
            return Err(ParseError::new(
                object.path(),
                "Missing required field Principal",
                "",
            ));
        }
    };
    let path = object.path_of(name);
    let kinds = match object.take(name) {
        Some(Json::String(text)) if text == "*" => {
            return Ok(PrincipalElement {
                is_excluding,
                patterns: [PrincipalPattern::Everyone].into(),
            });
        }
        Some(Json::String(text)) => return Err(invalid_principal(&path, "STAR", &text)),
        other => Object::new(path.clone(), other.unwrap_or(Json::Null))?.into_members(),
    };
    let mut patterns = Vec::new();
    for (kind, values) in kinds {
        for value in element::strings(values, &path)? {
            let pattern = PrincipalPattern::parse(&kind, &value);
            patterns.push(pattern.ok_or_else(|| invalid_principal(&path, &kind, &value))?);
        }
    }
    if patterns.is_empty() {
        return Err(ParseError::syntax(
            &path,
            "there must be at least one principal",
        ));
    }
    Ok(PrincipalElement {
        is_excluding,
        patterns: patterns.into(),
    })
}

fn invalid_principal(path: &str, kind: &str, value: &str) -> ParseError {
    ParseError::new(
        path,
        format!("Invalid principal in policy: \"{kind}\":\"{value}\""),
        "",
    )
}

#[cfg(test)]
mod tests {
    use crate::{Grammar, ParseError, parse};

    fn read(grammar: Grammar, elements: &str) -> Result<(), ParseError> {
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": {{{elements}}}}}"#);
        parse(&document, grammar).map(|_| ())
    }

    fn refusal(grammar: Grammar, elements: &str) -> String {
        read(grammar, elements).unwrap_err().to_string()
    }

    #[test]
    fn an_identity_statement_needs_effect_action_and_resource() {
        for (elements, message) in [
            (r#""Action": "*", "Resource": "*""#, "`Effect` is missing"),
            (
                r#""Effect": "Allow", "Resource": "*""#,
                "Policy statement must contain actions.",
            ),
            (
                r#""Effect": "Allow", "Action": [], "Resource": "*""#,
                "Policy statement must contain actions.",
            ),
            (
                r#""Effect": "Allow", "Action": "*""#,
                "Policy statement must contain resources.",
            ),
            (
                r#""Effect": "Allow", "Action": "*", "NotAction": "a:b", "Resource": "*""#,
                "exclude each other",
            ),
            (
                r#""Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*""#,
                "exclude each other",
            ),
            (
                r#""Effect": "Allow", "Action": {"a": "b"}, "Resource": "*""#,
                "expected a string, not an object",
            ),
            (
                r#""Effect": "Allow", "Action": [1], "Resource": "*""#,
                "expected a string, not a number",
            ),
            (
                r#""Effect": "Allow", "Action": "*", "Resource": "table""#,
                "Resource table must be in ARN format or \"*\".",
            ),
            (
                r#""Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*""#,
                "should not specify a principal",
            ),
            (
                r#""Effect": "Allow", "Action": "*", "Resource": "*", "Sid": "a b""#,
                "must be alpha-numeric",
            ),
            (
                r#""Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {}"#,
                "`Conditions` is not an element",
            ),
        ] {
            let text = refusal(Grammar::Identity, elements);
            assert!(text.contains(message), "{elements}: {text}");
        }
    }

    #[test]
    fn a_trust_statement_needs_a_principal_and_has_no_resource() {
        for (elements, message) in [
            (
                r#""Effect": "Allow", "Action": "sts:AssumeRole""#,
                "Missing required field Principal",
            ),
            (
                r#""Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*""#,
                "Has prohibited field Resource.",
            ),
            (
                r#""Effect": "Allow", "NotPrincipal": {"AWS": "*"}, "Action": "sts:AssumeRole""#,
                "must not contain NotPrincipal",
            ),
            (
                r#""Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/*"}, "Action": "sts:AssumeRole""#,
                "Invalid principal in policy: \"AWS\":\"arn:aws:iam::123456789012:role/*\"",
            ),
            (
                r#""Effect": "Allow", "Principal": {"Aws": "*"}, "Action": "sts:AssumeRole""#,
                "Invalid principal",
            ),
            (
                r#""Effect": "Allow", "Principal": {}, "Action": "sts:AssumeRole""#,
                "at least one principal",
            ),
            (
                r#""Effect": "Allow", "Principal": {"AWS": []}, "Action": "sts:AssumeRole""#,
                "at least one principal",
            ),
            (
                r#""Effect": "Allow", "Principal": null, "Action": "sts:AssumeRole""#,
                "expected an object, not null",
            ),
            (
                r#""Effect": "Allow", "Principal": "*", "Action": "sts:GetCallerIdentity""#,
                "may only specify STS AssumeRole actions",
            ),
            (
                r#""Effect": "Allow", "Principal": "*", "Action": "*""#,
                "may only specify STS AssumeRole actions",
            ),
            (
                r#""Effect": "Deny", "Principal": "*", "NotAction": "sts:AssumeRole""#,
                "may only specify STS AssumeRole actions",
            ),
        ] {
            let text = refusal(Grammar::Trust, elements);
            assert!(text.contains(message), "{elements}: {text}");
        }
        for action in ["sts:AssumeRole", "sts:TagSession", "sts:*", "STS:assume*"] {
            let elements = format!(
                r#""Effect": "Allow", "Principal": {{"Service": "a.b"}}, "Action": "{action}""#
            );
            assert_eq!(read(Grammar::Trust, &elements), Ok(()));
        }
    }

    #[test]
    fn an_iot_statement_may_exclude_actions_and_resources() {
        let elements = r#""Effect": "Deny", "NotAction": "iot:Connect", "NotResource": "arn:aws:iot:r:1:thing/x""#;
        assert_eq!(read(Grammar::Iot, elements), Ok(()));
    }
}
