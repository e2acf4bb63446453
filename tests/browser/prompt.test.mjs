// What the prompt waits for and what it offers, by keyboard, by touch and read aloud.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

const inSandbox = (options, use) => inLab({ hash: "#/sandbox", bypassCSP: true, ...options }, async (lab) => {
  await lab.ready();
  lab.page.setDefaultTimeout(8_000);
  await use(lab);
  assert.deepEqual(await lab.axe(), []);
  assert.deepEqual(lab.errors, []);
});
const prompt = (lab) => lab.page.locator("#terminal-main .prompt-input");
const offers = (lab, hint) => lab.page.locator(`#terminal-main .prompt-input[placeholder="${hint}"]`).waitFor();
const holds = (lab, text) => lab.page.waitForFunction((text) => document.querySelector("#terminal-main .prompt-input").value === text, text);
const enter = async (lab, line) => { await prompt(lab).fill(line); await prompt(lab).press("Enter"); };
const line = (lab, text) => lab.page.locator("#terminal-main .line", { hasText: text });

const MEANT = [
  ["nats pub orders.new hello world", "nats pub orders.new 'hello world'"],
  ['nats pub orders.new {"id":1}', "nats pub orders.new '{\\\"id\\\":1}'"],
  ["nats sub orders.>", "nats sub 'orders.>'"],
  ["nats stream rm ORDRES -f", "nats stream rm ORDERS -f"],
  ["nats consumer rm ORDERS wroker -f", "nats consumer rm ORDERS worker -f"],
  ["nats kv get CONFIG colour", "nats kv get CONFIG color"],
  ["$ nats pub orders.new x", "nats pub orders.new x"],
  ["nats pub orders.new x —count 2", "nats pub orders.new x --count 2"],
  ["stream ls", "nats stream ls"],
];

test("what was meant is offered, and nothing runs by itself", () =>
  inSandbox({}, async (lab) => {
    for (const made of ["nats stream add ORDERS --subjects 'orders.*' --defaults", "nats consumer add ORDERS worker --pull --defaults", "nats kv add CONFIG", "nats kv put CONFIG color red"]) {
      assert.equal((await lab.run(made)).exitCode, 0, made);
    }
    for (const [wrong, right] of MEANT) {
      await enter(lab, wrong);
      await offers(lab, `→ ${right}`);
    }
    const said = lab.page.locator("#terminal-main [role=status]");
    assert.equal(await said.innerText(), "Meant was perhaps: nats stream ls. Arrow right fills it in.");
    await lab.drawn();
    const before = await lab.page.locator("#terminal-main .line-command").count();
    await prompt(lab).press("ArrowRight");
    await holds(lab, "nats stream ls");
    await lab.drawn();
    assert.equal(await lab.page.locator("#terminal-main .line-command").count(), before);
    await prompt(lab).press("Enter");
    await line(lab, "ORDERS").last().waitFor();
  }));

