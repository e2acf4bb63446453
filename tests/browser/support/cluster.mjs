// A cluster of real nats-servers on loopback, each with a WebSocket door.

import { setTimeout as wait } from "node:timers/promises";
import { freePort, startNats } from "./nats_server.mjs";

/** Starts `size` servers, hands them to `use` once they have a JetStream leader, and ends them whatever happens. */
export async function withCluster(size, use) {
  const ports = [];
  for (let at = 0; at < size; at++) {
    ports.push({ tcp: await freePort(), ws: await freePort(), monitor: await freePort(), cluster: await freePort() });
  }
  const routes = ports.map(({ cluster }) => `"nats://127.0.0.1:${cluster}"`).join(", ");
  const config = (server) =>
    `cluster { name: "c", listen: "127.0.0.1:${server.ports.cluster}", routes: [ ${routes} ] }\nlame_duck_duration: "30s"\nlame_duck_grace_period: "1s"`;
  const servers = await Promise.all(ports.map((own, at) => startNats({ name: `n${at + 1}`, ports: own, config })));
  try {
    await settled(servers[0], size);
    return await use(servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Waits until it has a leader whom all others follow. */
async function settled(server, size) {
  const until = Date.now() + 30_000;
  for (;;) {
    const { meta_cluster: meta } = await server.monitor("/jsz");
    const following = meta?.replicas?.filter(({ current }) => current).length;
    if (meta?.leader && (meta.leader !== server.options.name || following === size - 1)) return;
    if (Date.now() > until) throw new Error(`the cluster has no leader: ${JSON.stringify(meta)}`);
    await wait(50);
  }
}
