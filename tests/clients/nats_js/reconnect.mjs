// What a client notices when its connection is cut: nothing is lost that the server had.
import assert from "node:assert/strict";
import { check, connect, cuttable, jetstream as js, kv, take, until } from "./harness.mjs";

const QUICK = { reconnectTimeWait: 100, reconnectJitter: 20, maxReconnectAttempts: 200, timeout: 20_000 };

export async function reconnect(direct, address) {
  const wire = await cuttable(address);
  const nc = await connect(wire.address, QUICK);
  const statuses = [];
  (async () => {
    for await (const status of nc.status()) statuses.push(status.type);
  })();
  const times = (type) => statuses.filter((status) => status === type).length;
  const cut = async () => {
    const before = times("reconnect");
    wire.cut();
    await until("connected again", () => times("reconnect") > before);
  };

  await check("reconnect", "subscriptions and requests live on", async () => {
    const sub = nc.subscribe("again.>");
    nc.subscribe("again.ask", { callback: (_, msg) => void msg.respond("here") });
    await nc.flush();
    await cut();
    assert.ok(times("disconnect") >= 1);
    await nc.flush();
    direct.publish("again.a", "after");
    assert.equal((await take(sub, 1))[0].string(), "after");
    assert.equal((await direct.request("again.ask", "", { timeout: 5000 })).string(), "here");
    assert.equal((await nc.request("again.ask", "", { timeout: 5000 })).string(), "here");
  });
  await check("reconnect", "it tries until it is let in again", async () => {
    const sub = direct.subscribe("away");
    await direct.flush();
    wire.refuse(true);
    wire.cut();
    await until("three attempts", () => statuses.slice(statuses.lastIndexOf("reconnect")).length > 3);
    const before = times("reconnect");
    wire.refuse(false);
    await until("connected again", () => times("reconnect") > before);
    nc.publish("away", "back");
    assert.equal((await take(sub, 1))[0].string(), "back");
  });
  await check("reconnect", "consume, ordered and watch go on where they were", async () => {
    const jsm = await js.jetstreamManager(nc);
    const client = js.jetstream(nc);
    const far = js.jetstream(direct);
    await jsm.streams.add({ name: "ON", subjects: ["on"] });
    await jsm.consumers.add("ON", { durable_name: "w", ack_policy: "explicit", ack_wait: 2_000_000_000 });
    const bucket = await new kv.Kvm(nc).create("on");
    const got = { pull: [], ordered: [], watch: [] };
    const pulled = await (await client.consumers.get("ON", "w")).consume({
      expires: 2000,
      idle_heartbeat: 500,
      callback: (msg) => (got.pull.push(msg.seq), msg.ack()),
    });
    const ordered = await (await client.consumers.get("ON")).consume({
      expires: 2000,
      idle_heartbeat: 500,
      callback: (msg) => got.ordered.push(msg.seq),
    });
    const watch = await bucket.watch();
    (async () => {
      for await (const entry of watch) got.watch.push(entry.revision);
    })();
    const farBucket = await new kv.Kvm(direct).open("on");
    for (let n = 0; n < 60; n += 1) {
      await far.publish("on", String(n));
      await farBucket.put(`k.${n}`, "v");
      if (n % 20 === 10) wire.cut();
    }
    const wanted = Array.from({ length: 60 }, (_, n) => n + 1);
    const whole = (list) => new Set(list).size === 60;
    await until("everything", () => Object.values(got).every(whole), 30_000).catch((error) => {
      throw new Error(`${error.message}: ${Object.entries(got).map(([name, list]) => `${name} ${list.length}`)}`);
    });
    assert.deepEqual(got.ordered, wanted);
    assert.deepEqual(got.watch, wanted);
    assert.deepEqual([...new Set(got.pull)].sort((a, b) => a - b), wanted);
    await Promise.all([pulled.close(), ordered.close()]);
  });
  await nc.close();
  wire.end();
}
