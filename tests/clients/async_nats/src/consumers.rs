//! Consumers: their management and every way to consume. Row D-303 of the checklist.

use crate::harness::{Checked, check, fails, hold, millis, numbers, same, take, take_ok, text, until};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull, push};
use async_nats::jetstream::{Context, Message, stream};
use async_nats::{Client, jetstream};
use bytes::Bytes;
use futures::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

type Stream = stream::Stream<stream::Info>;

pub async fn checks(client: &Client) -> Checked {
    let js = jetstream::new(client.clone());
    let stream = new_stream(&js, "C", "c.*").await?;
    for n in 1..=200 {
        let subject = if n % 2 == 1 { "c.odd" } else { "c.even" };
        js.publish(subject, n.to_string().into()).await?.await?;
    }
    check("consumers", "add, info, update, list, pause, resume, delete", managed(&stream)).await;
    check("consumers", "next: a message with what the server knows of it, or nothing", next(&stream)).await;
    check("consumers", "fetch and batch: by number, by bytes, and what there is when time is over", fetch(&stream))
        .await;
    check("consumers", "consume: everything there is and everything that comes", consume(&js, &stream)).await;
    check("consumers", "two that consume share the work", shared(&stream)).await;
    check("consumers", "consume goes on over many expired pulls and hears heartbeats", idle(&js)).await;
    check("consumers", "consume is told when its consumer is deleted", doomed(&stream)).await;
    check("consumers", "ordered: in order, from anywhere, again after the consumer is lost", ordered(&stream)).await;
    check("consumers", "push: bound, in a queue group, and ordered", push(client, &stream)).await;
    check("consumers", "push with flow control and heartbeats carries 5,000 messages", flow(client, &js)).await;
    check("consumers", "headers only, last per subject, last, by start time", kinds(&js)).await;
    Ok(())
}

async fn new_stream(js: &Context, name: &str, subject: &str) -> Checked<Stream> {
    let subjects = vec![subject.to_owned()];
    Ok(js.create_stream(stream::Config { name: name.to_owned(), subjects, ..Default::default() }).await?)
}

async fn durable(stream: &Stream, name: &str, config: pull::Config) -> Checked<PullConsumer> {
    Ok(stream.create_consumer(pull::Config { durable_name: Some(name.to_owned()), ..config }).await?)
}

async fn acked(messages: Vec<Message>) -> Checked<Vec<String>> {
    let mut got = Vec::new();
    for msg in messages {
        msg.ack().await?;
        got.push(text(&msg.payload));
    }
    Ok(got)
}

async fn managed(stream: &Stream) -> Checked {
    let first = durable(stream, "managed", pull::Config { max_ack_pending: 7, ..Default::default() }).await?;
    same((first.cached_info().num_pending, first.cached_info().config.max_ack_pending), (200, 7))?;
    let config = pull::Config {
        durable_name: Some("managed".to_owned()),
        max_ack_pending: 9,
        description: Some("more".to_owned()),
        ..Default::default()
    };
    let updated = stream.update_consumer(config.clone()).await?;
    same(updated.cached_info().config.max_ack_pending, 9)?;
    fails(stream.create_consumer_strict(pull::Config { max_ack_pending: 3, ..config }).await.map(|_| ()))?;
    same(take_ok(&mut stream.consumer_names(), 1).await?, ["managed"])?;
    same(take_ok(&mut stream.consumers(), 1).await?[0].name.as_str(), "managed")?;
    let hour = Duration::from_secs(3600);
    let paused = stream.pause_consumer("managed", stream.cached_info().created + hour).await?;
    hold(paused.paused && stream.consumer_info("managed").await?.paused, "not paused")?;
    hold(!stream.resume_consumer("managed").await?.paused, "still paused")?;
    hold(stream.delete_consumer("managed").await?.success, "not deleted")?;
    let error = fails(stream.consumer_info("managed").await)?;
    hold(format!("{error:?}").contains("NotFound"), error)
}

async fn next(stream: &Stream) -> Checked {
    let even = pull::Config { filter_subject: "c.even".to_owned(), ..Default::default() };
    let consumer = durable(stream, "next", even).await?;
    let msg =
        take(&mut consumer.batch().max_messages(1).expires(millis(5000)).messages().await?, 1).await?.remove(0)?;
    let info = msg.info()?;
    let told = (text(&msg.payload), info.stream, info.consumer, info.stream_sequence, info.consumer_sequence);
    same(told, ("2".to_owned(), "C", "next", 2, 1))?;
    same((info.delivered, info.pending), (1, 99))?;
    msg.ack().await?;
    let none = pull::Config { filter_subject: "c.none".to_owned(), ..Default::default() };
    let none = durable(stream, "none", none).await?;
    same(none.batch().max_messages(1).expires(millis(1000)).messages().await?.count().await, 0)
}

