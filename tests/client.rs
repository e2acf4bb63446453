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
#[path = "client/kv.rs"]
mod kv;
#[path = "client/object_store.rs"]
mod object_store;
#[path = "client/service.rs"]
mod service;

use futures::future::LocalBoxFuture;
use jetlab::client::{Client, Options};
use jetlab::time::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};
use support::driver::Driver;
use support::stage::{Setup, Target};
use support::{real_server, virtual_server};

/// A name, and what happens with a server to itself.
type Script = (&'static str, fn(Driver) -> LocalBoxFuture<'static, ()>);

const ALL: &[&[Script]] = &[core::SCRIPTS, jetstream::SCRIPTS, kv::SCRIPTS, object_store::SCRIPTS, service::SCRIPTS];

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

#[expect(clippy::disallowed_methods, reason = "a real server has a real clock")]
fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    Timestamp(i64::try_from(since.as_nanos()).expect("the clock is before 2262"))
}

/// Every script at the same time, each with a server to itself.
fn play(start: &(dyn Fn() -> (Box<dyn Target>, Timestamp) + Sync)) {
    let wanted = std::env::var("JETLAB_SCRIPT").unwrap_or_default();
    let scripts: Vec<Script> = ALL.concat().into_iter().filter(|(name, _)| name.contains(&wanted)).collect();
    let failed: Vec<&str> = std::thread::scope(|scope| {
        let play = |(name, script): Script| (name, scope.spawn(move || play_one(script, start)));
        let playing: Vec<_> = scripts.into_iter().map(play).collect();
        playing.into_iter().filter_map(|(name, playing)| playing.join().err().map(|_| name)).collect()
    });
    assert!(failed.is_empty(), "these scripts failed: {failed:?}");
}

fn play_one(script: fn(Driver) -> LocalBoxFuture<'static, ()>, start: &dyn Fn() -> (Box<dyn Target>, Timestamp)) {
    let (target, now) = start();
    let driver = Driver::new(target, now);
    driver.run(script(driver.clone()));
}

/// A client past its handshake.
async fn connected(driver: &Driver, name: &str) -> Client {
    let client = driver.connect(Options { name: name.to_owned(), ..Options::default() });
    client.connected().await.expect("everybody is let in");
    client
}
