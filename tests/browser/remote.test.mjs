// The page on a real nats-server behind a WebSocket: who is let in, what commands print, what a break looks like.
//
// Without a nats-server (`NATS_SERVER`, else on the `PATH`) nothing is run, and it says so.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { promisify } from "node:util";
import { inLab } from "./support/lab.mjs";
import { withNats } from "./support/nats_server.mjs";

const found = await promisify(execFile)(process.env.NATS_SERVER ?? "nats-server", ["--version"]).catch(() => null);
const skip = found ? false : "there is no nats-server";
const AUTH = { user: { config: 'authorization { user: alice, password: "s3cret" }' }, token: { config: 'authorization { token: "s3cret" }' } };

/** Fills the form in and presses Connect; `who` is what is chosen and typed there. */
async function connect(lab, url, who = {}) {
  const { page } = lab;
  if (!(await page.locator("#connect-urls").count())) await page.locator("#connect").click();
  await page.locator("#connect-urls").fill(url);
  if (who.kind) await page.locator("#connect-kind").selectOption({ label: who.kind });
  for (const field of ["name", "user", "password", "token"]) {
    if (who[field] !== undefined) await page.locator(`#connect-${field}`).fill(who[field]);
  }
  await page.locator("#connect-go").click();
}

/** Waits until the page is connected, and goes back to it. */
async function connected(lab) {
  await lab.page.locator("#connect-state", { hasText: "connected" }).waitFor();
  await lab.page.getByRole("button", { name: "Close" }).click();
}

async function run(lab, line, actor = "main") {
  const { output, exitCode } = await lab.run(line, actor);
  assert.equal(exitCode, 0, `${line}: ${output}`);
  return output;
}

/** What stands in an actor's terminal. */
function screen(lab, actor = "main") {
  return lab.page.evaluate((actor) => window.jetlab.screen(actor), actor);
}

async function shows(lab, actor, text, timeout = 20_000) {
  const has = ([actor, text]) => window.jetlab.screen(actor).includes(text);
  await lab.page.waitForFunction(has, [actor, text], { timeout }).catch(async () => {
    assert.fail(`${actor} does not show "${text}":\n${await screen(lab, actor)}`);
  });
}

/** Everything that left the page, besides what it is made of. */
function onlyTo(lab, ...urls) {
  const strangers = lab.strangers.filter((url) => !urls.some((own) => url.startsWith(own)));
  assert.deepEqual(strangers, []);
}

