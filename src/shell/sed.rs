//! `sed`, the part that stands behind a pipe: `s/a/b/g`, `-n 2p`, `/text/d`, `3q`.
//!
//! Scripts of several commands, addresses by number, by `$` and by expression, ranges of them. Everything else is refused
//! by name. Source: POSIX `sed`, and GNU for what is printed.

use super::filters::{Arguments, Known, Run, each, refuse};
use super::grep::basic;
use super::run::Runner;
use crate::commands::Console;
use crate::commands::pattern::Pattern;

const KNOWN: Known = Known {
    letters: "nEr",
    with_value: "e",
    long: &[("quiet", 'n'), ("silent", 'n'), ("regexp-extended", 'E'), ("expression", 'e')],
};
const NOT_HERE: &str = "is not in the playground; s, p, d and q are";

/// One command with the lines it is for.
#[derive(Debug)]
struct Step {
    from: Option<Address>,
    to: Option<Address>,
    /// `!`: for the other lines.
    negated: bool,
    verb: Verb,
}

#[derive(Debug)]
enum Address {
    Line(usize),
    Last,
    Match(Pattern),
}

#[derive(Debug)]
enum Verb {
    Print,
    Delete,
    Quit,
    Substitute { pattern: Pattern, by: Vec<Piece>, which: usize, all: bool, print: bool },
}

/// What takes the place of what was found.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    /// `&`
    Found,
}

struct Script<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    extended: bool,
}

/// A range of lines that a step is in.
#[derive(Clone, Copy, Default)]
struct Inside(bool);

pub(super) fn sed(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let mut arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        let script = match arguments.values.remove(&'e') {
            Some(script) => script,
            None if arguments.rest.is_empty() => return refuse(&console, "usage: sed [-nE] script [file]"),
            None => arguments.rest.remove(0),
        };
        let extended = arguments.has('E') || arguments.has('r');
        let steps = match (Script { chars: script.chars().peekable(), extended }).steps() {
            Ok(steps) => steps,
            Err(problem) => return refuse(&console, &format!("sed: {problem}")),
        };
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let missing = "sed: can't read {}: No such file or directory";
        let all = each(&runner, &console, &arguments.rest, missing, async |_, source| {
            while let Some(line) = source.line().await {
                // Between files a newline that is missing is put in.
                if let Some(before) = lines.last_mut().filter(|before| !before.ends_with(b"\n")) {
                    before.push(b'\n');
                }
                lines.push(line);
            }
        });
        let all = all.await;
        edit(&console, &steps, &lines, arguments.has('n'));
        if all { 0 } else { 2 }
    })
}

fn edit(console: &Console, steps: &[Step], lines: &[Vec<u8>], quiet: bool) {
    let mut inside = vec![Inside::default(); steps.len()];
    for (at, line) in lines.iter().enumerate() {
        let (bytes, end) = line.strip_suffix(b"\n").map_or((&line[..], ""), |text| (text, "\n"));
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        let (mut kept, mut quits) = (true, false);
        for (step, inside) in steps.iter().zip(&mut inside) {
            if !step.is_for(inside, at + 1, at + 1 == lines.len(), &text) {
                continue;
            }
            match &step.verb {
                Verb::Print => console.print(&format!("{text}{end}")),
                Verb::Delete => kept = false,
                Verb::Quit => quits = true,
                Verb::Substitute { pattern, by, which, all, print } => {
                    if let Some(changed) = substituted(&text, pattern, by, *which, *all) {
                        text = changed;
                        if *print {
                            console.print(&format!("{text}{end}"));
                        }
                    }
                }
            }
            if !kept || quits {
                break;
            }
        }
        if kept && !quiet {
            console.print(&format!("{text}{end}"));
        }
        if quits {
            return;
        }
    }
}

/// `None` when nothing was found.
fn substituted(text: &str, pattern: &Pattern, by: &[Piece], which: usize, all: bool) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut from, mut count, mut changed) = (String::new(), 0, 0, false);
    // Where the last one ended: nothing is not found right behind something.
    let mut last_end = None;
    while let Some((start, end)) = pattern.find(&chars, from) {
        let is_empty = start == end;
        if is_empty && last_end == Some(start) {
            let Some(c) = chars.get(start) else { break };
            out.push(*c);
            from = start + 1;
            last_end = None;
            continue;
        }
        count += 1;
        out.extend(&chars[from..start]);
        let found: String = chars[start..end].iter().collect();
        if count == which || all && count > which {
            changed = true;
            by.iter().for_each(|piece| match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Found => out.push_str(&found),
            });
        } else {
            out.push_str(&found);
        }
        (from, last_end) = (end, Some(end));
        if count >= which && !all {
            break;
        }
        if is_empty {
            let Some(c) = chars.get(end) else { break };
            out.push(*c);
            from = end + 1;
            last_end = None;
        }
    }
    out.extend(chars.get(from..).unwrap_or_default());
    changed.then_some(out)
}

