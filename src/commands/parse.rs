//! Words to [`Matches`], as fisk reads them.
//!
//! Flags may stand anywhere, short ones may be glued, `--` ends them, and a value beginning with `-` must be glued with
//! `=`. What is told first of several things that are wrong: the environment, a number out of bounds, a size, a line that
//! does not fit the grammar (which shows the usage page), a value, what is missing. The way in is [`parse`]. Source: natscli reference, "Tokens (fisk)".

use super::files::{HOME, file_name};
use super::grammar::{Command, Flag, Kind};
use super::values::{self, Value};
use crate::map::Map;
use std::collections::VecDeque;
use std::time::Duration;

/// What a line asks for.
pub enum Parsed {
    Run(Matches),
    /// The usage page of the last command of the path.
    Help(Vec<&'static Command>),
    /// The same without the global flags, for `nats` and `nats help …`.
    HelpOn(Vec<&'static Command>),
    Version,
}

/// Why a line was refused.
#[derive(Clone)]
pub enum ParseError {
    /// `error: <message>`, then the usage page of the last command of the path. `unknown` is a command, or a flag with
    /// its dashes, that does not exist.
    Usage { message: String, path: Vec<&'static Command>, unknown: Option<String> },
    /// `nats: error: <message>`.
    Value(String),
}

/// A parsed line: which command, and typed access to what was given or defaulted.
#[derive(Clone)]
pub struct Matches {
    /// From the root to the command that runs.
    pub path: Vec<&'static Command>,
    values: Map<&'static str, Given>,
}

#[derive(Clone, Default)]
struct Given {
    values: Vec<Value>,
    /// On the command line or in the environment, rather than by default.
    is_set: bool,
}

/// What the line is read in: files that may be named, variables that stand for flags.
pub struct Surroundings<'a> {
    pub files: &'a Map<String, Vec<u8>>,
    pub environment: &'a Map<String, String>,
}

/// Reads `words`, the first being the name of the program.
pub fn parse(root: &'static Command, words: &[String], around: &Surroundings<'_>) -> Result<Parsed, ParseError> {
    let mut parser = Parser::new(root, words);
    let misfit = parser.read_all(around).err();
    let mut values = if parser.is_given("help") { Map::new() } else { parser.defaults(around)? };
    parser.check_bounds()?;
    let wrong = parser.read_given(&mut values, around).err();
    if parser.is_given("version") {
        return Ok(Parsed::Version);
    }
    parser.check_sizes(&values)?;
    if let Some(misfit) = misfit {
        return Err(misfit);
    }
    if parser.is_given("help") {
        return Ok(Parsed::Help(parser.path));
    }
    if parser.path.len() == 1 || parser.path[1].name == "help" {
        return parser.help_page();
    }
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    parser.check_complete(around)?;
    Ok(Parsed::Run(Matches { path: parser.path, values }))
}

/// Flags every program made with fisk has, for its makers and its shells.
const OF_FISK: &[&str] = &[
    "help-long",
    "help-compact",
    "help-man",
    "help-llm",
    "completion-bash",
    "completion-script-bash",
    "completion-script-zsh",
    "completion-zsh-menu",
    "fisk-introspect",
];

struct Parser {
    path: Vec<&'static Command>,
    words: VecDeque<(String, bool)>,
    flags_ended: bool,
    /// In the order they stood.
    given: Vec<Word>,
    positionals: usize,
}

/// A word of the line that is a value, of a flag or of an argument.
struct Word {
    name: &'static str,
    kind: Kind,
    may_repeat: bool,
    is_late: bool,
    /// Booleans are "true" or "false".
    text: String,
}

impl Parser {
    fn new(root: &'static Command, words: &[String]) -> Parser {
        let words = words.iter().skip(1).map(|word| (word.clone(), false)).collect();
        Parser { path: vec![root], words, flags_ended: false, given: Vec::new(), positionals: 0 }
    }

    fn command(&self) -> &'static Command {
        self.path.last().expect("the path starts with the root")
    }

    fn is_given(&self, name: &str) -> bool {
        self.given.iter().any(|word| word.name == name)
    }

    fn read_all(&mut self, around: &Surroundings<'_>) -> Result<(), ParseError> {
        while let Some((word, literal)) = self.words.pop_front() {
            if literal || self.flags_ended {
                self.positional(word)?;
            } else if word == "--" {
                self.flags_ended = true;
            } else if let Some(long) = word.strip_prefix("--") {
                self.long_flag(long)?;
            } else if word == "-" {
                self.positional(String::new())?;
            } else if let Some(shorts) = word.strip_prefix('-') {
                self.short_flags(shorts)?;
            } else if let Some(file) = word.strip_prefix('@') {
                self.expand_file(file, around)?;
            } else {
                self.positional(word)?;
            }
        }
        Ok(())
    }

    fn expand_file(&mut self, file: &str, around: &Surroundings<'_>) -> Result<(), ParseError> {
        let bytes = around.files.get(&file_name(file)).ok_or_else(|| {
            let problem = format!("open {file}: no such file or directory");
            ParseError::Value(format!("failed to open arguments file {file:?}: {problem}"))
        })?;
        let text = String::from_utf8_lossy(bytes).into_owned();
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines.collect::<Vec<_>>().into_iter().rev() {
            self.words.push_front((line.to_owned(), line.starts_with('@')));
        }
        Ok(())
    }

    fn long_flag(&mut self, word: &str) -> Result<(), ParseError> {
        let (name, glued) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        if let Some(flag) = self.find_flag(|flag| flag.name == name) {
            if flag.is_bool() {
                // As in fisk: what follows the sign is a word of its own.
                if let Some(value) = glued {
                    self.words.push_front((value, true));
                }
                self.give_flag(flag, "true".to_owned());
                return Ok(());
            }
            let value = self.value_of_flag(glued, &format!("--{name}"))?;
            self.give_flag(flag, value);
            return Ok(());
        }
        let negated = name.strip_prefix("no-");
        match negated.and_then(|name| self.find_flag(|flag| flag.name == name && flag.is_negatable())) {
            Some(flag) => {
                self.give_flag(flag, "false".to_owned());
                Ok(())
            }
            None if self.is_for_help() => Ok(()),
            None if OF_FISK.contains(&name) => Err(ParseError::Value(format!("not in the playground: --{name}"))),
            None => {
                let message = format!("unknown long flag '--{name}'");
                Err(ParseError::Usage { message, path: self.path.clone(), unknown: Some(format!("--{name}")) })
            }
        }
    }

    /// Behind `help` no flag is unknown.
    fn is_for_help(&self) -> bool {
        self.path.get(1).is_some_and(|command| command.name == "help")
    }

    fn short_flags(&mut self, shorts: &str) -> Result<(), ParseError> {
        let mut rest = shorts.chars();
        while let Some(short) = rest.next() {
            let Some(flag) = self.find_flag(|flag| flag.short == Some(short)) else {
                if self.is_for_help() {
                    return Ok(());
                }
                return Err(self.misfit(format!("unknown short flag '-{short}'")));
            };
            if flag.is_bool() {
                self.give_flag(flag, "true".to_owned());
                continue;
            }
            let glued = (!rest.as_str().is_empty()).then(|| rest.as_str().to_owned());
            let value = self.value_of_flag(glued, &format!("-{short}"))?;
            self.give_flag(flag, value);
            return Ok(());
        }
        Ok(())
    }

    fn value_of_flag(&mut self, glued: Option<String>, shown: &str) -> Result<String, ParseError> {
        if let Some(value) = glued {
            return Ok(value);
        }
        match self.words.pop_front() {
            Some((word, _)) if word == "-" => Ok(String::new()),
            Some((word, literal)) if literal || !word.starts_with(['-', '@']) => Ok(word),
            _ => Err(self.misfit(format!("expected argument for flag '{shown}'"))),
        }
    }

    /// The nearest command's flags win over those of its ancestors.
    fn find_flag(&self, wanted: impl Fn(&Flag) -> bool) -> Option<&'static Flag> {
        self.path.iter().rev().flat_map(|command| command.flags).find(|flag| wanted(flag))
    }

