// Lessons on a real nats-server behind the page: they finish there, what they make is shown before and cleaned up after,
// also when the page was closed in the middle, or the server was killed.
//
// Without a nats-server (`NATS_SERVER`, else on the `PATH`) nothing is run, and it says so.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import test from "node:test";
import { promisify } from "node:util";
import { SIZES, inLab } from "./support/lab.mjs";
import { withNats } from "./support/nats_server.mjs";

const found = await promisify(execFile)(process.env.NATS_SERVER ?? "nats-server", ["--version"]).catch(() => null);
const skip = found ? false : "there is no nats-server";
/** Where pictures of the page are put, if anywhere. */
const SHOTS = process.env.JETLAB_SHOTS;

async function connect(lab, url) {
  const { page } = lab;
  await page.locator("#connect").click();
  await page.locator("#connect-urls").fill(url);
  await page.locator("#connect-go").click();
  await page.locator("#connect.is-there").waitFor({ timeout: 10_000 });
}

/** The plan is shown and nothing has been made; returns the prefix it shows. */
async function agree(lab, nats) {
  const { page } = lab;
  const dialog = page.getByRole("dialog", { name: /on your server/ });
  await dialog.waitFor();
  const text = await dialog.textContent();
  const prefix = /jl_[a-z0-9]{6}_/.exec(text)[0];
  assert.deepEqual((await streams(nats)).filter((name) => name.includes(prefix)), [], "nothing is made before the learner agrees");
  await page.locator("#plan-begin").click();
  await dialog.waitFor({ state: "detached" });
  return { prefix, text };
}

/** Names of the streams, as the server itself says. */
async function streams(nats) {
  const jsz = await nats.monitor("/jsz?streams=1&accounts=1");
  return (jsz.account_details ?? []).flatMap((account) => account.stream_detail ?? []).map((stream) => stream.name).sort();
}

/** Types what a lesson's text offers, in order, as a learner who taps every command does. */
async function enter(lab, actor, line) {
  const { output } = await lab.run(line, actor);
  return output;
}

async function reached(lab, id, timeout = 60_000) {
  const is = (id) => window.jetlab.milestones().some((milestone) => milestone.id === id && milestone.reached);
  await lab.page.waitForFunction(is, id, { timeout }).catch(async () => {
    const all = await lab.page.evaluate(() => JSON.stringify(window.jetlab.milestones()));
    const screens = await lab.page.evaluate(() => ["main", "shop", "alice", "bob"].map((actor) => window.jetlab.screen(actor)).join("\n---\n"));
    assert.fail(`${id} is not reached: ${all}\n${screens}`);
  });
}

async function cleanUp(lab) {
  const { page } = lab;
  if (!(await page.locator("#clean-up-state").count())) await page.locator("#clean-up").click();
  await page.locator("#clean-up-go").click();
  await page.locator("#clean-up-state", { hasText: "removed" }).waitFor();
  await page.getByRole("button", { name: "Close" }).click();
}

async function shot(lab, name) {
  if (!SHOTS) return;
  await mkdir(SHOTS, { recursive: true });
  await lab.page.screenshot({ path: `${SHOTS}/${name}.png` });
}

const ADD = (prefix) => `nats stream add --subjects='${prefix.slice(0, -1)}.orders.*' --storage=file --retention=work --discard=new --max-bytes=256MB --deny-delete --defaults ${prefix}orders_stream`;
const CONSUMER = (prefix) => `nats consumer add ${prefix}orders_stream processor --pull --ack explicit --filter "${prefix.slice(0, -1)}.orders.*" --max-deliver 2 --backoff linear --backoff-steps 1 --backoff-min 5s --backoff-max 5s --defaults`;

test("the first lesson finishes on the learner's server", { skip }, () => withNats({}, (nats) => inLab({ hash: "#/lesson/first-message" }, async (lab) => {
  await lab.ready();
  await connect(lab, nats.url);
  const { prefix } = await agree(lab, nats);
  const subject = `${prefix.slice(0, -1)}.orders.created`;
  assert.match(await lab.page.locator(".lesson-body").textContent(), new RegExp(`nats sub ${subject}`), "the text has the names");
  await lab.page.evaluate(([line]) => void window.jetlab.run(line, { actor: "bob" }), [`nats sub ${subject}`]);
  await reached(lab, "listening");
  await enter(lab, "alice", `nats pub ${subject} "Order #1"`);
  await reached(lab, "delivered");
  await lab.page.locator(".away-bar", { hasText: "Solved" }).waitFor();
  assert.deepEqual(await streams(nats), []);
  // What the marks mean is said below the picture.
  assert.match(await lab.page.locator(".known-legend").textContent(), /seen.*told.*asked/);
  assert.deepEqual(lab.errors, []);
})));

