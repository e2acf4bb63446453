//! Every kind of acknowledgement, and what happens without one.

use crate::harness::{Checked, check, hold, millis, same, take, take_ok, text};
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{self, RetentionPolicy};
use async_nats::jetstream::{AckKind, Context, Message};
use async_nats::{Client, jetstream};
use futures::StreamExt;
use std::time::{Duration, Instant};

pub async fn checks(client: &Client) {
    let js = jetstream::new(client.clone());
    check("acks", "double ack is answered, and the work queue is empty", double(&js)).await;
    check("acks", "nak brings it back at once, nak with delay later", nak(&js)).await;
    check("acks", "what is not acknowledged comes again; in progress holds it off", wait(&js)).await;
    check("acks", "term ends it, max deliver gives up", term(&js)).await;
    check("acks", "ack all takes the earlier ones along; backoff sets the pace", all(&js)).await;
    check("acks", "max ack pending stops delivery until there is room", room(&js)).await;
    check("acks", "ack next brings the next message", ack_next(&js)).await;
}

async fn work(js: &Context, name: &str, config: pull::Config) -> Checked<PullConsumer> {
    let subjects = vec![format!("{name}.>")];
    let stream = js.create_stream(stream::Config { name: name.to_owned(), subjects, ..Default::default() }).await?;
    Ok(stream.create_consumer(pull::Config { durable_name: Some("w".to_owned()), ..config }).await?)
}

async fn put(js: &Context, subject: &str, payload: &str) -> Checked {
    js.publish(subject.to_owned(), payload.to_owned().into()).await?.await?;
    Ok(())
}

async fn one(consumer: &PullConsumer) -> Checked<Message> {
    let mut messages = consumer.batch().max_messages(1).expires(millis(10_000)).messages().await?;
    Ok(take_ok(&mut messages, 1).await?.remove(0))
}

/// How many come within the time.
async fn within(consumer: &PullConsumer, expires: Duration) -> Checked<usize> {
    Ok(consumer.batch().max_messages(1).expires(expires).messages().await?.count().await)
}

async fn messages(js: &Context, stream: &str) -> Checked<u64> {
    Ok(js.get_stream(stream).await?.cached_info().state.messages)
}

async fn double(js: &Context) -> Checked {
    let queue = stream::Config {
        name: "QUEUE".to_owned(),
        subjects: vec!["queue".to_owned()],
        retention: RetentionPolicy::WorkQueue,
        ..Default::default()
    };
    let stream = js.create_stream(queue).await?;
    let consumer = stream.create_consumer(pull::Config { durable_name: Some("w".to_owned()), ..Default::default() });
    let consumer = consumer.await?;
    put(js, "queue", "job").await?;
    let msg = one(&consumer).await?;
    same(messages(js, "QUEUE").await?, 1)?;
    msg.double_ack().await?;
    same(messages(js, "QUEUE").await?, 0)?;
    let info = consumer.get_info().await?;
    let counts = (info.num_ack_pending, info.ack_floor.stream_sequence, info.delivered.consumer_sequence);
    same(counts, (0, 1, 1))
}

async fn nak(js: &Context) -> Checked {
    let consumer = work(js, "NAK", pull::Config { ack_wait: millis(30_000), ..Default::default() }).await?;
    put(js, "NAK.a", "x").await?;
    one(&consumer).await?.ack_with(AckKind::Nak(None)).await?;
    let second = one(&consumer).await?;
    same(second.info()?.delivered, 2)?;
    let before = Instant::now();
    second.ack_with(AckKind::Nak(Some(millis(1500)))).await?;
    let third = one(&consumer).await?;
    hold(third.info()?.delivered == 3 && before.elapsed() >= millis(1400), before.elapsed())?;
    third.double_ack().await?;
    same(consumer.get_info().await?.num_redelivered, 0)
}

async fn wait(js: &Context) -> Checked {
    let consumer = work(js, "WAIT", pull::Config { ack_wait: millis(1500), ..Default::default() }).await?;
    put(js, "WAIT.a", "x").await?;
    let first = one(&consumer).await?;
    tokio::time::sleep(millis(1000)).await;
    first.double_ack_with(AckKind::Progress).await?;
    let before = Instant::now();
    let second = one(&consumer).await?;
    hold(second.info()?.delivered == 2 && before.elapsed() > millis(1200), before.elapsed())?;
    second.double_ack().await?;
    same(within(&consumer, millis(2000)).await?, 0)
}

async fn term(js: &Context) -> Checked {
    let config = pull::Config { ack_wait: millis(500), max_deliver: 2, ..Default::default() };
    let consumer = work(js, "TERM", config).await?;
    put(js, "TERM.a", "terminated").await?;
    one(&consumer).await?.ack_with(AckKind::Term).await?;
    put(js, "TERM.b", "given up").await?;
    same(text(&one(&consumer).await?.payload), "given up")?;
    same(one(&consumer).await?.info()?.delivered, 2)?;
    same(within(&consumer, millis(2000)).await?, 0)?;
    same(messages(js, "TERM").await?, 2)
}

async fn all(js: &Context) -> Checked {
    let consumer = work(js, "ALL", pull::Config { ack_policy: AckPolicy::All, ..Default::default() }).await?;
    for n in 0..5 {
        put(js, "ALL.a", &n.to_string()).await?;
    }
    let got = take_ok(&mut consumer.fetch().max_messages(5).messages().await?, 5).await?;
    got[3].double_ack().await?;
    let info = consumer.get_info().await?;
    same((info.num_ack_pending, info.ack_floor.stream_sequence), (1, 4))?;
    let config = pull::Config { backoff: vec![millis(500), millis(1500)], max_deliver: 3, ..Default::default() };
    let slow = work(js, "BACKOFF", config).await?;
    put(js, "BACKOFF.a", "x").await?;
    let mut times = Vec::new();
    for _ in 0..3 {
        one(&slow).await?;
        times.push(Instant::now());
    }
    let (first, second) = (times[1] - times[0], times[2] - times[1]);
    hold(first >= millis(450) && first < millis(1400) && second >= millis(1400), (first, second))
}

async fn room(js: &Context) -> Checked {
    let consumer = work(js, "ROOM", pull::Config { max_ack_pending: 2, ..Default::default() }).await?;
    for n in 0..4 {
        put(js, "ROOM.a", &n.to_string()).await?;
    }
    let got: Vec<_> = consumer.batch().max_messages(4).expires(millis(1000)).messages().await?.collect().await;
    let got = got.into_iter().collect::<Result<Vec<_>, _>>()?;
    same(got.iter().map(|msg| text(&msg.payload)).collect::<Vec<_>>(), ["0", "1"])?;
    got[0].double_ack().await?;
    same(text(&one(&consumer).await?.payload), "2")
}

async fn ack_next(js: &Context) -> Checked {
    let consumer = work(js, "NEXT", pull::Config::default()).await?;
    put(js, "NEXT.a", "one").await?;
    put(js, "NEXT.a", "two").await?;
    let first = one(&consumer).await?;
    let reply = first.reply.clone().ok_or("no ack subject")?;
    // The answer goes by the subject of the message, which the client's own requests would not recognise.
    let inbox = js.client().new_inbox();
    let mut answers = js.client().subscribe(inbox.clone()).await?;
    js.client().publish_with_reply(reply, inbox, "+NXT".into()).await?;
    same(text(&take(&mut answers, 1).await?[0].payload), "two")?;
    let info = consumer.get_info().await?;
    same((info.num_ack_pending, info.ack_floor.stream_sequence), (1, 1))
}
