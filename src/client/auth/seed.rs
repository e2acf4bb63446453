//! A user's NKEY seed: read, and signed with.
//!
//! Knows the letters, prefixes and checksum of NKEYs and the signature; never a server. The ways in are [`Seed::parse`],
//! [`Seed::public_key`] and [`Seed::sign`].
//! Source: nats-io/nkeys README, "Encoding"; RFC 4648 (base32), CRC-16/XMODEM, RFC 8032 (Ed25519).

use super::Error;
use crate::base64::BASE64URL;
use ed25519_dalek::{Signer, SigningKey};
use zeroize::Zeroizing;

/// Says "seed" before the letter that says whose; both are five bits.
const SEED: u8 = 18;
const USER: u8 = 20;
/// Prefix, key and checksum.
const SEED_BYTES: usize = 2 + 32 + 2;
const SEED_LETTERS: usize = 58;
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The secret half of a user's key pair. Never shown; cleared when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed(SigningKey);

impl Seed {
    /// Errors: whose fault it is, never with the text.
    pub fn parse(text: &str) -> Result<Seed, Error> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::Empty);
        }
        let bytes = Zeroizing::new(decode(text).ok_or(Error::NotBase32)?);
        let first = bytes.first().map_or(0, |byte| byte >> 3);
        if first != SEED {
            return Err(if text.len() == 56 { Error::PublicKey } else { Error::NotASeed });
        }
        if text.len() != SEED_LETTERS || bytes.len() != SEED_BYTES {
            return Err(Error::SeedLength(text.len()));
        }
        let (content, checksum) = bytes.split_at(SEED_BYTES - 2);
        if crc16(content).to_le_bytes() != checksum {
            return Err(Error::Checksum);
        }
        match (content[0] & 7) << 2 | content[1] >> 6 {
            USER => {}
            other => return Err(whose(other)),
        }
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&content[2..]);
        Ok(Seed(SigningKey::from_bytes(&key)))
    }

    /// The half everybody may know, as servers are configured with it: `U…`.
    pub fn public_key(&self) -> String {
        let mut bytes = vec![USER << 3];
        bytes.extend_from_slice(self.0.verifying_key().as_bytes());
        bytes.extend_from_slice(&crc16(&bytes).to_le_bytes());
        encode(&bytes)
    }

    /// The signature of a server's nonce, as CONNECT has it.
    pub fn sign(&self, nonce: &str) -> String {
        let signature = self.0.sign(nonce.as_bytes());
        BASE64URL.encode(signature.to_bytes()).trim_end_matches('=').to_owned()
    }
}

/// Whose seed it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedKind {
    User,
    Other,
}

/// Reads a seed as the Go library does, which takes anybody's.
///
/// Errors: its sentences.
pub fn seed_kind(text: &str) -> Result<SeedKind, String> {
    if let Some(wrong) = text.bytes().position(|letter| !LETTERS.contains(&letter)) {
        return Err(format!("illegal base32 data at input byte {wrong}"));
    }
    // What is left over behind the last whole group and makes no byte is not looked at.
    let whole = text.len() / 8 * 8;
    let rest = if matches!(text.len() % 8, 1 | 3 | 6) { 0 } else { text.len() % 8 };
    let bytes = Zeroizing::new(decode(&text[..whole + rest]).unwrap_or_default());
    let Some((content, checksum)) = bytes.split_last_chunk::<2>().filter(|(content, _)| content.len() >= 2) else {
        return Err("nkeys: invalid encoded key".to_owned());
    };
    if crc16(content).to_le_bytes() != *checksum {
        return Err("nkeys: invalid checksum".to_owned());
    }
    if content[0] >> 3 != SEED {
        return Err("nkeys: invalid seed".to_owned());
    }
    match (content[0] & 7) << 2 | content[1] >> 6 {
        USER => Ok(SeedKind::User),
        14 | 0 | 13 | 2 | 23 => Ok(SeedKind::Other),
        _ => Err("nkeys: invalid prefix byte".to_owned()),
    }
}

