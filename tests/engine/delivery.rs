//! Who gets a message and who does not: rows C-035 to C-073.

use crate::support::runner::{Row, row};
use crate::support::{Client, Stage};
use jetlab::engine::Fact;
use std::collections::BTreeMap;

const QUIET: &str = r#"{"verbose":false,"pedantic":false}"#;
const HEADERS: &str = r#"{"verbose":false,"pedantic":false,"headers":true}"#;
const NO_ECHO: &str = r#"{"verbose":false,"echo":false,"headers":true,"no_responders":true}"#;

pub const ROWS: &[Row] = &[
    row("C-035 C-037", messages_arrive_whole),
    row("C-036", replies_arrive),
    row("C-038 C-039", headers_for_those_who_read_them),
    row("C-040", header_block_of_no_bytes),
    row("C-041", header_bytes_are_not_read),
    row("C-042", a_copy_for_each_subscription),
    row("C-043", no_echo),
    row("C-044", queue_group_shares),
    row("C-045", groups_and_plain_subscriptions),
    row("C-046", one_group_across_wildcards),
    row("C-047", queue_member_gone),
    row("C-048", unsubscribe),
    row("C-049", unsubscribe_after_two),
    row("C-050 C-051 C-052", unsubscribe_limits),
    row("C-053", sid_in_use),
    row("C-054", no_responders),
    row("C-055", no_responders_on_a_wildcard_inbox),
    row("C-056 C-059", no_responders_not_said),
    row("C-057", own_silent_subscription_is_nobody),
    row("C-058", no_responders_is_not_counted),
    row("C-060 C-061", odd_publish_subjects),
    row("C-062", pedantic_publish),
    row("C-063", invalid_subscriptions),
    row("C-064", stars_inside_tokens),
    row("C-065", what_wildcards_do_not_match),
    row("C-066", subjects_are_bytes),
    row("C-067 C-068", reserved_subjects),
    row("C-069", system_subjects_are_ordinary),
    row("C-071", reserved_queue_group),
    row("C-072", order_is_kept),
];

/// Reads until PONG; returns how many messages each sid got.
fn count(c: &mut Client) -> BTreeMap<String, usize> {
    c.send("PING");
    let mut counts = BTreeMap::new();
    loop {
        let frame = c.next();
        if frame.line == "PONG" {
            return counts;
        }
        *counts.entry(frame.sid().to_owned()).or_default() += 1;
    }
}

fn counts<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.into_iter().map(|(sid, count)| (sid.to_owned(), count)).collect()
}

fn messages_arrive_whole(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB a.b 1");
    c.send_bytes(b"PUB a.b 7\r\n\0\xff\r\n\x01 \n\r\n");
    let frame = c.expect_message("a.b");
    assert_eq!(frame.line, "MSG a.b 1 7");
    assert_eq!(frame.payload, b"\0\xff\r\n\x01 \n");
    c.send("PUB a.b 0\r\n");
    c.expect("MSG a.b 1 0\r\n");
    c.expect_nothing();
    if let Some(facts) = t.facts() {
        let messages: Vec<_> = facts.iter().filter_map(published).collect();
        let copies: Vec<_> = facts.iter().filter_map(delivered).collect();
        assert_eq!(messages, copies, "the copies are of the messages that were published");
        assert_eq!(messages.len(), 2);
    }
}

fn published(fact: &Fact) -> Option<u64> {
    if let Fact::Published { message, .. } = fact { Some(message.0) } else { None }
}

fn delivered(fact: &Fact) -> Option<u64> {
    if let Fact::Delivered { message, .. } = fact { Some(message.0) } else { None }
}

fn replies_arrive(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB a 1");
    c.send("PUB a _INBOX.x.y 2\r\nhi");
    c.expect("MSG a 1 _INBOX.x.y 2\r\nhi");
    // Not even looked at.
    c.send("PUB a re..ply.* 2\r\nhi");
    c.expect("MSG a 1 re..ply.* 2\r\nhi");
}

