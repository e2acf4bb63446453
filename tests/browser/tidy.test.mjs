// Labels on the page: none lies on another, leaves its box or is cut, at the three sizes.

import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DIST, SIZES, inLab } from "./support/lab.mjs";
import { ADD_ORDERS, ADD_PROCESSOR, PUBLISH, WORK } from "./support/orders.mjs";

/**
 * Labels of the scene that lie on one another, leave their box, or are cut by what they stand in. Ovals are measured as
 * text is: by the rectangle of what is drawn.
 */
const untidy = (lab) => lab.page.evaluate(() => {
  const scene = document.querySelector(".scene");
  const at = (element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return { left, top, right, bottom };
  };
  const isSeen = (text) => text.textContent.trim() !== "" && text.getClientRects().length > 0 && text.checkVisibility();
  const labels = [...scene.querySelectorAll("text")].filter(isSeen).map((text) => {
    // Room above and below the letters is no letter.
    const box = at(text);
    const air = (box.bottom - box.top) * 0.18;
    return { name: text.textContent, element: text, box: { ...box, top: box.top + air, bottom: box.bottom - air } };
  });
  const overlap = (a, b) => Math.min(Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const isInside = (inner, outer, slack = 1) => inner.left >= outer.left - slack && inner.right <= outer.right + slack
    && inner.top >= outer.top - slack && inner.bottom <= outer.bottom + slack;
  const found = [];
  labels.forEach((one, index) => {
    for (const other of labels.slice(index + 1)) {
      if (overlap(one.box, other.box) > 1) found.push(`"${one.name}" on "${other.name}"`);
    }
    const box = [".badge rect", ".slot rect", ".chip > rect:last-of-type", ".drawer .front", ".tag-box"].map((selector) => {
      const [owner] = selector.split(/[ >]/);
      const group = one.element.closest(selector === ".tag-box" ? ".tag" : owner);
      return group?.querySelector(selector === ".tag-box" ? ".tag-box" : selector.slice(owner.length).replace(/^ *> */, ":scope > "));
    }).find(Boolean);
    if (box && !isInside(one.box, at(box))) found.push(`"${one.name}" leaves its box`);
    if (!isInside(one.box, at(scene))) found.push(`"${one.name}" is cut by the scene`);
  });
  // Boxes that stand beside one another, and labels of one on another's ground.
  const boxes = [...scene.querySelectorAll(".tag-box, .card-box, .badge rect, .slot rect, .drawer .front")].map((element) => ({ element, box: at(element) }));
  const nested = (a, b) => a.element.closest(".card")?.contains(b.element) || b.element.closest(".card")?.contains(a.element);
  boxes.forEach((one, index) => {
    for (const other of boxes.slice(index + 1)) {
      const badge = one.element.closest(".badge") ?? other.element.closest(".badge");
      if (badge || nested(one, other)) continue;
      if (overlap(one.box, other.box) > 1) found.push(`a ${one.element.getAttribute("class")} on a ${other.element.getAttribute("class")}`);
    }
  });
  const tools = at(document.querySelector(".scene-tools"));
  const scroll = document.querySelector(".scene-scroll");
  if (scroll.scrollTop === 0) for (const { name, box } of labels) if (overlap(box, tools) > 1) found.push(`"${name}" is under the tools`);
  return found;
});

/** Brings a lesson to its end, as its author solves it. */
const ENDS = {
  "first-message": [["bob", "nats sub orders.created &"], ["alice", 'nats pub orders.created "Order #1"']],
  "order-queue": [["main", ADD_ORDERS], ["main", ""], ["main", ADD_PROCESSOR], ["shop", PUBLISH], ["main", WORK]],
};
/** Six streams with two consumers each, a publisher into each and a worker at each; and who listens beside. */
const CROWD = [..."abcdef"].flatMap((name) => [
  `nats stream add STREAM_${name} --subjects 'orders.${name}.>' --defaults --max-msgs 40`,
  `nats consumer add STREAM_${name} first-consumer-of-${name} --pull --ack explicit --wait 3s --max-deliver 2 --defaults`,
  `nats consumer add STREAM_${name} second-consumer-of-${name} --pull --ack explicit --wait 20s --max-pending 5 --defaults`,
  `lab publish orders.${name}.created 'order {{Count}}' --rate 3/s --js`,
  `lab worker STREAM_${name} first-consumer-of-${name} --fail 40% --work 200ms`,
]).concat("nats sub 'orders.*.created' &", "nats sub 'orders.a.>' &", "nats pub nobody.listens x --count 3");

for (const size of Object.keys(SIZES)) {
  const show = async (lab) => {
    if (size === "narrow") await lab.page.getByRole("button", { name: "Watch", exact: true }).click();
    if (size === "medium") await lab.page.keyboard.press("Escape");
    // A panel that glides away, and what is drawn in the room it leaves.
    await lab.still("body");
    await lab.drawn();
  };

  for (const [lesson, lines] of Object.entries(ENDS)) {
    test(`no label lies on another or is cut: the end of ${lesson}, ${size}`, () =>
      inLab({ hash: `#/lesson/${lesson}`, size }, async (lab) => {
        await lab.ready();
        for (const [actor, line] of lines) await lab.run(line, actor);
        await lab.advance("15s");
        await lab.page.evaluate(() => window.jetlab.pause());
        await show(lab);
        await lab.screenshot(`tidy-${lesson}-${size}`);
        assert.deepEqual(await untidy(lab), []);
        const system = lab.page.locator(".switch");
        if (await system.count()) {
          await system.click();
          await lab.drawn();
          assert.deepEqual(await untidy(lab), [], "with the system track open");
        }
      }));
  }

  test(`no label lies on another or is cut: every scene of the gallery, ${size}`, () =>
    inLab({ hash: "#/sandbox", size }, async (lab) => {
      await lab.ready();
      const found = {};
      for (const { id: scene, title } of JSON.parse(await readFile(join(DIST, "content", "gallery.json"), "utf8"))) {
        await lab.page.evaluate((scene) => { location.hash = `#/scene/${scene}`; }, scene);
        await lab.page.locator(".lesson-body h1", { hasText: title }).waitFor({ state: "attached" });
        await lab.advance("20s");
        await lab.page.evaluate(() => window.jetlab.pause());
        await show(lab);
        await lab.screenshot(`tidy-${scene}-${size}`);
        const untidily = await untidy(lab);
        if (untidily.length) found[scene] = untidily;
      }
      assert.deepEqual(found, {});
    }));

  test(`no label lies on another or is cut: as many as a scene must bear, ${size}`, () =>
    inLab({ hash: "#/sandbox", size }, async (lab) => {
      await lab.ready();
      for (const line of CROWD) assert.equal((await lab.run(line, "main")).exitCode, 0, line);
      await lab.advance("4s");
      await lab.page.evaluate(() => window.jetlab.pause());
      await show(lab);
      const there = await lab.page.evaluate(() => [".tag", ".card", ".consumer"].map((each) => document.querySelectorAll(`.scene ${each}`).length));
      assert.ok(there[0] >= 12 && there[1] >= 6 && there[2] >= 12, `${there}`);
      assert.deepEqual(await untidy(lab), []);
      await lab.screenshot(`tidy-crowd-${size}`);
      await lab.page.evaluate(() => { document.querySelector(".scene-scroll").scrollTop = 1e6; });
      await lab.drawn();
      await lab.screenshot(`tidy-crowd-below-${size}`);
    }));
}

test("what is untidy is found", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    await lab.run("nats pub a x", "main");
    await lab.page.evaluate(() => window.jetlab.pause());
    await lab.drawn();
    assert.deepEqual(await untidy(lab), []);
    await lab.page.evaluate(() => {
      const [name] = document.querySelectorAll(".scene .tag .name");
      const figure = name.parentElement.querySelector(".figure");
      figure.setAttribute("y", name.getAttribute("y"));
      document.querySelector(".scene .subject").setAttribute("x", "-40");
    });
    const found = (await untidy(lab)).join("; ");
    assert.match(found, / on "/);
    assert.match(found, /is cut by the scene/);
  }));