test("commands typed in the page work on the learner's server", { skip }, () => withNats({}, (nats) => inLab({ hash: "#/sandbox" }, async (lab) => {
  await lab.ready();
  assert.deepEqual(lab.strangers, [], "nothing is dialled by itself");
  await connect(lab, nats.url, { name: "a learner" });
  await connected(lab);
  const here = lab.page.locator("#connect");
  assert.match(await here.getAttribute("title"), new RegExp(`${nats.url}: n1, nats-server .*, connected`));

  assert.match(await run(lab, "nats stream add ORDERS --subjects 'orders.*' --defaults"), /Stream ORDERS was created/);
  assert.match(await run(lab, "nats pub orders.new hello --jetstream"), /Stored in Stream: ORDERS Sequence: 1/);
  await run(lab, "nats consumer add ORDERS worker --pull --defaults");
  assert.match(await run(lab, "nats consumer next ORDERS worker", "second"), /hello[\s\S]*Acknowledged message/);
  await run(lab, "nats kv add CONFIG");
  assert.equal(await run(lab, "nats kv put CONFIG colour green"), "green\n");
  assert.match(await run(lab, "nats account info"), new RegExp(`Connected URL: ${nats.url}`));
  assert.match(await run(lab, "nats server check connection"), /OK/);
  // The server itself says so, too.
  const jsz = await nats.monitor("/jsz?streams=1");
  assert.equal(jsz.streams, 2);
  const { connections } = await nats.monitor("/connz");
  assert.ok(connections.some((one) => one.name === "a learner: main" && one.kind === "Client" && one.type === "websocket"), JSON.stringify(connections));

  // What a server in the page alone can do says why not here.
  for (const [line, reason] of [["lab clock +25h", "real time does not jump"], ["lab server stop", "not the page's to stop"]]) {
    const { output, exitCode } = await lab.run(line);
    assert.equal(exitCode, 1);
    assert.ok(output.includes(reason), output);
  }
  await lab.drawn();
  for (const id of ["back", "play", "step", "share", "undo"]) {
    const button = lab.page.locator(`#${id}`);
    assert.ok(await button.isDisabled(), id);
    assert.match(await button.getAttribute("title"), /server of your own/, id);
  }
  await assert.rejects(lab.advance("1h"), /its time is real/);
  await assert.rejects(lab.page.evaluate(() => window.jetlab.share()), /not kept and not shared/);

  // Back to the page's own, as it was; the server is rid of us.
  await here.click();
  await lab.page.locator("#disconnect").click();
  await lab.page.locator("#connect", { hasText: "In this page" }).waitFor();
  assert.match(await run(lab, "nats stream ls"), /No Streams defined/);
  await nats.logged("Client connection closed", 0, 100).catch(() => {});
  for (let tries = 0; (await nats.monitor("/connz")).num_connections > 0; tries++) {
    assert.ok(tries < 100, "the server still has connections of ours");
    await lab.drawn();
  }
  onlyTo(lab, nats.url);
  assert.deepEqual(lab.errors, []);
})));

test("who shows the right thing is let in, and who does not is told what to change", { skip }, async () => {
  for (const [auth, good, bad, what] of [
    [AUTH.user, { kind: "User and password", user: "alice", password: "s3cret" }, { kind: "User and password", user: "alice", password: "wr0ng" }, /does not let "alice" in/],
    [AUTH.token, { kind: "Token", token: "s3cret" }, { kind: "Token", token: "wr0ng" }, /does not take this token/],
  ]) {
    await withNats(auth, (nats) => inLab({ hash: "#/sandbox" }, async (lab) => {
      await lab.ready();
      await connect(lab, nats.url, {});
      const refused = lab.page.locator("#connect-refused");
      await refused.waitFor();
      assert.match(await refused.textContent(), /wants to know who you are/);
      await connect(lab, nats.url, bad);
      await refused.filter({ hasText: what }).waitFor();
      await connect(lab, nats.url, good);
      await connected(lab);
      assert.match(await run(lab, "nats pub a b"), /Published 1 bytes/);
      // Nothing of what was typed stays anywhere in the page, or in what it keeps.
      const kept = await lab.page.evaluate(() => document.documentElement.outerHTML + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + location.href + window.jetlab.session());
      assert.ok(!kept.includes("s3cret") && !kept.includes("wr0ng"));
      onlyTo(lab, nats.url);
    }));
  }
});

test("an address nobody listens at, or that is none, is explained and changes nothing", { skip }, () => inLab({ hash: "#/sandbox" }, async (lab) => {
  await lab.ready();
  for (const [url, what] of [["nats://localhost:4222", /cannot open nats:/], ["ws://user:s3cret@localhost:1", /their own fields/], ["ws://127.0.0.1:1", /Could not reach ws:\/\/127\.0\.0\.1:1/]]) {
    await connect(lab, url);
    await lab.page.locator("#connect-refused", { hasText: what }).waitFor();
  }
  assert.ok((await lab.page.locator("#connect-refused").textContent()).includes("websocket {"));
  await lab.page.getByRole("button", { name: "Close" }).click();
  assert.match(await run(lab, "nats stream ls"), /No Streams defined/);
  onlyTo(lab, "ws://127.0.0.1:1");
}));

