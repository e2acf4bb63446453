"""What a client notices when its connection is cut: nothing is lost that the server had."""

import asyncio

import nats
from nats.errors import TimeoutError

from harness import Cuttable, check, same, take, until


async def checks(direct, address):
    wire = Cuttable(address)
    near = await wire.start()
    times = {"lost": 0, "back": 0}

    async def lost():
        times["lost"] += 1

    async def back():
        times["back"] += 1

    async def quiet(_):
        pass

    nc = await nats.connect(
        near,
        reconnect_time_wait=0.1,
        max_reconnect_attempts=-1,
        disconnected_cb=lost,
        reconnected_cb=back,
        error_cb=quiet,
    )

    async def cut():
        before = times["back"]
        wire.cut()
        await until("connected again", lambda: times["back"] > before)

    async def subscriptions():
        async def here(msg):
            await msg.respond(b"here")

        sub = await nc.subscribe("again.a")
        await nc.subscribe("again.ask", cb=here)
        await nc.flush()
        await cut()
        assert times["lost"] >= 1
        await nc.flush()
        await direct.publish("again.a", b"after")
        same((await take(sub, 1))[0].data, b"after")
        same((await direct.request("again.ask", b"", timeout=5)).data, b"here")
        same((await nc.request("again.ask", b"", timeout=5)).data, b"here")

    async def away():
        sub = await direct.subscribe("away")
        await direct.flush()
        wire.refusing = True
        lost_before, before = times["lost"], times["back"]
        wire.cut()
        await until("noticed", lambda: times["lost"] > lost_before)
        for n in range(10):
            await nc.publish("away", str(n).encode())
        wire.refusing = False
        await until("connected again", lambda: times["back"] > before)
        same([int(msg.data) for msg in await take(sub, 10)], list(range(10)))

    async def goes_on():
        js, far = nc.jetstream(timeout=5), direct.jetstream(timeout=20)
        await js.add_stream(name="ON", subjects=["on"])
        await js.add_consumer("ON", durable_name="w", ack_wait=2)
        pulled, ordered, watched = set(), [], []
        sub = await js.subscribe("on", stream="ON", ordered_consumer=True, idle_heartbeat=0.5)
        bucket = await js.create_key_value(bucket="on")
        watcher = await bucket.watchall()
        pull = await js.pull_subscribe_bind(stream="ON", durable="w")

        async def pulling():
            while len(pulled) < 60:
                try:
                    for msg in await pull.fetch(10, timeout=0.5):
                        pulled.add(msg.metadata.sequence.stream)
                        await msg.ack()
                except TimeoutError:
                    pass

        async def following():
            while len(ordered) < 60:
                ordered.append((await sub.next_msg(timeout=30)).metadata.sequence.stream)

        async def watching():
            while len(watched) < 60:
                if entry := await watcher.updates(timeout=30):
                    watched.append(entry.revision)

        async def publishing():
            far_bucket = await far.key_value("on")
            for n in range(60):
                await far.publish("on", str(n).encode())
                await far_bucket.put(f"k.{n}", b"v")
                if n % 20 == 10:
                    wire.cut()
                    await asyncio.sleep(0.3)

        try:
            await asyncio.wait_for(asyncio.gather(pulling(), following(), watching(), publishing()), 40)
        except asyncio.TimeoutError:
            raise AssertionError(f"pulled {len(pulled)}, ordered {len(ordered)}, watched {len(watched)} of 60") from None
        wanted = list(range(1, 61))
        same((sorted(pulled), ordered, watched), (wanted, wanted, wanted))

    await check("reconnect", "subscriptions and requests live on", subscriptions)
    await check("reconnect", "what is published while away is sent on return", away)
    await check("reconnect", "fetch, ordered and watch go on where they were", goes_on)
    await nc.close()
    wire.end()
