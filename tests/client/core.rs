//! Core messages: publish, subscribe, queue groups, requests, a wire that breaks.

use super::{Driver, Script, connected};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use jetlab::client::{Error, Notice, Options, State};
use jetlab::protocol::{Headers, Message};
use std::time::Duration;

pub const SCRIPTS: &[Script] = &[
    ("messages arrive with their headers", |d| messages_arrive(d).boxed_local()),
    ("one member of a queue group gets each message", |d| queue_group(d).boxed_local()),
    ("a subscription ends at its limit", |d| limits(d).boxed_local()),
    ("requests are answered, refused or time out", |d| requests(d).boxed_local()),
    ("a broken wire is survived", |d| broken_wire(d).boxed_local()),
    ("a client that drains loses nothing", |d| drain(d).boxed_local()),
    ("what a subscription is refused for", |d| refusals(d)),
];

async fn messages_arrive(driver: Driver) {
    let (alice, bob) = (connected(&driver, "alice").await, connected(&driver, "bob").await);
    let mut heard = bob.subscribe("greet.*", None).expect("a valid subject");
    bob.flush().await.expect("connected");
    let headers = Headers::new().and("Lang", "en");
    alice.publish(Message::new("greet.joe", "hello").with_headers(headers)).expect("connected");
    alice.publish(Message::new("other", "x")).expect("connected");
    alice.publish(Message::new("greet.sue", "").with_reply("r")).expect("connected");
    let first = heard.next().await.expect("published");
    assert_eq!((&*first.subject, &first.payload[..], first.header("Lang")), ("greet.joe", &b"hello"[..], Some("en")));
    let second = heard.next().await.expect("published");
    assert_eq!((&*second.subject, second.reply.as_deref()), ("greet.sue", Some("r")));
    assert!(bob.info().expect("connected").jetstream);
}

async fn queue_group(driver: Driver) {
    let client = connected(&driver, "c").await;
    let members = [(); 3].map(|()| client.subscribe("work", Some("w")).expect("valid"));
    for _ in 0..60 {
        client.publish(Message::new("work", "x")).expect("connected");
    }
    client.flush().await.expect("connected");
    let shares = members.each_ref().map(|member| member.pending());
    assert_eq!(shares.iter().sum::<usize>(), 60);
    assert!(shares.iter().all(|&share| share > 0), "{shares:?}");
}

async fn limits(driver: Driver) {
    let client = connected(&driver, "c").await;
    let mut heard = client.subscribe("a", None).expect("valid");
    heard.unsubscribe_after(2);
    for payload in ["1", "2", "3"] {
        client.publish(Message::new("a", payload)).expect("connected");
    }
    client.flush().await.expect("connected");
    assert_eq!(heard.next().await.expect("first").payload, "1");
    assert_eq!(heard.next().await.expect("second").payload, "2");
    assert_eq!(heard.next().await, None);
}

async fn requests(driver: Driver) {
    let client = connected(&driver, "c").await;
    let timeout = Duration::from_millis(200);
    assert_eq!(client.request(Message::new("nobody", ""), timeout).await, Err(Error::NoResponders));
    let mut silent = client.subscribe("silent", None).expect("valid");
    assert_eq!(client.request(Message::new("silent", "?"), timeout).await, Err(Error::Timeout));
    let question = silent.next().await.expect("published");
    assert!(question.reply.is_some_and(|reply| reply.starts_with("_INBOX.")));

    let mut service = client.subscribe("double", None).expect("valid");
    let answering = async {
        for _ in 0..3 {
            let request = service.next().await.expect("asked three times");
            let answer = [&request.payload[..], &request.payload[..]].concat();
            client.publish(Message::new(request.reply.expect("a request"), answer)).expect("connected");
        }
    };
    let ask = |text: &'static str| client.request(Message::new("double", text), Duration::from_secs(2));
    let ((), a, b, c) = futures::join!(answering, ask("a"), ask("b"), ask("c"));
    let answers = [a, b, c].map(|answer| answer.expect("answered").payload);
    assert_eq!(answers, ["aa", "bb", "cc"]);
}

async fn broken_wire(driver: Driver) {
    let client = connected(&driver, "c").await;
    let mut notices = client.notices();
    let mut heard = client.subscribe("a", None).expect("valid");
    heard.unsubscribe_after(3);
    client.publish(Message::new("a", "before")).expect("connected");
    client.flush().await.expect("connected");
    driver.cut(0);
    assert_eq!(client.state(), State::Offline);
    client.publish(Message::new("a", "meanwhile")).expect("kept for later");
    driver.reconnect(0);
    client.connected().await.expect("the server is still there");
    client.publish(Message::new("a", "after")).expect("connected");
    for expected in ["before", "meanwhile", "after"] {
        assert_eq!(heard.next().await.expect("three messages").payload, expected);
    }
    assert_eq!(heard.next().await, None);
    use futures::StreamExt;
    assert_eq!(notices.next().await, Some(Notice::Disconnected));
    assert_eq!(notices.next().await, Some(Notice::Reconnected));
}

async fn drain(driver: Driver) {
    let (worker, boss) = (connected(&driver, "worker").await, connected(&driver, "boss").await);
    let mut work = worker.subscribe("work", None).expect("valid");
    let mut done = boss.subscribe("done", None).expect("valid");
    worker.flush().await.expect("connected");
    boss.flush().await.expect("connected");
    for number in 0..100 {
        boss.publish(Message::new("work", number.to_string())).expect("connected");
    }
    boss.flush().await.expect("connected");
    let reader = async {
        let mut read = 0;
        while let Some(message) = work.next().await {
            worker.publish(Message::new("done", message.payload)).expect("still connected");
            read += 1;
        }
        read
    };
    let (drained, read) = futures::join!(worker.drain(), reader);
    assert_eq!((drained, read, worker.state()), (Ok(()), 100, State::Closed));
    for number in 0..100 {
        assert_eq!(done.next().await.expect("sent before the end").payload, number.to_string());
    }
    assert_eq!(worker.drain().await, Err(Error::Closed));
}

fn refusals(driver: Driver) -> LocalBoxFuture<'static, ()> {
    let client = driver.connect(Options::default());
    async move {
        client.connected().await.expect("let in");
        for subject in ["a b", "", "a..b", ".a"] {
            assert!(client.subscribe(subject, None).is_err(), "{subject:?}");
        }
        let mut refused = client.subscribe("a.>.b", None).expect("only the server knows better");
        client.flush().await.expect("connected");
        assert_eq!(client.last_error(), Some(Error::Server("Invalid Subject".to_owned())));
        assert!(refused.next().now_or_never().is_none());
        let too_big = vec![0u8; client.info().expect("connected").max_payload + 1];
        assert_eq!(client.publish(Message::new("a", too_big)), Err(Error::MaxPayload));
    }
    .boxed_local()
}
