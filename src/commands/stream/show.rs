//! `stream info`, `state`, `ls`, `report`, `subjects`: looking without touching.

use super::listing::{self, SortBy};
use super::{information, jetstream, picked, topology};
use crate::api::StreamInfo;
use crate::api::stream::StreamInfoRequest;
use crate::client::Error;
use crate::client::jetstream::JetStream;
use crate::commands::pick::is_internal;
use crate::commands::report::json;
use crate::commands::{Context, Failure, Matches, Outcome, Place};
use crate::map::Map;
use crate::sorted;

pub async fn info(context: Context, matches: Matches) -> Outcome {
    let only_state = matches.flag("state");
    show(&context, &matches, only_state).await
}

pub async fn state(context: Context, matches: Matches) -> Outcome {
    show(&context, &matches, true).await
}

async fn show(context: &Context, matches: &Matches, only_state: bool) -> Outcome {
    let info = picked(context, matches, matches.flag("no-select")).await?;
    let text = match (matches.flag("json"), only_state) {
        (true, _) => information::as_json(&info) + "\n",
        (false, true) => context.screen(&information::state_information(&info)),
        (false, false) => context.screen(&information::information(&info.config.name, &info)),
    };
    let place = (!matches.flag("json")).then(|| Place::Stream(info.config.name.clone()));
    context.console.telling(place, |console| console.line(&text));
    Ok(())
}

pub async fn ls(context: Context, matches: Matches) -> Outcome {
    let js = jetstream(&context, &matches);
    let subject = matches.text("subject");
    let failed = |error: Error| Failure::because("could not list streams", error);
    if matches.flag("names") && !matches.flag("json") {
        let names = js.stream_names_on(subject).await?;
        names.iter().for_each(|name| context.console.line(name));
        return Ok(());
    }
    let all = js.streams_on(subject).await.map_err(failed)?;
    let found = all.len();
    let shown: Vec<_> = all.into_iter().filter(|info| matches.flag("all") || !is_internal(&info.config.name)).collect();
    let text = match (matches.flag("json"), shown.is_empty(), found) {
        (true, ..) => names_as_json(&shown),
        (false, true, 0) => "No Streams defined".to_owned(),
        (false, true, _) => "No Streams defined, pass -a to include system streams".to_owned(),
        (false, false, _) => {
            let title = if subject.is_empty() { "Streams".to_owned() } else { format!("Streams matching {subject}") };
            format!("{}\n", context.drawn(&listing::table(&title, &shown, context.now())))
        }
    };
    let place = (!matches.flag("json")).then_some(Place::Streams { prefix: "" });
    context.console.telling(place, |console| console.line(&text));
    Ok(())
}

fn names_as_json(streams: &[StreamInfo]) -> String {
    let names: Vec<&str> = streams.iter().map(|info| info.config.name.as_str()).collect();
    if names.is_empty() { "null".to_owned() } else { json::pretty(&names) }
}

pub async fn report(context: Context, matches: Matches) -> Outcome {
    let console = &context.console;
    console.line("Obtaining Stream stats\n");
    let js = jetstream(&context, &matches);
    let streams = js.streams_on(matches.text("subject")).await?;
    if streams.is_empty() {
        console.line("No Streams defined");
        return Ok(());
    }
    let sort = sort_by(&matches);
    let table = listing::report(&streams, sort, matches.flag("raw"));
    console.telling(Place::Streams { prefix: "" }, |console| console.line(&context.drawn(&table)));
    if let Some(table) = listing::replication_report(&streams, sort) {
        console.line(&context.drawn(&table));
    }
    let file = matches.text("dot");
    if let Some(graph) = topology::graph(&streams).filter(|_| !file.is_empty()) {
        context.write_file(file, graph.into_bytes());
    }
    Ok(())
}

fn sort_by(matches: &Matches) -> SortBy {
    let flags = [
        ("consumers", SortBy::Consumers),
        ("messages", SortBy::Messages),
        ("name", SortBy::Name),
        ("storage", SortBy::Storage),
    ];
    flags.into_iter().find(|(name, _)| matches.flag(name)).map(|(_, sort)| sort).unwrap_or_default()
}

pub async fn subjects(context: Context, matches: Matches) -> Outcome {
    let name = picked(&context, &matches, false).await?.config.name;
    let filter = Some(matches.text("filter")).filter(|filter| !filter.is_empty()).unwrap_or(">");
    let counted = count_subjects(&jetstream(&context, &matches), &name, filter).await?;
    let console = &context.console;
    if matches.flag("json") {
        console.line(&json::pretty(&counted));
        return Ok(());
    }
    if counted.is_empty() {
        console.line(&format!("No subjects found matching {filter}"));
        return Ok(());
    }
    let mut counted: Vec<(String, u64)> = counted.into_iter().collect();
    if matches!(matches.text("sort"), "messages" | "count") {
        sorted::by_key(&mut counted, |(_, count)| *count);
    }
    if matches.flag("reverse") {
        counted.reverse();
    }
    if matches.flag("names") {
        counted.iter().for_each(|(subject, _)| console.line(subject));
        return Ok(());
    }
    let table = listing::subjects(&name, &counted);
    console.telling(Place::Stream(name), |console| console.line(&context.drawn(&table)));
    Ok(())
}

/// Messages of each subject that matches `filter`, all pages.
async fn count_subjects(js: &JetStream, stream: &str, filter: &str) -> Result<Map<String, u64>, Error> {
    let mut counted = Map::new();
    loop {
        let offset = counted.len() as i64;
        let request = StreamInfoRequest { offset, subjects_filter: filter.to_owned(), ..StreamInfoRequest::default() };
        let info = js.stream_details(stream, &request).await?;
        let page = info.state.subjects.unwrap_or_default();
        let is_last = page.is_empty();
        counted.extend(page.into_iter().map(|(subject, count)| (subject.to_string(), count)));
        if is_last || counted.len() as u64 >= info.total.unwrap_or(0) {
            return Ok(counted);
        }
    }
}
