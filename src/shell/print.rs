//! Commands that make text: `echo`, `printf`, `seq`, `date`.
//!
//! Source: the GNU tools of these names.

use super::builtins::{at_once, complain};
use super::run::Runner;
use crate::commands::{Console, ExitCode};
use futures::future::LocalBoxFuture;

type Run = LocalBoxFuture<'static, ExitCode>;

pub(super) fn echo(_: Runner, console: Console, words: Vec<String>) -> Run {
    let is_flag = |word: &&String| {
        word.len() > 1 && word.strip_prefix('-').is_some_and(|rest| rest.chars().all(|c| "neE".contains(c)))
    };
    let flags: String = words.iter().skip(1).take_while(is_flag).cloned().collect();
    let count = words.iter().skip(1).take_while(is_flag).count();
    let text = words[1 + count..].join(" ");
    let escapes = flags.chars().rfind(|c| "eE".contains(*c)) == Some('e');
    let text = if escapes { unescaped(&text) } else { text };
    console.print(&text);
    if !flags.contains('n') {
        console.print("\n");
    }
    at_once(0)
}

/// What a backslash before `rest` means, and how much of `rest` it takes.
pub(super) fn escape(rest: &str) -> (char, usize) {
    let Some(c) = rest.chars().next() else { return ('\\', 0) };
    let code = |digits: &str, radix| {
        let text = &rest[c.len_utf8() - usize::from(radix == 8)..];
        let wanted = digits.len();
        let end = text.char_indices().take(wanted).take_while(|(_, c)| c.is_digit(radix)).count();
        let code = u32::from_str_radix(&text[..end], radix).ok().and_then(char::from_u32);
        (code, end + usize::from(radix != 8))
    };
    match c {
        'n' => ('\n', 1),
        't' => ('\t', 1),
        'r' => ('\r', 1),
        'a' => ('\u{7}', 1),
        'b' => ('\u{8}', 1),
        'f' => ('\u{c}', 1),
        'v' => ('\u{b}', 1),
        'e' => ('\u{1b}', 1),
        '\\' => ('\\', 1),
        '"' => ('"', 1),
        '0'..='7' => {
            let (found, length) = code(if c == '0' { "0000" } else { "000" }, 8);
            (found.unwrap_or('\0'), length)
        }
        'x' | 'u' => match code(if c == 'x' { "00" } else { "0000" }, 16) {
            (Some(found), length) => (found, length),
            (None, _) => ('\\', 0),
        },
        _ => ('\\', 0),
    }
}

/// Backslash sequences as `printf` and `echo -e` know them.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out += before;
        let (c, length) = escape(after);
        out.push(c);
        rest = &after[length..];
    }
    out + rest
}

pub(super) fn printf(runner: Runner, console: Console, words: Vec<String>) -> Run {
    let mut words = words.into_iter().skip(1).peekable();
    let mut variable = None;
    if words.next_if(|word| word == "-v").is_some() {
        variable = words.next();
    }
    // What is left ends the flags.
    let _ = words.next_if(|word| word == "--");
    let Some(format) = words.next() else {
        console.error("printf: usage: printf [-v var] format [arguments]");
        return at_once(2);
    };
    let arguments: Vec<String> = words.collect();
    let mut page = Page { arguments: arguments.iter(), text: String::new(), problems: Vec::new() };
    loop {
        let before = page.arguments.len();
        page.fill(&format);
        if page.text.len() > MAX_TEXT
            || page.arguments.len() == 0
            || page.arguments.len() == before
            || page.problems.iter().any(|(_, ends)| *ends)
        {
            break;
        }
    }
    let Page { text, problems, .. } = page;
    problems.iter().for_each(|(problem, _)| console.error(&format!("printf: {problem}")));
    match variable {
        Some(name) => runner.set_variable(&name, text),
        None => console.print(&text),
    }
    at_once(i32::from(!problems.is_empty()))
}

