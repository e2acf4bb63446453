//! What a check found, and the ways to write it down.
//!
//! Knows sentences and figures with limits, nothing of what they are about. The way in is [`Check`].
//! Source: Nagios plugin guidelines; natscli reference, "server check".

use crate::commands::report::{Table, json, text};
use crate::commands::{Context, Failure, Matches, Outcome, Place};
use crate::json::{ToJson, Value};
use std::time::Duration;

#[derive(Default)]
pub(super) struct Check {
    pub name: String,
    /// Fine, warnings, failures.
    pub sentences: [Vec<String>; 3],
    figures: Vec<Figure>,
    /// What was looked at.
    pub place: Option<Place>,
}

/// A number for a graph; a limit of zero is none.
struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    warn: f64,
    critical: f64,
    about: Option<String>,
}

const WORDS: [(&str, &str); 3] = [("OK", "OK"), ("WARNING", "Warn"), ("CRITICAL", "Crit")];

impl Check {
    pub fn say(&mut self, level: usize, sentence: impl Into<String>) {
        self.sentences[level].push(sentence.into());
    }

    /// Which limit `value` is beyond: 0 none, 1 the first, 2 the second. A limit of `none` is no limit.
    pub fn level<T: PartialOrd>(value: &T, warn: &T, critical: &T, none: &T) -> usize {
        match () {
            _ if critical > none && value >= critical => 2,
            _ if warn > none && value >= warn => 1,
            _ => 0,
        }
    }

    pub fn figure(&mut self, name: &'static str, value: f64, unit: &'static str) {
        self.limited(name, value, unit, 0.0, 0.0);
    }

    pub fn limited(&mut self, name: &'static str, value: f64, unit: &'static str, warn: f64, critical: f64) {
        let about = help(name);
        self.figures.push(Figure { name, value, unit, warn, critical, about });
    }

    /// What the last figure is about, where its limits say so.
    pub fn explain(&mut self, about: String) {
        self.figures.last_mut().into_iter().for_each(|figure| figure.about = Some(about.clone()));
    }

