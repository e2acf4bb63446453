//! A request the server refuses says why: from the story, from either of its protocol lines, from what the terminal
//! prints and from the count beside the server.

use jetlab::engine::Fact;
use jetlab::flow::trouble::{Trouble, Whose};
use jetlab::flow::why::behind;
use jetlab::flow::{Selection, Why, why};
use jetlab::lessons::ScriptLine;
use jetlab::playground::{Input, Playground, script};
use jetlab::time::Timestamp;
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

/// Plays the lines, of which the last is refused. Gives what is left, and when the last began.
fn played(lines: &[&str]) -> (Playground, Timestamp) {
    let mut playground = Playground::new(7, STARTED, Duration::from_millis(2));
    playground.input(Input::OpenTerminal { actor: "alice".into() });
    let mut began = playground.now();
    for line in lines {
        began = playground.now();
        script::play(&mut playground, &[ScriptLine::Type { actor: "alice".into(), line: (*line).into() }]);
    }
    (playground, began)
}

fn said(playground: &Playground, why: &Why) -> String {
    let setting = why.setting.as_ref().map(|set| format!(" [{} {}]", set.name, set.value)).unwrap_or_default();
    let left = |at: Timestamp| at.since(playground.now()).as_secs();
    let deadline = why.deadline.as_ref().map(|(at, then)| format!(" <in {}s: {then}>", left(*at))).unwrap_or_default();
    format!("{}{setting}{deadline}", why.sentence)
}

fn screen(playground: &Playground) -> String {
    playground.terminal("alice").map(|terminal| terminal.transcript()).unwrap_or_default()
}

/// The last line is refused for `expected`, wherever one asks.
#[track_caller]
fn refused(lines: &[&str], expected: &str) {
    let (playground, began) = played(lines);
    let (flow, now) = (playground.flow(), playground.now());
    let told = flow.steps().iter().rev().find_map(|step| match step.what.fact() {
        Some(Fact::Requested { message, error: Some(error), .. }) => Some((*message, error.clone(), step.ordinal)),
        _ => None,
    });
    let (message, error, ordinal) = told.unwrap_or_else(|| panic!("nothing was refused\n{}", screen(&playground)));

    let request = Selection::Published(message);
    let reasons = why(&flow, now, &request);
    let all: Vec<String> = reasons.iter().map(|why| said(&playground, why)).collect();
    assert_eq!(all, [expected], "{error:?}\n{}", screen(&playground));
    assert_eq!(reasons[0].step, Some(ordinal), "the event that says so");

    let line = flow.story().lines().rev().find(|line| line.text().contains(&error.description));
    let line = line.expect("the story tells it");
    assert_eq!(line.about().selection, Some(request.clone()), "{}", line.text());

    let lines: Vec<_> = flow.wire().lines().filter(|line| line.message == Some(message)).collect();
    assert_eq!(lines.len(), 1, "the request's own line");
    let reply = lines[0].carried().and_then(|carried| carried.reply.clone()).expect("it wants an answer");
    let answer = flow.wire().lines().rev().find(|line| line.carried().is_some_and(|carried| carried.subject == reply));
    let answer = answer.and_then(|line| line.message).expect("the answer's line");
    assert_eq!(why(&flow, now, &flow.selection_of(answer)), reasons, "from the answer");

    let printed = screen(&playground);
    if let Some(complaint) = printed.lines().rev().find(|line| line.contains(&error.description)) {
        assert_eq!(behind(&flow, "alice", began, None, complaint), Some(request), "from the terminal");
        assert_eq!(behind(&flow, "bob", began, None, complaint), None, "it was not theirs");
        assert_eq!(behind(&flow, "alice", STARTED, Some(STARTED), complaint), None, "it was later");
    }

    let scene = flow.scene(now);
    let mut badges = scene.badges_of(&Whose::Server);
    let is_counted = badges.any(|badge| badge.trouble == Trouble::Refused && badge.count > 0);
    assert_eq!(is_counted, error.code != 404, "{:?}", scene.badges);
}