test("the order queue finishes on the learner's server, and nothing of it is left", { skip }, () => withNats({}, (nats) => inLab({ hash: "#/lesson/order-queue" }, async (lab) => {
  await lab.ready();
  await connect(lab, nats.url);
  const { prefix, text } = await agree(lab, nats);
  assert.match(text, new RegExp(`Stream ${prefix}orders_stream on ${prefix.slice(0, -1)}\\.orders\\.\\*`));
  assert.match(text, new RegExp(`Consumer processor on ${prefix}orders_stream`));
  await enter(lab, "main", ADD(prefix));
  await reached(lab, "stream");
  await enter(lab, "main", CONSUMER(prefix));
  await reached(lab, "consumer");
  await enter(lab, "shop", `nats pub -J ${prefix.slice(0, -1)}.orders.new "order-{{Count}}" --count 20`);
  await reached(lab, "orders");
  await enter(lab, "main", "lab worker processor --fail 50%");
  for (const [name, size] of Object.entries(SIZES)) {
    await lab.page.setViewportSize(size);
    await lab.drawn();
    await shot(lab, `order-queue-${name}`);
  }
  await lab.page.setViewportSize(SIZES.wide ?? Object.values(SIZES)[0]);
  await reached(lab, "settled");
  assert.deepEqual(await streams(nats), [`${prefix}orders_stream`]);
  await cleanUp(lab);
  assert.deepEqual(await streams(nats), [], "the server holds nothing of ours");
  assert.deepEqual(lab.errors, []);
})));

test("dead letters finish on the learner's server, beside a stream of the same name", { skip }, () => withNats({}, (nats) => inLab({ hash: "#/sandbox" }, async (lab) => {
  await lab.ready();
  await connect(lab, nats.url);
  await lab.page.getByRole("button", { name: "Close" }).click().catch(() => {});
  await enter(lab, "main", "nats stream add orders_stream --subjects 'orders.*' --defaults");
  await enter(lab, "main", "nats pub orders.new theirs --jetstream");
  await lab.page.evaluate(() => { location.hash = "#/lesson/dead-letters"; });
  const { prefix } = await agree(lab, nats);
  const stream = `${prefix}orders_stream`, letters = `${prefix}orders_unprocessed`;
  // The start was typed for the learner, line by line, and cleared away.
  await lab.page.locator('[aria-label^="Consumer processor on jl_"]').first().waitFor({ timeout: 10_000 });
  await enter(lab, "main", `nats stream add --subjects='$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${stream}.*' --storage=file --retention=work --discard=new --max-bytes=256MB --deny-delete --defaults ${letters}`);
  await reached(lab, "queue");
  await enter(lab, "shop", `nats pub -J ${prefix.slice(0, -1)}.orders.new "order-{{Count}}" --count 4`);
  await enter(lab, "main", "lab worker processor --fail 100% --work 50ms");
  await reached(lab, "letters");
  await enter(lab, "main", `nats consumer add ${letters} handler --pull --ack explicit --defaults`);
  await enter(lab, "main", `nats stream get ${stream} 1`);
  await reached(lab, "looked-up");
  await enter(lab, "main", "lab worker handler --dead-letters");
  await reached(lab, "handled");
  await lab.page.locator("#clean-up").click();
  await lab.page.locator("#clean-up-state li").first().waitFor();
  const list = await lab.page.locator("#clean-up-state li").allTextContents();
  assert.equal(list.length, 2, list.join());
  assert.ok(list.every((line) => line.includes(prefix)), list.join());
  await shot(lab, "clean-up");
  await cleanUp(lab);
  assert.deepEqual(await streams(nats), ["orders_stream"], "what is others' is left alone");
  assert.match(await enter(lab, "main", "nats stream info orders_stream"), /Messages: 1/);
  assert.deepEqual(lab.errors, []);
})));

