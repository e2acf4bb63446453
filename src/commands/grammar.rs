//! The table of everything that can be typed after `nats`.
//!
//! A [`Command`] is data: names, arguments, flags, subcommands, and the function that does it. The same rows feed parsing
//! (`parse`), usage pages (`help`), Tab (`complete`) and "did you mean". A noun lives in its own file as a `pub static
//! COMMAND`; adding one touches that file and one line of [`ROOT`]. This module knows no values and no output.
//! Source: natscli 0.4 `--help`; the notation is fisk's.

use super::{Context, Outcome, parse::Matches};
use futures::future::LocalBoxFuture;

/// What a command does. Written as `fn run(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome>`
/// with `Box::pin(async move { … })` inside.
pub type Handler = fn(Context, Matches) -> LocalBoxFuture<'static, Outcome>;

/// A row of the table: a verb, or a noun with verbs of its own.
pub struct Command {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub summary: &'static str,
    pub arguments: &'static [Argument],
    /// Also understood by every subcommand.
    pub flags: &'static [Flag],
    /// Abridged ones may be among them, see [`Command::whole`].
    pub subcommands: &'static [&'static Command],
    pub handler: Option<Handler>,
    pub hidden: bool,
    whole: Option<fn() -> &'static Command>,
}

/// A word by position.
pub struct Argument {
    pub name: &'static str,
    /// What usage pages call it.
    pub label: &'static str,
    /// What the list of arguments says instead, without angles; usually nothing.
    pub placeholder: &'static str,
    pub kind: Kind,
    pub default: Option<&'static str>,
    pub required: bool,
    /// Takes all remaining words.
    pub repeats: bool,
    pub summary: &'static str,
}

/// `--name`, perhaps with a value.
#[derive(Clone, Copy)]
pub struct Flag {
    pub name: &'static str,
    pub short: Option<char>,
    pub kind: Kind,
    pub default: Option<&'static str>,
    /// Stands for the value on usage pages; the name in capitals unless set.
    pub placeholder: &'static str,
    pub repeats: bool,
    pub required: bool,
    pub hidden: bool,
    /// The command itself reads the text, so what is wrong with it is said when the command gets there, see
    /// [`Matches::sound`]. An empty text is none, but for headers.
    pub late: bool,
    /// The environment variable that sets it when the command line does not.
    pub env: Option<&'static str>,
    pub summary: &'static str,
}

/// What a value must look like. `values` turns the text into a [`super::values::Value`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `--x`, and `--no-x` if `negatable`.
    Bool {
        negatable: bool,
    },
    Text,
    /// A number cut to its whole part: `1e3` is a thousand.
    Int,
    /// Digits, perhaps after a sign.
    Int64,
    /// [`Kind::Int64`] from one number to another.
    Within(i64, i64),
    Uint,
    /// The same of so many bits.
    UintOf(u32),
    Float,
    /// `1h30m`, `2d`; units from `ns` to `y`.
    Duration,
    /// A duration, or exactly `-1` for no limit.
    Age,
    /// `256MB`, all units 1024-based; negative for no limit, nothing for not given. The number has so many bits.
    Bytes(u32),
    Enum(&'static [&'static str]),
    /// `K:V`.
    Header,
    /// `k=v` or `k:v`.
    Map,
    /// A regular expression of Go's.
    Expression,
    /// A file that exists.
    File,
    /// A directory that exists.
    Directory,
}

impl Command {
    pub const fn new(name: &'static str, summary: &'static str) -> Command {
        Command {
            name,
            aliases: &[],
            summary,
            arguments: &[],
            flags: &[],
            subcommands: &[],
            handler: None,
            hidden: false,
            whole: None,
        }
    }

    /// A row with what a list of commands shows of `command`, and the way to the rest of it. The page has to load what a
    /// table leads to with the table, but what a function leads to only with the function.
    const fn abridged(command: &'static Command, whole: fn() -> &'static Command) -> Command {
        Command {
            aliases: command.aliases,
            hidden: command.hidden,
            whole: Some(whole),
            ..Command::new(command.name, command.summary)
        }
    }

    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Command {
        self.aliases = aliases;
        self
    }

