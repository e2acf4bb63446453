// The lab inside another page: the element, what the page around may ask for, and what hostile ones cannot do.

import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { serveHost } from "./support/host.mjs";
import { ROOT, inLab } from "./support/lab.mjs";

const WANTED = ["ready", "milestone", "solved", "state", "resize", "error"];

/** Opens the plain host in the lab's browser; `use(page, lab, host)`. */
async function inHost(use, { change, ...options } = {}) {
  await inLab(options, async (lab) => {
    const host = await serveHost("plain", lab.host.url, change);
    try {
      await lab.page.goto(host.url);
      await lab.page.evaluate((names) => {
        window.heard = [];
        for (const name of names) addEventListener(name, (event) => window.heard.push([event.target.id, name, event.detail]));
      }, WANTED);
      await use(lab.page, lab, host);
    } finally {
      await host.stop();
    }
  });
}

const frameOf = (page, id) => page.frameLocator(`#${id} iframe`);
const heard = (page, name) => page.evaluate((name) => window.heard.filter((one) => one[1] === name), name);

test("the script is small", async () => {
  const size = gzipSync(await readFile(join(ROOT, "assets/embed.js"))).length;
  assert.ok(size <= 12 * 1024, `${size} bytes`);
});

test("without a click there is only the text", () =>
  inHost(async (page, lab) => {
    assert.ok(await page.locator("#lesson p").isVisible());
    assert.ok(await page.locator("#cell code").isVisible());
    assert.equal(await page.locator("#lesson iframe").count(), 0);
    assert.deepEqual(lab.errors, []);
    await lab.screenshot("host-poster");
  }));

test("a lesson is opened, run from the page around after a yes, and tells what was reached", () =>
  inHost(async (page, lab) => {
    await page.locator("#lesson button").click();
    await page.waitForFunction(() => window.heard.some(([id, name]) => id === "lesson" && name === "ready"), null, { timeout: 20_000 });
    const frame = frameOf(page, "lesson");
    await frame.locator(".lesson-body").waitFor();
    await frame.locator("#undo").waitFor();
    assert.ok(await frame.locator(".lesson-body").isVisible());
    assert.equal(await frame.locator(".brand, .topbar-course").first().isVisible(), false, "the page around has a name of its own");
    assert.ok(await frame.locator("#undo").isVisible(), "what was done can be taken back");
    assert.equal(await frame.locator("html").getAttribute("data-theme"), "light");
    assert.equal(await frame.locator("html").evaluate((root) => getComputedStyle(root).getPropertyValue("--accent")), "#0b6b50");

    const answers = page.evaluate(() => document.getElementById("lesson").run("nats sub orders.created &", { actor: "bob" }));
    const dialog = frame.getByRole("alertdialog");
    await dialog.waitFor();
    assert.match(await dialog.innerText(), /nats sub orders\.created/);
    await lab.screenshot("host-asks");
    await dialog.getByRole("button", { name: "Yes, and do not ask again" }).click();
    assert.equal((await answers).exitCode, 0);
    const ran = await page.evaluate(() => document.getElementById("lesson").run('nats pub orders.created "Order #1"', { actor: "alice" }));
    assert.match(ran.output, /Published/);
    await page.waitForFunction(() => window.heard.some(([, name]) => name === "milestone"));
    const [[, , detail]] = await heard(page, "milestone");
    assert.equal(detail.lesson, "first-message");
    assert.ok((await heard(page, "resize")).length > 0);
    await page.evaluate(() => document.getElementById("lesson").pause());
    assert.equal(await frame.locator("html").evaluate(() => window.jetlab.playing()), false);
    await page.evaluate(() => document.getElementById("lesson").setAttribute("theme", "dark"));
    await frame.locator("html[data-theme=dark]").waitFor();
    await lab.screenshot("host-lesson");
    assert.deepEqual(lab.errors, []);
  }));

