//! `$((…))`: whole numbers, variables and what C does with them, assignments included.
//!
//! The way in is [`evaluate`]. Source: POSIX shell, section 2.6.4, and bash's `**`, `++` and `--`.

/// Nesting deeper than this is refused.
const MAX_DEPTH: usize = 50;

/// What an expression reads and writes.
pub trait Variables {
    /// Empty when there is none.
    fn get(&self, name: &str) -> String;
    fn set(&self, name: &str, value: i64);
}

/// Evaluates `text`; errors are a few words.
pub fn evaluate(text: &str, variables: &dyn Variables) -> Result<i64, String> {
    let mut reader = Reader { rest: text, variables, depth: 0, skipping: 0 };
    reader.blanks();
    if reader.rest.is_empty() {
        return Ok(0);
    }
    let value = reader.sequence()?;
    reader.blanks();
    if reader.rest.is_empty() { Ok(value) } else { Err("syntax error in expression".to_owned()) }
}

struct Reader<'a> {
    rest: &'a str,
    variables: &'a dyn Variables,
    depth: usize,
    /// What is read now is not evaluated: the side of `?:`, `&&` or `||` that is not taken.
    skipping: usize,
}

/// Loosest first. In a level longer signs stand before their beginnings.
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];
/// With what each does before it assigns.
const ASSIGNMENTS: &[(&str, &str)] = &[
    ("=", ""),
    ("+=", "+"),
    ("-=", "-"),
    ("*=", "*"),
    ("/=", "/"),
    ("%=", "%"),
    ("<<=", "<<"),
    (">>=", ">>"),
    ("&=", "&"),
    ("|=", "|"),
    ("^=", "^"),
];

impl Reader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, sign: &str) -> bool {
        self.blanks();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("expression too deep".to_owned());
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// Reads on; evaluates only if `wanted`.
    fn only_if<T>(&mut self, wanted: bool, read: impl FnOnce(&mut Self) -> T) -> T {
        self.skipping += usize::from(!wanted);
        let value = read(self);
        self.skipping -= usize::from(!wanted);
        value
    }

