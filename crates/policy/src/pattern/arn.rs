//! ARN patterns: six segments, each matched against its own, so a wildcard never swallows a colon into the
//! next segment. In the sixth, the resource, `*` spans everything.

use super::{Case, Pattern, Syntax};
use crate::context::Context;
use crate::iam;
use crate::truth::Truth;
use crate::variable::{Obstacle, Variable};

/// A compiled ARN pattern.
#[derive(Clone, Debug)]
pub(crate) struct ArnPattern {
    /// The pattern as the policy spells it.
    pub(crate) written: Box<str>,
    head: Head,
    tail: Pattern,
}

/// The first five segments.
#[derive(Clone, Debug)]
enum Head {
    /// There are none: the tail is matched against the whole text.
    None,
    /// Without wildcards, the usual case: `arn:aws:iot:us-east-1:123456789012:`.
    Literal(Box<str>),
    Segments(Box<[Pattern]>),
}

impl ArnPattern {
    /// Compiles a `Resource`: `*` or an ARN whose variables stand in its last segment only. The error is
    /// IAM's sentence and, where that says little, what is wrong.
    pub(crate) fn resource(
        written: &str,
        variables: bool,
        complete: bool,
    ) -> Result<Self, (String, String)> {
        let syntax = Syntax {
            wildcards: true,
            variables,
        };
        let plain = |detail: String| ("Syntax errors in policy.".to_owned(), detail);
        if written == "*" {
            return Self::whole(written, syntax).map_err(plain);
        }
        let malformed = |detail: &str| {
            (
                format!("Resource {written} must be in ARN format or \"*\"."),
                detail.to_owned(),
            )
        };
        let segments = split(written, variables, complete)
            .ok_or_else(|| malformed("expected `arn:partition:service:region:account:resource`"))?;
        let [prefix, partition, service, region, account, resource] = segments;
        if prefix != "arn" || resource.is_empty() {
            return Err(malformed(
                "expected `arn:partition:service:region:account:resource`",
            ));
        }
        if variables
            && [partition, service, region, account]
                .iter()
                .any(|part| part.contains("${"))
        {
            return Err(malformed("variables may stand only after the fifth colon"));
        }
        if !iam::is_partition(partition) {
            let message =
                format!("Partition \"{partition}\" is not valid for resource \"{written}\".");
            return Err((message, String::new()));
        }
        let is_service = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if service.is_empty() || !service.chars().all(is_service) {
            let message = "Resource vendor must be fully qualified and cannot contain regexes.";
            return Err((
                message.to_owned(),
                format!("the vendor of `{written}` is `{service}`"),
            ));
        }
        Self::segmented(written, segments, syntax).map_err(plain)
    }

    /// Compiles a value of an `Arn…` condition: an ARN, `*`, or one variable that holds an ARN.
    pub(crate) fn condition(written: &str, variables: bool) -> Result<Self, String> {
        let syntax = Syntax {
            wildcards: true,
            variables,
        };
        let whole = Self::whole(written, syntax)?;
        if let [super::Token::AnyRun | super::Token::Variable(_)] = &*whole.tail.tokens {
            return Ok(whole);
        }
        let segments = split(written, variables, true).ok_or_else(|| {
            format!("`{written}` is not an ARN: it needs six segments between colons")
        })?;
        Self::segmented(written, segments, syntax)
    }

    fn whole(written: &str, syntax: Syntax) -> Result<Self, String> {
        Ok(Self {
            written: written.into(),
            head: Head::None,
            tail: Pattern::compile(written, syntax)?,
        })
    }

    fn segmented(written: &str, segments: [&str; 6], syntax: Syntax) -> Result<Self, String> {
        let [head @ .., tail] = segments;
        let patterns = head.map(|segment| Pattern::compile(segment, syntax));
        let patterns = patterns.into_iter().collect::<Result<Box<[_]>, _>>()?;
        let literal: Option<String> = patterns
            .iter()
            .map(|pattern| pattern.literal().map(|text| format!("{text}:")))
            .collect();
        let head = match literal {
            Some(prefix) => Head::Literal(prefix.into()),
            None => Head::Segments(patterns),
        };
        Ok(Self {
            written: written.into(),
            head,
            tail: Pattern::compile(tail, syntax)?,
        })
    }

    /// Whether an ARN matches, segment by segment.
    pub(crate) fn matches(&self, arn: &str, context: &Context) -> Truth {
        match &self.head {
            Head::None => self.tail.matches(arn, Case::Exact, context),
            Head::Literal(prefix) => match arn.strip_prefix(&**prefix) {
                Some(resource) => self.tail.matches(resource, Case::Exact, context),
                None => Truth::False,
            },
            Head::Segments(patterns) => {
                let patterns = patterns.iter().chain([&self.tail]);
                let mut segments = arn.splitn(6, ':');
                Truth::all(patterns.map(|pattern| match segments.next() {
                    Some(segment) => pattern.matches(segment, Case::Exact, context),
                    None => Truth::False,
                }))
            }
        }
    }

