// A cluster of real servers: the page goes on when the one it talks to is killed, or says that it is about to go.
//
// Without a nats-server (`NATS_SERVER`, else on the `PATH`) nothing is run, and it says so.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connected, inSandbox } from "./support/connect.mjs";
import { withCluster } from "./support/cluster.mjs";
import { freePort, missing } from "./support/nats_server.mjs";

const says = (text, part) => assert.ok(text.includes(part), `${JSON.stringify(part)} is not in: ${text}`);

/** What the terminal of an actor shows, once it shows this. */
const shown = (lab, text, actor = "main") =>
  lab.page.locator(`#terminal-${actor}`).getByText(text).first().waitFor({ timeout: 30_000 });

/** Until the cluster has elected whom it needs, commands may fail. */
async function succeeds(lab, line) {
  const until = Date.now() + 30_000;
  for (;;) {
    const { output, exitCode } = await lab.run(line, "main");
    if (exitCode === 0) return output;
    assert.ok(Date.now() < until, output);
  }
}

test("the server is killed: the page moves on, and a stream with three copies keeps its messages", { skip: missing, timeout: 180_000 }, () =>
  withCluster(3, (servers) => inSandbox({}, async (lab) => {
    const [first] = servers;
    await connected(lab, first.url);
    await succeeds(lab, "nats stream add ORDERS --subjects 'orders.*' --replicas 3 --defaults");
    for (let number = 1; number <= 10; number++) {
      says(await succeeds(lab, `nats pub -J orders.new 'order ${number}'`), `Sequence: ${number}`);
    }
    await first.kill();
    await shown(lab, ">>> Disconnected due to");
    await shown(lab, ">>> Reconnected [ws://127.0.0.1:");
    const others = servers.slice(1).map(({ ports }) => `ws://127.0.0.1:${ports.ws}`);
    const told = await lab.page.locator("#terminal-main").innerText();
    assert.ok(others.some((url) => told.includes(`Reconnected [${url}]`)), told);
    says(await succeeds(lab, "nats pub -J orders.new 'order 11'"), "Sequence: 11");
    says(await succeeds(lab, "nats stream info ORDERS"), "Messages: 11");
    says(await succeeds(lab, "nats stream get ORDERS 1"), "order 1");
    // It comes back, and the page stays where it is.
    await first.start();
    says(await succeeds(lab, "nats stream info ORDERS"), "Messages: 11");
  })));

test("lame duck mode: the page leaves before the server goes", { skip: missing, timeout: 180_000 }, () =>
  withCluster(3, (servers) => inSandbox({}, async (lab) => {
    const leaving = servers[1];
    await connected(lab, leaving.url);
    await succeeds(lab, "nats stream add ORDERS --subjects 'orders.*' --replicas 3 --defaults");
    await lab.type("nats sub 'orders.*'", "second", { ends: false });
    await shown(lab, "Subscribing on orders.*", "second");
    await leaving.kill("SIGUSR2");
    await shown(lab, "is in lame duck mode, moving to ws://127.0.0.1:");
    await shown(lab, ">>> Reconnected [ws://127.0.0.1:");
    await shown(lab, ">>> Reconnected [ws://127.0.0.1:", "second");
    await succeeds(lab, "nats pub -J orders.new 'after the duck'");
    await shown(lab, "after the duck", "second");
    const { connections } = await leaving.monitor("/connz").catch(() => ({ connections: [] }));
    assert.deepEqual(connections.filter(({ kind }) => kind === "Client").map(({ name }) => name), []);
  })));

test("of several addresses the first that answers is used", { skip: missing, timeout: 120_000 }, () =>
  withCluster(3, (servers) => inSandbox({}, async (lab) => {
    await connected(lab, `ws://127.0.0.1:${await freePort()}, ${servers[2].url}`);
    says(await succeeds(lab, "nats account info"), servers[2].url.replace("ws://", ""));
  })));
