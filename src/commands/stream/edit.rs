//! `stream edit`, `seal`, `rm`: what changes or ends a stream as a whole.

use super::{configuration, confirm_key_value, information, is_confirmed, jetstream, picked};
use crate::api::stream::{Compression, ConsumerLimits, PersistMode, Placement, Republish, SubjectTransform};
use crate::api::{Discard, StreamConfig, StreamSource};
use crate::commands::report::difference::{self, Value};
use crate::commands::report::text::go_time;
use crate::commands::{Context, Failure, Matches, Outcome, yaml};
use crate::map::Map;

pub async fn edit(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("force")).await?;
    let name = &info.config.name;
    let config = match matches.flag("interactive") {
        true => edited_by_hand(&context, &info.config).await?,
        false => edited(&context, &matches, &info.config)?,
    };
    let Some(changes) = changes(&info.config, &config) else {
        if !matches.flag("dry-run") {
            context.console.line("No difference in configuration");
        }
        return Ok(());
    };
    context.console.line(&format!("Differences (-old +new):\n{changes}"));
    if matches.flag("dry-run") {
        return Err(Failure::Exit(1));
    }
    confirm_key_value(&context, name).await?;
    if !is_confirmed(&context, &matches, &format!("Really edit Stream {name}")).await? {
        return Ok(());
    }
    let js = jetstream(&context, &matches);
    let failed = |error| Failure::because(&format!("could not edit Stream {name}"), error);
    js.update_stream_named(name, &config).await.map_err(failed)?;
    let info = js.stream_info(name).await.map_err(failed)?;
    if matches.flag("json") {
        context.console.line(&information::as_json(&info));
        return Ok(());
    }
    context.console.line(&format!("Stream {name} was updated\n"));
    information::show(&context.console, name, &info);
    Ok(())
}

fn edited(context: &Context, matches: &Matches, current: &StreamConfig) -> Result<StreamConfig, Failure> {
    let what = format!("could not create new configuration for Stream {}", current.name);
    if let Some(path) = matches.optional_text("config") {
        let read = configuration::from_file(context, &path).map_err(|problem| Failure::because(&what, problem))?;
        return Ok(StreamConfig { name: current.name.clone(), ..read });
    }
    let mut config = current.clone();
    config.metadata.retain(|key, _| !information::is_reserved(key));
    configuration::apply_to_existing(&mut config, matches, &what)?;
    Ok(config)
}

async fn edited_by_hand(context: &Context, current: &StreamConfig) -> Result<StreamConfig, Failure> {
    let mut config = current.clone();
    config.metadata.retain(|key, _| !information::is_reserved(key));
    let (file, what) =
        (format!("{}.yaml", config.name), format!("could not create new configuration for Stream {}", config.name));
    yaml::edited(context, &yaml::STREAM, &file, &config, &what).await
}

fn value(c: &StreamConfig, metadata: Value) -> Value {
    Value::Struct(
        "api.StreamConfig",
        vec![
            ("Name", Value::text(&c.name)),
            ("Description", Value::text(&c.description)),
            ("Subjects", Value::texts(&c.subjects)),
            ("Retention", Value::named(information::retention(c.retention))),
            ("MaxConsumers", Value::number(c.max_consumers)),
            ("MaxMsgsPer", Value::number(c.max_msgs_per_subject)),
            ("MaxMsgs", Value::number(c.max_msgs)),
            ("MaxBytes", Value::number(c.max_bytes)),
            ("MaxAge", Value::nanos(c.max_age)),
            ("MaxMsgSize", Value::number(c.max_msg_size)),
            ("Storage", Value::named(information::storage(c.storage))),
            ("Discard", Value::named(if c.discard == Discard::New { "New" } else { "Old" })),
            ("Replicas", Value::number(c.num_replicas)),
            ("NoAck", Value::flag(c.no_ack)),
            ("Duplicates", Value::nanos(c.duplicate_window)),
            ("Placement", Value::pointer(c.placement.as_ref().map(placement))),
            ("Mirror", Value::pointer(c.mirror.as_ref().map(origin))),
            ("Sources", Value::list("[]*api.StreamSource", c.sources.iter().map(source).collect())),
            ("Compression", Value::named(if c.compression == Compression::S2 { "S2 Compression" } else { "None" })),
            ("SubjectTransform", Value::pointer(c.subject_transform.as_ref().map(transform))),
            ("RePublish", Value::pointer(c.republish.as_ref().map(republish))),
            ("Sealed", Value::flag(c.sealed)),
            ("DenyDelete", Value::flag(c.deny_delete)),
            ("DenyPurge", Value::flag(c.deny_purge)),
            ("RollupAllowed", Value::flag(c.allow_rollup_hdrs)),
            ("AllowDirect", Value::flag(c.allow_direct)),
            ("MirrorDirect", Value::flag(c.mirror_direct)),
            ("DiscardNewPer", Value::flag(c.discard_new_per_subject)),
            ("FirstSeq", Value::number(c.first_seq)),
            ("Metadata", metadata),
            ("AllowMsgTTL", Value::flag(c.allow_msg_ttl)),
            ("SubjectDeleteMarkerTTL", Value::nanos(c.subject_delete_marker_ttl)),
            ("ConsumerLimits", consumer_limits(&c.consumer_limits)),
            ("AllowAtomicPublish", Value::flag(c.allow_atomic)),
            ("AllowMsgCounter", Value::flag(c.allow_msg_counter)),
            ("AllowMsgSchedules", Value::flag(c.allow_msg_schedules)),
            ("PersistMode", Value::named(if c.persist_mode == PersistMode::Async { "Async" } else { "Default" })),
            ("AllowBatchPublish", Value::flag(c.allow_batched)),
        ],
    )
}