    /// The first variable that has no text, and why.
    pub(crate) fn obstacle(&self, context: &Context) -> Option<(&Variable, Obstacle)> {
        self.patterns()
            .find_map(|pattern| pattern.obstacle(context))
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.patterns().flat_map(Pattern::variables)
    }

    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        let head = match &self.head {
            Head::Segments(patterns) => &**patterns,
            Head::None | Head::Literal(_) => &[],
        };
        head.iter().chain([&self.tail])
    }
}

/// Cuts at the first five colons that are not inside `${…}`. With `complete`, a last segment that is just
/// `*` stands for all that follow too, as IAM has it for `arn:aws:s3:*`.
fn split(text: &str, variables: bool, complete: bool) -> Option<[&str; 6]> {
    let mut segments = [""; 6];
    let mut rest = Some(text);
    for (index, slot) in segments.iter_mut().enumerate() {
        match rest {
            Some(text) if index < 5 => (*slot, rest) = cut(text, variables),
            Some(text) => *slot = text,
            None if complete => *slot = "*",
            None => return None,
        }
        if complete && rest.is_none() && *slot != "*" && index < 5 {
            return None;
        }
    }
    Some(segments)
}

/// The first segment, and what follows its colon.
fn cut(text: &str, variables: bool) -> (&str, Option<&str>) {
    let mut in_variable = false;
    let mut previous = ' ';
    for (index, character) in text.char_indices() {
        match character {
            '{' if variables && previous == '$' => in_variable = true,
            '}' => in_variable = false,
            ':' if !in_variable => {
                if let Some((segment, rest)) = text.split_at_checked(index) {
                    return (segment, rest.strip_prefix(':'));
                }
            }
            _ => {}
        }
        previous = character;
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(pattern: &str) -> Result<ArnPattern, (String, String)> {
        ArnPattern::resource(pattern, true, true)
    }

    fn matches(pattern: &str, arn: &str) -> bool {
        resource(pattern).unwrap().matches(arn, &Context::new()) == Truth::True
    }

    #[test]
    fn a_wildcard_stays_in_its_segment() {
        assert!(matches(
            "arn:aws:iot:*:1:thing/a",
            "arn:aws:iot:eu-west-1:1:thing/a"
        ));
        assert!(!matches("arn:aws:iot:*:1:a", "arn:aws:iot:r:2:1:a"));
        assert!(!matches("arn:aws:iot:*:1:a", "arn:aws:iot:r:1:a:b"));
        assert!(matches("arn:aws:iot:*:1:a:b", "arn:aws:iot:r:1:a:b"));
        assert!(matches("arn:aws:iot:r:?:*", "arn:aws:iot:r:1:a:b/c"));
        assert!(!matches("arn:aws:iot:r:?:*", "arn:aws:iot:r:1"));
    }

    #[test]
    fn everything_matches_a_lone_star() {
        assert!(matches("*", "*") && matches("*", "arn:aws:s3:::b") && matches("*", ""));
    }

    #[test]
    fn a_short_arn_is_completed_only_after_a_star() {
        assert!(matches("arn:aws:s3:*", "arn:aws:s3:::bucket/key"));
        assert!(!matches("arn:aws:s3:*", "arn:aws:sqs:r:1:queue"));
        assert!(resource("arn:aws:s3:r").is_err());
        assert!(ArnPattern::resource("arn:aws:s3:*", true, false).is_err());
    }

    #[test]
    fn malformed_resources_get_the_sentences_of_iam() {
        for (text, message) in [
            ("table", "Resource table must be in ARN format or \"*\"."),
            (
                "arn:aws:s3:::",
                "Resource arn:aws:s3::: must be in ARN format or \"*\".",
            ),
            (
                "arn:*:s3:::b",
                "Partition \"*\" is not valid for resource \"arn:*:s3:::b\".",
            ),
            (
                "arn:aws:s*:::b",
                "Resource vendor must be fully qualified and cannot contain regexes.",
            ),
            (
                "arn:aws:s3::${aws:userid}:b",
                "Resource arn:aws:s3::${aws:userid}:b must be in ARN format or \"*\".",
            ),
            ("arn:aws:s3:::${b", "Syntax errors in policy."),
        ] {
            assert_eq!(resource(text).unwrap_err().0, message, "{text}");
        }
    }

    #[test]
    fn a_condition_may_hold_a_variable_anywhere() {
        let mut context = Context::new();
        context.insert("aws:PrincipalAccount", "1");
        context.insert("aws:PrincipalArn", "arn:aws:iam::1:role/*");
        let in_head =
            ArnPattern::condition("arn:aws:iam::${aws:PrincipalAccount}:role/*", true).unwrap();
        assert_eq!(
            in_head.matches("arn:aws:iam::1:role/a", &context),
            Truth::True
        );
        assert_eq!(
            in_head.matches("arn:aws:iam::2:role/a", &context),
            Truth::False
        );
        let whole = ArnPattern::condition("${aws:PrincipalArn}", true).unwrap();
        assert_eq!(
            whole.matches("arn:aws:iam::1:role/a", &context),
            Truth::False
        );
        assert_eq!(
            whole.matches("arn:aws:iam::1:role/*", &context),
            Truth::True
        );
        assert!(ArnPattern::condition("role", true).is_err());
    }
}
