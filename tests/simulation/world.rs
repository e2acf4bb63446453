//! The engine and the model side by side: every step is done to both, then they are compared.

use super::crowd::{FILTERS, SUBJECTS, Step, Wish};
use super::model::{ACK_WAIT, Delivery, PULL_EXPIRES, Retention, Rules, Stream};
use bytes::Bytes;
use jetlab::engine::{ConnId, Engine, Input, Options, Output};
use jetlab::protocol::{Message, ServerOp};
use jetlab::time::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

const CONN: ConnId = ConnId(1);
/// What a step takes.
const MOMENT: Duration = Duration::from_micros(1);

pub struct World {
    engine: Engine,
    now: Timestamp,
    model: Stream,
    /// What came and was not looked at yet.
    inbox: Vec<Message>,
    /// Per consumer: sequence and ack subject of every delivery, oldest first.
    deliveries: Vec<(usize, u64, u64, String)>,
}

impl World {
    /// Plays a script; `Err` says what went wrong, and after which step.
    pub fn play(rules: &Rules, script: &[Step]) -> Result<(), String> {
        let mut world = World::new(rules);
        for (index, step) in script.iter().enumerate() {
            let mut outcome = world.step(step);
            if world.model.is_adrift {
                return Ok(());
            }
            outcome = outcome.and_then(|()| world.compare());
            outcome.map_err(|why| format!("after step {index}, {step:?}: {why}"))?;
        }
        Ok(())
    }

