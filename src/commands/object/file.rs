//! `object put`, `get`, `del`, `watch`: files in a bucket.

use super::{bucket, information, is_confirmed, jetstream, store};
use crate::client::object_store::{Error, ObjectMeta, ObjectStore, ObjectUpdate, ObjectWatchOptions};
use crate::commands::report::text;
use crate::commands::{Context, Failure, Matches, Outcome};
use crate::map::Map;
use crate::time::{Timestamp, format_go_duration};
use std::time::Duration;

pub async fn put(context: Context, matches: Matches) -> Outcome {
    let store = store(&context, &matches).await?;
    let (name, bytes) = input(&context, &matches).await?;
    if !may_replace(&context, &matches, &store, &name).await? {
        return Ok(());
    }
    matches.sound("header")?;
    let mut headers: Map<String, Vec<String>> = Map::new();
    for (key, value) in matches.pairs("header") {
        headers.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    let meta = ObjectMeta {
        description: matches.text("description").to_owned(),
        headers,
        chunk_bytes: u32::try_from(matches.uint("chunk-size")).ok().filter(|size| *size > 0),
        ..ObjectMeta::new(&name)
    };
    let (size, started) = (bytes.len() as u64, context.now());
    let info = store.put(&meta, bytes).await?;
    let is_from_file = !matches.text("file").is_empty();
    if is_from_file && matches.flag("progress") && size > MUCH {
        tell_of_transfer(&context, size, started);
    }
    bucket::tell_of_file(&context, store.name(), &format!("\n{}", context.screen(&information::file(&info))));
    Ok(())
}

/// From this size on a bar is shown.
const MUCH: u64 = 20_480;

/// What stays of the bar.
fn tell_of_transfer(context: &Context, size: u64, started: Timestamp) {
    let took = context.now().since(started);
    let took = Duration::from_millis(took.as_millis() as u64).max(Duration::from_millis(1));
    let rate = text::bytes((size as f64 / took.as_secs_f64()) as u64);
    context.console.line(&format!(" done! [{} in {}; {rate}/s]\n", text::bytes(size), format_go_duration(took)));
}

/// What to store and under which name.
async fn input(context: &Context, matches: &Matches) -> Result<(String, Vec<u8>), Failure> {
    let (file, name) = (matches.text("file"), matches.text("name"));
    if file.is_empty() {
        if name.is_empty() {
            return Err(Failure::new("--name is required when reading from stdin"));
        }
        return Ok((name.to_owned(), context.console.read_to_end().await));
    }
    let missing = || Failure::new(format!("path '{file}' does not exist"));
    let bytes = context.read_file(file).ok_or_else(missing)?;
    Ok((if name.is_empty() { file } else { name }.to_owned(), bytes))
}

async fn may_replace(context: &Context, matches: &Matches, store: &ObjectStore, name: &str) -> Result<bool, Failure> {
    if matches.flag("force") {
        return Ok(true);
    }
    match store.info(name).await {
        Ok(info) => {
            bucket::tell_of_file(context, store.name(), &format!("{}\n", context.screen(&information::file(&info))));
            let question = format!("Replace existing file {} > {name}", store.name());
            let may = is_confirmed(context, matches, &question).await?;
            if may {
                context.console.line("");
            }
            Ok(may)
        }
        Err(Error::ObjectNotFound) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

pub async fn get(context: Context, matches: Matches) -> Outcome {
    let store = store(&context, &matches).await?;
    let name = matches.text("file");
    if name.is_empty() {
        return Err("nats: name is required".into());
    }
    let info = store.info(name).await?;
    // Without the folders the name seems to have.
    let last = info.name.rsplit('/').next().unwrap_or_default().to_owned();
    let target = Some(matches.text("output").to_owned()).filter(|name| !name.is_empty()).unwrap_or(last);
    let path = absolute(&context, &target);
    let is_there = context.read_file(&target).is_some();
    let question = format!("Replace existing target file {path}");
    if is_there && !is_confirmed(&context, &matches, &question).await? {
        return Ok(());
    }
    let started = context.now();
    let (_, bytes) = store.get(name).await?;
    let (size, elapsed) = (bytes.len() as u64, context.now().since(started));
    context.write_file(&target, bytes.to_vec());
    if matches.flag("progress") && size > MUCH {
        context.console.line("");
        tell_of_transfer(&context, size, started);
    }
    let average = (elapsed > Duration::from_secs(2)).then(|| {
        let rate = size as f64 / elapsed.as_secs_f64();
        format!(" average {}/s", text::bytes(rate as u64))
    });
    let (size, elapsed) = (text::bytes(size), text::duration(elapsed));
    context.console.line(&format!("Wrote: {size} to {path} in {elapsed}{}", average.unwrap_or_default()));
    Ok(())
}

/// Where a file of the session would be.
fn absolute(context: &Context, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let directory = ["PWD", "HOME"].into_iter().find_map(|name| context.environment.get(name));
    format!("{}/{path}", directory.map_or("/home/learner", String::as_str))
}

pub async fn del(context: Context, matches: Matches) -> Outcome {
    let (name, file) = (matches.text("bucket"), matches.text("file"));
    let store = store(&context, &matches).await?;
    if file.is_empty() {
        if is_confirmed(&context, &matches, &format!("Delete bucket {name} and all its files?")).await? {
            jetstream(&context, &matches).delete_object_store(name).await?;
        } else {
            context.console.line("Skipping delete");
        }
        return Ok(());
    }
    // With --force a deleted one is deleted once more.
    if !matches.flag("force") {
        let size = text::bytes(store.info(file).await?.bytes);
        if !is_confirmed(&context, &matches, &format!("Delete {size} byte file {name} > {file}?")).await? {
            context.console.line("Skipping delete");
            return Ok(());
        }
    }
    store.delete(file).await.map_err(|error| match error {
        Error::Api(_) => Failure::new(format!("nats: {error}")),
        error => error.into(),
    })?;
    context.console.line(&format!("Removed {name} > {file}"));
    bucket::show(&context, &store.status().await?);
    Ok(())
}

/// Goes on until it is interrupted.
pub async fn watch(context: Context, matches: Matches) -> Outcome {
    let store = store(&context, &matches).await?;
    let mut watcher = store.watch(ObjectWatchOptions::default()).await?;
    while let Some(update) = watcher.next().await? {
        if let ObjectUpdate::Object(info) = update {
            context.console.line(&information::change(&info));
        }
    }
    Ok(())
}