test("a no is an error for the page around, and nothing has run", () =>
  inHost(async (page) => {
    await page.evaluate(() => document.getElementById("cell").open().then(() => true));
    const refused = page.evaluate(() => document.getElementById("cell").run("nats stream ls").then(() => "ran", (error) => error.message));
    // A browser draws nothing in a frame that is out of sight.
    await page.locator("#cell").scrollIntoViewIfNeeded();
    await frameOf(page, "cell").getByRole("button", { name: "No", exact: true }).click();
    assert.equal(await refused, "the learner said no");
    assert.equal(await frameOf(page, "cell").locator(".line").count(), 0);
    const unknown = await page.evaluate(() => document.getElementById("cell").call("constructor").catch((error) => error.message));
    assert.match(unknown, /there is no "constructor"/);
  }));

test("a cell runs its block when the reader says so, beside a lesson on the same page", () =>
  inHost(async (page, lab) => {
    await page.locator("#lesson button").click();
    await page.locator("#cell button").click();
    const cell = frameOf(page, "cell");
    await cell.locator("#start-run").waitFor({ timeout: 20_000 });
    assert.match(await cell.locator(".start .console").innerText(), /nats stream add ORDERS/);
    assert.equal(await cell.locator(".app-scene").isVisible(), false);
    await cell.locator("#start-run").click();
    await cell.getByText("ORDERS", { exact: false }).last().waitFor();
    await cell.locator(".line", { hasText: "Published" }).waitFor();
    await page.locator("#cell").scrollIntoViewIfNeeded();
    await lab.screenshot("host-cell");
    assert.deepEqual(lab.errors, []);
  }));

/** Parts that each mode shows, and those that must have most of the room. */
const MODES = {
  lesson: [".goal", "#undo", "#play"],
  scene: [".app-scene", "#play"],
  terminal: [".app-terminal", "#play", "#prompt"],
  cell: [".app-terminal", "#start-run", "#prompt"],
};

for (const [mode, parts] of Object.entries(MODES)) {
  test(`at every size a frame may have, mode ${mode} uses its room, and nothing sticks out`, () =>
    inHost(async (page, lab) => {
      const element = page.locator("#cell");
      await page.evaluate(() => document.getElementById("cell").open().then(() => true));
      const frame = frameOf(page, "cell");
      const main = { lesson: ".app-lesson", scene: ".app-scene", terminal: ".app-terminal", cell: ".app-terminal" }[mode];
      for (const [width, height] of [[320, 240], [360, 640], [700, 480], [1000, 600]]) {
        await page.setViewportSize({ width: width + 40, height: height + 60 });
        await element.evaluate((element, [width, height]) => Object.assign(element.style, { inlineSize: `${width}px`, blockSize: `${height}px` }), [width, height]);
        await element.scrollIntoViewIfNeeded();
        await lab.drawn();
        await lab.drawn(frame.locator("html"));
        await lab.screenshot(`embed-${mode}-${width}`);
        const at = `${mode} ${width}x${height}`;
        const seen = await frame.locator("html").evaluate((root, [main, parts]) => {
          const box = (selector) => document.querySelector(selector)?.getBoundingClientRect();
          const isIn = ({ left, top, right, bottom, width }) => width > 0 && left >= 0 && top >= 0 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
          const { width, height } = box(main);
          return { wide: width / innerWidth, height, over: root.scrollWidth - innerWidth, out: parts.filter((part) => !isIn(box(part))) };
        }, [main, parts]);
        assert.ok(seen.over <= 0, `${at}: ${seen.over} px too wide`);
        // In so little room undo is the Z key's.
        assert.deepEqual(seen.out.filter((part) => !(part === "#undo" && height < 300)), [], at);
        if (!(mode === "lesson" && width >= 760)) assert.ok(seen.wide > 0.75, `${at}: ${main} has ${seen.wide} of the width`);
        assert.ok(seen.height >= (mode === "cell" ? 70 : 90), `${at}: ${main} is ${seen.height} px high`);
      }
      if (mode === "lesson") {
        // Where the lesson lies over the rest, Esc puts it away, and its button brings it back.
        await frame.locator(".app-lesson").waitFor();
        await frame.locator("#drawer").focus();
        await page.keyboard.press("Escape");
        await frame.locator(".app-lesson").waitFor({ state: "hidden" });
        await frame.locator("#drawer").click();
        await frame.locator(".app-lesson").waitFor();
      }
      assert.deepEqual(lab.errors, []);
    }, { change: (text) => text.replace('id="cell" mode="cell"', `id="cell" mode="${mode}" lesson="first-message"`) }));
}

