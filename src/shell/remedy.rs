//! What to type instead of a line that went wrong, where that is plain.
//!
//! Knows the line, what it printed, and what there is on the server. The way in is [`remedy`]; it only proposes, whoever
//! types decides. Each guess looks for one mistake that has one likely meaning.

use super::builtins;
use super::lexer::{PartKind, TokenKind, lex};
use super::warnings::{CURLY, warnings};
use crate::commands::complete::{Known, candidates};
use crate::commands::grammar::{Command, ROOT};
use crate::commands::help::{distance, is_near, other_word_for};
use std::ops::Range;

/// A line that went wrong.
pub struct Failure<'a> {
    pub line: &'a str,
    pub output: Vec<&'a str>,
    /// Asked only where names matter.
    pub known: &'a dyn Fn() -> Known,
}

/// The words of one command with their places.
pub(super) type Segment = Vec<(String, Range<usize>)>;

type Guess = fn(&Failure<'_>) -> Option<String>;

/// The first that knows is believed.
const GUESSES: &[Guess] = &[
    prompt_pasted,
    |failure| straightened(failure.line),
    |failure| warned(failure.line),
    other_word,
    meant,
    one_dash,
    body_in_pieces,
    subjects_of_a_stream,
    seconds,
    name_of_something,
    program,
];

/// The line as it was probably meant.
pub fn remedy(failure: &Failure<'_>) -> Option<String> {
    if failure.line.contains('\n') {
        return None;
    }
    GUESSES.iter().find_map(|guess| guess(failure)).filter(|line| line != failure.line)
}

/// What is warned of, mended; also for a line that went well.
pub fn warned(line: &str) -> Option<String> {
    // A prompt holds one line.
    warnings(line).into_iter().find_map(|warning| warning.fix).filter(|fix| !fix.contains('\n'))
}

/// The commands of a line.
pub(super) fn segments(line: &str) -> Vec<Segment> {
    let mut segments = vec![Segment::new()];
    for token in lex(line).tokens {
        match token.kind {
            TokenKind::Word(word) => {
                let part = |part: &super::lexer::Part| match &part.kind {
                    PartKind::Text(text) => text.clone(),
                    _ => line.get(part.span.clone()).unwrap_or_default().to_owned(),
                };
                let text = word.parts.iter().map(part).collect();
                segments[0].push((text, token.span));
            }
            TokenKind::Operator(operator) if operator.is_redirect() => {}
            _ => segments.insert(0, Segment::new()),
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments.reverse();
    segments
}

fn of_nats(line: &str) -> impl Iterator<Item = Segment> {
    segments(line).into_iter().filter(|segment| segment[0].0 == "nats")
}

fn replaced(line: &str, place: &Range<usize>, text: &str) -> Option<String> {
    Some(format!("{}{text}{}", line.get(..place.start)?, line.get(place.end..)?))
}

/// The command that words lead to, and how many words that are.
fn command_of(segment: &Segment) -> (&'static Command, usize) {
    let mut command = &ROOT;
    for (at, (word, _)) in segment.iter().enumerate().skip(1) {
        match command.subcommand(word) {
            Some(next) => command = next,
            None => return (command, at),
        }
    }
    (command, segment.len())
}

fn is_command(word: &str) -> bool {
    word == "nats" || word == "lab" || builtins::find(word).is_some()
}

/// `$ nats pub a b`, `user@host:~$ nats pub a b`.
fn prompt_pasted(failure: &Failure<'_>) -> Option<String> {
    let line = failure.line.trim_start();
    let (prompt, rest) = line.split_once(' ')?;
    let is_prompt = matches!(prompt, "$" | "%" | ">" | "#" | "❯" | "➜")
        || prompt.ends_with(['$', '%', '#']) && prompt.contains(['@', '~', ':']);
    let rest = rest.trim_start();
    let starts = is_command(rest.split(' ').next().unwrap_or_default());
    (is_prompt && starts).then(|| rest.to_owned())
}

/// With the signs a shell knows in place of those a page makes of them: `“a”`, `—count`, blanks that do not break.
pub(super) fn straightened(line: &str) -> Option<String> {
    let mut out = String::new();
    let (mut quote, mut before) = (None, ' ');
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let straight = match c {
            '“' | '”' | '„' => '"',
            '‘' | '’' | '‚' => '\'',
            c => c,
        };
        match (quote, c) {
            (Some(open), _) => {
                // What a curly one opened a curly one closes.
                let closes = if CURLY.contains(&c) { open == (straight, true) } else { open == (c, false) };
                out.push(if closes { straight } else { c });
                if closes {
                    quote = None;
                }
            }
            (None, '"' | '\'') => {
                quote = Some((c, false));
                out.push(c);
            }
            (None, _) if CURLY.contains(&c) && before.is_whitespace() => {
                quote = Some((straight, true));
                out.push(straight);
            }
            (None, '\u{a0}' | '\u{202f}') => out.push(' '),
            (None, '–' | '—') if before.is_whitespace() && chars.peek().is_some_and(|c| c.is_alphabetic()) => {
                let is_short = chars.clone().nth(1).is_none_or(|c| c == ' ');
                out.push_str(if is_short { "-" } else { "--" });
            }
            (None, _) => out.push(c),
        }
        before = c;
    }
    let is_closed = quote.is_none_or(|(_, curly)| !curly);
    (is_closed && out != line).then_some(out)
}

/// The same that the command line says, where there is nothing of it on the screen.
fn other_word(failure: &Failure<'_>) -> Option<String> {
    let got = |text: &&str| text.contains("expected command but got");
    failure.output.iter().find(|text| got(text))?;
    of_nats(failure.line).find_map(|segment| {
        let (command, at) = command_of(&segment);
        let (word, place) = segment.get(at)?;
        replaced(failure.line, place, other_word_for(command, word)?)
    })
}

/// The command line itself has said which word it took another for.
fn meant(failure: &Failure<'_>) -> Option<String> {
    let (mut wrong, mut right) = (None, None);
    for text in &failure.output {
        let command = text.split_once("expected command but got \"").and_then(|(_, rest)| rest.split_once('"'));
        let flag = text.split_once("unknown long flag '").and_then(|(_, rest)| rest.split_once('\''));
        wrong = wrong.or(command.or(flag).map(|(word, _)| word));
        let answer = text.strip_prefix("Did you mean ").and_then(|rest| rest.strip_suffix('?'));
        right = right.or(answer.and_then(|rest| rest.split(" or ").next()?.split(' ').next_back()));
    }
    let (wrong, right, line) = (wrong?, right?, failure.line);
    let is_edge = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || "=;|&()".contains(c));
    let is_whole =
        |at: usize| is_edge(line[..at].chars().next_back()) && is_edge(line[at + wrong.len()..].chars().next());
    let (at, _) = line.match_indices(wrong).find(|(at, _)| is_whole(*at))?;
    replaced(line, &(at..at + wrong.len()), right)
}

/// `-count 5`, as older tools had it.
fn one_dash(failure: &Failure<'_>) -> Option<String> {
    failure.output.iter().find(|text| text.contains("unknown short flag"))?;
    of_nats(failure.line).find_map(|segment| {
        let words: Vec<String> = segment.iter().map(|(word, _)| word.clone()).collect();
        segment.iter().enumerate().find_map(|(at, (word, place))| {
            let name = word.strip_prefix('-').filter(|name| name.len() > 1 && !name.starts_with('-'))?;
            let flag = format!("--{}", name.split('=').next()?);
            let found = candidates(&words[..at], &flag, &Known::default());
            found.iter().find(|candidate| candidate.text == flag)?;
            replaced(failure.line, &(place.start..place.start), "-")
        })
    })
}

/// `nats pub orders.new hello you`: the body is the rest.
fn body_in_pieces(failure: &Failure<'_>) -> Option<String> {
    failure.output.iter().find(|text| text.contains("unexpected argument"))?;
    of_nats(failure.line).find_map(|segment| {
        let (command, at) = command_of(&segment);
        let body = command.arguments.iter().position(|argument| matches!(argument.name, "body" | "value"))?;
        let pieces: Segment = segment.into_iter().skip(at).take_while(|(word, _)| !word.starts_with('-')).collect();
        if pieces.len() <= body + 1 {
            return None;
        }
        let place = pieces[body].1.start..pieces[pieces.len() - 1].1.end;
        let text = failure.line.get(place.clone())?;
        let quote = ["'", "\""].into_iter().find(|quote| !text.contains(quote))?;
        replaced(failure.line, &place, &format!("{quote}{text}{quote}"))
    })
}

/// `nats stream add ORDERS 'orders.*'`.
fn subjects_of_a_stream(failure: &Failure<'_>) -> Option<String> {
    failure.output.iter().find(|text| text.contains("unexpected argument"))?;
    of_nats(failure.line).find_map(|segment| {
        let (command, at) = command_of(&segment);
        let flags =
            candidates(&["nats".to_owned(), "stream".to_owned(), command.name.to_owned()], "--sub", &Known::default());
        let is_stream =
            segment.get(1).and_then(|(word, _)| ROOT.subcommand(word)).is_some_and(|noun| noun.name == "stream");
        let (word, place) = segment.get(at + 1)?;
        let fits = is_stream && !word.starts_with('-') && flags.iter().any(|flag| flag.text == "--subjects");
        let place = place.start..place.start;
        if fits { replaced(failure.line, &place, "--subjects ") } else { None }
    })
}

/// `--sleep 1`: a number alone is meant as seconds.
fn seconds(failure: &Failure<'_>) -> Option<String> {
    failure.output.iter().find(|text| text.contains("invalid duration"))?;
    of_nats(failure.line).find_map(|segment| {
        let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        segment.windows(2).find_map(|pair| {
            let ((flag, place), (value, after)) = (&pair[0], &pair[1]);
            match flag.split_once('=') {
                Some((flag, value)) if WAITS.contains(&flag) && is_number(value) => {
                    replaced(failure.line, &(place.end..place.end), "s")
                }
                None if WAITS.contains(&flag.as_str()) && is_number(value) => {
                    replaced(failure.line, &(after.end..after.end), "s")
                }
                _ => None,
            }
        })
    })
}

const WAITS: &[&str] = &["--sleep", "--timeout", "--wait", "--reply-timeout"];

/// A stream, consumer, bucket or key that is almost there.
fn name_of_something(failure: &Failure<'_>) -> Option<String> {
    let is_absence = |text: &&str| {
        text.contains("not found") && !text.contains("command not found")
            || text.contains("unknown stream")
            || text.contains("unknown consumer")
            || text.starts_with("? Select a ")
    };
    failure.output.iter().find(|text| is_absence(text))?;
    let known = (failure.known)();
    of_nats(failure.line).find_map(|segment| {
        let mut words: Vec<String> = segment.iter().map(|(word, _)| word.clone()).collect();
        let mut line = failure.line.to_owned();
        let mut moved = 0_isize;
        for at in 2..words.len() {
            let Some(right) = almost(&words, at, &known) else { continue };
            let place = &segment[at].1;
            let shifted = place.start.checked_add_signed(moved)?..place.end.checked_add_signed(moved)?;
            let swapped = words.get(at + 1).filter(|next| **next == right).is_some();
            let spelled = super::complete::quoted(&right);
            line = replaced(&line, &shifted, &spelled)?;
            moved += spelled.len() as isize - place.len() as isize;
            // The two stood the other way round.
            if swapped {
                let next = &segment[at + 1].1;
                let shifted = next.start.checked_add_signed(moved)?..next.end.checked_add_signed(moved)?;
                return replaced(&line, &shifted, &super::complete::quoted(&words[at]));
            }
            words[at] = right;
        }
        (line != failure.line).then_some(line)
    })
}

const NAMES: &[&str] = &["stream", "consumer", "bucket", "key", "object store", "object"];

/// The name that the word at `at` was probably to be.
fn almost(words: &[String], at: usize, known: &Known) -> Option<String> {
    let word = &words[at];
    let (prefix, value) = match word.strip_prefix("--").and_then(|_| word.split_once('=')) {
        Some((flag, value)) => (format!("{flag}="), value),
        None => (String::new(), word.as_str()),
    };
    let names: Vec<String> = candidates(&words[..at], &prefix, known)
        .into_iter()
        .filter(|candidate| NAMES.contains(&&*candidate.summary))
        .map(|candidate| candidate.text.trim_start_matches(&prefix).to_owned())
        .collect();
    if names.is_empty() || names.iter().any(|name| name == value) {
        return None;
    }
    if let Some(next) = words.get(at + 1)
        && known.streams.get(next).is_some_and(|consumers| consumers.iter().any(|name| name == value))
        && names.contains(next)
    {
        return Some(next.clone());
    }
    let far = |name: &str| distance(&name.to_lowercase(), &value.to_lowercase());
    let is_close = |name: &&String| is_near(&name.to_lowercase(), &value.to_lowercase());
    let nearest = names.iter().filter(is_close).map(|name| far(name)).min()?;
    let mut best = names.iter().filter(|name| far(name) == nearest);
    match (best.next(), best.next()) {
        (Some(name), None) => Some(format!("{prefix}{name}")),
        _ => None,
    }
}

/// `nats-sub a`, `pub a b`, `nast pub a b`.
fn program(failure: &Failure<'_>) -> Option<String> {
    let missing = failure.output.iter().find_map(|text| text.strip_suffix(": command not found"))?;
    segments(failure.line).into_iter().find_map(|segment| {
        let (word, place) = segment.iter().find(|(word, _)| word == missing)?;
        let right = if let Some(verb) = word.strip_prefix("nats-") {
            let verb = if verb == "rply" { "reply" } else { verb };
            ROOT.subcommand(verb)?;
            format!("nats {verb}")
        } else if ROOT.subcommand(word).is_some_and(|command| !command.hidden) {
            format!("nats {word}")
        } else {
            let names = ["nats", "lab"].into_iter().chain(builtins::names().map(|(name, _)| name));
            let mut near = names.filter(|name| name.len() > 2 && distance(name, word) == 1);
            match (near.next(), near.next()) {
                (Some(name), None) => name.to_owned(),
                (Some("nats"), _) => "nats".to_owned(),
                _ => return None,
            }
        };
        replaced(failure.line, place, &right)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        Known {
            streams: [("ORDERS".to_owned(), names(&["billing", "worker"])), ("KV_CONFIG".to_owned(), names(&[]))]
                .into(),
            buckets: [("CONFIG".to_owned(), names(&["color", "two words"]))].into(),
            object_stores: [("PICTURES".to_owned(), names(&["cat.png"]))].into(),
            ..Known::default()
        }
    }

    fn mean(line: &str, output: &str) -> Option<String> {
        remedy(&Failure { line, output: output.lines().collect(), known: &known })
    }

    #[test]
    fn what_was_meant() {
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
            ("nats sub orders.>", "syntax error near unexpected token `newline'", "nats sub 'orders.>'"),
            ("$ nats pub a b", "$: command not found", "nats pub a b"),
            ("joe@box:~$ nats pub a b", "joe@box:~$: command not found", "nats pub a b"),
            ("> nats pub a b", "pub: command not found", "nats pub a b"),
            ("nats pub a ‘it is’ —count 2", "error: unexpected argument", "nats pub a 'it is' --count 2"),
            ("nats\u{a0}pub a b –H x:y", "nats\u{a0}pub: command not found", "nats pub a b -H x:y"),
            ("nats pub a b -count 2", "error: unknown short flag '-c'", "nats pub a b --count 2"),
            ("nats pub a hello world -q", "error: unexpected argument world", "nats pub a 'hello world' -q"),
            ("nats pub a {\"id\": 1}", "error: unexpected argument 1}", "nats pub a '{\"id\": 1}'"),
            ("nats kv put CONFIG a b c", "error: unexpected argument c", "nats kv put CONFIG a 'b c'"),
            ("nats stream add S 's.*'", "error: unexpected argument s.*", "nats stream add S --subjects 's.*'"),
            ("nats pub a b --sleep 1 --count 2", "nats: error: invalid duration", "nats pub a b --sleep 1s --count 2"),
            ("nats kv set CONFIG a b", "error: expected command but got \"set\"", "nats kv put CONFIG a b"),
            ("nats send a b", "error: expected command but got \"send\"", "nats publish a b"),
            ("nats-sub a", "nats-sub: command not found", "nats sub a"),
            ("pub a b", "pub: command not found", "nats pub a b"),
            ("echo x | nast pub a", "nast: command not found", "echo x | nats pub a"),
            ("ehco a", "ehco: command not found", "echo a"),
        ] {
            assert_eq!(mean(line, output).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn names_that_are_almost_there() {
        for (line, expected) in [
            ("nats stream info orders", "nats stream info ORDERS"),
            ("nats stream rm ORDRES -f", "nats stream rm ORDERS -f"),
            ("nats con info ORDRES wroker", "nats con info ORDERS worker"),
            ("nats consumer info worker ORDERS", "nats consumer info ORDERS worker"),
            ("nats kv get CONFG colour", "nats kv get CONFIG color"),
            ("nats kv get CONFIG 'two word'", "nats kv get CONFIG 'two words'"),
            ("nats sub --stream=ORDRS 'orders.*'", "nats sub --stream=ORDERS 'orders.*'"),
            ("nats sub --stream ORDRS 'orders.*'", "nats sub --stream ORDERS 'orders.*'"),
            ("nats object get PICTURES cat.pgn", "nats object get PICTURES cat.png"),
            ("nats obj ls picturs | cat", "nats obj ls PICTURES | cat"),
        ] {
            assert_eq!(mean(line, "nats: error: stream not found (10059)").as_deref(), Some(expected), "{line}");
            assert_eq!(mean(line, "nats: error: timeout"), None, "{line}");
        }
        assert_eq!(mean("nats stream info SHIPMENTS", "nats: error: stream not found (10059)"), None);
        assert_eq!(mean("nats kv get CONFIG o", "nats: error: nats: key not found"), None);
    }

    #[test]
    fn nothing_where_more_could_be_meant() {
        for (line, output) in [
            ("nats pub a", "nats: error: no"),
            ("nats sub $JS.x>out", ""),
            ("echo \"a $JS.x b\"", ""),
            ("frobnicate a", "frobnicate: command not found"),
            ("nats pub a b\n$ nats pub c d", "$: command not found"),
            ("nats pub a 'it’s' b", "nats: error: no"),
            ("nats pub a 'b' \"c\"", "error: unexpected argument c"),
            ("# nats pub a b", ""),
        ] {
            let found = mean(line, output);
            assert!(found.is_none() || line.starts_with('#'), "{line}: {found:?}");
        }
    }
}
