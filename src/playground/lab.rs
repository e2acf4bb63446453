//! The `lab` verbs: what a playground can do and a real server cannot.
//!
//! Never mixed with `nats`: whatever is typed as `nats …` works on the real CLI, whatever is only possible here begins
//! with `lab`. Parsing gives an [`Order`]; carrying it out is the playground's.

use super::actors::{self, Flags, GATEWAY_FLAGS, PUBLISHER_FLAGS, SUBSCRIBER_FLAGS, Spec, WORKER_FLAGS};
use super::faults::{FAULTS, FaultKind};
use super::station::{POINTS, Point};
use super::{chat, gateway, publisher, subscriber, worker};
use crate::client::jetstream::Ack;
use crate::commands::complete::{Candidate, Known};
use crate::commands::export::Language;
use crate::time::{format_go_duration, parse_go_duration};
use std::time::Duration;

/// What a line asks of the playground.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    Help,
    Clock,
    /// Let so much time pass at once.
    Jump(Duration),
    /// A new actor. A worker without a stream works on the only one that has such a consumer; who has no name gets one.
    Hire(Spec),
    /// Flags and their values, for an actor that is there.
    Change(String, Vec<(String, String)>),
    Workers,
    Kill(String),
    Restart(String),
    Cut(String),
    Heal(Option<String>),
    Delay(String, Duration),
    /// Bytes a second; `None` is as fast as they come.
    Slow(String, Option<u64>),
    Fault {
        kind: FaultKind,
        actor: Option<String>,
        count: u32,
    },
    Faults,
    ClearFaults,
    Server(ServerOrder),
    /// An answer to a message somebody has, as that one would give it.
    Answer(Answer),
    /// So many jobs through the workflow.
    Flow(u64),
    /// Stop a station where it comes by next.
    StopAt(String, Point),
    /// Somebody of the chat says something in a room.
    Say {
        who: String,
        room: String,
        text: String,
    },
    /// Somebody of the chat asks somebody into a room.
    Invite {
        who: String,
        whom: String,
        room: String,
    },
    Share,
    /// What is on the server, written down.
    Export(Language),
    Reset,
    /// Remove what this session made on a server that belongs to others.
    Cleanup {
        force: bool,
    },
    /// Look at a stream, and perhaps one consumer of it, on a server that belongs to others.
    Observe(String, Option<String>),
}

/// What to say about which message.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub seq: u64,
    pub ack: Ack,
    /// Wanted when several consumers wait for one.
    pub stream: Option<String>,
    pub consumer: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerOrder {
    Stop,
    Start,
    Restart,
}

/// Verbs, how they are used, what they do: one table for help and completion.
pub const VERBS: &[(&str, &str, &str)] = &[
    ("clock", "lab clock +25h", "let time pass at once; without a time: what time it is"),
    ("worker", "lab worker processor --fail 50%", "start a worker on a consumer"),
    ("publish", "lab publish orders.new 'order {{Count}}' --rate 2/s", "start a publisher"),
    ("subscribe", "lab subscribe 'orders.*' --queue billing", "start a subscriber"),
    ("set", "lab set worker-1 --fail 10%", "change what a worker, a publisher or a subscriber does"),
    ("workers", "lab workers", "list the workers, publishers and subscribers"),
    ("kill", "lab kill worker-1", "stop a client in the middle of what it does"),
    ("restart", "lab restart worker-1", "start a client again that was killed"),
    ("net", "lab net cut main", "break a wire; net heal main, net delay main 200ms"),
    ("slow", "lab slow main 1KB", "let a client read so much a second; slow main off"),
    ("fault", "lab fault drop-puback main", "lose the next message of a kind, or let it come twice"),
    ("faults", "lab faults", "list what is broken; faults clear mends all of it"),
    ("server", "lab server restart", "stop, start or restart the server"),
    ("gateway", "lab gateway limits --limit 5 --window 10s", "start a gateway that counts callers in a bucket"),
    ("flow", "lab flow start 3", "send jobs through a workflow of three stations"),
    ("chat", "lab chat ana", "start somebody's session of a chat; in the page it has a screen"),
    ("say", "lab say ana lobby 'hello everybody'", "somebody of the chat says something in a room"),
    ("invite", "lab invite ana ben garden", "somebody of the chat asks somebody into a room"),
    ("msg", "lab msg 3 nak", "answer a message that is out: ack, nak, nak:5s, term or progress"),
    ("share", "lab share", "offer a link and a file of everything that was done"),
    ("export", "lab export --as go", "write streams, consumers and buckets as nats commands or as a program"),
    ("observe", "lab observe ORDERS", "on a server far away: see a stream of others in the scene, read only"),
    ("cleanup", "lab cleanup", "on a server far away: list what this session made there, and remove it"),
    ("reset", "lab reset", "forget everything and start with a clean server"),
    ("help", "lab help", "this list"),
];

