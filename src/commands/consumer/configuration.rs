//! From flags, answers and files to what a consumer is asked to be.

use crate::api::{AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy, Nanos, PriorityPolicy, ReplayPolicy};
use crate::commands::stream::configuration::split_subjects;
use crate::commands::values::{parse_duration, parse_int, parse_uint};
use crate::commands::{Console, Context, Failure, Matches};
use crate::time::Timestamp;
use std::time::Duration;

/// Applies the flags that also an existing consumer can be given.
pub fn apply_flags(config: &mut ConsumerConfig, matches: &Matches) -> Result<(), Failure> {
    if let Some(description) = matches.optional_text("description") {
        config.description = description;
    }
    if matches.is_set("filter") {
        set_filters(config, matches.list("filter").into_iter().map(str::to_owned).collect());
    }
    if matches.is_set("target") && !matches.text("target").is_empty() {
        config.deliver_subject = matches.text("target").to_owned();
    }
    if matches.is_set("metadata") {
        config.metadata.retain(|key, _| crate::commands::stream::information::is_reserved(key));
        config.metadata.extend(matches.map("metadata"));
    }
    if let Some(headers_only) = matches.optional_flag("headers-only") {
        config.headers_only = headers_only;
    }
    apply_limits(config, matches)?;
    apply_backoff(config, matches)
}

fn set_filters(config: &mut ConsumerConfig, filters: Vec<String>) {
    let mut filters: Vec<String> = filters.into_iter().filter(|filter| !filter.is_empty()).collect();
    config.filter_subject = if filters.len() == 1 { filters.remove(0) } else { String::new() };
    config.filter_subjects = (!filters.is_empty()).then_some(filters);
}

fn apply_limits(config: &mut ConsumerConfig, matches: &Matches) -> Result<(), Failure> {
    let set_int = |name: &str, field: &mut i64| {
        if matches.is_set(name) {
            *field = matches.int(name);
        }
    };
    set_int("max-deliver", &mut config.max_deliver);
    set_int("max-outstanding", &mut config.max_ack_pending);
    set_int("max-pending", &mut config.max_ack_pending);
    set_int("max-pull-batch", &mut config.max_batch);
    set_int("max-pull-bytes", &mut config.max_bytes);
    set_int("replicas", &mut config.num_replicas);
    let set_nanos = |name: &str, field: &mut Nanos| {
        if matches.is_set(name) {
            *field = Nanos(matches.nanos(name));
        }
    };
    set_nanos("wait", &mut config.ack_wait);
    set_nanos("max-pull-expire", &mut config.max_expires);
    set_nanos("inactive-threshold", &mut config.inactive_threshold);
    if matches.is_set("sample") {
        let percent = matches.int("sample");
        if percent > 100 {
            return Err(Failure::new("sample percent is not between 0 and 100"));
        }
        config.sample_frequency = if percent > 0 { percent.to_string() } else { String::new() };
    }
    Ok(())
}

fn apply_backoff(config: &mut ConsumerConfig, matches: &Matches) -> Result<(), Failure> {
    if !matches.is_set("backoff") {
        return Ok(());
    }
    if matches.text("backoff") == "none" {
        config.backoff = None;
        return Ok(());
    }
    let (min, max) = (matches.nanos("backoff-min"), matches.nanos("backoff-max"));
    set_backoff(config, matches.uint("backoff-steps"), min, max)
}

/// More steps would not fit a request.
const MOST_STEPS: u64 = 10_000;

/// Waits growing evenly from `min` towards `max`. Without a bound on deliveries there is one try more than steps.
fn set_backoff(config: &mut ConsumerConfig, steps: u64, min: i64, max: i64) -> Result<(), Failure> {
    if !(1..=MOST_STEPS).contains(&steps) {
        return Err(Failure::new(format!("backoff steps should be between 1 and {MOST_STEPS}")));
    }
    if min > max {
        return Err(Failure::new("backoff minimum should not be above its maximum"));
    }
    config.backoff = Some((0..steps).map(|index| Nanos(even_wait(min, max, index, steps))).collect());
    if config.max_deliver == -1 {
        config.max_deliver = steps as i64 + 1;
    }
    Ok(())
}

