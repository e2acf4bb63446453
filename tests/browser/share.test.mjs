// A session as a link and as a file: it runs again elsewhere, event by event, and only when the learner wants it.

import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

const events = (page) => page.evaluate(() => JSON.stringify(window.jetlab.events()));
const milestones = (page) => page.evaluate(() => window.jetlab.milestones().map(({ id, reached }) => `${id} ${reached}`));

async function something(lab) {
  await lab.run("nats sub orders.created &", "bob");
  await lab.run('nats pub orders.created "Order <#1> ünï"', "alice");
  await lab.run("nats stream add ORDERS --subjects 'orders.*' --defaults", "alice");
  await lab.advance("3s");
  await lab.page.evaluate(() => window.jetlab.pause());
}

test("a link opens paused, shows what it will run, and gives the same events", () =>
  inLab({ hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    await something(lab);
    const [before, reached] = [await events(lab.page), await milestones(lab.page)];
    await lab.page.locator("#share").click();
    const link = await lab.page.locator("#share-link").inputValue();
    assert.ok(link.length < 2000, `${link.length}`);
    await lab.screenshot("share");
    await inLab({ hash: link.slice(link.indexOf("#")) }, async (other) => {
      await other.ready();
      const dialog = other.page.getByRole("dialog");
      await dialog.getByText("3 lines in the lesson “Your first message”").waitFor();
      assert.match(await dialog.locator("pre").innerText(), /alice \$ nats pub orders.created "Order <#1> ünï"/);
      assert.equal(await other.page.evaluate(() => window.jetlab.events().some((event) => event.fact === "published")), false);
      await other.screenshot("shared");
      await other.page.locator("#shared-play").click();
      await dialog.waitFor({ state: "detached" });
      await other.page.locator("#terminal-alice .line").first().waitFor();
      assert.equal(await events(other.page), before);
      assert.deepEqual(await milestones(other.page), reached);
      assert.equal(await other.page.evaluate(() => window.jetlab.playing()), false);
      assert.match(other.page.url(), /#\/lesson\/first-message$/);
      assert.deepEqual([other.errors, other.strangers], [[], []]);
    });
  }));

/** Numbers from a seed: the same session for everybody who reads a failure. */
function drawn(seed) {
  let state = seed * 2654435761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
    return state % below;
  };
}

/** Does so many things of a person, drawn at random: commands good and bad, time, workers, faults. */
async function anything(lab, seed, steps) {
  const draw = drawn(seed), pick = (of) => of[draw(of.length)];
  const lines = [
    "nats stream add S --subjects 's.*' --defaults", "nats stream rm S -f", "nats stream purge S -f", "nats stream info S",
    "nats consumer add S c --pull --wait 2s --defaults", "nats consumer next S c --no-ack", "nats consumer next S c",
    "nats pub s.a 'ünï <b>{{Count}}</b>' --count 3", "nats pub s.b \"$(date)\"", "nats kv add B", "nats kv put B k v", "nats kv get B k",
    "nats sub 's.>' &", "kill %1", "nats nonsense", "echo 'unfinished", "lab worker c --fail 50%", "lab net cut second", "lab net heal second",
  ];
  for (let step = 0; step < steps; step += 1) {
    const actor = pick(["main", "second"]);
    if (draw(3) === 0) await lab.advance(pick(["10ms", "1s", "5s", "2m"]));
    else await lab.page.evaluate(([line, actor]) => Promise.race([
      window.jetlab.run(line, { actor }).catch(() => {}), new Promise((later) => setTimeout(later, 300)),
    ]), [pick(lines), actor]);
  }
  await lab.page.evaluate(() => window.jetlab.pause());
}

for (const seed of [1, 2, 3, 4]) {
  test(`whatever was done comes out of its link event by event: seed ${seed}`, () =>
    inLab({ hash: "#/sandbox" }, async (lab) => {
      await lab.ready();
      await anything(lab, seed, 25);
      const before = await events(lab.page);
      assert.ok(JSON.parse(before).length > 20, before);
      await lab.page.locator("#share").click();
      const link = await lab.page.locator("#share-link").inputValue();
      await inLab({ hash: link.slice(link.indexOf("#")) }, async (other) => {
        await other.ready();
        await other.page.locator("#shared-play").click();
        await other.page.getByRole("dialog").waitFor({ state: "detached" });
        await other.page.waitForFunction((count) => window.jetlab.events().length >= count, JSON.parse(before).length);
        assert.equal(await events(other.page), before);
        assert.deepEqual([other.errors, other.strangers], [[], []]);
      });
    }));
}

test("a file takes the place of a long link, and is opened again", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    for (let n = 0; n < 150; n += 1) {
      const noise = Array.from({ length: 40 }, (_, i) => ((n * 7919 + i * 104729) % 36).toString(36)).join("");
      await lab.page.evaluate(([line]) => window.jetlab.run(line), [`nats pub noise.${n} ${noise}${n * n}`]);
    }
    await lab.page.evaluate(() => window.jetlab.pause());
    const before = await events(lab.page);
    await lab.page.locator("#share").click();
    const downloading = lab.page.waitForEvent("download");
    await lab.page.locator("#share-save").click();
    const path = join(tmpdir(), `jetlab-session-${process.pid}.json`);
    await (await downloading).saveAs(path);
    assert.equal(JSON.parse(await readFile(path, "utf8")).session.inputs.length > 150, true);
    await lab.page.evaluate(() => window.jetlab.reset());
    await lab.page.locator("#share-open").setInputFiles(path);
    await lab.page.locator("#shared-play").click();
    await lab.page.waitForFunction((wanted) => JSON.stringify(window.jetlab.events()) === wanted, before);
    await writeFile(path, '{"session": 7}');
    await lab.page.locator("#share").click();
    await lab.page.locator("#share-open").setInputFiles(path);
    assert.match(await lab.page.getByRole("alert").innerText(), /not a session/);
    assert.deepEqual(lab.errors, []);
  }));

for (const [what, hash] of [["cut", "#/session/1.q1YqLkksSVWy"], ["of another format", "#/session/9.abc"], ["nonsense", "#/session/<img src=x onerror=alert(1)>"]]) {
  test(`a link that is ${what} is answered with a sentence`, () =>
    inLab({ hash }, async (lab) => {
      await lab.ready();
      assert.match(await lab.page.getByRole("alert").innerText(), /this link (is broken|has the format)/);
      await lab.drawn();
      assert.equal(await lab.page.getByRole("dialog").count(), 0);
      assert.deepEqual(lab.errors, []);
    }));
}
