//! The canonical request and the string to sign.
//!
//! The rules are those for every service but S3: the path as received is encoded once more, so an
//! escape in it is encoded twice.

use std::borrow::Cow;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use http::HeaderMap;

use super::scope::Scope;
use crate::percent;

/// What a canonical request is made of.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// As received, without the query.
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    /// Names of query parameters that the signature does not cover.
    pub(super) left_out: &'a [&'a str],
    pub(super) headers: &'a HeaderMap,
    /// Stands in for an absent `Host` header.
    pub(super) host: Option<&'a str>,
    /// Lower case, sorted, joined with `;`.
    pub(super) signed_headers: &'a str,
    pub(super) payload_sha256: &'a [u8; 32],
}

impl Request<'_> {
    /// The text that is hashed; `None` where a signed header is not in the request.
    pub(super) fn text(&self) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(640);
        out.extend_from_slice(self.method.as_bytes());
        out.push(b'\n');
        percent::encode_path(
            &mut out,
            if self.path.is_empty() {
                b"/"
            } else {
                self.path.as_bytes()
            },
        );
        out.push(b'\n');
        self.push_query(&mut out);
        out.push(b'\n');
        for name in self.signed_headers.split(';') {
            self.push_header(&mut out, name)?;
        }
        out.push(b'\n');
        out.extend_from_slice(self.signed_headers.as_bytes());
        out.push(b'\n');
        push_hex(&mut out, self.payload_sha256);
        Some(out)
    }

    fn push_query(&self, out: &mut Vec<u8>) {
        let Some(query) = self.query else { return };
        let mut pairs: Vec<_> = percent::pairs(query)
            .map(|(name, value)| (reencoded(name), reencoded(value)))
            .filter(|(name, _)| !self.left_out.iter().any(|other| other.as_bytes() == name))
            .collect();
        pairs.sort_unstable();
        for (position, (name, value)) in pairs.iter().enumerate() {
            if position > 0 {
                out.push(b'&');
            }
            out.extend_from_slice(name);
            out.push(b'=');
            out.extend_from_slice(value);
        }
    }

    fn push_header(&self, out: &mut Vec<u8>, name: &str) -> Option<()> {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        let mut values = self.headers.get_all(name).iter();
        match values.next() {
            Some(first) => {
                push_collapsed(out, first.as_bytes());
                for value in values {
                    out.push(b',');
                    push_collapsed(out, value.as_bytes());
                }
            }
            None if name == "host" => push_collapsed(out, self.host?.as_bytes()),
            None => return None,
        }
        out.push(b'\n');
        Some(())
    }
}

/// The string to sign for a canonical request.
pub(super) fn string_to_sign(stamp: &str, scope: &Scope, canonical_request: &[u8]) -> Vec<u8> {
    let mut out = format!("{}\n{stamp}\n{scope}\n", super::ALGORITHM).into_bytes();
    push_hex(
        &mut out,
        digest::digest(&digest::SHA256, canonical_request).as_ref(),
    );
    out
}

/// The path without `.`, `..` and empty segments, as botocore and the CRT reduce it (a final `/`
/// stays); `None` where there is nothing to reduce.
pub(super) fn normalized(path: &str) -> Option<Cow<'static, str>> {
    let segments = path.strip_prefix('/').unwrap_or(path);
    let inner = segments.strip_suffix('/').unwrap_or(segments);
    let plain = inner
        .split('/')
        .all(|segment| !matches!(segment, "" | "." | ".."));
    if plain || segments.is_empty() {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
    }
    if kept.is_empty() {
        return Some(Cow::Borrowed("/"));
    }
    let end = if path.ends_with('/') { "/" } else { "" };
    Some(Cow::Owned(format!("/{}{end}", kept.join("/"))))
}

fn reencoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    percent::reencode(&mut out, text.as_bytes());
    out
}

/// Without space at the ends, and with each run of white space inside as one space.
fn push_collapsed(out: &mut Vec<u8>, value: &[u8]) {
    // Most values have no white space at all, and tokens are long.
    if !value.iter().any(u8::is_ascii_whitespace) {
        out.extend_from_slice(value);
        return;
    }
    let mut words = value
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        out.extend_from_slice(first);
    }
    for word in words {
        out.push(b' ');
        out.extend_from_slice(word);
    }
}

fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(HEXLOWER.encode(bytes).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_with_something_to_reduce_have_a_normal_form() {
        for plain in ["", "/", "/a", "/a/", "/a/b", "/..a/b.", "/%2e%2e/a"] {
            assert_eq!(normalized(plain), None, "{plain}");
        }
        for (path, normal) in [
            ("//", "/"),
            ("/.", "/"),
            ("/..", "/"),
            ("/a/..", "/"),
            ("/a/../", "/"),
            ("/a//", "/a/"),
            ("//a", "/a"),
            ("/a/./b", "/a/b"),
            ("/a/b/..", "/a"),
            ("/../../a/", "/a/"),
        ] {
            assert_eq!(normalized(path).as_deref(), Some(normal), "{path}");
        }
    }

    #[test]
    fn white_space_in_a_header_collapses() {
        let mut out = Vec::new();
        push_collapsed(&mut out, b" \t\"a   b\t c\"  ");
        assert_eq!(out, b"\"a b c\"");
    }

    #[test]
    fn a_query_is_sorted_by_encoded_name_then_value_without_what_is_left_out() {
        let request = Request {
            method: "GET",
            path: "",
            query: Some("b&a=%7e&a=+&X-Amz-Signature=0&%41=2&&%E1%88%B4=1"),
            left_out: &["X-Amz-Signature"],
            headers: &HeaderMap::new(),
            host: Some("h"),
            signed_headers: "host",
            payload_sha256: &[0; 32],
        };
        let text = String::from_utf8(request.text().unwrap()).unwrap();
        assert_eq!(text.lines().nth(1), Some("/"));
        assert_eq!(text.lines().nth(2), Some("%E1%88%B4=1&A=2&a=%2B&a=~&b="));
    }
}
