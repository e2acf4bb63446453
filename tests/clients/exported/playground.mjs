// 23 streams, 53 consumers, 4 key-value buckets, 3 object stores, as made in JetStream Lab. Messages stay where they are.
// JavaScript, a module for Node. Running it again changes nothing.
//   npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv @nats-io/obj
import { connect, nanos } from "@nats-io/transport-node";
import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";

const nc = await connect({ servers: process.argv[2] ?? "127.0.0.1:4222" });
const js = jetstream(nc);
const jsm = await js.jetstreamManager();
const kvm = new Kvm(js);
const objm = new Objm(js);

await kvm.create("bucket-18", {
  history: 8,
});
await jsm.streams.update("KV_bucket-18", { deny_delete: true });

await kvm.create("bucket-30", {
  compression: true,
  metadata: { ["owner"]: "shop", ["team"]: "#{x} %s {}" },
});
await jsm.streams.update("KV_bucket-30", { deny_delete: true });
await jsm.consumers.add("KV_bucket-30", {
  durable_name: "c0",
  deliver_subject: "out30.c0",
  deliver_policy: "all",
  ack_policy: "explicit",
  max_deliver: 4,
  inactive_threshold: nanos(31622400000),
  headers_only: true,
});
await jsm.consumers.add("KV_bucket-30", {
  durable_name: "c1",
  deliver_policy: "all",
  ack_policy: "none",
});

await kvm.create("bucket-34", {
  history: 4,
  maxValueSize: 512,
  max_bytes: 1048576,
  storage: "memory",
});
await jsm.streams.update("KV_bucket-34", { deny_delete: true });
await jsm.consumers.add("KV_bucket-34", {
  durable_name: "c0",
  description: "$HOME `ls` \\ end\\",
  deliver_subject: "out34.c0",
  deliver_group: "workers",
  deliver_policy: "all",
  ack_policy: "none",
  pause_until: "2027-01-01T00:00:00.25Z",
});
await jsm.consumers.add("KV_bucket-34", {
  durable_name: "c1",
  description: "*/ // # <!-- ${x} {{Count}}",
  deliver_policy: "all",
  ack_policy: "explicit",
  max_ack_pending: -1,
  max_expires: nanos(30000),
  filter_subject: "s34.>",
});
await jsm.consumers.add("KV_bucket-34", {
  durable_name: "c2",
  deliver_policy: "all",
  ack_policy: "explicit",
  backoff: [nanos(4000), 5666666665, 7333333330],
  max_waiting: 7,
  replay_policy: "original",
  sample_freq: "50",
});

await kvm.create("bucket-8", {
  history: 8,
  ttl: 28771200000,
  max_bytes: 1048576,
  compression: true,
});
await jsm.streams.update("KV_bucket-8", { deny_delete: true });
await jsm.consumers.add("KV_bucket-8", {
  durable_name: "c0",
  deliver_subject: "out8.c0",
  deliver_group: "workers",
  deliver_policy: "all",
  ack_policy: "explicit",
  filter_subject: "s8.>",
  sample_freq: "50",
  rate_limit_bps: 100000,
  metadata: { ["k=v"]: "$HOME `ls` \\ end\\", ["owner"]: "shop" },
});
await jsm.consumers.add("KV_bucket-8", {
  durable_name: "c1",
  deliver_policy: "all",
  ack_policy: "explicit",
  max_deliver: 7,
  backoff: [nanos(3000), 4999999998],
  max_batch: 20,
  max_bytes: 4096,
});

await objm.create("files-12", {
  ttl: nanos(10886400000),
  storage: "memory",
  metadata: { ["k=v"]: "#{x} %s {}", ["owner"]: "shop" },
});
await jsm.consumers.add("OBJ_files-12", {
  durable_name: "c0",
  deliver_subject: "out12.c0",
  deliver_policy: "all",
  ack_policy: "none",
  filter_subject: "s12.>",
  replay_policy: "original",
  flow_control: true,
  idle_heartbeat: nanos(5000),
});
await jsm.consumers.add("OBJ_files-12", {
  durable_name: "c1",
  deliver_subject: "out12.c1",
  deliver_policy: "last",
  ack_policy: "explicit",
  ack_wait: nanos(345600000),
});

