//! Core NATS: publish, subscribe, queue groups, request and reply.

use crate::harness::{Checked, check, connect, fails, hold, millis, same, take, text, until};
use async_nats::{Client, HeaderMap, Request, RequestErrorKind};
use bytes::Bytes;
use futures::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const LARGEST: usize = 1024 * 1024;

pub async fn checks(client: &Client, address: &str) {
    check("core", "a message arrives whole, with its headers", whole(client)).await;
    check("core", "wildcards, and unsubscribing after a number of messages", wild(client)).await;
    check("core", "1,000 messages in order across two connections", order(client, address)).await;
    check("core", "a queue group shares the work", queue(client)).await;
    check("core", "requests are answered, each with its own answer", request(client)).await;
    check("core", "a request that nobody hears fails at once", nobody(client)).await;
    check("core", "a request that nobody answers times out", silent(client)).await;
    check("core", "a payload of 1 MB passes and a larger one is refused", big(client)).await;
    check("core", "flush and drain", drain(client, address)).await;
}

async fn whole(client: &Client) -> Checked {
    let mut sub = client.subscribe("core.whole.>").await?;
    let mut headers = HeaderMap::new();
    headers.append("Color", "red");
    headers.append("Color", "blue");
    client.publish_with_reply_and_headers("core.whole.a", "back.here", headers.clone(), "hello".into()).await?;
    let msg = take(&mut sub, 1).await?.remove(0);
    same(msg.subject.as_str(), "core.whole.a")?;
    same(msg.payload.as_ref(), b"hello")?;
    same(msg.reply.as_deref(), Some("back.here"))?;
    same(msg.headers, Some(headers))
}

async fn wild(client: &Client) -> Checked {
    let mut sub = client.subscribe("core.wild.*.end").await?;
    sub.unsubscribe_after(2).await?;
    for subject in ["core.wild.a.end", "core.wild.a.b.end", "core.wild.b.end", "core.wild.c.end"] {
        client.publish(subject, Bytes::new()).await?;
    }
    let got: Vec<String> = sub.map(|msg| msg.subject.to_string()).collect().await;
    same(got, ["core.wild.a.end", "core.wild.b.end"])
}

async fn order(client: &Client, address: &str) -> Checked {
    let other = connect(address).await?;
    let mut sub = other.subscribe("core.order").await?;
    other.flush().await?;
    // A request of the other connection has been answered: its subscription stands.
    let _ = other.request("core.order.nobody", Bytes::new()).await;
    for n in 0..1000 {
        client.publish("core.order", n.to_string().into()).await?;
    }
    let got: Vec<String> = take(&mut sub, 1000).await?.iter().map(|msg| text(&msg.payload)).collect();
    same(got, (0..1000).map(|n| n.to_string()).collect::<Vec<_>>())
}

async fn queue(client: &Client) -> Checked {
    let counts = [0; 3].map(|_| Arc::new(AtomicUsize::new(0)));
    for count in counts.clone() {
        let mut sub = client.queue_subscribe("core.queue", "q".to_owned()).await?;
        tokio::spawn(async move {
            while sub.next().await.is_some() {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    for _ in 0..300 {
        client.publish("core.queue", Bytes::new()).await?;
    }
    let shares = || counts.each_ref().map(|count| count.load(Ordering::Relaxed));
    until("all of them", async || Ok(shares().iter().sum::<usize>() >= 300)).await?;
    same(shares().iter().sum::<usize>(), 300)?;
    hold(shares().iter().all(|share| *share > 30), shares())
}

async fn request(client: &Client) -> Checked {
    let mut sub = client.subscribe("core.ask").await?;
    let answering = client.clone();
    tokio::spawn(async move {
        while let Some(msg) = sub.next().await {
            if let Some(reply) = msg.reply {
                let _ = answering.publish(reply, format!("you said {}", text(&msg.payload)).into()).await;
            }
        }
    });
    same(client.request("core.ask", "hi".into()).await?.payload.as_ref(), b"you said hi")?;
    let inbox = Request::new().payload("ho".into()).inbox(client.new_inbox());
    same(client.send_request("core.ask", inbox).await?.payload.as_ref(), b"you said ho")?;
    let many = (0..200).map(|n| client.request("core.ask", n.to_string().into()));
    for (n, answer) in futures::future::join_all(many).await.into_iter().enumerate() {
        same(text(&answer?.payload), format!("you said {n}"))?;
    }
    Ok(())
}

async fn nobody(client: &Client) -> Checked {
    let error = fails(client.request("core.nobody", Bytes::new()).await)?;
    same(error.kind(), RequestErrorKind::NoResponders)
}

async fn silent(client: &Client) -> Checked {
    let _sub = client.subscribe("core.silent").await?;
    let request = Request::new().timeout(Some(millis(300)));
    same(fails(client.send_request("core.silent", request).await)?.kind(), RequestErrorKind::TimedOut)
}

async fn big(client: &Client) -> Checked {
    same(client.server_info().max_payload, LARGEST)?;
    let mut sub = client.subscribe("core.big").await?;
    client.publish("core.big", vec![7; LARGEST].into()).await?;
    let got = take(&mut sub, 1).await?;
    hold(got[0].payload.len() == LARGEST && got[0].payload.iter().all(|byte| *byte == 7), "the bytes differ")?;
    fails(client.publish("core.big", vec![7; LARGEST + 1].into()).await).map(|_| ())
}

async fn drain(client: &Client, address: &str) -> Checked {
    let other = connect(address).await?;
    let sub = other.subscribe("core.drain").await?;
    let _ = other.request("core.drain.nobody", Bytes::new()).await;
    for n in 0..100 {
        client.publish("core.drain", n.to_string().into()).await?;
    }
    client.flush().await?;
    let _ = client.request("core.drain.nobody", Bytes::new()).await;
    other.drain().await?;
    same(sub.count().await, 100)
}
