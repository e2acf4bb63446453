//! Streams with their consumers: cards below the wires, cells above one another by sequence.

use super::badges::{self, BadgeBox};
use super::fit::{self, CELL, Place};
use super::geometry::{Path, Rect, fit_mono, mono_width, sans_width};
use super::{Form, PAD};
use crate::api::{Discard, Retention};
use crate::flow::bucket::Marker;
use crate::flow::load::Level;
use crate::flow::scene::{Column, ConsumerStrip, Drawer, Mix, SceneModel, StoredObject, Strip, StripKind, Thread};
use crate::flow::trouble::Whose;
use crate::flow::words;
use crate::time::{Timestamp, format_go_duration};

/// Cells of streams and consumers drawn one by one at most.
const MAX_CELLS: usize = 240;
/// The same where they are drawn anew several times a second, and of stretches on the canvas.
const MAX_BUSY_CELLS: usize = 80;
const MAX_BUSY_STRETCHES: usize = 120;
/// Shapes on the canvas that busy strips may take; where it would be more, neighbouring stretches are one.
pub const MAX_HEAT: usize = 130;
/// Threads drawn at most; the others are counted in the head of the stream they start from, and told by their cells.
const MAX_THREADS: usize = 12;
/// Pull slots drawn at most.
const MAX_SLOTS: usize = 3;
/// How wide they are.
const SLOT: f64 = 100.0;
/// A line of badges.
const BADGES: f64 = 22.0;
const HEADER: f64 = 34.0;
/// Height of a key's drawer, and how far an older revision stands out behind it.
const DRAWER: f64 = 36.0;
const LAYER: f64 = 4.0;
/// Another line in a drawer.
const NOTE: f64 = 14.0;
/// Room for the count of drawers that have none.
const MORE: f64 = 64.0;
/// Room over and under the cells of a stream: sequence labels.
const CELLS: f64 = CELL + 26.0;

/// A stream's card.
#[derive(Clone, Debug, PartialEq)]
pub struct StripBox {
    pub card: Rect,
    pub title: String,
    pub figures: String,
    pub figures_x: f64,
    /// Dead letters in here that have no thread: how many, where that is said, and in which words.
    pub more_threads: Option<(u64, Rect, String)>,
    /// Where badges begin.
    pub badges_at: (f64, f64),
    /// What the strip holds, beside its cells; nothing where there is no room beside.
    pub contents: Vec<String>,
    /// The keys of a bucket, or the objects of a store.
    pub drawers: Vec<DrawerBox>,
    /// Where those that found no room are counted, and in which words.
    pub more_drawers: Option<(Rect, String)>,
    pub chips: Vec<Chip>,
    /// Where the columns' own x begin.
    pub cells_x: f64,
    pub cells_y: f64,
    /// How wide the columns may be.
    pub cells_width: f64,
    pub places: Vec<Place>,
    /// Sequences under the cells, as many as stand clear of one another: middle, baseline, text.
    pub labels: Vec<(f64, f64, String)>,
    /// Where the newest refused message is shown, and the words beside it if there is room.
    pub refusal: Option<Rect>,
    pub consumers: Vec<ConsumerBox>,
}

impl StripBox {
    /// The place of a sequence's own cell.
    pub fn cell(&self, seq: u64) -> Option<Rect> {
        let is_it = |place: &&Place| matches!(&place.column, Column::Cell(cell) if cell.seq == seq);
        let place = self.places.iter().find(is_it)?;
        Some(Rect::new(self.cells_x + place.x, self.cells_y, place.width, CELL))
    }

    /// A height below the cells' labels where threads run.
    fn lane(&self) -> f64 {
        self.cells_y + CELL + 18.0
    }

    /// Where a sequence is, or where it would be.
    pub fn x_of(&self, seq: u64) -> f64 {
        let holds = |place: &&Place| place.column.from_seq() <= seq && seq <= place.column.to_seq();
        let inside = self.places.iter().find(holds).map(|place| place.x + place.width / 2.0);
        self.cells_x + inside.unwrap_or_else(|| fit::after(&self.places, seq))
    }
}

