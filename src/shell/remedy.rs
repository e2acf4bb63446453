//! What to type instead of a line that went wrong, where that is plain.
//!
//! Knows the line and what it printed. The way in is [`remedy`]; it only proposes, whoever types decides.

use super::warnings::warnings;

/// `line` with what was meant, after it printed `output` and failed.
pub fn remedy<'a>(line: &str, output: impl Iterator<Item = &'a str>) -> Option<String> {
    quoted(line).or_else(|| meant(line, output))
}

/// Subjects with a `$` belong into single quotes.
fn quoted(line: &str) -> Option<String> {
    let warning = warnings(line).into_iter().next()?;
    let (before, after) = (&line[..warning.span.start], &line[warning.span.end..]);
    // A `>` at the end is a wildcard.
    let is_apart = |c: char| c.is_whitespace() || "'\";|&()".contains(c);
    let start = before.rfind(is_apart).map_or(0, |at| at + 1);
    let end = warning.span.end + after.find(is_apart).unwrap_or(after.len());
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

/// The command line itself has said which word it took another for.
fn meant<'a>(line: &str, output: impl Iterator<Item = &'a str>) -> Option<String> {
    let (mut wrong, mut right) = (None, None);
    for text in output {
        let command = text.split_once("expected command but got \"").and_then(|(_, rest)| rest.split_once('"'));
        let flag = text.split_once("unknown long flag '").and_then(|(_, rest)| rest.split_once('\''));
        wrong = wrong.or(command.or(flag).map(|(word, _)| word));
        let answer = text.strip_prefix("Did you mean ").and_then(|rest| rest.strip_suffix('?'));
        right = right.or(answer.and_then(|rest| rest.split(" or ").next()?.split(' ').next_back()));
    }
    let (wrong, right) = (wrong?, right?);
    let is_edge = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || "=;|&()".contains(c));
    let is_whole =
        |at: usize| is_edge(line[..at].chars().next_back()) && is_edge(line[at + wrong.len()..].chars().next());
    let (at, _) = line.match_indices(wrong).find(|(at, _)| is_whole(*at))?;
    Some(format!("{}{right}{}", &line[..at], &line[at + wrong.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        let mean = |line: &str, output: &str| remedy(line, output.lines());
        for (line, output, expected) in [
            (
                "nats strem ls",
                "error: expected command but got \"strem\", use --help\n\nDid you mean nats stream?",
                "nats stream ls",
            ),
            (
                "nats stream ad X",
                "error: expected command but got \"ad\"\nDid you mean nats stream add or nats stream edit?",
                "nats stream add X",
            ),
            (
                "nats stream ls --jsn=1",
                "error: unknown long flag '--jsn'\n\nDid you mean --json?",
                "nats stream ls --json=1",
            ),
            ("nats sub \"$JS.EVENT.>\" --raw", "", "nats sub '$JS.EVENT.>' --raw"),
            ("nats sub $JS.EVENT.> | cat", "", "nats sub '$JS.EVENT.>' | cat"),
            ("nats sub $JS.EVENT.x", "", "nats sub '$JS.EVENT.x'"),
        ] {
            assert_eq!(mean(line, output).as_deref(), Some(expected), "{line}");
        }
        assert_eq!(mean("nats pub a", "nats: error: no"), None);
        assert_eq!(mean("nats sub $JS.x>out", ""), None);
        assert_eq!(mean("echo \"a $JS.x b\"", ""), None);
    }
}
