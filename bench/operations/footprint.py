"""What it takes to be there: start, memory, the size of the database."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.house import WORKERS, House
from bench.lines import ROUNDS, Line
from bench.load import Request
from bench.memory import held, watching
from tests.server import serve_process

SCALES = ("year",)
SECONDS = 3
MIB = 2**20


def measure(house: House) -> Iterator[Line]:
    starts, rest, load = [], [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with serve_process(house.settings, WORKERS[house.engine]) as another:
            starts.append(1000 * (time.perf_counter() - began))
            rest.append(held(another.pid))
            with watching(another.pid) as memory:
                asked = [
                    Request("GET", "/api/v1/outgoing", house.key("clerk1")),
                    Request("GET", "/api/v1/incoming?limit=500", house.key("clerk1")),
                ]
                house.load(asked, 32, SECONDS, another.base_url)
            load.append(memory.most)
    workers = f"{WORKERS[house.engine]} worker{'s' * (WORKERS[house.engine] > 1)}"
    told = {"engine": house.engine, "scale": house.scale}
    yield Line(f"start until ready, {workers}", ours=starts, unit="ms", **told)
    yield Line(f"memory at rest, {workers} and the press", ours=rest, unit="MiB", **told)
    yield Line(f"memory under 32 clients, {workers} and the press", ours=load, unit="MiB", **told)
    size = _size(house) / MIB / (int(house.one("SELECT count(*) FROM delivery")) / 1000)
    yield Line("database for 1,000 deliveries, receipts and all", ours=[size], unit="MiB", **told)


def _size(house: House) -> int:
    if house.engine == "postgresql":
        return int(house.one("SELECT pg_database_size(current_database())"))
    return int(house.one("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"))