const STREAM: &str = "nats stream add S --subjects 's.*' --max-age 1h --defaults";
const QUEUE: &str = "nats stream add Q --subjects 'q.>' --retention work --defaults";

#[test]
fn a_purge_that_is_denied() {
    refused(
        &["nats stream add S --subjects s --deny-purge --defaults", "nats stream purge S -f"],
        "Refused: this stream cannot be purged. The server said \"stream purge not permitted\". [deny_purge yes]",
    );
    refused(
        &[STREAM, "nats stream seal S -f", "nats stream purge S -f"],
        "Refused: the stream is sealed. The server said \"invalid operation on sealed stream\". [sealed yes]",
    );
}

#[test]
fn a_message_that_cannot_be_deleted_or_is_not_there() {
    refused(
        &["nats stream add S --subjects s --deny-delete --defaults", "nats pub -J s 1", "nats stream rmm S 1 -f"],
        "Refused: single messages of this stream cannot be deleted. The server said \"message delete not permitted\". \
         [deny_delete yes]",
    );
    refused(
        &[
            "nats stream add S --subjects s --max-msgs 1 --defaults",
            "nats pub -J s 1",
            "nats pub -J s 2",
            "nats stream get S 1",
        ],
        "Refused: there is no message like this. Removed to make room for message 2: too many messages. The server said \
         \"no message found\".",
    );
}

#[test]
fn a_direct_get_that_finds_nothing() {
    refused(
        &[
            "nats stream add S --subjects s --allow-direct --defaults",
            "nats pub -J s 1",
            "nats req '$JS.API.DIRECT.GET.S' '{\"seq\": 9}'",
        ],
        "Refused: there is no message like this. The newest is 1. The server said \"Message Not Found\".",
    );
}

#[test]
fn a_stream_that_is_there_already_or_in_the_way() {
    refused(
        &[STREAM, "nats stream add S --subjects 's.*' --max-age 2h --defaults"],
        "Refused: a stream of this name exists and is set up differently. max_age is 1h there, and 2h was asked for. The \
         server said \"stream name already in use with a different configuration\".",
    );
    refused(
        &[STREAM, "nats stream add T --subjects 's.a' --defaults"],
        "Refused: another stream keeps messages of these subjects, and each message is kept by one stream. S keeps s.*. \
         The server said \"subjects overlap with an existing stream\". [subjects s.*]",
    );
}

#[test]
fn what_cannot_be_changed() {
    refused(
        &[QUEUE, "nats stream edit Q --retention limits -f"],
        "Refused: a stream becomes or stays a work queue, it cannot change into or from one. The server said \"stream \
         configuration update can not change retention policy to/from workqueue\". [retention workqueue]",
    );
}

#[test]
fn a_consumer_too_many() {
    refused(
        &[
            QUEUE,
            "nats consumer add Q c --pull --filter 'q.a' --defaults",
            "nats consumer add Q d --pull --filter 'q.*' --defaults",
        ],
        "Refused: a work queue has one reader for each message, and somebody reads these. c reads q.a. The server said \
         \"filtered consumer not unique on workqueue stream\". [retention workqueue]",
    );
    refused(
        &[
            "nats stream add S --subjects s --max-consumers 1 --defaults",
            "nats consumer add S c --pull --defaults",
            "nats consumer add S d --pull --defaults",
        ],
        "Refused: the stream has as many consumers as it may. It has c. The server said \"maximum consumers limit \
         reached\". [max_consumers 1]",
    );
    refused(
        &[
            STREAM,
            "nats consumer add S c --pull --ack explicit --backoff linear --backoff-steps 3 --backoff-min 1s --backoff-max 9s --max-deliver 2 --defaults",
        ],
        "Refused: there are more waiting times than deliveries (max_deliver). The server said \"max deliver is required to be > length of backoff values\". [backoff 1s, 3.667s, 6.333s]",
    );
}

