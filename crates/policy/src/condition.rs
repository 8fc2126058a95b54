//! Conditions: an operator, a key and the values to test it against.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Conditions with multiple
//! context keys or values".

mod arn;
mod binary;
// Not `bool`: that would shadow the type.
mod boolean;
mod date;
mod ip;
mod null;
mod numeric;
mod order;
mod set;
mod string;

use std::slice;

use crate::context::{Context, ContextValue};
use crate::truth::Truth;
use crate::variable::Variable;
use order::Relation;
use set::Quantifier;

/// One operator applied to one key.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) operator: Operator,
    /// The key as the policy spells it.
    pub(crate) key: Box<str>,
    /// The values as the policy spells them.
    pub(crate) values: Box<[String]>,
    /// The key in lower case.
    pub(crate) lookup_key: Box<str>,
    test: Test,
}

/// An operator such as `ForAllValues:StringNotLikeIfExists`.
#[derive(Clone, Debug)]
pub(crate) struct Operator {
    pub(crate) name: Box<str>,
    pub(crate) is_negated: bool,
    quantifier: Quantifier,
    if_exists: bool,
    family: Family,
}

#[derive(Clone, Copy, Debug)]
enum Family {
    String(string::Style),
    Numeric(Relation),
    Date(Relation),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// The values, compiled; each test answers whether a value of the request matches any of them.
#[derive(Clone, Debug)]
enum Test {
    String(string::Strings),
    Numeric(numeric::Numbers),
    Date(date::Dates),
    Bool(boolean::Bools),
    Binary(binary::Binaries),
    Ip(ip::Networks),
    Arn(arn::Arns),
    Null(null::Null),
}

impl Operator {
    /// Reads the name of an operator, which is case-sensitive. The error says what is wrong with it.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let (quantifier, base) = Quantifier::parse(name);
        let (base, if_exists) = match base.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (base, false),
        };
        let (family, is_negated) =
            family(base).ok_or_else(|| format!("`{name}` is not a condition operator"))?;
        if matches!(family, Family::Null) && (if_exists || quantifier != Quantifier::Plain) {
            return Err(format!(
                "`{name}` is not a condition operator: `Null` stands alone"
            ));
        }
        Ok(Self {
            name: name.into(),
            is_negated,
            quantifier,
            if_exists,
            family,
        })
    }
}

fn family(base: &str) -> Option<(Family, bool)> {
    use string::Style;
    if let Some(relation) = base.strip_prefix("Numeric") {
        return Relation::parse(relation)
            .map(|(relation, negated)| (Family::Numeric(relation), negated));
    }
    if let Some(relation) = base.strip_prefix("Date") {
        return Relation::parse(relation)
            .map(|(relation, negated)| (Family::Date(relation), negated));
    }
    Some(match base {
        "StringEquals" => (Family::String(Style::Equals), false),
        "StringNotEquals" => (Family::String(Style::Equals), true),
        "StringEqualsIgnoreCase" => (Family::String(Style::EqualsIgnoreCase), false),
        "StringNotEqualsIgnoreCase" => (Family::String(Style::EqualsIgnoreCase), true),
        "StringLike" => (Family::String(Style::Like), false),
        "StringNotLike" => (Family::String(Style::Like), true),
        "ArnEquals" | "ArnLike" => (Family::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Family::Arn, true),
        "IpAddress" => (Family::Ip, false),
        "NotIpAddress" => (Family::Ip, true),
        "Bool" => (Family::Bool, false),
        "BinaryEquals" => (Family::Binary, false),
        "Null" => (Family::Null, false),
        _ => return None,
    })
}

impl Condition {
    /// Compiles the values for the operator. The error says which value it cannot read.
    pub(crate) fn compile(
        operator: Operator,
        key: &str,
        values: Vec<String>,
        variables: bool,
    ) -> Result<Self, String> {
        let test = match operator.family {
            Family::String(style) => {
                Test::String(string::Strings::compile(&values, style, variables)?)
            }
            Family::Numeric(relation) => {
                Test::Numeric(numeric::Numbers::compile(&values, relation)?)
            }
            Family::Date(relation) => Test::Date(date::Dates::compile(&values, relation)?),
            Family::Bool => Test::Bool(boolean::Bools::compile(&values, variables)?),
            Family::Binary => Test::Binary(binary::Binaries::compile(&values)?),
            Family::Ip => Test::Ip(ip::Networks::compile(&values)?),
            Family::Arn => Test::Arn(arn::Arns::compile(&values, variables)?),
            Family::Null => Test::Null(null::Null::compile(&values)?),
        };
        let lookup_key = key.to_ascii_lowercase().into();
        Ok(Self {
            operator,
            key: key.into(),
            values: values.into(),
            lookup_key,
            test,
        })
    }

    /// Whether the context satisfies the condition.
    pub(crate) fn holds(&self, context: &Context) -> Truth {
        let values = match self.value(context) {
            Some(ContextValue::Undetermined) => return Truth::Unknown,
            Some(ContextValue::Single(value)) => slice::from_ref(value),
            Some(ContextValue::List(values)) => values,
            None => &[],
        };
        let Operator {
            quantifier,
            is_negated,
            if_exists,
            ..
        } = self.operator;
        if let Test::Null(null) = &self.test {
            return Truth::from(null.holds(values.is_empty()));
        }
        if values.is_empty() {
            return Truth::from(if_exists || quantifier.holds_for_absent_key(is_negated));
        }
        quantifier.judge(values, is_negated, |value| {
            self.test.matches(value, context)
        })
    }

