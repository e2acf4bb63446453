//! Scripted actors: workers, publishers and subscribers, each with everything that shapes what it does in the open.
//!
//! A [`Spec`] is read again before every message, so a change takes effect at once. [`Spec::set`] reads a flag as it is
//! typed behind `lab worker`, `lab publish`, `lab subscribe` and `lab set`; the panel of the page says the same words.

use super::{chat, gateway, publisher, station, subscriber, worker};
use crate::time::{format_go_duration, parse_go_duration};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// What an actor does, and how.
#[derive(Clone, Debug, PartialEq)]
pub enum Spec {
    Worker(worker::Spec),
    Publisher(publisher::Spec),
    Subscriber(subscriber::Spec),
    Gateway(gateway::Spec),
    Station(station::Spec),
    Chatter(chat::Spec),
}

/// Flags, an example or name of the value, what they do.
pub type Flags = &'static [(&'static str, &'static str, &'static str)];

pub const WORKER_FLAGS: Flags = &[
    ("--fail", "50%", "share of attempts that fail"),
    ("--on-fail", "silence", "how they fail: silence, nak, term, or nak:5s for a nak with a delay"),
    ("--work", "400ms", "how long one message takes"),
    ("--name", "NAME", "instead of worker-1, worker-2, ..."),
    ("--seed", "7", "which attempts fail; the same seed, the same ones; without one, it follows from the session's"),
    ("--dead-letters", "", "messages are advisories: work on the original each points to"),
];

pub const PUBLISHER_FLAGS: Flags = &[
    ("--rate", "2/s", "how many a second, or a time between two, as in 500ms"),
    ("--count", "20", "how many in all; without it, on and on"),
    ("--js", "", "wait for the stream's answer to each"),
    ("--async", "", "publish ahead of the answers"),
    ("--window", "16", "with --async: how many answers may be outstanding"),
    ("--id", "", "a Nats-Msg-Id with each, so that repeats are recognised"),
    ("--name", "NAME", "instead of publisher-1, publisher-2, ..."),
];

pub const SUBSCRIBER_FLAGS: Flags = &[
    ("--queue", "GROUP", "share the messages with others in the group"),
    ("--work", "200ms", "how long one message takes"),
    ("--reply", "TEXT", "answer each request with this"),
    ("--name", "NAME", "instead of subscriber-1, subscriber-2, ..."),
];

pub const GATEWAY_FLAGS: Flags = &[
    ("--limit", "5", "how many requests of a caller pass in a window"),
    ("--window", "10s", "how long a window is"),
    ("--subject", "'api.*'", "where requests come in; the last token is the caller"),
    ("--name", "NAME", "instead of gateway-1, gateway-2, ..."),
];

pub const STATION_FLAGS: Flags = &[("--work", "400ms", "how long its step takes")];

/// Flags without a value.
const SWITCHES: &[&str] = &["--dead-letters", "--js", "--async", "--id"];

impl Spec {
    pub fn name(&self) -> &str {
        match self {
            Spec::Worker(spec) => &spec.name,
            Spec::Publisher(spec) => &spec.name,
            Spec::Subscriber(spec) => &spec.name,
            Spec::Gateway(spec) => &spec.name,
            Spec::Station(spec) => &spec.name,
            Spec::Chatter(spec) => &spec.name,
        }
    }

    pub fn rename(&mut self, name: &str) {
        let own = match self {
            Spec::Worker(spec) => &mut spec.name,
            Spec::Publisher(spec) => &mut spec.name,
            Spec::Subscriber(spec) => &mut spec.name,
            Spec::Gateway(spec) => &mut spec.name,
            Spec::Station(spec) => &mut spec.name,
            Spec::Chatter(spec) => &mut spec.name,
        };
        *own = name.to_owned();
    }

