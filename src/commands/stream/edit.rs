//! `stream edit`, `seal`, `rm`: what changes or ends a stream as a whole.

use super::{configuration, confirm_key_value, information, is_confirmed, jetstream, picked};
use crate::api::stream::{Compression, PersistMode};
use crate::api::{Discard, Nanos, StreamConfig, StreamSource};
use crate::commands::report::difference::{self, Field, Member, Value, pointer, quoted, sorted_texts};
use crate::commands::report::text;
use crate::commands::{Context, Failure, Matches, Outcome, yaml};
use crate::time::format_go_duration;
use std::time::Duration;

pub async fn edit(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("force")).await?;
    let name = &info.config.name;
    let config = match matches.flag("interactive") {
        true => edited_by_hand(&context, &info.config).await?,
        false => edited(&context, &matches, &info.config)?,
    };
    let Some(changes) = difference::render("api.StreamConfig", &fields(&info.config, &config)) else {
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
    if let Some(path) = matches.optional_text("config") {
        return Ok(StreamConfig { name: current.name.clone(), ..configuration::from_file(context, &path)? });
    }
    let mut config = current.clone();
    config.metadata.retain(|key, _| !information::is_reserved(key));
    let what = format!("could not create new configuration for Stream {}", current.name);
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

fn fields(old: &StreamConfig, new: &StreamConfig) -> Vec<Field> {
    let line = |name, show: &dyn Fn(&StreamConfig) -> String| Field::line(name, show(old), show(new));
    let both = |name, show: &dyn Fn(&StreamConfig) -> Value| Field { name, old: show(old), new: show(new) };
    vec![
        line("Name", &|c| quoted(&c.name)),
        line("Description", &|c| quoted(&c.description)),
        Field { name: "Subjects", old: sorted_texts(&old.subjects), new: sorted_texts(&new.subjects) },
        line("Retention", &|c| named(information::retention(c.retention))),
        line("MaxConsumers", &|c| c.max_consumers.to_string()),
        line("MaxMsgsPer", &|c| c.max_msgs_per_subject.to_string()),
        line("MaxMsgs", &|c| c.max_msgs.to_string()),
        line("MaxBytes", &|c| c.max_bytes.to_string()),
        line("MaxAge", &|c| nanos(c.max_age)),
        line("MaxMsgSize", &|c| c.max_msg_size.to_string()),
        line("Storage", &|c| named(information::storage(c.storage))),
        line("Discard", &|c| named(if c.discard == Discard::New { "New" } else { "Old" })),
        line("Replicas", &|c| c.num_replicas.to_string()),
        line("NoAck", &|c| c.no_ack.to_string()),
        line("Duplicates", &|c| nanos(c.duplicate_window)),
        both("Placement", &placement),
        both("Mirror", &mirror),
        both("Sources", &sources),
        line("Compression", &|c| named(if c.compression == Compression::S2 { "S2 Compression" } else { "None" })),
        both("SubjectTransform", &transform),
        both("RePublish", &republish),
        line("Sealed", &|c| c.sealed.to_string()),
        line("DenyDelete", &|c| c.deny_delete.to_string()),
        line("DenyPurge", &|c| c.deny_purge.to_string()),
        line("RollupAllowed", &|c| c.allow_rollup_hdrs.to_string()),
        line("AllowDirect", &|c| c.allow_direct.to_string()),
        line("MirrorDirect", &|c| c.mirror_direct.to_string()),
        line("DiscardNewPer", &|c| c.discard_new_per_subject.to_string()),
        line("FirstSeq", &|c| c.first_seq.to_string()),
        metadata_field(old, new),
        line("AllowMsgTTL", &|c| c.allow_msg_ttl.to_string()),
        line("SubjectDeleteMarkerTTL", &|c| nanos(c.subject_delete_marker_ttl)),
        line("ConsumerLimits", &|c| consumer_limits(&c.consumer_limits)),
        line("AllowAtomicPublish", &|c| c.allow_atomic.to_string()),
        line("AllowMsgCounter", &|c| c.allow_msg_counter.to_string()),
        line("AllowMsgSchedules", &|c| c.allow_msg_schedules.to_string()),
        line("PersistMode", &|c| named(if c.persist_mode == PersistMode::Async { "Async" } else { "Default" })),
        line("AllowBatchPublish", &|c| c.allow_batched.to_string()),
    ]
}

/// A value with a text form of its own.
fn named(text: &str) -> String {
    format!("s{text:?}")
}

fn nanos(value: Nanos) -> String {
    let sign = if value.0 < 0 { "-" } else { "" };
    named(&format!("{sign}{}", format_go_duration(Duration::from_nanos(value.0.unsigned_abs()))))
}

fn origin(source: &StreamSource) -> Vec<Member> {
    let member = |name, text: String, is_zero| Member { name, value: Value::Line(text), is_zero };
    let transforms = source.subject_transforms.iter();
    let transforms: Vec<String> =
        transforms.map(|it| format!("{{Source: {}, Destination: {}}}", quoted(&it.src), quoted(&it.dest))).collect();
    let external = source.external.as_ref().map(|external| {
        vec![Member::text("ApiPrefix", &external.api), Member::text("DeliverPrefix", &external.deliver)]
    });
    let start = source.opt_start_time.map(|at| named(&text::go_time(at)));
    vec![
        Member::text("Name", &source.name),
        member("OptStartSeq", source.opt_start_seq.to_string(), source.opt_start_seq == 0),
        member("OptStartTime", start.clone().unwrap_or_default(), start.is_none()),
        Member::text("FilterSubject", &source.filter_subject),
        Member { name: "External", is_zero: external.is_none(), value: pointer("api.ExternalStream", external) },
        member("SubjectTransforms", format!("{{{}}}", transforms.join(", ")), transforms.is_empty()),
    ]
}

fn mirror(config: &StreamConfig) -> Value {
    pointer("api.StreamSource", config.mirror.as_ref().map(origin))
}

fn sources(config: &StreamConfig) -> Value {
    if config.sources.is_empty() {
        return Value::Line("nil".to_owned());
    }
    let sources = config.sources.iter().map(|source| pointer("api.StreamSource", Some(origin(source))));
    let items: Vec<String> = sources.map(|source| difference::flat(&source).to_owned()).collect();
    let inside = items.join(", ");
    Value::List {
        open: "[]*api.StreamSource{".to_owned(),
        flat: format!("{{{inside}}}"),
        changed: format!("[]*api.StreamSource{{{inside}}}"),
        items,
        close: "}".to_owned(),
    }
}

fn placement(config: &StreamConfig) -> Value {
    let members = config.placement.as_ref().map(|placement| {
        let tags = Member { name: "Tags", value: sorted_texts(&placement.tags), is_zero: placement.tags.is_empty() };
        vec![Member::text("Cluster", &placement.cluster), tags, Member::text("Preferred", &placement.preferred)]
    });
    pointer("api.Placement", members)
}

fn transform(config: &StreamConfig) -> Value {
    let members = config
        .subject_transform
        .as_ref()
        .map(|transform| vec![Member::text("Source", &transform.src), Member::text("Destination", &transform.dest)]);
    pointer("api.SubjectTransformConfig", members)
}

fn republish(config: &StreamConfig) -> Value {
    let members = config.republish.as_ref().map(|republish| {
        vec![
            Member::text("Source", &republish.src),
            Member::text("Destination", &republish.dest),
            Member::flag("HeadersOnly", republish.headers_only),
        ]
    });
    pointer("api.RePublish", members)
}

fn consumer_limits(limits: &crate::api::stream::ConsumerLimits) -> String {
    let mut members = Vec::new();
    if !limits.inactive_threshold.is_zero() {
        members.push(format!("InactiveThreshold: {}", nanos(limits.inactive_threshold)));
    }
    if limits.max_ack_pending != 0 {
        members.push(format!("MaxAckPending: {}", limits.max_ack_pending));
    }
    format!("{{{}}}", members.join(", "))
}

/// The old side is never `nil` and the new side is when it is empty: an oddity of the original that learners meet.
fn metadata_field(old: &StreamConfig, new: &StreamConfig) -> Field {
    let old = entries(old.metadata.iter().filter(|(key, _)| !information::is_reserved(key)));
    let new = entries(new.metadata.iter());
    let side = |entries: Vec<String>| Value::List {
        open: "map[string]string{".to_owned(),
        flat: format!("{{{}}}", entries.join(", ")),
        changed: format!("map[string]string{{{}}}", entries.join(", ")),
        items: entries,
        close: "}".to_owned(),
    };
    let new = if new.is_empty() { Value::Line("nil".to_owned()) } else { side(new) };
    Field { name: "Metadata", old: side(old), new }
}

fn entries<'a>(metadata: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<String> {
    metadata.map(|(key, value)| format!("{}: {}", quoted(key), quoted(value))).collect()
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
