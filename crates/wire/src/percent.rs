//! Percent-encoding, strict where we interpret and lossless where we sign.

/// What a `+` stands for: itself in a request target, a space in a form body.
///
/// In a target it must be itself, because the signature covers it as `%2B`: reading it as a space
/// would let somebody else change the meaning of a signed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plus {
    Literal,
    Space,
}

/// Decodes, refusing a `%` without two hex digits and bytes that are not UTF-8.
pub(crate) fn decode(text: &str, plus: Plus) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'%' => {
                let (byte, after) = escaped(tail)?;
                out.push(byte);
                rest = after;
            }
            b'+' if plus == Plus::Space => out.push(b' '),
            plain => out.push(plain),
        }
    }
    String::from_utf8(out).ok()
}

/// The names and values of a query or form, undecoded; empty parts are skipped.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// Appends `text` as RFC 3986 wants it: all but `A-Za-z0-9-._~` becomes `%XX`.
pub(crate) fn encode(out: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        push(out, byte);
    }
}

/// Appends a path: as [`encode`], with `/` left alone.
pub(crate) fn encode_path(out: &mut Vec<u8>, path: &[u8]) {
    for &byte in path {
        if byte == b'/' {
            out.push(byte);
        } else {
            push(out, byte);
        }
    }
}

/// Appends text that may hold escapes already: each valid one is kept in canonical spelling, and
/// a stray `%` is a character like any other.
pub(crate) fn reencode(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match escaped(tail) {
            Some((byte, after)) if first == b'%' => {
                push(out, byte);
                rest = after;
            }
            _ => push(out, first),
        }
    }
}

fn escaped(after_percent: &[u8]) -> Option<(u8, &[u8])> {
    match after_percent {
        [high, low, rest @ ..] => Some((nibble(*high)? << 4 | nibble(*low)?, rest)),
        _ => None,
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn push(out: &mut Vec<u8>, byte: u8) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
        out.push(byte);
    } else {
        out.extend_from_slice(&[b'%', upper_hex(byte >> 4), upper_hex(byte & 15)]);
    }
}

fn upper_hex(nibble: u8) -> u8 {
    if nibble < 10 {
        b'0' + nibble
    } else {
        b'A' + nibble - 10
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reencoded(text: &str) -> String {
        let mut out = Vec::new();
        reencode(&mut out, text.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn decoding_refuses_stray_percent_signs_and_broken_utf_8() {
        assert_eq!(
            decode("a%2Fb%c3%a9", Plus::Literal).as_deref(),
            Some("a/bé")
        );
        for bad in ["%", "%2", "%zz", "%+1", "%ff", "é%"] {
            assert_eq!(decode(bad, Plus::Literal), None, "{bad}");
        }
    }

    #[test]
    fn a_plus_is_a_space_only_in_a_form() {
        assert_eq!(decode("a+b%2B", Plus::Literal).as_deref(), Some("a+b+"));
        assert_eq!(decode("a+b%2B", Plus::Space).as_deref(), Some("a b+"));
    }

    #[test]
    fn escapes_are_spelt_one_way() {
        assert_eq!(reencoded("%7e%2f%e1+%zz%"), "~%2F%E1%2B%25zz%25");
    }

    #[test]
    fn a_part_without_an_equals_sign_is_a_name_with_an_empty_value() {
        let read: Vec<_> = pairs("a&&b=&=c&d=e=f").collect();
        assert_eq!(read, [("a", ""), ("b", ""), ("", "c"), ("d", "e=f")]);
    }
}
