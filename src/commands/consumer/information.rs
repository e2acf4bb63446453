//! What a consumer is and where it stands, as screens, tables and JSON.

use crate::api::{
    AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy, Nanos, PriorityGroupState, PriorityPolicy, ReplayPolicy,
    SequenceInfo,
};
use crate::commands::report::json::{self, Shape};
use crate::commands::report::{Columns, Table, text};
use crate::commands::stream::information::{hosting, metadata};
use crate::time::{Timestamp, ZERO_TIME, format_go_duration};
use serde_json::Value;
use std::time::Duration;

/// The whole screen of `consumer info`.
pub fn information(info: &ConsumerInfo, now: Timestamp) -> Columns {
    let mut screen = heading("Information", info);
    screen.section("Configuration");
    identity(&mut screen, info);
    delivery(&mut screen, &info.config);
    limits(&mut screen, &info.config);
    sharing(&mut screen, info);
    metadata(&mut screen, &info.config.metadata);
    state(&mut screen, info, now);
    screen
}

/// The screen of `consumer state`.
pub fn state_information(info: &ConsumerInfo, now: Timestamp) -> Columns {
    let mut screen = heading("State", info);
    state(&mut screen, info, now);
    screen
}

fn heading(what: &str, info: &ConsumerInfo) -> Columns {
    let created = text::optional_time(info.created);
    Columns::new(format!("{what} for Consumer {} > {} created {created}", info.stream_name, info.name))
}

fn identity(screen: &mut Columns, info: &ConsumerInfo) {
    let config = &info.config;
    screen.row("Name", &info.name);
    screen.row_if(config.is_durable() && config.durable_name != info.name, "Durable Name", &config.durable_name);
    screen.row_unless_empty("Description", &config.description);
    match config.is_pull() {
        true => screen.row("Pull Mode", true),
        false => screen.row("Delivery Subject", &config.deliver_subject),
    }
    match config.filters().as_slice() {
        [] => {}
        [filter] => screen.row("Filter Subject", filter),
        filters => screen.row("Filter Subjects", filters.join(", ")),
    }
}

fn delivery(screen: &mut Columns, config: &ConsumerConfig) {
    screen.row("Deliver Policy", deliver_policy(config));
    let is_shared = !config.is_pull() && !config.deliver_group.is_empty();
    screen.row_if(is_shared, "Deliver Queue Group", &config.deliver_group);
    screen.row("Ack Policy", ack_policy(config.ack_policy));
    screen.row_if(config.ack_policy != AckPolicy::None, "Ack Wait", text::nanos(config.ack_wait));
    let replay = if config.replay_policy == ReplayPolicy::Original { "Original" } else { "Instant" };
    screen.row("Replay Policy", replay);
    screen.row_if(config.max_deliver != -1, "Maximum Deliveries", text::signed_count(config.max_deliver));
    screen.row_unless_empty("Sampling Rate", &config.sample_frequency);
    let rate = config.rate_limit_bits_per_sec;
    screen.row_if(rate > 0, "Rate Limit", format!("{} / second", text::bytes(rate / 8)));
}

fn deliver_policy(config: &ConsumerConfig) -> String {
    match config.deliver_policy {
        DeliverPolicy::All => "All".to_owned(),
        DeliverPolicy::Last => "Last".to_owned(),
        DeliverPolicy::New => "New".to_owned(),
        DeliverPolicy::LastPerSubject => "Last Per Subject".to_owned(),
        DeliverPolicy::ByStartSequence => format!("From Sequence {}", config.opt_start_seq),
        DeliverPolicy::ByStartTime => {
            format!("Since {}", config.opt_start_time.map(text::go_time).unwrap_or_default())
        }
    }
}

pub fn ack_policy(policy: AckPolicy) -> &'static str {
    match policy {
        AckPolicy::None => "None",
        AckPolicy::All => "All",
        AckPolicy::Explicit => "Explicit",
        AckPolicy::FlowControl => "Flow Control",
    }
}

