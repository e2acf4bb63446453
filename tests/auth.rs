//! Being let in and being refused: each way of showing who one is, on nats-server, and what its refusals are said to mean.
//!
//! Without a nats-server (`NATS_SERVER`, else on the `PATH`) this says so and is not run.

#![expect(clippy::disallowed_methods, reason = "a real server has a real clock")]

#[path = "support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

use jetlab::client::auth::{Creds, Seed};
use jetlab::client::{Auth, Client, Error, Options, refusal};
use jetlab::commands::{self, Console, Context};
use jetlab::nuid::Rng;
use jetlab::protocol::Message;
use jetlab::time::Timestamp;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::driver::Driver;
use support::operator::{Operator, Pair};
use support::real_server;
use support::stage::{Setup, TestUser};

fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    Timestamp(i64::try_from(since.as_nanos()).expect("the clock is before 2262"))
}

/// nats-server set up like this, and a way to be its client. `None` where there is no nats-server.
fn driver(setup: &Setup) -> Option<Driver> {
    match real_server::find() {
        Ok((program, _)) => Some(Driver::new(real_server::start(&program, setup), clock())),
        Err(why) => {
            eprintln!("not run: {why}");
            None
        }
    }
}

/// A client that showed this, and whether it was let in. It keeps what it saw.
fn shown(driver: &Driver, auth: Auth) -> (Client, Result<(), Error>) {
    let client = driver.connect(Options { name: "c".into(), auth, ..Options::default() });
    client.record(true);
    let asked = client.clone();
    let outcome = driver.run(async move { asked.connected().await });
    (client, outcome)
}

#[track_caller]
fn let_in(driver: &Driver, auth: Auth) -> Client {
    let (client, outcome) = shown(driver, auth);
    assert_eq!(outcome, Ok(()));
    let asked = client.clone();
    driver.run(async move { asked.flush().await }).expect("everything is well");
    client
}

/// Is refused, and returns what that is said to mean.
#[track_caller]
fn refused(driver: &Driver, auth: Auth) -> String {
    let (client, outcome) = shown(driver, auth.clone());
    let Err(Error::Server(text)) = outcome else { panic!("expected a refusal, got {outcome:?}") };
    explained(&text, &auth, &client)
}