    fn give_flag(&mut self, flag: &'static Flag, text: String) {
        let (may_repeat, is_late) = (flag.repeats, flag.late);
        self.given.push(Word { name: flag.name, kind: flag.kind, may_repeat, is_late, text });
    }

    fn positional(&mut self, word: String) -> Result<(), ParseError> {
        let command = self.command();
        if !command.subcommands.is_empty() {
            return match command.subcommand(&word) {
                Some(subcommand) => {
                    self.path.push(subcommand);
                    Ok(())
                }
                None => Err(self.unknown_command(&word)),
            };
        }
        let index = self.positionals.min(command.arguments.len().saturating_sub(1));
        match command.arguments.get(index) {
            Some(argument) if index == self.positionals || argument.repeats => {
                self.positionals += 1;
                let (name, kind) = (argument.name, argument.kind);
                self.given.push(Word { name, kind, may_repeat: true, is_late: false, text: word });
                Ok(())
            }
            _ => Err(self.misfit(format!("unexpected argument {word}"))),
        }
    }

    fn help_page(self) -> Result<Parsed, ParseError> {
        let mut path = vec![self.path[0]];
        for word in self.given.iter().filter(|word| word.name == "command") {
            let command: &'static Command = path.last().expect("the path starts with the root");
            let unknown = || ParseError::Value(format!("expected command but got {:?}", word.text));
            path.push(command.subcommand(&word.text).ok_or_else(unknown)?);
        }
        Ok(Parsed::HelpOn(path))
    }