/// A setting, as a label on the card. A limit is a ruler as well: how much of it is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    pub at: Rect,
    pub text: String,
    /// 0 to 1.
    pub used: Option<f64>,
    /// Nearly full, and then messages are refused.
    pub urgent: bool,
}

/// A key of a bucket: a drawer with as many edges behind it as there are older revisions.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawerBox {
    pub at: Rect,
    pub key: String,
    pub notes: Vec<String>,
    /// Older revisions, or chunks, that stand out behind it.
    pub layers: u64,
}

/// A consumer's row in its stream's card.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerBox {
    pub row: Rect,
    pub name: String,
    pub name_at: (f64, f64),
    pub figures: [String; 2],
    /// How wide they may be.
    pub figures_room: f64,
    pub cells_y: f64,
    /// Right edge of what was delivered, and of what is acknowledged without a hole.
    pub delivered_x: f64,
    pub floor_x: f64,
    /// From the ack floor to the delivered marker; `None` when nothing lies between.
    pub window: Option<Rect>,
    pub window_label: String,
    /// Left end and baseline of the window's label.
    pub window_label_at: (f64, f64),
    pub slots: Vec<Rect>,
    pub slot_labels: Vec<String>,
    /// Where pull requests that have no slot of their own are counted, and in which words.
    pub more_slots: Option<(Rect, String)>,
    /// Right end and baseline of the count of timers that are not drawn.
    pub more_timers_at: (f64, f64),
    /// For every place that counts messages: which place, and how they stand here.
    pub mixes: Vec<(usize, Mix)>,
}

pub fn strips(scene: &SceneModel, form: Form, width: f64, top: f64) -> Vec<StripBox> {
    let mut stretches = MAX_BUSY_STRETCHES;
    loop {
        let boxes = placed(scene, form, width, top, stretches);
        if heat(scene, &boxes) <= MAX_HEAT || stretches <= 1 {
            return boxes;
        }
        stretches = stretches * 2 / 3;
    }
}

/// Shapes on the canvas that busy strips take: a bar for every stretch, and one for every way its messages stand.
pub fn heat(scene: &SceneModel, boxes: &[StripBox]) -> usize {
    let busy = scene.streams.iter().zip(boxes).filter(|(strip, _)| strip.level == Level::Ribbons);
    let bars = |place: &StripBox| -> usize {
        place.consumers.iter().flat_map(|row| &row.mixes).map(|(_, mix)| mix.parts()).sum()
    };
    busy.map(|(_, place)| place.places.len() + bars(place)).sum()
}

/// One card below the other, with so many stretches of busy strips at most.
fn placed(scene: &SceneModel, form: Form, width: f64, top: f64, stretches: usize) -> Vec<StripBox> {
    let mut y = top;
    let mut boxes = Vec::new();
    let mut threads = MAX_THREADS;
    for strip in &scene.streams {
        let most = most_cells(scene, strip.level, stretches);
        let strip_box = strip_box(strip, scene, (form, width, y), most, &mut threads);
        y = strip_box.card.bottom() + 10.0;
        boxes.push(strip_box);
    }
    boxes
}

/// How many cells one strip may have, so that all rows together stay within [`MAX_CELLS`].
fn most_cells(scene: &SceneModel, level: Level, stretches: usize) -> usize {
    let rows: usize = scene.streams.iter().map(|strip| 1 + strip.consumers.len()).sum();
    let most = match level {
        Level::Tokens => MAX_CELLS,
        Level::Convoys => MAX_BUSY_CELLS,
        Level::Ribbons => return (stretches / rows.max(1)).max(1),
    };
    (most / rows.max(1)).max(6)
}

