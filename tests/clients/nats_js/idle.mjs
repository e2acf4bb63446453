// A consumer that has nothing to give for minutes says so by heartbeats, and nobody is alarmed. Row D-301 of the checklist.
import assert from "node:assert/strict";
import { check, jetstream as js, pause, until } from "./harness.mjs";

const QUIET_MS = 125_000;

export async function idle(nc) {
  const jsm = await js.jetstreamManager(nc, { timeout: 20_000 });
  const client = js.jetstream(nc, { timeout: 20_000 });
  await jsm.streams.add({ name: "QUIET", subjects: ["quiet.*"] });
  const got = [];
  const alarms = [];
  const running = [];
  for (const name of ["iterator", "callback"]) {
    await jsm.consumers.add("QUIET", { durable_name: name, ack_policy: "explicit" });
    const consumer = await client.consumers.get("QUIET", name);
    const take = (msg) => (got.push(`${name} ${msg.string()}`), msg.ack());
    const messages = await consumer.consume(name === "callback" ? { callback: take } : {});
    running.push(messages);
    if (name === "iterator") (async () => { for await (const msg of messages) take(msg); })();
    (async () => {
      for await (const { type } of messages.status()) if (/missed|deleted|not_found/.test(type)) alarms.push(type);
    })();
  }
  await pause(QUIET_MS);
  await check("idle", "consume waits two minutes without an alarm, then gets the next message", async () => {
    assert.deepEqual(alarms, []);
    await client.publish("quiet.a", "late");
    await until("both have it", () => got.length === 2);
    assert.deepEqual(got.toSorted(), ["callback late", "iterator late"]);
    assert.deepEqual(alarms, []);
  });
  for (const messages of running) await messages.close();
}
