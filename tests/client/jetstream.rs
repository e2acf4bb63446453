//! Streams, consumers, acks and ordered reading.

use super::{Driver, Script, connected};
use futures::FutureExt;
use jetlab::api::stream::StreamInfoRequest;
use jetlab::api::{
    AckPolicy, ConsumerConfig, CreateConsumerRequest, DeliverPolicy, DirectGetRequest, GetMessageRequest, PullRequest,
    PurgeRequest, StreamConfig,
};
use jetlab::client::jetstream::{
    Ack, BatchEnd, ConsumeOptions, DeliveryInfo, JetStream, OrderedOptions, PublishOptions, StreamMessage,
};
use jetlab::client::{Client, Error};
use jetlab::protocol::Message;
use std::time::Duration;

pub const SCRIPTS: &[Script] = &[
    ("streams are made, changed, listed and deleted", |d| streams(d).boxed_local()),
    ("publishing is acknowledged or refused", |d| publishing(d).boxed_local()),
    ("acks arrive while others are on their way", |d| publishing_ahead(d).boxed_local()),
    ("messages are read by sequence and subject", |d| reading(d).boxed_local()),
    ("consumers are made, listed, paused and deleted", |d| consumers(d).boxed_local()),
    ("a pull brings messages and says why it ended", |d| pulling(d).boxed_local()),
    ("deliveries are answered in every way", |d| answering(d).boxed_local()),
    ("consuming renews its requests", |d| consuming(d).boxed_local()),
    ("consuming never asks for more than it stops after", |d| consuming_so_many(d).boxed_local()),
    ("consuming goes on after a broken wire", |d| consuming_again(d).boxed_local()),
    ("a push consumer delivers to its subject", |d| pushing(d).boxed_local()),
    ("ordered reading starts over when its consumer is gone", |d| ordered(d).boxed_local()),
];

fn config(name: &str, subject: &str) -> StreamConfig {
    let subjects = vec![subject.to_owned()];
    StreamConfig { name: name.to_owned(), subjects, allow_direct: true, num_replicas: 1, ..StreamConfig::default() }
}

/// A client and its stream `ORDERS` on `orders.>` with `count` messages, `orders.0` to `orders.<count - 1>`.
async fn orders(driver: &Driver, count: usize) -> (Client, JetStream) {
    let client = connected(driver, "c").await;
    let js = client.jetstream();
    js.create_stream(&config("ORDERS", "orders.>")).await.expect("a new stream");
    for number in 0..count {
        let ack = js.publish(Message::new(format!("orders.{number}"), number.to_string())).await.expect("stored");
        assert_eq!(ack.seq, number as u64 + 1);
    }
    (client, js)
}

async fn worker(js: &JetStream, config: ConsumerConfig) {
    let config = ConsumerConfig { durable_name: "W".into(), ack_policy: AckPolicy::Explicit, ..config };
    let request = CreateConsumerRequest { stream_name: "ORDERS".into(), config, ..Default::default() };
    let info = js.create_consumer(&request).await.expect("a new consumer");
    assert_eq!((info.name.as_str(), info.config.is_durable()), ("W", true));
}

fn api_code(error: Error) -> u16 {
    match error {
        Error::Api(error) => error.err_code,
        error => panic!("not an answer of the API: {error}"),
    }
}

async fn streams(driver: Driver) {
    let (_client, js) = orders(&driver, 3).await;
    js.create_stream(&config("AUDIT", "audit")).await.expect("a new stream");
    let names: Vec<String> = js.streams().await.expect("listed").into_iter().map(|info| info.config.name).collect();
    assert_eq!(names, ["AUDIT", "ORDERS"]);
    assert_eq!(js.stream_names().await.expect("listed"), names);
    assert_eq!(js.stream_names_on("orders.x").await.expect("listed"), ["ORDERS"]);
    let mut changed = js.stream_info("ORDERS").await.expect("exists").config;
    changed.max_msgs = 2;
    assert_eq!(js.update_stream(&changed).await.expect("allowed").config.max_msgs, 2);
    let request = StreamInfoRequest { subjects_filter: ">".into(), ..Default::default() };
    let state = js.stream_details("ORDERS", &request).await.expect("exists").state;
    assert_eq!((state.messages, state.subjects.map(|subjects| subjects.len())), (2, Some(2)));
    let request = PurgeRequest { filter: "orders.2".into(), ..Default::default() };
    assert_eq!(js.purge_stream("ORDERS", &request).await.expect("allowed"), 1);
    assert_eq!(js.purge_stream("ORDERS", &PurgeRequest::default()).await.expect("allowed"), 1);
    js.delete_stream("ORDERS").await.expect("exists");
    assert_eq!(js.delete_stream("ORDERS").await.map_err(api_code), Err(10059));
    let error = js.stream_info("ORDERS").await.expect_err("deleted");
    assert_eq!(error.to_string(), "stream not found (10059)");
    assert_eq!(js.stream_info("a.b").await, Err(Error::InvalidName("stream", "a.b".to_owned())));
    assert_eq!(js.account_info().await.expect("enabled").streams, 1);
}

