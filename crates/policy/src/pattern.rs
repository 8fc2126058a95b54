//! Patterns: literal text, wildcards and variables, compiled once and matched without backtracking blow-up.

pub(crate) mod arn;

use crate::context::Context;
use crate::truth::Truth;
use crate::variable::{self, Obstacle, Reference, Variable};

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// The pattern as the policy spells it.
    pub(crate) written: Box<str>,
    tokens: Box<[Token]>,
    has_variables: bool,
}

#[derive(Clone, Debug)]
enum Token {
    Text(Box<str>),
    /// `?`: exactly one character.
    AnyChar,
    /// `*`: any characters, or none.
    AnyRun,
    Variable(Variable),
}

/// What has a meaning beyond itself in a pattern.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Syntax {
    pub(crate) wildcards: bool,
    pub(crate) variables: bool,
}

/// How letters compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Exact,
    Ignored,
}

impl Pattern {
    /// Compiles text. Fails on a malformed variable, with a message.
    pub(crate) fn compile(written: &str, syntax: Syntax) -> Result<Self, String> {
        let mut tokens = Tokens::default();
        let mut rest = written;
        while let Some(character) = rest.chars().next() {
            if syntax.variables
                && let Some(body) = rest.strip_prefix("${")
            {
                let (reference, after) = variable::parse(body)?;
                match reference {
                    Reference::Literal(literal) => tokens.text.push_str(literal),
                    Reference::Variable(variable) => tokens.push(Token::Variable(variable)),
                }
                rest = after;
                continue;
            }
            match character {
                '*' if syntax.wildcards => tokens.push(Token::AnyRun),
                '?' if syntax.wildcards => tokens.push(Token::AnyChar),
                other => tokens.text.push(other),
            }
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
        }
        let tokens = tokens.finish();
        let has_variables = tokens
            .iter()
            .any(|token| matches!(token, Token::Variable(_)));
        Ok(Self {
            written: written.into(),
            tokens,
            has_variables,
        })
    }

    /// Whether the whole text matches. A variable without a value matches nothing; one that cannot be
    /// determined leaves the answer unknown.
    pub(crate) fn matches(&self, text: &str, case: Case, context: &Context) -> Truth {
        match self.obstacle(context) {
            Some((_, Obstacle::Undetermined)) => Truth::Unknown,
            Some(_) => Truth::False,
            None => Truth::from(Glob { case, context }.matches(&self.tokens, text)),
        }
    }

    /// Whether a name matches, in any case. For patterns without variables, such as those of actions.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        Glob {
            case: Case::Ignored,
            context: &NO_CONTEXT,
        }
        .matches(&self.tokens, name)
    }

    /// The first variable that has no text, and why.
    pub(crate) fn obstacle(&self, context: &Context) -> Option<(&Variable, Obstacle)> {
        if !self.has_variables {
            return None;
        }
        self.variables().find_map(|variable| {
            variable
                .resolve(context)
                .err()
                .map(|obstacle| (variable, obstacle))
        })
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.tokens.iter().filter_map(|token| match token {
            Token::Variable(variable) => Some(variable),
            Token::Text(_) | Token::AnyChar | Token::AnyRun => None,
        })
    }

    /// The pattern's text, if it is only text.
    fn literal(&self) -> Option<&str> {
        match &*self.tokens {
            [] => Some(""),
            [Token::Text(text)] => Some(text),
            _ => None,
        }
    }
}

static NO_CONTEXT: Context = Context::EMPTY;

#[derive(Default)]
struct Tokens {
    done: Vec<Token>,
    text: String,
}

impl Tokens {
    fn push(&mut self, token: Token) {
        self.flush();
        self.done.push(token);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.done
                .push(Token::Text(std::mem::take(&mut self.text).into()));
        }
    }

    fn finish(mut self) -> Box<[Token]> {
        self.flush();
        self.done.into()
    }
}

