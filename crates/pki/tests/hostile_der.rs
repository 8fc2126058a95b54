//! No bytes from outside make the readers panic, and no changed certificate keeps its signature.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail as tests do"
)]

use proptest::prelude::*;
use std::sync::LazyLock;
use thingpass_pki::csr::SigningRequest;
use thingpass_pki::{Certificate, chain};

static CERTIFICATES: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    [
        include_str!("fixtures/ca_p384.pem"),
        include_str!("fixtures/ca_p521.pem"),
        include_str!("fixtures/ca_rsa2048_v3.pem"),
        include_str!("fixtures/leaf_rsa_pss.pem"),
        include_str!("fixtures/multi_valued_name.pem"),
        include_str!("fixtures/refused_ed25519.pem"),
    ]
    .map(|pem| Certificate::from_pem(pem).unwrap())
    .to_vec()
});

static REQUEST: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let pem = include_str!("fixtures/request_p521.pem");
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    data_encoding::BASE64.decode(base64.as_bytes()).unwrap()
});

fn mutate(
    der: &[u8],
    changes: &[(prop::sample::Index, u8)],
    cut: Option<prop::sample::Index>,
) -> Vec<u8> {
    let mut out = der.to_vec();
    for (place, byte) in changes {
        let place = place.index(out.len());
        out[place] = *byte;
    }
    if let Some(cut) = cut {
        out.truncate(cut.index(out.len()));
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_certificate_is_refused_or_no_longer_signed(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..6),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let original = which.get(&CERTIFICATES);
        let der = mutate(original.der(), &changes, cut);
        if let Ok(read) = Certificate::from_der(&der) {
            let _ = read.check_key_acceptable();
            let _ = (read.subject().to_string(), format!("{read:?}"));
            let again = Certificate::from_pem(&read.to_pem());
            prop_assert_eq!(again.as_ref(), Ok(&read));
            let signers = chain::issuer_among(&read, CERTIFICATES.iter());
            prop_assert!(der == original.der() || signers.is_empty());
        }
    }

    #[test]
    fn a_changed_request_is_refused_or_names_the_same_subject(
        changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..6),
    ) {
        let der = mutate(&REQUEST, &changes, None);
        let original = SigningRequest::from_der(&REQUEST).unwrap();
        if let Ok(read) = SigningRequest::from_der(&der) {
            prop_assert_eq!(read.subject(), original.subject());
        }
    }

    #[test]
    fn random_bytes_are_refused(der in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Certificate::from_der(&der).is_err());
        prop_assert!(SigningRequest::from_der(&der).is_err());
    }
}
