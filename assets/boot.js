// Brings the app into the page: theme, progress while it loads, words when it fails, and the overlay after a crash.
// It stands apart from the app so that it still works when there is no app, or no app any more.
//
// What the app may count on:
//   <html data-boot>            "loading", then "ready" or "failed"
//   <html data-theme>           "light" or "dark" when the person chose one (localStorage "jetlab.theme")
//   event "jetlab:crash"        send it on `window` with the report as `detail`, and the overlay comes up
//   sessionStorage "jetlab.after-crash"   after such a reload: "replay" or "fresh"

const page = document.documentElement;
const byId = (id) => document.getElementById(id);

// Storage throws where it is denied; then nothing is remembered.
const storage = (kind, use) => { try { return use(window[kind]); } catch { return null; } };

const theme = storage("localStorage", (store) => store.getItem("jetlab.theme"));
if (theme === "light" || theme === "dark") page.dataset.theme = theme;

// ── inside another page ──

const asked = new URLSearchParams(location.search);
const mode = asked.get("mode");
if (["lesson", "scene", "terminal", "cell"].includes(mode)) page.dataset.mode = mode;
if (["light", "dark"].includes(asked.get("theme"))) page.dataset.theme = asked.get("theme");
// Frames of one page share the tab's storage; each remembers what it did under its own name.
const frame = /^[a-z0-9]{1,64}$/.exec(asked.get("frame") ?? "")?.[0];
if (frame) page.dataset.frame = frame;
const inTab = (key) => (frame ? `${key}.${frame}` : key);
if (asked.has("host")) import("./frame.js").then((embedded) => embedded.begin());
// A lesson may be named before the # as well, where a host's own links leave it alone.
const lesson = asked.get("lesson");
if (!location.hash && /^[a-z0-9-]{1,64}$/i.test(lesson ?? "")) location.hash = `#/lesson/${lesson}`;

// ── after a crash ──

let report = "";

function showCrash(text) {
  if (page.dataset.boot === "crashed") return;
  page.dataset.boot = "crashed";
  report = [text, "", `page: ${location.origin}${location.pathname}`, `browser: ${navigator.userAgent}`].join("\n");
  byId("crash-report").textContent = report;
  byId("app").inert = true;
  byId("crash").hidden = false;
  byId("crash-replay").focus();
}

function restart(how) {
  storage("sessionStorage", (store) => store.setItem(inTab("jetlab.after-crash"), how));
  location.reload();
}

async function copyReport(button) {
  try {
    await navigator.clipboard.writeText(report);
    button.textContent = "Copied";
  } catch {
    byId("crash-report").closest("details").open = true;
    getSelection().selectAllChildren(byId("crash-report"));
    button.textContent = "Selected: copy it with your keyboard";
  }
}

byId("crash-replay").addEventListener("click", () => restart("replay"));
byId("crash-reload").addEventListener("click", () => restart("fresh"));
byId("crash-copy").addEventListener("click", (event) => copyReport(event.currentTarget));
window.addEventListener("jetlab:crash", (event) => showCrash(String(event.detail)));
// The panic hook speaks first, with more to say; this is for traps that have none.
window.addEventListener("error", (event) => {
  if (event.error instanceof WebAssembly.RuntimeError) showCrash(`${event.error.message}\n${event.error.stack ?? ""}`);
});
window.addEventListener("unhandledrejection", (event) => {
  if (event.reason instanceof WebAssembly.RuntimeError) showCrash(`${event.reason.message}\n${event.reason.stack ?? ""}`);
});

// ── loading ──

function fail(words) {
  page.dataset.boot = "failed";
  byId("boot-progress")?.remove();
  const notice = byId("boot-failure");
  if (!notice) return;
  byId("boot-title").textContent = "The server did not arrive";
  byId("boot-status").textContent = "The lesson stays readable.";
  notice.textContent = words;
  notice.hidden = false;
}

