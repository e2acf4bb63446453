// The lab inside another page: how it looks there, and what the page around it may ask for. docs/embed.md is for its users.
//
// The page around is a stranger unless it has our origin: what it wants to run is shown first and needs the learner's word.
// Messages go to the origin that the frame's address names, and to no other.

const page = document.documentElement;
const asked = new URLSearchParams(location.search);
const id = asked.get("frame") ?? "";
const host = originOf(asked.get("host"));
const isFriend = host === location.origin;
const session = /^[a-z0-9-]{1,128}$/i.exec(asked.get("session") ?? "")?.[0];
/** These change what the learner has; the others only look, or stop and go on. */
const NEEDS_A_WORD = ["run", "advance", "seek", "reset"];
const COLOURS = /^--jl-[a-z-]{1,20}$/;
/** Variables of the host that stand for one of ours with another name. */
const GROUNDS = { "--jl-ground": "--ground", "--jl-panel": "--panel", "--jl-ink": "--ink", "--jl-accent": "--accent" };
let port = null;
let trusted = isFriend;
let playedBefore = false;

function originOf(text) {
  try { return new URL(text).origin; } catch { return null; }
}

function look({ theme, variables } = {}) {
  if (theme === "light" || theme === "dark") page.dataset.theme = theme;
  for (const [name, value] of Object.entries(variables ?? {})) {
    if (!COLOURS.test(name) || !CSS.supports("color", value)) continue;
    page.style.setProperty(GROUNDS[name] ?? name, value);
    if (name === "--jl-accent") page.style.setProperty("--accent-ink", readableOn(value));
  }
}

/** Black or white, whichever is read better on this colour. */
function readableOn(colour) {
  const paint = document.createElement("canvas").getContext("2d");
  paint.fillStyle = colour;
  paint.fillRect(0, 0, 1, 1);
  const [red, green, blue] = [...paint.getImageData(0, 0, 1, 1).data].map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

const calls = {
  run: (line, options) => window.jetlab.run(String(line), options),
  advance: (duration) => window.jetlab.advance(String(duration)),
  play: () => window.jetlab.play(),
  pause: () => window.jetlab.pause(),
  step: () => window.jetlab.step(),
  seek: (seconds) => window.jetlab.seek(Number(seconds)),
  state: () => window.jetlab.state(),
  reset: () => window.jetlab.reset(),
  progress: () => window.jetlab.milestones(),
  share: () => window.jetlab.share(),
};

async function answer({ call, name, given }) {
  try {
    if (!Object.hasOwn(calls, name)) throw new Error(`there is no "${String(name)}" here`);
    const list = Array.isArray(given) ? given : [];
    if (NEEDS_A_WORD.includes(name) && !(trusted || await mayDo(name, list))) {
      throw new Error("the learner said no");
    }
    port.postMessage({ call, value: await calls[name](...list) });
  } catch (error) {
    port.postMessage({ call, error: error?.message ?? String(error) });
  }
}

/** One question at a time. */
let questions = Promise.resolve();
function mayDo(name, given) {
  const asked = questions.then(() => trusted || ask(name, given));
  questions = asked.then(() => {}, () => {});
  return asked;
}

const WORDS = { run: "wants to run this here:", advance: "wants to let time pass:", seek: "wants to go to this second:", reset: "wants to start over here." };

function ask(name, given) {
  return new Promise((resolve) => {
    const make = (tag, className, text = "") => {
      const element = document.createElement(tag);
      element.className = className;
      element.textContent = text;
      return element;
    };
    const overlay = make("div", "overlay");
    const dialog = make("div", "dialog panel");
    const title = make("h2", "", "The page around the lab asks");
    title.id = "host-asks";
    for (const [attribute, value] of [["role", "alertdialog"], ["aria-modal", "true"], ["aria-labelledby", "host-asks"]]) {
      dialog.setAttribute(attribute, value);
    }
    const words = make("p", "", `${host} ${WORDS[name]}`);
    const what = make("pre", "console", String(given[0] ?? ""));
    what.tabIndex = 0;
    const row = make("div", "row");
    const before = document.activeElement;
    const button = (className, text, ending) => {
      const element = make("button", className, text);
      element.type = "button";
      element.addEventListener("click", () => ended(ending()));
      row.append(element);
      return element;
    };
    const ended = (said) => {
      overlay.remove();
      document.getElementById("app").inert = false;
      before?.focus?.();
      resolve(said);
    };
    const yes = button("button button-primary", "Yes", () => true);
    button("button", "Yes, and do not ask again", () => (trusted = true));
    button("button button-quiet", "No", () => false);
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      ended(false);
    });
    dialog.append(title, words, ...(given.length ? [what] : []), row);
    overlay.append(dialog);
    document.body.append(overlay);
    document.getElementById("app").inert = true;
    yes.focus();
  });
}

