// A page around the lab: examples/hosts, served from an origin of its own, with the lab's address put in.

import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./lab.mjs";
import { serve } from "./server.mjs";

/** Serves the example `name`, whose lab is at `lab`. `change` may alter each page's text. */
export async function serveHost(name, lab, change = (text) => text) {
  const folder = await mkdtemp(join(tmpdir(), "jetlab-host-"));
  await cp(join(ROOT, "examples/hosts", name), folder, { recursive: true });
  for (const file of (await readdir(folder)).filter((file) => file.endsWith(".html"))) {
    const path = join(folder, file);
    await writeFile(path, change((await readFile(path, "utf8")).replaceAll("LAB", lab)));
  }
  const host = await serve(folder);
  return { url: host.url, stop: async () => { await host.stop(); await rm(folder, { recursive: true, force: true }); } };
}
