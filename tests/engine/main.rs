//! The server as its clients see it.

use bytes::Bytes;
use jetlab::engine::{ConnId, Engine, Input, Options, Output};
use jetlab::time::Timestamp;

#[test]
fn publishes_reach_subscribers() {
    let mut engine = Engine::new(Options::default(), Timestamp::from_secs(1));
    let conn = ConnId(1);
    engine.handle(Timestamp::from_secs(1), Input::Open { conn });
    let bytes = Bytes::from_static(b"CONNECT {\"verbose\":false,\"protocol\":1}\r\nSUB a.* 1\r\nPUB a.b 2\r\nhi\r\nPING\r\n");
    let mut text = Vec::new();
    for output in engine.handle(Timestamp::from_secs(1), Input::Received { conn, bytes }) {
        if let Output::Send { op, .. } = output {
            op.encode(&mut text);
        }
    }
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("MSG a.b 1 2\r\nhi\r\nPONG\r\nINFO {"), "{text}");
}
