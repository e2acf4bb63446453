// Lessons as a person works through them: typed at the prompt, noticed by the page, found again after a reload.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { pressUntil, typeLine } from "./support/keyboard.mjs";
import { DIST_X, inLab } from "./support/lab.mjs";
import { ADD_ORDERS, ADD_PROCESSOR, ADD_UNPROCESSED, PUBLISH, WORK } from "./support/orders.mjs";
import { consumerAgrees, streamAgrees } from "./support/scene.mjs";

const reached = (lab) => lab.page.evaluate(() => window.jetlab.milestones());
const missing = async (lab) => (await reached(lab)).filter((one) => !one.reached).map((one) => `${one.id}: ${one.whyNot}`);
const screen = (lab, actor) => lab.page.getByRole("log", { name: `Terminal of ${actor}` }).innerText();

async function isSolved(lab) {
  await lab.page.getByText("Solved.").waitFor().catch(() => {});
  assert.deepEqual(await missing(lab), []);
  await lab.page.getByText("Solved.").waitFor();
}

function nothingStrange(lab) {
  assert.deepEqual(lab.errors, []);
  assert.deepEqual(lab.strangers, [], "no request leaves the place where the page is hosted");
}

test("the first message, by keyboard alone", () =>
  inLab({ hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    const { keyboard } = lab.page;
    await pressUntil(lab.page, "Tab", ".run-command");
    await keyboard.press("Enter");
    await lab.page.waitForFunction(() => document.activeElement.matches("#terminal-bob .prompt-input"));
    await keyboard.press("Enter");
    await lab.page.locator("#milestone-listening.is-reached").waitFor();
    assert.match(await lab.page.locator(".app-goal [role=status]").innerText(), /^Reached: .*Next: /);
    await typeLine(lab, 'nats pub orders.created "Order #1"', "alice");
    await isSolved(lab);
    assert.match(await screen(lab, "bob"), /Received on "orders.created"[^]*Order #1/);
    const said = async (begin) => lab.page.locator(`.scene [aria-label^="${begin}"]`).first().getAttribute("aria-label");
    assert.match(await said("alice,"), /1 published/);
    assert.match(await said("bob,"), /1 received/);
    assert.match(await said("Subject orders.created"), /1 message\b/);
    await typeLine(lab, "", "bob", { ends: false });
    await keyboard.press("Control+c");
    await lab.ended("bob");
    await lab.screenshot("first-message");
    nothingStrange(lab);
  }));

test("the job queue, typed as in its document, and found again after a reload", () =>
  inLab({ hash: "#/lesson/order-queue" }, async (lab) => {
    await lab.ready();
    await typeLine(lab, ADD_ORDERS, "main");
    assert.match(await screen(lab, "main"), /\? Allow message Roll-ups \(y\/N\)/);
    await typeLine(lab, "", "main");
    assert.match(await screen(lab, "main"), /Stream orders_stream was created/);
    await typeLine(lab, ADD_UNPROCESSED, "main");
    await typeLine(lab, "", "main");
    const { config } = JSON.parse((await lab.request("$JS.API.STREAM.INFO.orders_stream")).payload);
    assert.deepEqual([config.retention, config.discard, config.max_bytes, config.max_msg_size, config.duplicate_window],
      ["workqueue", "new", 256 * 1024 ** 2, 1024 ** 2, 120e9]);
    assert.deepEqual([config.deny_delete, config.deny_purge, config.allow_direct, config.allow_rollup_hdrs],
      [true, false, true, false]);
    await typeLine(lab, ADD_PROCESSOR, "main");
    await typeLine(lab, PUBLISH, "shop");
    assert.equal((await streamAgrees(lab, "orders_stream")).messages, 20);
    assert.equal((await consumerAgrees(lab, "orders_stream", "processor")).info.num_pending, 20);
    await typeLine(lab, WORK, "main");
    await lab.advance("2s");
    await consumerAgrees(lab, "orders_stream", "processor");
    await lab.advance("60s");
    await isSolved(lab);
    const { messages: left } = await streamAgrees(lab, "orders_stream");
    const consumer = await consumerAgrees(lab, "orders_stream", "processor");
    assert.equal(consumer.givenUp, left, "what is left was given up");
    assert.equal((await streamAgrees(lab, "orders_unprocessed")).messages, left, "a letter for each");
    const threads = lab.page.locator('.scene [aria-label*=" points to message "]');
    await lab.drawn();
    assert.equal(await threads.count(), left, "a thread from each letter to its order");
    await lab.screenshot("order-queue");
    await lab.page.reload();
    await lab.ready();
    await lab.page.getByText("Solved.").waitFor();
    assert.match(await lab.page.locator(".goal").innerText(), /4 of 4/);
    assert.match(await lab.page.locator("select option:checked").first().innerText(), /^✓/);
    nothingStrange(lab);
  }));

test("dead letters are stored, looked up and handled", () =>
  inLab({ hash: "#/lesson/dead-letters" }, async (lab) => {
    await lab.ready();
    await typeLine(lab, ADD_UNPROCESSED, "main");
    await typeLine(lab, "", "main");
    await typeLine(lab, PUBLISH, "shop");
    await typeLine(lab, "lab worker processor --fail 60%", "main");
    await lab.advance("60s");
    const { messages } = await streamAgrees(lab, "orders_unprocessed");
    assert.ok(messages > 0, "some of twenty orders fail twice");
    await lab.screenshot("dead-letters-full");
    await typeLine(lab, "nats consumer add orders_unprocessed unprocessed_order_handler --pull --ack explicit --defaults", "main");
    await typeLine(lab, "nats consumer next orders_unprocessed unprocessed_order_handler --no-ack", "main");
    const [, sequence] = (await screen(lab, "main")).match(/"stream_seq":\s*(\d+)/);
    await typeLine(lab, `nats stream get orders_stream ${sequence}`, "main");
    assert.match(await screen(lab, "main"), new RegExp(`Item: orders_stream#${sequence} received`));
    await typeLine(lab, "lab worker unprocessed_order_handler --dead-letters", "main");
    await lab.advance("60s");
    await isSolved(lab);
    assert.equal((await streamAgrees(lab, "orders_unprocessed")).messages, 0);
    await streamAgrees(lab, "orders_stream");
    await consumerAgrees(lab, "orders_stream", "processor");
    await lab.screenshot("dead-letters");
    nothingStrange(lab);
  }));

test("where storage is denied a lesson is solved all the same, and says that nothing is kept", () =>
  inLab({ hash: "#/lesson/first-message", storage: "denied" }, async (lab) => {
    await lab.ready();
    await typeLine(lab, "nats sub orders.created", "bob", { ends: false });
    await typeLine(lab, 'nats pub orders.created "Order #1"', "alice");
    await isSolved(lab);
    assert.match(await lab.page.locator(".lesson-foot").innerText(), /does not let this page remember/);
    nothingStrange(lab);
  }));

test("under a sub-path a lesson is solved, and the next one arrives", () =>
  inLab({ folder: DIST_X, base: "/x/", hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    await typeLine(lab, "nats sub orders.created", "bob", { ends: false });
    await typeLine(lab, 'nats pub orders.created "Order #1"', "alice");
    await isSolved(lab);
    const title = await lab.page.locator(".lesson-solved a").innerText();
    await lab.page.locator(".lesson-solved a").click();
    await lab.page.getByRole("heading", { level: 1, name: title }).waitFor();
    nothingStrange(lab);
  }));
