//! `Numeric…`: exact comparison of decimals, of any length.

use std::cmp::Ordering;

use super::order::Relation;
use crate::truth::Truth;

#[derive(Clone, Debug)]
pub(super) struct Numbers {
    relation: Relation,
    values: Box<[String]>,
}

impl Numbers {
    pub(super) fn compile(values: &[String], relation: Relation) -> Result<Self, String> {
        match values.iter().find(|value| Decimal::parse(value).is_none()) {
            Some(value) => Err(format!("`{value}` is not a number")),
            None => Ok(Self {
                relation,
                values: values.into(),
            }),
        }
    }

    /// A value of the request that is not a number leaves the answer unknown.
    pub(super) fn matches(&self, value: &str) -> Truth {
        let Some(value) = Decimal::parse(value) else {
            return Truth::Unknown;
        };
        Truth::from(self.values.iter().any(|wanted| {
            Decimal::parse(wanted).is_some_and(|wanted| self.relation.holds(value.cmp(&wanted)))
        }))
    }
}

/// A decimal in canonical form: no outer zeros, and zero is not negative.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Decimal<'a> {
    is_negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let is_zero = whole.is_empty() && fraction.is_empty();
        Some(Self {
            is_negative: is_negative && !is_zero,
            whole,
            fraction,
        })
    }

    fn magnitude(&self) -> (usize, &'a str, &'a str) {
        (self.whole.len(), self.whole, self.fraction)
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.magnitude().cmp(&other.magnitude()),
            (true, true) => other.magnitude().cmp(&self.magnitude()),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compare(a: &str, b: &str) -> Ordering {
        Decimal::parse(a).unwrap().cmp(&Decimal::parse(b).unwrap())
    }

    #[test]
    fn decimals_compare_exactly() {
        assert_eq!(
            compare("9007199254740993", "9007199254740992"),
            Ordering::Greater
        );
        assert_eq!(compare("0.1", "0.10"), Ordering::Equal);
        assert_eq!(compare("-0.0", "+000"), Ordering::Equal);
        assert_eq!(compare("-2", "-10"), Ordering::Greater);
        assert_eq!(compare("0.09", "0.1"), Ordering::Less);
    }

    #[test]
    fn what_is_not_a_decimal_is_refused_or_unknown() {
        for text in [
            "", "-", ".5", "5.", "1e3", "0x1", "1_0", " 1", "NaN", "--1", "1.2.3", "${aws:x}", "١",
        ] {
            assert!(
                Numbers::compile(&[text.to_owned()], Relation::Equal).is_err(),
                "{text}"
            );
            let numbers = Numbers::compile(&["1".to_owned()], Relation::Less).unwrap();
            assert_eq!(numbers.matches(text), Truth::Unknown, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_scaled_integers(a in -10_000i64..10_000, b in -10_000i64..10_000) {
            let decimal = |n: i64| format!("{}{}.{:03}", if n < 0 { "-" } else { "" }, n.abs() / 1000, n.abs() % 1000);
            prop_assert_eq!(compare(&decimal(a), &decimal(b)), a.cmp(&b));
        }
    }
}
