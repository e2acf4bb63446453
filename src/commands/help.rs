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
    let Some((command, above)) = path.split_last() else { return String::new() };
    let mut page = format!("usage: {}\n\n", usage(path));
    page.extend(command.summary.lines().map(|line| wrapped(line, width, 0) + "\n"));
    page.push('\n');
    let arguments = command.arguments.iter().map(|argument| (listed_form(argument), argument.summary.to_owned()));
    section(&mut page, "Args:", &arguments.collect::<Vec<_>>(), width);
    section(&mut page, if above.is_empty() { "Commands:" } else { "Subcommands:" }, &command_rows(path), width);
    if !above.is_empty() {
        section(&mut page, "Flags:", &flag_rows(command.flags.iter()), width);
        if !command.aliases.is_empty() {
            page += &format!("Command Aliases: {}\n", command.aliases.join(", "));
        }
        page.push('\n');
    }
    match globals {
        Globals::Listed => {
            let inherited = if above.is_empty() { path } else { above };
            section(&mut page, "Global Flags:", &flag_rows(inherited.iter().flat_map(|it| it.flags)), width);
        }
        Globals::Mentioned => page += "Pass --help to see global flags applicable to this command.\n",
    }
    page
}

pub(super) fn usage(path: &[&'static Command]) -> String {
    let mut words: Vec<String> = path.iter().map(|command| command.name.to_owned()).collect();
    let Some(command) = path.last() else { return String::new() };
    if !command.flags.is_empty() {
        words.push("[<flags>]".to_owned());
    }
    words.extend(command.arguments.iter().map(argument_form));
    if !command.subcommands.is_empty() {
        words.push("<command> [<args> ...]".to_owned());
    }
    words.join(" ")
}

pub(super) fn argument_form(argument: &Argument) -> String {
    let name = argument.label;
    match (argument.required, argument.repeats) {
        (true, false) => format!("<{name}>"),
        (true, true) => format!("<{name}>..."),
        (false, false) => format!("[<{name}>]"),
        (false, true) => format!("[<{name}>...]"),
    }
}

/// A table of arguments does not say which repeat.
fn listed_form(argument: &Argument) -> String {
    match argument.placeholder {
        "" => argument_form(&Argument { repeats: false, ..*argument }),
        placeholder if argument.required => placeholder.to_owned(),
        placeholder => format!("[{placeholder}]"),
    }
}

fn flag_rows<'a>(flags: impl Iterator<Item = &'a Flag> + Clone) -> Vec<(String, String)> {
    let no_short = flags.clone().all(|flag| flag.short.is_none());
    let form = |flag: &Flag| {
        let form = flag_form(flag);
        if no_short { form.trim_start().to_owned() } else { form }
    };
    let summary = |flag: &Flag| match flag.env {
        Some(variable) => format!("{} (${variable})", flag.summary),
        None => flag.summary.to_owned(),
    };
    flags.filter(|flag| !flag.hidden).map(|flag| (form(flag), summary(flag))).collect()
}

pub(super) fn flag_form(flag: &Flag) -> String {
    use super::grammar::Kind;
    let start = flag.short.map_or("    ".to_owned(), |short| format!("-{short}, "));
    let no = if flag.is_negatable() { "[no-]" } else { "" };
    let value = match (flag.kind, flag.default) {
        (Kind::Bool { .. }, _) => String::new(),
        _ if !flag.placeholder.is_empty() => format!("={}", flag.placeholder),
        (Kind::Text, Some(text)) => format!("={text:?}"),
        (_, Some(text)) => format!("={text}"),
        (_, None) => format!("={}", flag.name.to_uppercase()),
    };
    format!("{start}--{no}{}{value}{}", flag.name, if flag.repeats { " ..." } else { "" })
}

