// The editor a command opens over its terminal: by keyboard, by pointer, on a phone, by a program, and run again.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

const inSandbox = (options, use) => inLab({ hash: "#/sandbox", ...options }, async (lab) => {
  await lab.ready();
  lab.page.setDefaultTimeout(8_000);
  await lab.run("nats stream add ORDERS --subjects 'orders.*' --defaults --metadata team=shop");
  await use(lab);
  assert.deepEqual(lab.errors, []);
});
const prompt = (lab) => lab.page.locator("#terminal-main .prompt-input");
const area = (lab) => lab.page.locator("#terminal-main textarea");
/** Once it has the focus that it was promised. */
const has = (lab, what) => lab.page.waitForFunction((what) => document.activeElement.matches(what), what);
const screen = async (lab) => {
  await lab.drawn();
  return (await lab.page.locator("#terminal-main .line").allInnerTexts()).join("\n");
};
const open = async (lab, line = "nats stream edit ORDERS --interactive") => {
  await prompt(lab).fill(line);
  await prompt(lab).press("Enter");
  await area(lab).waitFor();
};
const change = async (lab, old, now) => area(lab).fill((await area(lab).inputValue()).replace(old, now));
const maxAge = async (lab) => JSON.parse((await lab.request("$JS.API.STREAM.INFO.ORDERS")).payload).config.max_age / 1e9;

