//! `nats account backup` and `restore`: every stream of the account, each in a folder of its own.
//!
//! What a saved stream is, `stream::backup` knows. Source: natscli 0.4, observed.

use super::report::{Columns, text};
use super::stream::backup::{OF_MEMORY, Options, restore_from, save};
use super::{Context, Failure, Matches, Outcome};
use std::collections::BTreeSet;

pub async fn backup(context: Context, matches: Matches) -> Outcome {
    let (console, target) = (&context.console, matches.text("target").trim_end_matches('/'));
    let js = context.client.jetstream().with_timeout(matches.timeout());
    let streams = js.streams().await?;
    if streams.is_empty() {
        return Err("no streams found".into());
    }
    let (bytes, consumers) =
        streams.iter().fold((0, 0), |(bytes, count), it| (bytes + it.state.bytes, count + it.state.consumer_count));
    let mut columns = Columns::new(format!("Performing backup of all streams to {target}"));
    columns.row("Streams", streams.len());
    columns.row("Size", text::bytes(bytes));
    columns.row("Consumers", consumers);
    console.print(&format!("{}\n", context.screen(&columns)));
    if !matches.flag("force") {
        let answer = console.confirm("Perform backup", false).await;
        if !answer.map_err(|reason| Failure::new(reason.to_string()))? {
            return Ok(());
        }
    }
    let (mut warnings, mut failures) = (Vec::new(), Vec::new());
    for info in &streams {
        let name = &info.config.name;
        if let Err(problem) = save(&context, &js, info, &Options::new(&matches), &format!("{target}/{name}")).await {
            console.line(&format!("Backup of {name} failed: {problem}"));
            let list = if problem == OF_MEMORY { &mut warnings } else { &mut failures };
            list.push(format!("  {name}: {problem}\n"));
        }
        console.line("");
    }
    for (title, list) in [("Warnings", &warnings), ("failures", &failures)] {
        if !list.is_empty() {
            console.line(&format!("Backup {title}: \n{}", list.concat()));
        }
    }
    let has_failed = !failures.is_empty() || matches.flag("critical-warnings") && !warnings.is_empty();
    if has_failed { Err("backup failed".into()) } else { Ok(()) }
}

pub async fn restore(context: Context, matches: Matches) -> Outcome {
    let folder = matches.text("directory").trim_end_matches('/');
    let js = context.client.jetstream().with_timeout(matches.timeout());
    let known = js.stream_names().await?;
    let entries = context.entries(folder);
    for entry in &entries {
        let Some(name) = entry.strip_suffix('/') else {
            return Err(format!("expected a directory {entry:?}").into());
        };
        if known.iter().any(|known| known == name) {
            return Err(format!("stream {name:?} exists already").into());
        }
        let about = format!("{folder}/{name}/backup.json");
        if !context.has_file(&about) {
            return Err(format!("expected backup.json: stat {about}: no such file or directory").into());
        }
    }
    let count = entries.len();
    context.console.line(&format!("Restoring backup of all {count} streams in directory {folder:?}\n"));
    for entry in &entries {
        restore_from(&context, &matches, &format!("{folder}/{entry}"), false).await?;
    }
    Ok(())
}

impl Context {
    /// What is in a folder, by name; folders in it end in a slash.
    fn entries(&self, folder: &str) -> Vec<String> {
        let start = format!("{}/", super::files::file_name(folder));
        let files = self.files.borrow();
        let inside = files.keys().filter_map(|name| name.strip_prefix(&start));
        let names: BTreeSet<&str> = inside.map(|name| name.split_inclusive('/').next().unwrap_or(name)).collect();
        names.into_iter().map(str::to_owned).collect()
    }
}
