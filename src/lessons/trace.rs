//! What happened, as far as a lesson asks: counters that are fed every event once.
//!
//! A [`Pattern`] names a kind of event and what its fields must be. A [`Trace`] follows every pattern of a lesson, so a
//! check costs nothing per event that went by before.

use super::expression::Figure;
use crate::json::{FromJson, ToJson};
use crate::map::{Map, Set};
use crate::subject::SubjectFilter;
use crate::time::Timestamp;
use serde_json::Value;

/// The fact that stands for several of kind "removed".
const REMOVED_TOGETHER: &str = "removed_many";

/// One kind of event, narrowed by its fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, ToJson, FromJson)]
pub struct Pattern {
    /// The name of a fact, as `delivered` or `given_up`.
    pub kind: String,
    /// Field by field. A `subject` is a filter, `actor` is the name of the connection; the rest must be equal as text.
    #[json(default, omit_empty)]
    pub fields: Map<String, String>,
}

/// An event as patterns see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub at: Timestamp,
    pub kind: String,
    pub fields: Value,
    /// Who did it, by connection name.
    pub actor: Option<String>,
}

impl Pattern {
    pub fn matches(&self, record: &Record) -> bool {
        self.is_about(&record.kind) && self.fields.iter().all(|(name, wanted)| field_matches(record, name, wanted))
    }

    fn is_about(&self, kind: &str) -> bool {
        kind == self.kind || self.kind == "removed" && kind == REMOVED_TOGETHER
    }

    /// How often it happened in this event: messages may be removed many at once.
    fn times(&self, record: &Record) -> u64 {
        let many = if self.kind == record.kind { None } else { record.fields.get("count").and_then(Value::as_u64) };
        if self.matches(record) { many.unwrap_or(1) } else { 0 }
    }

    /// That it happens, as a clause: "somebody publishes on orders.new".
    pub fn words(&self) -> String {
        let mut fields = self.fields.clone();
        let mut take = |before: &str, name: &str| fields.remove(name).map(|value| format!("{before}{value}"));
        let clause = match self.kind.as_str() {
            kind @ ("subscribed" | "published" | "delivered") => {
                let who = take("", "actor").unwrap_or_else(|| "somebody".to_owned());
                let (does, before) = match kind {
                    "subscribed" => ("subscribes", " to "),
                    "published" => ("publishes", " on "),
                    _ => ("receives a message", " on "),
                };
                format!("{who} {does}{}", take(before, "subject").unwrap_or_default())
            }
            kind @ ("stored" | "dispatched" | "given_up" | "answered") => {
                let is = match kind {
                    "stored" => "is stored",
                    "dispatched" => "is delivered by a consumer",
                    "given_up" => "is given up",
                    _ => "is answered",
                };
                let of = take(if kind == "stored" { " for " } else { " of " }, "stream").unwrap_or_default();
                format!("a message{of} {is}{}", take(" with ", "kind").unwrap_or_default())
            }
            other => format!("\"{}\" happens", other.replace('_', " ")),
        };
        fields.iter().fold(clause, |clause, (name, value)| format!("{clause}, {name} {value}"))
    }
}

fn field_matches(record: &Record, name: &str, wanted: &str) -> bool {
    match name {
        "actor" => record.actor.as_deref() == Some(wanted),
        "subject" => {
            let subject = record.field("subject");
            SubjectFilter::new(wanted).is_ok_and(|filter| subject.is_some_and(|subject| filter.matches(&subject)))
        }
        _ => record.field(name).is_some_and(|found| found == wanted),
    }
}

impl Record {
    /// A field as text; of an answer like `{"nak": {...}}` its name, of an error its code.
    pub fn field(&self, name: &str) -> Option<String> {
        if name == "actor" {
            return self.actor.clone();
        }
        match self.fields.get(name)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Object(object) => match object.get("err_code") {
                Some(code) => Some(code.to_string()),
                None => object.keys().next().cloned(),
            },
            other => Some(other.to_string()),
        }
    }
}

/// Follows the patterns of a lesson.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    counts: Map<Pattern, u64>,
    distinct: Map<(Pattern, String), Set<String>>,
    orders: Vec<(Vec<Pattern>, usize)>,
    gaps: Vec<Gap>,
    api_errors: Set<u16>,
}