async fn fetch(stream: &Stream) -> Checked {
    let late = DeliverPolicy::ByStartSequence { start_sequence: 101 };
    let consumer = durable(stream, "fetch", pull::Config { deliver_policy: late, ..Default::default() }).await?;
    let fetched = async |count, wait| -> Checked<Vec<String>> {
        let got: Vec<_> = match wait {
            None => consumer.fetch().max_messages(count).messages().await?.collect().await,
            Some(expires) => consumer.batch().max_messages(count).expires(expires).messages().await?.collect().await,
        };
        acked(got.into_iter().collect::<Result<_, _>>()?).await
    };
    same(fetched(40, None).await?, numbers(101, 140))?;
    same(fetched(40, Some(millis(10_000))).await?, numbers(141, 180))?;
    same(fetched(40, Some(millis(1000))).await?, numbers(181, 200))?;
    same(fetched(5, None).await?, Vec::<String>::new())?;
    let bytes = durable(stream, "bytes", pull::Config::default()).await?;
    let few = bytes.batch().max_messages(200).max_bytes(400).expires(millis(1000)).messages().await?;
    let few: Vec<Message> = few.filter_map(async |msg| msg.ok()).collect().await;
    hold(few.len() > 1 && few.len() < 20, few.len())?;
    until("all acknowledged", async || Ok(consumer.get_info().await?.num_ack_pending == 0)).await?;
    let info = consumer.get_info().await?;
    same((info.num_pending, info.ack_floor.stream_sequence, info.ack_floor.consumer_sequence), (0, 200, 100))
}

async fn consume(js: &Context, stream: &Stream) -> Checked {
    let consumer = durable(stream, "consume", pull::Config::default()).await?;
    let mut messages = consumer.stream().max_messages_per_batch(30).expires(millis(5000)).messages().await?;
    same(acked(take_ok(&mut messages, 200).await?).await?, numbers(1, 200))?;
    for n in 201..=205 {
        js.publish("c.odd", n.to_string().into()).await?.await?;
    }
    same(acked(take_ok(&mut messages, 5).await?).await?, numbers(201, 205))?;
    for n in 201..=205 {
        stream.delete_message(n).await?;
    }
    Ok(())
}

async fn shared(stream: &Stream) -> Checked {
    let consumer = durable(stream, "shared", pull::Config::default()).await?;
    let mut both = [
        consumer.stream().max_messages_per_batch(10).messages().await?,
        consumer.stream().max_messages_per_batch(10).messages().await?,
    ];
    let mut shares = [0, 0];
    let mut got = Vec::new();
    while got.len() < 200 {
        for (messages, share) in both.iter_mut().zip(&mut shares) {
            if let Ok(Some(msg)) = tokio::time::timeout(millis(200), messages.next()).await {
                got.extend(acked(vec![msg?]).await?);
                *share += 1;
            }
        }
    }
    got.sort();
    let mut wanted = numbers(1, 200);
    wanted.sort();
    same(got, wanted)?;
    hold(shares.iter().all(|share| *share > 20), shares)
}

async fn idle(js: &Context) -> Checked {
    let stream = new_stream(js, "IDLE", "IDLE.>").await?;
    let consumer = durable(&stream, "w", pull::Config::default()).await?;
    let mut messages = consumer.stream().expires(millis(1000)).heartbeat(millis(400)).messages().await?;
    let publish = async {
        tokio::time::sleep(millis(3500)).await;
        js.publish("IDLE.a", "late".into()).await?.await?;
        Checked::Ok(())
    };
    let (got, published) = tokio::join!(take_ok(&mut messages, 1), publish);
    published?;
    same(text(&got?[0].payload), "late")
}

async fn doomed(stream: &Stream) -> Checked {
    let consumer = durable(stream, "doomed", pull::Config::default()).await?;
    let mut messages = consumer.stream().max_messages_per_batch(500).expires(millis(5000)).messages().await?;
    take_ok(&mut messages, 200).await?;
    stream.delete_consumer("doomed").await?;
    let error = fails(take(&mut messages, 1).await?.remove(0))?;
    hold(error.to_string().contains("consumer deleted"), error)
}

async fn ordered(stream: &Stream) -> Checked {
    let even = pull::OrderedConfig { filter_subject: "c.even".to_owned(), ..Default::default() };
    let mut messages = stream.create_consumer(even).await?.messages().await?;
    let got = take_ok(&mut messages, 10).await?;
    same(
        got.iter().map(|msg| text(&msg.payload)).collect::<Vec<_>>(),
        numbers(1, 20).into_iter().skip(1).step_by(2).collect::<Vec<_>>(),
    )?;
    let late = DeliverPolicy::ByStartSequence { start_sequence: 190 };
    let late = pull::OrderedConfig { deliver_policy: late, max_batch: 4, ..Default::default() };
    let mut messages = stream.create_consumer(late).await?.messages().await?;
    let mut seqs = Vec::new();
    while seqs.len() < 11 {
        let msg = take_ok(&mut messages, 1).await?.remove(0);
        seqs.push(msg.info()?.stream_sequence);
        if seqs.len() == 5 {
            stream.delete_consumer(msg.info()?.consumer).await?;
        }
    }
    same(seqs, (190..=200).collect::<Vec<_>>())
}