    /// The value the request has for the key.
    pub(crate) fn value<'a>(&self, context: &'a Context) -> Option<&'a ContextValue> {
        context.lookup(&self.lookup_key)
    }

    /// The variables in the values.
    pub(crate) fn variables(&self) -> Vec<&Variable> {
        match &self.test {
            Test::String(strings) => strings.variables().collect(),
            Test::Bool(bools) => bools.variables().collect(),
            Test::Arn(arns) => arns.variables().collect(),
            Test::Numeric(_) | Test::Date(_) | Test::Binary(_) | Test::Ip(_) | Test::Null(_) => {
                Vec::new()
            }
        }
    }
}

impl Test {
    /// Whether a value of the request matches any value of the policy.
    fn matches(&self, value: &str, context: &Context) -> Truth {
        match self {
            Self::String(strings) => strings.matches(value, context),
            Self::Numeric(numbers) => numbers.matches(value),
            Self::Date(dates) => dates.matches(value),
            Self::Bool(bools) => bools.matches(value, context),
            Self::Binary(binaries) => binaries.matches(value),
            Self::Ip(networks) => networks.matches(value),
            Self::Arn(arns) => arns.matches(value, context),
            // Asked about presence, never about a value.
            Self::Null(_) => Truth::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(operator: &str, values: &[&str], context: &Context) -> Truth {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        let operator = Operator::parse(operator).unwrap();
        Condition::compile(operator, "Aws:Key", values, true)
            .unwrap()
            .holds(context)
    }

    fn with(values: &[&str]) -> Context {
        let mut context = Context::new();
        context.insert_list(
            "aws:key",
            values.iter().map(|&value| value.to_owned()).collect(),
        );
        context
    }

    #[test]
    fn an_absent_key_fails_positive_operators_and_satisfies_negated_ones() {
        for context in [Context::new(), with(&[])] {
            for (operator, truth) in [
                ("StringEquals", Truth::False),
                ("StringNotEquals", Truth::True),
                ("StringEqualsIfExists", Truth::True),
                ("StringNotEqualsIfExists", Truth::True),
                ("ForAllValues:StringEquals", Truth::True),
                ("ForAllValues:StringNotEquals", Truth::True),
                ("ForAnyValue:StringEquals", Truth::False),
                ("ForAnyValue:StringNotEquals", Truth::False),
                ("ForAnyValue:StringEqualsIfExists", Truth::True),
            ] {
                assert_eq!(holds(operator, &["a"], &context), truth, "{operator}");
            }
            assert_eq!(holds("Null", &["true"], &context), Truth::True);
            assert_eq!(holds("Null", &["false"], &context), Truth::False);
        }
    }

    #[test]
    fn values_of_the_policy_are_alternatives_and_nor_when_negated() {
        for (operator, value, truth) in [
            ("StringEquals", "b", Truth::True),
            ("StringEquals", "c", Truth::False),
            ("StringNotEquals", "b", Truth::False),
            ("StringNotEquals", "c", Truth::True),
        ] {
            assert_eq!(
                holds(operator, &["a", "b"], &with(&[value])),
                truth,
                "{operator} {value}"
            );
        }
    }

    #[test]
    fn set_operators_quantify_over_the_values_of_the_request() {
        for (operator, values, truth) in [
            ("ForAllValues:StringEquals", ["a", "b"], Truth::True),
            ("ForAllValues:StringEquals", ["a", "c"], Truth::False),
            ("ForAllValues:StringNotEquals", ["c", "d"], Truth::True),
            ("ForAllValues:StringNotEquals", ["a", "c"], Truth::False),
            ("ForAnyValue:StringEquals", ["a", "c"], Truth::True),
            ("ForAnyValue:StringEquals", ["c", "d"], Truth::False),
            ("ForAnyValue:StringNotEquals", ["a", "c"], Truth::True),
            ("ForAnyValue:StringNotEquals", ["a", "b"], Truth::False),
            ("StringEquals", ["a", "c"], Truth::True),
            ("StringNotEquals", ["a", "c"], Truth::False),
        ] {
            assert_eq!(
                holds(operator, &["a", "b"], &with(&values)),
                truth,
                "{operator} {values:?}"
            );
        }
    }

    #[test]
    fn an_undetermined_key_leaves_every_operator_unknown() {
        let mut context = Context::new();
        context.insert_undetermined("aws:key");
        for operator in [
            "StringEquals",
            "StringNotEqualsIfExists",
            "ForAllValues:StringLike",
            "ForAnyValue:StringNotLikeIfExists",
        ] {
            assert_eq!(
                holds(operator, &["*"], &context),
                Truth::Unknown,
                "{operator}"
            );
        }
        assert_eq!(holds("Null", &["true", "false"], &context), Truth::Unknown);
    }

    #[test]
    fn unknown_operators_are_refused() {
        for name in [
            "",
            "stringEquals",
            "StringEqual",
            "NullIfExists",
            "ForAllValues:Null",
            "IfExists",
            "ForAnyValue:",
            "ForAnyValue:ForAllValues:StringLike",
            "StringLikeIfExistsIfExists",
            "NumericNotLessThan",
            "BoolNot",
            "BinaryNotEquals",
            "StringNotLikeIgnoreCase",
        ] {
            assert!(Operator::parse(name).is_err(), "`{name}` was accepted");
        }
    }
}