    fn unknown_command(&self, word: &str) -> ParseError {
        let message =
            format!("expected command but got {word:?}, use --help for full help including flags and arguments");
        ParseError::Usage { message, path: self.path.clone(), unknown: Some(word.to_owned()) }
    }

    fn misfit(&self, message: String) -> ParseError {
        ParseError::Usage { message, path: self.path.clone(), unknown: None }
    }

    fn check_bounds(&self) -> Result<(), ParseError> {
        let bounded = self.given.iter().filter(|word| matches!(word.kind, Kind::Within(..)));
        for word in bounded {
            let read = values::read(word.kind, &word.text);
            read.map_err(|problem| ParseError::Value(format!("{}: {problem}", word.name)))?;
        }
        Ok(())
    }

    /// What the words say, put over the defaults; the first that is wrong is the one told about. A command that needs
    /// another word is told of before anything that is missing.
    fn read_given(&self, values: &mut Map<&'static str, Given>, around: &Surroundings<'_>) -> Result<(), ParseError> {
        let mut seen: Vec<&'static str> = Vec::new();
        for word in &self.given {
            let is_first = !seen.contains(&word.name);
            if !is_first && !word.may_repeat {
                return Err(self.misfit(format!("flag '{}' cannot be repeated", word.name)));
            }
            let value = word.value(around)?;
            let given = values.entry(word.name).or_default();
            if is_first {
                *given = Given::default();
                seen.push(word.name);
            }
            given.is_set |= value.is_some();
            given.values.extend(value);
        }
        if self.command().handler.is_some() {
            return Ok(());
        }
        let message =
            "a subcommand from the list below is required, use --help for full help including flags and arguments";
        Err(self.misfit(message.to_owned()))
    }

    /// Sizes are read after the other values.
    fn check_sizes(&self, values: &Map<&'static str, Given>) -> Result<(), ParseError> {
        let due = self.given.iter().filter(|word| !word.is_late && matches!(word.kind, Kind::Bytes(_)));
        let values = due.filter_map(|word| values.get(word.name)).flat_map(|given| &given.values);
        let mut wrong = values.filter_map(|value| if let Value::Wrong(problem) = value { Some(problem) } else { None });
        wrong.next().map_or(Ok(()), |problem| Err(ParseError::Value(problem.clone())))
    }