test("a link that names a server only fills the form in", { skip }, () => withNats({}, async (nats) => {
  for (const hash of [`#/sandbox?server=${encodeURIComponent(nats.url)}`, `#server=${nats.url}`, `?server=${nats.url}`]) {
    await inLab({ hash }, async (lab) => {
      await lab.ready();
      assert.equal(await lab.page.locator("#connect-urls").inputValue(), nats.url);
      await lab.page.waitForTimeout(500);
      assert.deepEqual(lab.strangers, []);
      assert.equal((await nats.monitor("/connz")).num_connections, 0);
    });
  }
}));

test("a server that is killed and comes back has lost nothing it promised, and the page says what happened", { skip }, () => withNats({}, (nats) => inLab({ hash: "#/sandbox" }, async (lab) => {
  await lab.ready();
  await connect(lab, nats.url);
  await connected(lab);
  await run(lab, "nats stream add ORDERS --subjects 'orders.*' --storage file --defaults");
  await run(lab, "nats consumer add ORDERS worker --pull --defaults");
  await run(lab, "nats pub orders.new 'order {{Count}}' --count 10 --jetstream");
  await run(lab, "nats consumer next ORDERS worker --count 3");
  await lab.type("nats sub 'orders.*'", "second", { ends: false });
  await shows(lab, "second", "Subscribing on");

  await nats.kill();
  await shows(lab, "second", ">>> Disconnected due to: ");
  await lab.page.locator("#connect.is-trying", { hasText: /trying again in \d+ s|connecting/ }).waitFor();
  await lab.page.waitForTimeout(1000);
  await nats.start();
  await shows(lab, "second", `>>> Reconnected [${nats.url}]`);
  await shows(lab, "main", `>>> Reconnected [${nats.url}]`);
  await lab.page.locator("#connect.is-there").waitFor();

  const info = await run(lab, "nats stream info ORDERS --json");
  assert.equal(JSON.parse(info).state.messages, 10);
  // A server that is killed may not have written down the newest acks: their messages come again, before the others.
  let read = await run(lab, "nats consumer next ORDERS worker --count 7");
  const left = () => [4, 5, 6, 7, 8, 9, 10].filter((number) => !read.includes(`order ${number}\n`));
  if (left().length) read += await run(lab, `nats consumer next ORDERS worker --count ${left().length}`);
  assert.deepEqual(left(), [], read);
  // Who listened before listens again.
  await run(lab, "nats pub orders.new afterwards");
  await shows(lab, "second", "afterwards");
  onlyTo(lab, nats.url);
})));

test("what was made in the page is made on the learner's server, once it was read", { skip }, () => withNats({}, (nats) => inLab({ hash: "#/sandbox" }, async (lab) => {
  await lab.ready();
  await run(lab, "nats stream add ORDERS --subjects 'orders.*' --max-age 24h --defaults");
  await run(lab, "nats consumer add ORDERS processor --pull --wait 5s --defaults");
  await run(lab, "nats kv add configs --history 5");
  await connect(lab, nats.url);
  await connected(lab);
  await lab.page.locator("#export").click();
  const dialog = lab.page.getByRole("dialog", { name: "Take it home" });
  await lab.drawn();
  assert.match(await dialog.locator("#home-text").innerText(), /nats stream add ORDERS/);
  assert.match(await dialog.locator("#home-far").innerText(), new RegExp(nats.url));
  assert.equal((await nats.monitor("/jsz?streams=1")).streams, 0, "nothing is made before it was read");
  await dialog.locator("#home-run").click();
  await shows(lab, "main", "Information for Consumer ORDERS > processor");
  const there = JSON.parse((await lab.request("$JS.API.STREAM.LIST")).payload).streams.map(({ config }) => [config.name, config.max_age]);
  assert.deepEqual(there.sort(), [["KV_configs", 0], ["ORDERS", 86_400e9]]);
  // Another time it writes down what is there, asked of the server itself.
  assert.match(await run(lab, "lab export"), /nats kv add configs --history 5\s+nats stream add ORDERS/);
  onlyTo(lab, nats.url);
})));
