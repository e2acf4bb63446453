// Strips use the room they have: after every change of size, while they are busy, and where time stands.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { SIZES, inLab } from "./support/lab.mjs";
import { ADD_ORDERS, ADD_PROCESSOR, PUBLISH, WORK } from "./support/orders.mjs";

/** Of the first stream: messages it has, cells it shows, and how many more of them there would be room for. */
const strip = (lab) => lab.page.evaluate(() => {
  const card = document.querySelector(".card");
  const columns = [...card.querySelectorAll(":scope > .cells > *")].map((column) => column.getBoundingClientRect());
  const card_box = card.querySelector(".card-box").getBoundingClientRect();
  const cell = card.querySelector(".stored").getBoundingClientRect().width + 4;
  return {
    messages: Number(card.querySelector(".count").textContent.match(/[\d,]+/)[0]),
    cells: card.querySelectorAll(":scope > .cells > .stored").length,
    // Beside the cells of a wide card is the room of pull requests.
    spare: Math.floor((card_box.right - columns.at(-1).right - (card_box.width < 600 ? 20 : 132)) / cell),
  };
});

const resize = async (lab, size) => {
  await lab.page.setViewportSize(SIZES[size]);
  if (size === "narrow") await lab.page.getByRole("button", { name: "Watch", exact: true }).click();
  // The last size's picture is drawn over in the frame that notices.
  await lab.page.waitForFunction((wide) => wide === (document.querySelector(".scene").getBoundingClientRect().width > 600), size !== "narrow");
  await lab.drawn();
};

for (const reducedMotion of ["no-preference", "reduce"]) {
  test(`from narrow to wide, what has room is shown one by one, though much has just happened: motion ${reducedMotion}`, () =>
    inLab({ hash: "#/lesson/order-queue", size: "narrow", reducedMotion }, async (lab) => {
      await lab.ready();
      await lab.page.getByRole("button", { name: "Watch", exact: true }).click();
      for (const line of [ADD_ORDERS, "", ADD_PROCESSOR]) await lab.run(line, "main");
      await lab.run(PUBLISH, "shop");
      await lab.page.evaluate(() => window.jetlab.pause());
      await lab.run(`${WORK} --seed 7`, "main");
      await lab.advance("6s");
      await lab.drawn();
      for (const size of ["narrow", "wide", "medium", "narrow", "wide"]) {
        await resize(lab, size);
        const { messages, cells, spare } = await strip(lab);
        assert.ok(messages >= 10, `${messages} messages are left`);
        assert.ok(cells === messages || spare < 2, `${size}: ${cells} of ${messages} are shown, and there is room for ${spare} more`);
        if (size !== "narrow") assert.equal(cells, messages, size);
        await lab.screenshot(`strips-${reducedMotion}-${size}`);
      }
      assert.deepEqual(lab.errors, []);
    }));
}

test("on a phone the picture is there in the first frame that shows its place", () =>
  inLab({ hash: "#/lesson/order-queue", size: "narrow" }, async (lab) => {
    await lab.ready();
    await lab.run(ADD_ORDERS, "main");
    // Nothing moves any more: the page sleeps between two frames.
    await lab.page.evaluate(() => window.jetlab.pause());
    await lab.page.waitForTimeout(500);
    // After everything that a frame does, and before the next.
    await lab.page.evaluate(() => {
      window.painted = [];
      const look = () => {
        const after = new MessageChannel();
        after.port1.onmessage = () => {
          const room = document.querySelector(".scene-view")?.clientWidth ?? 0;
          window.painted.push({ room, objects: document.querySelectorAll(".scene .tag").length });
        };
        after.port2.postMessage(null);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    await lab.page.getByRole("button", { name: "Watch", exact: true }).click();
    await lab.page.locator(".scene .tag").first().waitFor();
    const shown = (await lab.page.evaluate(() => window.painted)).filter(({ room }) => room > 0);
    assert.ok(shown.length > 0 && shown.every(({ objects }) => objects > 0), JSON.stringify(shown));
    assert.deepEqual(lab.errors, []);
  }));
