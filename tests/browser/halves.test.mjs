// The program comes in two halves; a person must not notice.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";
import { natsJs } from "./support/nats_js.mjs";

const rest = (lab) => lab.page.evaluate(() => ({ waits: window.jetlabRest.waits, isHere: window.jetlabRest.isHere }));
const RARE = "nats object ls";

test("the first lesson needs the first half alone", () =>
  inLab({ hash: "#/lesson/first-message", blocked: "**/*_rest.wasm*" }, async (lab) => {
    await lab.ready();
    await lab.type("nats sub orders.created", "bob", { ends: false });
    await lab.type('nats pub orders.created "Order #1"', "alice");
    await lab.page.getByText("Solved.").waitFor();
    assert.deepEqual(await rest(lab), { waits: 0, isHere: false });
  }));

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

test("when the rest cannot be had, the page says so", () =>
  inLab({ hash: "#/lesson/first-message", blocked: "**/*_rest.wasm*" }, async (lab) => {
    await lab.ready();
    lab.run(RARE).catch(() => {});
    await lab.page.locator("#crash").waitFor();
    assert.match(await lab.page.locator("#crash-report").textContent(), /could not be loaded/);
  }));
