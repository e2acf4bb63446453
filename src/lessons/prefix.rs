//! A lesson on a server that belongs to others: every name it makes carries a prefix, in its text as on the wire.
//!
//! Nothing is rewritten behind anybody's back. [`Lesson::with_prefix`] renders the lesson anew (text, commands, checks,
//! scripts), so what a learner types is what the server gets. Which names are a lesson's own stands in its front matter,
//! [`Names`]. Consumers live in its streams and need no prefix.

use super::expression::{Expression, Figure};
use super::trace::Pattern;
use super::{Block, Lesson, Milestone, ScriptLine, Wrong};
use crate::json::{FromJson, ToJson};
use crate::nuid::Rng;

/// What every prefix begins with.
const MARK: &str = "jl_";
/// Letters and digits that are not taken for one another.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
const LETTERS_DRAWN: usize = 6;

/// The names a lesson makes on its server.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct Names {
    #[json(omit_empty)]
    pub streams: Vec<String>,
    #[json(omit_empty)]
    pub buckets: Vec<String>,
    /// First tokens of the subjects it uses.
    #[json(omit_empty)]
    pub subjects: Vec<String>,
}

/// What marks the names of one session: `jl_k3x9ab_` for streams and buckets, `jl_k3x9ab.` for subjects. No secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix(String);

impl Prefix {
    pub fn drawn(rng: &mut Rng) -> Prefix {
        let letter = |_| char::from(LETTERS[rng.below(LETTERS.len() as u64) as usize]);
        Prefix(format!("{MARK}{}", (0..LETTERS_DRAWN).map(letter).collect::<String>()))
    }

