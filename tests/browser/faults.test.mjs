// What one touches can be broken and mended, and actors can be added and changed.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

const events = (lab) => lab.page.evaluate(() => window.jetlab.events());

async function touch(lab, name) {
  await lab.page.locator(`.app-scene [aria-label*="${name}"]`).first().click();
  await lab.page.locator(".deeds").waitFor();
}

test("an actor's wire is cut and mended by touch, and the session knows it", () =>
  inLab({ hash: "#/sandbox", bypassCSP: true }, async (lab) => {
    await lab.ready();
    assert.equal((await lab.run("nats pub a b", "main")).exitCode, 0);
    await touch(lab, "main");
    await lab.page.getByRole("button", { name: "Cut its wire" }).click();
    await lab.page.getByRole("button", { name: "Mend its wire" }).waitFor();
    await lab.screenshot("faults-cut");
    assert.deepEqual(await lab.axe(), []);
    await lab.page.getByRole("button", { name: "Mend its wire" }).click();
    await lab.page.getByRole("button", { name: "Cut its wire" }).waitFor();
    const session = await lab.page.evaluate(() => window.jetlab.session());
    assert.match(session, /"cut","main"/);
    assert.deepEqual(lab.errors, []);
  }));

test("a publisher is added, changed and killed", () =>
  inLab({ hash: "#/sandbox", bypassCSP: true }, async (lab) => {
    await lab.ready();
    await lab.run("lab publish work.a 'one {{Count}}' --rate 5/s --name shop", "main");
    await touch(lab, "shop");
    const rate = lab.page.locator(".parameters input").first();
    assert.equal(await rate.inputValue(), "5/s");
    await rate.fill("50/s");
    await rate.press("Enter");
    await lab.page.evaluate(() => window.jetlab.advance("4s"));
    const published = (await events(lab)).filter((event) => event.fact === "published" && event.subject === "work.a");
    assert.ok(published.length > 150, `${published.length} published`);
    await rate.fill("much");
    await rate.press("Enter");
    await lab.page.locator(".parameters .notice").waitFor();
    await lab.screenshot("faults-parameters");
    assert.deepEqual(await lab.axe(), []);
    await lab.page.getByRole("button", { name: "Kill" }).click();
    await lab.page.getByRole("button", { name: "Start it again" }).waitFor();
    assert.deepEqual(lab.errors, []);
  }));
