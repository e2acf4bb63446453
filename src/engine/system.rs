//! Who the server is, and what it answers about itself under `$SYS.REQ`.
//!
//! Only what an ordinary account may ask; everything else there has no responder, as on the server.

use super::connection::{Connection, Traffic};
use super::connection_list;
use super::jetstream::Publication;
use super::{ConnId, Engine, Options, Origin, Permissions};
use crate::api::advisory::ClientInfo;
use crate::api::{API_LEVEL, SERVER_VERSION};
use crate::nuid::Rng;
use crate::pack::Pack;
use crate::protocol::{Info, Message};
use serde_json::{Value, json};
use std::time::Duration;

/// The one account there is.
pub(super) const ACCOUNT: &str = "$G";
/// Every wire ends on the same machine.
pub(super) const CLIENT_IP: &str = "127.0.0.1";

/// What stays the same as long as the server runs.
#[derive(Clone, Debug, Pack)]
pub(super) struct Identity {
    /// 56 characters, as a server's public key is written.
    pub server_id: String,
}

impl Identity {
    pub fn new(rng: &mut Rng) -> Identity {
        const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let key = (0..55).map(|_| BASE32[rng.below(32) as usize] as char);
        Identity { server_id: std::iter::once('N').chain(key).collect() }
    }

    /// The INFO a connection is greeted with.
    pub fn info(&self, options: &Options, conn: ConnId) -> Info {
        Info {
            server_id: self.server_id.clone(),
            server_name: options.server_name.clone(),
            version: SERVER_VERSION.to_owned(),
            proto: 1,
            // Differs from nats-server: that is the version of its Go compiler.
            go: "rust".to_owned(),
            host: options.host.clone(),
            port: options.port,
            headers: true,
            auth_required: options.credentials.required(),
            max_payload: options.max_payload,
            jetstream: options.jetstream,
            client_id: conn.0,
            client_ip: CLIENT_IP.to_owned(),
            domain: options.domain.clone().unwrap_or_default(),
            api_lvl: API_LEVEL as i32,
            ..Info::default()
        }
    }

    /// How advisories name a client.
    pub fn client_info(&self, options: &Options, conn: ConnId, connection: &Connection) -> ClientInfo {
        let settings = connection.settings.clone();
        ClientInfo {
            start: connection.started,
            host: CLIENT_IP.to_owned(),
            id: conn.0,
            acc: ACCOUNT.to_owned(),
            user: settings.user,
            name: settings.name,
            lang: settings.lang,
            ver: settings.version,
            rtt: connection.liveness.rtt.unwrap_or_default().into(),
            server: options.server_name.clone(),
            kind: "Client".to_owned(),
            client_type: "nats".to_owned(),
        }
    }

    /// The second INFO, after the first PING: which account this is.
    pub fn connect_info(&self, options: &Options, conn: ConnId) -> Info {
        Info { connect_info: true, remote_account: ACCOUNT.to_owned(), ..self.info(options, conn) }
    }
}

/// What becomes of a request about the server.
pub(super) enum Answer {
    Given(Message),
    /// It was heard, and another server is meant.
    Withheld,
}

/// The answer to a request about the server, if it is one that is heard.
pub(super) fn answer(engine: &mut Engine, subject: &str, request: &Publication) -> Option<Answer> {
    let what = subject.strip_prefix("$SYS.REQ.")?;
    let Origin::Client(conn) = request.origin else { return None };
    let body = match what {
        "USER.INFO" => Some(json!({ "data": user_info(engine, conn)? })),
        "ACCOUNT.PING.CONNZ" | "SERVER.PING.CONNZ" => connection_list::answer(engine, &request.message.payload),
        "ACCOUNT.PING.STATZ" => Some(json!({ "data": account(engine) })),
        _ => return None,
    };
    let Some(mut body) = body else { return Some(Answer::Withheld) };
    let reply = request.message.reply.clone()?;
    engine.system_answers += 1;
    body["server"] = server(engine);
    Some(Answer::Given(Message::new(reply, in_order(&body))))
}

