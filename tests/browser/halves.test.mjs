// The program comes in two halves; a person must not notice.
//
// In all of these, memory that the rest will write is full of nonsense until it does, so that nobody can have read it.

import { strict as assert } from "node:assert";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DIST, inLab as inPlainLab } from "./support/lab.mjs";
import { natsJs } from "./support/nats_js.mjs";
import { dataSegments } from "./support/wasm.mjs";

const file = (await readdir(DIST)).find((name) => name.endsWith("_rest.wasm"));
const segments = dataSegments(await readFile(join(DIST, file)));

function spoil(segments) {
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (...given) => {
    const result = await instantiateStreaming.apply(WebAssembly, given);
    const memory = new Uint8Array(result.instance.exports.memory.buffer);
    segments.forEach(({ address, length }) => memory.fill(0xaa, address, address + length));
    window.spoilt = segments.length;
    return result;
  };
}

const inLab = (options, use) => inPlainLab({ before: [spoil, segments], ...options }, async (lab) => {
  await use(lab);
  assert.equal(await lab.page.evaluate(() => window.spoilt), segments.length);
});

const rest = (lab) => lab.page.evaluate(() => ({ waits: window.jetlabRest.waits, isHere: window.jetlabRest.isHere }));
const RARE = "nats object ls";

const FIRST_LESSON = { hash: "#/lesson/first-message", blocked: "**/*_rest.wasm*" };

/** Plays it, and says what then stands on the page. */
async function firstLesson(lab) {
  await lab.ready();
  await lab.type("nats sub orders.created", "bob", { ends: false });
  await lab.type('nats pub orders.created "Order #1"', "alice");
  await lab.page.getByText("Solved.").waitFor();
  assert.deepEqual(await rest(lab), { waits: 0, isHere: false });
  assert.deepEqual(lab.errors.filter((error) => !error.includes("ERR_FAILED")), []);
  await lab.drawn();
  const text = (await lab.page.locator(".lesson-scroll, .terminal-screen").allInnerTexts()).join("\n");
  assert.match(text, /Order #1/);
  return text.replace(/\d\d:\d\d:\d\d/g, "time");
}

test("the first lesson needs the first half alone", async () => {
  const moved = segments.reduce((sum, { length }) => sum + length, 0);
  assert.ok(moved > 50_000, `${moved} bytes of data are in the rest`);
  let asSpoilt;
  await inLab(FIRST_LESSON, async (lab) => { asSpoilt = await firstLesson(lab); });
  await inPlainLab(FIRST_LESSON, async (lab) => assert.equal(await firstLesson(lab), asSpoilt));
});

test("the rest comes by itself, and nothing waits for it", () =>
  inLab({ hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    await lab.page.waitForFunction(() => window.jetlabRest.isHere);
    assert.match((await lab.run(RARE)).output, /No Object Store/);
    assert.deepEqual(await rest(lab), { waits: 0, isHere: true });
    assert.deepEqual(lab.errors, []);
  }));

test("what is called before the rest is here waits for it", () =>
  inLab({ hash: "#/sandbox", blocked: "**/*_rest.wasm" }, async (lab) => {
    await lab.ready();
    assert.match((await lab.run(RARE)).output, /No Object Store/);
    assert.deepEqual(await rest(lab), { waits: 1, isHere: true });
  }));

test("a program may be the first to need the rest", () =>
  inLab({ hash: "#/sandbox", blocked: "**/*_rest.wasm" }, async (lab) => {
    await lab.ready();
    await lab.page.evaluate(natsJs());
    const seen = await lab.page.evaluate(async () => {
      const nc = await nats.core.wsconnect({ servers: "ws://jetlab", wsFactory: jetlab.wsFactory });
      const bucket = await new nats.kv.Kvm(nc).create("b");
      await bucket.put("k", "v");
      return (await bucket.get("k")).string();
    });
    assert.equal(seen, "v");
    assert.deepEqual(await rest(lab), { waits: 1, isHere: true });
  }));

test("it makes no difference when the rest comes", async () => {
  const rare = ["nats pub", "nats pub orders.created x --count nonsense", "nats pub orders.created x --count 3",
    "nats sub orders.created --count", "nats stream add S --subjects 's.>' --defaults", "nats pub s.1 one", "nats stream get S 1",
    "nats stream info NONE", "nats frobnicate", "nats rtt extra", "nats request orders.nobody x"];
  const play = async (options, before) => {
    const said = [];
    await inLab({ hash: "#/sandbox", ...options }, async (lab) => {
      await lab.ready();
      await before(lab);
      // How wide the terminal is says how its pages are broken.
      await lab.drawn();
      const timeless = (text) => text.replace(/\d\d:\d\d:\d\d(\.\d+)?/g, "time").replace(/\((\d+m)?[\d.]+m?s\)/g, "(age)");
      for (const line of rare) said.push(timeless((await lab.run(line)).output));
      assert.deepEqual(lab.errors.filter((error) => !error.includes("ERR_FAILED")), []);
    });
    return said;
  };
  const waited = await play({ blocked: "**/*_rest.wasm" }, () => {});
  const hadIt = await play({}, (lab) => lab.page.waitForFunction(() => window.jetlabRest.isHere));
  assert.deepEqual(waited, hadIt);
});

test("when the rest cannot be had, the page says so", () =>
  inLab({ hash: "#/lesson/first-message", blocked: "**/*_rest.wasm*" }, async (lab) => {
    await lab.ready();
    lab.run(RARE).catch(() => {});
    await lab.page.locator("#crash").waitFor();
    assert.match(await lab.page.locator("#crash-report").textContent(), /could not be loaded/);
  }));
