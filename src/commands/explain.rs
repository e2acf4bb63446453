//! What the word under the cursor means: a flag with its value, an argument, a command.
//!
//! Reads the rows of [`grammar`](super::grammar), as completion does; asks nobody. The way in is [`explain`].

use super::complete::Walk;
use super::grammar::{Command, Flag, Kind};
use super::help::{argument_form, distance, flag_form, usage};

/// How something is written, and what it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    pub form: String,
    pub summary: String,
}

impl Explanation {
    fn new(form: impl Into<String>, summary: impl Into<String>) -> Explanation {
        Explanation { form: form.into(), summary: summary.into() }
    }
}

/// What `word`, which stands after `words`, means; an empty word is one that is still to come. `words[0]` is `nats`.
pub fn explain(words: &[String], word: &str) -> Option<Explanation> {
    let walk = Walk::of(words);
    if walk.lost {
        return None;
    }
    if let Some(flag) = walk.awaiting {
        return Some(of_flag(flag));
    }
    if word.starts_with('-') && word != "-" && !walk.flags_ended {
        return flag_named(&walk, word);
    }
    let command = walk.command();
    if !command.subcommands.is_empty() {
        return match command.subcommand(word) {
            Some(subcommand) => Some(of_command(&walk.path, Some(subcommand))),
            None => word.is_empty().then(|| of_command(&walk.path, None)),
        };
    }
    match walk.next_argument() {
        Some(argument) => Some(Explanation::new(argument_form(argument), argument.summary)),
        None => word.is_empty().then(|| of_command(&walk.path, None)),
    }
}

fn of_command(path: &[&'static Command], last: Option<&'static Command>) -> Explanation {
    let path: Vec<&'static Command> = path.iter().copied().chain(last).collect();
    Explanation::new(usage(&path), path.last().map_or("", |command| command.summary))
}

fn of_flag(flag: &Flag) -> Explanation {
    let choices = match flag.kind {
        Kind::Enum(words) => {
            let words: Vec<&str> = words.iter().copied().filter(|word| word.len() > 1).collect();
            format!(" ({})", words.join(", "))
        }
        _ => String::new(),
    };
    Explanation::new(flag_form(flag).trim_start(), format!("{}{choices}", flag.summary))
}

fn flag_named(walk: &Walk, word: &str) -> Option<Explanation> {
    let Some(long) = word.strip_prefix("--") else {
        let short = word.chars().nth(1)?;
        return walk.flags().find(|flag| flag.short == Some(short)).map(of_flag);
    };
    let name = long.split('=').next().unwrap_or_default();
    let positive = name.strip_prefix("no-").unwrap_or(name);
    if let Some(flag) = walk.flags().find(|flag| flag.name == name || flag.name == positive && flag.is_negatable()) {
        return Some(of_flag(flag));
    }
    let mut shown = walk.flags().filter(|flag| !flag.hidden);
    let begun: Vec<&Flag> = shown.by_ref().filter(|flag| flag.name.starts_with(name)).collect();
    match begun.as_slice() {
        [flag] => Some(of_flag(flag)),
        // Several are a matter for the Tab key.
        [_, ..] => None,
        [] => {
            let near = walk.flags().filter(|flag| !flag.hidden).min_by_key(|flag| distance(flag.name, name));
            let near = near.filter(|flag| distance(flag.name, name) <= 1 + flag.name.len() / 4);
            let hint = near.map(|flag| format!("; did you mean --{}?", flag.name)).unwrap_or_default();
            Some(Explanation::new(format!("--{name}"), format!("no such flag{hint}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, word: &str, form: &str, summary: &str) {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let found = explain(&words, word).unwrap_or_default();
        assert_eq!(found.form, form, "{line} {word}");
        assert!(found.summary.contains(summary), "{}", found.summary);
    }

    #[test]
    fn each_place_of_a_line() {
        check("nats", "", "nats [<flags>] <command> [<args> ...]", "");
        check("nats stream", "add", "nats stream add [<flags>] [<stream>]", "");
        check("nats pub", "", "<subject>", "");
        check("nats pub orders.new", "hello", "[<body>]", "");
        check("nats pub orders.new", "--count", "--count=1", "");
        check("nats pub orders.new --count", "3", "--count=1", "");
        check("nats stream add S", "--reten", "--retention=RETENTION", "workq");
        check("nats stream add S", "--no-deny-purge", "--[no-]deny-purge", "");
        check("nats stream add S", "--retentoin", "--retentoin", "no such flag; did you mean --retention?");
        check("nats stream add S", "--zzz", "--zzz", "no such flag");
        check("nats stream add S", "--max", "", "");
        check("nats nothing", "x", "", "");
        check("nats strea", "", "", "");
    }

    #[test]
    fn noise_never_panics() {
        for word in ["-", "--", "--=", "-é", "--é=é", "", "é", "--no-", "-x"] {
            for words in [&["nats"][..], &["nats", "pub"], &["nats", "kv", "é"], &["nats", "--", "x"]] {
                let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
                let _ = explain(&words, word);
            }
        }
    }
}
