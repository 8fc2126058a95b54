//! Request ids in the two spellings AWS uses. The bytes come from the caller.

use data_encoding::BASE32_NOPAD;

/// The id of restJson1 and awsQuery responses: a version 4 UUID, lower case, with hyphens.
pub fn uuid_form(bytes: [u8; 16]) -> String {
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    id.hyphenated().encode_lower(&mut text).to_owned()
}

/// The id of awsJson1.0 responses: 52 upper-case letters and digits.
pub fn long_form(bytes: [u8; 32]) -> String {
    BASE32_NOPAD.encode(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_is_a_version_4_uuid() {
        assert_eq!(
            uuid_form([0xff; 16]),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(uuid_form([0; 16]), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn the_long_form_is_52_upper_case_characters() {
        let id = long_form([0xa5; 32]);
        assert_eq!(id.len(), 52);
        assert!(
            id.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        );
        assert_ne!(id, long_form([0xa4; 32]));
    }
}
