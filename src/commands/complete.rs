//! What could stand next on a `nats` line: words, flags, values and names.
//!
//! Walks the rows of [`grammar`](super::grammar) as `parse` does, forgiving what `parse` refuses. Names come from
//! [`Known`], which somebody else fills: nothing is asked here. Quoting is the shell's. The way in is [`candidates`].

use super::grammar::{Argument, Command, Flag, Kind, ROOT};
use super::meanings::meaning;
use crate::map::{Map, Set};
use std::borrow::Cow;

/// Names that exist, as far as the owner of the terminal knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Consumers by stream.
    pub streams: Map<String, Vec<String>>,
    /// Keys by bucket.
    pub buckets: Map<String, Vec<String>>,
    /// Names of objects by store.
    pub object_stores: Map<String, Vec<String>>,
    /// Subjects in use and subjects listened to.
    pub subjects: Set<String>,
    /// Subjects a stream takes or holds, by stream.
    pub subjects_of: Map<String, Set<String>>,
    pub files: Vec<String>,
    /// Settings that are kept under names.
    pub contexts: Vec<String>,
    /// Who works on consumers here.
    pub workers: Vec<String>,
}

impl Known {
    /// Hidden ones only where a dot is typed.
    pub fn files_for(&self, partial: &str) -> impl Iterator<Item = &String> {
        self.files.iter().filter(move |file| !file.starts_with('.') || partial.starts_with('.'))
    }

    /// Folders that files are in.
    fn folders(&self, partial: &str) -> Vec<Candidate> {
        let parents = self.files_for(partial).filter_map(|file| Some(file.rsplit_once('/')?.0));
        parents.collect::<Set<_>>().into_iter().map(|folder| Candidate::new(folder, "folder")).collect()
    }
}

/// Something that could be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub text: String,
    /// What it is, in a few words.
    pub summary: Cow<'static, str>,
}

impl Candidate {
    pub fn new(text: impl Into<String>, summary: impl Into<Cow<'static, str>>) -> Candidate {
        Candidate { text: text.into(), summary: summary.into() }
    }
}

/// What may replace `partial`, which stands after `words`; `words[0]` is `nats`.
pub fn candidates(words: &[String], partial: &str, known: &Known) -> Vec<Candidate> {
    let walk = Walk::of(words);
    let mut found = Vec::new();
    if let Some(flag) = walk.awaiting {
        walk.values(flag.name, flag.kind, partial, known, &mut found);
        found.retain(|candidate| candidate.text.starts_with(partial));
    } else if let Some((name, value)) = partial.strip_prefix("--").and_then(|flag| flag.split_once('=')) {
        if let Some(flag) = walk.flags().find(|flag| flag.name == name) {
            walk.values(flag.name, flag.kind, value, known, &mut found);
        }
        found.retain(|candidate| candidate.text.starts_with(value));
        found.iter_mut().for_each(|candidate| candidate.text = format!("--{name}={}", candidate.text));
    } else if partial.starts_with('-') && !walk.flags_ended {
        walk.flag_names(partial.starts_with("--no-"), &mut found);
        found.retain(|candidate| candidate.text.starts_with(partial));
    } else {
        walk.positional(partial, known, &mut found);
        if found.is_empty() && partial.is_empty() && !walk.flags_ended && !walk.lost {
            walk.flag_names(false, &mut found);
        }
    }
    found
}

/// Where the words lead.
pub(super) struct Walk {
    pub path: Vec<&'static Command>,
    given: Map<&'static str, String>,
    positionals: usize,
    /// A flag whose value comes next.
    pub awaiting: Option<&'static Flag>,
    pub flags_ended: bool,
    /// The words name something the grammar has not.
    pub lost: bool,
    /// What `help` was asked about so far.
    helped: Option<&'static Command>,
}

impl Walk {
    pub fn of(words: &[String]) -> Walk {
        let mut walk = Walk {
            path: vec![&ROOT],
            given: Map::new(),
            positionals: 0,
            awaiting: None,
            flags_ended: false,
            lost: false,
            helped: None,
        };
        words.iter().skip(1).for_each(|word| walk.step(word));
        walk
    }

    fn step(&mut self, word: &str) {
        if let Some(flag) = self.awaiting.take() {
            self.given.insert(flag.name, word.to_owned());
        } else if self.flags_ended || !word.starts_with('-') || word == "-" {
            self.step_positional(word);
        } else if word == "--" {
            self.flags_ended = true;
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let flag = self.flags().find(|flag| flag.name == name);
            self.step_flag(flag, value);
        } else {
            self.step_shorts(&word[1..]);
        }
    }

    fn step_flag(&mut self, flag: Option<&'static Flag>, value: Option<&str>) {
        let Some(flag) = flag else { return };
        self.given.insert(flag.name, value.unwrap_or_default().to_owned());
        if value.is_none() && !flag.is_bool() {
            self.awaiting = Some(flag);
        }
    }

    fn step_shorts(&mut self, shorts: &str) {
        for (at, short) in shorts.char_indices() {
            let flag = self.flags().find(|flag| flag.short == Some(short));
            let rest = &shorts[at + short.len_utf8()..];
            self.step_flag(flag, if rest.is_empty() { None } else { Some(rest) });
            if flag.is_none_or(|flag| !flag.is_bool()) {
                return;
            }
        }
    }

