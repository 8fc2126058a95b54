//! `StringEquals`, `StringEqualsIgnoreCase`, `StringLike` and their negations.

use crate::context::Context;
use crate::pattern::{Case, Pattern, Syntax};
use crate::truth::Truth;
use crate::variable::Variable;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Equals,
    EqualsIgnoreCase,
    /// With the wildcards `*` and `?`.
    Like,
}

#[derive(Clone, Debug)]
pub(super) struct Strings {
    case: Case,
    patterns: Box<[Pattern]>,
}

impl Strings {
    pub(super) fn compile(
        values: &[String],
        style: Style,
        variables: bool,
    ) -> Result<Self, String> {
        let (wildcards, case) = match style {
            Style::Equals => (false, Case::Exact),
            Style::EqualsIgnoreCase => (false, Case::Ignored),
            Style::Like => (true, Case::Exact),
        };
        let syntax = Syntax {
            wildcards,
            variables,
        };
        let patterns = values
            .iter()
            .map(|value| Pattern::compile(value, syntax))
            .collect::<Result<_, _>>()?;
        Ok(Self { case, patterns })
    }

    pub(super) fn matches(&self, value: &str, context: &Context) -> Truth {
        Truth::any(
            self.patterns
                .iter()
                .map(|pattern| pattern.matches(value, self.case, context)),
        )
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.patterns.iter().flat_map(Pattern::variables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(style: Style, policy: &str, value: &str) -> bool {
        let strings = Strings::compile(&[policy.to_owned()], style, true).unwrap();
        strings.matches(value, &Context::new()) == Truth::True
    }

    #[test]
    fn only_like_has_wildcards_and_only_ignore_case_ignores_it() {
        assert!(matches(Style::Like, "a*", "abc") && !matches(Style::Like, "a*", "Abc"));
        assert!(matches(Style::Equals, "a*", "a*") && !matches(Style::Equals, "a*", "abc"));
        assert!(
            matches(Style::EqualsIgnoreCase, "A?", "a?")
                && !matches(Style::EqualsIgnoreCase, "A?", "ab")
        );
    }

    #[test]
    fn a_malformed_variable_is_refused() {
        assert!(Strings::compile(&["${x".to_owned()], Style::Equals, true).is_err());
        assert!(Strings::compile(&["${x".to_owned()], Style::Equals, false).is_ok());
    }
}
