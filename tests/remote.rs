//! A playground whose server is far away: over real sockets with our own engine and with nats-server, and line by line
//! against a server that is only a script.
//!
//! Without a nats-server (`NATS_SERVER`, else on the `PATH`) that part says so and is not run.

#[path = "support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

#[path = "remote/script.rs"]
mod script;

use jetlab::client::Auth;
use jetlab::engine::Options;
use jetlab::playground::Input;
use jetlab::playground::remote::{Reach, Server};
use std::time::Duration;
use support::far::Far;
use support::real_server::{self, RealServer};
use support::stage::Setup;
use support::wire_server::WireServer;

fn at(url: &str) -> Server {
    Server::at(vec![url.to_owned()])
}

/// What a learner does first, on whatever server there is.
fn first_steps(far: &mut Far) {
    far.playground.input(Input::OpenTerminal { actor: "main".into() });
    far.playground.input(Input::OpenTerminal { actor: "second".into() });
    far.until("connected", |playground| playground.standing("main").is_some_and(|it| it.reach == Reach::Connected));

    far.playground.input(Input::Line { actor: "second".into(), line: "nats sub 'orders.*' --count 1".into() });
    far.until("subscribed", |playground| {
        playground.terminal("second").unwrap().transcript().contains("Subscribing on")
    });
    // The server hears of it on another wire than of what is published.
    far.pass(Duration::from_millis(200));
    let said = far.typed("main", "nats pub orders.new 'hello there'");
    assert!(said.contains("Published 11 bytes to \"orders.new\""), "{said}");
    far.until("delivered", |playground| !playground.terminal("second").unwrap().is_busy());
    let heard = far.playground.terminal("second").unwrap().transcript();
    assert!(heard.contains("[#1] Received on \"orders.new\"\nhello there"), "{heard}");

    let said = far.typed("main", "nats stream add ORDERS --subjects 'orders.*' --defaults");
    assert!(said.contains("Stream ORDERS was created"), "{said}");
    for number in 1..=3 {
        let said = far.typed("main", &format!("nats pub orders.new 'order {number}' --jetstream"));
        assert!(said.contains(&format!("Stored in Stream: ORDERS Sequence: {number}")), "{said}");
    }
    let said = far.typed("main", "nats consumer add ORDERS worker --pull --defaults");
    assert!(said.contains("Information for Consumer ORDERS > worker"), "{said}");
    let said = far.typed("main", "nats consumer next ORDERS worker --count 2");
    assert!(said.contains("order 1") && said.contains("order 2") && said.contains("Acknowledged message"), "{said}");
    far.typed("main", "nats kv add CONFIG");
    assert_eq!(far.typed("main", "nats kv put CONFIG colour green"), "green\n");
    assert_eq!(far.typed("second", "nats kv get CONFIG colour --raw"), "green\n");
}

/// What only a server in the page can do says why not here.
fn refusals(far: &mut Far) {
    for (line, piece) in [
        ("lab clock +25h", "real time does not jump"),
        ("lab server restart", "not the page's to stop"),
        ("lab net delay main 200ms", "as long as it is"),
        ("lab slow main 1KB", "a browser reads whatever"),
        ("lab reset", "nats stream rm"),
    ] {
        let said = far.typed("main", line);
        assert!(said.starts_with("lab: ") && said.contains(piece), "{line}: {said}");
    }
    assert!(far.typed("main", "lab clock").starts_with("20"));
}

#[test]
fn commands_over_tcp_to_our_own_engine() {
    let server = WireServer::start(Options::default(), 0, 0).expect("loopback has free ports");
    let mut far = Far::at(at(&format!("nats://{}", server.address)));
    first_steps(&mut far);
    refusals(&mut far);
    let info = far.typed("main", "nats account info");
    assert!(info.contains(&format!("Connected URL: nats://{}", server.address)), "{info}");
}

#[test]
fn commands_over_a_websocket_to_our_own_engine() {
    let server = WireServer::start(Options::default(), 0, 0).expect("loopback has free ports");
    let mut far = Far::at(at(&format!("ws://{}", server.ws_address)));
    first_steps(&mut far);
}

