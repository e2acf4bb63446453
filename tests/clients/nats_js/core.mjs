// Core NATS: publish, subscribe, queue groups, request and reply.
import assert from "node:assert/strict";
import { check, connect, core as nats, fails, take } from "./harness.mjs";

export async function core(nc, address) {
  await check("core", "a message arrives whole, with its headers", async () => {
    const sub = nc.subscribe("core.whole.>");
    const headers = nats.headers();
    headers.append("Color", "red");
    headers.append("Color", "blue");
    nc.publish("core.whole.a", "hello", { headers, reply: "back.here" });
    const [msg] = await take(sub, 1);
    assert.equal(msg.subject, "core.whole.a");
    assert.equal(msg.string(), "hello");
    assert.equal(msg.reply, "back.here");
    assert.deepEqual(msg.headers.values("Color"), ["red", "blue"]);
  });
  await check("core", "wildcards, and unsubscribing after a number of messages", async () => {
    const sub = nc.subscribe("core.wild.*.end", { max: 2 });
    for (const subject of ["core.wild.a.end", "core.wild.a.b.end", "core.wild.b.end", "core.wild.c.end"]) {
      nc.publish(subject);
    }
    const got = [];
    for await (const msg of sub) got.push(msg.subject);
    assert.deepEqual(got, ["core.wild.a.end", "core.wild.b.end"]);
  });
  await check("core", "1,000 messages in order across two connections", async () => {
    const other = await connect(address);
    const sub = other.subscribe("core.order");
    await other.flush();
    for (let n = 0; n < 1000; n += 1) nc.publish("core.order", String(n));
    const got = await take(sub, 1000);
    assert.deepEqual(got.map((msg) => Number(msg.string())), [...Array(1000).keys()]);
    await other.close();
  });
  await check("core", "a queue group shares the work", async () => {
    const counts = [0, 0, 0];
    counts.forEach((_, n) => nc.subscribe("core.queue", { queue: "q", callback: () => (counts[n] += 1) }));
    const all = nc.subscribe("core.queue");
    for (let n = 0; n < 300; n += 1) nc.publish("core.queue");
    await take(all, 300);
    await nc.flush();
    assert.equal(counts.reduce((a, b) => a + b), 300);
    assert.ok(counts.every((count) => count > 30), String(counts));
  });
  await check("core", "a request is answered, once and by many", async () => {
    nc.subscribe("core.ask", { callback: (_, msg) => void msg.respond(`you said ${msg.string()}`) });
    assert.equal((await nc.request("core.ask", "hi")).string(), "you said hi");
    assert.equal((await nc.request("core.ask", "ho", { noMux: true, timeout: 5000 })).string(), "you said ho");
    nc.subscribe("core.ask", { callback: (_, msg) => void msg.respond("me too") });
    const answers = await take(await nc.requestMany("core.ask", "all", { maxMessages: 2, maxWait: 5000 }), 2);
    assert.deepEqual(answers.map((msg) => msg.string()).sort(), ["me too", "you said all"]);
  });
  await check("core", "a request that nobody hears fails at once", async () => {
    const error = await fails(nc.request("core.nobody", "", { timeout: 5000 }));
    assert.ok(error instanceof nats.RequestError && error.isNoResponders(), String(error));
  });
  await check("core", "a request that nobody answers times out", async () => {
    nc.subscribe("core.silent");
    const error = await fails(nc.request("core.silent", "", { timeout: 300 }));
    assert.ok(error instanceof nats.TimeoutError || error.cause instanceof nats.TimeoutError, String(error));
  });
  await check("core", "a payload of 1 MB passes and a larger one is refused", async () => {
    assert.equal(nc.info.max_payload, 1024 * 1024);
    const sub = nc.subscribe("core.big");
    nc.publish("core.big", new Uint8Array(1024 * 1024).fill(7));
    const [msg] = await take(sub, 1);
    assert.ok(msg.data.length === 1024 * 1024 && msg.data.every((byte) => byte === 7));
    assert.throws(() => nc.publish("core.big", new Uint8Array(1024 * 1024 + 1)));
  });
  await check("core", "round trip time, flush, drain", async () => {
    const other = await connect(address);
    assert.ok((await other.rtt()) >= 0);
    const got = [];
    other.subscribe("core.drain", { callback: (_, msg) => got.push(msg.string()) });
    await other.flush();
    for (let n = 0; n < 100; n += 1) nc.publish("core.drain", String(n));
    await nc.flush();
    await other.drain();
    assert.equal(got.length, 100);
    assert.ok(other.isClosed());
  });
}