await objm.create("files-13", {
  max_bytes: 5000000,
});
await jsm.consumers.add("OBJ_files-13", {
  durable_name: "c0",
  deliver_policy: "last_per_subject",
  ack_policy: "explicit",
  ack_wait: nanos(21945600000),
  max_ack_pending: 5,
  max_waiting: 7,
  filter_subject: "s13.>",
});
await jsm.consumers.add("OBJ_files-13", {
  durable_name: "c1",
  deliver_subject: "out13.c1",
  deliver_policy: "all",
  ack_policy: "explicit",
  backoff: [nanos(7000), 8999999998, 10999999996],
  filter_subject: "s13.>",
  headers_only: true,
});
await jsm.consumers.add("OBJ_files-13", {
  durable_name: "c2",
  deliver_policy: "all",
  ack_policy: "explicit",
  max_deliver: 9,
  max_ack_pending: 1,
  max_batch: 20,
  sample_freq: "100%",
});

await objm.create("files-15", {
  metadata: { ["owner"]: "shop", ["team"]: "'" },
});
await jsm.consumers.add("OBJ_files-15", {
  durable_name: "c0",
  deliver_subject: "out15.c0",
  deliver_group: "workers",
  deliver_policy: "all",
  ack_policy: "explicit",
  max_ack_pending: 50000,
  filter_subjects: ["s15.a", "s15.b.*"],
  replay_policy: "original",
});
await jsm.consumers.add("OBJ_files-15", {
  durable_name: "c1",
  description: "*/ // # <!-- ${x} {{Count}}",
  deliver_policy: "all",
  ack_policy: "none",
  max_waiting: 7,
  replay_policy: "original",
  mem_storage: true,
});

await jsm.streams.add({
  name: "S0",
  subjects: ["s0.>"],
  discard: "new",
  duplicate_window: 61217304216,
  subject_transform: {
    src: "s0.*.x",
    dest: "s0.y.{{wildcard(1)}}",
  },
  allow_direct: true,
  deny_delete: true,
  allow_rollup_hdrs: true,
  allow_atomic: true,
});
await jsm.consumers.add("S0", {
  durable_name: "c0",
  deliver_policy: "last",
  ack_policy: "all",
  ack_wait: nanos(202000),
  max_bytes: 4096,
  filter_subject: "s0.>",
  replay_policy: "original",
});
await jsm.consumers.add("S0", {
  durable_name: "c1",
  deliver_policy: "last",
  ack_policy: "explicit",
  ack_wait: nanos(280800000),
  inactive_threshold: nanos(226800000),
});
await jsm.consumers.add("S0", {
  durable_name: "c2",
  description: "-f",
  deliver_policy: "all",
  ack_policy: "explicit",
  filter_subject: "s0.>",
  num_replicas: 1,
  mem_storage: true,
  pause_until: "2027-01-01T00:00:00.25Z",
  priority_policy: "pinned_client",
  priority_groups: ["jobs"],
  priority_timeout: nanos(120000),
});

await jsm.streams.add({
  name: "S1",
  subjects: ["s1.>"],
  retention: "interest",
  max_msgs_per_subject: 5,
  duplicate_window: 13826738017,
  deny_delete: true,
  allow_rollup_hdrs: true,
  consumer_limits: {
    inactive_threshold: nanos(60000),
    max_ack_pending: 50,
  },
  allow_msg_ttl: true,
  subject_delete_marker_ttl: nanos(1000),
  allow_atomic: true,
  allow_batched: true,
});
await jsm.consumers.add("S1", {
  durable_name: "c0",
  deliver_subject: "out1.c0",
  deliver_policy: "all",
  ack_policy: "explicit",
  ack_wait: 495452823654,
  max_ack_pending: 50,
  inactive_threshold: nanos(60000),
  filter_subjects: ["s1.a", "s1.b.*"],
});
await jsm.consumers.add("S1", {
  durable_name: "c1",
  deliver_subject: "out1.c1",
  deliver_policy: "all",
  ack_policy: "explicit",
  backoff: [nanos(1000), nanos(5000), nanos(6000)],
  max_ack_pending: -1,
  inactive_threshold: nanos(60000),
  filter_subject: "s1.>",
});
await jsm.consumers.add("S1", {
  durable_name: "c2",
  deliver_policy: "all",
  ack_policy: "all",
  ack_wait: nanos(247000),
  max_ack_pending: 50,
  max_expires: nanos(30000),
  inactive_threshold: nanos(60000),
  replay_policy: "original",
});

