//! Who the server is, and what it answers about itself under `$SYS.REQ`.
//!
//! Only what an ordinary account may ask; everything else there has no responder, as on the server.

use super::connection::Connection;
use super::jetstream::Publication;
use super::{ConnId, Engine, Options, Origin};
use crate::api::advisory::ClientInfo;
use crate::api::{API_LEVEL, SERVER_VERSION};
use crate::nuid::Rng;
use crate::protocol::{Info, Message};
use crate::time::Timestamp;
use serde_json::{Value, json};

/// The one account there is.
const ACCOUNT: &str = "$G";
/// Every wire ends on the same machine.
const CLIENT_IP: &str = "127.0.0.1";

/// What stays the same as long as the server runs.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// 56 characters, as a server's public key is written.
    pub server_id: String,
    pub started: Timestamp,
}

impl Identity {
    pub fn new(rng: &mut Rng, now: Timestamp) -> Identity {
        const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let key = (0..55).map(|_| BASE32[rng.below(32) as usize] as char);
        Identity { server_id: std::iter::once('N').chain(key).collect(), started: now }
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

/// The answer to a request about the server, if it is one that is answered.
pub(super) fn answer(engine: &mut Engine, subject: &str, request: &Publication) -> Option<Message> {
    let what = subject.strip_prefix("$SYS.REQ.")?;
    let Origin::Client(conn) = request.origin else { return None };
    let data = match what {
        "USER.INFO" => user_info(engine, conn)?,
        _ => return None,
    };
    let reply = request.message.reply.clone()?;
    engine.system_answers += 1;
    let body = json!({ "server": server(engine), "data": data });
    Some(Message::new(reply, serde_json::to_vec(&body).unwrap_or_default()))
}

fn user_info(engine: &Engine, conn: ConnId) -> Option<Value> {
    let connection = engine.connections.get(&conn)?;
    Some(json!({ "user": connection.settings.user, "account": ACCOUNT, "account_name": ACCOUNT }))
}

/// How the server signs its answers.
fn server(engine: &Engine) -> Value {
    json!({
        "name": engine.options.server_name,
        "host": engine.options.host,
        "id": engine.identity.server_id,
        "ver": SERVER_VERSION,
        "jetstream": engine.options.jetstream,
        "flags": if engine.options.jetstream { 7 } else { 0 },
        "seq": engine.system_answers,
        "time": engine.now,
    })
}
