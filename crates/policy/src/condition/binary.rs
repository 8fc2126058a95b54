//! `BinaryEquals`: bytes, spelled in base64.

use data_encoding::BASE64;

use crate::truth::Truth;

#[derive(Clone, Debug)]
pub(super) struct Binaries {
    // INVARIANT: canonical base64, so equal bytes are equal text.
    values: Box<[String]>,
}

impl Binaries {
    pub(super) fn compile(values: &[String]) -> Result<Self, String> {
        match values.iter().find(|value| !is_base64(value)) {
            Some(value) => Err(format!("`{value}` is not base64")),
            None => Ok(Self {
                values: values.into(),
            }),
        }
    }

    /// A value of the request that is not base64 leaves the answer unknown.
    pub(super) fn matches(&self, value: &str) -> Truth {
        if is_base64(value) {
            Truth::from(self.values.iter().any(|wanted| wanted == value))
        } else {
            Truth::Unknown
        }
    }
}

fn is_base64(text: &str) -> bool {
    BASE64.decode(text.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_equal_or_not() {
        let binaries = Binaries::compile(&["QmluYXJ5".to_owned()]).unwrap();
        assert_eq!(binaries.matches("QmluYXJ5"), Truth::True);
        assert_eq!(binaries.matches("QmluYXJ6"), Truth::False);
        assert_eq!(binaries.matches("Binary!"), Truth::Unknown);
    }

    #[test]
    fn a_second_spelling_of_the_same_bytes_is_refused() {
        assert!(Binaries::compile(&["QQ==".to_owned()]).is_ok());
        assert!(Binaries::compile(&["QR==".to_owned()]).is_err());
        assert!(Binaries::compile(&["QQ".to_owned()]).is_err());
    }
}