fn headers_for_those_who_read_them(t: &mut Stage) {
    let mut c = t.client(HEADERS);
    let mut old = t.client(QUIET);
    for client in [&mut c, &mut old] {
        client.send("SUB a 1");
        client.expect_nothing();
    }
    c.send("HPUB a r 18 20\r\nNATS/1.0\r\nA: 1\r\n\r\nhi");
    c.expect("HMSG a 1 r 18 20\r\nNATS/1.0\r\nA: 1\r\n\r\nhi");
    old.expect("MSG a 1 r 2\r\nhi");
}

fn header_block_of_no_bytes(t: &mut Stage) {
    let mut c = t.client(HEADERS);
    c.send("SUB a 1");
    c.send("HPUB a 0 2\r\nhi");
    c.expect("MSG a 1 2\r\nhi");
}

fn header_bytes_are_not_read(t: &mut Stage) {
    let mut c = t.client(HEADERS);
    c.send("SUB a 1");
    c.send("HPUB a 5 7\r\nhellohi");
    c.expect("HMSG a 1 5 7\r\nhellohi");
}

fn a_copy_for_each_subscription(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB a 1\r\nSUB a 2\r\nSUB > 3\r\nSUB b 4");
    c.publish("a", "hi");
    assert_eq!(count(&mut c), counts([("1", 1), ("2", 1), ("3", 1)]));
}

fn no_echo(t: &mut Stage) {
    let mut quiet = t.client(NO_ECHO);
    let mut other = t.client(QUIET);
    for client in [&mut quiet, &mut other] {
        client.send("SUB a 1\r\nSUB a group 2");
        client.expect_nothing();
    }
    for _ in 0..10 {
        quiet.publish("a", "hi");
    }
    quiet.expect_nothing();
    assert_eq!(count(&mut other), counts([("1", 10), ("2", 10)]));
    other.publish("a", "hi");
    assert_eq!(quiet.expect_message("a").text(), "hi");
}

fn queue_group_shares(t: &mut Stage) {
    let mut members = [t.client(QUIET), t.client(QUIET)];
    for member in &mut members {
        member.send("SUB jobs workers 1");
        member.expect_nothing();
    }
    let mut c = t.client(QUIET);
    for _ in 0..20 {
        c.publish("jobs", "");
    }
    c.expect_nothing();
    let [a, b] = members.map(|mut member| count(&mut member).into_values().sum::<usize>());
    assert_eq!(a + b, 20);
    // Once in half a million runs of a fair server.
    assert!(a > 0 && b > 0, "{a} and {b}");
}

fn groups_and_plain_subscriptions(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB a 1\r\nSUB a red 2\r\nSUB a blue 3\r\nSUB a red 4");
    for _ in 0..10 {
        c.publish("a", "hi");
    }
    let got = count(&mut c);
    let of = |sid: &str| got.get(sid).copied().unwrap_or(0);
    assert_eq!((of("1"), of("2") + of("4"), of("3")), (10, 10, 10));
}

fn one_group_across_wildcards(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB a group 1\r\nSUB * group 2\r\nSUB > group 3");
    for _ in 0..60 {
        c.publish("a", "hi");
    }
    let got = count(&mut c);
    assert_eq!(got.values().sum::<usize>(), 60);
    assert_eq!(got.len(), 3, "every member gets some: {got:?}");
}

fn queue_member_gone(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB a group 1");
    let mut leaver = t.client(QUIET);
    leaver.send("SUB a group 1");
    leaver.expect_nothing();
    drop(leaver);
    // The real server notices in its own time.
    t.advance(std::time::Duration::from_millis(50));
    for _ in 0..10 {
        c.publish("a", "hi");
    }
    assert_eq!(count(&mut c), counts([("1", 10)]));
}

fn unsubscribe(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB a 1");
    c.publish("a", "1");
    c.send("UNSUB 1");
    c.publish("a", "2");
    c.expect("MSG a 1 1\r\n1");
    c.expect_nothing();
}

