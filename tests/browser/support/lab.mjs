// Opens the page in a real Chromium and gives the tests hands: run a command, wait, look, take a picture.
//
// Everything that goes wrong on the way is kept: errors on the console, uncaught errors, requests that left the origin.

import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "./server.mjs";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
export const DIST = process.env.JETLAB_DIST ?? join(ROOT, "dist");
/** The same build for a sub-path. */
export const DIST_X = process.env.JETLAB_DIST_X ?? join(ROOT, "target/dist-x");
const TOOLS = process.env.JETLAB_TOOLS ?? join(ROOT, ".tools/node");
/** How many times slower than on this machine the page is to be. */
const SLOWER = Number(process.env.JETLAB_SLOWER ?? 1);
const SCREENSHOTS = join(ROOT, "target/screenshots");

const tools = createRequire(join(TOOLS, "package.json"));
const { chromium } = tools("playwright-core");

export const SIZES = {
  wide: { width: 1440, height: 900 },
  medium: { width: 1024, height: 768 },
  narrow: { width: 390, height: 844 },
};

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/**
 * Opens the page. Options, all with a default:
 * `folder`, `base` (where it is hosted), `size` (a name of SIZES), `theme` ("light", "dark"), `storage` ("allowed",
 * "denied" as by a browser that blocks all site data), `blocked` (a pattern of addresses that never answer),
 * `args` (more switches of the browser), `touch`, `javaScript`, `bypassCSP` (for what a test must inject), `reducedMotion`, `hash`, `before` (a function for
 * every document before its own scripts, and what it is given).
 */
export async function openLab(options = {}) {
  const host = await serve(options.folder ?? DIST, options.base ?? "/");
  const profile = await mkdtemp(join(tmpdir(), "jetlab-"));
  if (options.storage === "denied") await denyStorage(profile);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? BROWSERS.find(existsSync),
    headless: true,
    args: ["--no-sandbox", "--disable-dev-shm-usage", ...options.args ?? []],
    viewport: SIZES[options.size ?? "wide"],
    colorScheme: options.theme ?? "light",
    reducedMotion: options.reducedMotion ?? "no-preference",
    hasTouch: options.touch ?? false,
    javaScriptEnabled: options.javaScript ?? true,
    bypassCSP: options.bypassCSP ?? false,
  });
  const page = context.pages()[0] ?? await context.newPage();
  await enlarge(context, page);
  if (SLOWER > 1) await slowDown(context, page);
  await page.addInitScript(countPauses);
  const lab = new Lab(page, host, context, profile);
  if (options.blocked) await page.route(options.blocked, (route) => route.abort());
  if (options.before) await page.addInitScript(...options.before);
  await page.goto(host.url + (options.hash ?? ""));
  return lab;
}

/**
 * The window becomes larger than the page. Chromium's own bars take their part of it even without a head, and what lies
 * below its edge is in screenshots, but is never put on the screen: the browser then says of what was done there that it was
 * shown when something above the edge was.
 */
async function enlarge(context, page) {
  const devtools = await context.newCDPSession(page);
  const { windowId } = await devtools.send("Browser.getWindowForTarget");
  const { width, height } = page.viewportSize();
  await devtools.send("Browser.setWindowBounds", { windowId, bounds: { width: Math.max(width, 500) + 60, height: height + 200 } });
  await devtools.detach();
}

/** The page as on a machine that is so many times slower: what a test forgot to wait for comes out. */
async function slowDown(context, page) {
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
}

/**
 * A drawing that takes long is done in pieces, with pauses of no length between them, in which frames may pass: they are
 * counted, so that who waits for a drawing knows that it is whole, and that what is done after it has been done.
 */
function countPauses() {
  const begin = window.setTimeout;
  window.pauses = 0;
  window.setTimeout = (what, millis, ...rest) => {
    if (millis || typeof what !== "function") return begin(what, millis, ...rest);
    window.pauses += 1;
    return begin(() => {
      window.pauses -= 1;
      what(...rest);
    }, 0);
  };
}

/** Chromium's own setting "block all site data": `localStorage` then throws on being touched. */
async function denyStorage(profile) {
  await mkdir(join(profile, "Default"), { recursive: true });
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  await writeFile(join(profile, "Default/Preferences"), JSON.stringify(preferences));
}

class Lab {
  /** What a person would find in the browser's console as an error. */
  errors = [];
  /** Addresses that were asked for outside of where the page is hosted. */
  strangers = [];