async fn push(client: &Client, stream: &Stream) -> Checked {
    let config = |name: &str, to: &str, group: Option<&str>| push::Config {
        durable_name: Some(name.to_owned()),
        deliver_subject: to.to_owned(),
        deliver_group: group.map(str::to_owned),
        ..Default::default()
    };
    let consumer = stream.create_consumer(config("push", "to.push", None)).await?;
    let mut messages = consumer.messages().await?;
    same(acked(take_ok(&mut messages, 200).await?).await?, numbers(1, 200))?;
    until("all acknowledged", async || Ok(consumer.get_info().await?.ack_floor.stream_sequence == 200)).await?;
    let shares = [0; 2].map(|_| Arc::new(AtomicUsize::new(0)));
    for share in shares.clone() {
        let mut sub = client.queue_subscribe("to.group", "g".to_owned()).await?;
        let client = client.clone();
        tokio::spawn(async move {
            while let Some(msg) = sub.next().await {
                share.fetch_add(1, Ordering::Relaxed);
                if let Some(reply) = msg.reply {
                    let _ = client.publish(reply, Bytes::from_static(b"+ACK")).await;
                }
            }
        });
    }
    let _ = client.request("to.nobody", Bytes::new()).await;
    stream.create_consumer(config("group", "to.group", Some("g"))).await?;
    let counts = || shares.each_ref().map(|share| share.load(Ordering::Relaxed));
    until("the group has all", async || Ok(counts().iter().sum::<usize>() == 200)).await?;
    hold(counts().iter().all(|count| *count > 20), counts())?;
    let ordered = push::OrderedConfig { deliver_subject: client.new_inbox(), ..Default::default() };
    let mut messages = stream.create_consumer(ordered).await?.messages().await?;
    let got = take_ok(&mut messages, 200).await?;
    same(got.iter().map(|msg| text(&msg.payload)).collect::<Vec<_>>(), numbers(1, 200))
}

async fn flow(client: &Client, js: &Context) -> Checked {
    let stream = new_stream(js, "FLOW", "flow").await?;
    let mut acks = Vec::new();
    for _ in 0..5000 {
        acks.push(js.publish("flow", vec![0; 200].into()).await?);
    }
    for ack in acks {
        ack.await?;
    }
    let config = push::Config {
        durable_name: Some("f".to_owned()),
        deliver_subject: client.new_inbox(),
        ack_policy: AckPolicy::None,
        flow_control: true,
        idle_heartbeat: millis(1000),
        ..Default::default()
    };
    let mut messages = stream.create_consumer(config).await?.messages().await?;
    for (msg, seq) in take_ok(&mut messages, 5000).await?.into_iter().zip(1..) {
        same(msg.info()?.stream_sequence, seq)?;
    }
    Ok(())
}

async fn kinds(js: &Context) -> Checked {
    let stream = new_stream(js, "KINDS", "kinds.*").await?;
    for n in 1..=4 {
        js.publish(format!("kinds.{}", n % 2), format!("value {n}").into()).await?.await?;
    }
    let some = async |name: &str, count: usize, config: pull::Config| -> Checked<Vec<Message>> {
        let config = pull::Config { ack_policy: AckPolicy::None, filter_subject: "kinds.*".to_owned(), ..config };
        let consumer = durable(&stream, name, config).await?;
        take_ok(&mut consumer.batch().max_messages(count).expires(millis(3000)).messages().await?, count).await
    };
    let bare = some("bare", 1, pull::Config { headers_only: true, ..Default::default() }).await?;
    let size = bare[0].headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Size")).map(|value| value.as_str());
    same((bare[0].payload.len(), size), (0, Some("7")))?;
    let from = |deliver_policy| pull::Config { deliver_policy, ..Default::default() };
    let last = some("last", 2, from(DeliverPolicy::LastPerSubject)).await?;
    same(last.iter().map(|msg| text(&msg.payload)).collect::<Vec<_>>(), ["value 3", "value 4"])?;
    same(text(&some("newest", 1, from(DeliverPolicy::Last)).await?[0].payload), "value 4")?;
    let start_time = stream.cached_info().created;
    same(some("since", 4, from(DeliverPolicy::ByStartTime { start_time })).await?.len(), 4)
}
