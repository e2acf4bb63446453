//! `nats server request connections`: the only thing servers tell an ordinary account when they are asked for it raw.
//!
//! The way in is [`connections`]. Source: natscli 0.4, observed.

use super::account_report::{STATES, ask, number};
use super::report::json::{Member, Shape, shaped_line};
use super::{Context, Matches, Outcome};
use serde_json::json;

/// `server request connections`: what the servers answer, a line each. An ordinary account is told of itself.
pub async fn connections(context: Context, matches: Matches) -> Outcome {
    let text = |flag: &str| json!(matches.text(flag));
    let state = STATES.iter().position(|state| *state == matches.text("filter-state")).unwrap_or(0);
    let details = matches.flag("subscriptions");
    let question = json!({
        "sort": matches.text("sort"),
        "auth": true,
        "subscriptions": details,
        "subscriptions_detail": details,
        "offset": matches.int("offset"),
        "limit": matches.int("limit"),
        "cid": matches.uint("filter-cid"),
        "state": state,
        "user": text("filter-user"),
        "acc": text("filter-account"),
        "filter_subject": text("filter-subject"),
        "server_name": text("name"),
        "host": text("host"),
        "cluster": text("cluster"),
        "tags": matches.list("tags"),
        "exact_match": true,
    });
    let answers = ask(&context, &matches, "$SYS.REQ.SERVER.PING.CONNZ", crate::json::write(&question)).await?;
    for answer in answers {
        let is_empty = number(&answer["data"], "num_connections") == 0;
        if !is_empty || !matches.flag("filter-empty") {
            context.console.line(&shaped_line(&answer, &ANSWER));
        }
    }
    Ok(())
}

const fn plain(name: &'static str) -> Member {
    (name, None)
}

static ANSWER: Shape = Shape(&[("server", Some(&SERVER)), ("data", Some(&LIST))]);
static SERVER: Shape = Shape(&[
    plain("name"),
    plain("host"),
    plain("id"),
    plain("cluster"),
    plain("domain"),
    plain("ver"),
    plain("tags"),
    plain("metadata"),
    plain("feature_flags"),
    plain("jetstream"),
    plain("flags"),
    plain("seq"),
    plain("time"),
]);
static LIST: Shape = Shape(&[
    plain("server_id"),
    plain("now"),
    plain("num_connections"),
    plain("total"),
    plain("offset"),
    plain("limit"),
    ("connections", Some(&CONNECTION)),
]);
static CONNECTION: Shape = Shape(&[
    plain("cid"),
    plain("kind"),
    plain("type"),
    plain("ip"),
    plain("port"),
    plain("start"),
    plain("last_activity"),
    plain("stop"),
    plain("reason"),
    plain("rtt"),
    plain("uptime"),
    plain("idle"),
    plain("pending_bytes"),
    plain("in_msgs"),
    plain("out_msgs"),
    plain("in_bytes"),
    plain("out_bytes"),
    plain("subscriptions"),
    plain("name"),
    plain("lang"),
    plain("version"),
    plain("tls_version"),
    plain("tls_cipher_suite"),
    plain("authorized_user"),
    plain("account"),
    plain("subscriptions_list"),
    plain("subscriptions_list_detail"),
    plain("name_tag"),
    plain("mqtt_client"),
]);
