// The official JavaScript client, unmodified, talks to the server in the page.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { inLab } from "./support/lab.mjs";
import { natsJs } from "./support/nats_js.mjs";

/** Opens the sandbox with nats.js beside it and `window.dial(name, options, query)`. */
const inLabWithClient = (options, use) =>
  inLab({ hash: "#/sandbox", ...options }, async (lab) => {
    await lab.ready();
    await lab.page.evaluate(natsJs());
    await lab.page.evaluate(() => {
      window.dial = (name, options = {}, query = "") =>
        nats.core.wsconnect({ servers: `ws://jetlab${query}`, name, wsFactory: jetlab.wsFactory, ...options });
      window.within = (ms, promise) =>
        Promise.race([promise, new Promise((_, late) => setTimeout(() => late(new Error(`not within ${ms} ms`)), ms))]);
    });
    await use(lab);
    assert.deepEqual(lab.errors, []);
    assert.deepEqual(lab.strangers, []);
  });

test("a program and a terminal talk to one another, and the scene shows both", () =>
  inLabWithClient({}, async (lab) => {
    await lab.run("nats stream add ORDERS --subjects 'orders.*' --defaults", "main");
    const stored = await lab.page.evaluate(async () => {
      window.robot = await dial("robot");
      const js = nats.jetstream.jetstream(robot);
      return (await js.publish("orders.new", "from the program")).seq;
    });
    assert.equal(stored, 1);
    const seen = await lab.run("nats stream get ORDERS 1", "main");
    assert.match(seen.output, /from the program/);

    const heard = lab.page.evaluate(async () => {
      const js = nats.jetstream.jetstream(robot);
      await (await nats.jetstream.jetstreamManager(robot)).consumers.add("ORDERS", { durable_name: "program", ack_policy: "explicit" });
      const messages = await (await js.consumers.get("ORDERS", "program")).consume();
      const heard = [];
      for await (const message of messages) {
        message.ack();
        heard.push(message.string());
        if (heard.length === 2) break;
      }
      return heard;
    });
    const said = await lab.run("nats pub orders.paid 'from the terminal' --jetstream", "second");
    assert.equal(said.exitCode, 0, said.output);
    assert.deepEqual(await heard, ["from the program", "from the terminal"]);
    await lab.page.locator('.scene [role=button][aria-label^="robot"]').waitFor();
    const info = await lab.run("nats consumer info ORDERS program", "main");
    assert.match(info.output, /Outstanding Acks: 0 out of/);
  }));

test("request and reply, key-value, objects and services", () =>
  inLabWithClient({}, async (lab) => {
    const outcome = await lab.page.evaluate(async () => {
      const nc = await dial("everything");
      const bucket = await new nats.kv.Kvm(nc).create("configs", { history: 5 });
      const revision = await bucket.put("colour", "blue");
      const value = (await bucket.get("colour")).string();
      const store = await new nats.obj.Objm(nc).create("files");
      const bytes = new Uint8Array(300_000).map((_, index) => index % 251);
      await store.putBlob({ name: "a" }, bytes);
      const same = (await store.getBlob("a")).every((byte, index) => byte === bytes[index]);
      const service = await new nats.services.Svcm(nc).add({ name: "adder", version: "1.0.0" });
      service.addEndpoint("add", (_, request) => request.respond("3"));
      const answer = (await nc.request("add", "1 2")).string();
      const nobody = await nc.request("nobody.there").catch((error) => error.isNoResponders() && error.message);
      await nc.close();
      return { revision, value, same, answer, nobody };
    });
    assert.deepEqual(outcome, { revision: 1, value: "blue", same: true, answer: "3", nobody: "no responders: 'nobody.there'" });
    assert.match((await lab.run("nats kv get configs colour --raw")).output, /blue/);
  }));

test("nothing moves while the clock is paused, and everything after", () =>
  inLabWithClient({}, async (lab) => {
    const paused = await lab.page.evaluate(async () => {
      window.nc = await dial("patient");
      window.inbox = nc.subscribe("here", { max: 3 });
      await nc.flush();
      jetlab.pause();
      for (const text of ["one", "two", "three"]) nc.publish("here", text);
      await new Promise((later) => setTimeout(later, 300));
      return inbox.getReceived();
    });
    assert.equal(paused, 0);
    const after = await lab.page.evaluate(async () => {
      jetlab.play();
      const heard = [];
      for await (const message of inbox) heard.push(message.string());
      return heard;
    });
    assert.deepEqual(after, ["one", "two", "three"]);
  }));

