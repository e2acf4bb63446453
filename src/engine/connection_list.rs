//! The list of connections that clients may ask the server for: `$SYS.REQ.SERVER.PING.CONNZ`.
//!
//! Knows what each connection did and who it is; closed ones are not remembered, as the server does not show them to an
//! ordinary account. The way in is [`answer`].
//! Source: nats-server 2.15.1 `server/monitor.go`, `Connz`; observed.

use super::connection::{Connection, Held};
use super::system::{ACCOUNT, CLIENT_IP, user_name, whole_seconds};
use super::{ConnId, Engine};
use crate::api::connections::ConnectionListRequest;
use crate::api::strict::{self, Unknown};
use crate::subject::SubjectFilter;
use crate::time::{Timestamp, format_go_duration};
use serde_json::{Value, json};
use std::cmp::Reverse;

const LIMIT: usize = 1024;
const CLOSED: i64 = 1;

type Entry<'a> = (ConnId, &'a Connection);

/// What comes back besides the server's signature; `None` where another server is meant.
pub(super) fn answer(engine: &Engine, body: &[u8]) -> Option<Value> {
    let request = match strict::decode_with::<ConnectionListRequest>(body, Unknown::Ignore) {
        Ok(request) => request,
        Err(error) => {
            let text = error.description.strip_prefix("invalid JSON: ").unwrap_or(&error.description);
            return Some(json!({ "error": { "code": 400, "description": text } }));
        }
    };
    if !is_meant(engine, &request) {
        return None;
    }
    Some(match list(engine, &request) {
        Ok(data) => json!({ "data": data }),
        Err(text) => json!({ "data": null, "error": { "code": 500, "description": text } }),
    })
}

fn is_meant(engine: &Engine, request: &ConnectionListRequest) -> bool {
    let options = &engine.options;
    let fits = |wanted: &str, is: &str| match request.exact_match {
        true => wanted.is_empty() || wanted == is,
        false => is.contains(wanted),
    };
    fits(&request.server_name, &options.server_name)
        && fits(&request.host, &options.host)
        && fits(&request.cluster, "")
        && request.tags.is_empty()
        && (request.domain.is_empty() || options.domain.as_deref() == Some(&request.domain))
}

fn list(engine: &Engine, request: &ConnectionListRequest) -> Result<Value, String> {
    let is_closed = request.state == CLOSED;
    let mut chosen: Vec<Entry<'_>> = Vec::new();
    if !is_closed {
        chosen.extend(engine.connections.iter().map(|(&conn, it)| (conn, it)).filter(|it| is_wanted(request, it)));
    }
    sort(&mut chosen, &request.sort, engine.now, is_closed)?;
    let total = if is_closed { 0 } else { engine.connections.len() };
    let offset = usize::try_from(request.offset).unwrap_or(0);
    let limit = match request.limit {
        _ if request.cid > 0 => 1,
        limit => usize::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(LIMIT),
    };
    let page = chosen.into_iter().skip(offset).take(limit);
    let connections: Vec<Value> = page.map(|entry| describe(engine.now, entry, request)).collect();
    Ok(json!({
        "server_id": engine.identity.server_id,
        "now": engine.now.rfc3339(),
        "num_connections": connections.len(),
        "total": total,
        "offset": offset,
        "limit": limit,
        "connections": connections,
    }))
}

fn is_wanted(request: &ConnectionListRequest, (conn, connection): &Entry<'_>) -> bool {
    if let Ok(cid @ 1..) = u64::try_from(request.cid) {
        return conn.0 == cid;
    }
    let is_user = request.user.is_empty() || user_name(connection) == request.user;
    let listens = || {
        SubjectFilter::new(&request.filter_subject).is_ok_and(|wanted| {
            connection.subscriptions.values().any(|held| held.subscription.filter.collides_with(&wanted))
        })
    };
    let is_filtered = !["", ">"].contains(&&*request.filter_subject);
    is_user && request.mqtt_client.is_empty() && (!is_filtered || listens())
}