/// Dead letters that have no thread, where `threads` more may be drawn.
fn without_thread(strip: &Strip, scene: &SceneModel, places: &[Place], threads: &mut usize) -> u64 {
    let leads = |to: &str| scene.streams.iter().any(|other| *other.name == *to);
    let here = scene.threads.iter().filter(|thread| thread.from_stream == strip.name && leads(&thread.to.stream));
    let is_drawn = |thread: &&Thread| {
        places.iter().any(|place| matches!(&place.column, Column::Cell(cell) if cell.seq == thread.from_seq))
    };
    let drawn = here.clone().filter(is_drawn).count().min(*threads);
    *threads -= drawn;
    (here.count() - drawn) as u64
}

fn strip_box(
    strip: &Strip,
    scene: &SceneModel,
    (form, width, y): (Form, f64, f64),
    most: usize,
    threads: &mut usize,
) -> StripBox {
    let inner = width - 2.0 * PAD;
    let (gutter, slots) = match form {
        Form::Wide => (156.0, if strip.consumers.is_empty() { 0.0 } else { 112.0 }),
        Form::Narrow => (0.0, 0.0),
    };
    let cells_x = PAD + 12.0 + gutter;
    let cells_width = inner - 24.0 - gutter - slots;
    let refusal_room = if strip.refusal.is_some() { CELL + 18.0 } else { 0.0 };
    let places = fit::places(strip, cells_width - 8.0 - refusal_room, most);
    let more = without_thread(strip, scene, &places, threads);
    let more = (more > 0).then(|| (more, format!("+{}", words::count(more, "more thread", "more threads"))));
    let more_width = more.as_ref().map_or(0.0, |(_, text)| sans_width(text, 11.0) + 10.0);
    let badges_width = more_width + badges::width(scene, &Whose::Stream(strip.name.clone()));
    // In the narrow form they have a line of their own.
    let (beside, below) = match form {
        Form::Wide => (badges_width, 0.0),
        Form::Narrow => (0.0, if badges_width > 0.0 { BADGES } else { 0.0 }),
    };
    let cells_y = y + HEADER + 6.0 + below;
    let end = cells_x + places.last().map_or(0.0, |place| place.x + place.width);
    let (_, name) = words::strip_title(strip);
    let figures = figures(strip);
    let title = fit_mono(name, 13.0, (inner - 48.0 - beside - sans_width(&figures, 12.0)).max(60.0));
    let figures_x = PAD + 12.0 + mono_width(&title, 13.0) + 14.0;
    let badges_from = figures_x + sans_width(&figures, 12.0) + 12.0;
    let chips_from = badges_from + beside;
    let (more_x, line) = if form == Form::Wide { (badges_from, y + 10.0) } else { (PAD + 12.0, y + HEADER - 2.0) };
    let badges_at = (more_x + more_width, line);
    let more_threads = more.map(|(more, text)| (more, Rect::new(more_x, line, more_width - 10.0, 14.0), text));
    let mut bottom = y + HEADER + CELLS + below;
    let (drawers, more_drawers) = drawers(strip, PAD + 12.0, PAD + inner - 12.0, bottom + 8.0);
    bottom = drawers.last().map_or(bottom, |drawer| drawer.at.bottom() + 10.0);
    let mut consumers = Vec::new();
    for consumer in &strip.consumers {
        let row = ConsumerRow { consumer, scene, form, places: &places, cells_x, inner, y: bottom };
        let consumer_box = row.place();
        bottom = consumer_box.row.bottom();
        consumers.push(consumer_box);
    }
    StripBox {
        card: Rect::new(PAD, y, inner, bottom - y + 4.0),
        title,
        figures,
        figures_x,
        more_threads,
        badges_at,
        contents: if form == Form::Wide { contents(strip) } else { Vec::new() },
        more_drawers,
        drawers,
        chips: chips(strip, scene.at, chips_from, PAD + inner - 12.0, y),
        cells_x,
        cells_y,
        cells_width,
        labels: labels(&places, cells_x, cells_y + CELL + 13.0),
        places,
        refusal: strip.refusal.as_ref().map(|_| Rect::new(end + 14.0, cells_y, CELL, CELL)),
        consumers,
    }
}

