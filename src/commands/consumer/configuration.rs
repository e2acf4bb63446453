//! From flags, answers and files to what a consumer is asked to be.

use crate::api::strict;
use crate::api::{AckPolicy, ConsumerConfig, DeliverPolicy, Nanos, PriorityPolicy, ReplayPolicy};
use crate::commands::stream::configuration::split_subjects;
use crate::commands::values::{parse_duration, parse_int};
use crate::commands::{Console, Context, Failure, Matches};
use crate::time::{Timestamp, format_go_duration};
use std::time::Duration;

/// Applies the flags that new, copied and changed consumers have in common. What is not given, empty or no limit stays.
fn apply_common(config: &mut ConsumerConfig, matches: &Matches) {
    if !matches.text("description").is_empty() {
        config.description = matches.text("description").to_owned();
    }
    if !matches.text("target").is_empty() {
        config.deliver_subject = matches.text("target").to_owned();
    }
    if let Some(headers_only) = matches.optional_flag("headers-only") {
        config.headers_only = headers_only;
    }
    let given = |name: &str| Some(matches.int(name)).filter(|number| *number != 0);
    config.max_deliver = given("max-deliver").unwrap_or(config.max_deliver);
    config.max_ack_pending = max_pending(matches).unwrap_or(config.max_ack_pending);
    let positive = |name: &str| given(name).filter(|number| *number > 0);
    config.max_batch = positive("max-pull-batch").unwrap_or(config.max_batch);
    config.max_bytes = positive("max-pull-bytes").unwrap_or(config.max_bytes);
    let nanos = |name: &str| Some(Nanos(matches.nanos(name))).filter(|nanos| nanos.0 > 0);
    config.ack_wait = nanos("wait").unwrap_or(config.ack_wait);
    config.max_expires = nanos("max-pull-expire").unwrap_or(config.max_expires);
}

/// -1 says nothing, rather than without limit.
fn max_pending(matches: &Matches) -> Option<i64> {
    let given = |name: &str| matches.is_set(name).then(|| matches.int(name)).filter(|number| *number != -1);
    given("max-pending").or(given("max-outstanding"))
}

/// Of a new consumer zero or less is no percentage, of another one zero ends sampling.
fn apply_sample(config: &mut ConsumerConfig, matches: &Matches, is_new: bool) -> Result<(), Failure> {
    match matches.int("sample") {
        -1 => {}
        ..=0 if is_new => {}
        0 => config.sample_frequency.clear(),
        percent @ 1..=100 => config.sample_frequency = percent.to_string(),
        _ => return Err(Failure::new("sample percent is not between 0 and 100")),
    }
    Ok(())
}

fn apply_metadata(config: &mut ConsumerConfig, matches: &Matches) {
    if matches.is_set("metadata") {
        config.metadata.retain(|key, _| crate::commands::stream::information::is_reserved(key));
        config.metadata.extend(matches.map("metadata"));
    }
}

fn set_filters(config: &mut ConsumerConfig, mut filters: Vec<String>) {
    config.filter_subject = if filters.len() == 1 { filters.remove(0) } else { String::new() };
    config.filter_subjects = (!filters.is_empty()).then_some(filters);
}

fn filters(matches: &Matches) -> Vec<String> {
    matches.list("filter").into_iter().map(str::to_owned).collect()
}

/// Returns whether there is a policy now.
fn apply_backoff(config: &mut ConsumerConfig, matches: &Matches) -> Result<bool, Failure> {
    match matches.text("backoff") {
        "" => return Ok(false),
        "none" => config.backoff = None,
        _ => {
            let (min, max) = (matches.nanos("backoff-min"), matches.nanos("backoff-max"));
            config.backoff = Some(backoff(matches.uint("backoff-steps"), min, max)?);
        }
    }
    Ok(config.backoff.is_some())
}

/// More steps would not fit a request.
const MOST_STEPS: u64 = 10_000;

