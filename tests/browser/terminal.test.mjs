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

const wire = (lab) => lab.page.locator(".wire");
const wireLines = (lab) => lab.page.locator(".wire-line code").allInnerTexts();

test("any command opens into what it sent and what it got, by keyboard and by pointer", () =>
  inSandbox({ bypassCSP: true }, async (lab) => {
    const { keyboard } = lab.page;
    await lab.type("nats stream add ORDERS --subjects 'orders.*' --defaults", "main");
    await lab.type("nats pub -J orders.new hello -H Nats-Msg-Id:7", "main");
    await lab.type("nats stream info ORDERS", "main");
    await keyboard.press("Escape");
    await keyboard.press("w");
    await wire(lab).waitFor();
    assert.match(await lab.page.locator(".wire-title").innerText(), /nats stream info ORDERS/);
    const said = await wireLines(lab);
    assert.match(said[0], /^PUB \$JS\.API\.STREAM\.INFO\.ORDERS _INBOX\.\S+ \d+$/);
    assert.ok(said.some((line) => /^MSG _INBOX\.\S+ \d+ \d+$/.test(line)), said.join("\n"));
    assert.match(await wire(lab).innerText(), /"type": "io\.nats\.jetstream\.api\.v1\.stream_info_response"/);
    assert.ok(await lab.page.evaluate(() => document.activeElement.matches(".wire-scroll")), "it has the focus");
    assert.deepEqual(await lab.axe(), []);
    await lab.screenshot("wire-light-wide");
    await lab.page.getByRole("button", { name: "Earlier command" }).click();
    await lab.page.locator(".wire-headers", { hasText: "Nats-Msg-Id: 7" }).waitFor();
    assert.match((await wireLines(lab)).find((line) => line.startsWith("HPUB")), /^HPUB orders\.new _INBOX\.\S+ \d+ \d+$/);
    await keyboard.press("Escape");
    await wire(lab).waitFor({ state: "hidden" });
    assert.ok(await lab.page.evaluate(() => document.activeElement.matches("#terminal-main .prompt-input")), "back at the prompt");
    await lab.page.locator("#terminal-main .wire-open").first().click();
    await lab.page.getByText("$JS.API.STREAM.CREATE.ORDERS").first().waitFor();
    await lab.page.getByRole("button", { name: "Close" }).click();
    await wire(lab).waitFor({ state: "hidden" });
    await keyboard.press("Escape");
    await keyboard.press("Enter");
    assert.ok(await lab.page.evaluate(() => document.activeElement.matches(".log-stop")), "Enter leads into the log");
    await keyboard.press("Escape");
    assert.ok(await lab.page.evaluate(() => document.activeElement.matches(".terminal-log")));
  }));

test("the wire of a command that goes on shows what goes on", () =>
  inSandbox({}, async (lab) => {
    await lab.type("nats sub 'orders.*'", "second", { ends: false });
    await lab.page.locator("#terminal-second .wire-open").click();
    await lab.run("nats pub orders.new one", "main");
    await lab.page.locator(".wire-line", { hasText: "MSG orders.new 1 3" }).waitFor();
    await lab.run("nats pub orders.eu two", "main");
    await lab.page.locator(".wire-line", { hasText: "MSG orders.eu 1 3" }).waitFor();
    assert.deepEqual(await wireLines(lab), ["SUB orders.* 1", "MSG orders.new 1 3", "MSG orders.eu 1 3"]);
    await lab.run("nats pub orders.many x --count 1000", "main");
    await lab.page.getByText("703 operations are not kept").waitFor();
    assert.equal(await lab.page.locator(".wire-entry").count(), 300);
  }));

test("printed figures lead to where they can be seen, by pointer and by keyboard", () =>
  inSandbox({ bypassCSP: true }, async (lab) => {
    const { page } = lab;
    await lab.type("nats stream add ORDERS --subjects 'orders.*' --defaults", "main");
    await lab.type("nats consumer add ORDERS worker --pull --defaults", "main");
    await lab.type("nats pub -J orders.new 12345 --count 2", "main");
    await page.locator("#terminal-main .line", { hasText: "Sequence: 2" }).locator(".figure", { hasText: "2" }).click();
    await page.locator(".scene .selected").first().waitFor();
    assert.match(await page.locator(".scene .step.selected").first().getAttribute("aria-label"), /^Message 2\b|sequence 2\b/i);
    await lab.type("nats consumer report ORDERS", "main");
    await page.locator("#terminal-main .figure", { hasText: "worker" }).click();
    await page.locator(".scene .consumer.selected").waitFor();
    await lab.type("nats stream info ORDERS", "main");
    const links = page.locator("#terminal-main .figure");
    assert.ok(await links.count() > 10);
    assert.equal(await page.locator("#terminal-main .terminal-log [tabindex='0']").count(), 0, "the tab order is no longer for it");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowUp");
    const here = await page.evaluate(() => document.activeElement.title);
    assert.match(here, /^Show (stream|message)/);
    await page.keyboard.press("Enter");
    await page.locator(".scene .selected").first().waitFor();
    assert.deepEqual(await lab.axe(), []);
    await lab.screenshot("figures-light-wide");
    await lab.type("nats consumer next ORDERS worker", "main");
    const metadata = page.locator("#terminal-main .line", { hasText: "str seq: 1" });
    assert.deepEqual(await metadata.locator(".figure").allInnerTexts(), ["1", "1", "1", "1"]);
    assert.equal(await page.locator("#terminal-main .figure", { hasText: "12345" }).count(), 0, "what a message holds is no figure");
    const { output } = await lab.run("nats stream info ORDERS | grep Messages:", "main");
    assert.match(output, /\n\s+Messages: 2\n$/);
  }));