    /// One that was kept: exactly what [`Prefix::as_str`] gave.
    pub fn read(text: &str) -> Option<Prefix> {
        let letters = text.strip_prefix(MARK)?;
        let right = letters.len() == LETTERS_DRAWN && letters.bytes().all(|letter| LETTERS.contains(&letter));
        right.then(|| Prefix(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In front of names of streams and buckets.
    pub fn of_names(&self) -> String {
        format!("{}_", self.0)
    }

    /// In front of subjects.
    pub fn of_subjects(&self) -> String {
        format!("{}.", self.0)
    }

    /// Whether a stream carries it, those behind buckets and object stores included.
    pub fn marks(&self, stream: &str) -> bool {
        let name = stream.strip_prefix("KV_").or_else(|| stream.strip_prefix("OBJ_")).unwrap_or(stream);
        name.strip_prefix(&self.0).is_some_and(|rest| rest.starts_with('_'))
    }
}

impl Lesson {
    /// The lesson with the prefix in front of every name it makes. `None` when its author did not say which those are.
    pub fn with_prefix(&self, prefix: &Prefix) -> Option<Lesson> {
        let names = self.names.as_ref()?;
        let renamed = Renamed { names, prefix };
        let mut lesson = self.clone();
        lesson.summary = renamed.text(&self.summary);
        lesson.start = renamed.script(&self.start);
        lesson.solution = renamed.script(&self.solution);
        let wrong = |wrong: &Wrong| Wrong {
            misses: wrong.misses.clone(),
            because: renamed.text(&wrong.because),
            script: renamed.script(&wrong.script),
        };
        lesson.wrong = self.wrong.iter().map(wrong).collect();
        let milestone = |milestone: &Milestone| Milestone {
            id: milestone.id.clone(),
            title: renamed.text(&milestone.title),
            check: renamed.expression(&milestone.check),
        };
        lesson.milestones = self.milestones.iter().map(milestone).collect();
        lesson.body = self.body.iter().map(|block| renamed.block(block)).collect();
        Some(lesson)
    }
}

struct Renamed<'a> {
    names: &'a Names,
    prefix: &'a Prefix,
}

impl Renamed<'_> {
    /// Text in which names stand as whole words, and subjects with a dot behind their first token.
    fn text(&self, text: &str) -> String {
        let of_names = self.prefix.of_names();
        let mut text = text.to_owned();
        for name in &self.names.streams {
            text = replaced(&text, name, &of_names, is_part_of_name, |_| true);
        }
        for bucket in &self.names.buckets {
            for stream in [format!("KV_{bucket}"), format!("OBJ_{bucket}")] {
                let (kind, _) = stream.split_at(stream.len() - bucket.len());
                let renamed = format!("{kind}{of_names}{bucket}");
                text = text.replace(&stream, &renamed);
            }
            text = replaced(&text, bucket, &of_names, is_part_of_name, |_| true);
        }
        for subject in &self.names.subjects {
            let of_subjects = self.prefix.of_subjects();
            text = replaced(&text, subject, &of_subjects, |c| is_part_of_name(c) || c == '.', goes_on_as_subject);
        }
        text
    }

    /// Prose: only what stands in code is a name.
    fn html(&self, html: &str) -> String {
        let mut out = String::new();
        let mut rest = html;
        while let Some((before, code)) = rest.split_once("<code") {
            let (code, after) = code.split_once("</code>").unwrap_or((code, ""));
            out += &format!("{before}<code{}</code>", self.text(code));
            rest = after;
        }
        out + rest
    }

    fn script(&self, lines: &[ScriptLine]) -> Vec<ScriptLine> {
        lines.iter().map(|line| self.line(line)).collect()
    }

    fn line(&self, line: &ScriptLine) -> ScriptLine {
        match line {
            ScriptLine::Type { actor, line } => ScriptLine::Type { actor: actor.clone(), line: self.text(line) },
            ScriptLine::Answer { actor, text } => ScriptLine::Answer { actor: actor.clone(), text: self.text(text) },
            other => other.clone(),
        }
    }

    fn block(&self, block: &Block) -> Block {
        let mut block = block.clone();
        match &mut block {
            Block::Run { commands, .. } => commands.iter_mut().for_each(|command| *command = self.text(command)),
            Block::Bet { html, options, .. } => {
                *html = self.html(html);
                options.iter_mut().for_each(|option| *option = self.text(option));
            }
            Block::Hint { html, fills, .. } => {
                *html = self.html(html);
                *fills = fills.as_ref().map(|line| self.line(line));
            }
            Block::Prose { html } | Block::Explain { html, .. } | Block::Real { html } | Block::Fork { html } => {
                *html = self.html(html);
            }
            Block::Milestone { .. } => {}
        }
        block
    }

    fn expression(&self, expression: &Expression) -> Expression {
        let several = |parts: &[Expression]| parts.iter().map(|part| self.expression(part)).collect();
        match expression {
            Expression::All(parts) => Expression::All(several(parts)),
            Expression::Any(parts) => Expression::Any(several(parts)),
            Expression::Not(part) => Expression::Not(Box::new(self.expression(part))),
            Expression::Holds(figure) => Expression::Holds(self.figure(figure)),
            Expression::Compare(left, comparison, right) => {
                Expression::Compare(self.figure(left), *comparison, self.figure(right))
            }
        }
    }

    fn figure(&self, figure: &Figure) -> Figure {
        match figure {
            Figure::Literal(serde_json::Value::String(text)) => Figure::Literal(self.text(text).into()),
            Figure::Stream { name, path } => Figure::Stream { name: self.text(name), path: path.clone() },
            Figure::Consumer { stream, name, path } => {
                Figure::Consumer { stream: self.text(stream), name: name.clone(), path: path.clone() }
            }
            Figure::Kv { bucket, key } => Figure::Kv { bucket: self.text(bucket), key: key.clone() },
            Figure::Count(pattern) => Figure::Count(self.pattern(pattern)),
            Figure::Distinct(pattern, field) => Figure::Distinct(self.pattern(pattern), field.clone()),
            Figure::Order(patterns) => Figure::Order(patterns.iter().map(|pattern| self.pattern(pattern)).collect()),
            Figure::Gap(from, to) => Figure::Gap(self.pattern(from), self.pattern(to)),
            other => other.clone(),
        }
    }

    fn pattern(&self, pattern: &Pattern) -> Pattern {
        let field = |(name, value): (&String, &String)| match name.as_str() {
            "stream" | "subject" => (name.clone(), self.text(value)),
            _ => (name.clone(), value.clone()),
        };
        Pattern { kind: pattern.kind.clone(), fields: pattern.fields.iter().map(field).collect() }
    }
}

fn is_part_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// A dot, and then another token or a wildcard.
fn goes_on_as_subject(rest: &str) -> bool {
    let token = rest.strip_prefix('.').unwrap_or_default();
    token.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '*' | '>' | '_' | '$' | '{'))
        || token.starts_with("&gt;")
}