/// What `printf` has written so far.
struct Page<'a> {
    arguments: std::slice::Iter<'a, String>,
    text: String,
    /// With whether it ends everything.
    problems: Vec<(String, bool)>,
}

/// One pass over `format`; what does not fit is left out.
pub(super) fn formatted(format: &str, arguments: &[String]) -> String {
    let mut page = Page { arguments: arguments.iter(), text: String::new(), problems: Vec::new() };
    page.fill(format);
    page.text
}

/// `%-05.2f` without its verb.
#[derive(Default)]
struct Spec {
    flags: String,
    width: usize,
    precision: Option<usize>,
}

const WIDEST: usize = 1_000;

impl Page<'_> {
    /// One pass over the format.
    fn fill(&mut self, format: &str) {
        let mut rest = format;
        while let Some(at) = rest.find(['%', '\\']) {
            self.text += &rest[..at];
            let is_escape = rest[at..].starts_with('\\');
            rest = &rest[at + 1..];
            if is_escape {
                let (c, length) = escape(rest);
                self.text.push(c);
                rest = &rest[length..];
                continue;
            }
            let spec = self.spec(&mut rest);
            let Some(verb) = rest.chars().next() else {
                self.problems.push(("`%': missing format character".to_owned(), true));
                return;
            };
            rest = &rest[verb.len_utf8()..];
            match verb {
                '%' => self.text.push('%'),
                _ if "diuxXocsqbfFeEgG".contains(verb) => {
                    let text = self.formatted(verb, &spec);
                    self.text += &text;
                }
                _ => {
                    self.problems.push((format!("`%{verb}': invalid format character"), true));
                    return;
                }
            }
        }
        self.text += rest;
    }

    fn spec(&mut self, rest: &mut &str) -> Spec {
        let flags = rest.find(|c| !"-+ #0".contains(c)).unwrap_or(rest.len());
        let mut spec = Spec { flags: rest[..flags].to_owned(), ..Spec::default() };
        *rest = &rest[flags..];
        if let Some(width) = self.figure(rest) {
            spec.width = width.unsigned_abs() as usize;
            if width < 0 {
                spec.flags.push('-');
            }
        }
        if let Some(after) = rest.strip_prefix('.') {
            *rest = after;
            spec.precision = Some(self.figure(rest).unwrap_or(0).max(0) as usize).map(|digits| digits.min(WIDEST));
        }
        spec.width = spec.width.min(WIDEST);
        spec
    }

    /// A number in the format, or `*` for one of the arguments.
    fn figure(&mut self, rest: &mut &str) -> Option<i64> {
        if let Some(after) = rest.strip_prefix('*') {
            *rest = after;
            return Some(self.arguments.next().and_then(|text| text.parse().ok()).unwrap_or(0));
        }
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        *rest = after;
        digits.parse().ok()
    }

    fn formatted(&mut self, verb: char, spec: &Spec) -> String {
        let argument = self.arguments.next().map_or("", String::as_str);
        let plus = |text: String| match (text.starts_with('-'), spec.flags.contains('+'), spec.flags.contains(' ')) {
            (false, true, _) => format!("+{text}"),
            (false, false, true) => format!(" {text}"),
            _ => text,
        };
        let cut = |text: String| match spec.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text,
        };
        match verb {
            'd' | 'i' => spec.whole(&plus(self.whole(argument).to_string())),
            'u' => spec.whole(&self.whole(argument).cast_unsigned().to_string()),
            'x' => spec.whole(&format!("{:x}", self.whole(argument))),
            'X' => spec.whole(&format!("{:X}", self.whole(argument))),
            'o' => spec.whole(&format!("{:o}", self.whole(argument))),
            'c' => spec.padded(&argument.chars().take(1).collect::<String>(), false),
            'b' => spec.padded(&cut(unescaped(argument)), false),
            'q' => spec.padded(&quoted(argument), false),
            's' => spec.padded(&cut(argument.to_owned()), false),
            _ => {
                let number = match (argument.trim(), crate::json::number(argument.trim())) {
                    ("", _) => 0.0,
                    (_, Some(number)) => number,
                    (text, None) => {
                        self.problems.push((format!("{text}: invalid number"), false));
                        0.0
                    }
                };
                spec.padded(&plus(decimal(verb, number, spec.precision)), true)
            }
        }
    }

    fn whole(&mut self, text: &str) -> i64 {
        let text = text.trim();
        // `'A` is the number of that letter.
        if let Some(c) = text.strip_prefix(['\'', '"']).and_then(|rest| rest.chars().next()) {
            return i64::from(c as u32);
        }
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let has_one_sign = !digits.trim_start_matches("0x").starts_with(['-', '+']);
        let number = match (digits.strip_prefix("0x"), digits.strip_prefix('0').filter(|rest| !rest.is_empty())) {
            _ if digits.is_empty() && text.is_empty() => Ok(0),
            (Some(hex), _) => i128::from_str_radix(hex, 16),
            (None, Some(octal)) => i128::from_str_radix(octal, 8),
            (None, None) => digits.parse(),
        };
        let number =
            number.ok().filter(|_| has_one_sign).map(|number| if text.starts_with('-') { -number } else { number });
        // What is larger than `i64` is one of `%u`.
        match number.and_then(|number| i64::try_from(number).or(u64::try_from(number).map(u64::cast_signed)).ok()) {
            Some(number) => number,
            None => {
                self.problems.push((format!("{text}: invalid number"), false));
                0
            }
        }
    }
}

