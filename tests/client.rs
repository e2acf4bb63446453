//! The client at work: the same scripts with the engine behind the wire, in virtual time, and with nats-server.
//!
//! Without a nats-server (`NATS_SERVER`, else on the `PATH`) that half says so and is not run. `JETLAB_SCRIPT` narrows both
//! halves to the scripts whose name contains its text.

#[path = "support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

#[path = "client/core.rs"]
mod core;
#[path = "client/jetstream.rs"]
mod jetstream;

use futures::future::LocalBoxFuture;
use jetlab::client::{Client, Options};
use jetlab::time::Timestamp;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{SystemTime, UNIX_EPOCH};
use support::driver::Driver;
use support::stage::{Setup, Target};
use support::{real_server, virtual_server};

/// A name, and what happens with a server to itself.
type Script = (&'static str, fn(Driver) -> LocalBoxFuture<'static, ()>);

fn scripts() -> Vec<Script> {
    [core::SCRIPTS, jetstream::SCRIPTS].concat()
}

#[test]
fn with_the_engine() {
    play(&|| (virtual_server::start(&Setup::default()), virtual_server::START));
}

#[test]
fn with_nats_server() {
    match real_server::find() {
        Ok((program, _)) => play(&|| (real_server::start(&program, &Setup::default()), clock())),
        Err(why) => eprintln!("not run: {why}"),
    }
}

fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    Timestamp(i64::try_from(since.as_nanos()).expect("the clock is before 2262"))
}

fn play(start: &dyn Fn() -> (Box<dyn Target>, Timestamp)) {
    let wanted = std::env::var("JETLAB_SCRIPT").unwrap_or_default();
    let mut failed = Vec::new();
    for (name, script) in scripts().into_iter().filter(|(name, _)| name.contains(&wanted)) {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let (target, now) = start();
            let driver = Driver::new(target, now);
            driver.run(script(driver.clone()));
        }));
        failed.extend(outcome.err().map(|_| name));
    }
    assert!(failed.is_empty(), "these scripts failed: {failed:?}");
}

/// A client past its handshake.
async fn connected(driver: &Driver, name: &str) -> Client {
    let client = driver.connect(Options { name: name.to_owned(), ..Options::default() });
    client.connected().await.expect("everybody is let in");
    client
}
