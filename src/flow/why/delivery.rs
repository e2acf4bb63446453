//! How a message stands with a consumer, and why a consumer delivers nothing.

use super::{Why, consumer_setting, last_fact, name_of};
use crate::api::{AckPolicy, ReplayPolicy};
use crate::engine::{AckKind, Fact};
use crate::flow::Flow;
use crate::flow::scene::{CellState, ConsumerCell, ConsumerStrip, Strip};
use crate::flow::step::Step;
use crate::flow::words::{count, figure};
use crate::time::Timestamp;

pub fn why(flow: &Flow, strip: &Strip, consumer: &ConsumerStrip, seq: u64) -> Option<Why> {
    let cell = flow.timeline().now().delivery(&strip.name, &consumer.name, seq)?;
    let told = |is: &dyn Fn(&Fact) -> bool| last_fact(flow, |fact| names(fact, consumer, seq) && is(fact));
    Some(match cell.state {
        CellState::NotYetDelivered => not_yet(flow, consumer, seq),
        CellState::FilteredOut => filtered_out(flow, strip, consumer, seq),
        CellState::BeforeStart => {
            let why = "Never delivered by this consumer: it was stored before the place where the consumer starts.";
            Why::new(why).set_by(consumer_setting(consumer, "deliver_policy"))
        }
        CellState::InFlight { deadline, .. } => in_flight(flow, consumer, &cell, deadline),
        CellState::WaitingForRedelivery { until, .. } => waiting(flow, consumer, &cell, until),
        CellState::Acked => acked(flow, consumer, seq),
        CellState::Unknown => Why::new(
            "Not known: it was delivered, and what became of it went by on none of this page's connections. It is \
             answered for good once the ack floor has passed it.",
        ),
        CellState::GivenUp => {
            let times = count(cell.deliveries, "delivery", "deliveries");
            let are = if cell.deliveries == 1 { "is" } else { "are" };
            let why = format!(
                "Given up: {times} without an acknowledgement {are} as many as it may have. It is still stored."
            );
            Why::new(why)
                .because(told(&|fact| matches!(fact, Fact::GivenUp { .. })))
                .set_by(consumer_setting(consumer, "max_deliver"))
        }
        CellState::Terminated => {
            let step = told(&|fact| matches!(fact, Fact::Answered { kind: AckKind::Term { .. }, .. }));
            Why::new(format!("Terminated: {} said it is never to be delivered again{}.", who(flow, step), reason(step)))
                .because(step)
        }
    })
}

/// The facts about one message at one consumer.
fn names(fact: &Fact, consumer: &ConsumerStrip, seq: u64) -> bool {
    match fact {
        Fact::Dispatched { stream, consumer: name, stream_seq, .. }
        | Fact::Answered { stream, consumer: name, stream_seq, .. }
        | Fact::RedeliveryDue { stream, consumer: name, stream_seq }
        | Fact::GivenUp { stream, consumer: name, stream_seq, .. } => {
            *stream_seq == seq && *name == consumer.name && *stream == consumer.stream
        }
        _ => false,
    }
}

fn who(flow: &Flow, step: Option<&Step>) -> String {
    match step.and_then(|step| step.what.fact()) {
        Some(Fact::Answered { conn, .. }) => name_of(flow, *conn),
        _ => "somebody".to_owned(),
    }
}

fn reason(step: Option<&Step>) -> String {
    match step.and_then(|step| step.what.fact()) {
        Some(Fact::Answered { kind: AckKind::Term { reason: Some(reason) }, .. }) => format!(" ({reason})"),
        _ => String::new(),
    }
}

