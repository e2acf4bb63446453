"""Key-value buckets."""

import asyncio

from nats.js.errors import BucketNotFoundError, KeyNotFoundError, KeyWrongLastSequenceError

from harness import check, fails, same, until


async def seen(watcher, count, seconds=12):
    """The next `count` entries; the mark after the first values is not one."""
    got = []
    while len(got) < count:
        entry = await watcher.updates(timeout=seconds)
        if entry is not None:
            got.append(entry)
    return got


async def checks(nc, _address):
    js = nc.jetstream(timeout=20)

    async def basics():
        bucket = await js.create_key_value(bucket="profiles", history=5)
        same(await bucket.create("sue.color", b"blue"), 1)
        await fails(KeyWrongLastSequenceError, bucket.create("sue.color", b"red"))
        same(await bucket.put("sue.color", b"green"), 2)
        same(await bucket.update("sue.color", b"red", last=2), 3)
        await fails(KeyWrongLastSequenceError, bucket.update("sue.color", b"black", last=2))
        entry = await bucket.get("sue.color")
        same((entry.value, entry.revision, entry.key), (b"red", 3, "sue.color"))
        same((await bucket.get("sue.color", revision=1)).value, b"blue")
        await fails(KeyNotFoundError, bucket.get("nobody"))
        await bucket.delete("sue.color")
        await fails(KeyNotFoundError, bucket.get("sue.color"))
        same(await bucket.create("sue.color", b"again"), 5)
        history = [(past.revision, past.operation) for past in await bucket.history("sue.color")]
        same(history, [(1, None), (2, None), (3, None), (4, "DEL"), (5, None)])
        await bucket.purge("sue.color")
        same([past.operation for past in await bucket.history("sue.color")], ["PURGE"])
        await bucket.put("a", b"1")
        await bucket.put("b", b"2")
        same(sorted(await bucket.keys()), ["a", "b"])

    async def status():
        bucket = await js.create_key_value(bucket="shown", history=3, description="to show", max_bytes=100_000)
        await bucket.put("k", b"v")
        shown = await bucket.status()
        same((shown.bucket, shown.history, shown.values), ("shown", 3, 1))
        same((await (await js.key_value("shown")).get("k")).value, b"v")
        assert await js.delete_key_value("shown")
        await fails(BucketNotFoundError, js.key_value("shown"))

    async def watch():
        bucket = await js.create_key_value(bucket="watched", history=3)
        await bucket.put("x.1", b"old")
        await bucket.put("x.2", b"other")
        everything = await bucket.watchall()
        first = [await everything.updates(timeout=5) for _ in range(3)]
        same([entry and entry.value for entry in first], [b"old", b"other", None])
        await bucket.put("x.1", b"new")
        await bucket.delete("x.2")
        await bucket.put("y", b"last")
        later = [(entry.key, entry.operation, entry.value) for entry in await seen(everything, 3)]
        same(later, [("x.1", None, b"new"), ("x.2", "DEL", b""), ("y", None, b"last")])
        some = await seen(await bucket.watch("x.*", include_history=True), 4)
        same([entry.revision for entry in some], [1, 2, 3, 4])
        names = await seen(await bucket.watchall(meta_only=True, ignore_deletes=True), 2)
        same([(entry.key, entry.value) for entry in names], [("x.1", b""), ("y", b"")])
        await everything.stop()

    async def brief():
        bucket = await js.create_key_value(bucket="brief", ttl=1)
        await bucket.put("k", b"v")
        same((await bucket.get("k")).value, b"v")
        await asyncio.sleep(2)
        await fails(KeyNotFoundError, bucket.get("k"))

    async def markers():
        bucket = await js.create_key_value(bucket="markers", limit_marker_ttl=1, history=2)
        watcher = await bucket.watchall()
        await bucket.create("short", b"v", msg_ttl=2)
        await bucket.put("long", b"v")

        async def gone():
            # This client takes the marker for a value, an empty one.
            return not (await bucket.get("short")).value

        await until("it is gone", gone, 8)
        same((await bucket.get("long")).value, b"v")
        entries = await seen(watcher, 3)
        same([(entry.key, entry.revision) for entry in entries], [("short", 1), ("long", 2), ("short", 3)])

    async def wide():
        bucket = await js.create_key_value(bucket="wide")
        await asyncio.gather(*(bucket.put(f"k.{n}", str(n).encode()) for n in range(1000)))
        same(len(set(await bucket.keys())), 1000)
        same(len(await seen(await bucket.watch("k.*"), 1000)), 1000)

    await check("kv", "create, put, get, update, delete, purge, history", basics)
    await check("kv", "status, open, destroy", status)
    await check("kv", "watch: what is there, then what changes", watch)
    await check("kv", "values of a bucket with a time to live go away", brief)
    await check("kv", "a key with a time to live of its own goes away and leaves a marker", markers)
    await check("kv", "1,000 keys are put, listed and watched", wide)
