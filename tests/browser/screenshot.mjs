// Takes docs/screenshot.png: the job queue at work. `cargo xtask screenshot` builds the page and runs this.

import { join } from "node:path";
import { ROOT, inLab } from "./support/lab.mjs";
import { ADD_ORDERS, ADD_PROCESSOR, PUBLISH, WORK } from "./support/orders.mjs";

await inLab({ hash: "#/lesson/order-queue" }, async (lab) => {
  await lab.ready();
  await lab.type(ADD_ORDERS, "main");
  await lab.type("", "main");
  await lab.type(ADD_PROCESSOR, "main");
  await lab.type(PUBLISH, "shop");
  await lab.type(WORK, "main");
  await lab.advance("6s");
  await lab.page.waitForTimeout(700);
  console.log(await lab.screenshot(join(ROOT, "docs/screenshot.png")));
});