/// Reads the words after `lab`.
pub fn parse(words: &[String]) -> Result<Order, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help"] | ["--help"] | ["help", ..] => Ok(Order::Help),
        ["clock"] => Ok(Order::Clock),
        ["clock", span] => jump(span),
        ["worker", rest @ ..] => hire(rest, new_worker),
        ["publish", rest @ ..] => hire(rest, new_publisher),
        ["subscribe", rest @ ..] => hire(rest, new_subscriber),
        ["set", rest @ ..] => change(rest),
        ["chat", name] => chat_name(name).map(|name| Order::Hire(Spec::Chatter(chat::Spec::new(&name)))),
        ["say", who, room, text @ ..] if !text.is_empty() => {
            Ok(Order::Say { who: chat_name(who)?, room: chat_name(room)?, text: text.join(" ") })
        }
        ["invite", who, whom, room] => {
            Ok(Order::Invite { who: chat_name(who)?, whom: chat_name(whom)?, room: chat_name(room)? })
        }
        ["workers"] => Ok(Order::Workers),
        ["gateway", rest @ ..] => hire(rest, new_gateway),
        ["flow", "start"] => Ok(Order::Flow(1)),
        ["flow", "start", jobs] => flow(jobs),
        ["msg", rest @ ..] => answer(rest),
        ["share"] => Ok(Order::Share),
        ["kill", name, place @ ..] if !place.is_empty() => stop_at(name, place),
        ["kill", name] => Ok(Order::Kill((*name).to_owned())),
        ["kill"] => Err("lab kill needs a name, as in: lab kill worker-1".into()),
        ["restart", name] => Ok(Order::Restart((*name).to_owned())),
        ["net", "cut", name] => Ok(Order::Cut((*name).to_owned())),
        ["net", "heal"] => Ok(Order::Heal(None)),
        ["net", "heal", name] => Ok(Order::Heal(Some((*name).to_owned()))),
        ["net", "delay", name, span] => Ok(Order::Delay((*name).to_owned(), delay(span)?)),
        ["net", ..] => Err("lab net knows cut NAME, heal [NAME] and delay NAME 200ms".into()),
        ["slow", name, "off"] => Ok(Order::Slow((*name).to_owned(), None)),
        ["slow", name, rate] => Ok(Order::Slow((*name).to_owned(), Some(bytes(rate)?))),
        ["slow", name] => Ok(Order::Slow((*name).to_owned(), Some(0))),
        ["fault", rest @ ..] => fault(rest),
        ["faults"] => Ok(Order::Faults),
        ["faults", "clear"] => Ok(Order::ClearFaults),
        ["server", "stop"] => Ok(Order::Server(ServerOrder::Stop)),
        ["server", "start"] => Ok(Order::Server(ServerOrder::Start)),
        ["server", "restart"] => Ok(Order::Server(ServerOrder::Restart)),
        ["server", ..] => Err("lab server knows stop, start and restart".into()),
        ["export", rest @ ..] => export(rest),
        ["cleanup"] => Ok(Order::Cleanup { force: false }),
        ["cleanup", "-f" | "--force"] => Ok(Order::Cleanup { force: true }),
        ["observe", stream] => Ok(Order::Observe((*stream).to_owned(), None)),
        ["observe", stream, consumer] => Ok(Order::Observe((*stream).to_owned(), Some((*consumer).to_owned()))),
        ["observe"] => Err("lab observe needs a stream, as in: lab observe ORDERS; nats stream ls lists them".into()),
        ["reset"] => Ok(Order::Reset),
        [verb, ..] if VERBS.iter().any(|known| known.0 == *verb) => {
            Err(format!("these words do not fit lab {verb}; try: {}", usage(verb)))
        }
        [verb, ..] => Err(format!("unknown verb \"{verb}\"; lab help lists what there is")),
    }
}

