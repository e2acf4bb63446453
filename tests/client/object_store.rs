//! Object stores.

use super::{Driver, Script, connected};
use futures::FutureExt;
use jetlab::client::jetstream::JetStream;
use jetlab::client::object_store::{
    Error, ObjectMeta, ObjectStore, ObjectStoreConfig, ObjectUpdate, ObjectWatchOptions,
};
use std::time::Duration;

pub const SCRIPTS: &[Script] = &[
    ("object: stores are made, listed and deleted", |d| stores(d).boxed_local()),
    ("object: what was put is got", |d| putting(d).boxed_local()),
    ("object: deleted, renamed and linked", |d| changing(d).boxed_local()),
    ("object: watchers see them come and go", |d| watching(d).boxed_local()),
];

async fn store(driver: &Driver) -> (JetStream, ObjectStore) {
    let js = connected(driver, "c").await.jetstream();
    let store = js.create_object_store(&ObjectStoreConfig::new("FILES")).await.expect("a new store");
    (js, store)
}

async fn stores(driver: Driver) {
    let (js, _) = store(&driver).await;
    let ttl = Some(Duration::from_secs(3600));
    js.create_object_store(&ObjectStoreConfig { ttl: ttl.map(Into::into), ..ObjectStoreConfig::new("A") })
        .await
        .expect("a new store");
    let stores = js.object_stores().await.expect("listed");
    let told: Vec<_> = stores.iter().map(|status| (status.bucket.as_str(), status.ttl)).collect();
    assert_eq!(told, [("A", ttl), ("FILES", None)]);
    js.delete_object_store("A").await.expect("exists");
    assert_eq!(js.object_store("A").await.map(drop), Err(Error::BucketNotFound));
    assert_eq!(js.object_store("a b").await.map(drop), Err(Error::InvalidBucketName));
}

async fn putting(driver: Driver) {
    let (js, store) = store(&driver).await;
    let small = store.put(&ObjectMeta::new("a.txt"), "hello world\n").await.expect("put");
    assert_eq!((small.bytes, small.chunks), (12, 1));
    assert_eq!(small.digest, "SHA-256=qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEc=");
    let (info, bytes) = store.get("a.txt").await.expect("put");
    assert_eq!((info.nuid.as_str(), &bytes[..]), (small.nuid.as_str(), &b"hello world\n"[..]));
    assert!(info.modified.is_some());

    let large: Vec<u8> = (0..300_000u32).map(|number| (number % 251) as u8).collect();
    let large = bytes::Bytes::from(large);
    assert_eq!(store.put(&ObjectMeta::new("large"), large.clone()).await.expect("put").chunks, 3);
    assert_eq!(store.get("large").await.expect("put").1, large);
    let empty = store.put(&ObjectMeta::new("empty"), "").await.expect("put");
    assert_eq!((empty.chunks, store.get("empty").await.expect("put").1.len()), (0, 0));

    let fine = ObjectMeta { chunk_bytes: Some(5), description: "again".into(), ..ObjectMeta::new("a.txt") };
    assert_eq!(store.put(&fine, "changed now\n").await.expect("put").chunks, 3);
    assert_eq!(store.get("a.txt").await.expect("put").1, "changed now\n");
    // Three chunks of the new a.txt, three of large, three cards; nothing of the old a.txt.
    let state = js.stream_info("OBJ_FILES").await.expect("exists").state;
    assert_eq!(state.messages, 9);
    assert_eq!(store.get("nope").await.map(drop), Err(Error::ObjectNotFound));
    assert_eq!(store.put(&ObjectMeta::new(""), "").await, Err(Error::BadMeta));
}

async fn changing(driver: Driver) {
    let (_js, store) = store(&driver).await;
    let a = store.put(&ObjectMeta::new("a"), "A").await.expect("put");
    store.put(&ObjectMeta::new("b"), "B").await.expect("put");
    assert_eq!(store.update_meta("a", &ObjectMeta::new("b")).await, Err(Error::ObjectExists));
    store.update_meta("a", &ObjectMeta::new("c")).await.expect("a free name");
    assert_eq!(store.get("c").await.expect("renamed").1, "A");
    assert_eq!(store.get("a").await.map(drop), Err(Error::ObjectNotFound));
    let c = store.info("c").await.expect("renamed");
    assert_eq!(c.nuid, a.nuid);
    let link = store.add_link("shortcut", &c).await.expect("a free name");
    assert_eq!(store.get("shortcut").await.expect("follows").1, "A");
    assert_eq!(store.add_link("further", &link).await, Err(Error::LinkToLink));
    store.add_bucket_link("all", &store).await.expect("a free name");
    assert_eq!(store.get("all").await.map(drop), Err(Error::CannotGetBucket));
    store.delete("b").await.expect("exists");
    assert_eq!(store.info("b").await, Err(Error::ObjectNotFound));
    let names: Vec<String> = store.list().await.expect("listed").into_iter().map(|info| info.name).collect();
    assert_eq!(names, ["c", "shortcut", "all"]);
    assert!(store.seal().await.expect("allowed").is_sealed);
    let refused = store.put(&ObjectMeta::new("d"), "D").await.expect_err("sealed");
    let text = "nats: API error: code=400 err_code=10109 description=invalid operation on sealed stream";
    assert_eq!(refused.to_string(), text);
}

async fn watching(driver: Driver) {
    let (_js, store) = store(&driver).await;
    store.put(&ObjectMeta::new("a"), "A").await.expect("put");
    let mut watcher = store.watch(ObjectWatchOptions::default()).await.expect("allowed");
    let mut names = Vec::new();
    while let Some(ObjectUpdate::Object(info)) = watcher.next().await.expect("no error") {
        names.push(info.name);
    }
    assert_eq!(names, ["a"]);
    store.delete("a").await.expect("exists");
    let Some(ObjectUpdate::Object(gone)) = watcher.next().await.expect("no error") else { panic!("a card changed") };
    assert!(gone.deleted);
}
