//! Plays many scripts at once on one server: the same step of each, then quiet, then the next.
//!
//! Each script is told apart by its tag in every subject and name and by its range of subscription ids, so one
//! connection carries them all. What came for a script after a step is put in order by inbox: within one inbox order is
//! the server's promise, between inboxes it is chance.

use super::normal;
use super::script::{Script, Step};
use crate::support::Frame;
use crate::support::stage::{Received, Target, Wire};
use std::collections::BTreeSet;
use std::time::Duration;

/// How much longer than usual it has to be quiet when a request was not answered: some never are.
const PATIENCE: u32 = 4;
const TICK: Duration = Duration::from_millis(5);
/// Subscription ids of one script.
const SIDS: usize = 10_000;
const ADVISORIES: [&str; 3] =
    ["$JS.EVENT.ADVISORY.CONSUMER.*.S@.>", "$JS.EVENT.ADVISORY.STREAM.*.S@", "republished.@.>"];

/// What came after each step, normalised.
pub type Transcript = Vec<Vec<String>>;

struct Lane<'a> {
    tag: String,
    first_sid: usize,
    script: &'a [Step],
    /// Acknowledgement subjects of deliveries, oldest first.
    deliveries: Vec<String>,
    subscriptions: Vec<usize>,
    transcript: Transcript,
}

struct Play<'a> {
    wire: &'a mut dyn Wire,
    unparsed: Vec<u8>,
    lanes: Vec<Lane<'a>>,
    outgoing: Vec<u8>,
}

/// Plays `scripts` on `target`, tagged from `first_tag` on, waiting after each step until nothing came for `quiet`.
pub fn play(target: &mut dyn Target, scripts: &[&Script], first_tag: usize, quiet: Duration) -> Vec<Transcript> {
    let mut wire = target.connect();
    let lanes = scripts.iter().enumerate().map(|(index, script)| Lane {
        tag: format!("t{:06}", first_tag + index),
        first_sid: (index + 1) * SIDS,
        script,
        deliveries: Vec::new(),
        subscriptions: Vec::new(),
        transcript: Vec::new(),
    });
    let lanes = lanes.collect();
    let mut play = Play { wire: &mut *wire, unparsed: Vec::new(), lanes, outgoing: Vec::new() };
    play.open();
    let longest = scripts.iter().map(|script| script.len()).max().unwrap_or(0);
    for step in 0..longest {
        play.step(step, quiet);
    }
    play.close();
    play.lanes.into_iter().map(|lane| lane.transcript).collect()
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
            for stream in ["S", "KV_"] {
                let line = format!("PUB $JS.API.STREAM.DELETE.{stream}{} _R.{} 0\r\n\r\n", lane.tag, lane.tag);
                self.outgoing.extend_from_slice(line.as_bytes());
            }
        }
        self.send();
        self.collect(0, TICK);
    }

    fn step(&mut self, index: usize, quiet: Duration) {
        let mut asked = 0;
        for lane in &mut self.lanes {
            if let Some(step) = lane.script.get(index) {
                asked += usize::from(matches!(step, Step::Request { .. }));
                let bytes = lane.encode(index, step);
                self.outgoing.extend_from_slice(&bytes);
            }
        }
        self.send();
        let frames = self.collect(asked, quiet);
        for lane in &mut self.lanes {
            let came = frames.iter().filter(|(sid, _)| (lane.first_sid..lane.first_sid + SIDS).contains(sid));
            let mut came: Vec<(usize, &Frame)> = came.map(|(sid, frame)| (sid - lane.first_sid, frame)).collect();
            came.sort_by_cached_key(|(sid, frame)| (*sid, order_within(*sid, frame)));
            for (_, frame) in &came {
                lane.deliveries.extend(frame.reply().filter(|reply| reply.starts_with("$JS.ACK.")).map(str::to_owned));
            }
            let lines = came.iter().map(|(sid, frame)| normal::line(*sid, frame).replace(&lane.tag, "@"));
            if index < lane.script.len() {
                lane.transcript.push(lines.collect());
            }
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
                    self.unparsed.extend_from_slice(&bytes);
                    while let Some(frame) = Frame::take(&mut self.unparsed) {
                        match frame.line.as_str() {
                            "PING" => self.outgoing.extend_from_slice(b"PONG\r\n"),
                            line if line.starts_with("-ERR") => panic!("the server says {line}"),
                            _ if frame.is_message() => {
                                let sid = frame.sid().parse().expect("they were numbers");
                                if sid % SIDS == 0 {
                                    answered.insert(sid);
                                }
                                frames.push((sid, frame));
                            }
                            _ => {}
                        }
                    }
                    if !self.outgoing.is_empty() {
                        self.send();
                    }
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

/// What came on one subscription stays in its order, with these exceptions: answers on different inboxes, advisories
/// about different consumers (nats-server goes through its consumers in the order of a hash), and advisories about
/// messages that left the stream together (each from a thread of its own).
fn order_within(sid: usize, frame: &Frame) -> String {
    let is_about_one = frame.subject().contains(".CONSUMER.");
    match frame.subject() {
        subject if subject.contains(".CONSUMER.MSG_TERMINATED.") => format!("{subject} {}", terminated_seq(frame)),
        subject if sid == 0 || is_about_one => subject.to_owned(),
        _ => String::new(),
    }
}

fn terminated_seq(frame: &Frame) -> String {
    let advisory: serde_json::Value = serde_json::from_slice(&frame.payload).unwrap_or_default();
    format!("{:020}", advisory["stream_seq"].as_u64().unwrap_or(0))
}

impl Lane<'_> {
    fn encode(&mut self, index: usize, step: &Step) -> Vec<u8> {
        let inbox = format!("_R.{}.{index:04}", self.tag);
        let sid = self.first_sid + index + 1;
        match step {
            Step::Request { subject, headers, body } => self.message(subject, &inbox, headers, body),
            Step::Publish { subject, headers, body } => self.message(subject, "", headers, body),
            Step::Pull { stream, consumer, body } => {
                let inbox = format!("_P.{}.{index:04}", self.tag);
                let mut bytes = format!("SUB {inbox} {sid}\r\n").into_bytes();
                self.subscriptions.push(sid);
                let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}");
                bytes.extend(self.message(&subject, &inbox, &[], body));
                bytes
            }
            Step::Answer { back, body, asks } => {
                let count = self.deliveries.len();
                if count == 0 {
                    return Vec::new();
                }
                let subject = self.deliveries[count - 1 - back % count].clone();
                self.message(&subject, if *asks { &inbox } else { "" }, &[], body)
            }
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

    fn message(&self, subject: &str, reply: &str, headers: &[String], body: &str) -> Vec<u8> {
        let tagged = |text: &str| text.replace('@', &self.tag);
        let (subject, body) = (tagged(subject), tagged(body));
        if headers.is_empty() {
            return format!("PUB {subject} {reply} {}\r\n{body}\r\n", body.len()).into_bytes();
        }
        let block: String = headers.iter().map(|line| format!("{}\r\n", tagged(line))).collect();
        let block = format!("NATS/1.0\r\n{block}\r\n");
        let total = block.len() + body.len();
        format!("HPUB {subject} {reply} {} {total}\r\n{block}{body}\r\n", block.len()).into_bytes()
    }
}
