//! What is probably not meant: signs that mean something else to a shell than to who types them.
//!
//! Each says what the shell makes of it and, where that is plain, how the line is meant. The way in is [`warnings`].

use super::lexer::{Operator, Part, PartKind, Quote, Token, TokenKind, lex};
use super::remedy::segments;
use std::ops::Range;

/// A hint about a piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub span: Range<usize>,
    pub sentence: String,
    /// The line as it was probably meant.
    pub fix: Option<String>,
}

/// First tokens of subjects that begin with a dollar sign.
const SYSTEM_TOKENS: &[&str] = &["JS", "SYS", "KV", "O", "SRV", "G", "NRG", "MQTT", "JSC"];
/// What word processors make of quotes.
pub(super) const CURLY: &[char] = &['“', '”', '„', '‘', '’', '‚'];

/// Looks for what a shell would take for something else.
pub fn warnings(line: &str) -> Vec<Warning> {
    let lexed = lex(line);
    let mut found = Vec::new();
    for token in &lexed.tokens {
        let TokenKind::Word(word) = &token.kind else { continue };
        found.extend(word.parts.iter().filter_map(|part| eaten_variable(line, part)));
        found.extend(curly(line, token));
        found.extend(eaten_quotes(line, token));
    }
    for document in &lexed.documents {
        found.extend(document.parts.iter().filter_map(|part| eaten_variable(line, part)));
    }
    found.extend(eaten_wildcards(line, &lexed.tokens));
    crate::sorted::by_key(&mut found, |warning| warning.span.start);
    found
}

fn eaten_variable(line: &str, part: &Part) -> Option<Warning> {
    let PartKind::Variable { name, change: None } = &part.kind else { return None };
    if !SYSTEM_TOKENS.contains(&name.as_str()) || !line.get(part.span.end..)?.starts_with('.') {
        return None;
    }
    let why = if part.quote == Quote::Double { "inside double quotes" } else { "outside quotes" };
    let sentence = format!("hint: {why} the shell replaces ${name} by a variable; use single quotes: '${name}…'");
    Some(Warning { span: part.span.clone(), sentence, fix: quoted_subject(line, &part.span) })
}

/// The subject around `span` in single quotes.
fn quoted_subject(line: &str, span: &Range<usize>) -> Option<String> {
    let (before, after) = (&line[..span.start], &line[span.end..]);
    // A `>` at the end is a wildcard.
    let is_apart = |c: char| c.is_whitespace() || "'\";|&()".contains(c);
    let start = before.rfind(is_apart).map_or(0, |at| at + 1);
    let end = span.end + after.find(is_apart).unwrap_or(after.len());
    let subject = &line[start..end];
    if subject.trim_end_matches('>').contains(['<', '>']) {
        return None;
    }
    let (before, after) = (&line[..start], &line[end..]);
    match (before.strip_suffix('"'), after.strip_prefix('"')) {
        (Some(before), Some(after)) => Some(format!("{before}'{subject}'{after}")),
        (None, None) if before.matches('"').count() % 2 == 0 => Some(format!("{before}'{subject}'{after}")),
        _ => None,
    }
}

/// A curly quote at the edge of a word, outside of real ones.
fn curly(line: &str, token: &Token) -> Option<Warning> {
    let text = line.get(token.span.clone())?;
    let sign = text.chars().next().filter(|c| CURLY.contains(c))?;
    let sentence = format!("hint: {sign} is a letter to the shell, no quote; use ' or \"");
    Some(Warning { span: token.span.clone(), sentence, fix: super::remedy::straightened(line) })
}

/// `{"id":1}` without quotes around it.
fn eaten_quotes(line: &str, token: &Token) -> Option<Warning> {
    let text = line.get(token.span.clone())?;
    let opens = text.starts_with("{\"") || text.starts_with("[\"") || text.starts_with("[{\"");
    if !opens || !text.ends_with(['}', ']']) || text.contains(['\'', '$', '`', '\\']) {
        return None;
    }
    let sentence = "hint: the shell takes the quotes out of this; put it in single quotes: '{\"…\": …}'".to_owned();
    let fix = format!("{}'{text}'{}", &line[..token.span.start], &line[token.span.end..]);
    Some(Warning { span: token.span.clone(), sentence, fix: Some(fix) })
}

/// `orders.>` and `nats sub >` without quotes.
fn eaten_wildcards(line: &str, tokens: &[Token]) -> Vec<Warning> {
    let mut found = Vec::new();
    let of_nats: Vec<Range<usize>> = segments(line)
        .into_iter()
        .filter(|segment| segment.first().is_some_and(|(word, _)| word == "nats"))
        .map(|segment| segment[0].1.start..segment[segment.len() - 1].1.end)
        .collect();
    for (at, token) in tokens.iter().enumerate() {
        let is_sign = token.kind == TokenKind::Operator(Operator::Output { descriptor: 1, append: false });
        let Some(before) = at.checked_sub(1).map(|at| &tokens[at]) else { continue };
        let in_nats = of_nats.iter().any(|range| range.start <= before.span.start && before.span.end <= range.end);
        if !is_sign || &line[token.span.clone()] != ">" || !in_nats {
            continue;
        }
        let word = &line[before.span.clone()];
        let glued = before.span.end == token.span.start && word.ends_with('.');
        let after = tokens.get(at + 1).map_or("", |after| &line[after.span.clone()]);
        let alone =
            matches!(word, "sub" | "subscribe") && (after.is_empty() || after.starts_with(['-', '&', '|', ';']));
        if !glued && !alone {
            continue;
        }
        let start = if glued { before.span.start } else { token.span.start };
        let subject = &line[start..token.span.end];
        let sentence = format!("hint: the shell writes into a file after >; use single quotes: '{subject}'");
        let fix = format!("{}'{subject}'{}", &line[..start], &line[token.span.end..]);
        let fix = (!subject.contains(['\'', '"', '$'])).then_some(fix);
        found.push(Warning { span: start..token.span.end, sentence, fix });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_shell_would_eat() {
        assert_eq!(warnings("nats sub '$JS.EVENT.>' \"\\$SYS.>\" $HOME").len(), 0);
        assert_eq!(warnings("nats sub \"$JS.EVENT.>\"").len(), 1);
        assert_eq!(warnings("nats sub $SYS.a")[0].span, 9..13);
    }

    #[test]
    fn the_line_as_it_was_meant() {
        for (line, fix) in [
            ("nats sub orders.>", "nats sub 'orders.>'"),
            ("nats sub orders.> --raw &", "nats sub 'orders.>' --raw &"),
            ("nats sub >", "nats sub '>'"),
            ("nats sub > --count 1", "nats sub '>' --count 1"),
            ("nats stream add A --subjects a.> --defaults", "nats stream add A --subjects 'a.>' --defaults"),
            ("nats pub a {\"id\":1}", "nats pub a '{\"id\":1}'"),
            ("nats pub a “hello you”", "nats pub a \"hello you\""),
            ("cat <<A\n$JS.a\nA", ""),
        ] {
            let found = warnings(line);
            assert_eq!(found.len(), 1, "{line}: {found:?}");
            if !fix.is_empty() {
                assert_eq!(found[0].fix.as_deref(), Some(fix), "{line}");
            }
        }
        for fine in [
            "nats sub 'orders.>' > log",
            "nats stream info ORDERS > info.json",
            "echo done.> f",
            "nats sub a > b",
            "nats pub a '{\"id\":1}' it’s",
            "cat <<'A'\n$JS.a\nA",
        ] {
            assert_eq!(warnings(fine), [], "{fine}");
        }
    }
}