impl Spec {
    /// A whole number: so many digits as the precision says, or else perhaps filled with zeros.
    fn whole(&self, text: &str) -> String {
        let Some(least) = self.precision else { return self.padded(text, true) };
        let digits = text.trim_start_matches(['-', '+', ' ']);
        let zeros = "0".repeat(least.saturating_sub(digits.len()));
        self.padded(&format!("{}{zeros}{digits}", &text[..text.len() - digits.len()]), false)
    }

    fn padded(&self, text: &str, is_number: bool) -> String {
        let fill = self.width.saturating_sub(text.chars().count());
        let zeros = is_number && self.flags.contains('0');
        match (self.flags.contains('-'), zeros) {
            (true, _) => format!("{text}{}", " ".repeat(fill)),
            (false, true) => {
                let digits = text.trim_start_matches(['-', '+', ' ']);
                format!("{}{}{digits}", &text[..text.len() - digits.len()], "0".repeat(fill))
            }
            (false, false) => format!("{}{text}", " ".repeat(fill)),
        }
    }
}

/// `%f`, `%e` and `%g`.
pub(super) fn decimal(verb: char, number: f64, precision: Option<usize>) -> String {
    let places = precision.unwrap_or(6).min(30);
    let scientific = |places: usize| {
        let text = format!("{number:.places$e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
        format!("{digits}e{sign}{exponent:0>2}")
    };
    let text = match verb.to_ascii_lowercase() {
        'f' => format!("{number:.places$}"),
        'e' => scientific(places),
        _ => {
            let significant = places.max(1);
            let exponent = format!("{number:.*e}", significant - 1);
            let exponent: i32 = exponent.split_once('e').and_then(|(_, text)| text.parse().ok()).unwrap_or(0);
            let short = |text: &str| match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                false => text.to_owned(),
            };
            if exponent < -4 || exponent >= significant as i32 {
                let text = scientific(significant - 1);
                let (digits, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
                format!("{}e{exponent}", short(digits))
            } else {
                short(&format!("{number:.*}", (significant as i32 - 1 - exponent).max(0) as usize))
            }
        }
    };
    if verb.is_ascii_uppercase() { text.to_uppercase() } else { text }
}

/// As bash quotes for `%q`.
fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    let is_safe = |c: char| c.is_alphanumeric() || "_-./:=,+@%^".contains(c);
    text.chars().flat_map(|c| if is_safe(c) { vec![c] } else { vec!['\\', c] }).collect()
}

