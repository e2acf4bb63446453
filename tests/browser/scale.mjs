// A million messages in the page: purged at once, and let go of by age. Prints [{ name, millis, longest }]: how long it
// took until none was left, and the longest the page was busy at a stretch. More than BUDGET of that is a failure.
// JETLAB_DIST names a release build.

import { inLab } from "./support/lab.mjs";

const BUDGET = 50;
const MESSAGES = Number(process.argv[2] ?? 1_000_000);

/** Runs in the page: a stream with so many messages, written over a wire of its own. */
async function fill({ messages, config }) {
  await jetlab.request("$JS.API.STREAM.DELETE.BIG").catch(() => {});
  const made = await jetlab.request("$JS.API.STREAM.CREATE.BIG", JSON.stringify({ name: "BIG", subjects: ["big"], storage: "memory", ...config }));
  if (JSON.parse(made.payload).error) throw new Error(made.payload);
  const { socket } = await jetlab.wsFactory("ws://jetlab");
  let pong;
  socket.onmessage = (event) => { if (new TextDecoder().decode(event.data).includes("PONG")) pong(); };
  socket.send('CONNECT {"verbose":false,"name":"filler"}\r\n');
  const share = "PUB big 0\r\n\r\n".repeat(2000) + "PING\r\n";
  for (let sent = 0; sent < messages; sent += 2000) {
    const heard = new Promise((resolve) => { pong = resolve; });
    socket.send(share);
    await heard;
  }
  socket.close();
  return (await jetlab.request("$JS.API.STREAM.INFO.BIG")).payload;
}

/** Runs in the page: does it, and watches the page until nothing is left. */
async function empty(how) {
  const held = async () => JSON.parse((await jetlab.request("$JS.API.STREAM.INFO.BIG")).payload).state.messages;
  let longest = 0;
  const watch = new PerformanceObserver((list) => list.getEntries().forEach((task) => { longest = Math.max(longest, task.duration); }));
  watch.observe({ type: "longtask" });
  const start = performance.now();
  if (how === "purge") await jetlab.request("$JS.API.STREAM.PURGE.BIG");
  else await jetlab.advance("2h");
  while (await held()) await new Promise((later) => setTimeout(later, 20));
  const millis = performance.now() - start;
  // What is freed later counts too.
  await new Promise((later) => setTimeout(later, 2000));
  watch.disconnect();
  return { millis, longest };
}

const figures = await inLab({ hash: "#/sandbox" }, async (lab) => {
  await lab.ready();
  const figures = [];
  for (const [name, how, config] of [["purged", "purge", {}], ["let go of by age", "age", { max_age: 3_600e9 }]]) {
    const info = JSON.parse(await lab.page.evaluate(fill, { messages: MESSAGES, config }));
    if (info.state.messages !== MESSAGES) throw new Error(`there are ${info.state.messages}`);
    figures.push({ name, ...await lab.page.evaluate(empty, how) });
  }
  if (lab.errors.length) throw new Error(lab.errors.join("; "));
  return figures;
});
console.log(JSON.stringify(figures));
const late = figures.filter((figure) => figure.longest > BUDGET);
if (late.length) {
  console.error(late.map(({ name, longest }) => `${name}: the page was busy for ${longest.toFixed(0)} ms at a stretch, ${BUDGET} are allowed`).join("\n"));
  process.exitCode = 1;
}
