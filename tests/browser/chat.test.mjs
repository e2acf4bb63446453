// The chat: three people's screens side by side, each with what its own client has received.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { SIZES, inLab } from "./support/lab.mjs";

const open = async (lab, size) => {
  await lab.ready();
  if (size === "medium") await lab.page.keyboard.press("Escape");
  if (size === "narrow") await lab.page.locator(".app-part", { hasText: "Watch" }).click();
  await lab.page.locator(".chat-screen").first().waitFor();
};

test("what is said reaches those in the room, an invitation opens one, and a cut wire catches up", () =>
  inLab({ hash: "#/scene/g3-chat-program" }, async (lab) => {
    await open(lab);
    const screen = (name) => lab.page.getByRole("region", { name: `${name}'s screen` });
    const heard = (name, text) => screen(name).locator(".chat-log").getByText(text).waitFor();
    await lab.page.getByLabel("Say something as cleo in lobby").fill("does anybody read this?");
    await lab.page.keyboard.press("Enter");
    for (const name of ["ana", "ben", "cleo"]) await heard(name, "does anybody read this?");
    await screen("ben").getByLabel("Whom ben invites").selectOption("cleo");
    await screen("ben").getByLabel("Into which room").fill("attic");
    await screen("ben").getByRole("button", { name: "Invite" }).click();
    await screen("cleo").getByRole("button", { name: "attic" }).click();
    await heard("cleo", "ben invited you");
    await screen("ben").getByRole("button", { name: "attic" }).click();
    await heard("ben", "cleo came in");
    await lab.drawn();
    assert.equal(await screen("ana").getByRole("button", { name: "attic" }).count(), 0);
    await lab.run("lab net cut cleo", "main");
    await lab.page.getByLabel("Say something as ben in attic").fill("still there?");
    await lab.page.keyboard.press("Enter");
    await heard("ben", "still there?");
    await lab.drawn();
    assert.equal(await screen("cleo").getByText("still there?").count(), 0);
    await lab.run("lab net heal cleo", "main");
    await lab.advance("60s");
    await heard("cleo", "still there?");
    await screen("ben").getByLabel("Into which room").fill("a room");
    await screen("ben").getByRole("button", { name: "Invite" }).click();
    await lab.page.getByText("cannot name somebody or a room").waitFor();
    await lab.page.evaluate(() => { location.hash = "#/sandbox"; });
    await lab.page.locator("#look-chat").waitFor({ state: "detached" });
    assert.deepEqual(lab.errors, []);
  }));

for (const theme of ["light", "dark"]) {
  for (const size of Object.keys(SIZES)) {
    test(`the chat: ${theme}, ${size}`, () =>
      inLab({ hash: "#/scene/g3-chat-program", theme, size, bypassCSP: true }, async (lab) => {
        await open(lab, size);
        await lab.drawn();
        await lab.screenshot(`chat-${theme}-${size}`);
        const overflow = await lab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `the page is ${overflow} px wider than the window`);
        // Folded tracks of the scene say what they fold, not what stands on them.
        const found = (await lab.axe()).filter((line) => !/^name: \d+ subjects under/.test(line));
        assert.deepEqual(found, []);
      }));
  }
}
