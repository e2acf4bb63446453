"""What every check of this program stands on: one line per check, patience, and a wire that can be cut."""

import asyncio
import time
import traceback

CHECK_SECONDS = 60
_failed = 0


def failures():
    return _failed


async def check(area, what, run):
    """Runs one check and prints its line."""
    global _failed
    started = time.monotonic()
    try:
        await asyncio.wait_for(run(), CHECK_SECONDS)
        print(f"ok {area}: {what} ({(time.monotonic() - started) * 1000:.0f} ms)", flush=True)
    except Exception as error:
        _failed += 1
        frame = next((f for f in reversed(traceback.extract_tb(error.__traceback__)) if "nats_py" in f.filename), None)
        where = f" ({frame.filename.rsplit('/', 1)[-1]}:{frame.lineno})" if frame else ""
        print(f"FAIL {area}: {what}: {type(error).__name__} {' '.join(str(error).split())}{where}", flush=True)


def same(found, wanted):
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"


async def fails(kind, awaitable):
    """The error of this kind that the awaitable ends with."""
    try:
        value = await awaitable
    except kind as error:
        return error
    raise AssertionError(f"no {kind} but {value!r}")


async def until(what, probe, seconds=15):
    """Asks again until `probe` answers something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = probe()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"{what}: not after {seconds} s")


async def take(sub, count, seconds=15):
    """The next `count` messages of a subscription."""
    got = []
    try:
        while len(got) < count:
            got.append(await sub.next_msg(timeout=seconds))
    except Exception as error:
        raise AssertionError(f"{len(got)} of {count} came: {error!r}") from error
    return got


class Cuttable:
    """A wire in between, which can be cut and refuses to be mended until told."""

    def __init__(self, address):
        host, port = address.split("//")[1].split(":")
        self.far = host, int(port)
        self.writers = set()
        self.refusing = False

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"nats://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader, writer):
        if self.refusing:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(*self.far)
        self.writers |= {writer, far_writer}
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))

    async def _carry(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()
        self.writers.discard(writer)

    def cut(self):
        for writer in list(self.writers):
            writer.transport.abort()

    def end(self):
        self.cut()
        self.server.close()
