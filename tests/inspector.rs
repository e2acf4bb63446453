//! Looking closer: why everything is as it is, figures that are the server's own, and lives of messages.

use jetlab::flow::inspect::{self, Moment};
use jetlab::flow::settings::span;
use jetlab::flow::{Selection, Why, why};
use jetlab::lessons::ScriptLine;
use jetlab::playground::{Input, Playground, script};
use jetlab::time::Timestamp;
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

/// One terminal, and what is typed there.
struct Bench {
    playground: Playground,
}

impl Bench {
    fn new(lines: &[&str]) -> Bench {
        let mut playground = Playground::new(7, STARTED, Duration::from_millis(2));
        playground.input(Input::OpenTerminal { actor: "alice".into() });
        let mut bench = Bench { playground };
        lines.iter().for_each(|line| bench.typed(line));
        bench
    }

    fn typed(&mut self, line: &str) {
        script::play(&mut self.playground, &[ScriptLine::Type { actor: "alice".into(), line: line.into() }]);
    }

    fn later(&mut self, millis: u64) {
        let later = self.playground.now() + Duration::from_millis(millis);
        self.playground.advance_to(later);
    }

    fn request(&mut self, subject: &str, payload: &str) -> String {
        let (actor, subject, payload) = ("alice".to_owned(), subject.to_owned(), payload.to_owned());
        self.playground.input(Input::Request { actor, subject: subject.clone(), payload });
        let request = self.playground.last_request();
        for _ in 0..100 {
            if let Some(answer) = self.playground.take_answer(request) {
                return String::from_utf8_lossy(&answer.expect("the server answers").payload).into_owned();
            }
            self.later(1);
        }
        panic!("{subject} was not answered");
    }

    fn why(&self, selection: &Selection) -> Vec<Why> {
        why(&self.playground.flow(), self.playground.now(), selection)
    }

    #[track_caller]
    fn is_because(&self, selection: Selection, expected: &[&str]) {
        let said: Vec<String> = self.why(&selection).iter().map(|why| self.text(why)).collect();
        assert_eq!(said, expected, "{selection:?}\n{}", self.screen());
    }

    /// Sentence, setting and deadline; that there is an event is asserted by `has_event`.
    fn text(&self, why: &Why) -> String {
        let setting = why.setting.as_ref().map(|set| format!(" [{} {}]", set.name, set.value)).unwrap_or_default();
        let left = |at: &Timestamp| span(Duration::from_secs(at.since(self.playground.now()).as_secs()));
        let deadline =
            why.deadline.as_ref().map(|(at, then)| format!(" <in {}: {then}>", left(at))).unwrap_or_default();
        format!("{}{setting}{deadline}", why.sentence)
    }

    fn screen(&self) -> String {
        self.playground.terminal("alice").map(|terminal| terminal.transcript()).unwrap_or_default()
    }

    /// The newest refusal of a stream.
    fn refusal(&self, stream: &str) -> Selection {
        let scene = self.playground.flow().scene(self.playground.now());
        let strip = scene.streams.iter().find(|strip| *strip.name == *stream).expect("the stream is there");
        let refusal = strip.refusal.as_ref().unwrap_or_else(|| panic!("nothing was refused\n{}", self.screen()));
        Selection::Refusal { stream: stream.into(), message: refusal.message }
    }
}

fn gone(stream: &str, seq: u64) -> Selection {
    Selection::Gap { stream: stream.into(), from: seq, to: seq }
}

fn at(stream: &str, consumer: &str, stream_seq: u64) -> Selection {
    Selection::Delivery { stream: stream.into(), consumer: consumer.into(), stream_seq }
}

fn message(stream: &str, stream_seq: u64) -> Selection {
    Selection::Message { stream: stream.into(), stream_seq }
}

fn consumer(stream: &str, consumer: &str) -> Selection {
    Selection::Consumer { stream: stream.into(), consumer: consumer.into() }
}

// Why it is gone.

