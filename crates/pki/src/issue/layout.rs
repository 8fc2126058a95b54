//! From parameters to signed bytes.
//!
//! `rcgen` lays certificates and requests out. Its names hold one value an attribute, while real
//! ones repeat (`DC=com,DC=example`) and must chain byte for byte, so the names are put into its
//! layout as they are, and only then is it signed.

use super::secret_key::SecretKey;
use crate::der::{BIT_STRING, SEQUENCE, children, element};
use crate::{Certificate, Error};
use rcgen::{
    CertificateParams, Issuer, KeyIdMethod, KeyPair, PublicKeyData, SignatureAlgorithm, SigningKey,
};

const CERTIFICATE_ISSUER: usize = 3;
const CERTIFICATE_SUBJECT: usize = 5;
const REQUEST_SUBJECT: usize = 1;

/// Who signs a certificate.
pub(super) struct Signer<'a> {
    pub(super) key: &'a SecretKey,
    pub(super) issuer_der: &'a [u8],
    pub(super) key_identifier: &'a [u8],
}

impl Signer<'_> {
    pub(super) fn sign(
        &self,
        params: &CertificateParams,
        public_key: &impl PublicKeyData,
        subject_der: &[u8],
    ) -> Result<Certificate, Error> {
        let mut issuer = CertificateParams::default();
        issuer.key_identifier_method = KeyIdMethod::PreSpecified(self.key_identifier.to_vec());
        let issuer = Issuer::new(issuer, Unsigned(self.key.pair()));
        let layout = params
            .signed_by(public_key, &issuer)
            .map_err(|_| Error::Issue("the certificate could not be laid out"))?;
        let names = [
            (CERTIFICATE_ISSUER, self.issuer_der),
            (CERTIFICATE_SUBJECT, subject_der),
        ];
        Certificate::from_der(&sign_with_names(layout.der(), &names, self.key)?)
    }
}

/// A signing request for `key`, as DER.
pub(super) fn sign_request(key: &SecretKey, subject_der: &[u8]) -> Result<Vec<u8>, Error> {
    let layout = CertificateParams::default()
        .serialize_request(&Unsigned(key.pair()))
        .map_err(|_| Error::Issue("the signing request could not be laid out"))?;
    sign_with_names(layout.der(), &[(REQUEST_SUBJECT, subject_der)], key)
}

/// Signs the body of `layout` anew, with the fields at the given places replaced.
fn sign_with_names(
    layout: &[u8],
    names: &[(usize, &[u8])],
    key: &SecretKey,
) -> Result<Vec<u8>, Error> {
    let parts = children(layout)?;
    let [body, algorithm, _] = parts.as_slice() else {
        return Err(Error::Issue(
            "the certificate laid out for signing is malformed",
        ));
    };
    let mut fields = children(body)?;
    for (place, name) in names {
        *fields.get_mut(*place).ok_or(Error::Issue(
            "the certificate laid out for signing is malformed",
        ))? = name;
    }
    let body = element(SEQUENCE, &fields);
    let signature = key
        .pair()
        .sign(&body)
        .map_err(|_| Error::Issue("the certificate could not be signed"))?;
    let signature = element(BIT_STRING, &[&[0], &signature]);
    Ok(element(SEQUENCE, &[&body, algorithm, &signature]))
}

/// Stands in for the key while the layout is made, so that nothing but the final bytes is ever signed.
struct Unsigned<'a>(&'a KeyPair);

impl PublicKeyData for Unsigned<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.0.algorithm()
    }
}

impl SigningKey for Unsigned<'_> {
    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(Vec::new())
    }
}
