//! From flags, answers and files to what a stream is asked to be.

use crate::api::stream::{Compression, PersistMode};
use crate::api::strict;
use crate::api::{
    Discard, Nanos, Placement, Republish, Retention, Storage, StreamConfig, StreamSource, SubjectTransform,
};
use crate::commands::console::NoAnswer;
use crate::commands::report::text;
use crate::commands::values::{parse_age, parse_bytes, parse_duration, parse_int};
use crate::commands::{Console, Context, Failure, Matches};
use crate::map::Map;
use std::fmt;
use std::time::Duration;

const TWO_MINUTES: i64 = 120_000_000_000;

/// Applies every flag that was given; the others leave `config` as it is.
///
/// Errors: a transform of which only one side is given, a size that does not fit.
pub fn apply_flags(config: &mut StreamConfig, matches: &Matches) -> Result<(), Failure> {
    apply_texts(config, matches);
    apply_limits(config, matches)?;
    apply_switches(config, matches);
    apply_routes(config, matches)
}

/// What flags change of a configuration from a file.
pub fn apply_to_read(config: &mut StreamConfig, matches: &Matches) {
    if matches.is_set("subjects") {
        config.subjects = matches.list("subjects").into_iter().map(str::to_owned).collect();
    }
    let (tags, cluster) = (given_tags(matches), matches.text("cluster"));
    if !tags.is_empty() {
        config.placement.get_or_insert_default().tags = tags;
    }
    if !cluster.is_empty() {
        config.placement.get_or_insert_default().cluster = cluster.to_owned();
    }
    if !matches.text("description").is_empty() {
        config.description = matches.text("description").to_owned();
    }
    if matches.int("replicas") > 0 {
        config.num_replicas = matches.int("replicas");
    }
    config.metadata.retain(|key, _| !super::information::is_reserved(key));
}

fn given_tags(matches: &Matches) -> Vec<String> {
    matches.list("tag").into_iter().chain(matches.list("tags")).map(str::to_owned).collect()
}

fn apply_texts(config: &mut StreamConfig, matches: &Matches) {
    if matches.is_set("subjects") {
        config.subjects = given_subjects(matches);
    }
    if let Some(description) = matches.optional_text("description") {
        config.description = description;
    }
    if matches.is_set("metadata") {
        let reserved = config.metadata.iter().filter(|(key, _)| super::information::is_reserved(key));
        let mut metadata: Map<String, String> = reserved.map(|(key, value)| (key.clone(), value.clone())).collect();
        metadata.extend(matches.map("metadata"));
        config.metadata = metadata;
    }
    if matches.is_set("compression") {
        config.compression = if matches.text("compression") == "s2" { Compression::S2 } else { Compression::None };
    }
    if matches.is_set("retention") {
        config.retention = retention(matches.text("retention"));
    }
    if matches.is_set("discard") {
        config.discard = discard(matches.text("discard"));
    }
    apply_placement(config, matches);
}

fn apply_placement(config: &mut StreamConfig, matches: &Matches) {
    if matches.is_set("cluster") || matches.is_set("tag") || matches.is_set("tags") {
        let tags = given_tags(matches);
        config.placement =
            Some(Placement { cluster: matches.text("cluster").to_owned(), tags, preferred: String::new() });
    }
}

/// Each text also split at commas and white space.
pub fn split_subjects<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let words = texts.into_iter().flat_map(|text| text.split(|c: char| c == ',' || c.is_whitespace()));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// As they were typed: one that is not split is taken even when it is empty.
fn given_subjects(matches: &Matches) -> Vec<String> {
    let one = |text: &str| match text.contains(|c: char| c == ',' || c.is_whitespace()) {
        true => split_subjects([text]),
        false => vec![text.to_owned()],
    };
    matches.list("subjects").into_iter().flat_map(one).collect()
}

fn retention(word: &str) -> Retention {
    match word.to_ascii_lowercase().as_str() {
        "interest" => Retention::Interest,
        "work" | "workq" | "work queue" => Retention::WorkQueue,
        _ => Retention::Limits,
    }
}

