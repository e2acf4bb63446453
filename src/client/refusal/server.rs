//! What a server's `-ERR` means for somebody who may change its configuration.

use super::super::Auth;
use super::Refusal;
use crate::client::auth::Kind;
use crate::protocol::Info;
use crate::time::Timestamp;

/// What `error`, the text of an `-ERR`, means for a client that showed `auth` to the server of `info`.
///
/// `None` for what needs no explanation.
pub fn of_server(error: &str, auth: &Auth, info: Option<&Info>, now: Timestamp) -> Option<Refusal> {
    let lower = error.to_ascii_lowercase();
    let says = |text: &str| lower.contains(text);
    Some(match () {
        () if says("authorization violation") => unauthorised(auth, info, now),
        () if says("authentication expired") => expired(says("account")),
        () if says("authentication revoked") => Refusal::new("the server's account has revoked this user")
            .or("ask whoever runs the account for new credentials: nsc generate creds"),
        () if says("authentication timeout") => Refusal::new("the server waited too long for credentials")
            .or_set("try again; on a slow line give it more time", "authorization {\n  timeout: 10\n}"),
        () if says("permissions violation") => denied(error),
        () if says("account active connections exceeded") => {
            Refusal::new("the account has as many connections as it may have")
                .or("close other connections, or raise the account's limit: nsc edit account --conns")
        }
        () if says("maximum connections exceeded") => Refusal::new("the server has as many connections as it may have")
            .or_set("close other connections, or raise the limit", "max_connections: 64K"),
        () if says("maximum subscriptions exceeded") => {
            Refusal::new("this connection has as many subscriptions as it may have")
                .or_set("end some, or raise the limit", "max_subscriptions: 0")
        }
        () if says("maximum payload") => too_large(info),
        () if says("tls required") => Refusal::new("the server wants TLS").or("use wss:// instead of ws://"),
        () if says("stale connection") => {
            Refusal::new("the server heard nothing of this page for too long and hung up")
                .or("a page in the background sleeps: keep it in view")
                .or_set("or let the server be more patient", "ping_interval: \"2m\"\nping_max: 5")
        }
        () if says("slow consumer") => Refusal::new("this page read too slowly, and the server hung up")
            .or("ask for less at a time: pull consumers never get more than they asked for")
            .or_set("or let the server keep more for it", "max_pending: 64MB\nwrite_deadline: \"10s\""),
        () if says("server shutdown") => Refusal::new("the server was shut down").or("start it again"),
        () if says("account temporarily unavailable") || says("throttling") => {
            Refusal::new("the server cannot take this connection now").or("try again in a moment")
        }
        () if says("headers support") => no_headers(),
        () => return None,
    })
}

pub(super) fn no_headers() -> Refusal {
    Refusal::new("the server has headers turned off, and JetStream needs them")
        .or_set("turn them on", "no_header_support: false")
}

fn unauthorised(auth: &Auth, info: Option<&Info>, now: Timestamp) -> Refusal {
    if let Some(refusal) = of_auth(auth, now) {
        return refusal;
    }
    let takes_keys = info.is_some_and(|info| !info.nonce.is_empty());
    let refusal = match auth {
        Auth::None => Refusal::new("the server wants to know who you are (Authorization Violation)")
            .or_if(takes_keys, "give an NKEY seed or a .creds file: the server asks for a signature")
            .or("give the user and password, or the token, of the server's configuration")
            .or_set(
                "or let those in who show nothing",
                "authorization {\n  users: [ { user: guest, password: \"\" } ]\n}\nno_auth_user: guest",
            ),
        Auth::UserPassword { user, .. } => {
            Refusal::new(format!("the server does not let {user:?} in with this password (Authorization Violation)"))
                .or_set(
                    "compare both with the server's configuration",
                    format!("authorization {{\n  users: [ {{ user: {user:?}, password: \"…\" }} ]\n}}"),
                )
        }
        Auth::Token(_) => Refusal::new("the server does not take this token (Authorization Violation)")
            .or_set("compare it with the server's configuration", "authorization {\n  token: \"…\"\n}"),
        Auth::Nkey(seed) => {
            let key = seed.public_key();
            Refusal::new(format!("the server does not know the key {key} (Authorization Violation)")).or_set(
                "add its public half to the server's configuration",
                format!("authorization {{\n  users: [ {{ nkey: {key} }} ]\n}}"),
            )
        }
        Auth::Creds(_) => {
            Refusal::new("the server does not accept the JWT of this .creds file (Authorization Violation)")
                .or("is the account known to this server? push it there: nsc push -a ACCOUNT")
                .or("was the user revoked, or made by an operator this server does not trust?")
        }
    };
    let signs = matches!(auth.kind(), Kind::Nkey | Kind::Creds);
    refusal
        .or_if(
            signs && !takes_keys,
            "this server asks for no signature: it has neither NKEYs nor an operator configured",
        )
        .or_if(auth.kind() != Kind::None, "if the user has allowed_connection_types, WEBSOCKET must be among them")
}