/// A wait of `--backoff linear`, in nanoseconds: always whole milliseconds.
pub fn even_wait(min: i64, max: i64, index: u64, steps: u64) -> i64 {
    let part = i128::from(max) - i128::from(min);
    let exactly = i128::from(min) + part * i128::from(index) / i128::from(steps);
    let exactly = exactly.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    exactly.saturating_add(500_000) / 1_000_000 * 1_000_000
}

/// Applies the flags that only a new consumer knows.
pub fn apply_creation_flags(config: &mut ConsumerConfig, matches: &Matches, now: Timestamp) -> Result<(), Failure> {
    if matches.is_set("ack") {
        config.ack_policy = ack_policy(matches.text("ack"));
    }
    if matches.is_set("deliver") {
        set_start(config, matches.text("deliver"), now)?;
    }
    if matches.is_set("replay") {
        config.replay_policy = replay_policy(matches.text("replay"));
    }
    if let Some(group) = matches.optional_text("deliver-group") {
        config.deliver_group = group;
    }
    if matches.is_set("max-waiting") {
        config.max_waiting = matches.int("max-waiting");
    }
    if let Some(flow_control) = matches.optional_flag("flow-control") {
        config.flow_control = flow_control;
    }
    if matches.is_set("heartbeat") {
        config.idle_heartbeat = Nanos(matches.nanos("heartbeat").max(0));
    }
    if matches.is_set("bps") {
        config.rate_limit_bits_per_sec = matches.uint("bps");
    }
    if matches.flag("memory") {
        config.mem_storage = true;
    }
    if matches.is_set("pause") {
        config.pause_until = Some(until(matches.text("pause"), now)?);
    }
    let is_unfiltered = config.filter_subject.is_empty() && config.filter_subjects.as_ref().is_none_or(Vec::is_empty);
    if config.deliver_policy == DeliverPolicy::LastPerSubject && is_unfiltered {
        config.filter_subject = ">".to_owned();
    }
    apply_priority_flags(config, matches);
    check_mode(config)
}

fn apply_priority_flags(config: &mut ConsumerConfig, matches: &Matches) {
    let policies = [
        ("pinned-groups", PriorityPolicy::PinnedClient),
        ("overflow-groups", PriorityPolicy::Overflow),
        ("prioritized-groups", PriorityPolicy::Prioritized),
    ];
    for (flag, policy) in policies {
        if matches.is_set(flag) {
            config.priority_policy = policy;
            config.priority_groups = Some(matches.list(flag).into_iter().map(str::to_owned).collect());
        }
    }
    if matches.is_set("pinned-ttl") {
        config.priority_timeout = Nanos(matches.nanos("pinned-ttl"));
    }
}

fn check_mode(config: &ConsumerConfig) -> Result<(), Failure> {
    if !config.is_pull() {
        return Ok(());
    }
    if config.rate_limit_bits_per_sec > 0 {
        return Err(Failure::new("rate limits are only possible on Push consumers"));
    }
    if !config.idle_heartbeat.is_zero() {
        return Err(Failure::new("pull subscribers does not support idle heartbeats"));
    }
    Ok(())
}

fn ack_policy(word: &str) -> AckPolicy {
    match word {
        "explicit" => AckPolicy::Explicit,
        "all" => AckPolicy::All,
        "flow_control" => AckPolicy::FlowControl,
        _ => AckPolicy::None,
    }
}

fn replay_policy(word: &str) -> ReplayPolicy {
    if word == "original" { ReplayPolicy::Original } else { ReplayPolicy::Instant }
}