    pub const fn arguments(mut self, arguments: &'static [Argument]) -> Command {
        self.arguments = arguments;
        self
    }

    pub const fn flags(mut self, flags: &'static [Flag]) -> Command {
        self.flags = flags;
        self
    }

    pub const fn subcommands(mut self, subcommands: &'static [&'static Command]) -> Command {
        self.subcommands = subcommands;
        self
    }

    pub const fn handler(mut self, handler: Handler) -> Command {
        self.handler = Some(handler);
        self
    }

    pub const fn hidden(mut self) -> Command {
        self.hidden = true;
        self
    }

    /// The subcommand of that name or alias, whole.
    pub fn subcommand(&self, word: &str) -> Option<&'static Command> {
        let named = |command: &&Command| command.name == word || command.aliases.contains(&word);
        self.subcommands.iter().copied().find(named).map(Command::whole)
    }

    /// An abridged row has name, aliases, summary and whether it is hidden; this one has everything.
    pub fn whole(&'static self) -> &'static Command {
        self.whole.map_or(self, |whole| whole())
    }
}

impl Argument {
    /// A text argument that must be there.
    pub const fn required(name: &'static str, summary: &'static str) -> Argument {
        Argument {
            name,
            label: name,
            placeholder: "",
            kind: Kind::Text,
            default: None,
            required: true,
            repeats: false,
            summary,
        }
    }

    pub const fn optional(name: &'static str, summary: &'static str) -> Argument {
        Argument {
            name,
            label: name,
            placeholder: "",
            kind: Kind::Text,
            default: None,
            required: false,
            repeats: false,
            summary,
        }
    }

    pub const fn kind(mut self, kind: Kind) -> Argument {
        self.kind = kind;
        self
    }

    /// Called otherwise on usage pages than where its value is kept, because a flag has that name.
    pub const fn label(mut self, label: &'static str) -> Argument {
        self.label = label;
        self
    }

    pub const fn placeholder(mut self, placeholder: &'static str) -> Argument {
        self.placeholder = placeholder;
        self
    }

    pub const fn default(mut self, default: &'static str) -> Argument {
        self.default = Some(default);
        self
    }

    pub const fn repeats(mut self) -> Argument {
        self.repeats = true;
        self
    }
}

impl Flag {
    pub const fn new(name: &'static str, kind: Kind, summary: &'static str) -> Flag {
        Flag {
            name,
            short: None,
            kind,
            default: None,
            placeholder: "",
            repeats: false,
            required: false,
            hidden: false,
            late: false,
            env: None,
            summary,
        }
    }

    /// `--x` only.
    pub const fn bool(name: &'static str, summary: &'static str) -> Flag {
        Flag::new(name, Kind::Bool { negatable: false }, summary)
    }

    /// `--x` and `--no-x`.
    pub const fn switch(name: &'static str, summary: &'static str) -> Flag {
        Flag::new(name, Kind::Bool { negatable: true }, summary)
    }

    pub const fn text(name: &'static str, summary: &'static str) -> Flag {
        Flag::new(name, Kind::Text, summary)
    }

    pub const fn int(name: &'static str, summary: &'static str) -> Flag {
        Flag::new(name, Kind::Int, summary)
    }

    pub const fn int64(name: &'static str, summary: &'static str) -> Flag {
        Flag::new(name, Kind::Int64, summary)
    }

    pub const fn uint(name: &'static str, summary: &'static str) -> Flag {
        Flag::new(name, Kind::Uint, summary)
    }

    pub const fn duration(name: &'static str, summary: &'static str) -> Flag {
        Flag::new(name, Kind::Duration, summary)
    }

    /// A size of which the number before the unit has 32 bits.
    pub const fn bytes(name: &'static str, summary: &'static str) -> Flag {
        Flag::new(name, Kind::Bytes(32), summary)
    }

