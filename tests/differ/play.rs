//! Plays many scripts at once on one server: the same step of each, then quiet, then the next. Where timers matter
//! there is a timetable instead: steps come at fixed moments of a slot, and timers end between them.
//!
//! Each script is told apart by its tag in every subject and name and by its range of subscription ids, so one
//! connection carries them all. What came for a script after a step is put in order by inbox: within one inbox order is
//! the server's promise, between inboxes it is chance.

use super::normal;
use super::script::{Script, Step};
use crate::support::Frame;
use crate::support::stage::{Received, Target, Wire};
use jetlab::time::Timestamp;
use regex::{Captures, Regex};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

/// How much longer than usual it has to be quiet when a request was not answered: some never are.
const PATIENCE: u32 = 4;
const TICK: Duration = Duration::from_millis(5);
/// Subscription ids of one script.
const SIDS: usize = 10_000;
/// What everybody hears besides answers, on the last ids of the script.
const ADVISORIES: [&str; 3] =
    ["$JS.EVENT.ADVISORY.CONSUMER.*.S@.>", "$JS.EVENT.ADVISORY.STREAM.*.S@", "republished.@.>"];
/// From one wait of a script to the next.
pub const SLOT: Duration = Duration::from_millis(800);
/// From one step of a slot to the next.
const BEAT: Duration = Duration::from_millis(50);
const SECOND: i64 = 1_000_000_000;
/// How long it is quiet when everything is made.
const SETTLED: Duration = Duration::from_millis(100);
/// When the streams are made in their second. The clock by which nats-server tells what is too old is set every tenth of
/// a second from then on; so that falls between the moments at which something grows old.
const MADE_PAST_SECOND: Duration = Duration::from_millis(23);
/// When the first slot begins in its second.
const PAST_SECOND: Duration = Duration::from_millis(50);
/// What is left at the end of a slot that has too many steps.
const REST: Duration = Duration::from_millis(150);

/// What came after each step, normalised.
pub type Transcript = Vec<Vec<String>>;

#[derive(Clone, Copy)]
pub enum Pace {
    /// The next step when nothing came for so long.
    Quiet(Duration),
    Timetable,
}

struct Lane<'a> {
    tag: String,
    first_sid: usize,
    script: &'a [Step],
    /// Acknowledgement subjects of deliveries, oldest first.
    deliveries: Vec<String>,
    /// Where flow control wants an answer, oldest first.
    stalls: Vec<String>,
    subscriptions: Vec<usize>,
    /// Names the server made up for consumers.
    unnamed: Vec<String>,
    /// What came after each step, as it came: reading it properly has to wait, time does not.
    came: Vec<Vec<(usize, Frame)>>,
}

struct Play<'a> {
    target: &'a mut dyn Target,
    wire: Box<dyn Wire>,
    /// What the server's clock showed when the target's did not run yet.
    epoch: Timestamp,
    unparsed: Vec<u8>,
    lanes: Vec<Lane<'a>>,
    outgoing: Vec<u8>,
}

/// Plays `scripts` on `target`, whose time began at `epoch`, tagged from `first_tag` on.
pub fn play(
    target: &mut dyn Target,
    epoch: Timestamp,
    scripts: &[&Script],
    first_tag: usize,
    pace: Pace,
) -> Vec<Transcript> {
    let wire = target.connect();
    let lanes = scripts.iter().enumerate().map(|(index, script)| Lane {
        tag: format!("t{:06}", first_tag + index),
        first_sid: (index + 1) * SIDS,
        script,
        deliveries: Vec::new(),
        stalls: Vec::new(),
        subscriptions: Vec::new(),
        unnamed: Vec::new(),
        came: Vec::new(),
    });
    let lanes = lanes.collect();
    let mut play = Play { target, wire, epoch, unparsed: Vec::new(), lanes, outgoing: Vec::new() };
    play.open();
    match pace {
        Pace::Quiet(quiet) => {
            let longest = scripts.iter().map(|script| script.len()).max().unwrap_or(0);
            (0..longest).for_each(|step| play.step(step, quiet));
        }
        Pace::Timetable => play.by_timetable(),
    }
    play.close();
    play.lanes.into_iter().map(Lane::transcript).collect()
}

/// The scripts' slots: which steps, up to and with the wait.
fn slots(script: &[Step]) -> Vec<std::ops::Range<usize>> {
    let waits = script.iter().enumerate().filter(|(_, step)| **step == Step::Wait).map(|(index, _)| index + 1);
    let ends: Vec<usize> = waits.chain([script.len()]).collect();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, &end)| start..end).filter(|slot| !slot.is_empty()).collect()
}

