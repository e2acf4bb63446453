//! `stream find`: streams that fit every given condition.

use super::{information, jetstream, listing};
use crate::api::StreamInfo;
use crate::commands::grammar::Flag;
use crate::commands::{Context, Failure, Matches, Outcome, expression};
use crate::subject::SubjectFilter;
use crate::time::Timestamp;

pub const FLAGS: &[Flag] = &[
    Flag::text("server-name", "Streams on servers of this name"),
    Flag::text("cluster", "Streams in this cluster"),
    Flag::bool("empty", "Streams without messages"),
    Flag::duration("idle", "Streams that got nothing for so long").placeholder("DURATION"),
    Flag::duration("created", "Streams that are so old").placeholder("DURATION"),
    Flag::int("consumers", "Streams with at most so many consumers").default("-1").placeholder("THRESHOLD"),
    Flag::text("subject", "Streams that store this subject"),
    Flag::uint("replicas", "Streams kept on so many servers"),
    Flag::bool("sourced", "Streams that copy from others"),
    Flag::bool("mirrored", "Streams that mirror another"),
    Flag::text("leader", "Streams led by this server").placeholder("SERVER"),
    Flag::bool("names", "Prints names only").short('n'),
    Flag::switch("invert", "All the others"),
    Flag::text("expression", "Streams for which this is true"),
    Flag::int("api-level", "Streams that need this API level or more"),
];

const NOT_HERE: [&str; 3] = ["server-name", "cluster", "leader"];

pub async fn find(context: Context, matches: Matches) -> Outcome {
    if let Some(flag) = NOT_HERE.into_iter().find(|flag| matches.is_set(flag)) {
        return Err(Failure::new(format!("not in the playground: stream find --{flag}")));
    }
    let condition = matches.optional_text("expression").map(|text| expression::parse(&text)).transpose();
    let condition = condition.map_err(Failure::new)?;
    let streams = jetstream(&context, &matches).streams().await?;
    let mut found = Vec::new();
    for info in streams {
        let mut fits = fits_flags(&info, &matches, context.now());
        if let Some(condition) = &condition {
            fits &= condition.holds_for(&information::json_value(&info)).map_err(Failure::new)?;
        }
        if fits != matches.flag("invert") {
            found.push(info);
        }
    }
    if matches.flag("names") {
        let names: Vec<&str> = found.iter().map(|info| info.config.name.as_str()).collect();
        context.console.line(&names.join("\n"));
        return Ok(());
    }
    context.console.line(&format!("{}\n", context.drawn(&listing::table("Streams", &found, context.now()))));
    Ok(())
}

fn fits_flags(info: &StreamInfo, matches: &Matches, now: Timestamp) -> bool {
    let (config, state) = (&info.config, &info.state);
    let asks = |name: &str| matches.is_set(name);
    let idle = || state.last_ts.or(info.created).is_none_or(|at| now.since(at) >= matches.duration("idle"));
    let old = || info.created.is_none_or(|at| now.since(at) >= matches.duration("created"));
    let level = || config.metadata.get("_nats.req.level").and_then(|level| level.parse::<u64>().ok()).unwrap_or(0);
    (!matches.flag("empty") || state.messages == 0)
        && (!asks("idle") || idle())
        && (!asks("created") || old())
        && (!asks("consumers") || state.consumer_count as i64 <= matches.int("consumers"))
        && (!asks("subject") || stores(config.subjects.as_slice(), matches.text("subject")))
        && (!asks("replicas") || config.num_replicas == matches.int("replicas"))
        && (!matches.flag("sourced") || !config.sources.is_empty())
        && (!matches.flag("mirrored") || config.mirror.is_some())
        && (!asks("api-level") || level() >= matches.uint("api-level"))
}

/// One of the configured subjects lies wholly inside `wanted`.
fn stores(subjects: &[String], wanted: &str) -> bool {
    let Ok(wanted) = SubjectFilter::new(wanted) else { return false };
    subjects.iter().any(|subject| SubjectFilter::new(subject).is_ok_and(|subject| subject.is_subset_of(&wanted)))
}
