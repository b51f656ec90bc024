"""Beside what offices use today: AMSS++ 4.02 (PHP 8.2, OPcache, MariaDB) on a machine of this class."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from bench.cast import own_area
from bench.house import House, closing_of
from bench.lines import ROUNDS, Line
from bench.load import Request
from bench.operations.acknowledge import Pile, acknowledging
from bench.operations.register import letters

SCALES = ("year", "decade")
SECONDS, CLIENTS = 1, (1, 8)
SENDINGS, SETTLING = 16, 7


class Theirs(NamedTuple):
    """Milliseconds of AMSS++: after ten years for one client and for eight, after three months for one.

    Where it has several ways or ranges, the quickest."""

    one: float
    eight: float
    young: float | None


AMSS = {
    "outgoing list": Theirs(175, 685, 6),
    "register": Theirs(229, 1027, 8),
    "send to 250 schools": Theirs(21, 148, 15),
    "send to 250 schools, theirs made durable too": Theirs(57, 260, None),
    "tracking page": Theirs(9.2, 63, 2.6),
    "receive": Theirs(2323, 8558, 52),
    "school inbox": Theirs(189, 189, None),
}


def measure(house: House) -> Iterator[Line]:
    """A year's office is beside theirs of three months, ten years' beside theirs of ten."""
    pages = {
        "outgoing list": Request("GET", "/outgoing", house.cookie("clerk1")),
        "tracking page": Request("GET", f"/dispatches/S{_sending(house)}", house.cookie("clerk1")),
        "school inbox": Request("GET", "/inbox", house.cookie(f"s{own_area()}0001")),
    }
    pile = Pile(house)
    # The indexes of a made database are full to the brim, and the first hundred sendings make room in them.
    for _ in range(SETTLING):
        house.load(_unsent(house, SENDINGS), 1)
    ways: dict[str, Callable[[int], float]] = {
        **{
            name: lambda n, page=page: _mean(n, house.load([page], n, SECONDS).rate)
            for name, page in pages.items()
        },
        "register": lambda n: _mean(n, house.load(letters(house), n, SECONDS).rate),
        "send to 250 schools": lambda n: _mean(n, house.load(_unsent(house, SENDINGS), n).rate),
        "receive": lambda n: _mean(
            n, house.load([acknowledging(house, one) for one in pile.apart(64)], n).rate
        ),
    }
    for name, theirs in AMSS.items():
        for clients in CLIENTS:
            mark = theirs.young if house.scale == "year" else theirs.one if clients == 1 else theirs.eight
            if mark is None or (house.scale == "year" and clients > 1):
                continue
            way = ways[name.partition(",")[0]]
            way(clients)  # what nobody has read or changed since the copy was made is slower once
            yield Line(
                f"{name}, {clients} client{'s' * (clients > 1)}", house.engine, house.scale, "ms",
                [way(clients) for _ in range(ROUNDS)], [mark] * ROUNDS, at_most=1.0,
                floor_is="AMSS++ 4.02",
            )  # fmt: skip


def _mean(clients: int, rate: float) -> float:
    return 1000 * clients / rate


def _sending(house: House) -> int:
    ask = "SELECT max(w.id) - 20 FROM dispatch w JOIN office o ON o.id = w.house_id WHERE o.code = ?"
    return int(house.one(ask, house.area))


def _unsent(house: House, count: int) -> list[Request]:
    """Letters just registered, each of which is to go to every school."""
    with closing_of(house.bare()) as db:
        (before,) = db.execute("SELECT max(id) FROM letter").fetchone()
        house.load((letters(house) * count)[:count], 1)
        found = db.execute(
            f"SELECT id FROM letter WHERE id > {before} AND sent_at IS NULL ORDER BY id"
        ).fetchall()
    body = {"to": {"everyone": True}}
    return [
        Request("POST", f"/api/v1/letters/L{row[0]}/dispatches", house.key("clerk1"), body)
        for row in found[:count]
    ]