    fn check_complete(&self, around: &Surroundings<'_>) -> Result<(), ParseError> {
        let flags = self.path.iter().flat_map(|command| command.flags).filter(|flag| flag.required);
        let missing = flags.filter(|flag| !self.is_given(flag.name) && from_environment(flag, around).is_none());
        let missing: Vec<String> = missing.map(|flag| format!("--{}", flag.name)).collect();
        if !missing.is_empty() {
            let plural = if missing.len() == 1 { "" } else { "s" };
            return Err(self.misfit(format!("required flag{plural} {} not provided", missing.join(", "))));
        }
        match self.command().arguments.iter().find(|argument| argument.required && !self.is_given(argument.name)) {
            Some(argument) => Err(self.misfit(format!("required argument '{}' not provided", argument.label))),
            None => Ok(()),
        }
    }

    /// Of everything the path knows, as it is when the line does not say otherwise.
    fn defaults(&self, around: &Surroundings<'_>) -> Result<Map<&'static str, Given>, ParseError> {
        let mut values: Map<&'static str, Given> = Map::new();
        let arguments = self.command().arguments.iter().map(|it| (it.name, it.kind, it.default, None));
        let flags = self.path.iter().rev().flat_map(|command| command.flags);
        let flags = flags.map(|flag| (flag.name, flag.kind, flag.default, from_environment(flag, around)));
        for (name, kind, default, environment) in arguments.chain(flags) {
            if values.contains_key(name) {
                continue;
            }
            let environment = environment.filter(|_| !self.is_given(name));
            let text = environment.map(String::as_str).or(default);
            let value = text.map(|text| value_of(kind, text, around)).transpose()?;
            values.insert(name, Given { values: value.into_iter().collect(), is_set: environment.is_some() });
        }
        Ok(values)
    }
}

impl Word {
    /// `None` for a text that is as good as not there.
    fn value(&self, around: &Surroundings<'_>) -> Result<Option<Value>, ParseError> {
        let is_size = matches!(self.kind, Kind::Bytes(_));
        let may_be_empty = self.kind == Kind::Header;
        if self.text.is_empty() && !may_be_empty && (self.is_late || is_size) {
            return Ok(None);
        }
        match value_of(self.kind, &self.text, around) {
            Err(ParseError::Value(problem)) if self.is_late || is_size => Ok(Some(Value::Wrong(problem))),
            value => value.map(Some),
        }
    }
}

fn value_of(kind: Kind, text: &str, around: &Surroundings<'_>) -> Result<Value, ParseError> {
    if matches!(kind, Kind::File | Kind::Directory) {
        let name = file_name(text);
        let inside = format!("{}/", name.trim_end_matches('/'));
        let is_file = around.files.contains_key(&name);
        let is_directory =
            [".", "..", HOME].contains(&text) || around.files.keys().any(|file| file.starts_with(&inside));
        let problem = match kind {
            _ if !is_file && !is_directory => format!("path '{text}' does not exist"),
            Kind::File if !is_file => format!("'{}' is a directory", last_part(&name)),
            Kind::Directory if !is_directory => format!("'{}' is a file", last_part(&name)),
            _ => return Ok(Value::Text(text.to_owned())),
        };
        return Err(ParseError::Value(problem));
    }
    values::read(kind, text).map_err(ParseError::Value)
}

fn last_part(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

fn from_environment<'a>(flag: &Flag, around: &Surroundings<'a>) -> Option<&'a String> {
    around.environment.get(flag.env?).filter(|text| !text.is_empty())
}

