// What is left when the app is gone: words, the report, and a way back.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

const lines = async (lab, actor) => {
  await lab.drawn();
  return lab.page.locator(`#terminal-${actor} .line`).allInnerTexts();
};

test("after a panic everything can be replayed", () =>
  inLab({ hash: "#/lesson/first-message", bypassCSP: true }, async (lab) => {
    await lab.ready();
    await lab.type("nats sub orders.created", "bob", { ends: false });
    await lab.page.locator("#milestone-listening.is-reached").waitFor();
    await lab.type('nats pub orders.created "Order #1" --count 3', "alice");
    await lab.advance("2s");
    const before = { alice: await lines(lab, "alice"), bob: await lines(lab, "bob") };
    assert.ok(before.bob.length >= 7, before.bob.join("\n"));
    // A crash leaves no time to note how long the session was; that is done now and then.
    const noted = await lab.page.evaluate(() => sessionStorage.getItem("jetlab.session-end"));
    await lab.page.waitForFunction((noted) => sessionStorage.getItem("jetlab.session-end") !== noted, noted);
    await lab.page.evaluate(() => { try { window.jetlab.panic(); } catch { /* the overlay is what matters */ } });
    const overlay = lab.page.getByRole("alertdialog", { name: "The lab has stopped" });
    await overlay.waitFor();
    assert.match(await lab.page.locator("#crash-report").textContent(), /a panic was asked for[^]*browser: /);
    await lab.page.waitForFunction(() => document.activeElement.id === "crash-replay");
    await lab.screenshot("crash");
    assert.deepEqual(await lab.axe(), []);
    await Promise.all([lab.page.waitForNavigation(), lab.page.keyboard.press("Enter")]);
    await lab.ready();
    assert.deepEqual({ alice: await lines(lab, "alice"), bob: await lines(lab, "bob") }, before);
    await lab.page.getByText("Solved.").waitFor();
  }));

test("after a panic one can begin with a clean server", () =>
  inLab({ hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    await lab.type('nats pub orders.created "Order #1"', "alice");
    await lab.page.evaluate(() => { try { window.jetlab.panic(); } catch { /* as above */ } });
    await Promise.all([lab.page.waitForNavigation(), lab.page.getByRole("button", { name: "clean server" }).click()]);
    await lab.ready();
    assert.deepEqual(await lines(lab, "alice"), []);
    assert.equal(await lab.page.getByText("Solved.").count(), 0);
  }));
