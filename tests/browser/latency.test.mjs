// From a keystroke to its echo, with 10,000 lines above the prompt: at most 16 ms for 95 of 100 keys.
//
// The browser says itself how long an echo took: its Event Timing has, for each real key press, the time from the key's own
// time stamp to the screen's showing what it changed, in steps of 8 ms. Keys come at all phases of the screen's refresh, and
// the best of three rounds counts: with the playground's clock running, and with it standing still. That is held to the
// budget where a page with nothing but an input keeps it, too; on a machine so busy that even that one does not, it may take
// a step longer than that one. The page's own work is held to the budget: by the clock, and on a busy machine by the
// processor's time.
//
// Beside it stands what the page itself does: the work from the key event until style and layout are done and the frame that
// shows it until after its paint, and the processor time of the page's thread between key and echo. Whatever the machine
// does: with 10,000 lines a key costs what it costs in an empty terminal, and a small share of the budget. One lies a while
// after the other, and machines are not equally fast all the time: where a key seems dearer, both are measured again, up to
// three times, and what counts is the median of all the keys together.

import { strict as assert } from "node:assert";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DIST, inLab } from "./support/lab.mjs";

const BUDGET_MILLIS = 16;
const LINES = 10_000;
/** An empty page takes less on a machine that has nothing else to do. */
const QUIET_MILLIS = 4;
/** Event Timing counts in steps of so much, and leaves out what is shorter than the budget. */
const STEP_MILLIS = 8;
/** Processor time of the page per key, less what a page with one input takes for the measuring. */
const OWN_MILLIS = 8;
const ROUNDS = 3;
/** How much dearer a key may be with all lines in the document than in an empty terminal. */
const DEARER = 1.25;
/** A program with its debug information is no measure. */
const DEBUG_BYTES = 6 << 20;
const TEXT = "nats stream add ORDERS --subjects orders.new --max-age 1h --defaults ".repeat(2);

async function isRelease() {
  const programs = (await readdir(DIST)).filter((name) => name.endsWith(".wasm"));
  const sizes = await Promise.all(programs.map(async (name) => (await stat(join(DIST, name))).size));
  return Math.max(...sizes) < DEBUG_BYTES;
}

/** Notes for each key how long its echo took. */
function watchKeys(selector) {
  const input = document.querySelector(selector);
  const later = (act) => { const channel = new MessageChannel(); channel.port1.onmessage = act; channel.port2.postMessage(0); };
  window.keys = [];
  window.slow = [];
  new PerformanceObserver((list) => {
    window.slow.push(...list.getEntries().filter(({ name }) => name === "keydown").map(({ duration }) => duration));
  }).observe({ type: "event", durationThreshold: 16 });
  input.addEventListener("keydown", (event) => {
    later(() => {
      input.getBoundingClientRect();
      document.querySelector(".terminal-log")?.scrollHeight;
      const ready = performance.now();
      requestAnimationFrame(() => {
        const frame = performance.now();
        later(() => {
          const shown = performance.now();
          window.keys.push({ work: ready - event.timeStamp + shown - frame, whole: shown - event.timeStamp });
          window.echoed?.();
        });
      });
    });
  }, { capture: true });
  input.focus();
}

const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1];
const p95 = (values) => percentile(values, 0.95);

