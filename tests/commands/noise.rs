//! Whatever is typed into a terminal that has a server: nothing panics, and Ctrl-C leads back to a prompt.
//!
//! Lines are walks through the grammar with values that are right, nearly right or wrong, joined by the signs of the
//! shell; between them keys are pressed and time passes. A failure prints what was typed.

use super::place::InPage;
use super::stage::{Running, Stage, typed};
use jetlab::commands::grammar::{Command, Flag, Kind, ROOT};
use jetlab::shell::Entered;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::time::Duration;

/// Something that happens at a terminal.
#[derive(Clone, Debug)]
enum Act {
    Line(String),
    /// An answer, if something is asked.
    Answer(String),
    Move(isize),
    Filter(String),
    Interrupt,
    EndOfInput,
    Pass(Duration),
}

/// What there is before anybody types.
const SCENE: &[&str] = &[
    "nats stream add ORDERS --subjects 'orders.>' --defaults",
    "nats stream add CTR --subjects 'ctr.>' --allow-counter --defaults",
    "nats pub orders.new 'Order {{Count}}' --count 12 -J -q",
    "nats consumer add ORDERS worker --pull --defaults",
    "nats consumer add ORDERS push --target push.here --defaults",
    "nats kv add BUCKET --history 3",
    "nats kv put BUCKET key value",
    "nats object add FILES",
    "echo content > file; nats object put FILES file",
    "nats context add local",
    "nats stream backup ORDERS saved",
];

const WORDS: &[&str] = &[
    "ORDERS",
    "CTR",
    "worker",
    "push",
    "BUCKET",
    "key",
    "FILES",
    "file",
    "local",
    "saved",
    "orders.new",
    "orders.>",
    "ctr.a",
    "push.here",
    "x",
    "NEW",
    "",
    "*",
    ">",
    "a..b",
    "a b",
    "-",
    "--",
    "@file",
    "@nope",
    "0",
    "1",
    "2",
    "-1",
    "99999999999999999999",
    "1e9",
    "1s",
    "5x",
    "10MB",
    "9999999999T",
    "a:b",
    "a=b",
    "{{Count}}",
    "{{.Request}}",
    "{{Random 1 5}}",
    "{{",
    "{}",
    "[",
    "(",
    "state.messages > 1",
    "é€😀",
    "\\",
    "'",
    "\"",
    "$X",
    "$(echo orders.new)",
    "$((1/0))",
    "`",
    "echo hi",
    "all",
    "2026-11-21 10:00:00",
];

const JOINTS: &[&str] = &["; ", " && ", " || ", " | ", " & ", "\n", " > out; ", " < file | ", " 2>&1 | "];

const SHELL: &[&str] = &[
    "echo a b",
    "cat file",
    "cat",
    "head -1",
    "tail -2",
    "grep e",
    "wc -l",
    "seq 3",
    "sleep 1",
    "jobs",
    "kill %1",
    "wait",
    "history",
    "ls",
    "rm -f out",
    "cp file two",
    "true",
    "false",
    "date +%s",
    "printf '%s %d\\n' a 1",
    "for i in 1 2; do echo $i; done",
    "while true; do sleep 1; done",
    "while true; do echo y; done",
    "if test -f file; then echo y; fi",
    "export A=b",
    "A=b env",
    "sort",
    "uniq -c",
    "tr a b",
    "cut -c 1",
    "jq .",
    "tee out",
    "xargs",
    "clear",
    "cd x",
    "nope",
    "help",
    "exit",
];

