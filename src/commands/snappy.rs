//! Reads what is compressed with Snappy, as nats-server's message traces are when they may be.
//!
//! Knows the framing and the blocks; checksums are not looked at, the wire has its own. The way in is [`decompressed`].
//! Source: google/snappy `framing_format.txt` and `format_description.txt`.

/// No document is larger; what claims to be is refused.
const LARGEST: usize = 16 << 20;

/// The content of a framed stream; `None` if it is none, or broken.
pub fn decompressed(mut framed: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    while !framed.is_empty() {
        let (&[kind, a, b, c], rest) = framed.split_first_chunk::<4>()?;
        let chunk = rest.get(..little_endian(&[a, b, c]))?;
        framed = &rest[chunk.len()..];
        match kind {
            0 => block(chunk.get(4..)?, &mut out)?,
            1 => out.extend_from_slice(chunk.get(4..)?),
            // The name of the format, padding, and what may be left out.
            0x80.. => {}
            _ => return None,
        }
        if out.len() > LARGEST {
            return None;
        }
    }
    Some(out)
}

fn little_endian(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte))
}

fn take<'a>(from: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(count)?;
    *from = rest;
    Some(taken)
}

/// Its length, then pieces: bytes as they are, or a copy of what stands `offset` bytes before.
fn block(mut from: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    let mut length = 0;
    for shift in (0..32).step_by(7) {
        let byte = take(&mut from, 1)?[0];
        length |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    if length > LARGEST {
        return None;
    }
    while let Some((&tag, rest)) = from.split_first() {
        from = rest;
        let high = usize::from(tag >> 2);
        let (count, offset) = match tag & 3 {
            0 => {
                let count = if high < 60 { high } else { little_endian(take(&mut from, high - 59)?) };
                out.extend_from_slice(take(&mut from, count.checked_add(1)?)?);
                continue;
            }
            1 => (4 + (high & 7), usize::from(tag >> 5) << 8 | usize::from(take(&mut from, 1)?[0])),
            2 => (1 + high, little_endian(take(&mut from, 2)?)),
            _ => (1 + high, little_endian(take(&mut from, 4)?)),
        };
        if offset == 0 || offset > out.len() - start || out.len() - start + count > length {
            return None;
        }
        // A copy may reach into itself.
        for _ in 0..count {
            out.push(out[out.len() - offset]);
        }
    }
    (out.len() - start == length).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &[u8] = b"\xff\x06\x00\x00sNaPpY";

    fn framed(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len() as u8 + 4;
        [NAME, &[kind, length, 0, 0], &[0; 4], content].concat()
    }

    #[test]
    fn literals_and_copies() {
        let blocks: [(&[u8], &str); 4] = [
            (b"\x05\x10hello", "hello"),
            (b"\x0a\x10hello\x05\x05", "hellohello"),
            (b"\x0a\x04ab\x1e\x02\x00", "ababababab"),
            (b"\x05\xf0\x04hello", "hello"),
        ];
        for (block, text) in blocks {
            assert_eq!(decompressed(&framed(0, block)).as_deref(), Some(text.as_bytes()), "{block:?}");
        }
        assert_eq!(decompressed(&framed(1, b"plain")).as_deref(), Some(&b"plain"[..]));
        assert_eq!(decompressed(NAME).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn what_is_broken_is_refused() {
        let long = framed(0, b"\x05\x10hello");
        assert_eq!((1..long.len()).filter(|cut| decompressed(&long[..*cut]).is_some()).count(), 1, "the name alone");
        for block in [&b"\x05\x01\x09"[..], b"\x04\x10hello", b"\xff\xff\xff\xff\x7f", b"\x0a\x10hello\x05\x06", b""] {
            assert_eq!(decompressed(&framed(0, block)), None, "{block:?}");
        }
        assert_eq!(decompressed(b"{}"), None);
    }
}