    /// Seconds with their limits; `fine` is said below both, `exceeded` beyond one, which follows it.
    pub fn timed(
        &mut self,
        matches: &Matches,
        (name, flags): (&'static str, &str),
        took: Duration,
        fine: String,
        exceeded: impl Fn(&str) -> String,
    ) {
        let [warn, critical] = ["warn", "critical"].map(|limit| matches.nanos(&format!("{flags}-{limit}")));
        // A limit below zero is one, too, and everything is beyond it.
        let is_beyond = |limit: i64| limit != 0 && took.as_nanos() as i64 >= limit;
        let level = if is_beyond(critical) { 2 } else { usize::from(is_beyond(warn)) };
        let [took, warn, critical] = [took.as_nanos() as i64, warn, critical].map(|nanos| nanos as f64 / 1e9);
        let limit = if level == 2 { critical } else { warn };
        self.say(level, if level == 0 { fine } else { exceeded(&text::float(limit)) });
        self.limited(name, took, "s", warn, critical);
    }

    /// A figure that fails beyond `flag`.
    pub fn counted(&mut self, matches: &Matches, name: &'static str, flag: &str, label: &str, value: u64) {
        let limit = if matches.is_set(flag) { matches.int(flag) } else { 0 };
        self.limited(name, value as f64, "", 0.0, limit as f64);
        if limit > 0 {
            let level = if value as i64 >= limit { 2 } else { 0 };
            self.say(level, format!("{label}: {value}"));
        }
    }

    /// A share in percent, with the limits of `flag`; -1 is none, and one below it is none that can be reached.
    pub fn share(&mut self, matches: &Matches, [what, name]: [&'static str; 2], flag: &str, percent: i64) {
        let [warn, critical] = ["warn", "critical"].map(|limit| matches.int(&format!("{flag}-{limit}")));
        self.limited(name, percent as f64, "%", warn.max(0) as f64, critical.max(0) as f64);
        match () {
            _ if warn != -1 && critical != -1 && warn >= critical => self.say(2, format!("{what}: invalid thresholds")),
            _ if percent > 100 => self.say(2, format!("{what}: exceed server limits")),
            _ if warn < 0 || critical < 0 => {}
            _ if percent > critical => self.say(2, format!("{percent}% {what}")),
            _ if percent > warn => self.say(1, format!("{percent}% {what}")),
            _ => {}
        }
    }

    /// The worst that was said.
    fn worst(&self) -> usize {
        self.sentences.iter().rposition(|sentences| !sentences.is_empty()).unwrap_or(0)
    }

    pub fn finish(&self, context: &Context, matches: &Matches) -> Outcome {
        let suite = match matches.command().name {
            "connection" => "connections",
            name => name,
        };
        let shown = match matches.text("format") {
            "json" => self.json(suite),
            "text" => self.text(),
            "prometheus" => self.prometheus(matches.text("namespace"), suite),
            _ => self.nagios(),
        };
        match matches.text("outfile") {
            "" => context.console.telling(self.place.clone().map(Place::throughout), |console| console.line(&shown)),
            file => context.write_file(file, format!("{shown}\n").into_bytes()),
        }
        // Whoever collects figures reads the status among them.
        match self.worst() {
            _ if matches.text("format") == "prometheus" => Ok(()),
            0 => Ok(()),
            worst => Err(Failure::Exit(worst as i32)),
        }
    }

    fn nagios(&self) -> String {
        let mut line = format!("{} {}", WORDS[self.worst()].0, self.name);
        for (level, sentences) in self.sentences.iter().enumerate().rev() {
            line.extend(sentences.iter().map(|sentence| format!(" {}:{sentence}", WORDS[level].1)));
        }
        let figures: Vec<String> = self.figures.iter().map(Figure::nagios).collect();
        if figures.is_empty() { line } else { format!("{line} | {}", figures.join(" ")) }
    }

    fn json(&self, suite: &str) -> String {
        let [ok, warning, critical] = self.sentences.clone();
        json::escape(&json::indented(&crate::json::write(&Document {
            status: WORDS[self.worst()].0.to_owned(),
            check_suite: suite.to_owned(),
            check_name: self.name.clone(),
            warning,
            critical,
            ok,
            perf_data: self.figures.iter().map(Figure::document).collect(),
        })))
    }

    fn text(&self) -> String {
        let mut page = format!("{}: {}\n\n", self.name, WORDS[self.worst()].0);
        let mut said = Table::new("", &["Status", "Message"]);
        for (level, sentences) in self.sentences.iter().enumerate() {
            let level = ["OK", "Warning", "Critical"][level];
            sentences.iter().for_each(|sentence| said.row([level.to_owned(), sentence.clone()]));
        }
        if self.sentences.iter().any(|sentences| !sentences.is_empty()) {
            page += &format!("Status Detail\n\n{said}");
        }
        let header = ["Metric", "Value", "Unit", "Critical Threshold", "Warning Threshold", "Description"];
        let mut table = Table::new("", &header);
        for figure in &self.figures {
            let [value, critical, warn] = [figure.value, figure.critical, figure.warn].map(shown);
            let (name, unit) = (figure.name.to_owned(), figure.unit.to_owned());
            table.row([name, value, unit, critical, warn, figure.about.clone().unwrap_or_default()]);
        }
        if !self.figures.is_empty() {
            page += &format!("\nCheck Metrics\n\n{table}");
        }
        page
    }

    fn prometheus(&self, namespace: &str, suite: &str) -> String {
        let prefix = if namespace.is_empty() { suite.to_owned() } else { format!("{namespace}_{suite}") };
        let about =
            |figure: &Figure| figure.about.clone().unwrap_or_else(|| format!("Data about the NATS CLI check {suite}"));
        let mut gauges: Vec<(String, String, String, f64)> = self
            .figures
            .iter()
            .map(|it| (format!("{prefix}_{}", it.name), about(it), String::new(), it.value))
            .collect();
        let status = format!(",status={:?}", WORDS[self.worst()].0);
        let about = format!("Nagios compatible status code for {suite}");
        gauges.push((format!("{prefix}_status_code"), about, status, self.worst() as f64));
        crate::sorted::by_key(&mut gauges, |gauge| gauge.0.clone());
        let gauge = |(metric, about, status, value): &(String, String, String, f64)| {
            let item = format!("{metric}{{item={:?}{status}}} {value}", self.name);
            format!("# HELP {metric} {about}\n# TYPE {metric} gauge\n{item}\n")
        };
        gauges.iter().map(gauge).collect()
    }
}

/// What a figure is about.
fn help(name: &str) -> Option<String> {
    if let Some(resource) = name.strip_suffix("_pct") {
        return Some(format!("JetStream {resource} resource usage in percent"));
    }
    let text = match name {
        "memory" | "storage" | "streams" | "consumers" => return Some(format!("JetStream {name} resource usage")),
        "connect_time" => "Time taken to connect to NATS",
        "rtt" => "The round-trip-time of the connection",
        "request_time" => "Time taken for a full Request-Reply operation",
        "time" => "How long the request took",
        "sources" => "Number of sources being consumed by this stream",
        "sources_lagged" => "Number of sources that are behind more than the configured threshold",
        "sources_inactive" => "Number of sources that are inactive",
        "lag" => "Number of operations this peer is behind its origin",
        "active" => "Indicates if this peer is active and catching up if lagged",
        "messages" => "Messages stored in the stream",
        "subjects" => "Number of subjects stored in the stream",
        "ack_pending" => "The number of messages waiting to be Acknowledged",
        "pull_waiting" => "The number of waiting Pull requests",
        "pending" => "The number of messages that have not yet been consumed",
        "redelivered" => "The number of messages currently being redelivered",
        "last_delivery" => "Seconds since the last message was delivered",
        "last_ack" => "Seconds since the last message was acknowledged",
        "pinned_groups" => "The number of consumers groups with pinned clients",
        "groups" => "The total number of consumers groups",
        "age" => "The age of the message",
        "size" => "The size of the message",
        "values" => "How many values are stored in the bucket",
        "bytes" => "Bytes stored in the bucket",
        "replicas_ok" => "Streams with healthy cluster state",
        "replicas_no_leader" => "Streams with no leader elected",
        "replicas_missing_replicas" => "Streams where there are fewer known replicas than configured",
        "replicas_fail" => "Streams unhealthy cluster state",
        _ => return None,
    };
    Some(text.to_owned())
}

/// A number in a table: thousands apart, up to three decimals.
fn shown(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let whole = text::count(value.trunc().abs() as u64);
    let fraction = format!("{:.3}", value.fract().abs());
    let fraction = fraction.trim_start_matches('0').trim_end_matches('0').trim_end_matches('.');
    format!("{sign}{whole}{fraction}")
}

/// What `--format json` shows.
#[derive(ToJson)]
struct Document {
    status: String,
    check_suite: String,
    check_name: String,
    #[json(omit_empty)]
    warning: Vec<String>,
    #[json(omit_empty)]
    critical: Vec<String>,
    #[json(omit_empty)]
    ok: Vec<String>,
    perf_data: Vec<Measure>,
}

#[derive(ToJson)]
struct Measure {
    name: String,
    value: Value,
    warning: Value,
    critical: Value,
    #[json(omit_empty)]
    unit: String,
}

impl Figure {
    fn nagios(&self) -> String {
        let decimals = if self.unit == "s" { 4 } else { 0 };
        let limit = |limit: f64| if limit == 0.0 { String::new() } else { format!("{limit:.decimals$}") };
        let (warn, critical) = (limit(self.warn), limit(self.critical));
        let limits = match (self.warn != 0.0, self.critical != 0.0) {
            (false, false) => String::new(),
            (true, false) => format!(";{warn}"),
            (_, true) => format!(";{warn};{critical}"),
        };
        format!("{}={:.decimals$}{}{limits}", self.name, self.value, self.unit)
    }

    fn document(&self) -> Measure {
        let number = |value: f64| if value.fract() == 0.0 { Value::from(value as i64) } else { Value::from(value) };
        let [value, warning, critical] = [self.value, self.warn, self.critical].map(number);
        Measure { name: self.name.to_owned(), value, warning, critical, unit: self.unit.to_owned() }
    }
}
