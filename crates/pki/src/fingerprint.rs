//! The identity of a certificate.

use aws_lc_rs::digest;

/// The SHA-256 of a certificate's DER: in lower-case hex it is the AWS IoT `certificateId`.
pub fn fingerprint(der: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_the_sha_256_of_the_bytes() {
        assert_eq!(
            data_encoding::HEXLOWER.encode(&fingerprint(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