test("a page that was closed in the middle cleans up at its next visit", { skip }, () => withNats({}, (nats) => inLab({ hash: "#/lesson/order-queue" }, async (lab) => {
  await lab.ready();
  await connect(lab, nats.url);
  const { prefix } = await agree(lab, nats);
  await enter(lab, "main", ADD(prefix));
  await reached(lab, "stream");
  const kept = await lab.page.evaluate(() => localStorage.getItem("jetlab.prefixes"));
  assert.ok(kept.includes(prefix.slice(0, -1)));
  await lab.page.reload();
  await lab.ready();
  assert.deepEqual(await streams(nats), [`${prefix}orders_stream`]);
  await lab.page.evaluate(() => { location.hash = "#/sandbox"; });
  await connect(lab, nats.url);
  // It is offered, and it asks.
  await lab.page.locator("#clean-up-state li", { hasText: prefix }).waitFor();
  await cleanUp(lab);
  assert.deepEqual(await streams(nats), []);
  assert.equal(await lab.page.evaluate(() => localStorage.getItem("jetlab.prefixes")), null);
  assert.deepEqual(lab.errors, []);
})));

test("a server that is killed in the middle of a lesson is found again, and the lesson goes on", { skip }, () => withNats({}, (nats) => inLab({ hash: "#/lesson/order-queue" }, async (lab) => {
  await lab.ready();
  await connect(lab, nats.url);
  const { prefix } = await agree(lab, nats);
  await enter(lab, "main", ADD(prefix));
  await enter(lab, "main", CONSUMER(prefix));
  await reached(lab, "consumer");
  await enter(lab, "shop", `nats pub -J ${prefix.slice(0, -1)}.orders.new "order-{{Count}}" --count 12`);
  await nats.kill();
  await lab.page.waitForFunction(() => window.jetlab.screen("main").includes("Disconnected due to"), null, { timeout: 10_000 });
  await nats.start();
  // Each terminal has a connection of its own, and what is typed while it is gone fails.
  for (const actor of ["main", "shop"]) {
    await lab.page.waitForFunction((actor) => window.jetlab.screen(actor).includes("Reconnected"), actor, { timeout: 30_000 });
  }
  await enter(lab, "shop", `nats pub -J ${prefix.slice(0, -1)}.orders.new "order-{{Count}}" --count 8`);
  await reached(lab, "orders");
  assert.match(await enter(lab, "main", `nats stream info ${prefix}orders_stream`), /Messages: 20/, "nothing that was stored is lost");
  await enter(lab, "main", "lab worker processor --fail 50%");
  await reached(lab, "settled");
  await cleanUp(lab);
  assert.deepEqual(await streams(nats), []);
})));

test("a stream of others is observed and stands as it stood", { skip }, () => withNats({}, (nats) => inLab({ hash: "#/sandbox" }, async (lab) => {
  await lab.ready();
  await connect(lab, nats.url);
  await lab.page.getByRole("button", { name: "Close" }).click().catch(() => {});
  for (const line of [
    "nats stream add ORDERS --subjects 'orders.*' --defaults",
    "nats pub orders.new order --count 5 --jetstream",
    "nats consumer add ORDERS worker --pull --ack explicit --defaults",
    "nats consumer next ORDERS worker --no-ack",
  ]) await enter(lab, "main", line);
  // Another visit has seen none of it.
  await lab.page.reload();
  await lab.ready();
  await connect(lab, nats.url);
  await lab.page.getByRole("button", { name: "Close" }).click().catch(() => {});
  await lab.page.locator("#observe").click();
  await lab.page.getByRole("button", { name: "ORDERS", exact: true }).click();
  const unseen = lab.page.locator('[aria-label^="5 messages nobody here has seen"]');
  await unseen.waitFor({ timeout: 10_000 });
  await lab.page.locator('[aria-label^="Consumer worker on ORDERS: 1 in flight, 4 not yet delivered"]').first().waitFor();
  for (const [name, size] of Object.entries(SIZES)) {
    await lab.page.setViewportSize(size);
    await lab.drawn();
    await shot(lab, `observe-${name}`);
  }
  assert.match(await enter(lab, "main", "nats consumer info ORDERS worker"), /Outstanding Acks: 1 /);
  assert.deepEqual(lab.errors, []);
})));
