//! What a client notices when its connection is cut: nothing is lost that the server had.

use crate::harness::{Checked, Cuttable, check, hold, millis, same, take, text, until};
use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::{kv, stream};
use async_nats::{Client, ConnectOptions, Event, jetstream};
use bytes::Bytes;
use futures::StreamExt;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A client on a wire that can be cut, and how often it was lost and came back.
struct Near {
    client: Client,
    wire: Cuttable,
    lost: Arc<AtomicUsize>,
    back: Arc<AtomicUsize>,
}

pub async fn checks(direct: &Client, address: &str) -> Checked {
    let wire = Cuttable::start(address).await?;
    let (lost, back) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (losing, coming) = (lost.clone(), back.clone());
    let options = ConnectOptions::new().reconnect_delay_callback(|_| millis(100)).event_callback(move |event| {
        match event {
            Event::Connected => coming.fetch_add(1, Ordering::Relaxed),
            Event::Disconnected => losing.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        async {}
    });
    let client = options.connect(wire.address.as_str()).await?;
    let near = Near { client, wire, lost, back };
    until("connected", async || Ok(near.came_back() == 1)).await?;
    check("reconnect", "subscriptions and requests live on", subscriptions(direct, &near)).await;
    check("reconnect", "what is published while away is sent on return", away(direct, &near)).await;
    check("reconnect", "consume, ordered and watch go on where they were", goes_on(direct, &near)).await;
    Ok(())
}

impl Near {
    fn came_back(&self) -> usize {
        self.back.load(Ordering::Relaxed)
    }

    async fn cut(&self) -> Checked {
        let before = self.came_back();
        self.wire.cut();
        until("connected again", async || Ok(self.came_back() > before)).await
    }
}

async fn subscriptions(direct: &Client, near: &Near) -> Checked {
    let mut sub = near.client.subscribe("again.a").await?;
    let mut asked = near.client.subscribe("again.ask").await?;
    let answering = near.client.clone();
    tokio::spawn(async move {
        while let Some(msg) = asked.next().await {
            if let Some(reply) = msg.reply {
                let _ = answering.publish(reply, "here".into()).await;
            }
        }
    });
    let _ = near.client.request("again.nobody", Bytes::new()).await;
    near.cut().await?;
    hold(near.lost.load(Ordering::Relaxed) >= 1, "the loss went unnoticed")?;
    let _ = near.client.request("again.nobody", Bytes::new()).await;
    direct.publish("again.a", "after".into()).await?;
    same(text(&take(&mut sub, 1).await?[0].payload), "after")?;
    same(text(&direct.request("again.ask", Bytes::new()).await?.payload), "here")?;
    same(text(&near.client.request("again.ask", Bytes::new()).await?.payload), "here")
}

async fn away(direct: &Client, near: &Near) -> Checked {
    let mut sub = direct.subscribe("away").await?;
    let _ = direct.request("away.nobody", Bytes::new()).await;
    let (lost, before) = (near.lost.load(Ordering::Relaxed), near.came_back());
    near.wire.refuse(true);
    near.wire.cut();
    until("noticed", async || Ok(near.lost.load(Ordering::Relaxed) > lost)).await?;
    for n in 0..10 {
        near.client.publish("away", n.to_string().into()).await?;
    }
    near.wire.refuse(false);
    until("connected again", async || Ok(near.came_back() > before)).await?;
    let got: Vec<String> = take(&mut sub, 10).await?.iter().map(|msg| text(&msg.payload)).collect();
    same(got, (0..10).map(|n| n.to_string()).collect::<Vec<_>>())
}

async fn goes_on(direct: &Client, near: &Near) -> Checked {
    let (js, far) = (jetstream::new(near.client.clone()), jetstream::new(direct.clone()));
    let config = stream::Config { name: "ON".to_owned(), subjects: vec!["on".to_owned()], ..Default::default() };
    let stream = js.create_stream(config).await?;
    let bucket = js.create_key_value(kv::Config { bucket: "on".to_owned(), ..Default::default() }).await?;
    let consumer = pull::Config { durable_name: Some("w".to_owned()), ack_wait: millis(2000), ..Default::default() };
    let consumer = stream.create_consumer(consumer).await?;
    let mut pulled = consumer.stream().expires(millis(2000)).heartbeat(millis(500)).messages().await?;
    let mut ordered = stream.create_consumer(pull::OrderedConfig::default()).await?.messages().await?;
    let mut watch = bucket.watch_with_history(">").await?;
    let got: [Arc<Mutex<Vec<u64>>>; 3] = Default::default();
    let note = |n: usize| {
        let list = got[n].clone();
        move |seq: u64| list.lock().expect("nobody panics while holding it").push(seq)
    };
    let (pull_notes, ordered_notes, watch_notes) = (note(0), note(1), note(2));
    // What is told of the cut itself is not what is checked: what arrives is.
    let tasks = [
        tokio::spawn(async move {
            while let Some(msg) = pulled.next().await {
                if let Ok(msg) = msg {
                    pull_notes(msg.info().map_or(0, |info| info.stream_sequence));
                    let _ = msg.ack().await;
                }
            }
        }),
        tokio::spawn(async move {
            while let Some(msg) = ordered.next().await {
                if let Ok(msg) = msg {
                    ordered_notes(msg.info().map_or(0, |info| info.stream_sequence));
                }
            }
        }),
        tokio::spawn(async move {
            while let Some(entry) = watch.next().await {
                if let Ok(entry) = entry {
                    watch_notes(entry.revision);
                }
            }
        }),
    ];
    let far_bucket = far.get_key_value("on").await?;
    for n in 0..60 {
        far.publish("on", n.to_string().into()).await?.await?;
        far_bucket.put(format!("k.{n}"), "v".into()).await?;
        if n % 20 == 10 {
            near.cut().await?;
        }
    }
    let seen = || got.each_ref().map(|list| list.lock().expect("nobody panics while holding it").clone());
    let whole = |list: &Vec<u64>| list.iter().collect::<BTreeSet<_>>().len() == 60;
    let complete = until("everything", async || Ok(seen().iter().all(whole))).await;
    let lists = seen();
    complete.map_err(|error| format!("{error}: pulled, ordered, watched {:?}", lists.each_ref().map(Vec::len)))?;
    tasks.iter().for_each(|task| task.abort());
    let wanted: Vec<u64> = (1..=60).collect();
    same(&lists[1], &wanted)?;
    same(&lists[2], &wanted)
}
