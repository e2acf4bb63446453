//! `nats server check stream`: how much a stream holds, and how far behind what it copies is.
//!
//! Limits come from flags; what the stream's own metadata says goes before them.

use super::could_not;
use super::verdict::Check;
use crate::api::stream::SourceInfo;
use crate::api::{Nanos, StreamInfo};
use crate::client::jetstream::JetStream;
use crate::commands::Matches;
use crate::commands::consumer::information::go_duration;
use crate::commands::values::parse_duration;

const METADATA: &str = "io.nats.monitor.";

/// Zero is no limit; so is what is below it, though it is shown.
struct Limits {
    lag: u64,
    /// In seconds.
    seen: f64,
    least: i64,
    most: i64,
    peers: i64,
    messages: [u64; 2],
    subjects: [i64; 2],
}

pub(super) async fn stream(js: &JetStream, matches: &Matches, check: &mut Check) {
    check.name = matches.text("stream").to_owned();
    if check.name.is_empty() {
        return check.say(2, "stream name is required");
    }
    let info = match js.stream_info(&check.name).await {
        Ok(info) => info,
        Err(error) => return check.say(2, could_not("info", &error)),
    };
    let limits = match Limits::of(matches, &info) {
        Ok(limits) => limits,
        Err(problem) => return check.say(2, format!("could not configure based on metadata: {problem}")),
    };
    if limits.peers > 0 {
        check.say(2, "Stream is not clustered");
    }
    limits.messages(&info, check);
    limits.subjects(&info, check);
    limits.sources(&info, check);
    limits.mirror(&info, check);
}

impl Limits {
    fn of(matches: &Matches, info: &StreamInfo) -> Result<Limits, String> {
        let metadata = |name: &str| info.config.metadata.get(&format!("{METADATA}{name}"));
        let int = |name: &str| match metadata(name) {
            Some(text) => decimal(text, "Atoi", text.parse::<i64>()),
            None if matches.is_set(name) => Ok(matches.int(name)),
            None => Ok(0),
        };
        let uint = |name: &str| match metadata(name) {
            Some(text) if text.starts_with('+') => decimal(text, "ParseUint", "".parse::<u64>()),
            Some(text) => decimal(text, "ParseUint", text.parse::<u64>()),
            None => Ok(matches.uint(name)),
        };
        let seconds = |name: &str| match metadata(name) {
            Some(text) => parse_duration(text).map(|nanos| nanos as f64 / 1e9),
            None => Ok(matches.seconds(name)),
        };
        if let Some(text) = metadata("enabled") {
            truth(text)?;
        }
        let (lag, seen, least, most) =
            (uint("lag-critical")?, seconds("seen-critical")?, int("min-sources")?, int("max-sources")?);
        let peers = int("peer-expect")?;
        uint("peer-lag-critical")?;
        seconds("peer-seen-critical")?;
        let messages = [uint("msgs-warn")?, uint("msgs-critical")?];
        let subjects = [int("subjects-warn")?, int("subjects-critical")?];
        Ok(Limits { lag, seen, least, most, peers, messages, subjects })
    }

    fn messages(&self, info: &StreamInfo, check: &mut Check) {
        let [warn, critical] = self.messages;
        if warn == 0 && critical == 0 {
            return;
        }
        let messages = info.state.messages;
        let level = match messages {
            _ if critical > 0 && messages <= critical => 2,
            _ if warn > 0 && messages <= warn => 1,
            _ => 0,
        };
        check.say(level, format!("{messages} messages"));
        check.limited("messages", messages as f64, "", warn as f64, critical as f64);
    }

    fn subjects(&self, info: &StreamInfo, check: &mut Check) {
        let [warn, critical] = self.subjects;
        if warn <= 0 && critical <= 0 {
            return;
        }
        let subjects = info.state.num_subjects as i64;
        // Few subjects are worse than many unless failing begins above warning.
        let is_beyond = |limit: i64| if warn < critical { subjects >= limit } else { subjects <= limit };
        let level = match () {
            _ if is_beyond(critical) => 2,
            _ if is_beyond(warn) => 1,
            _ => 0,
        };
        check.say(level, format!("{subjects} subjects"));
        check.limited("subjects", subjects as f64, "", warn as f64, critical as f64);
    }

    /// Whether copies are looked at at all.
    fn minds_copies(&self) -> bool {
        self.lag > 0 || self.seen > 0.0
    }

    fn is_behind(&self, source: &SourceInfo) -> bool {
        self.lag > 0 && source.lag >= self.lag
    }

    fn is_silent(&self, source: &SourceInfo) -> bool {
        self.seen > 0.0 && source.active >= (self.seen * 1e9) as i64
    }

    fn sources(&self, info: &StreamInfo, check: &mut Check) {
        let sources = info.sources.len() as i64;
        check.limited("sources", sources as f64, "", self.least as f64, self.most as f64);
        let wrong = (self.least > 0 && sources < self.least) || (self.most > 0 && sources > self.most);
        check.say(if wrong { 2 } else { 0 }, format!("{sources} sources"));
        if !self.minds_copies() {
            return;
        }
        let lagged = info.sources.iter().filter(|source| self.is_behind(source)).count();
        let inactive = info.sources.iter().filter(|source| self.is_silent(source)).count();
        check.figure("sources_lagged", lagged as f64, "");
        check.figure("sources_inactive", inactive as f64, "");
        match lagged {
            0 => check.say(0, format!("{sources} sources current")),
            _ => check.say(2, format!("{lagged} sources are lagged")),
        }
        match inactive {
            0 => check.say(0, format!("{sources} sources active")),
            _ => check.say(2, format!("{inactive} sources are inactive")),
        }
    }

    /// A stream with sources is no mirror, so nothing is missed there.
    fn mirror(&self, info: &StreamInfo, check: &mut Check) {
        if !self.minds_copies() || !info.sources.is_empty() {
            return;
        }
        if info.config.mirror.is_none() {
            return check.say(2, "not mirrored");
        }
        let Some(origin) = &info.mirror else {
            return check.say(2, "invalid state");
        };
        check.limited("lag", origin.lag as f64, "", 0.0, self.lag as f64);
        check.limited("active", origin.active as f64 / 1e9, "s", 0.0, self.seen);
        if self.is_behind(origin) {
            check.say(2, format!("Mirror Lag {}", origin.lag));
        }
        if self.is_silent(origin) {
            check.say(2, format!("Mirror Seen {}", go_duration(Nanos(origin.active))));
        }
        if !self.is_behind(origin) && !self.is_silent(origin) {
            check.say(0, format!("Mirror {}", origin.name));
        }
    }
}

/// Errors: Go's sentence for a number that is none.
fn decimal<T>(text: &str, function: &str, parsed: Result<T, std::num::ParseIntError>) -> Result<T, String> {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    parsed.map_err(|error| {
        let problem = match error.kind() {
            PosOverflow | NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("strconv.{function}: parsing {text:?}: {problem}")
    })
}

fn truth(text: &str) -> Result<(), String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(()),
        _ => Err(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
    }
}
