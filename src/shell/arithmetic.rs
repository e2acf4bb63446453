//! `$((…))`: whole numbers, variables, `+ - * / %`, comparisons and parentheses.

/// Nesting deeper than this is refused.
const MAX_DEPTH: usize = 50;

/// Evaluates `text`; errors are a few words.
pub fn evaluate(text: &str, variables: &dyn Fn(&str) -> String) -> Result<i64, String> {
    let mut reader = Reader { rest: text, variables, depth: 0 };
    let value = reader.level(0)?;
    reader.blanks();
    if reader.rest.is_empty() { Ok(value) } else { Err("syntax error in expression".to_owned()) }
}

struct Reader<'a> {
    rest: &'a str,
    variables: &'a dyn Fn(&str) -> String,
    depth: usize,
}

/// Loosest first. Longer signs stand before their beginnings.
const LEVELS: &[&[&str]] = &[&["==", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

impl Reader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn level(&mut self, level: usize) -> Result<i64, String> {
        let Some(signs) = LEVELS.get(level) else { return self.atom() };
        let mut left = self.level(level + 1)?;
        loop {
            self.blanks();
            let Some(sign) = signs.iter().find(|sign| self.rest.starts_with(**sign)) else { return Ok(left) };
            self.rest = &self.rest[sign.len()..];
            let right = self.level(level + 1)?;
            left = match *sign {
                "+" => left.wrapping_add(right),
                "-" => left.wrapping_sub(right),
                "*" => left.wrapping_mul(right),
                "/" | "%" if right == 0 => return Err("division by 0".to_owned()),
                "/" => left.wrapping_div(right),
                "%" => left.wrapping_rem(right),
                "==" => i64::from(left == right),
                "!=" => i64::from(left != right),
                "<=" => i64::from(left <= right),
                ">=" => i64::from(left >= right),
                "<" => i64::from(left < right),
                _ => i64::from(left > right),
            };
        }
    }

    fn atom(&mut self) -> Result<i64, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("expression too deep".to_owned());
        }
        self.blanks();
        let value = if let Some(rest) = self.rest.strip_prefix('(') {
            self.rest = rest;
            let value = self.level(0)?;
            self.blanks();
            self.rest = self.rest.strip_prefix(')').ok_or("missing `)'")?;
            value
        } else if let Some(rest) = self.rest.strip_prefix('-') {
            self.rest = rest;
            self.atom()?.wrapping_neg()
        } else {
            self.word()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn word(&mut self) -> Result<i64, String> {
        let text = self.rest.strip_prefix('$').unwrap_or(self.rest);
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        if word.is_empty() {
            return Err("operand expected".to_owned());
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return word.parse().map_err(|_| "value too great for base".to_owned());
        }
        Ok((self.variables)(word).trim().parse().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evaluates() {
        let variables = |name: &str| if name == "n" { "3".to_owned() } else { String::new() };
        for (text, value) in [("n+1", 4), ("2 + 3 * (n - 1)", 8), ("-n % 2", -1), ("$n > 2", 1), ("unset", 0)] {
            assert_eq!(evaluate(text, &variables), Ok(value), "{text}");
        }
        for text in ["", "1+", "(1", "1/0", "1 2", &"(".repeat(200)] {
            assert!(evaluate(text, &variables).is_err(), "{text}");
        }
    }
}