test("closing, errors and a server that begins again", () =>
  inLabWithClient({}, async (lab) => {
    const outcome = await lab.page.evaluate(async () => {
      // A raw wire: what the server says to nonsense, and that it hangs up.
      const { socket, encrypted } = await jetlab.wsFactory("ws://jetlab");
      const text = [];
      const over = new Promise((done) => { socket.onclose = done; });
      socket.onmessage = (event) => text.push(new TextDecoder().decode(event.data));
      socket.send("NONSENSE\r\n");
      const { wasClean } = await within(2000, over);
      socket.send("lost\r\n");
      socket.close();
      // A client that is refused something goes on; one that drains is gone.
      const nc = await dial("careful");
      const refused = await nc.publish("$NRG.x") ?? await within(2000, (async () => {
        for await (const status of nc.status()) if (status.type === "error") return String(status.error);
      })());
      await nc.drain();
      const closed = nc.isClosed();
      const wrong = await jetlab.wsFactory("ws://jetlab?latency=soon").catch((error) => error.message);
      // A reset cuts every wire; the client dials again.
      const loyal = await dial("loyal", { reconnectTimeWait: 50 });
      const again = (async () => {
        for await (const status of loyal.status()) if (status.type === "reconnect") return status.type;
      })();
      jetlab.reset();
      await within(5000, again);
      const rtt = await loyal.rtt();
      return { encrypted, text: text.join(""), wasClean, refused, closed, wrong, answers: rtt >= 0, ready: socket.readyState };
    });
    assert.match(outcome.text, /^INFO \{.*\} \r\n-ERR 'Unknown Protocol Operation'\r\n$/);
    assert.match(outcome.refused, /Permissions Violation for Publish to "\$NRG\.x"/i);
    assert.match(outcome.wrong, /"soon" is not a latency/);
    const { encrypted, wasClean, closed, answers, ready } = outcome;
    assert.deepEqual({ encrypted, wasClean, closed, answers, ready },
      { encrypted: false, wasClean: true, closed: true, answers: true, ready: 3 });
  }));

test("a program that does not read is cut off, and its wire says so", () =>
  inLabWithClient({}, async (lab) => {
    const reason = await lab.page.evaluate(async () => {
      const { socket: deaf } = await jetlab.wsFactory("ws://jetlab");
      const over = new Promise((done) => { deaf.onclose = done; });
      deaf.send('CONNECT {"name":"deaf","verbose":false}\r\nSUB flood 1\r\nPING\r\n');
      const { socket: loud } = await jetlab.wsFactory("ws://jetlab");
      loud.send('CONNECT {"name":"loud","verbose":false}\r\n');
      const message = `PUB flood 1000000\r\n${"x".repeat(1_000_000)}\r\n`;
      for (let sent = 0; sent < 80; sent += 1) {
        loud.send(message);
        await new Promise((later) => setTimeout(later, 0));
      }
      await within(10_000, over);
      loud.close();
      const gone = jetlab.events().filter((event) => event.fact === "disconnected");
      return gone.map((event) => event.reason);
    });
    assert.ok(reason.includes("slow_consumer"), String(reason));
  }));

test("what a program wrote is in the session", () =>
  inLabWithClient({}, async (lab) => {
    const inputs = await lab.page.evaluate(async () => {
      const nc = await dial("writer", {}, "?latency=1ms");
      nc.publish("a", "hello");
      await nc.flush();
      await nc.close();
      return JSON.parse(jetlab.session()).inputs.map((entry) => entry.input);
    });
    const opened = inputs.find((input) => input.open_wire);
    assert.equal(opened.open_wire.latency, 1_000_000);
    const written = inputs.filter((input) => input.wire).map((input) => atob(input.wire.bytes)).join("");
    assert.match(written, /^CONNECT \{.*"name":"writer".*\}\r\nPING\r\nPUB a 5\r\nhello\r\nPING\r\n/s);
    assert.ok(inputs.some((input) => input.close_wire));
  }));
