//! Usage pages, and what was probably meant.
//!
//! Drawn from the rows of [`grammar`](super::grammar) alone. Layout is the CLI's, sentences are ours.

use super::grammar::{Argument, Command, Flag};

/// What a page says about the flags every command has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Globals {
    Listed,
    Mentioned,
}

const SMALLEST_WIDTH: usize = 40;

/// The page of the last command of `path`, ending in a newline.
pub fn page(path: &[&'static Command], columns: usize, globals: Globals) -> String {
    let width = columns.max(SMALLEST_WIDTH);
    let Some(command) = path.last() else { return String::new() };
    let mut page = format!("usage: {}\n\n{}\n\n", usage(path), wrapped(command.summary, width, 0));
    let arguments: Vec<_> = command.arguments.iter().map(|a| (argument_form(a), a.summary.to_owned())).collect();
    section(&mut page, "Args:", &arguments, width);
    let is_root = path.len() == 1;
    let own = if is_root { path } else { &path[1..] };
    let flags: Vec<_> = own.iter().flat_map(|command| command.flags).filter(|flag| !flag.hidden).collect();
    section(&mut page, if is_root { "Global Flags:" } else { "Flags:" }, &flag_rows(&flags), width);
    let title = if is_root { "Commands:" } else { "Subcommands:" };
    section(&mut page, title, &command_rows(command), width);
    if !command.aliases.is_empty() {
        page += &format!("Command Aliases: {}\n\n", command.aliases.join(", "));
    }
    match globals {
        _ if is_root => {}
        Globals::Listed => {
            let flags: Vec<_> = path[0].flags.iter().filter(|flag| !flag.hidden).collect();
            section(&mut page, "Global Flags:", &flag_rows(&flags), width);
        }
        Globals::Mentioned => page += "Pass --help to see global flags applicable to this command.\n\n",
    }
    page.truncate(page.trim_end().len());
    page + "\n"
}

pub(super) fn usage(path: &[&'static Command]) -> String {
    let mut words: Vec<String> = path.iter().map(|command| command.name.to_owned()).collect();
    let Some(command) = path.last() else { return String::new() };
    let own = if path.len() == 1 { path } else { &path[1..] };
    if own.iter().flat_map(|command| command.flags).any(|flag| !flag.hidden) {
        words.push("[<flags>]".to_owned());
    }
    if !command.subcommands.is_empty() {
        words.push("<command> [<args> ...]".to_owned());
    }
    words.extend(command.arguments.iter().map(argument_form));
    words.join(" ")
}

pub(super) fn argument_form(argument: &Argument) -> String {
    let name = argument.name;
    match (argument.required, argument.repeats) {
        (true, false) => format!("<{name}>"),
        (true, true) => format!("<{name}>..."),
        (false, false) => format!("[<{name}>]"),
        (false, true) => format!("[<{name}>...]"),
    }
}

fn flag_rows(flags: &[&Flag]) -> Vec<(String, String)> {
    let (short, long): (Vec<&Flag>, Vec<&Flag>) = flags.iter().partition(|flag| flag.short.is_some());
    short.into_iter().chain(long).map(|flag| (flag_form(flag), flag.summary.to_owned())).collect()
}

pub(super) fn flag_form(flag: &Flag) -> String {
    use super::grammar::Kind;
    let start = flag.short.map_or("    ".to_owned(), |short| format!("-{short}, "));
    let no = if flag.is_negatable() { "[no-]" } else { "" };
    let value = match (flag.kind, flag.default) {
        (Kind::Bool { .. }, _) => String::new(),
        (Kind::Text, Some(text)) => format!("={text:?}"),
        (_, Some(text)) => format!("={text}"),
        (_, None) if flag.placeholder.is_empty() => format!("={}", flag.name.to_uppercase()),
        (_, None) => format!("={}", flag.placeholder),
    };
    format!("{start}--{no}{}{value}{}", flag.name, if flag.repeats { " ..." } else { "" })
}

fn command_rows(command: &Command) -> Vec<(String, String)> {
    let shown = command.subcommands.iter().filter(|command| !command.hidden);
    shown.map(|command| (command.name.to_owned(), command.summary.to_owned())).collect()
}

fn section(page: &mut String, title: &str, rows: &[(String, String)], width: usize) {
    if rows.is_empty() {
        return;
    }
    *page += &format!("{title}\n");
    let widest = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or(0);
    let left_width = widest.min(width / 2);
    for (left, right) in rows {
        let text = wrapped(right, width, left_width + 4);
        let gap = if left.chars().count() > left_width {
            format!("\n{}", " ".repeat(left_width + 4))
        } else {
            " ".repeat(left_width + 2 - left.chars().count())
        };
        *page += format!("  {left}{gap}{text}").trim_end();
        page.push('\n');
    }
    page.push('\n');
}

/// Breaks between words; lines after the first start `indent` columns in.
fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    let mut out = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            out += &format!("\n{}", " ".repeat(indent));
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out += word;
        used += length;
    }
    out
}

/// How far a name may be from what was typed to be what was meant.
fn is_near(name: &str, word: &str) -> bool {
    name.starts_with(word) && !word.is_empty() || distance(name, word) <= 1 + name.len() / 5
}

/// A sentence naming the subcommands that look like `word`, or the flags if that begins with dashes.
pub fn did_you_mean(path: &[&'static Command], word: &str) -> Option<String> {
    if let Some(name) = word.strip_prefix("--") {
        return flag_meant(path, name);
    }
    let command = path.last()?;
    let near = |name: &str| is_near(name, word);
    let names: Vec<&str> = command
        .subcommands
        .iter()
        .filter(|command| {
            !command.hidden
                && (near(command.name)
                    || command.aliases.iter().any(|alias| distance(alias, word) == 1 && alias.len() > 2))
        })
        .map(|command| command.name)
        .collect();
    let prefix: Vec<&str> = path.iter().map(|command| command.name).collect();
    let lines: Vec<String> = names.iter().map(|name| format!("{} {name}", prefix.join(" "))).collect();
    (!lines.is_empty()).then(|| format!("Did you mean {}?", lines.join(" or ")))
}

/// Those of the command come before those every command has.
fn flag_meant(path: &[&'static Command], word: &str) -> Option<String> {
    let (no, bare) = word.strip_prefix("no-").map_or(("", word), |bare| ("no-", bare));
    let flags = path.iter().rev().flat_map(|command| command.flags).filter(|flag| !flag.hidden);
    let mut near: Vec<&Flag> = flags
        .filter(|flag| is_near(flag.name, word) || !no.is_empty() && flag.is_negatable() && is_near(flag.name, bare))
        .collect();
    let far = |flag: &Flag| distance(flag.name, word).min(distance(flag.name, bare));
    crate::sorted::by_key(&mut near, |flag| far(flag));
    let nearest = near.first().map_or(0, |flag| far(flag));
    near.retain(|flag| far(flag) <= nearest + 1);
    let names = near.iter().take(3).map(|flag| match is_near(flag.name, word) {
        true => format!("--{}", flag.name),
        false => format!("--{no}{}", flag.name),
    });
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then(|| format!("Did you mean {}?", names.join(" or ")))
}

/// Edits between two words, a swap of neighbours counting as one.
pub(super) fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().take(40).collect());
    let mut rows = vec![(0..=right.len()).collect::<Vec<usize>>()];
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let swap = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            let cost = usize::from(left[i - 1] != right[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + cost);
            if swap {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}
