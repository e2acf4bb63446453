// A queue group on the page: a die for every member, the full one for who got the last message.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";

for (const size of ["wide", "narrow"]) {
  test(`members of a queue group have dice, who is outside has none: ${size}`, () =>
    inLab({ hash: "#/sandbox", size, reducedMotion: "reduce", bypassCSP: true }, async (lab) => {
      await lab.ready();
      if (size === "narrow") await lab.page.getByRole("button", { name: "Watch", exact: true }).click();
      for (const actor of ["main", "second"]) await lab.run("nats sub tasks --queue workers &", actor);
      await lab.run("nats sub tasks &", "third");
      await lab.drawn();
      assert.equal(await lab.page.locator(".die").count(), 0, "nothing was drawn yet");
      await lab.run("nats pub tasks 'Task {{Count}}' --count 12", "third");
      await lab.page.locator(".die-last").waitFor();
      await lab.drawn();
      assert.equal(await lab.page.locator(".die").count(), 2);
      assert.equal(await lab.page.locator(".die-last").count(), 1, "one got the last message");
      assert.equal(await lab.page.locator(".die-pip").count(), 3, "the first and the second side");
      const said = await lab.page.locator(".bracket").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
      const turns = said.map((label) => label.match(/drawn for (\d+) of 12 messages; (the last one is its own|it could have got the last one)$/)).filter(Boolean);
      assert.equal(turns.length, 2, said.join("; "));
      assert.equal(turns.reduce((sum, [, got]) => sum + Number(got), 0), 12);
      // What is said is what each of them received.
      for (const [, got] of turns) await lab.page.locator(".tag .figure", { hasText: new RegExp(`^${got === "0" ? "quiet so far" : `${got} received`}$`) }).first().waitFor();
      assert.deepEqual(await lab.axe(), []);
      assert.deepEqual(lab.errors, []);
    }));
}
