// What streams and consumers can do besides: copies, transforms, schedules, counters, priority groups, advisories.
import assert from "node:assert/strict";
import { check, connect, core as nats, fails, jetstream as js, pause, take, until } from "./harness.mjs";

const SECOND = 1_000_000_000;
const texts = (messages) => messages.map((msg) => msg.string());

export async function features(nc, address) {
  const jsm = await js.jetstreamManager(nc, { timeout: 20_000 });
  const client = js.jetstream(nc, { timeout: 20_000 });
  const messages = async (stream) => (await jsm.streams.info(stream)).state.messages;

  await check("features", "mirrors and sources copy, with transforms and filters", async () => {
    await jsm.streams.add({ name: "FROM", subjects: ["from.*"] });
    for (const subject of ["from.a", "from.b", "from.a"]) await client.publish(subject, subject);
    await jsm.streams.add({ name: "MIRROR", mirror: { name: "FROM" }, allow_direct: true, mirror_direct: true });
    await jsm.streams.add({
      name: "SOURCED",
      subjects: ["own.*"],
      sources: [{ name: "FROM", subject_transforms: [{ src: "from.a", dest: "copied.a" }] }],
    });
    await until("the mirror", async () => (await messages("MIRROR")) === 3);
    await until("the sourced", async () => (await messages("SOURCED")) === 2);
    await client.publish("from.a", "later");
    await client.publish("own.x", "mine");
    await until("the sourced", async () => (await messages("SOURCED")) === 4);
    const last = await jsm.streams.getMessage("SOURCED", { last_by_subj: "copied.a" });
    assert.equal(last.string(), "later");
    assert.match(last.header.get("Nats-Stream-Source"), /^FROM 4 from\.a copied\.a from\.a \w{8}$/);
    const info = await jsm.streams.info("MIRROR");
    assert.deepEqual([info.mirror.name, info.mirror.lag, info.state.last_seq], ["FROM", 0, 4]);
    const error = await fails(jsm.streams.add({ name: "BAD", mirror: { name: "FROM" }, subjects: ["x"] }));
    assert.equal(error.code, 10034, String(error));
  });
  await check("features", "subjects are transformed, messages republished", async () => {
    await jsm.streams.add({
      name: "TURNED",
      subjects: ["turned.*.*"],
      subject_transform: { src: "turned.*.*", dest: "turned.{{wildcard(2)}}.{{wildcard(1)}}" },
      republish: { src: "turned.>", dest: "again.>" },
    });
    const sub = nc.subscribe("again.>");
    await nc.flush();
    await client.publish("turned.a.b", "x");
    const [msg] = await take(sub, 1);
    assert.deepEqual([msg.subject, msg.headers.get("Nats-Stream"), msg.headers.get("Nats-Sequence")], [
      "again.b.a",
      "TURNED",
      "1",
    ]);
    assert.equal((await jsm.streams.getMessage("TURNED", { seq: 1 })).subject, "turned.b.a");
  });
  await check("features", "discard new refuses, with the right error", async () => {
    await jsm.streams.add({
      name: "FULL",
      subjects: ["full.*"],
      discard: "new",
      max_msgs: 3,
      max_msgs_per_subject: 1,
      discard_new_per_subject: true,
    });
    for (const n of [1, 2, 3]) await client.publish(`full.${n}`, "x");
    assert.equal((await fails(client.publish("full.1", "x"))).code, 10077);
    assert.equal((await fails(client.publish("full.4", "x"))).code, 10077);
  });
  await check("features", "an interest stream keeps what somebody still wants", async () => {
    await jsm.streams.add({ name: "WANTED", subjects: ["wanted"], retention: "interest" });
    await client.publish("wanted", "nobody");
    assert.equal(await messages("WANTED"), 0);
    for (const name of ["one", "two"]) await jsm.consumers.add("WANTED", { durable_name: name, ack_policy: "explicit" });
    await client.publish("wanted", "both");
    for (const [name, left] of [["one", 1], ["two", 0]]) {
      const consumer = await client.consumers.get("WANTED", name);
      assert.ok(await (await consumer.next({ expires: 5000 })).ackAck());
      await until(`${left} left`, async () => (await messages("WANTED")) === left);
    }
  });
  await check("features", "a work queue refuses a second consumer for the same subjects", async () => {
    await jsm.streams.add({ name: "JOBS", subjects: ["jobs.*"], retention: "workqueue" });
    await jsm.consumers.add("JOBS", { durable_name: "a", ack_policy: "explicit", filter_subject: "jobs.a" });
    await jsm.consumers.add("JOBS", { durable_name: "b", ack_policy: "explicit", filter_subject: "jobs.b" });
    const twice = { durable_name: "c", ack_policy: "explicit", filter_subject: "jobs.a" };
    assert.equal((await fails(jsm.consumers.add("JOBS", twice))).code, 10100);
    const none = { durable_name: "d", ack_policy: "none", filter_subject: "jobs.d" };
    assert.equal((await fails(jsm.consumers.add("JOBS", none))).code, 10084);
  });
  await check("features", "a scheduled message is published when its time has come", async () => {
    await jsm.streams.add({ name: "LATER", subjects: ["later.>"], allow_msg_schedules: true, allow_msg_ttl: true });
    const at = new Date(Date.now() + 1500);
    await client.publish("later.plan", "now", { schedule: { specification: at, target: "later.done" } });
    assert.equal(await jsm.streams.getMessage("LATER", { last_by_subj: "later.done" }), null);
    const done = await until("it comes", () => jsm.streams.getMessage("LATER", { last_by_subj: "later.done" }), 8000);
    assert.deepEqual([done.string(), done.header.get("Nats-Scheduler")], ["now", "later.plan"]);
    await until("the plan is gone", async () => (await messages("LATER")) === 1);
  });
  await check("features", "counters add up", async () => {
    await jsm.streams.add({ name: "COUNTS", subjects: ["counts.*"], allow_msg_counter: true, allow_direct: true });
    const add = (by) => {
      const headers = nats.headers();
      headers.set("Nats-Incr", by);
      return nc.request("counts.a", "", { headers, timeout: 5000 });
    };
    assert.equal((await add("+5")).json().val, "5");
    assert.equal((await add("-7")).json().val, "-2");
    const stored = await jsm.direct.getMessage("COUNTS", { last_by_subj: "counts.a" });
    assert.deepEqual(stored.json(), { val: "-2" });
  });
  await check("features", "priority groups: overflow waits, a pinned client has all, unpinning moves it on", async () => {
    await jsm.streams.add({ name: "PRIO", subjects: ["prio"] });
    for (let n = 0; n < 10; n += 1) await client.publish("prio", String(n));
    const config = { ack_policy: "explicit", priority_groups: ["g"] };
    await jsm.consumers.add("PRIO", { ...config, durable_name: "over", priority_policy: "overflow" });
    const over = await client.consumers.get("PRIO", "over");
    const spare = async (min_pending) => {
      const got = [];
      const options = { max_messages: 3, expires: 1000, group: "g", min_pending };
      for await (const msg of await over.fetch(options)) got.push(msg.string());
      return got;
    };
    assert.deepEqual(await spare(100), []);
    assert.deepEqual(await spare(5), ["0", "1", "2"]);
    await jsm.consumers.add("PRIO", {
      ...config,
      durable_name: "pin",
      priority_policy: "pinned_client",
      priority_timeout: 60 * SECOND,
    });
    const got = [[], []];
    const running = [];
    for (const list of got) {
      const callback = (msg) => (list.push(msg.string()), msg.ack());
      const consumer = await client.consumers.get("PRIO", "pin");
      running.push(await consumer.consume({ max_messages: 5, expires: 3000, group: "g", callback }));
      await pause(200);
    }
    await until("the first has all", () => got[0].length === 10);
    assert.deepEqual(got[1], []);
    const info = await jsm.consumers.info("PRIO", "pin");
    assert.ok(info.priority_groups[0].pinned_client_id);
    for (const consumed of running) await consumed.close();
    await jsm.consumers.unpin("PRIO", "pin", "g");
    assert.ok(!(await jsm.consumers.info("PRIO", "pin")).priority_groups[0].pinned_client_id);
  });
  await check("features", "a consumer is reset to an earlier message", async () => {
    await jsm.consumers.add("PRIO", { durable_name: "reset", ack_policy: "explicit" });
    const consumer = await client.consumers.get("PRIO", "reset");
    for (const msg of await take(await consumer.fetch({ max_messages: 6, expires: 5000 }), 6)) await msg.ackAck();
    await jsm.consumers.reset("PRIO", "reset", 3);
    const again = await take(await consumer.fetch({ max_messages: 2, expires: 5000 }), 2);
    assert.deepEqual(texts(again), ["2", "3"]);
  });
  await check("features", "advisories tell of streams, consumers and given up messages", async () => {
    const told = [];
    (async () => {
      for await (const advisory of jsm.advisories()) told.push(advisory.kind);
    })();
    await nc.flush();
    await jsm.streams.add({ name: "TOLD", subjects: ["told"] });
    const config = { durable_name: "w", ack_policy: "explicit", ack_wait: 0.3 * SECOND, max_deliver: 1 };
    await jsm.consumers.add("TOLD", config);
    await client.publish("told", "x");
    const consumer = await client.consumers.get("TOLD", "w");
    await consumer.next({ expires: 5000 });
    // Only a consumer that is asked again notices that it has given up.
    await consumer.next({ expires: 1500 });
    await client.publish("told", "y");
    (await consumer.next({ expires: 5000 })).term("no");
    const wanted = ["stream_action", "consumer_action", "max_deliver", "terminated", "api_audit"];
    await until("all kinds", () => wanted.every((kind) => told.includes(kind))).catch((error) => {
      throw new Error(`${error.message}: ${[...new Set(told)]}`);
    });
  });
  await check("features", "an ephemeral consumer goes when nobody asks", async () => {
    const { name } = await jsm.consumers.add("PRIO", { ack_policy: "explicit", inactive_threshold: SECOND });
    assert.equal((await jsm.consumers.info("PRIO", name)).name, name);
    await until("it is gone", () => jsm.consumers.info("PRIO", name).then(() => false, () => true), 8000);
  });
  await check("features", "no echo, and a server that says who is connected", async () => {
    const other = await connect(address, { noEcho: true, name: "deaf to itself" });
    const got = [];
    other.subscribe("echo", { callback: (_, msg) => got.push(msg.string()) });
    await other.flush();
    other.publish("echo", "own");
    await other.flush();
    nc.publish("echo", "other");
    await until("the other's", () => got.length > 0);
    assert.deepEqual(got, ["other"]);
    const { data } = await nc.request("$SYS.REQ.USER.INFO", "", { timeout: 5000 }).then((msg) => msg.json());
    assert.equal(data.account, "$G");
    await other.close();
  });
}
