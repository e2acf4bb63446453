// Lessons as a person works through them: typed at the prompt, noticed by the page, found again after a reload.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";
import { ADD_ORDERS, ADD_PROCESSOR, PUBLISH, WORK } from "./support/orders.mjs";

const reached = (lab) => lab.page.evaluate(() => window.jetlab.milestones());
const missing = async (lab) => (await reached(lab)).filter((one) => !one.reached).map((one) => `${one.id}: ${one.whyNot}`);

test("the first message", () =>
  inLab({ hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    await lab.type("nats sub orders.created", "bob", { ends: false });
    await lab.type('nats pub orders.created "Order #1"', "alice");
    await lab.page.getByText("Solved.").waitFor();
    assert.match(await lab.page.getByRole("log", { name: "Terminal of bob" }).innerText(), /Received on "orders.created"[^]*Order #1/);
    await lab.screenshot("first-message");
    assert.deepEqual(lab.errors, []);
    assert.deepEqual(lab.strangers, []);
  }));

test("the job queue, typed as in its document, and found again after a reload", () =>
  inLab({ hash: "#/lesson/order-queue" }, async (lab) => {
    await lab.ready();
    await lab.type(ADD_ORDERS, "main");
    await lab.type("", "main");
    const info = await lab.run("nats stream info orders_stream", "main");
    assert.match(info.output, /Retention: WorkQueue/);
    assert.match(info.output, /Discard Policy: New/);
    await lab.type(ADD_PROCESSOR, "main");
    await lab.type(PUBLISH, "shop");
    await lab.type(WORK, "main");
    await lab.advance("60s");
    assert.deepEqual(await missing(lab), []);
    await lab.page.getByText("Solved.").waitFor();
    await lab.screenshot("order-queue");
    await lab.page.reload();
    await lab.ready();
    await lab.page.getByText("Solved.").waitFor();
    assert.deepEqual(lab.errors, []);
    assert.deepEqual(lab.strangers, []);
  }));

test("nonsense is answered in words", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    const unknown = await lab.run("nats frobnicate");
    assert.notEqual(unknown.exitCode, 0);
    assert.match(unknown.output, /frobnicate/);
    const stream = await lab.run("nats stream info NOPE");
    assert.notEqual(stream.exitCode, 0);
    const answer = await lab.request("$JS.API.STREAM.CREATE.X", "{ not json");
    assert.match(JSON.stringify(answer), /10025/);
    assert.deepEqual(lab.errors, []);
  }));
