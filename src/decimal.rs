//! Numbers as decimal digits, and digits as numbers, for texts of which many are written every moment.
//!
//! `format!` asks each number how it wants to be shown; here it is the digits. The ways in are [`append`] and [`read`].

/// Digits of the largest number there is.
pub const MAX_DIGITS: usize = 20;

/// Writes `number` behind what is in `out`.
pub fn append(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; MAX_DIGITS];
    let mut first = MAX_DIGITS;
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return out.extend_from_slice(&digits[first..]);
        }
    }
}

/// The number `text` says. Digits only: no sign, no blank, nothing larger than there is room for.
pub fn read(text: &str) -> Option<u64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let number = text.bytes().try_fold(0_u64, |number, byte| number.checked_mul(10)?.checked_add(digit(byte)?));
    number.filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for number in [0, 7, 10, 4_222, u64::from(u32::MAX), u64::MAX] {
            let mut text = b"n=".to_vec();
            append(number, &mut text);
            let text = String::from_utf8(text).unwrap();
            assert_eq!(text, format!("n={number}"));
            assert_eq!(read(&text[2..]), Some(number));
        }
        for text in ["", "+5", "-1", " 1", "1 ", "x", "18446744073709551616"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