impl Step {
    fn is_for(&self, inside: &mut Inside, number: usize, last: bool, text: &str) -> bool {
        let hit = |address: &Address| match address {
            Address::Line(line) => *line == number,
            Address::Last => last,
            Address::Match(pattern) => pattern.is_match(text),
        };
        let found = match (&self.from, &self.to) {
            (None, _) => true,
            (Some(from), None) => hit(from),
            (Some(_), Some(to)) if inside.0 => {
                let ends = match to {
                    Address::Line(line) => *line <= number,
                    to => hit(to),
                };
                inside.0 = !ends;
                // A range whose end is behind has no more lines.
                !matches!(to, Address::Line(line) if *line < number)
            }
            (Some(from), Some(to)) => {
                let begins = hit(from);
                // An expression ends it on a later line at the earliest.
                let is_over = match to {
                    Address::Line(line) => *line <= number,
                    Address::Last => last,
                    Address::Match(_) => false,
                };
                inside.0 = begins && !is_over;
                begins
            }
        };
        found != self.negated
    }
}

impl Script<'_> {
    fn steps(mut self) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        loop {
            while self.chars.next_if(|c| c.is_whitespace() || *c == ';').is_some() {}
            if self.chars.peek().is_none() {
                return Ok(steps);
            }
            steps.push(self.step()?);
            self.blanks();
            if let Some(c) = self.chars.next_if(|c| !";\n".contains(*c)) {
                return Err(if c == '}' { refused(c) } else { "extra characters after command".to_owned() });
            }
        }
    }

    fn step(&mut self) -> Result<Step, String> {
        let from = self.address()?;
        let to = match self.chars.next_if_eq(&',') {
            Some(_) if from.is_none() => return Err("unexpected `,'".to_owned()),
            Some(_) => Some(self.address()?.ok_or("unexpected `,'")?),
            None => None,
        };
        self.blanks();
        let negated = self.chars.next_if_eq(&'!').is_some();
        self.blanks();
        let verb = match self.chars.next() {
            None => return Err("missing command".to_owned()),
            Some('p') => Verb::Print,
            Some('d') => Verb::Delete,
            Some('q') if to.is_some() => return Err("command only uses one address".to_owned()),
            Some('q') => Verb::Quit,
            Some('s') => self.substitution()?,
            Some(other) => return Err(refused(other)),
        };
        Ok(Step { from, to, negated, verb })
    }

    fn blanks(&mut self) {
        while self.chars.next_if(|c| " \t".contains(*c)).is_some() {}
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        match self.chars.peek().copied() {
            Some('$') => {
                self.chars.next();
                Ok(Some(Address::Last))
            }
            Some('/') => {
                self.chars.next();
                let text = self.until('/').ok_or("unterminated address regex")?;
                Ok(Some(Address::Match(self.pattern(&text, false)?)))
            }
            Some(c) if c.is_ascii_digit() => match self.number() {
                0 => Err("invalid usage of line address 0".to_owned()),
                line => Ok(Some(Address::Line(line))),
            },
            _ => Ok(None),
        }
    }

    fn number(&mut self) -> usize {
        let mut number = 0usize;
        while let Some(digit) = self.chars.peek().and_then(|c| c.to_digit(10)) {
            self.chars.next();
            number = number.saturating_mul(10).saturating_add(digit as usize);
        }
        number
    }

    fn pattern(&self, text: &str, ignore_case: bool) -> Result<Pattern, String> {
        let text = basic(text, self.extended);
        let pattern = if ignore_case { Pattern::ignoring_case(&text) } else { Pattern::new(&text) };
        pattern.map_err(|problem| format!("-e expression: {problem}"))
    }

    /// Up to a sign, which loses its backslash if that is what stood before it.
    fn until(&mut self, sign: char) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.chars.next()? {
                c if c == sign => return Some(text),
                '\\' => match self.chars.next()? {
                    c if c == sign => text.push(c),
                    'n' => text.push('\n'),
                    c => text.extend(['\\', c]),
                },
                c => text.push(c),
            }
        }
    }

    fn substitution(&mut self) -> Result<Verb, String> {
        let unterminated = "unterminated `s' command";
        let sign = self.chars.next().ok_or(unterminated)?;
        let pattern = self.until(sign).ok_or(unterminated)?;
        let by = pieces(&self.until(sign).ok_or(unterminated)?)?;
        let (mut which, mut all, mut print, mut ignore_case) = (1, false, false, false);
        loop {
            match self.chars.peek().copied() {
                Some('g') => all = true,
                Some('p') => print = true,
                Some('i' | 'I') => ignore_case = true,
                Some('0'..='9') => {
                    which = self.number();
                    if which == 0 {
                        return Err("number option to `s' command may not be zero".to_owned());
                    }
                    continue;
                }
                None | Some(' ' | '\t' | ';' | '\n' | '}') => break,
                Some(_) => return Err("unknown option to `s'".to_owned()),
            }
            self.chars.next();
        }
        if pattern.is_empty() {
            return Err("an empty expression is not in the playground".to_owned());
        }
        Ok(Verb::Substitute { pattern: self.pattern(&pattern, ignore_case)?, by, which, all, print })
    }
}

fn refused(verb: char) -> String {
    format!("{verb} {NOT_HERE}")
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut open = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '&' => pieces.extend([Piece::Text(std::mem::take(&mut open)), Piece::Found]),
            '\\' => match chars.next() {
                Some(digit @ '1'..='9') => return Err(format!("\\{digit} is not in the playground; & is")),
                Some('t') => open.push('\t'),
                Some(c) => open.push(c),
                None => open.push('\\'),
            },
            c => open.push(c),
        }
    }
    pieces.push(Piece::Text(open));
    Ok(pieces)
}
