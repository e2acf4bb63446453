//! The screens of streams against the recorded ones.

use super::*;
use crate::api::stream::StreamState;
use crate::api::{ConsumerLimits, Nanos, Republish};

fn orders() -> StreamInfo {
    let metadata = [("_nats.ver", "2.15.1"), ("_nats.req.level", "0"), ("_nats.level", "5")];
    StreamInfo {
        config: StreamConfig {
            name: "ORDERS".into(),
            subjects: vec!["orders.>".into()],
            num_replicas: 1,
            duplicate_window: Nanos(120_000_000_000),
            allow_direct: true,
            metadata: metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            ..StreamConfig::default()
        },
        created: Some(Timestamp::from_secs(1_795_251_942)),
        state: StreamState {
            messages: 3,
            bytes: 141,
            first_seq: 1,
            first_ts: Some(Timestamp::from_secs(1_795_251_943)),
            last_seq: 3,
            last_ts: Some(Timestamp::from_secs(1_795_251_943)),
            num_subjects: 1,
            ..StreamState::default()
        },
        ..StreamInfo::default()
    }
}

#[test]
fn a_plain_stream() {
    let expected = "\
Information for Stream ORDERS created 2026-11-21 09:05:42

                     Subjects: orders.>
                     Replicas: 1
                      Storage: File

Options:

                    Retention: Limits
              Acknowledgments: true
               Discard Policy: Old
             Duplicate Window: 2m0s
                   Direct Get: true
  Allows Atomic Batch Publish: false
    Allows Fast Batch Publish: false
              Allows Counters: false
            Allows Msg Delete: true
       Allows Per-Message TTL: false
                 Allows Purge: true
             Allows Schedules: false
               Allows Rollups: false

Limits:

             Maximum Messages: unlimited
          Maximum Per Subject: unlimited
                Maximum Bytes: unlimited
                  Maximum Age: unlimited
         Maximum Message Size: unlimited
            Maximum Consumers: unlimited

State:

                 Host Version: 2.15.1
           Required API Level: 0 hosted at level 5
                     Messages: 3
                        Bytes: 141 B
               First Sequence: 1 @ 2026-11-21 09:05:43
                Last Sequence: 3 @ 2026-11-21 09:05:43
             Active Consumers: 0
           Number of Subjects: 1
";
    assert_eq!(information("ORDERS", &orders()).to_string(), expected);
}

#[test]
fn the_state_alone_is_narrower() {
    let mut info = orders();
    info.state = StreamState { first_seq: 12, last_seq: 11, last_ts: info.state.last_ts, ..StreamState::default() };
    let expected = "\
State for Stream ORDERS created 2026-11-21 09:05:42

State:

        Host Version: 2.15.1
  Required API Level: 0 hosted at level 5
            Messages: 0
               Bytes: 0 B
      First Sequence: 12
       Last Sequence: 11 @ 2026-11-21 09:05:43
    Active Consumers: 0
";
    assert_eq!(state_information(&info).to_string(), expected);
}

#[test]
fn rich_options_and_sources() {
    let mut info = orders();
    let config = &mut info.config;
    config.first_seq = 100;
    config.subject_transform = Some(SubjectTransform { src: "lim.*".into(), dest: "limx.{{wildcard(1)}}".into() });
    config.republish = Some(Republish { src: ">".into(), dest: "rep.>".into(), headers_only: false });
    config.max_msgs = 1_000;
    config.max_age = Nanos(5_400_000_000_000);
    config.consumer_limits = ConsumerLimits { inactive_threshold: Nanos(300_000_000_000), max_ack_pending: 50 };
    config.metadata.insert("k".into(), "v".into());
    config.sources = ["S1", "S2"].map(|name| StreamSource { name: name.into(), ..StreamSource::default() }).into();
    info.sources = vec![
        SourceInfo { name: "S1".into(), active: 144_000_000, ..SourceInfo::default() },
        SourceInfo { name: "S2".into(), active: -1, ..SourceInfo::default() },
    ];
    let screen = information("ORDERS", &info).to_string();
    for part in [
        "\n               First Sequence: 100\n",
        "\n            Subject Transform: lim.* to limx.{{wildcard(1)}}\n                 Republishing: > to rep.>\n",
        "\n             Maximum Messages: 1,000\n",
        "\n                  Maximum Age: 1h30m0s\n",
        "\n  Consumer Inactive Threshold: 5m0s\n     Consumer Max Ack Pending: 50\n\nMetadata:\n\n                            k: v\n\n",
        "\n\nReplication:\n\n                      Sources: S1\n                               S2\n\nSource Information:\n\n",
        "                  Stream Name: S1\n                          Lag: 0\n                    Last Seen: 144ms\n\n",
        "                  Stream Name: S2\n                          Lag: 0\n                    Last Seen: never\n\nState:\n",
    ] {
        assert!(screen.contains(part), "{part:?} is not in\n{screen}");
    }
}

#[test]
fn json_in_the_order_of_the_command_line() {
    let text = as_json(&orders());
    assert!(text.starts_with("{\n  \"config\": {\n    \"name\": \"ORDERS\",\n    \"subjects\": [\n      \"orders.\\u003e\"\n    ],\n    \"retention\": \"limits\",\n    \"max_consumers\": -1,\n"), "{text}");
    assert!(
        text.contains("    \"mirror_direct\": false,\n    \"metadata\": {\n      \"_nats.level\": \"5\",\n"),
        "{text}"
    );
    assert!(text.contains("    },\n    \"consumer_limits\": {}\n  },\n  \"created\": "), "{text}");
}
