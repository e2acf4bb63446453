//! What buckets and object stores ask of a server beyond the first steps, as plain messages: rows D-276 to D-289 and
//! D-295 to D-300.

use super::conventions::{
    bucket, bucket_config, delivery, listener, messages, put, put_object, revision, store, watcher, write_card,
};
use crate::support::runner::{Row, row};
use crate::support::{Client, Stage, assert_has};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("D-276", watches_that_start_elsewhere),
    row("D-277", several_keys_watched),
    row("D-278", old_tombstones_cleared),
    row("D-279", history_is_bounded),
    row("D-280", no_single_deletes),
    row("D-281", key_with_an_end),
    row("D-282", end_of_a_key_is_told),
    row("D-283", end_of_a_tombstone_is_not),
    row("D-284", ends_where_there_are_none),
    row("D-285", no_such_bucket),
    row("D-286", bucket_names),
    row("D-287", bucket_status),
    row("D-288", mirrored_bucket),
    row("D-288", sourced_bucket),
    row("D-289", sizes_only),
    row("D-295", no_such_object),
    row("D-296", newest_of_all),
    row("D-297", sealed_store),
    row("D-298", renamed_object),
    row("D-299", links),
    row("D-300", names_with_padding),
];

fn keys_of(c: &mut Client, count: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|_| {
            let message = c.next();
            (message.subject().to_owned(), message.text())
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, value)| (format!("$KV.B.{key}"), (*value).to_owned())).collect()
}

fn watches_that_start_elsewhere(t: &mut Stage) {
    bucket(t, 5);
    for (key, value) in [("a", "1"), ("b", "2"), ("a", "3")] {
        revision(t, key, &[], value);
    }
    let mut c = t.modern();
    c.send("SUB all 1\r\nSUB new 2\r\nSUB from 3");
    c.flush();
    let own = |policy: &str| json!({"deliver_policy": policy, "filter_subject": "$KV.B.>"});
    assert_eq!(watcher(t, "all", "KV_B", own("all")), 3);
    assert_eq!(keys_of(&mut c, 3), pairs(&[("a", "1"), ("b", "2"), ("a", "3")]));
    let mut from = own("by_start_sequence");
    from["opt_start_seq"] = json!(2);
    assert_eq!(watcher(t, "from", "KV_B", from), 2);
    assert_eq!(keys_of(&mut c, 2), pairs(&[("b", "2"), ("a", "3")]));
    assert_eq!(watcher(t, "new", "KV_B", own("new")), 0);
    c.expect_nothing();
    revision(t, "c", &[], "4");
    // One for each of the three.
    assert_eq!(keys_of(&mut c, 3), pairs(&[("c", "4"); 3]));
}

fn several_keys_watched(t: &mut Stage) {
    bucket(t, 1);
    for (key, value) in [("a.x", "1"), ("b.x", "2"), ("c", "3")] {
        revision(t, key, &[], value);
    }
    let mut c = listener(t);
    let own = json!({"deliver_policy": "last_per_subject", "filter_subjects": ["$KV.B.a.*", "$KV.B.c"]});
    assert_eq!(watcher(t, "w", "KV_B", own), 2);
    assert_eq!(delivery(&mut c, "$KV.B.a.x"), (1, 1, 1));
    assert_eq!(delivery(&mut c, "$KV.B.c"), (3, 2, 0));
    revision(t, "b.y", &[], "4");
    revision(t, "a.y", &[], "5");
    assert_eq!(delivery(&mut c, "$KV.B.a.y"), (5, 3, 0));
    c.expect_nothing();
}

fn old_tombstones_cleared(t: &mut Stage) {
    bucket(t, 5);
    for key in ["old", "young"] {
        revision(t, key, &[], "value");
        revision(t, key, &["KV-Operation: DEL"], "");
    }
    let mut purge = |body: Value| t.api_ok("STREAM.PURGE.KV_B", body)["purged"].clone();
    assert_eq!(purge(json!({"filter": "$KV.B.old"})), json!(2));
    assert_eq!(purge(json!({"filter": "$KV.B.young", "keep": 1})), json!(1));
    assert_eq!(messages(t, "KV_B"), json!({"$KV.B.young": 1}));
    // What was purged by the API is gone as if it had never been.
    assert_eq!(revision(t, "old", &["Nats-Expected-Last-Subject-Sequence: 0"], "again"), 5);
    let refused = put(t, "young", &["Nats-Expected-Last-Subject-Sequence: 0"], "again");
    assert_eq!(refused["error"]["description"], json!("wrong last sequence: 4"));
}

