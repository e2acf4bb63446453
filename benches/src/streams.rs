//! Publishing to a stream and reading from it, through the server's front door.

use crate::server::{Server, published};
use crate::{Finished, Prepared};
use bytes::Bytes;

/// As many as a client may have unanswered by default, several times over.
const BATCH: u64 = 100;

/// Publishes `n` messages of 128 bytes, each answered, past consumers that want other subjects.
pub fn publish(strangers: u64, n: u64) -> Prepared {
    let mut server = with_stream();
    for number in 0..strangers {
        let filter = format!("orders.other.{number}");
        add_consumer(&mut server, &format!("c{number}"), &filter);
    }
    let order = published("orders.new", Some("_INBOX.ack"), &[b'x'; 128]);
    // After consumers changed, the first message lets the stream sort out who wants what.
    server.say(order.clone()).for_each(drop);
    Box::new(move || {
        let mut acks = 0;
        for _ in 0..n {
            // "No responders" has no body.
            acks += server.say(order.clone()).filter(|answer| !answer.payload.is_empty()).count() as u64;
        }
        assert_eq!(acks, n, "each publish is answered once");
        assert_eq!(stored(&mut server), n + 1, "each message is in the stream");
        Finished::new(acks, server)
    })
}

/// Subscribes and unsubscribes `n` times; none of the consumers delivers there.
pub fn come_and_go(strangers: u64, n: u64) -> Prepared {
    let mut server = with_stream();
    for number in 0..strangers {
        add_consumer(&mut server, &format!("c{number}"), "orders.>");
    }
    let order = Bytes::from_static(b"SUB some.inbox 7\r\nPUB some.inbox 0\r\n\r\nUNSUB 7\r\n");
    Box::new(move || {
        let heard: u64 = (0..n).map(|_| server.say(order.clone()).count() as u64).sum();
        assert_eq!(heard, n, "each subscription heard its message");
        Finished::new(heard, server)
    })
}

/// Fetches `n` stored messages in batches and acknowledges each.
pub fn pull_and_ack(n: u64) -> Prepared {
    let mut server = with_stream();
    add_consumer(&mut server, "worker", "orders.>");
    let order = published("orders.new", None, &[b'x'; 128]);
    for _ in 0..n {
        server.say(order.clone()).for_each(drop);
    }
    Box::new(move || {
        let mut acked = 0;
        while acked < n {
            let batch = BATCH.min(n - acked);
            let body = format!("{{\"batch\":{batch}}}");
            let pull = published("$JS.API.CONSUMER.MSG.NEXT.S.worker", Some("_INBOX.pull"), body.as_bytes());
            let delivered: Vec<_> = server.say(pull).filter_map(|message| message.reply).collect();
            assert_eq!(delivered.len() as u64, batch, "the batch comes at once");
            for reply in &delivered {
                server.say(published(reply.as_str(), None, b"+ACK")).for_each(drop);
            }
            acked += batch;
        }
        let info = server.ask("CONSUMER.INFO.S.worker", "");
        assert!(info.contains("\"num_ack_pending\":0"), "each is acknowledged: {info}");
        Finished::new(acked, server)
    })
}

fn with_stream() -> Server {
    let mut server = Server::new();
    server.ask("STREAM.CREATE.S", r#"{"name":"S","subjects":["orders.>"],"storage":"memory","num_replicas":1}"#);
    server
}

fn add_consumer(server: &mut Server, name: &str, filter: &str) {
    let config = format!(r#"{{"durable_name":"{name}","ack_policy":"explicit","filter_subject":"{filter}"}}"#);
    let body = format!(r#"{{"stream_name":"S","config":{config}}}"#);
    server.ask(&format!("CONSUMER.DURABLE.CREATE.S.{name}"), &body);
}

fn stored(server: &mut Server) -> u64 {
    let info = server.ask("STREAM.INFO.S", "");
    let messages = info.split("\"messages\":").nth(1).unwrap_or_default();
    messages.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
