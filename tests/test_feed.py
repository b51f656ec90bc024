"""The feed of changes: whoever follows along misses nothing, however late a transaction commits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic

from sqlalchemy import Connection

from saraban.commands.return_delivery import return_delivery
from saraban.ids import read as number_of
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.deliveries import FeedFilters, changed_deliveries
from storage import deliveries
from tests import world
from tests.conftest import Clock
from tests.desk import At, Desk, Json, at, receive, register, send, waiting
from tests.world import OTHER_SCHOOL, OURS, OURS_TOO, PLANNING, SCHOOL, STRANGERS

__all__ = ["at"]


class Follower:
    """A system that asks again and again, from where it stands."""

    def __init__(self, desk: Desk, as_: str = "sender,receiver", start: str | None = None) -> None:
        self.desk, self.as_, self.position = desk, as_, start

    def read_on(self, limit: int = 50, *, patient: bool = True) -> list[Json]:
        if patient:
            wait_for_older_transactions(self.desk.office)
        items: list[Json] = []
        while True:
            after = {} if self.position is None else {"changed_after": self.position}
            page = self.desk.get("/deliveries", as_=self.as_, limit=limit, **after)
            items += page["items"]
            if page["items"]:
                self.position = page["items"][-1]["changed"]
            if page["next"] is None:
                return items
            assert page["next"] == self.position


def wait_for_older_transactions(office: Office) -> None:
    """Until everything committed so far may be shown: on PostgreSQL that waits for whatever is still running
    on the same server, be it in the database of another test."""
    if office.db.engine.dialect.name != "postgresql":
        return
    deadline = monotonic() + 30
    with office.db.engine.begin() as tx:
        own = tx.exec_driver_sql("SELECT pg_current_xact_id()::text::bigint").scalar_one()
    with office.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        oldest = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        while connection.exec_driver_sql(oldest).scalar_one() <= own:
            assert monotonic() < deadline, "somebody else's transaction does not end"


@contextmanager
def open_transaction(office: Office) -> Iterator[Connection]:
    """A transaction that has begun to write and takes its time."""
    writing = office.db.engine.execution_options(saraban_begin="BEGIN IMMEDIATE")
    with writing.begin() as tx:
        yield tx


def test_a_reader_does_not_pass_a_transaction_that_is_still_open(at: At, office: Office) -> None:
    clerk, school, other = at(OURS), at(SCHOOL), at(OTHER_SCHOOL)
    clerk.send(clerk.register(), SCHOOL, OTHER_SCHOOL)
    late, early = school.newest(), other.newest()
    follower = Follower(clerk)
    assert [item["id"] for item in follower.read_on()] == [late, early]
    with ThreadPoolExecutor(1) as pool:
        with open_transaction(office) as tx:
            now = office.clock()
            shut = {"state": "acknowledged", "closed_at": now, "closed_by": school.actor.person_id}
            delivery = number_of("D", late)
            assert delivery is not None
            assert deliveries.move(tx, school.actor, delivery, ["waiting"], now, **shut) is not None
            # PostgreSQL lets the second one commit first; on SQLite it stands in line.
            second = pool.submit(other.acknowledge)
            if office.db.engine.dialect.name == "postgresql":
                second.result(30)
            assert follower.read_on(patient=False) == [], (
                "the second must not be shown: the reader would then stand past the first"
            )
        second.result(30)
    assert [(item["id"], item["state"]) for item in follower.read_on()] == [
        (late, "acknowledged"),
        (early, "acknowledged"),
    ]


def test_a_follower_sees_the_last_state_of_everything_that_many_do_at_once(office: Office) -> None:
    world.area(office)
    clerk = world.person(office)
    clerks = [world.person(office, code, "clerk") for code in world.schools(office, 6)]
    for _ in range(6):
        send(office, clerk, register(office, clerk).id, everyone=True)
    done, seen = threading.Event(), dict[int, tuple[str, int | None]]()

    def follow() -> None:
        position = None
        while True:
            last_round = done.is_set()
            asked = FeedFilters.model_validate({"as": "sender", "changed_after": position, "limit": 3})
            page = changed_deliveries(office, clerk, asked)
            for item in page.items:
                seen[item.id] = (item.state, item.number)
                position = item.changed
            if last_round and page.next is None:
                return

    def receive_or_return(who: Actor) -> dict[int, tuple[str, int | None]]:
        """Every third one goes back."""
        own = dict[int, tuple[str, int | None]]()
        for place, delivery in enumerate(waiting(office, who)):
            if place % 3 == 2:
                return_delivery(office, who, delivery, "ไม่ใช่ของโรงเรียน")
                own[delivery] = ("returned", None)
            else:
                own[delivery] = ("acknowledged", receive(office, who, delivery).number)
        return own

    with ThreadPoolExecutor(7) as pool:
        following = pool.submit(follow)
        doing = [pool.submit(receive_or_return, who) for who in clerks]
        done_by_all = {delivery: state for one in doing for delivery, state in one.result(60).items()}
        wait_for_older_transactions(office)
        done.set()
        following.result(60)
    assert len(done_by_all) == 36
    assert seen == done_by_all


def test_every_kind_of_change_is_told_once_to_whoever_stands_behind_it(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    sender, receiver = Follower(clerk, "sender"), Follower(school, "receiver")

    def told() -> tuple[list[Json], list[Json]]:
        return sender.read_on(), receiver.read_on()

    sent = clerk.send(clerk.register(), SCHOOL, to={"post": ["สำนักงานจังหวัดตัวอย่าง"]})
    ([by_system, by_post], [arrived]) = told()
    assert (by_system["id"], by_system["side"]) == (arrived["id"], "sender")
    assert (arrived["side"], arrived["state"], arrived["receiver"]["code"]) == ("receiver", "waiting", SCHOOL)
    assert by_post["receiver"] is None
    changes: list[tuple[Callable[[], object], str, object]] = [
        (lambda: school.look(arrived["id"]), "seen_at", "2026-07-01T02:57:26Z"),
        (lambda: clerk.post(f"/dispatches/{sent['id']}/remind"), "reminded_at", "2026-07-01T02:57:26Z"),
        (lambda: school.acknowledge(arrived["id"]), "number", 1),
        (lambda: clerk.recall(sent), "recalled_at", "2026-07-01T02:57:26Z"),
        (lambda: school.give_back(arrived["id"]), "state", "returned"),
    ]
    for change, name, value in changes:
        change()
        as_sender, as_receiver = told()
        as_sender = [item for item in as_sender if item["id"] == arrived["id"]]
        assert [[item[name] for item in items] for items in (as_sender, as_receiver)] == [[value], [value]]
    school.look(arrived["id"])
    assert told() == ([], []), "a second look changes nothing"


def test_reading_on_from_any_position_with_any_page_size_gives_every_delivery_once(at: At) -> None:
    clerk = at(OURS)
    for _ in range(3):
        clerk.send(clerk.register(), SCHOOL, OTHER_SCHOOL, STRANGERS)
    everything = Follower(clerk).read_on()
    assert len(everything) == 9
    for limit in (1, 2, 500):
        assert Follower(clerk).read_on(limit) == everything
    for place, item in enumerate(everything):
        assert Follower(clerk, start=item["changed"]).read_on(4) == everything[place + 1 :]
    assert clerk.whole("/deliveries", limit=2) == everything, "`next` is a cursor, too"


def test_a_time_begins_at_what_has_changed_since_and_a_position_goes_on_from_there(
    at: At, clock: Clock
) -> None:
    clerk = at(OURS)
    first = clerk.send(clerk.register(), SCHOOL)
    clock.advance(hours=2)
    second = clerk.send(clerk.register(), SCHOOL)
    since = Follower(clerk, start="2026-07-01T03:57:26Z")
    assert [item["dispatch"] for item in since.read_on()] == [second["id"]]
    clock.advance(seconds=1)
    clerk.recall(first)
    assert [item["dispatch"] for item in since.read_on()] == [first["id"]]
    # A change that was stamped just before, but may have been committed after, is not left out.
    just_after = Follower(clerk, start="2026-07-01T04:57:28Z").read_on()
    assert [item["dispatch"] for item in just_after] == [second["id"], first["id"]]


def test_the_two_sides_may_be_in_one_house(at: At) -> None:
    clerk, planner = at(OURS_TOO, "clerk"), at(PLANNING, "clerk")
    clerk.send(clerk.register(), PLANNING)
    for desk, as_, expected in [
        (clerk, "sender", ["sender"]),
        (clerk, "receiver", []),
        (clerk, "sender,receiver", ["sender"]),
        (planner, "receiver", ["receiver"]),
        (planner, "sender", ["sender"]),
        (planner, "receiver,sender", ["receiver"]),
    ]:
        assert [item["side"] for item in Follower(desk, as_).read_on()] == expected, as_


def test_nobody_follows_what_is_not_theirs(at: At) -> None:
    keeper, cleared = at(OURS, "secret_registrar", "secret"), at(SCHOOL, "clerk", "secret")
    keeper.send(keeper.register(secrecy="secret"), SCHOOL)
    keeper.send(keeper.register(), SCHOOL)
    counts = {
        desk: len(Follower(desk).read_on())
        for desk in (keeper, cleared, at(OURS), at(SCHOOL), at(OTHER_SCHOOL), at(STRANGERS))
    }
    assert list(counts.values()) == [2, 2, 1, 1, 0, 0]


def test_a_position_that_is_none_is_refused(at: At) -> None:
    clerk = at(OURS)
    for asked in (
        "changed_after=yesterday",
        "changed_after=2569-07-01T00:00:00Z",
        "cursor=abc",
        "as=everybody",
        "as=",
    ):
        assert clerk.refused("GET", f"/deliveries?{asked}") == (422, "invalid"), asked