fn history_is_bounded(t: &mut Stage) {
    bucket(t, 2);
    for value in ["1", "2", "3"] {
        revision(t, "a", &[], value);
    }
    revision(t, "b", &[], "4");
    assert_eq!(messages(t, "KV_B"), json!({"$KV.B.a": 2, "$KV.B.b": 1}));
    assert_eq!(t.api_error("STREAM.MSG.GET.KV_B", json!({"seq": 1}))["err_code"], json!(10037));
    let oldest = t.api_ok("STREAM.MSG.GET.KV_B", json!({"seq": 2}));
    assert_eq!(oldest["message"]["data"], json!("Mg=="));
}

fn no_single_deletes(t: &mut Stage) {
    bucket(t, 1);
    revision(t, "a", &[], "1");
    let refused = json!({"code": 500, "err_code": 10057, "description": "message delete not permitted"});
    assert_eq!(t.api_error("STREAM.MSG.DELETE.KV_B", json!({"seq": 1})), refused);
    assert_eq!(messages(t, "KV_B"), json!({"$KV.B.a": 1}));
}

fn bucket_with_ends(t: &mut Stage, history: u32, marker_ttl: Duration) {
    let mut config = bucket_config(history);
    config["allow_msg_ttl"] = json!(true);
    if !marker_ttl.is_zero() {
        config["subject_delete_marker_ttl"] = json!(marker_ttl.as_nanos() as u64);
    }
    t.api_ok("STREAM.CREATE.KV_B", config);
}

fn key_with_an_end(t: &mut Stage) {
    bucket_with_ends(t, 1, Duration::ZERO);
    let create = "Nats-Expected-Last-Subject-Sequence: 0";
    assert_eq!(revision(t, "a", &[create, "Nats-TTL: 1s"], "1"), 1);
    assert_eq!(revision(t, "b", &[create, "Nats-TTL: never"], "2"), 2);
    assert_eq!(put(t, "a", &[create], "x")["error"]["err_code"], json!(10071));
    t.advance(Duration::from_millis(1400));
    assert_eq!(messages(t, "KV_B"), json!({"$KV.B.b": 1}));
    assert_eq!(t.request("$JS.API.DIRECT.GET.KV_B.$KV.B.a", "").status(), "404 Message Not Found");
    assert_eq!(revision(t, "a", &[create], "again"), 3);
}

fn end_of_a_key_is_told(t: &mut Stage) {
    bucket_with_ends(t, 1, Duration::from_secs(1));
    let mut c = listener(t);
    watcher(t, "w", "KV_B", json!({"deliver_policy": "last_per_subject", "filter_subject": "$KV.B.>"}));
    revision(t, "a", &["Nats-TTL: 1s"], "1");
    assert_eq!(delivery(&mut c, "$KV.B.a"), (1, 1, 0));
    let marker = c.next_within(Duration::from_secs(3)).expect("a marker");
    let headers = "NATS/1.0\r\nNats-Marker-Reason: MaxAge\r\nNats-TTL: 1s\r\nNats-Rollup: sub\r\n\r\n";
    assert_eq!((marker.subject(), marker.header_text().as_str(), marker.text().as_str()), ("$KV.B.a", headers, ""));
    t.advance(Duration::from_millis(1600));
    let state = t.api_ok("STREAM.INFO.KV_B", json!(null))["state"].clone();
    assert_has(&state, json!({"messages": 0, "last_seq": 2}));
    c.expect_nothing();
}

