// What one touches can be broken and mended, and actors can be added and changed.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { pressUntil } from "./support/keyboard.mjs";
import { inLab } from "./support/lab.mjs";

const events = (lab) => lab.page.evaluate(() => window.jetlab.events());

async function touch(lab, name) {
  await lab.page.locator(`.app-scene [aria-label*="${name}"]`).first().click();
  await lab.page.locator(".deeds").waitFor();
}

test("an actor's wire is cut and mended by touch, and the session knows it", () =>
  inLab({ hash: "#/sandbox", bypassCSP: true }, async (lab) => {
    await lab.ready();
    assert.equal((await lab.run("nats pub a b", "main")).exitCode, 0);
    await touch(lab, "main");
    await lab.page.getByRole("button", { name: "Cut its wire" }).click();
    await lab.page.getByRole("button", { name: "Mend its wire" }).waitFor();
    await lab.screenshot("faults-cut");
    assert.deepEqual(await lab.axe(), []);
    await lab.page.getByRole("button", { name: "Mend its wire" }).click();
    await lab.page.getByRole("button", { name: "Cut its wire" }).waitFor();
    const session = await lab.page.evaluate(() => window.jetlab.session());
    assert.match(session, /"cut","main"/);
    assert.deepEqual(lab.errors, []);
  }));

test("a publisher is added, changed and killed", () =>
  inLab({ hash: "#/sandbox", bypassCSP: true }, async (lab) => {
    await lab.ready();
    await lab.run("lab publish work.a 'one {{Count}}' --rate 5/s --name shop", "main");
    await touch(lab, "shop");
    const rate = lab.page.locator(".parameters input").first();
    await lab.drawn();
    assert.equal(await rate.inputValue(), "5/s");
    await rate.fill("50/s");
    await rate.press("Enter");
    await lab.page.evaluate(() => window.jetlab.advance("4s"));
    const published = (await events(lab)).filter((event) => event.fact === "published" && event.subject === "work.a");
    assert.ok(published.length > 150, `${published.length} published`);
    await rate.fill("much");
    await rate.press("Enter");
    await lab.page.locator(".parameters .notice").waitFor();
    await lab.screenshot("faults-parameters");
    assert.deepEqual(await lab.axe(), []);
    await lab.page.getByRole("button", { name: "Kill" }).click();
    await lab.page.getByRole("button", { name: "Start it again" }).waitFor();
    assert.deepEqual(lab.errors, []);
  }));

test("a finger on a phone cuts a wire", () =>
  inLab({ hash: "#/sandbox", size: "narrow", touch: true }, async (lab) => {
    await lab.ready();
    await lab.run("nats pub a b", "main");
    await lab.page.locator(".app-part", { hasText: "Watch" }).tap();
    await lab.page.locator('.app-scene [aria-label*="main"]').first().tap();
    await lab.page.locator(".deeds").waitFor();
    await lab.page.getByRole("button", { name: "Cut its wire" }).tap();
    await lab.page.getByRole("button", { name: "Mend its wire" }).waitFor();
    await lab.page.locator('.app-scene .tag[aria-label*="broken"], .app-scene [aria-label*="main"][aria-label*="cut"]').first().waitFor();
    assert.deepEqual(lab.errors, []);
  }));

test("a keyboard kills an actor and starts it again", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    await lab.run("lab publish work.a one --rate 5/s --name shop", "main");
    const { page } = lab;
    await page.locator('.app-scene [aria-label*="shop"]').first().focus();
    await page.keyboard.press("Enter");
    await page.locator(".deeds").waitFor();
    await page.keyboard.press("i");
    await page.waitForFunction(() => document.activeElement.matches(".inspector"));
    for (const [label, then] of [["Kill", "Start it again"], ["Start it again", "Kill"]]) {
      for (let presses = 0; presses < 20; presses += 1) {
        if (await page.evaluate((label) => document.activeElement.textContent === label, label)) break;
        await page.keyboard.press("Tab");
      }
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: then, exact: true }).waitFor();
      await pressUntil(page, "Shift+Tab", ".inspector, body");
      await page.locator(".inspector").focus();
    }
    assert.match(await page.evaluate(() => window.jetlab.session()), /"kill","shop"/);
    assert.deepEqual(lab.errors, []);
  }));

test("a restart of the server forgets what is in memory, and keeps what is on file", () =>
  inLab({ hash: "#/sandbox" }, async (lab) => {
    await lab.ready();
    await lab.run("nats stream add FILE --subjects f --storage file --defaults", "main");
    await lab.run("nats stream add MEMORY --subjects m --storage memory --defaults", "main");
    await lab.run("nats pub -J f kept", "main");
    await lab.run("nats pub -J m lost", "main");
    await lab.page.locator(".card", { hasText: "MEMORY" }).waitFor();
    await lab.page.locator(".app-scene .server").click();
    await lab.page.getByRole("button", { name: "Restart", exact: true }).click();
    await lab.page.locator(".card", { hasText: "MEMORY" }).waitFor({ state: "detached" });
    await lab.advance("5s");
    const names = JSON.parse((await lab.request("$JS.API.STREAM.NAMES")).payload).streams;
    assert.deepEqual(names, ["FILE"]);
    await lab.page.locator(".card", { hasText: "FILE" }).locator(".count", { hasText: "1 message" }).waitFor();
    assert.deepEqual(lab.errors, []);
  }));

