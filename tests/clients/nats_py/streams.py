"""Streams: their management, publishing into them, reading and deleting single messages."""

import asyncio
import json

from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

from harness import check, fails, same

MANY = 10_000


async def checks(nc, _address):
    js = nc.jetstream(timeout=20, publish_async_max_pending=MANY)
    js_short = nc.jetstream(timeout=20)

    async def managed():
        added = await js.add_stream(name="MANAGED", subjects=["managed.>"], description="one", max_msgs=5)
        same((added.config.retention, added.config.num_replicas, added.state.messages), (RetentionPolicy.LIMITS, 1, 0))
        config = added.config.evolve(subjects=["managed.>", "more.*"], max_msgs=3)
        updated = await js.update_stream(config)
        same((updated.config.subjects, updated.config.description), (["managed.>", "more.*"], "one"))
        for n in range(5):
            await js.publish(f"managed.{n}", b"x")
        state = (await js.stream_info("MANAGED", subjects_filter=">")).state
        same((state.messages, state.first_seq, state.last_seq), (3, 3, 5))
        same(state.subjects, {"managed.2": 1, "managed.3": 1, "managed.4": 1})
        same(await js.find_stream_name_by_subject("more.a"), "MANAGED")
        assert "MANAGED" in [info.config.name for info in await js.streams_info()]
        assert await js.delete_stream("MANAGED")
        same((await fails(NotFoundError, js.stream_info("MANAGED"))).err_code, 10059)

    async def errors():
        await js.add_stream(name="TAKEN", subjects=["taken.*"])
        same((await fails(APIError, js.add_stream(name="OTHER", subjects=["taken.a"]))).err_code, 10065)
        same((await fails(APIError, js.add_stream(name="TAKEN", subjects=["taken.*", "taken2"]))).err_code, 10058)
        config = StreamConfig(name="TAKEN", subjects=["taken.*"], storage=StorageType.MEMORY)
        same((await fails(APIError, js.update_stream(config))).err_code, 10052)
        await js.delete_stream("TAKEN")

    async def account():
        await js.add_stream(name="COUNTED", subjects=["counted"], storage=StorageType.MEMORY)
        await js.publish("counted", b"12345")
        info = await js.account_info()
        assert info.streams >= 1 and info.memory > 0 and info.api.total > 0, info
        await js.delete_stream("COUNTED")

    async def read():
        await js.add_stream(name="READ", subjects=["read.*"], allow_direct=True)
        await js.publish("read.a", b"one", headers={"Kind": "first"})
        for subject in ("read.b", "read.a", "read.c"):
            await js.publish(subject, subject.encode())
        for direct in (False, True):
            stored = await js.get_msg("READ", 1, direct=direct)
            same((stored.data, stored.subject, stored.seq), (b"one", "read.a", 1))
            same(stored.headers["Kind"], "first")
            same((await js.get_last_msg("READ", "read.a", direct=direct)).seq, 3)
            same((await js.get_msg("READ", seq=2, subject="read.a", next=True, direct=direct)).seq, 3)
            await fails(NotFoundError, js.get_msg("READ", 99, direct=direct))
        assert await js.delete_msg("READ", 2)
        state = (await js.stream_info("READ")).state
        same((state.messages, state.first_seq, state.last_seq), (3, 1, 4))
        await js.delete_stream("READ")

    async def purge():
        await js.add_stream(name="PURGED", subjects=["purged.*"])
        for n in range(20):
            await js.publish(f"purged.{n % 2}", str(n).encode())
        left = []
        for options in ({"subject": "purged.0", "keep": 2}, {"seq": 11}, {}):
            assert await js.purge_stream("PURGED", **options)
            left.append((await js.stream_info("PURGED")).state.messages)
        same(left, [12, 7, 0])
        await js.delete_stream("PURGED")

    async def acked():
        await js.add_stream(name="ACKED", subjects=["acked.*"])
        first = await js.publish("acked.a", b"x", headers={"Nats-Msg-Id": "id-1"})
        same((first.stream, first.seq, bool(first.duplicate)), ("ACKED", 1, False))
        second = await js.publish("acked.a", b"x", headers={"Nats-Msg-Id": "id-1"})
        same((second.seq, second.duplicate), (1, True))
        await fails(NoStreamResponseError, js.publish("nowhere.at.all", b"x"))

    async def expected():
        ok = await js.publish("acked.b", b"x", stream="ACKED", headers={"Nats-Expected-Last-Sequence": "1"})
        same(ok.seq, 2)
        await js.publish("acked.b", b"y", headers={"Nats-Expected-Last-Subject-Sequence": "2"})
        cases = (
            ("Nats-Expected-Stream", "WRONG", 10060),
            ("Nats-Expected-Last-Sequence", "1", 10071),
            ("Nats-Expected-Last-Subject-Sequence", "1", 10071),
            ("Nats-Expected-Last-Msg-Id", "id-1", 10070),
        )
        for header, value, code in cases:
            same((await fails(APIError, js.publish("acked.b", b"z", headers={header: value}))).err_code, code)
        await js.delete_stream("ACKED")

    async def many():
        await js.add_stream(name="MANY", subjects=["many.*"])
        acks = [await js.publish_async(f"many.{n % 10}", f"message {n}".encode()) for n in range(MANY)]
        await js.publish_async_completed()
        same([(await ack).seq for ack in acks], list(range(1, MANY + 1)))
        same(js.publish_async_pending(), 0)
        same((await js.stream_info("MANY")).state.messages, MANY)
        await js.delete_stream("MANY")

    async def batch():
        await js.add_stream(name="BATCH", subjects=["batch.*"], allow_atomic=True)
        for n in (1, 2):
            headers = {"Nats-Batch-Id": "b1", "Nats-Batch-Sequence": str(n)}
            await nc.publish(f"batch.{n}", b"x", headers=headers)
        await nc.flush()
        same((await js.stream_info("BATCH")).state.messages, 0)
        headers = {"Nats-Batch-Id": "b1", "Nats-Batch-Sequence": "3", "Nats-Batch-Commit": "1"}
        ack = json.loads((await nc.request("batch.3", b"x", timeout=10, headers=headers)).data)
        same((ack["seq"], ack["count"]), (3, 3))
        await js.delete_stream("BATCH")

    async def short():
        await js_short.add_stream(name="SHORT", subjects=["short"], allow_msg_ttl=True)
        await js_short.publish("short", b"gone soon", msg_ttl=1)
        await js_short.publish("short", b"stays")
        same((await js_short.stream_info("SHORT")).state.messages, 2)
        await asyncio.sleep(2.5)
        state = (await js_short.stream_info("SHORT")).state
        same((state.messages, state.first_seq), (1, 2))
        await js_short.delete_stream("SHORT")

    await check("streams", "add, info, update, find, list, delete", managed)
    await check("streams", "errors arrive with their codes", errors)
    await check("streams", "account information counts", account)
    await check("streams", "get, direct get and delete messages", read)
    await check("streams", "purge all, by subject, keep, and up to a sequence", purge)
    await check("publish", "acknowledged with stream and sequence, duplicates told", acked)
    await check("publish", "expectations hold or refuse with their codes", expected)
    await check("publish", "10,000 without waiting, each acknowledged with its own sequence", many)
    await check("publish", "a batch is stored as one", batch)
    await check("publish", "a message with a time to live goes away", short)
