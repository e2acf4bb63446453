//! `consumer info`, `state`, `ls`, `report`, `find`: looking without touching.

use super::{information, jetstream, picked, picked_stream};
use crate::api::stream::ClusterInfo;
use crate::api::{ConsumerInfo, PriorityPolicy};
use crate::commands::grammar::{Flag, joined};
use crate::commands::report::json;
use crate::commands::{Context, Failure, Matches, Outcome, Place, expression};
use crate::time::Timestamp;

pub async fn info(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("no-select")).await?;
    present(&context, &matches, &info);
    Ok(())
}

/// The whole consumer, as a screen or as JSON.
pub fn present(context: &Context, matches: &Matches, info: &ConsumerInfo) {
    match matches.knows("json") && matches.flag("json") {
        true => context.console.line(&information::as_json(info)),
        false => tell(context, info, &context.screen(&information::information(info, context.now()))),
    }
}

pub async fn state(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("no-select")).await?;
    match matches.flag("json") {
        true => context.console.line(&information::as_json(&info)),
        false => tell(&context, &info, &context.screen(&information::state_information(&info, context.now()))),
    }
    Ok(())
}

fn tell(context: &Context, info: &ConsumerInfo, text: &str) {
    context.console.telling(Place::consumer(&info.stream_name, &info.name), |console| console.print(text));
}

pub async fn ls(context: Context, matches: Matches) -> Outcome {
    let stream = picked_stream(&context, &matches, matches.flag("no-select")).await?.config.name;
    let js = jetstream(&context, &matches);
    let console = &context.console;
    let names = js.consumer_names(&stream).await?;
    if matches.flag("json") {
        console.line(&if names.is_empty() { "null".to_owned() } else { json::pretty(&names) });
    } else if matches.flag("names") {
        names.iter().for_each(|name| console.line(name));
    } else if names.is_empty() {
        console.line("No Consumers defined");
    } else {
        let table = context.drawn(&information::table(&js.consumers(&stream).await?, context.now()));
        console.telling(Place::Consumers { stream }, |console| console.line(&format!("{table}\n")));
    }
    Ok(())
}

pub async fn report(context: Context, matches: Matches) -> Outcome {
    let stream = picked_stream(&context, &matches, false).await?;
    let name = &stream.config.name;
    let consumers = jetstream(&context, &matches).consumers(name).await?;
    let table = information::report(name, stream.state.messages, &consumers, matches.flag("raw"));
    let stream = name.clone();
    context.console.telling(Place::Consumers { stream }, |console| console.line(&context.drawn(&table)));
    Ok(())
}

const FITTING: &[Flag] = &[
    Flag::bool("pull", "Pull consumers"),
    Flag::bool("push", "Push consumers"),
    Flag::bool("bound", "Push consumers somebody listens to"),
    Flag::int("waiting", "Consumers with fewer open pulls"),
    Flag::int("ack-pending", "Consumers with fewer messages waiting for an acknowledgement"),
    Flag::uint("pending", "Consumers with fewer messages to deliver"),
    Flag::duration("idle", "Consumers that delivered nothing for so long"),
    Flag::duration("created", "Consumers that are so old").placeholder("DURATION"),
    Flag::uint("replicas", "Consumers kept on at most so many servers"),
    Flag::text("leader", "Consumers led by this server").placeholder("SERVER"),
    Flag::bool("pinned", "Consumers that serve one client at a time"),
    Flag::switch("invert", "Each condition the other way round"),
    Flag::text("expression", "Consumers for which this is true"),
];

pub const FIND_FLAGS: &[Flag] =
    &joined::<14>(&[FITTING, &[Flag::int("api-level", "Consumers that need this API level or more")]]);

pub const BALANCE_FLAGS: &[Flag] = FITTING;

pub async fn find(context: Context, matches: Matches) -> Outcome {
    let stream = picked_stream(&context, &matches, false).await?.config.name;
    for info in fitting(&context, &matches, &stream).await? {
        context.console.line(&info.name);
    }
    Ok(())
}

/// There is nothing to balance where consumers are on one server each.
pub async fn balance(context: Context, matches: Matches) -> Outcome {
    let stream = picked_stream(&context, &matches, false).await?.config.name;
    let found = fitting(&context, &matches, &stream).await?;
    if found.is_empty() {
        context.console.line(&format!("No consumers on {stream}"));
        return Ok(());
    }
    let Some(info) = found.iter().find(|info| !is_clustered(info)) else {
        return Err("not in the playground: consumer cluster balance".into());
    };
    Err(format!("failed to balance consumers on {stream} - consumer {:?} has no cluster info", info.name).into())
}

fn is_clustered(info: &ConsumerInfo) -> bool {
    info.cluster.as_ref().is_some_and(|cluster| !cluster.name.is_empty())
}

async fn fitting(context: &Context, matches: &Matches, stream: &str) -> Result<Vec<ConsumerInfo>, Failure> {
    let invalid = Failure::new;
    let condition = match matches.text("expression") {
        "" => None,
        text => Some(expression::parse(text).map_err(invalid)?),
    };
    let mut found = Vec::new();
    for info in jetstream(context, matches).consumers(stream).await? {
        let mut fits = fits_flags(&info, matches, context.now());
        if let Some(condition) = &condition {
            fits &= condition.holds_for(&expression::of_consumer(&info)).map_err(invalid)? != matches.flag("invert");
        }
        if fits {
            found.push(info);
        }
    }
    Ok(found)
}

/// Each condition that is asked for holds, or with `--invert` does not. Where there is nothing to count it does not hold
/// either way.
fn fits_flags(info: &ConsumerInfo, matches: &Matches, now: Timestamp) -> bool {
    let config = &info.config;
    let invert = matches.flag("invert");
    let is = |name: &str, holds: bool| !matches.flag(name) || holds != invert;
    let asked = |name: &str| matches.is_set(name) && matches.uint(name) > 0;
    let fewer = |name: &str, value: u64| {
        let limit = matches.uint(name);
        !asked(name) || value > 0 && if invert { value > limit } else { value < limit }
    };
    let after = |name: &str, at: Option<Timestamp>, older: bool| {
        let limit = matches.duration(name);
        limit.is_zero() || at.is_some_and(|at| (now.since(at) >= limit) == (older != invert))
    };
    let level: u64 = config.metadata.get("_nats.req.level").and_then(|level| level.parse().ok()).unwrap_or(0);
    let replicas = u64::try_from(config.num_replicas).unwrap_or(0);
    let limit = matches.uint("replicas");
    let leader = matches.text("leader");
    let is_led = |cluster: &ClusterInfo| (cluster.leader == leader) != invert;
    let leads = leader.is_empty() || is_clustered(info) && info.cluster.as_ref().is_some_and(is_led);
    let pinned = config.priority_policy == PriorityPolicy::PinnedClient;
    let has_pinned = info.priority_groups.iter().any(|group| !group.pinned_client_id.is_empty());
    is("pull", config.is_pull())
        && is("push", !config.is_pull())
        && is("bound", info.push_bound || info.num_waiting > 0)
        && (!matches.flag("pinned") || pinned && has_pinned != invert)
        && fewer("waiting", info.num_waiting)
        && fewer("ack-pending", info.num_ack_pending)
        && fewer("pending", info.num_pending)
        && leads
        && (!matches.knows("api-level") || !asked("api-level") || (level >= matches.uint("api-level")) != invert)
        && (!asked("replicas") || if invert { replicas >= limit } else { replicas <= limit })
        && after("idle", info.delivered.last_active, false)
        && after("created", info.created, true)
}