/** What a client, a consumer and the server can be made to suffer: the button, what is said then, and the way back. */
const DEEDS = {
  bob: [
    ["Cut its wire", "Its wire is cut.", "Mend its wire"],
    ["Kill", "It was killed.", "Start it again"],
    ["Delay 200 ms", "Its wire takes 200ms one way.", "No delay"],
    ["Let it stop reading", "It does not read.", "Let it read"],
    ["Lose its next message", "Next time: a message is lost on its way to the server (bob)."],
    ["Lose the next answer to it", "Next time: the stream's answer to a publish is lost (bob)."],
    ["Deliver to it twice", "Next time: a message reaches a client twice (bob)."],
  ],
  "Consumer c": [["Lose the next ack", null]],
  Server: [["Lose the next publish ack", null], ["Stop", null, "Start the server"], ["Restart", null], ["Mend everything", null]],
  "Stream S": [["Add a publisher", null], ["Add one ahead of its acks", null]],
  "Consumer c on S": [["Add a worker", null], ["Add one that fails half the time", null]],
};

/** Notes in every frame where the buttons are in what they are scrolled in, until it is asked for all the places they had. */
const watchButtons = (page) => page.evaluate(() => {
  const seen = new Set();
  window.buttonPlaces = seen;
  const look = () => {
    if (window.buttonPlaces !== seen) return;
    // As they are laid out: one that is pressed gives way by a pixel.
    const buttons = [...document.querySelectorAll(".deeds-row button")];
    const place = ({ offsetLeft, offsetTop, offsetWidth, offsetHeight }) => [offsetLeft, offsetTop, offsetWidth, offsetHeight].join(" ");
    if (buttons.length) seen.add(buttons.map(place).join(", "));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
const buttonPlaces = (page) => page.evaluate(() => { const seen = [...window.buttonPlaces]; window.buttonPlaces = null; return seen; });

/** A pointer, a finger and a keyboard: how each chooses an object, and how it presses a button. */
const WAYS = {
  pointer: { size: "wide", choose: (object) => object.click(), press: (button) => button.click() },
  finger: { size: "narrow", touch: true, choose: (object) => object.tap(), press: (button) => button.tap() },
  keyboard: {
    size: "wide",
    choose: (object, page) => object.focus().then(() => page.keyboard.press("Enter")),
    press: (button, page) => button.focus().then(() => page.keyboard.press("Enter")),
  },
};

for (const [way, { size, touch, choose, press }] of Object.entries(WAYS)) {
  test(`everything that can go wrong is one touch away, and says so: ${way}`, () =>
    inLab({ hash: "#/lesson/first-message", size, touch, bypassCSP: true }, async (lab) => {
      await lab.ready();
      const { page } = lab;
      await lab.run("nats stream add S --subjects s --defaults", "alice");
      await lab.run("nats consumer add S c --pull --defaults", "alice");
      await lab.run("nats pub s one", "bob");
      if (touch) await page.locator(".app-part", { hasText: "Watch" }).tap();
      for (const [object, deeds] of Object.entries(DEEDS)) {
        const selector = object === "Server" ? `.app-scene .server${way === "keyboard" ? "" : " rect"}` : `.app-scene [role=button][aria-label^="${object}"]`;
        await choose(page.locator(selector).first(), page);
        await page.locator(".deeds").getByRole("button", { name: deeds[0][0], exact: true }).waitFor();
        await watchButtons(page);
        for (const [label, said, back] of deeds) {
          const button = (name) => page.locator(".deeds").getByRole("button", { name, exact: true });
          await press(button(label), page);
          if (said) await page.locator(".deeds .cast-trouble", { hasText: said }).waitFor();
          if (back) {
            await press(button(back), page);
            await button(label).waitFor();
            // What was said of a client that was gone leaves when it is back, and what stands below moves up.
            if (object === "bob") await page.locator(".inspector", { hasText: "Connected." }).waitFor();
            if (said) await page.locator(".deeds .cast-trouble", { hasText: said }).waitFor({ state: "detached" });
          }
        }
        await lab.drawn();
        const places = await buttonPlaces(page);
        assert.equal(places.length, 1, `buttons of ${object} move: ${places.join(" | ")}`);
        if (object === "bob") assert.deepEqual(await lab.axe(), []);
      }
      // Whoever was added is there, and works.
      for (const name of ["publisher-1", "publisher-2", "worker-1", "worker-2"]) {
        await page.locator(`.app-scene .tag[aria-label^="${name}"]`).waitFor();
      }
      const session = await page.evaluate(() => window.jetlab.session());
      for (const order of ['"cut","bob"', '"heal","bob"', '"kill","bob"', '"restart","bob"', '"slow","bob"', '"drop-ack"', '"server","restart"', '"clear"',
        '"--js"', '"--async"', '"worker","S","c"', '"--fail","50%"']) {
        assert.ok(session.includes(order), `${order} is part of the session`);
      }
      assert.deepEqual(lab.errors, []);
    }));
}

test("a client that is touched and stops reading is given up by the server, and it is said why", () =>
  inLab({ hash: "#/lesson/first-message" }, async (lab) => {
    await lab.ready();
    const { page } = lab;
    await lab.run("nats sub big &", "bob");
    await page.locator('.app-scene [role=button][aria-label^="bob"]').click();
    await page.getByRole("button", { name: "Let it stop reading" }).click();
    await lab.run(`lab publish big ${"0123456789".repeat(400)} --rate 100/s --count 60`, "alice");
    await lab.advance("2s");
    await page.locator(".deeds .cast-trouble", { hasText: "It has not read" }).waitFor();
    assert.match(await page.locator(".deeds .cast-trouble").last().innerText(), /^At \d\d:\d\d:\d\d.* the server hangs up, unless it reads on/);
    await lab.advance("10s");
    const gone = (await events(lab)).find((event) => event.fact === "disconnected" && event.reason === "slow_consumer");
    assert.ok(gone, "the server hung up");
    await page.locator("#look-story").click();
    await page.locator(".story-line", { hasText: "bob is disconnected. The server hung up: it reads too slowly" }).waitFor();
    assert.deepEqual(lab.errors, []);
  }));

for (const [size, touch] of [["wide", false], ["narrow", true]]) {
  test(`somebody new is added in a form, with rate, work, share of failures and seed: ${size}`, () =>
    inLab({ hash: "#/sandbox", size, touch, bypassCSP: true }, async (lab) => {
      await lab.ready();
      const { page } = lab;
      const press = (locator) => (touch ? locator.tap() : locator.click());
      await press(page.locator("#sandbox-add"));
      await page.waitForFunction(() => document.activeElement.id === "add-publish");
      const add = async (kind, fields) => {
        await press(page.locator(".app-scene .server rect"));
        await press(page.locator(`#add-${kind}`));
        const form = page.locator(".newcomer");
        for (const [label, value] of Object.entries(fields)) {
          const field = form.getByLabel(label, { exact: true });
          if (value === true) await field.check();
          else await field.fill(value);
        }
        await lab.drawn();
        await lab.screenshot(`newcomer-${kind}-${size}`);
        assert.deepEqual(await lab.axe(), [], kind);
        await page.keyboard.press("Enter");
        await form.waitFor({ state: "detached" });
      };
      const title = (name) => page.locator(".inspector").getByRole("heading", { name, exact: true }).waitFor();
      await press(page.locator("#add-worker"));
      await page.getByText("nats consumer add makes one").waitFor();
      await lab.run("nats stream add WORK --subjects 'work.*' --defaults", "main");
      await lab.run("nats consumer add WORK hand --pull --ack explicit --defaults", "main");
      await add("publish", { subject: "work.a", rate: "5/s", count: "20", js: true, name: "shop" });
      await title("shop");
      await add("subscribe", { subject: "work.>", work: "20ms", name: "ear" });
      await title("ear");
      await add("worker", { fail: "50%", "on-fail": "nak", work: "50ms", seed: "7", name: "smith" });
      await title("smith");
      const seed = page.locator(".parameters label", { hasText: "seed" }).locator("input");
      assert.equal(await seed.inputValue(), "7");
      await lab.advance("30s");
      const state = JSON.parse((await lab.request("$JS.API.CONSUMER.INFO.WORK.hand")).payload);
      assert.equal(state.ack_floor.stream_seq, 20, "all was published, and all was done in the end");
      assert.ok(state.delivered.consumer_seq > 24, `${state.delivered.consumer_seq} deliveries: some failed`);
      await seed.fill("eight");
      await seed.press("Enter");
      await page.locator(".deeds .notice", { hasText: '"eight" is not a number' }).waitFor();
      const session = await page.evaluate(() => window.jetlab.session());
      for (const word of ["--rate=5/s", "--work=20ms", "--fail=50%", "--seed=7"]) assert.ok(session.includes(word), word);
      await press(page.locator(".app-scene .server rect"));
      await page.getByText("What is left to chance follows from the seed of this session").waitFor();
      await press(page.locator("#add-publish"));
      await page.locator(".newcomer").getByLabel("rate", { exact: true }).fill("fast");
      await page.keyboard.press("Enter");
      await page.locator(".newcomer .notice", { hasText: "is not a rate" }).waitFor();
      assert.deepEqual(lab.errors, []);
    }));
}