#[track_caller]
fn explained(text: &str, auth: &Auth, client: &Client) -> String {
    let refusal = refusal::of_server(text, auth, client.info().as_ref(), clock());
    refusal.unwrap_or_else(|| panic!("{text:?} is not explained")).to_string()
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

fn nkey(pair: &Pair) -> Auth {
    Auth::Nkey(Seed::parse(&pair.seed()).expect("a seed"))
}

fn creds(text: &str) -> Auth {
    Auth::Creds(Creds::parse(text).expect("a creds file"))
}

#[test]
fn user_and_password() {
    let Some(driver) = driver(&Setup { user_password: Some(("joe", "right")), ..Setup::default() }) else { return };
    let_in(&driver, Auth::user_password("joe", "right"));
    let said = refused(&driver, Auth::user_password("joe", "wrong"));
    assert_says(&said, &["does not let \"joe\" in", "Authorization Violation", "authorization {"]);
    assert!(!said.contains("wrong"), "{said}");
    assert_says(&refused(&driver, Auth::None), &["wants to know who you are", "no_auth_user"]);
}

#[test]
fn token() {
    let Some(driver) = driver(&Setup { token: Some("right"), ..Setup::default() }) else { return };
    let_in(&driver, Auth::Token("right".into()));
    assert_says(&refused(&driver, Auth::Token("wrong".into())), &["does not take this token", "token: \"…\""]);
}

#[test]
fn nkeys() {
    let (known, unknown) = (Pair::user(1), Pair::user(2));
    let lines = vec![format!("authorization {{ users: [ {{ nkey: {} }} ] }}", known.public())];
    let Some(driver) = driver(&Setup { lines, ..Setup::default() }) else { return };
    let_in(&driver, nkey(&known));
    assert_says(&refused(&driver, nkey(&unknown)), &["does not know the key", &format!("nkey: {}", unknown.public())]);
    assert_says(&refused(&driver, Auth::None), &["NKEY seed or a .creds file"]);
}

#[test]
fn creds_of_an_operator() {
    let (ours, theirs, user) = (Operator::new(10), Operator::new(20), Pair::user(1));
    let Some(driver) = driver(&Setup { lines: ours.configuration(), ..Setup::default() }) else { return };
    let client = let_in(&driver, creds(&ours.creds(&user, "joe", None)));
    let info = driver.run(async move { client.jetstream().account_info().await });
    assert!(info.is_ok(), "{info:?}");
    assert_says(&refused(&driver, creds(&theirs.creds(&user, "joe", None))), &["does not accept the JWT", "nsc push"]);
    let past = ours.creds(&user, "joe", Some(1_700_000_001));
    assert_says(&refused(&driver, creds(&past)), &["JWT has expired", "nsc generate creds"]);
    assert_says(&refused(&driver, nkey(&user)), &["does not know the key"]);
}

#[test]
fn a_jwt_that_expires_meanwhile() {
    let (operator, user) = (Operator::new(10), Pair::user(1));
    let Some(driver) = driver(&Setup { lines: operator.configuration(), ..Setup::default() }) else { return };
    let soon = clock().0 / 1_000_000_000 + 2;
    let auth = creds(&operator.creds(&user, "joe", Some(soon)));
    let client = let_in(&driver, auth.clone());
    let mut notices = client.notices();
    let error = driver.run(async move {
        loop {
            match futures::StreamExt::next(&mut notices).await.expect("something is said") {
                jetlab::client::Notice::Error(error) => return error,
                _ => continue,
            }
        }
    });
    let Error::Server(text) = error else { panic!("{error:?}") };
    assert_eq!(text, "User Authentication Expired");
    assert_says(&explained(&text, &auth, &client), &["the user's JWT has expired"]);
}

#[test]
fn a_key_where_nobody_asks_for_one() {
    let Some(driver) = driver(&Setup { token: Some("t"), ..Setup::default() }) else { return };
    assert_says(&refused(&driver, nkey(&Pair::user(1))), &["asks for no signature"]);
}

/// What came of asking JetStream for something, and how long it took.
fn asked(driver: &Driver, client: &Client) -> (Error, Duration) {
    let (client, began) = (client.clone(), Instant::now());
    let error = driver.run(async move { client.jetstream().account_info().await }).map(drop).expect_err("refused");
    (error, began.elapsed())
}

#[test]
fn jetstream_that_may_not_be_asked() {
    let user = |name, publish, subscribe| TestUser { name, password: "p", publish, subscribe };
    let everything: (&[&str], &[&str]) = (&[">"], &[]);
    let users = vec![user("mute", (&["orders.>"], &[]), everything), user("deaf", everything, (&["orders.>"], &[]))];
    let Some(driver) = driver(&Setup { users, ..Setup::default() }) else { return };
    for (name, expected) in [("mute", "publish: [\"$JS.API.>\"]"), ("deaf", "subscribe: [\"_INBOX.>\"]")] {
        let auth = Auth::user_password(name, "p");
        let client = let_in(&driver, auth.clone());
        let (error, took) = asked(&driver, &client);
        let Error::Server(text) = error else { panic!("{error:?}") };
        assert_says(&explained(&text, &auth, &client), &["Permissions Violation", expected]);
        assert!(took < Duration::from_secs(2), "{name} waited for {took:?}");
    }
}

#[test]
fn no_jetstream() {
    let Some(driver) = driver(&Setup { no_jetstream: true, ..Setup::default() }) else { return };
    let client = let_in(&driver, Auth::None);
    let missing = refusal::of_info(&client.info().expect("connected"));
    assert_eq!(missing.len(), 1, "{missing:?}");
    let (error, _) = asked(&driver, &client);
    assert_eq!(refusal::of_request(&error), missing.into_iter().next(), "{error}");
}

#[test]
fn an_account_without_jetstream() {
    let Some(driver) = driver(&Setup { account_without_jetstream: true, ..Setup::default() }) else { return };
    let client = let_in(&driver, Auth::None);
    let (error, _) = asked(&driver, &client);
    let said = refusal::of_request(&error).map(|refusal| refusal.to_string()).unwrap_or_default();
    assert_says(&said, &["your account has no JetStream", "jetstream: enabled"]);
}

#[test]
fn as_many_as_may_come() {
    let lines = vec!["max_connections: 1".to_owned()];
    let Some(driver) = driver(&Setup { lines, ..Setup::default() }) else { return };
    let _first = let_in(&driver, Auth::None);
    assert_says(&refused(&driver, Auth::None), &["as many connections", "max_connections"]);
}

#[test]
fn messages_that_are_too_large() {
    let Some(driver) = driver(&Setup { max_payload: Some(100), ..Setup::default() }) else { return };
    let client = let_in(&driver, Auth::None);
    let error = client.publish(Message::new("a", vec![b'x'; 101])).expect_err("too large");
    assert_says(&refusal::of_request(&error).expect("known").to_string(), &["max_payload"]);
    assert_says(&refusal::of_info(&client.info().expect("connected"))[0].to_string(), &["100 bytes at most"]);
}

/// Nothing of what was shown is seen by who looks at the wire.
#[test]
fn what_was_shown_is_not_seen() {
    let (operator, user) = (Operator::new(10), Pair::user(1));
    let Some(driver) = driver(&Setup { lines: operator.configuration(), ..Setup::default() }) else { return };
    let text = operator.creds(&user, "joe", None);
    let client = let_in(&driver, creds(&text));
    let seen = format!("{:?}", client.take_events());
    assert!(seen.contains("Connect") && seen.contains("REDACTED"), "{seen}");
    let jwt = text.lines().nth(1).expect("the JWT");
    assert!(!seen.contains(&jwt[40..80]) && !seen.contains(&user.seed()[4..20]), "{seen}");
}

/// What a terminal of this client shows for a line, as in a page whose server is far away.
fn typed(driver: &Driver, client: &Client, line: &str) -> String {
    let console = Console::new(false, 120);
    let context = Context {
        client: client.clone(),
        address: "ws://127.0.0.1:9222".to_owned(),
        timers: driver.timers().clone(),
        console: console.clone(),
        rng: Rc::new(RefCell::new(Rng::new(1))),
        files: Rc::default(),
        environment: jetlab::map::Map::new(),
    };
    let words = line.split(' ').map(str::to_owned).collect();
    driver.run(async move { commands::run(context, words).await });
    console.take_output().into_iter().map(|(_, text)| text).collect()
}

#[test]
fn terminals_say_what_to_change() {
    let Some(without) = driver(&Setup { no_jetstream: true, ..Setup::default() }) else { return };
    let client = let_in(&without, Auth::None);
    assert_says(&typed(&without, &client, "nats stream ls"), &["nats: no responders", "this server has no JetStream"]);
    let said = typed(&without, &client, "nats kv add b");
    assert_says(&said, &["this server has no JetStream", "      jetstream {"]);
    assert!(!typed(&without, &client, "nats request a b").contains("JetStream"));

    let publish = (&["orders.>"][..], &[][..]);
    let mute = TestUser { name: "mute", password: "p", publish, ..TestUser::default() };
    let driver = driver(&Setup { users: vec![mute], ..Setup::default() }).expect("there was one before");
    let client = let_in(&driver, Auth::user_password("mute", "p"));
    for line in ["nats stream ls", "nats stream add A --subjects a --defaults", "nats pub -J a b", "nats account info"]
    {
        let said = typed(&driver, &client, line);
        assert_says(&said, &["you may not publish to", "permissions: {"]);
    }
    let said = typed(&driver, &client, "nats pub a b --password p");
    assert_says(&said, &["not in the playground: --password: a page says who it is when it connects"]);
    let said = typed(&driver, &client, "nats pub orders.new b --server nats://elsewhere:4222");
    assert_says(&said, &["connected to ws://127.0.0.1:9222", "nats://elsewhere:4222"]);
}

/// Whether nats-server would start with this; what it says if not. Certificates need not exist.
fn read_by_server(text: &str, number: usize) -> Result<(), String> {
    let (program, _) = real_server::find()?;
    let file = std::env::temp_dir().join(format!("jetlab-conf-{}-{number}.conf", std::process::id()));
    std::fs::write(&file, text).expect("a directory for temporary files can be written");
    let output = std::process::Command::new(program).arg("-t").arg("-c").arg(&file).output().expect("it runs");
    let _ = std::fs::remove_file(&file);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() || said.contains("/path/cert.pem") {
        true => Ok(()),
        false => Err(said),
    }
}

/// Every piece of configuration that a refusal or the how-to shows.
#[test]
fn what_is_proposed_is_what_a_server_reads() {
    if let Err(why) = real_server::find() {
        return eprintln!("not run: {why}");
    }
    let how_to = include_str!("../docs/server.md");
    let blocks = how_to.split("```conf\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut proposed: Vec<String> = blocks.map(str::to_owned).collect();
    assert_eq!(proposed.len(), 4);
    let (page, seed) = (refusal::Page { origin: "https://lab.test".into() }, Pair::user(1).seed());
    let seed = Seed::parse(&seed).expect("a seed");
    let lacking = jetlab::protocol::Info { max_payload: 10, ..Default::default() };
    let mut refusals = refusal::of_info(&lacking);
    refusals.extend(["ws://h:1", "nats://h"].into_iter().filter_map(|url| refusal::of_address(url, &page)));
    refusals.extend(["ws://h:4222", "wss://h:1"].map(|url| refusal::of_dial(url, &page, None)));
    let said = |text: &str, auth: &Auth| refusal::of_server(text, auth, None, clock()).expect("known");
    for auth in [Auth::None, Auth::user_password("j", "p"), Auth::Token("t".into()), Auth::Nkey(seed)] {
        refusals.push(said("Authorization Violation", &auth));
    }
    for text in [
        "Authentication Timeout",
        "maximum connections exceeded",
        "maximum subscriptions exceeded",
        "Maximum Payload Violation",
        "Stale Connection",
        "Slow Consumer",
        "Permissions Violation for Publish to \"$JS.API.INFO\"",
    ] {
        refusals.push(said(text, &Auth::None));
    }
    refusals.extend([10039, 10047].into_iter().filter_map(|code| refusal::of_sentence(&format!("x ({code})"))));
    proposed.extend(refusals.into_iter().flat_map(|refusal| refusal.remedies).filter_map(|remedy| remedy.config));
    assert!(proposed.len() > 20, "{}", proposed.len());
    for (number, text) in proposed.into_iter().enumerate() {
        let whole = match text.starts_with("permissions") {
            true => format!("authorization {{ users: [ {{ user: a, password: b, {text} }} ] }}"),
            false => text,
        };
        assert_eq!(read_by_server(&whole, number), Ok(()), "{whole}");
    }
}
