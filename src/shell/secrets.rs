//! Lines without the secrets in them, so that what is kept, shown and shared of a line holds none.
//!
//! Knows the flags and variables of `nats` that hold secrets, addresses with a password, and what a seed looks like. A
//! page gives secrets when it connects, never in a line, so a line does the same without them.

use super::lexer::{TokenKind, lex};
use std::borrow::Cow;
use std::ops::Range;

/// What stands where a secret stood.
pub const REDACTED: &str = "REDACTED";
const FLAGS: &[&str] = &["--password", "--token", "--seed", "--jwt"];
const VARIABLES: &[&str] = &["NATS_PASSWORD", "NATS_TOKEN", "NATS_SEED", "NATS_JWT"];
/// Members of a file.
const MEMBERS: &[&str] = &["password", "token", "user_seed", "user_jwt", "seed", "jwt"];
/// Letters of an NKEY seed.
const SEED_LETTERS: usize = 58;

/// `line` with [`REDACTED`] for every secret in it.
pub fn without_secrets(line: &str) -> Cow<'_, str> {
    let mut secrets = Vec::new();
    let mut before = "";
    let mut is_nats = false;
    for token in lex(line).tokens {
        let TokenKind::Word(_) = token.kind else {
            before = "";
            continue;
        };
        let word = &line[token.span.clone()];
        is_nats |= word == "nats";
        secrets.extend(
            secret_in(word, before, is_nats).map(|part| token.span.start + part.start..token.span.start + part.end),
        );
        before = word;
    }
    if secrets.is_empty() {
        return Cow::Borrowed(line);
    }
    let mut clean = line.to_owned();
    for secret in secrets.into_iter().rev() {
        clean.replace_range(secret, REDACTED);
    }
    Cow::Owned(clean)
}

/// As [`without_secrets`] for what was written in an editor or answered: `password: hush` says `password: REDACTED`.
pub fn text_without_secrets(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(member_without_secret).collect();
    lines.join("\n")
}

fn member_without_secret(line: &str) -> String {
    let is_value = |value: &str| !matches!(value.trim(), "" | "\"\"" | "''" | "null" | "~");
    if let Some((name, value)) = line.split_once(':')
        && MEMBERS.contains(&name.trim())
        && is_value(value)
    {
        return format!("{name}: {REDACTED}");
    }
    let words = line.split(' ').map(|word| match in_address(word).or_else(|| seed_in(word)) {
        Some(secret) => format!("{}{REDACTED}{}", &word[..secret.start], &word[secret.end..]),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn secret_in(word: &str, before: &str, is_nats: bool) -> Option<Range<usize>> {
    let whole = 0..word.len();
    let is_value = is_nats && FLAGS.contains(&before) && !word.starts_with('-');
    let assigned = word.split_once('=').filter(|(name, _)| is_nats && FLAGS.contains(name) || VARIABLES.contains(name));
    match assigned {
        _ if is_value && !word.starts_with('$') => Some(whole),
        Some((name, value)) if !value.is_empty() && !value.starts_with('$') => Some(name.len() + 1..word.len()),
        _ => in_address(word).or_else(|| seed_in(word)),
    }
}

/// The password of `scheme://user:password@host`, or the token of `scheme://token@host`.
fn in_address(word: &str) -> Option<Range<usize>> {
    let start = word.find("://")? + 3;
    let host = word[start..].find(['/', '?', '#']).map_or(word.len(), |end| start + end);
    let end = start + word[start..host].rfind('@')?;
    let start = word[start..end].find(':').map_or(start, |colon| start + colon + 1);
    (start < end).then_some(start..end)
}

fn seed_in(word: &str) -> Option<Range<usize>> {
    let is_letter = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'2'..=b'7');
    let start = word.as_bytes().windows(SEED_LETTERS).position(|text| text[0] == b'S' && text.iter().all(is_letter))?;
    Some(start..start + SEED_LETTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_leave_what_was_edited() {
        let text =
            "# token: none\nurl: ws://joe:hush@h, ws://i\npassword: hush hush\ntoken: \"\"\n  seed: x\nmax_age: 1h\n";
        let clean = "# token: none\nurl: ws://joe:REDACTED@h, ws://i\npassword: REDACTED\ntoken: \"\"\n  seed: REDACTED\nmax_age: 1h\n";
        assert_eq!(text_without_secrets(text), clean);
    }

    #[test]
    fn secrets_leave_and_nothing_else_does() {
        const SEED: &str = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
        for (line, expected) in [
            ("nats pub a hello", "nats pub a hello"),
            ("nats context save x --user joe --password hush", "nats context save x --user joe --password REDACTED"),
            ("nats context save x --token 'a b' --select", "nats context save x --token REDACTED --select"),
            ("nats --password=hush pub a b", "nats --password=REDACTED pub a b"),
            ("nats --password \"$PW\" x; nats --token=$T", "nats --password REDACTED x; nats --token=$T"),
            ("nats --password $PW x", "nats --password $PW x"),
            ("nats --token; echo hush", "nats --token; echo hush"),
            ("NATS_PASSWORD=hush nats pub a b", "NATS_PASSWORD=REDACTED nats pub a b"),
            ("export NATS_TOKEN='hush hush'", "export NATS_TOKEN=REDACTED"),
            ("nats -s nats://joe:hush@h:4222 rtt", "nats -s nats://joe:REDACTED@h:4222 rtt"),
            ("nats -s ws://hush@h/x@y rtt", "nats -s ws://REDACTED@h/x@y rtt"),
            ("nats -s nats://h:4222 rtt", "nats -s nats://h:4222 rtt"),
            ("grep --token x", "grep --token x"),
            ("nats pub ü --password hüsch '", "nats pub ü --password REDACTED '"),
        ] {
            assert_eq!(without_secrets(line), expected, "{line}");
        }
        assert_eq!(without_secrets(&format!("echo {SEED} > a.nk")), "echo REDACTED > a.nk");
    }
}
