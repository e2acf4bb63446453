// A book made with mdBook: its chapter has a lesson and a live block, and the lab looks as the book does.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { serveHost } from "./support/host.mjs";
import { inLab } from "./support/lab.mjs";

/** Opens the chapter in the lab's browser; `use(page, lab)`. */
async function inBook(use, { change, ...options } = {}) {
  await inLab(options, async (lab) => {
    const book = await serveHost("mdbook", lab.host.url, change);
    try {
      await lab.page.goto(`${book.url}orders.html`);
      await use(lab.page, lab);
    } finally {
      await book.stop();
    }
  });
}

const frameOf = (page, id) => page.frameLocator(`#${id} iframe`);

async function open(page, id) {
  await page.locator(`#${id}`).scrollIntoViewIfNeeded();
  await page.evaluate((id) => document.getElementById(id).open().then(() => true), id);
}

test("a chapter reads well without the lab", () =>
  inBook(async (page, lab) => {
    assert.ok(await page.getByText("The lesson “First message” can be played here").isVisible());
    assert.ok(await page.locator("#cell code").isVisible());
    assert.equal(await page.locator("iframe").count(), 0);
    await lab.screenshot("mdbook-poster");
  }));

test("a lesson and a block run on one page", () =>
  inBook(async (page, lab) => {
    await page.locator("#lesson").getByRole("button", { name: "Run it here" }).click();
    await frameOf(page, "lesson").locator(".lesson-body").waitFor({ timeout: 20_000 });
    await page.locator("#cell").scrollIntoViewIfNeeded();
    await page.locator("#cell").getByRole("button", { name: "Run it here" }).click();
    const cell = frameOf(page, "cell");
    await cell.locator("#start-run").waitFor({ timeout: 20_000 });
    const lines = (await cell.locator(".start .console").innerText()).trim().split("\n");
    assert.deepEqual(lines, ['nats stream add ORDERS --subjects "orders.*" --defaults', 'nats pub orders.new "Order #1"', "nats stream ls"]);
    await cell.locator("#start-run").click();
    await cell.locator(".line", { hasText: "Published" }).waitFor();
    await lab.screenshot("mdbook-cell");
  }));

test("the lab follows the book from light to dark and back, also when it is opened later", () =>
  inBook(async (page, lab) => {
    await open(page, "lesson");
    const lesson = frameOf(page, "lesson").locator("html");
    await frameOf(page, "lesson").locator("html[data-theme=light]").waitFor();
    const choose = async (theme) => {
      if (!await page.locator("#mdbook-theme-list").isVisible()) await page.locator("#mdbook-theme-toggle").click();
      await page.locator(`#mdbook-theme-${theme}`).click();
    };
    await choose("navy");
    await frameOf(page, "lesson").locator("html[data-theme=dark]").waitFor();
    await open(page, "cell");
    await frameOf(page, "cell").locator("html[data-theme=dark]").waitFor();
    await lab.screenshot("mdbook-dark");
    await choose("light");
    await frameOf(page, "lesson").locator("html[data-theme=light]").waitFor();
    assert.equal(await lesson.getAttribute("data-boot"), "ready");
  }));

test("where storage is denied the book and the lab work all the same", () =>
  inBook(async (page) => {
    await open(page, "cell");
    await frameOf(page, "cell").locator("#start-run").click();
    await frameOf(page, "cell").locator(".line", { hasText: "Published" }).waitFor();
  }, { storage: "denied" }));

test("markup in every attribute does nothing", () => {
  const evil = `'"><img src=x onerror="top.pwned=1">`;
  const names = ["lesson", "mode", "theme", "start", "hash", "session", "aria-label"];
  const attributes = names.map((name) => `${name}="${evil.replaceAll('"', "&quot;")}"`).join(" ");
  return inBook(async (page) => {
    await open(page, "lesson");
    const frame = frameOf(page, "lesson");
    assert.ok((await frame.locator(".start .console").innerText()).includes("<img"), "shown as text");
    await frame.locator("#start-run").click();
    await frame.locator(".line").first().waitFor({ state: "attached" });
    assert.equal(await frame.locator("img").count(), 0);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
  }, { change: (text) => text.replace('lesson="first-message"', attributes) });
});