/// Why an order cannot be carried out where the server is far away; `None` if it can.
pub fn only_in_page(order: &Order) -> Option<&'static str> {
    match order {
        Order::Jump(_) => Some("the server far away has a clock of its own, and real time does not jump"),
        Order::Delay(..) => {
            Some("the wire to a server far away is as long as it is; only the page's own can be made longer")
        }
        Order::Slow(_, Some(_)) => {
            Some("a browser reads whatever a server far away sends; only the page's own wires can be slow")
        }
        Order::Server(_) => Some(
            "the server far away is not the page's to stop; stop it where it runs, as with: nats-server --signal stop",
        ),
        Order::Hire(Spec::Chatter(_)) => {
            Some("the chat makes a stream called CHAT, and on a server far away that may be somebody else's")
        }
        Order::Export(_) => Some("a server far away is asked from a terminal: lab export"),
        Order::Share => Some("what was done on a server far away is not kept, so it cannot be shared"),
        Order::Reset => Some(
            "nothing on a server far away is thrown away with one word; nats stream rm and nats kv rm remove what you name",
        ),
        _ => None,
    }
}

fn usage(verb: &str) -> &'static str {
    VERBS.iter().find(|known| known.0 == verb).map_or("lab help", |known| known.1)
}

fn chat_name(name: &str) -> Result<String, String> {
    match chat::is_name(name) {
        true => Ok(name.to_owned()),
        false => Err(format!("\"{name}\" cannot name somebody or a room; letters, digits, - and _ can, 32 at most")),
    }
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

/// A wire longer than this is no wire.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

fn delay(text: &str) -> Result<Duration, String> {
    actors::duration(text.trim_start_matches('+')).map(|delay| delay.min(LONGEST_DELAY))
}

/// `1KB`, `64KiB`, `500`: of bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let text = text.trim_end_matches("/s");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "B" => 1,
        "K" | "KB" | "KiB" => 1 << 10,
        "M" | "MB" | "MiB" => 1 << 20,
        _ => 0,
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).filter(|_| factor > 0);
    number.ok_or_else(|| format!("\"{text}\" is not a number of bytes; try 1KB, or off"))
}

fn fault(words: &[&str]) -> Result<Order, String> {
    let names = || FAULTS.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
    let (words, flags) = actors::split(words)?;
    let mut count = 1;
    for (flag, value) in flags {
        match (flag, value.parse()) {
            ("--count", Ok(number)) if number > 0 => count = number,
            _ => return Err(format!("lab fault takes --count 3, not {flag} {value}")),
        }
    }
    let (name, actor) = match words.as_slice() {
        [name] => (*name, None),
        [name, actor] => (*name, Some((*actor).to_owned())),
        _ => return Err(format!("lab fault needs the name of one: {}", names())),
    };
    match FAULTS.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, _)) => Ok(Order::Fault { kind: *kind, actor, count }),
        None => Err(format!("unknown fault \"{name}\"; known are {}", names())),
    }
}

fn new_gateway(names: &[&str]) -> Result<Spec, String> {
    match names {
        [bucket] => Ok(Spec::Gateway(gateway::Spec::new(bucket))),
        _ => Err(format!("lab gateway takes a bucket, as in: {}", usage("gateway"))),
    }
}

/// More would take the picture's breath away.
const MOST_JOBS: u64 = 1_000;

fn flow(jobs: &str) -> Result<Order, String> {
    match jobs.parse() {
        Ok(jobs) if (1..=MOST_JOBS).contains(&jobs) => Ok(Order::Flow(jobs)),
        _ => Err(format!("\"{jobs}\" is not a number of jobs from 1 to {MOST_JOBS}; try: {}", usage("flow"))),
    }
}

