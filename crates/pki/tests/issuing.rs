//! Certificates made here, read back and verified.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail as tests do"
)]

use thingpass_pki::csr::SigningRequest;
use thingpass_pki::issue::{Authority, Issued, KeyKind, signing_request};
use thingpass_pki::{Certificate, DnAttribute, Error, chain, limits};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const FROM: OffsetDateTime = datetime!(2030-01-01 12:00:00.5 +2);
const UNTIL: OffsetDateTime = limits::DEVICE_NOT_AFTER;

fn authority(name: &str) -> Authority {
    Authority::generate(name, FROM, UNTIL, [7; 20]).unwrap()
}

fn device(authority: &Authority, subject: &[(DnAttribute, &str)]) -> Issued {
    authority
        .issue_device(subject, KeyKind::P256, FROM, UNTIL, [1; 16])
        .unwrap()
}

#[test]
fn a_new_authority_signs_itself_and_its_devices() {
    let ca = authority("Factory");
    assert!(ca.certificate().is_ca());
    ca.certificate().is_signed_by(ca.certificate()).unwrap();
    let subject = [
        (DnAttribute::OrganizationalUnit, "first"),
        (DnAttribute::OrganizationalUnit, "second"),
        (DnAttribute::CommonName, "pump-7"),
    ];
    let issued = device(&ca, &subject);
    let certificate = &issued.certificate;
    certificate.is_signed_by(ca.certificate()).unwrap();
    certificate.check_key_acceptable().unwrap();
    assert!(!certificate.is_ca());
    assert_eq!(
        certificate.subject().to_string(),
        "OU=first,OU=second,CN=pump-7"
    );
    assert_eq!(certificate.issuer_der(), ca.certificate().subject_der());
    assert_eq!(certificate.serial_hex(), "01".repeat(16));
    assert_eq!(certificate.not_before(), datetime!(2030-01-01 10:00 UTC));
    assert_eq!(certificate.not_after(), datetime!(2049-12-31 23:59:59 UTC));
    assert!(
        issued
            .public_key_pem
            .starts_with("-----BEGIN PUBLIC KEY-----\n")
    );
}

#[test]
fn the_same_name_with_another_key_is_not_the_issuer() {
    let (ours, theirs) = (authority("Factory"), authority("Factory"));
    let certificate = device(&ours, &[(DnAttribute::CommonName, "pump")]).certificate;
    assert_eq!(
        certificate.is_signed_by(theirs.certificate()),
        Err(Error::SignatureInvalid("certificate"))
    );
    let cas = [theirs.certificate().clone(), ours.certificate().clone()];
    assert_eq!(chain::issuer_among(&certificate, cas.iter()), [&cas[1]]);
}

#[test]
fn an_authority_of_another_name_is_named_in_the_refusal() {
    let certificate = device(&authority("A"), &[(DnAttribute::CommonName, "pump")]).certificate;
    let error = certificate
        .is_signed_by(authority("B").certificate())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the certificate was issued by `CN=A`, not by `CN=B`"
    );
}

#[test]
fn a_device_certificate_is_no_issuer() {
    let ca = authority("Factory");
    let certificate = device(&ca, &[(DnAttribute::CommonName, "Factory")]);
    let child = device(&ca, &[(DnAttribute::CommonName, "child")]).certificate;
    assert!(matches!(
        child.is_signed_by(&certificate.certificate),
        Err(Error::NotAuthority(_))
    ));
    let imported = Authority::from_pem(&certificate.certificate.to_pem(), &certificate.key_pem);
    assert!(matches!(imported, Err(Error::NotAuthority(_))));
}

#[test]
fn one_authority_under_two_certificates_is_found_twice() {
    let ca = authority("Factory");
    let certificate = device(&ca, &[(DnAttribute::CommonName, "pump")]).certificate;
    let cas = [ca.certificate().clone(), ca.certificate().clone()];
    assert_eq!(chain::issuer_among(&certificate, cas.iter()).len(), 2);
}

#[test]
fn an_authority_survives_its_pem() {
    let ca = authority("Factory");
    let again = Authority::from_pem(&ca.certificate().to_pem(), &ca.key_pem()).unwrap();
    assert_eq!(again.certificate(), ca.certificate());
    let certificate = device(&again, &[(DnAttribute::CommonName, "pump")]).certificate;
    certificate.is_signed_by(ca.certificate()).unwrap();
}

