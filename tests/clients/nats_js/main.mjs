// The official JavaScript client, as published, against any server: node main.mjs ws://127.0.0.1:PORT [idle]
//
// Prints one line per check, "ok area: what" or "FAIL area: what: why", and ends with 1 when one failed. With "idle" it
// waits for minutes on consumers that have nothing to give. The same checks stand in ../nats_py and ../async_nats.
import { connect, failures } from "./harness.mjs";
import { core } from "./core.mjs";
import { streams } from "./streams.mjs";
import { consumers } from "./consumers.mjs";
import { keyValue } from "./kv.mjs";
import { objects } from "./objects.mjs";
import { services } from "./services.mjs";
import { features } from "./features.mjs";
import { reconnect } from "./reconnect.mjs";
import { idle } from "./idle.mjs";

const [, , address, mode] = process.argv;
if (!address) {
  console.error("usage: node main.mjs ws://127.0.0.1:PORT [idle]");
  process.exit(2);
}
const areas = [core, streams, consumers, keyValue, objects, services, features, reconnect];
for (const area of mode === "idle" ? [idle] : areas) {
  const nc = await connect(address, { timeout: 20_000 });
  await area(nc, address);
  await nc.close();
}
process.exit(failures() ? 1 : 0);
