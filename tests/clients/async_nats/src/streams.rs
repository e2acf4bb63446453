//! Streams: their management, publishing into them, reading and deleting single messages.

use crate::harness::{Checked, check, fails, hold, millis, same, take_ok, text};
use async_nats::jetstream::context::{GetStreamErrorKind, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, RetentionPolicy, StorageType};
use async_nats::jetstream::{Context, ErrorCode};
use async_nats::{Client, HeaderMap, jetstream};

const MANY: u64 = 10_000;

pub async fn checks(client: &Client) {
    let js = jetstream::new(client.clone());
    check("streams", "add, info, update, find, list, delete", managed(&js)).await;
    check("streams", "errors arrive with their codes", errors(&js)).await;
    check("streams", "account information counts", account(&js)).await;
    check("streams", "get, direct get and delete messages", read(&js)).await;
    check("streams", "purge all, by subject, keep, and up to a sequence", purge(&js)).await;
    check("publish", "acknowledged with stream and sequence, duplicates told", acked(&js)).await;
    check("publish", "expectations hold or refuse with their errors", expected(&js)).await;
    check("publish", "10,000 without waiting, each acknowledged with its own sequence", many(client)).await;
    check("publish", "a batch is stored as one", batch(&js)).await;
    check("publish", "a message with a time to live goes away", short(&js)).await;
}

fn config(name: &str, subjects: &[&str]) -> Config {
    let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
    Config { name: name.to_owned(), subjects, ..Config::default() }
}

async fn put(js: &Context, subject: &str, payload: &str) -> Checked<u64> {
    Ok(js.publish(subject.to_owned(), payload.to_owned().into()).await?.await?.sequence)
}

async fn managed(js: &Context) -> Checked {
    let first = Config { description: Some("one".to_owned()), max_messages: 5, ..config("MANAGED", &["managed.>"]) };
    let added = js.create_stream(&first).await?;
    same(added.cached_info().config.retention, RetentionPolicy::Limits)?;
    same(added.cached_info().state.messages, 0)?;
    let subjects = vec!["managed.>".to_owned(), "more.*".to_owned()];
    let updated = js.update_stream(Config { subjects: subjects.clone(), max_messages: 3, ..first }).await?;
    same(updated.config.subjects, subjects)?;
    same(updated.config.description.as_deref(), Some("one"))?;
    for n in 0..5 {
        put(js, &format!("managed.{n}"), "x").await?;
    }
    let mut stream = js.get_stream("MANAGED").await?;
    let state = stream.info().await?.state.clone();
    same((state.messages, state.first_sequence, state.subjects_count), (3, 3, 3))?;
    let mut told: Vec<(String, usize)> = take_ok(&mut stream.info_with_subjects(">").await?, 3).await?;
    told.sort();
    same(told, [2, 3, 4].map(|n| (format!("managed.{n}"), 1)))?;
    same(js.stream_by_subject("more.a").await?, "MANAGED")?;
    hold(take_ok(&mut js.stream_names(), 1).await?.contains(&"MANAGED".to_owned()), "not among the names")?;
    same(take_ok(&mut js.streams(), 1).await?[0].config.name.as_str(), "MANAGED")?;
    hold(js.delete_stream("MANAGED").await?.success, "not deleted")?;
    match fails(js.get_stream("MANAGED").await.map(|_| ()))?.kind() {
        GetStreamErrorKind::JetStream(error) => same(error.error_code(), ErrorCode::STREAM_NOT_FOUND),
        other => Err(format!("{other:?}").into()),
    }
}

async fn errors(js: &Context) -> Checked {
    js.create_stream(config("TAKEN", &["taken.*"])).await?;
    let code = |error: async_nats::Error| error.to_string();
    let overlap = fails(js.create_stream(config("OTHER", &["taken.a"])).await.map(|_| ()))?;
    hold(code(overlap.into()).contains("10065"), "no overlap")?;
    let changed = fails(js.create_stream(config("TAKEN", &["taken.*", "taken2"])).await.map(|_| ()))?;
    hold(code(changed.into()).contains("10058"), "no name in use")?;
    let storage = Config { storage: StorageType::Memory, ..config("TAKEN", &["taken.*"]) };
    let storage = fails(js.update_stream(storage).await)?;
    hold(code(storage.into()).contains("10052"), "storage changed")?;
    js.delete_stream("TAKEN").await?;
    Ok(())
}

async fn account(js: &Context) -> Checked {
    js.create_stream(Config { storage: StorageType::Memory, ..config("COUNTED", &["counted"]) }).await?;
    put(js, "counted", "12345").await?;
    let account = js.query_account().await?;
    hold(account.streams >= 1 && account.memory > 0 && account.requests.total > 0, account)?;
    js.delete_stream("COUNTED").await?;
    Ok(())
}

