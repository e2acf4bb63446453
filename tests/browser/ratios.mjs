// The same nats.js program in the page, against the server in the page and against nats-server over a loopback WebSocket.
// Prints [{ name, page, server, none }], operations a second. JETLAB_DIST names a release build, NATS_SERVER the program.

import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inLab } from "./support/lab.mjs";
import { natsJs } from "./support/nats_js.mjs";

const ROUNDS = 5;
const only = process.argv[2] ?? "";

/** Runs in the page: makes `window.nobody`, a wire to no server, that takes every publish for stored. */
function nobody() {
  const text = new TextEncoder(), bytes = new TextDecoder("latin1");
  window.nobody = async () => {
    const socket = { binaryType: "", bufferedAmount: 0, onmessage: null, close: () => socket.onclose?.({ wasClean: true }) };
    const { port1, port2 } = new MessageChannel();
    let waiting = "", sid = "1", seq = 0;
    const say = (words) => { if (!waiting) port2.postMessage(0); waiting += words; };
    port1.onmessage = () => {
      const data = text.encode(waiting).buffer;
      waiting = "";
      socket.onmessage?.({ data });
    };
    socket.send = (data) => {
      const written = bytes.decode(data);
      for (let at = 0; at < written.length;) {
        const end = written.indexOf("\r\n", at), words = written.slice(at, end).split(" ");
        at = end + 2;
        if (words[0] === "PING") say("PONG\r\n");
        if (words[0] === "SUB") sid = words.at(-1);
        if (!/^H?PUB$/.test(words[0])) continue;
        at += Number(words.at(-1)) + 2;
        const ack = `{"stream":"BENCH","seq":${(seq += 1)}}`;
        if (words.length > (words[0] === "PUB" ? 3 : 4)) say(`MSG ${words[2]} ${sid} ${ack.length}\r\n${ack}\r\n`);
      }
    };
    say('INFO {"server_id":"nobody","version":"2.15.1","proto":1,"headers":true,"max_payload":1048576} \r\n');
    return { socket, encrypted: false };
  };
}

/** Runs in the page: a program against nobody. */
async function alone({ name }) {
  const nc = await nats.core.wsconnect({ servers: "ws://nobody", wsFactory: nobody, noAsyncTraces: true });
  const js = nats.jetstream.jetstream(nc);
  const payload = new Uint8Array(128).fill(120);
  const n = name === "synchronous publish" ? 1000 : 10_000, share = n === 1000 ? 1 : 1000;
  const start = performance.now();
  for (let sent = 0; sent < n; sent += share) {
    await Promise.all(Array.from({ length: share }, () => js.publish("bench.a", payload)));
  }
  const rate = n / ((performance.now() - start) / 1e3);
  nc.close();
  return rate;
}

