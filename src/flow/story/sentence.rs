//! The words of a line.

use super::entry::{Entry, Form};
use super::{Names, name_of};
use crate::engine::{AckKind, Draw, Fact, Origin, PullEnd, RemovalReason};
use crate::flow::settings;
use crate::flow::step::{Direction, LinkState, Stop, Traced, What};
use crate::flow::why::because;
use crate::flow::words::{count, figure, range};

/// What a line says. A sentence that stands for many messages says what it says of one, and how many there are.
pub fn text(entry: &Entry, names: &Names) -> String {
    match (entry.form, saying(entry, names)) {
        (_, Saying::Once(text)) => text,
        (Form::Sequences { from, to }, Saying::Many(before, after)) => {
            let noun = if from == to { "message" } else { "messages" };
            format!("{before} {noun} {}{after}", range(from, to))
        }
        (_, Saying::Many(before, after)) if entry.count == 1 => format!("{before} a message{after}"),
        (_, Saying::Many(before, after)) => format!("{before} {}{after}", count(entry.count, "message", "messages")),
    }
}

/// A sentence, or what stands around its messages.
enum Saying {
    Once(String),
    Many(String, String),
}

fn once(text: String) -> Saying {
    Saying::Once(text)
}

fn many(before: String, after: impl Into<String>) -> Saying {
    Saying::Many(before, after.into())
}

fn saying(entry: &Entry, names: &Names) -> Saying {
    let name = |conn| name_of(names, conn);
    match &entry.what {
        What::Link { conn, state: LinkState::Broken } => once(format!("The link of {} is cut.", name(*conn))),
        What::Link { conn, state: LinkState::Killed } => {
            once(format!("{} was killed in the middle of what it did.", name(*conn)))
        }
        What::Link { conn, .. } => once(format!("The link of {} is healed.", name(*conn))),
        What::Waiting { actor, messages } => {
            let what = if *messages == 1 {
                "1 message waits".to_owned()
            } else {
                format!("{} messages wait", figure(*messages))
            };
            once(format!("{what} in {actor} until it is connected again."))
        }
        What::Lost { actor, subject, direction, .. } => {
            let way = if *direction == Direction::ToServer { "from" } else { "to" };
            once(format!("A message on {subject} was lost on its way {way} {actor}."))
        }
        What::Effect { worker, stream, .. } => many(format!("{worker} did what"), format!(" of {stream} asked for.")),
        What::Unanswered { worker, stream, consumer, .. } => {
            many(format!("{worker} does not answer for"), format!(" of {stream} ({consumer})."))
        }
        What::Fact(Fact::Unsubscribed { conn, .. }) => {
            let subject = entry.stopped.as_deref().unwrap_or_default();
            once(format!("{} no longer listens on {subject}.", name(*conn)))
        }
        What::Fact(fact) => {
            client_saying(fact, names).or_else(|| stream_saying(fact)).unwrap_or_else(|| consumer_saying(fact, names))
        }
        What::Learnt { fact, .. } => learnt(fact).unwrap_or_else(|| consumer_saying(fact, names)),
        What::Distant => once(
            "The server is not in this page: its time is real, so it can neither be stopped nor taken back.".to_owned(),
        ),
        What::Traced(traced) => once(traced_saying(traced)),
        // Never a line, see `entry::form`.
        What::Actor { .. } | What::Sent { .. } | What::StreamIs { .. } | What::ConsumerIs { .. } => once(String::new()),
    }
}

