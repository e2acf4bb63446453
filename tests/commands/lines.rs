//! Every line that somebody is told to type can be typed: those of the lessons, of the scenarios, of `nats cheat`.

use jetlab::commands::cheat;
use jetlab::commands::grammar::ROOT;
use jetlab::commands::parse::{ParseError, Parsed, Surroundings, parse};
use jetlab::map::Map;
use jetlab::shell::lexer::{PartKind, Word};
use jetlab::shell::syntax::{self, Command, CommandKind, List};
use std::path::{Path, PathBuf};

/// A line and where it stands.
struct Told {
    place: String,
    line: String,
}

/// The words of every `nats` command in a line of the shell, variables as they are written.
///
/// Errors: bash's sentence.
fn commands_of(line: &str) -> Result<Vec<Vec<String>>, String> {
    let list = syntax::parse(line).map_err(|error| format!("{error:?}"))?;
    let mut found = Vec::new();
    gather(&list, line, &mut found);
    Ok(found)
}

fn gather(list: &List, line: &str, found: &mut Vec<Vec<String>>) {
    let pipelines =
        list.items.iter().flat_map(|item| [&item.first].into_iter().chain(item.rest.iter().map(|it| &it.1)));
    pipelines.flat_map(|pipeline| &pipeline.commands).for_each(|command| gather_in(command, line, found));
}

fn gather_in(Command { kind, .. }: &Command, line: &str, found: &mut Vec<Vec<String>>) {
    match kind {
        CommandKind::Simple { words, .. } => {
            let words: Vec<String> = words.iter().map(|word| text_of(word, line)).collect();
            if words.first().is_some_and(|word| word == "nats") {
                found.push(words);
            }
        }
        CommandKind::For { body, .. } | CommandKind::Count { body, .. } => gather(body, line, found),
        CommandKind::While { condition, body, .. } => {
            gather(condition, line, found);
            gather(body, line, found);
        }
        CommandKind::If { branches, otherwise } => {
            branches.iter().flat_map(|(condition, body)| [condition, body]).for_each(|it| gather(it, line, found));
            otherwise.iter().for_each(|list| gather(list, line, found));
        }
        CommandKind::Case { arms, .. } => arms.iter().for_each(|(_, body)| gather(body, line, found)),
        CommandKind::Group(list) | CommandKind::Subshell(list) => gather(list, line, found),
        CommandKind::Function { body, .. } => gather_in(body, line, found),
        CommandKind::Arithmetic(_) | CommandKind::Test(_) => {}
    }
}

fn text_of(word: &Word, line: &str) -> String {
    let part = |part: &jetlab::shell::lexer::Part| match &part.kind {
        PartKind::Text(text) => text.clone(),
        _ => line.get(part.span.clone()).unwrap_or("x").to_owned(),
    };
    word.parts.iter().map(part).collect()
}

/// The sentence a command is refused with.
fn refusal(words: &[String]) -> Option<String> {
    let (files, environment) = (Map::new(), Map::new());
    match parse(&ROOT, words, &Surroundings { files: &files, environment: &environment }) {
        Ok(Parsed::Run(_) | Parsed::Help(_) | Parsed::HelpOn(_) | Parsed::Version) => None,
        Err(ParseError::Usage { message, .. }) => Some(format!("error: {message}")),
        // Which files there are is not the line's business.
        Err(ParseError::Value(message)) if message.starts_with("path '") => None,
        Err(ParseError::Value(message)) => Some(format!("nats: error: {message}")),
    }
}

