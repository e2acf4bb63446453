// What every check of this program stands on: one line per check, a connection, and a wire that can be cut.
//
// The packages are found in the folder that JETLAB_CLIENTS names, or wherever Node finds them from here.
import { createRequire } from "node:module";
import net from "node:net";
import path from "node:path";

const from = process.env.JETLAB_CLIENTS ? path.join(process.env.JETLAB_CLIENTS, "package.json") : import.meta.url;
const load = createRequire(from);

export const core = load("@nats-io/nats-core");
export const jetstream = load("@nats-io/jetstream");
export const kv = load("@nats-io/kv");
export const obj = load("@nats-io/obj");
export const services = load("@nats-io/services");
const { WebSocket } = load("ws");

const CHECK_MS = 60_000;
let failed = 0;

/** Runs one check and prints its line. */
export async function check(area, what, run) {
  const started = Date.now();
  try {
    await within(CHECK_MS, run(), "the check itself");
    console.log(`ok ${area}: ${what} (${Date.now() - started} ms)`);
  } catch (error) {
    failed += 1;
    const line = String(error?.stack).match(/\w+\.mjs:\d+/)?.[0];
    console.log(`FAIL ${area}: ${what}: ${String(error).replaceAll(/\s*\n\s*/g, " ")} (${line})`);
  }
}

export const failures = () => failed;

/** The promise, or an error when it takes too long. */
export function within(ms, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing after ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks again until `probe` answers something true. */
export async function until(what, probe, ms = 15_000) {
  for (const end = Date.now() + ms; Date.now() < end; await pause(20)) {
    const found = await probe();
    if (found) return found;
  }
  throw new Error(`${what}: not after ${ms} ms`);
}

/** The first `count` of what an iterator brings. */
export async function take(iterator, count, ms = 15_000) {
  const taken = [];
  const walk = async () => {
    for await (const item of iterator) {
      taken.push(item);
      if (taken.length === count) return;
    }
    throw new Error(`ended after ${taken.length} of ${count}`);
  };
  await within(ms, walk(), `${count} items, ${taken.length} came`);
  return taken;
}

/** The error that `promise` ends with. */
export async function fails(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`no error but ${JSON.stringify(value)}`);
}

// Node has a WebSocket of its own from version 22 on; the client offers this door for the others.
export const connect = (address, options = {}) =>
  core.wsconnect({
    servers: address,
    wsFactory: (url) => ({ socket: new WebSocket(url), encrypted: false }),
    ...options,
  });

/** A wire in between, which can be cut and refuses to be mended until told. */
export async function cuttable(address) {
  const url = new URL(address);
  const open = new Set();
  let closed = false;
  const server = net.createServer((near) => {
    if (closed) return void near.destroy();
    const far = net.connect(Number(url.port), url.hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      open.add(one);
      one.pipe(other);
      one.on("error", () => {});
      one.on("close", () => (open.delete(one), other.destroy()));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `ws://127.0.0.1:${server.address().port}`,
    cut: () => open.forEach((socket) => socket.destroy()),
    refuse: (yes) => (closed = yes),
    end: () => (open.forEach((socket) => socket.destroy()), server.close()),
  };
}
