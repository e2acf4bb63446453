//! Key-value buckets.

use super::{Driver, Script, connected};
use futures::FutureExt;
use jetlab::client::jetstream::JetStream;
use jetlab::client::kv::{Bucket, BucketConfig, DeleteOptions, Entry, Error, Operation, Update, WatchOptions, Watcher};
use std::time::Duration;

pub const SCRIPTS: &[Script] = &[
    ("kv: buckets are made, listed and deleted", |d| buckets(d).boxed_local()),
    ("kv: values are put, read and refused", |d| values(d).boxed_local()),
    ("kv: create and update guard a key", |d| guards(d).boxed_local()),
    ("kv: deletes leave tombstones", |d| deletes(d).boxed_local()),
    ("kv: watchers see the past and the present", |d| watching(d).boxed_local()),
    ("kv: a watcher misses nothing while its wire is broken", |d| watching_again(d).boxed_local()),
    ("kv: values live as long as they are told", |d| ttls(d).boxed_local()),
];

async fn bucket(driver: &Driver, history: u8) -> (JetStream, Bucket) {
    let js = connected(driver, "c").await.jetstream();
    let bucket =
        js.create_bucket(&BucketConfig { history, ..BucketConfig::new("CONFIG") }).await.expect("a new bucket");
    (js, bucket)
}

fn told<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    outcome.expect_err("refused").to_string()
}

async fn buckets(driver: Driver) {
    let (js, _) = bucket(&driver, 5).await;
    let config = BucketConfig { history: 5, ..BucketConfig::new("CONFIG") };
    js.create_bucket(&config).await.expect("the same again");
    let other = BucketConfig { history: 3, ..BucketConfig::new("CONFIG") };
    let text = "nats: bucket name already in use: CONFIG\n\
        nats: API error: code=400 err_code=10058 description=stream name already in use";
    assert_eq!(told(js.create_bucket(&other).await.map(drop)), text);
    let status = js.bucket("CONFIG").await.expect("exists").status().await.expect("exists");
    assert_eq!((status.bucket.as_str(), status.history, status.values, status.ttl), ("CONFIG", 5, 0, None));
    js.create_bucket(&BucketConfig::new("A")).await.expect("a new bucket");
    let names: Vec<String> = js.buckets().await.expect("listed").into_iter().map(|status| status.bucket).collect();
    assert_eq!(names, ["A", "CONFIG"]);
    js.delete_bucket("A").await.expect("exists");
    let text = "nats: bucket not found: A\nnats: API error: code=404 err_code=10059 description=stream not found";
    assert_eq!(told(js.delete_bucket("A").await), text);
    assert_eq!(told(js.bucket("A").await.map(drop)), "nats: bucket not found");
    assert_eq!(told(js.bucket("bad name").await.map(drop)), "nats: invalid bucket name");
    assert_eq!(js.update_bucket(&other).await.expect("allowed").status().await.expect("exists").history, 3);
}

async fn values(driver: Driver) {
    let (_js, bucket) = bucket(&driver, 5).await;
    assert_eq!(bucket.put("app.name", "v1").await, Ok(1));
    assert_eq!(bucket.put("app.name", "v2").await, Ok(2));
    assert_eq!(bucket.put("other", "x").await, Ok(3));
    let entry = bucket.get("app.name").await.expect("put");
    assert_eq!((entry.key.as_str(), &entry.value[..], entry.revision), ("app.name", &b"v2"[..], 2));
    assert!(entry.created.is_some());
    assert_eq!(bucket.get_revision("app.name", 1).await.expect("kept").value, "v1");
    for missing in [bucket.get("nope").await, bucket.get_revision("app.name", 9).await] {
        assert_eq!(told(missing), "nats: key not found");
    }
    assert_eq!(bucket.get_revision("app.name", 3).await, Err(Error::KeyNotFound));
    assert_eq!(told(bucket.put("bad key", "").await), "nats: invalid key");
    assert_eq!(bucket.keys(&[]).await.expect("listed"), ["app.name", "other"]);
    assert_eq!(bucket.keys(&["app.*"]).await.expect("listed"), ["app.name"]);
    assert_eq!(bucket.keys(&["none"]).await.expect("listed"), [""; 0]);
}

async fn guards(driver: Driver) {
    let (_js, bucket) = bucket(&driver, 5).await;
    assert_eq!(bucket.create("k", "v1", None).await, Ok(1));
    let text = "nats: nats: API error: code=400 err_code=10071 description=wrong last sequence: 1";
    let exists = bucket.create("k", "x", None).await;
    assert!(exists.as_ref().is_err_and(Error::is_wrong_revision));
    assert_eq!(told(exists), format!("{text}: key exists"));
    assert_eq!(told(bucket.update("k", "v2", 99).await), text);
    assert_eq!(bucket.update("k", "v2", 1).await, Ok(2));
    assert_eq!(bucket.update("new", "first", 0).await, Ok(3));
    assert_eq!(bucket.delete("k", &DeleteOptions::default()).await, Ok(4));
    assert_eq!(bucket.create("k", "v3", None).await, Ok(5));
    let options = DeleteOptions { last_revision: Some(2), ..DeleteOptions::default() };
    assert!(bucket.delete("k", &options).await.is_err_and(|error| error.is_wrong_revision()));
    let text = "nats: nats: API error: code=400 err_code=10166 description=per-message TTL is disabled";
    assert_eq!(told(bucket.create("t", "", Some(Duration::from_secs(5))).await), text);
}

