// The page itself: what is there before and without the app, where it can be hosted, what it asks of the network.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { DIST_X, SIZES, inLab } from "./support/lab.mjs";

test("there is something to read before the app arrives", () =>
  inLab({ blocked: "**/*.wasm" }, async ({ page }) => {
    await page.waitForFunction(() => document.documentElement.dataset.boot === "failed");
    assert.match(await page.title(), /JetStream Lab/);
    const lesson = page.locator("#poster article");
    assert.ok(await lesson.isVisible());
    assert.ok((await lesson.innerText()).length > 600, "the first lesson's text is in the page");
    assert.match(await page.locator("#boot-failure").innerText(), /could not be loaded/);
  }));

test("without JavaScript the lesson stays readable", () =>
  inLab({ javaScript: false }, async (lab) => {
    assert.ok(await lab.page.locator("#poster article").isVisible());
    assert.match(await lab.page.locator("#poster noscript").innerText(), /JavaScript/);
    await lab.screenshot("no-script");
  }));

test("the app takes the poster's place, quietly and from its own origin", () =>
  inLab({}, async (lab) => {
    await lab.ready();
    assert.equal(await lab.page.locator("#poster").count(), 0);
    assert.ok(await lab.page.locator("#app > *").first().isVisible());
    assert.deepEqual(lab.errors, []);
    assert.deepEqual(lab.strangers, []);
  }));

test("while it loads, the page says how much of how much has arrived", () =>
  inLab({ before: [() => {
    window.said = [];
    addEventListener("DOMContentLoaded", () => {
      const [status, progress] = ["boot-status", "boot-progress"].map((id) => document.getElementById(id));
      new MutationObserver(() => window.said.push([status.textContent, progress.value])).observe(status, { childList: true });
    });
  }] }, async (lab) => {
    await lab.ready();
    const said = await lab.page.evaluate(() => window.said);
    const [text, share] = said.at(-1);
    const [, arrived, total] = text.match(/^(\d+) of (\d+) kB have arrived/);
    assert.equal(arrived, total);
    assert.equal(share, 1);
  }));

test("it works under a sub-path", () =>
  inLab({ folder: DIST_X, base: "/x/" }, async (lab) => {
    await lab.ready();
    assert.deepEqual(lab.errors, []);
    assert.deepEqual(lab.strangers, [], "every address begins with the sub-path");
    await lab.screenshot("sub-path");
  }));

test("it works where storage is denied", () =>
  inLab({ storage: "denied" }, async (lab) => {
    const denied = await lab.page.evaluate(() => { try { return !localStorage; } catch { return true; } });
    assert.ok(denied, "the browser of this test denies storage");
    await lab.ready();
    assert.deepEqual(lab.errors, []);
    await lab.screenshot("storage-denied");
  }));

test("no inline script or style would run", () =>
  inLab({}, async (lab) => {
    await lab.ready();
    const ran = await lab.page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.inlineRan = true";
      document.head.append(script);
      document.body.setAttribute("style", "outline-width: 7px");
      return [window.inlineRan === true, getComputedStyle(document.body).outlineWidth === "7px"];
    });
    assert.deepEqual(ran, [false, false]);
  }));

for (const theme of ["light", "dark"]) {
  for (const size of Object.keys(SIZES)) {
    test(`axe finds nothing, and nothing sticks out: ${theme}, ${size}`, () =>
      inLab({ theme, size, bypassCSP: true }, async (lab) => {
        await lab.ready();
        await lab.screenshot(`page-${theme}-${size}`);
        const overflow = await lab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `the page is ${overflow} px wider than the window`);
        assert.deepEqual(await lab.axe(), []);
      }));
  }
  test(`axe finds nothing before the app arrives: ${theme}`, () =>
    inLab({ theme, blocked: "**/*.wasm", bypassCSP: true }, async (lab) => {
      await lab.page.waitForFunction(() => document.documentElement.dataset.boot === "failed");
      await lab.screenshot(`poster-${theme}`);
      assert.deepEqual(await lab.axe(), []);
    }));
}
