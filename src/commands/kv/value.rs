//! `kv put`, `get`, `create`, `update`, `del`, `purge`, `history`, `revert`, `watch`, `compact`: values by key.

use super::{bucket, information, is_confirmed, jetstream};
use crate::client::kv::{DeleteOptions, Entry, Update, WatchOptions};
use crate::commands::{Context, Failure, Matches, Outcome, Place};

/// The value on the line; standard input when that is empty and a pipe.
async fn value(context: &Context, matches: &Matches) -> Vec<u8> {
    match matches.text("value") {
        "" if context.console.has_piped_input() => context.console.read_to_end().await,
        value => value.as_bytes().to_vec(),
    }
}

/// What was set is echoed as it stood on the line: an empty line for a value from standard input.
fn echo(context: &Context, matches: &Matches) {
    context.console.line(matches.text("value"));
}

pub async fn put(context: Context, matches: Matches) -> Outcome {
    let value = value(&context, &matches).await;
    bucket(&context, &matches).await?.put(matches.text("key"), value).await?;
    echo(&context, &matches);
    Ok(())
}

pub async fn create(context: Context, matches: Matches) -> Outcome {
    let value = value(&context, &matches).await;
    let ttl = matches.is_set("ttl").then(|| matches.duration("ttl")).filter(|ttl| !ttl.is_zero());
    bucket(&context, &matches).await?.create(matches.text("key"), value, ttl).await?;
    echo(&context, &matches);
    Ok(())
}

pub async fn update(context: Context, matches: Matches) -> Outcome {
    let value = value(&context, &matches).await;
    bucket(&context, &matches).await?.update(matches.text("key"), value, matches.uint("revision")).await?;
    echo(&context, &matches);
    Ok(())
}

pub async fn get(context: Context, matches: Matches) -> Outcome {
    let bucket = bucket(&context, &matches).await?;
    let key = matches.text("key");
    let entry = match matches.uint("revision") {
        0 => bucket.get(key).await?,
        revision => bucket.get_revision(key, revision).await?,
    };
    match matches.flag("raw") {
        true => context.console.print_bytes(&entry.value),
        false => {
            let place = Place::message(&format!("KV_{}", bucket.name()), entry.revision);
            context.console.telling(place, |console| console.print(&information::value(bucket.name(), &entry)));
        }
    }
    Ok(())
}

pub async fn del(context: Context, matches: Matches) -> Outcome {
    let key = matches.text("key");
    if key.is_empty() {
        let name = matches.text("bucket");
        if is_confirmed(&context, &matches, &format!("Delete bucket {name}?")).await? {
            jetstream(&context, &matches).delete_bucket(name).await?;
        } else {
            context.console.line("Skipping delete");
        }
        return Ok(());
    }
    let bucket = bucket(&context, &matches).await?;
    if is_confirmed(&context, &matches, &format!("Delete key {} > {key}?", bucket.name())).await? {
        bucket.delete(key, &DeleteOptions::default()).await?;
    } else {
        context.console.line("Skipping delete");
    }
    Ok(())
}

pub async fn purge(context: Context, matches: Matches) -> Outcome {
    let bucket = bucket(&context, &matches).await?;
    let key = matches.text("key");
    if !is_confirmed(&context, &matches, &format!("Purge key {} > {key}?", bucket.name())).await? {
        context.console.line("Skipping purge");
        return Ok(());
    }
    let ttl = matches.is_set("ttl").then(|| matches.duration("ttl")).filter(|ttl| !ttl.is_zero());
    bucket.purge(key, &DeleteOptions { ttl, ..DeleteOptions::default() }).await?;
    Ok(())
}

pub async fn history(context: Context, matches: Matches) -> Outcome {
    let bucket = bucket(&context, &matches).await?;
    let key = matches.text("key");
    let entries = bucket.history(key).await?;
    tell_history(&context, bucket.name(), key, &entries);
    Ok(())
}

fn tell_history(context: &Context, bucket: &str, key: &str, entries: &[Entry]) {
    let text = context.drawn(&information::history(bucket, key, entries));
    context.console.telling(Place::Revisions { bucket: bucket.to_owned() }, |console| console.line(&text));
}

pub async fn revert(context: Context, matches: Matches) -> Outcome {
    let bucket = bucket(&context, &matches).await?;
    let (key, revision) = (matches.text("key"), matches.uint("revision"));
    let history = bucket.history(key).await?;
    // Said of a key with one revision, too.
    let [_, .., last] = history.as_slice() else {
        return Err(Failure::new("cannot revert key in a bucket where history=1"));
    };
    let entry = bucket.get_revision(key, revision).await?;
    if !matches.flag("force") {
        let value = information::shortened(&information::printable(&entry.value));
        context.console.print(&format!("Revision: {revision}\n\n{value}\n\n"));
    }
    if !is_confirmed(&context, &matches, &format!("Really revert to revision {revision}")).await? {
        return Ok(());
    }
    bucket.update(key, entry.value, last.revision).await?;
    let entries = bucket.history(key).await?;
    tell_history(&context, bucket.name(), key, &entries);
    Ok(())
}

/// Goes on until it is interrupted.
pub async fn watch(context: Context, matches: Matches) -> Outcome {
    let bucket = bucket(&context, &matches).await?;
    let options = WatchOptions {
        include_history: matches.flag("history"),
        updates_only: matches.flag("updates"),
        resume_from: Some(matches.uint("revision")).filter(|revision| *revision > 0),
        ignore_deletes: !matches.flag("deletes"),
        meta_only: false,
    };
    let coloured = context.console.is_terminal() && !context.environment.contains_key("NO_COLOR");
    let mut watcher = bucket.watch(&[matches.text("key")], options).await?;
    while let Some(update) = watcher.next().await? {
        if let Update::Entry(entry) = update {
            let text = information::change(bucket.name(), &entry, coloured);
            let place =
                Place::Revision { bucket: bucket.name().to_owned(), key: entry.key.clone(), revision: entry.revision };
            context.console.telling(place, |console| console.line(&text));
        }
    }
    Ok(())
}

pub async fn compact(context: Context, matches: Matches) -> Outcome {
    let bucket = bucket(&context, &matches).await?;
    let name = bucket.name();
    let question = format!("Purge all historic values and audit trails for deleted keys in bucket {name}?");
    if !is_confirmed(&context, &matches, &question).await? {
        context.console.line("Skipping delete");
        return Ok(());
    }
    bucket.purge_deletes(None).await?;
    Ok(())
}