fn answer(words: &[&str]) -> Result<Order, String> {
    let (words, flags) = actors::split(words)?;
    let [seq, ack] = words.as_slice() else {
        return Err(format!("lab msg takes a sequence and an answer, as in: {}", usage("msg")));
    };
    let seq = seq.parse().map_err(|_| format!("\"{seq}\" is not a sequence of a stream; try: {}", usage("msg")))?;
    let ack = match ack.split_once(':') {
        None if *ack == "ack" => Ack::Ack,
        None if *ack == "nak" => Ack::Nak { delay: None },
        None if *ack == "term" => Ack::Term { reason: None },
        None if *ack == "progress" => Ack::InProgress,
        Some(("nak", wait)) => Ack::Nak { delay: Some(actors::duration(wait)?) },
        _ => return Err(format!("\"{ack}\" is no answer; try ack, nak, nak:5s, term or progress")),
    };
    let mut answer = Answer { seq, ack, stream: None, consumer: None };
    for (flag, value) in flags {
        match flag {
            "--stream" => answer.stream = Some(value.to_owned()),
            "--consumer" => answer.consumer = Some(value.to_owned()),
            _ => return Err(format!("lab msg takes --stream and --consumer, not {flag}")),
        }
    }
    Ok(Order::Answer(answer))
}

fn stop_at(name: &str, place: &[&str]) -> Result<Order, String> {
    let (words, flags) = actors::split(place)?;
    let value = |wanted: &str| flags.iter().find(|(flag, _)| *flag == wanted).map(|(_, value)| *value);
    let known = flags.iter().all(|(flag, _)| matches!(*flag, "--after" | "--before"));
    if !words.is_empty() || !known {
        return Err(
            "lab kill takes a name and perhaps a place: lab kill charge-1 --after state --before publish".into()
        );
    }
    Ok(Order::StopAt(name.to_owned(), Point::parse(value("--after"), value("--before"))?))
}

fn export(words: &[&str]) -> Result<Order, String> {
    let (words, flags) = actors::split(words)?;
    let mut language = Language::Nats;
    for (flag, value) in flags {
        let known = (flag == "--as").then(|| Language::parse(value)).flatten();
        language = known.ok_or_else(|| {
            let known: Vec<&str> = Language::ALL.iter().map(|(word, ..)| *word).collect();
            format!("lab export takes --as and one of {}, not {flag} {value}", known.join(", "))
        })?;
    }
    match words.as_slice() {
        [] => Ok(Order::Export(language)),
        _ => Err("lab export takes no names; it writes everything there is, as in: lab export --as go".into()),
    }
}

fn hire(words: &[&str], new: fn(&[&str]) -> Result<Spec, String>) -> Result<Order, String> {
    let (names, flags) = actors::split(words)?;
    let mut spec = new(&names)?;
    for (flag, value) in flags {
        spec.set(flag, value)?;
    }
    Ok(Order::Hire(spec))
}

fn new_worker(names: &[&str]) -> Result<Spec, String> {
    match names {
        [consumer] => Ok(Spec::Worker(worker::Spec::new("", consumer))),
        [stream, consumer] => Ok(Spec::Worker(worker::Spec::new(stream, consumer))),
        [] => Err("lab worker needs a consumer, as in: lab worker processor --fail 50%".into()),
        _ => Err("lab worker takes a consumer, or a stream and a consumer".into()),
    }
}

fn new_publisher(names: &[&str]) -> Result<Spec, String> {
    match names {
        [subject] => Ok(Spec::Publisher(publisher::Spec::new(subject, "message {{Count}}"))),
        [subject, payload] => Ok(Spec::Publisher(publisher::Spec::new(subject, payload))),
        _ => Err(format!("lab publish takes a subject and a text, as in: {}", usage("publish"))),
    }
}

fn new_subscriber(names: &[&str]) -> Result<Spec, String> {
    match names {
        [subject] => Ok(Spec::Subscriber(subscriber::Spec::new(subject))),
        _ => Err(format!("lab subscribe takes a subject, as in: {}", usage("subscribe"))),
    }
}

