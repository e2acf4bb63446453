//! Bytes as letters: [`BASE64`] and its variant for subjects and names, [`BASE64URL`]; both padded.
//!
//! Knows nothing of what is encoded. Reading is strict: one spelling for each row of bytes.
//! Source: RFC 4648.

/// An alphabet: letters and digits, and these two.
pub struct Alphabet([u8; 2]);

/// `+` and `/`.
pub const BASE64: Alphabet = Alphabet(*b"+/");
/// `-` and `_`.
pub const BASE64URL: Alphabet = Alphabet(*b"-_");

impl Alphabet {
    pub fn encode(&self, bytes: impl AsRef<[u8]>) -> String {
        self.encode_bytes(bytes.as_ref())
    }

    fn encode_bytes(&self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
        for group in bytes.chunks(3) {
            let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for place in 0..4 {
                let letter = self.letter((bits >> (18 - 6 * place) & 63) as u8);
                text.push(if place <= group.len() { letter } else { b'=' } as char);
            }
        }
        text
    }

    /// `None` for anything [`Alphabet::encode`] would not write.
    pub fn decode(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
        for (index, group) in text.chunks(4).enumerate() {
            let is_last = (index + 1) * 4 >= text.len();
            let padding = if is_last { group.iter().rev().take_while(|&&letter| letter == b'=').count() } else { 0 };
            if group.len() != 4 || padding > 2 {
                return None;
            }
            let mut bits = 0;
            for &letter in &group[..4 - padding] {
                bits = bits << 6 | u32::from(self.value(letter)?);
            }
            bits <<= 6 * padding;
            let group = bits.to_be_bytes();
            let (kept, lost) = group[1..].split_at(3 - padding);
            if lost.iter().any(|&byte| byte != 0) {
                return None;
            }
            bytes.extend_from_slice(kept);
        }
        Some(bytes)
    }

    fn letter(&self, value: u8) -> u8 {
        match value {
            0..26 => b'A' + value,
            26..52 => b'a' + value - 26,
            52..62 => b'0' + value - 52,
            _ => self.0[usize::from(value - 62)],
        }
    }

    fn value(&self, letter: u8) -> Option<u8> {
        Some(match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            _ => 62 + self.0.iter().position(|&own| own == letter)? as u8,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_as_everybody() {
        let bytes: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        for end in 0..bytes.len() {
            let text = BASE64.encode(&bytes[..end]);
            assert_eq!(text, data_encoding::BASE64.encode(&bytes[..end]));
            assert_eq!(BASE64.decode(text.as_bytes()), Some(bytes[..end].to_vec()));
            let text = BASE64URL.encode(&bytes[..end]);
            assert_eq!(text, data_encoding::BASE64URL.encode(&bytes[..end]));
            assert_eq!(BASE64URL.decode(text.as_bytes()), Some(bytes[..end].to_vec()));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in ["A", "AA", "AAA", "A===", "====", "=AAA", "AA=A", "AB==", "AAB=", "AA==AAAA", "AA A", "-_-_"] {
            assert_eq!(BASE64.decode(text.as_bytes()), None, "{text}");
        }
    }
}
