//! What the server tells about itself: rows C-229 and on.

use crate::support::runner::{Row, row};
use crate::support::{Stage, assert_has};
use serde_json::json;

pub const ROWS: &[Row] = &[row("C-229", user_info), row("C-231", server_ping_is_not_for_everybody)];

fn user_info(t: &mut Stage) {
    let info = t.request("$SYS.REQ.USER.INFO", "").json();
    assert_has(&info["data"], json!({"user": "", "account": "$G", "account_name": "$G"}));
    assert_has(&info["server"], json!({"name": "n1", "ver": "2.15.1", "jetstream": true}));
}

fn server_ping_is_not_for_everybody(t: &mut Stage) {
    for subject in ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.ACCOUNT.$G.INFO"] {
        assert_eq!(t.request(subject, "").status(), "503", "{subject}");
    }
}
