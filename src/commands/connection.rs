//! Which server a line is about, and whether it can be reached.
//!
//! A terminal has one client, connected before the line was typed. A line that names another server (by flag, variable or
//! context) fails as if nobody listened there, or nobody knew its name; one that names credentials fails where the real CLI could not use them.
//! The server of the page speaks no TLS and signs nothing, and behind a proxy there is nobody.
//! Source: natscli reference, "Global flags" and "Contexts"; natscli 0.4, observed.

mod certificates;
mod credentials;
mod proxy;

use super::report::Look;
use super::settings::{self, Settings};
use super::{Context, Failure, Matches, address, subscribe};
use crate::client::{Alias, Client, reconnect};
use credentials::Identity;
use std::fmt;

/// Where the CLI connects when nobody says otherwise.
pub const DEFAULT_URL: &str = "nats://127.0.0.1:4222";
pub const NOBODY_LISTENS: &str = "nats: no servers available for connection";

/// Commands that need no server, or report themselves that there is none.
const OFFLINE: &[&str] = &["bench", "context", "cheat", "errors", "rtt", "help", "latency"];

/// Commands that do not look at how one would connect.
const UNCONNECTED: &[&str] = &["context", "cheat", "errors", "help"];

/// Commands that do not ask JetStream, or do so without a look at where it is said to be.
const WITHOUT_MANAGER: &[&str] = &["publish", "request", "reply"];

const NO_TIME: &str = "nats: invalid jetstream option: timeout value must be greater than 0";

/// Commands that ask JetStream by way of nats.go, which takes no time below zero or none. The others then take the usual.
fn uses_library(matches: &Matches) -> bool {
    let words: Vec<&str> = matches.path.iter().skip(1).take(2).map(|command| command.name).collect();
    match words.as_slice() {
        ["kv" | "object", "ls"] => !matches.text("bucket").is_empty(),
        ["kv" | "object" | "counter", ..] => true,
        ["subscribe", ..] => subscribe::wants_stream(matches),
        _ => false,
    }
}

/// The address the line means.
///
/// Errors: a context that does not exist.
pub fn url(context: &Context, matches: &Matches) -> Result<String, Failure> {
    let named = matches.text("context");
    if !named.is_empty() {
        let settings = Settings::load(context, named);
        return match settings {
            Some(settings) if !settings.url.is_empty() => Ok(settings.url),
            Some(_) => Ok(context.address()),
            None => {
                let selected = Settings::selected(context).unwrap_or_default();
                context.console.error(&format!("The selected context {selected:?} was not found, unselecting it\n"));
                Settings::unselect(context);
                Err("context not found".into())
            }
        };
    }
    if matches.is_set("server") {
        let server = matches.text("server");
        return Ok(if server.is_empty() { DEFAULT_URL.to_owned() } else { server.to_owned() });
    }
    Ok(chosen(context, matches)
        .map(|settings| settings.url)
        .filter(|url| !url.is_empty())
        .unwrap_or_else(|| context.address()))
}

/// The context the line is in, if any: the one it names, else the selected one.
pub fn chosen(context: &Context, matches: &Matches) -> Option<Settings> {
    Settings::load(context, &chosen_name(context, matches)?)
}

/// [`chosen`] by its name; it need not be there.
pub fn chosen_name(context: &Context, matches: &Matches) -> Option<String> {
    match matches.text("context") {
        "" => Settings::selected(context).filter(|_| !matches.flag("no-context")),
        name => Some(name.to_owned()),
    }
}

/// What the line and its context say together.
pub fn settings(context: &Context, matches: &Matches) -> Settings {
    chosen(context, matches).unwrap_or_default().overlaid(matches)
}

/// How a line's reports look: by its flags, its context, the environment, and whether its output is looked at.
pub fn look(context: &Context, matches: &Matches) -> Look {
    let variable = |name| context.environment.get(name).map_or("", String::as_str);
    let coloured = context.console.is_terminal() && variable("NO_COLOR").is_empty() && variable("TERM") != "dumb";
    let scheme = settings(context, matches).color_scheme;
    Look::of(&scheme, variable("NATS_TABLE_FORMAT"), variable("LLMFORMAT"), coloured)
}

