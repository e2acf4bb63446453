// A real nats-server on loopback with a WebSocket door, for tests: its config, its ports, its log, and how to kill it.
//
// Ports stay the same when it is started again, and so does what it stored.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

const PROGRAM = process.env.NATS_SERVER ?? "nats-server";
/** How long a server may take to listen, in milliseconds. */
const STARTUP = 20_000;

/** Why tests with a real server are not run: `false` where there is one. */
export const missing = await promisify(execFile)(PROGRAM, ["--version"]).then(() => false, () => "there is no nats-server");

/** A port nobody listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/**
 * Starts a server. Options, all with a default:
 * `config` (text added to the configuration, as `authorization { … }`; a function gets the server's folder and ports),
 * `name` (of the server), `jetstream` (true; `false`, or the text of its block), `websocket` (the text inside its block
 * besides the port, "no_tls: true"; `false` for none), `ports` (`{ tcp, ws, monitor, cluster }`, free ones by default),
 * `folder` (a new one by default).
 */
export async function startNats(options = {}) {
  const ports = {};
  for (const door of ["tcp", "ws", "monitor", "cluster"]) ports[door] = options.ports?.[door] ?? await freePort();
  const folder = options.folder ?? await mkdtemp(join(tmpdir(), "jetlab-nats-"));
  const server = new NatsServer({ ...options, ports, folder });
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

class NatsServer {
  #process = null;

  constructor(options) {
    this.options = options;
    this.ports = options.ports;
    this.folder = options.folder;
    /** Where a page and where a program connects. */
    this.url = `ws://127.0.0.1:${this.ports.ws}`;
    this.tcp = `nats://127.0.0.1:${this.ports.tcp}`;
  }

  get pid() {
    return this.#process?.pid;
  }

  /** Changes what the next start, or `reload`, reads. */
  configure(options) {
    Object.assign(this.options, options);
  }

  configuration() {
    const { name = "n1", jetstream = true, websocket = "no_tls: true", config = "" } = this.options;
    const store = `store_dir: "${this.folder}/store"`;
    const lines = [
      `listen: "127.0.0.1:${this.ports.tcp}"`,
      `http: "127.0.0.1:${this.ports.monitor}"`,
      `server_name: "${name}"`,
    ];
    if (jetstream) lines.push(`jetstream { ${store}\n${jetstream === true ? "" : jetstream} }`);
    if (websocket !== false) lines.push(`websocket { listen: "127.0.0.1:${this.ports.ws}"\n${websocket} }`);
    lines.push(typeof config === "function" ? config(this) : config);
    return `${lines.join("\n")}\n`;
  }

  /** Starts it, again after `kill`, and waits until it says that it is ready. */
  async start() {
    const file = join(this.folder, "server.conf");
    await writeFile(file, this.configuration());
    const before = (await this.log()).length;
    const args = ["-c", file, "-l", join(this.folder, "server.log")];
    const child = spawn(PROGRAM, args, { stdio: "ignore" });
    this.#process = child;
    const ended = new Promise((done) => { child.once("exit", done); child.once("error", done); });
    child.ended = ended.then(() => { child.isOver = true; });
    const until = Date.now() + STARTUP;
    while (!(await this.log()).slice(before).includes("Server is ready") || !(await listens(this.ports.tcp))) {
      if (child.isOver) throw new Error(`nats-server ended at once: ${(await this.log()).slice(before)}`);
      if (Date.now() > until) throw new Error(`nats-server is not ready: ${(await this.log()).slice(before)}`);
      await wait(20);
    }
    return this;
  }

  /** Ends it at once, or as `signal` asks ("SIGUSR2" is lame duck mode, which ends it after a while). */
  async kill(signal = "SIGKILL") {
    const child = this.#process;
    if (!child || child.isOver) return;
    child.kill(signal);
    if (signal !== "SIGUSR2" && signal !== "SIGHUP") await child.ended;
  }

  /** Waits until it has ended. */
  async ended() {
    await this.#process?.ended;
  }

  /** Writes the configuration anew and has it read. */
  async reload() {
    await writeFile(join(this.folder, "server.conf"), this.configuration());
    const before = (await this.log()).length;
    await this.kill("SIGHUP");
    await this.logged("Reloaded server configuration", before);
  }

  async restart() {
    await this.kill();
    await this.start();
  }

  /** All it has written so far. */
  async log() {
    return readFile(join(this.folder, "server.log"), "utf8").catch(() => "");
  }

  /** Waits until it has written something that holds `text` or matches it, after the first `from` characters. */
  async logged(text, from = 0, patience = 10_000) {
    const until = Date.now() + patience;
    for (;;) {
      const log = (await this.log()).slice(from);
      if (typeof text === "string" ? log.includes(text) : text.test(log)) return log;
      if (Date.now() > until) throw new Error(`nats-server did not write ${text}: ${log}`);
      await wait(20);
    }
  }

  /** What its monitoring says, as from `/connz?subs=1`. */
  async monitor(path) {
    return (await fetch(`http://127.0.0.1:${this.ports.monitor}${path}`)).json();
  }

  /** Ends it and forgets everything. */
  async stop() {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function listens(port) {
  return new Promise((done) => {
    const socket = createConnection(port, "127.0.0.1");
    const end = (answer) => { socket.destroy(); done(answer); };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

/** Starts a server, hands it to `use`, and ends it whatever happens. */
export async function withNats(options, use) {
  const server = await startNats(options);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}
