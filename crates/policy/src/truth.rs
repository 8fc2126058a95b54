//! Three-valued logic: what is not known must neither allow nor escape a deny.

use std::ops::Not;

/// Kleene's strong three-valued logic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    /// Depends on a value that the caller could not compute.
    Unknown,
}

impl Truth {
    /// True if any is true, else unknown if any is unknown. Stops at the first that is true.
    pub(crate) fn any(values: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::False;
        for value in values {
            match value {
                Self::True => return Self::True,
                Self::Unknown => result = Self::Unknown,
                Self::False => {}
            }
        }
        result
    }

    /// False if any is false, else unknown if any is unknown. Stops at the first that is false.
    pub(crate) fn all(values: impl IntoIterator<Item = Self>) -> Self {
        !Self::any(values.into_iter().map(Not::not))
    }

    /// Both. Does not ask the second when the first is false.
    pub(crate) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::True => other(),
            Self::False => Self::False,
            Self::Unknown if other() == Self::False => Self::False,
            Self::Unknown => Self::Unknown,
        }
    }

    pub(crate) fn negated_if(self, negated: bool) -> Self {
        if negated { !self } else { self }
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{False, True, Unknown};
    use super::*;

    #[test]
    fn one_true_decides_any_and_one_false_decides_all() {
        assert_eq!(Truth::any([Unknown, True]), True);
        assert_eq!(Truth::all([Unknown, False]), False);
    }

    #[test]
    fn the_unknown_survives_everything_else() {
        assert_eq!(Truth::any([False, Unknown]), Unknown);
        assert_eq!(Truth::all([True, Unknown]), Unknown);
        assert_eq!(!Unknown, Unknown);
        assert_eq!(Unknown.and(|| True), Unknown);
        assert_eq!(Unknown.and(|| False), False);
    }

    #[test]
    fn any_of_nothing_is_false_and_all_of_nothing_is_true() {
        assert_eq!(Truth::any([]), False);
        assert_eq!(Truth::all([]), True);
    }
}
