//! S2 streams, the frames a backup travels in.
//!
//! Knows frames, checksums and how their contents are unfolded; nothing of what is in them. [`pack`] writes frames that
//! are not compressed, which every reader takes; [`unpack`] reads what others compressed.
//! Source: the Snappy framing format and the S2 extensions to it (klauspost/compress `s2`).

const IDENTIFIER: &[u8] = b"\xff\x06\x00\x00S2sTwO";
const COMPRESSED: u8 = 0x00;
const UNCOMPRESSED: u8 = 0x01;
const PADDING: u8 = 0xfe;
const STREAM_START: u8 = 0xff;
const BLOCK_BYTES: usize = 64 * 1024;
/// No frame of a well-formed stream holds more.
const MAX_BLOCK_BYTES: usize = 4 * 1024 * 1024;
const CHECKSUM_BYTES: usize = 4;

/// The bytes are no S2 stream, or a damaged one, or hold more than they may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Corrupt;

/// `bytes` as an S2 stream.
pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    let blocks = bytes.len().div_ceil(BLOCK_BYTES);
    let mut packed = Vec::with_capacity(IDENTIFIER.len() + bytes.len() + blocks * 8);
    packed.extend_from_slice(IDENTIFIER);
    for block in bytes.chunks(BLOCK_BYTES) {
        let size = (block.len() + CHECKSUM_BYTES) as u32;
        packed.push(UNCOMPRESSED);
        packed.extend_from_slice(&size.to_le_bytes()[..3]);
        packed.extend_from_slice(&checksum(block).to_le_bytes());
        packed.extend_from_slice(block);
    }
    packed
}

/// What is in an S2 stream.
///
/// Errors: [`Corrupt`] also for more than `max` bytes of contents.
pub(super) fn unpack(packed: &[u8], max: usize) -> Result<Vec<u8>, Corrupt> {
    let mut contents = Vec::new();
    let mut rest = packed;
    if !rest.starts_with(IDENTIFIER) {
        return Err(Corrupt);
    }
    while let [kind, a, b, c, after @ ..] = rest {
        let (body, after) = after.split_at_checked(u32::from_le_bytes([*a, *b, *c, 0]) as usize).ok_or(Corrupt)?;
        rest = after;
        match *kind {
            COMPRESSED | UNCOMPRESSED => {
                let (sum, body) = body.split_first_chunk::<CHECKSUM_BYTES>().ok_or(Corrupt)?;
                let from = contents.len();
                match *kind {
                    COMPRESSED => unfold(body, &mut contents)?,
                    _ => contents.extend_from_slice(body),
                }
                if checksum(&contents[from..]) != u32::from_le_bytes(*sum) || contents.len() > max {
                    return Err(Corrupt);
                }
            }
            STREAM_START if body == &IDENTIFIER[4..] => {}
            PADDING | 0x80..=0xfd => {}
            _ => return Err(Corrupt),
        }
    }
    if rest.is_empty() { Ok(contents) } else { Err(Corrupt) }
}

/// Appends what a compressed block holds: literal bytes, and copies of what came before.
fn unfold(mut block: &[u8], out: &mut Vec<u8>) -> Result<(), Corrupt> {
    let size = usize::try_from(super::archive::uvarint(&mut block).ok_or(Corrupt)?).map_err(|_| Corrupt)?;
    if size > MAX_BLOCK_BYTES {
        return Err(Corrupt);
    }
    let start = out.len();
    let mut offset = 0;
    while let Some((&tag, rest)) = block.split_first() {
        block = rest;
        let high = usize::from(tag >> 2);
        let length = match tag & 3 {
            0 => {
                let length = if high < 60 { high } else { little(&mut block, high - 59)? };
                let (literal, rest) = block.split_at_checked(length + 1).ok_or(Corrupt)?;
                out.extend_from_slice(literal);
                block = rest;
                0
            }
            1 => {
                let near = usize::from(tag & 0xe0) << 3 | little(&mut block, 1)?;
                match (near, high & 7) {
                    // The same distance as the last time.
                    (0, 5) => 4 + 4 + little(&mut block, 1)?,
                    (0, 6) => 4 + (1 << 8) + little(&mut block, 2)?,
                    (0, 7) => 4 + (1 << 16) + little(&mut block, 3)?,
                    (0, length) => 4 + length,
                    (near, length) => {
                        offset = near;
                        4 + length
                    }
                }
            }
            far => {
                offset = little(&mut block, if far == 2 { 2 } else { 4 })?;
                1 + high
            }
        };
        copy_within(out, start, offset, length)?;
        if out.len() - start > size {
            return Err(Corrupt);
        }
    }
    if out.len() - start == size { Ok(()) } else { Err(Corrupt) }
}

/// Repeats `length` bytes from `offset` back; they may overlap with what they make.
fn copy_within(out: &mut Vec<u8>, start: usize, offset: usize, length: usize) -> Result<(), Corrupt> {
    if length == 0 {
        return Ok(());
    }
    if offset == 0 || offset > out.len() - start || length > MAX_BLOCK_BYTES {
        return Err(Corrupt);
    }
    for _ in 0..length {
        out.push(out[out.len() - offset]);
    }
    Ok(())
}

fn little(bytes: &mut &[u8], count: usize) -> Result<usize, Corrupt> {
    let (number, rest) = bytes.split_at_checked(count).ok_or(Corrupt)?;
    *bytes = rest;
    let number = number.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    usize::try_from(number).map_err(|_| Corrupt)
}

/// CRC-32C, masked as the format wants it.
fn checksum(bytes: &[u8]) -> u32 {
    let table = const { crc_table() };
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| table[usize::from(crc as u8 ^ byte)] ^ (crc >> 8));
    (!crc).rotate_right(15).wrapping_add(0xa282_ead8)
}

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked() {
        for size in [0, 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 17] {
            let bytes: Vec<u8> = (0..size).map(|n| (n * 7 % 251) as u8).collect();
            assert_eq!(unpack(&pack(&bytes), usize::MAX), Ok(bytes));
        }
    }

    #[test]
    fn checksum_is_the_known_one() {
        // CRC-32C of "123456789" is e3069283.
        assert_eq!(checksum(b"123456789"), 0xe306_9283u32.rotate_right(15).wrapping_add(0xa282_ead8));
    }

    #[test]
    fn copies_overlap_and_repeat() {
        let mut out = Vec::new();
        // Three literal bytes, then nine more three back, then four at the same distance, twice.
        let block = [20, 2 << 2, b'a', b'b', b'c', 8 << 2 | 2, 3, 0, 1, 0, 1, 0];
        assert_eq!(unfold(&block, &mut out), Ok(()));
        assert_eq!(out, b"abcabcabcabcabcabcab");
    }

    #[test]
    fn damage_is_noticed() {
        let good = pack(b"hello, hello, hello");
        assert_eq!(unpack(b"hello world", 1 << 20), Err(Corrupt));
        assert_eq!(unpack(&good, 5), Err(Corrupt));
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            assert_eq!(unpack(&bad, 1 << 20), Err(Corrupt), "byte {at}");
            assert!(at == IDENTIFIER.len() || at == 0 || unpack(&good[..at], 1 << 20) == Err(Corrupt), "first {at}");
        }
    }
}
