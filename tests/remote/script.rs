//! Line by line, against a server that is only a script: time is whatever the test says.

use bytes::Bytes;
use jetlab::client::message;
use jetlab::engine::ConnId;
use jetlab::playground::remote::{Ask, Reach, Server, Tell};
use jetlab::playground::{Input, Playground};
use jetlab::time::Timestamp;
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);
const INFO: &str = r#"INFO {"server_id":"S","server_name":"n1","version":"2.15.1","max_payload":1024,"headers":true}"#;

/// A playground with one terminal, and the pen of whoever plays its server.
struct Script {
    playground: Playground,
    now: Timestamp,
}

impl Script {
    fn at(urls: &[&str]) -> Script {
        let urls = urls.iter().map(|url| (*url).to_owned()).collect();
        let mut playground = Playground::far_away(7, STARTED, Server::at(urls));
        playground.input(Input::OpenTerminal { actor: "main".into() });
        Script { playground, now: STARTED }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.playground.advance_to(self.now);
    }

    /// Lets time pass until something is asked.
    fn asks(&mut self) -> Vec<Ask> {
        for _ in 0..10_000 {
            self.pass(Duration::from_millis(10));
            let asks: Vec<Ask> = self.playground.take_asks().into();
            if !asks.is_empty() {
                return asks;
            }
        }
        panic!("nothing is asked for")
    }

    fn dialled(&mut self) -> (ConnId, String) {
        match self.asks().pop() {
            Some(Ask::Dial { conn, url }) => (conn, url),
            other => panic!("no dial: {other:?}"),
        }
    }

    fn tell(&mut self, tell: Tell) {
        self.playground.told(self.now, tell);
        self.playground.settle();
    }

    fn says(&mut self, conn: ConnId, text: &str) {
        self.tell(Tell::Received { conn, bytes: Bytes::from(text.to_owned()) });
    }

    fn closes(&mut self, conn: ConnId) {
        self.tell(Tell::Closed { conn, why: "EOF".to_owned() });
    }

    /// What was sent since the last look, as text.
    fn sent(&mut self) -> String {
        self.playground.settle();
        let sent = self.playground.take_asks().into_iter().map(|ask| match ask {
            Ask::Send { bytes, .. } => String::from_utf8(bytes.to_vec()).expect("scripts are text"),
            other => format!("{other:?}\n"),
        });
        sent.collect()
    }

    /// The handshake of the next dial; returns the wire and where it leads.
    fn connects_with(&mut self, info: &str) -> (ConnId, String) {
        let (conn, url) = self.dialled();
        self.tell(Tell::Opened { conn });
        self.says(conn, &format!("{info}\r\n"));
        let sent = self.sent();
        assert!(sent.starts_with("CONNECT {") && sent.ends_with("PING\r\n"), "{sent}");
        self.says(conn, "PONG\r\n");
        assert_eq!(self.reach(), Reach::Connected);
        (conn, url)
    }

    fn connects(&mut self) -> ConnId {
        self.connects_with(INFO).0
    }

    fn reach(&self) -> Reach {
        self.playground.standing("main").expect("it has a line").reach
    }

    fn screen(&self) -> String {
        self.playground.terminal("main").expect("it was opened").transcript()
    }
}

#[test]
fn a_silent_server_is_left_after_three_tries() {
    let mut script = Script::at(&["ws://a:1"]);
    let conn = script.connects();
    // The first look finds that something was heard.
    let mut pings = 0;
    let hung_up = loop {
        match script.asks().pop() {
            Some(Ask::Send { bytes, .. }) if &bytes[..] == b"PING\r\n" => pings += 1,
            Some(ask) => break ask,
            None => {}
        }
    };
    assert_eq!((pings, hung_up), (2, Ask::HangUp { conn }));
    assert!(script.screen().contains(">>> Disconnected due to: stale connection, will attempt reconnect"));
    assert_eq!(script.now.since(STARTED).as_secs(), 80);
    assert_eq!(script.dialled().1, "ws://a:1");
}

#[test]
fn pings_of_the_server_are_answered_and_keep_the_line() {
    let mut script = Script::at(&["ws://a:1"]);
    let conn = script.connects();
    for _ in 0..12 {
        script.pass(Duration::from_secs(15));
        script.says(conn, "PING\r\n");
        assert_eq!(script.sent(), "PONG\r\n");
    }
    assert_eq!(script.reach(), Reach::Connected);
}