fn discard(word: &str) -> Discard {
    if word.eq_ignore_ascii_case("new") { Discard::New } else { Discard::Old }
}

pub fn storage(word: &str) -> Storage {
    if word.starts_with('m') { Storage::Memory } else { Storage::File }
}

fn apply_limits(config: &mut StreamConfig, matches: &Matches) -> Result<(), Failure> {
    let set_count = |name: &str, field: &mut i64| {
        if matches.int(name) != 0 {
            *field = matches.int(name);
        }
    };
    set_count("max-msgs", &mut config.max_msgs);
    set_count("max-msgs-per-subject", &mut config.max_msgs_per_subject);
    set_count("max-consumers", &mut config.max_consumers);
    if matches.is_set("replicas") {
        config.num_replicas = matches.int("replicas");
    }
    if matches.bytes("max-bytes") != 0 {
        config.max_bytes = matches.bytes("max-bytes");
    }
    if matches.bytes("max-msg-size") != 0 {
        config.max_msg_size = message_size(matches.bytes("max-msg-size"))?;
    }
    if matches.is_set("max-age") {
        matches.sound("max-age").map_err(|problem| Failure::because("invalid maximum age limit format", problem))?;
        config.max_age = Nanos(age(matches.nanos("max-age")));
    }
    if matches.is_set("dupe-window") {
        matches.sound("dupe-window").map_err(|problem| Failure::because("invalid duplicate window format", problem))?;
        config.duplicate_window = Nanos(matches.nanos("dupe-window"));
    }
    if matches.is_set("subject-del-markers-ttl") {
        config.subject_delete_marker_ttl = Nanos(matches.nanos("subject-del-markers-ttl"));
        config.allow_msg_ttl |= !config.subject_delete_marker_ttl.is_zero();
    }
    Ok(())
}

fn unlimited(count: i64) -> i64 {
    if count <= 0 { -1 } else { count }
}

/// An age as the server wants it: no limit is zero there.
fn age(nanos: i64) -> i64 {
    if nanos == -1 { 0 } else { nanos }
}

fn message_size(bytes: i64) -> Result<i32, Failure> {
    i32::try_from(bytes).map_err(|_| {
        let (size, most) = (text::signed_count(bytes), text::signed_count(i32::MAX.into()));
        Failure::new(format!("max value size {size} is too big maximum is {most}"))
    })
}

fn apply_switches(config: &mut StreamConfig, matches: &Matches) {
    let set = |name: &str, field: &mut bool| {
        if let Some(value) = matches.optional_flag(name) {
            *field = value;
        }
    };
    set("discard-per-subject", &mut config.discard_new_per_subject);
    set("allow-batch", &mut config.allow_atomic);
    set("allow-fast", &mut config.allow_batched);
    set("allow-counter", &mut config.allow_msg_counter);
    set("allow-rollup", &mut config.allow_rollup_hdrs);
    set("deny-delete", &mut config.deny_delete);
    set("deny-purge", &mut config.deny_purge);
    set("allow-direct", &mut config.allow_direct);
    set("allow-mirror-direct", &mut config.mirror_direct);
    set("allow-msg-ttl", &mut config.allow_msg_ttl);
    set("allow-schedules", &mut config.allow_msg_schedules);
    if let Some(ack) = matches.optional_flag("ack") {
        config.no_ack = !ack;
    }
}

/// What renames and publishes again needs both its ends.
fn check_routes(matches: &Matches) -> Result<(), Failure> {
    let has = |name: &str| !matches.text(name).is_empty();
    let headers = matches.flag("republish-headers");
    let ending = if headers { " when using --headers-only" } else { "" };
    let (source, destination) = (has("republish-source"), has("republish-destination"));
    if source != destination || headers && !source {
        let sentence = "must specify both --republish-source and --republish-destination";
        return Err(Failure::new(format!("{sentence}{ending}")));
    }
    if has("transform-source") != has("transform-destination") {
        let sentence = "must specify both --transform-source and --transform-destination";
        return Err(Failure::new(format!("{sentence}{ending}")));
    }
    Ok(())
}