/// What is known of somebody before the server is asked.
pub fn of_auth(auth: &Auth, now: Timestamp) -> Option<Refusal> {
    let Auth::Creds(creds) = auth else { return None };
    let is_early = creds.claims().not_before.is_some_and(|begins| begins > now);
    match () {
        () if creds.has_expired(now) => Some(expired(false)),
        () if is_early => Some(
            Refusal::new("the user's JWT is not valid yet")
                .or("is this computer's clock right? if so, wait, or make a new one"),
        ),
        () => None,
    }
}

fn expired(is_account: bool) -> Refusal {
    match is_account {
        true => Refusal::new("the account's JWT has expired (Account Authentication Expired)")
            .or("whoever runs the operator signs it anew: nsc edit account --expiry, then nsc push"),
        false => Refusal::new("the user's JWT has expired (User Authentication Expired)")
            .or("make a new one: nsc edit user --expiry, then nsc generate creds, and give the new file"),
    }
}

/// A subject somebody was denied, and the permissions that usually go with it.
fn denied(error: &str) -> Refusal {
    let subject = error.split('"').nth(1).unwrap_or_default();
    let publishes = error.to_ascii_lowercase().contains("for publish");
    let (verb, list) = if publishes { ("publish to", "publish") } else { ("subscribe to", "subscribe") };
    let wanted = wider(subject);
    let refusal = Refusal::new(format!("you may not {verb} {subject:?} (Permissions Violation)"));
    let own = format!("permissions: {{\n  {list}: [\"{wanted}\"]\n}}");
    let refusal = refusal.or_set(format!("in the user's entry, allow to {verb} {wanted:?}"), own);
    let is_jetstream = wanted.starts_with("$JS.") || wanted.starts_with("_INBOX");
    match is_jetstream {
        true => refusal.or_set(
            "JetStream as a whole needs these",
            "permissions: {\n  publish: [\"$JS.API.>\", \"$JS.ACK.>\"]\n  subscribe: [\"_INBOX.>\"]\n}",
        ),
        false => refusal,
    }
}

/// The permission that holds for all subjects like this one.
fn wider(subject: &str) -> String {
    for family in ["$JS.API.", "$JS.ACK.", "$JS.EVENT.", "$JS.FC.", "_INBOX."] {
        if subject.starts_with(family) {
            return format!("{family}>");
        }
    }
    match subject.strip_prefix("$KV.").and_then(|rest| rest.split('.').next()) {
        Some(bucket) => format!("$KV.{bucket}.>"),
        None => subject.to_owned(),
    }
}

