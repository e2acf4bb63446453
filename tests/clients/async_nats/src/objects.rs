//! Object stores.

use crate::harness::{Checked, check, fails, same, take_ok};
use async_nats::Client;
use async_nats::jetstream::object_store::{Config, ObjectMetadata, ObjectStore, UpdateMetadata};
use async_nats::jetstream::{self, Context};
use futures::TryStreamExt;
use tokio::io::AsyncReadExt;

const BYTES: usize = 3 * 1024 * 1024;

pub async fn checks(client: &Client) {
    let js = jetstream::new(client.clone());
    check("objects", "3 MB are put, got whole, and listed", three_megabytes(&js)).await;
    check("objects", "replace, rename, link, delete, missing", changes(&js)).await;
    check("objects", "watch, seal, destroy", watch(&js)).await;
}

/// Bytes that repeat nowhere near.
fn noise(length: usize) -> Vec<u8> {
    let next = |state: &u32| Some(state.wrapping_mul(1_103_515_245).wrapping_add(12345));
    std::iter::successors(Some(12345), next).map(|state: u32| (state >> 16) as u8).take(length).collect()
}

async fn got(store: &ObjectStore, name: &str) -> Checked<Vec<u8>> {
    let mut bytes = Vec::new();
    store.get(name).await?.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

async fn names(store: &ObjectStore) -> Checked<Vec<String>> {
    let mut names: Vec<String> = store.list().await?.map_ok(|info| info.name).try_collect().await?;
    names.sort();
    Ok(names)
}

async fn three_megabytes(js: &Context) -> Checked {
    let store = js.create_object_store(Config { bucket: "files".to_owned(), ..Default::default() }).await?;
    let big = noise(BYTES);
    let info = store.put("big.bin", &mut big.as_slice()).await?;
    same((info.size, info.chunks), (BYTES, 24))?;
    same(got(&store, "big.bin").await? == big, true)?;
    let small = ObjectMetadata { name: "small.txt".to_owned(), chunk_size: Some(4), ..Default::default() };
    same(store.put(small, &mut b"0123456789".as_slice()).await?.size, 10)?;
    same(got(&store, "small.txt").await?.as_slice(), b"0123456789")?;
    same(names(&store).await?, ["big.bin", "small.txt"])
}

async fn changes(js: &Context) -> Checked {
    let store = js.get_object_store("files").await?;
    store.put("note", &mut b"first".as_slice()).await?;
    let second = store.put("note", &mut b"second".as_slice()).await?;
    same(got(&store, "note").await?.as_slice(), b"second")?;
    let renamed = UpdateMetadata { name: "renamed".to_owned(), ..Default::default() };
    store.update_metadata("note", renamed).await?;
    fails(store.info("note").await)?;
    same(store.info("renamed").await?.nuid, second.nuid)?;
    let target = store.get("renamed").await?;
    store.add_link("pointer", &target).await?;
    same(got(&store, "pointer").await?.as_slice(), b"second")?;
    store.delete("renamed").await?;
    same(store.info("renamed").await?.deleted, true)?;
    fails(store.get("nothing").await.map(|_| ())).map(|_| ())
}

async fn watch(js: &Context) -> Checked {
    let mut store = js.create_object_store(Config { bucket: "sealed".to_owned(), ..Default::default() }).await?;
    store.put("a", &mut [0; 10].as_slice()).await?;
    let mut watch = store.watch_with_history().await?;
    same(take_ok(&mut watch, 1).await?[0].name.as_str(), "a")?;
    store.put("b", &mut [0; 20].as_slice()).await?;
    same(take_ok(&mut watch, 1).await?[0].name.as_str(), "b")?;
    store.seal().await?;
    fails(store.put("c", &mut [1].as_slice()).await)?;
    js.delete_object_store("sealed").await?;
    fails(js.get_object_store("sealed").await.map(|_| ())).map(|_| ())
}