#[test]
fn an_authority_of_any_accepted_kind_signs() {
    let kinds = [
        &rcgen::PKCS_RSA_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA512,
    ];
    for kind in kinds {
        let key = rcgen::KeyPair::generate_for(kind).unwrap();
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        let ca = Authority::from_pem(&pem, &key.serialize_pem()).unwrap();
        let certificate = device(&ca, &[(DnAttribute::CommonName, "pump")]).certificate;
        certificate.is_signed_by(ca.certificate()).unwrap();
    }
}

#[test]
fn a_key_of_another_authority_is_refused() {
    let ca = authority("Factory");
    let imported = Authority::from_pem(&ca.certificate().to_pem(), &authority("Factory").key_pem());
    assert_eq!(imported.unwrap_err(), Error::KeyMismatch);
}

#[test]
fn a_signing_request_is_signed_under_its_own_subject() {
    let ca = authority("Factory");
    let subject = [
        (DnAttribute::Organization, "Example"),
        (DnAttribute::Organization, "Example Two"),
        (DnAttribute::CommonName, "pump"),
    ];
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let (pem, key) = signing_request(&subject, kind).unwrap();
        assert!(key.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let request = SigningRequest::from_pem(&pem).unwrap();
        let certificate = ca.sign_request(&request, FROM, UNTIL, [2; 20]).unwrap();
        certificate.is_signed_by(ca.certificate()).unwrap();
        certificate.check_key_acceptable().unwrap();
        assert_eq!(certificate.subject_der(), request.subject().der());
    }
    let p521 = SigningRequest::from_pem(include_str!("fixtures/request_p521.pem")).unwrap();
    let certificate = ca.sign_request(&p521, FROM, UNTIL, [2; 20]).unwrap();
    certificate.check_key_acceptable().unwrap();
    assert_eq!(
        certificate.subject().to_string(),
        "OU=a,OU=b,CN=p521 request"
    );
}

