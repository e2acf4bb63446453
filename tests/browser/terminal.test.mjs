// The terminal under somebody's hands: lists that narrow, keys that edit, help that appears, all as in a real one.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

const inSandbox = (options, use) => inLab({ hash: "#/sandbox", ...options }, async (lab) => {
  await lab.ready();
  lab.page.setDefaultTimeout(8_000);
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

/** Once the place has the focus that it was promised. */
const isIn = (lab, selector) => lab.page.waitForFunction((selector) => document.activeElement.matches(selector), selector);
const wire = (lab) => lab.page.locator(".wire");
const wireLines = (lab) => lab.page.locator(".wire .proto-said").allInnerTexts();

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
    await isIn(lab, ".wire-scroll");
    assert.deepEqual(await lab.axe(), []);
    await lab.screenshot("wire-light-wide");
    await lab.page.getByRole("button", { name: "Earlier command" }).click();
    await lab.page.locator(".wire .proto-headers", { hasText: "Nats-Msg-Id: 7" }).waitFor();
    assert.match((await wireLines(lab)).find((line) => line.startsWith("HPUB")), /^HPUB orders\.new _INBOX\.\S+ \d+ \d+$/);
    await keyboard.press("Escape");
    await wire(lab).waitFor({ state: "hidden" });
    await isIn(lab, "#terminal-main .prompt-input");
    await lab.page.locator("#terminal-main .wire-open").first().click();
    await lab.page.getByText("$JS.API.STREAM.CREATE.ORDERS").first().waitFor();
    await lab.page.getByRole("button", { name: "Close" }).click();
    await wire(lab).waitFor({ state: "hidden" });
    await keyboard.press("Escape");
    await keyboard.press("Enter");
    await isIn(lab, ".log-stop");
    await keyboard.press("Escape");
    await isIn(lab, ".terminal-log");
  }));

test("the wire of a command that goes on shows what goes on", () =>
  inSandbox({}, async (lab) => {
    await lab.type("nats sub 'orders.*'", "second", { ends: false });
    await lab.page.locator("#terminal-second .wire-open").click();
    await lab.run("nats pub orders.new one", "main");
    await lab.page.locator(".wire .proto-line", { hasText: "MSG orders.new 1 3" }).waitFor();
    await lab.run("nats pub orders.eu two", "main");
    await lab.page.locator(".wire .proto-line", { hasText: "MSG orders.eu 1 3" }).waitFor();
    assert.deepEqual(await wireLines(lab), ["SUB orders.* 1", "MSG orders.new 1 3", "MSG orders.eu 1 3"]);
    await lab.run("nats pub orders.many x --count 1000", "main");
    await lab.page.getByText("703 operations are not kept").waitFor();
    await lab.drawn();
    assert.equal(await lab.page.locator(".wire .proto-line").count(), 300);
  }));

test("what was lost on the wire is marked, in the terminal and on everybody's wire", () =>
  inSandbox({ bypassCSP: true }, async (lab) => {
    const { keyboard } = lab.page;
    await lab.type("lab fault drop-publish main", "main");
    await lab.type("nats pub orders.gone one", "main");
    await keyboard.press("Escape");
    await keyboard.press("w");
    await wire(lab).waitFor();
    await lab.page.locator(".wire .proto-line.is-lost", { hasText: "PUB orders.gone 3" }).waitFor();
    await lab.drawn();
    assert.equal(await lab.page.locator(".wire .is-lost").count(), 1);
    assert.match(await lab.page.locator(".wire .is-lost").innerText(), /lost on its way/);
    assert.deepEqual(await lab.axe(), []);
    await lab.screenshot("wire-lost");
    await keyboard.press("Escape");
    await keyboard.press("Escape");
    await keyboard.press("l");
    await lab.page.locator(".proto-log .is-lost", { hasText: "PUB orders.gone 3" }).waitFor();
    await lab.drawn();
    assert.equal(await lab.page.locator(".proto-log .is-lost").count(), 1);
  }));