fn change(words: &[&str]) -> Result<Order, String> {
    let (names, flags) = actors::split(words)?;
    match names.as_slice() {
        [name] if !flags.is_empty() => {
            let flags = flags.into_iter().map(|(flag, value)| (flag.to_owned(), value.to_owned()));
            Ok(Order::Change((*name).to_owned(), flags.collect()))
        }
        _ => Err(format!("lab set takes a name and what to change, as in: {}", usage("set"))),
    }
}

/// What `lab help` prints.
pub fn help() -> String {
    let width = VERBS.iter().map(|(_, usage, _)| usage.len()).max().unwrap_or(0);
    let mut text = String::from("lab: what only a playground can do\n\n");
    for (_, usage, what) in VERBS {
        text.push_str(&format!("  {usage:width$}  {what}\n"));
    }
    for (head, flags) in [
        ("lab worker [STREAM] CONSUMER", WORKER_FLAGS),
        ("lab publish SUBJECT [TEXT]", PUBLISHER_FLAGS),
        ("lab subscribe SUBJECT", SUBSCRIBER_FLAGS),
        ("lab gateway BUCKET", GATEWAY_FLAGS),
    ] {
        text.push_str(&format!("\n{head}\n"));
        for (flag, value, what) in flags {
            text.push_str(&format!("  {:18}  {what}\n", format!("{flag} {value}")));
        }
    }
    text.push_str("\nlab fault NAME [CLIENT] [--count 1]\n");
    for (name, _, what) in FAULTS {
        text.push_str(&format!("  {name:18}  {what}\n"));
    }
    text
}