fn unsubscribe_after_two(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB a 1\r\nUNSUB 1 2");
    for payload in ["1", "2", "3"] {
        c.publish("a", payload);
    }
    c.expect("MSG a 1 1\r\n1");
    c.expect("MSG a 1 1\r\n2");
    c.expect_nothing();
}

fn unsubscribe_limits(t: &mut Stage) {
    let mut c = t.client(QUIET);
    // Already received as many.
    c.send("SUB a 1");
    c.publish("a", "1");
    c.publish("a", "2");
    c.send("UNSUB 1 2");
    c.publish("a", "3");
    assert_eq!(count(&mut c), counts([("1", 2)]));
    // Raised before it is reached.
    c.send("SUB a 2\r\nUNSUB 2 1\r\nUNSUB 2 3");
    for _ in 0..5 {
        c.publish("a", "");
    }
    assert_eq!(count(&mut c), counts([("2", 3)]));
    // Not a number above zero: at once.
    c.send("SUB a 3\r\nUNSUB 3 0\r\nSUB a 4\r\nUNSUB 4 soon");
    c.publish("a", "");
    c.expect_nothing();
}

fn sid_in_use(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB a 1\r\nSUB b 1");
    c.publish("b", "no");
    c.publish("a", "yes");
    c.expect("MSG a 1 3\r\nyes");
    c.expect_nothing();
}

fn no_responders(t: &mut Stage) {
    let mut c = t.modern();
    c.send("SUB inbox 7");
    c.send("PUB nobody.here inbox 2\r\nhi");
    c.expect("HMSG inbox 7 43 43\r\nNATS/1.0 503\r\nNats-Subject: nobody.here\r\n\r\n");
    c.send("SUB nobody.here 8\r\nPUB nobody.here inbox 2\r\nhi");
    c.expect("MSG nobody.here 8 inbox 2\r\nhi");
    c.expect_nothing();
}

fn no_responders_on_a_wildcard_inbox(t: &mut Stage) {
    let mut c = t.modern();
    c.send("SUB inbox.* 7");
    c.send("PUB nobody inbox.42 0\r\n");
    c.expect("HMSG inbox.42 7 38 38\r\nNATS/1.0 503\r\nNats-Subject: nobody\r\n\r\n");
    c.expect_nothing();
}

fn no_responders_not_said(t: &mut Stage) {
    // To somebody whose inbox is a queue subscription, or who has none.
    let mut c = t.modern();
    c.send("SUB inbox group 7");
    c.send("PUB nobody inbox 0\r\n");
    c.send("PUB nobody elsewhere 0\r\n");
    c.send("PUB nobody 0\r\n");
    c.expect_nothing();
    // To somebody who did not ask for it.
    let mut c = t.client(HEADERS);
    c.send("SUB inbox 7");
    c.send("PUB nobody inbox 0\r\n");
    c.expect_nothing();
}

fn own_silent_subscription_is_nobody(t: &mut Stage) {
    let mut c = t.client(NO_ECHO);
    c.send("SUB inbox 1\r\nSUB service 2");
    c.send("PUB service inbox 0\r\n");
    assert_eq!(c.expect_message("inbox").status(), "503");
}

fn no_responders_is_not_counted(t: &mut Stage) {
    let mut c = t.modern();
    c.send("SUB inbox 1\r\nUNSUB 1 1");
    c.send("PUB nobody inbox 0\r\n");
    assert_eq!(c.expect_message("inbox").status(), "503");
    c.publish("inbox", "real");
    c.expect("MSG inbox 1 4\r\nreal");
    c.publish("inbox", "more");
    c.expect_nothing();
}

fn odd_publish_subjects(t: &mut Stage) {
    let mut c = t.modern();
    c.send("SUB foo.* 1\r\nSUB foo.> 2\r\nSUB foo.bar 3\r\nSUB > 4\r\nSUB inbox 5");
    c.publish("foo.*", "hi");
    assert_eq!(count(&mut c), counts([("1", 1), ("2", 1), ("4", 1)]));
    for subject in ["foo..bar", ".foo", "foo."] {
        c.publish(subject, "hi");
        c.expect_nothing();
        c.send(&format!("PUB {subject} inbox 0\r\n"));
        assert_eq!(c.expect_message("inbox").status(), "503", "{subject}");
    }
}

