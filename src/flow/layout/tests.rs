//! Nothing overlaps, every label fits, at every size a screen has; and one scene as text.

use super::*;
use crate::api::Retention;
use crate::engine::{ConnId, Fact, MessageId};
use crate::flow::load::{Level, Levels};
use crate::flow::scene::{Column, SceneModel};
use crate::flow::script::{Script, explicit, job_queue};
use std::fmt::Write;
use std::time::Duration;

const WIDTHS: [f64; 7] = [1440.0, 1060.0, 1024.0, 684.0, 620.0, 390.0, 320.0];

/// Twelve actors, six streams, twelve consumers, long names, many subjects.
fn crowd() -> Script {
    let mut script = Script::new();
    for conn in 1..=12 {
        let name = if conn % 3 == 0 { format!("a-rather-long-actor-name-{conn}") } else { format!("actor-{conn}") };
        script.connect(conn, &name);
        if conn > 6 {
            script.listen(conn, 1, &format!("sensors.*.room{}.>", conn % 2), (conn < 11).then_some("a-group"));
        }
    }
    let (message, conn) = (script.publish(1, "$JS.API.STREAM.CREATE.S"), Some(ConnId(1)));
    let error = Some(crate::api::Error { code: 400, err_code: 0, description: "no".to_owned() });
    script.fact(Fact::Requested { message, conn, subject: "$JS.API.STREAM.CREATE.S".into(), error });
    for conn in [7, 9, 7] {
        let message = script.publish(1, "sensors.building1.room1.temperature");
        script.drawn(message, (conn, 1), "sensors.building1.room1.temperature", "a-group", &[(7, 1), (9, 1)]);
    }
    for number in 0..60 {
        script.publish(1 + number % 6, &format!("sensors.building{}.room{}.temperature", number % 4, number % 2));
    }
    for stream in 0..6 {
        let name = if stream == 3 { "a_stream_with_quite_a_long_name_indeed".to_owned() } else { format!("S{stream}") };
        script.stream(&name, &[&format!("s{stream}.>")], Retention::WorkQueue);
        for consumer in 0..2 {
            script.consumer(&name, &format!("consumer_number_{consumer}_of_{name}"), explicit(""));
        }
        for seq in 1..=(40 * stream) {
            script.store(&name, seq, MessageId(1_000 * (stream + 1) + seq), "s.a");
        }
        for seq in 1..=(39 * stream) {
            script.dispatch((7, 1), &name, &format!("consumer_number_0_of_{name}"), seq, 1);
        }
        let (message, stream_name) = (script.publish(1, "s.a"), name.as_str().into());
        script.fact(Fact::Duplicate { message, stream: stream_name, stream_seq: 1 });
    }
    script
}

fn empty() -> Script {
    Script::new()
}

