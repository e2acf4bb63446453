// Every scene and every lesson in the page: opened by its link, shown without an error, rewound and run again.

import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DIST, SIZES, inLab } from "./support/lab.mjs";

const list = async (name) => JSON.parse(await readFile(join(DIST, "content", name), "utf8"));
const events = (lab) => lab.page.evaluate(() => window.jetlab.events());

async function arrived(lab) {
  await lab.drawn();
  await lab.page.waitForFunction(() => {
    const ratio = document.querySelector(".timebar-ratio")?.textContent;
    return ratio !== "going back" && !document.querySelector(".timebar-clock.is-jumping");
  });
  await lab.drawn();
}

/** To the begin and forward again: everything must be as it was. */
async function rewound(lab, what) {
  const first = await events(lab);
  assert.ok(first.length > 3, `${what}: something happened`);
  await lab.page.locator("#scrubber").press("Home");
  await arrived(lab);
  const begin = await events(lab);
  assert.ok(begin.length < first.length, `${what}: ${begin.length} of ${first.length} events at the begin`);
  assert.deepEqual(begin, first.slice(0, begin.length), what);
  await lab.page.locator("#newest").click();
  await arrived(lab);
  const again = await events(lab);
  assert.equal(JSON.stringify(again), JSON.stringify(first), `${what}: other events`);
}

/** What is still to be done in a script, line by line; a command that goes on is left to it. */
async function plays(lab, script) {
  for (const line of script ?? []) {
    const entered = line.type ? [line.type.actor, line.type.line] : line.answer && [line.answer.actor, line.answer.text];
    if (entered) await lab.page.evaluate(([actor, line]) => {
      const ran = window.jetlab.run(line, { actor });
      return Promise.race([ran.catch(() => {}), new Promise((done) => setTimeout(done, 400))]);
    }, entered);
    else if (line.interrupt) await lab.page.locator(`#terminal-${line.interrupt.actor} .prompt-input`).press("Control+c");
    else if (line.wait) await lab.advance(`${line.wait.nanos / 1e9}s`);
    else throw new Error(`this is not played: ${JSON.stringify(line)}`);
  }
}

test("every scene opens by its link, and runs again exactly", async () => {
  await inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    await lab.page.locator(".gallery-scene").first().waitFor();
    const gallery = await list("gallery.json");
    await lab.drawn();
    assert.equal(await lab.page.locator(".gallery-scene").count(), gallery.length);
    assert.ok(gallery.length >= 26);
    await lab.screenshot("gallery");
    for (const { id, title, file } of gallery) {
      await lab.page.evaluate((id) => { location.hash = `#/scene/${id}`; }, id);
      await lab.page.locator(".lesson-body h1", { hasText: title }).waitFor();
      await lab.screenshot(`scene-${id}`);
      await plays(lab, JSON.parse(await readFile(join(DIST, "content", file), "utf8")).solution);
      await lab.page.evaluate(() => window.jetlab.pause());
      await arrived(lab);
      await rewound(lab, id);
    }
    assert.deepEqual(lab.errors, []);
    assert.deepEqual(lab.strangers, []);
  });
});

test("every lesson's commands run again exactly", async () => {
  await inLab({}, async (lab) => {
    await lab.ready();
    for (const { id, title, file } of await list("course.json")) {
      await lab.page.evaluate((id) => { location.hash = `#/lesson/${id}`; }, id);
      await lab.page.locator(".lesson-body h1", { hasText: title }).waitFor();
      const { solution, actors } = JSON.parse(await readFile(join(DIST, "content", file), "utf8"));
      await plays(lab, solution);
      await lab.page.evaluate(() => window.jetlab.advance("10s"));
      await lab.page.evaluate(() => window.jetlab.pause());
      await arrived(lab);
      await rewound(lab, `${id} (${actors})`);
    }
    assert.deepEqual(lab.errors, []);
  });
});

test("a scene opens by its link alone", () =>
  inLab({ hash: "#/scene/s3-worker" }, async (lab) => {
    await lab.ready();
    await lab.page.locator(".lesson-body h1", { hasText: "A worker that fails" }).waitFor();
    assert.ok((await events(lab)).length > 20);
  }));

for (const theme of ["light", "dark"]) {
  for (const size of Object.keys(SIZES)) {
    test(`the gallery: ${theme}, ${size}`, () =>
      inLab({ hash: "#/sandbox", theme, size, bypassCSP: true }, async (lab) => {
        await lab.ready();
        await lab.page.locator(".gallery-scene").first().waitFor();
        await lab.screenshot(`gallery-${theme}-${size}`);
        assert.deepEqual(await lab.axe(), []);
      }));
  }
}
