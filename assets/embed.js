// <jetstream-lab>: JetStream Lab inside another page, in a frame of its own. Documented in docs/embed.md.
//
// One classic script, no other request until the reader asks. What stands inside the element is what is read without it:
// it stays in sight until the lab is opened, and for feeds, print and browsers without scripts. The frame and this script
// speak through one message port, handed over once to a named origin.
(() => {
  const HOME = new URL(".", document.currentScript?.src ?? document.baseURI);
  const MODES = ["lesson", "scene", "terminal", "cell"];
  const THEMES = ["light", "dark"];
  const CALLS = ["run", "play", "pause", "step", "seek", "advance", "reset", "progress", "share", "state"];
  const VARIABLES = [
    "--jl-flight", "--jl-pending", "--jl-acked", "--jl-redelivered", "--jl-given-up", "--jl-quiet",
    "--jl-ground", "--jl-panel", "--jl-ink", "--jl-accent",
  ];
  const OPEN_MS = 60_000;
  /** Sessions are of one page: the same name in another tab is another session. */
  const PAGE = random();

  function random() { return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join(""); }

  // Adopted, because a strict policy of the host forbids style elements and attributes.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { display: block; position: relative; min-inline-size: 20rem; block-size: 34rem; contain: content; }
    :host([mode="cell"]) { block-size: 24rem; }
    :host([mode="terminal"]) { block-size: 22rem; }
    :host(:not([data-open])) { block-size: auto; }
    :host([hidden]) { display: none; }
    .poster { display: grid; gap: .75rem; justify-items: start; }
    .poster > slot { display: block; inline-size: 100%; }
    :host([data-open]) .poster { display: none; }
    button { min-block-size: 2.5rem; padding: 0 1rem; border: 1px solid currentColor; border-radius: 8px;
      background: transparent; color: inherit; font: inherit; font-weight: 600; cursor: pointer; }
    button:focus-visible { outline: 2px solid; outline-offset: 2px; }
    iframe { display: block; inline-size: 100%; block-size: 100%; border: 0; border-radius: 12px; }
    .failure { margin: 0; font: inherit; }
  `);

  const choice = (text, choices) => (choices.includes(text) ? text : null);
  const isName = (text) => /^[a-z0-9-]{1,64}$/i.test(text ?? "");

  class JetStreamLab extends HTMLElement {
    static observedAttributes = ["theme"];
    #frame = null;
    #port = null;
    #opened = null;
    #calls = new Map();
    #lastCall = 0;
    #watch = null;
    #themes = null;
    #poster;

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      this.#poster = document.createElement("div");
      this.#poster.className = "poster";
      const button = document.createElement("button");
      button.type = "button";
      button.part = "open";
      button.textContent = "Run it here";
      button.addEventListener("click", () => this.open().then(() => this.#frame?.focus(), () => {}));
      this.#poster.append(document.createElement("slot"), button);
      root.append(this.#poster);
    }

    connectedCallback() {
      this.#watch = new IntersectionObserver(([seen]) => this.#seen(seen.isIntersecting));
      this.#watch.observe(this);
      // Pages switch their own look by a class or an attribute at the top.
      this.#themes = new MutationObserver(() => this.#port?.postMessage({ look: this.#look() }));
      this.#themes.observe(document.documentElement, { attributes: true });
    }

    disconnectedCallback() {
      this.#watch?.disconnect();
      this.#themes?.disconnect();
      this.#close(new Error("the element was taken out of the page"));
    }

    attributeChangedCallback() {
      this.#port?.postMessage({ look: this.#look() });
    }

    /** As the element says, or as the page around looks; otherwise as the reader's system. */
    get theme() {
      return choice(this.getAttribute("theme"), THEMES) ?? choice(getComputedStyle(this).colorScheme, THEMES);
    }

    get mode() { return choice(this.getAttribute("mode"), MODES) ?? "lesson"; }

    /** Brings the lab. Resolves when it stands. */
    open() {
      this.#opened ??= new Promise((resolve, reject) => {
        const id = random();
        const frame = document.createElement("iframe");
        frame.title = this.getAttribute("aria-label") ?? "JetStream Lab";
        frame.allow = "clipboard-write";
        frame.src = this.#address(id);
        const late = setTimeout(() => fail(new Error("the lab does not answer")), OPEN_MS);
        const fail = (error) => {
          clearTimeout(late);
          removeEventListener("message", hear);
          this.#close(error);
          this.#say("error", { message: error.message });
          reject(error);
        };
        const hear = ({ source, origin, data }) => {
          if (source !== frame.contentWindow || origin !== HOME.origin || data?.jetlab !== 1 || data.id !== id) return;
          removeEventListener("message", hear);
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }) => this.#heard(data, () => (clearTimeout(late), resolve(this)), fail);
          this.#port = port1;
          frame.contentWindow.postMessage({ jetlab: 1, id, look: this.#look() }, HOME.origin, [port2]);
        };
        addEventListener("message", hear);
        this.#frame = frame;
        this.dataset.open = "";
        this.shadowRoot.append(frame);
      });
      return this.#opened;
    }

    #address(id) {
      const url = new URL("index.html", HOME);
      if (HOME.pathname.endsWith("/")) url.pathname = HOME.pathname;
      const lesson = this.getAttribute("lesson");
      const set = (name, value) => value && url.searchParams.set(name, value);
      set("mode", this.mode);
      set("lesson", isName(lesson) && lesson);
      set("theme", this.theme);
      set("start", this.getAttribute("start") ?? (this.mode === "cell" ? this.textContent.trim() : ""));
      const session = this.getAttribute("session");
      set("session", isName(session) && `${PAGE}-${session}`);
      set("host", location.origin);
      set("frame", id);
      if (!isName(lesson)) url.hash = "#/sandbox";
      const hash = this.getAttribute("hash");
      if (hash?.startsWith("#/")) url.hash = hash;
      return url.href;
    }

    #look() {
      const style = getComputedStyle(this);
      const variables = VARIABLES.map((name) => [name, style.getPropertyValue(name).trim()]);
      return {
        theme: this.theme,
        variables: Object.fromEntries(variables.filter(([, value]) => value)),
      };
    }

    #heard(data, ready, fail) {
      if (data.event === "ready") ready();
      if (data.event === "failed") return fail(new Error(data.detail?.message ?? "the lab did not start"));
      if (data.event === "leave") return this.#leave();
      if (data.event) return this.#say(data.event, data.detail);
      const call = this.#calls.get(data.call);
      this.#calls.delete(data.call);
      if (data.error !== undefined) call?.reject(new Error(data.error));
      else call?.resolve(data.value);
    }

    #say(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
    }

    // Esc in the lab: the keyboard goes on behind the element.
    #leave() {
      this.tabIndex = -1;
      this.focus();
    }

    #seen(isSeen) {
      if (isSeen && this.hasAttribute("autoplay")) this.open().catch(() => {});
      this.#port?.postMessage({ seen: isSeen });
    }

    #close(error) {
      for (const call of this.#calls.values()) call.reject(error);
      this.#calls.clear();
      this.#port?.close();
      this.#frame?.remove();
      this.#port = this.#frame = this.#opened = null;
      delete this.dataset.open;
    }

    async call(name, ...given) {
      await this.open();
      this.#lastCall += 1;
      const call = this.#lastCall;
      return new Promise((resolve, reject) => {
        this.#calls.set(call, { resolve, reject });
        this.#port.postMessage({ call, name, given });
      });
    }
  }

  for (const name of CALLS) {
    JetStreamLab.prototype[name] = function (...given) { return this.call(name, ...given); };
  }
  if (!customElements.get("jetstream-lab")) customElements.define("jetstream-lab", JetStreamLab);
})();