/// Why a line is not connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// What it was given makes no sense, which is told with nothing in front.
    Configuration(String),
    /// Told in the words of the command.
    Connection(String),
    /// What the real CLI would do and a page cannot.
    Ours(String),
}

impl Problem {
    /// Without saying whose fault it is.
    pub fn reason(&self) -> &str {
        let (Problem::Configuration(text) | Problem::Connection(text) | Problem::Ours(text)) = self;
        text
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Configuration(text) => write!(f, "configuration error: {text}"),
            Problem::Connection(text) | Problem::Ours(text) => f.write_str(text),
        }
    }
}

/// What keeps these settings from being connected with, where their server is not found for the reason given, if any.
///
/// Shape: in the order in which the real CLI finds out. On the way to a server far away they were given on connecting.
pub fn obstacle(
    context: &Context,
    matches: &Matches,
    settings: &Settings,
    unreached: Option<String>,
) -> Option<Problem> {
    if context.is_remote() {
        return bad_inbox(settings).or(unreached).map(Problem::Connection);
    }
    let identity = Identity::of(settings, matches);
    if let Some(problem) = identity.misread(context) {
        return Some(Problem::Configuration(problem));
    }
    let behind_proxy = || (!settings.socks_proxy.is_empty()).then(|| NOBODY_LISTENS.to_owned());
    let problem = undialled(context, settings, &identity).or(unreached).or_else(behind_proxy);
    problem.or_else(|| unwelcome(context, settings, &identity)).map(Problem::Connection)
}

/// Found out before anybody is called.
fn undialled(context: &Context, settings: &Settings, identity: &Identity) -> Option<String> {
    let read = |file: &str| context.read_file(file).unwrap_or_default();
    let has_pair = !settings.cert.is_empty() && !settings.key.is_empty();
    let bad_pair = || {
        let problem = certificates::pair_problem(&read(&settings.cert), &read(&settings.key)).filter(|_| has_pair);
        problem.map(|problem| format!("nats: error loading client certificate: {problem}"))
    };
    let bad_root = || {
        let is_bad = !settings.ca.is_empty() && !certificates::has_certificate(&read(&settings.ca));
        is_bad.then(|| format!("nats: failed to parse root certificate from {:?}", settings.ca))
    };
    let bad_proxy = || proxy::problem(&settings.socks_proxy).filter(|_| !settings.socks_proxy.is_empty());
    let missing = identity.missing(context);
    missing.or_else(bad_pair).or_else(bad_root).or_else(|| bad_inbox(settings)).or_else(bad_proxy)
}

fn bad_inbox(settings: &Settings) -> Option<String> {
    let prefix = &settings.inbox_prefix;
    let is_bad = prefix.contains(['>', '*']) || prefix.ends_with('.');
    is_bad.then(|| "nats: invalid custom prefix".to_owned())
}

/// Found out once the server has greeted.
fn unwelcome(context: &Context, settings: &Settings, identity: &Identity) -> Option<String> {
    let wants_tls = !settings.ca.is_empty() || (!settings.cert.is_empty() && !settings.key.is_empty());
    let is_asked = context.client.info().is_some_and(|info| info.auth_required);
    let sentence = match () {
        () if settings.tls_first => "nats: tls error: tls: first record does not look like a TLS handshake",
        () if identity.is_nkey() => "nats: nkeys not supported by the server",
        () if wants_tls => "nats: secure connection not available",
        () => match identity.unsigned(context) {
            Some(problem) => return Some(problem),
            // The server of the page knows users by their passwords.
            None if is_asked && identity.is_somebody() => "nats: Authorization Violation",
            None => return None,
        },
    };
    Some(sentence.to_owned())
}

