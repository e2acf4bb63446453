//! `grep`: the lines that match.

use super::filters::{Arguments, Known, Run, Source, each};
use super::run::Runner;
use crate::commands::Console;
use crate::commands::pattern::Pattern;

const KNOWN: Known = Known {
    letters: "EFGPivcqnlLohHswxya",
    with_value: "eABCm",
    long: &[
        ("extended-regexp", 'E'),
        ("fixed-strings", 'F'),
        ("ignore-case", 'i'),
        ("invert-match", 'v'),
        ("count", 'c'),
        ("quiet", 'q'),
        ("line-number", 'n'),
        ("files-with-matches", 'l'),
        ("only-matching", 'o'),
        ("word-regexp", 'w'),
        ("line-regexp", 'x'),
        ("regexp", 'e'),
        ("max-count", 'm'),
        ("after-context", 'A'),
        ("before-context", 'B'),
        ("context", 'C'),
        // Colours: there are none.
        ("color", 'a'),
        ("colour", 'a'),
        // Lines are shown as they come anyway.
        ("line-buffered", 'a'),
    ],
};

/// What is shown of the lines that match.
struct Search<'a> {
    console: &'a Console,
    arguments: &'a Arguments,
    pattern: Pattern,
    named: bool,
    most: u64,
    before: usize,
    after: usize,
}

pub(super) fn grep(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let complain = |problem: &str| {
            console.error(problem);
            2
        };
        let mut arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) => arguments,
            Err(sentence) => return complain(&sentence),
        };
        let text = match arguments.values.remove(&'e') {
            Some(text) => text,
            None if arguments.rest.is_empty() => {
                return complain("usage: grep [-EFivcqnlowxhH] [-ABCm count] [-e] pattern [file]");
            }
            None => arguments.rest.remove(0),
        };
        let pattern = match compiled(&text, &words[0], &arguments) {
            Ok(pattern) => pattern,
            Err(problem) => return complain(&format!("grep: {problem}")),
        };
        let number = |letter| match arguments.value(letter).map(str::parse::<usize>) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => {
                Err(format!("grep: {}: invalid context length argument", arguments.value(letter).unwrap_or("")))
            }
        };
        let (around, before, after, most) = match (number('C'), number('B'), number('A'), number('m')) {
            (Ok(around), Ok(before), Ok(after), Ok(most)) => (around.unwrap_or(0), before, after, most),
            (Err(problem), ..) | (_, Err(problem), ..) | (_, _, Err(problem), _) => return complain(&problem),
            (.., Err(_)) => return complain("grep: invalid max count"),
        };
        let search = Search {
            console: &console,
            arguments: &arguments,
            pattern,
            named: (arguments.rest.len() > 1 || arguments.has('H')) && !arguments.has('h'),
            most: most.map_or(u64::MAX, |most| most as u64),
            before: before.unwrap_or(around),
            after: after.unwrap_or(around),
        };
        let mut found = false;
        let missing = if arguments.has('s') { "" } else { "grep: {}: No such file or directory" };
        let quiet = Console::new(false, 0);
        let told = if missing.is_empty() { &quiet } else { &console };
        let all = each(&runner, told, &arguments.rest, missing, async |name, source| {
            let source = if name == "-" { &Source::Console(console.clone()) } else { source };
            found |= search.file(name, source).await;
        });
        let all = all.await;
        match (found, all) {
            (true, _) if arguments.has('q') => 0,
            (_, false) => 2,
            (found, true) => i32::from(!found),
        }
    })
}