fn limits(screen: &mut Columns, config: &ConsumerConfig) {
    let is_pull = config.is_pull();
    screen.row_if(config.max_ack_pending > 0, "Max Ack Pending", text::signed_count(config.max_ack_pending));
    screen.row_if(config.max_waiting > 0, "Max Waiting Pulls", text::signed_count(config.max_waiting));
    screen.row_if(!config.idle_heartbeat.is_zero(), "Idle Heartbeat", text::nanos(config.idle_heartbeat));
    screen.row_if(!is_pull, "Flow Control", config.flow_control);
    screen.row_if(config.headers_only, "Headers Only", true);
    let inactive = config.inactive_threshold;
    screen.row_if(is_pull && !inactive.is_zero(), "Inactive Threshold", text::nanos(inactive));
    screen.row_if(!config.max_expires.is_zero(), "Max Pull Expire", text::nanos(config.max_expires));
    screen.row_if(config.max_batch > 0, "Max Pull Batch", text::signed_count(config.max_batch));
    screen.row_if(config.max_bytes > 0, "Max Pull MaxBytes", text::signed_count(config.max_bytes));
    screen.row_unless_empty("Backoff", &backoff(config));
}

fn backoff(config: &ConsumerConfig) -> String {
    let steps = config.backoff.iter().flatten();
    let steps: Vec<String> = steps.map(|step| go_duration(*step)).collect();
    steps.join(", ")
}

pub fn go_duration(value: Nanos) -> String {
    let sign = if value.0 < 0 { "-" } else { "" };
    format!("{sign}{}", format_go_duration(Duration::from_nanos(value.0.unsigned_abs())))
}

fn sharing(screen: &mut Columns, info: &ConsumerInfo) {
    let config = &info.config;
    screen.row_if(config.num_replicas > 0, "Replicas", config.num_replicas);
    screen.row_if(config.mem_storage, "Memory Storage", true);
    if let Some(until) = config.pause_until {
        let state = if info.paused { remaining(info) } else { "passed".to_owned() };
        screen.row("Paused Until Deadline", format!("{} ({state})", text::time(until)));
    }
    if config.priority_policy == PriorityPolicy::None {
        return;
    }
    screen.row("Priority Policy", priority_policy(config.priority_policy));
    screen.row("Priority Groups", config.priority_groups.clone().unwrap_or_default().join(", "));
    let ttl = config.priority_timeout;
    screen.row_if(config.priority_policy == PriorityPolicy::PinnedClient, "Pinned TTL", text::nanos(ttl));
}

/// What is left of a pause.
fn remaining(info: &ConsumerInfo) -> String {
    format!("{} remaining", go_seconds(info.pause_remaining.duration().unwrap_or_default()))
}

/// `26h10m0s`: a duration to the nearest second, as Go prints it.
pub fn go_seconds(duration: Duration) -> String {
    format_go_duration(Duration::from_secs((duration.as_millis() as u64 + 500) / 1000))
}

pub fn priority_policy(policy: PriorityPolicy) -> &'static str {
    match policy {
        PriorityPolicy::None => "None",
        PriorityPolicy::Overflow => "Overflow",
        PriorityPolicy::PinnedClient => "Pinned Client",
        PriorityPolicy::Prioritized => "Prioritized",
    }
}

fn state(screen: &mut Columns, info: &ConsumerInfo, now: Timestamp) {
    let config = &info.config;
    screen.section("State");
    hosting(screen, &config.metadata);
    screen.row("Last Delivered Message", sequences(&info.delivered, "Last delivery", now));
    if config.ack_policy != AckPolicy::None {
        screen.row("Acknowledgment Floor", sequences(&info.ack_floor, "Last Ack", now));
        let pending = text::count(info.num_ack_pending);
        let maximum = config.max_ack_pending_limit().map(text::count);
        screen
            .row("Outstanding Acks", maximum.map_or(pending.clone(), |max| format!("{pending} out of maximum {max}")));
        screen.row("Redelivered Messages", text::count(info.num_redelivered));
    }
    screen.row("Unprocessed Messages", text::count(info.num_pending));
    match config.is_pull() {
        true => {
            let (waiting, maximum) = (text::count(info.num_waiting), text::signed_count(config.max_waiting));
            screen.row("Waiting Pulls", format!("{waiting} of maximum {maximum}"));
        }
        false => screen.row("Active Interest", interest(info)),
    }
    if info.paused {
        let until = text::optional_time(config.pause_until);
        screen.row("Paused Until", format!("{until} ({})", remaining(info)));
    }
    if config.priority_policy == PriorityPolicy::PinnedClient {
        screen.rows("Priority Groups", info.priority_groups.iter().map(priority_group));
    }
}

