//! `consumer pause`, `resume`, `unpin`, `reset`: what steers a consumer without changing what it is.

use super::information::{self, go_seconds};
use super::{configuration, is_confirmed, jetstream, picked};
use crate::api::PriorityPolicy;
use crate::commands::report::text;
use crate::commands::{Context, Failure, Matches, Outcome};
use crate::time::Timestamp;
use std::time::Duration;

pub async fn pause(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("force")).await?;
    let until = match matches.text("until") {
        "" => ask_until(&context).await?,
        until => configuration::until(until, context.now())?,
    };
    let (stream, consumer) = (&info.stream_name, &info.name);
    let question = format!("Really pause Consumer {stream} > {consumer} until {}", text::time(until));
    if !is_confirmed(&context, &matches, &question).await? {
        return Ok(());
    }
    let answer = jetstream(&context, &matches).pause_consumer(stream, consumer, Some(until)).await?;
    if !answer.paused {
        return Err("pause request failed, perhaps due to a time in the past".into());
    }
    let until = text::optional_time(answer.pause_until);
    let remaining = go_seconds(answer.pause_remaining.duration().unwrap_or_default());
    context.console.line(&format!("Paused {stream} > {consumer} until {until} ({remaining})"));
    Ok(())
}

async fn ask_until(context: &Context) -> Result<Timestamp, Failure> {
    let default = text::time(context.now() + Duration::from_secs(3600));
    let message = "Pause until (time or duration)";
    let answer = context.console.ask_text(message, &default, "For so long, or until YYYY-MM-DD HH:MM:SS.").await;
    let answer = answer.map_err(|reason| Failure::new(reason.to_string()))?;
    configuration::until(&answer, context.now())
}

pub async fn resume(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("force")).await?;
    if !info.paused {
        return Err(Failure::new("consumer is not paused"));
    }
    let (stream, consumer) = (&info.stream_name, &info.name);
    if !is_confirmed(&context, &matches, &format!("Really resume Consumer {stream} > {consumer}")).await? {
        return Ok(());
    }
    let answer = jetstream(&context, &matches).pause_consumer(stream, consumer, None).await?;
    if answer.paused {
        return Err(Failure::new(format!("Consumer {stream} > {consumer} could not be resumed")));
    }
    let until = text::optional_time(info.config.pause_until);
    context.console.line(&format!("Consumer {stream} > {consumer} was resumed while previously paused until {until}"));
    Ok(())
}

pub async fn unpin(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("force")).await?;
    if info.config.priority_policy != PriorityPolicy::PinnedClient {
        return Err(Failure::new("consumer is not a pinned priority consumer"));
    }
    let pinned = info.priority_groups.iter().filter(|group| !group.pinned_client_id.is_empty());
    let pinned: Vec<(&str, &str)> =
        pinned.map(|group| (group.group.as_str(), group.pinned_client_id.as_str())).collect();
    if pinned.is_empty() {
        return Err(Failure::new("no priority groups have pinned clients"));
    }
    let group = match matches.text("group") {
        "" => pick_group(&context, &pinned).await?,
        group => group.to_owned(),
    };
    let Some((_, client)) = pinned.iter().find(|(name, _)| *name == group) else {
        return Err(Failure::new(format!("group {group} has no pinned client")));
    };
    let (stream, consumer) = (&info.stream_name, &info.name);
    let question = format!("Really unpin client from group {stream} > {consumer} > {group}");
    if !is_confirmed(&context, &matches, &question).await? {
        return Ok(());
    }
    jetstream(&context, &matches).unpin_consumer(stream, consumer, &group).await?;
    context.console.line(&format!("Unpinned client {client} from Priority Group {stream} > {consumer} > {group}"));
    Ok(())
}

async fn pick_group(context: &Context, pinned: &[(&str, &str)]) -> Result<String, Failure> {
    let names: Vec<&str> = pinned.iter().map(|(name, _)| *name).collect();
    let answer = context.console.choose("Select a Group", &names, 0, "").await;
    answer.map_err(|reason| Failure::because("could not select Group", reason))
}

pub async fn reset(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("force")).await?;
    if !is_confirmed(&context, &matches, "Really reset the consumer").await? {
        return Ok(());
    }
    let seq = matches.is_set("sequence").then(|| matches.uint("sequence"));
    let info = jetstream(&context, &matches).reset_consumer(&info.stream_name, &info.name, seq).await?;
    context.console.print(&context.screen(&information::state_information(&info, context.now())));
    Ok(())
}

pub async fn step_down(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("force")).await?;
    Err(Failure::new(format!("consumer {:?} > {:?} is not clustered", info.stream_name, info.name)))
}