fn compiled(text: &str, command: &str, arguments: &Arguments) -> Result<Pattern, String> {
    let is_extended = command == "egrep" || arguments.has('E') || arguments.has('P');
    let is_fixed = command == "fgrep" || arguments.has('F');
    let one = |text: &str| if is_fixed { escaped(text) } else { basic(text, is_extended) };
    let text = text.split('\n').map(one).collect::<Vec<_>>().join("|");
    let text = match (arguments.has('x'), arguments.has('w')) {
        (true, _) => format!("^({text})$"),
        (_, true) => format!("\\b({text})\\b"),
        _ => text,
    };
    if arguments.has('i') || arguments.has('y') { Pattern::ignoring_case(&text) } else { Pattern::new(&text) }
}

impl Search<'_> {
    /// Whether something was found.
    async fn file(&self, name: &str, source: &Source) -> bool {
        let has = |letter| self.arguments.has(letter);
        let shows_lines = !has('c') && !has('q') && !has('l') && !has('L');
        let (mut found, mut number, mut left_after) = (0, 0_usize, 0);
        let mut before: Vec<(usize, String)> = Vec::new();
        let mut last_shown = 0;
        while found < self.most || left_after > 0 {
            let Some(line) = source.line().await else { break };
            number += 1;
            let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
            if found < self.most && self.pattern.is_match(&text) != has('v') {
                found += 1;
                if has('q') || has('l') {
                    break;
                }
                if shows_lines {
                    let context = std::mem::take(&mut before);
                    let first = context.first().map_or(number, |(number, _)| *number);
                    if last_shown > 0 && first > last_shown + 1 && (self.before > 0 || self.after > 0) {
                        self.console.line("--");
                    }
                    context.iter().for_each(|(number, text)| self.show(name, *number, '-', text));
                    self.show_match(name, number, &text);
                    (last_shown, left_after) = (number, self.after);
                }
            } else if left_after > 0 {
                left_after -= 1;
                self.show(name, number, '-', &text);
                last_shown = number;
            } else if self.before > 0 {
                before.push((number, text));
                if before.len() > self.before {
                    before.remove(0);
                }
            }
        }
        let shown = if name == "-" { "(standard input)" } else { name };
        if has('c') {
            let prefix = if self.named { format!("{shown}:") } else { String::new() };
            self.console.line(&format!("{prefix}{found}"));
        } else if has('l') && found > 0 || has('L') && found == 0 {
            self.console.line(shown);
        }
        if has('L') { found == 0 } else { found > 0 }
    }

    fn show_match(&self, name: &str, number: usize, text: &str) {
        if !self.arguments.has('o') {
            return self.show(name, number, ':', text);
        }
        if self.arguments.has('v') {
            return;
        }
        let chars: Vec<char> = text.chars().collect();
        let mut from = 0;
        while let Some((start, end)) = self.pattern.find(&chars, from) {
            if end > start {
                self.show(name, number, ':', &chars[start..end].iter().collect::<String>());
            }
            from = end.max(start + 1);
            if from > chars.len() {
                break;
            }
        }
    }

    fn show(&self, name: &str, number: usize, sign: char, text: &str) {
        let name = if name == "-" { "(standard input)" } else { name };
        let name = if self.named { format!("{name}{sign}") } else { String::new() };
        let number = if self.arguments.has('n') { format!("{number}{sign}") } else { String::new() };
        self.console.line(&format!("{name}{number}{text}"));
    }
}

fn escaped(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect()
}

/// A basic expression as an extended one: there the signs `+ ? | ( ) { }` mean something only after a backslash.
pub(super) fn basic(text: &str, extended: bool) -> String {
    if extended {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|next| "+?|(){}".contains(*next)) => out.extend(chars.next()),
            '+' | '?' | '|' | '(' | ')' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '*' if out.is_empty() => out.push_str("\\*"),
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            '[' => {
                // What stands in brackets means itself.
                out.push(c);
                let mut inside = 0;
                for next in chars.by_ref() {
                    out.push(next);
                    inside += usize::from(!(inside == 0 && next == '^'));
                    if next == ']' && inside > 1 && !out.ends_with(":]") {
                        break;
                    }
                }
            }
            _ => out.push(c),
        }
    }
    out
}
