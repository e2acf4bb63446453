//! `nats server check meta`, `server`, `credential`: what only a system account is told, and what a file tells.
//!
//! Differs from natscli: what a server tells a system account is not looked at.

use super::verdict::Check;
use crate::commands::{Context, Matches, Outcome};
use crate::protocol::Message;

/// Whether the server tells; if it does, what it says is not for a page.
pub(super) async fn told(context: &Context, matches: &Matches, check: &mut Check) -> Outcome {
    let (subject, what) = match matches.command().name {
        "meta" => ("$SYS.REQ.SERVER.PING.JSZ", "JSZ API request failed"),
        _ => ("$SYS.REQ.SERVER.PING.VARZ", "varz failed"),
    };
    match context.client.request(Message::new(subject, "{}"), matches.timeout()).await {
        Err(error) => {
            check.say(2, format!("{what}: {error}"));
            Ok(())
        }
        Ok(_) => Err(format!("not in the playground: server check {}", matches.command().name).into()),
    }
}

/// A JWT has three parts; what is in them is not read.
pub(super) fn credential(context: &Context, matches: &Matches, check: &mut Check) -> Outcome {
    let file = matches.text("credential");
    if [".", ".."].contains(&file) {
        check.say(2, "credential not accessible: is a directory");
        return Ok(());
    }
    let Some(bytes) = context.read_file(file) else {
        check.say(2, format!("credential not accessible: stat {file}: no such file or directory"));
        return Ok(());
    };
    let text = String::from_utf8_lossy(&bytes);
    if text.split_whitespace().any(|word| word.split('.').count() == 3) {
        return Err("not in the playground: reading credentials".into());
    }
    check.say(2, "invalid credential: expected 3 chunks");
    Ok(())
}