/// Matches tokens, cut at each `*` into segments: the first is anchored at the start, the last at the end,
/// and each between is taken at its leftmost place. Leftmost is always good enough, so nothing is undone
/// and the work is bounded by text length times pattern length.
struct Glob<'a> {
    case: Case,
    context: &'a Context,
}

impl Glob<'_> {
    fn matches(&self, tokens: &[Token], text: &str) -> bool {
        let mut segments = tokens.split(|token| matches!(token, Token::AnyRun));
        let Some(text) = self.strip_front(segments.next().unwrap_or_default(), text) else {
            return false;
        };
        let Some(last) = segments.next_back() else {
            return text.is_empty();
        };
        let Some(mut text) = self.strip_back(last, text) else {
            return false;
        };
        segments.all(|segment| match self.skip_past(segment, text) {
            Some(rest) => {
                text = rest;
                true
            }
            None => false,
        })
    }

    fn strip_front<'t>(&self, segment: &[Token], text: &'t str) -> Option<&'t str> {
        segment
            .iter()
            .try_fold(text, |text, token| match self.text_of(token) {
                Some(literal) => strip_prefix(text, literal, self.case),
                None => one_char(token, text.chars(), Iterator::next),
            })
    }

    fn strip_back<'t>(&self, segment: &[Token], text: &'t str) -> Option<&'t str> {
        segment
            .iter()
            .rev()
            .try_fold(text, |text, token| match self.text_of(token) {
                Some(literal) => strip_suffix(text, literal, self.case),
                None => one_char(token, text.chars(), DoubleEndedIterator::next_back),
            })
    }

    /// The text after the leftmost occurrence of a segment.
    fn skip_past<'t>(&self, segment: &[Token], text: &'t str) -> Option<&'t str> {
        let anchor = segment.first().and_then(|token| self.text_of(token));
        let mut text = text;
        loop {
            if let (Some(anchor), Case::Exact) = (anchor, self.case) {
                text = text.get(text.find(anchor)?..)?;
            }
            if let Some(rest) = self.strip_front(segment, text) {
                return Some(rest);
            }
            let mut chars = text.chars();
            chars.next()?;
            text = chars.as_str();
        }
    }

    /// The text a token stands for; `None` for a wildcard, and for a variable without a value.
    fn text_of<'t>(&'t self, token: &'t Token) -> Option<&'t str> {
        match token {
            Token::Text(text) => Some(text),
            Token::Variable(variable) => variable.resolve(self.context).ok(),
            Token::AnyChar | Token::AnyRun => None,
        }
    }
}

fn one_char<'t>(
    token: &Token,
    mut text: std::str::Chars<'t>,
    take: impl Fn(&mut std::str::Chars<'t>) -> Option<char>,
) -> Option<&'t str> {
    match token {
        Token::AnyChar => take(&mut text).map(|_| text.as_str()),
        Token::Text(_) | Token::AnyRun | Token::Variable(_) => None,
    }
}

fn strip_prefix<'t>(text: &'t str, prefix: &str, case: Case) -> Option<&'t str> {
    if case == Case::Exact {
        return text.strip_prefix(prefix);
    }
    let mut rest = text.chars();
    prefix
        .chars()
        .all(|c| rest.next().is_some_and(|d| same_letter(c, d)))
        .then_some(rest.as_str())
}

fn strip_suffix<'t>(text: &'t str, suffix: &str, case: Case) -> Option<&'t str> {
    if case == Case::Exact {
        return text.strip_suffix(suffix);
    }
    let mut rest = text.chars();
    suffix
        .chars()
        .rev()
        .all(|c| rest.next_back().is_some_and(|d| same_letter(c, d)))
        .then_some(rest.as_str())
}