    pub const fn choice(name: &'static str, words: &'static [&'static str], summary: &'static str) -> Flag {
        Flag::new(name, Kind::Enum(words), summary)
    }

    /// `-H Name:value`, as often as wanted.
    pub const fn header(summary: &'static str) -> Flag {
        Flag::new("header", Kind::Header, summary).short('H').repeats().late()
    }

    pub const fn short(mut self, short: char) -> Flag {
        self.short = Some(short);
        self
    }

    pub const fn default(mut self, default: &'static str) -> Flag {
        self.default = Some(default);
        self
    }

    pub const fn placeholder(mut self, placeholder: &'static str) -> Flag {
        self.placeholder = placeholder;
        self
    }

    pub const fn repeats(mut self) -> Flag {
        self.repeats = true;
        self
    }

    pub const fn required(mut self) -> Flag {
        self.required = true;
        self
    }

    pub const fn hidden(mut self) -> Flag {
        self.hidden = true;
        self
    }

    pub const fn late(mut self) -> Flag {
        self.late = true;
        self
    }

    pub const fn env(mut self, variable: &'static str) -> Flag {
        self.env = Some(variable);
        self
    }

    pub fn is_bool(&self) -> bool {
        matches!(self.kind, Kind::Bool { .. })
    }

    pub fn is_negatable(&self) -> bool {
        self.kind == Kind::Bool { negatable: true }
    }
}

/// Groups of flags one after the other, for commands that share some. `N` is their number together.
pub const fn joined<const N: usize>(groups: &[&[Flag]]) -> [Flag; N] {
    let mut all = [Flag::bool("", ""); N];
    let (mut group, mut at) = (0, 0);
    while group < groups.len() {
        let mut index = 0;
        while index < groups[group].len() {
            all[at] = groups[group][index];
            (index, at) = (index + 1, at + 1);
        }
        group += 1;
    }
    assert!(at == N, "the groups have another number of flags");
    all
}

/// The language itself: global flags, and every noun.
pub static ROOT: Command = Command::new("nats", "NATS Utility\n\nSee 'nats cheat' for examples to copy.")
    .flags(super::global::FLAGS)
    .subcommands(NOUNS);

/// Abridged but for what everybody types first.
static NOUNS: &[&Command] = &[
    &Command::abridged(&super::global::HELP, || &super::global::HELP),
    &Command::abridged(&super::account::ACCOUNT, || &super::account::ACCOUNT),
    &Command::abridged(&super::reference::AUDIT, || &super::reference::AUDIT),
    &Command::abridged(&super::reference::AUTH, || &super::reference::AUTH),
    &Command::abridged(&super::bench::COMMAND, || &super::bench::COMMAND),
    &Command::abridged(&super::cheat::COMMAND, || &super::cheat::COMMAND),
    &Command::abridged(&super::consumer::COMMAND, || &super::consumer::COMMAND),
    &Command::abridged(&super::context::COMMAND, || &super::context::COMMAND),
    &Command::abridged(&super::counter::COMMAND, || &super::counter::COMMAND),
    &Command::abridged(&super::reference::ERRORS, || &super::reference::ERRORS),
    &Command::abridged(&super::events::COMMAND, || &super::events::COMMAND),
    &Command::abridged(&super::kv::COMMAND, || &super::kv::COMMAND),
    &Command::abridged(&super::latency::COMMAND, || &super::latency::COMMAND),
    &Command::abridged(&super::object::COMMAND, || &super::object::COMMAND),
    &super::publish::COMMAND,
    &Command::abridged(&super::reply::COMMAND, || &super::reply::COMMAND),
    &Command::abridged(&super::request::COMMAND, || &super::request::COMMAND),
    &Command::abridged(&super::account::RTT, || &super::account::RTT),
    &Command::abridged(&super::reference::SCHEMA, || &super::reference::SCHEMA),
    &Command::abridged(&super::server::COMMAND, || &super::server::COMMAND),
    &Command::abridged(&super::service::COMMAND, || &super::service::COMMAND),
    &Command::abridged(&super::stream::COMMAND, || &super::stream::COMMAND),
    &super::subscribe::COMMAND,
    &Command::abridged(&super::reference::TOP, || &super::reference::TOP),
    &Command::abridged(&super::trace::COMMAND, || &super::trace::COMMAND),
    &Command::abridged(&super::reference::PLUGINS, || &super::reference::PLUGINS),
    &Command::abridged(&super::reference::TRAFFIC, || &super::reference::TRAFFIC),
];
