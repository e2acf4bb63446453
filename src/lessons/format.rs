//! Markdown with TOML front matter in, a [`Lesson`] and every problem out.
//!
//! The text reads well anywhere. Commands stand in fences marked `console <actor>`; special blocks are block quotes that
//! begin with `[!KIND argument]`: `HINT milestone`, `EXPLAIN milestone`, `MILESTONE id`, `BET id`, `REAL`, `FORK`.
//! Parsing never stops at the first problem, so an author sees them all, each with line and column.

use super::expression::Figure;
use super::parse_check;
use super::prefix::Names;
use super::{Block, Lesson, Milestone, ScriptLine, Wrong};
use crate::map::Set;
use crate::sorted;
use crate::time::parse_go_duration;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};
use serde::Deserialize;
use std::ops::Range;

/// Something an author has to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    id: String,
    title: String,
    summary: String,
    minutes: u32,
    actors: Vec<String>,
    names: Option<toml::Spanned<FrontNames>>,
    #[serde(default)]
    panes: Vec<String>,
    #[serde(default)]
    verified: Vec<String>,
    #[serde(default)]
    start: String,
    solution: String,
    #[serde(default)]
    milestone: Vec<toml::Spanned<FrontMilestone>>,
    #[serde(default)]
    wrong: Vec<toml::Spanned<FrontWrong>>,
}

