// What lies over everything else: axe finds nothing in it, the focus stays inside, Escape leads back to where one was.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

const DIALOGS = ["#settings", "#help", "#share", "#export", "#connect"];

for (const theme of ["light", "dark"]) {
  test(`every dialog by keyboard: ${theme}`, () =>
    inLab({ hash: "#/lesson/first-message", theme, bypassCSP: true }, async (lab) => {
      await lab.ready();
      const { page } = lab;
      for (const opener of DIALOGS) {
        await page.locator(opener).focus();
        await page.keyboard.press("Enter");
        await page.getByRole("dialog").waitFor();
        await lab.drawn();
        const isInside = () => page.evaluate(() => document.activeElement.closest("[role=dialog]") !== null);
        assert.ok(await isInside(), `${opener}: the focus is inside`);
        await lab.screenshot(`dialog-${theme}-${opener.slice(1)}`);
        assert.deepEqual(await lab.axe(), [], opener);
        const speed = await page.getByRole("dialog").evaluate((dialog) => {
          dialog.dispatchEvent(new KeyboardEvent("keydown", { key: "]", bubbles: true, cancelable: true }));
          return document.querySelector(".timebar-speed select").value;
        });
        await lab.drawn();
        const after = await page.locator(".timebar-speed select").inputValue();
        assert.equal(after, speed, `${opener}: a key of the page behind it acts`);
        for (const key of ["Tab", "Shift+Tab"]) {
          for (let presses = 0; presses < 25; presses += 1) {
            await page.keyboard.press(key);
            assert.ok(await isInside(), `${opener}: ${key} leads out`);
          }
        }
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
        await page.waitForFunction((opener) => document.activeElement?.matches(opener), opener);
      }
      assert.deepEqual(lab.errors, []);
    }));
}