/// The context with its client asking JetStream where the line or its context says it is.
pub fn addressed(mut context: Context, matches: &Matches) -> Context {
    let (domain, prefix) = jetstream_place(&context, matches);
    if !domain.is_empty() {
        context.client = context.client.with_api_prefix(&format!("$JS.{domain}.API"));
    } else if !prefix.is_empty() {
        context.client = context.client.with_api_prefix(prefix.trim_end_matches('.'));
    }
    let inboxes = settings(&context, matches).inbox_prefix;
    if !inboxes.is_empty() {
        context.client = context.client.with_inbox_prefix(&inboxes);
    }
    context
}

/// What a line has of the connection while it runs: a name, and inboxes.
pub struct Guise {
    client: Client,
    _alias: Option<Alias>,
}

impl Guise {
    pub fn of(context: &Context, matches: &Matches) -> Guise {
        let is_shown = !matches.path.get(1).is_some_and(|noun| UNCONNECTED.contains(&noun.name));
        let name = Some(matches.text("connection-name")).filter(|name| !name.is_empty() && is_shown);
        Guise { client: context.client.clone(), _alias: name.map(|name| context.client.named(name)) }
    }
}

impl Drop for Guise {
    fn drop(&mut self) {
        self.client.leave_inbox();
    }
}

/// Where JetStream tells of events.
pub fn event_prefix(context: &Context, matches: &Matches) -> String {
    Some(settings(context, matches).event_prefix).filter(|prefix| !prefix.is_empty()).unwrap_or("$JS.EVENT".to_owned())
}

/// Domain and prefix; neither for the JetStream of the account.
fn jetstream_place(context: &Context, matches: &Matches) -> (String, String) {
    let settings = settings(context, matches);
    (settings.domain, settings.api_prefix)
}

/// Why JetStream cannot be where the line says it is.
fn misplaced(context: &Context, matches: &Matches) -> Option<String> {
    let is_name = |text: &str| !text.is_empty() && !text.contains(|c: char| ">*. /\\\0".contains(c));
    let (domain, prefix) = jetstream_place(context, matches);
    if !domain.is_empty() && !is_name(&domain) {
        return Some(format!("domain {domain:?} is not a valid JetStream name"));
    }
    if !prefix.is_empty() && !prefix.split('.').all(is_name) {
        return Some(format!("api prefix {prefix:?} contains invalid subject characters"));
    }
    let events = settings(context, matches).event_prefix;
    if !events.is_empty() && !events.split('.').all(is_name) {
        return Some(format!("event prefix {events:?} contains invalid subject characters"));
    }
    let both = !domain.is_empty() && !prefix.is_empty();
    both.then(|| "WithAPIPrefix and WithDomain are mutually exclusive".to_owned())
}

/// Fails unless the terminal's client is connected where the line wants, with the words of the command.
pub fn check(context: &Context, matches: &Matches) -> Result<(), Failure> {
    let words: Vec<&str> = matches.path.iter().skip(1).take(2).map(|command| command.name).collect();
    let is_unconnected = words.first().is_some_and(|noun| UNCONNECTED.contains(noun));
    let before = match words.as_slice() {
        ["server", "mappings"] => return Ok(()),
        _ if is_unconnected => return Ok(()),
        [noun, ..] if OFFLINE.contains(noun) => return configured(context, matches, *noun == "bench"),
        ["server", "check"] => return configured(context, matches, false),
        // It says what is missing.
        ["counter", "list"] if matches.text("subject").is_empty() && matches.text("stream").is_empty() => return Ok(()),
        ["stream", "add"] => "could not create Stream: ",
        ["kv", "ls"] if !matches.text("bucket").is_empty() => "unable to prepare js helper: ",
        ["stream" | "consumer" | "service" | "events", ..] | ["account", "info" | "backup"] => "setup failed: ",
        _ => "",
    };
    url(context, matches)?;
    connected(context, matches).map_err(|problem| match problem {
        Problem::Connection(text) => Failure::new(format!("{before}{text}")),
        other => Failure::new(other.to_string()),
    })?;
    if matches.timeout().is_zero() && uses_library(matches) {
        return Err(Failure::new(format!("{before}{NO_TIME}")));
    }
    match misplaced(context, matches).filter(|_| !words.first().is_some_and(|noun| WITHOUT_MANAGER.contains(noun))) {
        Some(problem) => Err(Failure::new(format!("{before}{problem}"))),
        None => Ok(()),
    }
}