/// Applies the flags to a stream that is there, for `edit` and `copy`. A zero and an empty text change nothing.
///
/// Errors: as `apply_flags`; `what` is being done is put before those that are about the new configuration.
pub fn apply_to_existing(config: &mut StreamConfig, matches: &Matches, what: &str) -> Result<(), Failure> {
    check_routes(matches)?;
    let wrong = |problem: &str| Failure::because(what, problem);
    config.no_ack = !matches.flag("ack");
    if matches.is_set("discard") {
        config.discard = discard(matches.text("discard"));
    }
    if matches.is_set("subjects") {
        config.subjects = given_subjects(matches);
    }
    if matches.knows("storage") && matches.is_set("storage") {
        config.storage = storage(matches.text("storage"));
    }
    if matches.is_set("retention") {
        config.retention = retention(matches.text("retention"));
    }
    let set = |value: i64, field: &mut i64| {
        if value != 0 {
            *field = value;
        }
    };
    set(matches.bytes("max-bytes"), &mut config.max_bytes);
    set(matches.int("max-msgs"), &mut config.max_msgs);
    set(matches.int("max-msgs-per-subject"), &mut config.max_msgs_per_subject);
    set(matches.int("replicas"), &mut config.num_replicas);
    if matches.is_set("max-age") {
        let age = "invalid maximum age limit format";
        matches.sound("max-age").map_err(|problem| wrong(&format!("{age}: {problem}")))?;
        if matches.nanos("max-age") == -1 {
            return Err(wrong(&format!("{age}: invalid duration")));
        }
        config.max_age = Nanos(matches.nanos("max-age"));
    }
    if matches.bytes("max-msg-size") != 0 {
        // As the original, which keeps the lower half of a size that is too large.
        config.max_msg_size = matches.bytes("max-msg-size") as i32;
    }
    if matches.is_set("max-consumers") && matches.int("max-consumers") != -1 {
        config.max_consumers = matches.int("max-consumers");
    }
    if matches.is_set("dupe-window") {
        matches.sound("dupe-window").map_err(|problem| wrong(&format!("invalid duplicate window: {problem}")))?;
        config.duplicate_window = Nanos(matches.nanos("dupe-window"));
    }
    place(config, matches);
    if matches.is_set("source") || !matches.text("mirror").is_empty() {
        return Err(wrong("cannot edit mirrors, or sources using the CLI, use --config instead"));
    }
    if !matches.text("description").is_empty() {
        config.description = matches.text("description").to_owned();
    }
    let no_ack = config.no_ack;
    apply_switches(config, matches);
    config.no_ack = no_ack;
    if matches.is_set("metadata") {
        config.metadata = matches.map("metadata");
    }
    if matches.is_set("compression") {
        config.compression = if matches.text("compression") == "s2" { Compression::S2 } else { Compression::None };
    }
    reroute(config, matches);
    if matches.is_set("subject-del-markers-ttl") {
        config.subject_delete_marker_ttl = Nanos(matches.nanos("subject-del-markers-ttl"));
    }
    Ok(())
}

/// An empty cluster or tag ends that it has to be there.
fn place(config: &mut StreamConfig, matches: &Matches) {
    let mut placement = config.placement.take().unwrap_or_default();
    if matches.is_set("cluster") {
        placement.cluster = matches.text("cluster").to_owned();
    }
    if matches.is_set("tag") || matches.is_set("tags") {
        let tags = matches.list("tag").into_iter().chain(matches.list("tags"));
        placement.tags = tags.filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    }
    config.placement = (!placement.cluster.is_empty() || !placement.tags.is_empty()).then_some(placement);
}