#[test]
fn gone_for_its_age() {
    let bench =
        Bench::new(&["nats stream add S --subjects s --max-age 10s --defaults", "nats pub s 1", "lab clock +10s"]);
    bench.is_because(gone("S", 1), &["Removed: it was too old. It was stored 10s before. [max_age 10s]"]);
    assert!(bench.why(&gone("S", 1))[0].step.is_some());
}

#[test]
fn gone_for_its_own_time_to_live() {
    let bench = Bench::new(&[
        "nats stream add S --subjects s --allow-msg-ttl --defaults",
        "nats pub s 1 -H Nats-TTL:5s",
        "lab clock +6s",
    ]);
    let expected = "Removed: the time to live it brought along, Nats-TTL, was over. [allow_msg_ttl yes]";
    bench.is_because(gone("S", 1), &[expected]);
}

#[test]
fn gone_for_count_bytes_and_newer_ones() {
    let bench = Bench::new(&[
        "nats stream add N --subjects n --max-msgs 2 --defaults",
        "nats stream add B --subjects b --max-bytes 100 --defaults",
        "nats stream add P --subjects 'p.*' --max-msgs-per-subject 1 --defaults",
        "nats pub n x --count 3",
        "nats pub b 0123456789012345678901234567890123456789 --count 3",
        "nats pub p.a x --count 2",
    ]);
    bench.is_because(gone("N", 1), &["Removed to make room for message 3: too many messages. [max_msgs 2]"]);
    bench.is_because(gone("B", 1), &["Removed to make room for message 2: too many bytes. [max_bytes 100 B]"]);
    let newer = "Removed to make room for message 2: too many messages on its subject. [max_msgs_per_subject 1]";
    bench.is_because(gone("P", 1), &[newer]);
}

#[test]
fn gone_because_a_limit_was_lowered() {
    let bench = Bench::new(&[
        "nats stream add S --subjects s --defaults",
        "nats pub s x --count 5",
        "nats stream edit S --max-msgs 2 -f",
    ]);
    bench.is_because(gone("S", 1), &["Removed: too many messages once the limit was lowered. [max_msgs 2]"]);
}

#[test]
fn gone_because_somebody_acknowledged_or_terminated() {
    let bench = Bench::new(&[
        "nats stream add W --subjects w --retention work --defaults",
        "nats consumer add W c --pull --ack explicit --defaults",
        "nats pub w x --count 2",
        "nats consumer next W c --ack",
        "nats consumer next W c --term",
    ]);
    let work = "[retention workqueue]";
    bench
        .is_because(gone("W", 1), &[&format!("Removed: alice acknowledged it at c, and nobody else wants it. {work}")]);
    bench.is_because(gone("W", 2), &[&format!("Removed: alice terminated it at c, and nobody else wants it. {work}")]);
}

#[test]
fn gone_because_nobody_is_interested_any_more() {
    let bench = Bench::new(&[
        "nats stream add I --subjects i --retention interest --defaults",
        "nats pub i nobody",
        "nats consumer add I c --pull --ack explicit --defaults",
        "nats pub i x",
        "nats consumer rm I c -f",
    ]);
    bench.is_because(gone("I", 1), &["Message 1 was taken and not kept: no consumer wants it. [retention interest]"]);
    bench.is_because(gone("I", 2), &["Removed: no consumer is left that wants it. [retention interest]"]);
}

#[test]
fn gone_on_request() {
    let bench = Bench::new(&[
        "nats stream add S --subjects 's.*' --allow-rollup --defaults",
        "nats pub s.a x --count 4",
        "nats stream rmm S 2 -f",
        "nats stream purge S --seq 2 -f",
        "nats pub s.a y -H Nats-Rollup:sub",
    ]);
    bench.is_because(gone("S", 1), &["Purged: alice asked for it on $JS.API.STREAM.PURGE.S."]);
    bench.is_because(gone("S", 2), &["Deleted: alice asked for it on $JS.API.STREAM.MSG.DELETE.S."]);
    let rolled = "Removed: message 5 carried Nats-Rollup and replaced what came before it. [allow_rollup_hdrs yes]";
    bench.is_because(gone("S", 3), &[rolled]);
}