#[test]
fn what_is_not_there_any_more() {
    let lines =
        [STREAM, "nats consumer add S c --pull --defaults", "nats consumer rm S c -f", "nats consumer info S c"];
    let (playground, _) = played(&lines);
    let flow = playground.flow();
    let deleted = flow.steps().iter().find(|step| matches!(step.what.fact(), Some(Fact::ConsumerDeleted { .. })));
    let at = jetlab::flow::words::clock(deleted.expect("it was deleted").at);
    let expected = "Refused: there is no such consumer. It was deleted at AT. The server said \"consumer not found\".";
    refused(&lines, &expected.replace("AT", &at));
}

#[test]
fn pull_requests_that_are_not_taken() {
    let (mut playground, _) =
        played(&[STREAM, "nats consumer add S c --pull --max-waiting 1 --max-pull-batch 5 --defaults"]);
    let ask = |playground: &mut Playground, payload: &str| {
        let (actor, subject) = ("alice".to_owned(), "$JS.API.CONSUMER.MSG.NEXT.S.c".to_owned());
        playground.input(Input::Request { actor, subject, payload: payload.to_owned() });
        playground.advance_to(playground.now() + Duration::from_millis(10));
    };
    let consumer = Selection::Consumer { stream: "S".into(), consumer: "c".into() };
    let reasons = |playground: &Playground| -> Vec<String> {
        let reasons = why(&playground.flow(), playground.now(), &consumer);
        reasons.iter().map(|why| said(playground, why)).collect()
    };
    ask(&mut playground, "{\"batch\": 9, \"expires\": 3000000000}");
    let many = "Refused: it asks for more messages than one request may. The server said \"Exceeded MaxRequestBatch of \
                5\". [max_batch 5]";
    assert_eq!(reasons(&playground)[1..], [many.to_owned()]);
    ask(&mut playground, "{\"batch\": 1, \"expires\": 30000000000}");
    ask(&mut playground, "{\"batch\": 1, \"expires\": 30000000000}");
    let full = "Refused: as many requests as may wait are waiting. The server said \"Exceeded MaxWaiting\". \
                [max_waiting 1] <in 29s: the first of those that wait is over>";
    assert_eq!(reasons(&playground)[1..], [full.to_owned()]);
}

#[test]
fn nobody_listens_where_it_was_asked() {
    let asks = |lines: &[&str]| -> Vec<String> {
        let (playground, began) = played(lines);
        let flow = playground.flow();
        let selection = behind(&flow, "alice", began, None, "nats: error: no responders are available");
        let selection = selection.unwrap_or_else(|| panic!("nothing behind it\n{}", screen(&playground)));
        why(&flow, playground.now(), &selection).iter().map(|why| said(&playground, why)).collect()
    };
    assert_eq!(
        asks(&[
            "nats stream add S --subjects s --no-allow-direct --defaults",
            "nats req '$JS.API.DIRECT.GET.S' '{\"seq\":1}'"
        ]),
        ["S does not answer direct gets, so nobody listens there. The server said so at once, with status 503. \
          [allow_direct no]"]
    );
    assert_eq!(
        asks(&[STREAM, "nats req '$JS.API.CONSUMER.MSG.NEXT.S.nobody' 1"]),
        ["S has no such consumer, so nobody listens there. The server said so at once, with status 503."]
    );
}

#[test]
fn a_refused_publish_is_found_from_its_answer_and_its_complaint() {
    let (playground, began) = played(&[
        "nats stream add S --subjects s --max-msgs 1 --discard new --defaults",
        "nats pub -J s 1",
        "nats pub -J s 2",
    ]);
    let flow = playground.flow();
    let printed = screen(&playground);
    let complaint = printed.lines().rev().find(|line| line.contains("maximum messages")).expect("it complains");
    let refusal = behind(&flow, "alice", began, None, complaint).expect("it was refused");
    assert!(matches!(refusal, Selection::Refusal { .. }), "{refusal:?}");
    let reasons = why(&flow, playground.now(), &refusal);
    let answer = flow.wire().lines().rev().find_map(|line| line.carried().is_some().then_some(line.message?));
    let answer = flow.selection_of(answer.expect("the answer came last"));
    assert_eq!(why(&flow, playground.now(), &answer), reasons);
    assert!(reasons[0].sentence.starts_with("Refused: the stream holds as many messages as it may"), "{reasons:?}");
}
