// From a keystroke to its echo, with 10,000 lines above the prompt: at most 16 ms for 95 of 100 keys.
//
// Counted is the work: from the key event until style and layout are done, and the frame that shows it until after its
// paint. The wait for the screen's next refresh lies between the two and is printed beside it.

import { strict as assert } from "node:assert";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DIST, inLab } from "./support/lab.mjs";

const BUDGET_MILLIS = 16;
const LINES = 10_000;
/** A program with its debug information is no measure. */
const DEBUG_BYTES = 6 << 20;
const TEXT = "nats stream add ORDERS --subjects orders.new --max-age 1h --defaults ".repeat(2);

async function isRelease() {
  const programs = (await readdir(DIST)).filter((name) => name.endsWith(".wasm"));
  const sizes = await Promise.all(programs.map(async (name) => (await stat(join(DIST, name))).size));
  return Math.max(...sizes) < DEBUG_BYTES;
}

/** Notes for each key how long its echo took. */
function watchKeys() {
  const input = document.querySelector("#terminal-main .prompt-input");
  const later = (act) => { const channel = new MessageChannel(); channel.port1.onmessage = act; channel.port2.postMessage(0); };
  window.keys = [];
  input.addEventListener("keydown", (event) => {
    later(() => {
      input.getBoundingClientRect();
      document.querySelector("#terminal-main .terminal-log").scrollHeight;
      const ready = performance.now();
      requestAnimationFrame(() => {
        const frame = performance.now();
        later(() => {
          const shown = performance.now();
          window.keys.push({ work: ready - event.timeStamp + shown - frame, whole: shown - event.timeStamp });
        });
      });
    });
  }, { capture: true });
}

const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1];

async function measure(lab) {
  await lab.page.evaluate(() => { window.keys.length = 0; });
  for (const key of TEXT) {
    await lab.page.keyboard.press(key === " " ? "Space" : key);
    await lab.page.waitForTimeout(5);
  }
  await lab.drawn();
  await lab.page.keyboard.press("Control+u");
  return lab.page.evaluate(() => window.keys.slice(0, -1));
}

test("keystroke to echo with 10,000 lines of scrollback", { timeout: 120_000 }, (t) =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    const { page } = lab;
    page.setDefaultTimeout(20_000);
    await lab.run(`seq ${LINES + 100}`, "main");
    await page.locator("#terminal-main .prompt-input").focus();
    await page.evaluate(watchKeys);
    const lines = () => page.locator("#terminal-main .line").count();
    const usual = { lines: await lines(), keys: await measure(lab) };
    for (;;) {
      const earlier = page.locator("#terminal-main .log-earlier > button");
      if (!(await earlier.count())) break;
      await earlier.evaluate((button) => button.click());
      await lab.drawn();
    }
    const all = { lines: await lines(), keys: await measure(lab) };
    assert.ok(all.lines >= LINES - 1, `${all.lines} lines are in the page`);
    const release = await isRelease();
    for (const [name, { lines, keys }] of Object.entries({ "at the end": usual, "all opened": all })) {
      const [work, whole] = ["work", "whole"].map((kind) => keys.map((key) => key[kind]));
      const text = (values) => `p50 ${percentile(values, 0.5).toFixed(1)} ms, p95 ${percentile(values, 0.95).toFixed(1)} ms`;
      t.diagnostic(`${name}, ${lines} lines in the document: ${text(work)}; with the wait for the screen ${text(whole)}`);
      assert.ok(keys.length >= TEXT.length - 2, `${keys.length} keys were seen`);
      if (release) assert.ok(percentile(work, 0.95) <= BUDGET_MILLIS, `${name}: more than ${BUDGET_MILLIS} ms`);
    }
    if (!release) t.diagnostic("a debug build: the budget is not held against it");
  }));
