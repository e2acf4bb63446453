"""Core NATS: publish, subscribe, queue groups, request and reply."""

import asyncio

import nats
from nats.errors import MaxPayloadError, NoRespondersError, TimeoutError

from harness import check, fails, same, take, until


async def checks(nc, address):
    async def whole():
        sub = await nc.subscribe("core.whole.>")
        await nc.publish("core.whole.a", b"hello", reply="back.here", headers={"Color": "red"})
        [msg] = await take(sub, 1)
        same((msg.subject, msg.data, msg.reply, msg.headers), ("core.whole.a", b"hello", "back.here", {"Color": "red"}))

    async def wild():
        sub = await nc.subscribe("core.wild.*.end")
        await sub.unsubscribe(limit=2)
        for subject in ("core.wild.a.end", "core.wild.a.b.end", "core.wild.b.end", "core.wild.c.end"):
            await nc.publish(subject)
        await nc.flush()
        same([msg.subject async for msg in sub.messages], ["core.wild.a.end", "core.wild.b.end"])

    async def order():
        other = await nats.connect(address)
        sub = await other.subscribe("core.order")
        await other.flush()
        for n in range(1000):
            await nc.publish("core.order", str(n).encode())
        same([int(msg.data) for msg in await take(sub, 1000)], list(range(1000)))
        await other.close()

    async def queue():
        counts = [0, 0, 0]

        def member(n):
            async def heard(_):
                counts[n] += 1

            return heard

        for n in range(3):
            await nc.subscribe("core.queue", queue="q", cb=member(n))
        for _ in range(300):
            await nc.publish("core.queue")
        await until("all of them", lambda: sum(counts) >= 300)
        await nc.flush()
        same(sum(counts), 300)
        assert min(counts) > 30, counts

    async def request():
        async def answer(msg):
            await msg.respond(b"you said " + msg.data)

        await nc.subscribe("core.ask", cb=answer)
        same((await nc.request("core.ask", b"hi", timeout=5)).data, b"you said hi")
        same((await nc.request("core.ask", b"ho", timeout=5, old_style=True)).data, b"you said ho")
        many = await asyncio.gather(*(nc.request("core.ask", str(n).encode(), timeout=10) for n in range(200)))
        same([msg.data for msg in many], [b"you said %d" % n for n in range(200)])

    async def nobody():
        await fails(NoRespondersError, nc.request("core.nobody", b"", timeout=5))

    async def silent():
        await nc.subscribe("core.silent")
        await fails(TimeoutError, nc.request("core.silent", b"", timeout=0.3))

    async def big():
        same(nc.max_payload, 1024 * 1024)
        sub = await nc.subscribe("core.big")
        await nc.publish("core.big", b"\7" * 1024 * 1024)
        [msg] = await take(sub, 1)
        same(msg.data, b"\7" * 1024 * 1024)
        await fails(MaxPayloadError, nc.publish("core.big", b"\7" * (1024 * 1024 + 1)))

    async def drain():
        other = await nats.connect(address)
        assert await other.rtt() >= 0
        got = []

        async def heard(msg):
            got.append(msg.data)

        await other.subscribe("core.drain", cb=heard)
        await other.flush()
        for n in range(100):
            await nc.publish("core.drain", str(n).encode())
        await nc.flush()
        await other.drain()
        same(len(got), 100)
        assert other.is_closed

    await check("core", "a message arrives whole, with its headers", whole)
    await check("core", "wildcards, and unsubscribing after a number of messages", wild)
    await check("core", "1,000 messages in order across two connections", order)
    await check("core", "a queue group shares the work", queue)
    await check("core", "requests are answered, each with its own answer", request)
    await check("core", "a request that nobody hears fails at once", nobody)
    await check("core", "a request that nobody answers times out", silent)
    await check("core", "a payload of 1 MB passes and a larger one is refused", big)
    await check("core", "round trip time, flush, drain", drain)