test("a line that goes on says what for, and a document below it is read", () =>
  inSandbox({}, async (lab) => {
    await enter(lab, "nats pub orders.new 'hello");
    await offers(lab, "the ' is still open; Ctrl-C drops it");
    assert.match(await prompt(lab).getAttribute("aria-label"), /the ' is still open/);
    await prompt(lab).press("Control+c");
    await enter(lab, "cat <<EOF | tr a-z A-Z");
    await offers(lab, "the text goes on up to the line after <<; Ctrl-C drops it");
    await enter(lab, "hello $USER");
    await enter(lab, "EOF");
    await line(lab, "HELLO LEARNER").waitFor();
  }));

test("objects are completed by their names", () =>
  inSandbox({}, async (lab) => {
    for (const made of ["nats object add PICS", "echo meow > cat.txt", "nats object put PICS cat.txt -f", "nats object put PICS cat.txt --name 'a dog' -f"]) {
      assert.equal((await lab.run(made)).exitCode, 0, made);
    }
    await prompt(lab).fill("nats object get PICS ");
    await prompt(lab).press("Tab");
    const options = lab.page.locator("#terminal-main [role=option]");
    await options.first().waitFor();
    await lab.drawn();
    assert.deepEqual((await options.allInnerTexts()).map((text) => text.split(/\s{2,}|\n/)[0]), ["'a dog'", "cat.txt"]);
    await prompt(lab).press("Escape");
    await prompt(lab).press("Control+u");
  }));

test("changes are taken back, and what had several lines comes back whole", () =>
  inSandbox({}, async (lab) => {
    await prompt(lab).fill("nats strea");
    await prompt(lab).press("Tab");
    await holds(lab, "nats stream ");
    await prompt(lab).press("Control+u");
    await holds(lab, "");
    await prompt(lab).press("Control+z");
    await holds(lab, "nats stream ");
    await prompt(lab).press("Control+z");
    await holds(lab, "nats strea");
    await prompt(lab).press("Control+Shift+Z");
    await holds(lab, "nats stream ");
    await prompt(lab).press("Control+u");
    await enter(lab, "for i in 1 2; do");
    await offers(lab, "the command goes on here; Ctrl-C drops it");
    await enter(lab, "echo turn $i; done");
    await line(lab, "turn 2").waitFor();
    await lab.ended("main");
    await prompt(lab).press("ArrowUp");
    await holds(lab, "for i in 1 2; do⏎echo turn $i; done");
    await prompt(lab).press("Enter");
    await line(lab, "turn 2").nth(1).waitFor();
    await lab.ended("main");
    await prompt(lab).fill(`echo ${"long ".repeat(60)}`);
    await prompt(lab).press("Control+a");
    await lab.page.waitForFunction(() => document.querySelector("#terminal-main .prompt-input").scrollLeft === 0);
    await prompt(lab).press("Control+e");
    await lab.page.waitForFunction(() => document.querySelector("#terminal-main .prompt-input").scrollLeft > 0);
    await prompt(lab).press("Control+u");
  }));

test("an empty line of output is no prompt", () =>
  inSandbox({}, async (lab) => {
    await enter(lab, "echo; echo one");
    await line(lab, "one").last().waitFor();
    await lab.drawn();
    assert.equal(await lab.page.locator("#terminal-main .line-command").count(), 1);
  }));

test("without keys what runs, asks or goes on is ended by touch", () =>
  inSandbox({ size: "narrow", touch: true }, async (lab) => {
    const { page } = lab;
    const tap = (name) => page.locator("#terminal-main .prompt-buttons").getByRole("button", { name, exact: true }).tap();
    await page.getByRole("button", { name: "Type" }).tap();
    const words = page.locator("#terminal-main .word-bar .word-key.is-word");
    await lab.drawn();
    assert.deepEqual((await words.allInnerTexts()).slice(0, 2), ["nats", "lab"]);
    assert.equal((await lab.run("nats stream add ORDERS --subjects 'orders.*' --defaults")).exitCode, 0);
    await enter(lab, "echo 'a");
    await tap("Drop");
    await page.locator("#terminal-main .prompt-label", { hasText: "main $" }).waitFor();
    await enter(lab, "nats pub greet.joe");
    await offers(lab, "takes what you type; Ctrl-D ends that");
    await enter(lab, "from the keyboard");
    await tap("End");
    await line(lab, 'Published 18 bytes to "greet.joe"').waitFor();
    await page.locator("#terminal-main .prompt-label", { hasText: "main $" }).waitFor();
    await enter(lab, "nats stream info ORDRES");
    await line(lab, "? Select a Stream").waitFor();
    await lab.screenshot("select-touch");
    assert.equal(await page.locator("#terminal-main .terminal-prompt").evaluate((row) => row.scrollWidth > row.clientWidth), false, "the buttons have room");
    await tap("Stop");
    await page.getByRole("button", { name: "Fix: nats stream info ORDERS" }).tap();
    await holds(lab, "nats stream info ORDERS");
  }));
