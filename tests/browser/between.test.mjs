// What is done between two drawings counts: a page that is slow to draw loses no key, no click and no letter.
//
// Each pair is done within one task of the page, so that nothing can be drawn between its two halves.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

const inSandbox = (use, options) => inLab({ hash: "#/sandbox", before: [hands], ...options }, async (lab) => {
  await lab.ready();
  lab.page.setDefaultTimeout(15_000);
  await use(lab);
  assert.deepEqual(lab.errors, []);
});

/** What a person does, as the page hears of it. */
function hands() {
  const find = (selector) => document.querySelector(selector) ?? document.body;
  const tell = (element, event) => element.dispatchEvent(event);
  window.hands = {
    keys(selector, ...keys) {
      for (const name of keys) {
        const [key, ctrlKey] = name.startsWith("Ctrl-") ? [name.slice(5), true] : [name, false];
        const element = selector ? find(selector) : document.activeElement;
        tell(element, new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true }));
      }
    },
    letters(selector, text) {
      const field = find(selector);
      for (const letter of text) {
        field.setRangeText(letter, field.selectionStart, field.selectionEnd, "end");
        tell(field, new InputEvent("input", { data: letter, bubbles: true }));
      }
    },
    write(selector, text, ...events) {
      const field = find(selector);
      field.value = text;
      for (const name of ["input", ...events]) tell(field, new Event(name, { bubbles: true }));
    },
    choose(selector, text) {
      const list = find(selector);
      list.selectedIndex = [...list.options].findIndex((option) => option.text === text);
      tell(list, new Event("change", { bubbles: true }));
    },
    click: (...selectors) => selectors.forEach((selector) => tell(find(selector), new MouseEvent("click", { bubbles: true, cancelable: true }))),
  };
}

/** Does something within one task of the page. */
const together = (lab, act, of) => lab.page.evaluate(act, of);
const PROMPT = "#terminal-main .prompt-input";
const holds = (lab, text) => lab.page.waitForFunction((text) => document.querySelector("#terminal-main .prompt-input").value === text, text);
const chosen = (lab, text) => lab.page.locator(`#terminal-main .completion[aria-selected=true]`, { hasText: text }).waitFor();

test("keys and letters in a prompt", () =>
  inSandbox(async (lab) => {
    const { page } = lab;
    for (const name of ["ABC", "ORDERS", "ORDERS_OLD", "ZOO"]) await lab.run(`nats stream add ${name} --subjects ${name} --defaults`);
    await page.locator(PROMPT).focus();
    // Tab opens the list, Tab goes into it, arrows go on in it.
    await together(lab, (prompt) => { hands.letters(prompt, "nats stream info "); hands.keys(prompt, "Tab", "Tab"); }, PROMPT);
    await chosen(lab, "ABC");
    await together(lab, (prompt) => hands.keys(prompt, "ArrowDown", "ArrowDown"), PROMPT);
    await chosen(lab, "ORDERS_OLD");
    await together(lab, (prompt) => hands.keys(prompt, "ArrowUp", "Enter"), PROMPT);
    await holds(lab, "nats stream info ORDERS ");
    // What was drawn is meant by a tap, whatever has narrowed the list since.
    await together(lab, (prompt) => { hands.keys(prompt, "Ctrl-u"); hands.letters(prompt, "nats stream info "); hands.keys(prompt, "Tab"); }, PROMPT);
    await page.locator("#terminal-main .completion", { hasText: "ZOO" }).waitFor();
    await together(lab, (prompt) => { hands.letters(prompt, "Z"); hands.click("#terminal-main .completion:nth-child(4)"); }, PROMPT);
    await holds(lab, "nats stream info ZOO ");
    // Ctrl-R and what is looked for; Enter runs what was found.
    await together(lab, (prompt) => { hands.keys(prompt, "Ctrl-u", "Ctrl-r"); hands.letters(prompt, "ORDERS_"); }, PROMPT);
    await chosen(lab, "nats stream add ORDERS_OLD");
    await together(lab, (prompt) => { hands.keys(prompt, "Escape"); hands.letters(prompt, "nats stream info NOPE"); hands.keys(prompt, "Enter"); }, PROMPT);
    // A question is asked: arrows walk among what can be chosen.
    await page.locator("#terminal-main .line", { hasText: "> ABC" }).waitFor();
    await together(lab, (prompt) => hands.keys(prompt, "ArrowDown", "ArrowDown"), PROMPT);
    await page.locator("#terminal-main .line", { hasText: "> ORDERS_OLD" }).waitFor();
    await together(lab, (prompt) => { hands.keys(prompt, "ArrowDown", "Enter"); }, PROMPT);
    await page.locator("#terminal-main .line", { hasText: "Select a Stream ZOO" }).waitFor();
  }));

