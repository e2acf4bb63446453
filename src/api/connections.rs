//! What may be asked of the server about its connections.
//!
//! Source: nats-server `server/monitor.go` and `server/events.go`, observed.

use crate::json::FromJson;

/// `$SYS.REQ.SERVER.PING.CONNZ`: which connections, in which order, with what; and which servers are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromJson)]
#[json(default)]
pub struct ConnectionListRequest {
    pub sort: String,
    /// With who they are.
    pub auth: bool,
    pub subscriptions: bool,
    pub subscriptions_detail: bool,
    pub offset: i64,
    pub limit: i64,
    pub cid: i64,
    /// 0 for open ones, 1 for closed ones, 2 for both.
    pub state: i64,
    pub user: String,
    pub mqtt_client: String,
    pub filter_subject: String,
    pub server_name: String,
    pub cluster: String,
    pub host: String,
    pub exact_match: bool,
    pub tags: Vec<String>,
    pub domain: String,
}
