// Looking closer: inspector, wire and story; panes that move; taking back; settings. By keyboard, at every size.

import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { pressUntil, typeLine } from "./support/keyboard.mjs";
import { SIZES, inLab } from "./support/lab.mjs";
import { ADD_ORDERS, ADD_PROCESSOR, PUBLISH } from "./support/orders.mjs";

const isIn = (lab, selector) => lab.page.waitForFunction((selector) => document.activeElement.matches(selector), selector);
const inspector = (lab) => lab.page.locator(".inspector");

/** A stream of orders, some of them in flight, and time at rest. */
async function orders(lab) {
  await lab.ready();
  await lab.run(ADD_ORDERS, "main");
  await lab.run("", "main");
  await lab.run(ADD_PROCESSOR, "main");
  await lab.run(PUBLISH, "shop");
  await lab.run("nats pub orders.new '{\"order\":21,\"items\":[\"tea\"]}' -H Trace:abc", "shop");
  await lab.run("nats consumer next orders_stream processor --count 4 --no-ack", "main");
  await lab.page.evaluate(() => window.jetlab.pause());
  await lab.drawn();
}

async function show(lab, size) {
  if (size === "medium") await lab.page.keyboard.press("Escape");
  if (size === "narrow") await lab.page.getByRole("button", { name: "Watch", exact: true }).click();
  await lab.drawn();
}

async function choose(lab, selector) {
  await lab.page.locator(selector).first().focus();
  await lab.page.keyboard.press("Enter");
  await inspector(lab).waitFor();
  await lab.drawn();
}