fn placement(placement: &Placement) -> Value {
    Value::Struct(
        "api.Placement",
        vec![
            ("Cluster", Value::text(&placement.cluster)),
            ("Tags", Value::texts(&placement.tags)),
            ("Preferred", Value::text(&placement.preferred)),
        ],
    )
}

fn source(source: &StreamSource) -> Value {
    Value::pointer(Some(origin(source)))
}

fn origin(source: &StreamSource) -> Value {
    let pair = |type_name, names: [&'static str; 2], texts: [&str; 2]| {
        Value::Struct(type_name, vec![(names[0], Value::text(texts[0])), (names[1], Value::text(texts[1]))])
    };
    let external = source
        .external
        .as_ref()
        .map(|external| pair("api.ExternalStream", ["ApiPrefix", "DeliverPrefix"], [&external.api, &external.deliver]));
    let consumer = source.consumer.as_ref().map(|consumer| {
        pair("api.StreamConsumerSource", ["Name", "DeliverSubject"], [&consumer.name, &consumer.deliver_subject])
    });
    let start = source.opt_start_time.map(|at| Value::named(&go_time(at)));
    let transforms = source.subject_transforms.iter().map(transform).collect();
    Value::Struct(
        "api.StreamSource",
        vec![
            ("Name", Value::text(&source.name)),
            ("OptStartSeq", Value::number(source.opt_start_seq)),
            ("OptStartTime", Value::pointer(start)),
            ("FilterSubject", Value::text(&source.filter_subject)),
            ("External", Value::pointer(external)),
            ("SubjectTransforms", Value::list("[]api.SubjectTransformConfig", transforms)),
            ("Consumer", Value::pointer(consumer)),
        ],
    )
}

fn transform(transform: &SubjectTransform) -> Value {
    let members = vec![("Source", Value::text(&transform.src)), ("Destination", Value::text(&transform.dest))];
    Value::Struct("api.SubjectTransformConfig", members)
}

fn republish(republish: &Republish) -> Value {
    Value::Struct(
        "api.RePublish",
        vec![
            ("Source", Value::text(&republish.src)),
            ("Destination", Value::text(&republish.dest)),
            ("HeadersOnly", Value::flag(republish.headers_only)),
        ],
    )
}

fn consumer_limits(limits: &ConsumerLimits) -> Value {
    let members = vec![
        ("InactiveThreshold", Value::nanos(limits.inactive_threshold)),
        ("MaxAckPending", Value::number(limits.max_ack_pending)),
    ];
    Value::Struct("api.StreamConsumerLimits", members)
}

/// The old side is never `nil` and the new side is when it is empty: an oddity of the original that learners meet.
fn changes(old: &StreamConfig, new: &StreamConfig) -> Option<String> {
    let before = own_metadata(&old.metadata);
    let after: Vec<_> = new.metadata.iter().map(|(key, value)| (key.clone(), Value::text(value))).collect();
    let after = (!after.is_empty()).then_some(after);
    difference::render(&value(old, Value::Map(Some(before))), &value(new, Value::Map(after)))
}

/// What the server notes there is left out.
pub fn own_metadata(metadata: &Map<String, String>) -> Vec<(String, Value)> {
    let own = metadata.iter().filter(|(key, _)| !information::is_reserved(key));
    own.map(|(key, value)| (key.clone(), Value::text(value))).collect()
}

/// There is one server, so nothing can be removed.
pub async fn remove_peer(context: Context, matches: Matches) -> Outcome {
    picked(&context, &matches, false).await?;
    if !matches.flag("force") {
        let hint = "use --force to force";
        return Err(format!("removing the only peer on a stream will result in data loss, {hint}").into());
    }
    context.log(&format!("Removing peer {:?}", matches.text("peer")));
    Err("JetStream clustering support required (10010)".into())
}

pub async fn seal(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("force")).await?;
    let name = &info.config.name;
    let question = format!("Really seal Stream {name}, sealed streams can not be unsealed or modified");
    if !is_confirmed(&context, &matches, &question).await? {
        return Ok(());
    }
    let js = jetstream(&context, &matches);
    let failed = |error| Failure::because("could not seal Stream", error);
    js.update_stream(&StreamConfig { sealed: true, ..info.config.clone() }).await.map_err(failed)?;
    let info = js.stream_info(name).await.map_err(failed)?;
    information::show(&context.console, name, &info);
    Ok(())
}

pub async fn rm(context: Context, matches: Matches) -> Outcome {
    let js = jetstream(&context, &matches);
    if matches.flag("force") {
        if matches.text("stream").is_empty() {
            return Err(Failure::new("--force requires a stream name"));
        }
        js.delete_stream(matches.text("stream")).await?;
        return Ok(());
    }
    let name = picked(&context, &matches, false).await?.config.name;
    if is_confirmed(&context, &matches, &format!("Really delete Stream {name}")).await? {
        js.delete_stream(&name).await.map_err(|error| Failure::because("could not remove Stream", error))?;
    }
    Ok(())
}

pub async fn step_down(context: Context, matches: Matches) -> Outcome {
    let name = picked(&context, &matches, matches.flag("force")).await?.config.name;
    Err(Failure::new(format!("stream {name:?} is not clustered")))
}