fn whose(kind: u8) -> Error {
    match kind {
        14 => Error::SeedOf("an operator"),
        0 => Error::SeedOf("an account"),
        13 => Error::SeedOf("a server"),
        2 => Error::SeedOf("a cluster"),
        23 => Error::SeedOf("an encryption (curve) key"),
        _ => Error::NotASeed,
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut count) = (0u32, 0);
    for letter in text.bytes() {
        let value = LETTERS.iter().position(|&known| known == letter)?;
        bits = bits << 5 | value as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut bits, mut count) = (0u32, 0);
    for &byte in bytes {
        bits = bits << 8 | u32::from(byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(LETTERS[(bits >> count) as usize & 31] as char);
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        text.push(LETTERS[(bits << (5 - count)) as usize & 31] as char);
    }
    text
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    let with = |crc: u16, byte: &u8| {
        let crc = crc ^ u16::from(*byte) << 8;
        (0..8).fold(crc, |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 })
    };
    bytes.iter().fold(0, with)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    // The pair of the NATS documentation.
    pub const SEED: &str = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
    pub const PUBLIC_KEY: &str = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

    #[test]
    fn the_pair_of_the_documentation() {
        let seed = Seed::parse(&format!(" {SEED}\n")).expect("a seed");
        assert_eq!(seed.public_key(), PUBLIC_KEY);
        let signature = "o2SF8zWR9V5LJJ2NObynrTKSv6TEvtjxqTwSaAO0caLdT_gugdZfADVhygclhPAm1OGy0LWzDwI0lBKgEXS_Cw";
        assert_eq!(seed.sign("abc"), signature);
    }

    #[test]
    fn what_is_wrong_is_said_and_nothing_repeated() {
        let mistyped = SEED.replace("UAHUD", "UAHUC");
        for (text, expected) in [
            ("", Error::Empty),
            ("hunter2 is my password", Error::NotBase32),
            (&SEED.to_lowercase(), Error::NotBase32),
            (PUBLIC_KEY, Error::PublicKey),
            ("ABCDEFGH", Error::NotASeed),
            (&SEED[..57], Error::SeedLength(57)),
            (&format!("{SEED}A"), Error::SeedLength(59)),
            (&mistyped, Error::Checksum),
            ("SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI", Error::SeedOf("an account")),
            ("SOAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H2AJA", Error::SeedOf("an operator")),
            ("SNAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H2D5U", Error::SeedOf("a server")),
            ("SCAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYO7Q", Error::SeedOf("a cluster")),
            ("SXAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H74KM", Error::SeedOf("an encryption (curve) key")),
        ] {
            let error = Seed::parse(text).map(drop).expect_err("not a user's seed");
            assert_eq!(error, expected, "{text}");
            assert!(text.is_empty() || !error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn the_words_of_the_go_library() {
        assert_eq!(seed_kind(SEED), Ok(SeedKind::User));
        let account = "SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI";
        assert_eq!(seed_kind(account), Ok(SeedKind::Other));
        for (text, expected) in [
            ("SU", "nkeys: invalid encoded key"),
            ("", "nkeys: invalid encoded key"),
            (&SEED[..18], "nkeys: invalid checksum"),
            (&SEED.replace("CU3VY", "CU3VA"), "nkeys: invalid checksum"),
            (PUBLIC_KEY, "nkeys: invalid seed"),
            (&format!("{SEED} "), "illegal base32 data at input byte 58"),
            ("u.nk", "illegal base32 data at input byte 0"),
        ] {
            assert_eq!(seed_kind(text), Err(expected.to_owned()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn base32_as_everybody_writes_it(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let text = encode(&bytes);
            prop_assert_eq!(&text, &data_encoding::BASE32_NOPAD.encode(&bytes));
            prop_assert_eq!(decode(&text), Some(bytes));
        }

        #[test]
        fn no_text_panics(text in "[SUA-Z2-7]{0,70}|.*") {
            let _ = (Seed::parse(&text), seed_kind(&text));
        }
    }
}
