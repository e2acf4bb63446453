// Taking a playground home: what the dialog shows is what is on the server, it can be copied and saved, by keyboard too.

import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { SIZES, inLab } from "./support/lab.mjs";

async function something(lab) {
  await lab.run("nats stream add ORDERS --subjects 'orders.*' --max-age 24h --defaults");
  await lab.run("nats consumer add ORDERS processor --pull --wait 5s --max-deliver 3 --defaults");
  await lab.run("nats kv add configs --history 5");
}

test("the dialog shows, copies and saves what is on the server", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    await lab.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await lab.page.locator("#export").click();
    const dialog = lab.page.getByRole("dialog", { name: "Take it home" });
    await lab.drawn();
    assert.match(await dialog.innerText(), /There is nothing on this server yet/);
    assert.ok(await dialog.locator("#home-copy").isDisabled());
    await lab.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });

    await something(lab);
    await lab.page.locator("#export").click();
    const text = dialog.locator("#home-text");
    await lab.drawn();
    assert.match(await dialog.locator("#home-words").innerText(), /1 stream, 1 consumer, 1 key-value bucket/);
    assert.match(await text.innerText(), /^nats stream add ORDERS --subjects 'orders\.\*' --max-age 24h --defaults$/m);
    assert.match(await text.innerText(), /^nats kv add configs --history 5$/m);
    for (const [word, piece] of [["go", "js.CreateOrUpdateStream"], ["rust", "consumer::pull::Config"], ["js", 'kvm.create("configs"'], ["python", "api.ConsumerConfig"]]) {
      await dialog.locator(`#home-${word}`).click();
      await dialog.locator(`#home-${word}[aria-pressed=true]`).waitFor();
      assert.ok((await text.innerText()).includes(piece), word);
    }
    await dialog.locator("#home-copy").click();
    await dialog.getByRole("button", { name: "Copied" }).waitFor();
    const shown = await text.evaluate((element) => element.textContent);
    assert.equal(await lab.page.evaluate(() => navigator.clipboard.readText()), shown);
    const downloading = lab.page.waitForEvent("download");
    await dialog.locator("#home-save").click();
    const download = await downloading;
    assert.equal(download.suggestedFilename(), "playground.py");
    assert.equal(await readFile(await download.path(), "utf8"), shown);
    assert.deepEqual([lab.errors, lab.strangers], [[], []]);
  }));

for (const size of Object.keys(SIZES)) {
  for (const theme of ["light", "dark"]) {
    test(`it fits: ${size}, ${theme}`, () =>
      inLab({ hash: "#/sandbox", size, theme, bypassCSP: true }, async (lab) => {
        await lab.ready();
        await something(lab);
        if (size === "narrow") {
          await lab.page.locator("#share").click();
          await lab.page.locator("#share-home").click();
        } else {
          await lab.page.locator("#export").click();
        }
        const dialog = lab.page.locator(".dialog-wide");
        await lab.page.locator("#home-text").waitFor();
        const box = await dialog.boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= SIZES[size].width, JSON.stringify(box));
        assert.ok(box.y >= 0 && box.y + box.height <= SIZES[size].height, JSON.stringify(box));
        assert.equal(await dialog.evaluate((element) => element.scrollWidth > element.clientWidth), false);
        await lab.screenshot(`export-${size}-${theme}`);
        if (theme === "light") assert.deepEqual(await lab.axe(), []);
        await lab.page.keyboard.press("Escape");
        await dialog.waitFor({ state: "detached" });
        assert.deepEqual(lab.errors, []);
      }));
  }
}