fn pedantic_publish(t: &mut Stage) {
    let mut c = t.client(r#"{"verbose":false,"pedantic":true}"#);
    c.send("SUB foo.> 1");
    for subject in ["foo.*", "foo.>"] {
        c.publish(subject, "hi");
        c.expect("-ERR 'Invalid Publish Subject'");
        assert_eq!(c.expect_message(subject).text(), "hi");
    }
    c.publish("foo..bar", "hi");
    c.expect("-ERR 'Invalid Publish Subject'");
    c.expect_nothing();
}

fn invalid_subscriptions(t: &mut Stage) {
    let mut c = t.client(r#"{"verbose":true}"#);
    for subject in ["foo..", ".foo", "foo.>.x", ".", "foo..bar"] {
        c.send(&format!("SUB {subject} 1"));
        c.expect("-ERR 'Invalid Subject'");
        c.expect_nothing();
    }
    c.send("SUB foo 1");
    c.expect("+OK");
}

fn stars_inside_tokens(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB foo* 1\r\nSUB foo.*bar 2\r\nSUB a.b>.c 3");
    for subject in ["foo*", "fooa", "foo.*bar", "foo.xbar", "a.b>.c", "a.bx.c"] {
        c.publish(subject, "");
    }
    assert_eq!(count(&mut c), counts([("1", 1), ("2", 1), ("3", 1)]));
}

fn what_wildcards_do_not_match(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB foo.* 1\r\nSUB foo.> 2");
    c.publish("foo", "");
    c.expect_nothing();
    c.publish("foo.bar.baz", "");
    assert_eq!(count(&mut c), counts([("2", 1)]));
    c.publish("foo.bar", "");
    assert_eq!(count(&mut c), counts([("1", 1), ("2", 1)]));
}

fn subjects_are_bytes(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB straße.Größe 1\r\nSUB Foo 2\r\nSUB 日本.* 3");
    c.publish("straße.Größe", "ü");
    c.expect("MSG straße.Größe 1 2\r\nü");
    c.publish("foo", "");
    c.publish("straße.größe", "");
    c.expect_nothing();
    c.publish("日本.東京", "x");
    c.expect("MSG 日本.東京 3 1\r\nx");
}

fn reserved_subjects(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB > 1");
    for reply in ["_R_.x", "$JS.ACK.x", "_GR_.x"] {
        c.send(&format!("PUB foo {reply} 2\r\nhi"));
        c.expect(&format!("-ERR 'Permissions Violation for Publish with Reply of \"{reply}\"'"));
        c.expect_nothing();
    }
    for subject in ["$NRG.x", "_GR_.x"] {
        c.publish(subject, "hi");
        c.expect(&format!("-ERR 'Permissions Violation for Publish to \"{subject}\"'"));
        c.expect_nothing();
    }
}

fn system_subjects_are_ordinary(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB $SYS.> 1");
    c.publish("$SYS.foo", "hi");
    c.expect("MSG $SYS.foo 1 2\r\nhi");
    c.expect_nothing();
}

fn reserved_queue_group(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB foo _sys_ 1");
    c.expect("-ERR 'Permissions Violation for Subscription to \"foo\" using queue \"_sys_\"'");
    c.publish("foo", "hi");
    c.expect_nothing();
}

fn order_is_kept(t: &mut Stage) {
    let mut reader = t.client(QUIET);
    reader.send("SUB a.> 1");
    reader.expect_nothing();
    let mut c = t.client(QUIET);
    for number in 0..1000 {
        c.publish(&format!("a.{}", number % 7), &number.to_string());
    }
    for number in 0..1000 {
        assert_eq!(reader.next().text(), number.to_string());
    }
}
