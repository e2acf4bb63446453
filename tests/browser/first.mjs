// Plays the first lesson on a page whose program notes what runs of it, and prints the names of these notes as JSON.
// `cargo xtask profile` builds that page and makes the lists of what is loaded first from them.

import { join } from "node:path";
import { ROOT, inLab } from "./support/lab.mjs";

const folder = join(ROOT, process.argv[2]);
const LESSON = "#/lesson/first-message";
const ran = new Set();

/** A first lesson from the page's start to its being opened again, on a machine so many times slower. */
async function play(options, slower, lesson) {
  await inLab({ folder, hash: LESSON, ...options }, async (lab) => {
    const devtools = await lab.context.newCDPSession(lab.page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: slower });
    await lab.ready();
    await lesson(lab);
    await note(lab);
    await lab.page.setViewportSize({ width: 900, height: 1000 });
    await lab.page.waitForTimeout(1500);
    await note(lab);
    await lab.page.reload();
    await lab.ready();
    await lab.page.waitForTimeout(1000);
    await note(lab);
  });
}

/** What ran is in a global each. */
async function note(lab) {
  const names = await lab.page.evaluate(() => Object.entries(window.jetlabRest.exports)
    .filter(([name, one]) => name.startsWith("ran") && one.value === 1).map(([name]) => name));
  names.forEach((name) => ran.add(name));
}

const subscribe = (lab) => lab.type("nats sub orders.created", "bob", { ends: false });
const publish = (lab) => lab.type('nats pub orders.created "Order #1"', "alice");
const solved = (lab) => lab.page.getByText("Solved.").waitFor();

/** Somebody who tries things. */
await play({}, 1, async (lab) => {
  await subscribe(lab);
  await publish(lab);
  await lab.type("nope", "alice");
  await lab.page.waitForTimeout(4000);
});
/** Somebody in a hurry: not one frame more than the lesson needs. */
await play({ theme: "dark" }, 1, async (lab) => {
  await subscribe(lab);
  await publish(lab);
  await solved(lab);
});
/** Somebody who mistypes, on a machine that is slow to draw. */
await play({ reducedMotion: "reduce" }, 4, async (lab) => {
  await subscribe(lab);
  await lab.page.locator("#tab-alice").click();
  const prompt = lab.page.locator("#terminal-alice .prompt-input");
  await prompt.pressSequentially("nats publ");
  await prompt.press("Backspace");
  await prompt.pressSequentially(" orders.created one");
  await prompt.press("Enter");
  await lab.ended("alice");
  await prompt.press("ArrowUp");
  await prompt.press("Enter");
  await solved(lab);
  await lab.page.waitForTimeout(1000);
});
/** Somebody who looks around, and for whom every arm that has not run may mean a wait on a slow line. */
await play({}, 1, async (lab) => {
  const { page } = lab;
  await subscribe(lab);
  for (const line of ["nats", "nats pub", "nats sub", "nats frob", "help", "clear"]) await lab.type(line, "alice");
  const prompt = page.locator("#terminal-alice .prompt-input");
  await prompt.pressSequentially("nats p");
  for (const key of ["Tab", "Control+a", "Control+e", "ArrowLeft", "Delete", "Escape", "Control+c", "ArrowUp", "ArrowDown"]) await prompt.press(key);
  const { width, height } = page.viewportSize();
  for (let at = 0.05; at < 1; at += 0.1) await page.mouse.move(width * at, height * at, { steps: 5 });
  await page.mouse.move(width * 0.2, height * 0.5);
  await page.mouse.wheel(0, 400);
  await page.mouse.wheel(0, -400);
  const other = await lab.context.newPage();
  await other.bringToFront();
  await page.waitForTimeout(500);
  await other.close();
  await publish(lab);
  await solved(lab);
  await page.locator("#tab-bob").click();
  await page.keyboard.press("Control+c");
  await page.waitForTimeout(500);
});
/** Somebody on a phone, who taps what the lesson says. */
await play({ size: "narrow", touch: true }, 2, async (lab) => {
  for (const reached of ["1 of 2", "2 of 2"]) {
    await lab.page.getByRole("button", { name: "Learn", exact: true }).tap();
    await lab.page.locator(".run-command").nth(reached === "1 of 2" ? 0 : 1).tap();
    await lab.page.keyboard.press("Enter");
    await lab.page.locator(".goal", { hasText: reached }).waitFor();
  }
  await lab.page.getByRole("button", { name: "Watch", exact: true }).tap();
  await lab.page.waitForTimeout(1500);
});
console.log(JSON.stringify([...ran]));
