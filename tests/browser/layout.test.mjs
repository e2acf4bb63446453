// The page at work, at every size: nothing sticks out, axe is content, keys and buttons do what they say.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { goToPrompt, pressUntil, typeLine } from "./support/keyboard.mjs";
import { SIZES, inLab } from "./support/lab.mjs";
import { ADD_ORDERS, ADD_PROCESSOR, PUBLISH, WORK } from "./support/orders.mjs";

const isIn = (lab, selector) => lab.page.waitForFunction((selector) => document.activeElement.matches(selector), selector);

/** Half way through the job queue, with everything on the screen that a lesson has. */
async function workOnTheQueue(lab) {
  await lab.run(ADD_ORDERS, "main");
  await lab.run("", "main");
  await lab.run(ADD_PROCESSOR, "main");
  await lab.run(PUBLISH, "shop");
  await lab.run(WORK, "main");
  await lab.advance("3s");
  await lab.run("nats stream info NOPE", "main");
  await lab.run('nats consumer add orders_stream other', "shop");
  await lab.drawn();
}

for (const theme of ["light", "dark"]) {
  for (const size of Object.keys(SIZES)) {
    test(`in the middle of a lesson axe finds nothing, and nothing sticks out: ${theme}, ${size}`, () =>
      inLab({ theme, size, bypassCSP: true, hash: "#/lesson/order-queue" }, async (lab) => {
        await lab.ready();
        await workOnTheQueue(lab);
        for (const part of size === "narrow" ? ["Learn", "Watch", "Type"] : ["all"]) {
          if (size === "narrow") await lab.page.getByRole("button", { name: part, exact: true }).click();
          await lab.drawn();
          await lab.screenshot(`work-${theme}-${size}-${part}`);
          const overflow = await lab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${part}: the page is ${overflow} px wider than the window`);
          assert.deepEqual(await lab.axe(), [], part);
          assert.ok(await lab.page.locator(".goal").isVisible(), "the goal is in sight");
        }
        if (size === "medium") {
          await goToPrompt(lab.page, "main");
          await lab.drawn();
          await lab.page.waitForTimeout(200);
          await lab.screenshot(`work-${theme}-${size}-closed`);
          assert.deepEqual(await lab.axe(), [], "with the lesson put away");
        }
      }));
  }
}

test("single keys: pause, step, speed, terminal, help; none of them while typing", () =>
  inLab({ hash: "#/lesson/first-message", bypassCSP: true }, async (lab) => {
    await lab.ready();
    const { keyboard } = lab.page;
    const speed = () => lab.page.locator(".timebar-speed select").inputValue();
    await keyboard.press(" ");
    await lab.page.getByRole("button", { name: "Play" }).waitFor();
    await keyboard.press(" ");
    await lab.page.getByRole("button", { name: "Pause" }).waitFor();
    await keyboard.press("]");
    await lab.drawn();
    assert.equal(await speed(), "2");
    await keyboard.press("[");
    await lab.drawn();
    assert.equal(await speed(), "1");
    await keyboard.press("t");
    await isIn(lab, ".prompt-input");
    await keyboard.type("nats pub a.b '. ] [ t ?'");
    assert.equal(await speed(), "1");
    assert.equal(await lab.page.locator("#prompt").inputValue(), "nats pub a.b '. ] [ t ?'");
    await keyboard.press("Escape");
    await isIn(lab, ".terminal-log");
    await keyboard.press("?");
    await lab.page.getByRole("dialog", { name: "Keys" }).waitFor();
    assert.deepEqual(await lab.axe(), []);
    await lab.screenshot("keys");
    await pressUntil(lab.page, "Shift+Tab", "[type=checkbox]");
    await keyboard.press(" ");
    await keyboard.press("Escape");
    await isIn(lab, "#help");
    await keyboard.press("]");
    await lab.drawn();
    assert.equal(await speed(), "1", "single keys can be switched off");
  }));

test("while the help is open the focus stays in it", () =>
  inLab({}, async (lab) => {
    await lab.ready();
    await lab.page.keyboard.press("?");
    await lab.page.getByRole("dialog", { name: "Keys" }).waitFor();
    await lab.drawn();
    for (let presses = 0; presses < 6; presses += 1) {
      await lab.page.keyboard.press("Tab");
      assert.ok(await lab.page.evaluate(() => document.activeElement.closest("[role=dialog]") !== null));
    }
  }));

test("on a middle-sized screen the lesson is a drawer", () =>
  inLab({ size: "medium", hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    const lesson = lab.page.getByRole("region", { name: "Lesson" });
    await lab.drawn();
    assert.ok(await lesson.isVisible(), "a newcomer sees it first");
    await lab.page.keyboard.press("Escape");
    await lesson.waitFor({ state: "hidden" });
    await isIn(lab, "#drawer");
    await lab.page.keyboard.press("Enter");
    await lesson.waitFor();
    await isIn(lab, ".lesson-scroll");
    await lab.page.locator(".run-command").first().click();
    await isIn(lab, "#terminal-bob .prompt-input");
    await lesson.waitFor({ state: "hidden" });
    await lab.page.locator(".goal").click();
    await lesson.waitFor();
    await isIn(lab, "#milestone-listening");
  }));

for (const [width, height] of [[844, 390], [667, 375], [1024, 600]]) {
  test(`on a touch screen of ${width} by ${height} one can read, watch and type`, () =>
    inLab({ hash: "#/lesson/first-message", touch: true }, async (lab) => {
      await lab.page.setViewportSize({ width, height });
      await lab.ready();
      const box = (selector) => lab.page.locator(selector).first().boundingBox();
      const isNarrow = await lab.page.locator(".app-parts").isVisible();
      for (const [part, selector] of [["Learn", ".app-lesson"], ["Watch", ".app-scene"], ["Type", ".app-terminal"]]) {
        if (isNarrow) await lab.page.getByRole("button", { name: part, exact: true }).tap();
        else if (part !== "Learn") await lab.page.keyboard.press("Escape");
        await lab.drawn();
        await lab.screenshot(`low-${width}-${part}`);
        const { y, height: high } = await box(selector);
        assert.ok(high >= 90 && y + high <= height, `${part} has ${high} px from ${y}`);
      }
      const prompt = await box("#prompt");
      assert.ok(prompt.y + prompt.height <= height, "the prompt is in sight");
      const log = await box(".terminal.is-active .terminal-log");
      assert.ok(log.height >= 36, `${log.height} px for what was printed`);
      assert.ok(await lab.page.evaluate(() => document.documentElement.scrollHeight <= innerHeight));
    }));
}

test("on a phone a tapped command leads to the prompt, and what is reached is seen there", () =>
  inLab({ size: "narrow", hash: "#/lesson/first-message", touch: true }, async (lab) => {
    await lab.ready();
    await lab.page.locator(".run-command").first().tap();
    await isIn(lab, "#terminal-bob .prompt-input");
    await lab.drawn();
    assert.equal(await lab.page.locator("#prompt").inputValue(), "nats sub orders.created");
    assert.match(await lab.page.locator(".goal").innerText(), /0 of 2/);
    await lab.page.keyboard.press("Enter");
    await lab.page.locator(".goal", { hasText: "1 of 2" }).waitFor();
    await lab.screenshot("phone-running");
    await lab.page.getByRole("button", { name: "Stop" }).tap();
    await lab.page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });
    await lab.page.locator(".goal").tap();
    await lab.drawn();
    assert.ok(await lab.page.locator("#milestone-delivered").isVisible());
  }));

test("questions can be answered by tapping", () =>
  inLab({ size: "narrow", hash: "#/lesson/order-queue", touch: true }, async (lab) => {
    await lab.ready();
    await lab.run(ADD_ORDERS, "main");
    await lab.page.getByRole("button", { name: "Type" }).tap();
    await lab.page.getByRole("button", { name: "No", exact: true }).tap();
    await lab.page.locator("#terminal-main").getByText("Stream orders_stream was created").waitFor();
    await lab.page.getByRole("button", { name: "Learn" }).tap();
    await lab.run("nats stream info NOPE", "main");
    await lab.page.getByRole("button", { name: "Type" }).tap();
    await lab.drawn();
    const below = await lab.page.evaluate(() => {
      const log = document.querySelector("#terminal-main .terminal-log");
      return log.scrollHeight - log.scrollTop - log.clientHeight;
    });
    assert.ok(below < 2, `the question that came meanwhile is in sight, not ${below} px below`);
    await lab.page.getByRole("button", { name: "Choose" }).tap();
    await lab.page.getByText("Information for Stream orders_stream").last().waitFor();
  }));

for (const size of Object.keys(SIZES)) test(`with less motion nothing travels, and everything still happens: ${size}`, () =>
  inLab({ hash: "#/lesson/first-message", reducedMotion: "reduce", size }, async (lab) => {
    await lab.ready();
    const animated = () => lab.page.evaluate(() => document.getAnimations()
      .filter((one) => one.effect.getComputedTiming().duration > 0 && one.effect.getKeyframes().some((frame) => frame.transform)).length);
    const type = (line, actor, options) => (size === "wide" ? typeLine(lab, line, actor, options) : lab.type(line, actor, options));
    if (size === "medium") await lab.page.keyboard.press("Escape");
    if (size === "narrow") await lab.page.locator(".app-part", { hasText: "Type" }).click();
    await type("nats sub orders.created", "bob", { ends: false });
    await type('nats pub orders.created "Order #1"', "alice");
    assert.equal(await animated(), 0);
    if (size === "narrow") await lab.page.locator(".app-part", { hasText: "Watch" }).click();
    await lab.drawn();
    assert.equal(await animated(), 0);
    await lab.screenshot(`less-motion-${size}`);
    await lab.page.waitForFunction(() => window.jetlab.milestones().every(({ reached }) => reached));
    assert.deepEqual(lab.errors, []);
  }));