#[test]
fn attempts_come_at_growing_intervals_and_never_end() {
    let mut script = Script::at(&["ws://a:1"]);
    let conn = script.connects();
    script.closes(conn);
    let mut waits = Vec::new();
    for _ in 0..9 {
        let before = script.now;
        let (conn, _) = script.dialled();
        waits.push(script.now.since(before).as_millis() as u64);
        assert_eq!(script.reach(), Reach::Dialling);
        script.closes(conn);
        assert!(matches!(script.reach(), Reach::Waiting { .. }));
    }
    let least = [250, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000];
    for (wait, least) in waits.iter().zip(least) {
        assert!((least..=least * 3 / 2 + 10).contains(wait), "{waits:?}");
    }
    let late: Vec<u64> = waits[5..].to_vec();
    assert!(late.iter().any(|wait| *wait != late[0]), "no jitter: {waits:?}");
    // What is given up while it is on its way is told once, not with each attempt.
    assert_eq!(script.screen().matches("Disconnected").count(), 1, "{}", script.screen());
}

#[test]
fn the_next_address_is_tried_at_once() {
    let mut script = Script::at(&["ws://a:1", "ws://b:1", "ws://c:1"]);
    let (conn, url) = script.connects_with(INFO);
    assert_eq!(url, "ws://a:1");
    let lost = script.now;
    script.closes(conn);
    for expected in ["ws://b:1", "ws://c:1"] {
        let (conn, url) = script.dialled();
        assert_eq!(url, expected);
        script.closes(conn);
    }
    assert!(script.now.since(lost) < Duration::from_millis(200));
    let (_, url) = script.connects_with(INFO);
    assert_eq!(url, "ws://a:1");
    assert!(script.screen().contains("Reconnected [ws://a:1]"), "{}", script.screen());
}

#[test]
fn a_dial_and_a_handshake_have_their_time() {
    let mut script = Script::at(&["ws://a:1"]);
    let (conn, _) = script.dialled();
    let asked = script.now;
    assert_eq!(script.asks(), [Ask::HangUp { conn }]);
    // As exactly as the script looks.
    assert!(script.now.since(asked).as_millis().abs_diff(5000) <= 10);
    let Reach::Waiting { why, .. } = script.reach() else { panic!("not reached") };
    assert_eq!(why, "no answer in time");

    let (conn, _) = script.dialled();
    script.tell(Tell::Opened { conn });
    assert_eq!(script.asks(), [Ask::HangUp { conn }]);
    let Reach::Waiting { why, .. } = script.reach() else { panic!("not reached") };
    assert!(why.contains("NATS server"), "{why}");
    // Late news of an old wire are no news.
    script.tell(Tell::Opened { conn });
    script.says(conn, "INFO {}\r\nPONG\r\n");
    assert!(matches!(script.reach(), Reach::Waiting { .. }));
}

#[test]
fn what_is_no_protocol_ends_the_wire_and_panics_nowhere() {
    let mut script = Script::at(&["ws://a:1"]);
    let (conn, _) = script.dialled();
    script.tell(Tell::Opened { conn });
    script.says(conn, "HTTP/1.1 200 OK\r\n\r\n<html>");
    assert_eq!(script.sent(), format!("{:?}\n", Ask::HangUp { conn }));
    let Reach::Waiting { why, .. } = script.reach() else { panic!("not reached") };
    assert_eq!(why, "what it says is no NATS protocol");
}

#[test]
fn a_lame_duck_is_left_before_it_goes() {
    let mut script = Script::at(&["ws://a:1"]);
    let known = INFO.replace("\"headers\"", "\"connect_urls\":[\"a:1\",\"b:1\"],\"headers\"");
    let (conn, _) = script.connects_with(&known);
    let client = script.playground.client("main").unwrap();
    let _inbox = client.subscribe("orders.*", None).unwrap();
    assert_eq!(script.sent(), "SUB orders.* 1\r\n");

    client.publish(message("a", None, "x")).unwrap();
    script.says(
        conn,
        &format!("{}\r\n", INFO.replace("\"headers\"", "\"ldm\":true,\"connect_urls\":[\"b:1\"],\"headers\"")),
    );
    let sent = script.sent();
    // Said before the wire is hung up, so that it is not lost.
    assert_eq!(sent, format!("PUB a 1\r\nx\r\n{:?}\n", Ask::HangUp { conn }));
    let before = script.now;
    let (conn, url) = script.dialled();
    assert_eq!((url.as_str(), script.now.since(before) < Duration::from_millis(60)), ("ws://b:1", true));
    script.tell(Tell::Opened { conn });
    script.says(conn, &format!("{INFO}\r\nPONG\r\n"));
    assert!(script.sent().ends_with("SUB orders.* 1\r\n"));
    let screen = script.screen();
    assert!(screen.contains(">>> Server n1 is in lame duck mode, moving to ws://b:1"), "{screen}");
    assert!(screen.contains(">>> Reconnected [ws://b:1]"), "{screen}");
}