fn reroute(config: &mut StreamConfig, matches: &Matches) {
    let both = |source: &str, destination: &str| {
        let (source, destination) = (matches.text(source), matches.text(destination));
        (!source.is_empty() && !destination.is_empty()).then(|| (source.to_owned(), destination.to_owned()))
    };
    let asks = |name: &str| matches.knows(name) && matches.flag(name);
    // As in the original, `--no-republish` only keeps another one from being set.
    if let Some((src, dest)) = both("republish-source", "republish-destination").filter(|_| !asks("no-republish")) {
        config.republish = Some(Republish { src, dest, headers_only: matches.flag("republish-headers") });
    }
    if asks("no-transform") {
        config.subject_transform = None;
    } else if let Some((src, dest)) = both("transform-source", "transform-destination") {
        config.subject_transform = Some(SubjectTransform { src, dest });
    }
    if asks("no-mirror") {
        config.mirror = None;
    }
}

fn apply_routes(config: &mut StreamConfig, matches: &Matches) -> Result<(), Failure> {
    check_routes(matches)?;
    reroute(config, matches);
    Ok(())
}

/// Applies the flags that only a new stream knows.
pub fn apply_creation_flags(config: &mut StreamConfig, matches: &Matches) {
    if matches.is_set("storage") {
        config.storage = storage(matches.text("storage"));
    }
    if matches.is_set("first-sequence") {
        config.first_seq = matches.uint("first-sequence");
    }
    if matches.nanos("limit-consumer-inactive") > 0 {
        config.consumer_limits.inactive_threshold = Nanos(matches.nanos("limit-consumer-inactive"));
    }
    if matches.int("limit-consumer-max-pending") > 0 {
        config.consumer_limits.max_ack_pending = matches.int("limit-consumer-max-pending");
    }
    if matches.text("persist-mode") == "async" {
        config.persist_mode = PersistMode::Async;
    }
}

/// A stream to copy from: its name, or the JSON of a source.
pub fn source(text: &str) -> Result<StreamSource, Failure> {
    if !text.trim_start().starts_with('{') {
        return Ok(StreamSource { name: text.to_owned(), ..StreamSource::default() });
    }
    crate::json::read(text).map_err(|error| Failure::because("invalid source", error))
}

/// Reads a configuration, or the one inside a saved `stream info -j`.
pub fn from_file(context: &Context, path: &str) -> Result<StreamConfig, String> {
    let bytes = context.read_file(path).ok_or_else(|| format!("open {path}: no such file or directory"))?;
    strict::decode_file(&bytes)
}

/// Asks for whatever the flags leave open, in the order of the original, then applies the flags.
///
/// `must_limit_bytes`: the account wants every stream to have a size.
pub async fn for_new_stream(
    context: &Context,
    matches: &Matches,
    must_limit_bytes: bool,
) -> Result<StreamConfig, Failure> {
    let asker = Asker { console: &context.console, matches };
    let mut config = StreamConfig { num_replicas: 1, allow_direct: true, ..StreamConfig::default() };
    config.name = match matches.text("stream") {
        "" => asker.required("Stream Name", "").await?,
        name => name.to_owned(),
    };
    let mirror = matches.optional_text("mirror").filter(|mirror| !mirror.is_empty());
    config.mirror = mirror.map(|text| source(&text)).transpose()?;
    config.sources = matches.list("source").into_iter().map(source).collect::<Result<_, _>>()?;
    let copies = config.mirror.is_some() || !config.sources.is_empty();
    if config.mirror.is_some() && matches.is_set("subjects") {
        return Err(Failure::new("mirrors cannot listen for messages on subjects"));
    }
    if !matches.is_set("subjects") && !copies {
        let answer =
            asker.required("Subjects", "Which subjects to store, with wildcards, comma or space between them.");
        config.subjects = split_subjects([answer.await?.as_str()]);
    }
    asker.policies(&mut config).await?;
    let has_subjects = matches.is_set("subjects") || !config.subjects.is_empty();
    asker.limits(&mut config, has_subjects, must_limit_bytes).await?;
    asker.permissions(&mut config).await?;
    asker.replication(&config).await?;
    apply_flags(&mut config, matches)?;
    apply_creation_flags(&mut config, matches);
    Ok(config)
}