/** Runs in the page: every program once against `address`, operations a second by name. */
async function play({ address, name, only }) {
  const wsFactory = address.startsWith("ws://jetlab") ? jetlab.wsFactory : undefined;
  const dial = (who) => nats.core.wsconnect({ servers: address, name: who, wsFactory, noAsyncTraces: true });
  const nc = await dial("bench");
  const manager = await nats.jetstream.jetstreamManager(nc);
  const js = nats.jetstream.jetstream(nc);
  const payload = new Uint8Array(128).fill(120);
  const stream = async () => {
    await manager.streams.delete("BENCH").catch(() => {});
    await manager.streams.add({ name: "BENCH", subjects: ["bench.>"], storage: "memory" });
  };
  const publishAll = async (n) => {
    for (let sent = 0; sent < n; sent += 1000) {
      await Promise.all(Array.from({ length: Math.min(1000, n - sent) }, () => js.publish("bench.a", payload)));
    }
  };
  const bucket = async () => {
    await manager.streams.delete("KV_bench").catch(() => {});
    return await new nats.kv.Kvm(nc).create("bench", { storage: "memory" });
  };
  const timed = async (n, work) => {
    const start = performance.now();
    await work(n);
    return n / ((performance.now() - start) / 1e3);
  };
  const programs = {
    "synchronous publish": async () => {
      await stream();
      return await timed(1000, async (n) => { for (let i = 0; i < n; i += 1) await js.publish("bench.a", payload); });
    },
    "asynchronous publish": async () => {
      await stream();
      return await timed(10_000, publishAll);
    },
    "key-value put": async () => {
      const kv = await bucket();
      return await timed(1000, async (n) => { for (let i = 0; i < n; i += 1) await kv.put(`key${i % 100}`, payload); });
    },
    "key-value get": async () => {
      const kv = await bucket();
      for (let i = 0; i < 100; i += 1) await kv.put(`key${i}`, payload);
      return await timed(1000, async (n) => { for (let i = 0; i < n; i += 1) await kv.get(`key${i % 100}`); });
    },
    "request and reply": async () => {
      const other = await dial("answers");
      other.subscribe("bench-ask", { callback: (_, message) => message.respond(payload) });
      await other.flush();
      const rate = await timed(1000, async (n) => { for (let i = 0; i < n; i += 1) await nc.request("bench-ask", payload); });
      await other.close();
      return rate;
    },
    "consume": async () => {
      await stream();
      await publishAll(10_000);
      await manager.consumers.add("BENCH", { durable_name: "bench", ack_policy: "explicit" });
      const consumer = await js.consumers.get("BENCH", "bench");
      return await timed(10_000, async (n) => {
        const messages = await consumer.consume({ max_messages: 1000 });
        let seen = 0;
        for await (const message of messages) {
          message.ack();
          if ((seen += 1) === n) break;
        }
      });
    },
    "publish and subscribe": async () => {
      const other = await dial("listens");
      let seen = 0, done;
      const all = new Promise((resolve) => { done = resolve; });
      const n = 20_000;
      other.subscribe("bench-core", { callback: () => { if ((seen += 1) === n) done(); } });
      await other.flush();
      const rate = await timed(n, async () => {
        for (let i = 0; i < n; i += 1) nc.publish("bench-core", payload);
        await all;
      });
      await other.close();
      return rate;
    },
  };
  if (name === undefined) return Object.keys(programs).filter((name) => name.includes(only));
  const rate = await programs[name]();
  await manager.streams.delete("BENCH").catch(() => {});
  await manager.streams.delete("KV_bench").catch(() => {});
  await nc.close();
  return rate;
}

async function natsServer() {
  const folder = await mkdtemp(join(tmpdir(), "jetlab-ratios-"));
  const config = join(folder, "server.conf");
  await writeFile(config, `listen: "127.0.0.1:-1"\nports_file_dir: "${folder}"\njetstream { store_dir: "${folder}/store" }\n`
    + `websocket { listen: "127.0.0.1:-1", no_tls: true }\n`);
  const child = spawn(process.env.NATS_SERVER ?? "nats-server", ["-c", config], { stdio: "ignore" });
  const stop = async () => { child.kill(); await rm(folder, { recursive: true, force: true, maxRetries: 3 }); };
  for (let tries = 0; tries < 200; tries += 1) {
    const file = (await readdir(folder)).find((name) => name.endsWith(".ports"));
    const ports = file && JSON.parse((await readFile(join(folder, file), "utf8")) || "null");
    if (ports?.websocket?.length) return { address: ports.websocket[0], stop };
    await new Promise((later) => setTimeout(later, 50));
  }
  await stop();
  throw new Error("nats-server does not listen");
}

const median = (figures) => figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)];

const server = await natsServer();
try {
  // The page's rules let it talk to nobody; here it must.
  const figures = await inLab({ hash: "#/sandbox", bypassCSP: true }, async (lab) => {
    await lab.ready();
    await lab.page.evaluate(natsJs());
    await lab.page.evaluate(nobody);
    const names = await lab.page.evaluate(play, { address: "ws://jetlab", only });
    const figures = [];
    for (const name of names) {
      const rates = { page: [], server: [], none: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        rates.page.push(await lab.page.evaluate(play, { address: "ws://jetlab", name }));
        rates.server.push(await lab.page.evaluate(play, { address: server.address, name }));
        if (name.endsWith("chronous publish")) rates.none.push(await lab.page.evaluate(alone, { name }));
      }
      figures.push({ name, page: median(rates.page), server: median(rates.server), none: median(rates.none) });
    }
    if (lab.errors.length) throw new Error(lab.errors.join("; "));
    return figures;
  });
  console.log(JSON.stringify(figures));
} finally {
  await server.stop();
}