/// A bucket of many keys with histories, a store with objects, workers with a ledger, limits that are nearly reached.
fn stores() -> Script {
    let mut script = Script::new();
    script.connect(1, "alice").connect(2, "worker-1");
    script.stream("KV_settings_of_everything", &["$KV.settings_of_everything.>"], Retention::Limits);
    for seq in 1..=90 {
        let key = format!("$KV.settings_of_everything.service-{}.{}", seq % 30, "timeout".repeat((seq % 4) as usize));
        script.publish_and_store(1, &key, "KV_settings_of_everything", seq);
    }
    script.stream("OBJ_files", &["$O.files.C.>", "$O.files.M.>"], Retention::Limits);
    let mut seq = 0;
    for object in 0..14 {
        for _ in 0..object % 5 {
            seq += 1;
            script.publish_and_store(1, &format!("$O.files.C.n{object}"), "OBJ_files", seq);
        }
        let (name, deleted) = ("a-file-with-a-name".repeat(1 + object % 3), object % 4 == 3);
        let digest = "SHA-256=IhL8B9s1ZpcxIzQ0S1QWhA0M7hnCMXqMvZx7TXr3yp0=";
        seq += 1;
        script.object_card(1, "files", seq, &format!(
            r#"{{"name":"{name}{object}","nuid":"n{object}","size":12345678,"chunks":{},"digest":"{digest}","deleted":{deleted}}}"#,
            object % 5
        ));
    }
    script.publish_and_store(1, "$O.files.C.coming", "OBJ_files", seq + 1);
    script.stream("orders", &["orders.>"], Retention::Limits).consumer("orders", "processor", explicit(""));
    for seq in 1..=150 {
        script.publish_and_store(1, "orders.new", "orders", seq);
        script.dispatch((2, 1), "orders", "processor", seq, 1 + seq % 3);
        for _ in 0..seq % 3 {
            let now = script.now;
            script.flow.effect(now, "worker-1", "orders", seq, &format!("order-{seq}"));
        }
        if seq % 7 == 0 {
            let (stream, consumer) = ("orders".into(), "processor".into());
            script.fact(Fact::GivenUp { stream, consumer, stream_seq: seq, deliveries: 2 });
        }
    }
    for pull in 1..=5 {
        script.pull(2, 10 + pull, "orders", "processor", pull, 100_000);
    }
    script
}

/// Orders that were given up, and a letter about each in two queues of them.
fn letters() -> Script {
    let mut script = Script::new();
    script.connect(1, "alice").connect(2, "worker-1");
    script.stream("orders", &["orders.>"], Retention::Limits).consumer("orders", "processor", explicit(""));
    for dlq in ["orders_unprocessed", "others_unprocessed_of_a_long_name"] {
        script.stream(dlq, &["$JS.EVENT.ADVISORY.>"], Retention::WorkQueue);
    }
    for seq in 1..=30 {
        script.publish_and_store(1, "orders.new", "orders", seq);
        script.dispatch((2, 1), "orders", "processor", seq, 1);
        script.given_up("orders", "processor", seq, "orders_unprocessed", seq);
    }
    for seq in 1..=3 {
        script.given_up("orders", "processor", seq, "others_unprocessed_of_a_long_name", seq);
    }
    let message = script.publish(1, "orders.new");
    script.fact(Fact::Duplicate { message, stream: "orders_unprocessed".into(), stream_seq: 1 });
    script
}