    fn new(rules: &Rules) -> World {
        let now = Timestamp::from_secs(1_795_251_600);
        let options = Options { ping_interval: Duration::from_secs(1_000_000), ..Options::default() };
        let engine = Engine::new(options, now);
        let model = Stream::new(rules.clone());
        let mut world = World { engine, now, model, inbox: Vec::new(), deliveries: Vec::new() };
        world.handle(Input::Open { conn: CONN });
        world.say(r#"CONNECT {"verbose":false,"headers":true,"no_responders":true}"#);
        world.say("SUB answer 1\r\nSUB deliveries 2\r\nSUB $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.* 3");
        let unlimited = |limit: Option<usize>| limit.map_or(json!(-1), |limit| json!(limit));
        let retention = match rules.retention {
            Retention::Limits => "limits",
            Retention::Interest => "interest",
            Retention::WorkQueue => "workqueue",
        };
        let config = json!({
            "name": "S", "subjects": SUBJECTS, "storage": "memory", "retention": retention,
            "max_msgs": unlimited(rules.max_msgs), "max_bytes": unlimited(rules.max_bytes),
            "max_msgs_per_subject": unlimited(rules.max_per_subject),
            "max_age": rules.max_age.map_or(0, |age| age.as_nanos() as u64),
            "duplicate_window": 1_000_000_000,
            "discard": if rules.discard_new { "new" } else { "old" },
        });
        let answer = world.ask("$JS.API.STREAM.CREATE.S", &config.to_string());
        assert_eq!(answer.get("error"), None, "{answer}");
        world
    }

    fn handle(&mut self, input: Input) {
        for output in self.engine.handle(self.now, input) {
            match output {
                Output::Send { op: ServerOp::Msg { message, .. }, .. } => self.inbox.push(message),
                Output::Close { reason, .. } => panic!("the server hung up: {reason:?}"),
                _ => {}
            }
        }
    }

    fn say(&mut self, line: &str) {
        self.handle(Input::Received { conn: CONN, bytes: Bytes::from(format!("{line}\r\n").into_bytes()) });
    }

    fn publish(&mut self, subject: &str, reply: &str, body: &str) {
        self.say(&format!("PUB {subject} {reply} {}\r\n{body}", body.len()));
    }

    /// A request and its answer; whatever else came stays in the inbox.
    fn ask(&mut self, subject: &str, body: &str) -> Value {
        self.publish(subject, "answer", body);
        let index = self.inbox.iter().position(|message| &*message.subject == "answer");
        let answer = self.inbox.remove(index.unwrap_or_else(|| panic!("{subject} was not answered")));
        serde_json::from_slice(&answer.payload).unwrap_or(Value::Null)
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        self.wait(MOMENT)?;
        match step {
            Step::Publish { subject, bytes } => self.store(SUBJECTS[*subject], *bytes)?,
            Step::Pull { consumer, batch } => self.pull(*consumer, *batch),
            Step::Answer { consumer, back, word } => {
                let own: Vec<_> = self.deliveries.iter().filter(|(number, ..)| number == consumer).cloned().collect();
                if let Some((_, seq, consumer_seq, subject)) = own.iter().rev().cycle().nth(*back) {
                    self.model.answer(*consumer, *seq, *consumer_seq, *word, self.now);
                    self.publish(subject, "", word.text());
                }
            }
            Step::Delete { seq } => {
                let is_there = self.model.remove(*seq);
                let answer = self.ask("$JS.API.STREAM.MSG.DELETE.S", &json!({ "seq": seq }).to_string());
                expect(answer["success"] == true, is_there, "deleting", &answer)?;
            }
            Step::Purge { filter, below } => {
                self.model.purge(*filter, *below, self.now);
                let mut body = json!({ "filter": FILTERS[*filter] });
                if *below > 0 {
                    body["seq"] = (*below).into();
                }
                self.ask("$JS.API.STREAM.PURGE.S", &body.to_string());
            }
            Step::AddConsumer { consumer, wish } => self.add_consumer(*consumer, wish)?,
            Step::DropConsumer { consumer } => {
                self.model.drop_consumer(*consumer);
                self.deliveries.retain(|(number, ..)| number != consumer);
                self.ask(&format!("$JS.API.CONSUMER.DELETE.S.c{consumer}"), "");
            }
            Step::Wait(duration) => self.wait(*duration)?,
        }
        self.wait(Duration::ZERO)
    }

    fn store(&mut self, subject: &'static str, bytes: usize) -> Result<(), String> {
        let is_taken = self.model.publish(subject, bytes, self.now);
        let answer = self.ask(subject, &"x".repeat(bytes));
        expect(answer.get("error").is_none(), is_taken, "storing", &answer)?;
        let seq = answer["seq"].as_u64().unwrap_or(0);
        if is_taken && seq != self.model.last_seq {
            return Err(format!("stored as {seq} instead of {}", self.model.last_seq));
        }
        Ok(())
    }

    fn pull(&mut self, number: usize, batch: usize) {
        let until = self.now + PULL_EXPIRES;
        if let Some(consumer) = self.model.consumer(number) {
            consumer.pulls.push((batch, until));
            let body = json!({ "batch": batch, "expires": PULL_EXPIRES.as_nanos() as u64 }).to_string();
            self.publish(&format!("$JS.API.CONSUMER.MSG.NEXT.S.c{number}"), "deliveries", &body);
        }
    }

    fn add_consumer(&mut self, number: usize, wish: &Wish) -> Result<(), String> {
        if self.model.consumer(number).is_some() {
            return Ok(());
        }
        let mut config = json!({
            "durable_name": format!("c{number}"), "ack_wait": ACK_WAIT.as_nanos() as u64,
            "ack_policy": if wish.ack_all { "all" } else { "explicit" },
            "deliver_policy": if wish.only_new { "new" } else { "all" },
            "max_ack_pending": wish.max_ack_pending.map_or(-1, |max| max as i64),
            "max_deliver": wish.max_deliver.map_or(-1, |max| max as i64),
        });
        if !FILTERS[wish.filter].is_empty() {
            config["filter_subject"] = FILTERS[wish.filter].into();
        }
        let is_taken = self.model.add_consumer(number, wish);
        let body = json!({ "stream_name": "S", "config": config }).to_string();
        let answer = self.ask(&format!("$JS.API.CONSUMER.CREATE.S.c{number}"), &body);
        expect(answer.get("error").is_none(), is_taken, "creating a consumer", &answer)
    }

    /// Goes from deadline to deadline, looking at what came at each.
    fn wait(&mut self, duration: Duration) -> Result<(), String> {
        let until = self.now + duration;
        self.look_at_inbox()?;
        while let Some(deadline) = self.engine.poll_timeout().filter(|deadline| *deadline <= until) {
            self.now = self.now.max(deadline);
            self.model.advance(self.now);
            self.handle(Input::Tick);
            self.look_at_inbox()?;
        }
        self.now = until;
        self.model.advance(self.now);
        Ok(())
    }

    /// Deliveries and advisories, in the order they came.
    fn look_at_inbox(&mut self) -> Result<(), String> {
        for message in std::mem::take(&mut self.inbox) {
            let ack = message.reply.as_deref().filter(|reply| reply.starts_with("$JS.ACK."));
            if let Some(ack) = ack {
                self.delivered(ack, &message.subject).map_err(|why| format!("delivered {ack}: {why}"))?;
            } else if message.subject.starts_with("$JS.EVENT") {
                let advisory: Value = serde_json::from_slice(&message.payload).unwrap_or(Value::Null);
                let number = advisory["consumer"].as_str().map_or(0, consumer_number);
                let (seq, deliveries) = (number_of(&advisory["stream_seq"]), number_of(&advisory["deliveries"]));
                let consumer = self.model.consumer(number).ok_or("an advisory about a consumer that is gone")?;
                consumer.gave_up(seq, deliveries, self.now)?;
            }
        }
        Ok(())
    }

    /// `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>`
    fn delivered(&mut self, ack: &str, subject: &str) -> Result<(), String> {
        let words: Vec<&str> = ack.split('.').collect();
        let figures: Vec<u64> = words[4..].iter().map(|word| word.parse().unwrap_or(0)).collect();
        let [deliveries, seq, consumer_seq, _, num_pending] = figures[..] else {
            return Err("an ack subject has nine tokens".to_owned());
        };
        let number = consumer_number(words[3]);
        let delivery = Delivery { seq, consumer_seq, deliveries, num_pending, subject: subject.to_owned() };
        self.deliveries.push((number, seq, consumer_seq, ack.to_owned()));
        self.model.delivered(number, &delivery, self.now)
    }

    fn compare(&mut self) -> Result<(), String> {
        self.model.missing(self.now)?;
        let info = self.ask("$JS.API.STREAM.INFO.S", r#"{"deleted_details":true,"subjects_filter":">"}"#);
        let state = &info["state"];
        let messages = &self.model.messages;
        let figures = [
            ("messages", messages.len() as u64),
            ("bytes", self.model.bytes() as u64),
            ("last_seq", self.model.last_seq),
            ("consumer_count", self.model.consumers.len() as u64),
        ];
        for (name, expected) in figures {
            same(&format!("the stream's {name}"), number_of(&state[name]), expected)?;
        }
        if let (Some(first), Some(last)) = (messages.first(), messages.last()) {
            same("first_seq", number_of(&state["first_seq"]), first.seq)?;
            let deleted = state["deleted"].as_array().cloned().unwrap_or_default();
            let is_missing = |seq: &u64| !messages.iter().any(|message| message.seq == *seq);
            let missing: Vec<Value> = (first.seq..=last.seq).filter(is_missing).map(Value::from).collect();
            if deleted.iter().filter(|seq| number_of(seq) < last.seq).ne(&missing) {
                return Err(format!("deleted are {deleted:?} instead of {missing:?}"));
            }
        }
        let numbers: Vec<usize> = self.model.consumers.iter().map(|consumer| consumer.number).collect();
        numbers.into_iter().try_for_each(|number| self.compare_consumer(number))
    }

    fn compare_consumer(&mut self, number: usize) -> Result<(), String> {
        let info = self.ask(&format!("$JS.API.CONSUMER.INFO.S.c{number}"), "");
        let Stream { messages, consumers, .. } = &mut self.model;
        let consumer = consumers.iter_mut().find(|consumer| consumer.number == number).expect("it was just listed");
        let of = |name: &str| format!("{name} of c{number}");
        same(&of("num_pending"), number_of(&info["num_pending"]), consumer.num_pending(messages))?;
        same(&of("num_ack_pending"), number_of(&info["num_ack_pending"]), consumer.pending.len() as u64)?;
        same(&of("num_waiting"), number_of(&info["num_waiting"]), consumer.pulls.len() as u64)?;
        same(&of("delivered"), number_of(&info["delivered"]["consumer_seq"]), consumer.consumer_seq)?;
        let floor = &info["ack_floor"];
        let floor = (number_of(&floor["consumer_seq"]), number_of(&floor["stream_seq"]));
        let before = std::mem::replace(&mut consumer.floor, floor);
        if floor.0 < before.0 || floor.1 < before.1 {
            return Err(format!("the ack floor of c{number} moved back from {before:?} to {floor:?}"));
        }
        match consumer.pending.iter().find(|pending| pending.seq <= floor.1) {
            Some(pending) => Err(format!("the ack floor of c{number} is {floor:?} and {} is open", pending.seq)),
            None => Ok(()),
        }
    }
}

fn consumer_number(name: &str) -> usize {
    name.trim_start_matches('c').parse().unwrap_or(0)
}

fn number_of(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn same(what: &str, ours: u64, expected: u64) -> Result<(), String> {
    if ours == expected { Ok(()) } else { Err(format!("{what} is {ours} instead of {expected}")) }
}

fn expect(succeeded: bool, should: bool, what: &str, answer: &Value) -> Result<(), String> {
    if succeeded == should {
        Ok(())
    } else {
        Err(format!("{what} should {}: {answer}", if should { "work" } else { "fail" }))
    }
}