fn check(told: &[Told]) {
    let mut problems = Vec::new();
    for Told { place, line } in told {
        match commands_of(line) {
            Err(problem) => problems.push(format!("{place}: {line}\n  {problem}")),
            Ok(commands) => {
                let refused = commands.iter().filter_map(|words| refusal(words));
                problems.extend(refused.map(|refusal| format!("{place}: {line}\n  {refusal}")));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn markdown_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            markdown_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
}

/// Command lines of a lesson: fenced as `console`, in its scripts (`actor> line`), and in running text (`nats …`).
fn lines_of_lesson(place: &str, text: &str, told: &mut Vec<Told>) {
    let mut fenced: Option<String> = None;
    for (number, line) in text.lines().enumerate() {
        let place = format!("{place}:{}", number + 1);
        let bare = line.trim_start_matches("> ").trim_end();
        match &mut fenced {
            Some(block) if bare.starts_with("```") => {
                told.push(Told { place, line: block.clone() });
                fenced = None;
            }
            Some(block) => *block += &format!("{bare}\n"),
            None if bare.starts_with("```console") => fenced = Some(String::new()),
            None => {
                let script = line.split_once("> ").filter(|(actor, _)| {
                    !actor.is_empty() && actor.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                });
                told.extend(script.map(|(_, line)| Told { place: place.clone(), line: line.to_owned() }));
                let spans =
                    line.split('`').skip(1).step_by(2).filter(|span| span.starts_with("nats ") && !span.contains('…'));
                told.extend(spans.map(|span| Told { place: place.clone(), line: span.to_owned() }));
            }
        }
    }
}

#[test]
fn lines_of_lessons_parse() {
    let mut files = Vec::new();
    markdown_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tutorial"), &mut files);
    let mut told = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a lesson is text");
        lines_of_lesson(&file.display().to_string(), &text, &mut told);
    }
    assert!(told.len() > 20, "{} lines", told.len());
    check(&told);
}

#[test]
fn lines_of_scenarios_parse() {
    let lines = include_str!("seeds.txt").lines().filter(|line| !line.starts_with('#'));
    let told: Vec<Told> = lines
        .map(|line| line.split_once(": ").expect("an id and a line"))
        .map(|(id, line)| Told { place: id.to_owned(), line: line.to_owned() })
        .collect();
    let scenarios = "G1 G2 G3 V1 V2 V3 B1 B2 B3 B4 B5 B6 B7 B8 B9 S1 S2 S3 S4 S5 S6 F1 F2 F3 F4 F5";
    for id in scenarios.split(' ') {
        assert!(told.iter().any(|told| told.place == id), "{id} has no line");
    }
    check(&told);
}

#[test]
fn lines_of_cheats_parse() {
    let told: Vec<Told> = cheat::TOPICS
        .iter()
        .flat_map(|(topic, text)| text.lines().map(|line| Told { place: (*topic).to_owned(), line: line.to_owned() }))
        .collect();
    assert!(told.len() > 30);
    check(&told);
}

/// What is wrong is said in the CLI's words.
#[test]
fn misfits_and_wrong_values_are_told_in_the_words_of_the_cli() {
    for (line, sentence) in [
        ("nats foo", "error: expected command but got \"foo\", use --help for full help including flags and arguments"),
        (
            "nats stre ls",
            "error: expected command but got \"stre\", use --help for full help including flags and arguments",
        ),
        (
            "nats stream",
            "error: a subcommand from the list below is required, use --help for full help including flags and arguments",
        ),
        ("nats pub", "error: required argument 'subject' not provided"),
        ("nats pub a b c", "error: unexpected argument c"),
        ("nats pub --bogus a b", "error: unknown long flag '--bogus'"),
        ("nats pub foo -5", "error: unknown short flag '-5'"),
        ("nats pub foo bar --count 2 --count 3", "error: flag 'count' cannot be repeated"),
        ("nats pub foo bar --no-quiet", "error: unknown long flag '--no-quiet'"),
        ("nats stream add X --no-defaults", "error: unknown long flag '--no-defaults'"),
        ("nats stream add X --max-msgs -1", "error: expected argument for flag '--max-msgs'"),
        ("nats latency", "error: required flag --server-b not provided"),
        ("nats pub foo bar --count x", "nats: error: strconv.ParseFloat: parsing \"x\": invalid syntax"),
        ("nats pub foo bar --count=", "nats: error: strconv.ParseFloat: parsing \"\": invalid syntax"),
        ("nats sub foo --count abc", "nats: error: strconv.ParseUint: parsing \"abc\": invalid syntax"),
        ("nats pub foo bar --sleep 1", "nats: error: invalid duration"),
        ("nats pub foo bar --sleep 1x", "nats: error: invalid duration: invalid unit x"),
        ("nats trace -H bad x", "nats: error: expected KEY=VALUE got 'bad'"),
        ("nats stream add X --storage=z", "nats: error: enum value must be one of file,f,memory,m, got 'z'"),
        (
            "nats stream add X --retention workqueue",
            "nats: error: enum value must be one of limits,interest,workq,work, got 'workqueue'",
        ),
        (
            "nats stream add X --max-bytes 10XB",
            "nats: error: invalid bytes specification 10XB: bytes must end in B, K, KB, M, MB, G, GB, T or TB",
        ),
        ("nats kv add X --history 65 --bogus", "nats: error: history: must be less than or equal to 64"),
        ("nats stream add X --metadata x", "nats: error: expected KEY=VALUE got 'x'"),
        (
            "nats pub foo @bar",
            "nats: error: failed to open arguments file \"bar\": open bar: no such file or directory",
        ),
    ] {
        let commands = commands_of(line).expect("a line of the shell");
        assert_eq!(refusal(&commands[0]).as_deref(), Some(sentence), "{line}");
    }
}