/// What could follow `words`, the first being `lab`; `lab` itself when there are none.
pub fn candidates(words: &[String], known: &Known) -> Vec<Candidate> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let names = |names: Vec<&String>, what| names.into_iter().map(|name| Candidate::new(name.as_str(), what)).collect();
    let flags = |flags: Flags| flags.iter().map(|(flag, _, what)| Candidate::new(*flag, *what)).collect();
    let several = |list: &[(&'static str, &'static str)]| {
        list.iter().map(|(word, what)| Candidate::new(*word, *what)).collect::<Vec<_>>()
    };
    match words.as_slice() {
        [] => vec![Candidate::new("lab", "what only a playground can do")],
        ["lab"] => VERBS.iter().map(|(verb, _, what)| Candidate::new(*verb, *what)).collect(),
        ["lab", "worker"] => names(known.streams.values().flatten().collect(), "consumer"),
        ["lab", "worker", ..] => flags(WORKER_FLAGS),
        ["lab", "publish" | "subscribe"] => names(known.subjects.iter().collect(), "subject"),
        ["lab", "publish", ..] => flags(PUBLISHER_FLAGS),
        ["lab", "subscribe", ..] => flags(SUBSCRIBER_FLAGS),
        ["lab", "kill" | "restart" | "set" | "slow"] => names(known.workers.iter().collect(), "client"),
        ["lab", "gateway"] => names(known.buckets.keys().collect(), "bucket"),
        ["lab", "gateway", ..] => flags(GATEWAY_FLAGS),
        ["lab", "flow"] => several(&[("start", "send jobs off")]),
        ["lab", "msg", _] => {
            several(&[("ack", "done"), ("nak", "again, please"), ("term", "never again"), ("progress", "still at it")])
        }
        ["lab", "msg", _, ..] => several(&[("--stream", "of this stream"), ("--consumer", "for this consumer")]),
        ["lab", "kill", _, .., "--after"] => POINTS.iter().map(|(step, ..)| Candidate::new(*step, "")).collect(),
        ["lab", "kill", _, .., "--before"] => POINTS.iter().map(|(_, step, _)| Candidate::new(*step, "")).collect(),
        ["lab", "kill", _, ..] => {
            several(&[("--after", "stop a station behind a step"), ("--before", "or in front of one")])
        }
        ["lab", "net"] => several(&[("cut", "break a wire"), ("heal", "mend it"), ("delay", "make it longer")]),
        ["lab", "net", _] => names(known.workers.iter().collect(), "client"),
        ["lab", "fault"] => FAULTS.iter().map(|(name, _, what)| Candidate::new(*name, *what)).collect(),
        ["lab", "fault", _] => names(known.workers.iter().collect(), "client"),
        ["lab", "faults"] => several(&[("clear", "mend everything")]),
        ["lab", "export"] => vec![Candidate::new("--as", "nats, go, rust, js or python")],
        ["lab", "export", "--as"] => {
            Language::ALL.iter().map(|(word, _, what, _)| Candidate::new(*word, *what)).collect()
        }
        ["lab", "server"] => several(&[("restart", "stop and start"), ("stop", "stop"), ("start", "start again")]),
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
        assert_eq!(parsed("cleanup -f"), Ok(Order::Cleanup { force: true }));
        assert_eq!(parsed("observe S c"), Ok(Order::Observe("S".into(), Some("c".into()))));
        assert_eq!(parsed("kill worker-1"), Ok(Order::Kill("worker-1".into())));
        let Ok(Order::Hire(Spec::Worker(spec))) = parsed("worker S processor --fail 50% --work=1s") else { panic!() };
        assert_eq!((spec.stream.as_str(), spec.consumer.as_str()), ("S", "processor"));
        assert_eq!((spec.fail, spec.work), (0.5, Duration::from_secs(1)));
        let Ok(Order::Hire(Spec::Publisher(spec))) = parsed("publish a.b x --rate 2/s --async --window 4") else {
            panic!()
        };
        assert_eq!((spec.every, spec.mode, spec.window), (Duration::from_millis(500), publisher::Mode::Ahead, 4));
        assert_eq!(parsed("net delay main 200ms"), Ok(Order::Delay("main".into(), Duration::from_millis(200))));
        assert_eq!(parsed("slow main 2KB"), Ok(Order::Slow("main".into(), Some(2048))));
        let answer = Answer { seq: 3, ack: Ack::InProgress, stream: None, consumer: Some("c".into()) };
        assert_eq!(parsed("msg 3 progress --consumer c"), Ok(Order::Answer(answer)));
        assert_eq!(parsed("flow start 3"), Ok(Order::Flow(3)));
        let place = Order::StopAt("charge-1".into(), Point::AfterState);
        assert_eq!(parsed("kill charge-1 --after state --before publish"), Ok(place.clone()));
        assert_eq!(parsed("kill charge-1 --before publish"), Ok(place));
        let Ok(Order::Hire(Spec::Gateway(spec))) = parsed("gateway limits --limit 2 --window 1m") else { panic!() };
        assert_eq!((spec.limit, spec.window), (2, Duration::from_secs(60)));
        assert_eq!(parsed("export"), Ok(Order::Export(Language::Nats)));
        assert_eq!(parsed("export --as js"), Ok(Order::Export(Language::JavaScript)));
        let fault = Order::Fault { kind: FaultKind::DropPuback, actor: Some("main".into()), count: 3 };
        assert_eq!(parsed("fault drop-puback main --count 3"), Ok(fault));
    }

    #[test]
    fn refuses_with_the_next_thing_to_try() {
        for (line, piece) in [
            ("observe", "needs a stream"),
            ("clock 5s", "with a plus"),
            ("clock +soon", "not a duration"),
            ("clock +99999h +1s", "do not fit"),
            ("net cut", "cut NAME"),
            ("fault", "drop-puback"),
            ("fault dance", "unknown fault"),
            ("slow a fast", "number of bytes"),
            ("publish", "a subject"),
            ("publish a --rate 0/s", "not a rate"),
            ("worker a --on-fail dance", "no way to fail"),
            ("set worker-1", "what to change"),
            ("worker", "needs a consumer"),
            ("worker a b c", "takes a consumer"),
            ("worker a --fail 200%", "not a share"),
            ("worker a --fall 1", "unknown flag"),
            ("msg 3", "a sequence and an answer"),
            ("msg three nak", "not a sequence"),
            ("msg 3 later", "no answer"),
            ("flow start none", "not a number of jobs"),
            ("gateway", "takes a bucket"),
            ("kill charge-1 --after publish --before state", "no such place"),
            ("kill charge-1 now", "perhaps a place"),
            ("export --as cobol", "one of nats, go, rust, js, python"),
            ("export ORDERS", "takes no names"),
            ("dance", "unknown verb"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(piece), "{line}: {error}");
        }
    }
}
