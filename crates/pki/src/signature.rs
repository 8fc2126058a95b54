//! Which public keys and signatures are accepted, and whether a signature verifies.
//!
//! The table is AWS IoT's (*X.509 client certificates*) without DSA; SHA-1 and older are never accepted.

use crate::Error;
use crate::limits::{RSA_BITS_MAX, RSA_BITS_MIN};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_parser::asn1_rs::BitString;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521,
    OID_NIST_HASH_SHA256, OID_NIST_HASH_SHA384, OID_NIST_HASH_SHA512, OID_PKCS1_RSAENCRYPTION,
    OID_PKCS1_RSASSAPSS, OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA,
    OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512,
};
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

#[derive(Clone, Copy)]
enum KeyFamily {
    Rsa,
    P256,
    P384,
    P521,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Clone, Copy)]
enum Scheme {
    RsaPkcs1(Hash),
    RsaPss(Hash),
    Ecdsa(Hash),
}

/// Accepts RSA keys within the size limits and points on the three NIST curves.
pub(crate) fn check_key(key: &SubjectPublicKeyInfo<'_>) -> Result<(), Error> {
    let family = key_family(key)?;
    let well_formed =
        |algorithm| ParsedPublicKey::new(algorithm, key.subject_public_key.data.as_ref());
    let parsed = match family {
        KeyFamily::Rsa => well_formed(&RSA_PKCS1_2048_8192_SHA256),
        KeyFamily::P256 => well_formed(&ECDSA_P256_SHA256_ASN1),
        KeyFamily::P384 => well_formed(&ECDSA_P384_SHA384_ASN1),
        KeyFamily::P521 => well_formed(&ECDSA_P521_SHA512_ASN1),
    };
    parsed
        .map(|_| ())
        .map_err(|_| not_accepted("the public key is malformed"))
}

/// Verifies `signature` over `message` with the signer's public key. `what` names the signed thing in errors.
pub(crate) fn verify(
    what: &'static str,
    key: &SubjectPublicKeyInfo<'_>,
    algorithm: &AlgorithmIdentifier<'_>,
    signature: &BitString<'_>,
    message: &[u8],
) -> Result<(), Error> {
    let family = key_family(key)?;
    let algorithm =
        verification(family, scheme(algorithm)?).ok_or(Error::SignatureInvalid(what))?;
    if signature.unused_bits != 0 {
        return Err(Error::SignatureInvalid(what));
    }
    UnparsedPublicKey::new(algorithm, key.subject_public_key.data.as_ref())
        .verify(message, &signature.data)
        .map_err(|_| Error::SignatureInvalid(what))
}

fn key_family(key: &SubjectPublicKeyInfo<'_>) -> Result<KeyFamily, Error> {
    let algorithm = &key.algorithm.algorithm;
    if *algorithm == OID_PKCS1_RSAENCRYPTION {
        let Ok(PublicKey::RSA(rsa)) = key.parsed() else {
            return Err(not_accepted("the RSA public key is malformed"));
        };
        let bits = bit_length(rsa.modulus);
        if (RSA_BITS_MIN..=RSA_BITS_MAX).contains(&bits) {
            return Ok(KeyFamily::Rsa);
        }
        return Err(Error::KeyNotAccepted(format!(
            "the public key is an RSA key of {bits} bits"
        )));
    }
    if *algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY {
        return Err(Error::KeyNotAccepted(format!(
            "the public key is of the kind {algorithm}"
        )));
    }
    let curve = key
        .algorithm
        .parameters
        .as_ref()
        .and_then(|any| any.as_oid().ok());
    let (family, coordinate_bytes) = match curve {
        Some(curve) if curve == OID_EC_P256 => (KeyFamily::P256, 32),
        Some(curve) if curve == OID_NIST_EC_P384 => (KeyFamily::P384, 48),
        Some(curve) if curve == OID_NIST_EC_P521 => (KeyFamily::P521, 66),
        Some(curve) => {
            return Err(Error::KeyNotAccepted(format!(
                "the public key is on the curve {curve}"
            )));
        }
        None => return Err(not_accepted("the public key does not name its curve")),
    };
    // TLS knows only uncompressed points, and so do the devices' libraries.
    match key.subject_public_key.data.as_ref() {
        [0x04, point @ ..] if point.len() == 2 * coordinate_bytes => Ok(family),
        _ => Err(not_accepted("the public key is not an uncompressed point")),
    }
}