test("printed figures lead to where they can be seen, by pointer and by keyboard", () =>
  inSandbox({ bypassCSP: true }, async (lab) => {
    const { page } = lab;
    await lab.type("nats stream add ORDERS --subjects 'orders.*' --defaults", "main");
    await lab.type("nats consumer add ORDERS worker --pull --defaults", "main");
    await lab.type("nats pub -J orders.new 12345 --count 2", "main");
    await page.locator("#terminal-main .line", { hasText: "Sequence: 2" }).locator(".figure", { hasText: "2" }).click();
    await page.locator(".scene .selected").first().waitFor();
    await lab.drawn();
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
    await lab.drawn();
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

const typeAt = async (lab, text) => { await prompt(lab).focus(); await lab.page.keyboard.type(text); };
const value = (lab) => prompt(lab).inputValue();

test("words are jumped over, killed and yanked, and the history keeps the draft", () =>
  inSandbox({}, async (lab) => {
    const { keyboard } = lab.page;
    await typeAt(lab, "nats pub orders.new hello");
    await keyboard.press("Alt+b");
    await keyboard.press("Control+k");
    assert.equal(await value(lab), "nats pub orders.new ");
    await keyboard.press("Alt+Backspace");
    assert.equal(await value(lab), "nats pub ");
    await keyboard.press("Control+y");
    assert.equal(await value(lab), "nats pub orders.new ");
    await keyboard.press("Control+a");
    await keyboard.press("Alt+d");
    assert.equal(await value(lab), " pub orders.new ");
    await keyboard.press("Control+y");
    await keyboard.press("Control+e");
    await keyboard.type("x");
    assert.equal(await value(lab), "nats pub orders.new x");
    await keyboard.press("Enter");
    await lab.ended("main");
    await keyboard.type("a draft");
    await keyboard.press("ArrowUp");
    assert.equal(await value(lab), "nats pub orders.new x");
    await keyboard.press("ArrowDown");
    assert.equal(await value(lab), "a draft");
    await keyboard.press("Control+u");
    assert.equal(await value(lab), "");
    assert.equal(await lab.page.locator("#terminal-second .prompt-input").inputValue(), "");
  }));

test("Ctrl-R finds what was entered in this terminal", () =>
  inSandbox({ bypassCSP: true }, async (lab) => {
    const { keyboard, page } = lab;
    for (const line of ["echo one", "nats pub a.b two", "echo three"]) await lab.type(line, "main");
    await typeAt(lab, "draft");
    await page.keyboard.press("Control+r");
    await page.keyboard.type("echo");
    const options = page.locator("#terminal-main [role=option]");
    await options.filter({ hasText: "three" }).waitFor();
    await lab.drawn();
    assert.deepEqual(await options.allInnerTexts(), ["echo three", "echo one"]);
    assert.deepEqual(await lab.axe(), []);
    await page.keyboard.press("Control+r");
    await page.keyboard.press("Tab");
    assert.equal(await value(lab), "echo one");
    await page.keyboard.press("Control+r");
    await page.keyboard.type("two");
    await page.keyboard.press("Escape");
    assert.equal(await value(lab), "echo one");
    await page.keyboard.press("Control+r");
    await page.keyboard.type("pub");
    await page.keyboard.press("Enter");
    await lab.ended("main");
    assert.equal((await lines(lab)).filter((line) => line.includes("nats pub a.b two")).length, 2, "Enter runs it");
  }));

test("the word under the cursor is explained, and what the shell would eat is warned of", () =>
  inSandbox({ bypassCSP: true }, async (lab) => {
    const hint = lab.page.locator("#hint-main");
    await typeAt(lab, "nats stream add ORDERS --max-age");
    await hint.filter({ hasText: "--max-age=" }).waitFor();
    await lab.page.keyboard.type(" 1h --retentoin");
    await hint.filter({ hasText: "did you mean --retention?" }).waitFor();
    await lab.screenshot("hint-light-wide");
    assert.deepEqual(await lab.axe(), []);
    await lab.page.keyboard.press("Control+u");
    await lab.page.keyboard.type("nats pub ");
    await hint.filter({ hasText: "<subject>" }).waitFor();
    await lab.page.keyboard.press("Control+u");
    await lab.page.keyboard.type('nats sub "$JS.EVENT.>"');
    await hint.filter({ hasText: "use single quotes" }).waitFor();
  }));

test("commands are told how wide their terminal is, and a session remembers it", () =>
  inSandbox({}, async (lab) => {
    await lab.page.setViewportSize({ width: 1900, height: 1000 });
    await lab.drawn();
    const longest = async () => Math.max(...(await lab.run("nats stream add --help", "main")).output.split("\n").map((line) => line.length));
    const wide = await longest();
    for (let more = 0; more < 2; more += 1) await lab.page.getByRole("button", { name: "Another terminal" }).click();
    await lab.drawn();
    const narrow = await longest();
    assert.ok(narrow < wide, `${narrow} < ${wide}`);
    const session = JSON.parse(await lab.page.evaluate(() => window.jetlab.session()));
    const widths = session.inputs.flatMap(({ input }) => input.width?.columns ?? []);
    assert.equal(widths.length, 2, JSON.stringify(widths));
    assert.ok(widths[1] < widths[0], `${widths}`);
    const room = await lab.page.locator("#terminal-main .terminal-log").evaluate((log) => log.scrollWidth - log.clientWidth);
    assert.ok(room <= 0, "what was printed fits");
  }));

test("up to four terminals stand beside each other, and the last used are those in sight", () =>
  inSandbox({ bypassCSP: true }, async (lab) => {
    const shown = async () => { await lab.drawn(); return (await lab.page.locator(".terminal.is-shown").evaluateAll((all) => all.map((one) => one.id.slice(9)))); };
    assert.deepEqual(await shown(), ["main", "second"]);
    await lab.page.getByRole("button", { name: "Another terminal" }).click();
    assert.equal((await shown()).length, 3);
    await lab.page.setViewportSize({ width: 1900, height: 1000 });
    await lab.page.getByRole("button", { name: "Another terminal" }).click();
    assert.equal((await shown()).length, 4);
    await lab.screenshot("four-panes");
    assert.deepEqual(await lab.axe(), []);
    await lab.page.setViewportSize({ width: 1024, height: 768 });
    await lab.page.locator("#tab-second").click();
    assert.ok((await shown()).includes("second"));
    await lab.page.setViewportSize({ width: 390, height: 844 });
    await lab.page.getByRole("button", { name: "Type" }).click();
    assert.deepEqual(await shown(), ["second"]);
  }));

test("what was entered is copied as a script for the real command line", () =>
  inSandbox({}, async (lab) => {
    await lab.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await lab.type("nats sub 'orders.*'", "second", { ends: false });
    await lab.run("nats pub orders.new one", "main");
    await lab.run("lab clock +5s", "main");
    await lab.page.getByRole("button", { name: "Copy as a script" }).click();
    await lab.page.getByText("Copied").waitFor();
    const script = await lab.page.evaluate(() => navigator.clipboard.readText());
    assert.match(script, /^#!\/bin\/sh\n/);
    assert.match(script, /\n# second\nnats sub 'orders\.\*' &\nsleep 1\n\n# main\nnats pub orders\.new one\n# lab clock \+5s\n$/);
  }));

test("several pasted lines run one after another", () =>
  inSandbox({}, async (lab) => {
    await prompt(lab).focus();
    await lab.page.evaluate(() => {
      const data = new DataTransfer();
      data.setData("text", "echo one\n# a comment\nsleep 1; echo two\necho thr");
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    });
    await lab.page.locator("#terminal-main .line-output", { hasText: "two" }).waitFor();
    await lab.drawn();
    assert.deepEqual(await lab.page.locator("#terminal-main .line-output").allInnerTexts(), ["one", "two"]);
    assert.equal(await value(lab), "echo thr");
  }));

test("one key fills in what was meant by a line that went wrong, and runs nothing", () =>
  inSandbox({ bypassCSP: true }, async (lab) => {
    await lab.type("nats strem ls", "main");
    assert.equal(await prompt(lab).getAttribute("placeholder"), "→ nats stream ls");
    assert.deepEqual(await lab.axe(), []);
    await prompt(lab).press("ArrowRight");
    assert.equal(await value(lab), "nats stream ls");
    assert.equal((await lines(lab)).filter((line) => line.includes("No Streams defined")).length, 0);
    await prompt(lab).press("Enter");
    await lab.ended("main");
    assert.equal(await prompt(lab).getAttribute("placeholder"), "");
    await lab.type('nats sub "$JS.EVENT.>"', "main");
    await lab.page.getByRole("button", { name: "Fix: nats sub '$JS.EVENT.>'" }).click();
    await lab.drawn();
    assert.equal(await value(lab), "nats sub '$JS.EVENT.>'");
    assert.ok(await lab.page.evaluate(() => document.activeElement.matches(".prompt-input")), "the prompt has the focus");
    await lab.screenshot("fix-light-wide");
  }));

test("on a phone words are tapped", () =>
  inSandbox({ size: "narrow", touch: true, bypassCSP: true }, async (lab) => {
    const { page } = lab;
    await page.getByRole("button", { name: "Type" }).tap();
    const bar = page.locator("#terminal-main .word-bar");
    await prompt(lab).tap();
    await bar.getByRole("button", { name: "nats", exact: true }).tap();
    assert.equal(await value(lab), "nats ");
    await page.keyboard.type("pu");
    await bar.getByRole("button", { name: "publish", exact: true }).tap();
    await page.keyboard.type("a");
    await bar.getByRole("button", { name: "dot", exact: true }).tap();
    await page.keyboard.type("b x");
    assert.equal(await value(lab), "nats publish a.b x");
    assert.ok(await page.evaluate(() => document.activeElement.matches(".prompt-input")), "the keyboard stays");
    assert.deepEqual(await lab.axe(), []);
    await lab.screenshot("word-bar-light-narrow");
    await page.keyboard.press("Enter");
    await page.getByText('Published 1 bytes to "a.b"').waitFor();
    await bar.getByRole("button", { name: "The line before" }).tap();
    assert.equal(await value(lab), "nats publish a.b x");
  }));

/** Pastes where the cursor is. */
const paste = (lab, text, actor = "main") => lab.page.evaluate(([actor, text]) => {
  const prompt = document.querySelector(`#terminal-${actor} .prompt-input`);
  const clipboardData = new DataTransfer();
  clipboardData.setData("text", text);
  prompt.focus();
  prompt.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}, [actor, text]);
const line = (lab, text, actor = "main") => lab.page.locator(`#terminal-${actor} .line-output`, { hasText: text });

test("what is pasted goes where the cursor is, and to whoever takes it", () =>
  inSandbox({}, async (lab) => {
    const { keyboard } = lab.page;
    await typeAt(lab, "echo end");
    await keyboard.press("Control+a");
    await paste(lab, "echo one\r\necho \\\r\ntwo\r\necho three; ");
    await line(lab, "two").last().waitFor();
    await lab.drawn();
    assert.equal(await value(lab), "echo three; echo end");
    assert.ok((await lines(lab)).includes("one"));
    await keyboard.press("Enter");
    await line(lab, "end").waitFor();
    await lab.type("cat", "main", { ends: false });
    await lab.page.locator('#terminal-main .prompt-input[placeholder*="Ctrl-D"]').waitFor();
    await paste(lab, "first\nsecond\n");
    await line(lab, "second").last().waitFor();
    await keyboard.press("Control+d");
    await lab.ended("main");
    assert.deepEqual((await lines(lab)).slice(-4), ["> first", "first", "> second", "second"]);
  }));

test("a paste that waits holds up no other terminal, and answers no question", () =>
  inSandbox({}, async (lab) => {
    await lab.run("nats stream add ORDERS --subjects orders --defaults");
    await paste(lab, "nats stream rm ORDERS\necho pasted\n");
    await lab.page.locator("#terminal-main .line-question").waitFor();
    await lab.type("echo meanwhile", "second");
    await line(lab, "meanwhile", "second").waitFor();
    assert.equal(await line(lab, "pasted").count(), 0);
    await lab.type("n", "main");
    await line(lab, "pasted").waitFor();
    await lab.drawn();
    assert.ok((await lines(lab)).some((text) => text.startsWith("? Really delete Stream ORDERS No")), (await lines(lab)).join("\n"));
  }));

test("a word is completed in its middle, and where a body may follow no flag is put in", () =>
  inSandbox({}, async (lab) => {
    const { keyboard } = lab.page;
    await typeAt(lab, "nats stream info");
    await keyboard.press("ArrowLeft");
    await keyboard.press("ArrowLeft");
    await keyboard.press("Tab");
    assert.equal(await value(lab), "nats stream info ");
    await keyboard.press("Control+u");
    await keyboard.type("nats pub orders ");
    await keyboard.press("Tab");
    await lab.page.locator("#terminal-main [role=option]", { hasText: "--count" }).waitFor();
    assert.equal(await value(lab), "nats pub orders ");
  }));

test("a command from a lesson ends the search it is put into", () =>
  inLab({ hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    const asked = lab.page.locator(".run-command").first();
    const [actor, command] = await asked.evaluate((button) => [button.parentElement.querySelector(".run-actor").innerText, button.innerText.trim()]);
    await lab.run("echo before", actor);
    await prompt(lab, actor).focus();
    await lab.page.keyboard.press("Control+r");
    await lab.page.locator(`#terminal-${actor} [role=listbox]`).waitFor();
    await asked.click();
    await lab.page.locator(`#terminal-${actor} [role=listbox]`).waitFor({ state: "detached" });
    await lab.drawn();
    assert.equal(await prompt(lab, actor).inputValue(), command);
    assert.notEqual(await lab.page.locator(`#terminal-${actor} .prompt-label`).innerText(), "search");
    assert.deepEqual(lab.errors, []);
  }));

test("who goes to the terminal right after asking for the scene stays there", () =>
  inSandbox({ size: "narrow", touch: true }, async (lab) => {
    const { page } = lab;
    await lab.run("nats stream add ORDERS --subjects orders --defaults");
    await page.getByRole("button", { name: "Type", exact: true }).tap();
    await page.locator(".app-type #terminal-main .figure").first().waitFor();
    await lab.drawn();
    await page.evaluate(() => {
      document.querySelector("#terminal-main .figure").click();
      [...document.querySelectorAll(".app-part")].find((part) => part.innerText === "Type").click();
    });
    await lab.drawn();
    assert.equal(await page.locator(".app-type").count(), 1);
    await page.evaluate(() => document.querySelector("#terminal-main .figure").click());
    await page.locator(".app-watch").waitFor();
  }));
