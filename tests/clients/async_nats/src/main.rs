//! The official Rust client, as published, against any server: `jetlab-async-nats nats://127.0.0.1:PORT`.
//!
//! Prints one line per check, `ok area: what` or `FAIL area: what: why`, and ends with 1 when one failed.
//! The same checks stand in `../nats_js` and `../nats_py`. A package of its own, so that nothing else pays for compiling
//! the client.

mod acks;
mod consumers;
mod core;
mod harness;
mod kv;
mod objects;
mod reconnect;
mod services;
mod streams;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: jetlab-async-nats nats://127.0.0.1:PORT");
        return ExitCode::from(2);
    };
    if let Err(error) = run(&address).await {
        eprintln!("{address}: {error}");
        return ExitCode::FAILURE;
    }
    if harness::failures() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(address: &str) -> harness::Checked {
    core::checks(&harness::connect(address).await?, address).await;
    streams::checks(&harness::connect(address).await?).await;
    consumers::checks(&harness::connect(address).await?).await?;
    acks::checks(&harness::connect(address).await?).await;
    kv::checks(&harness::connect(address).await?).await;
    objects::checks(&harness::connect(address).await?).await;
    services::checks(&harness::connect(address).await?).await;
    reconnect::checks(&harness::connect(address).await?, address).await
}