await jsm.streams.add({
  name: "S11",
  subjects: ["s11.>"],
  retention: "interest",
  max_msgs_per_subject: 1,
  duplicate_window: 58264035539,
  compression: "s2",
  first_seq: 100,
});

await jsm.streams.add({
  name: "S14",
  description: "it's \"quoted\"",
  subjects: ["s14.>"],
  compression: "s2",
  allow_direct: true,
  allow_msg_ttl: true,
});
await jsm.consumers.add("S14", {
  durable_name: "c0",
  deliver_policy: "all",
  ack_policy: "explicit",
  max_waiting: 7,
  filter_subject: "s14.>",
  headers_only: true,
});
await jsm.consumers.add("S14", {
  durable_name: "c1",
  description: "-f",
  deliver_subject: "out14.c1",
  deliver_group: "workers",
  deliver_policy: "by_start_time",
  opt_start_time: "2026-11-20T10:00:00.123456789Z",
  ack_policy: "explicit",
  backoff: [nanos(1000), nanos(5000), nanos(6000)],
  filter_subjects: ["s14.a", "s14.b.*"],
  mem_storage: true,
});

await jsm.streams.add({
  name: "S16",
  description: "#{x} %s {}",
  subjects: ["s16.*", "t16.>"],
  max_msgs: 10,
  compression: "s2",
  allow_rollup_hdrs: true,
  allow_msg_ttl: true,
  subject_delete_marker_ttl: nanos(1000),
});
await jsm.consumers.add("S16", {
  durable_name: "c0",
  deliver_policy: "new",
  ack_policy: "all",
  backoff: [nanos(1000), nanos(5000), nanos(6000)],
  max_batch: 20,
  max_expires: nanos(30000),
  max_bytes: 4096,
  filter_subjects: ["s16.a", "s16.b.*"],
});
await jsm.consumers.add("S16", {
  durable_name: "c1",
  deliver_subject: "out16.c1",
  deliver_policy: "by_start_time",
  opt_start_time: "2026-11-20T10:00:00.123456789Z",
  ack_policy: "explicit",
  ack_wait: nanos(126000),
  max_deliver: 4,
  max_ack_pending: 50000,
});
await jsm.consumers.add("S16", {
  durable_name: "c2",
  deliver_policy: "all",
  ack_policy: "none",
  max_waiting: 7,
  mem_storage: true,
});

await jsm.streams.add({
  name: "S19",
  subjects: ["s19.>"],
  max_bytes: 1000001,
  max_age: nanos(20131200000),
  max_msgs_per_subject: 1,
  max_msg_size: 1024,
  discard: "new",
  storage: "memory",
  first_seq: 100,
  metadata: { ["a b"]: "two\nlines\tand a tab", ["owner"]: "shop" },
});
await jsm.consumers.add("S19", {
  durable_name: "c0",
  deliver_policy: "last",
  ack_policy: "explicit",
  max_deliver: 7,
  backoff: [nanos(9000), nanos(9000), nanos(9000), nanos(9000)],
  max_batch: 20,
  max_bytes: 4096,
  filter_subject: "s19.>",
  num_replicas: 1,
});

await jsm.streams.add({
  name: "S2",
  subjects: ["s2.>"],
  max_msgs_per_subject: 1,
  discard: "new",
  discard_new_per_subject: true,
  subject_transform: {
    src: "s2.*.x",
    dest: "s2.y.{{wildcard(1)}}",
  },
  allow_direct: true,
  allow_atomic: true,
});
await jsm.consumers.add("S2", {
  durable_name: "c0",
  deliver_policy: "all",
  ack_policy: "none",
  inactive_threshold: nanos(316800000),
  filter_subject: "s2.>",
  replay_policy: "original",
});
await jsm.consumers.add("S2", {
  durable_name: "c1",
  deliver_subject: "out2.c1",
  deliver_group: "workers",
  deliver_policy: "last_per_subject",
  ack_policy: "none",
  filter_subject: "s2.>",
  headers_only: true,
  num_replicas: 1,
});