    fn step_positional(&mut self, word: &str) {
        let command = self.command();
        if command.subcommands.is_empty() {
            if let Some(argument) = self.next_argument() {
                self.given.insert(argument.name, word.to_owned());
            }
            self.positionals += 1;
            self.helped = self.helped.and_then(|named| named.subcommand(word));
            self.lost |= self.is_help() && self.helped.is_none();
        } else {
            match command.subcommand(word) {
                Some(subcommand) => self.path.push(subcommand),
                None => self.lost = true,
            }
            self.helped = self.is_help().then_some(&ROOT);
        }
    }

    /// `nats help` names commands.
    fn is_help(&self) -> bool {
        self.path.len() == 2 && self.command().name == "help"
    }

    pub fn command(&self) -> &'static Command {
        self.path[self.path.len() - 1]
    }

    /// Nearest command first.
    pub fn flags(&self) -> impl Iterator<Item = &'static Flag> {
        self.path.iter().rev().flat_map(|command| command.flags)
    }

    pub fn next_argument(&self) -> Option<&'static Argument> {
        let arguments = self.command().arguments;
        arguments.get(self.positionals).or(arguments.last().filter(|argument| argument.repeats))
    }

    fn flag_names(&self, negated: bool, found: &mut Vec<Candidate>) {
        let open = |flag: &&Flag| !flag.hidden && (flag.repeats || !self.given.contains_key(flag.name));
        for flag in self.flags().filter(open).filter(|flag| !negated || flag.is_negatable()) {
            let sign = if negated { "--no-" } else { "--" };
            found.push(Candidate::new(format!("{sign}{}", flag.name), flag.summary));
        }
    }

    fn positional(&self, partial: &str, known: &Known, found: &mut Vec<Candidate>) {
        let command = self.command();
        if self.lost {
            return;
        }
        if !command.subcommands.is_empty() {
            subcommands(command, partial, found);
            return;
        }
        let Some(argument) = self.next_argument() else { return };
        if let Some(named) = self.helped {
            subcommands(named, partial, found);
            return;
        }
        self.values(argument.name, argument.kind, partial, known, found);
        found.retain(|candidate| candidate.text.starts_with(partial));
    }

    /// What an argument or flag of that name could be.
    fn values(&self, name: &str, kind: Kind, partial: &str, known: &Known, found: &mut Vec<Candidate>) {
        let noun = self.path.get(1).map_or("", |command| command.name);
        let given = |name: &str| self.given.get(name).map(String::as_str).unwrap_or_default();
        let mut add = |names: &mut dyn Iterator<Item = &String>, summary| {
            found.extend(names.map(|name| Candidate::new(name.as_str(), summary)));
        };
        match (noun, name) {
            _ if kind == Kind::File => add(&mut known.files_for(partial), "file"),
            _ if kind == Kind::Directory => found.extend(known.folders(partial)),
            ("consumer", "consumer" | "source" | "durable") | (_, "consumer" | "durable") => {
                let of = known.streams.iter().filter(|(stream, _)| *stream == given("stream"));
                add(&mut of.flat_map(|(_, consumers)| consumers), "consumer");
            }
            ("object", "bucket") => add(&mut known.object_stores.keys(), "object store"),
            ("object", "file") => {
                let of = known.object_stores.iter().filter(|(store, _)| *store == given("bucket"));
                add(&mut of.flat_map(|(_, objects)| objects), "object");
            }
            ("context", "name" | "source") | (_, "context") => add(&mut known.contexts.iter(), "context"),
            (_, "bucket") | ("kv", "mirror" | "source") => add(&mut known.buckets.keys(), "bucket"),
            (_, "key") => {
                let of = known.buckets.iter().filter(|(bucket, _)| *bucket == given("bucket"));
                add(&mut of.flat_map(|(_, keys)| keys), "key");
            }
            (_, "stream" | "source" | "original" | "mirror") => add(&mut known.streams.keys(), "stream"),
            // Nothing can be published on a wildcard.
            ("cheat", "label") => {
                found.extend(super::cheat::TOPICS.iter().map(|(topic, _)| Candidate::new(*topic, "topic")));
            }
            ("publish" | "request", "subject") | (_, "reply") => {
                let exact = |subject: &&String| !subject.split('.').any(|token| matches!(token, "*" | ">"));
                add(&mut known.subjects.iter().filter(exact), "subject");
            }
            // What it is to store is not what it stores.
            ("stream", "subjects") => add(&mut known.subjects.iter(), "subject"),
            (_, "subject" | "subjects" | "filter" | "last-for" | "ignore-subject") => {
                let of = known.subjects_of.get(given("stream")).filter(|subjects| !subjects.is_empty());
                add(&mut of.unwrap_or(&known.subjects).iter(), "subject");
            }
            _ => {
                // One letter is an abbreviation of a word that is there too.
                let words = if let Kind::Enum(words) = kind { words } else { usual(name) };
                let whole = words.iter().filter(|word| word.len() > 1);
                found.extend(whole.map(|word| Candidate::new(*word, meaning(name, word))));
            }
        }
    }
}

/// Words that a flag of any text is usually given.
fn usual(flag: &str) -> &'static [&'static str] {
    match flag {
        "deliver" => &["all", "new", "last", "subject", "1h"],
        _ => &[],
    }
}

/// An alias stands for the name it means.
fn subcommands(command: &Command, partial: &str, found: &mut Vec<Candidate>) {
    let shown = command.subcommands.iter().filter(|command| !command.hidden);
    let fits = |name: &str| name.starts_with(partial);
    let named: Vec<_> = shown.clone().filter(|command| fits(command.name)).collect();
    let aliased = shown.filter(|command| named.is_empty() && command.aliases.iter().any(|alias| fits(alias)));
    found.extend(named.iter().copied().chain(aliased).map(|command| Candidate::new(command.name, command.summary)));
}
