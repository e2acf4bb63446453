//! `kv add`, `edit`, `info`, `ls`: buckets as a whole.

use super::{bucket, information, jetstream};
use crate::api::{External, Nanos, Placement, Republish, StreamSource};
use crate::client::kv::{self, BucketConfig, Status};
use crate::commands::stream::configuration::storage;
use crate::commands::stream::information::is_reserved;
use crate::commands::{Context, Failure, Matches, Outcome, Place};

pub async fn add(context: Context, matches: Matches) -> Outcome {
    let mut config = BucketConfig { history: history(&matches)?, ..BucketConfig::new(matches.text("bucket")) };
    apply_flags(&mut config, &matches)?;
    config.storage = storage(matches.text("storage"));
    config.mirror = mirror(&matches);
    config.sources = sources(&matches);
    config.republish = config.republish.filter(|republish| !republish.dest.is_empty());
    let bucket = jetstream(&context, &matches).create_bucket(&config).await?;
    present(&context, &bucket.status().await?);
    Ok(())
}

fn history(matches: &Matches) -> Result<u8, Failure> {
    match matches.int("history") {
        ..1 => Err(Failure::new("history: must be greater than or equal to 1")),
        65.. => Err(Failure::new("history: must be less than or equal to 64")),
        history => Ok(history as u8),
    }
}

fn sources(matches: &Matches) -> Vec<StreamSource> {
    let names = matches.list("source").into_iter();
    names.map(|name| StreamSource { name: name.to_owned(), ..StreamSource::default() }).collect()
}

fn mirror(matches: &Matches) -> Option<StreamSource> {
    let name = matches.optional_text("mirror").filter(|name| !name.is_empty())?;
    let external = matches
        .optional_text("mirror-domain")
        .map(|domain| External { api: format!("$JS.{domain}.API"), deliver: String::new() });
    Some(StreamSource { name, external, ..StreamSource::default() })
}

/// Applies the flags that were given; the others leave `config` as it is.
fn apply_flags(config: &mut BucketConfig, matches: &Matches) -> Result<(), Failure> {
    let duration = |name: &str| matches.is_set(name).then(|| Nanos(matches.nanos(name)));
    config.ttl = duration("ttl").or(config.ttl).filter(|ttl| !ttl.is_zero());
    config.marker_ttl = duration("marker-ttl").or(config.marker_ttl).filter(|ttl| !ttl.is_zero());
    if matches.is_set("replicas") {
        config.replicas = u32::try_from(matches.int("replicas")).unwrap_or(0);
    }
    if matches.is_set("max-value-size") {
        let bytes = matches.bytes("max-value-size");
        if bytes > i64::from(i32::MAX) {
            return Err(Failure::new("max value size exceeds 32 bits"));
        }
        config.max_value_bytes = u32::try_from(bytes).ok();
    }
    if matches.is_set("max-bucket-size") {
        config.max_bytes = u64::try_from(matches.bytes("max-bucket-size")).ok();
    }
    config.description = matches.optional_text("description").unwrap_or(std::mem::take(&mut config.description));
    config.compression = matches.optional_flag("compress").unwrap_or(config.compression);
    if matches.is_set("metadata") {
        config.metadata.retain(|key, _| is_reserved(key));
        config.metadata.extend(matches.map("metadata"));
    }
    if matches.is_set("cluster") || matches.is_set("tags") {
        let tags = matches.list("tags").into_iter().map(str::to_owned).collect();
        let cluster = matches.text("cluster").to_owned();
        config.placement = Some(Placement { cluster, tags, preferred: String::new() });
    }
    if let Some(dest) = matches.optional_text("republish-destination") {
        let (src, headers_only) = (matches.text("republish-source").to_owned(), matches.flag("republish-headers"));
        config.republish = Some(Republish { src, dest, headers_only });
    }
    Ok(())
}