    fn sequence(&mut self) -> Result<i64, String> {
        let mut value = self.assignment()?;
        while self.eat(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    fn assignment(&mut self) -> Result<i64, String> {
        self.blanks();
        let (name, after) = split_name(self.rest);
        let behind = after.trim_start();
        let sign = ASSIGNMENTS.iter().find(|(sign, _)| behind.starts_with(sign));
        match sign {
            Some((sign, operator)) if is_name(name) && !behind.starts_with("==") => {
                self.rest = &behind[sign.len()..];
                let right = self.deeper(Self::assignment)?;
                let value = if operator.is_empty() { right } else { self.apply(operator, self.value(name), right)? };
                self.set(name, value);
                Ok(value)
            }
            _ => self.choice(),
        }
    }

    fn choice(&mut self) -> Result<i64, String> {
        let condition = self.level(0)?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let yes = self.only_if(condition != 0, |reader| reader.deeper(Self::assignment))?;
        if !self.eat(":") {
            return Err("`:' expected for conditional expression".to_owned());
        }
        let no = self.only_if(condition == 0, |reader| reader.deeper(Self::choice))?;
        Ok(if condition != 0 { yes } else { no })
    }

    fn level(&mut self, level: usize) -> Result<i64, String> {
        let Some(signs) = LEVELS.get(level) else { return self.power() };
        let mut left = self.level(level + 1)?;
        while let Some(sign) = self.sign(signs) {
            let is_settled = (sign == "&&" && left == 0) || (sign == "||" && left != 0);
            let right = self.only_if(!is_settled, |reader| reader.level(level + 1))?;
            left = self.apply(sign, left, right)?;
        }
        Ok(left)
    }

    /// Takes one of `signs`, if that is not the beginning of another sign.
    fn sign(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        self.blanks();
        let sign = *signs.iter().find(|sign| self.rest.starts_with(**sign))?;
        let rest = &self.rest[sign.len()..];
        let longer = match sign {
            "|" | "&" | "*" => rest.starts_with(sign),
            "<" | ">" => rest.starts_with(sign) || rest.starts_with('='),
            _ => false,
        };
        let assigns = !matches!(sign, "==" | "!=" | "<=" | ">=") && rest.starts_with('=');
        if longer || assigns {
            return None;
        }
        self.rest = rest;
        Some(sign)
    }

    fn power(&mut self) -> Result<i64, String> {
        let base = self.atom()?;
        if !self.eat("**") {
            return Ok(base);
        }
        let exponent = self.deeper(Self::power)?;
        match u32::try_from(exponent) {
            Ok(exponent) => Ok(base.wrapping_pow(exponent)),
            Err(_) if self.skipping > 0 => Ok(0),
            Err(_) => Err("exponent less than 0".to_owned()),
        }
    }

    fn apply(&self, sign: &str, left: i64, right: i64) -> Result<i64, String> {
        Ok(match sign {
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" | "%" if right == 0 && self.skipping > 0 => 0,
            "/" | "%" if right == 0 => return Err("division by 0".to_owned()),
            "/" => left.wrapping_div(right),
            "%" => left.wrapping_rem(right),
            "<<" => left.wrapping_shl(right as u32),
            ">>" => left.wrapping_shr(right as u32),
            "&" => left & right,
            "|" => left | right,
            "^" => left ^ right,
            "&&" => i64::from(left != 0 && right != 0),
            "||" => i64::from(left != 0 || right != 0),
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            _ => i64::from(left > right),
        })
    }

    fn atom(&mut self) -> Result<i64, String> {
        for (sign, by) in [("++", 1), ("--", -1)] {
            self.blanks();
            if let Some(rest) = self.rest.strip_prefix(sign) {
                let (name, after) = split_name(rest.trim_start());
                if is_name(name) {
                    self.rest = after;
                    let value = self.value(name).wrapping_add(by);
                    self.set(name, value);
                    return Ok(value);
                }
            }
        }
        if self.eat("(") {
            let value = self.deeper(Self::sequence)?;
            return if self.eat(")") { Ok(value) } else { Err("missing `)'".to_owned()) };
        }
        if self.eat("-") {
            return Ok(self.deeper(Self::atom)?.wrapping_neg());
        }
        if self.eat("+") {
            return self.deeper(Self::atom);
        }
        if self.eat("!") {
            return Ok(i64::from(self.deeper(Self::atom)? == 0));
        }
        if self.eat("~") {
            return Ok(!self.deeper(Self::atom)?);
        }
        self.word()
    }

    fn word(&mut self) -> Result<i64, String> {
        let text = self.rest.strip_prefix('$').unwrap_or(self.rest);
        let (word, after) = split_name(text);
        if word.is_empty() {
            return Err("operand expected".to_owned());
        }
        self.rest = after;
        if !is_name(word) {
            return number(word).ok_or_else(|| "value too great for base".to_owned());
        }
        let value = self.value(word);
        for (sign, by) in [("++", 1), ("--", -1)] {
            if let Some(rest) = after.strip_prefix(sign) {
                self.rest = rest;
                self.set(word, value.wrapping_add(by));
            }
        }
        Ok(value)
    }

    fn value(&self, name: &str) -> i64 {
        number(self.variables.get(name).trim()).unwrap_or(0)
    }

    fn set(&self, name: &str, value: i64) {
        if self.skipping == 0 {
            self.variables.set(name, value);
        }
    }
}

fn split_name(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len()))
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// `12`, `-12`, `0x1f`, `017`.
fn number(text: &str) -> Option<i64> {
    let plain = text.trim_start_matches('-');
    let number = match (plain.strip_prefix("0x").or(plain.strip_prefix("0X")), plain.strip_prefix('0')) {
        (Some(digits), _) => i64::from_str_radix(digits, 16).ok()?,
        (None, Some(digits)) if !digits.is_empty() => i64::from_str_radix(digits, 8).ok()?,
        _ => plain.parse().ok()?,
    };
    let is_negative = (text.len() - plain.len()) % 2 == 1;
    Some(if is_negative { number.wrapping_neg() } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    struct OfN(RefCell<i64>);

    impl Variables for OfN {
        fn get(&self, name: &str) -> String {
            if name == "n" { self.0.borrow().to_string() } else { String::new() }
        }

        fn set(&self, _: &str, value: i64) {
            *self.0.borrow_mut() = value;
        }
    }

    #[test]
    fn evaluates() {
        for (text, value, after) in [
            ("n+1", 4, 3),
            ("2 + 3 * (n - 1)", 8, 3),
            ("-n % 2", -1, 3),
            ("$n > 2", 1, 3),
            ("unset", 0, 3),
            ("n++ + n", 7, 4),
            ("--n", 2, 2),
            ("n = n << 2", 12, 12),
            ("n *= 2, n + 1", 7, 6),
            ("n == 3 ? 10 : (n = 0)", 10, 3),
            ("0 && n++, 1 || n++", 1, 3),
            ("n<=3 && n>=3 && !(n<3)", 1, 3),
            ("2 ** 3 ** 2", 512, 3),
            ("0x1f + 010 + ~0", 38, 3),
            ("", 0, 3),
            ("1 - -1", 2, 3),
            ("0 && 1/0", 0, 3),
        ] {
            let variables = OfN(RefCell::new(3));
            assert_eq!(evaluate(text, &variables), Ok(value), "{text}");
            assert_eq!(*variables.0.borrow(), after, "{text}");
        }
        let deep = ["(", "-", "n=", "1?", "2**", "!"].map(|sign| sign.repeat(20_000));
        let wrong = ["1+", "(1", "1/0", "1 2", "09", "1 ? 2", "2 ** -1", "1 +* 2"];
        for text in wrong.into_iter().chain(deep.iter().map(String::as_str)) {
            assert!(evaluate(text, &OfN(RefCell::new(3))).is_err(), "{text}");
        }
    }
}
