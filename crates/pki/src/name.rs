//! Distinguished names: the subject and issuer of a certificate.

use crate::Error;
use crate::der::{OBJECT_IDENTIFIER, PRINTABLE_STRING, SEQUENCE, SET, UTF8_STRING, element};
use crate::limits::NAME_VALUE_CHARS;
use std::collections::BTreeMap;
use std::fmt;
use x509_parser::asn1_rs::{Oid, Tag};
use x509_parser::x509::X509Name;

/// The name attributes that AWS IoT policies can ask for as
/// `iot:Certificate.Subject.*` and `iot:Certificate.Issuer.*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DnAttribute {
    /// `dnQualifier`, 2.5.4.46.
    DistinguishedNameQualifier,
    /// `C`, 2.5.4.6: two letters.
    Country,
    /// `O`, 2.5.4.10.
    Organization,
    /// `OU`, 2.5.4.11.
    OrganizationalUnit,
    /// `ST`, 2.5.4.8.
    State,
    /// `CN`, 2.5.4.3.
    CommonName,
    /// `serialNumber`, 2.5.4.5: of the device, not of the certificate.
    SerialNumber,
    /// `title`, 2.5.4.12.
    Title,
    /// `SN`, 2.5.4.4.
    Surname,
    /// `GN`, 2.5.4.42.
    GivenName,
    /// `initials`, 2.5.4.43.
    Initials,
    /// `pseudonym`, 2.5.4.65.
    Pseudonym,
    /// `generationQualifier`, 2.5.4.44.
    GenerationQualifier,
}

impl DnAttribute {
    /// All of them, in AWS's order.
    pub const ALL: [Self; 13] = [
        Self::DistinguishedNameQualifier,
        Self::Country,
        Self::Organization,
        Self::OrganizationalUnit,
        Self::State,
        Self::CommonName,
        Self::SerialNumber,
        Self::Title,
        Self::Surname,
        Self::GivenName,
        Self::Initials,
        Self::Pseudonym,
        Self::GenerationQualifier,
    ];

    /// The last part of the policy variable, as in `iot:Certificate.Subject.CommonName`.
    pub const fn aws_name(self) -> &'static str {
        self.facts().0
    }

    /// The label in a printed name, as openssl writes it.
    const fn label(self) -> &'static str {
        self.facts().1
    }

    /// The last arc of the OID; all of them stand under 2.5.4.
    const fn arc(self) -> u8 {
        self.facts().2
    }

    const fn facts(self) -> (&'static str, &'static str, u8) {
        match self {
            Self::DistinguishedNameQualifier => ("DistinguishedNameQualifier", "dnQualifier", 46),
            Self::Country => ("Country", "C", 6),
            Self::Organization => ("Organization", "O", 10),
            Self::OrganizationalUnit => ("OrganizationalUnit", "OU", 11),
            Self::State => ("State", "ST", 8),
            Self::CommonName => ("CommonName", "CN", 3),
            Self::SerialNumber => ("SerialNumber", "serialNumber", 5),
            Self::Title => ("Title", "title", 12),
            Self::Surname => ("Surname", "SN", 4),
            Self::GivenName => ("GivenName", "GN", 42),
            Self::Initials => ("Initials", "initials", 43),
            Self::Pseudonym => ("Pseudonym", "pseudonym", 65),
            Self::GenerationQualifier => ("GenerationQualifier", "generationQualifier", 44),
        }
    }
}

/// A subject or issuer name, with each attribute's values in the order they were written.
///
/// Prints as `CN=pump-7,O=Example`, in the order of the encoding, with the characters that would
/// make that ambiguous escaped by a backslash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistinguishedName {
    der: Vec<u8>,
    values: BTreeMap<DnAttribute, Vec<String>>,
    printed: String,
}

impl DistinguishedName {
    /// The values of `attribute`, empty if the name has none.
    pub fn values(&self, attribute: DnAttribute) -> &[String] {
        self.values.get(&attribute).map_or(&[], Vec::as_slice)
    }