fn end_of_a_tombstone_is_not(t: &mut Stage) {
    bucket_with_ends(t, 5, Duration::from_secs(1));
    revision(t, "purged", &[], "1");
    revision(t, "purged", &["KV-Operation: PURGE", "Nats-Rollup: sub", "Nats-TTL: 1s"], "");
    revision(t, "deleted", &["KV-Operation: DEL", "Nats-TTL: 1s"], "");
    t.advance(Duration::from_millis(1400));
    // The tombstone of the purge left nothing, the other one its marker.
    assert_eq!(messages(t, "KV_B"), json!({"$KV.B.deleted": 1}));
    let marker = t.request("$JS.API.DIRECT.GET.KV_B.$KV.B.deleted", "");
    assert_eq!(marker.header("Nats-Marker-Reason").as_deref(), Some("MaxAge"));
}

fn ends_where_there_are_none(t: &mut Stage) {
    bucket(t, 1);
    let error = |code: u64, text: &str| json!({"code": 400, "err_code": code, "description": text});
    let disabled = error(10166, "per-message TTL is disabled");
    assert_eq!(put(t, "a", &["Nats-TTL: 5s"], "x")["error"], disabled);
    let invalid = error(10165, "invalid per-message TTL");
    for ttl in ["500ms", "0", "soon"] {
        assert_eq!(put(t, "a", &[&format!("Nats-TTL: {ttl}")], "x")["error"], invalid, "{ttl}");
    }
}

fn no_such_bucket(t: &mut Stage) {
    assert_eq!(t.request("$KV.B.a", "x").status(), "503");
    assert_eq!(t.request("$JS.API.DIRECT.GET.KV_B.$KV.B.a", "").status(), "503");
    assert_eq!(t.api_error("STREAM.MSG.GET.KV_B", json!({"last_by_subj": "$KV.B.a"}))["err_code"], json!(10059));
    assert_eq!(t.api_error("STREAM.INFO.KV_B", json!(null))["err_code"], json!(10059));
}

fn bucket_names(t: &mut Stage) {
    bucket(t, 1);
    store(t);
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s.>"]}));
    let names = t.api_ok("STREAM.NAMES", json!({"subject": "$KV.*.>"}));
    assert_has(&names, json!({"total": 1, "streams": ["KV_B"]}));
    let stores = t.api_ok("STREAM.NAMES", json!({"subject": "$O.*.C.>"}));
    assert_has(&stores, json!({"total": 1, "streams": ["OBJ_F"]}));
    let list = t.api_ok("STREAM.LIST", json!({"subject": "$KV.*.>"}));
    assert_eq!(list["streams"][0]["config"]["name"], json!("KV_B"));
}

fn bucket_status(t: &mut Stage) {
    let mut config = bucket_config(5);
    config["max_age"] = json!(3_600_000_000_000u64);
    config["compression"] = json!("s2");
    config["metadata"] = json!({"owner": "me"});
    t.api_ok("STREAM.CREATE.KV_B", config);
    for value in ["one", "two"] {
        revision(t, "a", &[], value);
    }
    let info = t.api_ok("STREAM.INFO.KV_B", json!(null));
    // 22 + 7 for the subject + 3 for the value + 8, twice.
    assert_has(&info["state"], json!({"messages": 2, "bytes": 80, "num_subjects": 1}));
    let config = json!({"max_msgs_per_subject": 5, "max_age": 3_600_000_000_000u64, "compression": "s2",
        "metadata": {"owner": "me"}, "duplicate_window": 120_000_000_000u64});
    assert_has(&info["config"], config);
}

fn copied(t: &mut Stage, stream: &str) {
    for _ in 0..100 {
        if t.api_ok(&format!("STREAM.INFO.{stream}"), json!(null))["state"]["messages"] != json!(0) {
            return;
        }
        t.advance(Duration::from_millis(50));
    }
    panic!("{stream} stays empty");
}

