//! The server as its clients see it: one conformance suite, played on the engine and on the real nats-server.
//!
//! `cargo test --test engine` plays every script on the engine, in virtual time and over TCP, and on nats-server. Arguments
//! after `--` narrow it: a target (`engine`, `wire`, `websocket`, `real`; `websocket` plays only when asked) and row ids
//! (`C-049`, or a prefix: `C-04`). Without a nats-server (`NATS_SERVER`, else on the `PATH`) that half is reported
//! as not run; with `NATS_SERVER` set it must run. When everything is played, the figures in `docs/fidelity.md` must be
//! what came of it; `-- --write` writes them.
//!
//! To add a row: write a script in the file of its subject, `fn name(t: &mut Stage)`, that claims what the checklist
//! expects, and name it in that file's `ROWS`:
//!
//! ```ignore
//! pub const ROWS: &[Row] = &[row("C-035 C-037", messages_arrive_whole)];
//!
//! fn messages_arrive_whole(t: &mut Stage) {
//!     let mut c = t.client(r#"{"verbose":false}"#);      // past INFO, CONNECT, PING and PONG
//!     c.send("SUB a.b 1");                               // a line end is added
//!     c.send("PUB a.b 2\r\nhi");
//!     c.expect("MSG a.b 1 2\r\nhi");                     // the next frame, exactly; pings are answered unseen
//!     c.expect_nothing();                                // PING -> PONG: nothing else came
//!     let info = t.api_ok("INFO", json!(null));          // $JS.API.INFO, from a connection of its own
//!     assert_has(&info, json!({"limits": {"max_streams": -1}}));
//!     t.advance(Duration::from_secs(1));                 // virtual time; the real server really takes it
//! }
//! ```
//!
//! A script without a row goes by a lower-case name. A new file of scripts is named in [`tables`]. A script wants a server
//! of its own kind with `t.start(Setup { .. })` first. Every script has a server to itself. One that the real server
//! cannot play is an `engine_row` with the reason.

#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

mod accounts;
mod backups;
mod buckets;
mod connection;
mod consumers;
mod consumers_acks;
mod consumers_api;
mod consumers_config;
mod consumers_delivery;
mod consumers_events;
mod consumers_pull;
mod consumers_push;
mod consumers_retention;
mod conventions;
mod delivery;
mod differences;
mod differences_in_time;
mod facts;
mod fast_ingest;
mod figures;
mod rows;
mod streams_api;
mod streams_batches;
mod streams_copies;
mod streams_features;
mod streams_messages;
mod streams_publish;
mod streams_schedules;
mod system;
mod traces;

use std::process::ExitCode;
use support::runner::{Row, play, report, report_uncovered, verdicts};
use support::stage::Start;
use support::{Setup, Target, real_server, virtual_server, wire_target};

fn tables() -> Vec<&'static [Row]> {
    vec![
        accounts::ROWS, //
        backups::ROWS,
        buckets::ROWS,
        connection::ROWS,
        consumers_acks::ROWS,
        consumers_api::ROWS,
        consumers_config::ROWS,
        consumers_delivery::ROWS,
        consumers_events::ROWS,
        consumers_pull::ROWS,
        consumers_push::ROWS,
        consumers_retention::ROWS,
        conventions::ROWS,
        delivery::ROWS,
        differences::ROWS,
        differences_in_time::ROWS,
        facts::ROWS,
        fast_ingest::ROWS,
        streams_api::ROWS,
        streams_batches::ROWS,
        streams_copies::ROWS,
        streams_features::ROWS,
        streams_messages::ROWS,
        streams_publish::ROWS,
        streams_schedules::ROWS,
        system::ROWS,
        traces::ROWS,
    ]
}

/// A script on a real clock that fails is played again: the machine may have been busy elsewhere.
const REAL_RETRIES: usize = 3;

