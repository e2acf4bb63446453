// The official JavaScript client, as published, against any server: node main.mjs ws://127.0.0.1:PORT
//
// Prints one line per check, "ok area: what" or "FAIL area: what: why", and ends with 1 when one failed.
// The same checks stand in ../nats_py and ../async_nats.
import { connect, failures } from "./harness.mjs";
import { core } from "./core.mjs";
import { streams } from "./streams.mjs";
import { consumers } from "./consumers.mjs";
import { keyValue } from "./kv.mjs";
import { objects } from "./objects.mjs";
import { services } from "./services.mjs";
import { features } from "./features.mjs";
import { reconnect } from "./reconnect.mjs";

const address = process.argv[2];
if (!address) {
  console.error("usage: node main.mjs ws://127.0.0.1:PORT");
  process.exit(2);
}
for (const area of [core, streams, consumers, keyValue, objects, services, features, reconnect]) {
  const nc = await connect(address, { timeout: 20_000 });
  await area(nc, address);
  await nc.close();
}
process.exit(failures() ? 1 : 0);
