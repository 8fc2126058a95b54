//! Certificates as `openssl` makes them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail as tests do"
)]

use thingpass_pki::csr::SigningRequest;
use thingpass_pki::{Certificate, DnAttribute, Error, chain};
use time::macros::datetime;

const CA_RSA: &str = include_str!("fixtures/ca_rsa2048_v3.pem");
const LEAF_V1: &str = include_str!("fixtures/leaf_rsa2048_v1.pem");
const LEAF_PSS: &str = include_str!("fixtures/leaf_rsa_pss.pem");
const LEAF_SHA1: &str = include_str!("fixtures/refused_sha1_signature.pem");
const CA_P384: &str = include_str!("fixtures/ca_p384.pem");
const CA_P521: &str = include_str!("fixtures/ca_p521.pem");
const RSA_1024: &str = include_str!("fixtures/refused_rsa1024.pem");
const ED25519: &str = include_str!("fixtures/refused_ed25519.pem");
const MULTI_VALUED: &str = include_str!("fixtures/multi_valued_name.pem");
const REQUEST_P521: &str = include_str!("fixtures/request_p521.pem");

fn read(pem: &str) -> Certificate {
    Certificate::from_pem(pem).unwrap()
}

#[test]
fn a_version_1_leaf_without_extensions_is_a_device_certificate() {
    let (leaf, ca) = (read(LEAF_V1), read(CA_RSA));
    assert_eq!(leaf.subject().to_string(), "CN=device-1");
    assert_eq!(leaf.issuer().to_string(), "DC=com,DC=example,CN=Factory CA");
    assert_eq!(leaf.serial_hex(), "c0ffee01");
    assert!(!leaf.is_ca());
    assert!(ca.is_ca());
    assert!(leaf.not_before() < leaf.not_after());
    assert!(leaf.not_after() > datetime!(2040-01-01 0:00 UTC));
    leaf.check_key_acceptable().unwrap();
    leaf.is_signed_by(&ca).unwrap();
}

#[test]
fn the_pem_written_is_the_pem_read() {
    let leaf = read(LEAF_V1);
    assert_eq!(leaf.to_pem(), LEAF_V1);
    assert_eq!(Certificate::from_der(leaf.der()).unwrap(), leaf);
    assert_eq!(thingpass_pki::fingerprint(leaf.der()), leaf.fingerprint());
}

#[test]
fn the_larger_curves_and_pss_verify() {
    for pem in [CA_P384, CA_P521] {
        let ca = read(pem);
        ca.check_key_acceptable().unwrap();
        ca.is_signed_by(&ca).unwrap();
    }
    read(LEAF_PSS).is_signed_by(&read(CA_RSA)).unwrap();
}

#[test]
fn a_sha_1_signature_is_refused() {
    let error = read(LEAF_SHA1).is_signed_by(&read(CA_RSA)).unwrap_err();
    assert!(
        matches!(error, Error::SignatureAlgorithmNotAccepted(_)),
        "{error}"
    );
}

#[test]
fn keys_that_are_not_accepted_are_refused_by_name() {
    let refusal = |pem| read(pem).check_key_acceptable().unwrap_err().to_string();
    let accepted =
        "accepted are RSA keys of 2048 to 8192 bits and the curves P-256, P-384 and P-521";
    assert_eq!(
        refusal(RSA_1024),
        format!("the public key is an RSA key of 1024 bits; {accepted}")
    );
    assert_eq!(
        refusal(ED25519),
        format!("the public key is of the kind 1.3.101.112; {accepted}")
    );
}

#[test]
fn a_signature_by_a_refused_key_is_refused_too() {
    for pem in [RSA_1024, ED25519] {
        let certificate = read(pem);
        assert!(matches!(
            certificate.is_signed_by(&certificate),
            Err(Error::KeyNotAccepted(_))
        ));
    }
}

