//! `consumer add`, `copy`, `edit`, `rm`.

use super::information::go_duration;
use super::{configuration, information, is_confirmed, jetstream, picked, picked_stream, show};
use crate::api::{
    ConsumerConfig, ConsumerInfo, CreateConsumerRequest, DeliverPolicy, Nanos, PriorityPolicy, ReplayPolicy,
};
use crate::commands::report::difference::{self, Field, quoted, sorted_texts};
use crate::commands::stream::information::is_reserved;
use crate::commands::{Context, Failure, Matches, Outcome, yaml};

pub async fn add(context: Context, matches: Matches) -> Outcome {
    let stream = picked_stream(&context, &matches, false).await?.config.name;
    let config = match matches.optional_text("config") {
        Some(path) => from_file(&context, &matches, &path)?,
        None => configuration::for_new_consumer(&context, &matches).await?,
    };
    if matches.flag("validate") || matches.is_set("output") {
        return keep_configuration(&context, &matches, &config);
    }
    let info = create(&context, &matches, &stream, config).await;
    let info = info.map_err(|problem| Failure::because("Consumer creation failed", problem))?;
    show::present(&context, &matches, &info);
    Ok(())
}

/// A file says it all: of the flags only the target of a push consumer counts.
fn from_file(context: &Context, matches: &Matches, path: &str) -> Result<ConsumerConfig, Failure> {
    let mut config = configuration::from_file(context, path)?;
    if !matches.text("consumer").is_empty() && config.is_durable() {
        config.name = matches.text("consumer").to_owned();
        config.durable_name = config.name.clone();
    }
    if !matches.text("target").is_empty() && !config.is_pull() {
        config.deliver_subject = matches.text("target").to_owned();
    }
    config.metadata.retain(|key, _| !is_reserved(key));
    Ok(config)
}

fn keep_configuration(context: &Context, matches: &Matches, config: &ConsumerConfig) -> Outcome {
    let text = information::config_as_json(config);
    match matches.optional_text("output") {
        Some(path) => {
            context.write_file(&path, text.into_bytes());
        }
        None => context.console.line(&format!("{text}\n\nConfiguration is a valid Consumer")),
    }
    Ok(())
}

async fn create(
    context: &Context,
    matches: &Matches,
    stream: &str,
    config: ConsumerConfig,
) -> Result<ConsumerInfo, String> {
    for (noun, name) in [("stream", stream), ("consumer", &config.name)] {
        if name.is_empty() || name.contains(['>', '*', '.', ' ', '/', '\\', '\0']) {
            return Err(format!("{name:?} is not a valid {noun} name"));
        }
    }
    let request = CreateConsumerRequest { stream_name: stream.to_owned(), config, ..CreateConsumerRequest::default() };
    jetstream(context, matches).create_consumer(&request).await.map_err(|error| error.to_string())
}

/// An ephemeral copy has the name of its source, and the source becomes ephemeral: so does the real CLI.
pub async fn copy(context: Context, matches: Matches) -> Outcome {
    let stream = picked_stream(&context, &matches, false).await?.config.name;
    let source = matches.text("source");
    let found = jetstream(&context, &matches).consumer_info(&stream, source).await;
    let mut config = found.map_err(|error| Failure::because("could not load source Consumer", error))?.config;
    config.durable_name = match matches.flag("ephemeral") {
        true => String::new(),
        false => matches.text("destination").to_owned(),
    };
    let is_durable = config.is_durable();
    if is_durable {
        config.name = config.durable_name.clone();
    }
    configuration::apply_to_copy(&mut config, &matches, context.now())?;
    let info = create(&context, &matches, &stream, config).await;
    let info = info.map_err(|problem| Failure::because("Consumer creation failed", problem))?;
    if is_durable {
        show::present(&context, &matches, &info);
    }
    Ok(())
}