/// A sequence longer than this is refused, and one of more bytes.
const MAX_SEQ: i128 = 1_000_000;
const MAX_TEXT: usize = 64 << 20;

/// A number as it was written: its value in units of its last place.
#[derive(Clone, Copy)]
struct Written {
    units: i128,
    places: usize,
    width: usize,
}

fn written(text: &str) -> Option<Written> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = digits.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()) && digits.len() <= 25;
    if !is_number || whole.len() + fraction.len() == 0 {
        return None;
    }
    let units: i128 = format!("{whole}{fraction}").parse().ok()?;
    Some(Written {
        units: if text.starts_with('-') { -units } else { units },
        places: fraction.len(),
        width: whole.len() + usize::from(text.starts_with('-')),
    })
}

pub(super) fn seq(_: Runner, console: Console, words: Vec<String>) -> Run {
    let (mut separator, mut format, mut same_width) = ("\n".to_owned(), None, false);
    let mut numbers = Vec::new();
    let mut rest = words.iter().skip(1);
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-w" | "--equal-width" => same_width = true,
            "-s" => separator = rest.next().cloned().unwrap_or_default(),
            "-f" => format = rest.next(),
            flag if flag.starts_with("-s") => separator = flag[2..].to_owned(),
            _ if written(word).is_some() => numbers.extend(written(word)),
            flag if flag.starts_with('-') => {
                return at_once(complain(&console, &words, &format!("{flag} is not in the playground")));
            }
            _ => {
                return at_once(complain(&console, &words, &format!("invalid floating point argument: ‘{word}’")));
            }
        }
    }
    let one = Written { units: 1, places: 0, width: 1 };
    let (first, step, last) = match numbers.as_slice() {
        [last] => (one, one, *last),
        [first, last] => (*first, one, *last),
        [first, step, last] => (*first, *step, *last),
        [] => return at_once(complain(&console, &words, "missing operand")),
        _ => return at_once(complain(&console, &words, &format!("extra operand ‘{}’", words[words.len() - 1]))),
    };
    if step.units == 0 {
        return at_once(complain(&console, &words, "invalid Zero increment value: ‘0’"));
    }
    let places = first.places.max(step.places);
    let most = places.max(last.places);
    let scaled = |number: Written| number.units.checked_mul(10_i128.pow((most - number.places) as u32));
    let (Some(start), Some(by), Some(end)) = (scaled(first), scaled(step), scaled(last)) else {
        return at_once(complain(&console, &words, "too many numbers"));
    };
    if end.checked_sub(start).is_none_or(|span| span / by > MAX_SEQ) {
        return at_once(complain(&console, &words, "too many numbers"));
    }
    let width = if same_width { first.width.max(last.width) + if places > 0 { places + 1 } else { 0 } } else { 0 };
    let show = |units: i128| {
        let kept = units / 10_i128.pow((most - places) as u32);
        let (sign, digits) = (if kept < 0 { "-" } else { "" }, format!("{:0>1$}", kept.unsigned_abs(), places + 1));
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let text = if places > 0 { format!("{whole}.{fraction}") } else { whole.to_owned() };
        match format {
            Some(format) => {
                let arguments = [format!("{sign}{text}")];
                formatted(format, &arguments)
            }
            None => format!("{sign}{text:0>0$}", width.saturating_sub(sign.len())),
        }
    };
    let mut number = start;
    let mut shown = String::new();
    while (by > 0 && number <= end) || (by < 0 && number >= end) {
        if number != start {
            shown += &separator;
        }
        shown += &show(number);
        if shown.len() > MAX_TEXT {
            return at_once(complain(&console, &words, "too many numbers"));
        }
        number += by;
    }
    if !shown.is_empty() {
        console.line(&shown);
    }
    at_once(0)
}

