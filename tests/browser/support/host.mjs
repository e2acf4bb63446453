// A page around the lab: examples/hosts, served from an origin of its own, with the lab's address put in.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./lab.mjs";
import { serve } from "./server.mjs";

const run = promisify(execFile);
const OWN_MDBOOK = join(ROOT, ".tools/cargo/bin/mdbook");

/** Serves the example `name`, whose lab is at `lab`. `change` may alter each page's text. A book is built first. */
export async function serveHost(name, lab, change = (text) => text) {
  const folder = await mkdtemp(join(tmpdir(), "jetlab-host-"));
  await cp(join(ROOT, "examples/hosts", name), folder, { recursive: true });
  const isBook = existsSync(join(folder, "book.toml"));
  if (isBook) await run(existsSync(OWN_MDBOOK) ? OWN_MDBOOK : "mdbook", ["build", folder]);
  const pages = isBook ? join(folder, "book") : folder;
  for (const file of (await readdir(pages)).filter((file) => file.endsWith(".html"))) {
    const path = join(pages, file);
    await writeFile(path, change((await readFile(path, "utf8")).replaceAll("LAB", lab)));
  }
  const host = await serve(pages);
  return { url: host.url, stop: async () => { await host.stop(); await rm(folder, { recursive: true, force: true }); } };
}
