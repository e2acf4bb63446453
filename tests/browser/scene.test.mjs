// The scene on the page: how close one looks, what opens, what moves.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";
import { ADD_ORDERS, ADD_PROCESSOR, PUBLISH } from "./support/orders.mjs";

/** Orders of which one was delivered twice, given up and told about to a stream that keeps it. */
async function deadLetter(lab) {
  await lab.ready();
  await lab.run(ADD_ORDERS, "main");
  await lab.run("", "main");
  await lab.run(ADD_PROCESSOR, "main");
  await lab.run("nats stream add dlq --subjects '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.orders_stream.*' --defaults", "main");
  await lab.run("nats pub orders.new hello", "shop");
  for (let delivery = 0; delivery < 2; delivery += 1) {
    await lab.run("nats consumer next orders_stream processor --no-ack", "main");
    await lab.advance("6s");
  }
  await lab.run("nats consumer next orders_stream processor --no-ack --timeout 1s", "main");
  await lab.page.evaluate(() => window.jetlab.pause());
  await lab.drawn();
}

const moments = (lab) => lab.page.locator(".moment-text").allInnerTexts();
const level = (lab) => lab.page.locator(".scene-levels [aria-current]").innerText();

/** Once the place has the focus that it was promised. */
const focused = (lab, selector) => lab.page.waitForFunction((selector) => document.activeElement.matches(selector), selector);

test("from the scene to a stream to the life of a message and back, by keyboard", () =>
  inLab({ hash: "#/lesson/order-queue", bypassCSP: true }, async (lab) => {
    await deadLetter(lab);
    const { keyboard } = lab.page;
    await lab.page.locator(".card > .head").first().focus();
    await keyboard.press("Enter");
    await lab.page.locator(".inspector").waitFor();
    await lab.page.locator(".card > .head").first().focus();
    await keyboard.press("Enter");
    await lab.page.locator(".card:only-child").waitFor();
    assert.equal(await level(lab), "orders_stream");
    await lab.drawn();
    assert.equal(await lab.page.locator(".tag").count(), 0, "one stream with its consumers, and nothing else");
    await lab.page.locator(".card .stored").first().focus();
    await keyboard.press("Enter");
    await keyboard.press("Enter");
    await focused(lab, ".lifeline-scroll");
    await lab.drawn();
    const told = await moments(lab);
    for (const said of [/^shop published it on orders\.new$/, /^orders_stream stored it as message 1$/,
      /^processor delivered it to main$/, /^it is back at processor$/, /^processor delivered it to main, delivery 2$/,
      /^processor gave up on it after 2 deliveries/, /^the server told of it/, /^dlq keeps that as its message 1$/]) {
      assert.ok(told.some((text) => said.test(text)), `${said}: ${told.join("; ")}`);
    }
    assert.deepEqual(await lab.axe(), []);
    await lab.screenshot("life-line");
    await keyboard.press("Escape");
    await lab.page.locator(".card:only-child").waitFor();
    await focused(lab, ".scene-scroll");
    await keyboard.press("Escape");
    await lab.page.locator(".tag").first().waitFor();
    await lab.drawn();
    assert.ok(await lab.page.locator(".inspector").isVisible(), "only the way back was taken");
    assert.deepEqual(lab.errors, []);
  }));

test("by pointer, too: the life of a message, of the dead letter it left, and the way back", () =>
  inLab({ hash: "#/lesson/order-queue" }, async (lab) => {
    await deadLetter(lab);
    await lab.page.locator(".consumer .cell").first().click();
    await lab.page.locator(".scene-levels button", { hasText: "Life line" }).click();
    await lab.page.locator(".lifeline-title", { hasText: "Message 1 of orders_stream" }).waitFor();
    await lab.page.locator("button.moment-said", { hasText: "dlq keeps that" }).click();
    await lab.page.locator(".lifeline-title", { hasText: "Message 1 of dlq" }).waitFor();
    await lab.page.locator(".scene-levels button", { hasText: "Scene" }).click();
    await lab.page.locator(".tag").first().waitFor();
    assert.deepEqual(lab.errors, []);
  }));