async fn read(js: &Context) -> Checked {
    let stream = js.create_stream(Config { allow_direct: true, ..config("READ", &["read.*"]) }).await?;
    let mut headers = HeaderMap::new();
    headers.insert("Kind", "first");
    js.publish_with_headers("read.a", headers, "one".into()).await?.await?;
    for subject in ["read.b", "read.a", "read.c"] {
        put(js, subject, subject).await?;
    }
    for stored in [stream.get_raw_message(1).await?, stream.direct_get(1).await?] {
        same((stored.subject.as_str(), text(&stored.payload), stored.sequence), ("read.a", "one".to_owned(), 1))?;
        same(stored.headers.get("Kind").map(|value| value.as_str()), Some("first"))?;
    }
    same(stream.get_last_raw_message_by_subject("read.a").await?.sequence, 3)?;
    same(stream.direct_get_last_for_subject("read.a").await?.sequence, 3)?;
    let next = stream.raw_message_builder().next_by_subject("read.a").sequence(2);
    same(next.send().await?.sequence, 3)?;
    same(stream.direct_get_next_for_subject("read.a", Some(2)).await?.sequence, 3)?;
    fails(stream.get_raw_message(99).await)?;
    fails(stream.direct_get(99).await)?;
    hold(stream.delete_message(2).await?, "not deleted")?;
    let info = stream.info_builder().with_deleted(true).fetch().await?;
    same(info.info.state.deleted, Some(vec![2]))?;
    js.delete_stream("READ").await?;
    Ok(())
}

async fn purge(js: &Context) -> Checked {
    let stream = js.create_stream(config("PURGED", &["purged.*"])).await?;
    for n in 0..20 {
        put(js, &format!("purged.{}", n % 2), "x").await?;
    }
    same(stream.purge().filter("purged.0").keep(2).await?.purged, 8)?;
    same(stream.purge().sequence(11).await?.purged, 5)?;
    same(stream.purge().await?.purged, 7)?;
    let state = stream.get_info().await?.state;
    same((state.messages, state.first_sequence, state.last_sequence), (0, 21, 20))?;
    js.delete_stream("PURGED").await?;
    Ok(())
}

async fn acked(js: &Context) -> Checked {
    js.create_stream(config("ACKED", &["acked.*"])).await?;
    let message = || PublishMessage::build().payload("x".into()).message_id("id-1");
    let first = js.send_publish("acked.a", message()).await?.await?;
    same((first.stream.as_str(), first.sequence, first.duplicate), ("ACKED", 1, false))?;
    let again = js.send_publish("acked.a", message()).await?.await?;
    same((again.sequence, again.duplicate), (1, true))?;
    let nowhere = fails(js.publish("nowhere.at.all", "x".into()).await?.await)?;
    same(nowhere.kind(), PublishErrorKind::StreamNotFound)
}

async fn expected(js: &Context) -> Checked {
    let message = || PublishMessage::build().payload("x".into());
    let send = async |message: PublishMessage| js.send_publish("acked.b", message).await?.await;
    same(send(message().expected_stream("ACKED").expected_last_sequence(1)).await?.sequence, 2)?;
    send(message().message_id("id-2").expected_last_subject_sequence(2)).await?;
    let wrong = fails(send(message().expected_stream("WRONG")).await)?;
    hold(format!("{wrong:?}").contains("10060"), wrong)?;
    same(fails(send(message().expected_last_sequence(1)).await)?.kind(), PublishErrorKind::WrongLastSequence)?;
    same(fails(send(message().expected_last_subject_sequence(1)).await)?.kind(), PublishErrorKind::WrongLastSequence)?;
    same(fails(send(message().expected_last_message_id("id-1")).await)?.kind(), PublishErrorKind::WrongLastMessageId)?;
    js.delete_stream("ACKED").await?;
    Ok(())
}

async fn many(client: &Client) -> Checked {
    let js = jetstream::context::ContextBuilder::new().max_ack_inflight(MANY as usize).build(client.clone());
    let stream = js.create_stream(config("MANY", &["many.*"])).await?;
    let mut acks = Vec::new();
    for n in 0..MANY {
        acks.push(js.publish(format!("many.{}", n % 10), format!("message {n}").into()).await?);
    }
    for (ack, seq) in acks.into_iter().zip(1..) {
        same(ack.await?.sequence, seq)?;
    }
    same(stream.get_info().await?.state.messages, MANY)?;
    js.delete_stream("MANY").await?;
    Ok(())
}

async fn batch(js: &Context) -> Checked {
    let stream = js.create_stream(Config { allow_atomic_publish: true, ..config("BATCH", &["batch.*"]) }).await?;
    let part = |n: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Batch-Id", "b1");
        headers.insert("Nats-Batch-Sequence", n);
        headers
    };
    for n in ["1", "2"] {
        js.client().publish_with_headers(format!("batch.{n}"), part(n), "x".into()).await?;
    }
    js.client().flush().await?;
    same(stream.get_info().await?.state.messages, 0)?;
    let mut last = part("3");
    last.insert("Nats-Batch-Commit", "1");
    let answer = js.client().request_with_headers("batch.3", last, "x".into()).await?;
    let ack: serde_json::Value = serde_json::from_slice(&answer.payload)?;
    same((ack["seq"].as_u64(), ack["count"].as_u64()), (Some(3), Some(3)))?;
    js.delete_stream("BATCH").await?;
    Ok(())
}

async fn short(js: &Context) -> Checked {
    let stream = js.create_stream(Config { allow_message_ttl: true, ..config("SHORT", &["short"]) }).await?;
    js.send_publish("short", PublishMessage::build().payload("gone soon".into()).ttl(millis(1000))).await?.await?;
    put(js, "short", "stays").await?;
    same(stream.get_info().await?.state.messages, 2)?;
    tokio::time::sleep(millis(2500)).await;
    let state = stream.get_info().await?.state;
    same((state.messages, state.first_sequence), (1, 2))?;
    js.delete_stream("SHORT").await?;
    Ok(())
}
