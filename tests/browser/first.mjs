// Plays the first lesson on a page whose program notes which functions run, and prints their numbers as JSON.
// `cargo xtask profile` builds that page and makes the list of what is loaded first from the numbers.

import { join } from "node:path";
import { ROOT, inLab } from "./support/lab.mjs";

const folder = join(ROOT, process.argv[2]);
const ran = new Set();

async function play(options, lesson) {
  await inLab({ folder, ...options }, async (lab) => {
    await lab.ready();
    await lesson(lab);
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
  const numbers = await lab.page.evaluate(() => Object.entries(window.jetlabRest.exports)
    .filter(([name, one]) => name.startsWith("ran") && one.value === 1).map(([name]) => Number(name.slice(3))));
  numbers.forEach((number) => ran.add(number));
}

const lines = async (lab, actor, lines) => {
  for (const line of lines) await lab.type(line, actor);
};

await play({ hash: "#/lesson/first-message" }, async (lab) => {
  await lab.type("nats sub orders.created", "bob", { ends: false });
  await lines(lab, "alice", ['nats pub orders.created "Order #1"', "nope"]);
  await lab.page.waitForTimeout(4000);
});
console.log(JSON.stringify([...ran].sort((a, b) => a - b)));