pub async fn edit(context: Context, matches: Matches) -> Outcome {
    let status = jetstream(&context, &matches).bucket(matches.text("bucket")).await?.status().await?;
    let mut config = current(&status);
    if matches.is_set("history") {
        config.history = history(&matches)?;
    }
    apply_flags(&mut config, &matches)?;
    if matches.flag("no-mirror") {
        config.mirror = None;
    }
    if matches.is_set("source") {
        config.sources = sources(&matches);
    }
    let bucket = jetstream(&context, &matches).update_bucket(&config).await?;
    present(&context, &bucket.status().await?);
    Ok(())
}

/// What a bucket was asked to be, read back from its stream.
fn current(status: &Status) -> BucketConfig {
    let config = &status.stream.config;
    BucketConfig {
        description: config.description.clone(),
        history: u8::try_from(status.history).unwrap_or(1),
        ttl: status.ttl.map(Nanos::from),
        marker_ttl: status.marker_ttl.map(Nanos::from),
        max_value_bytes: u32::try_from(config.max_msg_size).ok(),
        max_bytes: u64::try_from(config.max_bytes).ok(),
        storage: config.storage,
        replicas: u32::try_from(config.num_replicas).unwrap_or(1),
        compression: status.is_compressed,
        placement: config.placement.clone(),
        republish: config.republish.clone(),
        mirror: config.mirror.clone(),
        sources: config.sources.clone(),
        metadata: config.metadata.clone(),
        ..BucketConfig::new(&status.bucket)
    }
}

fn present(context: &Context, status: &Status) {
    let stream = format!("KV_{}", status.bucket);
    let text = context.screen(&information::information(status));
    context.console.telling(Place::Stream(stream), |console| console.print(&text));
}

pub async fn info(context: Context, matches: Matches) -> Outcome {
    let status = bucket(&context, &matches).await?.status().await?;
    present(&context, &status);
    Ok(())
}

pub async fn pick(context: &Context, matches: &Matches) -> Result<String, Failure> {
    let buckets = jetstream(context, matches).buckets().await?;
    if buckets.is_empty() {
        return Err(Failure::new("no KV buckets found"));
    }
    let names: Vec<&str> = buckets.iter().map(|status| status.bucket.as_str()).collect();
    let answer = context.console.choose("Select a Bucket", &names, 0, "").await;
    answer.map_err(|reason| Failure::new(reason.to_string()))
}

pub async fn ls(context: Context, matches: Matches) -> Outcome {
    if !matches.text("bucket").is_empty() {
        return ls_keys(&context, &matches).await;
    }
    let console = &context.console;
    let buckets = jetstream(&context, &matches).buckets().await?;
    if matches.flag("names") {
        buckets.iter().for_each(|status| console.line(&status.bucket));
    } else if buckets.is_empty() {
        console.line("No Key-Value buckets found");
    } else {
        let text = context.drawn(&information::buckets(&buckets, context.now()));
        console.telling(Place::Streams { prefix: "KV_" }, |console| console.line(&text));
    }
    Ok(())
}

async fn ls_keys(context: &Context, matches: &Matches) -> Outcome {
    let bucket = bucket(context, matches).await;
    let bucket = bucket.map_err(|failure| match failure {
        Failure::Message(text) => Failure::because("unable to load bucket", text),
        other => other,
    })?;
    let keys = bucket.keys(&[Some(matches.text("key")).filter(|key| !key.is_empty()).unwrap_or(">")]).await?;
    let console = &context.console;
    if matches.flag("verbose") && !matches.flag("names") {
        verbose_keys(context, matches, &bucket, &keys).await?;
    } else {
        keys.iter().for_each(|key| console.line(key));
    }
    if keys.is_empty() && !matches.flag("names") {
        console.line("No keys found in bucket");
    }
    Ok(())
}

async fn verbose_keys(context: &Context, matches: &Matches, bucket: &kv::Bucket, keys: &[String]) -> Outcome {
    let mut entries = Vec::new();
    for key in keys {
        match bucket.get(key).await {
            Ok(entry) => entries.push(entry),
            // Deleted since it was listed.
            Err(kv::Error::KeyNotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let text = context.drawn(&information::contents(bucket.name(), &entries, matches.flag("display-value")));
    context.console.telling(Place::bucket(bucket.name()), |console| console.line(&text));
    Ok(())
}
