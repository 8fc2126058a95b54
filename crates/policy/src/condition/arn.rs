//! `ArnEquals` and `ArnLike`, which are the same, and their negations.

use crate::context::Context;
use crate::pattern::arn::ArnPattern;
use crate::truth::Truth;
use crate::variable::Variable;

#[derive(Clone, Debug)]
pub(super) struct Arns {
    patterns: Box<[ArnPattern]>,
}

impl Arns {
    pub(super) fn compile(values: &[String], variables: bool) -> Result<Self, String> {
        let compile = |value: &String| ArnPattern::condition(value, variables);
        Ok(Self {
            patterns: values.iter().map(compile).collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn matches(&self, value: &str, context: &Context) -> Truth {
        Truth::any(
            self.patterns
                .iter()
                .map(|pattern| pattern.matches(value, context)),
        )
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.patterns.iter().flat_map(ArnPattern::variables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stay_in_their_segment() {
        let arns = Arns::compile(&["arn:aws:iot:*:1:thing/*".to_owned()], true).unwrap();
        assert_eq!(
            arns.matches("arn:aws:iot:r:1:thing/a", &Context::new()),
            Truth::True
        );
        assert_eq!(
            arns.matches("arn:aws:iot:r:2:1:thing/a", &Context::new()),
            Truth::False
        );
        assert_eq!(arns.matches("thing/a", &Context::new()), Truth::False);
    }
}
