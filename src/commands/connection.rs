//! Which server a line is about, and whether it can be reached.
//!
//! A terminal has one client, connected before the line was typed. A line that names another server (by flag, variable or
//! context) fails as if nobody listened there. Source: natscli reference, "Global flags" and "Contexts".

use super::context::Settings;
use super::{Context, Failure, Matches};
use crate::client::reconnect;

/// Where the CLI connects when nobody says otherwise.
pub const DEFAULT_URL: &str = "nats://127.0.0.1:4222";
pub const NOBODY_LISTENS: &str = "nats: no servers available for connection";

/// Commands that need no server, or report themselves that there is none.
const OFFLINE: &[&str] = &["bench", "context", "cheat", "errors", "rtt", "help", "latency"];

/// Flags that would change the connection. It was made before the line was typed, without users and secrets.
const ABSENT: &[&str] = &[
    "user",
    "password",
    "token",
    "creds",
    "nkey",
    "jwt",
    "seed",
    "tlscert",
    "tlskey",
    "tlsca",
    "tlsfirst",
    "connection-name",
    "js-api-prefix",
    "js-event-prefix",
    "js-domain",
    "domain",
    "inbox-prefix",
    "socks-proxy",
];

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
                context.console.error("The selected context \"\" was not found, unselecting it\n");
                Err("context not found".into())
            }
        };
    }
    if matches.is_set("server") {
        return Ok(matches.text("server").to_owned());
    }
    let selected = Settings::selected(context).filter(|_| !matches.flag("no-context"));
    let settings = selected.and_then(|name| Settings::load(context, &name));
    Ok(settings.map(|settings| settings.url).filter(|url| !url.is_empty()).unwrap_or_else(|| context.address()))
}

/// Fails unless the terminal's client is connected where the line wants.
pub fn check(context: &Context, matches: &Matches) -> Result<(), Failure> {
    let noun = matches.path.get(1).map_or("", |command| command.name);
    if OFFLINE.contains(&noun) { Ok(()) } else { reach(context, matches) }
}

/// [`check`] for every command.
pub fn reach(context: &Context, matches: &Matches) -> Result<(), Failure> {
    if let Some(flag) = ABSENT.iter().find(|flag| matches.is_set(flag)) {
        let why = if context.is_remote() { ": a page says who it is when it connects" } else { "" };
        return Err(format!("not in the playground: --{flag}{why}").into());
    }
    let wanted = url(context, matches)?;
    match is_reachable(context, &wanted) {
        // Who types a command now would start a program that finds nobody; what runs already waits for its wire.
        true if context.is_remote() && context.client.is_cut_off() => Err(NOBODY_LISTENS.into()),
        true => context.client.refusal().map_or(Ok(()), |refusal| Err(refusal.into())),
        false if context.is_remote() => {
            Err(format!("this terminal is connected to {}; to use {wanted}, connect to it", context.address()).into())
        }
        false => Err(NOBODY_LISTENS.into()),
    }
}

/// Whether one of the addresses is that of the server this terminal is connected to, or was before it moved on.
pub fn is_reachable(context: &Context, addresses: &str) -> bool {
    let mut ours = context.client.addresses();
    ours.push(context.address());
    let is_ours = |address: &str| ours.iter().any(|own| host_and_port(own) == host_and_port(address));
    addresses.split(',').any(is_ours)
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