#[test]
fn a_gap_has_one_answer_for_each_reason() {
    let bench = Bench::new(&[
        "nats stream add S --subjects 's.*' --defaults",
        "nats pub s.a x --count 5",
        "nats stream rmm S 1 -f",
        "nats stream purge S --seq 4 -f",
    ]);
    let gap = Selection::Gap { stream: "S".into(), from: 1, to: 3 };
    bench.is_because(
        gap,
        &[
            "Message 3: Purged: alice asked for it on $JS.API.STREAM.PURGE.S.",
            "Message 1: Deleted: alice asked for it on $JS.API.STREAM.MSG.DELETE.S.",
        ],
    );
}

// Why it stands so with a consumer.

#[test]
fn not_delivered_because_nobody_asks() {
    let bench = Bench::new(&[
        "nats stream add S --subjects s --defaults",
        "nats consumer add S c --pull --ack explicit --defaults",
        "nats pub s x --count 2",
    ]);
    bench.is_because(at("S", "c", 2), &["Not yet delivered. Nobody asks: no pull request is open. [mode pull]"]);
    bench.is_because(consumer("S", "c"), &["2 messages wait. Nobody asks: no pull request is open. [mode pull]"]);
}

#[test]
fn not_delivered_because_too_many_are_unanswered() {
    let bench = Bench::new(&[
        "nats stream add S --subjects s --defaults",
        "nats consumer add S c --pull --ack explicit --wait 1m --max-pending 2 --defaults",
        "nats pub s x --count 4",
        "nats consumer next S c --count 2 --no-ack",
    ]);
    let held = "2 messages are delivered and unanswered, as many as may be: one has to be answered first. \
                [max_ack_pending 2] <in 56s: an ack wait ends>";
    bench.is_because(at("S", "c", 3), &[&format!("Not yet delivered. {held}")]);
    bench.is_because(consumer("S", "c"), &[&format!("2 messages wait. {held}")]);
}

#[test]
fn not_delivered_while_paused() {
    let bench = Bench::new(&[
        "nats stream add S --subjects s --defaults",
        "nats consumer add S c --pull --ack explicit --defaults",
        "nats pub s x",
        "nats consumer pause S c 1h -f",
    ]);
    bench.is_because(at("S", "c", 1), &["Not yet delivered. c is paused. <in 59m56s: it goes on>"]);
    assert!(bench.why(&at("S", "c", 1))[0].since.is_some(), "the pause is an event");
}

#[test]
fn not_delivered_because_nobody_listens() {
    let bench = Bench::new(&[
        "nats stream add S --subjects s --defaults",
        "nats consumer add S c --target to.me --ack explicit --deliver all --defaults",
        "nats pub s x",
    ]);
    let expected = "Not yet delivered. Nobody listens on to.me, where it delivers. [deliver_subject to.me]";
    bench.is_because(at("S", "c", 1), &[expected]);
}

#[test]
fn never_delivered_here() {
    let bench = Bench::new(&[
        "nats stream add S --subjects 's.*' --defaults",
        "nats pub s.a x",
        "nats consumer add S some --pull --filter s.b --ack explicit --defaults",
        "nats consumer add S new --pull --deliver new --ack explicit --defaults",
    ]);
    let filtered = "Never delivered by this consumer: s.a does not match s.b. [filter_subject s.b]";
    bench.is_because(at("S", "some", 1), &[filtered]);
    let before = "Never delivered by this consumer: it was stored before the place where the consumer starts. \
                  [deliver_policy new]";
    bench.is_because(at("S", "new", 1), &[before]);
}

