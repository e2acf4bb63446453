"""Consumers: their management, every way to consume, and every kind of acknowledgement. Row D-304 of the checklist."""

import asyncio
import datetime
import time

from nats.errors import TimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy
from nats.js.errors import NotFoundError

from harness import check, fails, same, take, until


def numbers(first, last):
    return [str(n).encode() for n in range(first, last + 1)]


async def checks(nc, _address):
    js = nc.jetstream(timeout=20)
    await js.add_stream(name="C", subjects=["c.*"])
    for n in range(1, 201):
        await js.publish("c.odd" if n % 2 else "c.even", str(n).encode())

    async def work(stream, **config):
        await js.add_stream(name=stream, subjects=[f"{stream}.>"])
        await js.add_consumer(stream, durable_name="w", **config)
        return await js.pull_subscribe_bind(stream=stream, durable="w")

    async def one(sub, timeout=5):
        [msg] = await sub.fetch(1, timeout=timeout)
        return msg

    async def managed():
        added = await js.add_consumer("C", durable_name="managed", max_ack_pending=7)
        same((added.num_pending, added.config.max_ack_pending), (200, 7))
        updated = await js.add_consumer("C", durable_name="managed", max_ack_pending=9, description="more")
        same(updated.config.max_ack_pending, 9)
        same([info.name for info in await js.consumers_info("C")], ["managed"])
        until_then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1)
        assert (await js.pause_consumer("C", "managed", until_then.isoformat().replace("+00:00", "Z"))).paused
        assert not (await js.resume_consumer("C", "managed")).paused
        assert await js.delete_consumer("C", "managed")
        same((await fails(NotFoundError, js.consumer_info("C", "managed"))).err_code, 10014)

    async def next_message():
        sub = await js.pull_subscribe("c.even", durable="next", stream="C")
        msg = await one(sub)
        meta = msg.metadata
        told = (msg.data, meta.stream, meta.consumer, meta.sequence.stream, meta.sequence.consumer)
        same(told, (b"2", "C", "next", 2, 1))
        same((meta.num_delivered, meta.num_pending), (1, 99))
        age = datetime.datetime.now(datetime.timezone.utc) - meta.timestamp
        assert abs(age.total_seconds()) < 60
        await msg.ack()
        none = await js.pull_subscribe("c.none", durable="none", stream="C")
        await fails(TimeoutError, none.fetch(1, timeout=1))

    async def fetch():
        config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=101)
        sub = await js.pull_subscribe("", durable="fetch", stream="C", config=config)
        got = []
        for _ in range(3):
            messages = await sub.fetch(40, timeout=2)
            got.append([msg.data for msg in messages])
            for msg in messages:
                await msg.ack()
        same(got, [numbers(101, 140), numbers(141, 180), numbers(181, 200)])
        await fails(TimeoutError, sub.fetch(5, timeout=1))

        async def settled():
            now = await sub.consumer_info()
            return now.num_ack_pending == 0 and now

        info = await until("all acknowledged", settled)
        same((info.num_pending, info.ack_floor.stream_seq, info.ack_floor.consumer_seq), (0, 200, 100))

    async def shared():
        await js.add_consumer("C", durable_name="shared")
        got = [[], []]

        async def consume(mine):
            sub = await js.pull_subscribe_bind(stream="C", durable="shared")
            while sum(map(len, got)) < 200:
                try:
                    for msg in await sub.fetch(10, timeout=1, heartbeat=0.2):
                        mine.append(msg.data)
                        await msg.ack()
                        await asyncio.sleep(0)
                except TimeoutError:
                    pass

        await asyncio.gather(*map(consume, got))
        same(sorted(got[0] + got[1]), sorted(numbers(1, 200)))
        assert all(got), [len(mine) for mine in got]

    async def late():
        sub = await work("IDLE")

        async def after_a_while():
            await asyncio.sleep(1.5)
            await js.publish("IDLE.a", b"late")

        publishing = asyncio.create_task(after_a_while())
        [msg] = await sub.fetch(1, timeout=5, heartbeat=0.3)
        same(msg.data, b"late")
        await publishing

    async def ordered():
        sub = await js.subscribe("c.even", stream="C", ordered_consumer=True, idle_heartbeat=1)
        same([msg.data for msg in await take(sub, 100)], numbers(1, 200)[1::2])
        await js.delete_consumer("C", (await sub.consumer_info()).name)
        for n in range(1, 4):
            await js.publish("c.even", b"more %d" % n)
        same([msg.data for msg in await take(sub, 3, 20)], [b"more 1", b"more 2", b"more 3"])
        await sub.unsubscribe()
        for seq in range(201, 204):
            await js.delete_msg("C", seq)

    async def push():
        sub = await js.subscribe("", stream="C", durable="push", manual_ack=True)
        got = await take(sub, 200)
        same([msg.data for msg in got], numbers(1, 200))
        for msg in got:
            await msg.ack()

        async def settled():
            return (await sub.consumer_info()).ack_floor.stream_seq == 200

        await until("all acknowledged", settled)
        await sub.unsubscribe()
        shares = [0, 0]

        def member(n):
            async def heard(msg):
                shares[n] += 1
                await msg.ack()

            return heard

        for n in range(2):
            await nc.subscribe("to.group", queue="g", cb=member(n))
        await nc.flush()
        await js.add_consumer("C", durable_name="group", deliver_subject="to.group", deliver_group="g")
        await until("the group has all", lambda: sum(shares) == 200)
        assert min(shares) > 20, shares

    async def flow():
        await js.add_stream(name="FLOW", subjects=["flow"])
        flood = nc.jetstream(timeout=20, publish_async_max_pending=5000)
        for _ in range(5000):
            await flood.publish_async("flow", bytes(200))
        await flood.publish_async_completed()
        config = ConsumerConfig(ack_policy=AckPolicy.NONE)
        sub = await js.subscribe("flow", stream="FLOW", config=config, flow_control=True, idle_heartbeat=1)
        got = await take(sub, 5000, 40)
        same([msg.metadata.sequence.stream for msg in got], list(range(1, 5001)))
        await sub.unsubscribe()

    async def kinds():
        await js.add_stream(name="KINDS", subjects=["kinds.*"])
        for n in (1, 2, 3, 4):
            await js.publish(f"kinds.{n % 2}", b"value %d" % n)

        async def some(count, **config):
            config = ConsumerConfig(ack_policy=AckPolicy.NONE, **config)
            sub = await js.subscribe("kinds.*", stream="KINDS", config=config)
            got = await take(sub, count)
            await sub.unsubscribe()
            return got

        [bare] = await some(1, headers_only=True)
        same((bare.data, bare.headers["Nats-Msg-Size"]), (b"", "7"))
        last = await some(2, deliver_policy=DeliverPolicy.LAST_PER_SUBJECT)
        same([msg.data for msg in last], [b"value 3", b"value 4"])
        [newest] = await some(1, deliver_policy=DeliverPolicy.LAST)
        same(newest.data, b"value 4")
        since = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
        same(len(await some(4, deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=since)), 4)

    async def double():
        await js.add_stream(name="QUEUE", subjects=["queue"], retention=RetentionPolicy.WORK_QUEUE)
        await js.add_consumer("QUEUE", durable_name="w")
        await js.publish("queue", b"job")
        sub = await js.pull_subscribe_bind(stream="QUEUE", durable="w")
        msg = await one(sub)
        same((await js.stream_info("QUEUE")).state.messages, 1)
        await msg.ack_sync(timeout=5)
        same((await js.stream_info("QUEUE")).state.messages, 0)
        info = await sub.consumer_info()
        same((info.num_ack_pending, info.ack_floor.stream_seq, info.delivered.consumer_seq), (0, 1, 1))

    async def nak():
        sub = await work("NAK", ack_wait=30)
        await js.publish("NAK.a", b"x")
        await (await one(sub)).nak()
        second = await one(sub)
        same(second.metadata.num_delivered, 2)
        before = time.monotonic()
        await second.nak(delay=1.5)
        third = await one(sub, 10)
        waited = time.monotonic() - before
        assert third.metadata.num_delivered == 3 and waited >= 1.4, waited
        await third.ack_sync(timeout=5)
        same((await sub.consumer_info()).num_redelivered, 0)

    async def wait():
        sub = await work("WAIT", ack_wait=1.5)
        await js.publish("WAIT.a", b"x")
        first = await one(sub)
        await asyncio.sleep(1)
        await first.in_progress()
        await nc.flush()
        before = time.monotonic()
        second = await one(sub, 10)
        waited = time.monotonic() - before
        assert second.metadata.num_delivered == 2 and waited > 1.2, waited
        await second.ack_sync(timeout=5)
        await fails(TimeoutError, sub.fetch(1, timeout=2))

    async def term():
        sub = await work("TERM", ack_wait=0.5, max_deliver=2)
        await js.publish("TERM.a", b"terminated")
        await (await one(sub)).term()
        await js.publish("TERM.b", b"given up")
        same((await one(sub)).data, b"given up")
        same((await one(sub)).metadata.num_delivered, 2)
        await fails(TimeoutError, sub.fetch(1, timeout=2))
        same((await js.stream_info("TERM")).state.messages, 2)

    async def ack_all():
        sub = await work("ALL", ack_policy=AckPolicy.ALL)
        for n in range(5):
            await js.publish("ALL.a", str(n).encode())
        got = await sub.fetch(5, timeout=5)
        await got[3].ack_sync(timeout=5)
        info = await sub.consumer_info()
        same((info.num_ack_pending, info.ack_floor.stream_seq), (1, 4))
        slow = await work("BACKOFF", backoff=[0.5, 1.5], max_deliver=3)
        await js.publish("BACKOFF.a", b"x")
        times = []
        for _ in range(3):
            await one(slow, 10)
            times.append(time.monotonic())
        first, second = times[1] - times[0], times[2] - times[1]
        assert 0.45 <= first < 1.4 and second >= 1.4, (first, second)

    async def room():
        sub = await work("ROOM", max_ack_pending=2)
        for n in range(4):
            await js.publish("ROOM.a", str(n).encode())
        got = await sub.fetch(4, timeout=1)
        same([msg.data for msg in got], [b"0", b"1"])
        await got[0].ack_sync(timeout=5)
        same((await one(sub)).data, b"2")

    await check("consumers", "add, info, update, list, pause, resume, delete", managed)
    await check("consumers", "next: a message with what the server knows of it, or nothing", next_message)
    await check("consumers", "fetch: by number, and what there is when time is over", fetch)
    await check("consumers", "two that fetch with heartbeats share the work", shared)
    await check("consumers", "fetch waits for a late message, hearing heartbeats", late)
    await check("consumers", "ordered: in order, again after the consumer is lost", ordered)
    await check("consumers", "push: bound, and in a queue group", push)
    await check("consumers", "push with flow control and heartbeats carries 5,000 messages", flow)
    await check("consumers", "headers only, last per subject, last, by start time", kinds)
    await check("acks", "double ack is answered, and the work queue is empty", double)
    await check("acks", "nak brings it back at once, nak with delay later", nak)
    await check("acks", "what is not acknowledged comes again; in progress holds it off", wait)
    await check("acks", "term ends it, max deliver gives up", term)
    await check("acks", "ack all takes the earlier ones along; backoff sets the pace", ack_all)
    await check("acks", "max ack pending stops delivery until there is room", room)