async fn publishing(driver: Driver) {
    let (_client, js) = orders(&driver, 1).await;
    assert_eq!(js.publish(Message::new("elsewhere", "")).await, Err(Error::NoResponders));
    let once = PublishOptions { msg_id: Some("m1".into()), ..Default::default() };
    let first = js.publish_with(Message::new("orders.x", ""), &once).await.expect("stored");
    let again = js.publish_with(Message::new("orders.x", ""), &once).await.expect("recognised");
    assert_eq!((first.seq, first.duplicate, again.seq, again.duplicate), (2, false, 2, true));
    let expecting = PublishOptions { expected_last_subject_seq: Some(9), ..Default::default() };
    let refused = js.publish_with(Message::new("orders.x", ""), &expecting).await.expect_err("the last is 2");
    assert_eq!(refused.to_string(), "wrong last sequence: 2 (10071)");
}

async fn publishing_ahead(driver: Driver) {
    let (_client, js) = orders(&driver, 0).await;
    let mut publisher = js.publisher(10);
    for number in 0..50 {
        publisher.publish(Message::new("orders.x", "")).await.expect("connected");
        assert!(publisher.outstanding() <= 10, "{number}");
    }
    publisher.publish(Message::new("nowhere", "")).await.expect("connected");
    let mut acked = Vec::new();
    while let Some((number, ack)) = publisher.next_ack().await {
        acked.push((number, ack.map(|ack| ack.seq)));
    }
    acked.sort_by_key(|(number, _)| *number);
    let stored: Vec<_> = (0..50).map(|number| (number, Ok(number + 1))).collect();
    assert_eq!(acked[..50], stored[..]);
    assert_eq!(acked[50], (50, Err(Error::NoResponders)));
}

async fn reading(driver: Driver) {
    let (_client, js) = orders(&driver, 3).await;
    let stored = js.message("ORDERS", 2).await.expect("stored");
    let read = StreamMessage::from_stored("ORDERS", stored).expect("base64");
    assert_eq!((&*read.subject, read.seq, &read.payload[..]), ("orders.1", 2, &b"1"[..]));
    let direct = js.direct_message("ORDERS", &one(2)).await.expect("allowed");
    assert_eq!(direct, read);
    assert_eq!(js.direct_last_message("ORDERS", "orders.1").await.expect("allowed"), read);
    assert_eq!(js.last_message("ORDERS", "orders.*").await.expect("stored").seq, 3);
    assert_eq!(js.direct_last_message("ORDERS", "orders.9").await.map_err(api_code), Err(10037));
    let batch = DirectGetRequest { one: GetMessageRequest { seq: 1, ..Default::default() }, batch: 5, ..one(1) };
    let batch = js.direct_messages("ORDERS", &batch).await.expect("allowed");
    assert_eq!(batch.iter().map(|message| message.seq).collect::<Vec<_>>(), [1, 2, 3]);
    js.delete_message("ORDERS", 2).await.expect("allowed");
    assert_eq!(js.message("ORDERS", 2).await.map_err(api_code), Err(10037));
}

fn one(seq: u64) -> DirectGetRequest {
    DirectGetRequest { one: GetMessageRequest { seq, ..Default::default() }, ..Default::default() }
}

async fn consumers(driver: Driver) {
    let (client, js) = orders(&driver, 3).await;
    worker(&js, ConsumerConfig { filter_subject: "orders.1".into(), ..Default::default() }).await;
    let ephemeral = CreateConsumerRequest { stream_name: "ORDERS".into(), ..Default::default() };
    let ephemeral = js.create_consumer(&ephemeral).await.expect("a new consumer");
    assert_eq!((ephemeral.name.len(), ephemeral.num_pending), (8, 3));
    let mut names = vec![ephemeral.name.clone(), "W".to_owned()];
    names.sort();
    assert_eq!(js.consumer_names("ORDERS").await.expect("listed"), names);
    assert_eq!(js.consumers("ORDERS").await.expect("listed").len(), 2);
    assert_eq!(js.consumer_info("ORDERS", "W").await.expect("exists").num_pending, 1);
    let until = client.timers().now() + Duration::from_secs(600);
    assert!(js.pause_consumer("ORDERS", "W", Some(until)).await.expect("allowed").paused);
    assert!(js.consumer_info("ORDERS", "W").await.expect("exists").paused);
    assert!(!js.pause_consumer("ORDERS", "W", None).await.expect("allowed").paused);
    js.delete_consumer("ORDERS", "W").await.expect("exists");
    assert_eq!(js.consumer_info("ORDERS", "W").await.map_err(api_code), Err(10014));
}