for (const theme of ["light", "dark"]) {
  for (const size of Object.keys(SIZES)) {
    test(`axe finds nothing in any pane, and nothing sticks out: ${theme}, ${size}`, () =>
      inLab({ theme, size, bypassCSP: true, hash: "#/lesson/order-queue" }, async (lab) => {
        await orders(lab);
        await show(lab, size);
        const looked = async (name) => {
          await lab.drawn();
          await lab.page.waitForTimeout(150);
          await lab.screenshot(`look-${theme}-${size}-${name}`);
          assert.deepEqual(await lab.axe(), [], name);
          const overflow = await lab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${name}: the page is ${overflow} px wider than the window`);
        };
        await choose(lab, ".consumer .cell");
        await looked("delivery");
        await choose(lab, ".consumer .head");
        await looked("consumer");
        await choose(lab, ".card > .head");
        await looked("stream");
        await choose(lab, ".server");
        await looked("server");
        await choose(lab, ".tag");
        await looked("client");
        await lab.page.locator("#look-story").click();
        await looked("story");
        await lab.page.locator("#look-wire").click();
        await looked("wire");
        await lab.page.locator("#settings").click();
        await looked("settings");
        assert.deepEqual(lab.errors, []);
      }));
  }
}

test("a walk by keyboard alone: type, look at the scene, look closer, point at figures, read the story", () =>
  inLab({ bypassCSP: true, hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    const { keyboard } = lab.page;
    await keyboard.press("Tab");
    assert.equal(await lab.page.evaluate(() => document.activeElement.textContent), "Skip to the terminal");
    await keyboard.press("Enter");
    await lab.page.waitForFunction(() => document.activeElement.matches("#terminal-main .prompt-input"));
    await typeLine(lab, "nats stream add S --subjects 's.*' --defaults", "main");
    await typeLine(lab, "nats consumer add S c --pull --ack explicit --wait 30s --defaults", "main");
    await typeLine(lab, "nats pub s.a one --count 3", "main");
    await typeLine(lab, "nats consumer next S c --no-ack", "main");
    await keyboard.press("Escape");
    await keyboard.press(" ");
    await lab.page.getByRole("button", { name: "Play", exact: true }).waitFor();
    await lab.page.locator(".consumer .cells .step").first().waitFor({ state: "attached" });
    await pressUntil(lab.page, "Shift+Tab", ".consumer .cells .step");
    await keyboard.press("ArrowRight");
    await keyboard.press("Enter");
    await inspector(lab).getByText("Not yet delivered. Nobody asks: no pull request is open.").waitFor();
    await keyboard.press("ArrowLeft");
    await keyboard.press("Enter");
    await inspector(lab).getByText("In flight: delivered to main, and not answered yet.").waitFor();
    assert.match(await inspector(lab).locator(".reason-deadline").innerText(), /in \d+s: without an answer it is delivered again/);
    await lab.drawn();
    assert.equal(await lab.page.locator(".scene .cell.selected").count(), 1, "it is marked in the scene");
    await keyboard.press("i");
    await isIn(lab, ".inspector");
    await pressUntil(lab.page, "Tab", ".sheet-link");
    for (let link = 0; link < 8; link += 1) {
      if (await lab.page.evaluate(() => document.activeElement.textContent === "Consumer c")) break;
      await keyboard.press("Tab");
    }
    await keyboard.press("Enter");
    await inspector(lab).getByRole("heading", { name: "c", exact: true }).waitFor();
    await isIn(lab, ".inspector");
    await pressUntil(lab.page, "Tab", "button.figure-value");
    await lab.page.locator(".consumer.lit-pending").waitFor();
    await keyboard.press("Tab");
    await lab.page.locator(".consumer.lit-flight").waitFor();
    await keyboard.press("Escape");
    await lab.page.locator(".scene .selected").waitFor({ state: "detached" });
    await lab.page.locator(".consumer.lit").waitFor({ state: "detached" });
    await keyboard.press("s");
    await isIn(lab, ".story-log");
    const story = lab.page.getByRole("log", { name: "Story" });
    await lab.drawn();
    assert.match(await story.innerText(), /S stored messages 1 to 3\./);
    await keyboard.press("l");
    await isIn(lab, ".proto-log");
    await lab.drawn();
    assert.match(await lab.page.locator(".proto-log").innerText(), /PUB s\.a/);
    await keyboard.press("Escape");
    await lab.page.locator(".app-look.is-open").waitFor({ state: "detached" });
    await isIn(lab, "#look-wire");
    await lab.page.locator(".card", { hasText: "1 in flight" }).waitFor();
    await keyboard.press("z");
    await lab.page.locator(".card", { hasText: "0 in flight" }).waitFor();
    assert.deepEqual(lab.errors, []);
  }));

test("a message shows headers, its payload in three forms, and its life", () =>
  inLab({ hash: "#/lesson/order-queue" }, async (lab) => {
    await orders(lab);
    await lab.page.locator(".card > .cells .stored").last().click();
    const pane = inspector(lab);
    await pane.getByText("Trace").first().waitFor();
    assert.match(await pane.locator(".payload").innerText(), /{\n {2}"order": 21,/);
    await pane.getByRole("button", { name: "Hex" }).click();
    await lab.drawn();
    assert.match(await pane.locator(".payload").innerText(), /^0000 {2}7b 22 6f/);
    await pane.getByRole("button", { name: "Text" }).click();
    await lab.drawn();
    assert.equal(await pane.locator(".payload").innerText(), '{"order":21,"items":["tea"]}');
    const life = await pane.locator(".life").innerText();
    assert.match(life, /HPUB/);
    assert.match(life, /orders_stream stored message 21\./);
  }));

test("the wire leads to the message, and the message marks its lines", () =>
  inLab({ hash: "#/lesson/order-queue" }, async (lab) => {
    await orders(lab);
    await lab.page.locator("#look-wire").click();
    await lab.page.locator("button.proto-line", { hasText: "order-3" }).first().click();
    await lab.page.locator(".scene .stored.selected").waitFor();
    await lab.drawn();
    assert.ok(await lab.page.locator(".proto-line.is-marked").count() >= 2, "published and delivered");
    await lab.page.locator("#look-inspector").click();
    await inspector(lab).getByRole("heading", { name: "3 of orders_stream" }).waitFor();
  }));

test("a refused request says why: behind the complaint, in the story, on the wire, and from the count at the server", () =>
  inLab({ hash: "#/sandbox", bypassCSP: true }, async (lab) => {
    await lab.ready();
    await typeLine(lab, "nats stream add S --subjects 's.*' --max-consumers 1 --defaults", "main");
    await typeLine(lab, "nats consumer add S one --pull --defaults", "main");
    await typeLine(lab, "nats consumer add S two --pull --defaults", "main");
    await lab.page.keyboard.press("Escape");
    await lab.page.keyboard.press(" ");
    const why = inspector(lab).locator(".reason");
    const isSaid = async (whence) => {
      await why.getByText("as many consumers as it may. It has one.").waitFor();
      assert.match(await why.innerText(), /max_consumers 1/, whence);
      await lab.page.evaluate(() => document.querySelector("#look-inspector").click());
      await lab.page.keyboard.press("Escape");
      await why.waitFor({ state: "detached" });
    };
    // By keyboard: into what was printed, to the last link.
    await lab.page.locator("#terminal-main .terminal-log").focus();
    await lab.page.keyboard.press("Enter");
    await isIn(lab, ".why-open");
    assert.deepEqual(await lab.axe(), []);
    await lab.page.keyboard.press("Enter");
    await isIn(lab, ".inspector");
    await isSaid("terminal");
    await lab.page.locator(".badge", { hasText: "1 refused" }).click();
    await lab.page.locator(".story-line", { hasText: "maximum consumers limit reached" }).click();
    await lab.page.locator("#look-inspector").click();
    await isSaid("badge and story");
    await lab.page.locator("#look-wire").click();
    await lab.page.locator("button.proto-line", { hasText: "10026" }).click();
    await lab.page.locator("#look-inspector").click();
    await isSaid("wire");
    assert.deepEqual(lab.errors, []);
  }));

test("the story is filtered, and speaks at most once a second", () =>
  inLab({ hash: "#/lesson/order-queue" }, async (lab) => {
    await orders(lab);
    await lab.page.locator("#look-story").click();
    const story = lab.page.getByRole("log", { name: "Story" });
    assert.equal(await story.getAttribute("aria-live"), "off");
    await lab.page.getByLabel("Who").selectOption("shop");
    await lab.drawn();
    const said = (await story.locator(".story-line").allInnerTexts()).join("\n");
    assert.match(said, /shop published 21 messages/);
    assert.doesNotMatch(said, /orders_stream stored/);
    await lab.page.getByLabel("Who").selectOption("");
    await lab.page.locator(".look-filter select").nth(2).selectOption("orders_stream");
    await lab.drawn();
    assert.match(await story.innerText(), /orders_stream stored messages 1 to/);
    await lab.page.evaluate(() => {
      const status = [...document.querySelectorAll("[role=status]")].find((one) => one.closest(".app-main") === one.parentElement);
      window.spoken = [];
      new MutationObserver(() => window.spoken.push(performance.now())).observe(status, { subtree: true, childList: true, characterData: true });
      window.jetlab.play?.();
    });
    await lab.run("lab worker processor", "main");
    await lab.page.waitForTimeout(3500);
    const spoken = await lab.page.evaluate(() => window.spoken);
    assert.ok(spoken.length >= 1, "it speaks");
    const gaps = spoken.slice(1).map((at, index) => at - spoken[index]);
    assert.ok(gaps.every((gap) => gap > 900), `gaps of ${gaps.map(Math.round)} ms`);
  }));

test("borders move by keys and by pointer, and are found again", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    const height = () => lab.page.locator(".app-scene").evaluate((scene) => scene.getBoundingClientRect().height);
    const width = () => lab.page.locator(".app-lesson").evaluate((lesson) => lesson.getBoundingClientRect().width);
    const border = lab.page.getByRole("separator", { name: "Height of the scene" });
    const before = await height();
    await border.focus();
    for (let press = 0; press < 4; press += 1) await lab.page.keyboard.press("ArrowUp");
    await lab.drawn();
    const lower = await height();
    assert.ok(lower < before - 30, `${before} to ${lower}`);
    const lesson = await width();
    const place = await lab.page.getByRole("separator", { name: "Width of the lesson" }).boundingBox();
    await lab.page.mouse.move(place.x + 4, 400);
    await lab.page.mouse.down();
    await lab.page.mouse.move(place.x + 84, 400, { steps: 4 });
    await lab.page.mouse.up();
    await lab.drawn();
    const wider = await width();
    assert.ok(Math.abs(wider - lesson - 80) < 12, `${lesson} to ${wider}`);
    await lab.page.reload();
    await lab.ready();
    await lab.drawn();
    assert.ok(Math.abs(await width() - wider) < 2);
    assert.ok(Math.abs(await height() - lower) < 2);
    await border.focus();
    await lab.page.keyboard.press("Enter");
    await lab.drawn();
    assert.ok(Math.abs(await height() - before) < 2, "Enter puts it back");
  }));

test("undo takes back a command, a reset, and a reset of everything", () =>
  inLab({ hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    const undo = lab.page.locator("#undo");
    await lab.drawn();
    assert.ok(await undo.isDisabled(), "there is nothing to undo");
    await typeLine(lab, "nats sub orders.created", "bob", { ends: false });
    await typeLine(lab, 'nats pub orders.created "Order #1"', "alice");
    await lab.page.getByText("Solved.").waitFor();
    await typeLine(lab, "nats stream add WRONG --subjects wrong --defaults", "alice");
    await lab.page.locator(".card", { hasText: "WRONG" }).waitFor();
    await undo.click();
    await lab.page.locator(".card", { hasText: "WRONG" }).waitFor({ state: "detached" });
    await lab.page.locator(".tag", { hasText: "1 sent" }).waitFor();
    await lab.page.locator("#reset-lesson").click();
    await lab.page.locator(".tag", { hasText: "1 sent" }).waitFor({ state: "detached" });
    await undo.click();
    await lab.page.locator(".tag", { hasText: "1 sent" }).waitFor();
    await lab.page.locator("#reset-all").click();
    await lab.page.getByText("Solved.").waitFor({ state: "detached" });
    await undo.click();
    await lab.page.getByText("Solved.").waitFor();
    await lab.page.locator(".tag", { hasText: "1 sent" }).waitFor();
    assert.deepEqual(lab.errors, []);
  }));

test("what was reached is saved as a file, and taken in elsewhere", () =>
  inLab({ hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    await typeLine(lab, "nats sub orders.created", "bob", { ends: false });
    await typeLine(lab, 'nats pub orders.created "Order #1"', "alice");
    await lab.page.getByText("Solved.").waitFor();
    await lab.page.locator("#settings").click();
    const [file] = await Promise.all([lab.page.waitForEvent("download"), lab.page.locator("#progress-save").click()]);
    assert.equal(file.suggestedFilename(), "jetstream-lab-progress.json");
    const text = await readFile(await file.path(), "utf8");
    assert.deepEqual(Object.keys(JSON.parse(text).reached), ["first-message"]);
    await lab.page.keyboard.press("Escape");
    await lab.page.locator("#reset-all").click();
    await lab.page.getByText("Solved.").waitFor({ state: "detached" });
    await lab.page.locator("#settings").click();
    const open = (text) => lab.page.locator("#progress-open")
      .setInputFiles({ name: "reached.json", mimeType: "application/json", buffer: Buffer.from(text) });
    await open("{}");
    await lab.page.getByText("reached.json: this is not what was reached in lessons").waitFor();
    await open(text);
    await lab.page.getByText(/^\d+ milestones came with it\.$/).waitFor();
    await lab.page.keyboard.press("Escape");
    await lab.page.getByText("Solved.").waitFor();
    assert.deepEqual(lab.errors, []);
  }));

test("motion can be reduced by hand, and stays so", () =>
  inLab({ hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    await lab.page.locator("#settings").click();
    await lab.page.getByRole("dialog", { name: "Settings" }).waitFor();
    await lab.page.getByLabel(/Reduced/).check();
    await lab.page.getByRole("radio", { name: "Dark" }).check();
    await lab.page.keyboard.press("Escape");
    await isIn(lab, "#settings");
    const root = () => lab.page.evaluate(() => ({ ...document.documentElement.dataset }));
    assert.equal((await root()).motion, "reduced");
    await lab.page.reload();
    await lab.ready();
    assert.equal((await root()).motion, "reduced");
    assert.equal((await root()).theme, "dark");
    await lab.screenshot("reduced-dark");
  }));

test("a link carries what was reached, also where storage is denied, and says what came of it", async () => {
  const link = await inLab({ hash: "#/lesson/first-message", before: [() => {
    navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); };
  }] }, async (lab) => {
    await lab.ready();
    await typeLine(lab, "nats sub orders.created", "bob", { ends: false });
    await typeLine(lab, 'nats pub orders.created "Order #1"', "alice");
    await lab.page.getByText("Solved.").waitFor();
    await lab.page.locator("#settings").click();
    await lab.page.locator("#progress-link").click();
    await lab.page.getByText("The link is copied.").waitFor();
    return lab.page.evaluate(() => window.copied);
  });
  const hash = link.slice(link.indexOf("#"));
  assert.match(hash, /^#\/progress\/1\.[\w-]+$/);
  await inLab({ hash, storage: "denied" }, async (lab) => {
    await lab.ready();
    await lab.page.getByText("2 milestones came with it.").waitFor();
    await lab.page.getByText("Solved.").waitFor();
    assert.equal(await lab.page.evaluate(() => location.hash), "#/", "a reload does not take it in again");
    await lab.page.locator("#settings").click();
    await lab.page.getByText("your browser does not let it remember anything").waitFor();
    await lab.page.keyboard.press("Escape");
    await lab.page.evaluate((hash) => { location.hash = hash; }, hash);
    await lab.page.getByText("There was nothing new in it.").waitFor();
    assert.deepEqual(lab.errors, []);
  });
});

const LOST = {
  "#/lesson/nope": "There is no lesson or scene \"nope\".",
  "#/scene/nope": "There is no lesson or scene \"nope\".",
  "#/nonsense": "This address leads nowhere here.",
  "#/lesson/%E0%A4%A": "This address leads nowhere here.",
  "#/session/1.garbage": "this link is broken",
  "#/session/9.abc": "has the format 9",
  "#/progress/1.garbage": "this link is broken",
};

test("links that lead nowhere say so, and there is something to play", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    for (const [hash, said] of Object.entries(LOST)) {
      await lab.page.goto("about:blank");
      await lab.page.goto(lab.host.url + hash);
      await lab.ready();
      assert.ok((await lab.page.getByRole("alert").innerText()).includes(said), hash);
      await lab.page.getByRole("button", { name: "Dismiss" }).click();
      await lab.page.getByRole("alert").waitFor({ state: "detached" });
      assert.equal((await lab.run("nats pub a b")).exitCode, 0, hash);
    }
    await lab.page.evaluate(() => { location.hash = "#/scene/S3-Worker"; });
    await lab.page.locator(".lesson-body h1", { hasText: "A worker that fails" }).waitFor();
    assert.deepEqual(lab.errors, []);
  }));

test("payloads of every kind can be looked at: none, bytes, broken text, JSON of every size", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    await lab.run("nats stream add P --subjects p --defaults", "main");
    await lab.page.evaluate(async () => {
      const { socket } = await window.jetlab.wsFactory("ws://jetlab");
      const bytes = (text) => new TextEncoder().encode(text);
      socket.onmessage = () => {};
      socket.send(bytes('CONNECT {"verbose":false,"name":"raw"}\r\n'));
      for (const payload of [bytes(""), new Uint8Array([0, 1, 255, 254]), new Uint8Array([0x41, 0xc3, 0x28]), bytes('{"a":"<img src=x onerror=alert(1)>"}'),
        bytes("x".repeat(1 << 20)), bytes(JSON.stringify({ numbers: Array.from({ length: 60_000 }, (_, i) => i) }))]) {
        socket.send(bytes(`PUB p ${payload.length}\r\n`));
        socket.send(payload);
        socket.send(bytes("\r\n"));
      }
    });
    await lab.advance("3s");
    await lab.page.evaluate(() => window.jetlab.pause());
    const pane = inspector(lab);
    const shows = async (number, form, payload, note) => {
      await lab.page.locator(".card > .cells .stored").nth(number).click();
      await pane.getByRole("heading", { name: `${number + 1} of P` }).waitFor();
      const button = pane.getByRole("button", { name: form, exact: true });
      // The form that says most is the first to be shown.
      await lab.drawn();
      assert.equal(await button.getAttribute("aria-pressed"), "true", `${number}: ${form}`);
      if (payload) assert.match(await pane.locator(".payload").innerText(), payload);
      if (note) await pane.getByText(note).waitFor();
    };
    await shows(0, "Text", null, "Empty.");
    await shows(1, "Hex", /^0000 {2}00 01 ff fe/);
    await shows(2, "Hex", /^0000 {2}41 c3 28/);
    await shows(3, "JSON", /"a": "<img src=x/);
    assert.equal(await pane.locator("img").count(), 0);
    await shows(4, "Text", /^x{4096}$/, "The first 4 KiB are shown.");
    await shows(5, "JSON", /^{\n {2}"numbers": \[\n {4}0,\n/, "The first 4 KiB are shown.");
    await shows(2, "Hex", /^0000 {2}41 c3 28/);
    await pane.getByRole("button", { name: "Text", exact: true }).click();
    await pane.getByText("Not all of this is text").waitFor();
    assert.deepEqual(lab.errors, []);
  }));