/// What a message trace told of one place.
fn traced_saying(Traced { subject, is_only, stop, .. }: &Traced) -> String {
    let did = |did: &str, would: &str| if *is_only { format!("would {would}") } else { did.to_owned() };
    let what = match stop {
        Stop::Mapped { to } => format!("a message on {subject} {} on as {to}", did("went", "go")),
        Stop::Stored { stream, kept: true } => format!("{stream} {} a message on {subject}", did("stored", "store")),
        Stop::Stored { stream, kept: false } => {
            let did = did("did not keep", "not keep");
            format!("{stream} {did} a message on {subject}: nobody is interested")
        }
        Stop::Refused { stream, why } => {
            let who = stream.as_deref().unwrap_or("the server");
            format!("{who} {} a message on {subject} with \"{why}\"", did("refused", "refuse"))
        }
        Stop::Copy { to, subscription, queue, why } => {
            let listens = if subscription.is_empty() { String::new() } else { format!(" for {subscription}") };
            let group = if queue.is_empty() { String::new() } else { format!(" in group {queue}") };
            match why.as_str() {
                "" => format!("{to} {} a message on {subject}{listens}{group}", did("was sent", "be sent")),
                why => format!("{to} {} a message on {subject}{listens}{group}: {why}", did("did not get", "not get")),
            }
        }
        Stop::Nowhere => format!("nobody on this server {} a message on {subject}", did("wanted", "want")),
    };
    format!("By its trace, {what}.")
}

/// What is told of something that was there before anybody here knew of it.
fn learnt(fact: &Fact) -> Option<Saying> {
    Some(match fact {
        Fact::StreamCreated { stream, .. } => once(format!("There is a stream {stream}.")),
        Fact::ConsumerCreated { stream, consumer, .. } => once(format!("There is a consumer {consumer} on {stream}.")),
        Fact::Stored { stream, .. } => many(format!("{stream} holds"), "."),
        fact => return stream_saying(fact),
    })
}

fn client_saying(fact: &Fact, names: &Names) -> Option<Saying> {
    let name = |conn| name_of(names, conn);
    Some(match fact {
        Fact::Connected { conn, .. } => once(format!("{} connected.", name(*conn))),
        Fact::Disconnected { conn, reason } => {
            let because = because(*reason).map(|because| format!(" {because}")).unwrap_or_default();
            once(format!("{} is disconnected.{because}", name(*conn)))
        }
        Fact::Subscribed { conn, subject, queue, .. } => {
            let group = queue.as_ref().map(|queue| format!(" in group {queue}")).unwrap_or_default();
            once(format!("{} listens on {subject}{group}.", name(*conn)))
        }
        Fact::Published { origin: Origin::Client(conn), subject, .. } => match read_from(subject) {
            Some(stream) => many(format!("{} read", name(*conn)), format!(" of {stream}.")),
            None => many(format!("{} published", name(*conn)), format!(" on {subject}.")),
        },
        Fact::Delivered { conn, subject, draw, .. } => {
            let drawn = draw.as_deref().map(|Draw { queue, members }| {
                format!(", drawn among the {} of group {queue},", figure(members.len() as u64))
            });
            many(format!("{}{} was sent", name(*conn), drawn.unwrap_or_default()), format!(" on {subject}."))
        }
        Fact::Unwanted { subject, .. } => many("Nobody wanted".to_owned(), format!(" on {subject}: gone.")),
        Fact::NoResponders { conn, subject, .. } => {
            once(format!("Nobody answers on {subject}; {} was told at once.", name(*conn)))
        }
        Fact::Requested { conn, subject, error: Some(error), .. } => {
            let who = conn.map_or_else(|| "Somebody".to_owned(), name);
            once(match error.code {
                404 => format!("{} asked for {subject}: {}.", who, error.description),
                _ => format!("{who} asked for {subject}, and the server refused: {}.", error.description),
            })
        }
        _ => return None,
    })
}

fn stream_saying(fact: &Fact) -> Option<Saying> {
    Some(match fact {
        Fact::StreamCreated { stream, config } => {
            once(format!("Stream {stream} was created: {}.", settings::stream_summary(config)))
        }
        Fact::StreamUpdated { stream, .. } => once(format!("Stream {stream} was changed.")),
        Fact::StreamDeleted { stream } => once(format!("Stream {stream} was deleted.")),
        Fact::Stored { stream, .. } => many(format!("{stream} stored"), "."),
        Fact::NotKept { stream, .. } => many(format!("{stream} did not keep"), ": nobody is interested."),
        Fact::Duplicate { stream, stream_seq, .. } => {
            once(format!("{stream} refused a duplicate: it is message {} already.", figure(*stream_seq)))
        }
        Fact::Refused { stream, error, .. } => {
            many(format!("{stream} refused"), format!(" with \"{}\".", error.description))
        }
        Fact::Removed { stream, reason, .. } | Fact::RemovedMany { stream, reason, .. } => {
            many(format!("{stream} let go of"), removal(*reason))
        }
        _ => return None,
    })
}

