// Consumers: their management, every way to consume, and every kind of acknowledgement. Row D-301 of the checklist.
import assert from "node:assert/strict";
import { check, fails, jetstream as js, pause, take, until } from "./harness.mjs";

const SECOND = 1_000_000_000;
const texts = (messages) => messages.map((msg) => msg.string());
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => String(from + n));

export async function consumers(nc) {
  const jsm = await js.jetstreamManager(nc, { timeout: 20_000 });
  const client = js.jetstream(nc, { timeout: 20_000 });
  await jsm.streams.add({ name: "C", subjects: ["c.*"] });
  for (let n = 1; n <= 200; n += 1) await client.publish(`c.${n % 2 ? "odd" : "even"}`, String(n));

  const durable = async (name, config = {}) => {
    await jsm.consumers.add("C", { durable_name: name, ack_policy: "explicit", ...config });
    return client.consumers.get("C", name);
  };
  const work = async (stream, config = {}) => {
    await jsm.streams.add({ name: stream, subjects: [`${stream}.>`] });
    await jsm.consumers.add(stream, { durable_name: "w", ack_policy: "explicit", ...config });
    return client.consumers.get(stream, "w");
  };

  await check("consumers", "add, info, update, list, pause, resume, delete", async () => {
    const added = await jsm.consumers.add("C", { durable_name: "managed", ack_policy: "explicit", max_ack_pending: 7 });
    assert.equal(added.num_pending, 200);
    assert.equal(added.config.max_ack_pending, 7);
    const updated = await jsm.consumers.update("C", "managed", { max_ack_pending: 9, description: "more" });
    assert.equal(updated.config.max_ack_pending, 9);
    const names = (await jsm.consumers.list("C").next()).map((info) => info.name);
    assert.deepEqual(names, ["managed"]);
    const paused = await jsm.consumers.pause("C", "managed", new Date(Date.now() + 60_000));
    assert.equal(paused.paused, true);
    assert.equal((await jsm.consumers.info("C", "managed")).paused, true);
    assert.equal((await jsm.consumers.resume("C", "managed")).paused, false);
    assert.equal(await jsm.consumers.delete("C", "managed"), true);
    const error = await fails(jsm.consumers.info("C", "managed"));
    assert.equal(error.code, 10014, String(error));
  });
  await check("consumers", "next: a message with what the server knows of it, or nothing", async () => {
    const consumer = await durable("next", { filter_subject: "c.even" });
    const msg = await consumer.next({ expires: 5000 });
    assert.deepEqual([msg.string(), msg.subject, msg.seq, msg.redelivered], ["2", "c.even", 2, false]);
    const { stream, consumer: name, streamSequence, deliverySequence, deliveryCount, pending } = msg.info;
    const told = [stream, name, streamSequence, deliverySequence, deliveryCount, pending];
    assert.deepEqual(told, ["C", "next", 2, 1, 1, 99]);
    assert.ok(Math.abs(msg.time.getTime() - Date.now()) < 60_000);
    msg.ack();
    await jsm.consumers.add("C", { durable_name: "none", ack_policy: "explicit", filter_subject: "c.none" });
    const none = await client.consumers.get("C", "none");
    assert.equal(await none.next({ expires: 1000 }), null);
  });
  await check("consumers", "fetch: by number, by bytes, and what there is when time is over", async () => {
    const consumer = await durable("fetch", { deliver_policy: "by_start_sequence", opt_start_seq: 101 });
    const acked = async (messages) => {
      const got = [];
      for await (const msg of messages) (got.push(msg.string()), msg.ack());
      return got;
    };
    assert.deepEqual(await acked(await consumer.fetch({ max_messages: 40, expires: 10_000 })), numbers(101, 140));
    assert.deepEqual(await acked(await consumer.fetch({ max_messages: 50, expires: 10_000 })), numbers(141, 190));
    assert.deepEqual(await acked(await consumer.fetch({ max_messages: 50, expires: 1000 })), numbers(191, 200));
    assert.deepEqual(await acked(await consumer.fetch({ max_messages: 5, expires: 1000 })), []);
    const bytes = await durable("bytes");
    const few = [];
    const full = await fails((async () => {
      for await (const msg of await bytes.fetch({ max_bytes: 400, expires: 1000 })) few.push(msg.string());
    })());
    assert.deepEqual([full.code, few], [409, numbers(1, few.length)], String(full));
    assert.ok(few.length > 1 && few.length < 20, String(few.length));
    const info = await until("all acknowledged", async () => {
      const now = await jsm.consumers.info("C", "fetch");
      return now.num_ack_pending === 0 && now;
    });
    assert.deepEqual([info.num_pending, info.ack_floor.stream_seq, info.ack_floor.consumer_seq], [0, 200, 100]);
  });
  await check("consumers", "consume: everything there is and everything that comes", async () => {
    const consumer = await durable("consume");
    const messages = await consumer.consume({ max_messages: 30, expires: 5000 });
    const got = [];
    const walk = (async () => {
      for await (const msg of messages) {
        got.push(msg.string());
        msg.ack();
        if (got.length === 205) return;
      }
    })();
    await until("the backlog", () => got.length === 200);
    for (let n = 201; n <= 205; n += 1) await client.publish("c.odd", String(n));
    await walk;
    assert.deepEqual(got, numbers(1, 205));
    await messages.close();
    for (let n = 201; n <= 205; n += 1) await jsm.streams.deleteMessage("C", n);
  });
  await check("consumers", "consume with a callback, by bytes, two at once share the work", async () => {
    await durable("shared");
    const got = [[], []];
    const running = await Promise.all(got.map(async (list) => {
      const consumer = await client.consumers.get("C", "shared");
      return consumer.consume({
        max_bytes: 4096,
        expires: 5000,
        callback: (msg) => (list.push(msg.string()), msg.ack()),
      });
    }));
    await until("all of them", () => got.flat().length >= 200);
    assert.deepEqual(got.flat().sort(), numbers(1, 200).sort());
    for (const messages of running) await messages.close();
  });
  await check("consumers", "consume goes on over many expired pulls and hears heartbeats", async () => {
    const consumer = await work("IDLE");
    const messages = await consumer.consume({ expires: 1000, idle_heartbeat: 500 });
    const coming = take(messages, 1);
    const missed = [];
    (async () => {
      for await (const status of messages.status()) if (status.type === "heartbeats_missed") missed.push(status);
    })();
    await pause(3500);
    await client.publish("IDLE.a", "late");
    assert.deepEqual(texts(await coming), ["late"]);
    assert.deepEqual(missed, []);
    await messages.close();
  });
  await check("consumers", "consume is told when its consumer is deleted", async () => {
    const consumer = await durable("doomed");
    const got = [];
    const messages = await consumer.consume({ max_messages: 10, expires: 5000, callback: (msg) => got.push(msg) });
    const told = (async () => {
      for await (const status of messages.status()) if (status.type === "consumer_deleted") return status;
    })();
    await until("all of them", () => got.length === 200);
    await jsm.consumers.delete("C", "doomed");
    assert.equal((await told)?.type, "consumer_deleted");
    await messages.close();
  });
  await check("consumers", "ordered: in order, from anywhere, again after the consumer is lost", async () => {
    const consumer = await client.consumers.get("C", { filter_subjects: ["c.even"] });
    const even = numbers(1, 200).filter((n) => n % 2 === 0);
    assert.deepEqual(texts(await take(await consumer.fetch({ max_messages: 10, expires: 5000 }), 10)), even.slice(0, 10));
    const late = await client.consumers.get("C", { opt_start_seq: 190, deliver_policy: "by_start_sequence" });
    const messages = await late.consume({ max_messages: 4, expires: 2000, idle_heartbeat: 500 });
    const got = [];
    const walk = (async () => {
      for await (const msg of messages) {
        got.push(msg.seq);
        if (got.length === 5) await jsm.consumers.delete("C", (await late.info(true)).name);
        if (got.length === 11) return;
      }
    })();
    await walk;
    assert.deepEqual(got, Array.from({ length: 11 }, (_, n) => 190 + n));
    await messages.close();
  });
  await check("consumers", "push: bound, in a queue group, and ordered", async () => {
    await jsm.consumers.add("C", { durable_name: "push", ack_policy: "explicit", deliver_subject: "to.push" });
    const consumer = await client.consumers.getPushConsumer("C", "push");
    const messages = await consumer.consume();
    const got = await take(messages, 200);
    assert.deepEqual(texts(got), numbers(1, 200));
    got.forEach((msg) => msg.ack());
    await until("all acknowledged", async () => (await consumer.info()).ack_floor.stream_seq === 200);
    await messages.close();
    const group = { deliver_subject: "to.group", deliver_group: "g" };
    const shares = [0, 0];
    for (const n of shares.keys()) {
      const bound = await client.consumers.getBoundPushConsumer(group);
      await bound.consume({ callback: (msg) => ((shares[n] += 1), msg.ack()) });
    }
    await nc.flush();
    await jsm.consumers.add("C", { durable_name: "group", ack_policy: "explicit", ...group });
    await until("the group has all", () => shares[0] + shares[1] === 200);
    assert.ok(shares.every((share) => share > 20), String(shares));
    const ordered = await client.consumers.getPushConsumer("C");
    const inOrder = await ordered.consume();
    assert.deepEqual(texts(await take(inOrder, 200)), numbers(1, 200));
    await inOrder.close();
  });
  await check("consumers", "push with flow control and heartbeats carries 5,000 messages", async () => {
    await jsm.streams.add({ name: "FLOW", subjects: ["flow"] });
    const acks = [];
    for (let n = 0; n < 5000; n += 1) acks.push(client.publish("flow", new Uint8Array(200)));
    await Promise.all(acks);
    await jsm.consumers.add("FLOW", {
      durable_name: "f",
      ack_policy: "none",
      deliver_subject: "to.flow",
      flow_control: true,
      idle_heartbeat: SECOND,
    });
    const messages = await (await client.consumers.getPushConsumer("FLOW", "f")).consume();
    const got = await take(messages, 5000, 40_000);
    assert.deepEqual(got.map((msg) => msg.seq), Array.from({ length: 5000 }, (_, n) => n + 1));
    await messages.close();
  });
  await check("consumers", "headers only, last per subject, by start time", async () => {
    const start = new Date(Date.now() + 1).toISOString();
    await pause(20);
    await jsm.streams.add({ name: "KINDS", subjects: ["kinds.*"] });
    for (const n of [1, 2, 3, 4]) await client.publish(`kinds.${n % 2}`, `value ${n}`);
    const fetch = async (name, config, count) => {
      await jsm.consumers.add("KINDS", { durable_name: name, ack_policy: "none", ...config });
      return take(await (await client.consumers.get("KINDS", name)).fetch({ max_messages: count, expires: 3000 }), count);
    };
    const [bare] = await fetch("bare", { headers_only: true }, 1);
    assert.deepEqual([bare.string(), bare.headers.get("Nats-Msg-Size")], ["", "7"]);
    const last = await fetch("last", { deliver_policy: "last_per_subject", filter_subject: "kinds.*" }, 2);
    assert.deepEqual(texts(last), ["value 3", "value 4"]);
    const since = await fetch("since", { deliver_policy: "by_start_time", opt_start_time: start }, 4);
    assert.equal(since[0].seq, 1);
    const fresh = await fetch("filtered", { filter_subjects: ["kinds.0", "kinds.9"] }, 2);
    assert.deepEqual(texts(fresh), ["value 2", "value 4"]);
  });

  await check("acks", "double ack is answered, and the work queue is empty", async () => {
    await jsm.streams.add({ name: "QUEUE", subjects: ["queue"], retention: "workqueue" });
    await jsm.consumers.add("QUEUE", { durable_name: "w", ack_policy: "explicit" });
    await client.publish("queue", "job");
    const consumer = await client.consumers.get("QUEUE", "w");
    const msg = await consumer.next({ expires: 5000 });
    assert.equal((await jsm.streams.info("QUEUE")).state.messages, 1);
    assert.equal(await msg.ackAck(), true);
    assert.equal((await jsm.streams.info("QUEUE")).state.messages, 0);
    const info = await consumer.info();
    assert.deepEqual([info.num_ack_pending, info.ack_floor.stream_seq, info.delivered.consumer_seq], [0, 1, 1]);
  });
  await check("acks", "nak brings it back at once, nak with delay later", async () => {
    const consumer = await work("NAK", { ack_wait: 30 * SECOND });
    await client.publish("NAK.a", "x");
    const first = await consumer.next({ expires: 5000 });
    first.nak();
    const second = await consumer.next({ expires: 5000 });
    assert.deepEqual([second.redelivered, second.info.deliveryCount], [true, 2]);
    const before = Date.now();
    second.nak(1500);
    const third = await consumer.next({ expires: 10_000 });
    const waited = Date.now() - before;
    assert.ok(third.info.deliveryCount === 3 && waited >= 1400, `${waited} ms`);
    assert.ok(await third.ackAck());
    assert.equal((await consumer.info()).num_redelivered, 0);
  });
  await check("acks", "what is not acknowledged comes again; in progress holds it off", async () => {
    const consumer = await work("WAIT", { ack_wait: 1.5 * SECOND });
    await client.publish("WAIT.a", "x");
    const first = await consumer.next({ expires: 5000 });
    await pause(1000);
    first.working();
    await nc.flush();
    const before = Date.now();
    const second = await consumer.next({ expires: 10_000 });
    const waited = Date.now() - before;
    assert.ok(second.info.deliveryCount === 2 && waited > 1200, `${waited} ms`);
    assert.ok(await second.ackAck());
    assert.equal(await consumer.next({ expires: 2000 }), null);
  });
  await check("acks", "term ends it, max deliver gives up", async () => {
    const consumer = await work("TERM", { ack_wait: 0.5 * SECOND, max_deliver: 2 });
    await client.publish("TERM.a", "terminated");
    (await consumer.next({ expires: 5000 })).term("bad food");
    await client.publish("TERM.b", "given up");
    assert.equal((await consumer.next({ expires: 5000 })).string(), "given up");
    assert.equal((await consumer.next({ expires: 5000 })).info.deliveryCount, 2);
    assert.equal(await consumer.next({ expires: 2000 }), null);
    assert.equal((await jsm.streams.info("TERM")).state.messages, 2);
  });
  await check("acks", "ack all takes the earlier ones along; backoff sets the pace", async () => {
    const consumer = await work("ALL", { ack_policy: "all" });
    for (let n = 0; n < 5; n += 1) await client.publish("ALL.a", String(n));
    const got = await take(await consumer.fetch({ max_messages: 5, expires: 5000 }), 5);
    assert.ok(await got[3].ackAck());
    const info = await consumer.info();
    assert.deepEqual([info.num_ack_pending, info.ack_floor.stream_seq], [1, 4]);
    const slow = await work("BACKOFF", { backoff: [0.5 * SECOND, 1.5 * SECOND], max_deliver: 3 });
    await client.publish("BACKOFF.a", "x");
    const times = [];
    for (let n = 0; n < 3; n += 1) {
      await slow.next({ expires: 10_000 });
      times.push(Date.now());
    }
    const [one, two] = [times[1] - times[0], times[2] - times[1]];
    assert.ok(one >= 450 && one < 1400 && two >= 1400, `${one} ms, then ${two} ms`);
  });
  await check("acks", "max ack pending stops delivery until there is room", async () => {
    const consumer = await work("ROOM", { max_ack_pending: 2 });
    for (let n = 0; n < 4; n += 1) await client.publish("ROOM.a", String(n));
    const got = [];
    for await (const msg of await consumer.fetch({ max_messages: 4, expires: 1000 })) got.push(msg);
    assert.deepEqual(texts(got), ["0", "1"]);
    assert.ok(await got[0].ackAck());
    assert.equal((await consumer.next({ expires: 5000 })).string(), "2");
  });
}