/// What carries a prefix on a real server.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontNames {
    #[serde(default)]
    streams: Vec<String>,
    #[serde(default)]
    buckets: Vec<String>,
    #[serde(default)]
    subjects: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMilestone {
    id: String,
    title: String,
    check: toml::Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontWrong {
    misses: toml::Spanned<String>,
    because: String,
    script: String,
}

/// Compiles one lesson. The lesson is there when it can be shown at all, even with problems.
pub fn parse(text: &str) -> (Option<Lesson>, Vec<Problem>) {
    let mut reader = Reader { text, problems: Vec::new() };
    let lesson = reader.lesson();
    sorted::by_key(&mut reader.problems, |problem| (problem.line, problem.column));
    (lesson, reader.problems)
}

struct Reader<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn lesson(&mut self) -> Option<Lesson> {
        let (front_at, front_text, body_at) = self.front_matter()?;
        let front: Front = match toml::from_str(front_text) {
            Ok(front) => front,
            Err(error) => {
                let at = front_at + error.span().map_or(0, |span| span.start);
                self.problem(at, error.message());
                return None;
            }
        };
        let milestones = self.milestones(front_at, &front);
        let known: Set<&str> = milestones.iter().map(|milestone| milestone.id.as_str()).collect();
        let body = Body { reader: self, at: body_at, actors: &front.actors, known: &known }.blocks();
        self.check_shape(front_at, &front, &milestones, &body);
        let script = |text: &str| script(text).0;
        Some(Lesson {
            start: script(&front.start),
            solution: script(&front.solution),
            wrong: front.wrong.iter().map(|wrong| read_wrong(wrong.get_ref())).collect(),
            id: front.id,
            title: front.title,
            summary: front.summary,
            minutes: front.minutes,
            actors: front.actors,
            names: front.names.map(|names| read_names(names.into_inner())),
            panes: front.panes,
            verified: front.verified,
            milestones,
            body,
        })
    }

    /// Offsets and text of the front matter, and where the body begins.
    fn front_matter(&mut self) -> Option<(usize, &'a str, usize)> {
        let opened = self.text.strip_prefix("+++\n");
        let Some((front, body)) = opened.and_then(|rest| rest.split_once("\n+++\n")) else {
            self.problem(0, "a lesson begins with front matter in TOML between two lines of +++");
            return None;
        };
        Some((4, front, self.text.len() - body.len()))
    }

    fn milestones(&mut self, front_at: usize, front: &Front) -> Vec<Milestone> {
        let mut seen = Set::new();
        let mut milestones = Vec::new();
        for entry in &front.milestone {
            let milestone = entry.get_ref();
            if !seen.insert(milestone.id.clone()) {
                self.problem(front_at + entry.span().start, &format!("milestone '{}' exists already", milestone.id));
            }
            let span = milestone.check.span();
            match parse_check::parse(milestone.check.get_ref()) {
                Ok(check) => {
                    let (id, title) = (milestone.id.clone(), milestone.title.clone());
                    milestones.push(Milestone { id, title, check });
                }
                Err(error) => {
                    let quotes = self.opening_quotes(front_at + span.start);
                    self.problem(front_at + span.start + quotes + error.column - 1, &error.message);
                }
            }
        }
        milestones
    }

    /// How many bytes of quotes (and a line end behind three of them) stand before a TOML text.
    fn opening_quotes(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        match rest {
            _ if rest.starts_with("'''\n") || rest.starts_with("\"\"\"\n") => 4,
            _ if rest.starts_with("'''") || rest.starts_with("\"\"\"") => 3,
            _ => 1,
        }
    }

    fn check_shape(&mut self, front_at: usize, front: &Front, milestones: &[Milestone], body: &[Block]) {
        if front.milestone.is_empty() {
            self.problem(front_at, "a lesson needs at least one [[milestone]]");
        }
        if front.actors.is_empty() {
            self.problem(front_at, "a lesson needs at least one actor");
        }
        for (name, text) in [("start", &front.start), ("solution", &front.solution)] {
            for message in script(text).1 {
                self.problem(front_at, &format!("{name}: {message}"));
            }
        }
        for wrong in &front.wrong {
            let misses = &wrong.get_ref().misses;
            if !milestones.iter().any(|milestone| milestone.id == *misses.get_ref()) {
                let message = format!("there is no milestone '{}'", misses.get_ref());
                self.problem(front_at + misses.span().start, &message);
            }
            for message in script(&wrong.get_ref().script).1 {
                self.problem(front_at + wrong.span().start, &format!("wrong: {message}"));
            }
        }
        self.check_names(front_at, front, milestones);
        for milestone in milestones {
            let shown = |block: &Block| matches!(block, Block::Milestone { id } if *id == milestone.id);
            if !body.iter().any(shown) {
                self.problem(
                    front_at,
                    &format!("milestone '{}' is nowhere in the text: > [!MILESTONE {0}]", milestone.id),
                );
            }
        }
    }

    /// What a check asks about has to be among the names, and every name has to be used.
    fn check_names(&mut self, front_at: usize, front: &Front, milestones: &[Milestone]) {
        let Some(names) = &front.names else { return };
        let (at, names) = (front_at + names.span().start, names.get_ref());
        let mut asked: Set<String> = Set::new();
        for milestone in milestones {
            milestone.check.figures(&mut |figure| match figure {
                Figure::Stream { name, .. } => asked.extend([name.clone()]),
                Figure::Consumer { stream, .. } => asked.extend([stream.clone()]),
                Figure::Kv { bucket, .. } => asked.extend([format!("KV_{bucket}")]),
                _ => {}
            });
        }
        let buckets = names.buckets.iter().flat_map(|bucket| [format!("KV_{bucket}"), format!("OBJ_{bucket}")]);
        let known: Set<String> = names.streams.iter().cloned().chain(buckets).collect();
        for name in asked.iter().filter(|name| !known.contains(*name)) {
            self.problem(at, &format!("names: a check asks about '{name}', which is not among them"));
        }
        let scripts = [&front.start, &front.solution];
        for name in names.streams.iter().chain(&names.buckets).chain(&names.subjects) {
            if !scripts.iter().any(|script| script.contains(name.as_str())) {
                self.problem(at, &format!("names: '{name}' is used neither at the start nor in the solution"));
            }
        }
    }

    fn problem(&mut self, at: usize, message: &str) {
        let before = &self.text[..self.text.floor_char_boundary(at)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        self.problems.push(Problem { line, column, message: message.to_owned() });
    }
}

fn read_names(names: FrontNames) -> Names {
    Names { streams: names.streams, buckets: names.buckets, subjects: names.subjects }
}

fn read_wrong(wrong: &FrontWrong) -> Wrong {
    Wrong { misses: wrong.misses.get_ref().clone(), because: wrong.because.clone(), script: script(&wrong.script).0 }
}

/// Reads `actor> line`, `actor< answer`, `actor^` (Ctrl-C) and `wait 5s`, one to a line; `#` begins a comment.
fn script(text: &str) -> (Vec<ScriptLine>, Vec<String>) {
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match script_line(line) {
            Some(line) => lines.push(line),
            None => problems.push(format!("'{line}' is none of: actor> command, actor< answer, actor^, wait 5s")),
        }
    }
    (lines, problems)
}