/// What went wrong at streams, in their heads, and at consumers, below their cells.
pub fn badges(scene: &SceneModel, boxes: &[StripBox]) -> Vec<BadgeBox> {
    let mut all = Vec::new();
    for (strip, place) in scene.streams.iter().zip(boxes) {
        let (x, y) = place.badges_at;
        let right = place.card.right() - 12.0;
        all.extend(badges::row(scene, &Whose::Stream(strip.name.clone()), x, y, right));
        for (consumer, row) in strip.consumers.iter().zip(&place.consumers) {
            let here = Whose::Consumer(strip.name.clone(), consumer.name.clone());
            all.extend(badges::row(scene, &here, place.card.x + 12.0, row.row.bottom() - BADGES + 1.0, right));
        }
    }
    all
}

/// The last and the first sequence, then every fifth where there is room.
fn labels(places: &[Place], cells_x: f64, y: f64) -> Vec<(f64, f64, String)> {
    let cells: Vec<(u64, f64)> = places
        .iter()
        .filter(|place| matches!(place.column, Column::Cell(_)))
        .map(|place| (place.column.from_seq(), cells_x + place.x + place.width / 2.0))
        .collect();
    let ends = cells.last().into_iter().chain(cells.first());
    let fifths = cells.iter().filter(|(seq, _)| seq.is_multiple_of(5));
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let mut labels = Vec::new();
    for (seq, x) in ends.chain(fifths) {
        let text = words::figure(*seq);
        let half = mono_width(&text, 10.0) / 2.0 + 2.0;
        if taken.iter().all(|(from, to)| x + half < *from || x - half > *to) {
            taken.push((x - half, x + half));
            labels.push((*x, y, text));
        }
    }
    labels
}

/// What a stream holds, in two lines.
pub fn contents(strip: &Strip) -> Vec<String> {
    let range = words::range(strip.first_seq, strip.last_seq);
    let sequences = match strip.messages {
        0 => return Vec::new(),
        1 => format!("sequence {}", words::figure(strip.first_seq)),
        _ if range.len() <= 12 => format!("sequences {range}"),
        _ if sans_width(&range, 11.0) <= 144.0 => range,
        _ => format!("from {}", words::figure(strip.first_seq)),
    };
    vec![sequences, words::bytes(strip.bytes)]
}

/// How many messages there are, in what is no plain stream.
pub fn figures(strip: &Strip) -> String {
    let (kind, _) = words::strip_title(strip);
    let kind = if strip.kind == StripKind::Stream { String::new() } else { format!("{}, ", kind.to_ascii_lowercase()) };
    format!("{kind}{}", words::count(strip.messages, "message", "messages"))
}

/// What shapes the stream, most telling first, and how much of each limit is used; what finds no room is left to the
/// inspector.
fn settings(strip: &Strip, now: Timestamp) -> Vec<(String, Option<f64>)> {
    let config = &strip.config;
    let retention = match config.retention {
        Retention::Limits => None,
        Retention::Interest => Some(("interest".to_owned(), None)),
        Retention::WorkQueue => Some(("work queue".to_owned(), None)),
    };
    let discard = (config.discard == Discard::New).then(|| ("discard new".to_owned(), None));
    let ruler = |text: String, used: f64, of: f64| (text, Some((used / of.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)));
    let messages = config.max_msgs_limit();
    let messages = messages.map(|max| {
        ruler(format!("max {}", words::count(max, "message", "messages")), strip.messages as f64, max as f64)
    });
    let per_subject = config.max_msgs_per_subject_limit();
    let per_subject = per_subject.map(|max| (format!("max {} per subject", words::figure(max)), None));
    let bytes = config.max_bytes_limit();
    let bytes = bytes.map(|max| ruler(format!("max {}", words::bytes(max)), strip.bytes as f64, max as f64));
    let oldest = strip.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64());
    let age = config.max_age_limit();
    let age = age.map(|age| ruler(format!("max age {}", short(age)), oldest, age.as_secs_f64()));
    [retention, discard, messages, per_subject, bytes, age].into_iter().flatten().collect()
}

