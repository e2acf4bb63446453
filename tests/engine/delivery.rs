//! Who gets a message and who does not: rows C-035 to C-073.

use crate::support::Stage;
use crate::support::runner::{Row, row};

const QUIET: &str = r#"{"verbose":false,"pedantic":false}"#;

pub const ROWS: &[Row] = &[row("C-035 C-037", messages_arrive_whole)];

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
}
