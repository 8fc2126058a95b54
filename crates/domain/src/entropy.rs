//! Randomness, as a parameter, and the identifiers that are made of it.

use std::cell::RefCell;

use zeroize::{Zeroize, Zeroizing};

use crate::id::{AccessKeyId, AccountId, UniqueId};

/// Gives random bytes fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`, or says that the source failed; then nothing may be issued.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyExhausted>;
}

/// The source of randomness failed.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the system's source of randomness failed")]
pub struct EntropyExhausted;

/// The operating system's generator, by way of AWS-LC.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

/// AWS-LC asks the processor for fresh randomness at each call, which costs more than all the bytes
/// that a request needs. So each thread draws many at once.
const DRAWN_BYTES: usize = 512;

thread_local! {
    static DRAWN: RefCell<Drawn> = RefCell::new(Drawn {
        bytes: Zeroizing::new([0; DRAWN_BYTES]),
        left: 0,
    });
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyExhausted> {
        DRAWN
            .try_with(|drawn| drawn.borrow_mut().hand_out(bytes))
            // A thread that ends has its bytes no more.
            .unwrap_or_else(|_| draw(bytes))
    }
}

/// Random bytes of which the first `left` have not been handed out.
struct Drawn {
    bytes: Zeroizing<[u8; DRAWN_BYTES]>,
    left: usize,
}

impl Drawn {
    fn hand_out(&mut self, to: &mut [u8]) -> Result<(), EntropyExhausted> {
        if to.len() > self.left {
            if to.len() > DRAWN_BYTES / 4 {
                return draw(to);
            }
            self.left = 0;
            draw(&mut *self.bytes)?;
            self.left = DRAWN_BYTES;
        }
        let rest = self.left - to.len();
        let from = self.bytes.get_mut(rest..self.left);
        let from = from.ok_or(EntropyExhausted)?;
        to.copy_from_slice(from);
        from.zeroize();
        self.left = rest;
        Ok(())
    }
}

fn draw(bytes: &mut [u8]) -> Result<(), EntropyExhausted> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| EntropyExhausted)
}

/// `N` random bytes.
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], EntropyExhausted> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// A random UUID, version 4, as AWS writes `thingId`.
pub fn uuid(entropy: &dyn Entropy) -> Result<String, EntropyExhausted> {
    Ok(uuid::Builder::from_random_bytes(bytes(entropy)?)
        .into_uuid()
        .to_string())
}

/// A unique id with one of IAM's prefixes (`AROA`, `AIDA`, `ANPA`): 21 characters.
pub fn unique_id(entropy: &dyn Entropy, prefix: &str) -> Result<UniqueId, EntropyExhausted> {
    let random = data_encoding::BASE32_NOPAD.encode(&bytes::<11>(entropy)?);
    let random: String = random.chars().take(17).collect();
    Ok(UniqueId::from_parts(prefix, &random))
}

/// An access key id: the prefix, then sixteen base-32 characters whose first bytes hold the
/// account as AWS's own ids do, the rest `random`.
pub fn access_key_id(prefix: &str, account: &AccountId, random: [u8; 5]) -> AccessKeyId {
    let number: u64 = account.as_str().parse().unwrap_or_default();
    // 48 bits: one set bit, forty of account, seven of randomness.
    let [r0, r1, r2, r3, r4] = random;
    let head = (1_u64 << 47) | ((number & 0xff_ffff_ffff) << 7) | u64::from(r4 & 0x7f);
    let [_, _, h0, h1, h2, h3, h4, h5] = head.to_be_bytes();
    let encoded = data_encoding::BASE32_NOPAD.encode(&[h0, h1, h2, h3, h4, h5, r0, r1, r2, r3]);
    AccessKeyId::from_parts(prefix, &encoded)
}

/// A secret access key: forty characters of base 64.
pub fn secret_access_key(
    entropy: &dyn Entropy,
) -> Result<zeroize::Zeroizing<String>, EntropyExhausted> {
    let raw = zeroize::Zeroizing::new(bytes::<30>(entropy)?);
    Ok(zeroize::Zeroizing::new(
        data_encoding::BASE64.encode(raw.as_ref()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_key_id_tells_its_account_as_awss_own_do() {
        let account = AccountId::new("609629065308").unwrap();
        let id = access_key_id("ASIA", &account, [1, 2, 3, 4, 255]);
        let raw = data_encoding::BASE32_NOPAD
            .decode(&id.as_str().as_bytes()[4..])
            .unwrap();
        let head = raw
            .iter()
            .take(6)
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        assert_eq!((head & 0x7fff_ffff_ff80) >> 7, 609_629_065_308);
        assert_eq!(id.as_str().len(), 20);
    }

    #[test]
    fn what_is_handed_out_is_never_handed_out_again() {
        let mut drawn = Drawn {
            bytes: Zeroizing::new([0; DRAWN_BYTES]),
            left: 0,
        };
        let mut seen = std::collections::HashSet::new();
        for size in (8..=64).cycle().take(2_000) {
            let mut bytes = vec![0; size];
            drawn.hand_out(&mut bytes).unwrap();
            for piece in bytes.chunks_exact(8) {
                assert!(seen.insert(piece.to_owned()), "eight bytes came twice");
            }
            assert!(drawn.bytes[drawn.left..].iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn more_than_is_kept_is_drawn_at_once() {
        let mut bytes = [0; 4 * DRAWN_BYTES];
        SystemEntropy.fill(&mut bytes).unwrap();
        let mut pieces = bytes.chunks_exact(DRAWN_BYTES);
        assert!(pieces.all(|piece| piece.iter().any(|byte| *byte != 0)));
    }

    #[test]
    fn a_secret_is_forty_characters_and_never_the_same() {
        let one = secret_access_key(&SystemEntropy).unwrap();
        assert_eq!(one.len(), 40);
        assert_ne!(one, secret_access_key(&SystemEntropy).unwrap());
    }
}
