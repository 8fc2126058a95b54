//! PEM: the text around certificates, requests and keys.

use crate::Error;
use data_encoding::BASE64;
use rustls_pki_types::PrivateKeyDer;
use zeroize::Zeroizing;

const LINE_CHARS: usize = 64;

/// One block, not yet decoded.
struct Block<'a> {
    label: &'a str,
    body: &'a str,
}

/// The bytes of the only block in `text`, whose label must be one of `labels`.
///
/// Text around the block is skipped, as `openssl -text` writes it; a second block is refused.
pub(crate) fn decode_single(
    what: &'static str,
    labels: &[&str],
    text: &str,
) -> Result<Vec<u8>, Error> {
    let blocks = blocks(text)?;
    if blocks
        .iter()
        .any(|block| block.label.ends_with("PRIVATE KEY"))
    {
        return Err(Error::Pem(format!(
            "the text holds a private key; send only the {what}, and replace that key if it has left its owner"
        )));
    }
    match blocks.as_slice() {
        [] => Err(Error::Pem(format!(
            "the text holds no PEM block; a {what} begins with `-----BEGIN {}-----`",
            labels.first().unwrap_or(&"")
        ))),
        [block] if labels.contains(&block.label) => Ok(block.decode()?.to_vec()),
        [block] => Err(Error::Pem(format!(
            "the PEM block is a `{}`, not a {what}",
            block.label.escape_debug()
        ))),
        more => Err(Error::Pem(format!(
            "the text holds {} PEM blocks; send one {what} only",
            more.len()
        ))),
    }
}

/// The only private key in `text`: PKCS#8, SEC1 or PKCS#1. Certificates and curve parameters beside it are skipped.
pub(crate) fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, Error> {
    let blocks = blocks(text)?;
    let mut keys = blocks
        .iter()
        .filter(|block| block.label.ends_with("PRIVATE KEY"));
    let (Some(block), None) = (keys.next(), keys.next()) else {
        return Err(Error::Pem(
            "expected exactly one private key, a PEM block that begins with `-----BEGIN PRIVATE KEY-----`"
                .to_owned(),
        ));
    };
    if block.label == "ENCRYPTED PRIVATE KEY" || block.body.contains("ENCRYPTED") {
        return Err(Error::Pem(
            "the private key is encrypted; decrypt it with `openssl pkey -in ENCRYPTED -out PLAIN` and protect the file by its permissions"
                .to_owned(),
        ));
    }
    let der = block.decode()?.to_vec();
    match block.label {
        "PRIVATE KEY" => Ok(PrivateKeyDer::Pkcs8(der.into())),
        "EC PRIVATE KEY" => Ok(PrivateKeyDer::Sec1(der.into())),
        "RSA PRIVATE KEY" => Ok(PrivateKeyDer::Pkcs1(der.into())),
        other => Err(Error::Pem(format!(
            "a `{}` is not supported; convert it with `openssl pkcs8 -topk8 -nocrypt`",
            other.escape_debug()
        ))),
    }
}

/// The PEM label a key is written under.
pub(crate) fn key_label(key: &PrivateKeyDer<'_>) -> &'static str {
    if matches!(key, PrivateKeyDer::Sec1(_)) {
        "EC PRIVATE KEY"
    } else if matches!(key, PrivateKeyDer::Pkcs1(_)) {
        "RSA PRIVATE KEY"
    } else {
        "PRIVATE KEY"
    }
}

/// `der` as one PEM block, lines ended by a line feed.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let base64 = Zeroizing::new(BASE64.encode(der));
    // Room for all of it at once: a key must not be left behind in a buffer that was outgrown.
    let mut out = String::with_capacity(
        base64
            .len()
            .saturating_mul(66)
            .div_ceil(64)
            .saturating_add(label.len() * 2 + 40),
    );
    out.extend(["-----BEGIN ", label, "-----\n"]);
    for (position, character) in base64.chars().enumerate() {
        if position > 0 && position.is_multiple_of(LINE_CHARS) {
            out.push('\n');
        }
        out.push(character);
    }
    out.extend(["\n-----END ", label, "-----\n"]);
    out
}

impl Block<'_> {
    fn decode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let compact: Zeroizing<Vec<u8>> = Zeroizing::new(
            self.body
                .bytes()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect(),
        );
        BASE64.decode(&compact).map(Zeroizing::new).map_err(|_| {
            Error::Pem(format!(
                "the PEM block `{}` is not valid base64",
                self.label.escape_debug()
            ))
        })
    }
}

fn blocks(text: &str) -> Result<Vec<Block<'_>>, Error> {
    let cut_short = || Error::Pem("the PEM block is cut short".to_owned());
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once("-----BEGIN ") {
        let (label, after_label) = begun.split_once("-----").ok_or_else(cut_short)?;
        let (body, after_body) = after_label.split_once("-----END ").ok_or_else(cut_short)?;
        let (end_label, after) = after_body.split_once("-----").ok_or_else(cut_short)?;
        if label != end_label || body.contains("-----") {
            return Err(cut_short());
        }
        found.push(Block { label, body });
        rest = after;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LABELS: [&str; 1] = ["CERTIFICATE"];

    #[test]
    fn text_around_the_block_is_skipped() {
        let text = format!(
            "Certificate:\n    Data:\n{}bye\r\n",
            encode("CERTIFICATE", b"der")
        );
        assert_eq!(
            decode_single("certificate", &LABELS, &text).unwrap(),
            b"der"
        );
        let crlf = encode("CERTIFICATE", &[3; 90]).replace('\n', "\r\n");
        assert_eq!(
            decode_single("certificate", &LABELS, &crlf).unwrap(),
            [3; 90]
        );
    }

    #[test]
    fn a_private_key_beside_the_certificate_is_refused() {
        for label in ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY"] {
            let text = encode("CERTIFICATE", b"der") + &encode(label, b"secret");
            let error = decode_single("certificate", &LABELS, &text).unwrap_err();
            assert!(error.to_string().contains("holds a private key"), "{error}");
        }
    }

    #[test]
    fn anything_but_one_whole_block_is_refused() {
        let block = encode("CERTIFICATE", b"der");
        let cases = [
            (String::new(), "no PEM block"),
            (block.repeat(2), "2 PEM blocks"),
            (block.replace("END CERT", "END cert"), "cut short"),
            (block.replace("-----END", "----END"), "cut short"),
            (block.replace("ZGVy", "ZG!y"), "base64"),
            (
                encode("PUBLIC KEY", b"der"),
                "a `PUBLIC KEY`, not a certificate",
            ),
        ];
        for (text, expected) in cases {
            let error = decode_single("certificate", &LABELS, &text)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(der in proptest::collection::vec(any::<u8>(), 0..400)) {
            let text = encode("CERTIFICATE", &der);
            prop_assert!(text.lines().all(|line| line.len() <= LINE_CHARS));
            prop_assert_eq!(decode_single("certificate", &LABELS, &text).unwrap(), der);
        }

        #[test]
        fn no_text_panics(text in "(-----BEGIN |-----END |-----|CERTIFICATE|\n|[ -~]){0,12}") {
            let decoded = decode_single("certificate", &LABELS, &text);
            prop_assert!(decoded.is_err() || text.contains("-----BEGIN CERTIFICATE-----"));
        }
    }
}