/// `all`, `new`, `last`, `subject`, a sequence, or so long ago.
pub fn set_start(config: &mut ConsumerConfig, word: &str, now: Timestamp) -> Result<(), Failure> {
    config.deliver_policy = match word.to_ascii_lowercase().as_str() {
        "all" | "1" => DeliverPolicy::All,
        "new" | "next" => DeliverPolicy::New,
        "last" => DeliverPolicy::Last,
        "subject" | "last_per_subject" => DeliverPolicy::LastPerSubject,
        _ => match parse_uint(word) {
            Ok(seq) => {
                config.opt_start_seq = seq;
                DeliverPolicy::ByStartSequence
            }
            Err(_) => {
                let ago = parse_duration(word)
                    .map_err(|problem| Failure::because("could not parse starting delta", problem))?;
                config.opt_start_time = Some(now - Duration::from_nanos(ago.unsigned_abs()));
                DeliverPolicy::ByStartTime
            }
        },
    };
    Ok(())
}

/// A duration from now, or `YYYY-MM-DD HH:MM:SS`.
pub fn until(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    if let Ok(Some(at)) = Timestamp::parse_rfc3339(&format!("{}Z", text.replacen(' ', "T", 1))) {
        return Ok(at);
    }
    let unread = |_| Failure::new("could not parse the pause time as either timestamp or duration");
    let nanos = parse_duration(text).map_err(unread)?;
    Ok(now + Duration::from_nanos(nanos.max(0) as u64))
}

/// Reads a configuration, or the one inside a saved `consumer info -j`.
pub fn from_file(context: &Context, path: &str) -> Result<ConsumerConfig, Failure> {
    let failed = |problem: String| Failure::because("could not load consumer configuration", problem);
    let bytes = context.read_file(path).ok_or_else(|| failed(format!("open {path}: no such file or directory")))?;
    let value: serde_json::Value = crate::json::parse(bytes).map_err(|error| failed(error.to_string()))?;
    if value.get("config").is_some() {
        let info: ConsumerInfo = crate::json::FromJson::from_json(&value).map_err(|error| failed(error.to_string()))?;
        return Ok(info.config);
    }
    crate::json::FromJson::from_json(&value).map_err(|error| failed(error.to_string()))
}

/// A name the server would take for a consumer.
pub fn check_name(name: &str) -> Result<(), Failure> {
    if name.contains(['.', '*', '>']) {
        return Err(Failure::new("durable name can not contain '.', '*', '>'"));
    }
    Ok(())
}

/// Asks for whatever the flags leave open, in the order of the original, then applies the flags.
pub async fn for_new_consumer(context: &Context, matches: &Matches) -> Result<ConsumerConfig, Failure> {
    let asker = Asker { console: &context.console, matches };
    let mut config = ConsumerConfig { max_deliver: -1, ..ConsumerConfig::default() };
    asker.name(context, &mut config).await?;
    asker.target(&mut config).await?;
    asker.policies(&mut config, context.now()).await?;
    asker.limits(&mut config).await?;
    asker.backoff(&mut config).await?;
    apply_flags(&mut config, matches)?;
    apply_creation_flags(&mut config, matches, context.now())?;
    Ok(config)
}

struct Asker<'a> {
    console: &'a Console,
    matches: &'a Matches,
}