/// Every command that does something, with the way to it.
fn commands() -> Vec<Vec<&'static Command>> {
    fn walk(path: &[&'static Command], found: &mut Vec<Vec<&'static Command>>) {
        for subcommand in path[path.len() - 1].subcommands.iter().map(|command| command.whole()) {
            let path = [path, &[subcommand]].concat();
            if subcommand.handler.is_some() || subcommand.subcommands.is_empty() {
                found.push(path.clone());
            }
            walk(&path, found);
        }
    }
    let mut found = Vec::new();
    walk(&[&ROOT], &mut found);
    found
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A value for a flag: mostly one that fits.
fn value(flag: &Flag, word: &str, fits: bool) -> String {
    if !fits {
        return word.to_owned();
    }
    match flag.kind {
        Kind::Int | Kind::Int64 | Kind::Within(..) | Kind::Uint | Kind::UintOf(_) | Kind::Float => "2".to_owned(),
        Kind::Duration | Kind::Age => "1s".to_owned(),
        Kind::Bytes(_) => "1KB".to_owned(),
        Kind::Enum(words) => words[word.len() % words.len()].to_owned(),
        Kind::Header | Kind::Map => "A:b".to_owned(),
        Kind::Expression | Kind::File | Kind::Directory => "file".to_owned(),
        Kind::Text | Kind::Bool { .. } => word.to_owned(),
    }
}

/// A line of `nats`.
fn nats_line() -> impl Strategy<Value = String> {
    let flags = prop::collection::vec((any::<Index>(), select(WORDS), prop::bool::weighted(0.8)), 0..4);
    let arguments = prop::collection::vec(select(WORDS), 0..4);
    (any::<Index>(), flags, arguments).prop_map(|(command, flags, arguments)| {
        let commands = commands();
        let path = command.get(&commands);
        let mut words: Vec<String> = path.iter().map(|command| command.name.to_owned()).collect();
        let known: Vec<&Flag> = path.iter().flat_map(|command| command.flags).collect();
        for (flag, word, fits) in flags {
            let flag = flag.get(&known);
            words.push(match flag.is_bool() {
                true => format!("--{}", flag.name),
                false => quoted(&format!("--{}={}", flag.name, value(flag, word, fits))),
            });
        }
        words.extend(arguments.into_iter().map(quoted));
        if words[1] == "bench" {
            // A hundred thousand messages are for another day.
            words.push("--msgs=20".to_owned());
        }
        words.join(" ")
    })
}

fn line() -> impl Strategy<Value = String> {
    let one = prop_oneof![
        6 => nats_line(),
        3 => select(SHELL).prop_map(str::to_owned),
        1 => prop::collection::vec(select(WORDS), 0..6).prop_map(|words| words.join(" ")),
        1 => any::<String>(),
    ];
    let more = prop::collection::vec((select(JOINTS), one.boxed()), 1..3);
    more.prop_map(|pieces| {
        let mut line = String::new();
        for (index, (joint, piece)) in pieces.into_iter().enumerate() {
            line += if index == 0 { "" } else { joint };
            line += &piece;
        }
        line
    })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => line().prop_map(Act::Line),
        3 => select(WORDS).prop_map(|word| Act::Answer(word.to_owned())),
        1 => select(vec!["y", "n", "yes", "No"]).prop_map(|word| Act::Answer(word.to_owned())),
        1 => (-3..4_isize).prop_map(Act::Move),
        1 => select(WORDS).prop_map(|word| Act::Filter(word.to_owned())),
        1 => Just(Act::Interrupt),
        1 => Just(Act::EndOfInput),
        3 => (0..4_000_u64).prop_map(|millis| Act::Pass(Duration::from_millis(millis))),
    ]
}

fn do_it(stage: &mut Stage, running: &Running, act: &Act) {
    let session = &running.session;
    match act {
        Act::Line(line) => drop(session.enter(line)),
        Act::Answer(answer) if session.question().is_some() => drop(session.enter(answer)),
        Act::Answer(_) => {}
        Act::Move(by) => session.move_selection(*by),
        Act::Filter(filter) => session.filter_selection(filter),
        Act::Interrupt => session.interrupt(),
        Act::EndOfInput => session.end_input(),
        Act::Pass(time) => stage.run_for(*time),
    }
    stage.place.settle();
    session.lines();
}

fn set_scene() -> Stage {
    let mut stage = Stage::new(Box::new(InPage::new()));
    for line in SCENE {
        let block = typed(line);
        let running = stage.start(&block);
        stage.finish(&running).expect("asks nothing");
        assert_eq!(running.session.status(), 0, "{line}\n{}", running.session.transcript());
        stage.collect(running, &block);
    }
    stage
}

/// Ctrl-C until there is a prompt; a list of commands needs one for each that minds it.
fn back_to_prompt(stage: &mut Stage, running: &Running) {
    for _ in 0..6 {
        running.session.interrupt();
        stage.run_for(Duration::from_secs(6));
        if !running.session.is_busy() && !running.session.is_continuing() {
            return;
        }
    }
}

/// `NOISE_CASES` plays more of them.
fn cases() -> u32 {
    std::env::var("NOISE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_typed_ends_in_a_prompt(acts in prop::collection::vec(act(), 1..12)) {
        let mut stage = set_scene();
        let running = stage.start(&typed("true"));
        for act in &acts {
            do_it(&mut stage, &running, act);
        }
        back_to_prompt(&mut stage, &running);
        prop_assert!(!running.session.is_busy(), "{acts:?}\n{}", running.session.transcript());
        prop_assert!(!running.session.is_continuing());
        // And the prompt works, whatever still goes on in the background.
        running.session.enter("kill -9 %1 %2 %3 %4 %5 %6 %7 %8 %9");
        stage.run_for(Duration::from_secs(1));
        prop_assert_eq!(running.session.enter("echo still here"), Entered::Started, "{:?}", acts);
        stage.run_for(Duration::from_secs(1));
        prop_assert!(running.session.transcript().contains("still here\n"), "{acts:?}\n{}", running.session.transcript());
    }
}

/// Texts nested so deep that a stack would not hold them.
#[test]
fn deep_nesting_is_refused() {
    for (open, middle, close) in [
        ("$(", "echo a", ")"),
        ("(", "echo a", ")"),
        ("{ ", "echo a", "; }"),
        ("$((", "1", "))"),
        ("if ", "true", "; then a; fi"),
        ("while ", "false", "; do a; done"),
        ("! ", "true", ""),
        ("\"$(echo ", "a", ")\""),
        ("${A:-", "b", "}"),
        ("`", "echo a", "`"),
        ("echo $((", "1", "))"),
    ] {
        for depth in [30, 3_000] {
            let text = format!("echo {}{middle}{}", open.repeat(depth), close.repeat(depth));
            let mut stage = Stage::new(Box::new(InPage::new()));
            let running = stage.start(&typed("true"));
            running.session.enter(&text);
            stage.run_for(Duration::from_secs(5));
            back_to_prompt(&mut stage, &running);
            assert!(!running.session.is_busy() && !running.session.is_continuing(), "{open} {depth}");
        }
    }
}