fn scheme(algorithm: &AlgorithmIdentifier<'_>) -> Result<Scheme, Error> {
    let oid = &algorithm.algorithm;
    let known = [
        (OID_PKCS1_SHA256WITHRSA, Scheme::RsaPkcs1(Hash::Sha256)),
        (OID_PKCS1_SHA384WITHRSA, Scheme::RsaPkcs1(Hash::Sha384)),
        (OID_PKCS1_SHA512WITHRSA, Scheme::RsaPkcs1(Hash::Sha512)),
        (OID_SIG_ECDSA_WITH_SHA256, Scheme::Ecdsa(Hash::Sha256)),
        (OID_SIG_ECDSA_WITH_SHA384, Scheme::Ecdsa(Hash::Sha384)),
        (OID_SIG_ECDSA_WITH_SHA512, Scheme::Ecdsa(Hash::Sha512)),
    ];
    let pss = || {
        (*oid == OID_PKCS1_RSASSAPSS)
            .then(|| pss_hash(algorithm))
            .flatten()
    };
    known
        .into_iter()
        .find_map(|(known, scheme)| (known == *oid).then_some(scheme))
        .or_else(|| pss().map(Scheme::RsaPss))
        .ok_or_else(|| Error::SignatureAlgorithmNotAccepted(oid.to_string()))
}

fn pss_hash(algorithm: &AlgorithmIdentifier<'_>) -> Option<Hash> {
    let parameters = RsaSsaPssParams::try_from(algorithm.parameters.as_ref()?).ok()?;
    let oid = parameters.hash_algorithm_oid();
    [
        (OID_NIST_HASH_SHA256, Hash::Sha256),
        (OID_NIST_HASH_SHA384, Hash::Sha384),
        (OID_NIST_HASH_SHA512, Hash::Sha512),
    ]
    .into_iter()
    .find_map(|(known, hash)| (known == *oid).then_some(hash))
}

/// `None` where the scheme cannot be made with such a key.
fn verification(family: KeyFamily, scheme: Scheme) -> Option<&'static dyn VerificationAlgorithm> {
    let algorithm: &'static dyn VerificationAlgorithm = match (family, scheme) {
        (KeyFamily::Rsa, Scheme::RsaPkcs1(Hash::Sha256)) => &RSA_PKCS1_2048_8192_SHA256,
        (KeyFamily::Rsa, Scheme::RsaPkcs1(Hash::Sha384)) => &RSA_PKCS1_2048_8192_SHA384,
        (KeyFamily::Rsa, Scheme::RsaPkcs1(Hash::Sha512)) => &RSA_PKCS1_2048_8192_SHA512,
        (KeyFamily::Rsa, Scheme::RsaPss(Hash::Sha256)) => &RSA_PSS_2048_8192_SHA256,
        (KeyFamily::Rsa, Scheme::RsaPss(Hash::Sha384)) => &RSA_PSS_2048_8192_SHA384,
        (KeyFamily::Rsa, Scheme::RsaPss(Hash::Sha512)) => &RSA_PSS_2048_8192_SHA512,
        (KeyFamily::P256, Scheme::Ecdsa(Hash::Sha256)) => &ECDSA_P256_SHA256_ASN1,
        (KeyFamily::P256, Scheme::Ecdsa(Hash::Sha384)) => &ECDSA_P256_SHA384_ASN1,
        (KeyFamily::P256, Scheme::Ecdsa(Hash::Sha512)) => &ECDSA_P256_SHA512_ASN1,
        (KeyFamily::P384, Scheme::Ecdsa(Hash::Sha256)) => &ECDSA_P384_SHA256_ASN1,
        (KeyFamily::P384, Scheme::Ecdsa(Hash::Sha384)) => &ECDSA_P384_SHA384_ASN1,
        (KeyFamily::P384, Scheme::Ecdsa(Hash::Sha512)) => &ECDSA_P384_SHA512_ASN1,
        (KeyFamily::P521, Scheme::Ecdsa(Hash::Sha256)) => &ECDSA_P521_SHA256_ASN1,
        (KeyFamily::P521, Scheme::Ecdsa(Hash::Sha384)) => &ECDSA_P521_SHA384_ASN1,
        (KeyFamily::P521, Scheme::Ecdsa(Hash::Sha512)) => &ECDSA_P521_SHA512_ASN1,
        (KeyFamily::Rsa, Scheme::Ecdsa(_))
        | (
            KeyFamily::P256 | KeyFamily::P384 | KeyFamily::P521,
            Scheme::RsaPkcs1(_) | Scheme::RsaPss(_),
        ) => return None,
    };
    Some(algorithm)
}

fn bit_length(modulus: &[u8]) -> usize {
    let mut significant = modulus.iter().skip_while(|byte| **byte == 0);
    let Some(first) = significant.next() else {
        return 0;
    };
    let first_bits = (u8::BITS - first.leading_zeros()) as usize;
    significant
        .count()
        .saturating_mul(8)
        .saturating_add(first_bits)
}

fn not_accepted(reason: &str) -> Error {
    Error::KeyNotAccepted(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_do_not_count_as_key_bits() {
        assert_eq!(bit_length(&[0, 0, 0x80, 0]), 16);
        assert_eq!(bit_length(&[0x01, 0xff]), 9);
        assert_eq!(bit_length(&[0, 0]), 0);
    }
}
