// Services and their discovery.
import assert from "node:assert/strict";
import { check, services as micro, take } from "./harness.mjs";

export async function services(nc) {
  await check("services", "endpoints answer, count, and are found", async () => {
    const svc = new micro.Svcm(nc);
    const make = () => svc.add({ name: "sums", version: "1.2.3", description: "adds" });
    const running = [await make(), await make()];
    for (const service of running) {
      const group = service.addGroup("math");
      group.addEndpoint("add", {
        metadata: { kind: "sum" },
        handler: (error, msg) => {
          const numbers = msg.json();
          if (!Array.isArray(numbers)) throw new Error("numbers please");
          msg.respond(JSON.stringify(numbers.reduce((a, b) => a + b, 0)));
        },
      });
    }
    await nc.flush();
    for (let n = 0; n < 20; n += 1) {
      assert.equal((await nc.request("math.add", JSON.stringify([n, 1]))).json(), n + 1);
    }
    const refused = await nc.request("math.add", JSON.stringify({}));
    assert.equal(refused.headers.get("Nats-Service-Error-Code"), "500");
    const client = svc.client({ maxWait: 5000, maxMessages: 2, strategy: "count" });
    const ids = (await take(await client.ping("sums"), 2)).map((ping) => ping.id);
    assert.equal(new Set(ids).size, 2);
    const [info] = await take(await client.info("sums", ids[0]), 1);
    assert.deepEqual([info.endpoints[0].subject, info.endpoints[0].metadata], ["math.add", { kind: "sum" }]);
    const stats = await take(await client.stats("sums"), 2);
    const count = (field) => stats.reduce((sum, stat) => sum + stat.endpoints[0][field], 0);
    assert.deepEqual([count("num_requests"), count("num_errors")], [21, 1]);
    for (const service of running) await service.stop();
  });
}