test("what a message waits for runs down in its life line", () =>
  inLab({ hash: "#/lesson/order-queue" }, async (lab) => {
    await lab.ready();
    await lab.run(ADD_ORDERS, "main");
    await lab.run("", "main");
    await lab.run(ADD_PROCESSOR, "main");
    await lab.run(PUBLISH, "shop");
    await lab.run("nats consumer next orders_stream processor --no-ack", "main");
    await lab.page.evaluate(() => window.jetlab.pause());
    await lab.drawn();
    await lab.page.locator(".consumer .cell").first().click();
    await lab.page.locator(".scene-levels button", { hasText: "Life line" }).click();
    const timer = lab.page.locator(".moment.is-to-come", { hasText: "stops waiting for an answer" });
    assert.match(await timer.locator(".moment-wait").innerText(), /^in \d/);
    await lab.advance("6s");
    await lab.page.locator(".moment-text", { hasText: "it is back at processor" }).waitFor();
  }));

for (const size of ["wide", "narrow"]) {
  test(`the system track opens into its parts and closes again: ${size}`, () =>
    inLab({ hash: "#/sandbox", size, bypassCSP: true }, async (lab) => {
      await lab.ready();
      await lab.run("nats sub 'orders.*' &", "main");
      await lab.run("nats stream add S --subjects 'orders.>' --defaults", "main");
      await lab.run("nats pub orders.new x", "second");
      await lab.page.evaluate(() => window.jetlab.pause());
      if (size === "narrow") await lab.page.getByRole("button", { name: "Watch", exact: true }).click();
      await lab.drawn();
      const part = lab.page.locator(".track", { hasText: "$JS.API.STREAM.…" });
      assert.equal(await part.count(), 0);
      await lab.page.locator(".switch").focus();
      await lab.page.keyboard.press("Enter");
      await part.waitFor();
      assert.equal(await lab.page.locator(".switch").getAttribute("aria-expanded"), "true");
      assert.deepEqual(await lab.axe(), []);
      await part.click();
      await lab.page.locator(".inspector .sheet-title", { hasText: "$JS.API.STREAM.…" }).waitFor();
      await lab.page.locator(".switch").click();
      await part.waitFor({ state: "detached" });
      await lab.drawn();
      const brackets = await lab.page.locator(".bracket .filter").allTextContents();
      assert.ok(brackets.some((label) => label.includes("orders.*")) && brackets.includes("S"), brackets.join(", "));
      assert.deepEqual(lab.errors, []);
    }));
}

test("a badge opens the story at what it counts, and nothing else", () =>
  inLab({ hash: "#/sandbox", bypassCSP: true }, async (lab) => {
    await lab.ready();
    await lab.run("nats stream add S --subjects 's.>' --defaults --max-msgs 2 --discard new", "main");
    await lab.run("nats pub s.a x --count 4", "main");
    await lab.run("nats pub nobody x --count 3", "main");
    await lab.drawn();
    const badge = lab.page.locator(".badge", { hasText: "2 refused" });
    await badge.focus();
    await lab.page.keyboard.press("Enter");
    await focused(lab, ".story-log");
    await lab.drawn();
    const told = await lab.page.locator(".story-line").allInnerTexts();
    assert.deepEqual(told, ['S refused 2 messages with "maximum messages exceeded".']);
    assert.deepEqual(await lab.axe(), []);
    await lab.page.locator(".badge", { hasText: "3 unwanted" }).click();
    await lab.page.locator(".story-line", { hasText: "Nobody wanted 3 messages on nobody" }).waitFor();
    await lab.drawn();
    assert.equal(await lab.page.locator(".story-line").count(), 1);
    await lab.page.locator(".look-filters select").first().selectOption("");
    await lab.page.locator(".story-line", { hasText: "Stream S was created" }).waitFor();
  }));

test("an object store shows its objects, chunks behind one another", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    await lab.run("nats object add files", "main");
    await lab.run("echo hello > a.txt", "main");
    await lab.run("nats object put files a.txt --chunk-size 2", "main");
    await lab.drawn();
    const drawer = lab.page.locator(".drawer");
    assert.match(await drawer.getAttribute("aria-label"), /^Object a\.txt, 6 B in 3 chunks, digest SHA-256=/);
    assert.equal(await drawer.locator(".layer").count(), 2);
    await drawer.click();
    await lab.page.locator(".inspector .eyebrow", { hasText: "Object" }).first().waitFor();
    await lab.run("nats object rm files a.txt -f", "main");
    await lab.page.locator(".drawer.drawer-gone").waitFor();
  }));