impl Play<'_> {
    fn open(&mut self) {
        let connect = r#"{"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"protocol":1}"#;
        self.outgoing.extend_from_slice(format!("CONNECT {connect}\r\n").as_bytes());
        for lane in &self.lanes {
            let mut lines = format!("SUB _R.{}.* {}\r\n", lane.tag, lane.first_sid);
            for (index, subject) in ADVISORIES.iter().enumerate() {
                let subject = subject.replace('@', &lane.tag);
                lines += &format!("SUB {subject} {}\r\n", lane.first_sid + SIDS - 1 - index);
            }
            self.outgoing.extend_from_slice(lines.as_bytes());
        }
        self.send();
        self.collect(0, TICK);
    }

    /// Streams are deleted so that a long run does not fill the server.
    fn close(&mut self) {
        for lane in &self.lanes {
            for stream in ["S", "KV_", "M", "A", "B"] {
                let line = format!("PUB $JS.API.STREAM.DELETE.{stream}{} _R.{} 0\r\n\r\n", lane.tag, lane.tag);
                self.outgoing.extend_from_slice(line.as_bytes());
            }
        }
        self.send();
        self.collect(0, TICK);
    }

    fn step(&mut self, index: usize, quiet: Duration) {
        let now = self.epoch + self.target.elapsed();
        let mut asked = 0;
        for lane in &mut self.lanes {
            if let Some(step) = lane.script.get(index) {
                asked += usize::from(matches!(step, Step::Request { .. }));
                let bytes = lane.encode(index, step, now);
                self.outgoing.extend_from_slice(&bytes);
            }
        }
        self.send();
        let frames = self.collect(asked, quiet);
        for lane in self.lanes.iter_mut().filter(|lane| index < lane.script.len()) {
            lane.came.push(Vec::new());
        }
        self.sort_out(frames);
    }

    /// What comes in a slot is only looked at when it is over: a busy server may be late, and means the same.
    fn by_timetable(&mut self) {
        let soon = self.past_second(MADE_PAST_SECOND);
        self.until(soon);
        // A hundred streams at once take longer to make than a beat.
        self.step(0, SETTLED);
        let mut slots: Vec<_> = self.lanes.iter().map(|lane| slots(lane.script)).collect();
        slots.iter_mut().filter_map(|slots| slots.first_mut()).for_each(|first| first.start = 1);
        let count = slots.iter().map(Vec::len).max().unwrap_or(0);
        let mut start = self.past_second(PAST_SECOND);
        for slot in 0..count {
            let mut frames = self.until(start);
            let now = self.epoch + start;
            let steps: Vec<_> = slots.iter().map(|slots| slots.get(slot).cloned().unwrap_or(0..0)).collect();
            let beats = steps.iter().map(ExactSizeIterator::len).max().unwrap_or(0) as u32;
            for beat in 0..beats {
                for (lane, steps) in self.lanes.iter_mut().zip(&steps) {
                    if let Some(index) = steps.clone().nth(beat as usize) {
                        let bytes = lane.encode(index, &lane.script[index], now);
                        self.outgoing.extend_from_slice(&bytes);
                        lane.came.push(Vec::new());
                    }
                }
                self.send();
                let during = self.until(start + BEAT * (beat + 1));
                // A heartbeat may come before a step that changes what it says, or not: timers of the server are late.
                frames.extend(during.into_iter().filter(|(_, frame)| !normal::is_heartbeat(frame)));
            }
            start += SLOT.max(BEAT * beats + REST);
            frames.extend(self.until(start));
            self.sort_out(frames);
        }
    }

    /// So much past the next whole second. Everything stands to whole seconds as it does on the other server, and none
    /// falls among the steps of a slot.
    fn past_second(&self, past: Duration) -> Duration {
        let soon = self.target.elapsed() + BEAT;
        let past_second = Duration::from_nanos((self.epoch + soon).nanos().rem_euclid(SECOND) as u64);
        soon + Duration::from_nanos(SECOND as u64) + past - past_second
    }

    fn until(&mut self, end: Duration) -> Vec<(usize, Frame)> {
        let mut frames = Vec::new();
        loop {
            let left = end.saturating_sub(self.target.elapsed());
            if left.is_zero() {
                return frames;
            }
            if let Received::Bytes(bytes) = self.wire.receive(left.min(TICK)) {
                self.read(&bytes, &mut frames);
            }
        }
    }

    /// Gives everybody what is theirs.
    fn sort_out(&mut self, frames: Vec<(usize, Frame)>) {
        let mut theirs: Vec<Vec<(usize, Frame)>> = self.lanes.iter().map(|_| Vec::new()).collect();
        for (sid, frame) in frames {
            if let Some(theirs) = (sid / SIDS).checked_sub(1).and_then(|lane| theirs.get_mut(lane)) {
                theirs.push((sid % SIDS, frame));
            }
        }
        for (lane, theirs) in self.lanes.iter_mut().zip(theirs) {
            lane.take(theirs);
        }
    }

    fn send(&mut self) {
        self.wire.send(&self.outgoing);
        self.outgoing.clear();
    }

    /// Everything that comes until `asked` scripts were answered and nothing came for `quiet`.
    fn collect(&mut self, asked: usize, quiet: Duration) -> Vec<(usize, Frame)> {
        let mut frames: Vec<(usize, Frame)> = Vec::new();
        let mut answered = BTreeSet::new();
        let mut silent = Duration::ZERO;
        loop {
            match self.wire.receive(TICK) {
                Received::Bytes(bytes) => {
                    silent = Duration::ZERO;
                    let before = frames.len();
                    self.read(&bytes, &mut frames);
                    answered.extend(frames[before..].iter().map(|(sid, _)| *sid).filter(|sid| sid % SIDS == 0));
                }
                Received::Nothing => {
                    silent += TICK;
                    let enough = if answered.len() >= asked { quiet } else { quiet * PATIENCE };
                    if silent >= enough {
                        return frames;
                    }
                }
                Received::Closed => panic!("the server hung up"),
            }
        }
    }
}

