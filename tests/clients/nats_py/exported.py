"""What an exported program makes, against what was exported: exported.py nats://127.0.0.1:PORT SOURCE PROGRAM...

Runs PROGRAM twice, since the second time changes nothing, then asks the server for everything there is. Fields that the
program says it left out, in comments of SOURCE, are not compared. Prints a line per stream and consumer like main.py.
"""

import asyncio
import json
import pathlib
import re
import subprocess
import sys

import nats

from harness import check, failures, same

WANTED = json.loads((pathlib.Path(__file__).parent.parent / "exported" / "expected.json").read_text())


def left_out(source):
    """The names of things to the fields that were not said of them."""
    found = {}
    for what, field in re.findall(r"left out: (stream \S+|consumer \S+ \S+): (\S+)$", source, re.M):
        found.setdefault(what, set()).add(field)
    return found


def told(config, unsaid, wanted):
    """A configuration without what the server adds, and without what was not said."""
    config = {name: value for name, value in config.items() if name.split(".")[0] not in unsaid}
    metadata = {key: value for key, value in (config.pop("metadata", None) or {}).items() if not key.startswith("_nats.")}
    return config | ({"metadata": metadata} if metadata else {})


async def checks(nc, unsaid):
    async def ask(endpoint):
        answer = await nc.request(f"$JS.API.{endpoint}", b"", timeout=5)
        return json.loads(answer.data)

    streams = {one["config"]["name"]: one["config"] for one in (await ask("STREAM.LIST"))["streams"] or []}

    async def names():
        same(sorted(streams), sorted(WANTED))

    await check("export", "every stream is there, and no other", names)
    for name, wanted in WANTED.items():
        skipped = unsaid.get(f"stream {name}", set())

        async def stream():
            same(told(streams[name], skipped, wanted), told(wanted["config"], skipped, wanted))

        await check("export", f"stream {name}", stream)
        listed = (await ask(f"CONSUMER.LIST.{name}"))["consumers"] or []
        consumers = {one["name"]: one["config"] for one in listed if one["config"].get("durable_name")}

        async def of_stream():
            same(sorted(consumers), sorted(wanted["consumers"]))

        await check("export", f"consumers of {name}", of_stream)
        for consumer, config in wanted["consumers"].items():
            skipped = unsaid.get(f"consumer {name} {consumer}", set())

            async def one():
                same(told(consumers[consumer], skipped, config), told(config, skipped, config))

            await check("export", f"consumer {name} {consumer}", one)


async def main(address, source, program):
    async def runs():
        for time in ("first", "second"):
            done = subprocess.run([*program, address], capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, f"the {time} time: {done.stderr[-2000:]}"

    await check("export", "the program runs, and runs again", runs)
    nc = await nats.connect(address)
    await checks(nc, left_out(pathlib.Path(source).read_text()))
    await nc.close()


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
    sys.exit(1 if failures() else 0)
