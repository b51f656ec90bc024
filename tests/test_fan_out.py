"""Fan-out: to three schools or to all of the country, one act, one event, the same few statements."""

from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import event as signal, func, select

from saraban.commands.create_root import create_root, operator
from saraban.commands.import_offices import import_offices, import_schools
from saraban.office import Office
from saraban.queries.tracking import DeliveryFilters, dispatch_view, tracking
from storage.tables import delivery, event
from tests import world
from tests.desk import receive, register, send, waiting

PUBLIC = Path(__file__).parent.parent.parent / "shared" / "data"


@contextmanager
def statements(office: Office) -> Iterator[list[str]]:
    """What is said to the database meanwhile, but for the marks of the transaction itself."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "BEGIN")):
            said.append(statement.partition("\n")[0])

    signal.listen(office.db.engine, "after_cursor_execute", hear)
    try:
        yield said
    finally:
        signal.remove(office.db.engine, "after_cursor_execute", hear)


def acts(office: Office, house_id: int) -> list[str]:
    told = select(event.c.act).where(event.c.house_id == house_id).order_by(event.c.seq)
    return list(office.db.read(lambda db: db.execute(told).scalars().all()))


def test_three_schools_and_three_hundred_take_the_same_statements_and_one_event(office: Office) -> None:
    create_root(office)
    areas = {"9901": 3, "9902": 300}
    import_offices(office, [{"area_code": code, "name": f"เขต {code}"} for code in areas])
    import_schools(
        office,
        [
            {"school_code": f"{code}{n:04}", "area_code": code, "name": f"บ้านตัวอย่าง {n}"}
            for code, count in areas.items()
            for n in range(1, count + 1)
        ],
    )
    counted = {}
    for code, count in areas.items():
        clerk = world.person(office, code)
        letter = register(office, clerk).id
        with statements(office) as said:
            assert send(office, clerk, letter, everyone=True).recipients == count
        assert acts(office, clerk.house_id) == ["register_outgoing", "send"]
        counted[code] = said
    assert counted["9901"] == counted["9902"]
    assert [one for one in counted["9901"] if one.startswith("INSERT INTO delivery")] == [
        one for one in counted["9901"] if "delivery" in one
    ]
    # SQLite counts its changes in a row of its own; PostgreSQL knows its transactions by number.
    assert len(counted["9901"]) == (9 if office.db.engine.dialect.name == "sqlite" else 6)


def test_acknowledging_takes_the_same_statements_for_one_of_three_and_for_one_of_three_hundred(
    office: Office,
) -> None:
    taken = []
    for area, count in (("9901", 2), ("9902", 30)):
        world.area(office, area)
        codes = world.schools(office, count, of=area)
        clerk, school = world.person(office, area), world.person(office, codes[0], "clerk")
        for _ in range(2):
            send(office, clerk, register(office, clerk).id, everyone=True)
        first, second = waiting(office, school)
        receive(office, school, first)  # opens the book
        with statements(office) as said:
            receive(office, school, second)
        taken.append(said)
    assert taken[0] == taken[1]
    assert len(taken[0]) == (8 if office.db.engine.dialect.name == "sqlite" else 3)


def test_registering_takes_two_statements_on_postgresql_and_one_a_row_on_sqlite(office: Office) -> None:
    create_root(office)
    world.area(office, "9901")
    clerk = world.person(office, "9901")
    register(office, clerk)  # opens the book
    with statements(office) as said:
        register(office, clerk)
    tables = ["register", "letter", "letter_text", "entry", "chain", "event"]
    assert len(said) == (len(tables) if office.db.engine.dialect.name == "sqlite" else 2)


@pytest.mark.skipif(
    not PUBLIC.exists(), reason="the public lists of areas and schools are not beside this checkout"
)
def test_a_letter_to_every_school_of_the_country_is_one_call(
    office: Office, record_property: Callable[[str, object], None]
) -> None:
    create_root(office)
    for name, take_in in (("areas.csv", import_offices), ("schools.csv", import_schools)):
        with (PUBLIC / name).open(encoding="utf-8-sig", newline="") as file:
            take_in(office, csv.DictReader(file))
    root = operator(office)
    letter = register(office, root).id
    start = perf_counter()
    sent = send(office, root, letter, everyone=True)
    took = perf_counter() - start
    record_property("seconds", round(took, 3))
    print(f"{sent.recipients} schools in {took:.3f} s on {office.db.engine.dialect.name}")
    assert sent.recipients == 30_808
    assert took < 10, "row by row it is minutes"

    tracemalloc.start()
    again = send(office, root, letter, everyone=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * 2**20, "the schools stay in the database"

    in_order = select(
        func.count(), func.count(delivery.c.office_id.distinct()), func.max(delivery.c.position)
    )
    kept = office.db.read(
        lambda db: tuple(db.execute(in_order.where(delivery.c.dispatch_id == again.id)).one())
    )
    assert kept == (30_808, 30_808, 30_808)
    assert dispatch_view(office, root, again.id).totals.waiting == 30_808
    assert acts(office, root.house_id).count("send") == 2
    page = tracking(office, root, again.id, DeliveryFilters(limit=500))
    assert [line.position for line in page.items] == list(range(1, 501))
