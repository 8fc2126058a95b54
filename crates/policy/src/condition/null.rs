//! `Null`: whether the key is absent.

use super::boolean;

#[derive(Clone, Debug)]
pub(super) struct Null {
    accepts_absent: bool,
    accepts_present: bool,
}

impl Null {
    pub(super) fn compile(values: &[String]) -> Result<Self, String> {
        let mut null = Self {
            accepts_absent: false,
            accepts_present: false,
        };
        for value in values {
            match boolean::parse(value) {
                Some(true) => null.accepts_absent = true,
                Some(false) => null.accepts_present = true,
                None => return Err(format!("`{value}` is neither `true` nor `false`")),
            }
        }
        Ok(null)
    }

    pub(super) fn holds(&self, is_absent: bool) -> bool {
        if is_absent {
            self.accepts_absent
        } else {
            self.accepts_present
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn true_wants_the_key_to_be_absent() {
        let null = Null::compile(&["True".to_owned()]).unwrap();
        assert!(null.holds(true) && !null.holds(false));
        assert!(Null::compile(&["1".to_owned()]).is_err());
    }
}
