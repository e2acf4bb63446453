//! The picture agrees with the server: after every moment of a real session, each figure of the scene is what
//! `$JS.API` answers.

use jetlab::api::{ConsumerInfo, GetMessageResponse, Response, StreamInfo, StreamState};
use jetlab::base64::BASE64;
use jetlab::flow::scene::{Column, ConsumerStrip, Drawer, SceneModel, StoredObject, Strip};
use jetlab::flow::words;
use jetlab::json::FromJson;
use jetlab::lessons::{Lesson, ScriptLine, format};
use jetlab::playground::{Input, Playground, script};
use jetlab::time::Timestamp;
use std::path::{Path, PathBuf};
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

fn typed(playground: &mut Playground, actor: &str, line: &str) {
    script::play(playground, &[ScriptLine::Type { actor: actor.into(), line: line.into() }]);
}

fn asked<T: FromJson>(playground: &mut Playground, subject: String, payload: &str) -> T {
    // Somebody whose wire no scene cuts.
    let actor = "asker".to_owned();
    if playground.terminal(&actor).is_none() {
        playground.input(Input::OpenTerminal { actor: actor.clone() });
    }
    playground.input(Input::Request { actor, subject: subject.clone(), payload: payload.to_owned() });
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
        let gone = format!("{} without {:?}", strip.name, gone(strip));
        let drawers = strip.drawers.iter().map(|drawer| {
            let Drawer { key, revision, older, .. } = drawer;
            let is_marker = drawer.marker.is_some();
            format!("{} {key} {revision}, {older} older, marker {is_marker}", strip.name)
        });
        let objects = strip.objects.iter().filter_map(|object| drawn(&strip.name, object));
        let consumers = strip.consumers.iter().map(consumer);
        [own, gone].into_iter().chain(drawers).chain(objects).chain(consumers).collect::<Vec<String>>()
    };
    let mut figures: Vec<String> = scene.streams.iter().flat_map(strip).collect();
    figures.sort();
    figures
}

/// Sequences that are missing between the first and the last; `None` where so many are there that not all are drawn.
fn gone(strip: &Strip) -> Option<Vec<u64>> {
    let mut gone = Vec::new();
    for column in &strip.columns {
        match column {
            Column::Gap { from, to, .. } => gone.extend(*from.max(&strip.first_seq)..=*to.min(&strip.last_seq)),
            Column::Cell(_) => {}
            Column::Elided { .. } | Column::Unknown { .. } => return None,
        }
    }
    Some(gone)
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
        let details = r#"{"deleted_details":true,"subjects_filter":">"}"#;
        let info: StreamInfo = asked(playground, format!("$JS.API.STREAM.INFO.{}", strip.name), details);
        let state = info.state;
        // An empty stream on disk says that 0 is missing, which is no sequence.
        let missing = || state.deleted.iter().flatten().copied().filter(|seq| *seq > 0).collect::<Vec<_>>();
        let deleted = gone(strip).map(|_| missing());
        answers.push(format!("{} without {deleted:?}", strip.name));
        for drawer in &strip.drawers {
            answers.push(kept(playground, &strip.name, &drawer.key, &state));
        }
        for seq in strip.objects.iter().filter_map(|object| object.card_seq) {
            answers.push(stored(playground, &strip.name, seq, &state));
        }
        answers
            .push(format!("{} {} {} {} {}", strip.name, state.messages, state.bytes, state.first_seq, state.last_seq));
        for consumer in &strip.consumers {
            let subject = format!("$JS.API.CONSUMER.INFO.{}.{}", strip.name, consumer.name);
            answers.push(answered(&asked(playground, subject, "")));
        }
    }
    answers.sort();
    answers
}

/// An object whose card is there.
fn drawn(stream: &str, object: &StoredObject) -> Option<String> {
    let (card, seq) = (object.card.as_ref()?, object.card_seq?);
    let (name, chunks, size, deleted) = (&object.name, object.chunks, card.bytes, object.is_deleted());
    Some(format!("{stream} {name:?} card {seq}, {size} bytes in {chunks} chunks, deleted {deleted}"))
}

