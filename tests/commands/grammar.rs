//! Every row of the grammar, run.

use super::place::InPage;
use super::stage::{Stage, typed};
use jetlab::commands::grammar::{Command, Kind, ROOT};
use std::time::Duration;

/// Every command there is, alone and with each of its flags, against a server that has a stream, a consumer and a bucket.
///
/// Whatever it says, it does not panic, and Ctrl-C leads back to a prompt.
#[test]
fn every_command_runs_and_stops() {
    let mut lines = Vec::new();
    commands_of(&ROOT, "nats", &mut lines);
    assert!(lines.len() > 500, "{}", lines.len());
    let mut stage = Stage::new(Box::new(InPage::new()));
    for line in
        ["nats stream add x --subjects x --defaults", "nats consumer add x x --pull --defaults", "nats kv add x"]
    {
        let running = stage.start(&typed(line));
        stage.finish(&running).expect("asks nothing");
        assert_eq!(running.session.status(), 0, "{line}");
    }
    for line in lines {
        let running = stage.start(&typed(&line));
        stage.run_for(Duration::from_secs(1));
        for _ in 0..4 {
            if running.session.is_busy() {
                running.session.interrupt();
                stage.run_for(Duration::from_millis(10));
            }
        }
        assert!(!running.session.is_busy(), "{line}");
        stage.collect(running, &typed(&line));
    }
}

/// What cannot be recorded, or is ours to say.
#[test]
fn traces_refusals_and_formats() {
    let mut stage = Stage::new(Box::new(InPage::new()));
    for (line, status, pieces) in [
        ("nats kv add box > /dev/null", 0, &[][..]),
        (
            "nats stream info KV_box --trace",
            0,
            &[
                ">>> Connected to nats://127.0.0.1:4222",
                ">>> $JS.API.STREAM.INFO.KV_box",
                "<<< $JS.API.STREAM.INFO.KV_box",
            ],
        ),
        ("NATS_TABLE_FORMAT=md nats kv ls", 0, &["# Key-Value Buckets", "| --- |", "| box |"]),
        ("nats stream info KV_box --inbox-prefix hub", 0, &["KV_box"]),
        ("nats top", 1, &["nats: error: not in the playground: nats top"]),
        ("nats bench pub x --clients 200", 1, &["nats: error: not in the playground: 200 clients"]),
        ("nats server check kv --bucket box", 0, &["OK box OK:bucket box | values=0"]),
        ("nats server check consumer --stream KV_box --consumer c", 2, &["CRITICAL KV_box_c Crit:could not load info"]),
        ("nats errors lookup 10059", 0, &["Description: stream not found"]),
        ("nats cheat kv", 0, &["nats kv watch"]),
    ] {
        let block = typed(line);
        let running = stage.start(&block);
        stage.finish(&running).expect("asks nothing");
        let found = stage.collect(running, &block);
        let output = found.output.join("\n");
        assert_eq!(found.status, format!("? {status}"), "{line}\n{output}");
        for piece in pieces {
            assert!(output.contains(piece), "{line}\n{output}");
        }
    }
}

fn commands_of(command: &Command, path: &str, lines: &mut Vec<String>) {
    for subcommand in command.subcommands.iter().map(|command| command.whole()) {
        let mut line = format!("{path} {}", subcommand.name);
        for flag in subcommand.flags.iter().filter(|flag| flag.required) {
            line += &format!(" --{}={}", flag.name, example(flag.kind));
        }
        commands_of(subcommand, &line, lines);
        if line.starts_with("nats bench") {
            // The default is for faster machines.
            line += " --msgs=9";
        }
        if subcommand.handler.is_some() {
            let words: Vec<&str> = subcommand.arguments.iter().map(|argument| example(argument.kind)).collect();
            lines.push(format!("{line} {}", words.join(" ")));
            for flag in subcommand.flags.iter().filter(|flag| !flag.required && flag.name != "msgs") {
                let value = if flag.is_bool() { String::new() } else { format!("={}", example(flag.kind)) };
                lines.push(format!("{line} --{}{value} {}", flag.name, words.join(" ")));
            }
        }
    }
}

fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Int | Kind::Int64 | Kind::Within(..) | Kind::Uint | Kind::UintOf(_) | Kind::Float | Kind::Bytes(_) => "3",
        Kind::Duration | Kind::Age => "1s",
        Kind::Enum(words) => words[0],
        Kind::Header | Kind::Map => "x:x",
        Kind::Bool { .. } | Kind::Text | Kind::Expression | Kind::File | Kind::Directory => "x",
    }
}

/// What is given is kept by its name, so an argument and a flag of one command must not share one.
#[test]
fn names_are_used_once() {
    fn look(path: &[&'static Command]) {
        let command = path[path.len() - 1];
        let flags = path.iter().flat_map(|command| command.flags).map(|flag| flag.name);
        let names: Vec<&str> = flags.chain(command.arguments.iter().map(|argument| argument.name)).collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{} {name}", command.name);
        }
        for subcommand in command.subcommands.iter().map(|command| command.whole()) {
            look(&[path, &[subcommand]].concat());
        }
    }
    look(&[&ROOT]);
}

/// What the reference lists, the grammar has.
#[test]
fn commands_and_flags_of_the_reference_exist() {
    let mut missing = Vec::new();
    for line in include_str!("flags.txt").lines().filter(|line| !line.starts_with('#')) {
        let (words, flags) = line.split_once(':').expect("a colon ends the command");
        let mut path = vec![&ROOT];
        for word in words.split(' ').filter(|word| *word != "nats") {
            match path[path.len() - 1].subcommand(word) {
                Some(command) => path.push(command),
                None => missing.push(format!("{words}: no such command")),
            }
        }
        let known: Vec<_> = path.iter().flat_map(|command| command.flags).collect();
        for flag in flags.split_whitespace() {
            let (name, short) = flag.split_once('/').map_or((flag, None), |(name, short)| (name, short.chars().next()));
            if !known.iter().any(|known| known.name == name && (short.is_none() || known.short == short)) {
                missing.push(format!("{words} --{flag}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
