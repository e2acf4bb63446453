//! Words to [`Matches`], as fisk reads them.
//!
//! Flags may stand anywhere, short ones may be glued, `--` ends them, and a value beginning with `-` must be glued with
//! `=`. First the whole line must fit the grammar (a misfit shows the usage page), then values are read. The way in is
//! [`parse`]. Source: natscli reference, "Tokens (fisk)".

use super::files::file_name;
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
    parser.read_all(around)?;
    if parser.is_given("version") {
        return Ok(Parsed::Version);
    }
    if parser.is_given("help") {
        return Ok(Parsed::Help(parser.path));
    }
    if parser.path.len() == 1 || parser.path[1].name == "help" {
        return parser.help_page();
    }
    let values = parser.read_given(around)?;
    parser.check_complete(around)?;
    parser.with_defaults(values, around).map(Parsed::Run)
}

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
            None => {
                let message = format!("unknown long flag '--{name}'");
                Err(ParseError::Usage { message, path: self.path.clone(), unknown: Some(format!("--{name}")) })
            }
        }
    }

    fn short_flags(&mut self, shorts: &str) -> Result<(), ParseError> {
        let mut rest = shorts.chars();
        while let Some(short) = rest.next() {
            let Some(flag) = self.find_flag(|flag| flag.short == Some(short)) else {
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
        self.given.push(Word { name: flag.name, kind: flag.kind, may_repeat: flag.repeats, text });
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
                self.given.push(Word { name: argument.name, kind: argument.kind, may_repeat: true, text: word });
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

    /// What the words say; the first that is wrong is the one told about. A command that needs another word is told of
    /// before anything that is missing.
    fn read_given(&self, around: &Surroundings<'_>) -> Result<Map<&'static str, Given>, ParseError> {
        let mut values: Map<&'static str, Given> = Map::new();
        for word in &self.given {
            if values.contains_key(word.name) && !word.may_repeat {
                return Err(self.misfit(format!("flag '{}' cannot be repeated", word.name)));
            }
            let value = value_of(word.kind, &word.text, around)?;
            let given = values.entry(word.name).or_default();
            given.is_set = true;
            given.values.push(value);
        }
        if self.command().handler.is_some() {
            return Ok(values);
        }
        let message =
            "a subcommand from the list below is required, use --help for full help including flags and arguments";
        Err(self.misfit(message.to_owned()))
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
            Some(argument) => Err(self.misfit(format!("required argument '{}' not provided", argument.name))),
            None => Ok(()),
        }
    }

    fn with_defaults(
        self,
        mut values: Map<&'static str, Given>,
        around: &Surroundings<'_>,
    ) -> Result<Matches, ParseError> {
        let arguments = self.command().arguments.iter().map(|it| (it.name, it.kind, it.default, None));
        let flags = self.path.iter().rev().flat_map(|command| command.flags);
        let flags = flags.map(|flag| (flag.name, flag.kind, flag.default, from_environment(flag, around)));
        for (name, kind, default, environment) in arguments.chain(flags) {
            if values.contains_key(name) {
                continue;
            }
            let text = environment.map(String::as_str).or(default);
            let value = text.map(|text| value_of(kind, text, around)).transpose()?;
            values.insert(name, Given { values: value.into_iter().collect(), is_set: environment.is_some() });
        }
        Ok(Matches { path: self.path, values })
    }
}

fn value_of(kind: Kind, text: &str, around: &Surroundings<'_>) -> Result<Value, ParseError> {
    if kind == Kind::File && !around.files.contains_key(&file_name(text)) {
        return Err(ParseError::Value(format!("path '{text}' does not exist")));
    }
    values::read(kind, text).map_err(ParseError::Value)
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
        self.given(name).into_iter().flat_map(|given| &given.values)
    }

    fn first(&self, name: &str) -> Option<&Value> {
        self.given(name)?.values.first()
    }
}