fn too_large(info: Option<&Info>) -> Refusal {
    let bound = info.map(|info| info.max_payload).filter(|&bytes| bytes > 0);
    let bound = bound.map(|bytes| format!(": it takes {bytes} bytes")).unwrap_or_default();
    Refusal::new(format!("the message is larger than the server takes{bound} (Maximum Payload Violation)"))
        .or_set("send less, or raise the limit", "max_payload: 8MB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::auth::{Creds, Seed};

    const SEED: &str = crate::client::auth::TEST_SEED;

    fn said(error: &str, auth: &Auth, nonce: &str) -> String {
        let info = Info { nonce: nonce.to_owned(), max_payload: 1024, ..Info::default() };
        of_server(error, auth, Some(&info), Timestamp(0)).map(|refusal| refusal.to_string()).unwrap_or_default()
    }

    #[test]
    fn every_refusal_says_what_to_change() {
        let user = "Permissions Violation for";
        for (error, what, change) in [
            ("User Authentication Expired", "the user's JWT has expired", "nsc generate creds"),
            ("Account Authentication Expired", "the account's JWT has expired", "nsc push"),
            ("User Authentication Revoked", "revoked", "nsc generate creds"),
            ("Authentication Timeout", "waited too long", "timeout: 10"),
            ("maximum connections exceeded", "as many connections", "max_connections"),
            ("maximum account active connections exceeded", "the account has", "nsc edit account --conns"),
            ("maximum subscriptions exceeded", "as many subscriptions", "max_subscriptions"),
            ("Maximum Payload Violation", "1024 bytes", "max_payload: 8MB"),
            ("Secure Connection - TLS Required", "wants TLS", "wss://"),
            ("Stale Connection", "heard nothing", "ping_interval"),
            ("Slow Consumer", "too slowly", "max_pending"),
            ("Server Shutdown", "shut down", "start it again"),
            (&format!("{user} Publish to \"$JS.API.STREAM.CREATE.A\""), "may not publish", "\"$JS.API.>\""),
            (&format!("{user} Publish to \"$JS.ACK.A.B.1\""), "may not publish", "publish: [\"$JS.ACK.>\"]"),
            (&format!("{user} Subscription to \"_INBOX.x.*\""), "may not subscribe", "subscribe: [\"_INBOX.>\"]"),
            (&format!("{user} Subscription to \"a.b\" using queue \"q\""), "\"a.b\"", "subscribe: [\"a.b\"]"),
            (&format!("{user} Publish to \"$KV.cfg.port\""), "\"$KV.cfg.port\"", "publish: [\"$KV.cfg.>\"]"),
        ] {
            let text = said(error, &Auth::None, "");
            assert!(text.contains(what) && text.contains(change), "{error}: {text}");
        }
        assert_eq!(said("Invalid Publish Subject", &Auth::None, ""), "");
    }

    #[test]
    fn who_is_not_let_in_hears_what_was_compared() {
        let seed = || Seed::parse(SEED).expect("a seed");
        let key = seed().public_key();
        let violation = "Authorization Violation";
        for (auth, nonce, expected) in [
            (Auth::None, "", "no_auth_user"),
            (Auth::None, "n", "NKEY seed or a .creds"),
            (Auth::user_password("joe", "hush"), "", "user: \"joe\""),
            (Auth::Token("hush".into()), "", "token: \"…\""),
            (Auth::Nkey(seed()), "n", key.as_str()),
            (Auth::Nkey(seed()), "", "asks for no signature"),
        ] {
            let text = said(violation, &auth, nonce);
            assert!(text.contains(expected) && text.contains(violation), "{auth:?}: {text}");
            assert!(!text.contains("hush") && !text.contains(SEED), "{text}");
        }
    }

    #[test]
    fn a_jwt_that_has_expired_is_said_to_have() {
        let creds = Creds::parse(crate::client::auth::TEST_CREDS).expect("a creds file");
        let (info, auth) = (Info::default(), Auth::Creds(creds));
        assert_eq!(of_auth(&auth, Timestamp::from_secs(1)), None);
        assert_eq!(of_auth(&auth, Timestamp::from_secs(2_000_000_000)), Some(expired(false)));
        let said = |now| of_server("Authorization Violation", &auth, Some(&info), now).expect("known").what;
        assert!(said(Timestamp::from_secs(1)).contains("does not accept the JWT"));
        assert!(said(Timestamp::from_secs(2_000_000_000)).contains("has expired"));
    }
}
