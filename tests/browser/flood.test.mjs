// A flood from a real nats-server behind a WebSocket: the page stays quick while it reads. Held to times, on a quiet machine.
//
// Without a nats-server (`NATS_SERVER`, else on the `PATH`) nothing is run, and it says so.

import assert from "node:assert/strict";
import test from "node:test";
import { connected, inSandbox } from "./support/connect.mjs";
import { missing, withNats } from "./support/nats_server.mjs";

async function run(lab, line, actor = "main") {
  const { output, exitCode } = await lab.run(line, actor);
  assert.equal(exitCode, 0, `${line}: ${output}`);
  return output;
}

test("100,000 messages are consumed and no frame of the page takes long", { skip: missing }, () => withNats({}, (nats) => inSandbox({}, async (lab) => {
  await connected(lab, nats.url);
  await run(lab, "nats stream add FLOOD --subjects 'flood.>' --storage memory --defaults");
  await run(lab, "nats bench js pub async flood.x --stream FLOOD --msgs 100000 --size 128 --no-progress", "second");
  const { state } = JSON.parse(await run(lab, "nats stream info FLOOD --json"));
  assert.equal(state.messages, 100_000);
  await lab.page.evaluate(() => {
    window.frames_ = [];
    let last = performance.now();
    const frame = (now) => { window.frames_.push(now - last); last = now; window.measuring = requestAnimationFrame(frame); };
    window.measuring = requestAnimationFrame(frame);
  });
  const began = Date.now();
  const output = await run(lab, "nats bench js ordered --stream FLOOD --msgs 100000 --no-progress");
  const took = Date.now() - began;
  const frames = await lab.page.evaluate(() => { cancelAnimationFrame(window.measuring); return window.frames_; });
  const longest = Math.max(...frames);
  console.log(`100,000 messages in ${took} ms; ${frames.length} frames, the longest ${longest.toFixed(0)} ms`);
  assert.match(output, /msgs\/sec/);
  // One frame may be late for reasons of the machine's own; a page that freezes has many, or a very long one.
  const late = frames.filter((frame) => frame > 110);
  assert.ok(late.length <= frames.length / 50 && longest < 500, `${late.length} of ${frames.length} frames took more than 100 ms: ${late}`);
})));