fn mirrored_bucket(t: &mut Stage) {
    bucket(t, 1);
    revision(t, "a", &[], "1");
    let mut config = bucket_config(1);
    config["name"] = json!("KV_M");
    config.as_object_mut().expect("an object").remove("subjects");
    config["mirror"] = json!({"name": "KV_B"});
    config["mirror_direct"] = json!(true);
    t.api_ok("STREAM.CREATE.KV_M", config);
    copied(t, "KV_M");
    // The keys of a mirror keep the name of the bucket they come from.
    assert_eq!(messages(t, "KV_M"), json!({"$KV.B.a": 1}));
    assert_eq!(t.request("$JS.API.DIRECT.GET.KV_M.$KV.B.a", "").text(), "1");
    assert_eq!(t.request("$KV.M.a", "x").status(), "503");
}

fn sourced_bucket(t: &mut Stage) {
    bucket(t, 1);
    revision(t, "a.b", &[], "1");
    let mut config = bucket_config(1);
    config["name"] = json!("KV_S");
    config["subjects"] = json!(["$KV.S.>"]);
    let transforms = json!([{"src": "$KV.B.>", "dest": "$KV.S.>"}]);
    config["sources"] = json!([{"name": "KV_B", "subject_transforms": transforms}]);
    t.api_ok("STREAM.CREATE.KV_S", config);
    copied(t, "KV_S");
    assert_eq!(messages(t, "KV_S"), json!({"$KV.S.a.b": 1}));
    assert_eq!(t.request("$JS.API.DIRECT.GET.KV_S.$KV.S.a.b", "").text(), "1");
    assert_eq!(t.request("$KV.S.own", "x").json(), json!({"stream": "KV_S", "seq": 2}));
}

fn sizes_only(t: &mut Stage) {
    bucket(t, 1);
    revision(t, "a", &["A: 1"], "twelve bytes");
    revision(t, "b", &[], "");
    let mut c = listener(t);
    let own = json!({"deliver_policy": "last_per_subject", "filter_subject": "$KV.B.>", "headers_only": true});
    watcher(t, "w", "KV_B", own);
    let a = c.expect_message("$KV.B.a");
    assert_eq!((a.header_text().as_str(), a.text().as_str()), ("NATS/1.0\r\nA: 1\r\nNats-Msg-Size: 12\r\n\r\n", ""));
    let b = c.expect_message("$KV.B.b");
    assert_eq!((b.header_text().as_str(), b.text().as_str()), ("NATS/1.0\r\nNats-Msg-Size: 0\r\n\r\n", ""));
}

fn no_such_object(t: &mut Stage) {
    store(t);
    let missing = t.api_error("STREAM.MSG.GET.OBJ_F", json!({"last_by_subj": "$O.F.M.Zg=="}));
    assert_eq!(missing, json!({"code": 404, "err_code": 10037, "description": "no message found"}));
    assert_eq!(t.request("$JS.API.DIRECT.GET.OBJ_F.$O.F.M.Zg==", "").status(), "404 Message Not Found");
}