#[test]
fn a_lame_duck_without_company_is_used_to_the_end() {
    let mut script = Script::at(&["ws://a:1"]);
    let conn = script.connects();
    script.says(conn, &format!("{}\r\n", INFO.replace("\"headers\"", "\"ldm\":true,\"headers\"")));
    assert_eq!((script.sent(), script.reach()), (String::new(), Reach::Connected));
    assert!(script.screen().contains("no other server is known"));
}

#[test]
fn publishes_wait_for_the_wire_up_to_a_bound() {
    let mut script = Script::at(&["ws://a:1"]);
    let conn = script.connects();
    script.closes(conn);
    let client = script.playground.client("main").unwrap();
    let mut kept = 0;
    let refused = loop {
        match client.publish(message("a", None, vec![b'x'; 1000])) {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.to_string(), "nats: outbound buffer limit exceeded");
    assert_eq!(kept, 8 * 1024 * 1024 / 1001);
    script.connects();
    assert_eq!(script.sent().matches("PUB a 1000\r\n").count(), kept);
    assert!(script.screen().contains(&format!("{kept} messages that waited were sent")), "{}", script.screen());
}

#[test]
fn a_server_that_takes_less_is_not_sent_more() {
    let mut script = Script::at(&["ws://a:1"]);
    let conn = script.connects();
    script.closes(conn);
    let client = script.playground.client("main").unwrap();
    for size in [10, 500, 20] {
        client.publish(message("a", None, vec![b'x'; size])).unwrap();
    }
    script.connects_with(&INFO.replace("1024", "100"));
    let sent = script.sent();
    assert!(sent.contains("PUB a 10\r\n") && sent.contains("PUB a 20\r\n") && !sent.contains("PUB a 500"), "{sent}");
    assert_eq!(client.last_error().map(|error| error.to_string()).as_deref(), Some("nats: maximum payload exceeded"));
    assert!(client.publish(message("a", None, vec![b'x'; 101])).is_err());
}

#[test]
fn who_is_refused_does_not_knock_for_ever() {
    let mut script = Script::at(&["ws://a:1", "ws://b:1"]);
    for _ in 0..2 {
        let (conn, _) = script.dialled();
        script.tell(Tell::Opened { conn });
        script.says(conn, &format!("{INFO}\r\n-ERR 'Authorization Violation'\r\n"));
        script.sent();
        script.closes(conn);
    }
    assert_eq!(script.reach(), Reach::Refused { why: "nats: Authorization Violation".to_owned() });
    script.sent();
    script.pass(Duration::from_secs(600));
    assert_eq!(script.sent(), "");
}

#[test]
fn a_full_wire_is_left_alone_until_it_has_room() {
    let mut script = Script::at(&["ws://a:1"]);
    let conn = script.connects();
    script.playground.hold(conn, true);
    let client = script.playground.client("main").unwrap();
    client.publish(message("a", None, "x")).unwrap();
    assert_eq!(script.sent(), "");
    script.playground.hold(conn, false);
    assert_eq!(script.sent(), "PUB a 1\r\nx\r\n");
}

#[test]
fn a_wire_that_is_cut_on_purpose_stays_cut_until_it_is_mended() {
    let mut script = Script::at(&["ws://a:1"]);
    let conn = script.connects();
    script.playground.input(Input::Order { words: ["net", "cut", "main"].map(str::to_owned).into() });
    assert_eq!(script.sent(), format!("{:?}\n", Ask::HangUp { conn }));
    script.pass(Duration::from_secs(60));
    assert_eq!(script.sent(), "");
    script.playground.input(Input::Order { words: ["net", "heal", "main"].map(str::to_owned).into() });
    script.connects();
}

#[test]
fn who_leaves_says_what_was_said_and_hangs_up() {
    let mut script = Script::at(&["ws://a:1"]);
    let conn = script.connects();
    script.playground.client("main").unwrap().publish(message("a", None, "last words")).unwrap();
    script.playground.hang_up_all();
    assert_eq!(script.sent(), format!("PUB a 10\r\nlast words\r\n{:?}\n", Ask::HangUp { conn }));
    assert_eq!(script.playground.standing("main"), None);
}

#[test]
fn nothing_of_it_is_kept_as_a_session() {
    let mut script = Script::at(&["ws://a:1"]);
    script.connects();
    script.playground.input(Input::Line { actor: "main".into(), line: "nats pub a secret --token hush".into() });
    let session = script.playground.session();
    assert!(!session.is_whole());
    assert!(!session.to_json().contains("hush") && session.inputs.is_empty());
}
