// Runs the workloads of benches/ in the page of a real Chromium and prints [{ name, nanos }] as JSON.
// The wasm and its glue are expected in target/bench-page; `cargo xtask bench` puts them there.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT, inLab } from "./support/lab.mjs";

const folder = join(ROOT, "target/bench-page");
await writeFile(join(folder, "index.html"), "<!doctype html><title>bench</title>");

const figures = await inLab({ folder }, ({ page }) => page.evaluate(async (only) => {
  const bench = await import(new URL("browser.js", location.href));
  await bench.default();
  const once = (index, n) => {
    bench.prepare(index, n);
    const start = performance.now();
    const done = bench.run();
    const took = performance.now() - start;
    if (done < 1) throw new Error("nothing was done");
    return took;
  };
  // More rounds until a run takes long enough for a clock of 0.1 ms; then the median of some.
  const measure = (index) => {
    let n = 100;
    while (once(index, n) < 150 && n < 1_000_000) n *= 4;
    const runs = Array.from({ length: 7 }, () => (once(index, n) * 1e6) / n);
    return runs.sort((a, b) => a - b)[3];
  };
  const names = bench.names().split("\n");
  return names.map((name, index) => ({ name, index })).filter(({ name }) => name.includes(only))
    .map(({ name, index }) => ({ name, nanos: measure(index) }));
}, process.argv[2] ?? ""));
console.log(JSON.stringify(figures));
