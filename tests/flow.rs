//! The picture agrees with the server: after every moment of a real session, each figure of the scene is what
//! `$JS.API` answers.

use jetlab::api::{ConsumerInfo, Response, StreamInfo};
use jetlab::flow::scene::{ConsumerStrip, SceneModel, Strip};
use jetlab::flow::words;
use jetlab::json::FromJson;
use jetlab::lessons::ScriptLine;
use jetlab::playground::{Input, Playground, script};
use jetlab::time::Timestamp;
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

fn typed(playground: &mut Playground, actor: &str, line: &str) {
    script::play(playground, &[ScriptLine::Type { actor: actor.into(), line: line.into() }]);
}

fn asked<T: FromJson>(playground: &mut Playground, subject: String) -> T {
    let (actor, payload) = ("alice".to_owned(), String::new());
    playground.input(Input::Request { actor, subject: subject.clone(), payload });
    let request = playground.last_request();
    for _ in 0..100 {
        if let Some(answer) = playground.take_answer(request) {
            let answer = answer.expect("the server answers");
            let response: Response<T> = jetlab::json::read(&answer.payload).expect("a document");
            return response.body.unwrap_or_else(|| panic!("{subject}: {:?}", response.error));
        }
        let later = playground.now() + Duration::from_millis(1);
        playground.advance_to(later);
    }
    panic!("{subject} was not answered");
}

/// Asking takes time in which more may happen, so the scene is looked at until it is the same before and after.
#[track_caller]
fn assert_agrees(playground: &mut Playground) {
    for _ in 0..50 {
        let before = scene(playground);
        let answers = answers(playground, &before);
        if figures(&scene(playground)) == figures(&before) {
            return assert_eq!(figures(&before), answers);
        }
    }
    panic!("the scene never rests");
}

fn scene(playground: &Playground) -> SceneModel {
    playground.flow().scene(playground.now())
}

fn figures(scene: &SceneModel) -> Vec<String> {
    let strip = |strip: &Strip| {
        let own = format!("{} {} {} {} {}", strip.name, strip.messages, strip.bytes, strip.first_seq, strip.last_seq);
        std::iter::once(own).chain(strip.consumers.iter().map(consumer)).collect::<Vec<String>>()
    };
    let mut figures: Vec<String> = scene.streams.iter().flat_map(strip).collect();
    figures.sort();
    figures
}

fn consumer(strip: &ConsumerStrip) -> String {
    let (delivered, floor) = (strip.delivered, strip.ack_floor);
    format!(
        "{}/{} delivered {}/{} floor {}/{} pending {} unanswered {} redelivered {} waiting {}",
        strip.stream,
        strip.name,
        delivered.consumer_seq,
        delivered.stream_seq,
        floor.consumer_seq,
        floor.stream_seq,
        strip.num_pending,
        strip.num_ack_pending,
        strip.num_redelivered,
        strip.pulls.len(),
    )
}

fn answers(playground: &mut Playground, scene: &SceneModel) -> Vec<String> {
    let mut answers = Vec::new();
    for strip in &scene.streams {
        let info: StreamInfo = asked(playground, format!("$JS.API.STREAM.INFO.{}", strip.name));
        let state = info.state;
        answers
            .push(format!("{} {} {} {} {}", strip.name, state.messages, state.bytes, state.first_seq, state.last_seq));
        for consumer in &strip.consumers {
            let subject = format!("$JS.API.CONSUMER.INFO.{}.{}", strip.name, consumer.name);
            answers.push(answered(&asked(playground, subject)));
        }
    }
    answers.sort();
    answers
}

fn answered(info: &ConsumerInfo) -> String {
    let (delivered, floor) = (info.delivered, info.ack_floor);
    format!(
        "{}/{} delivered {}/{} floor {}/{} pending {} unanswered {} redelivered {} waiting {}",
        info.stream_name,
        info.name,
        delivered.consumer_seq,
        delivered.stream_seq,
        floor.consumer_seq,
        floor.stream_seq,
        info.num_pending,
        info.num_ack_pending,
        info.num_redelivered,
        info.num_waiting,
    )
}

fn playground() -> Playground {
    let mut playground = Playground::new(7, STARTED, Duration::from_millis(2));
    playground.input(Input::OpenTerminal { actor: "alice".into() });
    playground
}

#[test]
fn a_job_queue_with_dead_letters() {
    let mut playground = playground();
    for line in [
        "nats stream add orders_stream --subjects 'orders.*' --retention work --discard new --defaults",
        "nats stream add orders_unprocessed \
         --subjects '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.orders_stream.*' --retention work --defaults",
        "nats consumer add orders_stream processor --pull --wait 5s --max-deliver 2 --ack explicit --filter 'orders.*' \
         --defaults",
        "nats pub orders.new 'order-{{Count}}' --count 20",
        "nats consumer next orders_stream processor --count 4 --no-ack",
        "nats consumer next orders_stream processor --count 2 --ack",
    ] {
        typed(&mut playground, "alice", line);
        assert_agrees(&mut playground);
    }
    typed(&mut playground, "alice", "lab clock +6s");
    assert_agrees(&mut playground);
    typed(&mut playground, "alice", "lab worker processor --fail 50%");
    for _ in 0..30 {
        let later = playground.now() + Duration::from_millis(730);
        playground.advance_to(later);
        assert_agrees(&mut playground);
    }
    let scene = scene(&playground);
    let consumer = &scene.streams[0].consumers[0];
    assert!(consumer.given_up > 0, "{}", words::outline(&scene));
    assert_eq!(scene.streams[0].messages, consumer.given_up, "what is left was given up");
}

#[test]
fn limits_and_answers() {
    let mut playground = playground();
    for line in [
        "nats stream add S --subjects 's.>' --max-msgs 8 --defaults",
        "nats consumer add S some --pull --filter s.b --ack explicit --wait 30s --defaults",
        "nats consumer add S all --pull --ack all --wait 30s --deliver all --defaults",
        "nats pub s.a '{{Count}}' --count 5",
        "nats pub s.b '{{Count}}' --count 7",
        "nats consumer next S all --count 3 --no-ack",
        "nats consumer next S all --ack",
        "nats consumer next S some --nak",
        "nats consumer next S some --term",
        "nats consumer add S late --pull --deliver last --ack explicit --defaults",
        "nats stream rmm S 10 -f",
        "nats pub s.b more --count 3",
        "nats stream purge S --keep 2 -f",
        "nats consumer rm S late -f",
    ] {
        typed(&mut playground, "alice", line);
        assert_agrees(&mut playground);
    }
}