// Off the screen nothing moves, unless others show the same session; back in sight it goes on if it did before.
function seen(isSeen) {
  if (!window.jetlab || session) return;
  if (isSeen && playedBefore) window.jetlab.play();
  if (!isSeen) {
    playedBefore = window.jetlab.playing();
    window.jetlab.pause();
  }
}

const tell = (event, detail) => port?.postMessage({ event, detail });

function hear(event) {
  if (event.source !== parent || event.origin !== host || event.data?.jetlab !== 1 || event.data.id !== id) return;
  if (port || !event.ports[0]) return;
  [port] = event.ports;
  look(event.data.look);
  port.onmessage = ({ data }) => {
    if (data?.look) look(data.look);
    else if (typeof data?.seen === "boolean") seen(data.seen);
    else if (data?.call) answer(data);
  };
  whenReady();
  new ResizeObserver(() => tell("resize", { width: innerWidth, height: innerHeight, content: wantedHeight() })).observe(page);
}

function wantedHeight() {
  return Math.ceil(document.querySelector(".lesson-body")?.scrollHeight ?? document.body.scrollHeight);
}

function whenReady() {
  const state = page.dataset.boot;
  if (state === "ready") {
    together();
    watchState();
    return tell("ready", { version: window.jetlab?.version });
  }
  if (state === "failed" || state === "crashed") {
    return tell("failed", { message: document.getElementById("boot-failure")?.textContent || "the lab has stopped" });
  }
  setTimeout(whenReady, 50);
}

// Frames with the same session show one server: one of them leads, the others follow (src/ui/together.rs). They find one
// another without the page around, which is a stranger; where the browser keeps them apart each is alone.
function together() {
  if (!session) return;
  try {
    const channel = new BroadcastChannel(`jetlab.${session}`);
    channel.onmessage = ({ data }) => window.jetlab.hear(String(data));
    // Held as long as this frame lives; then the next one leads.
    const lead = () => (window.jetlab.lead(), new Promise(() => {}));
    navigator.locks.request(`jetlab.${session}`, lead).catch(() => window.jetlab.keepApart());
    window.jetlab.meet((text) => channel.postMessage(text));
  } catch {
    window.jetlab.keepApart();
  }
}

/** So often the page around is told how things stand, when that is different. */
const STATE_MS = 500;
function watchState() {
  let told = "";
  setInterval(() => {
    const { at, end, ...state } = window.jetlab?.state() ?? {};
    const text = JSON.stringify(state);
    if (text === told) return;
    told = text;
    tell("state", { ...state, at, end });
  }, STATE_MS);
}

export function begin() {
  if (!host || parent === window) return;
  addEventListener("message", hear);
  for (const name of ["milestone", "solved"]) {
    addEventListener(`jetlab:${name}`, ({ detail }) => tell(name, JSON.parse(detail)));
  }
  addEventListener("jetlab:crash", ({ detail }) => tell("error", { message: String(detail) }));
  // Esc leaves, unless something inside had a use for it.
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector(".overlay:not([hidden])")) {
      setTimeout(() => event.defaultPrevented || tell("leave"));
    }
  });
  // Addresses within the page are relative to its base, which knows nothing of what this frame was asked for.
  addEventListener("click", (event) => {
    const inside = event.target.closest?.("a[href^='#/']");
    if (!inside) return;
    event.preventDefault();
    location.hash = inside.getAttribute("href");
  });
  parent.postMessage({ jetlab: 1, id }, host);
}