#[derive(Clone, Debug)]
struct Gap {
    from: Pattern,
    to: Pattern,
    /// Since when, by stream sequence where events have one: the gap is between two events about the same message.
    since: Map<String, Timestamp>,
    shortest: Option<u64>,
}

impl Trace {
    /// Starts following what `figure` asks for.
    pub fn follow(&mut self, figure: &Figure) {
        match figure {
            Figure::Count(pattern) => drop(self.counts.entry(pattern.clone()).or_default()),
            Figure::Distinct(pattern, field) => {
                self.distinct.entry((pattern.clone(), field.clone())).or_default();
            }
            Figure::Order(patterns) if !self.orders.iter().any(|(known, _)| known == patterns) => {
                self.orders.push((patterns.clone(), 0));
            }
            Figure::Gap(from, to) if !self.gaps.iter().any(|gap| gap.from == *from && gap.to == *to) => {
                let (from, to) = (from.clone(), to.clone());
                self.gaps.push(Gap { from, to, since: Map::new(), shortest: None });
            }
            _ => {}
        }
    }

    /// Whether anything that is followed is an event of this kind. Errors are followed in events of every kind.
    pub fn asks_for(&self, kind: &str) -> bool {
        let distinct = self.distinct.keys().map(|(pattern, _)| pattern);
        let orders = self.orders.iter().flat_map(|(patterns, _)| patterns);
        let gaps = self.gaps.iter().flat_map(|gap| [&gap.from, &gap.to]);
        self.counts.keys().chain(distinct).chain(orders).chain(gaps).any(|pattern| pattern.is_about(kind))
    }

    pub fn record(&mut self, record: &Record) {
        for (pattern, count) in &mut self.counts {
            *count += pattern.times(record);
        }
        for ((pattern, field), values) in &mut self.distinct {
            if pattern.matches(record) {
                values.extend(record.field(field));
            }
        }
        for (patterns, reached) in &mut self.orders {
            if patterns.get(*reached).is_some_and(|pattern| pattern.matches(record)) {
                *reached += 1;
            }
        }
        self.gaps.iter_mut().for_each(|gap| gap.record(record));
        if let Some(code) = record.fields.get("error").and_then(|error| error.get("err_code")).and_then(Value::as_u64) {
            self.api_errors.insert(code as u16);
        }
    }

    /// What an order waits for: how many of its events came, one after the other.
    pub fn came(&self, order: &[Pattern]) -> usize {
        self.orders.iter().find(|(known, _)| known == order).map_or(0, |(_, came)| *came)
    }

    /// The value of a figure that is about the trace.
    pub fn value(&self, figure: &Figure) -> Option<Value> {
        match figure {
            Figure::Count(pattern) => self.counts.get(pattern).map(|count| (*count).into()),
            Figure::Distinct(pattern, field) => {
                self.distinct.get(&(pattern.clone(), field.clone())).map(|values| values.len().into())
            }
            Figure::Order(patterns) => {
                self.orders.iter().find(|(known, _)| known == patterns).map(|(_, at)| (*at == patterns.len()).into())
            }
            Figure::Gap(from, to) => {
                self.gaps.iter().find(|gap| gap.from == *from && gap.to == *to)?.shortest.map(Value::from)
            }
            Figure::ApiError(code) => Some(self.api_errors.contains(code).into()),
            _ => None,
        }
    }
}