/// What a drawer says, and how many stand behind it.
struct Drawn {
    key: String,
    notes: Vec<String>,
    behind: u64,
}

/// A key with its revision.
fn drawn_key(drawer: &Drawer) -> Drawn {
    let note = match drawer.marker {
        Some(Marker::Deleted) => "deleted".to_owned(),
        Some(Marker::Purged) => "purged".to_owned(),
        _ => format!("rev {}", words::figure(drawer.revision)),
    };
    Drawn { key: fit_mono(&drawer.key, 11.0, 150.0), notes: vec![note], behind: drawer.older }
}

/// An object with its size, its chunks and the beginning of its digest.
fn drawn_object(object: &StoredObject) -> Drawn {
    let chunks = |number| words::count(number, "chunk", "chunks");
    let notes = match &object.card {
        None => vec![format!("{} so far", chunks(object.chunks)), "no card yet".to_owned()],
        Some(card) if card.deleted => vec!["deleted".to_owned()],
        Some(card) => {
            let stored = match object.chunks {
                all if all >= card.chunks => chunks(card.chunks),
                some => format!("{} of {}", words::figure(some), chunks(card.chunks)),
            };
            vec![format!("{}, {stored}", words::bytes(card.bytes)), fit_mono(&card.digest, 10.0, 118.0)]
        }
    };
    Drawn { key: fit_mono(&object.name, 11.0, 150.0), notes, behind: object.chunks.saturating_sub(1) }
}

/// Side by side, in at most three rows; what finds no room is counted at the end of the last.
fn drawers(strip: &Strip, left: f64, right: f64, top: f64) -> (Vec<DrawerBox>, Option<(Rect, String)>) {
    let mut drawn: Vec<Drawn> = strip.drawers.iter().map(drawn_key).collect();
    drawn.extend(strip.objects.iter().map(drawn_object));
    let height = DRAWER + if strip.objects.is_empty() { 0.0 } else { NOTE };
    let all = drawn.len();
    let (mut x, mut y) = (left, top);
    let mut boxes: Vec<DrawerBox> = Vec::new();
    for Drawn { key, notes, behind } in drawn {
        let layers = behind.min(4);
        let aside = layers as f64 * LAYER;
        let widest = notes.iter().map(|note| note_width(note)).fold(mono_width(&key, 11.0), f64::max);
        let width = widest + 18.0;
        let is_last_row = y > top + 1.5 * (height + 10.0);
        // Room for the count of the others.
        let end = if is_last_row && boxes.len() + 1 < all { right - MORE } else { right };
        if x > left && x + width + aside > end {
            if is_last_row {
                let text = format!("{} more", words::figure((all - boxes.len()) as u64));
                return (boxes, Some((Rect::new(x, y, MORE, height), text)));
            }
            (x, y) = (left, y + height + 10.0);
        }
        boxes.push(DrawerBox { at: Rect::new(x, y, width, height), key, notes, layers });
        x += width + aside + 10.0;
    }
    (boxes, None)
}

/// Digests are of fixed width, the rest is running text: the wider of both.
fn note_width(note: &str) -> f64 {
    mono_width(note, 10.0)
}

/// `24h`, `1h30m`: without the zeros Go keeps.
fn short(duration: std::time::Duration) -> String {
    let text = format_go_duration(duration);
    let text = text.strip_suffix("m0s").map(|text| format!("{text}m")).unwrap_or(text);
    text.strip_suffix("h0m").map(|text| format!("{text}h")).unwrap_or(text)
}

