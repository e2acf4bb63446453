//! The shapes of requests: which members there are and what they hold.
//!
//! Source: the request types of nats-server `server/jetstream_api.go`; what is said about wrong values was observed.

use super::Kind::{Bool, Enum, Int, List, Object, Text, TextMap, Time, Unread};
use super::{Choices, Kind, OnNull, Request, Shape};
use crate::api::backup::{RestoreRequest, SnapshotRequest};
use crate::api::connections::ConnectionListRequest;
use crate::api::consumer::{ConsumerListRequest, PauseRequest, ResetRequest, UnpinRequest};
use crate::api::message::DeleteMessageRequest;
use crate::api::stream::{CreateStreamRequest, StreamInfoRequest, StreamListRequest};
use crate::api::{
    ConsumerConfig, CreateConsumerRequest, DirectGetRequest, GetMessageRequest, PullRequest, PurgeRequest, StreamConfig,
};

const DURATION: Kind = Int("time.Duration");
const TEXTS: Kind = List(&Text, "[]string");
const CAN_NOT: &str = "can not unmarshal {quoted}";

const fn choices(values: &'static [&'static str]) -> Choices {
    Choices { values, ignore_case: false, null: OnNull::Complain, complaint: CAN_NOT, of_file: CAN_NOT }
}

const RETENTION: Choices = choices(&["limits", "interest", "workqueue"]);
const DISCARD: Choices = Choices { ignore_case: true, ..choices(&["old", "new"]) };
const STORAGE: Choices = choices(&["file", "memory"]);
const PERSIST_MODE: Choices = choices(&["default", "", "async"]);
const COMPRESSION: Choices = Choices { complaint: "unknown compression algorithm", ..choices(&["none", "s2"]) };
const DELIVER_POLICY: Choices =
    choices(&["all", "undefined", "last", "new", "by_start_sequence", "by_start_time", "last_per_subject"]);
const ACK_POLICY: Choices = choices(&["none", "all", "explicit", "flow_control"]);
const REPLAY_POLICY: Choices = choices(&["instant", "original"]);
const PRIORITY_POLICY: Choices = Choices {
    complaint: "unknown priority policy: {raw}",
    of_file: "cannot unmarshal {raw}",
    ..choices(&["none", "overflow", "pinned_client", "prioritized"])
};
const ACTION: Choices = Choices {
    complaint: "unknown consumer action: {raw}",
    null: OnNull::KeepDefault,
    ..choices(&["", "create", "update"])
};

const PLACEMENT: Shape =
    Shape { go_type: "Placement", members: &[("cluster", Text), ("tags", TEXTS), ("preferred", Text)] };
const TRANSFORM: Shape = Shape { go_type: "SubjectTransformConfig", members: &[("src", Text), ("dest", Text)] };
const EXTERNAL: Shape = Shape { go_type: "ExternalStream", members: &[("api", Text), ("deliver", Text)] };
const SOURCE_CONSUMER: Shape =
    Shape { go_type: "StreamConsumerSource", members: &[("name", Text), ("deliver_subject", Text)] };
const REPUBLISH: Shape =
    Shape { go_type: "RePublish", members: &[("src", Text), ("dest", Text), ("headers_only", Bool)] };
const CONSUMER_LIMITS: Shape = Shape {
    go_type: "StreamConsumerLimits",
    members: &[("inactive_threshold", DURATION), ("max_ack_pending", Int("int"))],
};
const SOURCE: Shape = Shape {
    go_type: "StreamSource",
    members: &[
        ("name", Text),
        ("opt_start_seq", Int("uint64")),
        ("opt_start_time", Time),
        ("filter_subject", Text),
        ("subject_transforms", List(&Object(&TRANSFORM), "[]server.SubjectTransformConfig")),
        ("external", Object(&EXTERNAL)),
        ("consumer", Object(&SOURCE_CONSUMER)),
    ],
};