    /// The name as it was encoded.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn read(what: &'static str, name: &X509Name<'_>) -> Result<Self, Error> {
        let mut read = Self {
            der: name.as_raw().to_vec(),
            ..Self::default()
        };
        for entry in name.iter_attributes() {
            let oid = entry.attr_type();
            let attribute = attribute_of(oid);
            let text = read_text(entry.attr_value().tag(), entry.attr_value().data);
            let label = attribute.map_or_else(|| foreign_label(oid), |it| it.label().to_owned());
            let separator = if read.printed.is_empty() { "" } else { "," };
            // A value that is no text may stand only where no policy can ask for it.
            let printed = match (&text, attribute) {
                (Some(text), _) => escape(text),
                (None, None) => {
                    format!(
                        "#{}",
                        data_encoding::HEXLOWER.encode(entry.attr_value().data)
                    )
                }
                (None, Some(_)) => {
                    return Err(Error::unreadable(
                        what,
                        format!("the `{label}` of a name is not text"),
                    ));
                }
            };
            read.printed.extend([separator, &label, "=", &printed]);
            if let (Some(attribute), Some(text)) = (attribute, text) {
                read.values.entry(attribute).or_default().push(text);
            }
        }
        Ok(read)
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.printed)
    }
}

/// The DER of a name we issue.
pub(crate) fn encode(entries: &[(DnAttribute, &str)]) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    for (attribute, value) in entries {
        let tag = string_tag(*attribute, value)?;
        let oid = element(OBJECT_IDENTIFIER, &[&[0x55, 0x04, attribute.arc()]]);
        let pair = element(SEQUENCE, &[&oid, &element(tag, &[value.as_bytes()])]);
        content.extend(element(SET, &[&pair]));
    }
    Ok(element(SEQUENCE, &[&content]))
}

/// X.520 wants these three in the old printable alphabet.
fn string_tag(attribute: DnAttribute, value: &str) -> Result<u8, Error> {
    let refused = |rule: &str| {
        let label = attribute.label();
        Err(Error::Name(format!(
            "`{label}={}` {rule}",
            value.escape_debug()
        )))
    };
    if value.is_empty() || value.chars().count() > NAME_VALUE_CHARS {
        return refused("must have 1 to 128 characters");
    }
    if value.chars().any(char::is_control) {
        return refused("must not hold control characters");
    }
    match attribute {
        DnAttribute::Country if value.len() != 2 || !is_printable(value) => {
            refused("must be a two-letter country code")
        }
        DnAttribute::SerialNumber | DnAttribute::DistinguishedNameQualifier
            if !is_printable(value) =>
        {
            refused("may hold only letters, digits, spaces and '()+,-./:=?")
        }
        DnAttribute::Country
        | DnAttribute::SerialNumber
        | DnAttribute::DistinguishedNameQualifier => Ok(PRINTABLE_STRING),
        DnAttribute::Organization
        | DnAttribute::OrganizationalUnit
        | DnAttribute::State
        | DnAttribute::CommonName
        | DnAttribute::Title
        | DnAttribute::Surname
        | DnAttribute::GivenName
        | DnAttribute::Initials
        | DnAttribute::Pseudonym
        | DnAttribute::GenerationQualifier => Ok(UTF8_STRING),
    }
}

fn is_printable(value: &str) -> bool {
    value
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || " '()+,-./:=?".contains(character))
}

fn attribute_of(oid: &Oid<'_>) -> Option<DnAttribute> {
    let [0x55, 0x04, arc] = oid.as_bytes() else {
        return None;
    };
    DnAttribute::ALL
        .into_iter()
        .find(|attribute| attribute.arc() == *arc)
}

fn foreign_label(oid: &Oid<'_>) -> String {
    let dotted = oid.to_id_string();
    match dotted.as_str() {
        "2.5.4.7" => "L".to_owned(),
        "2.5.4.9" => "street".to_owned(),
        "0.9.2342.19200300.100.1.1" => "UID".to_owned(),
        "0.9.2342.19200300.100.1.25" => "DC".to_owned(),
        "1.2.840.113549.1.9.1" => "emailAddress".to_owned(),
        _ => dotted,
    }
}

