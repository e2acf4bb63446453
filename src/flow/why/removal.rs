//! Why a message is gone.

use super::{Why, fact_of, last_fact, name_of, stream_setting};
use crate::engine::{AckKind, Fact, Name, RemovalReason};
use crate::flow::Flow;
use crate::flow::scene::Strip;
use crate::flow::settings::Setting;
use crate::flow::step::Step;
use crate::flow::words::{figure, range};
use crate::map::Map;

/// One answer for each reason among the sequences, by the newest of each.
pub fn why(flow: &Flow, strip: Option<&Strip>, stream: &Name, from: u64, to: u64) -> Vec<Why> {
    let mut newest: Map<RemovalReason, (&Step, u64, u64)> = Map::new();
    let mut not_kept: Option<(&Step, u64)> = None;
    for (step, fact) in flow.facts() {
        match fact {
            Fact::Removed { stream: of, stream_seq, reason } if of == stream && (from..=to).contains(stream_seq) => {
                let entry = newest.entry(*reason).or_insert((step, *stream_seq, 0));
                *entry = (step, *stream_seq, entry.2 + 1);
            }
            Fact::RemovedMany { stream: of, first_seq, last_seq, count, reason }
                if of == stream && *first_seq <= to && from <= *last_seq =>
            {
                let entry = newest.entry(*reason).or_insert((step, *last_seq, 0));
                *entry = (step, (*last_seq).min(to), entry.2 + count);
            }
            Fact::NotKept { stream: of, stream_seq, .. } if of == stream && (from..=to).contains(stream_seq) => {
                not_kept = Some((step, *stream_seq));
            }
            _ => {}
        }
    }
    let is_one = from == to;
    let mut answers: Vec<Why> = newest
        .iter()
        .map(|(reason, (step, seq, _))| removed(flow, strip, stream, *reason, step, *seq, is_one))
        .collect();
    answers.extend(not_kept.map(|(step, seq)| not_kept_because(strip, step, seq)));
    if answers.is_empty() {
        answers.push(Why::new(format!("{} gone too long ago to tell why.", range(from, to))));
    }
    answers
}

fn removed(
    flow: &Flow,
    strip: Option<&Strip>,
    stream: &Name,
    reason: RemovalReason,
    step: &Step,
    seq: u64,
    is_one: bool,
) -> Why {
    let set = |name: &str| strip.and_then(|strip| stream_setting(strip, name));
    let (sentence, setting) = match reason {
        RemovalReason::Age => (aged(flow, stream, seq, step), set("max_age")),
        RemovalReason::Ttl => {
            ("Removed: the time to live it brought along, Nats-TTL, was over.".to_owned(), set("allow_msg_ttl"))
        }
        RemovalReason::Count => (pushed_out(flow, stream, step, "too many messages"), set("max_msgs")),
        RemovalReason::Bytes => (pushed_out(flow, stream, step, "too many bytes"), set("max_bytes")),
        RemovalReason::PerSubject => {
            (pushed_out(flow, stream, step, "too many messages on its subject"), set("max_msgs_per_subject"))
        }
        RemovalReason::Acked => (acked(flow, stream, seq), set("retention")),
        RemovalReason::NoInterest => ("Removed: no consumer is left that wants it.".to_owned(), set("retention")),
        RemovalReason::Purged => (by_request(flow, step, "STREAM.PURGE.", "Purged"), None),
        RemovalReason::Deleted => (by_request(flow, step, "STREAM.MSG.DELETE.", "Deleted"), None),
        RemovalReason::Rollup => (rolled_up(flow, stream, step), set("allow_rollup_hdrs")),
    };
    let sentence = if is_one { sentence } else { format!("Message {}: {sentence}", figure(seq)) };
    Why::new(sentence).because(Some(step)).set_by(setting)
}

fn stored_at<'a>(flow: &'a Flow, of: &Name, seq: u64) -> Option<&'a Step> {
    last_fact(
        flow,
        |fact| matches!(fact, Fact::Stored { stream, stream_seq, .. } if stream == of && *stream_seq == seq),
    )
}

fn aged(flow: &Flow, stream: &Name, seq: u64, removed: &Step) -> String {
    let age = stored_at(flow, stream, seq).map(|stored| removed.at.since(stored.at));
    let lived = age.map(|age| format!(" It was stored {} before.", crate::flow::settings::span(coarse(age))));
    format!("Removed: it was too old.{}", lived.unwrap_or_default())
}

/// What a timer adds to an age says nothing.
fn coarse(age: std::time::Duration) -> std::time::Duration {
    match age.as_secs() {
        0..10 => std::time::Duration::from_millis(age.as_millis() as u64),
        secs => std::time::Duration::from_secs(secs),
    }
}

/// The message that came last before the removal pushed it out; without one a limit was lowered.
fn pushed_out(flow: &Flow, of: &Name, removed: &Step, what: &str) -> String {
    let before = flow.facts().rev().filter(|(step, _)| step.ordinal < removed.ordinal && step.at == removed.at);
    let newcomer = before.into_iter().find_map(|(_, fact)| match fact {
        Fact::Stored { stream, stream_seq, .. } if stream == of => Some(*stream_seq),
        _ => None,
    });
    match newcomer {
        Some(seq) => format!("Removed to make room for message {}: {what}.", figure(seq)),
        None => format!("Removed: {what} once the limit was lowered."),
    }
}

fn acked(flow: &Flow, of: &Name, seq: u64) -> String {
    let ack = last_fact(flow, |fact| {
        matches!(fact, Fact::Answered { stream, stream_seq, kind, .. }
            if stream == of && *stream_seq == seq && matches!(kind, AckKind::Ack | AckKind::Next | AckKind::Term { .. }))
    });
    match ack.and_then(fact_of) {
        Some(Fact::Answered { consumer, conn, kind: AckKind::Term { .. }, .. }) => {
            format!("Removed: {} terminated it at {consumer}, and nobody else wants it.", name_of(flow, *conn))
        }
        Some(Fact::Answered { consumer, conn, .. }) => {
            format!("Removed: {} acknowledged it at {consumer}, and nobody else wants it.", name_of(flow, *conn))
        }
        _ => "Removed: every consumer that wanted it has acknowledged it.".to_owned(),
    }
}

/// The request is told right after what it did.
fn by_request(flow: &Flow, removed: &Step, endpoint: &str, done: &str) -> String {
    let request = flow.facts().find(|(step, fact)| {
        step.ordinal > removed.ordinal
            && step.at == removed.at
            && matches!(fact, Fact::Requested { subject, .. } if subject.contains(endpoint))
    });
    match request {
        Some((_, Fact::Requested { conn, subject, .. })) => {
            format!("{done}: {} asked for it on {subject}.", name_of(flow, *conn))
        }
        _ => format!("{done}."),
    }
}

fn rolled_up(flow: &Flow, of: &Name, removed: &Step) -> String {
    let by = flow.facts().rev().find_map(|(step, fact)| match fact {
        Fact::Stored { stream, stream_seq, .. } if stream == of && step.ordinal < removed.ordinal => Some(*stream_seq),
        _ => None,
    });
    let by = by.map(|seq| format!("message {}", figure(seq))).unwrap_or_else(|| "a later message".to_owned());
    format!("Removed: {by} carried Nats-Rollup and replaced what came before it.")
}

fn not_kept_because(strip: Option<&Strip>, step: &Step, seq: u64) -> Why {
    let setting: Option<Setting> = strip.and_then(|strip| stream_setting(strip, "retention"));
    let why = format!("Message {} was taken and not kept: no consumer wants it.", figure(seq));
    Why::new(why).because(Some(step)).set_by(setting)
}