test("what is saved becomes the stream, and the focus goes in and back", () =>
  inSandbox({ bypassCSP: true }, async (lab) => {
    await open(lab);
    assert.match(await area(lab).inputValue(), /^# Schema: io\.nats\.jetstream\.api\.v1\.stream_configuration\n/);
    await has(lab, "textarea");
    await lab.drawn();
    assert.equal(await area(lab).evaluate((area) => area.selectionStart), 0);
    assert.equal(await lab.page.getByRole("textbox", { name: "Text of ORDERS.yaml" }).count(), 1);
    assert.equal(await prompt(lab).isVisible(), false);
    assert.deepEqual(await lab.axe(), []);
    await change(lab, "max_age: 0s", "max_age: 1h");
    await lab.page.keyboard.press("Control+s");
    await lab.page.locator(".line-question", { hasText: "Really edit Stream ORDERS" }).waitFor();
    await has(lab, ".prompt-input");
    assert.match(await screen(lab), /ORDERS\.yaml was saved, 1 line changed\nDifferences \(-old \+new\):/);
    await lab.page.keyboard.type("y");
    await lab.page.keyboard.press("Enter");
    await lab.ended("main");
    assert.match(await screen(lab), /Stream ORDERS was updated/);
    assert.equal(await maxAge(lab), 3600);
    const session = JSON.parse(await lab.page.evaluate(() => window.jetlab.session()));
    const saved = session.inputs.flatMap(({ input }) => input.answer?.text ?? []);
    assert.equal(saved.length, 1);
    assert.match(saved[0], /^max_age: 1h$/m);
    // Another page runs it again.
    const link = await lab.page.evaluate(() => window.jetlab.share());
    await inLab({ hash: link.slice(link.indexOf("#")) }, async (other) => {
      await other.ready();
      assert.match(await other.page.getByRole("dialog").locator("pre").innerText(), /main \? +\n +name: ORDERS\n[^#]*max_age: 1h\n/);
      await other.page.locator("#shared-play").click();
      await other.page.locator("#terminal-main .line", { hasText: "was updated" }).waitFor({ timeout: 8_000 });
      assert.match(await screen(other), /Maximum Age: 1h0m0s/);
    });
  }));

test("Escape leaves a text as it was, and asks before it drops changes", () =>
  inSandbox({}, async (lab) => {
    await open(lab);
    await lab.page.keyboard.press("Escape");
    await lab.ended("main");
    assert.match(await screen(lab), /ORDERS\.yaml was left as it is\nNo difference in configuration/);
    await has(lab, ".prompt-input");
    await open(lab);
    await change(lab, "max_age: 0s", "max_age: 1h");
    await lab.page.keyboard.press("Escape");
    await lab.page.locator(".edit-hint", { hasText: "drops your changes" }).waitFor();
    await lab.page.keyboard.press("Escape");
    await area(lab).waitFor({ state: "detached" });
    assert.equal(await maxAge(lab), 0);
    // Single keys are letters here, not shortcuts.
    await open(lab);
    const playing = () => lab.page.evaluate(() => window.jetlab.state?.().playing);
    const before = await playing();
    await lab.page.keyboard.type(" .,f");
    assert.equal(await playing(), before);
    assert.ok((await area(lab).inputValue()).startsWith(" .,f#"));
    await lab.page.getByRole("button", { name: "Cancel" }).click();
    await lab.page.locator(".edit-hint", { hasText: "drops your changes" }).waitFor();
    await lab.page.getByRole("button", { name: "Cancel" }).click();
    await area(lab).waitFor({ state: "detached" });
    await has(lab, ".prompt-input");
  }));

test("a text that is no YAML is refused where it is wrong, an empty one by the server", () =>
  inSandbox({}, async (lab) => {
    await open(lab);
    await change(lab, "max_age: 0s", "max_age: 1d");
    await lab.page.keyboard.press("Control+Enter");
    await lab.ended("main");
    assert.match(await screen(lab), /line \d+: cannot unmarshal !!str `1d` into time\.Duration/);
    await open(lab, "nats stream edit ORDERS -i -f");
    await area(lab).fill("");
    await lab.page.getByRole("button", { name: "Save" }).click();
    await lab.ended("main");
    assert.match(await screen(lab), /could not edit Stream ORDERS: stream name is required/);
  }));

test("a program gets the text and answers with one", () =>
  inSandbox({}, async (lab) => {
    const opened = await lab.run("nats stream edit ORDERS -i -f");
    assert.match(opened.output, /^max_age: 0s$/m);
    const saved = await lab.run(opened.output.replace("max_age: 0s", "max_age: 2h"));
    assert.equal(saved.exitCode, 0);
    assert.match(saved.output, /^Differences \(-old \+new\):/);
    assert.equal(await maxAge(lab), 7200);
    const again = await lab.run("nats stream edit ORDERS -i --dry-run");
    assert.match(again.output, /^max_age: 2h0m0s$/m);
    assert.deepEqual(await lab.run(""), { output: "", exitCode: 0 });
    // As with any question that ends without a word.
    await lab.run("nats stream add GONE --subjects gone --defaults");
    await lab.run("nats stream rm GONE");
    assert.deepEqual(await lab.run("y"), { output: "", exitCode: 0 });
    await lab.run("nats stream edit ORDERS -i");
    await lab.page.evaluate(() => window.jetlab.reset());
    await area(lab).waitFor({ state: "detached" });
  }));

for (const theme of ["light", "dark"]) for (const size of ["wide", "narrow"]) {
  test(`the editor looks right: ${theme}, ${size}`, () =>
    inSandbox({ theme, size, touch: size === "narrow" }, async (lab) => {
      if (size === "narrow") await lab.page.getByRole("button", { name: "Type", exact: true }).click();
      await open(lab);
      await area(lab).evaluate((area) => { area.scrollTop = 300; });
      await lab.drawn();
      await lab.screenshot(`editor-${theme}-${size}`);
      const [box, terminal] = await Promise.all([area(lab).boundingBox(), lab.page.locator("#terminal-main").boundingBox()]);
      assert.ok(box.width > terminal.width - 4 && box.height > terminal.height * 0.6, JSON.stringify([box, terminal]));
      for (const name of ["Save", "Cancel"]) {
        const button = await lab.page.getByRole("button", { name, exact: true }).boundingBox();
        assert.ok(button.x >= terminal.x && button.x + button.width <= terminal.x + terminal.width, name);
      }
    }));
}
