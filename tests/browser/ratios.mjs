// The same nats.js program in the page, against the server in the page and against nats-server over a loopback WebSocket.
// Prints [{ name, page, server, none }], operations a second. JETLAB_DIST names a release build, NATS_SERVER the program.

import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inLab } from "./support/lab.mjs";
import { natsJs } from "./support/nats_js.mjs";

const ROUNDS = 5;
/** What waits for its answer each time, and what does not. A browser makes fast what has run for a while: so not fewer. */
const FEW = 3000, MANY = 10_000;
const only = process.argv[2] ?? "";

/**
 * Runs in the page: makes `window.nobody`, wires to a few lines that answer every program without doing anything: a publish
 * counts as stored, a key is always there, a pull is given messages out of nothing, an ack goes nowhere. They answer
 * within the page's present task, for some milliseconds at a time. What is left is what the client and the browser take for themselves.
 */
function nobody() {
  const text = new TextEncoder(), bytes = new TextDecoder("latin1"), never = "2026-01-01T00:00:00Z";
  const body = "x".repeat(128);
  const exact = new Map(), inboxes = new Map(), streams = new Map(), consumers = new Map();
  let seq = 0;
  const listener = (subject) => exact.get(subject) ?? inboxes.get(subject.slice(0, subject.lastIndexOf(".")));
  const tell = (reply, words) => {
    const to = listener(reply);
    to?.say(`MSG ${reply} ${to.sid} ${words.length}\r\n${words}\r\n`);
  };
  const state = { messages: 0, bytes: 0, first_seq: 0, first_ts: never, last_seq: 0, last_ts: never, consumer_count: 0 };
  const none = { consumer_seq: 0, stream_seq: 0 };
  const api = (words, asked) => {
    const name = words[2];
    if (words[0] === "INFO") return { memory: 0, storage: 0, streams: 0, consumers: 0, limits: {}, api: { total: 0, errors: 0 } };
    if (words[1] === "DELETE") return { success: streams.delete(name) };
    if (words[0] === "STREAM") {
      if (words[1] === "CREATE") streams.set(name, JSON.parse(asked));
      if (!streams.has(name)) return { error: { code: 404, err_code: 10059, description: "stream not found" } };
      return { config: streams.get(name), created: never, state };
    }
    const key = words[1] === "INFO" ? words[3] : (words[1] === "DURABLE" ? words[4] : words[3]);
    if (words[1] !== "INFO") consumers.set(key, JSON.parse(asked).config);
    const figures = { delivered: none, ack_floor: none, num_ack_pending: 0, num_redelivered: 0, num_waiting: 0, num_pending: 0 };
    return { stream_name: "BENCH", name: key, created: never, config: consumers.get(key), ...figures };
  };
  const pulled = (reply, batch) => {
    const to = listener(reply);
    let all = "";
    for (; batch > 0; batch -= 1) {
      seq += 1;
      all += `MSG bench.a ${to.sid} $JS.ACK.BENCH.bench.1.${seq}.${seq}.1767225600000000000.0 128\r\n${body}\r\n`;
    }
    to.say(all);
  };
  const got = (reply, key) => {
    const to = listener(reply);
    const head = `NATS/1.0\r\nNats-Stream: KV_bench\r\nNats-Subject: ${key}\r\nNats-Sequence: 1\r\nNats-Time-Stamp: ${never}\r\n\r\n`;
    to.say(`HMSG ${reply} ${to.sid} ${head.length} ${head.length + 128}\r\n${head}${body}\r\n`);
  };
  const published = (subject, reply, payload) => {
    if (subject.startsWith("bench.") || subject.startsWith("$KV.")) {
      return reply && tell(reply, `{"stream":"BENCH","seq":${(seq += 1)}}`);
    }
    if (subject.startsWith("$JS.ACK.")) return;
    if (subject.startsWith("$JS.API.DIRECT.GET.KV_bench.")) return got(reply, subject.slice(28));
    if (subject.startsWith("$JS.API.CONSUMER.MSG.NEXT.")) return pulled(reply, JSON.parse(payload).batch);
    if (subject.startsWith("$JS.API.")) return tell(reply, JSON.stringify(api(subject.slice(8).split("."), payload)));
    const to = listener(subject);
    to?.say(`MSG ${subject} ${to.sid} ${reply ? `${reply} ` : ""}${payload.length}\r\n${payload}\r\n`);
  };
  window.nobody = async () => {
    const socket = { binaryType: "", bufferedAmount: 0, onmessage: null };
    socket.close = () => setTimeout(() => socket.onclose?.({ code: 1000, reason: "", wasClean: true }));
    const subjects = new Map();
    const { port1, port2 } = new MessageChannel();
    let waiting = "", tasked = 0;
    const hand = () => {
      const data = text.encode(waiting).buffer;
      waiting = "";
      socket.onmessage?.({ data });
    };
    port1.onmessage = () => {
      tasked = performance.now();
      hand();
    };
    // The page gets its turn now and then, as with the server in it.
    const say = (words) => {
      if (!waiting && performance.now() - tasked > 4) port2.postMessage(0);
      else if (!waiting) queueMicrotask(hand);
      waiting += words;
    };
    socket.send = (data) => {
      const written = bytes.decode(data);
      for (let at = 0; at < written.length;) {
        const end = written.indexOf("\r\n", at), words = written.slice(at, end).split(" ");
        at = end + 2;
        if (words[0] === "PUB" || words[0] === "HPUB") {
          const sizes = words[0] === "PUB" ? 1 : 2, size = Number(words.at(-1));
          const payload = written.slice(sizes === 1 ? at : at + Number(words.at(-2)), at + size);
          at += size + 2;
          published(words[1], words.length > 2 + sizes ? words[2] : "", payload);
        } else if (words[0] === "PING") {
          say("PONG\r\n");
        } else if (words[0] === "SUB") {
          const subject = words[1], of = subject.endsWith(".*") ? [inboxes, subject.slice(0, -2)] : [exact, subject];
          of[0].set(of[1], { say, sid: words.at(-1) });
          subjects.set(words.at(-1), of);
        } else if (words[0] === "UNSUB" && words.length === 2) {
          const [map, subject] = subjects.get(words[1]) ?? [exact];
          map.delete(subject);
        }
      }
    };
    // Its client listens only after this, and hears of it in a task.
    say('INFO {"server_id":"nobody","version":"2.15.1","proto":1,"headers":true,"max_payload":1048576} \r\n');
    return { socket, encrypted: false };
  };
}