/// What the server says of an object: its card, and how many chunks it keeps for it.
fn stored(playground: &mut Playground, stream: &str, seq: u64, state: &StreamState) -> String {
    let request = format!(r#"{{"seq":{seq}}}"#);
    let answer: GetMessageResponse = asked(playground, format!("$JS.API.STREAM.MSG.GET.{stream}"), &request);
    let body = BASE64.decode(answer.message.data.as_bytes()).expect("bodies are base64");
    let card: serde_json::Value = serde_json::from_slice(&body).expect("a card is JSON");
    let chunk = format!("$O.{}.C.{}", stream.trim_start_matches("OBJ_"), card["nuid"].as_str().unwrap_or_default());
    let chunks = state.subjects.as_ref().and_then(|subjects| subjects.get(&*chunk)).copied().unwrap_or(0);
    let (name, size) = (card["name"].as_str().expect("a name"), card["size"].as_u64().unwrap_or(0));
    let deleted = card["deleted"] == true;
    format!("{stream} {name:?} card {seq}, {size} bytes in {chunks} chunks, deleted {deleted}")
}

/// What the server says of a key.
fn kept(playground: &mut Playground, stream: &str, key: &str, state: &StreamState) -> String {
    let subject = format!("$KV.{}.{key}", stream.trim_start_matches("KV_"));
    let request = format!(r#"{{"last_by_subj":"{subject}"}}"#);
    let answer: GetMessageResponse = asked(playground, format!("$JS.API.STREAM.MSG.GET.{stream}"), &request);
    let headers = BASE64.decode(answer.message.headers.as_bytes()).expect("headers are base64");
    let is_marker = String::from_utf8_lossy(&headers).contains("KV-Operation");
    let older = state.subjects.as_ref().and_then(|subjects| subjects.get(&*subject)).map_or(0, |count| count - 1);
    format!("{stream} {key} {}, {older} older, marker {is_marker}", answer.message.seq)
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
fn objects_of_a_store() {
    let mut playground = playground();
    for line in [
        "nats object add files",
        "seq 60000 > numbers",
        "nats object put files numbers --no-progress",
        "printf short > note",
        "nats object put files note --no-progress",
        "seq 9 > note",
        "nats object put files note -f --no-progress",
        "nats object rm files numbers -f",
    ] {
        typed(&mut playground, "alice", line);
        assert_agrees(&mut playground);
    }
    let scene = scene(&playground);
    let objects = &scene.streams[0].objects;
    assert_eq!(objects.len(), 2, "{}", words::outline(&scene));
    assert!(objects.iter().any(StoredObject::is_deleted) && objects.iter().any(|object| object.chunks == 1));
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

/// Lessons and scenes, each with everything that is typed in it.
fn sessions() -> Vec<Lesson> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("tutorial"), root.join("assets/gallery")];
    let mut files: Vec<_> = folders.iter().flat_map(|folder| files(folder)).collect();
    files.sort();
    files.iter().filter_map(|path| format::parse(&std::fs::read_to_string(path).expect("readable")).0).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder).expect("part of the repository").flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = found.partition(|path| path.is_dir());
    let lessons = files.into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "md"));
    lessons.chain(folders.iter().flat_map(|folder| self::files(folder))).collect()
}

#[test]
fn after_every_line_of_every_lesson_and_scene() {
    let (mut moments, mut figures) = (0, 0);
    for lesson in sessions() {
        let mut playground = Playground::new(7, STARTED, Duration::from_millis(2));
        playground.begin_lesson(&lesson);
        for actor in &lesson.actors {
            playground.input(Input::OpenTerminal { actor: actor.clone() });
        }
        for line in lesson.start.iter().chain(&lesson.solution) {
            script::play(&mut playground, std::slice::from_ref(line));
            assert_agrees(&mut playground);
            moments += 1;
        }
        figures += self::figures(&scene(&playground)).len();
    }
    assert!(moments > 200 && figures > 80, "{moments} moments, {figures} figures at the end");
}
