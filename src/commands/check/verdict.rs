//! What a check found, and the ways to write it down.
//!
//! Knows sentences and figures with limits, nothing of what they are about. The way in is [`Check`].
//! Source: Nagios plugin guidelines; natscli reference, "server check".

use crate::commands::report::{Table, json};
use crate::commands::{Context, Failure, Matches, Outcome, Place};
use crate::json::ToJson;
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

/// A number for a graph, its limits empty where there are none.
struct Figure {
    name: &'static str,
    value: String,
    unit: &'static str,
    warn: String,
    critical: String,
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

    pub fn figure(&mut self, name: &'static str, value: impl ToString, unit: &'static str) {
        self.limited(name, value, unit, "", "");
    }

    pub fn limited(
        &mut self,
        name: &'static str,
        value: impl ToString,
        unit: &'static str,
        warn: impl ToString,
        critical: impl ToString,
    ) {
        let (value, warn, critical) = (value.to_string(), warn.to_string(), critical.to_string());
        self.figures.push(Figure { name, value, unit, warn, critical });
    }

    /// Seconds with their limits.
    pub fn timed(&mut self, matches: &Matches, name: &'static str, flags: &str, took: Duration, sentence: String) {
        let [warn, critical] = ["warn", "critical"].map(|limit| matches.duration(&format!("{flags}-{limit}")));
        let level = Check::level(&took, &warn, &critical, &Duration::ZERO);
        self.say(level, sentence);
        let [took, warn, critical] = [took, warn, critical].map(seconds);
        self.limited(name, took, "s", warn, critical);
    }

    /// A figure that fails beyond `flag`.
    pub fn counted(&mut self, matches: &Matches, name: &'static str, flag: &str, label: &str, value: u64) {
        let limit = matches.int(flag);
        self.limited(name, value, "", "", if limit < 0 { String::new() } else { limit.to_string() });
        if limit >= 0 {
            let level = if value as i64 >= limit { 2 } else { 0 };
            self.say(level, format!("{label}: {value}"));
        }
    }

    /// A share in percent, with the limits of `flag`.
    pub fn share(&mut self, matches: &Matches, [what, name]: [&'static str; 2], flag: &str, percent: u64) {
        let [warn, critical] = ["warn", "critical"].map(|limit| matches.int(&format!("{flag}-{limit}")));
        let level = Check::level(&(percent as i64), &warn, &critical, &0);
        if level > 0 {
            self.say(level, format!("{percent}% {what}"));
        }
        let shown = |limit: i64| if limit < 0 { String::new() } else { limit.to_string() };
        self.limited(name, percent, "%", shown(warn), shown(critical));
    }

    /// The worst that was said.
    fn worst(&self) -> usize {
        self.sentences.iter().rposition(|sentences| !sentences.is_empty()).unwrap_or(0)
    }

    pub fn finish(&self, context: &Context, matches: &Matches) -> Outcome {
        let shown = match matches.text("format") {
            "json" => self.json(matches.command().name),
            "text" => self.text(),
            "prometheus" => self.prometheus(matches.text("namespace"), matches.command().name),
            _ => self.nagios(),
        };
        match matches.text("outfile") {
            "" => context.console.telling(self.place.clone().map(Place::throughout), |console| console.line(&shown)),
            file => context.write_file(file, format!("{shown}\n").into_bytes()),
        }
        match self.worst() {
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
        json::indented(&crate::json::write(&Document {
            status: WORDS[self.worst()].0.to_owned(),
            check_suite: suite.to_owned(),
            check_name: self.name.clone(),
            warning,
            critical,
            ok,
            perf_data: self.figures.iter().map(Figure::document).collect(),
        }))
    }

    fn text(&self) -> String {
        let mut page = format!("{}: {}\n", self.name, WORDS[self.worst()].0);
        for (level, sentences) in self.sentences.iter().enumerate().rev() {
            sentences.iter().for_each(|sentence| page += &format!("\n{:>8}: {sentence}", WORDS[level].0));
        }
        let mut table = Table::new("Status Metrics", &["Metric", "Value", "Warn", "Critical"]);
        for figure in &self.figures {
            let value = format!("{}{}", figure.value, figure.unit);
            table.row([figure.name.to_owned(), value, figure.warn.clone(), figure.critical.clone()]);
        }
        page + "\n\n" + table.to_string().trim_end()
    }

    fn prometheus(&self, namespace: &str, suite: &str) -> String {
        let mut lines = Vec::new();
        let mut gauge = |name: &str, labels: &str, value: &str| {
            let metric = format!("{namespace}_{suite}_{name}");
            lines.push(format!("# TYPE {metric} gauge\n{metric}{{item={:?}{labels}}} {value}", self.name));
        };
        for figure in &self.figures {
            gauge(figure.name, "", &figure.value);
        }
        let status = format!(",status={:?}", WORDS[self.worst()].0);
        gauge("status_code", &status, &self.worst().to_string());
        lines.join("\n")
    }
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
    value: f64,
    warning: f64,
    critical: f64,
    unit: String,
}

impl Figure {
    fn nagios(&self) -> String {
        let Figure { name, value, unit, warn, critical } = self;
        let limits = if warn.is_empty() && critical.is_empty() { String::new() } else { format!(";{warn};{critical}") };
        format!("{name}={value}{unit}{limits}")
    }

    fn document(&self) -> Measure {
        let [value, warning, critical] =
            [&self.value, &self.warn, &self.critical].map(|text| crate::json::number(text).unwrap_or(0.0));
        Measure { name: self.name.to_owned(), value, warning, critical, unit: self.unit.to_owned() }
    }
}

pub(super) fn seconds(time: Duration) -> String {
    format!("{:.4}", time.as_secs_f64())
}
