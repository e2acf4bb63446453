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
  storage("sessionStorage", (store) => store.setItem("jetlab.after-crash", how));
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

// The length a compressed answer announces is not the length that arrives, so only an uncompressed one gives a fraction.
function watched(response) {
  const plain = !response.headers.get("content-encoding");
  const total = plain ? Number(response.headers.get("content-length")) : 0;
  const progress = byId("boot-progress");
  const status = byId("boot-status");
  let arrived = 0;
  const counting = new TransformStream({
    transform(chunk, out) {
      arrived += chunk.byteLength;
      if (total && progress) progress.value = Math.min(1, arrived / total);
      if (status) status.textContent = `${Math.round(arrived / 1024)} kB have arrived. The lesson can be read meanwhile.`;
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

async function start() {
  const { js, wasm } = document.querySelector("script[data-wasm]").dataset;
  const [glue, response] = await Promise.all([import(new URL(js, document.baseURI)), fetch(wasm)]);
  if (!response.ok) throw new Error(`${wasm}: ${response.status} ${response.statusText}`);
  await glue.default({ module_or_path: watched(response) });
  await whenMounted(byId("app"));
  byId("poster").remove();
  if (page.dataset.boot === "loading") page.dataset.boot = "ready";
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