async fn pulling(driver: Driver) {
    let (_client, js) = orders(&driver, 3).await;
    worker(&js, ConsumerConfig::default()).await;
    let pull = |batch, expires| PullRequest { batch, expires, ..Default::default() };
    let some = js.fetch("ORDERS", "W", &pull(2, Duration::from_secs(1).into())).await.expect("a pull consumer");
    assert_eq!((some.messages.len(), some.end), (2, BatchEnd::Filled));
    let info = DeliveryInfo::of(&some.messages[1]).expect("a delivery");
    assert_eq!((info.stream.as_str(), info.consumer.as_str()), ("ORDERS", "W"));
    assert_eq!((info.stream_seq, info.consumer_seq, info.deliveries, info.num_pending), (2, 2, 1, 1));
    let rest = PullRequest { no_wait: true, ..pull(5, Default::default()) };
    let rest = js.fetch("ORDERS", "W", &rest).await.expect("a pull consumer");
    assert_eq!((rest.messages.len(), rest.end), (1, BatchEnd::NoMessages));
    let nothing = js.fetch("ORDERS", "W", &pull(1, Duration::from_millis(100).into())).await.expect("a pull consumer");
    assert_eq!((nothing.messages.len(), nothing.end), (0, BatchEnd::Timeout));
    assert_eq!(js.next_message("ORDERS", "nope", Duration::from_secs(1)).await, Err(Error::NoResponders));
    assert_eq!(js.next_message("ORDERS", "W", Duration::from_millis(100)).await, Err(Error::Timeout));
}

async fn answering(driver: Driver) {
    let (client, js) = orders(&driver, 4).await;
    worker(&js, ConsumerConfig::default()).await;
    let next = || js.next_message("ORDERS", "W", Duration::from_secs(2));
    js.ack_sync(&next().await.expect("stored")).await.expect("taken in");
    let second = next().await.expect("stored");
    js.answer_sync(&second, &Ack::Nak { delay: None }).await.expect("taken in");
    let again = next().await.expect("redelivered");
    assert_eq!(DeliveryInfo::of(&again).map(|info| (info.stream_seq, info.deliveries)), Some((2, 2)));
    js.in_progress(&again).expect("connected");
    js.answer_sync(&again, &Ack::Term { reason: Some("bad".into()) }).await.expect("taken in");
    let third = next().await.expect("stored");
    let inbox = client.new_inbox();
    let mut heard = client.subscribe(&inbox, None).expect("valid");
    js.ack_next(&third, &PullRequest { batch: 1, ..Default::default() }, &inbox).expect("connected");
    let fourth = heard.next().await.expect("stored");
    let before = client.timers().now();
    js.nak(&fourth, Some(Duration::from_millis(300))).expect("connected");
    js.ack_sync(&next().await.expect("redelivered")).await.expect("taken in");
    assert!(client.timers().now().since(before) >= Duration::from_millis(290));
    let info = js.consumer_info("ORDERS", "W").await.expect("exists");
    assert_eq!((info.num_ack_pending, info.ack_floor.stream_seq), (0, 4));
    assert_eq!(js.ack(&Message::new("x", "")), Err(Error::NoReply));
}