/// Waits growing evenly from the shorter towards the longer.
fn backoff(steps: u64, min: i64, max: i64) -> Result<Vec<Nanos>, Failure> {
    let fail = |problem: String| Err(Failure::because("could not determine backoff policy", problem));
    let (min, max) = (min.min(max), min.max(max));
    if steps == 0 || min == 0 || max == 0 {
        return fail("required policy properties not supplied".to_owned());
    }
    if min < 0 || steps > MOST_STEPS {
        return fail(format!("there are between 1 and {MOST_STEPS} steps, and no wait is negative"));
    }
    if min != max && max.abs_diff(min) < steps {
        let [min, max] = [min, max].map(|nanos| format_go_duration(Duration::from_nanos(nanos.unsigned_abs())));
        return fail(format!("step range between {min} and {max} is too small for {steps} steps"));
    }
    Ok((0..steps).map(|index| Nanos(even_wait(min, max, index, steps))).collect())
}

/// A wait of `--backoff linear`, in nanoseconds: whole milliseconds after the shortest.
pub fn even_wait(min: i64, max: i64, index: u64, steps: u64) -> i64 {
    let step = (i128::from(max) - i128::from(min)) / i128::from(steps.max(1));
    let after = (step * i128::from(index) + 500_000) / 1_000_000 * 1_000_000;
    (i128::from(min) + after).clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// Applies the flags to a new consumer that knows already where it delivers and how it is acknowledged.
fn apply_new(config: &mut ConsumerConfig, matches: &Matches, now: Timestamp) -> Result<(), Failure> {
    let asked_for = config.max_deliver;
    apply_common(config, matches);
    apply_sample(config, matches, true)?;
    config.inactive_threshold = Nanos(matches.nanos("inactive-threshold"));
    if matches.is_set("filter") {
        set_filters(config, filters(matches));
    }
    apply_metadata(config, matches);
    let is_unfiltered = config.filter_subject.is_empty() && config.filter_subjects.is_none();
    if config.deliver_policy == DeliverPolicy::LastPerSubject && is_unfiltered {
        config.filter_subject = ">".to_owned();
    }
    let is_retried = config.max_deliver == -1;
    if apply_backoff(config, matches)? && is_retried {
        config.max_deliver = config.backoff.as_ref().map_or(0, Vec::len) as i64 + 1;
    }
    if config.ack_policy == AckPolicy::None {
        config.max_deliver = asked_for.min(-1);
    }
    apply_mode(config, matches)?;
    config.rate_limit_bits_per_sec = matches.uint("bps");
    config.num_replicas = matches.int("replicas");
    config.mem_storage = matches.flag("memory");
    if !matches.text("pause").is_empty() {
        config.pause_until = Some(until(matches.text("pause"), now)?);
    }
    apply_priorities(config, matches)
}

/// What pull or push consumers alone can have.
fn apply_mode(config: &mut ConsumerConfig, matches: &Matches) -> Result<(), Failure> {
    let heartbeat = Some(matches.text("heartbeat")).filter(|text| !matches!(*text, "" | "-1"));
    if config.is_pull() {
        config.max_waiting = matches.int("max-waiting");
        return match (matches.uint("bps"), heartbeat) {
            (1.., _) => Err(Failure::new("rate limits are only possible on Push consumers")),
            (0, Some(_)) => Err(Failure::new("pull subscribers does not support idle heartbeats")),
            (0, None) => Ok(()),
        };
    }
    if let Some(text) = heartbeat {
        config.idle_heartbeat = heartbeat_of(text)?;
    }
    config.flow_control = matches.optional_flag("flow-control").unwrap_or(config.flow_control);
    Ok(())
}

fn heartbeat_of(text: &str) -> Result<Nanos, Failure> {
    duration_of(text).map_err(|problem| Failure::because("invalid heartbeat duration", problem))
}

fn duration_of(text: &str) -> Result<Nanos, String> {
    parse_duration(text).map(Nanos)
}

/// Differs from what the flags seem to say as the real CLI does: groups of `--overflow-groups` are not passed on.
fn apply_priorities(config: &mut ConsumerConfig, matches: &Matches) -> Result<(), Failure> {
    let groups = |flag: &str| -> Vec<String> { matches.list(flag).into_iter().map(str::to_owned).collect() };
    let (pinned, prioritized) = (groups("pinned-groups"), groups("prioritized-groups"));
    match (pinned.is_empty(), matches.is_set("overflow-groups")) {
        (false, true) => return Err(Failure::new("setting both overflow and pinned groups are not supported")),
        (false, false) => {
            config.priority_policy = PriorityPolicy::PinnedClient;
            config.priority_groups = Some(pinned);
            config.priority_timeout = Nanos(matches.nanos("pinned-ttl"));
        }
        (true, true) => config.priority_policy = PriorityPolicy::Overflow,
        (true, false) if !prioritized.is_empty() => {
            config.priority_policy = PriorityPolicy::Prioritized;
            config.priority_groups = Some(prioritized);
        }
        (true, false) => {}
    }
    Ok(())
}

/// Applies the flags to the configuration of another consumer. Some the real CLI has, but does not heed.
pub fn apply_to_copy(config: &mut ConsumerConfig, matches: &Matches, now: Timestamp) -> Result<(), Failure> {
    apply_common(config, matches);
    apply_sample(config, matches, false)?;
    if matches.nanos("inactive-threshold") > 0 {
        config.inactive_threshold = Nanos(matches.nanos("inactive-threshold"));
    }
    if !matches.text("deliver").is_empty() {
        set_start(config, matches.text("deliver"), now)?;
    }
    if matches.flag("pull") {
        config.deliver_subject.clear();
        config.max_waiting = matches.int("max-waiting");
    }
    if matches.is_set("ack") {
        config.ack_policy = ack_policy(matches.text("ack"));
    }
    match filters(matches) {
        filters if filters.len() == 1 => config.filter_subject = filters.concat(),
        filters if filters.is_empty() => {}
        filters => config.filter_subjects = Some(filters),
    }
    if matches.is_set("replay") {
        config.replay_policy = replay_policy(matches.text("replay"));
    }
    if matches.uint("bps") != 0 {
        config.rate_limit_bits_per_sec = matches.uint("bps");
    }
    if !matches!(matches.text("heartbeat"), "" | "-1") {
        let wrong = |problem| Failure::because("Invalid heartbeat duration", problem);
        config.idle_heartbeat = duration_of(matches.text("heartbeat")).map_err(wrong)?;
    }
    config.flow_control = matches.optional_flag("flow-control").unwrap_or(config.flow_control);
    if config.is_pull() {
        (config.idle_heartbeat, config.flow_control) = (Nanos(0), false);
    }
    let is_pushed = !matches.text("target").is_empty();
    config.deliver_group = if is_pushed { matches.text("deliver-group").to_owned() } else { String::new() };
    apply_backoff(config, matches).map(|_| ())
}

/// Applies the flags to a consumer that is there.
pub fn apply_to_existing(config: &mut ConsumerConfig, matches: &Matches) -> Result<(), Failure> {
    apply_common(config, matches);
    apply_sample(config, matches, false)?;
    apply_metadata(config, matches);
    if matches.nanos("inactive-threshold") != 0 {
        config.inactive_threshold = Nanos(matches.nanos("inactive-threshold"));
    }
    if matches.is_set("wait") {
        config.ack_wait = Nanos(matches.nanos("wait"));
    }
    if matches.is_set("filter") {
        set_filters(config, filters(matches));
    }
    if matches.int("replicas") > 0 {
        config.num_replicas = matches.int("replicas");
    }
    apply_backoff(config, matches).map(|_| ())
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

/// `all`, `new`, `last`, `subject`, a sequence in decimal digits, or so long ago. A sequence that is too large is the
/// largest a signed number can be.
pub fn set_start(config: &mut ConsumerConfig, word: &str, now: Timestamp) -> Result<(), Failure> {
    config.deliver_policy = match word {
        "all" => DeliverPolicy::All,
        "new" | "next" => DeliverPolicy::New,
        "last" => DeliverPolicy::Last,
        "subject" | "last_per_subject" => DeliverPolicy::LastPerSubject,
        _ if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) => {
            config.opt_start_seq = word.parse::<i64>().unwrap_or(i64::MAX).unsigned_abs();
            DeliverPolicy::ByStartSequence
        }
        _ => {
            let ago =
                parse_duration(word).map_err(|problem| Failure::because("could not parse starting delta", problem))?;
            config.opt_start_time = Some(moved(now, ago.wrapping_neg()));
            DeliverPolicy::ByStartTime
        }
    };
    Ok(())
}

/// A duration from now, or `YYYY-MM-DD HH:MM:SS`.
pub fn until(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    if let Ok(Some(at)) = Timestamp::parse_rfc3339(&format!("{}Z", text.replacen(' ', "T", 1))) {
        return Ok(at);
    }
    let unread = |_| Failure::new("could not parse the pause time as either timestamp or duration");
    Ok(moved(now, parse_duration(text).map_err(unread)?))
}

fn moved(at: Timestamp, nanos: i64) -> Timestamp {
    Timestamp(at.0.saturating_add(nanos))
}

/// Reads a configuration, or the one inside a saved `consumer info -j`.
pub fn from_file(context: &Context, path: &str) -> Result<ConsumerConfig, String> {
    let bytes = context.read_file(path).ok_or_else(|| format!("open {path}: no such file or directory"))?;
    strict::decode_file(&bytes)
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
    apply_new(&mut config, matches, context.now())?;
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

    /// Wants a text; an empty one says nothing.
    fn lacks(&self, flag: &str) -> bool {
        self.matches.text(flag).is_empty() && !self.matches.flag("defaults")
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
        if !self.matches.flag("pull") && self.matches.text("target").is_empty() {
            let help = "A subject to push messages to; empty when receivers ask for them.";
            let message = "Delivery target (empty for Pull Consumers)";
            config.deliver_subject = self.text("could not request delivery target", message, "", help).await?;
        }
        if !self.matches.text("target").is_empty() {
            config.deliver_subject = self.matches.text("target").to_owned();
        }
        config.deliver_group = self.matches.text("deliver-group").to_owned();
        if !config.is_pull() && self.wants("deliver-group") {
            let help = "Receivers in the same group share the messages.";
            config.deliver_group =
                self.text("could not request delivery group", "Delivery Queue Group", "", help).await?;
        }
        Ok(())
    }

    async fn policies(&self, config: &mut ConsumerConfig, now: Timestamp) -> Result<(), Failure> {
        if self.lacks("deliver") {
            let help = "The first message to deliver: all from the beginning, new ones, the last, the last of each subject, those since so long ago, or from a sequence.";
            let message = "Start policy (all, new, last, subject, 1h, msg sequence)";
            let answer = self.text("could not request start policy", message, "all", help).await?;
            set_start(config, &answer, now)?;
        } else if !self.matches.text("deliver").is_empty() {
            set_start(config, self.matches.text("deliver"), now)?;
        }
        let is_pull = self.matches.flag("pull") || config.is_pull();
        config.ack_policy = if is_pull { AckPolicy::Explicit } else { AckPolicy::None };
        if self.lacks("ack") {
            let options = ["explicit", "all", "none"];
            let default = if config.is_pull() { 0 } else { 2 };
            let help = "Explicit: each message; all: one stands for those before it; none: delivered is done.";
            let what = "could not ask acknowledgement policy";
            let answer = self.console.choose("Acknowledgment policy", &options, default, help).await;
            config.ack_policy = ack_policy(&answer.map_err(|reason| Failure::because(what, reason))?);
        }
        if self.matches.is_set("ack") {
            config.ack_policy = ack_policy(self.matches.text("ack"));
        }
        if self.lacks("replay") {
            let help = "Instant: as fast as possible; original: at the pace the messages were stored.";
            let answer =
                self.choose("could not ask replay policy", "Replay policy", &["instant", "original"], help).await?;
            config.replay_policy = replay_policy(&answer);
        } else if config.is_pull() || !self.matches.flag("defaults") {
            // As in the real CLI, defaults of a push consumer win over the flag.
            config.replay_policy = replay_policy(self.matches.text("replay"));
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
            if self.matches.int("max-deliver") == 0 && !self.matches.flag("defaults") {
                let what = "could not ask for maximum allowed deliveries";
                let help = "How often a message is tried, -1 without end.";
                config.max_deliver = self.int(what, "Maximum Allowed Deliveries", "-1", help).await?;
            }
            if max_pending(self.matches).is_none() && !self.matches.flag("defaults") {
                let what = "could not ask for maximum outstanding acknowledgements";
                let help = "How many messages may wait for an acknowledgement; 0 for the server's default.";
                config.max_ack_pending = self.int(what, "Maximum Acknowledgments Pending", "0", help).await?;
            }
        }
        if !config.is_pull() {
            if self.lacks("heartbeat") {
                let help = "Says so often that it is there while nothing is delivered; 0s for never.";
                let answer = self.text("could not ask for idle heartbeat", "Idle Heartbeat", "0s", help).await?;
                config.idle_heartbeat = heartbeat_of(&answer)?;
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
            || !self.lacks("backoff")
            || !self.confirm(what, "Add a Retry Backoff Policy").await?
        {
            return Ok(());
        }
        let answer = self.console.choose("Backoff policy", &["linear", "none"], 1, "How the wait grows.").await;
        if answer.map_err(|reason| Failure::because(what, reason))? == "none" {
            return Ok(());
        }
        let min = self.nanos(what, "Minimum retry time", "1m", "The shortest wait.").await?;
        let max = self.nanos(what, "Maximum retry time", "10m", "The longest wait.").await?;
        let message = "Number of steps to generate in the policy";
        let steps = self.int(what, message, "20", "How many different waits.").await?;
        config.backoff = Some(backoff(u64::try_from(steps).unwrap_or(0), min, max)?);
        if config.max_deliver == -1 {
            config.max_deliver = steps + 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_evenly() {
        let nanos = |seconds: i64| seconds * 1_000_000_000;
        let expected = Some(vec![Nanos(nanos(1)), Nanos(nanos(4)), Nanos(nanos(7))]);
        assert_eq!(backoff(3, nanos(1), nanos(10)).ok(), expected);
        assert_eq!(backoff(3, nanos(10), nanos(1)).ok(), expected);
        assert!(backoff(0, 1, 2).is_err());
        assert!(backoff(3, 1, 3).is_err());
    }

    #[test]
    fn where_to_start() {
        let now = Timestamp::from_secs(7_200);
        for (word, policy) in [
            ("all", DeliverPolicy::All),
            ("next", DeliverPolicy::New),
            ("subject", DeliverPolicy::LastPerSubject),
            ("3", DeliverPolicy::ByStartSequence),
            ("99999999999999999999", DeliverPolicy::ByStartSequence),
            ("1h", DeliverPolicy::ByStartTime),
        ] {
            let mut config = ConsumerConfig::default();
            set_start(&mut config, word, now).unwrap();
            assert_eq!(config.deliver_policy, policy, "{word}");
        }
        let mut config = ConsumerConfig::default();
        for word in ["sometimes", "0x10", "+3", "1_000"] {
            assert!(set_start(&mut config, word, now).is_err(), "{word}");
        }
        set_start(&mut config, "1h", now).unwrap();
        assert_eq!(config.opt_start_time, Some(Timestamp::from_secs(3_600)));
    }

    #[test]
    fn pauses_end_after_a_while_or_at_a_time() {
        let now = Timestamp::from_secs(100);
        assert_eq!(until("1m", now).unwrap(), Timestamp::from_secs(160));
        assert_eq!(until("1970-01-01 01:00:00", now).unwrap(), Timestamp::from_secs(3_600));
        assert_eq!(until("-1m", now).unwrap(), Timestamp::from_secs(40));
        assert!(until("tomorrow", now).is_err());
    }
}