/// What holds deliveries up altogether, if something does.
fn held_up(flow: &Flow, consumer: &ConsumerStrip) -> Option<Why> {
    if let Some(until) = consumer.paused_until {
        let step = last_fact(flow, |fact| {
            matches!(fact, Fact::ConsumerPaused { stream, consumer: name, until: Some(_) }
                if *name == consumer.name && *stream == consumer.stream)
        });
        let why = Why::new(format!("{} is paused.", consumer.name)).because(step);
        return Some(why.until(Some(until), "it goes on"));
    }
    let limit = consumer.config.max_ack_pending_limit().filter(|_| consumer.config.ack_policy != AckPolicy::None);
    if let Some(max) = limit.filter(|max| consumer.num_ack_pending >= *max) {
        let unanswered = count(max, "message is", "messages are");
        let why = format!("{unanswered} delivered and unanswered, as many as may be: one has to be answered first.");
        return Some(
            Why::new(why)
                .set_by(consumer_setting(consumer, "max_ack_pending"))
                .until(earliest(consumer), "an ack wait ends"),
        );
    }
    if consumer.config.is_pull() {
        let asks_nobody = consumer.pulls.is_empty();
        return asks_nobody
            .then(|| Why::new("Nobody asks: no pull request is open.").set_by(consumer_setting(consumer, "mode")));
    }
    let subject = &consumer.config.deliver_subject;
    let setting = consumer_setting(consumer, "deliver_subject");
    (!flow.timeline().now().is_listened_on(subject))
        .then(|| Why::new(format!("Nobody listens on {subject}, where it delivers.")).set_by(setting))
}

/// When the first unanswered delivery comes back.
fn earliest(consumer: &ConsumerStrip) -> Option<Timestamp> {
    let deadlines = consumer.cells.iter().filter_map(|cell| match cell.state {
        CellState::InFlight { deadline, .. } => deadline,
        _ => None,
    });
    deadlines.min()
}

fn not_yet(flow: &Flow, consumer: &ConsumerStrip, seq: u64) -> Why {
    if let Some(why) = held_up(flow, consumer) {
        return Why { sentence: format!("Not yet delivered. {}", why.sentence), ..why };
    }
    let waiting = |cell: &&ConsumerCell| cell.seq < seq && cell.state == CellState::NotYetDelivered;
    let before = consumer.cells.iter().filter(waiting).count() as u64;
    if consumer.config.replay_policy == ReplayPolicy::Original {
        let why = "Not yet delivered: it is delivered at the pace at which messages were stored.";
        return Why::new(why).set_by(consumer_setting(consumer, "replay_policy"));
    }
    if consumer.config.rate_limit_bits_per_sec > 0 {
        let why = "Not yet delivered: the consumer may only send so much a second.";
        return Why::new(why).set_by(consumer_setting(consumer, "rate_limit_bps"));
    }
    match before {
        0 => Why::new("Not yet delivered: it is the next one."),
        _ => Why::new(format!("Not yet delivered: {} before it.", count(before, "message comes", "messages come"))),
    }
}

fn filtered_out(flow: &Flow, strip: &Strip, consumer: &ConsumerStrip, seq: u64) -> Why {
    let subject = flow.timeline().now().cell(&strip.name, seq).map(|cell| cell.subject.to_string()).unwrap_or_default();
    let filters = consumer.config.filters().join(" or ");
    Why::new(format!("Never delivered by this consumer: {subject} does not match {filters}."))
        .set_by(consumer_setting(consumer, "filter_subject"))
}

fn dispatched<'a>(flow: &'a Flow, consumer: &ConsumerStrip, seq: u64) -> Option<&'a Step> {
    last_fact(flow, |fact| matches!(fact, Fact::Dispatched { .. }) && names(fact, consumer, seq))
}

fn in_flight(flow: &Flow, consumer: &ConsumerStrip, cell: &ConsumerCell, deadline: Option<Timestamp>) -> Why {
    let actor = cell.worker.and_then(|worker| flow.timeline().now().actor_name(worker));
    let to = actor.map(|name| format!(" to {name}")).unwrap_or_default();
    let (wait, then) = (wait_setting(consumer), after(consumer, cell));
    if matches!(cell.last_answer, Some(AckKind::InProgress)) {
        let step = last_fact(flow, |fact| {
            names(fact, consumer, cell.seq) && matches!(fact, Fact::Answered { kind: AckKind::InProgress, .. })
        });
        let why = format!("In flight: {} is still working on it, and the wait began anew.", who(flow, step));
        return Why::new(why).because(step).set_by(wait).until(deadline, then);
    }
    let attempt = if cell.deliveries > 1 { format!(", delivery {}", figure(cell.deliveries)) } else { String::new() };
    Why::new(format!("In flight: delivered{to}{attempt}, and not answered yet."))
        .because(dispatched(flow, consumer, cell.seq))
        .set_by(wait)
        .until(deadline, then)
}