/// Scripts on real clocks mostly wait, so more of them than cores play at a time.
const REAL_THREADS: usize = 6;
const TARGETS: [&str; 4] = ["engine", "wire", "real", "websocket"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let (targets, ids): (Vec<&str>, Vec<&str>) = words.into_iter().partition(|word| TARGETS.contains(word));
    let wants = |target: &str| targets.is_empty() || targets.contains(&target);
    let all: Vec<Row> = tables().concat();
    let chosen: Vec<Row> = all.iter().copied().filter(|row| is_chosen(row, &ids)).collect();

    let ids_named = all.iter().flat_map(|row| row.ids.split_whitespace()).filter(|id| id.starts_with(['C', 'D']));
    let strangers: Vec<&str> = ids_named.filter(|id| rows::tier(id).is_none()).collect();
    let mut clean = strangers.is_empty();
    if !clean {
        println!("not in the checklist: {strangers:?}");
    }
    let mut played = figures::Played::default();
    if wants("engine") {
        played.engine = Some(note(&mut clean, play_on_engine(&chosen)));
    }
    if wants("wire") {
        played.wire = Some(note(&mut clean, play_on_wire("engine, over TCP", wire_target::start_tcp, &chosen)));
    }
    if targets.contains(&"websocket") {
        note(&mut clean, play_on_wire("engine, over WebSocket", wire_target::start_websocket, &chosen));
    }
    if wants("real") {
        played.real = match play_on_real_server(&chosen) {
            Some(outcome) => Some(note(&mut clean, outcome)),
            None => {
                clean &= std::env::var_os("NATS_SERVER").is_none();
                None
            }
        };
    }
    if ids.is_empty() {
        println!();
        report_uncovered(&rows::TIERS, rows::WITH_OFFICIAL_CLIENTS, &all);
        clean &= figures::report(&all, &played, arguments.iter().any(|argument| argument == "--write"));
    }
    if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether everything held on a target, and which rows did.
type Outcome = (bool, figures::Verdicts);

fn note(clean: &mut bool, (held, verdicts): Outcome) -> figures::Verdicts {
    *clean &= held;
    verdicts
}

fn is_chosen(row: &Row, ids: &[&str]) -> bool {
    ids.is_empty() || row.ids.split_whitespace().any(|id| ids.iter().any(|chosen| id.starts_with(chosen)))
}

fn play_on_engine(rows: &[Row]) -> Outcome {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let outcomes = play(rows, &|| Box::new(virtual_server::start), threads, 0);
    (report("engine, in virtual time", &rows::TIERS, rows, &outcomes), verdicts(rows, &outcomes))
}

fn play_on_wire(title: &str, start: fn(&Setup) -> Box<dyn Target>, rows: &[Row]) -> Outcome {
    let (shared, _) = on_real_clocks(rows);
    let outcomes = play(&shared, &|| Box::new(start), REAL_THREADS, REAL_RETRIES);
    (report(title, &rows::TIERS, &shared, &outcomes), verdicts(&shared, &outcomes))
}

/// The rows that can be played where time is real, and those that cannot.
fn on_real_clocks(rows: &[Row]) -> (Vec<Row>, Vec<Row>) {
    rows.iter().partition(|row| row.engine_only.is_none())
}

/// `None` without a server.
fn play_on_real_server(rows: &[Row]) -> Option<Outcome> {
    let (program, version) = match real_server::find() {
        Ok(found) => found,
        Err(why) => {
            println!("\nreal server: NOT RUN, {why}");
            return None;
        }
    };
    let (shared, apart) = on_real_clocks(rows);
    let start = || -> Box<Start> {
        let program = program.clone();
        Box::new(move |setup| real_server::start(&program, setup))
    };
    let outcomes = play(&shared, &start, REAL_THREADS, REAL_RETRIES);
    let clean = report(&version, &rows::TIERS, &shared, &outcomes);
    for row in apart {
        println!("  not asked {}: {}", row.ids, row.engine_only.unwrap_or_default());
    }
    Some((clean, verdicts(&shared, &outcomes)))
}
