//! The relations that numeric and date operators share.

use std::cmp::Ordering;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    /// Reads what follows `Numeric` or `Date` in an operator, and whether it is negated.
    pub(super) fn parse(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "Equals" => (Self::Equal, false),
            "NotEquals" => (Self::Equal, true),
            "LessThan" => (Self::Less, false),
            "LessThanEquals" => (Self::LessOrEqual, false),
            "GreaterThan" => (Self::Greater, false),
            "GreaterThanEquals" => (Self::GreaterOrEqual, false),
            _ => return None,
        })
    }

    pub(super) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_read_the_ordering_of_request_to_policy() {
        let (relation, is_negated) = Relation::parse("GreaterThanEquals").unwrap();
        assert!(!is_negated && relation.holds(Ordering::Equal) && !relation.holds(Ordering::Less));
        assert_eq!(Relation::parse("NotEquals"), Some((Relation::Equal, true)));
        assert_eq!(Relation::parse("NotLessThan"), None);
    }
}
