// The official JavaScript client as one text a page can run: its packages as npm installed them, not a byte changed.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./lab.mjs";

const HOME = process.env.JETLAB_CLIENTS ?? join(ROOT, ".tools/clients/nats_js");
const PACKAGES = { core: "nats-core", jetstream: "jetstream", kv: "kv", obj: "obj", services: "services" };

/** A script that leaves the packages in `window.nats`: `{ core, jetstream, kv, obj, services }`. */
export function natsJs() {
  const modules = new Map();
  const add = (file) => {
    if (modules.has(file)) return;
    modules.set(file, null);
    const text = readFileSync(file, "utf8");
    const required = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map((match) => match[1]);
    const found = required.filter((name) => name !== "crypto").map((name) => [name, createRequire(file).resolve(name)]);
    modules.set(file, { text, required: Object.fromEntries(found) });
    found.forEach(([, path]) => add(path));
  };
  const home = createRequire(join(HOME, "package.json"));
  const entries = Object.entries(PACKAGES).map(([name, path]) => [name, home.resolve(`@nats-io/${path}`)]);
  entries.forEach(([, path]) => add(path));
  const written = [...modules].map(([file, { text, required }]) =>
    `${JSON.stringify(file)}: [${JSON.stringify(required)}, function (module, exports, require) {${text}\n}]`);
  return `(() => {
    const modules = {${written.join(",\n")}}, loaded = {};
    const load = (file) => {
      if (!loaded[file]) {
        const module = (loaded[file] = { exports: {} }), [required, run] = modules[file];
        run.call(module.exports, module, module.exports, (name) => load(required[name]));
      }
      return loaded[file].exports;
    };
    window.nats = {${entries.map(([name, path]) => `${name}: load(${JSON.stringify(path)})`).join(", ")}};
  })()`;
}
