// The picture under load: a scripted flow of 10, 1,000 and 100,000 messages a second on eight edges and three streams,
// in the release build of the picture alone. `cargo xtask load` builds the page and runs this; the figures are printed.
//
// As in the page, what happens gets 8 ms of a frame and what does not fit is dropped: the rate that was reached is printed.
// A frame is measured from before the picture's own animation callback to after it and everything it set going (Yew
// renders in microtasks), without telling it what happened: that is measured apart. Only frames in
// which the picture was called count: it sleeps where nothing happens, which costs nothing. Page time is the wall's while frames
// are measured. For the heap, five minutes of page time are told ten frames' worth at a time.

import { strict as assert } from "node:assert";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, inLab } from "./support/lab.mjs";

const folder = process.env.JETLAB_LOAD_PAGE ?? join(ROOT, "target/load-page");
const RATES = [10, 1_000, 100_000];
const BUDGET = { p95: 4, worst: 33, nodes: 1_500, shapes: 400 };

/** What was measured, for whoever wants it in a file: `cargo xtask load --write`. */
const figures = { rates: [], heap: null };
after(async () => {
  if (process.env.JETLAB_FIGURES) await writeFile(process.env.JETLAB_FIGURES, JSON.stringify(figures));
});

before(async () => {
  await mkdir(folder, { recursive: true });
  for (const sheet of ["site.css", "scene.css", "app.css"]) await cp(join(ROOT, "assets", sheet), join(folder, sheet));
  const sheets = ["site", "scene", "app"].map((name) => `<link rel="stylesheet" href="${name}.css">`).join("");
  await writeFile(join(folder, "index.html"), `<!doctype html><html lang="en"><title>load</title><link rel="icon" href="data:,">${sheets}
    <body><div class="panel"><div id="app" class="scene-scroll"></div></div></body></html>`);
});

/**
 * Mounts the picture, and takes its animation callbacks in hand: they are called in every frame after what happened was told,
 * and what they took is known in the callback that comes next, when everything they set going is over as well.
 */
const mount = (page) => page.evaluate(async () => {
  const ask = window.requestAnimationFrame.bind(window);
  let waiting = [];
  window.requestAnimationFrame = (callback) => waiting.push(callback);
  const scene = await import(new URL("scene.js", location.href));
  const exports = await scene.default();
  const lab = { scene, rate: 0, speed: 1, slice: 8, frames: [], memory: exports.memory };
  window.lab = lab;
  let last = performance.now();
  let frame;
  const first = (time) => {
    ask(first);
    const now = performance.now();
    const elapsed = Math.min(now - last, 100);
    last = now;
    let told = 0;
    // As the page does: what does not fit into its slice of the frame does not happen.
    const parts = Math.ceil(elapsed * 2);
    for (let part = 0; part < lab.speed * parts && performance.now() - now < lab.slice; part += 1) told += scene.feed(lab.rate, elapsed / parts);
    const callbacks = waiting;
    waiting = [];
    const began = performance.now();
    frame = { elapsed, told, telling: began - now, began, callbacks: callbacks.length };
    for (const callback of callbacks) callback(time);
  };
  const second = () => {
    ask(second);
    frame.work = performance.now() - frame.began;
    frame.shapes = scene.drawn();
    lab.frames.push(frame);
  };
  ask(first);
  ask(second);
  scene.mount();
  while (!document.querySelector(".scene")) await new Promise((done) => setTimeout(done, 50));
});

