//! The little DER that is written here: names go into certificates byte for byte, as they came.

use crate::Error;
use x509_parser::asn1_rs::{Any, FromDer};

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;

/// One element: tag, length and the parts of its content in order.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length.saturating_add(6));
    out.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let significant = bytes.iter().skip_while(|byte| **byte == 0);
            out.push(0x80 | u8::try_from(significant.clone().count()).unwrap_or(u8::MAX));
            out.extend(significant);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// The elements inside a constructed element, each with its tag and length.
pub(crate) fn children(constructed: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let malformed = |_| Error::Issue("the certificate laid out for signing is malformed");
    let (_, outer) = Any::from_der(constructed).map_err(malformed)?;
    let mut rest = outer.data;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (after, _) = Any::from_der(rest).map_err(malformed)?;
        let length = rest.len().saturating_sub(after.len());
        found.extend(rest.get(..length));
        rest = after;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        assert_eq!(element(SEQUENCE, &[]), [0x30, 0]);
        assert_eq!(element(0x04, &[&[7; 127]]).get(..2), Some(&[4, 127][..]));
        assert_eq!(
            element(0x04, &[&[7; 128]]).get(..3),
            Some(&[4, 0x81, 128][..])
        );
        assert_eq!(
            element(0x04, &[&[7; 300]]).get(..4),
            Some(&[4, 0x82, 1, 44][..])
        );
    }

    #[test]
    fn children_come_back_as_they_went_in() {
        let (first, second) = (element(0x04, &[b"a"]), element(0x04, &[&[9; 200]]));
        let outer = element(SEQUENCE, &[&first, &second]);
        assert_eq!(children(&outer).unwrap(), [&first[..], &second[..]]);
    }
}
