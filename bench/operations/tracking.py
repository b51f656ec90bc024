"""Following a letter: who of 252 schools has acknowledged, as a page and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from bench.house import House
from bench.lines import Line
from bench.load import Request
from bench.operations.lists import beside_replay

SCALES, ALSO = ("decade",), ("year",)


def measure(house: House) -> Iterator[Line]:
    dispatch = int(
        house.one(
            "SELECT max(w.id) - 20 FROM dispatch w JOIN office o ON o.id = w.house_id WHERE o.code = ?",
            house.area,
        )
    )
    pages = {
        "tracking page of 252 schools": Request("GET", f"/dispatches/S{dispatch}", house.cookie("clerk1")),
        "tracking of 252 schools (JSON)": Request(
            "GET", f"/api/v1/dispatches/S{dispatch}/deliveries?limit=500", house.key("clerk1")
        ),
    }
    yield from beside_replay(house, pages)