async fn deletes(driver: Driver) {
    let (_js, bucket) = bucket(&driver, 5).await;
    for value in ["v1", "v2"] {
        bucket.put("k", value).await.expect("put");
    }
    bucket.put("stays", "x").await.expect("put");
    bucket.delete("k", &DeleteOptions::default()).await.expect("deleted");
    assert_eq!(bucket.get("k").await, Err(Error::KeyNotFound));
    assert_eq!(bucket.entry("k").await.expect("a tombstone").operation, Operation::Delete);
    let history = bucket.history("k").await.expect("kept");
    let told: Vec<_> = history.iter().map(|entry| (entry.revision, entry.operation, entry.delta)).collect();
    assert_eq!(told, [(1, Operation::Put, 2), (2, Operation::Put, 1), (4, Operation::Delete, 0)]);
    bucket.purge("k", &DeleteOptions::default()).await.expect("purged");
    let history = bucket.history("k").await.expect("a tombstone");
    assert_eq!((history.len(), history[0].operation), (1, Operation::Purge));
    assert_eq!(bucket.keys(&[]).await.expect("listed"), ["stays"]);
    assert_eq!(bucket.history("none").await, Err(Error::KeyNotFound));
    assert_eq!(bucket.purge_deletes(None).await, Ok(1));
    assert_eq!(bucket.history("k").await.map(|history| history.len()), Ok(1));
    bucket.purge_deletes(Some(Duration::ZERO)).await.expect("purged");
    assert_eq!(bucket.history("k").await, Err(Error::KeyNotFound));
}

async fn entry(watcher: &mut Watcher) -> Entry {
    match watcher.next().await.expect("no error") {
        Some(Update::Entry(entry)) => entry,
        other => panic!("not an entry: {other:?}"),
    }
}

async fn caught_up(watcher: &mut Watcher) {
    assert_eq!(watcher.next().await, Ok(Some(Update::CaughtUp)));
}

async fn watching(driver: Driver) {
    let (_js, bucket) = bucket(&driver, 5).await;
    let mut early = bucket.watch(&[], WatchOptions::default()).await.expect("allowed");
    caught_up(&mut early).await;
    for (key, value) in [("a", "1"), ("b", "2"), ("a", "3")] {
        bucket.put(key, value).await.expect("put");
        assert_eq!(entry(&mut early).await.value, value);
    }
    bucket.delete("b", &DeleteOptions::default()).await.expect("deleted");
    assert_eq!(entry(&mut early).await.operation, Operation::Delete);
    early.stop().await.expect("exists");

    let watch = async |options| bucket.watch(&[], options).await.expect("allowed");
    let mut newest = watch(WatchOptions::default()).await;
    assert_eq!(entry(&mut newest).await.revision, 3);
    assert_eq!(entry(&mut newest).await.revision, 4);
    caught_up(&mut newest).await;
    let mut history = watch(WatchOptions { include_history: true, ignore_deletes: true, ..Default::default() }).await;
    for revision in 1..=3 {
        assert_eq!(entry(&mut history).await.revision, revision);
    }
    caught_up(&mut history).await;
    let mut resumed = watch(WatchOptions { resume_from: Some(3), meta_only: true, ..Default::default() }).await;
    let third = entry(&mut resumed).await;
    assert_eq!((third.revision, third.value.len(), third.value_bytes), (3, 0, 1));
    let mut updates = watch(WatchOptions { updates_only: true, ..Default::default() }).await;
    bucket.put("c", "5").await.expect("put");
    assert_eq!(entry(&mut updates).await.key, "c");
    let mut some = bucket.watch(&["a", "c"], WatchOptions::default()).await.expect("allowed");
    assert_eq!(entry(&mut some).await.key, "a");
    assert_eq!(entry(&mut some).await.key, "c");
    caught_up(&mut some).await;
    let refused = bucket.watch(&["a b"], WatchOptions::default()).await.map(drop);
    assert_eq!(refused, Err(Error::InvalidKeyFilter));
}

async fn watching_again(driver: Driver) {
    let (_js, watched) = bucket(&driver, 5).await;
    let other = connected(&driver, "other").await.jetstream().bucket("CONFIG").await.expect("exists");
    let mut watcher = watched.watch(&[], WatchOptions::default()).await.expect("allowed");
    caught_up(&mut watcher).await;
    other.put("k", "1").await.expect("put");
    assert_eq!(entry(&mut watcher).await.revision, 1);
    driver.cut(0);
    for value in ["2", "3"] {
        other.put("k", value).await.expect("put");
    }
    driver.reconnect(0);
    for revision in 2..=3 {
        assert_eq!(entry(&mut watcher).await.revision, revision);
    }
    other.put("k", "4").await.expect("put");
    assert_eq!(entry(&mut watcher).await.revision, 4);
}

async fn ttls(driver: Driver) {
    let js = connected(&driver, "c").await.jetstream();
    let config = BucketConfig { marker_ttl: Some(Duration::from_secs(60).into()), ..BucketConfig::new("LOCKS") };
    let bucket = js.create_bucket(&config).await.expect("a new bucket");
    assert_eq!(bucket.status().await.expect("exists").marker_ttl, Some(Duration::from_secs(60)));
    let mut watcher =
        bucket.watch(&[], WatchOptions { updates_only: true, ..Default::default() }).await.expect("allowed");
    bucket.create("job", "me", Some(Duration::from_secs(1))).await.expect("free");
    assert_eq!(entry(&mut watcher).await.operation, Operation::Put);
    let gone = entry(&mut watcher).await;
    assert_eq!((gone.operation, gone.revision), (Operation::Purge, 2));
    assert_eq!(bucket.get("job").await, Err(Error::KeyNotFound));
    assert_eq!(bucket.create("job", "you", None).await, Ok(3));
}