fn sequences(at: &SequenceInfo, what: &str, now: Timestamp) -> String {
    let (consumer, stream) = (text::count(at.consumer_seq), text::count(at.stream_seq));
    let last = at.last_active.map(|time| format!(" {what}: {} ago", text::duration(now.since(time))));
    format!("Consumer sequence: {consumer} Stream sequence: {stream}{}", last.unwrap_or_default())
}

fn interest(info: &ConsumerInfo) -> String {
    match (info.push_bound, info.config.deliver_group.as_str()) {
        (false, _) => "No interest".to_owned(),
        (true, "") => "Active".to_owned(),
        (true, group) => format!("Active using Queue Group {group}"),
    }
}

fn priority_group(state: &PriorityGroupState) -> String {
    match (state.pinned_client_id.as_str(), state.pinned_ts) {
        ("", _) => format!("{}: No client", state.group),
        (id, at) => format!("{}: pinned {id} at {}", state.group, text::optional_time(at)),
    }
}

/// `consumer ls`; two blank lines follow the box.
pub fn table(consumers: &[ConsumerInfo], now: Timestamp) -> Table {
    let header = ["Name", "Description", "Created", "Ack Pending", "Unprocessed", "Last Delivery"];
    let mut table = Table::new("Consumers", &header).right(&[3, 4]);
    for info in consumers {
        table.row([
            info.name.clone(),
            info.config.description.clone(),
            text::optional_time(info.created),
            info.num_ack_pending.to_string(),
            info.num_pending.to_string(),
            text::ago(now, info.delivered.last_active),
        ]);
    }
    table
}

/// `consumer report`. `messages`: how many the stream holds.
pub fn report(stream: &str, messages: u64, consumers: &[ConsumerInfo], raw: bool) -> Table {
    let header = [
        "Consumer",
        "Mode",
        "Ack Policy",
        "Ack Wait",
        "Ack Pending",
        "Redelivered",
        "Unprocessed",
        "Ack Floor",
        "API Level",
        "Cluster",
    ];
    let title = format!("Consumer report for {stream} with {} consumers", text::count(consumers.len() as u64));
    let mut table = Table::new(title, &header);
    if raw {
        table = table.right(&[3, 4, 5, 6, 7]);
    }
    let count = |value: u64| if raw { value.to_string() } else { text::count(value) };
    for info in consumers {
        let config = &info.config;
        table.row([
            info.name.clone(),
            if config.is_pull() { "Pull" } else { "Push" }.to_owned(),
            ack_policy(config.ack_policy).to_owned(),
            if raw { go_duration(config.ack_wait) } else { text::nanos(config.ack_wait) },
            count(info.num_ack_pending),
            count(info.num_redelivered),
            if raw { info.num_pending.to_string() } else { unprocessed(info.num_pending, messages) },
            count(info.ack_floor.stream_seq),
            config.metadata.get("_nats.req.level").cloned().unwrap_or_default(),
            String::new(),
        ]);
    }
    table
}

fn unprocessed(pending: u64, messages: u64) -> String {
    match (pending, messages) {
        (0, _) => "0".to_owned(),
        (pending, 0) => text::count(pending),
        (pending, messages) => {
            let percent = (pending as f64 / messages as f64 * 100.0).floor();
            format!("{} / {percent:.0}%", text::count(pending))
        }
    }
}

/// `consumer info -j`.
pub fn as_json(info: &ConsumerInfo) -> String {
    let mut value = crate::json::to_value(info);
    if let Some(config) = value.get_mut("config").and_then(Value::as_object_mut)
        && info.config.pause_until.is_none()
    {
        config.insert("pause_until".to_owned(), ZERO_TIME.into());
    }
    json::shaped(&value, &INFO)
}