  constructor(page, host, context, profile) {
    Object.assign(this, { page, host, context, profile });
    page.on("console", (message) => { if (message.type() === "error") this.errors.push(message.text()); });
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("request", (request) => this.#seen(request.url()));
    page.on("websocket", (socket) => this.#seen(socket.url()));
  }

  #seen(url) {
    const own = url.startsWith(this.host.url) || url.startsWith("data:") || url.startsWith("blob:");
    if (!own) this.strangers.push(url);
  }

  /** Waits until the app stands in the page. */
  async ready() {
    await this.page.waitForFunction(() => document.documentElement.dataset.boot !== "loading", null, { timeout: 20_000 });
    const state = await this.page.evaluate(() => document.documentElement.dataset.boot);
    if (state !== "ready") throw new Error(`the page is "${state}": ${this.errors.join("; ")}`);
    return this;
  }

  /** Types a line into an actor's terminal through the door for programs; `{ output, exitCode }`. */
  run(line, actor) {
    return this.page.evaluate(([line, actor]) => window.jetlab.run(line, actor ? { actor } : undefined), [line, actor]);
  }

  /** Types a line at an actor's prompt with the keyboard, and waits until it has ended or asks something. */
  async type(line, actor, { ends = true } = {}) {
    await this.page.locator(`#tab-${actor}`).click();
    const prompt = this.page.locator(`#terminal-${actor} .prompt-input`);
    await prompt.fill(line);
    await prompt.press("Enter");
    if (ends) await this.ended(actor);
  }

  /** Waits until what was entered at an actor's prompt has ended or asks something. */
  async ended(actor) {
    await this.drawn();
    await this.page.locator(`#terminal-${actor} .terminal-prompt:not(.is-busy)`).waitFor();
    await this.drawn();
  }

  /**
   * Waits until the page has drawn what it knows, whole: once to hear of it, once to draw it, and once more for what is done
   * when it stands there. A busy picture is drawn only now and then, and says whether it is late. A page in a frame of this
   * one draws for itself: `root` is its root, then, and must be in sight.
   */
  drawn(root = this.page.locator("html")) {
    return root.evaluate(() => new Promise((done, failed) => {
      const isLate = () => document.querySelector('.scene-view[data-picture="late"]')?.checkVisibility();
      const end = performance.now() + 15_000;
      const frame = (left) => {
        const isPausing = window.pauses > 0;
        if (left <= 0 && !isLate() && !isPausing) done();
        else if (performance.now() > end) failed(new Error(isPausing ? "the drawing does not end" : "the picture stays late"));
        // What is drawn after a pause may want another frame.
        else requestAnimationFrame(() => frame(isPausing ? 3 : left - 1));
      };
      frame(3);
    }));
  }

  /** Waits until nothing moves any more by itself in what the selector finds. What stands because time does has stopped moving. */
  still(selector) {
    return this.page.locator(selector).first().evaluate(async (element) => {
      const ends = (one) => one.timeline === document.timeline && one.effect?.getTiming().iterations !== Infinity;
      const moves = (one) => one.playState === "running" && ends(one);
      while (element.getAnimations({ subtree: true }).some(moves)) await new Promise(requestAnimationFrame);
    });
  }

  /** Lets time pass in the lab, not on the wall: "30s". */
  advance(duration) {
    return this.page.evaluate((duration) => window.jetlab.advance(duration), duration);
  }

  /** Asks the server in the page anything; the answer as text. */
  request(subject, payload = "") {
    return this.page.evaluate(([subject, payload]) => window.jetlab.request(subject, payload), [subject, payload]);
  }

  async screenshot(name) {
    await mkdir(SCREENSHOTS, { recursive: true });
    const path = name.startsWith("/") ? name : join(SCREENSHOTS, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  /** What axe finds wrong with what is on the screen now, as lines. Needs `bypassCSP`. */
  async axe() {
    await this.page.evaluate(await readFile(tools.resolve("axe-core/axe.min.js"), "utf8"));
    const violations = await this.page.evaluate(async () => {
      // Objects of the scene say their name and then, in a sentence, what figures stand on them: "20 sent" is not said in
      // the same words, and need not be. That the name itself is said is checked here.
      const figures = { "label-content-name-mismatch": { enabled: false } };
      const found = (await window.axe.run({ exclude: [[".scene"]] })).violations;
      if (document.querySelector(".scene")?.checkVisibility()) found.push(...(await window.axe.run(".scene", { rules: figures })).violations);
      const nodes = [...document.querySelectorAll(".scene [role=button]")].flatMap((object) => {
        const name = object.querySelector(".name, .subject, .consumer-name")?.textContent.replace("…", "") ?? "";
        const said = object.getAttribute("aria-label");
        return said.toLowerCase().includes(name.toLowerCase()) ? [] : [{ target: [said], failureSummary: `does not say "${name}"` }];
      });
      return nodes.length ? [...found, { id: "name", nodes }] : found;
    });
    return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
  }

  async close() {
    await this.context.close();
    await this.host.stop();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Opens, hands the lab to `use`, and closes whatever happens. */
export async function inLab(options, use) {
  const lab = await openLab(options);
  try {
    return await use(lab);
  } finally {
    await lab.close();
  }
}