fn same_letter(a: char, b: char) -> bool {
    if a.is_ascii() && b.is_ascii() {
        a.eq_ignore_ascii_case(&b)
    } else {
        a == b || a.to_lowercase().eq(b.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: Syntax = Syntax {
        wildcards: true,
        variables: true,
    };

    fn matches(pattern: &str, text: &str, context: &Context) -> Truth {
        Pattern::compile(pattern, ALL)
            .unwrap()
            .matches(text, Case::Exact, context)
    }

    fn matches_plainly(pattern: &str, text: &str) -> bool {
        matches(pattern, text, &Context::new()) == Truth::True
    }

    /// The definition of the two wildcards, exponential and obvious.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), None) => naive(rest, text),
            (Some(('*', rest)), Some((_, after))) => naive(rest, text) || naive(pattern, after),
            (Some((c, rest)), Some((d, after))) => (*c == '?' || c == d) && naive(rest, after),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    #[test]
    fn wildcards_match_runs_and_single_characters() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("a*c", "abbc"),
            ("a?c", "aéc"),
            ("*a*b*", "xaxbx"),
            ("a*a", "aa"),
        ] {
            assert!(matches_plainly(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a*a", "a"),
            ("a?", "a"),
            ("a", "A"),
            ("*ab*ba*", "aba"),
        ] {
            assert!(!matches_plainly(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_exponential_time() {
        let pattern = "*a".repeat(500) + "*b";
        assert!(!matches_plainly(&pattern, &"a".repeat(5000)));
    }

    #[test]
    fn the_value_of_a_variable_is_never_a_wildcard() {
        let mut context = Context::new();
        context.insert("aws:username", "*");
        assert_eq!(
            matches("table/${aws:username}", "table/Secret", &context),
            Truth::False
        );
        assert_eq!(
            matches("table/${aws:username}", "table/*", &context),
            Truth::True
        );
        assert_eq!(matches("*${aws:username}*x", "a*bx", &context), Truth::True);
        assert_eq!(matches("*${aws:username}*x", "abx", &context), Truth::False);
    }

    #[test]
    fn a_variable_without_a_value_matches_nothing() {
        let context = Context::new();
        for text in ["table/", "table/x", "table/${aws:username}"] {
            assert_eq!(
                matches("table/${aws:username}*", text, &context),
                Truth::False
            );
        }
    }

    #[test]
    fn escapes_stand_for_themselves() {
        assert!(matches_plainly("a${*}${?}${$}{b}", "a*?${b}"));
        assert!(!matches_plainly("a${*}", "ab"));
    }

    #[test]
    fn ignoring_case_reaches_beyond_ascii() {
        let pattern = Pattern::compile("É*z?", ALL).unwrap();
        assert_eq!(
            pattern.matches("éaZb", Case::Ignored, &Context::new()),
            Truth::True
        );
        assert_eq!(
            pattern.matches("eaZb", Case::Ignored, &Context::new()),
            Truth::False
        );
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(pattern in "[ab*?é]{0,10}", text in "[abé]{0,12}") {
            let chars: Vec<char> = pattern.chars().collect();
            let expected = naive(&chars, &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(matches_plainly(&pattern, &text), expected);
            let ignoring = Pattern::compile(&pattern, ALL).unwrap();
            let upper = text.to_uppercase();
            prop_assert_eq!(ignoring.matches(&upper, Case::Ignored, &Context::new()), Truth::from(expected));
        }

        #[test]
        fn a_substituted_value_equals_its_escaped_text(
            before in "[a*?]{0,4}", value in "[a*?$]{0,4}", after in "[a*?]{0,4}", text in "[a*?$]{0,10}",
        ) {
            let mut context = Context::new();
            context.insert("aws:userid", value.clone());
            let escaped: String = value.chars().map(|c| format!("${{{c}}}").replace("${a}", "a")).collect();
            prop_assert_eq!(
                matches(&format!("{before}${{aws:userid}}{after}"), &text, &context),
                matches(&format!("{before}{escaped}{after}"), &text, &context)
            );
        }
    }
}