test("keys and clicks in the page", () =>
  inSandbox(async (lab) => {
    const { page } = lab;
    await lab.run("nats stream add ORDERS --subjects 'orders.*' --defaults");
    await lab.run("nats pub orders.new x -J --count 3");
    await page.evaluate(() => document.activeElement.blur());
    const speed = (value) => page.waitForFunction((value) => document.querySelector(".timebar-speed select").value === value, value);
    await together(lab, () => hands.keys("body", "]", "]"));
    await speed("5");
    // What was chosen by hand follows when it changes otherwise.
    await page.locator(".timebar-speed select").selectOption("2");
    await together(lab, () => hands.keys("body", "]", "[", "[", "]"));
    await speed("2");
    await together(lab, () => hands.keys("body", " "));
    await page.locator("#play[aria-pressed=true]").waitFor();
    const event = () => page.locator("#scrubber").getAttribute("aria-valuetext").then((text) => Number(/after event (\d+)/.exec(text)[1]));
    const stands = (number) => page.locator(`#scrubber[aria-valuetext*="after event ${number} of"]`).waitFor();
    await lab.drawn();
    const before = await event();
    await together(lab, () => hands.keys("#scrubber", "ArrowLeft", "ArrowLeft"));
    await stands(before - 2);
    await together(lab, () => hands.click("#step", "#step"));
    await stands(before);
    await together(lab, () => hands.click("#back", "#back", "#step"));
    await stands(before - 1);
    const size = (selector, side) => page.locator(selector).first().evaluate((element, side) => element.getBoundingClientRect()[side], side);
    const grows = (selector, side, least) => page.waitForFunction(
      ([selector, side, least]) => document.querySelector(selector).getBoundingClientRect()[side] > least, [selector, side, least]);
    const lesson = await size(".app-lesson", "width");
    const steps = await page.evaluate(() => document.querySelector(".app-scene").getBoundingClientRect().right - document.querySelector(".app-lesson").getBoundingClientRect().left);
    await together(lab, () => hands.keys(".split-lesson", "ArrowRight", "ArrowRight"));
    await grows(".app-lesson", "width", lesson + steps * 0.03);
    await page.getByRole("button", { name: "Larger" }).click();
    await lab.drawn();
    const head = await size(".scene .card .head", "height");
    await together(lab, () => hands.click("[aria-label=Larger]", "[aria-label=Larger]"));
    await grows(".scene .card .head", "height", head * 1.4);
    await together(lab, () => hands.keys("body", "?", "Escape", "s", "l", "s"));
    await page.locator(".story-log:focus").waitFor();
    assert.equal(await page.locator("[role=dialog]").count(), 0);
    // Letters after T are meant for the prompt.
    await together(lab, () => hands.keys("body", "t"));
    assert.ok(await page.evaluate((prompt) => document.activeElement.matches(prompt), PROMPT), "the prompt has the focus at once");
  }));

test("choices and fields", () =>
  inSandbox(async (lab) => {
    const { page } = lab;
    for (const line of ["nats stream add ORDERS --subjects 'orders.*' --defaults", "nats pub orders.new x -J", "lab publish other.things x --rate 0.1/s"]) {
      assert.equal((await lab.run(line)).exitCode, 0, line);
    }
    await page.locator("#look-story").click();
    await page.locator(".story option", { hasText: "ORDERS" }).waitFor({ state: "attached" });
    await page.locator(".story option", { hasText: "main" }).waitFor({ state: "attached" });
    await together(lab, () => { hands.choose(".look-filter:nth-child(2) select", "main"); hands.choose(".look-filter:nth-child(3) select", "ORDERS"); });
    await lab.drawn();
    assert.deepEqual(await page.locator(".look-filter select").evaluateAll((lists) => lists.map((list) => list.value)), ["", "main", "ORDERS"]);
    // From wire to wire.
    await together(lab, () => hands.keys("body", "w"));
    await page.locator(".wire-title", { hasText: "lab publish" }).waitFor();
    await together(lab, () => hands.click("[aria-label='Earlier command']", "[aria-label='Earlier command']"));
    await page.locator(".wire-title", { hasText: "nats stream add" }).waitFor();
    // One field is done, and the next one is being typed into while the first is taken in.
    await together(lab, () => hands.click("#look-inspector"));
    await page.locator(".cast-member").click();
    await page.locator(".parameters label").first().waitFor();
    const fields = await page.locator(".parameters label").evaluateAll((labels) => labels.map((label) => label.innerText.trim()));
    const field = (name) => `.parameters label:nth-child(${1 + fields.indexOf(name)}) input`;
    assert.ok(fields.includes("rate") && fields.includes("id"), fields.join());
    await together(lab, ([rate, id]) => { hands.write(rate, "0.2/s", "change"); hands.write(id, "letters"); }, [field("rate"), field("id")]);
    await lab.drawn();
    assert.equal(await page.locator(field("id")).inputValue(), "letters");
    // The form of a connection.
    await page.locator("#connect").click();
    await page.locator("#connect-urls").waitFor();
    await together(lab, () => {
      hands.write("#connect-urls", "ws://localhost:1");
      hands.letters("#connect-name", "ab");
      hands.choose("#connect-kind", "User and password");
    });
    await page.locator("#connect-user").waitFor();
    await together(lab, () => { hands.letters("#connect-user", "jo"); hands.letters("#connect-password", "pw"); });
    await lab.drawn();
    assert.deepEqual(await page.locator("#connect-urls, #connect-name, #connect-user, #connect-password").evaluateAll((all) => all.map((one) => one.value)),
      ["ws://localhost:1", "ab", "jo", "pw"]);
  }));

test("a command that was put into the prompt runs by Enter, drawn or not", () =>
  inSandbox(async (lab) => {
    const { page } = lab;
    const command = page.locator(".run-command").first();
    await command.waitFor();
    const text = (await command.innerText()).replace(/\s+/g, " ").trim();
    await together(lab, () => { hands.click(".run-command"); hands.keys("", "Enter"); });
    await page.locator(".line-command", { hasText: text }).first().waitFor();
  }, { hash: "" }));