await jsm.streams.add({
  name: "S10",
  max_msg_size: 999,
  discard: "new",
  storage: "memory",
  mirror: {
    name: "S2",
  },
  mirror_direct: true,
});
await jsm.consumers.add("S10", {
  durable_name: "c0",
  deliver_subject: "out10.c0",
  deliver_policy: "all",
  ack_policy: "explicit",
  max_deliver: 9,
  rate_limit_bps: 100000,
  idle_heartbeat: nanos(5000),
});
await jsm.consumers.add("S10", {
  durable_name: "c1",
  deliver_policy: "last_per_subject",
  ack_policy: "explicit",
  inactive_threshold: nanos(26179200000),
  filter_subject: "s10.>",
  num_replicas: 1,
});

await jsm.streams.add({
  name: "S20",
  subjects: ["s20.>"],
  max_msgs: 12345678,
  duplicate_window: nanos(0),
  sources: [
    {
      name: "S1",
      external: {
        api: "$JS.hub.API",
      },
    },
  ],
  deny_delete: true,
  allow_msg_counter: true,
});
await jsm.consumers.add("S20", {
  durable_name: "c0",
  deliver_policy: "all",
  ack_policy: "explicit",
  ack_wait: nanos(9849600000),
  max_ack_pending: 1,
  replay_policy: "original",
  num_replicas: 1,
  metadata: { ["owner"]: "shop", ["team"]: "-f" },
});

await jsm.streams.add({
  name: "S21",
  subjects: ["s21.>"],
  retention: "workqueue",
  max_msgs: 12345678,
  max_msgs_per_subject: 1,
  discard: "new",
  duplicate_window: nanos(0),
  sources: [
    {
      name: "S11",
      external: {
        api: "$JS.hub.API",
      },
    },
  ],
  republish: {
    src: "s21.>",
    dest: "copy21.>",
    headers_only: true,
  },
  allow_atomic: true,
});

await jsm.streams.add({
  name: "S23",
  subjects: ["s23.*", "t23.>"],
  max_bytes: 1000001,
  max_age: nanos(15465600000),
  duplicate_window: 70355405824,
  allow_direct: true,
  deny_purge: true,
  consumer_limits: {
    inactive_threshold: nanos(60000),
    max_ack_pending: 50,
  },
});
await jsm.consumers.add("S23", {
  durable_name: "c0",
  deliver_policy: "all",
  ack_policy: "explicit",
  max_ack_pending: 50,
  inactive_threshold: nanos(60000),
  filter_subjects: ["s23.a", "s23.b.*"],
});
await jsm.consumers.add("S23", {
  durable_name: "c2",
  description: "über 🎈 ☃",
  deliver_policy: "all",
  ack_policy: "all",
  max_ack_pending: 50,
  max_bytes: 4096,
  inactive_threshold: nanos(60000),
  filter_subject: "s23.>",
  headers_only: true,
  metadata: { ["a b"]: "'", ["owner"]: "shop" },
});

await jsm.streams.add({
  name: "S24",
  discard: "new",
  mirror: {
    name: "S0",
    subject_transforms: [
      {
        src: "q.>",
        dest: "s24.>",
      },
    ],
  },
  allow_direct: true,
  mirror_direct: true,
  deny_purge: true,
  allow_msg_ttl: true,
});
await jsm.consumers.add("S24", {
  durable_name: "c0",
  description: "'",
  deliver_subject: "out24.c0",
  deliver_policy: "all",
  ack_policy: "explicit",
  ack_wait: nanos(41000),
  filter_subjects: ["s24.a", "s24.b.*"],
  replay_policy: "original",
  sample_freq: "100%",
  idle_heartbeat: nanos(5000),
});

await jsm.streams.add({
  name: "S25",
  subjects: ["s25.>"],
  max_consumers: 9,
  discard: "new",
  compression: "s2",
  allow_direct: true,
  allow_rollup_hdrs: true,
  consumer_limits: {
    inactive_threshold: nanos(60000),
    max_ack_pending: 50,
  },
  allow_atomic: true,
});
await jsm.consumers.add("S25", {
  durable_name: "c0",
  deliver_subject: "out25.c0",
  deliver_group: "workers",
  deliver_policy: "all",
  ack_policy: "explicit",
  max_deliver: 7,
  backoff: [nanos(5000), 6333333332, 7666666664, 8999999996],
  max_ack_pending: 1,
  inactive_threshold: nanos(60000),
});
await jsm.consumers.add("S25", {
  durable_name: "c1",
  deliver_policy: "all",
  ack_policy: "none",
  max_ack_pending: 50,
  max_waiting: 7,
  inactive_threshold: nanos(60000),
  replay_policy: "original",
});
await jsm.consumers.add("S25", {
  durable_name: "c2",
  description: "@file",
  deliver_subject: "out25.c2",
  deliver_policy: "all",
  ack_policy: "all",
  ack_wait: 73520885982,
  max_ack_pending: 1,
  inactive_threshold: nanos(60000),
  filter_subject: "s25.>",
  sample_freq: "100%",
  num_replicas: 1,
});