impl Gap {
    fn record(&mut self, record: &Record) {
        let key = record.field("stream_seq").unwrap_or_default();
        if self.to.matches(record)
            && let Some(since) = self.since.get(&key)
        {
            let gap = record.at.since(*since).as_nanos() as u64;
            self.shortest = Some(self.shortest.map_or(gap, |shortest| shortest.min(gap)));
        }
        if self.from.matches(record) {
            self.since.insert(key, record.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(at: i64, kind: &str, fields: Value) -> Record {
        Record { at: Timestamp::from_secs(at), kind: kind.into(), fields, actor: Some("alice".into()) }
    }

    fn pattern(kind: &str, fields: &[(&str, &str)]) -> Pattern {
        let fields = fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Pattern { kind: kind.into(), fields }
    }

    #[test]
    fn counts_by_subject_filter_and_actor() {
        let all = Figure::Count(pattern("delivered", &[("subject", "orders.*"), ("actor", "alice")]));
        let others = Figure::Count(pattern("delivered", &[("actor", "bob")]));
        let mut trace = Trace::default();
        trace.follow(&all);
        trace.follow(&others);
        trace.record(&record(0, "delivered", json!({"subject": "orders.new"})));
        trace.record(&record(0, "delivered", json!({"subject": "other"})));
        assert_eq!(trace.value(&all), Some(json!(1)));
        assert_eq!(trace.value(&others), Some(json!(0)));
    }

    #[test]
    fn messages_removed_at_once_count_each() {
        let aged = Figure::Count(pattern("removed", &[("reason", "age")]));
        let together = Figure::Count(pattern("removed_many", &[]));
        let mut trace = Trace::default();
        trace.follow(&aged);
        trace.follow(&together);
        trace.record(&record(0, "removed", json!({"reason": "age"})));
        trace.record(&record(0, "removed_many", json!({"reason": "age", "count": 10})));
        trace.record(&record(0, "removed_many", json!({"reason": "purge", "count": 3})));
        assert_eq!(trace.value(&aged), Some(json!(11)));
        assert_eq!(trace.value(&together), Some(json!(2)));
    }

    #[test]
    fn what_nobody_follows_is_not_asked_for() {
        let mut trace = Trace::default();
        let figures = [
            Figure::Count(pattern("removed", &[])),
            Figure::Distinct(pattern("delivered", &[]), "subject".into()),
            Figure::Order(vec![pattern("stored", &[]), pattern("answered", &[])]),
            Figure::Gap(pattern("dispatched", &[]), pattern("given_up", &[])),
        ];
        figures.iter().for_each(|figure| trace.follow(figure));
        for kind in ["removed", "removed_many", "delivered", "stored", "answered", "dispatched", "given_up"] {
            assert!(trace.asks_for(kind), "{kind}");
        }
        assert!(!trace.asks_for("published") && !trace.asks_for("requested"));
    }

    #[test]
    fn gaps_are_between_events_of_one_message() {
        let same = pattern("dispatched", &[]);
        let gap = Figure::Gap(same.clone(), same);
        let mut trace = Trace::default();
        trace.follow(&gap);
        trace.record(&record(0, "dispatched", json!({"stream_seq": 1})));
        trace.record(&record(1, "dispatched", json!({"stream_seq": 2})));
        assert_eq!(trace.value(&gap), None);
        trace.record(&record(5, "dispatched", json!({"stream_seq": 1})));
        assert_eq!(trace.value(&gap), Some(json!(5_000_000_000u64)));
    }

    #[test]
    fn patterns_are_clauses() {
        for (kind, fields, clause) in [
            ("subscribed", &[("subject", "a.*")][..], "somebody subscribes to a.*"),
            ("published", &[("subject", "a"), ("actor", "bob")], "bob publishes on a"),
            ("delivered", &[], "somebody receives a message"),
            ("stored", &[("stream", "S"), ("subject", "a")], "a message for S is stored, subject a"),
            ("given_up", &[("stream", "S")], "a message of S is given up"),
            ("answered", &[("kind", "ack")], "a message is answered with ack"),
            ("redelivery_due", &[("stream", "S")], "\"redelivery due\" happens, stream S"),
        ] {
            assert_eq!(pattern(kind, fields).words(), clause);
        }
    }

    #[test]
    fn order_and_errors() {
        let order = Figure::Order(vec![pattern("stored", &[]), pattern("answered", &[("kind", "nak")])]);
        let mut trace = Trace::default();
        trace.follow(&order);
        trace.record(&record(0, "answered", json!({"kind": {"nak": {"delay": null}}})));
        trace.record(&record(0, "stored", json!({})));
        assert_eq!(trace.value(&order), Some(json!(false)));
        let Figure::Order(patterns) = &order else { return };
        assert_eq!(trace.came(patterns), 1);
        trace.record(&record(0, "answered", json!({"kind": {"nak": {"delay": null}}})));
        assert_eq!(trace.value(&order), Some(json!(true)));
        trace.record(&record(0, "refused", json!({"error": {"code": 503, "err_code": 10077}})));
        assert_eq!(trace.value(&Figure::ApiError(10077)), Some(json!(true)));
    }
}