fn consumer_saying(fact: &Fact, names: &Names) -> Saying {
    match fact {
        Fact::ConsumerCreated { stream, consumer, config, .. } => {
            once(format!("Consumer {consumer} was created on {stream}: {}.", settings::consumer_summary(config)))
        }
        Fact::ConsumerUpdated { consumer, .. } => once(format!("Consumer {consumer} was changed.")),
        Fact::ConsumerDeleted { consumer, .. } => once(format!("Consumer {consumer} was deleted.")),
        Fact::ConsumerPaused { consumer, until: Some(_), .. } => once(format!("Consumer {consumer} is paused.")),
        Fact::ConsumerPaused { consumer, until: None, .. } => once(format!("Consumer {consumer} goes on.")),
        Fact::PullWaiting { consumer, request, .. } => {
            let batch = count(request.batch.max(1) as u64, "message", "messages");
            once(format!("{consumer} was asked for {batch}."))
        }
        Fact::PullEnded { consumer, end, .. } => once(format!("A pull request at {consumer} {}.", pull_end(*end))),
        Fact::Dispatched { consumer, deliveries, .. } => {
            let attempt = if *deliveries > 1 { format!(", delivery {deliveries}.") } else { ".".to_owned() };
            many(format!("{consumer} delivered"), attempt)
        }
        Fact::Answered { consumer, kind, conn, .. } => {
            let who = conn.map_or_else(|| "Somebody".to_owned(), |conn| name_of(names, conn));
            let (did, after) = answer(kind);
            many(format!("{who} {did}"), format!("{after} ({consumer})."))
        }
        // Whether it is delivered once more or given up comes next.
        Fact::RedeliveryDue { consumer, .. } => many(format!("{consumer} has"), " back, unacknowledged."),
        Fact::GivenUp { stream, consumer, deliveries, .. } => {
            let times = count(*deliveries, "delivery", "deliveries");
            many(format!("{consumer} gave up on"), format!(" after {times}. Still stored: {stream}."))
        }
        Fact::Advisory { subject, stream, stream_seq: Some(seq), .. } => {
            once(format!("The server told about message {} of {stream} on {subject}.", figure(*seq)))
        }
        // Never a line, see `entry::form`.
        _ => once(String::new()),
    }
}

/// The stream a request reads a single message of.
pub fn read_from(subject: &str) -> Option<&str> {
    let rest = subject.strip_prefix("$JS.API.")?;
    let rest = rest.strip_prefix("STREAM.MSG.GET.").or_else(|| rest.strip_prefix("DIRECT.GET."))?;
    rest.split('.').next()
}

fn removal(reason: RemovalReason) -> &'static str {
    match reason {
        RemovalReason::Age => ": too old.",
        RemovalReason::Ttl => ": its time to live is over.",
        RemovalReason::Count => ": too many messages.",
        RemovalReason::Bytes => ": too many bytes.",
        RemovalReason::PerSubject => ": newer ones on the subject.",
        RemovalReason::Acked => ": acknowledged.",
        RemovalReason::NoInterest => ": nobody is interested.",
        RemovalReason::Purged => ": purged.",
        RemovalReason::Deleted => ": deleted.",
        RemovalReason::Rollup => ": rolled up.",
    }
}

/// What somebody did with a delivery: before and after the message.
pub fn answer(kind: &AckKind) -> (&'static str, &'static str) {
    match kind {
        AckKind::Ack | AckKind::Next => ("acknowledged", ""),
        AckKind::Nak { delay: None } => ("handed back", ""),
        AckKind::Nak { delay: Some(_) } => ("handed back", " for later"),
        AckKind::InProgress => ("is still working on", ""),
        AckKind::Term { .. } => ("terminated", ""),
    }
}