pub(super) fn date(runner: Runner, console: Console, words: Vec<String>) -> Run {
    let mut format = "%a %b %e %H:%M:%S UTC %Y";
    for word in &words[1..] {
        format = match (word.as_str(), word.strip_prefix('+')) {
            (_, Some(format)) => format,
            ("-u" | "--utc", _) => format,
            ("-I" | "-Idate" | "--iso-8601", _) => "%F",
            ("-Iseconds" | "--iso-8601=seconds", _) => "%FT%T+00:00",
            ("-R", _) => "%a, %d %b %Y %T +0000",
            (flag, _) if flag.starts_with('-') => {
                return at_once(complain(&console, &words, &format!("{flag} is not in the playground")));
            }
            (text, _) => return at_once(complain(&console, &words, &format!("invalid date ‘{text}’"))),
        };
    }
    console.line(&stamped(format, runner.shared.context.timers.now()));
    at_once(0)
}

fn stamped(format: &str, now: crate::time::Timestamp) -> String {
    let utc = now.utc();
    let (weekday, month) = (utc.weekday().to_string(), utc.month().to_string());
    let hour12 = match utc.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let half = if utc.hour() < 12 { "AM" } else { "PM" };
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        // `%3N`: so many digits; `%-d`: without a zero before.
        let digits = chars.next_if(char::is_ascii_digit).and_then(|c| c.to_digit(10));
        let bare = chars.next_if_eq(&'-').is_some();
        let piece = match chars.next() {
            Some('Y') => utc.year().to_string(),
            Some('y') => format!("{:02}", utc.year() % 100),
            Some('m') => format!("{:02}", u8::from(utc.month())),
            Some('d') => format!("{:02}", utc.day()),
            Some('e') => format!("{:2}", utc.day()),
            Some('j') => format!("{:03}", utc.ordinal()),
            Some('H') => format!("{:02}", utc.hour()),
            Some('I') => format!("{hour12:02}"),
            Some('M') => format!("{:02}", utc.minute()),
            Some('S') => format!("{:02}", utc.second()),
            Some('N') => format!("{:09}", utc.nanosecond())[..digits.unwrap_or(9).clamp(1, 9) as usize].to_owned(),
            Some('s') => utc.unix_timestamp().to_string(),
            Some('p') => half.to_owned(),
            Some('F') => stamped("%Y-%m-%d", now),
            Some('T') => stamped("%H:%M:%S", now),
            Some('X') => stamped("%H:%M:%S", now),
            Some('R') => stamped("%H:%M", now),
            Some('D' | 'x') => stamped("%m/%d/%y", now),
            Some('c') => stamped("%a %b %e %T %Y", now),
            Some('a') => weekday[..3].to_owned(),
            Some('A') => weekday.clone(),
            Some('b' | 'h') => month[..3].to_owned(),
            Some('B') => month.clone(),
            Some('u') => utc.weekday().number_from_monday().to_string(),
            Some('w') => utc.weekday().number_days_from_sunday().to_string(),
            Some('z') => "+0000".to_owned(),
            Some('Z') => "UTC".to_owned(),
            Some('n') => "\n".to_owned(),
            Some('t') => "\t".to_owned(),
            Some('%') => "%".to_owned(),
            Some(other) => format!("%{other}"),
            None => "%".to_owned(),
        };
        out += if bare { piece.trim_start_matches(['0', ' ']) } else { &piece };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_asked() {
        let at = crate::time::Timestamp::from_secs(1_795_252_511);
        for (format, text) in [
            ("%Y-%m-%d", "2026-11-21"),
            ("%FT%T.%3NZ", "2026-11-21T09:15:11.000Z"),
            ("%a %A %b %B %j %u", "Sat Saturday Nov November 325 6"),
            ("%I:%M %p %-d %% %Q", "09:15 AM 21 % %Q"),
            ("%", "%"),
        ] {
            assert_eq!(stamped(format, at), text, "{format}");
        }
    }
}
