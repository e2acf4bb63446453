//! The scene in words: what objects are called for those who listen rather than look, and what labels say in full.
//!
//! Whatever the picture shows has a sentence here, so both say the same.

use super::bucket::Marker;
use super::scene::*;
use super::step::{How, LinkState, Role};
use super::trouble::{Badge, Trouble};
use crate::engine::{AckKind, RemovalReason};
use crate::time::{Timestamp, format_go_duration};
use std::time::Duration;

/// `1 message`, `1,204 messages`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", figure(number), if number == 1 { one } else { many })
}

/// `Given up` for `given up`.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// `1,234,567`.
pub fn figure(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `512 B`, `1.5 KiB`, `256 MiB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && value < 100.0 && value.fract() > 0.0);
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// `5`, `5 to 9`.
pub fn range(from: u64, to: u64) -> String {
    if from == to { figure(from) } else { format!("{} to {}", figure(from), figure(to)) }
}

/// `09:00:12.042`.
pub fn clock(at: Timestamp) -> String {
    let utc = at.utc();
    format!("{:02}:{:02}:{:02}.{:03}", utc.hour(), utc.minute(), utc.second(), utc.millisecond())
}

/// Bytes on one line, as far as they are text, at most `limit` characters of it.
pub fn preview(bytes: &[u8], limit: usize) -> String {
    // Cut before it is read: the rest may be a megabyte. A character is at most four bytes.
    let start = &bytes[..bytes.len().min(limit * 4)];
    let text = String::from_utf8_lossy(start);
    let mut shown = String::new();
    for character in text.chars().take(limit) {
        match character {
            '\r' => shown.push('␍'),
            '\n' => shown.push('␊'),
            '\t' => shown.push(' '),
            control if control.is_control() => shown.push('·'),
            other => shown.push(other),
        }
    }
    if text.chars().nth(limit).is_some() || start.len() < bytes.len() {
        shown.push('…');
    }
    shown
}

pub fn actor(actor: &Actor) -> String {
    let role = match actor.role {
        None => "client",
        Some(Role::Publisher) => "publisher",
        Some(Role::Subscriber) => "subscriber",
        Some(Role::Worker) => "worker",
        Some(Role::Observer) => "observer",
    };
    let (published, received) = (figure(actor.published), figure(actor.received));
    let tray = if actor.tray > 0 { format!(", {} waiting in its tray", figure(actor.tray)) } else { String::new() };
    let busy = actor.rates().map(|busy| format!(", {}", self::busy(busy))).unwrap_or_default();
    format!("{}, {role}, {}, {published} published, {received} received{tray}{busy}", actor.name, link(actor.state))
}

/// What goes over a connection in a second: everything, answers and acks too.
pub fn busy(busy: &Busy) -> String {
    let mut text = format!("{} sent and {} received a second", figure(busy.sent), figure(busy.received));
    if busy.exceptions > 0 {
        text += &format!(", {} of them again", figure(busy.exceptions));
    }
    text
}

/// `940/s`, `12.5k/s`, `2.1M/s`.
pub fn rate(rate: u64) -> String {
    match rate {
        0..1_000 => format!("{rate}/s"),
        1_000..100_000 => format!("{:.1}k/s", rate as f64 / 1e3),
        100_000..1_000_000 => format!("{}k/s", rate / 1_000),
        _ => format!("{:.1}M/s", rate as f64 / 1e6),
    }
}

/// A stretch of messages with a consumer.
pub fn run(run: &Run) -> String {
    let parts = [
        (run.mix.settled, "settled"),
        (run.mix.in_flight, "in flight"),
        (run.mix.waiting_for_redelivery, "waiting to be redelivered"),
        (run.mix.given_up, "given up"),
        (run.mix.unknown, "not known"),
        (run.mix.ahead, "not yet delivered"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", figure(*n))).collect();
    format!("Messages {}: {}", range(run.from, run.to), parts.join(", "))
}

pub fn link(state: LinkState) -> &'static str {
    match state {
        LinkState::Connected => "connected",
        LinkState::Connecting => "connecting",
        LinkState::Broken => "link cut",
        LinkState::Killed => "killed",
        LinkState::Closed => "not connected",
    }
}

pub fn track(track: &Track) -> String {
    let what = match track.kind {
        TrackKind::Subject | TrackKind::Awaited => format!("Subject {}", track.label),
        TrackKind::Folded(subjects) => {
            format!("{} under {}", count(subjects as u64, "subject", "subjects"), track.label)
        }
        TrackKind::System => "System subjects, what server and clients say among themselves".to_owned(),
        TrackKind::SystemPart => format!("Part of the system subjects, {}", track.label),
    };
    let unwanted =
        if track.unwanted > 0 { format!(", {} wanted by nobody", figure(track.unwanted)) } else { String::new() };
    format!("{what}, {}{unwanted}", count(track.messages, "message", "messages"))
}

pub fn bracket(bracket: &Bracket, scene: &SceneModel) -> String {
    let over: Vec<&str> =
        bracket.tracks.iter().filter_map(|&index| scene.tracks.get(index)).map(|t| &*t.label).collect();
    let queue = bracket.queue.as_ref().map(|queue| format!(" in group {queue}")).unwrap_or_default();
    let who = match &bracket.owner {
        BracketOwner::Actor(index) => scene.actors.get(*index).map_or("somebody", |actor| &actor.name).to_owned(),
        BracketOwner::Stream(name) => format!("stream {name}"),
    };
    let turn = bracket.turn.as_ref().map(turn).unwrap_or_default();
    format!("{who} listens on {}{queue}, matching {}{turn}", bracket.filter, over.join(", "))
}

/// How the dice of a queue group fell for a member.
fn turn(turn: &Turn) -> String {
    let last = match turn {
        Turn { is_last: true, .. } => "; the last one is its own",
        Turn { face: Some(_), .. } => "; it could have got the last one",
        Turn { face: None, .. } => "",
    };
    format!(", drawn for {} of {}{last}", figure(turn.got), count(turn.of, "message", "messages"))
}

pub fn server(server: &Server) -> String {
    let mut text = format!("Server, {} published, {} delivered", figure(server.published), figure(server.delivered));
    if server.unwanted > 0 {
        text += &format!(", {} wanted by nobody", figure(server.unwanted));
    }
    if server.no_responders > 0 {
        text += &format!(", {} without responders", figure(server.no_responders));
    }
    text
}

pub fn strip(strip: &Strip) -> String {
    let (kind, name) = strip_title(strip);
    let messages = count(strip.messages, "message", "messages");
    let sequences = match (strip.messages, strip.last_seq) {
        (0, 0) => String::new(),
        (0, last) => format!(", last sequence {}", figure(last)),
        (1, _) => format!(", sequence {}", figure(strip.first_seq)),
        _ => format!(", sequences {}", range(strip.first_seq, strip.last_seq)),
    };
    let duplicates = tail(strip.duplicates, "duplicate refused", "duplicates refused");
    let refused = tail(strip.refused, "message refused", "messages refused");
    let asked = asked(strip.asked);
    format!("{kind} {name}, {messages}{sequences}{duplicates}{refused}{asked}")
}

/// When the server was asked last.
fn asked(at: Option<Timestamp>) -> String {
    at.map(|at| format!(", asked at {}", &clock(at)[..8])).unwrap_or_default()
}

/// What a strip is, and the name people gave it.
pub fn strip_title(strip: &Strip) -> (&'static str, &str) {
    match strip.kind {
        StripKind::Stream => ("Stream", &strip.name),
        StripKind::Bucket => ("Key-value bucket", &strip.name[3..]),
        StripKind::ObjectStore => ("Object store", &strip.name[4..]),
    }
}

pub fn refusal(refusal: &Refusal) -> String {
    match &refusal.why {
        RefusalReason::Duplicate(seq) => format!("Duplicate refused: stored before as message {}", figure(*seq)),
        RefusalReason::Error(words) => format!("Message refused: {words}"),
    }
}

pub fn request_refusal(refusal: &RequestRefusal) -> String {
    let who = refusal.who.as_deref().unwrap_or("somebody");
    format!("Request refused: {who} asked for {}, {}", refusal.subject, refusal.error)
}

pub fn column(column: &Column) -> String {
    match column {
        Column::Cell(cell) => self::cell(cell),
        Column::Gap { from, to, reason } => {
            let noun = if from == to { "Message" } else { "Messages" };
            format!("{noun} {} {}", range(*from, *to), gap_reason(*reason))
        }
        Column::Unknown { from, to, messages } => {
            format!("{} nobody here has seen, {}", count(*messages, "message", "messages"), range(*from, *to))
        }
        Column::Elided { from, to, messages } => {
            format!("{} more, {}", count(*messages, "message", "messages"), range(*from, *to))
        }
    }
}

pub fn cell(cell: &Cell) -> String {
    let size = bytes(cell.bytes as u64);
    let known = known(cell.how);
    match &cell.points_to {
        None => {
            let marker = match &cell.marker {
                None => String::new(),
                Some(Marker::Deleted) => ", deletes its key".to_owned(),
                Some(Marker::Purged) => ", deletes its key and what was before".to_owned(),
                Some(Marker::Card(card)) if card.deleted => format!(", deletes the object {}", card.name),
                Some(Marker::Card(card)) => format!(", describes the object {}", card.name),
            };
            format!("Message {} on {}, {size}{marker}{known}", figure(cell.seq), cell.subject)
        }
        Some(pointer) => {
            format!(
                "Message {}, an advisory about message {} of {}{known}",
                figure(cell.seq),
                pointer.stream_seq,
                pointer.stream
            )
        }
    }
}

/// How something is known, as the end of a sentence about it; nothing where the server is in the page.
pub fn known(how: Option<How>) -> &'static str {
    match how {
        None => "",
        Some(How::Seen) => ", seen",
        Some(How::Told) => ", told",
        Some(How::Asked) => ", asked",
    }
}

/// What the three ways of knowing mean: the legend of a picture whose server is not in the page.
pub const WAYS_OF_KNOWING: [(How, &str, &str); 3] = [
    (How::Seen, "seen", "it went by on one of this page's connections"),
    (How::Told, "told", "the server announced it in an advisory"),
    (How::Asked, "asked", "the server answered so when this page asked"),
];

pub fn gap_reason(reason: GapReason) -> &'static str {
    match reason {
        GapReason::Removed(RemovalReason::Age) => "removed: too old",
        GapReason::Removed(RemovalReason::Ttl) => "removed: its time to live is over",
        GapReason::Removed(RemovalReason::Count) => "removed: too many messages",
        GapReason::Removed(RemovalReason::Bytes) => "removed: too many bytes",
        GapReason::Removed(RemovalReason::PerSubject) => "removed: newer ones on the subject",
        GapReason::Removed(RemovalReason::Acked) => "removed: acknowledged",
        GapReason::Removed(RemovalReason::NoInterest) => "removed: nobody is interested",
        GapReason::Removed(RemovalReason::Purged) => "removed: purged",
        GapReason::Removed(RemovalReason::Deleted) => "removed: deleted",
        GapReason::Removed(RemovalReason::Rollup) => "removed: rolled up",
        GapReason::NotKept => "not kept: nobody was interested",
        GapReason::Mixed => "removed",
    }
}

/// One word for a label on the strip.
pub fn gap_word(reason: GapReason) -> &'static str {
    match reason {
        GapReason::Removed(RemovalReason::Age) => "age",
        GapReason::Removed(RemovalReason::Ttl) => "ttl",
        GapReason::Removed(RemovalReason::Count) => "count",
        GapReason::Removed(RemovalReason::Bytes) => "size",
        GapReason::Removed(RemovalReason::PerSubject) => "newer",
        GapReason::Removed(RemovalReason::Acked) => "acked",
        GapReason::Removed(RemovalReason::NoInterest) | GapReason::NotKept => "unwanted",
        GapReason::Removed(RemovalReason::Purged) => "purged",
        GapReason::Removed(RemovalReason::Deleted) => "deleted",
        GapReason::Removed(RemovalReason::Rollup) => "rollup",
        GapReason::Mixed => "gone",
    }
}

pub fn consumer(consumer: &ConsumerStrip) -> String {
    let in_flight = consumer.num_ack_pending.saturating_sub(consumer.waiting_for_redelivery);
    let mut text = format!("Consumer {} on {}: {} in flight", consumer.name, consumer.stream, figure(in_flight));
    if consumer.waiting_for_redelivery > 0 {
        text += &format!(", {} waiting to be redelivered", figure(consumer.waiting_for_redelivery));
    }
    text += &format!(", {} not yet delivered", figure(consumer.num_pending));
    text += &format!(", ack floor {}", figure(consumer.ack_floor.stream_seq));
    if consumer.given_up > 0 {
        text += &format!(", {} given up", figure(consumer.given_up));
    }
    if consumer.terminated > 0 {
        text += &format!(", {} terminated", figure(consumer.terminated));
    }
    if !consumer.pulls.is_empty() {
        text += &format!(", {} waiting", count(consumer.pulls.len() as u64, "pull request", "pull requests"));
    }
    if consumer.paused_until.is_some() {
        text += ", paused";
    }
    text + &asked(consumer.asked)
}

pub fn consumer_cell(cell: &ConsumerCell, actors: &[Actor]) -> String {
    let worker = cell.worker.and_then(|worker| actors.get(worker)).map(|actor| format!(" at {}", actor.name));
    let attempt = if cell.deliveries > 1 { format!(", delivery {}", cell.deliveries) } else { String::new() };
    let answer = match &cell.last_answer {
        Some(AckKind::InProgress) => ", still being worked on",
        Some(AckKind::Nak { .. }) => ", handed back",
        _ => "",
    };
    let (state, worker) = match cell.state {
        CellState::NotYetDelivered => ("not yet delivered", None),
        CellState::FilteredOut => ("filtered out", None),
        CellState::BeforeStart => ("stored before this consumer's start", None),
        CellState::InFlight { .. } => ("in flight", worker),
        CellState::WaitingForRedelivery { .. } => ("waiting to be redelivered", None),
        CellState::Acked => ("acknowledged", None),
        CellState::GivenUp => ("given up", None),
        CellState::Terminated => ("terminated", None),
        CellState::Unknown => ("not known", None),
    };
    let known = known(cell.how);
    format!("Message {}: {state}{}{attempt}{answer}{known}", figure(cell.seq), worker.unwrap_or_default())
}

/// A key of a bucket, as it stands.
pub fn drawer(drawer: &Drawer) -> String {
    let state = match &drawer.marker {
        None | Some(Marker::Card(_)) => format!("revision {}", figure(drawer.revision)),
        Some(Marker::Deleted) => format!("deleted by revision {}", figure(drawer.revision)),
        Some(Marker::Purged) => format!("purged by revision {}", figure(drawer.revision)),
    };
    format!("Key {}, {state}{}", drawer.key, tail(drawer.older, "older revision", "older revisions"))
}

/// `3 refused`.
pub fn badge(badge: &Badge) -> String {
    let plural = if badge.trouble == Trouble::Duplicate && badge.count != 1 { "s" } else { "" };
    format!("{} {}{plural}", figure(badge.count), badge.trouble.word())
}

/// What a badge counts and where, and what it leads to.
pub fn badge_label(badge: &Badge) -> String {
    let place = badge.place.name();
    format!(
        "{} at {place}: {} {}, show them in the story",
        self::badge(badge),
        count(badge.count, "message", "messages"),
        badge.trouble.title()
    )
}

/// An object of a store, as it stands.
pub fn object(object: &StoredObject) -> String {
    let stored = count(object.chunks, "chunk", "chunks");
    let Some(card) = &object.card else {
        return match object.card_seq {
            Some(_) => format!("Object {}, {stored} stored, its card was not seen", object.name),
            None => format!("Object still coming in as {}, {stored} so far", object.name),
        };
    };
    if card.deleted {
        return format!("Object {}, deleted", object.name);
    }
    let missing = card.chunks.saturating_sub(object.chunks);
    let missing = tail(missing, "chunk missing", "chunks missing");
    format!(
        "Object {}, {} in {}{missing}, digest {}",
        object.name,
        bytes(card.bytes),
        count(card.chunks, "chunk", "chunks"),
        card.digest
    )
}

pub fn pull(slot: &PullSlot, actors: &[Actor]) -> String {
    let who = slot.actor.and_then(|actor| actors.get(actor)).map_or("somebody", |actor| &actor.name);
    format!("{who} waits for {}", count(slot.batch, "message", "messages"))
}

pub fn thread(thread: &Thread) -> String {
    let stored = if thread.target_stored { "still stored" } else { "no longer stored" };
    let (to, from) = (&thread.to, figure(thread.from_seq));
    format!("Message {from} of {} points to message {} of {}, {stored}", thread.from_stream, to.stream_seq, to.stream)
}

/// Dead letters whose threads are not drawn.
pub fn more_threads(more: u64, stream: &str) -> String {
    let (have, say) = if more == 1 { ("has", "it says") } else { ("have", "each says") };
    let letters = count(more, "more dead letter", "more dead letters");
    format!("{letters} in {stream} {have} no thread; {say} which message it is about")
}

/// Time left, coarse enough to read while it runs: `2m`, `4.2s`, `now`.
pub fn time_left(now: Timestamp, deadline: Timestamp) -> String {
    let left = deadline.since(now);
    if left.is_zero() {
        return "now".to_owned();
    }
    let rounded = match left.as_secs() {
        0..10 => Duration::from_millis(left.as_millis() as u64 / 100 * 100),
        10..3600 => Duration::from_secs(left.as_secs()),
        _ => Duration::from_secs(left.as_secs() / 60 * 60),
    };
    let text = format_go_duration(rounded);
    let text = text.strip_suffix("m0s").map(|minutes| format!("{minutes}m")).unwrap_or(text);
    text.strip_suffix("h0m").map(|hours| format!("{hours}h")).unwrap_or(text)
}

/// Time left in whole seconds, as short as a cell is: `4`, `90`, `2m`, `25h`.
pub fn seconds_left(now: Timestamp, deadline: Timestamp) -> String {
    let left = deadline.since(now).as_secs_f64().ceil() as u64;
    match left {
        0..100 => left.to_string(),
        100..6_000 => format!("{}m", left / 60),
        _ => format!("{}h", left / 3600),
    }
}

/// Everything in the scene, a line each: what a reader without the picture gets, and what tests compare.
pub fn outline(scene: &SceneModel) -> String {
    let mut lines: Vec<String> = scene.actors.iter().map(actor).collect();
    lines.extend(scene.tracks.iter().map(track));
    lines.extend(scene.brackets.iter().map(|b| bracket(b, scene)));
    lines.push(server(&scene.server));
    lines.extend(scene.server.refusal.iter().map(|refusal| format!("  {}", request_refusal(refusal))));
    for stream in &scene.streams {
        outline_strip(stream, &scene.actors, &mut lines);
    }
    if let Some(ledger) = &scene.ledger {
        lines.push(self::ledger(ledger));
        lines.extend(ledger.stamps.iter().filter(|s| s.effects != 1).map(|s| format!("  {}", stamp(s))));
    }
    lines.extend(scene.badges.iter().map(|b| format!("Badge at {}: {}", b.place.name(), badge(b))));
    lines.extend(scene.threads.iter().map(thread));
    lines.join("\n") + "\n"
}

/// What came of the messages outside.
pub fn ledger(ledger: &Ledger) -> String {
    let repeated = tail(ledger.repeated, "done more than once", "done more than once");
    let lost = tail(ledger.lost, "not done", "not done");
    let done = ledger.keys - ledger.lost;
    format!("Ledger: {} done{repeated}{lost}", figure(done))
}

pub fn stamp(stamp: &Stamp) -> String {
    let source = format!("message {} of {}", figure(stamp.stream_seq), stamp.stream);
    match stamp.effects {
        0 => format!("Nothing was done about {source}"),
        1 => format!("{} done, {source}", stamp.key),
        times => format!("{} done {} times, {source}", stamp.key, figure(times)),
    }
}

fn outline_strip(stream: &Strip, actors: &[Actor], lines: &mut Vec<String>) {
    lines.push(strip(stream));
    lines.extend(stream.columns.iter().map(|c| format!("  {}", column(c))));
    lines.extend(stream.drawers.iter().map(|d| format!("  {}", drawer(d))));
    lines.extend(stream.objects.iter().map(|o| format!("  {}", object(o))));
    lines.extend(stream.refusal.iter().map(|r| format!("  {}", refusal(r))));
    for c in &stream.consumers {
        lines.push(format!("  {}", consumer(c)));
        lines.extend(c.cells.iter().map(|cell| format!("    {}", consumer_cell(cell, actors))));
        lines.extend(c.runs.iter().map(|r| format!("    {}", run(r))));
        lines.extend(c.pulls.iter().map(|slot| format!("    {}", pull(slot, actors))));
    }
}

fn tail(number: u64, one: &str, many: &str) -> String {
    if number == 0 { String::new() } else { format!(", {}", count(number, one, many)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_sizes() {
        assert_eq!(figure(0), "0");
        assert_eq!(figure(1_234_567), "1,234,567");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(256 * 1024 * 1024), "256 MiB");
        assert_eq!(count(1, "message", "messages"), "1 message");
    }

    #[test]
    fn bytes_on_one_line() {
        assert_eq!(preview(b"hello", 9), "hello");
        assert_eq!(preview(b"a\r\nb", 9), "a␍␊b");
        assert_eq!(preview("größer".as_bytes(), 3), "grö…");
        assert_eq!(preview(&[0, 255], 9), "·\u{fffd}");
        assert_eq!(preview(&[b'a'; 100], 4), "aaaa…");
        assert_eq!(clock(Timestamp(61_042_000_000)), "00:01:01.042");
    }

    #[test]
    fn time_left_is_readable() {
        let now = Timestamp::from_secs(100);
        for (left, expected) in [(0, "now"), (4_250, "4.2s"), (30_700, "30s"), (120_000, "2m"), (7_200_000, "2h")] {
            assert_eq!(time_left(now, now + Duration::from_millis(left)), expected);
        }
    }
}
