//! What a milestone asks, as data: comparisons of figures, joined by and, or, not.
//!
//! Figures come from a [`Facts`], which knows answers of the server and the trace so far. An expression that does not
//! hold says which part of it is false, in words.

use super::trace::Pattern;
use crate::json::{FromJson, ToJson};
use crate::time::{format_go_duration, parse_go_duration};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, ToJson, FromJson)]
#[json(rename_all = "snake_case")]
pub enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Figure, Comparison, Figure),
    /// The figure is `true`.
    Holds(Figure),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ToJson, FromJson)]
pub enum Comparison {
    #[json(rename = "==")]
    Equal,
    #[json(rename = "!=")]
    NotEqual,
    #[json(rename = "<")]
    Less,
    #[json(rename = "<=")]
    AtMost,
    #[json(rename = ">")]
    More,
    #[json(rename = ">=")]
    AtLeast,
}

/// Something with a value.
#[derive(Clone, Debug, PartialEq, ToJson, FromJson)]
#[json(rename_all = "snake_case")]
pub enum Figure {
    Literal(Value),
    /// A field of STREAM.INFO's answer, as `config.retention` or `state.messages`.
    Stream {
        name: String,
        path: String,
    },
    /// A field of CONSUMER.INFO's answer.
    Consumer {
        stream: String,
        name: String,
        path: String,
    },
    /// The current value of a key.
    Kv {
        bucket: String,
        key: String,
    },
    /// How many events matched.
    Count(Pattern),
    /// How many different values of a field the matching events had.
    Distinct(Pattern, String),
    /// The events were seen in this order.
    Order(Vec<Pattern>),
    /// The shortest time from an event of the first kind to the next of the second.
    Gap(Pattern, Pattern),
    /// An API answer with this error was seen.
    ApiError(u16),
    /// The learner made this bet.
    Bet(String),
}

/// Where figures come from.
pub trait Facts {
    /// `None` when there is nothing (yet) to take a figure from.
    fn value(&self, figure: &Figure) -> Option<Value>;

    /// How many events of an order came already, one after the other.
    fn came(&self, _order: &[Pattern]) -> usize {
        0
    }
}

impl Expression {
    pub fn holds(&self, facts: &dyn Facts) -> bool {
        match self {
            Expression::All(parts) => parts.iter().all(|part| part.holds(facts)),
            Expression::Any(parts) => parts.iter().any(|part| part.holds(facts)),
            Expression::Not(part) => !part.holds(facts),
            Expression::Holds(figure) => facts.value(figure) == Some(Value::Bool(true)),
            Expression::Compare(left, comparison, right) => {
                let (found, wanted) = (facts.value(left), facts.value(right));
                found.zip(wanted).is_some_and(|(found, wanted)| comparison.holds(&found, &wanted))
            }
        }
    }

    /// The first part that is false, in words; `None` when everything holds.
    pub fn why_not(&self, facts: &dyn Facts) -> Option<String> {
        match self {
            Expression::All(parts) => parts.iter().find_map(|part| part.why_not(facts)),
            Expression::Any(parts) => {
                let reasons: Option<Vec<String>> = parts.iter().map(|part| part.why_not(facts)).collect();
                Some(reasons?.join(", and "))
            }
            Expression::Not(part) => part.holds(facts).then(|| format!("{} must not be", part.words())),
            Expression::Holds(figure) => {
                (facts.value(figure) != Some(Value::Bool(true))).then(|| format!("not yet: {}", figure.waits(facts)))
            }
            Expression::Compare(left, comparison, right) => compare(left, *comparison, right, facts),
        }
    }

    fn words(&self) -> String {
        match self {
            Expression::All(parts) => join(parts, " and "),
            Expression::Any(parts) => join(parts, " or "),
            Expression::Not(part) => format!("not {}", part.words()),
            Expression::Holds(figure) => figure.words(),
            Expression::Compare(left, comparison, right) => {
                format!("{} {} {}", left.words(), comparison.words(), right.words())
            }
        }
    }

    /// Every figure in it.
    pub fn figures<'a>(&'a self, visit: &mut dyn FnMut(&'a Figure)) {
        match self {
            Expression::All(parts) | Expression::Any(parts) => parts.iter().for_each(|part| part.figures(visit)),
            Expression::Not(part) => part.figures(visit),
            Expression::Holds(figure) => visit(figure),
            Expression::Compare(left, _, right) => {
                visit(left);
                visit(right);
            }
        }
    }
}

fn join(parts: &[Expression], with: &str) -> String {
    parts.iter().map(Expression::words).collect::<Vec<_>>().join(with)
}

fn compare(left: &Figure, comparison: Comparison, right: &Figure, facts: &dyn Facts) -> Option<String> {
    let Some(found) = facts.value(left) else { return Some(left.missing()) };
    let Some(wanted) = facts.value(right) else { return Some(right.missing()) };
    if comparison.holds(&found, &wanted) {
        return None;
    }
    let (found, wanted) = show(&found, &wanted);
    Some(format!("{} is {found}, it should be {}{wanted}", left.words(), comparison.prefix()))
}

/// Numbers by size; a duration text against nanoseconds by length; lists and the rest only by equality.
fn order(found: &Value, wanted: &Value) -> Option<std::cmp::Ordering> {
    match (number(found), number(wanted)) {
        (Some(found), Some(wanted)) => found.partial_cmp(&wanted),
        _ => (found == wanted).then_some(std::cmp::Ordering::Equal),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.starts_with(|c: char| c.is_ascii_digit()) => {
            parse_go_duration(text).map(|duration| duration.as_nanos() as f64)
        }
        _ => None,
    }
}