await jsm.streams.add({
  name: "S26",
  description: "plain words",
  subjects: ["s26.>"],
  max_msgs_per_subject: 1,
  discard: "new",
  discard_new_per_subject: true,
  subject_transform: {
    src: "s26.*.x",
    dest: "s26.y.{{wildcard(1)}}",
  },
});
await jsm.consumers.add("S26", {
  durable_name: "c0",
  deliver_policy: "all",
  ack_policy: "explicit",
  max_bytes: 4096,
  filter_subject: "s26.>",
});
await jsm.consumers.add("S26", {
  durable_name: "c1",
  deliver_subject: "out26.c1",
  deliver_group: "workers",
  deliver_policy: "by_start_sequence",
  opt_start_seq: 4,
  ack_policy: "all",
  backoff: [nanos(1000), nanos(5000), nanos(6000)],
  sample_freq: "100%",
});

await jsm.streams.add({
  name: "S27",
  subjects: ["s27.a,b"],
  discard: "new",
  deny_delete: true,
  consumer_limits: {
    inactive_threshold: nanos(3600000),
  },
  allow_msg_ttl: true,
});
await jsm.consumers.add("S27", {
  durable_name: "c0",
  deliver_subject: "out27.c0",
  deliver_policy: "all",
  ack_policy: "all",
  inactive_threshold: nanos(3600000),
  filter_subjects: ["s27.a", "s27.b.*"],
});

await jsm.streams.add({
  name: "S29",
  subjects: ["s29.>"],
  retention: "workqueue",
  max_msgs: 12345678,
  max_bytes: 1048576,
  max_age: nanos(118800000),
  max_msgs_per_subject: 1,
  discard: "new",
  storage: "memory",
  no_ack: true,
  deny_purge: true,
});

await jsm.streams.add({
  name: "S3",
  subjects: ["s3.>"],
  max_msgs: 10,
  max_msg_size: 1024,
  storage: "memory",
  deny_delete: true,
  allow_rollup_hdrs: true,
  allow_msg_schedules: true,
  metadata: { ["a b"]: "plain words", ["owner"]: "shop" },
});
await jsm.consumers.add("S3", {
  durable_name: "c0",
  deliver_policy: "last",
  ack_policy: "explicit",
  max_deliver: 9,
  max_waiting: 7,
  max_expires: nanos(1500),
  max_bytes: 4096,
  replay_policy: "original",
  num_replicas: 1,
});
await jsm.consumers.add("S3", {
  durable_name: "c1",
  deliver_subject: "out3.c1",
  deliver_group: "workers",
  deliver_policy: "all",
  ack_policy: "all",
  backoff: [nanos(9000), 11333333331],
  filter_subject: "s3.>",
});

// left out: stream S32: sealed
await jsm.streams.add({
  name: "S32",
  subjects: ["s32.>"],
  discard: "new",
  storage: "memory",
  allow_direct: true,
  deny_delete: true,
  deny_purge: true,
  consumer_limits: {
    inactive_threshold: nanos(60000),
    max_ack_pending: 50,
  },
});
await jsm.consumers.add("S32", {
  durable_name: "c0",
  description: "-f",
  deliver_policy: "all",
  ack_policy: "explicit",
  ack_wait: 29517333296,
  max_ack_pending: 50,
  max_batch: 20,
  inactive_threshold: nanos(60000),
  filter_subject: "s32.>",
  replay_policy: "original",
  headers_only: true,
  mem_storage: true,
});
await jsm.consumers.add("S32", {
  durable_name: "c1",
  deliver_policy: "last_per_subject",
  ack_policy: "explicit",
  max_ack_pending: 50,
  max_waiting: 7,
  inactive_threshold: nanos(60000),
  filter_subject: "s32.>",
  metadata: { ["a b"]: "#{x} %s {}", ["owner"]: "shop" },
});
await jsm.consumers.add("S32", {
  durable_name: "c2",
  deliver_policy: "last",
  ack_policy: "explicit",
  ack_wait: nanos(86400000),
  max_deliver: 4,
  max_ack_pending: 50,
  max_batch: 20,
  max_expires: nanos(1500),
  max_bytes: 4096,
  inactive_threshold: nanos(60000),
  filter_subjects: ["s32.a", "s32.b.*"],
  num_replicas: 1,
});