impl Play<'_> {
    fn read(&mut self, bytes: &[u8], frames: &mut Vec<(usize, Frame)>) {
        self.unparsed.extend_from_slice(bytes);
        while let Some(frame) = Frame::take(&mut self.unparsed) {
            match frame.line.as_str() {
                "PING" => self.outgoing.extend_from_slice(b"PONG\r\n"),
                line if line.starts_with("-ERR") => panic!("the server says {line}"),
                _ if frame.is_message() => {
                    frames.push((frame.sid().parse().expect("they were numbers"), frame));
                }
                _ => {}
            }
        }
        if !self.outgoing.is_empty() {
            self.send();
        }
    }
}

/// `$JS.ACK.<stream>.<consumer>` of a delivery's reply.
fn consumer_of(reply: &str) -> &str {
    reply.match_indices('.').nth(3).map_or(reply, |(end, _)| &reply[..end])
}

fn terminated_seq(frame: &Frame) -> String {
    let advisory: serde_json::Value = serde_json::from_slice(&frame.payload).unwrap_or_default();
    format!("{:020}", advisory["stream_seq"].as_u64().unwrap_or(0))
}

impl Lane<'_> {
    /// Takes what came, after the step that was last.
    fn take(&mut self, mut came: Vec<(usize, Frame)>) {
        self.unnamed.extend(came.iter().filter_map(|(_, frame)| normal::made_up_name(frame, &self.tag)));
        came.sort_by_cached_key(|(sid, frame)| (*sid, self.with_numbers(&self.order_within(*sid, frame))));
        for (_, frame) in &came {
            self.deliveries.extend(frame.reply().filter(|reply| reply.starts_with("$JS.ACK.")).map(str::to_owned));
            self.stalls.extend(frame.reply().filter(|reply| reply.starts_with("$JS.FC.")).map(str::to_owned));
        }
        if let Some(last) = self.came.last_mut() {
            last.extend(came);
        }
    }

    /// With `~<number>` for names that were made up.
    fn with_numbers(&self, text: &str) -> String {
        let names = self.unnamed.iter().enumerate();
        names.fold(text.to_owned(), |text, (number, name)| text.replace(name, &format!("~{number}")))
    }

    /// What came on one subscription stays in its order, with these exceptions: answers on different inboxes, what comes
    /// from different consumers or is about them (nats-server goes through its consumers in the order of a hash), what
    /// different streams publish again, and advisories about messages that left the stream together (all of these come
    /// from threads of their own).
    fn order_within(&self, sid: usize, frame: &Frame) -> String {
        let of_consumer = frame.reply().map_or("", consumer_of);
        match frame.subject() {
            subject if subject.contains(".CONSUMER.MSG_TERMINATED.") => format!("{subject} {}", terminated_seq(frame)),
            subject if sid == 0 => format!("{subject} {of_consumer}"),
            subject if subject.contains(".CONSUMER.") => subject.to_owned(),
            subject if subject.starts_with("republished.") => frame.header("Nats-Stream").unwrap_or_default(),
            _ if matches!(self.script.get(sid - 1), Some(Step::Subscribe { .. })) => of_consumer.to_owned(),
            _ => String::new(),
        }
    }

    /// In lines. Of heartbeats only the last one before a wait ends counts: how many there are is chance.
    fn transcript(self) -> Transcript {
        let mut heartbeats: BTreeMap<usize, String> = BTreeMap::new();
        let mut transcript = Transcript::new();
        for (step, came) in self.script.iter().zip(&self.came) {
            let mut lines = Vec::new();
            for (sid, frame) in came.iter().filter(|(_, frame)| !normal::is_inner(frame)) {
                let line = normal::line(*sid, frame, &|text| self.with_numbers(text)).replace(&self.tag, "@");
                match normal::is_heartbeat(frame) {
                    true => drop(heartbeats.insert(*sid, line)),
                    false => lines.push(line),
                }
            }
            if *step == Step::Wait {
                lines.extend(std::mem::take(&mut heartbeats).into_values());
            }
            transcript.push(lines);
        }
        transcript
    }

    fn encode(&mut self, index: usize, step: &Step, now: Timestamp) -> Vec<u8> {
        let inbox = format!("_R.{}.{index:04}", self.tag);
        let sid = self.first_sid + index + 1;
        match step {
            Step::Request { subject, headers, body } => self.message(now, subject, &inbox, headers, body),
            Step::Publish { subject, headers, body } => self.message(now, subject, "", headers, body),
            Step::Pull { stream, consumer, body } => {
                let inbox = format!("_P.{}.{index:04}", self.tag);
                let mut bytes = format!("SUB {inbox} {sid}\r\n").into_bytes();
                self.subscriptions.push(sid);
                let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}");
                bytes.extend(self.message(now, &subject, &inbox, &[], body));
                bytes
            }
            Step::Answer { back, body, asks } => {
                let count = self.deliveries.len();
                if count == 0 {
                    return Vec::new();
                }
                let subject = self.deliveries[count - 1 - back % count].clone();
                self.message(now, &subject, if *asks { &inbox } else { "" }, &[], body)
            }
            Step::GoOn { back } => match self.stalls.len() {
                0 => Vec::new(),
                count => self.message(now, &self.stalls[count - 1 - back % count], "", &[], ""),
            },
            Step::Wait => Vec::new(),
            Step::Subscribe { subject, queue } => {
                self.subscriptions.push(sid);
                let queue = queue.as_deref().unwrap_or_default();
                format!("SUB {} {queue} {sid}\r\n", subject.replace('@', &self.tag)).into_bytes()
            }
            Step::Unsubscribe { back } => {
                let count = self.subscriptions.len();
                if count == 0 {
                    return Vec::new();
                }
                let sid = self.subscriptions.remove(count - 1 - back % count);
                format!("UNSUB {sid}\r\n").into_bytes()
            }
        }
    }

    fn message(&self, now: Timestamp, subject: &str, reply: &str, headers: &[String], body: &str) -> Vec<u8> {
        let unnamed = self.unnamed.last().map_or("~", String::as_str);
        let filled = |text: &str| with_times(text, now).replace('@', &self.tag).replace('~', unnamed).replace('^', "@");
        let (subject, body) = (filled(subject), filled(body));
        if headers.is_empty() {
            return format!("PUB {subject} {reply} {}\r\n{body}\r\n", body.len()).into_bytes();
        }
        let block: String = headers.iter().map(|line| format!("{}\r\n", filled(line))).collect();
        let block = format!("NATS/1.0\r\n{block}\r\n");
        let total = block.len() + body.len();
        format!("HPUB {subject} {reply} {} {total}\r\n{block}{body}\r\n", block.len()).into_bytes()
    }
}

/// `<milliseconds>` becomes the time so much later than the slot's beginning.
fn with_times(text: &str, now: Timestamp) -> String {
    static LATER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<(\d+)>").expect("a pattern that was tried"));
    let time = |found: &Captures<'_>| found[1].parse().map_or_else(|_| String::new(), |later| at(now, later));
    LATER.replace_all(text, time).into_owned()
}

fn at(now: Timestamp, later: u64) -> String {
    (now + Duration::from_millis(later)).rfc3339()
}
