"""Object stores."""

import base64
import hashlib
import io
import random

from nats.js.api import ObjectMeta, ObjectMetaOptions
from nats.js.errors import APIError, ObjectNotFoundError

from harness import check, fails, same

BYTES = 3 * 1024 * 1024


async def checks(nc, _address):
    js = nc.jetstream(timeout=20)
    big = random.Random(1).randbytes(BYTES)

    async def three_megabytes():
        store = await js.create_object_store("files", description="all files")
        info = await store.put("big.bin", io.BytesIO(big), meta=ObjectMeta(description="big"))
        digest = base64.urlsafe_b64encode(hashlib.sha256(big).digest()).decode()
        same((info.size, info.chunks), (BYTES, 24))
        same(info.digest.rstrip("="), f"SHA-256={digest.rstrip('=')}")
        back = await store.get("big.bin")
        assert back.data == big, "the bytes differ"
        meta = ObjectMeta(options=ObjectMetaOptions(max_chunk_size=4))
        small = await store.put("small.txt", b"0123456789", meta=meta)
        same(small.chunks, 3)
        into = io.BytesIO()
        await store.get("small.txt", writeinto=into)
        same(into.getvalue(), b"0123456789")
        same(sorted(listed.name for listed in await store.list()), ["big.bin", "small.txt"])
        status = await store.status()
        assert status.size > BYTES and status.description == "all files", status

    async def changes():
        store = await js.object_store("files")
        await store.put("note", b"first")
        second = await store.put("note", b"second")
        same((await store.get("note")).data, b"second")
        await store.update_meta("note", ObjectMeta(name="note", description="d"))
        info = await store.get_info("note")
        same((info.nuid, info.description), (second.nuid, "d"))
        await store.delete("note")
        await fails(ObjectNotFoundError, store.get_info("note"))
        same((await store.get_info("note", show_deleted=True)).deleted, True)
        await fails(ObjectNotFoundError, store.get("nothing"))

    async def watch():
        store = await js.create_object_store("sealed")
        await store.put("a", bytes(10))
        watcher = await store.watch(include_history=True)
        got = [await watcher.updates(timeout=5) for _ in range(2)]
        same([info and info.name for info in got], ["a", None])
        await store.put("b", bytes(20))
        same((await watcher.updates(timeout=5)).name, "b")
        await watcher.stop()
        await store.seal()
        assert (await store.status()).sealed
        await fails(APIError, store.put("c", b"1"))
        assert await js.delete_object_store("sealed")

    await check("objects", "3 MB are put, got whole, and listed", three_megabytes)
    await check("objects", "replace, describe, delete, missing", changes)
    await check("objects", "watch, seal, destroy", watch)