test("a cell does not wait for messages that nobody sees travel", () =>
  inHost(async (page) => {
    await page.evaluate(() => document.getElementById("cell").open().then(() => true));
    await page.locator("#cell").scrollIntoViewIfNeeded();
    const cell = frameOf(page, "cell");
    await cell.locator("html").evaluate(() => window.jetlab.run("nats stream add S --subjects s --defaults"));
    const took = await cell.locator("html").evaluate(async () => {
      const began = performance.now();
      await window.jetlab.run("nats pub -J s x --count 20");
      return performance.now() - began;
    });
    assert.ok(took < 3_000, `twenty acknowledged messages took ${Math.round(took)} ms`);
  }));

test("where storage is denied it works all the same", () =>
  inHost(async (page) => {
    await page.locator("#cell button").click();
    await frameOf(page, "cell").locator("#start-run").click({ timeout: 20_000 });
    await frameOf(page, "cell").locator(".line", { hasText: "Published" }).waitFor();
  }, { storage: "denied" }));

test("markup in every attribute does nothing", () => {
  const evil = `'"><img src=x onerror="top.pwned=1">`;
  const attributes = ["lesson", "mode", "theme", "start", "hash", "aria-label"].map((name) => `${name}="${evil.replaceAll('"', "&quot;")}"`).join(" ");
  return inHost(async (page, lab) => {
    await page.evaluate(() => document.getElementById("lesson").open().then(() => true));
    const frame = frameOf(page, "lesson");
    await frame.locator(".start .console").waitFor({ timeout: 20_000 });
    assert.ok((await frame.locator(".start .console").innerText()).includes("<img"), "shown as text");
    assert.equal(await frame.locator("img").count(), 0);
    await frame.locator("#start-run").click();
    await frame.locator(".line").first().waitFor();
    assert.equal(await frame.locator("img").count(), 0);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.deepEqual(lab.errors, []);
  }, { change: (text) => text.replace('lesson="first-message" theme="light"', attributes) });
});

test("a stranger's messages are not heard", () =>
  inHost(async (page) => {
    await page.evaluate(() => document.getElementById("cell").open().then(() => true));
    const silent = await page.evaluate(() => new Promise((done) => {
      const frame = document.getElementById("cell").shadowRoot.querySelector("iframe");
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(false);
      frame.contentWindow.postMessage({ jetlab: 1, id: "another" }, "*", [port2]);
      port1.postMessage({ call: 1, name: "run", given: ["nats stream ls"] });
      setTimeout(() => done(true), 500);
    }));
    assert.ok(silent);
    assert.equal(await frameOf(page, "cell").getByRole("alertdialog").count(), 0);
  }));

/** The plain host with both elements in one session: a lesson, and its scene. */
const shared = (text) => text.replace('lesson="first-message"', 'lesson="first-message" session="shop"').replace('mode="cell"', 'mode="scene" session="shop"');

const eventsOf = (frame) => frame.locator("html").evaluate(() => JSON.stringify(window.jetlab.events()));

async function until(what, probe) {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await probe()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail(`it did not happen: ${what}`);
}

const agree = async (...frames) => {
  const [first, ...others] = await Promise.all(frames.map(eventsOf));
  return first.length > 10 && others.every((other) => other === first);
};

