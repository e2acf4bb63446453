// Being let in by a real nats-server, and being refused: every way of showing who one is, and what the page says.
//
// Without a nats-server (`NATS_SERVER`, else on the `PATH`) nothing is run, and it says so.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { connect, connected, disconnect, inSandbox } from "./support/connect.mjs";
import { freePort, missing, withNats } from "./support/nats_server.mjs";
import { Operator, user } from "./support/operator.mjs";

/** Every part is in the text; a sentence may begin with a capital. */
function says(text, ...parts) {
  const holds = (part) => text.toLowerCase().includes(part.toLowerCase());
  for (const part of parts) assert.ok(holds(part), `${JSON.stringify(part)} is not in: ${text}`);
}

/** A page with a real server beside it. */
const withBoth = (options, use) => withNats(options, (server) => inSandbox(options.lab ?? {}, (lab) => use(lab, server)));

/** The terminal works on that server. */
async function works(lab) {
  const { output, exitCode } = await lab.run("nats pub orders.new hello", "main");
  assert.equal(exitCode, 0, output);
  says(output, 'Published 5 bytes to "orders.new"');
}

test("user and password", { skip: missing, timeout: 90_000 }, () =>
  withBoth({ config: 'authorization { user: joe, password: "right one" }' }, async (lab, server) => {
    says(await connect(lab, server.url), "wants to know who you are", "no_auth_user");
    const refusal = await connect(lab, server.url, { user: "joe", password: "wrong one" });
    says(refusal, "Authorization Violation", '"joe"', "authorization {");
    assert.ok(!refusal.includes("wrong one"));
    await connected(lab, server.url, { user: "joe", password: "right one" });
    await works(lab);
  }));

test("token", { skip: missing, timeout: 90_000 }, () =>
  withBoth({ config: 'authorization { token: "hush-hush" }' }, async (lab, server) => {
    says(await connect(lab, server.url, { token: "wrong" }), "does not take this token");
    await connected(lab, server.url, { token: "hush-hush" });
    await works(lab);
  }));

test("NKEY seed", { skip: missing, timeout: 90_000 }, () => {
  const [known, unknown] = [user(1), user(2)];
  return withBoth({ config: `authorization { users: [ { nkey: ${known.public} } ] }` }, async (lab, server) => {
    says(await connect(lab, server.url, { seed: "SUNOSEED" }), "NKEY seed has 58 characters");
    says(await connect(lab, server.url, { seed: known.public }), "this is a public key");
    says((await connect(lab, server.url, { seed: unknown.seed })).replaceAll(/\s+/g, " "), "does not know the key", `nkey: ${unknown.public}`);
    await connected(lab, server.url, { seed: known.seed });
    await works(lab);
  });
});

test(".creds of an operator", { skip: missing, timeout: 90_000 }, () => {
  const [ours, theirs, joe] = [new Operator(10), new Operator(20), user(1)];
  return withBoth({ config: ours.config() }, async (lab, server) => {
    says(await connect(lab, server.url, { creds: "no such thing" }), "is this a .creds file?");
    says(await connect(lab, server.url, { creds: theirs.creds(joe, "joe") }), "does not accept the JWT", "nsc push");
    says(await connect(lab, server.url, { creds: ours.creds(joe, "joe", 1_700_000_001) }), "JWT has expired", "nsc generate creds");
    await connected(lab, server.url, { creds: ours.creds(joe, "joe") });
    await works(lab);
    const { output } = await lab.run("nats account info", "main");
    says(output, "JetStream");
    await disconnect(lab);
    // Pasted, and whose they are is said before anybody is dialled.
    await connect(lab, "ws://", { pasted: ours.creds(joe, "joe", 1_893_456_000) });
    says(await lab.page.locator("#connect-creds-known").innerText(), 'user "joe", valid until 2030-01-01');
    await connected(lab, server.url, { pasted: ours.creds(joe, "joe") });
    await works(lab);
  });
});

test("a JWT that expires meanwhile", { skip: missing, timeout: 90_000 }, () => {
  const [operator, joe] = [new Operator(10), user(1)];
  return withBoth({ config: operator.config() }, async (lab, server) => {
    await connected(lab, server.url, { creds: operator.creds(joe, "joe", Math.floor(Date.now() / 1000) + 15) });
    await works(lab);
    const terminal = lab.page.locator("#terminal-main");
    await terminal.getByText("User Authentication Expired").first().waitFor({ timeout: 40_000 });
    await terminal.getByText("nsc generate creds").first().waitFor();
  });
});

test("nobody there, and a port that is not for pages", { skip: missing, timeout: 90_000 }, () =>
  withBoth({ websocket: false }, async (lab, server) => {
    const tcp = await connect(lab, `ws://127.0.0.1:${server.ports.tcp}`);
    says(tcp, "could not reach", "websocket {", "allowed_origins", new URL(lab.host.url).origin);
    says(await connect(lab, `ws://127.0.0.1:${await freePort()}`), "could not reach", "is the server running");
    says(await connect(lab, server.tcp), "cannot open nats://", "websocket {");
    assert.deepEqual(new Set(lab.strangers.map((url) => new URL(url).hostname)), new Set(["127.0.0.1"]));
  }));

test("a server that refuses the page's origin, and then does not", { skip: missing, timeout: 90_000 }, () =>
  withBoth({ websocket: 'no_tls: true\nallowed_origins: ["https://elsewhere.test"]' }, async (lab, server) => {
    const refusal = await connect(lab, server.url);
    const { origin } = new URL(lab.host.url);
    says(refusal, `allowed_origins: ["${origin}"]`);
    // What the refusal proposes is what helps.
    server.configure({ websocket: `no_tls: true\nallowed_origins: ["${origin}"]` });
    await server.restart();
    await connected(lab, server.url);
    await works(lab);
  }));

