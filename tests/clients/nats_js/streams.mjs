// Streams: their management, publishing into them, reading and deleting single messages.
import assert from "node:assert/strict";
import { check, core as nats, fails, jetstream as js, take } from "./harness.mjs";

const MANY = 10_000;

export async function streams(nc) {
  const jsm = await js.jetstreamManager(nc, { timeout: 20_000 });
  const client = js.jetstream(nc, { timeout: 20_000 });

  await check("streams", "add, info, update, find, list, delete", async () => {
    const added = await jsm.streams.add({ name: "MANAGED", subjects: ["managed.>"], description: "one", max_msgs: 5 });
    assert.equal(added.config.retention, "limits");
    assert.equal(added.config.num_replicas, 1);
    assert.equal(added.state.messages, 0);
    const updated = await jsm.streams.update("MANAGED", { subjects: ["managed.>", "more.*"], max_msgs: 3 });
    assert.deepEqual(updated.config.subjects, ["managed.>", "more.*"]);
    assert.equal(updated.config.description, "one");
    for (let n = 0; n < 5; n += 1) await client.publish(`managed.${n}`, "x");
    const info = await jsm.streams.info("MANAGED", { subjects_filter: ">" });
    assert.equal(info.state.messages, 3);
    assert.equal(info.state.first_seq, 3);
    assert.equal(info.state.num_subjects, 3);
    assert.deepEqual(info.state.subjects, { "managed.2": 1, "managed.3": 1, "managed.4": 1 });
    assert.equal(await jsm.streams.find("more.a"), "MANAGED");
    const names = [];
    for await (const name of jsm.streams.names("managed.>")) names.push(name);
    assert.deepEqual(names, ["MANAGED"]);
    const listed = await jsm.streams.list().next();
    assert.ok(listed.some((stream) => stream.config.name === "MANAGED"));
    assert.equal(await jsm.streams.delete("MANAGED"), true);
    const error = await fails(jsm.streams.info("MANAGED"));
    assert.equal(error.code, 10059, String(error));
  });
  await check("streams", "errors arrive with their codes", async () => {
    await jsm.streams.add({ name: "TAKEN", subjects: ["taken.*"] });
    const overlap = await fails(jsm.streams.add({ name: "OTHER", subjects: ["taken.a"] }));
    assert.equal(overlap.code, 10065, String(overlap));
    const changed = await fails(jsm.streams.add({ name: "TAKEN", subjects: ["taken.*", "taken2"] }));
    assert.equal(changed.code, 10058, String(changed));
    const storage = await fails(jsm.streams.update("TAKEN", { storage: "memory" }));
    assert.equal(storage.code, 10052, String(storage));
    await jsm.streams.delete("TAKEN");
  });
  await check("streams", "account information counts", async () => {
    await jsm.streams.add({ name: "COUNTED", subjects: ["counted"], storage: "memory" });
    await client.publish("counted", "12345");
    const account = await jsm.getAccountInfo();
    assert.ok(account.streams >= 1 && account.memory > 0 && account.api.total > 0);
    await jsm.streams.delete("COUNTED");
  });
  await check("streams", "get, direct get, batch get and delete messages", async () => {
    await jsm.streams.add({ name: "READ", subjects: ["read.*"], allow_direct: true });
    const headers = nats.headers();
    headers.set("Kind", "first");
    await client.publish("read.a", "one", { headers });
    for (const subject of ["read.b", "read.a", "read.c"]) await client.publish(subject, subject);
    const stored = await jsm.streams.getMessage("READ", { seq: 1 });
    assert.equal(stored.string(), "one");
    assert.equal(stored.header.get("Kind"), "first");
    assert.equal((await jsm.streams.getMessage("READ", { last_by_subj: "read.a" })).seq, 3);
    assert.equal(await jsm.streams.getMessage("READ", { seq: 99 }), null);
    const direct = await jsm.direct.getMessage("READ", { next_by_subj: "read.b", seq: 1 });
    assert.equal(direct.seq, 2);
    assert.equal(direct.subject, "read.b");
    assert.ok(Math.abs(direct.time.getTime() - Date.now()) < 60_000);
    const batch = await take(await jsm.direct.getBatch("READ", { seq: 2, batch: 2 }), 2);
    assert.deepEqual(batch.map((msg) => msg.seq), [2, 3]);
    const last = await jsm.direct.getLastMessagesFor("READ", { multi_last: ["read.a", "read.c"] });
    assert.deepEqual((await take(last, 2)).map((msg) => msg.seq), [3, 4]);
    assert.equal(await jsm.streams.deleteMessage("READ", 2), true);
    const info = await jsm.streams.info("READ", { deleted_details: true });
    assert.deepEqual(info.state.deleted, [2]);
    await jsm.streams.delete("READ");
  });
  await check("streams", "purge all, by subject, keep, and up to a sequence", async () => {
    await jsm.streams.add({ name: "PURGED", subjects: ["purged.*"] });
    for (let n = 0; n < 20; n += 1) await client.publish(`purged.${n % 2}`, String(n));
    assert.equal((await jsm.streams.purge("PURGED", { filter: "purged.0", keep: 2 })).purged, 8);
    assert.equal((await jsm.streams.purge("PURGED", { seq: 11 })).purged, 5);
    assert.equal((await jsm.streams.purge("PURGED")).purged, 7);
    const { state } = await jsm.streams.info("PURGED");
    assert.deepEqual([state.messages, state.first_seq, state.last_seq], [0, 21, 20]);
    await jsm.streams.delete("PURGED");
  });
  await check("publish", "acknowledged with stream and sequence, duplicates told", async () => {
    await jsm.streams.add({ name: "ACKED", subjects: ["acked.*"] });
    const first = await client.publish("acked.a", "x", { msgID: "id-1" });
    assert.deepEqual([first.stream, first.seq, first.duplicate], ["ACKED", 1, false]);
    const second = await client.publish("acked.a", "x", { msgID: "id-1" });
    assert.deepEqual([second.seq, second.duplicate], [1, true]);
    const nowhere = await fails(client.publish("nowhere.at.all", "x"));
    assert.equal(nowhere.name, "JetStreamNotEnabled", String(nowhere));
  });
  await check("publish", "expectations hold or refuse with their codes", async () => {
    const ok = await client.publish("acked.b", "x", { expect: { streamName: "ACKED", lastSequence: 1 } });
    assert.equal(ok.seq, 2);
    await client.publish("acked.b", "y", { msgID: "id-2", expect: { lastSubjectSequence: 2 } });
    const cases = [
      [{ streamName: "WRONG" }, 10060],
      [{ lastSequence: 1 }, 10071],
      [{ lastSubjectSequence: 1 }, 10071],
      [{ lastMsgID: "id-1" }, 10070],
    ];
    for (const [expect, code] of cases) {
      const error = await fails(client.publish("acked.b", "z", { expect }));
      assert.equal(error.code, code, `${JSON.stringify(expect)}: ${error}`);
    }
    await jsm.streams.delete("ACKED");
  });
  await check("publish", "10,000 without waiting, each acknowledged with its own sequence", async () => {
    await jsm.streams.add({ name: "MANY", subjects: ["many.*"] });
    const acks = [];
    for (let n = 0; n < MANY; n += 1) acks.push(client.publish(`many.${n % 10}`, `message ${n}`));
    const seqs = (await Promise.all(acks)).map((ack) => ack.seq);
    assert.deepEqual(seqs, Array.from({ length: MANY }, (_, n) => n + 1));
    assert.equal((await jsm.streams.info("MANY")).state.messages, MANY);
    await jsm.streams.delete("MANY");
  });
  await check("publish", "a batch is stored as one, or not at all", async () => {
    await jsm.streams.add({ name: "BATCH", subjects: ["batch.*"], allow_atomic: true });
    const batch = await client.startBatch("batch.a", "1");
    batch.add("batch.b", "2");
    await batch.add("batch.c", "3", { ack: true });
    assert.equal((await jsm.streams.info("BATCH")).state.messages, 0);
    const ack = await batch.commit("batch.d", "4");
    assert.deepEqual([ack.count, ack.seq], [4, 4]);
    await jsm.streams.delete("BATCH");
  });
  await check("publish", "a message with a time to live goes away", async () => {
    await jsm.streams.add({ name: "SHORT", subjects: ["short"], allow_msg_ttl: true });
    await client.publish("short", "gone soon", { ttl: "1s" });
    await client.publish("short", "stays");
    assert.equal((await jsm.streams.info("SHORT")).state.messages, 2);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const { state } = await jsm.streams.info("SHORT");
    assert.deepEqual([state.messages, state.first_seq], [1, 2]);
    await jsm.streams.delete("SHORT");
  });
}
