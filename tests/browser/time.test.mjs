// Time belongs to the learner: back, any moment, another future, and back to the one that was.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { pressUntil } from "./support/keyboard.mjs";
import { SIZES, inLab } from "./support/lab.mjs";

const LINES = [
  "nats stream add WORK --subjects 'work.*' --retention work --defaults",
  "nats consumer add WORK hand --pull --ack explicit --wait 5s --max-deliver 3 --defaults",
  "nats pub -J work.a one",
  "nats consumer next WORK hand --no-ack",
  "lab clock +20s",
  "nats pub -J work.b two",
];

async function played(lab) {
  await lab.ready();
  for (const line of LINES) assert.equal((await lab.run(line, "main")).exitCode, 0, line);
  await lab.page.evaluate(() => window.jetlab.pause());
  // At medium size the lesson lies over the rest until it is put away.
  await lab.page.keyboard.press("Escape");
  await lab.drawn();
}

const events = (lab) => lab.page.evaluate(() => window.jetlab.events());
const screen = async (lab) => {
  await lab.drawn();
  return lab.page.locator("#terminal-main .terminal-log").innerText();
};
const isPast = async (lab) => {
  await lab.drawn();
  return lab.page.locator(".timebar.is-past").count();
};

/** Waits until the journey is over. */
async function arrived(lab) {
  await lab.drawn();
  await lab.page.waitForFunction(() => !["going back"].includes(document.querySelector(".timebar-ratio")?.textContent));
  await lab.drawn();
}

test("rewound to the begin and run again, everything is as it was", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await played(lab);
    const [first, shown] = [await events(lab), await screen(lab)];
    await lab.page.locator("#scrubber").press("Home");
    await arrived(lab);
    assert.ok((await events(lab)).length < 5, "nothing has happened yet");
    assert.ok(!(await screen(lab)).includes("nats pub"), "the screens are those of that moment");
    assert.equal(await isPast(lab), 1);
    await lab.page.locator("#newest").click();
    await arrived(lab);
    assert.deepEqual(await events(lab), first);
    assert.equal(await screen(lab), shown);
    assert.equal(await isPast(lab), 0);
    assert.deepEqual(lab.errors, []);
  }));

test("keys go back and forth, one event at a time", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await played(lab);
    const first = await events(lab);
    await lab.page.locator("#play").focus();
    for (let i = 0; i < 6; i += 1) {
      await lab.page.keyboard.press(",");
      await arrived(lab);
    }
    const before = await events(lab);
    assert.ok(before.length < first.length);
    assert.deepEqual(before, first.slice(0, before.length));
    for (let i = 0; i < 6; i += 1) {
      await lab.page.keyboard.press(".");
      await lab.drawn();
    }
    assert.deepEqual(await events(lab), first);
  }));

test("doing something in the past begins another future, and the old one stays", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await played(lab);
    const first = await events(lab);
    const ruler = await lab.page.locator("#scrubber").boundingBox();
    await lab.page.mouse.move(ruler.x + ruler.width * 0.9, ruler.y + 10);
    await lab.page.mouse.down();
    await lab.page.mouse.move(ruler.x + ruler.width * 0.5, ruler.y + 10, { steps: 8 });
    await lab.page.mouse.up();
    await arrived(lab);
    assert.equal(await isPast(lab), 1);
    await lab.screenshot("time-past");
    await lab.page.locator("#play").click();
    await lab.run("nats pub work.c three", "main");
    assert.equal(await isPast(lab), 0);
    await lab.page.locator("#play").click();
    await lab.page.locator("#branches").click();
    const branch = lab.page.locator(".branch");
    await lab.drawn();
    assert.equal(await branch.count(), 1);
    await lab.screenshot("time-branches");
    await branch.click();
    await arrived(lab);
    assert.deepEqual(await events(lab), first);
    await lab.page.locator("#branches").click();
    await lab.drawn();
    assert.match(await branch.innerText(), /work\.c three/);
  }));

test("a walk through time by keyboard alone: pause, back, on, the ruler, another future and back to the old one", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await played(lab);
    const { keyboard } = lab.page;
    const first = await events(lab);
    const isOn = (selector) => lab.page.waitForFunction((selector) => document.activeElement.matches(selector), selector);
    await pressUntil(lab.page, "Tab", "#scrubber");
    for (const key of ["ArrowLeft", "PageDown", "ArrowRight", "Home"]) {
      await keyboard.press(key);
      await arrived(lab);
    }
    assert.match(await lab.page.locator("#scrubber").getAttribute("aria-valuetext"), /, after event \d of \d+$/);
    assert.ok((await events(lab)).length < 5);
    await keyboard.press("End");
    await arrived(lab);
    assert.deepEqual(await events(lab), first);
    await keyboard.press("Home");
    await arrived(lab);
    await pressUntil(lab.page, "Tab", "#fork");
    await keyboard.press("Enter");
    await arrived(lab);
    await pressUntil(lab.page, "Shift+Tab", "#scrubber");
    await pressUntil(lab.page, "Tab", "#branches");
    await keyboard.press("Enter");
    await keyboard.press("Tab");
    await isOn(".branch");
    await keyboard.press("Escape");
    await isOn("#branches");
    await lab.drawn();
    assert.equal(await lab.page.locator("#branch-list").count(), 0);
    await keyboard.press("Enter");
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await arrived(lab);
    assert.deepEqual(await events(lab), first);
    const speed = await lab.page.locator(".timebar-speed select").inputValue();
    await keyboard.press("]");
    await lab.drawn();
    assert.ok(Number(await lab.page.locator(".timebar-speed select").inputValue()) > Number(speed));
    await keyboard.press(" ");
    await lab.page.getByRole("button", { name: "Pause", exact: true }).waitFor();
    assert.deepEqual(lab.errors, []);
  }));