/** Runs in the page: every program once against `address`, operations a second by name. */
async function play({ address, name, only, few, many }) {
  const wsFactory = { "ws://jetlab": jetlab.wsFactory, "ws://nobody": window.nobody }[address];
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
      return await timed(few, async (n) => { for (let i = 0; i < n; i += 1) await js.publish("bench.a", payload); });
    },
    "asynchronous publish": async () => {
      await stream();
      return await timed(many, publishAll);
    },
    "key-value put": async () => {
      const kv = await bucket();
      return await timed(few, async (n) => { for (let i = 0; i < n; i += 1) await kv.put(`key${i % 100}`, payload); });
    },
    "key-value get": async () => {
      const kv = await bucket();
      for (let i = 0; i < 100; i += 1) await kv.put(`key${i}`, payload);
      return await timed(few, async (n) => { for (let i = 0; i < n; i += 1) await kv.get(`key${i % 100}`); });
    },
    "request and reply": async () => {
      const other = await dial("answers");
      other.subscribe("bench-ask", { callback: (_, message) => message.respond(payload) });
      await other.flush();
      const rate = await timed(few, async (n) => { for (let i = 0; i < n; i += 1) await nc.request("bench-ask", payload); });
      await other.close();
      return rate;
    },
    "consume": async () => {
      await stream();
      await publishAll(many);
      await manager.consumers.add("BENCH", { durable_name: "bench", ack_policy: "explicit" });
      const consumer = await js.consumers.get("BENCH", "bench");
      return await timed(many, async (n) => {
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
      const n = 2 * many;
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
    const one = (address, name) => lab.page.evaluate(play, { address, name, few: FEW, many: MANY });
    const addresses = { page: "ws://jetlab", server: server.address, none: "ws://nobody" };
    const figures = [];
    for (const name of names) {
      const rates = { page: [], server: [], none: [] };
      // The first round warms the browser up.
      for (let round = 0; round <= ROUNDS; round += 1) {
        for (const [where, address] of Object.entries(addresses)) {
          const rate = await one(address, name);
          if (round > 0) rates[where].push(rate);
        }
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