#[test]
fn in_flight_and_due_again_and_given_up() {
    let mut bench = Bench::new(&[
        "nats stream add S --subjects s --defaults",
        "nats consumer add S c --pull --ack explicit --wait 30s --max-deliver 2 --defaults",
        "nats pub s x",
        "nats consumer next S c --no-ack",
    ]);
    let flight = "In flight: delivered to alice, and not answered yet. [ack_wait 30s]";
    bench.is_because(at("S", "c", 1), &[&format!("{flight} <in 26s: without an answer it is delivered again>")]);
    bench.later(30_000);
    let due =
        "Waiting to be redelivered: nobody answered in time. Nobody asks: no pull request is open. [ack_wait 30s]";
    bench.is_because(at("S", "c", 1), &[due]);
    bench.typed("nats consumer next S c --no-ack");
    let last = "In flight: delivered to alice, delivery 2, and not answered yet. [ack_wait 30s] \
                <in 26s: without an answer it is given up>";
    bench.is_because(at("S", "c", 1), &[last]);
    bench.later(31_000);
    bench.typed("nats consumer next S c --wait 1s");
    let given_up = "Given up: 2 deliveries without an acknowledgement are as many as it may have. It is still stored. \
                    [max_deliver 2]";
    bench.is_because(at("S", "c", 1), &[given_up]);
}

#[test]
fn handed_back_terminated_acknowledged() {
    let mut bench = Bench::new(&[
        "nats stream add S --subjects s --defaults",
        "nats consumer add S c --pull --ack explicit --wait 30s --defaults",
        "nats pub s x --count 3",
        "nats consumer next S c --term",
        "nats consumer next S c --ack",
        "nats consumer next S c --nak",
    ]);
    bench.is_because(at("S", "c", 1), &["Terminated: alice said it is never to be delivered again."]);
    bench.is_because(at("S", "c", 2), &["Acknowledged by alice."]);
    let nak = "Waiting to be redelivered: alice handed it back. Nobody asks: no pull request is open.";
    bench.is_because(at("S", "c", 3), &[nak]);
    let reply = ack_subject(&mut bench);
    bench.request(&reply, "-NAK {\"delay\": 20000000000}");
    let later = "Waiting to be redelivered: alice handed it back for later. <in 19s: it is due again>";
    bench.is_because(at("S", "c", 3), &[later]);
}

/// Takes the next message of `c` with a pull of its own, and tells where it wants its answer.
fn ack_subject(bench: &mut Bench) -> String {
    // The message comes under its own subject, which is no answer to a request.
    let (subject, payload) = ("$JS.API.CONSUMER.MSG.NEXT.S.c".to_owned(), "1".to_owned());
    bench.playground.input(Input::Request { actor: "alice".to_owned(), subject, payload });
    bench.later(10);
    let flow = bench.playground.flow();
    let reply = flow.wire().lines().rev().find_map(|line| {
        let reply = line.carried()?.reply.clone()?;
        reply.starts_with("$JS.ACK.").then(|| reply.to_string())
    });
    reply.expect("a delivery says where it wants its answer")
}

#[test]
fn still_worked_on() {
    let mut bench = Bench::new(&[
        "nats stream add S --subjects s --defaults",
        "nats consumer add S c --pull --ack explicit --wait 30s --defaults",
        "nats pub s x",
    ]);
    let reply = ack_subject(&mut bench);
    bench.later(10_000);
    bench.typed(&format!("nats pub '{reply}' '+WPI'"));
    let expected = "In flight: alice is still working on it, and the wait began anew. [ack_wait 30s] \
                    <in 26s: without an answer it is delivered again>";
    bench.is_because(at("S", "c", 1), &[expected]);
}

#[test]
fn acknowledged_by_policy() {
    let bench = Bench::new(&[
        "nats stream add S --subjects s --defaults",
        "nats consumer add S none --pull --ack none --defaults",
        "nats consumer add S c --pull --ack all --defaults",
        "nats pub s x --count 2",
        "nats consumer next S none",
        "nats consumer next S c --no-ack",
        "nats consumer next S c --ack",
    ]);
    bench.is_because(at("S", "none", 1), &["Done: without acknowledgements, delivered is done. [ack_policy none]"]);
    let all = "Acknowledged: alice acknowledged a later message, which stands for this one, too. [ack_policy all]";
    bench.is_because(at("S", "c", 1), &[all]);
    bench.is_because(consumer("S", "c"), &["Nothing to do: everything it wants was delivered and settled."]);
}