    /// What it is, as names are made of it.
    pub fn kind(&self) -> &'static str {
        match self {
            Spec::Worker(_) => "worker",
            Spec::Publisher(_) => "publisher",
            Spec::Subscriber(_) => "subscriber",
            Spec::Gateway(_) => "gateway",
            Spec::Station(_) => "station",
            Spec::Chatter(_) => "chatter",
        }
    }

    pub fn flags(&self) -> Flags {
        match self {
            Spec::Worker(_) => WORKER_FLAGS,
            Spec::Publisher(_) => PUBLISHER_FLAGS,
            Spec::Subscriber(_) => SUBSCRIBER_FLAGS,
            Spec::Gateway(_) => GATEWAY_FLAGS,
            Spec::Station(_) => STATION_FLAGS,
            Spec::Chatter(_) => &[],
        }
    }

    /// Takes in one flag as it was typed.
    pub fn set(&mut self, flag: &str, value: &str) -> Result<(), String> {
        match (self, flag) {
            (Spec::Worker(spec), "--name") => spec.name = value.to_owned(),
            (Spec::Publisher(spec), "--name") => spec.name = value.to_owned(),
            (Spec::Subscriber(spec), "--name") => spec.name = value.to_owned(),
            (Spec::Gateway(spec), "--name") => spec.name = value.to_owned(),
            (Spec::Gateway(spec), "--limit") => spec.limit = number(value)?,
            (Spec::Gateway(spec), "--window") => spec.window = duration(value)?.max(Duration::from_millis(1)),
            (Spec::Gateway(spec), "--subject") => spec.subject = value.to_owned(),
            (Spec::Station(spec), "--work") => spec.work = duration(value)?,
            (Spec::Worker(spec), "--fail") => spec.fail = share(value)?,
            (Spec::Worker(spec), "--on-fail") => spec.on_fail = worker::Failure::parse(value)?,
            (Spec::Worker(spec), "--work") => spec.work = duration(value)?,
            (Spec::Worker(spec), "--seed") => spec.seed = if value.is_empty() { None } else { Some(number(value)?) },
            (Spec::Worker(spec), "--dead-letters") => spec.dead_letters = switch(value)?,
            (Spec::Publisher(spec), "--rate") => spec.every = every(value)?,
            (Spec::Publisher(spec), "--count") => {
                spec.count = if value.is_empty() { None } else { Some(number(value)?) }
            }
            (Spec::Publisher(spec), "--js") => spec.set_mode(publisher::Mode::Waiting, switch(value)?),
            (Spec::Publisher(spec), "--async") => spec.set_mode(publisher::Mode::Ahead, switch(value)?),
            (Spec::Publisher(spec), "--window") => spec.window = number(value)?.clamp(1, 10_000),
            (Spec::Publisher(spec), "--id") => spec.with_id = switch(value)?,
            (Spec::Subscriber(spec), "--queue") => spec.queue = (!value.is_empty()).then(|| value.to_owned()),
            (Spec::Subscriber(spec), "--work") => spec.work = duration(value)?,
            (Spec::Subscriber(spec), "--reply") => spec.reply = (!value.is_empty()).then(|| value.to_owned()),
            (spec, flag) => {
                let known: Vec<&str> = spec.flags().iter().map(|(flag, ..)| *flag).collect();
                return Err(format!("unknown flag \"{flag}\"; known are {}", known.join(", ")));
            }
        }
        Ok(())
    }

    /// What can be changed while it runs, as it would be typed.
    pub fn values(&self) -> Vec<Value> {
        let on = |switch: bool| if switch { "on" } else { "off" }.to_owned();
        let count = |count: Option<u64>| count.map_or_else(String::new, |count| count.to_string());
        let values: Vec<(&str, String)> = match self {
            Spec::Worker(spec) => vec![
                ("--fail", format!("{}%", (spec.fail * 100.0).round())),
                ("--on-fail", spec.on_fail.flag()),
                ("--work", format_go_duration(spec.work)),
                ("--seed", count(spec.seed)),
                ("--dead-letters", on(spec.dead_letters)),
            ],
            Spec::Publisher(spec) => vec![
                ("--rate", flag_of_rate(spec.every)),
                ("--count", count(spec.count)),
                ("--js", on(spec.mode == publisher::Mode::Waiting)),
                ("--async", on(spec.mode == publisher::Mode::Ahead)),
                ("--window", spec.window.to_string()),
                ("--id", on(spec.with_id)),
            ],
            Spec::Gateway(spec) => {
                vec![("--limit", spec.limit.to_string()), ("--window", format_go_duration(spec.window))]
            }
            Spec::Station(spec) => vec![("--work", format_go_duration(spec.work))],
            Spec::Chatter(_) => Vec::new(),
            Spec::Subscriber(spec) => {
                vec![("--work", format_go_duration(spec.work)), ("--reply", spec.reply.clone().unwrap_or_default())]
            }
        };
        let what = |flag: &str| self.flags().iter().find(|(known, ..)| *known == flag).map_or("", |(.., what)| *what);
        let value = |(flag, text)| Value { flag, text, what: what(flag), is_switch: SWITCHES.contains(&flag) };
        values.into_iter().map(value).collect()
    }

    /// In one line, with every parameter.
    pub fn describe(&self) -> String {
        match self {
            Spec::Worker(spec) => spec.describe(),
            Spec::Publisher(spec) => spec.describe(),
            Spec::Subscriber(spec) => spec.describe(),
            Spec::Gateway(spec) => spec.describe(),
            Spec::Station(spec) => spec.describe(),
            Spec::Chatter(spec) => spec.describe(),
        }
    }
}