/// `consumer add --validate`: a durable consumer has no other name yet.
pub fn config_as_json(config: &ConsumerConfig) -> String {
    let mut value = crate::json::to_value(config);
    if let Some(members) = value.as_object_mut() {
        if config.durable_name == config.name {
            members.remove("name");
        }
        if config.pause_until.is_none() {
            members.insert("pause_until".to_owned(), ZERO_TIME.into());
        }
    }
    json::shaped(&value, &CONFIG)
}

static INFO: Shape = Shape(&[
    ("stream_name", None),
    ("name", None),
    ("config", Some(&CONFIG)),
    ("created", None),
    ("delivered", Some(&SEQUENCES)),
    ("ack_floor", Some(&SEQUENCES)),
    ("num_ack_pending", None),
    ("num_redelivered", None),
    ("num_waiting", None),
    ("num_pending", None),
    ("cluster", None),
    ("push_bound", None),
    ("paused", None),
    ("pause_remaining", None),
    ("ts", None),
    ("priority_groups", None),
]);

static SEQUENCES: Shape = Shape(&[("consumer_seq", None), ("stream_seq", None), ("last_active", None)]);

/// `consumer add --validate` and the like.
pub static CONFIG: Shape = Shape(&[
    ("description", None),
    ("ack_policy", None),
    ("ack_wait", None),
    ("deliver_policy", None),
    ("deliver_subject", None),
    ("deliver_group", None),
    ("durable_name", None),
    ("name", None),
    ("filter_subject", None),
    ("filter_subjects", None),
    ("flow_control", None),
    ("idle_heartbeat", None),
    ("max_ack_pending", None),
    ("max_deliver", None),
    ("backoff", None),
    ("max_waiting", None),
    ("opt_start_seq", None),
    ("opt_start_time", None),
    ("rate_limit_bps", None),
    ("replay_policy", None),
    ("sample_freq", None),
    ("headers_only", None),
    ("max_batch", None),
    ("max_expires", None),
    ("max_bytes", None),
    ("inactive_threshold", None),
    ("num_replicas", None),
    ("mem_storage", None),
    ("metadata", None),
    ("pause_until", None),
    ("priority_groups", None),
    ("priority_policy", None),
    ("priority_timeout", None),
    ("direct", None),
]);

#[cfg(test)]
mod tests {
    use super::*;

    fn worker() -> ConsumerInfo {
        let metadata = [("_nats.ver", "2.15.1"), ("_nats.req.level", "0"), ("_nats.level", "5")];
        ConsumerInfo {
            stream_name: "ORDERS".into(),
            name: "worker".into(),
            created: Some(Timestamp::from_secs(1_795_251_942)),
            config: ConsumerConfig {
                name: "worker".into(),
                durable_name: "worker".into(),
                ack_policy: AckPolicy::Explicit,
                ack_wait: Nanos(30_000_000_000),
                max_deliver: -1,
                max_ack_pending: 1_000,
                max_waiting: 512,
                metadata: metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
                ..ConsumerConfig::default()
            },
            num_pending: 5,
            ..ConsumerInfo::default()
        }
    }

    #[test]
    fn a_pull_consumer() {
        let now = Timestamp::from_secs(1_795_251_950);
        let mut info = worker();
        info.delivered =
            SequenceInfo { consumer_seq: 3, stream_seq: 3, last_active: Some(now - Duration::from_millis(1_140)) };
        let expected = "\
Information for Consumer ORDERS > worker created 2026-11-21 09:05:42

Configuration:

                    Name: worker
               Pull Mode: true
          Deliver Policy: All
              Ack Policy: Explicit
                Ack Wait: 30.00s
           Replay Policy: Instant
         Max Ack Pending: 1,000
       Max Waiting Pulls: 512

State:

            Host Version: 2.15.1
      Required API Level: 0 hosted at level 5
  Last Delivered Message: Consumer sequence: 3 Stream sequence: 3 Last delivery: 1.14s ago
    Acknowledgment Floor: Consumer sequence: 0 Stream sequence: 0
        Outstanding Acks: 0 out of maximum 1,000
    Redelivered Messages: 0
    Unprocessed Messages: 5
           Waiting Pulls: 0 of maximum 512
";
        assert_eq!(information(&info, now).to_string(), expected);
    }

