//! `consumer add`, `copy`, `edit`, `rm`.

use super::{configuration, information, is_confirmed, jetstream, picked, picked_stream, show};
use crate::api::{ConsumerConfig, ConsumerInfo, CreateConsumerRequest, DeliverPolicy, ReplayPolicy};
use crate::commands::report::difference::{self, Value};
use crate::commands::report::text::go_time;
use crate::commands::stream::edit::own_metadata;
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
    // Unchecked, it is not written down either.
    let unwritten = context.leaves_checks_to_the_server();
    let text = if unwritten { String::new() } else { information::config_as_json(config) };
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
    mut config: ConsumerConfig,
) -> Result<ConsumerInfo, String> {
    if config.is_durable() {
        config.name = config.durable_name.clone();
    } else if config.name.is_empty() {
        config.name = context.client.random_token(8);
    }
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
    let Some(changes) = differences(&matches, &info.config, &config) else {
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
        let what = format!("could not create new configuration for Consumer {}", current.name);
        return configuration::from_file(context, &path).map_err(|problem| Failure::because(&what, problem));
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

/// A file that says nothing of metadata makes it Go's `nil`.
fn differences(matches: &Matches, old: &ConsumerConfig, new: &ConsumerConfig) -> Option<String> {
    let metadata = |config: &ConsumerConfig| own_metadata(&config.metadata);
    let is_nothing = matches.is_set("config") && metadata(new).is_empty();
    let new = value(new, (!is_nothing).then(|| metadata(new)));
    difference::render(&value(old, Some(metadata(old))), &new)
}

fn value(c: &ConsumerConfig, metadata: Option<Vec<(String, Value)>>) -> Value {
    let steps = c.backoff.iter().flatten().map(|step| Value::nanos(*step)).collect();
    let start = c.opt_start_time.map(|at| Value::named(&go_time(at)));
    let until = c.pause_until.map_or("0001-01-01 00:00:00 +0000 UTC".to_owned(), go_time);
    let texts = |texts: &Option<Vec<String>>| Value::texts(texts.as_deref().unwrap_or_default());
    Value::Struct(
        "api.ConsumerConfig",
        vec![
            ("Description", Value::text(&c.description)),
            ("AckPolicy", Value::named(information::ack_policy(c.ack_policy))),
            ("AckWait", Value::nanos(c.ack_wait)),
            ("DeliverPolicy", Value::named(deliver_policy(c.deliver_policy))),
            ("DeliverSubject", Value::text(&c.deliver_subject)),
            ("DeliverGroup", Value::text(&c.deliver_group)),
            ("Durable", Value::text(&c.durable_name)),
            ("Name", Value::text(&c.name)),
            ("FilterSubject", Value::text(&c.filter_subject)),
            ("FilterSubjects", texts(&c.filter_subjects)),
            ("FlowControl", Value::flag(c.flow_control)),
            ("Heartbeat", Value::nanos(c.idle_heartbeat)),
            ("MaxAckPending", Value::number(c.max_ack_pending)),
            ("MaxDeliver", Value::number(c.max_deliver)),
            ("BackOff", Value::list("[]time.Duration", steps)),
            ("MaxWaiting", Value::number(c.max_waiting)),
            ("OptStartSeq", Value::number(c.opt_start_seq)),
            ("OptStartTime", Value::pointer(start)),
            ("RateLimit", Value::number(c.rate_limit_bits_per_sec)),
            (
                "ReplayPolicy",
                Value::named(if c.replay_policy == ReplayPolicy::Original { "Original" } else { "Instant" }),
            ),
            ("SampleFrequency", Value::text(&c.sample_frequency)),
            ("HeadersOnly", Value::flag(c.headers_only)),
            ("MaxRequestBatch", Value::number(c.max_batch)),
            ("MaxRequestExpires", Value::nanos(c.max_expires)),
            ("MaxRequestMaxBytes", Value::number(c.max_bytes)),
            ("InactiveThreshold", Value::nanos(c.inactive_threshold)),
            ("Replicas", Value::number(c.num_replicas)),
            ("MemoryStorage", Value::flag(c.mem_storage)),
            ("Metadata", Value::Map(metadata)),
            ("PauseUntil", Value::named(&until)),
            ("PriorityGroups", texts(&c.priority_groups)),
            ("PriorityPolicy", Value::named(information::priority_policy(c.priority_policy))),
            ("PinnedTTL", Value::nanos(c.priority_timeout)),
            ("Direct", Value::flag(c.direct)),
        ],
    )
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