/** Types, and tells of each key what the browser, the clock and the processor say. */
async function measure(page, devtools) {
  const spent = async () => (await devtools.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value * 1e3;
  await page.evaluate(() => { window.keys.length = 0; window.slow.length = 0; });
  const cpu = [];
  for (const [index, key] of [...TEXT].entries()) {
    await page.evaluate((pause) => new Promise((done) => {
      window.echo = new Promise((done) => { window.echoed = done; });
      setTimeout(done, pause);
    }), (index * 7) % 17);
    const before = await spent();
    await page.keyboard.press(key === " " ? "Space" : key);
    await page.evaluate(() => window.echo);
    cpu.push(await spent() - before);
  }
  await page.waitForTimeout(100);
  const { keys, slow } = await page.evaluate(() => ({ keys: window.keys, slow: window.slow }));
  const browser = [...slow, ...Array(Math.max(0, TEXT.length - slow.length)).fill(STEP_MILLIS)];
  return { browser, work: keys.map(({ work }) => work), whole: keys.map(({ whole }) => whole), cpu };
}

/** As many rounds as it takes for one within the budget, but no more than three: the best of them. */
async function best(page, devtools) {
  const rounds = [];
  while (rounds.length < ROUNDS) {
    if (rounds.length) await page.keyboard.press("Control+u");
    rounds.push(await measure(page, devtools));
    if (p95(rounds.at(-1).browser) <= BUDGET_MILLIS) break;
  }
  return rounds.reduce((best, round) => (p95(round.browser) < p95(best.browser) ? round : best));
}

async function devtoolsOf(lab) {
  const devtools = await lab.context.newCDPSession(lab.page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  return devtools;
}

/** Everything once, in a page of its own: keys in an empty terminal, below 10,000 lines, and where there is but an input. */
const round = (t) =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    const { page } = lab;
    page.setDefaultTimeout(20_000);
    const devtools = await devtoolsOf(lab);
    const release = await isRelease();
    const tell = (name, figures) => {
      const text = (values) => `p50 ${percentile(values, 0.5).toFixed(1)} ms, p95 ${percentile(values, 0.95).toFixed(1)} ms`;
      const shown = `the browser says p50 ≤ ${Math.max(BUDGET_MILLIS, percentile(figures.browser, 0.5))} ms, p95 ≤ ${Math.max(BUDGET_MILLIS, p95(figures.browser))} ms`;
      t.diagnostic(`${name}: ${shown}; own work ${text(figures.work)}; processor ${text(figures.cpu)}; with the wait for the screen ${text(figures.whole)}`);
      assert.equal(figures.cpu.length, TEXT.length);
    };
    await page.evaluate(watchKeys, "#terminal-main .prompt-input");
    const empty = await measure(page, devtools);
    tell("an empty terminal", empty);
    await page.keyboard.press("Control+u");
    await lab.run(`seq ${LINES + 100}`, "main");
    await page.locator("#terminal-main .prompt-input").focus();
    const count = () => page.locator("#terminal-main .line").count();
    const atTheEnd = await measure(page, devtools);
    await lab.drawn();
    tell(`${await count()} lines in the document`, atTheEnd);
    await page.keyboard.press("Control+u");
    for (;;) {
      const earlier = page.locator("#terminal-main .log-earlier > button");
      if (!(await earlier.count())) break;
      await earlier.evaluate((button) => button.click());
      await lab.drawn();
    }
    assert.ok(await count() >= LINES - 1, `${await count()} lines are in the page`);
    const allOpened = await best(page, devtools);
    tell(`all ${await count()} lines in the document`, allOpened);
    await page.evaluate(() => window.jetlab.pause());
    await page.keyboard.press("Control+u");
    const still = await best(page, devtools);
    tell("the same while the clock stands still", still);
    await page.goto("about:blank");
    await page.setContent("<input>");
    await page.evaluate(watchKeys, "input");
    const nothing = await best(page, devtools);
    tell("a page with nothing but an input", nothing);
    return { empty, atTheEnd, allOpened, still, nothing, release };
  });

const TERMINALS = ["atTheEnd", "allOpened"];

/** How many times dearer a key is in `terminal` than in an empty one, over all rounds. */
function dearer(rounds, terminal) {
  const median = (name) => percentile(rounds.flatMap((round) => round[name].cpu), 0.5);
  return median(terminal) / median("empty");
}

function judge(t, { atTheEnd, allOpened, still, nothing }) {
  const busy = p95(nothing.work) > QUIET_MILLIS;
  if (busy) t.diagnostic("this machine is busy: the processor's time counts");
  const allowed = Math.max(BUDGET_MILLIS, p95(nothing.browser) > BUDGET_MILLIS ? p95(nothing.browser) + STEP_MILLIS : 0);
  for (const [name, figures] of [["running", allOpened], ["standing still", still]]) {
    const shown = p95(figures.browser);
    assert.ok(shown <= allowed, `with the clock ${name} the browser says ${shown} ms, more than ${allowed} ms`);
  }
  for (const figures of [atTheEnd, allOpened]) {
    const own = percentile(figures.cpu, 0.5) - percentile(nothing.cpu, 0.5);
    assert.ok(own <= OWN_MILLIS, `a key costs ${own} ms of the processor, more than ${OWN_MILLIS} ms`);
    const slow = busy ? p95(figures.cpu) - percentile(nothing.cpu, 0.5) : p95(figures.work);
    assert.ok(slow <= BUDGET_MILLIS, `${slow} ms is more than ${BUDGET_MILLIS} ms`);
  }
}

test("keystroke to echo with 10,000 lines of scrollback", { timeout: 300_000 }, async (t) => {
  const rounds = [];
  do {
    rounds.push(await round(t));
    if (!rounds[0].release) return t.diagnostic("a debug build: the budget is not held against it");
    judge(t, rounds.at(-1));
  } while (rounds.length < ROUNDS && TERMINALS.some((terminal) => dearer(rounds, terminal) > DEARER));
  for (const terminal of TERMINALS) {
    const times = dearer(rounds, terminal);
    t.diagnostic(`${terminal}: a key costs ${times.toFixed(2)} times what it costs in an empty terminal (${rounds.length} rounds)`);
    assert.ok(times <= DEARER, `a key costs ${times} times what it costs in an empty terminal`);
  }
});