fn script_line(line: &str) -> Option<ScriptLine> {
    if let Some(duration) = line.strip_prefix("wait ") {
        return Some(ScriptLine::Wait { nanos: parse_go_duration(duration.trim())?.as_nanos() as u64 });
    }
    let end = line.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').filter(|end| *end > 0)?;
    let (actor, rest) = (line[..end].to_owned(), &line[end..]);
    match rest.as_bytes()[0] {
        b'>' => Some(ScriptLine::Type { actor, line: rest[1..].trim().to_owned() }),
        b'<' => Some(ScriptLine::Answer { actor, text: rest[1..].trim().to_owned() }),
        b'^' if rest.len() == 1 => Some(ScriptLine::Interrupt { actor }),
        _ => None,
    }
}

/// The part behind the front matter.
struct Body<'r, 'a> {
    reader: &'r mut Reader<'a>,
    /// Where it begins in the whole text.
    at: usize,
    actors: &'r [String],
    known: &'r Set<&'r str>,
}

type Events<'a> = Vec<(Event<'a>, Range<usize>)>;

impl<'a> Body<'_, 'a> {
    fn blocks(mut self) -> Vec<Block> {
        let text = &self.reader.text[self.at..];
        let events: Events<'a> = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter().collect();
        let mut blocks = Vec::new();
        let mut prose: Vec<Event<'a>> = Vec::new();
        let mut at = 0;
        while at < events.len() {
            let end = end_of(&events, at);
            let piece = &events[at..end];
            match self.special(piece) {
                Some(block) => {
                    flush(&mut prose, &mut blocks);
                    blocks.push(block);
                }
                None => prose.extend(piece.iter().filter_map(|(event, range)| self.allowed(event, range))),
            }
            at = end;
        }
        flush(&mut prose, &mut blocks);
        blocks
    }

    /// The block a top-level piece stands for, if it is not plain prose.
    fn special(&mut self, piece: &[(Event<'a>, Range<usize>)]) -> Option<Block> {
        match &piece[0].0 {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if info.starts_with("console") => {
                self.run(info, piece)
            }
            Event::Start(Tag::BlockQuote(_)) => self.quote(piece),
            _ => None,
        }
    }

    fn run(&mut self, info: &str, piece: &[(Event<'a>, Range<usize>)]) -> Option<Block> {
        let actor = info["console".len()..].trim();
        let actor = if actor.is_empty() { self.actors.first().map_or("", String::as_str) } else { actor };
        if !self.actors.iter().any(|known| known == actor) {
            self.reader.problem(self.at + piece[0].1.start, &format!("'{actor}' is not among the lesson's actors"));
        }
        let code: String = piece.iter().filter_map(|(event, _)| text_of(event)).collect();
        let commands = join_continued(&code);
        Some(Block::Run { actor: actor.to_owned(), commands })
    }

    fn quote(&mut self, piece: &[(Event<'a>, Range<usize>)]) -> Option<Block> {
        let at = self.at + piece[0].1.start;
        let source = &self.reader.text[self.at..][piece[0].1.clone()];
        let head = source.trim_start_matches(['>', ' ']).strip_prefix("[!")?;
        let (head, _) = head.split_once(']')?;
        let (kind, argument) = head.split_once(' ').unwrap_or((head, ""));
        let argument = argument.trim();
        let inside = strip_marker(&piece[1..piece.len() - 1]);
        let allowed: Vec<Event<'a>> = inside.iter().filter_map(|(event, range)| self.allowed(event, range)).collect();
        if matches!(kind, "HINT" | "EXPLAIN" | "MILESTONE") && !self.known.contains(argument) {
            self.reader.problem(at, &format!("there is no milestone '{argument}'"));
        }
        let argument = argument.to_owned();
        match kind {
            "MILESTONE" => Some(Block::Milestone { id: argument }),
            "EXPLAIN" => Some(Block::Explain { milestone: argument, html: render(allowed) }),
            "REAL" => Some(Block::Real { html: render(allowed) }),
            "FORK" => Some(Block::Fork { html: render(allowed) }),
            "BET" => {
                let (question, options) = split_options(allowed);
                if options.len() < 2 {
                    self.reader.problem(at, "a bet needs a list of at least two options");
                }
                Some(Block::Bet { id: argument, html: render(question), options })
            }
            "HINT" => {
                let fills = fill_of(&inside, self.actors);
                Some(Block::Hint { milestone: argument, html: render(allowed), fills })
            }
            _ => {
                let message = format!("unknown block '{kind}'; known are MILESTONE, HINT, EXPLAIN, BET, REAL, FORK");
                self.reader.problem(at, &message);
                None
            }
        }
    }

    /// Raw HTML never reaches the page.
    fn allowed(&mut self, event: &Event<'a>, range: &Range<usize>) -> Option<Event<'a>> {
        match event {
            Event::Html(_) | Event::InlineHtml(_) => {
                self.reader.problem(self.at + range.start, "raw HTML is not allowed in lessons");
                None
            }
            Event::Start(Tag::Link { dest_url, .. }) | Event::Start(Tag::Image { dest_url, .. })
                if !is_allowed_link(dest_url) =>
            {
                self.reader.problem(self.at + range.start, &format!("'{dest_url}' is not an allowed link"));
                Some(event.clone())
            }
            event => Some(event.clone()),
        }
    }
}

fn is_allowed_link(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with('#') || (!url.contains(':') && !url.starts_with("//"))
}

/// One past the end of the top-level piece that begins at `at`.
fn end_of(events: &Events<'_>, at: usize) -> usize {
    let mut depth = 0;
    for (index, (event, _)) in events.iter().enumerate().skip(at) {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    events.len()
}

fn flush<'a>(prose: &mut Vec<Event<'a>>, blocks: &mut Vec<Block>) {
    if !prose.is_empty() {
        blocks.push(Block::Prose { html: render(std::mem::take(prose)) });
    }
}

fn render(events: Vec<Event<'_>>) -> String {
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    out.trim().to_owned()
}

fn text_of(event: &Event<'_>) -> Option<String> {
    match event {
        Event::Text(text) | Event::Code(text) => Some(text.to_string()),
        Event::SoftBreak | Event::HardBreak => Some("\n".into()),
        _ => None,
    }
}

/// One command a line; a line that ends in `\` goes on. Comments and blank lines are left out.
fn join_continued(code: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut continued = false;
    for line in code.lines() {
        match commands.last_mut() {
            Some(last) if continued => {
                last.push('\n');
                last.push_str(line);
            }
            _ if line.trim().is_empty() || line.trim_start().starts_with('#') => continue,
            _ => commands.push(line.trim().to_owned()),
        }
        continued = line.ends_with('\\');
    }
    commands
}

/// Takes `[!KIND argument]` and the line end behind it out of the first paragraph.
fn strip_marker<'a>(events: &[(Event<'a>, Range<usize>)]) -> Events<'a> {
    let mut kept: Events<'a> = Vec::new();
    let mut in_marker = true;
    for (event, range) in events {
        if in_marker && let Event::Text(text) = event {
            let Some((_, after)) = text.split_once(']') else { continue };
            in_marker = false;
            let after = after.trim_start();
            if !after.is_empty() {
                kept.push((Event::Text(CowStr::from(after.to_owned())), range.clone()));
            }
            continue;
        }
        let paragraph_has_begun = matches!(kept.last(), Some((Event::Start(Tag::Paragraph), _)));
        if paragraph_has_begun && let Event::Text(text) = event {
            kept.push((Event::Text(CowStr::from(text.trim_start().to_owned())), range.clone()));
            continue;
        }
        if matches!(event, Event::SoftBreak) && (in_marker || paragraph_has_begun) {
            continue;
        }
        if matches!(event, Event::End(TagEnd::Paragraph)) && paragraph_has_begun {
            kept.pop();
            continue;
        }
        kept.push((event.clone(), range.clone()));
    }
    kept
}

/// Separates the last list (the options, as plain text) from what stands before it (the question).
fn split_options(events: Vec<Event<'_>>) -> (Vec<Event<'_>>, Vec<String>) {
    let Some(list) = events.iter().rposition(|event| matches!(event, Event::Start(Tag::List(_)))) else {
        return (events, Vec::new());
    };
    let mut options = Vec::new();
    for event in &events[list..] {
        match event {
            Event::Start(Tag::Item) => options.push(String::new()),
            event => {
                if let (Some(option), Some(text)) = (options.last_mut(), text_of(event)) {
                    option.push_str(&text);
                }
            }
        }
    }
    (events.into_iter().take(list).collect(), options.into_iter().map(|option| option.trim().to_owned()).collect())
}

/// The command a hint fills into a prompt: its `console` fence.
fn fill_of(events: &Events<'_>, actors: &[String]) -> Option<ScriptLine> {
    let start = events.iter().position(|(event, _)| {
        matches!(event, Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if info.starts_with("console"))
    })?;
    let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) = &events[start].0 else { return None };
    let actor = info["console".len()..].trim();
    let actor = if actor.is_empty() { actors.first()?.as_str() } else { actor };
    let code: String = events[start + 1..].iter().map_while(|(event, _)| text_of(event)).collect();
    let line = join_continued(&code).into_iter().next()?;
    Some(ScriptLine::Type { actor: actor.to_owned(), line })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSON: &str = r##"+++
id = "first"
title = "First"
summary = "One."
minutes = 2
actors = ["alice", "bob"]
solution = """
bob> nats sub a
alice> nats pub a 'x y'
bob^
wait 5s
"""
[[milestone]]
id = "seen"
title = "Seen"
check = 'count(delivered, subject = "a") >= 1'
[[wrong]]
misses = "seen"
because = "0"
script = "alice> nats pub b x"
+++
Hello *there*.

```console bob
# listen
nats sub a
nats pub \
  b c
```

> [!BET keep] What will
> happen?
>
> - It is kept
> - It is lost

> [!MILESTONE seen]

> [!HINT seen]
> Try `sub`.
>
> ```console alice
> nats sub a
> ```

> [!EXPLAIN seen]
> It went through.
"##;

    #[test]
    fn reads_every_kind_of_block() {
        let (lesson, problems) = parse(LESSON);
        assert_eq!(problems, []);
        let lesson = lesson.unwrap();
        assert_eq!(lesson.solution.len(), 4);
        assert_eq!(lesson.solution[2], ScriptLine::Interrupt { actor: "bob".into() });
        assert_eq!(lesson.body[0], Block::Prose { html: "<p>Hello <em>there</em>.</p>".into() });
        let commands = vec!["nats sub a".to_owned(), "nats pub \\\n  b c".to_owned()];
        assert_eq!(lesson.body[1], Block::Run { actor: "bob".into(), commands });
        let Block::Bet { html, options, .. } = &lesson.body[2] else { panic!("{:?}", lesson.body[2]) };
        assert_eq!((html.as_str(), options.len()), ("<p>What will\nhappen?</p>", 2));
        let Block::Hint { fills, html, .. } = &lesson.body[4] else { panic!("{:?}", lesson.body[4]) };
        assert_eq!(*fills, Some(ScriptLine::Type { actor: "alice".into(), line: "nats sub a".into() }));
        assert!(html.starts_with("<p>Try <code>sub</code>.</p>"), "{html}");
        let explain = Block::Explain { milestone: "seen".into(), html: "<p>It went through.</p>".into() };
        assert_eq!(lesson.body[5], explain);
    }

    #[test]
    fn tells_all_problems_with_their_places() {
        let text = LESSON
            .replace("count(delivered", "count(flown")
            .replace("console bob", "console carol")
            .replace("Hello", "Hello <b>")
            .replace("[!REAL]", "[!REEL]");
        let (_, problems) = parse(&text);
        let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.message.as_str())).collect();
        assert!(places.contains(&(16, "unknown event 'flown'")), "{places:?}");
        assert!(places.contains(&(22, "raw HTML is not allowed in lessons")), "{places:?}");
        assert!(places.contains(&(24, "'carol' is not among the lesson's actors")), "{places:?}");
        assert_eq!(problems.iter().find(|problem| problem.line == 16).unwrap().column, 16);
    }

    #[test]
    fn names_are_those_of_checks_and_scripts() {
        let named = |names: &str| {
            let check = "count(delivered, subject = \"a\") >= 1";
            let text = LESSON.replace("[[milestone]]", &format!("[names]\n{names}\n[[milestone]]"));
            parse(&text.replace(check, &format!("{check} and stream(\"S\").state.messages == 0"))).1
        };
        let messages: Vec<String> = named("subjects = [\"b\", \"zzz\"]").into_iter().map(|p| p.message).collect();
        let expected = [
            "names: a check asks about 'S', which is not among them",
            "names: 'zzz' is used neither at the start nor in the solution",
        ];
        assert_eq!(messages, expected);
    }

    #[test]
    fn refuses_what_is_no_lesson() {
        for text in ["", "+++", "+++\nid = 3\n+++\n", "# Hello", "+++\nid = \"\n+++\n"] {
            let (lesson, problems) = parse(text);
            assert!(lesson.is_none() && !problems.is_empty(), "{text:?}");
        }
    }
}