#[test]
fn backoff_is_named_where_it_decides() {
    let bench = Bench::new(&[
        "nats stream add S --subjects s --defaults",
        "nats consumer add S c --pull --ack explicit --backoff linear --backoff-steps 3 --backoff-min 10s \
         --backoff-max 1m --max-deliver 5 --defaults",
        "nats pub s x",
        "nats consumer next S c --no-ack",
    ]);
    let why = bench.why(&at("S", "c", 1));
    assert_eq!(why[0].setting.as_ref().map(|setting| setting.name), Some("backoff"), "{}", bench.screen());
}

// Why it is stored, and why it was not.

#[test]
fn stored_and_kept() {
    let bench = Bench::new(&[
        "nats stream add S --subjects s --max-age 1h --defaults",
        "nats stream add W --subjects w --retention work --defaults",
        "nats consumer add W c --pull --ack explicit --defaults",
        "nats pub s x",
        "nats pub w x",
    ]);
    bench.is_because(
        message("S", 1),
        &[
            "Stored because it was published on s, which this stream keeps. [subjects s]",
            "Still there because it is not old enough to go. [max_age 1h] <in 59m53s: it is removed: max_age>",
        ],
    );
    bench.is_because(
        message("W", 1),
        &[
            "Stored because it was published on w, which this stream keeps. [subjects w]",
            "Still there because c has not acknowledged it. [retention workqueue]",
        ],
    );
}

#[test]
fn refused_as_a_duplicate() {
    let bench = Bench::new(&[
        "nats stream add S --subjects s --dupe-window 2m --defaults",
        "nats pub -J s x -H Nats-Msg-Id:one",
        "nats pub -J s x -H Nats-Msg-Id:one",
    ]);
    let expected = "Refused as a duplicate: a message with the same Nats-Msg-Id was stored as message 1 and is \
                    remembered. The publisher got that sequence as its answer. [duplicate_window 2m] <in 1m53s: the id \
                    is forgotten>";
    bench.is_because(bench.refusal("S"), &[expected]);
}

#[test]
fn refused_because_it_is_full() {
    let bench = Bench::new(&[
        "nats stream add N --subjects n --discard new --max-msgs 1 --defaults",
        "nats stream add B --subjects b --discard new --max-bytes 50 --defaults",
        "nats stream add P --subjects 'p.*' --discard new --discard-per-subject --max-msgs-per-subject 1 --defaults",
        "nats stream add M --subjects m --max-msg-size 5 --defaults",
        "nats pub n x --count 2",
        "nats pub b 0123456789012345678901234567890123456789",
        "nats pub p.a x --count 2",
        "nats pub m 0123456789",
    ]);
    let full = |what: &str, words: &str, setting: &str| {
        format!("Refused: the stream holds as many {what}. The server said \"{words}\". [{setting}]")
    };
    let messages = full("messages as it may, and keeps the old ones", "maximum messages exceeded", "max_msgs 1");
    bench.is_because(bench.refusal("N"), &[&messages]);
    let bytes = full("bytes as it may, and keeps the old messages", "maximum bytes exceeded", "max_bytes 50 B");
    bench.is_because(bench.refusal("B"), &[&bytes]);
    let what = "messages of this subject as it may, and keeps the old ones";
    let subject = full(what, "maximum messages per subject exceeded", "max_msgs_per_subject 1");
    bench.is_because(bench.refusal("P"), &[&subject]);
    let size = "Refused: it is larger than the stream allows. The server said \"message size exceeds maximum allowed\". \
                [max_msg_size 5 B]";
    bench.is_because(bench.refusal("M"), &[size]);
}

