// What is left when the app is gone: words, the report, and a way back.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

test("a crash says so, and reloading says what was asked for", () =>
  inLab({ bypassCSP: true }, async (lab) => {
    await lab.ready();
    await lab.page.evaluate(() => dispatchEvent(new CustomEvent("jetlab:crash", { detail: "panicked at engine" })));
    const overlay = lab.page.getByRole("alertdialog", { name: "The lab has stopped" });
    assert.ok(await overlay.isVisible());
    assert.match(await lab.page.locator("#crash-report").textContent(), /panicked at engine[^]*browser: /);
    assert.equal(await lab.page.evaluate(() => document.activeElement.id), "crash-replay");
    await lab.screenshot("crash");
    assert.deepEqual(await lab.axe(), []);
    await Promise.all([lab.page.waitForNavigation(), lab.page.getByRole("button", { name: "Replay" }).click()]);
    await lab.ready();
  }));