/** How far the motions in the scene are, in milliseconds, by what they show. */
const motions = (lab) => lab.page.evaluate(() => document.getAnimations()
  .map(({ effect, currentTime }) => [effect.target.closest("[data-fx]")?.dataset.fx, currentTime]).filter(([shows]) => shows));
const standsStill = (lab) => lab.page.locator(".scene-view[data-time=stands]").waitFor();

test("a motion stands where time does, and goes on with it", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    await lab.run("nats stream add S --subjects 's.>' --defaults", "main");
    await lab.run("nats pub s.a x", "main");
    await lab.page.evaluate(() => { window.jetlab.run("nats pub nobody x", { actor: "main" }); });
    await lab.page.locator(".zero[data-fx=dissolve]").waitFor();
    await lab.page.evaluate(() => window.jetlab.pause());
    await standsStill(lab);
    const held = await motions(lab);
    assert.deepEqual(held.map(([shows]) => shows), ["dissolve"]);
    await lab.page.waitForTimeout(1000);
    assert.deepEqual(await motions(lab), held, "it stands");
    // What is drawn anew meanwhile does not move, and is there.
    await lab.page.getByRole("button", { name: "Larger" }).click();
    await lab.drawn();
    assert.deepEqual(await motions(lab), held);
    await lab.page.evaluate(() => window.jetlab.play());
    await lab.page.locator("[data-fx]").waitFor({ state: "detached" });
    assert.deepEqual(lab.errors, []);
  }));

test("a step shows its own motion, and then nothing moves", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    await lab.run("nats stream add S --subjects 's.>' --defaults", "main");
    await lab.page.evaluate(() => window.jetlab.pause());
    await standsStill(lab);
    await lab.page.evaluate(() => { window.jetlab.run("nats pub s.a x", { actor: "main", wait: true }); });
    /** What is on the canvas in each frame, as one number: until time stands, or for so many frames. */
    const drawn = (most = Infinity) => lab.page.evaluate(async (most) => {
      const canvas = document.querySelector(".scene-motion");
      const pictures = [];
      do {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        pictures.push(data.reduce((sum, byte, index) => (byte ? (sum * 31 + byte * index) % 2147483647 : sum), 7));
        await new Promise(requestAnimationFrame);
      } while (pictures.length < most && (most < Infinity || document.querySelector(".scene-view").dataset.time === "runs"));
      return pictures;
    }, most);
    let stored = false;
    const seen = [];
    for (let step = 0; step < 12 && !stored; step += 1) {
      await lab.page.evaluate(() => window.jetlab.step());
      await lab.page.locator(".scene-view[data-time=runs]").waitFor();
      stored = await lab.page.locator(".stored").count() > 0;
      seen.push(new Set(await drawn()).size);
      await standsStill(lab);
      await lab.drawn();
      assert.equal(new Set(await drawn(20)).size, 1, "after the step everything stands");
      assert.deepEqual(await motions(lab), []);
    }
    assert.ok(stored, "the message was stored after some steps");
    assert.ok(Math.max(...seen) > 3, `a message travels in one of the steps: ${seen}`);
    assert.deepEqual(lab.errors, []);
  }));