fn chips(strip: &Strip, now: Timestamp, from: f64, to: f64, y: f64) -> Vec<Chip> {
    let mut right = to;
    let mut chips = Vec::new();
    for (text, used) in settings(strip, now) {
        let width = sans_width(&text, 11.0) + 16.0;
        if right - width < from {
            continue;
        }
        chips.push(Chip {
            at: Rect::new(right - width, y + 8.0, width, 20.0),
            text,
            used,
            urgent: used.is_some_and(|used| used >= 0.9) && strip.config.discard == Discard::New,
        });
        right -= width + 6.0;
    }
    chips
}

struct ConsumerRow<'a> {
    consumer: &'a ConsumerStrip,
    scene: &'a SceneModel,
    form: Form,
    places: &'a [Place],
    cells_x: f64,
    inner: f64,
    y: f64,
}

impl ConsumerRow<'_> {
    fn place(&self) -> ConsumerBox {
        let consumer = self.consumer;
        // In the narrow form name and figures stand over the cells, not beside them.
        let (height, cells_y, name_y) = match self.form {
            Form::Wide => (68.0, self.y + 24.0, self.y + 20.0),
            Form::Narrow => (124.0, self.y + 76.0, self.y + 20.0),
        };
        let here = Whose::Consumer(consumer.stream.clone(), consumer.name.clone());
        let height = height + if self.scene.badges_of(&here).next().is_some() { BADGES } else { 0.0 };
        let room = if self.form == Form::Wide { 148.0 } else { self.inner - 24.0 - SLOT - 12.0 };
        let delivered_x = self.cells_x + fit::after(self.places, consumer.delivered.stream_seq);
        let floor_x = self.cells_x + fit::after(self.places, consumer.ack_floor.stream_seq);
        let window = (delivered_x > floor_x && consumer.num_ack_pending > 0)
            .then(|| Rect::new(floor_x, cells_y - 9.0, delivered_x - floor_x, CELL + 13.0));
        let (slots, slot_labels) = self.slots();
        ConsumerBox {
            row: Rect::new(PAD, self.y, self.inner, height),
            name: fit_mono(&consumer.name, 12.0, room),
            name_at: (PAD + 12.0, name_y),
            figures: figure_lines(consumer, room),
            figures_room: room,
            cells_y,
            delivered_x,
            floor_x,
            window,
            window_label_at: self.window_label_at(floor_x, cells_y),
            window_label: window_label(consumer),
            mixes: self.mixes(),
            // Under the figures, clear of the slots and of the markers.
            more_timers_at: match self.form {
                Form::Wide => (self.cells_x - 14.0, self.y + 64.0),
                Form::Narrow => (PAD + self.inner - 12.0, self.y + 56.0),
            },
            more_slots: self.more_slots(slots.len()),
            slots,
            slot_labels,
        }
    }

    fn mixes(&self) -> Vec<(usize, Mix)> {
        let counted = self.places.iter().enumerate().filter_map(|(index, place)| match place.column {
            Column::Elided { from, to, .. } => Some((index, fit::mix(self.consumer, from, to))),
            _ => None,
        });
        counted.collect()
    }

    /// Right of the ack floor's marker; left of it where the card ends.
    fn window_label_at(&self, floor_x: f64, cells_y: f64) -> (f64, f64) {
        let width = sans_width(&window_label(self.consumer), 10.0);
        let right = PAD + self.inner - if self.form == Form::Wide { 124.0 } else { 12.0 };
        let x = if floor_x + 10.0 + width <= right { floor_x + 10.0 } else { floor_x - 10.0 - width };
        (x, cells_y + CELL + 17.0)
    }

    /// In the narrow form the cells begin earlier.
    fn most_slots(&self) -> usize {
        if self.form == Form::Wide { MAX_SLOTS } else { MAX_SLOTS - 1 }
    }

    fn slot(&self, index: usize) -> Rect {
        Rect::new(PAD + self.inner - 12.0 - SLOT, self.y + 8.0 + index as f64 * 19.0, SLOT, 16.0)
    }

    fn more_slots(&self, shown: usize) -> Option<(Rect, String)> {
        let more = self.consumer.pulls.len() - shown;
        (more > 0).then(|| (self.slot(shown), format!("{} more", words::figure(more as u64))))
    }

    fn slots(&self) -> (Vec<Rect>, Vec<String>) {
        // Where not all have a slot, the last one counts the others.
        let all = self.consumer.pulls.len();
        let most = self.most_slots();
        let shown = if all > most { most - 1 } else { all };
        self.consumer
            .pulls
            .iter()
            .take(shown)
            .enumerate()
            .map(|(index, pull)| {
                let who = pull.actor.and_then(|actor| self.scene.actors.get(actor)).map_or("?", |actor| &actor.name);
                let batch = format!(" ×{}", words::figure(pull.batch));
                let name = fit_mono(who, 10.0, 70.0 - mono_width(&batch, 10.0));
                (self.slot(index), name + &batch)
            })
            .unzip()
    }
}