/// One parameter of an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub flag: &'static str,
    pub text: String,
    pub what: &'static str,
    pub is_switch: bool,
}

/// What an actor and whoever changes it share.
pub type SharedSpec = Rc<RefCell<Spec>>;

/// Words that are no flags, and flags with their values.
type Split<'a> = (Vec<&'a str>, Vec<(&'a str, &'a str)>);

/// Flags and the words between them.
pub fn split<'a>(words: &[&'a str]) -> Result<Split<'a>, String> {
    let (mut names, mut flags) = (Vec::new(), Vec::new());
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        if !word.starts_with("--") {
            names.push(word);
            continue;
        }
        match word.split_once('=') {
            Some(flag) => flags.push(flag),
            None if SWITCHES.contains(&word) => flags.push((word, "on")),
            None => flags.push((word, words.next().ok_or_else(|| format!("{word} needs a value"))?)),
        }
    }
    Ok((names, flags))
}

fn share(text: &str) -> Result<f64, String> {
    let number = match text.strip_suffix('%') {
        Some(percent) => crate::json::number(percent).map(|percent| percent / 100.0),
        None => crate::json::number(text),
    };
    match number {
        Some(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err(format!("\"{text}\" is not a share; try 50% or 0.5")),
    }
}

pub fn duration(text: &str) -> Result<Duration, String> {
    parse_go_duration(text).ok_or_else(|| format!("\"{text}\" is not a duration"))
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("\"{text}\" is not a number"))
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err(format!("\"{text}\" is neither on nor off")),
    }
}

/// `2/s`, `30/m`, or the time between two.
fn every(text: &str) -> Result<Duration, String> {
    let rate = |digits: &str, unit: f64| {
        let rate = crate::json::number(digits).filter(|rate| *rate > 0.0 && *rate <= 10_000.0);
        rate.map(|rate| Duration::from_secs_f64(unit / rate))
    };
    let every = match text.split_once('/') {
        Some((digits, "s")) => rate(digits, 1.0),
        Some((digits, "m")) => rate(digits, 60.0),
        Some(_) => None,
        None => parse_go_duration(text).filter(|every| *every >= Duration::from_micros(100)),
    };
    every.ok_or_else(|| format!("\"{text}\" is not a rate; try 2/s, 30/m or 500ms"))
}

/// A rate as it would be typed.
fn flag_of_rate(every: Duration) -> String {
    let rate = 1.0 / every.as_secs_f64().max(1e-9);
    if rate >= 1.0 && (rate - rate.round()).abs() < 1e-6 { format!("{rate:.0}/s") } else { format_go_duration(every) }
}

/// A rate in words.
pub fn rate(every: Duration) -> String {
    let rate = 1.0 / every.as_secs_f64().max(1e-9);
    if rate >= 1.0 && (rate - rate.round()).abs() < 1e-6 {
        format!("{rate:.0} a second")
    } else {
        format!("one every {}", format_go_duration(every))
    }
}