/// `pedantic`, which is no part of the configuration, stands last.
const STREAM_REQUEST_MEMBERS: &[(&str, Kind)] = &[
    ("name", Text),
    ("description", Text),
    ("subjects", TEXTS),
    ("retention", Enum(&RETENTION)),
    ("max_consumers", Int("int")),
    ("max_msgs", Int("int64")),
    ("max_bytes", Int("int64")),
    ("max_age", DURATION),
    ("max_msgs_per_subject", Int("int64")),
    ("max_msg_size", Int("int32")),
    ("discard", Enum(&DISCARD)),
    ("storage", Enum(&STORAGE)),
    ("num_replicas", Int("int")),
    ("no_ack", Bool),
    ("duplicate_window", DURATION),
    ("placement", Object(&PLACEMENT)),
    ("mirror", Object(&SOURCE)),
    ("sources", List(&Object(&SOURCE), "[]*server.StreamSource")),
    ("compression", Enum(&COMPRESSION)),
    ("first_seq", Int("uint64")),
    ("subject_transform", Object(&TRANSFORM)),
    ("republish", Object(&REPUBLISH)),
    ("allow_direct", Bool),
    ("mirror_direct", Bool),
    ("discard_new_per_subject", Bool),
    ("sealed", Bool),
    ("deny_delete", Bool),
    ("deny_purge", Bool),
    ("allow_rollup_hdrs", Bool),
    ("consumer_limits", Object(&CONSUMER_LIMITS)),
    ("allow_msg_ttl", Bool),
    ("subject_delete_marker_ttl", DURATION),
    ("allow_msg_counter", Bool),
    ("allow_atomic", Bool),
    ("allow_msg_schedules", Bool),
    ("persist_mode", Enum(&PERSIST_MODE)),
    ("allow_batched", Bool),
    ("metadata", TextMap),
    ("pedantic", Bool),
];
const STREAM_CONFIG: Shape =
    Shape { go_type: "StreamConfig", members: STREAM_REQUEST_MEMBERS.split_at(STREAM_REQUEST_MEMBERS.len() - 1).0 };

impl Request for CreateStreamRequest {
    const SHAPE: &'static Shape = &Shape { go_type: "StreamConfigRequest", members: STREAM_REQUEST_MEMBERS };
}

impl Request for StreamConfig {
    const SHAPE: &'static Shape = &STREAM_CONFIG;
}

impl Request for ConsumerConfig {
    const SHAPE: &'static Shape = &CONSUMER_CONFIG;
}

impl Request for StreamInfoRequest {
    const SHAPE: &'static Shape = &Shape {
        go_type: "JSApiStreamInfoRequest",
        members: &[("offset", Int("int")), ("deleted_details", Bool), ("subjects_filter", Text)],
    };
}

impl Request for StreamListRequest {
    const SHAPE: &'static Shape =
        &Shape { go_type: "JSApiStreamListRequest", members: &[("offset", Int("int")), ("subject", Text)] };
}

impl Request for PurgeRequest {
    const SHAPE: &'static Shape = &Shape {
        go_type: "JSApiStreamPurgeRequest",
        members: &[("seq", Int("uint64")), ("filter", Text), ("keep", Int("uint64"))],
    };
}

const GET_MEMBERS: &[(&str, Kind)] = &[
    ("seq", Int("uint64")),
    ("last_by_subj", Text),
    ("next_by_subj", Text),
    ("start_time", Time),
    ("no_hdr", Bool),
    ("batch", Int("int")),
    ("max_bytes", Int("int")),
    ("multi_last", TEXTS),
    ("up_to_seq", Int("uint64")),
    ("up_to_time", Time),
];

impl Request for GetMessageRequest {
    const SHAPE: &'static Shape = &Shape { go_type: "JSApiMsgGetRequest", members: GET_MEMBERS };
}

impl Request for DirectGetRequest {
    const SHAPE: &'static Shape = &Shape { go_type: "JSApiMsgGetRequest", members: GET_MEMBERS };
}

impl Request for DeleteMessageRequest {
    const SHAPE: &'static Shape =
        &Shape { go_type: "JSApiMsgDeleteRequest", members: &[("seq", Int("uint64")), ("no_erase", Bool)] };
}