#[test]
fn refused_until_age_makes_room() {
    let bench = Bench::new(&[
        "nats stream add N --subjects n --discard new --max-msgs 1 --max-age 1m --defaults",
        "nats pub n x --count 2",
    ]);
    let why = bench.why(&bench.refusal("N"));
    let [why] = &why[..] else { panic!("{why:?}") };
    let (at, then) = why.deadline.as_ref().expect("it will change by itself");
    assert_eq!(then, "its oldest message is too old, and there is room");
    let stored = bench.playground.flow().scene(bench.playground.now()).streams[0].oldest.expect("a message");
    assert_eq!(*at, stored + Duration::from_secs(60));
    assert!(why.step.is_some() && why.since.is_some());
}

#[test]
fn refused_because_it_expected_something_else() {
    let mut bench = Bench::new(&["nats stream add S --subjects s --defaults", "nats pub s x"]);
    for (header, expected) in [
        (
            "Nats-Expected-Last-Sequence:7",
            "Refused: it expected another last sequence (Nats-Expected-Last-Sequence): somebody was faster. The server \
             said \"wrong last sequence: 1\".",
        ),
        (
            "Nats-Expected-Stream:OTHER",
            "Refused: it expected to reach another stream (Nats-Expected-Stream). The server said \"expected stream \
             does not match\".",
        ),
        (
            "Nats-Expected-Last-Msg-Id:x",
            "Refused: it expected another last message id (Nats-Expected-Last-Msg-Id). The server said \"wrong last msg \
             ID: \".",
        ),
        (
            "Nats-TTL:1m",
            "Refused: it brought a time to live, which this stream does not allow. The server said \"per-message TTL is \
             disabled\". [allow_msg_ttl no]",
        ),
        (
            "Nats-Rollup:sub",
            "Refused: it wanted to replace what came before it (Nats-Rollup), which this stream does not allow. The \
             server said \"rollup not permitted\". [allow_rollup_hdrs no]",
        ),
        (
            "Nats-Batch-Id:b",
            "Refused: it belongs to an atomic batch, which this stream does not allow. The server said \"atomic publish \
             is disabled\". [allow_atomic no]",
        ),
        (
            "Nats-Incr:+1",
            "Refused: it is an increment (Nats-Incr), and this stream does not count. The server said \"message counters \
             is disabled\". [allow_msg_counter no]",
        ),
    ] {
        bench.typed(&format!("nats pub -J s x -H {header}"));
        bench.is_because(bench.refusal("S"), &[expected]);
    }
    bench.typed("nats stream seal S -f");
    bench.typed("nats pub -J s x");
    let sealed = "Refused: the stream is sealed. The server said \"invalid operation on sealed stream\". [sealed yes]";
    bench.is_because(bench.refusal("S"), &[sealed]);
}

#[test]
fn what_became_of_a_message_that_nobody_keeps() {
    let mut bench = Bench::new(&["nats pub lost x"]);
    let newest = |bench: &Bench, subject: &str| {
        let flow = bench.playground.flow();
        let line =
            flow.wire().lines().rev().find(|line| {
                line.verb() == "PUB" && line.carried().is_some_and(|message| *message.subject == *subject)
            });
        Selection::Published(line.and_then(|line| line.message).expect("it was published"))
    };
    let gone = "Gone: no subscription and no stream was there for its subject. Core NATS keeps nothing.";
    bench.is_because(newest(&bench, "lost"), &[gone]);
    bench.typed("nats request ask x --timeout 1s");
    let nobody =
        "Nobody listened on the subject, and it asked for an answer: the server said so at once, with status 503.";
    bench.is_because(newest(&bench, "ask"), &[nobody]);
    bench.playground.input(Input::Line { actor: "bob".into(), line: "nats sub here".into() });
    bench.later(100);
    bench.typed("nats pub here x");
    let passed = "1 copy went to whoever listened on here at that moment; nothing keeps it.";
    bench.is_because(newest(&bench, "here"), &[passed]);
}

