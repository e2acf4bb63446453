//! Key-value buckets.

use crate::harness::{Checked, check, fails, hold, millis, same, take_ok, text, until};
use async_nats::Client;
use async_nats::jetstream::kv::{Config, CreateErrorKind, Operation, UpdateErrorKind};
use async_nats::jetstream::{self, Context};
use futures::TryStreamExt;
use std::collections::BTreeSet;

pub async fn checks(client: &Client) {
    let js = jetstream::new(client.clone());
    check("kv", "create, put, get, update, delete, purge, history", basics(&js)).await;
    check("kv", "status, open, destroy", status(&js)).await;
    check("kv", "watch: what is there, then what changes", watch(&js)).await;
    check("kv", "values of a bucket with a time to live go away", brief(&js)).await;
    check("kv", "a key with a time to live of its own goes away and leaves a marker", markers(&js)).await;
    check("kv", "1,000 keys are put, listed and watched", wide(&js)).await;
}

fn config(bucket: &str, history: i64) -> Config {
    Config { bucket: bucket.to_owned(), history, ..Default::default() }
}

async fn basics(js: &Context) -> Checked {
    let bucket = js.create_key_value(config("profiles", 5)).await?;
    same(bucket.create("sue.color", "blue".into()).await?, 1)?;
    same(fails(bucket.create("sue.color", "red".into()).await)?.kind(), CreateErrorKind::AlreadyExists)?;
    same(bucket.put("sue.color", "green".into()).await?, 2)?;
    same(bucket.update("sue.color", "red".into(), 2).await?, 3)?;
    same(fails(bucket.update("sue.color", "black".into(), 2).await)?.kind(), UpdateErrorKind::WrongLastRevision)?;
    let entry = bucket.entry("sue.color").await?.ok_or("no entry")?;
    let told = (text(&entry.value), entry.revision, entry.operation, entry.key);
    same(told, ("red".to_owned(), 3, Operation::Put, "sue.color".to_owned()))?;
    let first = bucket.entry_for_revision("sue.color", 1).await?.ok_or("no first entry")?;
    same(text(&first.value), "blue")?;
    same(bucket.get("nobody").await?, None)?;
    bucket.delete("sue.color").await?;
    same(bucket.get("sue.color").await?, None)?;
    same(bucket.create("sue.color", "again".into()).await?, 5)?;
    let history: Vec<_> = bucket.history("sue.color").await?.try_collect().await?;
    let history: Vec<_> = history.into_iter().map(|entry| (entry.revision, entry.operation)).collect();
    let put = Operation::Put;
    same(history, [(1, put), (2, put), (3, put), (4, Operation::Delete), (5, put)])?;
    bucket.purge("sue.color").await?;
    let left: Vec<_> = bucket.history("sue.color").await?.try_collect().await?;
    same(left.iter().map(|entry| entry.operation).collect::<Vec<_>>(), [Operation::Purge])?;
    bucket.put("a", "1".into()).await?;
    bucket.put("b", "2".into()).await?;
    let keys: BTreeSet<String> = bucket.keys().await?.try_collect().await?;
    same(keys, BTreeSet::from(["a".to_owned(), "b".to_owned()]))
}

async fn status(js: &Context) -> Checked {
    let shown = Config { description: "to show".to_owned(), max_bytes: 100_000, ..config("shown", 3) };
    let bucket = js.create_key_value(shown).await?;
    bucket.put("k", "v".into()).await?;
    let opened = js.get_key_value("shown").await?;
    let status = opened.status().await?;
    same((status.bucket(), status.history(), status.values()), ("shown", 3, 1))?;
    same(opened.get("k").await?.as_deref(), Some(b"v".as_slice()))?;
    hold(js.delete_key_value("shown").await?.success, "not deleted")?;
    fails(js.get_key_value("shown").await.map(|_| ())).map(|_| ())
}

async fn watch(js: &Context) -> Checked {
    let bucket = js.create_key_value(config("watched", 3)).await?;
    bucket.put("x.1", "old".into()).await?;
    bucket.put("x.2", "other".into()).await?;
    let mut everything = bucket.watch_with_history(">").await?;
    let first = take_ok(&mut everything, 2).await?;
    same(first.iter().map(|entry| text(&entry.value)).collect::<Vec<_>>(), ["old", "other"])?;
    bucket.put("x.1", "new".into()).await?;
    bucket.delete("x.2").await?;
    bucket.put("y", "last".into()).await?;
    let later = take_ok(&mut everything, 3).await?;
    let told: Vec<_> = later.iter().map(|entry| (entry.key.as_str(), entry.operation, text(&entry.value))).collect();
    let (put, gone) = (Operation::Put, Operation::Delete);
    same(told, [("x.1", put, "new".to_owned()), ("x.2", gone, String::new()), ("y", put, "last".to_owned())])?;
    hold(later.iter().all(|entry| entry.seen_current), "news are not told from what was there")?;
    let some = take_ok(&mut bucket.watch_with_history("x.*").await?, 2).await?;
    same(some.iter().map(|entry| entry.revision).collect::<Vec<_>>(), [3, 4])?;
    let resumed = take_ok(&mut bucket.watch_all_from_revision(4).await?, 2).await?;
    same(resumed.iter().map(|entry| entry.revision).collect::<Vec<_>>(), [4, 5])?;
    let mut updates = bucket.watch("z").await?;
    bucket.put("z", "1".into()).await?;
    same(take_ok(&mut updates, 1).await?[0].revision, 6)
}

async fn brief(js: &Context) -> Checked {
    let bucket = js.create_key_value(Config { max_age: millis(1000), ..config("brief", 1) }).await?;
    bucket.put("k", "v".into()).await?;
    same(bucket.get("k").await?.as_deref(), Some(b"v".as_slice()))?;
    until("it is gone", async || Ok(bucket.get("k").await?.is_none())).await
}

async fn markers(js: &Context) -> Checked {
    let bucket = js.create_key_value(Config { limit_markers: Some(millis(1000)), ..config("markers", 2) }).await?;
    let mut watch = bucket.watch_with_history(">").await?;
    bucket.create_with_ttl("short", "v".into(), millis(2000)).await?;
    bucket.put("long", "v".into()).await?;
    until("it is gone", async || Ok(bucket.get("short").await?.is_none())).await?;
    same(bucket.get("long").await?.as_deref(), Some(b"v".as_slice()))?;
    let last = take_ok(&mut watch, 3).await?.remove(2);
    same((last.key.as_str(), last.operation), ("short", Operation::Purge))
}

async fn wide(js: &Context) -> Checked {
    let bucket = js.create_key_value(config("wide", 1)).await?;
    let puts = (0..1000).map(|n| bucket.put(format!("k.{n}"), n.to_string().into()));
    futures::future::try_join_all(puts).await?;
    let keys: BTreeSet<String> = bucket.keys().await?.try_collect().await?;
    same(keys.len(), 1000)?;
    take_ok(&mut bucket.watch_with_history("k.*").await?, 1000).await.map(|_| ())
}