fn command_rows(path: &[&'static Command]) -> Vec<(String, String)> {
    let Some(command) = path.last() else { return Vec::new() };
    let shown = command.subcommands.iter().filter(|command| !command.hidden && command.name != "help");
    let name = |name| path[1..].iter().map(|command| command.name).chain([name]).collect::<Vec<_>>().join(" ");
    shown.map(|command| (name(command.name), command.summary.lines().next().unwrap_or_default().to_owned())).collect()
}

fn section(page: &mut String, title: &str, rows: &[(String, String)], width: usize) {
    if rows.is_empty() {
        return;
    }
    *page += &format!("{title}\n");
    // Longer ones push their text to the next line.
    let longest = (width * 3 / 8).max(30);
    let lengths = rows.iter().map(|(left, _)| left.chars().count());
    let left_width = lengths.filter(|length| *length < longest).max().unwrap_or(0);
    for (left, right) in rows {
        let text = wrapped(right, width, left_width + 4);
        let length = left.chars().count();
        let gap = match length < longest {
            true => " ".repeat(left_width + 2 - length),
            false => format!("  \n{}", " ".repeat(left_width + 4)),
        };
        *page += &format!("  {left}{gap}{text}\n");
    }
    page.push('\n');
}

/// Breaks between words; lines after the first start `indent` columns in.
fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let room = width.saturating_sub(indent);
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
pub fn is_near(name: &str, word: &str) -> bool {
    name.starts_with(word) && !word.is_empty() || distance(name, word) <= 1 + name.len() / 5
}

/// Words for what other tools call so; the first that the command has.
const OTHER_WORDS: &[(&str, &[&str])] = &[
    ("set", &["put", "edit"]),
    ("put", &["add"]),
    ("delete", &["rm", "del"]),
    ("remove", &["rm", "del"]),
    ("del", &["rm"]),
    ("rm", &["del"]),
    ("create", &["add"]),
    ("new", &["add"]),
    ("show", &["info", "get"]),
    ("describe", &["info"]),
    ("status", &["info"]),
    ("list", &["ls"]),
    ("read", &["get", "view"]),
    ("fetch", &["next", "get"]),
    ("pull", &["next"]),
    ("publish", &["put"]),
    ("subscribe", &["sub"]),
    ("upload", &["put"]),
    ("download", &["get"]),
    ("update", &["edit"]),
    ("jetstream", &["account"]),
    ("streams", &["stream"]),
    ("consumers", &["consumer"]),
    ("produce", &["publish"]),
    ("send", &["publish"]),
    ("consume", &["subscribe"]),
    ("listen", &["subscribe"]),
    ("buckets", &["kv"]),
    ("objects", &["object"]),
    ("benchmark", &["bench"]),
    ("ping", &["rtt"]),
];

/// What `command` calls that which other tools call `word`.
pub fn other_word_for(command: &Command, word: &str) -> Option<&'static str> {
    let (_, others) = OTHER_WORDS.iter().find(|(known, _)| *known == word)?;
    others.iter().copied().find(|name| command.subcommands.iter().any(|sub| sub.name == *name && !sub.hidden))
}

/// A sentence naming the subcommands that look like `word`, or the flags if that begins with dashes.
pub fn did_you_mean(path: &[&'static Command], word: &str) -> Option<String> {
    if let Some(name) = word.strip_prefix("--") {
        return flag_meant(path, name);
    }
    let command = path.last()?;
    let near = |name: &str| is_near(name, word);
    let prefix: Vec<&str> = path.iter().map(|command| command.name).collect();
    let prefix = prefix.join(" ");
    if let Some(name) = other_word_for(command, word) {
        return Some(format!("Did you mean {prefix} {name}?"));
    }
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
    let lines: Vec<String> = names.iter().map(|name| format!("{prefix} {name}")).collect();
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
pub fn distance(left: &str, right: &str) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::grammar::ROOT;

    fn walk(path: &[&'static Command], see: &mut dyn FnMut(&str)) {
        see(&page(path, 45, Globals::Listed));
        let Some(command) = path.last() else { return };
        for command in command.subcommands {
            walk(&[path, &[command.whole()]].concat(), see);
        }
    }

    /// As the real one in a terminal as wide as a phone: columns are kept, and only words that are too long stand out.
    #[test]
    fn pages_fit_a_phone() {
        walk(&[&ROOT], &mut |page| {
            for line in page.lines().filter(|line| line.starts_with(' ') && line.chars().count() > 45) {
                let text = line.trim_start().rsplit("  ").next().unwrap_or_default();
                assert!(!text.trim().contains(' '), "{line:?} is wider than 45 columns");
            }
        });
    }

    #[test]
    fn words_of_other_tools_are_known() {
        let kv = ROOT.subcommand("kv").expect("it is there");
        let meant = |word| did_you_mean(&[&ROOT, kv], word);
        assert_eq!(meant("set").as_deref(), Some("Did you mean nats kv put?"));
        assert_eq!(meant("gte").as_deref(), Some("Did you mean nats kv get?"));
        assert_eq!(meant("frobnicate"), None);
    }
}
