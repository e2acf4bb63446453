// The dialog that connects the page to a server of one's own, as a person uses it.

import { inLab } from "./lab.mjs";

/** The page with nothing but terminals and the scene. */
export const inSandbox = (options, use) =>
  inLab({ hash: "#/sandbox", ...options }, async (lab) => {
    await lab.ready();
    return use(lab);
  });

/** Labels of the ways of showing who one is, and the fields each has. */
const KINDS = {
  user: "User and password",
  token: "Token",
  seed: "NKEY seed",
  creds: ".creds file",
  pasted: ".creds file",
};

/**
 * Connects to `url` showing `who`: `{ user, password }`, `{ token }`, `{ seed }`, `{ creds }` (a file with this text), `{ pasted }`
 * (the text itself) or `{}`.
 * Returns what the page says: "" when it is connected, else the refusal with all its ways out.
 */
export async function connect(lab, url, who = {}) {
  const { page } = lab;
  if (!await page.locator("#connect-urls").isVisible()) await page.locator("#connect").click();
  await page.locator("#connect-urls").fill(url);
  const kind = Object.keys(KINDS).find((kind) => kind in who);
  await page.locator("#connect-kind").selectOption({ label: kind ? KINDS[kind] : "Nobody in particular" });
  if (who.creds !== undefined) {
    const file = { name: "user.creds", mimeType: "text/plain", buffer: Buffer.from(who.creds) };
    await page.locator("#connect-creds").setInputFiles(file);
    await lab.drawn();
  }
  if (who.pasted !== undefined) await page.locator("#connect-creds-text").fill(who.pasted);
  for (const field of ["user", "password", "token", "seed"]) {
    if (who[field] !== undefined) await page.locator(`#connect-${field}`).fill(who[field]);
  }
  await page.locator("#connect-go").click();
  // What was refused before is gone when it dials anew.
  await lab.drawn();
  await page.locator("#connect-refused, #connect-state").first().waitFor({ timeout: 20_000 });
  if (await page.locator("#connect-refused").count() && !await page.locator("#connect-state").count()) {
    return page.locator("#connect-refused").innerText();
  }
  return "";
}

/** Connects, and fails if it is refused. The dialog is closed. */
export async function connected(lab, url, who) {
  const refusal = await connect(lab, url, who);
  if (refusal) throw new Error(`refused: ${refusal}`);
  await lab.page.keyboard.press("Escape");
}

/** Back to the server in the page. */
export async function disconnect(lab) {
  if (!await lab.page.locator("#disconnect").isVisible()) await lab.page.locator("#connect").click();
  await lab.page.locator("#disconnect").click();
}