fn read_text(tag: Tag, bytes: &[u8]) -> Option<String> {
    match tag {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString => {
            std::str::from_utf8(bytes).ok().map(str::to_owned)
        }
        // T.61 in the wild is Latin-1, and openssl reads it so.
        Tag::T61String => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
            let text: Result<String, _> = char::decode_utf16(units).collect();
            text.ok().filter(|_| rest.is_empty())
        }
        Tag::UniversalString => {
            let (quads, rest) = bytes.as_chunks::<4>();
            let mut scalars = quads
                .iter()
                .map(|quad| char::from_u32(u32::from_be_bytes(*quad)));
            let text: Option<String> = scalars.by_ref().collect();
            text.filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            if ",+\"\\<>;=".contains(character) {
                out.push('\\');
            }
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_parser::prelude::FromDer;

    fn read(der: &[u8]) -> Result<DistinguishedName, Error> {
        let (_, name) = X509Name::from_der(der).unwrap();
        DistinguishedName::read("certificate", &name)
    }

    #[test]
    fn every_attribute_round_trips_under_its_own_name() {
        for attribute in DnAttribute::ALL {
            let name = read(&encode(&[(attribute, "ab")]).unwrap()).unwrap();
            assert_eq!(name.values(attribute), ["ab"]);
            assert_eq!(name.values.len(), 1, "{}", attribute.aws_name());
        }
    }

    #[test]
    fn repeated_attributes_keep_their_order_and_print_unambiguously() {
        let entries = [
            (DnAttribute::OrganizationalUnit, "b,CN=root"),
            (DnAttribute::OrganizationalUnit, "a"),
            (DnAttribute::CommonName, "pump\u{e9}"),
        ];
        let name = read(&encode(&entries).unwrap()).unwrap();
        assert_eq!(
            name.values(DnAttribute::OrganizationalUnit),
            ["b,CN=root", "a"]
        );
        assert_eq!(name.values(DnAttribute::CommonName), ["pump\u{e9}"]);
        assert_eq!(name.to_string(), "OU=b\\,CN\\=root,OU=a,CN=pump\u{e9}");
    }

    #[test]
    fn old_string_kinds_are_read() {
        assert_eq!(
            read_text(Tag::T61String, &[0xe9]).as_deref(),
            Some("\u{e9}")
        );
        assert_eq!(
            read_text(Tag::BmpString, &[0, b'a', 0x20, 0xac]).as_deref(),
            Some("a\u{20ac}")
        );
        assert_eq!(
            read_text(Tag::UniversalString, &[0, 1, 0xf6, 0]).as_deref(),
            Some("\u{1f600}")
        );
        assert_eq!(read_text(Tag::BmpString, &[0]), None);
        assert_eq!(read_text(Tag::Utf8String, &[0xff]), None);
        assert_eq!(read_text(Tag::BitString, b"a"), None);
    }

    #[test]
    fn a_common_name_that_is_not_text_is_refused() {
        let oid = element(OBJECT_IDENTIFIER, &[&[0x55, 0x04, 3]]);
        let pair = element(SEQUENCE, &[&oid, &element(UTF8_STRING, &[&[0xff]])]);
        let der = element(SEQUENCE, &[&element(SET, &[&pair])]);
        assert!(
            read(&der)
                .unwrap_err()
                .to_string()
                .contains("`CN` of a name is not text")
        );
    }

    #[test]
    fn values_no_certificate_may_hold_are_refused() {
        let long = "x".repeat(129);
        for (attribute, value) in [
            (DnAttribute::CommonName, ""),
            (DnAttribute::CommonName, long.as_str()),
            (DnAttribute::CommonName, "a\nb"),
            (DnAttribute::Country, "NOR"),
            (DnAttribute::SerialNumber, "a@b"),
        ] {
            assert!(
                matches!(encode(&[(attribute, value)]), Err(Error::Name(_))),
                "{value}"
            );
        }
    }
}