#[test]
fn a_request_that_asks_to_be_an_authority_becomes_a_device() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(["root.example.com".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = params.serialize_request(&key).unwrap().pem().unwrap();
    let request = SigningRequest::from_pem(&pem).unwrap();
    let certificate = authority("Factory")
        .sign_request(&request, FROM, UNTIL, [2; 20])
        .unwrap();
    assert!(!certificate.is_ca());
    assert!(certificate.subject_alternative_names().dns.is_empty());
}

#[test]
fn a_request_signed_by_another_key_is_refused() {
    let (pem, _) = signing_request(&[(DnAttribute::CommonName, "pump")], KeyKind::P256).unwrap();
    let der = data_encoding::BASE64
        .decode(
            pem.lines()
                .filter(|line| !line.starts_with('-'))
                .collect::<String>()
                .as_bytes(),
        )
        .unwrap();
    let name_at = der.windows(4).position(|window| window == b"pump").unwrap();
    let mut forged = der.clone();
    forged[name_at] = b'd';
    assert!(SigningRequest::from_der(&der).is_ok());
    assert_eq!(
        SigningRequest::from_der(&forged).unwrap_err(),
        Error::SignatureInvalid("certificate signing request")
    );
}

#[test]
fn a_request_beyond_the_limit_is_refused() {
    let (pem, _) = signing_request(&[(DnAttribute::CommonName, "pump")], KeyKind::P256).unwrap();
    let error = SigningRequest::from_pem(&(" ".repeat(4096) + &pem)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the certificate signing request is longer than 4096 characters"
    );
}

#[test]
fn an_rsa_device_gets_a_2048_bit_key() {
    let ca = authority("Factory");
    let subject = [(DnAttribute::CommonName, "AWS IoT Certificate")];
    let issued = ca
        .issue_device(&subject, KeyKind::Rsa2048, FROM, UNTIL, [9; 20])
        .unwrap();
    issued.certificate.check_key_acceptable().unwrap();
    issued.certificate.is_signed_by(ca.certificate()).unwrap();
    assert!(issued.key_pem.len() > 1600);
}

#[test]
fn a_server_certificate_speaks_for_its_names() {
    let ca = authority("Factory");
    let names = [
        "*.credentials.iot.local.example.com",
        "localhost",
        "192.0.2.1",
        "::1",
    ]
    .map(str::to_owned);
    let issued = ca.issue_server(&names, FROM, UNTIL, [3; 16]).unwrap();
    let alternatives = issued.certificate.subject_alternative_names();
    assert_eq!(
        alternatives.dns,
        ["*.credentials.iot.local.example.com", "localhost"]
    );
    assert_eq!(alternatives.ip, ["192.0.2.1", "::1"]);
    issued.certificate.is_signed_by(ca.certificate()).unwrap();
    for wrong in ["", "*", "a b", "a.*.b", "https://a", "-"] {
        let issued = ca.issue_server(&[wrong.to_owned()], FROM, UNTIL, [3; 16]);
        assert!(matches!(issued, Err(Error::Name(_))), "{wrong}");
    }
    assert!(matches!(
        ca.issue_server(&[], FROM, UNTIL, [3; 16]),
        Err(Error::Name(_))
    ));
}

#[test]
fn a_turned_signature_makes_another_certificate_of_the_same_signed_part() {
    let ca = authority("Factory");
    let certificate = device(&ca, &[(DnAttribute::CommonName, "pump")]).certificate;
    let turned = Certificate::from_der(&turn_signature(certificate.der())).unwrap();
    turned.is_signed_by(ca.certificate()).unwrap();
    assert_ne!(turned.fingerprint(), certificate.fingerprint());
    assert_eq!(
        turned.signed_part_fingerprint(),
        certificate.signed_part_fingerprint()
    );
}

/// Replaces `s` by `n - s` in a certificate signed on P-256.
fn turn_signature(der: &[u8]) -> Vec<u8> {
    const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order = data_encoding::HEXLOWER.decode(ORDER.as_bytes()).unwrap();
    let element = |tag: u8, content: &[u8]| {
        let length = content.len();
        let mut out = match length {
            0..128 => vec![tag, u8::try_from(length).unwrap()],
            _ => [
                &[tag, 0x82][..],
                &u16::try_from(length).unwrap().to_be_bytes(),
            ]
            .concat(),
        };
        out.extend_from_slice(content);
        out
    };
    let body_and_algorithm_end = der.len() - usize::from(der[signature_at(der) + 1]) - 2;
    let signature = &der[signature_at(der) + 3..];
    let r_end = 4 + usize::from(signature[3]);
    let (r, s) = (&signature[2..r_end], &signature[r_end + 2..]);
    let mut padded = vec![0; 33 - s.len()];
    padded.extend_from_slice(s);
    let (mut turned, mut borrow) = (vec![0_u8; 32], 0_i16);
    for place in (0..32).rev() {
        let digit = i16::from(order[place]) - i16::from(padded[place + 1]) - borrow;
        borrow = i16::from(digit < 0);
        turned[place] = u8::try_from(digit.rem_euclid(256)).unwrap();
    }
    let first = turned.iter().position(|byte| *byte != 0).unwrap();
    let mut positive = turned[first..].to_vec();
    if positive[0] >= 0x80 {
        positive.insert(0, 0);
    }
    let pair = element(0x30, &[r, &element(0x02, &positive)].concat());
    let bits = element(0x03, &[&[0], &pair[..]].concat());
    element(0x30, &[&der[4..body_and_algorithm_end], &bits].concat())
}

/// Where the bit string of the signature begins: the element that ends with the certificate.
fn signature_at(der: &[u8]) -> usize {
    (der.len() - 80..der.len())
        .find(|at| der[*at] == 0x03 && at + 2 + usize::from(der[at + 1]) == der.len())
        .unwrap()
}

#[test]
fn a_serial_is_positive_and_not_zero() {
    let ca = Authority::generate("Factory", FROM, UNTIL, [0xff; 20]).unwrap();
    assert_eq!(
        ca.certificate().serial_hex(),
        format!("7f{}", "ff".repeat(19))
    );
    let zero = Authority::generate("Factory", FROM, UNTIL, [0; 16]);
    assert_eq!(zero.unwrap_err(), Error::Serial);
}

#[test]
fn a_validity_that_ends_before_it_begins_is_refused() {
    let backwards = Authority::generate("Factory", UNTIL, UNTIL - Duration::SECOND, [1; 16]);
    assert_eq!(backwards.unwrap_err(), Error::Validity);
}

#[test]
fn no_key_is_in_the_debug_output() {
    let ca = authority("Factory");
    let issued = device(&ca, &[(DnAttribute::CommonName, "pump")]);
    for printed in [format!("{ca:?}"), format!("{issued:?}")] {
        assert!(
            printed.contains("[redacted]") && !printed.contains("PRIVATE"),
            "{printed}"
        );
    }
}

#[test]
fn a_private_key_sent_with_a_certificate_is_refused() {
    let ca = authority("Factory");
    let both = ca.certificate().to_pem() + &ca.key_pem();
    let error = Certificate::from_pem(&both).unwrap_err().to_string();
    assert!(error.contains("holds a private key"), "{error}");
}
