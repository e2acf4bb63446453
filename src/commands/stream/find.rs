//! `stream find` and `stream cluster balance`: streams that fit every given condition.

use super::{jetstream, listing};
use crate::api::StreamInfo;
use crate::commands::grammar::{Flag, joined};
use crate::commands::pattern::Pattern;
use crate::commands::{Context, Failure, Matches, Outcome, expression};
use crate::subject::SubjectFilter;
use crate::time::Timestamp;

const FITTING: &[Flag] = &[
    Flag::text("server-name", "Streams on servers whose name matches"),
    Flag::text("cluster", "Streams in clusters whose name matches"),
    Flag::bool("empty", "Streams without messages"),
    Flag::duration("idle", "Streams that got nothing for so long").placeholder("DURATION"),
    Flag::duration("created", "Streams that are so old").placeholder("DURATION"),
    Flag::int("consumers", "Streams with at most so many consumers").default("-1").placeholder("THRESHOLD"),
    Flag::text("subject", "Streams that store this subject"),
    Flag::uint("replicas", "Streams kept on at most so many servers"),
    Flag::bool("sourced", "Streams that copy from others"),
    Flag::bool("mirrored", "Streams that mirror another"),
    Flag::text("leader", "Streams led by this server").placeholder("SERVER"),
];
const INVERT: Flag = Flag::switch("invert", "Each condition the other way round");
const EXPRESSION: Flag = Flag::text("expression", "Streams for which this is true");

pub const FLAGS: &[Flag] = &joined::<15>(&[
    FITTING,
    &[
        Flag::bool("names", "Prints names only").short('n'),
        INVERT,
        EXPRESSION,
        Flag::int("api-level", "Streams that need this API level or more"),
    ],
]);

pub const BALANCE_FLAGS: &[Flag] = &joined::<13>(&[FITTING, &[INVERT, EXPRESSION]]);

pub async fn find(context: Context, matches: Matches) -> Outcome {
    let found = fitting(&context, &matches).await?;
    if matches.flag("names") {
        let names: Vec<&str> = found.iter().map(|info| info.config.name.as_str()).collect();
        context.console.line(&names.join("\n"));
        return Ok(());
    }
    let title = match matches.text("subject") {
        "" => "Streams".to_owned(),
        subject => format!("Streams matching {subject}"),
    };
    context.console.line(&format!("{}\n", context.drawn(&listing::table(&title, &found, context.now()))));
    Ok(())
}

/// There is nothing to balance where streams are on one server each.
pub async fn balance(context: Context, matches: Matches) -> Outcome {
    let found = fitting(&context, &matches).await?;
    let Some(first) = found.iter().find(|info| has_no_cluster(info)) else {
        return match found.is_empty() {
            true => Ok(()),
            false => Err("not in the playground: stream cluster balance".into()),
        };
    };
    Err(format!("failed to balance streams: stream {:?} has no cluster information", first.config.name).into())
}

fn has_no_cluster(info: &StreamInfo) -> bool {
    info.cluster.as_ref().is_none_or(|cluster| cluster.name.is_empty())
}

async fn fitting(context: &Context, matches: &Matches) -> Result<Vec<StreamInfo>, Failure> {
    let pattern = |name: &str| match matches.text(name) {
        "" => Ok(None),
        text => Pattern::parsed(text).map(Some).map_err(Failure::new),
    };
    let places = Places { server: pattern("server-name")?, cluster: pattern("cluster")? };
    let streams = jetstream(context, matches).streams().await?;
    let condition = match matches.text("expression") {
        "" => None,
        text => Some(expression::parse(text).map_err(Failure::new)?),
    };
    let mut found = Vec::new();
    for info in streams {
        let mut fits = fits_flags(&info, matches, context.now()) && fits_place(&info, matches, &places);
        if let Some(condition) = &condition {
            fits &= condition.holds_for(&expression::of_stream(&info)).map_err(Failure::new)?;
        }
        if fits {
            found.push(info);
        }
    }
    Ok(found)
}

struct Places {
    server: Option<Pattern>,
    cluster: Option<Pattern>,
}

/// Each condition that is asked for holds, or with `--invert` does not.
fn fits_flags(info: &StreamInfo, matches: &Matches, now: Timestamp) -> bool {
    let (config, state) = (&info.config, &info.state);
    let invert = matches.flag("invert");
    let is = |asked: bool, holds: bool| !asked || holds != invert;
    let up_to = |asked: bool, value: i64, limit: i64| !asked || if invert { value >= limit } else { value <= limit };
    let (idle, created, subject) = (matches.duration("idle"), matches.duration("created"), matches.text("subject"));
    let level: i64 = config.metadata.get("_nats.req.level").and_then(|level| level.parse().ok()).unwrap_or(0);
    let least = if matches.knows("api-level") { matches.int("api-level") } else { 0 };
    is(matches.flag("empty"), state.messages == 0)
        && is(!idle.is_zero(), state.last_ts.is_none_or(|at| now.since(at) > idle))
        && is(!created.is_zero(), info.created.is_none_or(|at| now.since(at) >= created))
        && up_to(matches.int("consumers") >= 0, state.consumer_count as i64, matches.int("consumers"))
        && (subject.is_empty() || stores(config.subjects.as_slice(), subject, invert))
        && up_to(matches.int("replicas") > 0, config.num_replicas, matches.int("replicas"))
        && is(matches.flag("sourced"), !config.sources.is_empty())
        && is(matches.flag("mirrored"), config.mirror.is_some())
        && is(least > 0, level >= least)
}

/// A stream that is in no cluster has no leader, whether that is wanted or not.
fn fits_place(info: &StreamInfo, matches: &Matches, places: &Places) -> bool {
    let cluster = info.cluster.as_ref().filter(|_| !has_no_cluster(info));
    let invert = matches.flag("invert");
    let leader = matches.text("leader");
    let is = |pattern: &Option<Pattern>, text: Option<&str>| {
        pattern.as_ref().is_none_or(|pattern| text.is_some_and(|text| pattern.is_match(text)) != invert)
    };
    (leader.is_empty() || cluster.is_some_and(|cluster| (cluster.leader == leader) != invert))
        && is(&places.server, cluster.map(|cluster| cluster.leader.as_str()))
        && is(&places.cluster, cluster.map(|cluster| cluster.name.as_str()))
}

/// One of the configured subjects lies wholly inside `wanted`; with `invert`, one does not.
fn stores(subjects: &[String], wanted: &str, invert: bool) -> bool {
    let Ok(wanted) = SubjectFilter::new(wanted) else { return invert };
    let inside = |subject: &String| SubjectFilter::new(subject).is_ok_and(|subject| subject.is_subset_of(&wanted));
    subjects.iter().any(|subject| inside(subject) != invert)
}
