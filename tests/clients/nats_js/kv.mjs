// Key-value buckets.
import assert from "node:assert/strict";
import { check, fails, kv, pause, take, until } from "./harness.mjs";

export async function keyValue(nc) {
  const kvm = new kv.Kvm(nc);

  await check("kv", "create, put, get, update, delete, purge, history", async () => {
    const bucket = await kvm.create("profiles", { history: 5 });
    assert.equal(await bucket.create("sue.color", "blue"), 1);
    assert.ok(await fails(bucket.create("sue.color", "red")));
    assert.equal(await bucket.put("sue.color", "green"), 2);
    assert.equal(await bucket.update("sue.color", "red", 2), 3);
    const wrong = await fails(bucket.update("sue.color", "black", 2));
    assert.equal(wrong.code, 10071, String(wrong));
    const entry = await bucket.get("sue.color");
    assert.deepEqual([entry.string(), entry.revision, entry.operation, entry.key], ["red", 3, "PUT", "sue.color"]);
    assert.equal((await bucket.get("sue.color", { revision: 1 })).string(), "blue");
    assert.equal(await bucket.get("nobody"), null);
    await bucket.delete("sue.color");
    assert.equal((await bucket.get("sue.color")).operation, "DEL");
    assert.equal(await bucket.create("sue.color", "again"), 5);
    const history = await bucket.history({ key: "sue.color" });
    const operations = [];
    for await (const past of history) operations.push([past.revision, past.operation]);
    assert.deepEqual(operations, [[1, "PUT"], [2, "PUT"], [3, "PUT"], [4, "DEL"], [5, "PUT"]]);
    await bucket.purge("sue.color");
    const left = [];
    for await (const past of await bucket.history({ key: "sue.color" })) left.push(past.operation);
    assert.deepEqual(left, ["PURGE"]);
    const keys = [];
    await bucket.put("a", "1");
    await bucket.put("b", "2");
    for await (const key of await bucket.keys()) keys.push(key);
    assert.deepEqual(keys.sort(), ["a", "b"]);
  });
  await check("kv", "status, list, destroy", async () => {
    const bucket = await kvm.create("shown", { history: 3, description: "to show", max_bytes: 100_000 });
    await bucket.put("k", "v");
    const status = await bucket.status();
    assert.deepEqual([status.bucket, status.history, status.values], ["shown", 3, 1]);
    assert.equal(status.description, "to show");
    const names = [];
    for await (const listed of kvm.list()) names.push(listed.bucket);
    assert.ok(names.includes("shown") && names.includes("profiles"), String(names));
    assert.equal(await bucket.destroy(), true);
    const opened = await fails((async () => (await kvm.open("shown")).status())());
    assert.ok(opened);
  });
  await check("kv", "watch: what is there, then what changes", async () => {
    const bucket = await kvm.create("watched", { history: 3 });
    await bucket.put("x.1", "old");
    await bucket.put("x.2", "other");
    const seen = [];
    const everything = await bucket.watch();
    const walk = (async () => {
      for await (const entry of everything) {
        seen.push([entry.key, entry.operation, entry.string()]);
        assert.ok(seen.length < 3 || entry.isUpdate);
        if (seen.length === 5) return;
      }
    })();
    await until("the first values", () => seen.length === 2);
    await bucket.put("x.1", "new");
    await bucket.delete("x.2");
    await bucket.put("y", "last");
    await walk;
    assert.deepEqual(seen, [
      ["x.1", "PUT", "old"],
      ["x.2", "PUT", "other"],
      ["x.1", "PUT", "new"],
      ["x.2", "DEL", ""],
      ["y", "PUT", "last"],
    ]);
    const some = await take(await bucket.watch({ key: "x.*", include: "history" }), 4);
    assert.deepEqual(some.map((entry) => entry.revision), [1, 2, 3, 4]);
    const resumed = await take(await bucket.watch({ key: ">", resumeFromRevision: 4 }), 2);
    assert.deepEqual(resumed.map((entry) => entry.revision), [4, 5]);
    const updates = await bucket.watch({ include: "updates", ignoreDeletes: true });
    await nc.flush();
    await pause(100);
    await bucket.delete("y");
    await bucket.put("z", "1");
    assert.deepEqual((await take(updates, 1)).map((entry) => entry.key), ["z"]);
  });
  await check("kv", "values of a bucket with a time to live go away", async () => {
    const bucket = await kvm.create("brief", { ttl: 1000 });
    await bucket.put("k", "v");
    assert.equal((await bucket.get("k")).string(), "v");
    await until("it is gone", async () => (await bucket.get("k")) === null, 8000);
  });
  await check("kv", "a key with a time to live of its own goes away and leaves a marker", async () => {
    const bucket = await kvm.create("markers", { markerTTL: 1000, history: 2 });
    const watch = await bucket.watch();
    const coming = take(watch, 3, 12_000);
    await bucket.create("short", "v", "2s");
    await bucket.put("long", "v");
    await until("it is gone", async () => {
      const entry = await bucket.get("short");
      return entry === null || entry.operation !== "PUT";
    }, 8000);
    assert.equal((await bucket.get("long")).string(), "v");
    const last = (await coming)[2];
    assert.deepEqual([last.key, last.operation], ["short", "PURGE"]);
  });
  await check("kv", "1,000 keys are put, listed and watched", async () => {
    const bucket = await kvm.create("wide");
    await Promise.all(Array.from({ length: 1000 }, (_, n) => bucket.put(`k.${n}`, String(n), { timeout: 20_000 })));
    const keys = [];
    for await (const key of await bucket.keys()) keys.push(key);
    assert.equal(new Set(keys).size, 1000);
    assert.equal((await take(await bucket.watch({ key: "k.*" }), 1000)).length, 1000);
  });
}
