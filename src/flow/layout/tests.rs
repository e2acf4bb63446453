//! Nothing overlaps, every label fits, at every size a screen has; and one scene as text.

use super::*;
use crate::api::Retention;
use crate::engine::{ConnId, Fact, MessageId};
use crate::flow::scene::Column;
use crate::flow::script::{Script, explicit, job_queue};
use std::fmt::Write;

const WIDTHS: [f64; 7] = [1440.0, 1060.0, 1024.0, 684.0, 620.0, 390.0, 320.0];

/// Twelve actors, six streams, twelve consumers, long names, many subjects.
fn crowd() -> Script {
    let mut script = Script::new();
    for conn in 1..=12 {
        let name = if conn % 3 == 0 { format!("a-rather-long-actor-name-{conn}") } else { format!("actor-{conn}") };
        script.connect(conn, &name);
        if conn > 6 {
            script.subscribe(conn, 1, &format!("sensors.*.room{}.>", conn % 2));
        }
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

fn scenes() -> [(&'static str, Script); 3] {
    [("empty", empty()), ("job queue", job_queue()), ("crowd", crowd())]
}

/// Everything that must keep clear of everything else, by name.
fn boxes(layout: &Layout) -> Vec<(String, Rect)> {
    let mut boxes: Vec<(String, Rect)> = Vec::new();
    boxes.push(("server".into(), layout.server));
    for actor in &layout.actors {
        boxes.push((format!("tag {}", actor.name), actor.tag));
    }
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
    }
    for strip in &layout.strips {
        strip_boxes(strip, &mut boxes);
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
    boxes.extend(strip.chips.iter().map(|chip| (format!("chip {}", chip.text), chip.at)));
    for place in &strip.places {
        let cell = Rect::new(strip.cells_x + place.x, strip.cells_y, place.width, CELL);
        boxes.push((format!("column {} of {}", place.column.from_seq(), strip.title), cell));
    }
    for (x, y, text) in &strip.labels {
        let width = mono_width(text, 10.0);
        boxes.push((format!("sequence {text} of {}", strip.title), Rect::new(x - width / 2.0, y - 9.0, width, 11.0)));
    }
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
        for width in WIDTHS {
            assert_clear(name, width, &script);
        }
    }
}

#[track_caller]
fn assert_clear(name: &str, width: f64, script: &Script) {
    let layout = Layout::new(&script.flow.scene(script.now), width);
    let canvas = Rect::new(0.0, 0.0, layout.width, layout.height);
    let boxes = boxes(&layout);
    for (index, (label, rect)) in boxes.iter().enumerate() {
        assert!(canvas.contains(rect), "{name} at {width}: {label} leaves the scene: {rect:?} {canvas:?}");
        for (other, other_rect) in &boxes[index + 1..] {
            assert!(!rect.overlaps(other_rect), "{name} at {width}: {label} {rect:?} over {other} {other_rect:?}");
        }
    }
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
