//! Ids and inboxes drawn from a seed.
//!
//! Knows nothing of time or machines: two generators with the same seed write the same ids, which is what makes a
//! session replayable. The way in is [`Rng`] for numbers and [`Rng::nuid`] for ids.
//! Source: xoshiro256** (Blackman and Vigna); NUIDs are 22 base62 characters as in nats-io/nuid.

use crate::pack::Pack;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A seeded random source. Not for secrets.
#[derive(Clone, Debug, Pack)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// A generator that always draws the same numbers for the same `seed`.
    pub fn new(seed: u64) -> Rng {
        let mut splitmix = seed;
        let state = std::array::from_fn(|_| {
            splitmix = splitmix.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = splitmix;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ (z >> 31)
        });
        Rng { state }
    }

    /// A generator for somebody else, independent of what this one draws later.
    pub fn fork(&mut self) -> Rng {
        Rng::new(self.next_u64())
    }

    pub fn next_u64(&mut self) -> u64 {
        let [s0, s1, s2, s3] = &mut self.state;
        let result = s1.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = *s1 << 17;
        *s2 ^= *s0;
        *s3 ^= *s1;
        *s1 ^= *s2;
        *s0 ^= *s3;
        *s2 ^= t;
        *s3 = s3.rotate_left(45);
        result
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // The multiply-shift bias is below 2^-32 for every bound we use.
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// True with the given chance, from 0.0 (never) to 1.0 (always).
    pub fn chance(&mut self, probability: f64) -> bool {
        ((self.next_u64() >> 11) as f64) < probability * (1u64 << 53) as f64
    }

    /// Base62 text of `length` characters.
    pub fn base62(&mut self, length: usize) -> String {
        (0..length).map(|_| BASE62[self.below(62) as usize] as char).collect()
    }

    /// A 22-character id, as used for advisories, inboxes and message ids.
    pub fn nuid(&mut self) -> String {
        self.base62(22)
    }

    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_ids() {
        let (mut a, mut b) = (Rng::new(7), Rng::new(7));
        assert_eq!(a.nuid(), b.nuid());
        assert_ne!(a.nuid(), Rng::new(8).nuid());
        assert_eq!(a.nuid().len(), 22);
    }

    #[test]
    fn below_stays_below_and_reaches_all() {
        let mut rng = Rng::new(1);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[rng.below(5) as usize] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(rng.below(0), 0);
    }
}