test("on a phone a strip moves sideways, by a tap on what has no room, by finger, and by keyboard", () =>
  inLab({ hash: "#/lesson/order-queue", size: "narrow", touch: true, bypassCSP: true }, async (lab) => {
    await lab.ready();
    for (const line of [ADD_ORDERS, "", ADD_PROCESSOR]) await lab.run(line, "main");
    await lab.run(PUBLISH.replace("--count 20", "--count 30"), "shop");
    await lab.page.getByRole("button", { name: "Watch", exact: true }).click();
    // So many at once are counted in columns for a while.
    await lab.page.locator(".card:not(.busy)").waitFor();
    await lab.page.evaluate(() => window.jetlab.pause());
    await lab.drawn();
    const sequences = () => lab.page.evaluate(() => [...document.querySelectorAll(".card > .cells > .stored")]
      .map((cell) => Number(cell.getAttribute("aria-label").match(/\d+/)[0])));
    const isTogether = (all) => all.every((sequence, index) => index === 0 || sequence === all[index - 1] + 1);
    const more = lab.page.locator(".card > .cells > .elided[role=button]");
    await more.first().tap();
    await lab.drawn();
    const tapped = await sequences();
    assert.ok(isTogether(tapped), `${tapped}`);
    assert.deepEqual(await lab.axe(), []);
    const box = await lab.page.locator(".card > .cells").first().boundingBox();
    const drag = async (by) => {
      const { mouse } = lab.page;
      await mouse.move(box.x + box.width / 2, box.y + 10);
      await mouse.down();
      await mouse.move(box.x + box.width / 2 + by, box.y + 10, { steps: 6 });
      await mouse.up();
      await lab.drawn();
    };
    await drag(24 * 4);
    const back = await sequences();
    assert.equal(back[0], tapped[0] - 4, `${tapped} then ${back}`);
    assert.equal(await lab.page.locator(".inspector").count(), 0, "the end of a way is no tap");
    for (let times = 0; times < 5; times += 1) await drag(-24 * 6);
    const end = await sequences();
    assert.equal(end.at(-1), 30);
    assert.ok(isTogether(end));
    await more.first().focus();
    await lab.page.keyboard.press("Enter");
    await lab.drawn();
    const paged = await sequences();
    assert.ok(paged[0] < end[0] && isTogether(paged), `${end} then ${paged}`);
    // The markers are in sight, wherever the strip is.
    const markers = await lab.page.locator(".consumer .markers > *").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().x));
    assert.ok(markers.every((x) => x > 0 && x < 390), `${markers}`);
    await lab.screenshot("sideways");
    assert.deepEqual(lab.errors, []);
  }));

test("less motion, chosen by hand: time stands, what is asked for is answered, timers are numbers", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    await lab.page.locator("#settings").click();
    await lab.page.getByLabel("Reduced: nothing travels").click();
    await lab.page.keyboard.press("Escape");
    await lab.page.getByRole("button", { name: "Play" }).waitFor();
    await lab.run("nats stream add S --subjects 's.>' --defaults", "main");
    await lab.run("nats consumer add S c --pull --defaults --ack explicit --wait 30s", "main");
    await lab.run("nats pub s.a x", "main");
    await lab.run("nats consumer next S c --no-ack", "main");
    await lab.drawn();
    // The arc is a ring of the panel's colour inside the cell; a number has none of it at the cell's edge.
    const arc = () => lab.page.evaluate(() => {
      const cell = document.querySelector(".cell-flight .outline").getBoundingClientRect();
      const canvas = document.querySelector(".scene-motion");
      const room = canvas.getBoundingClientRect();
      const scale = canvas.width / room.width;
      const x = (cell.x + cell.width / 2 - room.x) * scale;
      const y = (cell.y + cell.height / 2 - room.y - 7.6) * scale;
      return canvas.getContext("2d").getImageData(Math.round(x + 2 * scale), Math.round(y), 1, 1).data[3];
    });
    const until = async (is, what) => {
      for (let looked = 0; !is(await arc()); looked += 1) {
        assert.ok(looked < 30, what);
        await lab.page.waitForTimeout(100);
      }
    };
    await until((drawn) => drawn === 0, "no arc");
    const clock = () => lab.page.locator(".timebar-clock").innerText();
    const before = await clock();
    await lab.page.waitForTimeout(600);
    assert.equal(await clock(), before, "time stands");
    await lab.page.locator("#settings").click();
    await lab.page.locator("fieldset", { hasText: "Motion" }).getByLabel("As the system has it").click();
    await lab.page.keyboard.press("Escape");
    await lab.page.getByRole("button", { name: "Play" }).click();
    await lab.page.waitForFunction(() => document.querySelector(".cell-flight"));
    await until((drawn) => drawn !== 0, "the arc is back");
    assert.deepEqual(lab.errors, []);
  }));
