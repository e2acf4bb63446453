//! `base64`: bytes as letters, and back.
//!
//! Source: GNU `base64`.

use super::filters::{Arguments, Known, Run, Source, refuse};
use super::run::Runner;
use crate::base64::BASE64;
use crate::commands::Console;

const KNOWN: Known = Known { letters: "di", with_value: "w", long: &[("decode", 'd'), ("wrap", 'w')] };
/// Letters to a line, unless `-w` says otherwise.
const WIDTH: usize = 76;

pub(super) fn base64(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) if arguments.rest.len() < 2 => arguments,
            Ok(arguments) => return refuse(&console, &format!("base64: extra operand ‘{}’", arguments.rest[1])),
            Err(sentence) => return refuse(&console, &sentence),
        };
        let width = match arguments.value('w').map(str::parse::<usize>) {
            None => WIDTH,
            Some(Ok(width)) => width,
            Some(Err(_)) => {
                let value = arguments.value('w').unwrap_or_default();
                return refuse(&console, &format!("base64: invalid wrap size: ‘{value}’"));
            }
        };
        let name = arguments.rest.first().map_or("-", String::as_str);
        let Some(source) = Source::open(&runner, &console, name) else {
            return refuse(&console, &format!("base64: {name}: No such file or directory"));
        };
        let bytes = source.bytes().await;
        if arguments.has('d') {
            return decoded(&console, &bytes);
        }
        let text = BASE64.encode(&bytes);
        match width {
            0 => console.print(&text),
            width => {
                let mut rest = text.as_str();
                while !rest.is_empty() {
                    let (line, after) = rest.split_at(width.min(rest.len()));
                    console.line(line);
                    rest = after;
                }
            }
        }
        0
    })
}

fn decoded(console: &Console, text: &[u8]) -> i32 {
    let letters: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'\n').collect();
    match BASE64.decode(&letters) {
        Some(bytes) => {
            console.print_bytes(&bytes);
            0
        }
        None => refuse(console, "base64: invalid input"),
    }
}