test("elements with the same session share one server, and it outlives the first of them", () =>
  inHost(async (page, lab) => {
    await page.evaluate(() => document.getElementById("lesson").open().then(() => true));
    await page.evaluate(() => document.getElementById("cell").open().then(() => true));
    const [lesson, scene] = [frameOf(page, "lesson"), frameOf(page, "cell")];
    const ran = page.evaluate(() => document.getElementById("lesson").run("nats stream add ORDERS --subjects 'orders.*' --defaults"));
    await page.locator("#lesson").scrollIntoViewIfNeeded();
    await lesson.getByRole("button", { name: "Yes, and do not ask again" }).click();
    assert.match((await ran).output, /Stream ORDERS was created/);
    await page.locator("#cell").scrollIntoViewIfNeeded();
    await scene.locator("[aria-label*='ORDERS']").first().waitFor();
    await until("both frames tell the same events", () => agree(lesson, scene));

    // What is done in the second one is done on the same server, and its answer comes back.
    const published = page.evaluate(() => document.getElementById("cell").run("nats pub orders.new hello -J --count 3"));
    await scene.getByRole("button", { name: "Yes, and do not ask again" }).click();
    assert.equal((await published).exitCode, 0);
    assert.match((await published).output, /Stored in Stream: ORDERS/);
    const state = () => page.evaluate(() => document.getElementById("lesson").state());
    await until("the first frame has the messages", async () => (await state()).messages === 3);
    assert.deepEqual((await page.evaluate(() => document.getElementById("cell").state())).streams, 1);

    // Pausing one pauses the other; time goes back for both.
    await page.evaluate(() => document.getElementById("cell").pause());
    await until("the first stands still", async () => (await state()).playing === false);
    await until("both agree again", () => agree(lesson, scene));
    await page.evaluate(() => document.getElementById("cell").seek(0.1));
    await until("both are back", async () => {
      const at = await Promise.all(["lesson", "cell"].map((id) => page.evaluate((id) => document.getElementById(id).state(), id)));
      return at.every(({ at, messages }) => at < 0.2 && messages === 0);
    });
    await page.evaluate(() => document.getElementById("cell").seek(1e6));
    await until("the messages are there again", async () => (await page.evaluate(() => document.getElementById("cell").state())).messages === 3);

    // The first goes; the second has everything, and the say.
    await page.evaluate(() => document.getElementById("cell").play());
    await page.evaluate(() => document.getElementById("lesson").remove());
    const after = await page.evaluate(() => document.getElementById("cell").run("nats stream info ORDERS"));
    assert.match(after.output, /Messages: 3/);
    const more = await page.evaluate(() => document.getElementById("cell").run("nats pub orders.new again -J"));
    assert.equal(more.exitCode, 0);
    assert.deepEqual(lab.errors, []);
  }, { change: shared }));

test("where the browser keeps frames apart, each has a server of its own and says so", () =>
  inHost(async (page, lab) => {
    for (const id of ["lesson", "cell"]) {
      await page.evaluate((id) => document.getElementById(id).open().then(() => true), id);
      await page.locator(`#${id}`).scrollIntoViewIfNeeded();
      await frameOf(page, id).getByText("has a server of its own").waitFor();
    }
    assert.equal((await page.evaluate(() => document.getElementById("cell").state())).playing, true);
    assert.deepEqual(lab.errors, []);
  }, { change: shared, storage: "denied" }));

test("progress, state and a link are there to be asked for, and a state is told", () =>
  inHost(async (page, lab) => {
    await page.evaluate(() => document.getElementById("lesson").open().then(() => true));
    const ask = (name, ...given) => page.evaluate(([name, given]) => document.getElementById("lesson")[name](...given), [name, given]);
    assert.deepEqual((await ask("progress")).map(({ reached }) => reached), (await ask("progress")).map(() => false));
    const state = await ask("state");
    assert.equal(state.lesson, "first-message");
    assert.ok(state.milestones > 0 && state.reached === 0 && state.speed === 1, JSON.stringify(state));
    assert.match(await ask("share"), /#\/session\/1\./);
    await ask("pause");
    await page.waitForFunction(() => window.heard.some(([, name, detail]) => name === "state" && detail.playing === false));
    assert.deepEqual(lab.errors, []);
  }));

test("a hash leads to a shared session, which runs when the learner says so", () =>
  inHost(async (page) => {
    const link = await page.evaluate(async () => {
      const lesson = document.getElementById("lesson");
      await lesson.open();
      return lesson.share();
    });
    await page.evaluate((hash) => {
      const cell = document.getElementById("cell");
      cell.setAttribute("hash", hash);
      return cell.open().then(() => true);
    }, link.slice(link.indexOf("#")));
    await page.locator("#cell").scrollIntoViewIfNeeded();
    await frameOf(page, "cell").locator("#shared-play").waitFor();
  }));
