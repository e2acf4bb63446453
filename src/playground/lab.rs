//! The `lab` verbs: what a playground can do and a real server cannot.
//!
//! Never mixed with `nats`: whatever is typed as `nats …` works on the real CLI, whatever is only possible here begins
//! with `lab`. Parsing gives an [`Order`]; carrying it out is the playground's.

use crate::commands::complete::{Candidate, Known};
use crate::time::{format_go_duration, parse_go_duration};
use std::time::Duration;

/// What a line asks of the playground.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    Help,
    Clock,
    /// Let so much time pass at once.
    Jump(Duration),
    Worker(WorkerOrder),
    Workers,
    Kill(String),
    Reset,
}

/// `lab worker`: which consumer, and how to work.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerOrder {
    /// `CONSUMER`, or `STREAM CONSUMER` when the name is used on several streams.
    pub stream: Option<String>,
    pub consumer: String,
    pub name: Option<String>,
    pub fail: f64,
    pub work: Duration,
    pub dead_letters: bool,
}

/// Verbs, how they are used, what they do: one table for help and completion.
pub const VERBS: &[(&str, &str, &str)] = &[
    ("clock", "lab clock +25h", "let time pass at once; without a time: what time it is"),
    ("worker", "lab worker processor --fail 50%", "start a worker on a consumer; see lab help worker"),
    ("workers", "lab workers", "list the workers"),
    ("kill", "lab kill worker-1", "cut a worker off in the middle of what it does"),
    ("reset", "lab reset", "forget everything and start with a clean server"),
    ("help", "lab help", "this list"),
];

/// Flags of `lab worker`, an example or name of the value, what they do.
const WORKER_FLAGS: &[(&str, &str, &str)] = &[
    ("--fail", "50%", "share of attempts that end in silence"),
    ("--work", "400ms", "how long one message takes"),
    ("--name", "NAME", "instead of worker-1, worker-2, ..."),
    ("--dead-letters", "", "messages are advisories: work on the original each points to"),
];

/// Reads the words after `lab`.
pub fn parse(words: &[String]) -> Result<Order, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help"] | ["--help"] | ["help", ..] => Ok(Order::Help),
        ["clock"] => Ok(Order::Clock),
        ["clock", span] => jump(span),
        ["worker", rest @ ..] => worker(rest).map(Order::Worker),
        ["workers"] => Ok(Order::Workers),
        ["kill", name] => Ok(Order::Kill((*name).to_owned())),
        ["kill"] => Err("lab kill needs the name of a worker, as in: lab kill worker-1".into()),
        ["reset"] => Ok(Order::Reset),
        [verb, ..] if VERBS.iter().any(|known| known.0 == *verb) => {
            Err(format!("too many words for lab {verb}; try: {}", usage(verb)))
        }
        [verb, ..] => Err(format!("unknown verb \"{verb}\"; lab help lists what there is")),
    }
}

fn usage(verb: &str) -> &'static str {
    VERBS.iter().find(|known| known.0 == verb).map_or("lab help", |known| known.1)
}

fn jump(span: &str) -> Result<Order, String> {
    let digits = span
        .strip_prefix('+')
        .ok_or_else(|| format!("\"{span}\" is not a step forward; write it with a plus, as in: lab clock +31s"))?;
    let duration =
        with_days(digits).ok_or_else(|| format!("\"{span}\" is not a duration; try +31s, +5m, +25h or +2d"))?;
    if duration > Duration::from_secs(366 * 86_400) {
        return Err(format!("{} is more than a year; the clock does not go that far", format_go_duration(duration)));
    }
    Ok(Order::Jump(duration))
}

/// Go's durations, and days.
fn with_days(text: &str) -> Option<Duration> {
    match text.split_once('d') {
        Some((days, rest)) => {
            let days = Duration::from_secs(days.parse::<u32>().ok()? as u64 * 86_400);
            let rest = if rest.is_empty() { Duration::ZERO } else { parse_go_duration(rest)? };
            Some(days + rest)
        }
        None => parse_go_duration(text),
    }
}