/// Whether what the line was given makes sense at all.
fn configured(context: &Context, matches: &Matches, is_told_later: bool) -> Result<(), Failure> {
    match obstacle(context, matches, &settings(context, matches), None) {
        Some(problem @ Problem::Configuration(_)) if !is_told_later => Err(Failure::new(problem.to_string())),
        _ => Ok(()),
    }
}

/// [`check`] for every command, with nothing before the reason.
pub fn reach(context: &Context, matches: &Matches) -> Result<(), Failure> {
    url(context, matches)?;
    connected(context, matches).map_err(|problem| Failure::new(problem.to_string()))
}

/// Why the line cannot be connected where it wants.
pub fn connected(context: &Context, matches: &Matches) -> Result<(), Problem> {
    let text = |failure| match failure {
        Failure::Message(text) => Problem::Connection(text),
        Failure::Exit(_) => Problem::Ours(String::new()),
    };
    let wanted = url(context, matches).map_err(text)?;
    if let Some(flag) = settings::connecting_flag(matches).filter(|flag| is_kept_from_us(context, flag)) {
        let why = if context.is_remote() { ": a page says who it is when it connects" } else { "" };
        return Err(Problem::Ours(format!("not in the playground: --{flag}{why}")));
    }
    let unreached = unreached(context, &wanted);
    if unreached.is_some() && context.is_remote() {
        let ours = context.address();
        return Err(Problem::Ours(format!("this terminal is connected to {ours}; to use {wanted}, connect to it")));
    }
    // Who types a command now would start a program that finds nobody; what runs already waits for its wire.
    let is_cut_off = context.is_remote() && context.client.is_cut_off();
    let unreached = unreached.or_else(|| is_cut_off.then(|| NOBODY_LISTENS.to_owned()));
    match obstacle(context, matches, &settings(context, matches), unreached) {
        Some(problem) => Err(problem),
        None => context.client.refusal().map_or(Ok(()), |refusal| Err(Problem::Connection(refusal.to_string()))),
    }
}

/// A connection was made before the line was typed; where somebody asks who one is, it would have to be another one.
fn is_kept_from_us(context: &Context, flag: &str) -> bool {
    let is_asked = context.client.info().is_some_and(|info| info.auth_required);
    context.is_remote() || (is_asked && matches!(flag, "user" | "password" | "token"))
}

/// Why none of the addresses is that of the server this terminal is connected to, or was before it moved on.
pub fn unreached(context: &Context, addresses: &str) -> Option<String> {
    match context.is_remote() {
        true if addresses.split(',').any(|address| is_here(context, address)) => None,
        true => Some(NOBODY_LISTENS.to_owned()),
        false => address::unreached(addresses, |address| is_here(context, address)),
    }
}

fn is_here(context: &Context, address: &str) -> bool {
    let mut ours = context.client.addresses();
    ours.push(context.address());
    ours.iter().any(|own| host_and_port(own) == host_and_port(address))
}

/// `host:port` without scheme, user and path, in one spelling.
pub fn host_and_port(address: &str) -> String {
    let address = address.trim();
    let address = reconnect::host_and_port(address);
    let (host, port) = address.rsplit_once(':').unwrap_or((&address, ""));
    let host = if host == "localhost" || host == "0.0.0.0" { "127.0.0.1" } else { host };
    format!("{host}:{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_an_address() {
        for (address, expected) in [
            ("nats://127.0.0.1:4222", "127.0.0.1:4222"),
            ("localhost", "127.0.0.1:4222"),
            ("nats://user:pass@localhost:4222/", "127.0.0.1:4222"),
            ("demo.nats.io", "demo.nats.io:4222"),
            ("ws://localhost", "127.0.0.1:80"),
        ] {
            assert_eq!(host_and_port(address), expected, "{address}");
        }
    }
}