test("F leaves what was to come as a branch", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await played(lab);
    await lab.page.locator("#scrubber").press("Home");
    await arrived(lab);
    await lab.page.keyboard.press("f");
    await arrived(lab);
    assert.equal(await isPast(lab), 0);
    await lab.drawn();
    assert.equal(await lab.page.locator("#branches b").innerText(), "1");
  }));

test("futures that were left are there when the page is loaded again, and can be forgotten", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await played(lab);
    const first = await events(lab);
    await lab.page.locator("#scrubber").press("Home");
    await arrived(lab);
    await lab.page.keyboard.press("f");
    await arrived(lab);
    await lab.page.locator("#play").click();
    await lab.run("nats pub other something", "main");
    await lab.page.reload();
    await lab.ready();
    await lab.page.locator("#branches").click();
    const branch = lab.page.locator(".branch");
    await lab.drawn();
    assert.equal(await branch.count(), 2, "what was left, and what was under way");
    assert.match(await branch.first().innerText(), /nats pub other/);
    await lab.screenshot("time-branches-kept");
    await branch.last().click();
    await arrived(lab);
    assert.deepEqual(await events(lab), first);
    await lab.page.evaluate(() => { location.hash = "#/lesson/first-message"; });
    await lab.page.locator("#branches").waitFor({ state: "detached" });
    await lab.page.evaluate(() => { location.hash = "#/sandbox"; });
    await lab.page.locator("#branches").click();
    await lab.drawn();
    assert.equal(await branch.count(), 2, "each lesson has its own");
    for (const left of [1, 0]) {
      await lab.page.locator(".branch-forget").first().click();
      await lab.drawn();
      assert.equal(await branch.count(), left);
    }
    await lab.page.reload();
    await lab.ready();
    await lab.drawn();
    assert.equal(await lab.page.locator("#branches").count(), 0);
    assert.deepEqual(lab.errors, []);
  }));

for (const theme of ["light", "dark"]) {
  for (const size of Object.keys(SIZES)) {
    test(`the time bar in the past: ${theme}, ${size}`, () =>
      inLab({ hash: "#/sandbox", theme, size, bypassCSP: true }, async (lab) => {
        await played(lab);
        for (let i = 0; i < 5; i += 1) {
          await lab.page.locator("#back").click();
          await arrived(lab);
        }
        if (size === "narrow") await lab.page.locator(".app-part", { hasText: "Watch" }).click();
        await lab.drawn();
        await lab.screenshot(`time-${theme}-${size}`);
        const overflow = await lab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `the page is ${overflow} px wider than the window`);
        assert.deepEqual(await lab.axe(), []);
        // Forked, and in the past once more: everything the bar may show, on one line, and the clock in sight.
        await lab.page.locator("#fork").click();
        await arrived(lab);
        await lab.page.locator("#back").click();
        await arrived(lab);
        const lines = await lab.page.evaluate(() => {
          const shown = [...document.querySelectorAll(".timebar button, .timebar select")].filter((one) => one.checkVisibility());
          return [...new Set(shown.map((one) => Math.round(one.getBoundingClientRect().bottom)))].length;
        });
        assert.equal(lines, 1, "the buttons stand on one line");
        assert.ok(await lab.page.locator("#branches").isVisible());
        assert.ok(await lab.page.locator(".timebar-hms").isVisible());
        await lab.page.locator("#branches").click();
        await lab.page.locator(".branch").waitFor();
        await lab.screenshot(`time-branches-${theme}-${size}`);
        assert.deepEqual(await lab.axe(), []);
      }));
  }
}

test("what a program asks for while time is paused is refused in words, or waited for", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    await lab.run("nats stream add S --subjects s --defaults", "main");
    await lab.page.evaluate(() => window.jetlab.pause());
    const outcome = (act) => lab.page.evaluate(`(${act})().then((value) => ["ended", value], (error) => ["refused", error instanceof Error && error.message])`);
    const [how, why] = await outcome(() => window.jetlab.run("nats pub -J s one", { actor: "main" }));
    assert.equal(how, "refused");
    assert.match(why, /^time is paused: .*play\(\), step\(\) or advance\(\)/);
    await lab.drawn();
    assert.match(await lab.page.locator("#terminal-main .prompt-input").getAttribute("placeholder"), /^time is paused/);
    assert.match((await outcome(() => window.jetlab.request("$JS.API.INFO")))[1], /^time is paused/);
    const [ended, help] = await outcome(() => window.jetlab.run("lab help", { actor: "second" }));
    assert.deepEqual([ended, help.exitCode], ["ended", 0], "what needs no time ends");
    await lab.page.evaluate(() => {
      window.waited = window.jetlab.request("$JS.API.STREAM.INFO.S", "", { wait: true, actor: "second" });
    });
    await lab.page.waitForTimeout(500);
    await lab.page.evaluate(() => window.jetlab.play());
    const { state } = JSON.parse((await lab.page.evaluate(() => window.waited)).payload);
    assert.equal(state.messages, 1, "what was entered meanwhile went on, too");
    // Paused in the middle: that is no refusal.
    await lab.page.evaluate(() => {
      window.slept = window.jetlab.run("nats pub s x --count 2 --sleep 2s", { actor: "second" });
      setTimeout(() => window.jetlab.pause(), 300);
      setTimeout(() => window.jetlab.advance("5s"), 1_000);
    });
    assert.equal((await lab.page.evaluate(() => window.slept)).exitCode, 0);
    assert.deepEqual(lab.errors, []);
  }));