fn newest_of_all(t: &mut Stage) {
    store(t);
    put_object(t, "N1", "YQ==", 10);
    put_object(t, "N2", "Yg==", 10);
    let newest = t.api_ok("STREAM.MSG.GET.OBJ_F", json!({"last_by_subj": "$O.F.M.>"}));
    assert_has(&newest["message"], json!({"subject": "$O.F.M.Yg==", "seq": 4}));
    let direct = t.request("$JS.API.DIRECT.GET.OBJ_F.$O.F.M.>", "");
    assert_eq!(direct.header("Nats-Subject").as_deref(), Some("$O.F.M.Yg=="));
    let direct = t.request("$JS.API.DIRECT.GET.OBJ_F", r#"{"last_by_subj":"$O.F.M.>"}"#);
    assert_eq!(direct.header("Nats-Sequence").as_deref(), Some("4"));
}

fn sealed_store(t: &mut Stage) {
    store(t);
    put_object(t, "N1", "YQ==", 200_000);
    let mut config = t.api_ok("STREAM.INFO.OBJ_F", json!(null))["config"].clone();
    config["sealed"] = json!(true);
    let sealed = t.api_ok("STREAM.UPDATE.OBJ_F", config);
    let flags = json!({"sealed": true, "deny_delete": true, "deny_purge": true, "allow_rollup_hdrs": false});
    assert_has(&sealed["config"], flags);
    let refused = json!({"code": 400, "err_code": 10109, "description": "invalid operation on sealed stream"});
    assert_eq!(t.request("$O.F.C.N2", "x").json()["error"], refused);
    assert_eq!(t.request_with("$O.F.M.Yg==", &["Nats-Rollup: sub"], "{}").json()["error"], refused);
    assert_eq!(t.api_error("STREAM.PURGE.OBJ_F", json!({"filter": "$O.F.C.N1"})), refused);
    assert_eq!(t.request("$JS.API.DIRECT.GET.OBJ_F.$O.F.M.YQ==", "").json()["nuid"], json!("N1"));
    let mut c = listener(t);
    assert_eq!(watcher(t, "w", "OBJ_F", json!({"deliver_policy": "all", "filter_subject": "$O.F.C.N1"})), 2);
    assert_eq!(c.expect_message("$O.F.C.N1").payload.len(), 131_072);
    assert_eq!(c.expect_message("$O.F.C.N1").payload.len(), 200_000 - 131_072);
    let durable = json!({"stream_name": "OBJ_F", "config": {"durable_name": "d", "ack_policy": "explicit"}});
    t.api_ok("CONSUMER.DURABLE.CREATE.OBJ_F.d", durable);
    let chunk = t.request("$JS.API.CONSUMER.MSG.NEXT.OBJ_F.d", "1");
    assert_eq!(t.request(chunk.reply().expect("an ack subject"), "+ACK").text(), "");
    assert_eq!(t.api_ok("CONSUMER.INFO.OBJ_F.d", json!(null))["num_ack_pending"], json!(0));
}

fn renamed_object(t: &mut Stage) {
    store(t);
    put_object(t, "N1", "YQ==", 10);
    // A new description: the card is written anew, the chunks stay.
    write_card(t, "YQ==", &json!({"bucket": "F", "nuid": "N1", "size": 10, "chunks": 1, "description": "new"}));
    assert_eq!(messages(t, "OBJ_F"), json!({"$O.F.C.N1": 1, "$O.F.M.YQ==": 1}));
    // A new name: another card, and the old one goes.
    write_card(t, "Yg==", &json!({"bucket": "F", "nuid": "N1", "size": 10, "chunks": 1}));
    assert_eq!(t.api_ok("STREAM.PURGE.OBJ_F", json!({"filter": "$O.F.M.YQ=="}))["purged"], json!(1));
    assert_eq!(messages(t, "OBJ_F"), json!({"$O.F.C.N1": 1, "$O.F.M.Yg==": 1}));
}

fn links(t: &mut Stage) {
    store(t);
    put_object(t, "N1", "YQ==", 10);
    for (card, link) in [("Yg==", json!({"bucket": "F", "name": "a"})), ("Yw==", json!({"bucket": "G"}))] {
        let body = json!({"bucket": "F", "nuid": "L", "size": 0, "chunks": 0, "options": {"link": link}});
        write_card(t, card, &body);
        let direct = t.request(&format!("$JS.API.DIRECT.GET.OBJ_F.$O.F.M.{card}"), "");
        assert_eq!(direct.json(), body);
    }
    let all = json!({"$O.F.C.N1": 1, "$O.F.M.YQ==": 1, "$O.F.M.Yg==": 1, "$O.F.M.Yw==": 1});
    assert_eq!(messages(t, "OBJ_F"), all);
}

fn names_with_padding(t: &mut Stage) {
    store(t);
    let mut c = t.modern();
    c.send("SUB $O.F.M.* 1\r\nSUB $O.F.M.Zg== 2");
    c.flush();
    write_card(t, "Zg==", &json!({"nuid": "N1"}));
    let mut sids = [c.expect_message("$O.F.M.Zg==").sid().to_owned(), c.expect_message("$O.F.M.Zg==").sid().to_owned()];
    sids.sort();
    assert_eq!(sids, ["1", "2"]);
    assert_eq!(messages(t, "OBJ_F"), json!({"$O.F.M.Zg==": 1}));
    assert_eq!(t.api_ok("STREAM.NAMES", json!({"subject": "$O.F.M.Zg=="}))["streams"], json!(["OBJ_F"]));
}
