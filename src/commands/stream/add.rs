//! `stream add` and `stream copy`.

use super::{configuration, information, jetstream, validation};
use crate::api::{StreamConfig, StreamInfo};
use crate::commands::pick::{self, Rules};
use crate::commands::report::json;
use crate::commands::{Context, Failure, Matches, Outcome};

pub async fn add(context: Context, matches: Matches) -> Outcome {
    let config = match matches.optional_text("config") {
        Some(path) => from_file(&context, &matches, &path)?,
        None => {
            let required = must_limit_bytes(&context, &matches).await?;
            configuration::for_new_stream(&context, &matches, required).await?
        }
    };
    if matches.flag("validate") || matches.is_set("output") {
        return keep_configuration(&context, &matches, &config);
    }
    let info = create(&context, &matches, &config).await?;
    context.console.line(&format!("Stream {} was created\n", info.config.name));
    present(&context, &matches, &config.name, &info);
    Ok(())
}

fn from_file(context: &Context, matches: &Matches, path: &str) -> Result<StreamConfig, Failure> {
    let read = configuration::from_file(context, path);
    let mut config = read.map_err(|problem| Failure::because("invalid input", problem))?;
    if !matches.text("stream").is_empty() {
        config.name = matches.text("stream").to_owned();
    }
    configuration::apply_to_read(&mut config, matches);
    Ok(config)
}

/// Whether the account wants a size for every stream; a server without JetStream says so later, in its own words.
async fn must_limit_bytes(context: &Context, matches: &Matches) -> Result<bool, Failure> {
    let account = jetstream(context, matches).account_info().await;
    Ok(account.is_ok_and(|account| account.limits.max_bytes_required))
}

const INVALID: &str = "Validation Failed";

fn keep_configuration(context: &Context, matches: &Matches, config: &StreamConfig) -> Outcome {
    let info = StreamInfo { config: config.clone(), ..StreamInfo::default() };
    let value = information::json_value(&info);
    // Unchecked, it is not written down either.
    let text = if context.leaves_checks_to_the_server() {
        String::new()
    } else {
        json::shaped(&value["config"], &information::CONFIG)
    };
    match matches.optional_text("output") {
        Some(path) => {
            checked(context, INVALID, config, "\n\t")?;
            context.write_file(&path, text.into_bytes());
        }
        None => {
            context.console.line(&text);
            context.console.line("");
            checked(context, INVALID, config, "\n\t")?;
            context
                .console
                .line("Configuration is a valid Stream matching io.nats.jetstream.api.v1.stream_configuration");
        }
    }
    Ok(())
}

fn checked(context: &Context, what: &str, config: &StreamConfig, between: &str) -> Outcome {
    if context.leaves_checks_to_the_server() { Ok(()) } else { validation::checked(what, config, between) }
}

async fn create(context: &Context, matches: &Matches, config: &StreamConfig) -> Result<StreamInfo, Failure> {
    // What is apart only for a subject is found out by the client library.
    if config.name.contains(['\t', '\r', '\n']) && !config.name.contains([' ', '.', '*', '>', '/', '\\']) {
        return Err(Failure::new("could not create Stream: nats: invalid subject"));
    }
    if !is_name(&config.name) {
        return Err(Failure::new(format!("could not create Stream: {:?} is not a valid stream name", config.name)));
    }
    checked(context, "could not create Stream: configuration validation failed", config, ", ")?;
    let created = jetstream(context, matches).create_stream(config).await;
    created.map_err(|error| Failure::because("could not create Stream", error))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || ".*>/\\".contains(c))
}

/// `heading` is not always the stream's own name: a copy is headed by its source.
fn present(context: &Context, matches: &Matches, heading: &str, info: &StreamInfo) {
    let console = &context.console;
    match matches.flag("json") {
        true => console.line(&information::as_json(info)),
        false => information::show(console, heading, info),
    }
}

pub async fn copy(context: Context, matches: Matches) -> Outcome {
    let source = matches.text("original");
    if source == matches.text("destination") {
        return Err("source and destination Stream names cannot be the same".into());
    }
    let rules = Rules { must_exist: false, show_all: matches.flag("all") };
    let found = pick::stream(&context, &jetstream(&context, &matches), source, rules).await;
    let mut config = found.map_err(|error| Failure::because("could not pick a Stream to operate on", error))?.config;
    let source = config.name.clone();
    configuration::apply_to_existing(&mut config, &matches, &format!("could not copy Stream {source}"))?;
    config.name = matches.text("destination").to_owned();
    let info = create(&context, &matches, &config).await?;
    if !matches.flag("json") {
        context.console.line(&format!("Stream {} was created\n", info.config.name));
    }
    present(&context, &matches, &source, &info);
    Ok(())
}