// Figures and lives.

/// Every figure with a name is, word for word, what the server answers under that name.
#[test]
fn figures_are_the_servers() {
    let mut bench = Bench::new(&[
        "nats stream add S --subjects 's.>' --max-msgs 8 --defaults",
        "nats consumer add S c --pull --ack explicit --wait 30s --defaults",
        "nats consumer add S some --pull --filter s.b --ack explicit --defaults",
        "nats pub s.a x --count 5",
        "nats pub s.b x --count 5",
        "nats consumer next S c --count 3 --no-ack",
        "nats consumer next S c --nak",
        "nats consumer next S c --ack",
        "nats stream rmm S 6 -f",
    ]);
    let info: serde_json::Value = serde_json::from_str(&bench.request("$JS.API.STREAM.INFO.S", "")).expect("JSON");
    let mut compared = bench.compare(&Selection::Stream("S".into()), &info["state"]);
    for name in ["c", "some"] {
        let info = bench.request(&format!("$JS.API.CONSUMER.INFO.S.{name}"), "");
        compared += bench.compare(&consumer("S", name), &serde_json::from_str(&info).expect("JSON"));
    }
    assert_eq!(compared, 6 + 8 + 8);
}

impl Bench {
    #[track_caller]
    fn compare(&self, selection: &Selection, answer: &serde_json::Value) -> usize {
        let flow = self.playground.flow();
        let sheet = inspect::sheet(&flow, self.playground.now(), selection).expect("it is there");
        let mut compared = 0;
        for figure in sheet.figures.iter().filter(|figure| !figure.name.is_empty()) {
            let answered = figure.name.split('.').try_fold(answer, |value, key| value.get(key));
            let answered = answered.and_then(serde_json::Value::as_u64).unwrap_or(0);
            let expected = match figure.name {
                "bytes" => jetlab::flow::words::bytes(answered),
                _ => jetlab::flow::words::figure(answered),
            };
            assert_eq!(figure.value, expected, "{} of {selection:?}", figure.name);
            compared += 1;
        }
        compared
    }
}

#[test]
fn a_life_has_every_event_line_and_timer() {
    let bench = Bench::new(&[
        "nats stream add S --subjects s --max-age 1h --defaults",
        "nats consumer add S c --pull --ack explicit --wait 30s --defaults",
        "nats pub -J s '{\"order\":1}' -H Trace:7",
        "nats consumer next S c --no-ack",
    ]);
    let flow = bench.playground.flow();
    let show = |moment: &Moment| match moment {
        Moment::Event { text, .. } => text.clone(),
        Moment::Line { line, .. } => flow.wire().line(*line).map(|line| line.verb().to_owned()).unwrap_or_default(),
        Moment::Timer { text, .. } => format!("later: {text}"),
    };
    let life: Vec<String> = inspect::life(&flow, bench.playground.now(), &message("S", 1)).iter().map(show).collect();
    assert_eq!(
        life,
        [
            "HPUB",
            "alice published a message on s.",
            "S stored message 1.",
            "c delivered message 1.",
            "alice was sent a message on s.",
            "HMSG",
            "later: c stops waiting for an answer",
            "later: S removes it for its age",
        ]
    );
    let stored = bench.playground.stored("S", 1).expect("stored");
    assert_eq!((&stored.payload[..], stored.header("Trace")), (&b"{\"order\":1}"[..], Some("7")));
}

#[test]
fn server_figures_are_the_accounts() {
    let mut bench = Bench::new(&["nats stream add S --subjects s --defaults", "nats pub s x", "nats stream info NOPE"]);
    let answered: serde_json::Value = serde_json::from_str(&bench.request("$JS.API.INFO", "")).expect("JSON");
    let account = bench.playground.engine().expect("in the page").account();
    assert_eq!(answered["streams"], account.streams);
    assert_eq!(answered["storage"], account.storage);
    assert_eq!(answered["api"]["errors"], account.api.errors);
    assert!(account.api.errors > 0);
}
