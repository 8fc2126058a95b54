//! How a condition ranges over the values of a key: plainly, `ForAllValues:` or `ForAnyValue:`.

use crate::truth::Truth;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    /// Any value matches; negated, none does.
    Plain,
    /// Each value satisfies the operator.
    AllValues,
    /// At least one value satisfies the operator.
    AnyValue,
}

impl Quantifier {
    /// Splits the prefix off an operator.
    pub(super) fn parse(operator: &str) -> (Self, &str) {
        if let Some(base) = operator.strip_prefix("ForAllValues:") {
            (Self::AllValues, base)
        } else if let Some(base) = operator.strip_prefix("ForAnyValue:") {
            (Self::AnyValue, base)
        } else {
            (Self::Plain, operator)
        }
    }

    /// The verdict on an absent key or an empty list.
    pub(super) fn holds_for_absent_key(self, is_negated: bool) -> bool {
        match self {
            Self::Plain => is_negated,
            Self::AllValues => true,
            Self::AnyValue => false,
        }
    }

    /// The verdict on the values of the request.
    pub(super) fn judge(
        self,
        values: &[String],
        is_negated: bool,
        matches: impl Fn(&str) -> Truth,
    ) -> Truth {
        let satisfied = values
            .iter()
            .map(|value| matches(value).negated_if(is_negated));
        match self {
            Self::Plain if is_negated => Truth::all(satisfied),
            Self::Plain | Self::AnyValue => Truth::any(satisfied),
            Self::AllValues => Truth::all(satisfied),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negated_plain_operator_wants_no_value_to_match() {
        let values = ["a".to_owned(), "b".to_owned()];
        let is_a = |value: &str| Truth::from(value == "a");
        assert_eq!(Quantifier::Plain.judge(&values, true, is_a), Truth::False);
        assert_eq!(Quantifier::AnyValue.judge(&values, true, is_a), Truth::True);
        assert_eq!(
            Quantifier::AllValues.judge(&values, false, is_a),
            Truth::False
        );
    }
}