/// Two lines under a consumer's name, in fewer words where there is less room; its name says all of it.
pub fn figure_lines(consumer: &ConsumerStrip, room: f64) -> [String; 2] {
    let figure = words::figure;
    let (waiting, given_up) = (consumer.waiting_for_redelivery, consumer.given_up);
    let in_flight = format!("{} in flight", figure(consumer.num_ack_pending - waiting));
    let pending = format!("{} pending", figure(consumer.num_pending));
    [with_more(in_flight, waiting, "waiting", room), with_more(pending, given_up, "given up", room)]
}

fn with_more(first: String, number: u64, what: &str, room: f64) -> String {
    let long = format!("{first}, {} {what}", words::figure(number));
    let short = format!("{first}, {}", words::figure(number));
    match number {
        0 => first,
        _ if sans_width(&long, 11.0) <= room => long,
        _ if sans_width(&short, 11.0) <= room => short,
        _ => first,
    }
}

/// How full the outstanding window is: `3 of 1,000`.
pub fn window_label(consumer: &ConsumerStrip) -> String {
    match consumer.config.max_ack_pending_limit() {
        Some(max) => format!("{} of {}", words::figure(consumer.num_ack_pending), words::figure(max)),
        None => words::figure(consumer.num_ack_pending),
    }
}

/// From the cell that points to what it points at, as far as both streams are there.
pub fn threads(scene: &SceneModel, boxes: &[StripBox]) -> Vec<(usize, Path)> {
    let place = |(index, thread): (usize, &Thread)| Some((index, thread_path(thread, scene, boxes)?));
    scene.threads.iter().enumerate().filter_map(place).take(MAX_THREADS).collect()
}

fn thread_path(thread: &Thread, scene: &SceneModel, boxes: &[StripBox]) -> Option<Path> {
    let of = |name: &str| scene.streams.iter().position(|strip| *strip.name == *name).and_then(|i| boxes.get(i));
    let (from_box, to_box) = (of(&thread.from_stream)?, of(&thread.to.stream)?);
    let from = from_box.cell(thread.from_seq)?;
    let to_x = to_box.x_of(thread.to.stream_seq);
    // Beside the middle, where the sequence's label is; then below the labels and up along the cards' edge.
    let aside = CELL / 2.0 - 3.0;
    let (from_lane, to_lane) = (from_box.lane(), to_box.lane());
    let edge = from_box.card.x + 5.0;
    Some(Path::through(&[
        (from.center().x + aside, from.bottom() + 1.0),
        (from.center().x + aside, from_lane),
        (edge, from_lane),
        (edge, to_lane),
        (to_x + aside, to_lane),
        (to_x + aside, to_box.cells_y + CELL + 1.0),
    ]))
}