await jsm.streams.add({
  name: "S35",
  subjects: ["s35.>"],
  max_msg_size: 1024,
  storage: "memory",
  duplicate_window: nanos(0),
  sources: [
    {
      name: "S34",
      subject_transforms: [
        {
          src: "q.>",
          dest: "s35.>",
        },
      ],
    },
  ],
  deny_delete: true,
  allow_batched: true,
});

await jsm.streams.add({
  name: "S4",
  subjects: ["s4.>"],
  max_consumers: 9,
  max_age: nanos(223200000),
  discard: "new",
  storage: "memory",
  compression: "s2",
  first_seq: 100,
  allow_rollup_hdrs: true,
  allow_msg_ttl: true,
  metadata: { ["__proto__"]: "über 🎈 ☃", ["owner"]: "shop" },
});
await jsm.consumers.add("S4", {
  durable_name: "c0",
  deliver_policy: "all",
  ack_policy: "all",
  max_waiting: 7,
  max_expires: nanos(30000),
});

await jsm.streams.add({
  name: "S6",
  subjects: ["s6.>"],
  max_age: nanos(22377600000),
  max_msgs_per_subject: 1,
  no_ack: true,
  duplicate_window: 7379149126,
  sources: [
    {
      name: "S0",
      opt_start_seq: 7,
      filter_subject: "x.>",
    },
  ],
  compression: "s2",
  allow_rollup_hdrs: true,
  allow_atomic: true,
});
await jsm.consumers.add("S6", {
  durable_name: "c0",
  deliver_policy: "all",
  ack_policy: "explicit",
  max_ack_pending: -1,
  max_waiting: 7,
  max_expires: nanos(1500),
});
await jsm.consumers.add("S6", {
  durable_name: "c1",
  deliver_subject: "out6.c1",
  deliver_group: "workers",
  deliver_policy: "all",
  ack_policy: "all",
  max_ack_pending: 50000,
});

await jsm.streams.add({
  name: "S7",
  subjects: ["s7.a,b"],
  duplicate_window: 56126004316,
  subject_transform: {
    src: "s7.*.x",
    dest: "s7.y.{{wildcard(1)}}",
  },
  deny_delete: true,
  allow_rollup_hdrs: true,
  allow_msg_ttl: true,
  subject_delete_marker_ttl: nanos(90000),
  metadata: { ["a b"]: "@file", ["owner"]: "shop" },
});
await jsm.consumers.add("S7", {
  durable_name: "c0",
  description: "two\nlines\tand a tab",
  deliver_policy: "new",
  ack_policy: "none",
  max_bytes: 4096,
  sample_freq: "50",
});
await jsm.consumers.add("S7", {
  durable_name: "c1",
  deliver_policy: "last",
  ack_policy: "none",
  max_waiting: 7,
  num_replicas: 1,
});

await jsm.streams.add({
  name: "S9",
  max_bytes: 1048576,
  discard: "new",
  mirror: {
    name: "S3",
    external: {
      api: "$JS.hub.API",
    },
  },
  mirror_direct: true,
});
await jsm.consumers.add("S9", {
  durable_name: "c0",
  deliver_policy: "last",
  ack_policy: "explicit",
  mem_storage: true,
  priority_policy: "overflow",
  priority_groups: ["jobs"],
});
await jsm.consumers.add("S9", {
  durable_name: "c1",
  deliver_policy: "last_per_subject",
  ack_policy: "all",
  max_batch: 20,
  max_bytes: 4096,
  filter_subject: "s9.>",
  replay_policy: "original",
  sample_freq: "50",
  metadata: { ["__proto__"]: "über 🎈 ☃", ["owner"]: "shop" },
});
await jsm.consumers.add("S9", {
  durable_name: "c2",
  deliver_policy: "all",
  ack_policy: "all",
  max_deliver: 4,
  inactive_threshold: nanos(68400000),
  pause_until: "2027-01-01T00:00:00.25Z",
});

await nc.close();