/// What there is most of comes first, but for the order in which they came.
fn sort(entries: &mut [Entry<'_>], by: &str, now: Timestamp, is_closed: bool) -> Result<(), String> {
    let active = |connection: &Connection| connection.liveness.last_heard.unwrap_or(connection.started);
    match by {
        "" | "cid" | "start" => {}
        "subs" => entries.sort_by_key(|(_, it)| Reverse(it.subscriptions.len())),
        "pending" => entries.sort_by_key(|(_, it)| Reverse(it.backlog.bytes)),
        "msgs_to" => entries.sort_by_key(|(_, it)| Reverse(it.traffic.out_msgs)),
        "msgs_from" => entries.sort_by_key(|(_, it)| Reverse(it.traffic.in_msgs)),
        "bytes_to" => entries.sort_by_key(|(_, it)| Reverse(it.traffic.out_bytes)),
        "bytes_from" => entries.sort_by_key(|(_, it)| Reverse(it.traffic.in_bytes)),
        "last" => entries.sort_by_key(|(_, it)| Reverse(active(it))),
        "idle" => entries.sort_by_key(|(_, it)| Reverse(now.since(active(it)))),
        // As on the server the newest comes first here.
        "uptime" => entries.sort_by_key(|(conn, it)| (now.since(it.started), Reverse(*conn))),
        "rtt" => entries.sort_by_key(|(_, it)| Reverse(it.liveness.rtt)),
        "stop" | "reason" if is_closed => {}
        "stop" | "reason" => return Err(format!("sort by {by} only valid on closed connections")),
        other => return Err(format!("invalid sorting option: {other}")),
    }
    Ok(())
}

fn describe(now: Timestamp, (conn, connection): Entry<'_>, request: &ConnectionListRequest) -> Value {
    let Connection { settings, traffic, liveness, backlog, started, .. } = connection;
    let active = liveness.last_heard.unwrap_or(*started);
    let mut described = json!({
        "cid": conn.0,
        "kind": "Client",
        "type": "nats",
        "ip": CLIENT_IP,
        "port": 0,
        "start": started.rfc3339(),
        "last_activity": active.rfc3339(),
        "uptime": whole_seconds(now.since(*started)),
        "idle": whole_seconds(now.since(active)),
        "pending_bytes": if backlog.reported { backlog.bytes } else { 0 },
        "in_msgs": traffic.in_msgs,
        "out_msgs": traffic.out_msgs,
        "in_bytes": traffic.in_bytes,
        "out_bytes": traffic.out_bytes,
        "subscriptions": connection.subscriptions.len(),
    });
    if let Some(rtt) = liveness.rtt {
        described["rtt"] = json!(format_go_duration(rtt));
    }
    for (field, value) in [("name", &settings.name), ("lang", &settings.lang), ("version", &settings.version)] {
        if !value.is_empty() {
            described[field] = json!(value);
        }
    }
    let held = connection.subscriptions.values();
    if request.subscriptions_detail && held.len() > 0 {
        described["subscriptions_list_detail"] = held.map(|held| describe_subscription(conn, held)).collect();
    } else if request.subscriptions && held.len() > 0 {
        described["subscriptions_list"] = held.map(|held| json!(held.subscription.filter.as_str())).collect();
    }
    if request.auth {
        described["name_tag"] = json!(ACCOUNT);
        if !user_name(connection).is_empty() {
            described["authorized_user"] = json!(user_name(connection));
        }
    }
    described
}

fn describe_subscription(conn: ConnId, held: &Held) -> Value {
    let subscription = &held.subscription;
    let mut described = json!({
        "subject": subscription.filter.as_str(),
        "sid": subscription.sid.to_string(),
        "msgs": held.delivered,
        "cid": conn.0,
    });
    if let Some(queue) = &subscription.queue {
        described["qgroup"] = json!(queue.as_str());
    }
    if let Some(max) = held.max {
        described["max"] = json!(max);
    }
    described
}
