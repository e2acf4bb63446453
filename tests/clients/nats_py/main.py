"""The official Python client, as published, against any server: python3 main.py nats://127.0.0.1:PORT

Prints one line per check, "ok area: what" or "FAIL area: what: why", and ends with 1 when one failed.
The same checks stand in ../nats_js and ../async_nats.
"""

import asyncio
import logging
import sys

import nats

import consumers
import core
import kv
import objects
import reconnect
import services
import streams
from harness import failures


async def main(address):
    for area in (core, streams, consumers, kv, objects, services, reconnect):
        nc = await nats.connect(address)
        await area.checks(nc, address)
        await nc.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python3 main.py nats://127.0.0.1:PORT")
    # Lost connections are meant here; the checks say what matters.
    logging.disable(logging.CRITICAL)
    asyncio.run(main(sys.argv[1]))
    sys.exit(1 if failures() else 0)