/// Getters by the name of a flag or argument. One that is neither set nor defaulted reads as empty, zero or false; ask
/// [`Matches::is_set`] where that matters.
impl Matches {
    /// The command that runs.
    pub fn command(&self) -> &'static Command {
        self.path.last().expect("the path starts with the root")
    }

    /// The command has a flag or argument of that name.
    pub fn knows(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// On the command line or in the environment. An empty text counts as set.
    pub fn is_set(&self, name: &str) -> bool {
        self.given(name).is_some_and(|given| given.is_set)
    }

    /// The text of a late flag says what it should, see [`Flag::late`].
    ///
    /// Errors: what is wrong with it, to be told in the words of the command.
    pub fn sound(&self, name: &str) -> Result<(), String> {
        let mut values = self.given(name).into_iter().flat_map(|given| &given.values);
        let wrong = values.find_map(|value| if let Value::Wrong(problem) = value { Some(problem) } else { None });
        wrong.map_or(Ok(()), |problem| Err(problem.clone()))
    }

    pub fn text(&self, name: &str) -> &str {
        match self.first(name) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// [`Matches::text`] as an owned `Some` when set.
    pub fn optional_text(&self, name: &str) -> Option<String> {
        self.is_set(name).then(|| self.text(name).to_owned())
    }

    /// Every value of a repeating text.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.all(name)
            .filter_map(|value| if let Value::Text(text) = value { Some(text.as_str()) } else { None })
            .collect()
    }

    pub fn flag(&self, name: &str) -> bool {
        self.first(name) == Some(&Value::Bool(true))
    }

    /// A switch that can also be left alone.
    pub fn optional_flag(&self, name: &str) -> Option<bool> {
        self.is_set(name).then(|| self.flag(name))
    }

    pub fn int(&self, name: &str) -> i64 {
        match self.first(name) {
            Some(Value::Int(number)) => *number,
            Some(Value::Uint(number)) => i64::try_from(*number).unwrap_or(i64::MAX),
            _ => 0,
        }
    }

    pub fn uint(&self, name: &str) -> u64 {
        match self.first(name) {
            Some(Value::Uint(number)) => *number,
            Some(Value::Int(number)) => u64::try_from(*number).unwrap_or(0),
            _ => 0,
        }
    }

    pub fn float(&self, name: &str) -> f64 {
        match self.first(name) {
            Some(Value::Float(number)) => *number,
            _ => 0.0,
        }
    }

    /// Zero when negative; see [`Matches::nanos`].
    pub fn duration(&self, name: &str) -> Duration {
        Duration::from_nanos(u64::try_from(self.nanos(name)).unwrap_or(0))
    }

    /// A duration or age in nanoseconds as written; an age without limit is -1.
    pub fn nanos(&self, name: &str) -> i64 {
        match self.first(name) {
            Some(Value::Nanos(nanos)) => *nanos,
            _ => 0,
        }
    }

    /// A duration in seconds, negative as written.
    pub fn seconds(&self, name: &str) -> f64 {
        let nanos = self.nanos(name);
        (nanos / 1_000_000_000) as f64 + (nanos % 1_000_000_000) as f64 / 1e9
    }

    /// -1 is no limit.
    pub fn bytes(&self, name: &str) -> i64 {
        match self.first(name) {
            Some(Value::Bytes(bytes)) => *bytes,
            _ => 0,
        }
    }

    /// Headers or map entries in the order given.
    pub fn pairs(&self, name: &str) -> Vec<(&str, &str)> {
        self.all(name)
            .filter_map(|value| match value {
                Value::Pair(key, text) => Some((key.as_str(), text.as_str())),
                _ => None,
            })
            .collect()
    }

    /// Map entries by key; the last of a key wins.
    pub fn map(&self, name: &str) -> Map<String, String> {
        self.pairs(name).into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// `--timeout`.
    pub fn timeout(&self) -> Duration {
        self.duration("timeout")
    }

    fn given(&self, name: &str) -> Option<&Given> {
        debug_assert!(self.values.contains_key(name), "{name} is in no row of the grammar");
        self.values.get(name)
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &Value> {
        debug_assert_eq!(self.sound(name), Ok(()), "{name} is used before it is known to be sound");
        self.given(name).into_iter().flat_map(|given| &given.values)
    }

    fn first(&self, name: &str) -> Option<&Value> {
        self.all(name).next()
    }
}