/// What follows when nobody answers.
fn after(consumer: &ConsumerStrip, cell: &ConsumerCell) -> &'static str {
    match consumer.config.max_deliver_limit() {
        Some(max) if cell.deliveries >= max => "without an answer it is given up",
        _ => "without an answer it is delivered again",
    }
}

fn wait_setting(consumer: &ConsumerStrip) -> Option<crate::flow::settings::Setting> {
    consumer_setting(consumer, "backoff").or_else(|| consumer_setting(consumer, "ack_wait"))
}

fn waiting(flow: &Flow, consumer: &ConsumerStrip, cell: &ConsumerCell, until: Option<Timestamp>) -> Why {
    let handed_back = matches!(cell.last_answer, Some(AckKind::Nak { .. }));
    let step = last_fact(flow, |fact| {
        names(fact, consumer, cell.seq)
            && if handed_back {
                matches!(fact, Fact::Answered { kind: AckKind::Nak { .. }, .. })
            } else {
                matches!(fact, Fact::RedeliveryDue { .. })
            }
    });
    if let Some(until) = until.filter(|_| handed_back) {
        let why = format!("Waiting to be redelivered: {} handed it back for later.", who(flow, step));
        return Why::new(why).because(step).until(Some(until), "it is due again");
    }
    let cause = match handed_back {
        true => format!("{} handed it back", who(flow, step)),
        false => "nobody answered in time".to_owned(),
    };
    let held =
        held_up(flow, consumer).filter(|why| why.setting.as_ref().is_none_or(|set| set.name != "max_ack_pending"));
    let setting = if handed_back { None } else { wait_setting(consumer) };
    let why = match &held {
        Some(held) => format!("Waiting to be redelivered: {cause}. {}", held.sentence),
        None => format!("Waiting to be redelivered: {cause}. It is among the next."),
    };
    Why::new(why)
        .because(step)
        .set_by(setting)
        .until(held.and_then(|held| held.deadline).map(|(at, _)| at), "it goes on")
}

fn acked(flow: &Flow, consumer: &ConsumerStrip, seq: u64) -> Why {
    if consumer.config.ack_policy == AckPolicy::None {
        return Why::new("Done: without acknowledgements, delivered is done.")
            .because(dispatched(flow, consumer, seq))
            .set_by(consumer_setting(consumer, "ack_policy"));
    }
    let is_ack = |fact: &Fact| matches!(fact, Fact::Answered { kind: AckKind::Ack | AckKind::Next, .. });
    if let Some(step) = last_fact(flow, |fact| names(fact, consumer, seq) && is_ack(fact)) {
        return Why::new(format!("Acknowledged by {}.", who(flow, Some(step)))).because(Some(step));
    }
    let later = flow.facts().find(|(_, fact)| is_ack(fact) && is_later(fact, consumer, seq)).map(|(step, _)| step);
    if let Some(step) = later.filter(|_| consumer.config.ack_policy == AckPolicy::All) {
        let why = format!(
            "Acknowledged: {} acknowledged a later message, which stands for this one, too.",
            who(flow, Some(step))
        );
        return Why::new(why).because(Some(step)).set_by(consumer_setting(consumer, "ack_policy"));
    }
    Why::new(format!("Settled: the ack floor, at message {}, has gone past it.", figure(consumer.ack_floor.stream_seq)))
}

fn is_later(fact: &Fact, consumer: &ConsumerStrip, seq: u64) -> bool {
    matches!(fact, Fact::Answered { stream, consumer: name, stream_seq, .. }
        if *stream_seq > seq && *name == consumer.name && *stream == consumer.stream)
}

/// Where a consumer stands as a whole.
pub fn standing(flow: &Flow, consumer: &ConsumerStrip) -> Why {
    let pending = count(consumer.num_pending, "message waits", "messages wait");
    if consumer.num_pending == 0 {
        let why = match consumer.num_ack_pending {
            0 => "Nothing to do: everything it wants was delivered and settled.".to_owned(),
            unanswered => {
                let unanswered = count(unanswered, "message is", "messages are");
                format!("Everything it wants was delivered; {unanswered} not answered yet.")
            }
        };
        return Why::new(why).until(earliest(consumer), "an ack wait ends");
    }
    match held_up(flow, consumer) {
        Some(why) => Why { sentence: format!("{pending}. {}", why.sentence), ..why },
        None => Why::new(format!("{pending} and will be delivered next.")),
    }
}
