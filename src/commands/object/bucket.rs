//! `object add`, `edit`, `info`, `ls`, `seal`: buckets as a whole.

use super::{information, is_confirmed, jetstream, store};
use crate::api::stream::Compression;
use crate::api::{Nanos, Placement, StreamConfig};
use crate::client::object_store::{ObjectStoreConfig, Status};
use crate::commands::stream::configuration::storage;
use crate::commands::stream::information::is_reserved;
use crate::commands::{Context, Failure, Matches, Outcome, Place};

pub async fn add(context: Context, matches: Matches) -> Outcome {
    let config = ObjectStoreConfig {
        description: matches.text("description").to_owned(),
        ttl: Some(Nanos(matches.nanos("ttl"))).filter(|ttl| !ttl.is_zero()),
        max_bytes: matches
            .is_set("max-bucket-size")
            .then(|| u64::try_from(matches.bytes("max-bucket-size")).ok())
            .flatten(),
        storage: storage(matches.text("storage")),
        replicas: u32::try_from(matches.uint("replicas")).unwrap_or(u32::MAX),
        compression: matches.flag("compress"),
        placement: placement(&matches),
        metadata: matches.map("metadata"),
        ..ObjectStoreConfig::new(matches.text("bucket"))
    };
    let store = jetstream(&context, &matches).create_object_store(&config).await?;
    show(&context, &store.status().await?);
    Ok(())
}

fn placement(matches: &Matches) -> Option<Placement> {
    let tags: Vec<String> = matches.list("tags").into_iter().map(str::to_owned).collect();
    let cluster = matches.text("cluster").to_owned();
    (!tags.is_empty() || !cluster.is_empty()).then(|| Placement { cluster, tags, preferred: String::new() })
}

/// What is said of one file: its figures are kept in the store's stream.
pub fn tell_of_file(context: &Context, store: &str, text: &str) {
    context.console.telling(Place::object_store(store), |console| console.print(text));
}

pub fn show(context: &Context, status: &Status) {
    let text = context.screen(&information::bucket(status));
    context.console.telling(Place::object_store(&status.bucket), |console| console.print(&text));
}

pub async fn edit(context: Context, matches: Matches) -> Outcome {
    let store = jetstream(&context, &matches).object_store(matches.text("bucket")).await?;
    let mut config = store.status().await?.stream.config;
    apply_flags(&mut config, &matches);
    let updated = jetstream(&context, &matches).update_stream(&config).await;
    updated.map_err(crate::client::object_store::Error::from)?;
    show(&context, &store.status().await?);
    Ok(())
}

fn apply_flags(config: &mut StreamConfig, matches: &Matches) {
    // Said again, so a sealed bucket refuses every edit.
    config.sealed = false;
    if matches.is_set("ttl") {
        config.max_age = Nanos(matches.nanos("ttl"));
    }
    if matches.is_set("replicas") {
        config.num_replicas = matches.int("replicas");
    }
    if matches.is_set("max-bucket-size") {
        config.max_bytes = matches.bytes("max-bucket-size");
    }
    if let Some(description) = matches.optional_text("description") {
        config.description = description;
    }
    if let Some(compress) = matches.optional_flag("compress") {
        config.compression = if compress { Compression::S2 } else { Compression::None };
    }
    if matches.is_set("metadata") {
        config.metadata.retain(|key, _| is_reserved(key));
        config.metadata.extend(matches.map("metadata"));
    }
    if let Some(placement) = placement(matches) {
        config.placement = Some(placement);
    }
}

pub async fn info(context: Context, matches: Matches) -> Outcome {
    let js = jetstream(&context, &matches);
    let name = match matches.text("bucket") {
        "" => pick(&context, &matches).await?,
        name => name.to_owned(),
    };
    let store = js.object_store(&name).await?;
    match matches.text("file") {
        "" => show(&context, &store.status().await?),
        file => tell_of_file(&context, &name, &context.screen(&information::file(&store.info(file).await?))),
    }
    Ok(())
}

pub async fn pick(context: &Context, matches: &Matches) -> Result<String, Failure> {
    let stores = jetstream(context, matches).object_stores().await?;
    if stores.is_empty() {
        return Err(Failure::new("no Object buckets found"));
    }
    let names: Vec<&str> = stores.iter().map(|status| status.bucket.as_str()).collect();
    let answer = context.console.choose("Select a Bucket", &names, 0, "").await;
    answer.map_err(|reason| Failure::new(reason.to_string()))
}

pub async fn ls(context: Context, matches: Matches) -> Outcome {
    let console = &context.console;
    let names_only = matches.flag("names");
    if matches.text("bucket").is_empty() {
        let stores = jetstream(&context, &matches).object_stores().await?;
        if names_only {
            stores.iter().for_each(|status| console.line(&status.bucket));
        } else if stores.is_empty() {
            console.line("No Object Store buckets found");
        } else {
            let text = context.drawn(&information::buckets(&stores, context.now()));
            console.telling(Place::Streams { prefix: "OBJ_" }, |console| console.line(&text));
        }
        return Ok(());
    }
    let store = store(&context, &matches).await?;
    let files = store.list().await?;
    if names_only {
        files.iter().for_each(|info| console.line(&info.name));
    } else if files.is_empty() {
        console.line("No entries found");
    } else {
        let text = context.drawn(&information::contents(&files));
        console.telling(Place::object_store(store.name()), |console| console.line(&text));
    }
    Ok(())
}

pub async fn seal(context: Context, matches: Matches) -> Outcome {
    let question =
        format!("Really seal Bucket {}, sealed buckets can not be unsealed or modified", matches.text("bucket"));
    if !is_confirmed(&context, &matches, &question).await? {
        return Ok(());
    }
    let store = store(&context, &matches).await?;
    let name = store.name();
    store.seal().await?;
    context.console.line(&format!("{name} has been sealed"));
    show(&context, &store.status().await?);
    Ok(())
}
