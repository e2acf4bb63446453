//! How a connection begins, lives and ends: rows C-001 to C-034.

use crate::support::Stage;
use crate::support::runner::{Row, row};

pub const ROWS: &[Row] = &[row("C-002", second_info)];

fn second_info(t: &mut Stage) {
    let mut c = t.raw();
    c.expect_start("INFO {");
    c.send(r#"CONNECT {"verbose":false,"protocol":1}"#);
    c.send("PING");
    c.expect("PONG");
    let info = c.expect_start("INFO {").line;
    assert!(info.contains(r#""connect_info":true"#) && info.contains(r#""remote_account":"$G""#), "{info}");
    c.send("PING");
    c.expect("PONG");
    c.expect_nothing();
}