const CONSUMER_CONFIG: Shape = Shape {
    go_type: "ConsumerConfig",
    members: &[
        ("durable_name", Text),
        ("name", Text),
        ("description", Text),
        ("deliver_policy", Enum(&DELIVER_POLICY)),
        ("opt_start_seq", Int("uint64")),
        ("opt_start_time", Time),
        ("ack_policy", Enum(&ACK_POLICY)),
        ("ack_wait", DURATION),
        ("max_deliver", Int("int")),
        ("backoff", List(&DURATION, "[]time.Duration")),
        ("filter_subject", Text),
        ("filter_subjects", TEXTS),
        ("replay_policy", Enum(&REPLAY_POLICY)),
        ("rate_limit_bps", Int("uint64")),
        ("sample_freq", Text),
        ("max_waiting", Int("int")),
        ("max_ack_pending", Int("int")),
        ("flow_control", Bool),
        ("headers_only", Bool),
        ("max_batch", Int("int")),
        ("max_expires", DURATION),
        ("max_bytes", Int("int")),
        ("deliver_subject", Text),
        ("deliver_group", Text),
        ("idle_heartbeat", DURATION),
        ("inactive_threshold", DURATION),
        ("num_replicas", Int("int")),
        ("mem_storage", Bool),
        ("direct", Bool),
        ("sourcing", Bool),
        ("metadata", TextMap),
        ("pause_until", Time),
        ("priority_groups", TEXTS),
        ("priority_policy", Enum(&PRIORITY_POLICY)),
        ("priority_timeout", DURATION),
    ],
};

impl Request for SnapshotRequest {
    const SHAPE: &'static Shape = &Shape {
        go_type: "JSApiStreamSnapshotRequest",
        members: &[
            ("deliver_subject", Text),
            ("no_consumers", Bool),
            ("chunk_size", Int("int")),
            ("window_size", Int("int")),
            ("jsck", Bool),
        ],
    };
}

impl Request for RestoreRequest {
    const SHAPE: &'static Shape = &Shape {
        go_type: "JSApiStreamRestoreRequest",
        members: &[("config", Object(&STREAM_CONFIG)), ("state", Unread)],
    };
}

impl Request for CreateConsumerRequest {
    const SHAPE: &'static Shape = &Shape {
        go_type: "CreateConsumerRequest",
        members: &[
            ("stream_name", Text),
            ("config", Object(&CONSUMER_CONFIG)),
            ("action", Enum(&ACTION)),
            ("pedantic", Bool),
        ],
    };
}

impl Request for ConsumerListRequest {
    const SHAPE: &'static Shape =
        &Shape { go_type: "JSApiConsumersRequest", members: &[("offset", Int("int")), ("filter", Text)] };
}

impl Request for PauseRequest {
    const SHAPE: &'static Shape = &Shape { go_type: "JSApiConsumerPauseRequest", members: &[("pause_until", Time)] };
}

impl Request for ResetRequest {
    const SHAPE: &'static Shape = &Shape { go_type: "JSApiConsumerResetRequest", members: &[("seq", Int("uint64"))] };
}

impl Request for UnpinRequest {
    const SHAPE: &'static Shape = &Shape { go_type: "JSApiConsumerUnpinRequest", members: &[("group", Text)] };
}

impl Request for PullRequest {
    const SHAPE: &'static Shape = &Shape {
        go_type: "JSApiConsumerGetNextRequest",
        members: &[
            ("expires", DURATION),
            ("batch", Int("int")),
            ("max_bytes", Int("int")),
            ("no_wait", Bool),
            ("idle_heartbeat", DURATION),
            ("group", Text),
            ("min_pending", Int("int64")),
            ("min_ack_pending", Int("int64")),
            ("id", Text),
            ("priority", Int("int")),
        ],
    };
}

impl Request for ConnectionListRequest {
    const SHAPE: &'static Shape = &Shape {
        go_type: "ConnzEventOptions",
        members: &[
            ("sort", Text),
            ("auth", Bool),
            ("subscriptions", Bool),
            ("subscriptions_detail", Bool),
            ("offset", Int("int")),
            ("limit", Int("int")),
            ("cid", Int("uint64")),
            ("state", Int("server.ConnState")),
            ("user", Text),
            ("mqtt_client", Text),
            ("filter_subject", Text),
            ("server_name", Text),
            ("cluster", Text),
            ("host", Text),
            ("exact_match", Bool),
            ("tags", TEXTS),
            ("domain", Text),
        ],
    };
}