struct Asker<'a> {
    console: &'a Console,
    matches: &'a Matches,
}

/// What the original calls anything that goes wrong while asking.
fn invalid(problem: impl fmt::Display) -> Failure {
    Failure::because("invalid input", problem)
}

impl Asker<'_> {
    /// Nobody said anything about `flag`, and nobody said to take the defaults.
    fn wants(&self, flag: &str) -> bool {
        !self.matches.is_set(flag) && !self.matches.flag("defaults")
    }

    /// A limit of zero is as good as none that was given.
    fn wants_count(&self, flag: &str) -> bool {
        self.matches.int(flag) == 0 && !self.matches.flag("defaults")
    }

    /// The defaults stand for a size that was not given, but not for one of zero.
    fn wants_bytes(&self, flag: &str) -> bool {
        self.wants(flag) || self.matches.is_set(flag) && self.matches.bytes(flag) == 0
    }

    async fn required(&self, message: &str, help: &str) -> Result<String, Failure> {
        self.console.ask_required(message, help).await.map_err(invalid)
    }

    async fn text(&self, message: &str, default: &str, help: &str) -> Result<String, Failure> {
        self.console.ask_text(message, default, help).await.map_err(invalid)
    }

    /// A number that nobody can be asked for is refused like a question of yes or no.
    async fn number(&self, message: &str, default: &str, help: &str) -> Result<String, Failure> {
        self.console.ask_text(message, default, help).await.map_err(|reason| match reason {
            NoAnswer::NoTerminal => invalid(NoAnswer::NoTerminalToConfirm),
            reason => invalid(reason),
        })
    }

    async fn int(&self, message: &str, default: &str, help: &str) -> Result<i64, Failure> {
        parse_int(&self.number(message, default, help).await?).map_err(invalid)
    }

    async fn policies(&self, config: &mut StreamConfig) -> Result<(), Failure> {
        if self.wants("storage") {
            let help = "Files keep messages over a restart, memory is faster.";
            config.storage = storage(&self.choose("Storage", &["file", "memory"], 0, help).await?);
        }
        if self.matches.int("replicas") < 0 {
            return Err(Failure::new("replicas should be >= 1"));
        }
        if self.wants("replicas") {
            config.num_replicas = self.int("Replication", "1", "On how many servers to keep each message.").await?;
        }
        if self.wants("retention") {
            let help = "Limits keeps by count, size and age; Interest until all consumers, Work Queue until one has acknowledged.";
            let answer = self.choose("Retention Policy", &["Limits", "Interest", "Work Queue"], 0, help).await?;
            config.retention = retention(&answer);
        }
        if self.wants("discard") {
            let help = "When full: New refuses the next message, Old removes the oldest.";
            config.discard = discard(&self.choose("Discard Policy", &["New", "Old"], 1, help).await?);
        }
        Ok(())
    }

    async fn choose(&self, message: &str, options: &[&str], default: usize, help: &str) -> Result<String, Failure> {
        self.console.choose(message, options, default, help).await.map_err(invalid)
    }

    async fn limits(
        &self,
        config: &mut StreamConfig,
        has_subjects: bool,
        must_limit_bytes: bool,
    ) -> Result<(), Failure> {
        if self.wants_count("max-msgs") {
            config.max_msgs =
                unlimited(self.int("Stream Messages Limit", "-1", "How many messages to keep, -1 for all.").await?);
        }
        if self.wants_count("max-msgs-per-subject") && has_subjects {
            let help = "How many messages of each subject to keep, -1 for all.";
            config.max_msgs_per_subject = unlimited(self.int("Per Subject Messages Limit", "-1", help).await?);
        }
        if self.wants_bytes("max-bytes") {
            let default = if must_limit_bytes { "256MB" } else { "-1" };
            let answer =
                self.number("Total Stream Size", default, "Size of all messages together, -1 for no limit.").await?;
            config.max_bytes = parse_bytes(&answer, 64).map_err(invalid)?;
        }
        if self.wants("max-age") {
            let answer = self.text("Message TTL", "-1", "How long to keep messages, -1 for ever.").await?;
            let wrong = |problem| Failure::because("invalid maximum age limit format", problem);
            config.max_age = Nanos(age(parse_age(&answer).map_err(wrong)?));
        }
        if self.wants_bytes("max-msg-size") {
            let answer = self.number("Max Message Size", "-1", "Size of one message, -1 for no limit.").await?;
            config.max_msg_size = message_size(parse_bytes(&answer, 64).map_err(invalid)?)?;
        }
        self.duplicate_window(config).await
    }

    async fn duplicate_window(&self, config: &mut StreamConfig) -> Result<(), Failure> {
        if config.mirror.is_some() {
            return Ok(());
        }
        self.matches
            .sound("max-age")
            .map_err(|problem| Failure::because("invalid maximum age limit format", problem))?;
        let max_age = if self.matches.is_set("max-age") { self.matches.nanos("max-age") } else { config.max_age.0 };
        let window = if max_age > 0 { max_age.min(TWO_MINUTES) } else { TWO_MINUTES };
        config.duplicate_window = Nanos(window);
        if self.wants("dupe-window") {
            let default = text::duration(Duration::from_nanos(window as u64));
            let help = "How long to remember message ids, so that the same one is not stored twice.";
            let answer = self.text("Duplicate tracking time window", &default, help).await?;
            let wrong = |problem| Failure::because("invalid duplicate window format", problem);
            config.duplicate_window = Nanos(parse_duration(&answer).map_err(wrong)?);
        }
        Ok(())
    }

    async fn permissions(&self, config: &mut StreamConfig) -> Result<(), Failure> {
        if self.wants("allow-rollup") {
            config.allow_rollup_hdrs = self.confirm("Allow message Roll-ups", false).await?;
        }
        if self.wants("deny-delete") {
            config.deny_delete = !self.confirm("Allow message deletion", true).await?;
        }
        if self.wants("deny-purge") {
            config.deny_purge = !self.confirm("Allow purging subjects or the entire stream", true).await?;
        }
        Ok(())
    }

    async fn confirm(&self, message: &str, default: bool) -> Result<bool, Failure> {
        self.console.confirm(message, default).await.map_err(|reason| match reason {
            NoAnswer::NoTerminalToConfirm => Failure::new(reason.to_string()),
            _ => invalid(reason),
        })
    }

    /// Only the answer No goes on: the details are given as JSON, not question by question.
    async fn replication(&self, config: &StreamConfig) -> Result<(), Failure> {
        if self.matches.flag("defaults") {
            return Ok(());
        }
        if config.mirror.is_some() && !self.matches.text("mirror").starts_with('{') {
            self.no_to_all(&[
                "Configure a custom durable consumer".to_owned(),
                "Adjust mirror start".to_owned(),
                "Adjust mirror filter and transform".to_owned(),
                "Import mirror from a different JetStream domain".to_owned(),
                "Import mirror from a different account".to_owned(),
            ])
            .await?;
        }
        for name in self.matches.list("source").into_iter().filter(|text| !text.starts_with('{')) {
            self.no_to_all(&[
                format!("Configure a custom durable consumer for {name:?}"),
                format!("Adjust source {name:?} start"),
                format!("Adjust source {name:?} filter and transform"),
                format!("Import {name:?} from a different JetStream domain"),
                format!("Import {name:?} from a different account"),
            ])
            .await?;
        }
        Ok(())
    }

    async fn no_to_all(&self, questions: &[String]) -> Result<(), Failure> {
        for question in questions {
            if self.confirm(question, false).await? {
                let hint = "give the details as JSON: '{\"name\":\"ORDERS\",\"filter_subject\":\"orders.new\"}'";
                return Err(Failure::new(format!("not in the playground: answering yes here; {hint}")));
            }
        }
        Ok(())
    }
}
