//! Accounts that may not do everything: rows C-089 and C-135.

use crate::support::runner::{Row, row};
use crate::support::{Setup, Stage, assert_has};
use serde_json::{Value, json};

pub const ROWS: &[Row] = &[row("C-089", no_jetstream_for_the_account), row("C-135", only_so_many_streams)];

fn no_jetstream_for_the_account(t: &mut Stage) {
    t.start(Setup { account_without_jetstream: true, ..Setup::default() });
    let error = json!({"code": 503, "err_code": 10039, "description": "JetStream not enabled for account"});
    let mut refused = |endpoint: &str, kind: &str, rest: Value| {
        let mut expected = json!({"type": format!("io.nats.jetstream.api.v1.{kind}_response"), "error": error});
        expected.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        assert_eq!(t.api(endpoint, json!(null)), expected, "{endpoint}");
    };
    refused("INFO", "account_info", json!({}));
    refused("STREAM.NAMES", "stream_names", json!({"total": 0, "offset": 0, "limit": 0, "streams": null}));
    refused("STREAM.LIST", "stream_list", json!({"total": 0, "offset": 0, "limit": 0, "streams": []}));
    refused("STREAM.INFO.S", "stream_info", json!({"total": 0, "offset": 0, "limit": 0}));
    refused("STREAM.CREATE.S", "stream_create", json!({}));
    refused("STREAM.DELETE.S", "stream_delete", json!({}));
    refused("STREAM.PURGE.S", "stream_purge", json!({"purged": 0}));
    refused("STREAM.MSG.GET.S", "stream_msg_get", json!({}));
    refused("STREAM.SNAPSHOT.S", "stream_snapshot", json!({}));
    refused("STREAM.RESTORE.S", "stream_restore", json!({"deliver_subject": ""}));
    refused("CONSUMER.NAMES.S", "consumer_names", json!({"total": 0, "offset": 0, "limit": 0, "consumers": []}));
    refused("CONSUMER.CREATE.S", "consumer_create", json!({}));
    let stepdown = t.api_error("STREAM.LEADER.STEPDOWN.S", json!(null));
    assert_eq!(stepdown["err_code"], json!(10010));
    assert_eq!(t.request("$JS.API.CONSUMER.MSG.NEXT.S.c", "").status(), "503");
    assert_eq!(t.request("$JS.API.DIRECT.GET.S", "").status(), "503");
    assert_eq!(t.request("S", "x").status(), "503");
}

fn only_so_many_streams(t: &mut Stage) {
    t.start(Setup { max_streams: Some(2), ..Setup::default() });
    assert_has(&t.api_ok("INFO", json!(null)), json!({"limits": {"max_streams": 2, "max_storage": -1}}));
    for name in ["A", "B"] {
        t.api_ok(&format!("STREAM.CREATE.{name}"), json!({"name": name}));
    }
    let full = json!({"code": 400, "err_code": 10027, "description": "maximum number of streams reached"});
    assert_eq!(t.api_error("STREAM.CREATE.C", json!({"name": "C"})), full);
    assert_eq!(t.api_error("STREAM.CREATE.C", json!({"name": "C", "subjects": ["A"]})), full);
    // The same stream again is no stream more.
    t.api_ok("STREAM.CREATE.A", json!({"name": "A"}));
    t.api_ok("STREAM.DELETE.A", json!(null));
    t.api_ok("STREAM.CREATE.C", json!({"name": "C"}));
}
