//! `Bool`: `true` or `false`, in any case.

use crate::context::Context;
use crate::pattern::{Case, Pattern, Syntax};
use crate::truth::Truth;
use crate::variable::Variable;

#[derive(Clone, Debug)]
pub(super) struct Bools {
    values: Box<[Pattern]>,
}

impl Bools {
    pub(super) fn compile(values: &[String], variables: bool) -> Result<Self, String> {
        let compile = |value: &String| {
            let pattern = Pattern::compile(
                value,
                Syntax {
                    wildcards: false,
                    variables,
                },
            )?;
            if pattern.variables().next().is_none() && parse(value).is_none() {
                return Err(format!("`{value}` is neither `true` nor `false`"));
            }
            Ok(pattern)
        };
        Ok(Self {
            values: values.iter().map(compile).collect::<Result<_, _>>()?,
        })
    }

    /// A value of the request that is neither leaves the answer unknown.
    pub(super) fn matches(&self, value: &str, context: &Context) -> Truth {
        if parse(value).is_none() {
            return Truth::Unknown;
        }
        Truth::any(
            self.values
                .iter()
                .map(|wanted| wanted.matches(value, Case::Ignored, context)),
        )
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.values.iter().flat_map(Pattern::variables)
    }
}

/// Reads a boolean as policies spell it.
pub(super) fn parse(value: &str) -> Option<bool> {
    if value.eq_ignore_ascii_case("true") {
        Some(true)
    } else if value.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_and_nonsense_is_unknown() {
        let bools = Bools::compile(&["True".to_owned()], true).unwrap();
        assert_eq!(bools.matches("tRUE", &Context::new()), Truth::True);
        assert_eq!(bools.matches("false", &Context::new()), Truth::False);
        assert_eq!(bools.matches("1", &Context::new()), Truth::Unknown);
        assert!(Bools::compile(&["yes".to_owned()], true).is_err());
    }

    #[test]
    fn a_variable_may_stand_for_the_value() {
        let bools = Bools::compile(&["${aws:PrincipalTag/secure}".to_owned()], true).unwrap();
        let mut context = Context::new();
        assert_eq!(bools.matches("true", &context), Truth::False);
        context.insert("aws:PrincipalTag/secure", "True");
        assert_eq!(bools.matches("true", &context), Truth::True);
    }
}