fn worker(words: &[&str]) -> Result<WorkerOrder, String> {
    let mut order = WorkerOrder {
        stream: None,
        consumer: String::new(),
        name: None,
        fail: 0.0,
        work: Duration::from_millis(400),
        dead_letters: false,
    };
    let mut names: Vec<&str> = Vec::new();
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let (flag, glued) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
        let mut value = || glued.or_else(|| words.next()).ok_or_else(|| format!("{flag} needs a value"));
        match flag {
            "--fail" => order.fail = share(value()?)?,
            "--work" => {
                let text = value()?;
                order.work = parse_go_duration(text).ok_or_else(|| format!("\"{text}\" is not a duration"))?;
            }
            "--name" => order.name = Some(value()?.to_owned()),
            "--dead-letters" => order.dead_letters = true,
            flag if flag.starts_with("--") => {
                return Err(format!("unknown flag \"{flag}\"; known are --fail, --work, --name, --dead-letters"));
            }
            name => names.push(name),
        }
    }
    match names.as_slice() {
        [consumer] => order.consumer = (*consumer).to_owned(),
        [stream, consumer] => {
            order.stream = Some((*stream).to_owned());
            order.consumer = (*consumer).to_owned();
        }
        [] => return Err("lab worker needs a consumer, as in: lab worker processor --fail 50%".into()),
        _ => return Err("lab worker takes a consumer, or a stream and a consumer".into()),
    }
    Ok(order)
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

/// What `lab help` prints.
pub fn help() -> String {
    let width = VERBS.iter().map(|(_, usage, _)| usage.len()).max().unwrap_or(0);
    let mut text = String::from("lab: what only a playground can do\n\n");
    for (_, usage, what) in VERBS {
        text.push_str(&format!("  {usage:width$}  {what}\n"));
    }
    text.push_str("\nlab worker [STREAM] CONSUMER\n");
    for (flag, value, what) in WORKER_FLAGS {
        let usage = format!("{flag} {value}");
        text.push_str(&format!("  {usage:15}  {what}\n"));
    }
    text
}

/// What could follow `words`, the first being `lab`; `lab` itself when there are none.
pub fn candidates(words: &[String], known: &Known) -> Vec<Candidate> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let names = |names: Vec<&String>, what| names.into_iter().map(|name| Candidate::new(name.as_str(), what)).collect();
    match words.as_slice() {
        [] => vec![Candidate::new("lab", "what only a playground can do")],
        ["lab"] => VERBS.iter().map(|(verb, _, what)| Candidate::new(*verb, what)).collect(),
        ["lab", "worker"] => names(known.streams.values().flatten().collect(), "consumer"),
        ["lab", "worker", ..] => WORKER_FLAGS.iter().map(|(flag, _, what)| Candidate::new(*flag, what)).collect(),
        ["lab", "kill"] => names(known.workers.iter().collect(), "worker"),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Order, String> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn reads_verbs() {
        assert_eq!(parsed("clock +25h"), Ok(Order::Jump(Duration::from_secs(90_000))));
        assert_eq!(parsed("clock +1d2h"), Ok(Order::Jump(Duration::from_secs(93_600))));
        assert_eq!(parsed("kill worker-1"), Ok(Order::Kill("worker-1".into())));
        let Ok(Order::Worker(order)) = parsed("worker S processor --fail 50% --work=1s") else { panic!() };
        assert_eq!((order.stream.as_deref(), order.consumer.as_str()), (Some("S"), "processor"));
        assert_eq!((order.fail, order.work), (0.5, Duration::from_secs(1)));
    }

    #[test]
    fn refuses_with_the_next_thing_to_try() {
        for (line, piece) in [
            ("clock 5s", "with a plus"),
            ("clock +soon", "not a duration"),
            ("clock +99999h +1s", "too many words"),
            ("worker", "needs a consumer"),
            ("worker a b c", "takes a consumer"),
            ("worker a --fail 200%", "not a share"),
            ("worker a --fall 1", "unknown flag"),
            ("dance", "unknown verb"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(piece), "{line}: {error}");
        }
    }
}