pub async fn edit(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("force")).await?;
    if !info.config.is_durable() {
        return Err(Failure::new("only durable consumers can be edited"));
    }
    let config = match matches.flag("interactive") {
        true => edited_by_hand(&context, &info).await?,
        false => edited(&context, &matches, &info.config)?,
    };
    let has_backoff = config.backoff.as_ref().is_some_and(|steps| !steps.is_empty());
    if has_backoff && config.ack_wait != info.config.ack_wait {
        return Err(Failure::new("consumers with backoff policies do not support editing Ack Wait"));
    }
    let Some(changes) = difference::render("api.ConsumerConfig", &fields(&info.config, &config)) else {
        if !matches.flag("dry-run") {
            context.console.line("No difference in configuration");
        }
        return Ok(());
    };
    context.console.line(&format!("Differences (-old +new):\n{changes}"));
    if matches.flag("dry-run") {
        return Err(Failure::Exit(1));
    }
    let (stream, name) = (&info.stream_name, &info.name);
    if !is_confirmed(&context, &matches, &format!("Really edit Consumer {stream} > {name}")).await? {
        return Ok(());
    }
    let info = create(&context, &matches, stream, config).await;
    let info = info?;
    show::present(&context, &matches, &info);
    Ok(())
}

fn edited(context: &Context, matches: &Matches, current: &ConsumerConfig) -> Result<ConsumerConfig, Failure> {
    if let Some(path) = matches.optional_text("config") {
        return configuration::from_file(context, &path);
    }
    let mut config = current.clone();
    configuration::apply_to_existing(&mut config, matches)?;
    Ok(config)
}

async fn edited_by_hand(context: &Context, info: &ConsumerInfo) -> Result<ConsumerConfig, Failure> {
    let mut config = info.config.clone();
    config.metadata.retain(|key, _| !is_reserved(key));
    let (file, what) =
        (format!("{}.yaml", info.name), format!("could not create new configuration for Consumer {}", info.name));
    yaml::edited(context, &yaml::CONSUMER, &file, &config, &what).await
}

fn fields(old: &ConsumerConfig, new: &ConsumerConfig) -> Vec<Field> {
    let line = |name, show: &dyn Fn(&ConsumerConfig) -> String| Field::line(name, show(old), show(new));
    vec![
        line("Description", &|c| quoted(&c.description)),
        line("AckPolicy", &|c| named(information::ack_policy(c.ack_policy))),
        line("AckWait", &|c| named(&go_duration(c.ack_wait))),
        line("DeliverPolicy", &|c| named(deliver_policy(c.deliver_policy))),
        line("DeliverSubject", &|c| quoted(&c.deliver_subject)),
        line("DeliverGroup", &|c| quoted(&c.deliver_group)),
        line("Durable", &|c| quoted(&c.durable_name)),
        line("Name", &|c| quoted(&c.name)),
        line("FilterSubject", &|c| quoted(&c.filter_subject)),
        texts("FilterSubjects", &old.filter_subjects, &new.filter_subjects),
        line("FlowControl", &|c| c.flow_control.to_string()),
        line("Heartbeat", &|c| named(&go_duration(c.idle_heartbeat))),
        line("MaxAckPending", &|c| c.max_ack_pending.to_string()),
        line("MaxDeliver", &|c| c.max_deliver.to_string()),
        Field { name: "BackOff", old: durations(&old.backoff), new: durations(&new.backoff) },
        line("MaxWaiting", &|c| c.max_waiting.to_string()),
        line("OptStartSeq", &|c| c.opt_start_seq.to_string()),
        line("OptStartTime", &|c| c.opt_start_time.map_or("nil".to_owned(), |at| named(&at.rfc3339()))),
        line("RateLimit", &|c| c.rate_limit_bits_per_sec.to_string()),
        line("ReplayPolicy", &|c| {
            named(if c.replay_policy == ReplayPolicy::Original { "Original" } else { "Instant" })
        }),
        line("SampleFrequency", &|c| quoted(&c.sample_frequency)),
        line("HeadersOnly", &|c| c.headers_only.to_string()),
        line("MaxRequestBatch", &|c| c.max_batch.to_string()),
        line("MaxRequestExpires", &|c| named(&go_duration(c.max_expires))),
        line("MaxRequestMaxBytes", &|c| c.max_bytes.to_string()),
        line("InactiveThreshold", &|c| named(&go_duration(c.inactive_threshold))),
        line("Replicas", &|c| c.num_replicas.to_string()),
        line("MemoryStorage", &|c| c.mem_storage.to_string()),
        Field { name: "Metadata", old: metadata(&old.metadata), new: metadata(&new.metadata) },
        line("PauseUntil", &|c| {
            c.pause_until.map_or("s\"0001-01-01 00:00:00 +0000 UTC\"".to_owned(), |at| named(&at.rfc3339()))
        }),
        texts("PriorityGroups", &old.priority_groups, &new.priority_groups),
        line("PriorityPolicy", &|c| named(if c.priority_policy == PriorityPolicy::None { "none" } else { "set" })),
        line("PinnedTTL", &|c| named(&go_duration(c.priority_timeout))),
        line("Direct", &|c| c.direct.to_string()),
    ]
}

