//! Which stream or consumer a line is about: the one it names, else the one picked from a list.

use super::{Context, Failure};
use crate::api::{ConsumerInfo, StreamInfo};
use crate::client::{Error, go_api_error, jetstream::JetStream};

/// Streams that other things are made of: buckets of values and objects, MQTT sessions.
pub fn is_internal(stream: &str) -> bool {
    ["KV_", "OBJ_", "$MQTT_"].iter().any(|prefix| stream.starts_with(prefix))
}

/// The stream of that name, for commands that speak to it as a client library does.
///
/// Errors: the sentence of nats.go.
pub async fn handle(js: &JetStream, name: &str) -> Result<StreamInfo, String> {
    if name.is_empty() {
        return Err("nats: stream name is required".to_owned());
    }
    if name.contains(|c: char| c.is_whitespace() || ".*>/\\".contains(c)) {
        return Err(format!("nats: invalid stream name: {name:?}"));
    }
    js.stream_info(name).await.map_err(|error| match error {
        Error::Api(error) => go_api_error(&error),
        error => error.to_string(),
    })
}

/// How a noun picks.
#[derive(Clone, Copy, Default)]
pub struct Rules {
    /// `-f` or `--no-select`: an unknown name is an error, never a list.
    pub must_exist: bool,
    /// `-a`: the list has internal streams too.
    pub show_all: bool,
}

/// The stream called `name`; asks when there is none of that name.
///
/// Errors: the sentence without its prefix.
pub async fn stream(context: &Context, js: &JetStream, name: &str, rules: Rules) -> Result<StreamInfo, String> {
    if !name.is_empty()
        && let Some(info) = known(js.stream_info(name).await)?
    {
        return Ok(info);
    }
    check_terminal(context, "Stream")?;
    if rules.must_exist {
        return Err(format!("unknown stream {name:?}"));
    }
    let names = js.stream_names().await.map_err(|error| error.to_string())?;
    let names: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| rules.show_all || !is_internal(name)).collect();
    if names.is_empty() {
        return Err("no Streams are defined".to_owned());
    }
    let name = choose(context, "Stream", &names).await?;
    js.stream_info(&name).await.map_err(|error| error.to_string())
}

/// The consumer called `name` on `stream`; asks when there is none of that name.
pub async fn consumer(
    context: &Context,
    js: &JetStream,
    stream: &str,
    name: &str,
    must_exist: bool,
) -> Result<ConsumerInfo, String> {
    if !name.is_empty()
        && let Some(info) = known(js.consumer_info(stream, name).await)?
    {
        return Ok(info);
    }
    if must_exist {
        return Err(format!("unknown consumer {stream:?} > {name:?}"));
    }
    check_terminal(context, "Consumer")?;
    let names = js.consumer_names(stream).await.map_err(|error| error.to_string())?;
    if names.is_empty() {
        return Err(format!("no Consumers are defined for Stream {stream}"));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let name = choose(context, "Consumer", &names).await?;
    js.consumer_info(stream, &name).await.map_err(|error| error.to_string())
}

/// `None` for what is not there; a name that cannot be one is not there either.
fn known<T>(answer: Result<T, Error>) -> Result<Option<T>, String> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Error::Api(error)) if error.code == 404 => Ok(None),
        Err(Error::BadSubject(_) | Error::InvalidName(..)) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn check_terminal(context: &Context, noun: &str) -> Result<(), String> {
    match context.console.is_terminal() {
        true => Ok(()),
        false => Err(format!("cannot pick a {noun} without a terminal and no {noun} name supplied")),
    }
}

async fn choose(context: &Context, noun: &str, names: &[&str]) -> Result<String, String> {
    let answer = context.console.choose(&format!("Select a {noun}"), names, 0, "").await;
    answer.map_err(|reason| reason.to_string())
}

/// Both of a consumer's names, as the `consumer` commands want them.
pub async fn stream_and_consumer(
    context: &Context,
    js: &JetStream,
    stream_name: &str,
    consumer_name: &str,
    rules: Rules,
) -> Result<ConsumerInfo, Failure> {
    if !stream_name.is_empty()
        && !consumer_name.is_empty()
        && let Ok(Some(info)) = known(js.consumer_info(stream_name, consumer_name).await)
    {
        return Ok(info);
    }
    let found = stream(context, js, stream_name, rules).await;
    let stream = found.map_err(|error| Failure::because("could not select Stream", error))?.config.name;
    let found = consumer(context, js, &stream, consumer_name, rules.must_exist).await;
    found.map_err(|error| Failure::because("could not select Consumer", error))
}