#[test]
fn only_the_signing_authority_is_found() {
    let cas = [read(CA_P384), read(CA_RSA), read(CA_P521), read(LEAF_V1)];
    assert_eq!(chain::issuer_among(&read(LEAF_V1), cas.iter()), [&cas[1]]);
    assert!(chain::issuer_among(&read(MULTI_VALUED), cas.iter()).is_empty());
}

#[test]
fn every_attribute_of_a_name_is_read() {
    let certificate = read(MULTI_VALUED);
    let expected: [(&str, &[&str]); 13] = [
        ("DistinguishedNameQualifier", &["q1"]),
        ("Country", &["NO"]),
        ("Organization", &["Example Devices"]),
        ("OrganizationalUnit", &["Sensors", "North"]),
        ("State", &["Oslo"]),
        ("CommonName", &["pump-7"]),
        ("SerialNumber", &["SN-42"]),
        ("Title", &["Pump"]),
        ("Surname", &["Lovelace"]),
        ("GivenName", &["Ada"]),
        ("Initials", &["AL"]),
        ("Pseudonym", &["countess"]),
        ("GenerationQualifier", &["III"]),
    ];
    for (attribute, (aws_name, values)) in DnAttribute::ALL.into_iter().zip(expected) {
        assert_eq!(attribute.aws_name(), aws_name);
        assert_eq!(
            certificate.subject().values(attribute),
            values,
            "{aws_name}"
        );
        assert_eq!(certificate.issuer().values(attribute), values, "{aws_name}");
    }
}

#[test]
fn every_kind_of_alternative_name_is_read() {
    let certificate = read(MULTI_VALUED);
    let names = certificate.subject_alternative_names();
    assert_eq!(names.rfc822, ["pump@example.com"]);
    assert_eq!(names.dns, ["pump.example.com", "pump2.example.com"]);
    assert_eq!(names.directory, ["CN=directory entry,O=Example"]);
    assert_eq!(names.uri, ["urn:pump:7"]);
    assert_eq!(names.ip, ["192.0.2.7", "2001:db8::7"]);
    assert_eq!(
        certificate.issuer_alternative_names().dns,
        ["ca.example.com"]
    );
}

#[test]
fn a_request_on_p_521_with_repeated_attributes_is_read() {
    let request = SigningRequest::from_pem(REQUEST_P521).unwrap();
    assert_eq!(request.subject().to_string(), "OU=a,OU=b,CN=p521 request");
}

#[test]
fn a_request_is_not_a_certificate_nor_the_other_way_round() {
    assert!(matches!(
        Certificate::from_pem(REQUEST_P521),
        Err(Error::Pem(_))
    ));
    assert!(matches!(
        SigningRequest::from_pem(LEAF_V1),
        Err(Error::Pem(_))
    ));
}

#[test]
fn bytes_after_a_certificate_are_refused() {
    let mut der = read(LEAF_V1).der().to_vec();
    der.push(0);
    assert!(
        Certificate::from_der(&der)
            .unwrap_err()
            .to_string()
            .contains("bytes follow its end")
    );
}

#[test]
fn the_same_signed_part_written_differently_is_refused() {
    let der = read(CA_P384).der().to_vec();
    let content = &der[4..];
    assert_eq!(der[1], 0x82);
    let mut long_form = vec![0x30, 0x83, 0, der[2], der[3]];
    long_form.extend_from_slice(content);
    let unused_bits_at = der
        .windows(4)
        .rposition(|it| it[0] == 0x03 && it[2] == 0 && it[3] == 0x30);
    let mut context_tag = der.clone();
    context_tag[unused_bits_at.unwrap()] = 0x83;
    for changed in [long_form, context_tag] {
        assert!(matches!(
            Certificate::from_der(&changed),
            Err(Error::Unreadable { .. })
        ));
    }
}

#[test]
fn two_certificates_differ_in_their_signed_parts() {
    let (pkcs1, pss) = (read(LEAF_V1), read(LEAF_PSS));
    assert_ne!(
        pkcs1.signed_part_fingerprint(),
        pss.signed_part_fingerprint()
    );
    assert_ne!(pkcs1.signed_part_fingerprint(), pkcs1.fingerprint());
}
