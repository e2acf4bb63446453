// What was refused has a mark where it was refused, and the mark leads to why.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

for (const [size, theme] of [["wide", "light"], ["narrow", "dark"]]) {
  test(`a refused request stands at the server, a refused message at its stream, and both say why: ${size}, ${theme}`, () =>
    inLab({ hash: "#/sandbox", size, theme, bypassCSP: true }, async (lab) => {
      await lab.ready();
      if (size === "narrow") await lab.page.getByRole("button", { name: "Watch", exact: true }).click();
      await lab.run("nats stream add A --subjects 'a.>' --defaults --max-msgs 1 --discard new", "main");
      const request = lab.page.locator(".band .refused");
      await lab.drawn();
      assert.equal(await request.count(), 0);
      // Who only looks for what is not there is refused nothing.
      await lab.run("nats req '$JS.API.STREAM.INFO.NOPE' ''", "main");
      await lab.drawn();
      assert.equal(await request.count(), 0);
      await lab.run("nats stream add B --subjects 'a.b' --defaults", "main");
      await request.waitFor();
      const said = "Request refused: main asked for $JS.API.STREAM.CREATE.B, subjects overlap with an existing stream";
      assert.equal(await request.getAttribute("aria-label"), said);
      assert.ok(await request.locator(".refused-stripes").isVisible(), "stripes, whatever their colour");
      await lab.still(".scene-still");
      const [bar, mark] = await lab.page.evaluate(() =>
        [".server-bar", ".band .refused"].map((selector) => document.querySelector(selector).getBoundingClientRect().toJSON()));
      const [x, y] = [mark.x + mark.width / 2, mark.y + mark.height / 2];
      const isInside = x > bar.x && x < bar.x + bar.width && y > bar.y && y < bar.y + bar.height;
      assert.ok(isInside, `it stands on the server: ${JSON.stringify({ bar, mark })}`);
      await lab.run("nats pub a.b x --count 2", "main");
      const message = lab.page.locator(".card .refused");
      await message.waitFor();
      await lab.page.evaluate(() => window.jetlab.pause());
      await lab.drawn();
      await lab.screenshot(`refused-${size}-${theme}`);
      await request.focus();
      await lab.page.keyboard.press("Enter");
      const why = lab.page.locator(".reasons .reason");
      await why.filter({ hasText: "A keeps a.>" }).first().waitFor();
      assert.deepEqual(await lab.axe(), []);
      await message.click();
      await why.filter({ hasText: "max_msgs" }).first().waitFor();
      assert.deepEqual(lab.errors, []);
    }));
}
