//! `nats server check request`: whether a service answers, with what, and how fast.

use super::verdict::Check;
use crate::commands::pattern::Pattern;
use crate::commands::{Context, Matches};
use crate::protocol::{Headers, Message};
use crate::time::format_go_duration;
use std::time::Duration;

pub(super) async fn request(context: &Context, matches: &Matches, check: &mut Check) {
    if check.name.is_empty() {
        return check.say(2, "no subject specified");
    }
    let mut message = Message::new(check.name.as_str(), matches.text("payload").to_owned());
    // As the real CLI: headers that were to match are sent along, and nothing is compared.
    let headers: Vec<(&str, &str)> = [matches.pairs("headers"), matches.pairs("match-headers")].concat();
    if !headers.is_empty() {
        let mut all = Headers::new();
        headers.into_iter().for_each(|(name, value)| all.append(name, value));
        message.headers = Some(all);
    }
    let sent_at = context.now();
    let answer = context.client.request(message, matches.timeout()).await;
    let took = context.now().since(sent_at);
    let [warn, critical] = ["response-warn", "response-critical"].map(|flag| matches.duration(flag));
    let rounded = Duration::from_millis((took.as_micros() as u64 + 500) / 1000);
    let limits = ["response-warn", "response-critical"].map(|flag| matches.seconds(flag));
    check.limited("time", rounded.as_secs_f64(), "s", limits[0], limits[1]);
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return check.say(2, format!("could not send request: {error}")),
    };
    if !matches.text("match-payload").is_empty() {
        match Pattern::parsed(matches.text("match-payload")) {
            Ok(pattern) if pattern.is_match(&String::from_utf8_lossy(&answer.payload)) => {}
            Ok(_) => check.say(2, "response does not match regexp"),
            Err(problem) => return check.say(2, format!("content regex compile failed: {problem}")),
        }
    }
    let is_beyond = |limit: Duration| !limit.is_zero() && took > limit;
    let sentence = || format!("response took {}", format_go_duration(rounded));
    if is_beyond(critical) {
        check.say(2, sentence());
    } else if is_beyond(warn) {
        check.say(1, sentence());
    }
    if check.sentences[1].is_empty() && check.sentences[2].is_empty() {
        check.say(0, "Valid response");
    }
}
