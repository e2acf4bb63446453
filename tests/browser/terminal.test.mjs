// The terminal under somebody's hands: lists that narrow, keys that edit, help that appears, all as in a real one.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

const inSandbox = (options, use) => inLab({ hash: "#/sandbox", ...options }, async (lab) => {
  await lab.ready();
  await use(lab);
  assert.deepEqual(lab.errors, []);
});
const prompt = (lab, actor = "main") => lab.page.locator(`#terminal-${actor} .prompt-input`);
const lines = async (lab, actor = "main") => (await lab.page.locator(`#terminal-${actor} .line`).allInnerTexts()).map((line) => line.trimEnd());

test("what is typed narrows a list at once, and a replay narrows it again", () =>
  inSandbox({}, async (lab) => {
    for (const name of ["EVENTS", "ORDERS", "ORDERS_ARCHIVE"]) await lab.run(`nats stream add ${name} --subjects ${name} --defaults`);
    await lab.run("nats stream info NOPE");
    await prompt(lab).focus();
    const list = async () => { await lab.drawn(); return (await lines(lab)).slice((await lines(lab)).findLastIndex((line) => line.startsWith("? "))); };
    assert.deepEqual((await list()).slice(1), ["> EVENTS", "  ORDERS", "  ORDERS_ARCHIVE"]);
    await lab.page.keyboard.type("ord");
    assert.deepEqual((await list()).slice(1), ["> ORDERS", "  ORDERS_ARCHIVE"]);
    await lab.page.keyboard.press("ArrowDown");
    assert.deepEqual((await list()).slice(1), ["  ORDERS", "> ORDERS_ARCHIVE"]);
    await lab.page.keyboard.press("Backspace");
    assert.deepEqual((await list()).slice(1), ["> ORDERS", "  ORDERS_ARCHIVE"]);
    await lab.page.keyboard.press("ArrowDown");
    await lab.page.keyboard.press("Enter");
    await lab.ended("main");
    assert.ok((await lines(lab)).includes("? Select a Stream ORDERS_ARCHIVE"), (await lines(lab)).join("\n"));
    assert.equal(await prompt(lab).inputValue(), "");
    const session = JSON.parse(await lab.page.evaluate(() => window.jetlab.session()));
    assert.deepEqual(session.inputs.flatMap(({ input }) => input.filter?.text ?? []), ["o", "or", "ord", "or"]);
  }));