// The length a compressed answer announces is not the length that arrives, so the page itself says how long it is.
function watched(response, total) {
  const progress = byId("boot-progress");
  const status = byId("boot-status");
  let arrived = 0;
  const counting = new TransformStream({
    transform(chunk, out) {
      arrived += chunk.byteLength;
      if (total && progress) progress.value = Math.min(1, arrived / total);
      const kilobytes = [arrived, total].filter(Boolean).map((bytes) => Math.round(bytes / 1024));
      if (status) status.textContent = `${kilobytes.join(" of ")} kB have arrived. The lesson can be read meanwhile.`;
      out.enqueue(chunk);
    },
  });
  const headers = new Headers({ "content-type": "application/wasm" });
  return new Response(response.body.pipeThrough(counting), { headers });
}

// The poster goes only once something stands in its place.
function whenMounted(app) {
  return new Promise((resolve) => {
    if (app.firstChild) return resolve();
    const observer = new MutationObserver(() => {
      if (app.firstChild) { observer.disconnect(); resolve(); }
    });
    observer.observe(app, { childList: true });
  });
}

// ── the rest of the program ──
//
// A release comes in two halves (xtask/src/split.rs): what the first lessons run, and the rest. The rest is fetched once
// the app stands. When the program calls into it before it is here, everything waits for it once, as for a slow disk.

let shared = null;
let restIsHere = false;

/** What the rest takes from the first half: functions by their places in the table, everything else by name. */
const forRest = () => ({
  a: new Proxy(shared, { get: (all, name) => (name[0] === "f" ? all.t0.get(Number(name.slice(1))) : all[name]) }),
});

// Only a synchronous request can be waited for in the midst of a call, and it knows nothing but text.
function fetchAtOnce(address) {
  const request = new XMLHttpRequest();
  request.open("GET", address, false);
  request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  if (request.status !== 200) throw new Error(`${address}: ${request.status}`);
  return Uint8Array.from(request.responseText, (letter) => letter.charCodeAt(0) & 0xff);
}

async function fetchRest(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  // Should it have come both ways, the second one puts the same functions into the same places.
  await WebAssembly.instantiate(await response.arrayBuffer(), forRest());
  restIsHere = true;
}

window.jetlabRest = {
  waits: 0,
  get exports() { return shared; },
  get isHere() { return restIsHere; },
  begin(exports) {
    shared = exports;
    return false;
  },
  bring() {
    if (restIsHere) return;
    window.jetlabRest.waits += 1;
    const { rest } = document.querySelector("script[data-wasm]").dataset;
    try {
      // An address of its own, lest the browser makes this request wait for the other one, which waits for us.
      new WebAssembly.Instance(new WebAssembly.Module(fetchAtOnce(`${rest}?now`)), forRest());
      restIsHere = true;
    } catch (error) {
      showCrash(`A part of the program could not be loaded: ${error.message}`);
      throw error;
    }
  },
};

/** The first half may call for the rest from its very first step on, so what the rest needs of it is noted before that. */
function notingExports() {
  const { instantiate, instantiateStreaming } = WebAssembly;
  const noting = (original) => async (...given) => {
    const result = await original.apply(WebAssembly, given);
    shared = (result.instance ?? result).exports;
    return result;
  };
  Object.assign(WebAssembly, { instantiate: noting(instantiate), instantiateStreaming: noting(instantiateStreaming) });
  return () => Object.assign(WebAssembly, { instantiate, instantiateStreaming });
}

async function start() {
  const { js, wasm, bytes, rest } = document.querySelector("script[data-wasm]").dataset;
  const [glue, response] = await Promise.all([import(new URL(js, document.baseURI)), fetch(wasm)]);
  if (!response.ok) throw new Error(`${wasm}: ${response.status} ${response.statusText}`);
  const asBefore = notingExports();
  await glue.default({ module_or_path: watched(response, Number(bytes) || 0) });
  asBefore();
  await whenMounted(byId("app"));
  byId("poster").remove();
  if (page.dataset.boot === "loading") page.dataset.boot = "ready";
  // Not being there yet is no failure: `bring` tries again when the rest is needed.
  if (rest) fetchRest(rest).catch((error) => console.warn(`The rest of the program has not arrived: ${error.message}`));
}

if (typeof WebAssembly !== "object") {
  fail("This browser cannot run WebAssembly, which the server is made of. Any browser of the last years can.");
} else {
  start().catch((error) => {
    if (page.dataset.boot === "crashed") return;
    console.error(error);
    fail(`It could not be loaded (${error.message}). Reload the page to try again.`);
  });
}
