// Object stores.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { check, fails, obj, take, within } from "./harness.mjs";

const BYTES = 3 * 1024 * 1024;

/** Bytes that repeat nowhere near. */
function noise(length) {
  const bytes = new Uint8Array(length);
  for (let n = 0, state = 12345; n < length; n += 1) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[n] = state >>> 16;
  }
  return bytes;
}

export async function objects(nc) {
  const objm = new obj.Objm(nc);
  const big = noise(BYTES);

  await check("objects", "3 MB are put, got whole, and listed", async () => {
    const store = await objm.create("files", { description: "all files" });
    const info = await store.putBlob({ name: "big.bin", description: "big" }, big);
    const digest = createHash("sha256").update(big).digest("base64url");
    assert.deepEqual([info.size, info.chunks], [BYTES, 24]);
    assert.equal(info.digest.replace(/=+$/, ""), `SHA-256=${digest}`);
    const back = await within(40_000, store.getBlob("big.bin"), "the object");
    assert.ok(Buffer.from(back).equals(Buffer.from(big)), "the bytes differ");
    await store.putBlob({ name: "small.txt", options: { max_chunk_size: 4 } }, new TextEncoder().encode("0123456789"));
    const streamed = await store.get("small.txt");
    const parts = [];
    for await (const part of streamed.data) parts.push(Buffer.from(part).toString());
    assert.ok(!(await streamed.error));
    assert.deepEqual([parts.join(""), streamed.info.chunks], ["0123456789", 3]);
    assert.deepEqual((await store.list()).map((listed) => listed.name).sort(), ["big.bin", "small.txt"]);
    const status = await store.status();
    assert.ok(status.size > BYTES && status.description === "all files");
  });
  await check("objects", "replace, rename, link, delete, missing", async () => {
    const store = await objm.open("files");
    const text = (word) => new TextEncoder().encode(word);
    await store.putBlob({ name: "note" }, text("first"));
    const second = await store.putBlob({ name: "note" }, text("second"));
    assert.equal(Buffer.from(await store.getBlob("note")).toString(), "second");
    await store.update("note", { name: "renamed", description: "d" });
    assert.equal(await store.info("note"), null);
    assert.equal((await store.info("renamed")).nuid, second.nuid);
    await store.link("pointer", await store.info("renamed"));
    assert.equal(Buffer.from(await store.getBlob("pointer")).toString(), "second");
    await store.delete("renamed");
    assert.equal((await store.info("renamed")).deleted, true);
    assert.equal(await store.get("nothing"), null);
  });
  await check("objects", "watch, seal, destroy", async () => {
    const store = await objm.create("sealed");
    await store.putBlob({ name: "a" }, new Uint8Array(10));
    const watch = await store.watch({ includeHistory: true });
    const coming = take(watch, 2);
    await store.putBlob({ name: "b" }, new Uint8Array(20));
    assert.deepEqual((await coming).map((info) => info.name), ["a", "b"]);
    assert.equal((await store.seal()).sealed, true);
    assert.ok(await fails(store.putBlob({ name: "c" }, new Uint8Array(1))));
    const names = [];
    for await (const listed of objm.list()) names.push(listed.bucket);
    assert.deepEqual(names.sort(), ["files", "sealed"]);
    assert.equal(await store.destroy(), true);
  });
}