fn pull_end(end: PullEnd) -> &'static str {
    match end {
        PullEnd::Filled => "was filled",
        PullEnd::Expired => "expired",
        PullEnd::NoMessages => "found no messages",
        PullEnd::MaxBytes => "reached its size",
        PullEnd::NoInterest => "lost its asker",
        PullEnd::ConsumerDeleted => "ended with the consumer",
        PullEnd::Refused => "was refused",
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::{ConnId, Fact};
    use crate::flow::script::job_queue;
    use crate::flow::step::{How, Step, What};
    use crate::flow::story::{Filter, Kind, Story, entry};
    use crate::time::Timestamp;

    fn told(story: &mut Story, what: What) {
        let at = Timestamp::default();
        story.tell(&Step { ordinal: 1, at, arrives: at, message: None, edge: None, what, how: How::Told });
    }

    #[test]
    fn whatever_becomes_a_line_has_words_and_a_place_to_look() {
        let script = job_queue();
        for step in script.flow.steps() {
            let mut story = Story::named(script.flow.names());
            story.tell(step);
            let lines: Vec<String> = story.lines().map(|line| line.text()).collect();
            assert_eq!(lines.len(), usize::from(entry::form(&step.what).is_some()), "{step:?}");
            assert!(lines.iter().all(|line| line.len() > 10 && line.ends_with('.')), "{lines:?}");
            assert!(story.lines().all(|line| line.about().selection.is_some()), "{lines:?}");
        }
    }

    #[test]
    fn effects_are_counted_and_found_by_who_did_them() {
        let mut story = Story::default();
        for stream_seq in [3, 4, 5] {
            let (worker, key) = ("worker-1".to_owned(), format!("order {stream_seq}"));
            told(&mut story, What::Effect { worker, stream: "ORDERS".into(), stream_seq, key });
        }
        let filter = Filter {
            kind: Some(Kind::Answers),
            actor: Some("worker-1".into()),
            stream: Some("ORDERS".into()),
            ..Filter::default()
        };
        let lines: Vec<String> = story.lines().filter(|line| filter.takes(line)).map(|line| line.text()).collect();
        assert_eq!(lines, ["worker-1 did what messages 3 to 5 of ORDERS asked for."]);
        let other = Filter { actor: Some("worker-2".into()), ..Filter::default() };
        assert!(!story.lines().any(|line| other.takes(&line)));
    }

    #[test]
    fn who_does_not_answer_is_told_at_once_and_counted() {
        let mut story = Story::default();
        for (worker, stream_seq) in [("worker-1", 3), ("worker-1", 4), ("worker-2", 5)] {
            let (stream, consumer) = ("ORDERS".into(), "processor".into());
            told(&mut story, What::Unanswered { worker: worker.to_owned(), stream, consumer, stream_seq });
        }
        let lines: Vec<String> = story.lines().map(|line| line.text()).collect();
        let expected = [
            "worker-1 does not answer for messages 3 to 4 of ORDERS (processor).",
            "worker-2 does not answer for message 5 of ORDERS (processor).",
        ];
        assert_eq!(lines, expected);
        let filter = Filter { kind: Some(Kind::Trouble), actor: Some("worker-1".into()), ..Filter::default() };
        assert_eq!(story.lines().filter(|line| filter.takes(line)).count(), 1);
    }

    #[test]
    fn who_stops_listening_is_told_where_that_was_told() {
        let mut story = Story::default();
        for (sid, subject) in [(1_u64, "orders.>"), (2, "_INBOX.x.*")] {
            let (conn, sid, subject) = (ConnId(1), sid.into(), subject.into());
            told(&mut story, What::Fact(Fact::Subscribed { conn, sid, subject, queue: None }));
        }
        for sid in [2_u64, 1, 1] {
            told(&mut story, What::Fact(Fact::Unsubscribed { conn: ConnId(1), sid: sid.into() }));
        }
        let lines: Vec<String> = story.lines().map(|line| line.text()).collect();
        assert_eq!(lines, ["client 1 listens on orders.>.", "client 1 no longer listens on orders.>."]);
    }
}