#[test]
fn commands_to_nats_server() {
    let (program, _) = match real_server::find() {
        Ok(found) => found,
        Err(why) => return eprintln!("not run: {why}"),
    };
    let server = RealServer::start(&program, &Setup::default());
    let mut far = Far::at(at(&format!("nats://{}", server.address())));
    first_steps(&mut far);
    refusals(&mut far);
    let standing = far.playground.standing("main").unwrap();
    assert_eq!((standing.server_name.as_str(), standing.jetstream), ("n1", true));
    let rtt = far.typed("main", "nats rtt");
    assert!(rtt.contains(&format!("nats://{}", server.address())), "{rtt}");
}

#[test]
fn nats_server_lets_in_who_it_knows() {
    let (program, _) = match real_server::find() {
        Ok(found) => found,
        Err(why) => return eprintln!("not run: {why}"),
    };
    let setup = Setup { user_password: Some(("alice", "secret")), ..Setup::default() };
    let server = RealServer::start(&program, &setup);
    let url = format!("nats://{}", server.address());
    let connect = |auth: Auth| {
        let mut far = Far::at(Server { auth, ..at(&url) });
        far.playground.input(Input::OpenTerminal { actor: "main".into() });
        far.until("an answer", |playground| {
            matches!(playground.standing("main").unwrap().reach, Reach::Connected | Reach::Refused { .. })
        });
        far
    };
    let auth = |password: &str| Auth::user_password("alice", password);
    let mut known = connect(auth("secret"));
    assert!(known.typed("main", "nats pub a b").contains("Published 1 bytes"));
    let mut unknown = connect(auth("wrong"));
    let Reach::Refused { why } = unknown.playground.standing("main").unwrap().reach else { panic!("refused") };
    assert_eq!(why, "nats: Authorization Violation");
    let said = unknown.typed("main", "nats pub a b");
    assert!(
        said.starts_with("nats: error: nats: Authorization Violation\nthe server does not let \"alice\" in"),
        "{said}"
    );
    let told = unknown.playground.terminal("main").unwrap().transcript();
    assert!(told.contains("Connection closed: nats: Authorization Violation\nthe server does not let"), "{told}");
    assert!(!told.contains("wrong"), "{told}");
}

#[test]
fn a_server_that_comes_back_finds_its_clients_again() {
    let server = WireServer::start(Options::default(), 0, 0).expect("loopback has free ports");
    let (address, port) = (server.address, server.address.port());
    let mut far = Far::at(at(&format!("nats://{address}")));
    for actor in ["main", "second"] {
        far.playground.input(Input::OpenTerminal { actor: actor.into() });
    }
    far.playground.input(Input::Line { actor: "second".into(), line: "nats sub 'a.>' --count 3".into() });
    let shows = |actor: &'static str, piece: &'static str| {
        move |playground: &jetlab::playground::Playground| {
            playground.terminal(actor).unwrap().transcript().contains(piece)
        }
    };
    far.until("subscribed", shows("second", "Subscribing on"));
    // The server hears of it on another wire than of what is published.
    far.pass(Duration::from_millis(200));
    assert!(far.typed("main", "nats pub a.1 before").contains("Published"));
    far.until("delivered", shows("second", "before"));

    drop(server);
    far.until("told", shows("second", ">>> Disconnected due to: EOF, will attempt reconnect"));
    assert!(matches!(far.playground.standing("main").unwrap().reach, Reach::Waiting { .. } | Reach::Dialling));
    // A command would be a new program, which finds nobody.
    assert_eq!(
        far.typed("main", "nats stream ls"),
        "nats: error: setup failed: nats: no servers available for connection\n"
    );
    // What runs already publishes on, and that waits.
    let client = far.playground.client("main").unwrap();
    client.publish(jetlab::client::message("a.2", None, "meanwhile")).unwrap();

    let _again = WireServer::start(Options::default(), port, 0).expect("its port is free again");
    far.until(
        "told",
        shows("main", &*format!(">>> Reconnected [nats://{address}], 1 message that waited was sent").leak()),
    );
    far.until("told", shows("second", ">>> Reconnected"));
    far.pass(Duration::from_millis(200));
    assert!(far.typed("main", "nats pub a.3 after").contains("Published"));
    far.until("delivered", shows("second", "after"));
}
