// Bad input: every mistake is answered with the sentence the command line or the server has for it, and nothing breaks.

import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";
import { openLab } from "./support/lab.mjs";

let lab;
before(async () => { lab = await openLab({ hash: "#/sandbox" }); await lab.ready(); });
after(async () => { assert.deepEqual(lab.errors, []); await lab.close(); });

const MISTAKES = [
  ["nats frobnicate", 'error: expected command but got "frobnicate"'],
  ["nats pub --bogus a b", "error: unknown long flag '--bogus'"],
  ["nats pub foo -5", "error: unknown short flag '-5'"],
  ["nats pub foo bar --count x", 'strconv.ParseFloat: parsing "x": invalid syntax'],
  ["nats stream add X --subjects x --max-bytes 10XB --defaults", "invalid bytes specification 10XB: bytes must end in B, K, KB, M, MB, G, GB, T or TB"],
  ["nats stream add X --subjects foo..bar --defaults", "could not create Stream: invalid subject (10052)"],
  ["nats stream rm NOPE -f", "stream not found (10059)"],
  ["nats pub 'a b' x", "nats: invalid subject"],
  ["frobnicate", "frobnicate: command not found"],
];

for (const [line, sentence] of MISTAKES) {
  test(line, async () => {
    const { output, exitCode } = await lab.run(line);
    assert.notEqual(exitCode, 0, output);
    assert.ok(output.includes(sentence), output);
    await lab.drawn();
    const red = await lab.page.locator("#terminal-main .line-error").allInnerTexts();
    assert.ok(red.some((text) => text.includes(sentence)), `it stands out: ${red.join("\n")}`);
  });
}

test("what goes well is not red", async () => {
  await lab.run("nats pub fine x", "second");
  await lab.drawn();
  const terminal = lab.page.locator("#terminal-second");
  assert.match(await terminal.innerText(), /Published 1 bytes to "fine"/);
  assert.equal(await terminal.locator(".line-error").count(), 0);
});

test("bad JSON is refused by the API", async () => {
  const { payload } = await lab.request("$JS.API.STREAM.CREATE.X", "{ not json");
  const { error } = JSON.parse(payload);
  assert.equal(error.code, 400);
  assert.match(`${error.err_code} ${error.description}`, /10025|invalid JSON/);
});

test("a payload above the server's limit is refused", async () => {
  const { output, exitCode } = await lab.run('nats pub foo "{{Random 1048576 1048576}}x"');
  assert.notEqual(exitCode, 0, output.slice(0, 500));
  assert.match(output, /nats: maximum payload exceeded/);
});
