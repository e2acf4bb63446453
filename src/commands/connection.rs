//! Which server a line is about, and whether it can be reached.
//!
//! A terminal has one client, connected before the line was typed. A line that names another server (by flag, variable or
//! context) fails as if nobody listened there, or nobody knew its name. Source: natscli reference, "Global flags" and "Contexts".

use super::context::Settings;
use super::{Context, Failure, Matches, address};
use crate::client::reconnect;

/// Where the CLI connects when nobody says otherwise.
pub const DEFAULT_URL: &str = "nats://127.0.0.1:4222";
pub const NOBODY_LISTENS: &str = "nats: no servers available for connection";

/// Commands that need no server, or report themselves that there is none.
const OFFLINE: &[&str] = &["bench", "context", "cheat", "errors", "rtt", "help", "latency"];

/// Flags that would change the connection. It was made before the line was typed, without users and secrets.
const ABSENT: &[&str] = &[
    "creds",
    "nkey",
    "tlscert",
    "tlskey",
    "tlsca",
    "tlsfirst",
    "connection-name",
    "js-event-prefix",
    "inbox-prefix",
    "socks-proxy",
];

/// Flags that say who one is. A server that asks nobody does not look at them.
const WHO: &[&str] = &["user", "password", "token", "jwt", "seed"];

/// Commands that do not ask JetStream, or do so without a look at where it is said to be.
const WITHOUT_MANAGER: &[&str] = &["publish", "request", "reply"];

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

/// Credentials are opened before anybody is called. On the way to a server far away they were given on connecting.
pub fn unreadable(context: &Context, settings: &Settings) -> Option<String> {
    let problem = missing(context, &settings.creds, &settings.nkey)?;
    Some(problem.trim_start_matches(UNUSABLE).to_owned())
}

/// What the CLI says before its reason where it cannot make an identity of what it was given.
const UNUSABLE: &str = "configuration error: ";

fn missing(context: &Context, creds: &str, nkey: &str) -> Option<String> {
    let is_missing = |file: &str| !file.is_empty() && !file.contains("://") && !context.has_file(file);
    let sentence = |file: &str| format!("nats: open {file}: no such file or directory");
    match context.is_remote() {
        true => None,
        false if is_missing(nkey) => Some(format!("{UNUSABLE}{}", sentence(nkey))),
        false => is_missing(creds).then(|| sentence(creds)),
    }
}

/// The context with its client asking JetStream where the line or its context says it is.
pub fn addressed(mut context: Context, matches: &Matches) -> Context {
    let (domain, prefix) = jetstream_place(&context, matches);
    if !domain.is_empty() {
        context.client = context.client.with_api_prefix(&format!("$JS.{domain}.API"));
    } else if !prefix.is_empty() {
        context.client = context.client.with_api_prefix(prefix.trim_end_matches('.'));
    }
    context
}

/// Domain and prefix; neither for the JetStream of the account.
fn jetstream_place(context: &Context, matches: &Matches) -> (String, String) {
    let settings = chosen(context, matches).unwrap_or_default();
    let first = |texts: [&str; 3]| texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned();
    (
        first([matches.text("js-domain"), matches.text("domain"), &settings.domain]),
        first([matches.text("js-api-prefix"), &settings.api_prefix, ""]),
    )
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
    let both = !domain.is_empty() && !prefix.is_empty();
    both.then(|| "WithAPIPrefix and WithDomain are mutually exclusive".to_owned())
}

/// Fails unless the terminal's client is connected where the line wants, with the words of the command.
pub fn check(context: &Context, matches: &Matches) -> Result<(), Failure> {
    let words: Vec<&str> = matches.path.iter().skip(1).take(2).map(|command| command.name).collect();
    let before = match words.as_slice() {
        [noun, ..] if OFFLINE.contains(noun) => return Ok(()),
        ["server", "check" | "mappings"] => return Ok(()),
        ["stream", "add"] => "could not create Stream: ",
        ["kv", "ls"] if !matches.text("bucket").is_empty() => "unable to prepare js helper: ",
        ["stream" | "consumer" | "service" | "events", ..] | ["account", "info" | "backup"] => "setup failed: ",
        _ => "",
    };
    url(context, matches)?;
    connected(context, matches).map_err(|problem| match address::is_of_connecting(&problem) {
        true => Failure::new(format!("{before}{problem}")),
        // Ours to say.
        false => Failure::new(problem),
    })?;
    match misplaced(context, matches).filter(|_| !words.first().is_some_and(|noun| WITHOUT_MANAGER.contains(noun))) {
        Some(problem) => Err(Failure::new(format!("{before}{problem}"))),
        None => Ok(()),
    }
}

/// [`check`] for every command, with nothing before the reason.
pub fn reach(context: &Context, matches: &Matches) -> Result<(), Failure> {
    url(context, matches)?;
    connected(context, matches).map_err(Failure::new)
}

/// Why the line cannot be connected where it wants.
pub fn connected(context: &Context, matches: &Matches) -> Result<(), String> {
    if let Some(problem) = missing(context, matches.text("creds"), matches.text("nkey")) {
        return Err(problem);
    }
    let is_asked = context.is_remote() || context.client.info().is_some_and(|info| info.auth_required);
    // What is signed must be readable, whoever asks for it.
    let signs = matches.is_set("jwt") && matches.is_set("seed");
    let who = WHO.iter().filter(|_| is_asked || signs);
    if let Some(flag) = ABSENT.iter().chain(who).find(|flag| matches.is_set(flag)) {
        let why = if context.is_remote() { ": a page says who it is when it connects" } else { "" };
        return Err(format!("not in the playground: --{flag}{why}"));
    }
    let text = |failure| match failure {
        Failure::Message(text) => text,
        Failure::Exit(_) => String::new(),
    };
    let wanted = url(context, matches).map_err(text)?;
    let of_settings = |settings: Settings| missing(context, &settings.creds, &settings.nkey);
    if let Some(problem) = chosen(context, matches).and_then(of_settings) {
        return Err(problem);
    }
    match is_reachable(context, &wanted) {
        // Who types a command now would start a program that finds nobody; what runs already waits for its wire.
        true if context.is_remote() && context.client.is_cut_off() => Err(NOBODY_LISTENS.into()),
        true => context.client.refusal().map_or(Ok(()), |refusal| Err(refusal.to_string())),
        false if context.is_remote() => {
            Err(format!("this terminal is connected to {}; to use {wanted}, connect to it", context.address()))
        }
        false => Err(unreached(context, &wanted).unwrap_or_else(|| NOBODY_LISTENS.to_owned())),
    }
}

fn is_reachable(context: &Context, addresses: &str) -> bool {
    match context.is_remote() {
        true => addresses.split(',').any(|address| is_here(context, address)),
        false => unreached(context, addresses).is_none(),
    }
}

/// Why none of the addresses is that of the server this terminal is connected to, or was before it moved on.
pub fn unreached(context: &Context, addresses: &str) -> Option<String> {
    address::unreached(addresses, |address| is_here(context, address))
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