fn scenes() -> [(&'static str, Script); 5] {
    [("empty", empty()), ("job queue", job_queue()), ("crowd", crowd()), ("stores", stores()), ("letters", letters())]
}

/// How busy everything may be: as it is, in groups, in ribbons.
fn levels(script: &Script, level: Level) -> Levels {
    let mut levels = Levels::default();
    let rate = match level {
        Level::Tokens => return levels,
        Level::Convoys => 100,
        Level::Ribbons => 50_000,
    };
    let mut counts = script.flow.counts();
    levels.frame(&counts, Duration::from_millis(16));
    counts.edges.iter_mut().for_each(|edge| edge.kinds.iter_mut().for_each(|kind| *kind += rate));
    counts.streams.iter_mut().for_each(|(_, happened)| *happened += rate);
    levels.frame(&counts, Duration::from_millis(16));
    assert!(counts.edges.is_empty() || levels.highest() == level, "{level:?}");
    levels
}

/// Every scene in every form it may have.
fn forms(script: &Script) -> Vec<(String, SceneModel)> {
    let mut forms = Vec::new();
    for level in [Level::Tokens, Level::Convoys, Level::Ribbons] {
        let scene = script.flow.scene_at(script.now, &levels(script, level));
        let open = SceneModel { system_open: true, ..scene.clone() };
        forms.extend(
            scene
                .streams
                .iter()
                .map(|strip| (format!("{level:?}, {} alone", strip.name), scene.of_stream(&strip.name))),
        );
        let mut moved = scene.clone();
        for strip in &mut moved.streams {
            let third = strip.cells().nth(2).map(|cell| cell.seq);
            strip.begins_at = third;
        }
        forms.push((format!("{level:?}, moved sideways"), moved));
        forms.push((format!("{level:?}"), scene));
        forms.push((format!("{level:?}, system open"), open));
    }
    forms
}

/// Everything that must keep clear of everything else, by name.
fn boxes(layout: &Layout) -> Vec<(String, Rect)> {
    let mut boxes: Vec<(String, Rect)> = Vec::new();
    if layout.server != Rect::default() {
        boxes.push(("server".into(), layout.server));
    }
    boxes.extend(layout.refusal.map(|at| ("refused request".into(), at)));
    for actor in &layout.actors {
        // What hangs on a tag's lower edge is beneath its words.
        let tag = Rect { height: actor.tag.height - 8.0, ..actor.tag };
        boxes.push((format!("tag {}", actor.name), tag));
        let words = format!("words of {}", actor.name);
        let (x, y) = (actor.text_x(), actor.tag.y);
        boxes.push((words.clone(), Rect::new(x, y + 9.0, mono_width(&actor.name, 13.0), 13.0)));
        boxes.push((words, Rect::new(x, y + 26.0, sans_width(&actor.figures, 11.0), 12.0)));
        let ring = if actor.left { actor.tag.right() - 18.0 } else { actor.tag.x + 18.0 };
        boxes.push((format!("ring of {}", actor.name), Rect::new(ring - 7.0, actor.tag.center().y - 7.0, 14.0, 14.0)));
    }
    boxes.extend(layout.more_brackets.iter().map(|more| (more.text.clone(), more.at)));
    for track in layout.tracks.iter().filter(|track| !track.hidden) {
        let label = mono_width(&track.label, 12.0);
        boxes.push((
            format!("track {}", track.label),
            Rect::new(track.label_at.0, track.label_at.1 - 11.0, label, 14.0),
        ));
        let width = sans_width(&track.figure, 11.0);
        let figure = Rect::new(track.figure_at.0 - width, track.figure_at.1 - 10.0, width, 13.0);
        boxes.push((format!("figure of {}", track.label), figure));
    }
    for bracket in &layout.brackets {
        boxes.push((format!("bracket {}", bracket.label), bracket.label_box));
        boxes.extend(bracket.die.map(|die| (format!("die of {}", bracket.label), die)));
    }
    for strip in &layout.strips {
        strip_boxes(strip, &mut boxes);
    }
    boxes.extend(
        layout.badges.iter().map(|badge| (format!("badge {} at {:?}", badge.text, badge.badge.place), badge.at)),
    );
    if let Some(ledger) = &layout.ledger {
        let (x, y) = (ledger.card.x + 12.0, ledger.card.y + 12.0);
        boxes.push(("ledger".into(), Rect::new(x, y, mono_width("ledger", 13.0), 14.0)));
        let figures = Rect::new(x + 62.0, y, sans_width(&ledger.figures, 12.0), 14.0);
        boxes.push(("figures of the ledger".into(), figures));
        boxes.extend(ledger.stamps.iter().map(|(index, at)| (format!("stamp {index}"), *at)));
    }
    boxes
}

fn strip_boxes(strip: &StripBox, boxes: &mut Vec<(String, Rect)>) {
    let title = Rect::new(strip.card.x + 12.0, strip.card.y + 10.0, mono_width(&strip.title, 13.0), 16.0);
    boxes.push((format!("title {}", strip.title), title));
    let figures = Rect::new(strip.figures_x, strip.card.y + 10.0, sans_width(&strip.figures, 12.0), 16.0);
    boxes.push((format!("figures of {}", strip.title), figures));
    for (line, text) in strip.contents.iter().enumerate() {
        let top = strip.cells_y - 1.0 + line as f64 * 15.0;
        boxes.push((
            format!("{text} of {}", strip.title),
            Rect::new(strip.card.x + 12.0, top, sans_width(text, 11.0), 13.0),
        ));
    }
    if let Some((_, at, text)) = &strip.more_threads {
        let words = Rect { width: sans_width(text, 11.0), ..*at };
        boxes.push((format!("{text} of {}", strip.title), words));
    }
    boxes.extend(strip.chips.iter().map(|chip| (format!("chip {}", chip.text), chip.at)));
    for place in &strip.places {
        let cell = Rect::new(strip.cells_x + place.x, strip.cells_y, place.width, CELL);
        boxes.push((format!("column {} of {}", place.column.from_seq(), strip.title), cell));
    }
    for (x, y, text) in &strip.labels {
        let width = mono_width(text, 10.0);
        boxes.push((format!("sequence {text} of {}", strip.title), Rect::new(x - width / 2.0, y - 9.0, width, 11.0)));
    }
    for drawer in &strip.drawers {
        let behind = drawer.layers as f64 * 4.0;
        let at = Rect::new(drawer.at.x, drawer.at.y - behind / 2.0, drawer.at.width + behind, drawer.at.height);
        let widest =
            drawer.notes.iter().map(|note| sans_width(note, 10.0)).fold(mono_width(&drawer.key, 11.0), f64::max);
        assert!(widest + 18.0 <= drawer.at.width + 0.01, "{} {:?} in {:?}", drawer.key, drawer.notes, drawer.at);
        boxes.push((format!("drawer {} of {}", drawer.key, strip.title), at));
    }
    boxes.extend(strip.more_drawers.iter().map(|(at, text)| (format!("{text} of {}", strip.title), *at)));
    boxes.extend(strip.refusal.iter().map(|at| (format!("refusal of {}", strip.title), *at)));
    for consumer in &strip.consumers {
        if consumer.window.is_some() {
            let (x, y) = consumer.window_label_at;
            let label = Rect::new(x, y - 9.0, sans_width(&consumer.window_label, 10.0), 11.0);
            boxes.push((format!("window of {}", consumer.name), label));
        }
        let (x, y) = consumer.name_at;
        boxes.push((format!("name {}", consumer.name), Rect::new(x, y - 11.0, mono_width(&consumer.name, 12.0), 14.0)));
        for (line, figures) in consumer.figures.iter().enumerate() {
            let top = y + 6.0 + line as f64 * 15.0;
            boxes.push((format!("{figures} of {}", consumer.name), Rect::new(x, top, sans_width(figures, 11.0), 13.0)));
        }
        for place in strip.places.iter().filter(|place| matches!(place.column, Column::Cell(_))) {
            let cell = Rect::new(strip.cells_x + place.x, consumer.cells_y - 6.0, CELL, CELL + 6.0);
            boxes.push((format!("cell {} at {}", place.column.from_seq(), consumer.name), cell));
        }
        let delivered = Rect::new(consumer.delivered_x - 5.0, consumer.cells_y - 17.0, 10.0, 8.0);
        boxes.push((format!("delivered marker of {}", consumer.name), delivered));
        let floor = Rect::new(consumer.floor_x - 5.0, consumer.cells_y + CELL + 5.0, 10.0, 8.0);
        boxes.push((format!("ack floor of {}", consumer.name), floor));
        boxes.extend(consumer.more_slots.iter().map(|(slot, _)| (format!("more slots at {}", consumer.name), *slot)));
        boxes.extend(consumer.slots.iter().map(|slot| (format!("slot at {}", consumer.name), *slot)));
    }
}

#[test]
fn nothing_overlaps_and_everything_is_inside() {
    for (name, script) in scenes() {
        for (form, scene) in forms(&script) {
            for width in WIDTHS {
                assert_scene_clear(&format!("{name}, {form}"), width, &scene);
            }
        }
    }
}

#[test]
fn dead_letters_that_have_no_thread_are_counted() {
    let script = letters();
    let scene = script.flow.scene(script.now);
    assert_eq!(scene.threads.len(), 33);
    for width in WIDTHS {
        let layout = Layout::new(&scene, width);
        let told: Vec<u64> = layout.strips.iter().map(|strip| strip.more_threads.as_ref().map_or(0, |m| m.0)).collect();
        let drawn = layout.threads.len() as u64;
        assert!(drawn > 0 && drawn + told.iter().sum::<u64>() == 33, "{drawn} drawn, {told:?} told at {width}");
        assert!(told[0] == 0 && told[1] >= 18, "{told:?} at {width}");
        let more = layout.strips[1].more_threads.as_ref().map(|(_, _, text)| &**text);
        assert_eq!(more, Some(&*format!("+{} more threads", told[1])));
    }
    // A stream that is looked at alone has no threads, and none are missing.
    let alone = Layout::new(&scene.of_stream("orders_unprocessed"), 1_060.0);
    assert!(alone.threads.is_empty() && alone.strips[0].more_threads.is_none());
}

#[test]
fn the_crowd_is_as_large_as_a_layout_must_bear() {
    let (script, stores) = (crowd(), stores());
    let scene = script.flow.scene(script.now);
    let consumers = scene.streams.iter().map(|strip| strip.consumers.len()).sum::<usize>();
    assert_eq!((scene.actors.len(), scene.streams.len(), consumers), (12, 6, 12));
    let scene = stores.flow.scene(stores.now);
    assert!(scene.streams[0].drawers.len() > 20 && scene.streams[1].objects.len() > 10 && scene.ledger.is_some());
}

#[track_caller]
fn assert_clear(name: &str, width: f64, script: &Script) {
    assert_scene_clear(name, width, &script.flow.scene(script.now));
}

#[track_caller]
/// Words, rings and badges of actors stand on their tags, and what the server refused stands on the server.
fn is_on_it(tag: &str, other: &str) -> bool {
    if (tag, other) == ("server", "refused request") {
        return true;
    }
    let on_it = ["words of", "ring of", "badge"].iter().any(|begin| other.starts_with(begin));
    tag.strip_prefix("tag ").is_some_and(|name| on_it && other.contains(name))
}

fn assert_scene_clear(name: &str, width: f64, scene: &SceneModel) {
    let layout = Layout::new(scene, width);
    let canvas = Rect::new(0.0, 0.0, layout.width, layout.height);
    let boxes = boxes(&layout);
    for (index, (label, rect)) in boxes.iter().enumerate() {
        assert!(canvas.contains(rect), "{name} at {width}: {label} leaves the scene: {rect:?} {canvas:?}");
        for (other, other_rect) in &boxes[index + 1..] {
            if is_on_it(label, other) {
                continue;
            }
            assert!(!rect.overlaps(other_rect), "{name} at {width}: {label} {rect:?} over {other} {other_rect:?}");
        }
    }
}

/// A strip of thirty in the room of a phone: what is shown stands together, what is not is counted at both ends, and
/// there the markers stay in sight.
#[test]
fn a_strip_moves_sideways_with_its_markers_in_sight() {
    let mut script = Script::new();
    script.connect(1, "a").connect(2, "b").stream("S", &["s.>"], Retention::Limits).consumer("S", "c", explicit(""));
    for seq in 1..=30 {
        script.store("S", seq, MessageId(seq), "s.a");
    }
    for seq in 1..=3 {
        script.dispatch((2, 1), "S", "c", seq, 1);
    }
    let mut scene = script.flow.scene(script.now);
    let shown = |scene: &SceneModel| {
        let layout = Layout::new(scene, 374.0);
        let strip = &layout.strips[0];
        let columns = strip.places.iter().map(|place| (place.column.from_seq(), place.column.to_seq()));
        let row = &strip.consumers[0];
        assert!(
            row.floor_x >= strip.cells_x - 3.0 && row.delivered_x >= row.floor_x,
            "{} {}",
            row.floor_x,
            row.delivered_x
        );
        let window = Window::of(&scene.streams[0], &strip.places).expect("there is more than has room");
        (columns.collect::<Vec<_>>(), window)
    };
    scene.streams[0].begins_at = Some(12);
    let (columns, window) = shown(&scene);
    assert_eq!(window.first, 11);
    let last = 11 + window.shown as u64;
    let expected: Vec<(u64, u64)> =
        [(1, 11)].into_iter().chain((12..=last).map(|seq| (seq, seq))).chain([(last + 1, 30)]).collect();
    assert_eq!(columns, expected);
    let strip = &scene.streams[0];
    let hidden = |from, to| Column::Elided { from, to, messages: to - from + 1 };
    assert_eq!(window.begin_of(strip, &hidden(1, 11)), Some(12 - window.shown as u64));
    assert_eq!(window.begin_of(strip, &hidden(last + 1, 30)), Some(if window.shown > 9 { u64::MAX } else { last + 1 }));
    scene.streams[0].begins_at = Some(u64::MAX);
    let (columns, window) = shown(&scene);
    assert_eq!((columns.last(), window.first + window.shown), (Some(&(30, 30)), 30));
}

/// Figures of a stream that has run for years.
#[test]
fn large_figures_find_room() {
    let mut script = Script::new();
    script.connect(1, "a").connect(2, "b").stream("S", &["s.>"], Retention::Limits).consumer("S", "c", explicit(""));
    for seq in 0..3_000 {
        script.store("S", 123_456_789 + seq, MessageId(seq), "s.a");
    }
    for seq in 0..2_000 {
        script.dispatch((2, 1), "S", "c", 123_456_789 + seq, 1);
    }
    for seq in 0..1_500 {
        script.due("S", "c", 123_456_789 + seq);
    }
    for width in WIDTHS {
        assert_clear("large figures", width, &script);
    }
}

#[test]
fn consumers_stand_below_their_streams_cells() {
    let script = crowd();
    for width in WIDTHS {
        let layout = Layout::new(&script.flow.scene(script.now), width);
        for strip in &layout.strips {
            for consumer in &strip.consumers {
                assert!(strip.card.contains(&consumer.row), "{width}");
                assert!(consumer.floor_x <= consumer.delivered_x);
            }
            let last = strip.places.last().map_or(0.0, |place| place.x + place.width);
            assert!(last <= strip.cells_width, "{width}: {last} of {}", strip.cells_width);
        }
    }
}

#[test]
fn what_has_no_room_is_counted() {
    let script = crowd();
    let scene = script.flow.scene(script.now);
    let layout = Layout::new(&scene, 390.0);
    for (strip, placed) in scene.streams.iter().zip(&layout.strips) {
        let count = |column: &Column| match column {
            Column::Cell(_) => 1,
            Column::Elided { messages, .. } => *messages,
            Column::Gap { .. } | Column::Unknown { .. } => 0,
        };
        assert_eq!(placed.places.iter().map(|place| count(&place.column)).sum::<u64>(), strip.messages);
    }
}

#[test]
fn a_frame_has_ink_for_everything_that_is_drawn_on_the_canvas() {
    let script = crowd();
    let scene = script.flow.scene_at(script.now, &levels(&script, Level::Ribbons));
    for width in WIDTHS {
        let layout = Layout::new(&scene, width);
        let heat = strips::heat(&scene, &layout.strips);
        assert!(heat <= strips::MAX_HEAT, "{width}: {heat} shapes");
        assert!(layout.strips.iter().filter(|strip| !strip.places.is_empty()).all(|strip| strip.places.len() > 1));
    }
    // A ribbon each way for every actor, tokens, and what is left for timers.
    let ribbons = 2 * scene.actors.len();
    let most = strips::MAX_HEAT + ribbons + crate::flow::tokens::MAX_INK + 1;
    assert!(
        most + 5 * scene.streams.iter().map(|strip| strip.consumers.len()).sum::<usize>() <= crate::flow::frame::MOST
    );
}

#[test]
fn places_stay_while_others_come() {
    let mut script = job_queue();
    let before = Layout::new(&script.flow.scene(script.now), 1060.0);
    script.publish_and_store(1, "orders.new", "orders_stream", 13);
    let after = Layout::new(&script.flow.scene(script.now), 1060.0);
    assert_eq!(before.strips[0].cell(5), after.strips[0].cell(5));
    assert_eq!(before.actors[1].tag, after.actors[1].tag);
}

#[test]
fn tokens_go_from_tag_to_server_and_back() {
    let mut script = job_queue();
    let scene = script.flow.scene(script.now);
    for width in [1060.0, 390.0] {
        let layout = Layout::new(&scene, width);
        for token in script.flow.tokens(script.now) {
            let path = layout.path(&token).expect("the scene is the one that was placed");
            let (start, end) = (path.at(0.0), path.at(1.0));
            let actor = &layout.actors[token.actor];
            assert_eq!((end.x, end.y), actor.port, "sent to the actor");
            let near = Rect::new(start.x - 1.0, start.y - 1.0, 2.0, 2.0);
            assert!(layout.server.overlaps(&near), "from the server: {start:?} {:?}", layout.server);
        }
    }
    assert!(!script.flow.tokens(script.now).is_empty());
    script.fact(Fact::Unsubscribed { conn: ConnId(2), sid: 1.into() });
}

/// The places that matter, one line each.
fn text(layout: &Layout) -> String {
    let mut out = String::new();
    let at = |r: &Rect| format!("{},{} {}×{}", px(r.x), px(r.y), px(r.width), px(r.height));
    let _ = writeln!(out, "{:?} {}×{}", layout.form, px(layout.width), px(layout.height));
    let _ = writeln!(out, "server {}", at(&layout.server));
    for actor in &layout.actors {
        let _ = writeln!(out, "tag {} ({}) {} link {}", actor.name, actor.figures, at(&actor.tag), actor.link.d());
    }
    for track in layout.tracks.iter().filter(|track| !track.hidden) {
        let _ = writeln!(out, "track {} {} at y {}", track.label, track.figure, px(track.from.1));
    }
    for bracket in &layout.brackets {
        let _ = writeln!(out, "bracket {} lane {} label {}", bracket.label, bracket.lane.d(), at(&bracket.label_box));
    }
    for strip in &layout.strips {
        let chips: Vec<&str> = strip.chips.iter().map(|chip| &*chip.text).collect();
        let _ = writeln!(out, "strip {} ({}) {} {chips:?}", strip.title, strip.figures, at(&strip.card));
        let columns: Vec<String> =
            strip.places.iter().map(|p| format!("{}@{}", p.column.from_seq(), px(p.x))).collect();
        let _ = writeln!(out, "  {}", columns.join(" "));
        for c in &strip.consumers {
            let (floor, delivered) = (px(c.floor_x), px(c.delivered_x));
            let _ =
                writeln!(out, "  {} {:?} floor {floor} delivered {delivered} {}", c.name, c.figures, c.window_label);
        }
    }
    for badge in &layout.badges {
        let _ = writeln!(out, "badge {} {}", badge.text, at(&badge.at));
    }
    for (_, path) in &layout.threads {
        let _ = writeln!(out, "thread {}", path.d());
    }
    out
}

#[test]
fn the_job_queue_at_the_width_of_a_laptop() {
    let script = job_queue();
    let got = text(&Layout::new(&script.flow.scene(script.now), 1060.0));
    assert_eq!(got.trim(), include_str!("job_queue_1060.txt").trim(), "\n--- got ---\n{got}");
}
