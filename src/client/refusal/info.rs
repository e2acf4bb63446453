//! What a server cannot do, by its INFO or by how a request ended.

use super::Refusal;
use super::server::no_headers;
use crate::client::Error;
use crate::protocol::Info;

/// The oldest server lessons were made for.
const OLDEST: (u32, u32) = (2, 10);
/// Messages of lessons fit well in this.
const SMALL_PAYLOAD: usize = 64 * 1024;

/// What somebody who has just been let in will miss. Empty for a server that has everything.
pub fn of_info(info: &Info) -> Vec<Refusal> {
    let mut missing = Vec::new();
    if version(&info.version).is_some_and(|version| version < OLDEST) {
        let (major, minor) = OLDEST;
        missing.push(
            Refusal::new(format!(
                "nats-server {} is older than {major}.{minor}: some commands will fail",
                info.version
            ))
            .or("run a newer nats-server"),
        );
    }
    if !info.headers {
        missing.push(no_headers());
    }
    if !info.jetstream {
        missing.push(no_jetstream());
    }
    if (1..SMALL_PAYLOAD).contains(&info.max_payload) {
        missing.push(
            Refusal::new(format!("the server takes messages of {} bytes at most", info.max_payload))
                .or_set("raise the limit if you send larger ones", "max_payload: 1MB"),
        );
    }
    missing
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim_start_matches('v').split(['.', '-']).map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// Why a request for JetStream was not answered or refused. `None` for what needs no explanation.
pub fn of_request(error: &Error) -> Option<Refusal> {
    let api = match error {
        Error::NoResponders => return Some(no_jetstream()),
        Error::MaxPayload => {
            return Some(
                Refusal::new("the message is larger than the server takes")
                    .or_set("send less, or raise the limit", "max_payload: 8MB"),
            );
        }
        Error::Api(error) => error.err_code,
        _ => return None,
    };
    of_code(api)
}

/// The same for an error of JetStream that was put into a sentence, as `… (10076)` or `… err_code=10076 …`.
pub fn of_sentence(sentence: &str) -> Option<Refusal> {
    if sentence.contains("maximum payload exceeded") {
        return of_request(&Error::MaxPayload);
    }
    let bracketed = sentence.strip_suffix(')').and_then(|text| text.rsplit_once('(')).map(|(_, code)| code);
    let named = sentence.split_once("err_code=").and_then(|(_, rest)| rest.split(' ').next());
    of_code(bracketed.or(named)?.parse().ok()?)
}

fn of_code(err_code: u16) -> Option<Refusal> {
    Some(match err_code {
        10076 => no_jetstream(),
        10039 => Refusal::new("your account has no JetStream")
            .or_set(
                "give it to the account",
                "accounts {\n  APP { jetstream: enabled, users: [ { user: joe, password: \"…\" } ] }\n}",
            )
            .or("with an operator: nsc edit account --js-disk-storage 1G --js-streams -1, then nsc push"),
        10002 | 10026 | 10027 => Refusal::new("your account has used up its JetStream limits")
            .or("remove a stream or consumer, or raise the account's limits"),
        10023 | 10047 | 10028 => Refusal::new("the server has no room left for JetStream").or_set(
            "remove something, or give it more",
            "jetstream {\n  max_file_store: 10GB\n  max_memory_store: 1GB\n}",
        ),
        10008 | 10009 => Refusal::new("the cluster has no JetStream leader now")
            .or("more than half of its servers must be up: start those that are down, or wait a moment"),
        10005 => {
            Refusal::new("the cluster has fewer servers than the stream wants copies").or("ask for fewer: --replicas 1")
        }
        10074 => Refusal::new("a single server keeps one copy of a stream").or("ask for one: --replicas 1"),
        _ => return None,
    })
}

fn no_jetstream() -> Refusal {
    Refusal::new("this server has no JetStream")
        .or_set("turn it on, or start it with nats-server -js", "jetstream {\n  store_dir: \"/data/nats\"\n}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;

    fn go_api_error(error: &Error) -> String {
        let Error::Api(error) = error else { return String::new() };
        format!("nats: {}", super::super::super::error::go_api_error(error))
    }

    fn whole() -> Info {
        let version = "2.15.1".to_owned();
        Info { version, headers: true, jetstream: true, max_payload: 1 << 20, ..Info::default() }
    }

    #[test]
    fn a_server_is_missed_what_it_lacks() {
        for (info, expected) in [
            (whole(), None),
            (Info { version: "2.10.0-beta".into(), ..whole() }, None),
            (Info { version: "dev".into(), ..whole() }, None),
            (Info { version: "2.9.25".into(), ..whole() }, Some("2.9.25 is older than 2.10")),
            (Info { headers: false, ..whole() }, Some("headers turned off")),
            (Info { jetstream: false, ..whole() }, Some("no JetStream")),
            (Info { max_payload: 1000, ..whole() }, Some("1000 bytes at most")),
        ] {
            let missing: Vec<String> = of_info(&info).iter().map(Refusal::to_string).collect();
            match expected {
                None => assert_eq!(missing, [""; 0], "{info:?}"),
                Some(expected) => assert!(missing.len() == 1 && missing[0].contains(expected), "{missing:?}"),
            }
        }
    }

    #[test]
    fn a_request_for_jetstream_that_failed_says_what_to_turn_on() {
        let api = |err_code| Error::Api(api::Error { err_code, ..api::Error::default() });
        for (error, expected) in [
            (Error::NoResponders, "jetstream {"),
            (api(10076), "nats-server -js"),
            (api(10039), "jetstream: enabled"),
            (api(10008), "no JetStream leader"),
            (api(10005), "--replicas 1"),
            (api(10074), "--replicas 1"),
            (api(10027), "limits"),
            (api(10047), "max_file_store"),
            (Error::MaxPayload, "max_payload"),
            (api(10059), ""),
            (Error::Timeout, ""),
        ] {
            let found = of_request(&error).map(|refusal| refusal.to_string());
            if let Error::Api(_) = error {
                for sentence in [format!("could not create Stream: {error}"), go_api_error(&error)] {
                    assert_eq!(of_sentence(&sentence).map(|refusal| refusal.to_string()), found, "{sentence}");
                }
            }
            match expected {
                "" => assert_eq!(found, None, "{error}"),
                expected => assert!(found.as_ref().is_some_and(|found| found.contains(expected)), "{error}: {found:?}"),
            }
        }
    }
}
