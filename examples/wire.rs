//! The engine behind TCP and WebSocket on loopback, for tests and for other clients' test-suites. Not a product: it
//! forgets everything when it ends.
//!
//! `cargo run --release --example wire -- --port 0 --ws-port 0 [--user U --password P | --token T] [--max-payload N]
//! [--no-jetstream]` prints `{"port":…,"ws_port":…}` as its first line and serves until it is killed.

#[path = "../tests/support/wire_server.rs"]
mod wire_server;

use jetlab::engine::{Credentials, Options};
use std::io::Write;
use std::process::ExitCode;
use wire_server::WireServer;

const USAGE: &str = "usage: wire [--port N] [--ws-port N] [--user U --password P | --token T] [--max-payload N] \
                     [--no-jetstream] [--seed N]";

struct Arguments {
    options: Options,
    port: u16,
    ws_port: u16,
}

fn main() -> ExitCode {
    let Arguments { options, port, ws_port } = match read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(complaint) => {
            eprintln!("{complaint}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let server = match WireServer::start(options, port, ws_port) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("cannot listen: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{{\"port\":{},\"ws_port\":{}}}", server.address.port(), server.ws_address.port());
    let _ = std::io::stdout().flush();
    loop {
        std::thread::park();
    }
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments { options: Options::default(), port: 0, ws_port: 0 };
    let (mut user, mut password) = (None, None);
    while let Some(flag) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--port" => arguments.port = number(&flag, &value()?)?,
            "--ws-port" => arguments.ws_port = number(&flag, &value()?)?,
            "--user" => user = Some(value()?),
            "--password" => password = Some(value()?),
            "--token" => arguments.options.credentials.token = Some(value()?),
            "--max-payload" => arguments.options.max_payload = number(&flag, &value()?)?,
            "--seed" => arguments.options.seed = number(&flag, &value()?)?,
            "--no-jetstream" => arguments.options.jetstream = false,
            _ => return Err(format!("unknown argument {flag:?}")),
        }
    }
    arguments.options.credentials = match (user, password, arguments.options.credentials.token.take()) {
        (Some(user), Some(password), None) => {
            Credentials { user_password: Some((user, password)), ..Credentials::default() }
        }
        (None, None, token) => Credentials { token, ..Credentials::default() },
        _ => return Err("--user and --password go together, and without --token".to_owned()),
    };
    Ok(arguments)
}

fn number<N: std::str::FromStr>(flag: &str, text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{flag}: {text:?} is not a number in range"))
}
