"""Numbers: from the first to the last of a book, none twice and none missing, whatever happens at once."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, make_url, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from saraban.app import create_office
from saraban.commands.enter_letter import Registered
from saraban.commands.keep_registers import RegisterChange, set_register
from saraban.commands.void_entry import void_entry
from saraban.errors import Invalid, RegisterClosed, RegisterInUse
from saraban.office import Office
from saraban.permissions import Actor
from saraban.settings import Settings
from storage import registers, sqlite
from storage.tables import entry, membership, register as books
from tests import world
from tests.conftest import Clock
from tests.desk import LETTER, at_once, in_the_middle, receive, register, send, waiting
from tests.server import serve_process
from tests.world import OURS, SCHOOL, STRANGERS

CLERKS = 32


class PowerCut(Exception):
    """What comes between a number and its letter."""


@pytest.fixture
def registrar(office: Office) -> Actor:
    world.three_offices(office)
    return world.person(office)


def numbers(office: Office, house: str = OURS, kind: str = "outgoing", year: int = 2569) -> list[int]:
    """The numbers of a book, as they stand in it."""
    whose = world.person(office, house).house_id
    in_book = select(entry.c.number).where(
        entry.c.house_id == whose, entry.c.kind == kind, entry.c.year == year
    )
    return list(office.db.read(lambda db: db.execute(in_book.order_by(entry.c.number)).scalars().all()))


# -- at once --------------------------------------------------------------------------------------


def test_no_number_is_given_twice_and_none_is_lost_when_clerks_register_at_once_and_some_fail(
    office: Office, registrar: Actor
) -> None:
    stranger = world.person(office, STRANGERS)
    luck = random.Random(2569)

    def registers_one() -> int:
        return register(office, registrar).number

    def names_a_stranger() -> None:
        """Refused after the number was taken."""
        with pytest.raises(Invalid):
            register(office, registrar, action_person=f"P{stranger.person_id}")

    def breaks_off() -> None:
        def command(tx: Connection) -> None:
            registers.take_next_number(tx, registrar.house_id, "outgoing", 2569, 2569)
            raise PowerCut

        with pytest.raises(PowerCut):
            office.db.write(command)

    fates = [registers_one] * 3 + [names_a_stranger, breaks_off]

    def a_mornings_work() -> list[int | None]:
        return [luck.choice(fates)() for _ in range(5)]

    mornings = at_once(*[a_mornings_work] * CLERKS)
    given = sorted(number for morning in mornings for number in morning if number is not None)
    assert len(given) > CLERKS
    assert given == list(range(1, len(given) + 1)) == numbers(office)


def test_clerks_of_one_event_loop_lose_no_number_while_others_write_and_some_fail(
    office: Office, registrar: Actor
) -> None:
    stranger = world.person(office, STRANGERS)

    async def clerks() -> list[Any]:
        loop = asyncio.get_running_loop()

        def one(n: int) -> Awaitable[Any]:
            fails = {"action_person": f"P{stranger.person_id}"} if n % 3 == 0 else {}
            act = partial(register, office, registrar, **fails)
            # Some come from a thread, as other commands do: then the loop's own must wait their turn.
            return (
                loop.run_in_executor(None, act) if n % 4 == 0 else office.db.perform(act, registrar.house_id)
            )

        return await asyncio.gather(*[one(n) for n in range(80)], return_exceptions=True)

    done = asyncio.run(clerks())
    failed = [one for one in done if isinstance(one, BaseException)]
    assert len(failed) == 27
    assert {type(one) for one in failed} == {Invalid}
    given = sorted(one.number for one in done if not isinstance(one, BaseException))
    assert given == list(range(1, 54)) == numbers(office)


def test_whoever_is_given_a_number_has_it_though_an_act_beside_it_goes_on_after_a_failure(
    office: Office, registrar: Actor
) -> None:
    def goes_on() -> None:
        with suppress(DBAPIError):
            office.db.read(lambda db: db.execute(text("SELECT nothing")))

    async def clerks() -> list[Any]:
        acts = [goes_on if n % 5 == 2 else partial(register, office, registrar) for n in range(10)]
        return await asyncio.gather(
            *[office.db.perform(act, registrar.house_id) for act in acts], return_exceptions=True
        )

    given = sorted(one.number for one in asyncio.run(clerks()) if isinstance(one, Registered))
    assert given == list(range(1, 9)) == numbers(office)


@pytest.fixture
def on_sqlite(embedded: Settings) -> Iterator[Office]:
    office = create_office(embedded)
    world.three_offices(office)
    yield office
    office.close()


def test_what_sqlite_has_undone_in_the_middle_is_nobodys_number(on_sqlite: Office) -> None:
    office, registrar = on_sqlite, world.person(on_sqlite)

    def fills_the_disk() -> None:
        def command(tx: Connection) -> None:
            tx.exec_driver_sql("ROLLBACK")  # as SQLite does by itself where it cannot go on
            raise sqlite3.OperationalError("database or disk is full")

        office.db.write(command)

    async def clerks() -> list[Any]:
        acts = [fills_the_disk if n == 3 else partial(register, office, registrar) for n in range(6)]
        return await asyncio.gather(
            *[office.db.perform(act, registrar.house_id) for act in acts], return_exceptions=True
        )

    assert {type(one) for one in asyncio.run(clerks())} == {sqlite3.OperationalError}
    assert numbers(office) == []
    assert register(office, registrar).number == 1


def test_a_loop_leaves_the_emptying_of_the_log_to_a_thread(
    on_sqlite: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LOG_PAGES", 1), ("ALONE", 5), ("QUICK", 60.0)):
        monkeypatch.setattr(sqlite, name, value)
    office, registrar = on_sqlite, world.person(on_sqlite)
    book = Path(str(make_url(office.settings.database).database))

    async def clerk() -> list[bytes]:
        books = []
        for _ in range(12):
            await office.db.perform(partial(register, office, registrar), registrar.house_id)
            books.append(book.read_bytes())
        return books

    books = asyncio.run(clerk())
    changed = [n for n, (before, after) in enumerate(pairwise(books), start=2) if before != after]
    assert changed == [6, 12]


@pytest.mark.parametrize("comes_in", ["a loop", "a thread"])
def test_a_commit_that_fails_leaves_nothing_for_the_next(on_sqlite: Office, comes_in: str) -> None:
    office, registrar = on_sqlite, world.person(on_sqlite)

    def breaks_at_the_end() -> None:
        def command(tx: Connection) -> None:
            tx.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            tx.execute(update(membership).values(office_id=10**6))

        office.db.write(command)

    with pytest.raises((IntegrityError, sqlite3.IntegrityError)):
        if comes_in == "a thread":
            breaks_at_the_end()
        else:
            asyncio.run(office.db.perform(breaks_at_the_end, registrar.house_id))
    assert register(office, registrar).number == 1
    assert world.person(office).office_id == registrar.office_id


def test_two_server_processes_on_one_database_give_no_number_twice_and_lose_none(settings: Settings) -> None:
    office = create_office(settings)
    world.three_offices(office)
    keys = [world.key_for(office, world.person(office, OURS, "clerk")) for _ in range(CLERKS)]
    stranger = f"P{world.person(office, STRANGERS).person_id}"
    try:
        with ExitStack() as running:
            addresses = [running.enter_context(serve_process(settings)).base_url for _ in range(2)]

            def works(clerk: int) -> Callable[[], list[int | None]]:
                def work() -> list[int | None]:
                    with httpx.Client(
                        base_url=f"{addresses[clerk % 2]}/api/v1",
                        headers={"Authorization": f"Bearer {keys[clerk]}"},
                        transport=httpx.HTTPTransport(verify=False),
                        timeout=60,
                    ) as http:
                        return [ask(http, fails=(clerk + n) % 3 == 0) for n in range(4)]

                return work

            def ask(http: httpx.Client, fails: bool) -> int | None:
                answer = http.post(
                    "/outgoing", json={**LETTER, **({"action_person": stranger} if fails else {})}
                )
                assert answer.status_code == (422 if fails else 201), answer.text
                return answer.json().get("number")

            done = at_once(*[works(clerk) for clerk in range(CLERKS)])
        given = sorted(number for numbers_of_one in done for number in numbers_of_one if number is not None)
        assert given == list(range(1, len(given) + 1)) == numbers(office)
        assert len(given) > 2 * CLERKS
    finally:
        office.close()


def test_a_school_that_acknowledges_eight_letters_at_once_gives_eight_numbers(
    office: Office, registrar: Actor
) -> None:
    clerks = [world.person(office, SCHOOL, "clerk") for _ in range(8)]
    for _ in clerks:
        send(office, registrar, register(office, registrar).id, offices=[SCHOOL])
    deliveries = waiting(office, clerks[0])
    acts = [
        lambda who=who, delivery=delivery: receive(office, who, delivery).number
        for who, delivery in zip(clerks, deliveries, strict=True)
    ]
    assert sorted(at_once(*acts)) == list(range(1, 9)) == numbers(office, SCHOOL, "incoming")


def test_a_number_that_a_failing_clerk_gave_back_goes_to_the_next(office: Office, registrar: Actor) -> None:
    stranger = world.person(office, STRANGERS)
    for number in (1, 2):
        with pytest.raises(Invalid):
            register(office, registrar, action_person=f"P{stranger.person_id}")
        assert register(office, registrar).number == number


def test_a_voided_number_is_never_given_again(office: Office, registrar: Actor) -> None:
    first = register(office, registrar)
    void_entry(office, registrar, first.entry, "ออกเลขผิด")
    assert register(office, registrar).number == 2
    assert numbers(office) == [1, 2]


def test_the_database_itself_refuses_a_number_twice(office: Office, registrar: Actor) -> None:
    register(office, registrar)
    office.db.write(lambda tx: tx.execute(update(books).values(next_number=1)).rowcount)
    with pytest.raises(IntegrityError):
        register(office, registrar)
    assert numbers(office) == [1]


# -- the year -------------------------------------------------------------------------------------


@pytest.fixture
def new_years_eve(clock: Clock) -> Clock:
    """One second before midnight in Bangkok."""
    clock.at = datetime(2026, 12, 31, 16, 59, 59, tzinfo=UTC)
    return clock


def test_at_midnight_in_bangkok_the_new_book_opens_by_itself_with_number_one_and_last_years_prefix(
    new_years_eve: Clock, office: Office, registrar: Actor
) -> None:
    admin = world.person(office, OURS, "admin")
    set_register(office, admin, "outgoing", 2569, RegisterChange(prefix="ศธ 04777/", first_number=2631))
    old = register(office, registrar)
    assert (old.year, old.number, old.letter_no) == (2569, 2631, "ศธ 04777/2631")
    new_years_eve.advance(seconds=1)
    new = register(office, registrar)
    assert (new.year, new.number, new.letter_no) == (2570, 1, "ศธ 04777/1")


def test_at_midnight_eight_clerks_at_once_open_one_book(
    new_years_eve: Clock, office: Office, registrar: Actor
) -> None:
    register(office, registrar)
    new_years_eve.advance(seconds=1)
    given = at_once(*[lambda: register(office, registrar)] * 8)
    assert sorted(letter.number for letter in given) == list(range(1, 9)) == numbers(office, year=2570)
    assert {letter.letter_no.partition("/")[0] for letter in given} == {"ศธ 04999"}


def test_a_clerk_whose_book_is_opened_by_another_in_that_very_moment_goes_on_in_it(
    new_years_eve: Clock, office: Office, registrar: Actor
) -> None:
    new_years_eve.advance(seconds=1)
    with in_the_middle(office, "UPDATE register", lambda: register(office, registrar).number) as other:
        number = register(office, registrar).number
    assert {number, other.result()} == {1, 2}


def test_what_came_before_midnight_and_is_acknowledged_after_it_stands_in_the_new_book(
    new_years_eve: Clock, office: Office, registrar: Actor
) -> None:
    clerk = world.person(office, SCHOOL, "clerk")
    for _ in range(2):
        send(office, registrar, register(office, registrar).id, offices=[SCHOOL])
    first, second = waiting(office, clerk)
    before = receive(office, clerk, first)
    new_years_eve.advance(seconds=1)
    after = receive(office, clerk, second)
    assert [(got.year, got.number) for got in (before, after)] == [(2569, 1), (2570, 1)]
    assert after.receipt["receipt"]["year"] == 2570


def test_last_years_book_takes_late_entries_only_while_it_is_open(
    new_years_eve: Clock, office: Office, registrar: Actor
) -> None:
    register(office, registrar)
    new_years_eve.advance(days=3)
    assert (register(office, registrar).year, register(office, registrar, year=2569).number) == (2570, 2)
    admin = world.person(office, OURS, "admin")
    set_register(office, admin, "outgoing", 2569, RegisterChange(is_open=False))
    for year, refusal in [(2569, RegisterClosed), (2568, RegisterClosed), (2571, Invalid)]:
        with pytest.raises(refusal):
            register(office, registrar, year=year)
    assert (numbers(office), numbers(office, year=2570)) == ([1, 2], [1])
    with pytest.raises(ValueError):
        register(office, registrar, year=2026)


def test_a_closed_book_refuses_and_keeps_nothing_and_goes_on_where_it_stood_when_it_is_opened(
    office: Office, registrar: Actor
) -> None:
    admin, clerk = world.person(office, SCHOOL, "admin"), world.person(office, SCHOOL, "clerk")
    for _ in range(2):
        send(office, registrar, register(office, registrar).id, offices=[SCHOOL])
    first, second = waiting(office, clerk)
    assert receive(office, clerk, first).number == 1
    set_register(office, admin, "incoming", 2569, RegisterChange(is_open=False))
    with pytest.raises(RegisterClosed):
        receive(office, clerk, second)
    assert waiting(office, clerk) == [second]
    set_register(office, admin, "incoming", 2569, RegisterChange(is_open=True))
    assert receive(office, clerk, second).number == 2


def test_a_book_begun_in_the_middle_of_the_year_is_complete_from_its_first_number(
    office: Office, registrar: Actor
) -> None:
    admin = world.person(office, OURS, "admin")
    set_register(office, admin, "outgoing", 2569, RegisterChange(first_number=2631))
    at_once(*[lambda: register(office, registrar)] * 4)
    assert numbers(office) == [2631, 2632, 2633, 2634]
    with pytest.raises(RegisterInUse):
        set_register(office, admin, "outgoing", 2569, RegisterChange(first_number=1))
