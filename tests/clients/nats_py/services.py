"""Services and their discovery."""

import json

import nats.micro
from nats.micro.request import ServiceError

from harness import check, same, take


async def checks(nc, _address):
    async def sums():
        async def add(request):
            numbers = json.loads(request.data)
            if not isinstance(numbers, list):
                raise ServiceError("400", "numbers please")
            await request.respond(json.dumps(sum(numbers)).encode())

        running = []
        for _ in range(2):
            service = await nats.micro.add_service(nc, name="sums", version="1.2.3", description="adds")
            await service.add_group(name="math").add_endpoint(name="add", handler=add, metadata={"kind": "sum"})
            running.append(service)
        await nc.flush()
        for n in range(20):
            answer = await nc.request("math.add", json.dumps([n, 1]).encode(), timeout=5)
            same(json.loads(answer.data), n + 1)
        refused = await nc.request("math.add", b"{}", timeout=5)
        same(refused.headers["Nats-Service-Error-Code"], "400")

        async def ask(subject, count):
            inbox = nc.new_inbox()
            sub = await nc.subscribe(inbox)
            await nc.publish(subject, b"", reply=inbox)
            return [json.loads(msg.data) for msg in await take(sub, count)]

        ids = {ping["id"] for ping in await ask("$SRV.PING.sums", 2)}
        same(len(ids), 2)
        [info] = await ask(f"$SRV.INFO.sums.{ids.pop()}", 1)
        same((info["endpoints"][0]["subject"], info["endpoints"][0]["metadata"]), ("math.add", {"kind": "sum"}))
        stats = [stat["endpoints"][0] for stat in await ask("$SRV.STATS.sums", 2)]
        same((sum(s["num_requests"] for s in stats), sum(s["num_errors"] for s in stats)), (21, 1))
        for service in running:
            await service.stop()

    await check("services", "endpoints answer, count, and are found", sums)