/// The members of these documents that the server writes in an order of its own.
const ORDER: &[&str] = &[
    "server",
    "name",
    "host",
    "id",
    "domain",
    "ver",
    "feature_flags",
    "jetstream",
    "flags",
    "seq",
    "time",
    "user",
    "account",
    "account_name",
    "permissions",
];

/// Who answers, then what: two levels in the server's order, what is further inside by name.
fn in_order(document: &Value) -> String {
    fn write(value: &Value, depth: usize) -> String {
        let Some(members) = value.as_object().filter(|_| depth < 2) else { return crate::json::write(value) };
        let rank = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
        let mut names: Vec<&String> = members.keys().collect();
        crate::sorted::by_key(&mut names, |name| rank(name));
        let members = names.into_iter().map(|name| {
            let value = value.get(name.as_str()).unwrap_or(&Value::Null);
            format!("{}:{}", crate::json::write(name), write(value, depth + 1))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
    write(document, 0)
}

/// As whom somebody connected. A token is a secret and not told.
pub(super) fn user_name(connection: &Connection) -> &str {
    let settings = &connection.settings;
    match &connection.user {
        Some(user) => &user.name,
        None if settings.user.is_empty() && !settings.auth_token.is_empty() => "[REDACTED]",
        None => &settings.user,
    }
}

fn user_info(engine: &Engine, conn: ConnId) -> Option<Value> {
    let connection = engine.connections.get(&conn)?;
    let mut described = json!({ "user": user_name(connection), "account": ACCOUNT, "account_name": ACCOUNT });
    if let Some(user) = connection.user.as_ref().filter(|user| user.permissions != Permissions::default()) {
        described["permissions"] = crate::json::to_value(&user.permissions);
    }
    Some(described)
}

/// Uptimes are told as `1d2h3m4s`, from the largest unit that is not zero.
pub(super) fn whole_seconds(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let units = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds % 60, "s")];
    let first = units.iter().position(|&(count, _)| count > 0).unwrap_or(units.len() - 1);
    units[first..].iter().map(|(count, unit)| format!("{count}{unit}")).collect()
}

fn account(engine: &Engine) -> Value {
    let Traffic { in_msgs, in_bytes, out_msgs, out_bytes } = engine.traffic;
    let elsewhere = json!({ "msgs": 0, "bytes": 0 });
    let counted = |msgs: u64, bytes: u64| json!({ "msgs": msgs, "bytes": bytes, "gateways": elsewhere, "routes": elsewhere, "leafs": elsewhere });
    json!({
        "server_id": engine.identity.server_id,
        "now": engine.now.rfc3339(),
        "account_statz": [{
            "acc": ACCOUNT,
            "name": ACCOUNT,
            "conns": engine.connections.len(),
            "leafnodes": 0,
            "total_conns": engine.connections.len(),
            "num_subscriptions": engine.subscriptions.len(),
            "sent": counted(out_msgs, out_bytes),
            "received": counted(in_msgs, in_bytes),
            "slow_consumers": engine.slow_consumers,
        }],
    })
}

/// How the server signs its answers.
pub(super) fn server(engine: &Engine) -> Value {
    let mut server = json!({
        "name": engine.options.server_name,
        "host": engine.options.host,
        "id": engine.identity.server_id,
        "ver": SERVER_VERSION,
        "jetstream": engine.options.jetstream,
        "feature_flags": {
            "js_ack_fc_v2": engine.options.long_ack_subjects,
            "js_api_reply_v2": false,
            "js_raft_delete_range": true,
            "js_snapshot_sources": false,
        },
        "flags": if engine.options.jetstream { 7 } else { 0 },
        "seq": engine.system_answers,
        "time": engine.now.rfc3339(),
    });
    if let Some(domain) = &engine.options.domain {
        server["domain"] = json!(domain);
    }
    server
}