/// Both sides in words. Nanoseconds compared with a duration are shown as one.
fn show(found: &Value, wanted: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().map_or_else(|| crate::json::write(value), str::to_owned);
    let is_duration = wanted.as_str().is_some_and(|text| parse_go_duration(text).is_some());
    let found = match found.as_u64() {
        Some(nanos) if is_duration => format_go_duration(std::time::Duration::from_nanos(nanos)),
        _ => text(found),
    };
    (found, text(wanted))
}

impl Comparison {
    fn holds(self, found: &Value, wanted: &Value) -> bool {
        let ordering = order(found, wanted);
        match self {
            Comparison::Equal => ordering == Some(std::cmp::Ordering::Equal) || found == wanted,
            Comparison::NotEqual => ordering != Some(std::cmp::Ordering::Equal) && found != wanted,
            Comparison::Less => ordering.is_some_and(|o| o.is_lt()),
            Comparison::AtMost => ordering.is_some_and(|o| o.is_le()),
            Comparison::More => ordering.is_some_and(|o| o.is_gt()),
            Comparison::AtLeast => ordering.is_some_and(|o| o.is_ge()),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Comparison::Equal => "is",
            Comparison::NotEqual => "is not",
            Comparison::Less => "is less than",
            Comparison::AtMost => "is at most",
            Comparison::More => "is more than",
            Comparison::AtLeast => "is at least",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Comparison::Equal => "",
            Comparison::NotEqual => "anything but ",
            Comparison::Less => "less than ",
            Comparison::AtMost => "at most ",
            Comparison::More => "more than ",
            Comparison::AtLeast => "at least ",
        }
    }
}

impl Figure {
    /// How a sentence about it begins.
    pub fn words(&self) -> String {
        match self {
            Figure::Literal(value) => value.as_str().map_or_else(|| crate::json::write(value), str::to_owned),
            Figure::Stream { name, path } => format!("stream {name}: {}", last(path)),
            Figure::Consumer { stream, name, path } => format!("consumer {stream} > {name}: {}", last(path)),
            Figure::Kv { bucket, key } => format!("key {key} of bucket {bucket}"),
            Figure::Count(pattern) => format!("the number of times {}", pattern.words()),
            Figure::Distinct(pattern, field) => format!("the number of different {field}s when {}", pattern.words()),
            Figure::Order(patterns) => {
                let steps: Vec<String> = patterns.iter().map(Pattern::words).collect();
                steps.join(", then ")
            }
            Figure::Gap(from, to) => format!("the shortest time from when {} until {}", from.words(), to.words()),
            Figure::ApiError(code) => format!("the server refused something with error {code}"),
            Figure::Bet(_) => "your bet".to_owned(),
        }
    }

    /// What has to happen, and what of it is next.
    fn waits(&self, facts: &dyn Facts) -> String {
        let next = match self {
            Figure::Order(patterns) => patterns.get(facts.came(patterns)),
            _ => None,
        };
        let all = self.words();
        next.map_or_else(|| all.clone(), |next| format!("{all}. What comes next: {}", next.words()))
    }

    fn missing(&self) -> String {
        match self {
            Figure::Stream { name, .. } => format!("there is no stream {name} yet"),
            Figure::Consumer { stream, name, .. } => format!("there is no consumer {name} on stream {stream} yet"),
            Figure::Kv { bucket, key } => format!("there is no key {key} in bucket {bucket} yet"),
            Figure::Gap(..) => format!("not yet measured: {}", self.words()),
            other => format!("not yet: {}", other.words()),
        }
    }
}

fn last(path: &str) -> String {
    path.rsplit('.').next().unwrap_or(path).replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Fixed(Option<Value>);
    impl Facts for Fixed {
        fn value(&self, figure: &Figure) -> Option<Value> {
            match figure {
                Figure::Literal(value) => Some(value.clone()),
                _ => self.0.clone(),
            }
        }
    }

    fn retention(comparison: Comparison, wanted: Value) -> Expression {
        let figure = Figure::Stream { name: "S".into(), path: "config.retention".into() };
        Expression::Compare(figure, comparison, Figure::Literal(wanted))
    }

    #[test]
    fn says_what_is_false() {
        let check = retention(Comparison::Equal, json!("workqueue"));
        assert_eq!(check.why_not(&Fixed(None)).unwrap(), "there is no stream S yet");
        assert_eq!(
            check.why_not(&Fixed(Some(json!("limits")))).unwrap(),
            "stream S: retention is limits, it should be workqueue"
        );
        assert!(check.holds(&Fixed(Some(json!("workqueue")))));
    }

    #[test]
    fn durations_compare_with_nanoseconds() {
        let check = retention(Comparison::AtLeast, json!("5s"));
        assert!(check.holds(&Fixed(Some(json!(5_000_000_000u64)))));
        assert_eq!(
            check.why_not(&Fixed(Some(json!(1_500_000_000u64)))).unwrap(),
            "stream S: retention is 1.5s, it should be at least 5s"
        );
    }

    #[test]
    fn any_needs_one() {
        let either = Expression::Any(vec![
            retention(Comparison::Equal, json!("limits")),
            retention(Comparison::Equal, json!("interest")),
        ]);
        assert!(either.holds(&Fixed(Some(json!("interest")))));
        assert!(!either.holds(&Fixed(Some(json!("workqueue")))));
        assert!(Expression::Not(Box::new(either)).holds(&Fixed(Some(json!("workqueue")))));
    }
}