async fn consuming(driver: Driver) {
    let (_client, js) = orders(&driver, 25).await;
    worker(&js, ConsumerConfig::default()).await;
    let options = ConsumeOptions {
        batch: 4,
        expires: Duration::from_secs(1),
        heartbeat: Duration::from_millis(400),
        ..ConsumeOptions::default()
    };
    let mut consumption = js.consume("ORDERS", "W", options).expect("connected");
    for seq in 1..=25 {
        let message = consumption.next().await.expect("no error").expect("stored");
        assert_eq!(DeliveryInfo::of(&message).map(|info| info.stream_seq), Some(seq));
        js.ack(&message).expect("connected");
    }
    // Longer than a request lives: what comes then was asked for anew.
    js.client().timers().sleep(Duration::from_millis(100)).await;
    let later = async {
        js.client().timers().sleep(Duration::from_millis(2500)).await;
        js.publish(Message::new("orders.late", "")).await.expect("stored");
    };
    let (message, ()) = futures::join!(consumption.next(), later);
    assert_eq!(&*message.expect("no error").expect("stored").subject, "orders.late");
    let deleting = async { js.delete_consumer("ORDERS", "W").await.expect("exists") };
    let (end, ()) = futures::join!(consumption.next(), deleting);
    assert_eq!(end, Err(Error::Pull("Consumer Deleted".to_owned())));
}

async fn consuming_so_many(driver: Driver) {
    let (_client, js) = orders(&driver, 25).await;
    worker(&js, ConsumerConfig::default()).await;
    let options = ConsumeOptions { batch: 4, stop_after: Some(7), ..ConsumeOptions::default() };
    let mut consumption = js.consume("ORDERS", "W", options).expect("connected");
    for _ in 0..7 {
        consumption.next().await.expect("no error").expect("stored");
    }
    let delivered = js.consumer_info("ORDERS", "W").await.expect("exists").delivered;
    assert_eq!(delivered.stream_seq, 7);
}

async fn consuming_again(driver: Driver) {
    let (_client, js) = orders(&driver, 2).await;
    worker(&js, ConsumerConfig::default()).await;
    let mut consumption = js.consume("ORDERS", "W", ConsumeOptions::default()).expect("connected");
    for _ in 0..2 {
        js.ack_sync(&consumption.next().await.expect("no error").expect("stored")).await.expect("taken in");
    }
    driver.cut(0);
    driver.reconnect(0);
    let publishing = async {
        js.client().connected().await.expect("the server is still there");
        js.publish(Message::new("orders.2", "")).await.expect("stored");
    };
    let (next, ()) = futures::join!(consumption.next(), publishing);
    assert_eq!(&*next.expect("no error").expect("stored").subject, "orders.2");
}

async fn pushing(driver: Driver) {
    let (_client, js) = orders(&driver, 2).await;
    let mut pushed = js.subscribe_push("deliver.here", None).expect("valid");
    let config = ConsumerConfig {
        deliver_subject: "deliver.here".into(),
        idle_heartbeat: Duration::from_millis(200).into(),
        flow_control: true,
        ..ConsumerConfig::default()
    };
    let request = CreateConsumerRequest { stream_name: "ORDERS".into(), config, ..Default::default() };
    js.create_consumer(&request).await.expect("a new consumer");
    assert_eq!(&*pushed.next().await.expect("stored").subject, "orders.0");
    assert_eq!(&*pushed.next().await.expect("stored").subject, "orders.1");
    js.client().timers().sleep(Duration::from_millis(700)).await;
    js.publish(Message::new("orders.2", "")).await.expect("stored");
    assert_eq!(&*pushed.next().await.expect("not a heartbeat").subject, "orders.2");
}

async fn ordered(driver: Driver) {
    let (_client, js) = orders(&driver, 5).await;
    let mut reader = js.ordered("ORDERS", OrderedOptions::default()).await.expect("allowed");
    assert_eq!(reader.pending_at_start(), 5);
    for seq in 1..=5 {
        let (_, info) = reader.next().await.expect("no error").expect("stored");
        assert_eq!((info.stream_seq, info.num_pending), (seq, 5 - seq));
    }
    for name in js.consumer_names("ORDERS").await.expect("listed") {
        js.delete_consumer("ORDERS", &name).await.expect("exists");
    }
    js.publish(Message::new("orders.5", "")).await.expect("stored");
    let (_, info) = reader.next().await.expect("made anew").expect("stored");
    assert_eq!((info.stream_seq, info.consumer_seq), (6, 1));
    reader.delete().await.expect("exists");
    assert_eq!(js.consumer_names("ORDERS").await.expect("listed").len(), 0);
    let options = OrderedOptions {
        filters: vec!["orders.1".into(), "orders.3".into()],
        deliver_policy: DeliverPolicy::LastPerSubject,
        headers_only: true,
        ..OrderedOptions::default()
    };
    let mut reader = js.ordered("ORDERS", options).await.expect("allowed");
    for seq in [2, 4] {
        let (message, info) = reader.next().await.expect("no error").expect("stored");
        assert_eq!((info.stream_seq, message.header("Nats-Msg-Size")), (seq, Some("1")));
    }
}