/** So many seconds of the wall at a rate; the frames of all but the first second. */
async function frames(page, rate, seconds) {
  await page.evaluate((rate) => { window.lab.rate = rate; }, rate);
  await page.waitForTimeout(2_500);
  await page.evaluate(() => { window.lab.frames.length = 0; });
  await page.waitForTimeout(seconds * 1_000);
  return page.evaluate(() => window.lab.frames);
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const sorted = (frames, what) => frames.map(what).sort((a, b) => a - b);
const ms = (value) => `${value.toFixed(2)} ms`;

/**
 * What the machine takes away from any page just now: a page with nothing but the same sum in every frame. How much longer
 * the sum takes in 5 of 100 frames than usually, and by how much the worst frame is late.
 */
async function taken(lab) {
  const empty = await lab.context.newPage();
  await empty.goto("about:blank");
  await empty.bringToFront();
  const took = await empty.evaluate(() => new Promise((done) => {
    const took = [];
    const frame = () => {
      const began = performance.now();
      let sum = 0;
      for (let n = 1; n < 400_000; n += 1) sum += Math.sqrt(n) % 3;
      took.push(performance.now() - began + (sum < 0 ? 1 : 0));
      if (took.length < 240) requestAnimationFrame(frame);
      else done(took);
    };
    requestAnimationFrame(frame);
  }));
  await empty.close();
  await lab.page.bringToFront();
  took.splice(0, 20);
  took.sort((a, b) => a - b);
  const median = at(took, 0.5);
  return { factor: Math.max(1, at(took, 0.95) / median), late: at(took, 1) - median };
}

/** One round: frames measured, printed, and what of the budget they break. */
async function round(lab, rate) {
  const { page } = lab;
  const machine = await taken(lab);
  const all = await frames(page, rate, 6);
  const measured = all.filter((frame) => frame.callbacks > 0);
  const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  const work = sorted(measured, (frame) => frame.work);
  const telling = sorted(measured, (frame) => frame.telling);
  const worst = at(sorted(measured, (frame) => frame.work + frame.telling), 1);
  const told = all.reduce((sum, frame) => sum + frame.told, 0) / (all.reduce((sum, frame) => sum + frame.elapsed, 0) / 1e3);
  const shapes = at(sorted(measured, (frame) => frame.shapes), 1);
  console.log(`${rate}/s: told ${Math.round(told)}/s, drawn in ${measured.length} of ${all.length} frames; scene work median ${ms(at(work, 0.5))}, `
    + `p95 ${ms(at(work, 0.95))}, worst ${ms(at(work, 1))}; telling p95 ${ms(at(telling, 0.95))}; both, worst ${ms(worst)}; ${nodes} nodes, up to ${shapes} shapes on the canvas; an empty page is up to ${ms(machine.late)} late, ${machine.factor.toFixed(2)} times as slow`);
  // An order is four messages; more than one in a frame is drawn in every frame.
  assert.ok(measured.length >= Math.min(all.length * 0.9, rate), "the picture was drawn");
  figures.rates = figures.rates.filter((known) => known.rate !== rate);
  figures.rates.push({ rate, told, p95: at(work, 0.95), worst, nodes, factor: machine.factor });
  assert.ok(told >= Math.min(rate * 0.9 - 4, 20_000), "the flow was as fast as it should be");
  assert.ok(nodes <= BUDGET.nodes, `${nodes} nodes`);
  // A message travels for 2 ms: of few, no frame may show one on its way.
  assert.ok((shapes > 0 || rate <= 10) && shapes <= BUDGET.shapes, `${shapes} shapes on the canvas`);
  return [
    at(work, 0.95) > BUDGET.p95 && `p95 ${ms(at(work, 0.95))}`,
    worst > BUDGET.worst + machine.late && `worst frame ${ms(worst)}`,
  ].filter(Boolean);
}

for (const rate of RATES) {
  // A busy machine stops any program now and then; a picture that is too slow is too slow every time.
  test(`${rate.toLocaleString("en")} messages a second stay within the budget of a frame`, () => inLab({ folder }, async (lab) => {
    await mount(lab.page);
    let broken = await round(lab, rate);
    for (let again = 0; again < 3 && broken.length; again += 1) broken = await round(lab, rate);
    await lab.screenshot(`load-${rate}`);
    assert.deepEqual(broken, []);
    assert.deepEqual(lab.errors, []);
  }));
}

test("the heap is steady over five minutes of page time", () => inLab({ folder }, async (lab) => {
  const cdp = await lab.context.newCDPSession(lab.page);
  const heap = async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    const { usedSize } = await cdp.send("Runtime.getHeapUsage");
    const memory = await lab.page.evaluate(() => window.lab.memory.buffer.byteLength);
    return { js: usedSize / 2 ** 20, wasm: memory / 2 ** 20 };
  };
  await mount(lab.page);
  await lab.page.evaluate(() => Object.assign(window.lab, { rate: 2_500, speed: 10, slice: 1e3 }));
  const told = () => lab.page.evaluate(() => window.lab.frames.reduce((sum, frame) => sum + frame.told, 0));
  // One minute to fill the streams and the record, then what five minutes add.
  while (await told() < 2_500 * 60) await lab.page.waitForTimeout(250);
  const begin = await heap();
  while (await told() < 2_500 * 360) await lab.page.waitForTimeout(250);
  const end = await heap();
  const text = ({ js, wasm }) => `page ${js.toFixed(1)} MiB, program ${wasm.toFixed(1)} MiB`;
  console.log(`heap after one minute: ${text(begin)}; after six: ${text(end)}; ${await lab.page.evaluate(() => window.lab.scene.steps())} steps`);
  figures.heap = { begin, end };
  assert.ok(end.js < begin.js * 1.2 + 1, "the page's heap");
  assert.ok(end.wasm < begin.wasm * 1.1 + 1, "the program's memory");
}));