test("a server with a certificate of its own making", { skip: missing, timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "jetlab-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  try {
    await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2", ...subject]);
    await withNats({ websocket: `tls { cert_file: "${cert}", key_file: "${key}" }` }, async (server) => {
      const secure = server.url.replace("ws://", "wss://");
      await inSandbox({}, async (lab) => {
        says(await connect(lab, server.url), "could not reach", `use ${secure}`);
        says(await connect(lab, secure), "does this browser trust its certificate?", "https://127.0.0.1");
      });
      await inSandbox({ args: ["--ignore-certificate-errors"] }, async (lab) => {
        await connected(lab, secure);
        await works(lab);
      });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("JetStream disabled", { skip: missing, timeout: 90_000 }, () =>
  withBoth({ jetstream: false }, async (lab, server) => {
    assert.equal(await connect(lab, server.url), "");
    says(await lab.page.locator(".connect").innerText(), "This server has no JetStream", "jetstream {");
    await lab.page.keyboard.press("Escape");
    await works(lab);
    const { output, exitCode } = await lab.run("nats stream ls", "main");
    assert.equal(exitCode, 1);
    says(output, "nats: error:", "this server has no JetStream", "jetstream {");
  }));

test("permission denied on $JS.API and on inboxes", { skip: missing, timeout: 90_000 }, () => {
  const users = [
    '{ user: mute, password: p, permissions: { publish: ["orders.>"], subscribe: [">"] } }',
    '{ user: deaf, password: p, permissions: { publish: [">"], subscribe: ["orders.>"] } }',
  ];
  return withBoth({ config: `authorization { users: [ ${users.join(", ")} ] }` }, async (lab, server) => {
    for (const [name, needed] of [["mute", 'publish: ["$JS.API.>"]'], ["deaf", 'subscribe: ["_INBOX.>"]']]) {
      await connected(lab, server.url, { user: name, password: "p" });
      await works(lab);
      const { output, exitCode } = await lab.run("nats stream add ORDERS --subjects 'orders.*' --defaults", "main");
      assert.equal(exitCode, 1, output);
      says(output, "Permissions Violation", needed);
      await disconnect(lab);
    }
  });
});

test("what was shown to the server is found nowhere in the page", { skip: missing, timeout: 120_000 }, () => {
  const [operator, joe] = [new Operator(10), user(7)];
  const creds = operator.creds(joe, "joe");
  const jwt = creds.split("\n")[1];
  return withBoth({ config: operator.config() }, async (lab, server) => {
    const logs = [];
    lab.page.on("console", (message) => logs.push(message.text()));
    await connected(lab, server.url, { creds });
    await works(lab);
    await lab.type("nats context save mine --password hush-hush --user joe --select", "main");
    const { output } = await lab.run("cat .config/nats/context/mine.json", "main");
    says(output, '"user": "joe"');
    // The wire of everything that was said, and the story.
    await lab.page.keyboard.press("Escape");
    await lab.drawn();
    const seen = await lab.page.evaluate(() => [
      document.documentElement.outerHTML,
      JSON.stringify({ ...localStorage }),
      JSON.stringify({ ...sessionStorage }),
      location.href,
      JSON.stringify(history.state),
      JSON.stringify(window.jetlab.events()),
      window.jetlab.session(),
    ].join("\n"));
    for (const secret of [joe.seed.slice(4, 40), jwt.slice(60, 120), "hush-hush"]) {
      assert.ok(!seen.includes(secret), "a secret is in the page");
      assert.ok(!logs.join("\n").includes(secret), "a secret is in the console");
    }
    await lab.drawn();
    assert.ok(await lab.page.locator("#terminal-main").getByText("the password is not kept").count() > 0);
    await lab.page.reload();
    await lab.ready();
    assert.ok(!(await lab.page.content()).includes(joe.seed.slice(4, 40)));
    await lab.drawn();
    assert.equal(await lab.page.locator("#connect.is-far").count(), 0, "after a reload nobody is dialled");
  });
});

test("contexts are kept between visits, without their secrets", { skip: missing, timeout: 90_000 }, () =>
  withBoth({ config: "authorization { user: joe, password: hush-hush }" }, async (lab, server) => {
    await connected(lab, server.url, { user: "joe", password: "hush-hush" });
    const saved = await lab.run(`nats context save mine --server ${server.url} --user joe --password hush-hush --select`, "main");
    says(saved.output, "the password is not kept", "Connection: OK");
    await works(lab);
    await lab.run("nats context save other --server ws://elsewhere.test:1", "main");
    const other = await lab.run("nats pub a b --context other", "main");
    says(other.output, `this terminal is connected to ${server.url}`, "ws://elsewhere.test:1");
    await lab.page.reload();
    await lab.ready();
    await lab.page.locator("#connect").click();
    await lab.drawn();
    assert.equal(await lab.page.locator("#connect-context option:checked").innerText(), "None");
    await lab.page.locator("#connect-context").selectOption({ label: "mine" });
    await lab.drawn();
    assert.equal(await lab.page.locator("#connect-urls").inputValue(), server.url);
    assert.equal(await lab.page.locator("#connect-user").inputValue(), "joe");
    assert.equal(await lab.page.locator("#connect-password").inputValue(), "");
    assert.deepEqual(await lab.page.evaluate(() => JSON.stringify({ ...localStorage }).includes("hush")), false);
    await lab.page.locator("#connect-password").fill("hush-hush");
    await lab.page.locator("#connect-go").click();
    await lab.page.locator("#connect-state").waitFor();
    await lab.page.keyboard.press("Escape");
    says((await lab.run("nats context ls", "main")).output, "mine*", "other");
    await works(lab);
  }));