    #[test]
    fn rarer_rows() {
        let now = Timestamp::from_secs(1_795_251_950);
        let mut info = worker();
        let config = &mut info.config;
        config.description = "my consumer".into();
        config.filter_subjects = Some(vec!["orders.a".into(), "orders.b".into()]);
        config.deliver_policy = DeliverPolicy::ByStartSequence;
        config.opt_start_seq = 3;
        config.max_deliver = 5;
        config.backoff = Some(vec![Nanos(1_000_000_000), Nanos(4_000_000_000)]);
        config.pause_until = Some(now + Duration::from_secs(3_600));
        config.priority_policy = PriorityPolicy::PinnedClient;
        config.priority_groups = Some(vec!["A".into()]);
        config.priority_timeout = Nanos(30_000_000_000);
        info.paused = true;
        info.pause_remaining = Nanos(3_599_800_000_000);
        info.priority_groups = vec![PriorityGroupState { group: "A".into(), ..PriorityGroupState::default() }];
        let screen = information(&info, now).to_string();
        for part in [
            "                    Name: worker\n             Description: my consumer\n               Pull Mode: true\n",
            "         Filter Subjects: orders.a, orders.b\n          Deliver Policy: From Sequence 3\n",
            "      Maximum Deliveries: 5\n         Max Ack Pending: 1,000\n       Max Waiting Pulls: 512\n                 Backoff: 1s, 4s\n",
            "   Paused Until Deadline: 2026-11-21 10:05:50 (1h0m0s remaining)\n         Priority Policy: Pinned Client\n         Priority Groups: A\n              Pinned TTL: 30.00s\n",
            "            Paused Until: 2026-11-21 10:05:50 (1h0m0s remaining)\n         Priority Groups: A: No client\n",
        ] {
            assert!(screen.contains(part), "{part:?} is not in\n{screen}");
        }
    }

    #[test]
    fn ls_and_report() {
        let now = Timestamp::from_secs(1_795_251_950);
        let mut push = worker();
        push.name = "push".into();
        push.config.deliver_subject = "my.push".into();
        push.config.ack_policy = AckPolicy::None;
        push.config.ack_wait = Nanos::ZERO;
        push.num_pending = 6;
        let expected = "\
╭───────────────────────────────────────────────────────────────────────────────────────╮
│                                       Consumers                                       │
├──────┬─────────────┬─────────────────────┬─────────────┬─────────────┬───────────────┤
│ Name │ Description │ Created             │ Ack Pending │ Unprocessed │ Last Delivery │
├──────┼─────────────┼─────────────────────┼─────────────┼─────────────┼───────────────┤
│ push │             │ 2026-11-21 09:05:42 │           0 │           6 │ never         │
╰──────┴─────────────┴─────────────────────┴─────────────┴─────────────┴───────────────╯
";
        let rows = |text: &str| text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(rows(&table(&[push.clone()], now).to_string()), rows(expected));
        let text = report("ORDERS", 6, &[push], false).to_string();
        assert!(text.contains("Consumer report for ORDERS with 1 consumers"), "{text}");
        assert!(text.contains("│ push     │ Push │ None       │ 0s       │ 0           │ 0           │ 6 / 100%    │ 0         │ 0         │         │"), "{text}");
    }

    #[test]
    fn json_always_says_until_when_it_is_paused() {
        let text = as_json(&worker());
        assert!(text.contains("    \"pause_until\": \"0001-01-01T00:00:00Z\"\n"), "{text}");
        assert!(text.starts_with("{\n  \"stream_name\": \"ORDERS\",\n  \"name\": \"worker\",\n  \"config\": {\n    \"ack_policy\": \"explicit\",\n    \"ack_wait\": 30000000000,\n"), "{text}");
    }
}