fn texts(name: &'static str, old: &Option<Vec<String>>, new: &Option<Vec<String>>) -> Field {
    let value = |texts: &Option<Vec<String>>| sorted_texts(texts.as_deref().unwrap_or_default());
    Field { name, old: value(old), new: value(new) }
}

/// A value with a text form of its own.
fn named(text: &str) -> String {
    format!("s{text:?}")
}

/// What the server notes there is left out.
fn metadata(metadata: &crate::map::Map<String, String>) -> difference::Value {
    let own = metadata.iter().filter(|(key, _)| !is_reserved(key));
    let items: Vec<String> = own.map(|(key, value)| format!("{}: {}", quoted(key), quoted(value))).collect();
    difference::Value::List {
        open: "map[string]string{".to_owned(),
        flat: format!("{{{}}}", items.join(", ")),
        changed: format!("map[string]string{{{}}}", items.join(", ")),
        items,
        close: "}".to_owned(),
    }
}

fn durations(steps: &Option<Vec<Nanos>>) -> difference::Value {
    let items: Vec<String> = steps.iter().flatten().map(|step| named(&go_duration(*step))).collect();
    if items.is_empty() {
        return difference::Value::Line("nil".to_owned());
    }
    let inside = items.join(", ");
    difference::Value::List {
        open: "[]time.Duration{".to_owned(),
        flat: format!("{{{inside}}}"),
        changed: format!("[]time.Duration{{{inside}}}"),
        items,
        close: "}".to_owned(),
    }
}

fn deliver_policy(policy: DeliverPolicy) -> &'static str {
    match policy {
        DeliverPolicy::All => "All",
        DeliverPolicy::Last => "Last",
        DeliverPolicy::New => "New",
        DeliverPolicy::ByStartSequence => "By Start Sequence",
        DeliverPolicy::ByStartTime => "By Start Time",
        DeliverPolicy::LastPerSubject => "Last Per Subject",
    }
}

pub async fn rm(context: Context, matches: Matches) -> Outcome {
    let js = jetstream(&context, &matches);
    let (stream, consumer) = (matches.text("stream"), matches.text("consumer"));
    if matches.flag("force") {
        if stream.is_empty() || consumer.is_empty() {
            return Err(Failure::new("--force requires a stream and consumer name"));
        }
        js.delete_consumer(stream, consumer).await?;
        return Ok(());
    }
    let info = picked(&context, &matches, false).await?;
    if is_confirmed(&context, &matches, &format!("Really delete Consumer {} > {}", info.stream_name, info.name)).await?
    {
        js.delete_consumer(&info.stream_name, &info.name).await?;
    }
    Ok(())
}