/// `prefix` in front of every `word` that is not part of a longer one and goes on as it should.
fn replaced(
    text: &str,
    word: &str,
    prefix: &str,
    joins: impl Fn(char) -> bool,
    goes_on: impl Fn(&str) -> bool,
) -> String {
    if word.is_empty() {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(word) {
        let (head, tail) = rest.split_at(at);
        let after = &tail[word.len()..];
        let starts = !head.chars().next_back().or(before).is_some_and(&joins);
        let ends = !after.starts_with(is_part_of_name);
        out += head;
        if starts && ends && goes_on(after) {
            out += prefix;
        }
        out += word;
        before = word.chars().next_back();
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let list = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        Names { streams: list(&["orders_stream", "ORDERS"]), buckets: list(&["CONFIG"]), subjects: list(&["orders"]) }
    }

    fn text(text: &str) -> String {
        let prefix = Prefix("jl_k3x9ab".into());
        Renamed { names: &names(), prefix: &prefix }.text(text)
    }

    #[test]
    fn names_and_subjects_carry_the_prefix() {
        for (plain, expected) in [
            ("nats pub orders.new 'order-1'", "nats pub jl_k3x9ab.orders.new 'order-1'"),
            ("--subjects=\"orders.*\" orders_stream", "--subjects=\"jl_k3x9ab.orders.*\" jl_k3x9ab_orders_stream"),
            ("$JS.EVENT.X.orders_stream.*", "$JS.EVENT.X.jl_k3x9ab_orders_stream.*"),
            ("orders.&gt;", "jl_k3x9ab.orders.&gt;"),
            ("Twenty orders. Each", "Twenty orders. Each"),
            ("backorders.new eu.orders.new", "backorders.new eu.orders.new"),
            ("orders_streams my-ORDERS ORDERS", "orders_streams my-ORDERS jl_k3x9ab_ORDERS"),
            ("nats kv put CONFIG a 1", "nats kv put jl_k3x9ab_CONFIG a 1"),
            ("KV_CONFIG $KV.CONFIG.a", "KV_jl_k3x9ab_CONFIG $KV.jl_k3x9ab_CONFIG.a"),
        ] {
            assert_eq!(text(plain), expected);
        }
    }

    #[test]
    fn prose_is_left_alone_but_for_code() {
        let prefix = Prefix("jl_k3x9ab".into());
        let renamed = Renamed { names: &names(), prefix: &prefix };
        let html = "<p>ORDERS are in <code>ORDERS</code>, on <code class=\"x\">orders.*</code>.</p>";
        let expected =
            "<p>ORDERS are in <code>jl_k3x9ab_ORDERS</code>, on <code class=\"x\">jl_k3x9ab.orders.*</code>.</p>";
        assert_eq!(renamed.html(html), expected);
        assert_eq!(renamed.html("<p>none"), "<p>none");
    }

    #[test]
    fn a_prefix_is_read_again_and_marks_its_own() {
        let prefix = Prefix::drawn(&mut Rng::new(7));
        assert_eq!(Prefix::read(prefix.as_str()), Some(prefix.clone()));
        for other in ["", "jl_", "jl_ab", "jl_ABCDEF", "jl_abcdefg", "xx_abcdef", "jl_abc.ef"] {
            assert_eq!(Prefix::read(other), None, "{other}");
        }
        let prefix = Prefix("jl_k3x9ab".into());
        for (stream, ours) in [
            ("jl_k3x9ab_ORDERS", true),
            ("KV_jl_k3x9ab_CONFIG", true),
            ("OBJ_jl_k3x9ab_FILES", true),
            ("jl_k3x9abc_ORDERS", false),
            ("ORDERS", false),
            ("jl_k3x9ab", false),
            ("x_jl_k3x9ab_ORDERS", false),
        ] {
            assert_eq!(prefix.marks(stream), ours, "{stream}");
        }
    }
}