impl Asker<'_> {
    fn wants(&self, flag: &str) -> bool {
        !self.matches.is_set(flag) && !self.matches.flag("defaults")
    }

    async fn text(&self, what: &str, message: &str, default: &str, help: &str) -> Result<String, Failure> {
        self.console.ask_text(message, default, help).await.map_err(|reason| Failure::because(what, reason))
    }

    async fn int(&self, what: &str, message: &str, default: &str, help: &str) -> Result<i64, Failure> {
        let answer = self.text(what, message, default, help).await?;
        parse_int(&answer).map_err(|problem| Failure::because(what, problem))
    }

    async fn nanos(&self, what: &str, message: &str, default: &str, help: &str) -> Result<i64, Failure> {
        let answer = self.text(what, message, default, help).await?;
        parse_duration(&answer).map_err(|problem| Failure::because(what, problem))
    }

    async fn choose(&self, what: &str, message: &str, options: &[&str], help: &str) -> Result<String, Failure> {
        self.console.choose(message, options, 0, help).await.map_err(|reason| Failure::because(what, reason))
    }

    async fn confirm(&self, what: &str, message: &str) -> Result<bool, Failure> {
        self.console.confirm(message, false).await.map_err(|reason| Failure::because(what, reason))
    }

    async fn name(&self, context: &Context, config: &mut ConsumerConfig) -> Result<(), Failure> {
        if self.matches.flag("ephemeral") {
            config.name = match self.matches.text("consumer") {
                "" => context.rng.borrow_mut().base62(8),
                name => name.to_owned(),
            };
            return Ok(());
        }
        let what = "could not request durable name";
        config.name = match self.matches.text("consumer") {
            "" => {
                let help = "The consumer keeps its place under this name.";
                self.console
                    .ask_required("Consumer name", help)
                    .await
                    .map_err(|reason| Failure::because(what, reason))?
            }
            name => name.to_owned(),
        };
        check_name(&config.name)?;
        config.durable_name = config.name.clone();
        Ok(())
    }

    /// Asked even with `--defaults`: pull or push is nobody's default.
    async fn target(&self, config: &mut ConsumerConfig) -> Result<(), Failure> {
        if !self.matches.flag("pull") && !self.matches.is_set("target") {
            let help = "A subject to push messages to; empty when receivers ask for them.";
            let message = "Delivery target (empty for Pull Consumers)";
            config.deliver_subject = self.text("could not request delivery target", message, "", help).await?;
        }
        if self.matches.is_set("target") {
            config.deliver_subject = self.matches.text("target").to_owned();
        }
        if !config.is_pull() && self.wants("deliver-group") {
            let help = "Receivers in the same group share the messages.";
            config.deliver_group =
                self.text("could not request delivery group", "Delivery Queue Group", "", help).await?;
        }
        Ok(())
    }

    async fn policies(&self, config: &mut ConsumerConfig, now: Timestamp) -> Result<(), Failure> {
        if self.wants("deliver") {
            let help = "The first message to deliver: all from the beginning, new ones, the last, the last of each subject, those since so long ago, or from a sequence.";
            let message = "Start policy (all, new, last, subject, 1h, msg sequence)";
            let answer = self.text("could not request start policy", message, "all", help).await?;
            set_start(config, &answer, now)?;
        }
        config.ack_policy = if config.is_pull() { AckPolicy::Explicit } else { AckPolicy::None };
        if self.wants("ack") {
            let options = if config.is_pull() { ["explicit", "all", "none"] } else { ["none", "all", "explicit"] };
            let help = "Explicit: each message; all: one stands for those before it; none: delivered is done.";
            let what = "could not ask acknowledgement policy";
            config.ack_policy = ack_policy(&self.choose(what, "Acknowledgment policy", &options, help).await?);
        }
        if self.matches.is_set("ack") {
            config.ack_policy = ack_policy(self.matches.text("ack"));
        }
        if self.wants("replay") {
            let help = "Instant: as fast as possible; original: at the pace the messages were stored.";
            let answer =
                self.choose("could not ask replay policy", "Replay policy", &["instant", "original"], help).await?;
            config.replay_policy = replay_policy(&answer);
        }
        if self.wants("filter") {
            let help = "Only messages of these subjects, comma or space between them.";
            let message = "Filter Stream by subjects (blank for all)";
            let answer = self.text("could not ask for filtering subject", message, "", help).await?;
            set_filters(config, split_subjects([answer.as_str()]));
        }
        Ok(())
    }

    async fn limits(&self, config: &mut ConsumerConfig) -> Result<(), Failure> {
        if config.ack_policy != AckPolicy::None {
            if self.wants("max-deliver") {
                let what = "could not ask for maximum allowed deliveries";
                let help = "How often a message is tried, -1 without end.";
                config.max_deliver = self.int(what, "Maximum Allowed Deliveries", "-1", help).await?;
            }
            if self.wants("max-pending") && self.wants("max-outstanding") {
                let what = "could not ask for maximum outstanding acknowledgments";
                let help = "How many messages may wait for an acknowledgement; 0 for the server's default.";
                config.max_ack_pending = self.int(what, "Maximum Acknowledgments Pending", "0", help).await?;
            }
        }
        if !config.is_pull() {
            if self.wants("heartbeat") {
                let help = "Says so often that it is there while nothing is delivered; 0s for never.";
                let heartbeat = self.nanos("invalid heartbeat duration", "Idle Heartbeat", "0s", help).await?;
                config.idle_heartbeat = Nanos(heartbeat.max(0));
            }
            if self.wants("flow-control") {
                let message = "Enable Flow Control, ie --flow-control";
                config.flow_control = self.confirm("could not ask flow control", message).await?;
            }
        }
        if self.wants("headers-only") {
            let message = "Deliver headers only without bodies";
            config.headers_only = self.confirm("could not ask headers only", message).await?;
        }
        Ok(())
    }

    async fn backoff(&self, config: &mut ConsumerConfig) -> Result<(), Failure> {
        let what = "could not ask for a backoff policy";
        if config.ack_policy == AckPolicy::None
            || !self.wants("backoff")
            || !self.confirm(what, "Add a Retry Backoff Policy").await?
        {
            return Ok(());
        }
        if self.choose(what, "Backoff policy", &["linear", "none"], "How the wait grows.").await? == "none" {
            return Ok(());
        }
        let min = self.nanos(what, "Minimum retry time", "1m", "The shortest wait.").await?;
        let max = self.nanos(what, "Maximum retry time", "10m", "The longest wait.").await?;
        let message = "Number of steps to generate in the policy";
        let steps = self.int(what, message, "20", "How many different waits.").await?;
        set_backoff(config, u64::try_from(steps).unwrap_or(0), min, max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_evenly() {
        let mut config = ConsumerConfig { max_deliver: -1, ..ConsumerConfig::default() };
        set_backoff(&mut config, 3, 1_000_000_000, 10_000_000_000).unwrap();
        assert_eq!(config.backoff, Some(vec![Nanos(1_000_000_000), Nanos(4_000_000_000), Nanos(7_000_000_000)]));
        assert_eq!(config.max_deliver, 4);
        assert!(set_backoff(&mut config, 0, 1, 2).is_err());
        assert!(set_backoff(&mut config, 3, 2, 1).is_err());
    }

    #[test]
    fn where_to_start() {
        let now = Timestamp::from_secs(7_200);
        for (word, policy) in [
            ("all", DeliverPolicy::All),
            ("next", DeliverPolicy::New),
            ("subject", DeliverPolicy::LastPerSubject),
            ("3", DeliverPolicy::ByStartSequence),
            ("1h", DeliverPolicy::ByStartTime),
        ] {
            let mut config = ConsumerConfig::default();
            set_start(&mut config, word, now).unwrap();
            assert_eq!(config.deliver_policy, policy, "{word}");
        }
        let mut config = ConsumerConfig::default();
        assert!(set_start(&mut config, "sometimes", now).is_err());
        set_start(&mut config, "1h", now).unwrap();
        assert_eq!(config.opt_start_time, Some(Timestamp::from_secs(3_600)));
    }

    #[test]
    fn pauses_end_after_a_while_or_at_a_time() {
        let now = Timestamp::from_secs(100);
        assert_eq!(until("1m", now).unwrap(), Timestamp::from_secs(160));
        assert_eq!(until("1970-01-01 01:00:00", now).unwrap(), Timestamp::from_secs(3_600));
        assert!(until("tomorrow", now).is_err());
    }
}
