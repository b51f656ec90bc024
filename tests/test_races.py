"""Two at once: one of them wins, and what the other finds afterwards is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from saraban.commands.acknowledge import Acknowledged
from saraban.commands.correct_letter import correct_letter
from saraban.commands.recall_dispatch import recall_dispatch
from saraban.commands.remind_missing import remind_missing
from saraban.commands.return_delivery import return_delivery
from saraban.commands.void_entry import void_entry
from saraban.errors import DeliveryRecalled, EntryVoid, LetterSent, Refusal
from saraban.letters import LetterChange
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.deliveries import DeliveryView, delivery_view
from saraban.queries.tracking import dispatch_view
from storage.tables import entry
from tests import world
from tests.desk import at_once, in_the_middle, or_refused, receive, register, send, waiting
from tests.world import OTHER_SCHOOL, SCHOOL


@pytest.fixture
def ours(office: Office) -> Actor:
    world.three_offices(office)
    return world.person(office)


@pytest.fixture
def school(office: Office, ours: Actor) -> Actor:
    return world.person(office, SCHOOL, "clerk")


def sent_to_school(office: Office, ours: Actor, school: Actor) -> tuple[int, int, int]:
    """A letter, its sending and its delivery."""
    letter = register(office, ours).id
    sending = send(office, ours, letter, offices=[SCHOOL]).id
    return letter, sending, waiting(office, school)[-1]


def lines(office: Office, house: Actor, kind: str = "incoming") -> list[tuple[int, bool]]:
    """The numbers of a book, and whether they still stand."""
    in_book = select(entry.c.number, entry.c.void_at).where(
        entry.c.house_id == house.house_id, entry.c.kind == kind
    )
    rows = office.db.read(lambda db: db.execute(in_book.order_by(entry.c.number)).all())
    return [(row.number, row.void_at is None) for row in rows]


def view(office: Office, who: Actor, delivery_id: int) -> DeliveryView:
    return delivery_view(office, who, delivery_id)


def test_two_who_acknowledge_one_letter_at_once_take_one_number_and_get_one_answer(
    office: Office, ours: Actor, school: Actor
) -> None:
    *_, delivery_id = sent_to_school(office, ours, school)
    clerks = [world.person(office, SCHOOL, "clerk", name=f"คนที่ {n}") for n in range(6)]
    answers = at_once(*[lambda who=who: receive(office, who, delivery_id) for who in clerks])
    assert answers == [answers[0]] * 6
    assert lines(office, school) == [(1, True)]
    assert receive(office, school, sent_to_school(office, ours, school)[2]).number == 2


def test_two_deliveries_of_one_letter_acknowledged_at_once_stand_under_one_number(
    office: Office, ours: Actor, school: Actor
) -> None:
    letter, _, first = sent_to_school(office, ours, school)
    send(office, ours, letter, offices=[SCHOOL])
    second = waiting(office, school)[-1]
    other = world.person(office, SCHOOL, "clerk")
    with in_the_middle(office, "SELECT delivery.id", lambda: receive(office, other, second)) as others:
        got = receive(office, school, first)
    assert got.receipt != others.result().receipt
    assert (got.entry, got.number) == (others.result().entry, 1)
    assert lines(office, school) == [(1, True)]
    assert receive(office, school, sent_to_school(office, ours, school)[2]).number == 2


# On PostgreSQL an acknowledgement writes all it does in one statement.
MOVES = ("UPDATE delivery", "WITH row_0")


@pytest.mark.parametrize("first", ["recall", "acknowledge"])
def test_a_recall_and_an_acknowledgement_at_once_leave_one_truth(
    office: Office, ours: Actor, school: Actor, first: str
) -> None:
    _, sending, delivery_id = sent_to_school(office, ours, school)
    acts: dict[str, Callable[[], Any]] = {
        "recall": lambda: recall_dispatch(office, ours, sending, "ส่งผิดฉบับ"),
        "acknowledge": or_refused(lambda: receive(office, school, delivery_id)),
    }
    second = next(name for name in acts if name != first)
    with in_the_middle(office, MOVES, acts[second]) as other:
        done = {first: acts[first]()}
    done[second] = other.result()
    seen = view(office, school, delivery_id)
    assert seen.recalled_at is not None
    if first == "acknowledge":
        assert (seen.state, seen.number, done["recall"].recalled) == ("acknowledged", 1, 0)
        assert isinstance(done["acknowledge"], Acknowledged)
    else:
        assert (seen.state, seen.number, done["recall"].recalled) == ("recalled", None, 1)
        assert isinstance(done["acknowledge"], DeliveryRecalled)
    assert lines(office, school) == ([(1, True)] if first == "acknowledge" else [])


def test_a_letter_that_is_voided_while_it_is_being_sent_is_recalled(
    office: Office, ours: Actor, school: Actor
) -> None:
    letter = register(office, ours)
    void = or_refused(lambda: void_entry(office, ours, letter.entry, "ออกซ้ำ"))
    with in_the_middle(office, "INSERT INTO dispatch ", void) as other:
        sending = send(office, ours, letter.id, offices=[SCHOOL]).id
    assert not isinstance(other.result(), Refusal)
    assert dispatch_view(office, ours, sending).recalled_at is not None
    assert waiting(office, school) == []


def test_a_letter_that_is_sent_while_it_is_being_voided_is_not_sent(
    office: Office, ours: Actor, school: Actor
) -> None:
    letter = register(office, ours)
    try_to_send = or_refused(lambda: send(office, ours, letter.id, offices=[SCHOOL]))
    with in_the_middle(office, "UPDATE entry", try_to_send) as other:
        void_entry(office, ours, letter.entry, "ออกซ้ำ")
    assert isinstance(other.result(), EntryVoid)
    assert waiting(office, school) == []


def test_what_is_corrected_while_it_is_being_sent_is_refused_or_arrives(
    office: Office, ours: Actor, school: Actor
) -> None:
    change = LetterChange(subject="เลื่อนการประชุม")
    late = register(office, ours).id
    with in_the_middle(
        office, "INSERT INTO dispatch ", or_refused(lambda: correct_letter(office, ours, late, change, 1))
    ) as other:
        send(office, ours, late, offices=[SCHOOL])
    assert isinstance(other.result(), LetterSent)
    early = register(office, ours).id
    with in_the_middle(office, "UPDATE letter", lambda: send(office, ours, early, offices=[SCHOOL])):
        correct_letter(office, ours, early, change, 1)
    subjects = [view(office, school, one).subject for one in waiting(office, school)]
    assert subjects == ["แจ้งกำหนดการสอบ O-NET", "เลื่อนการประชุม"]


@pytest.mark.parametrize("first", ["return", "acknowledge"])
def test_no_delivery_stands_under_a_line_that_the_return_of_another_voids(
    office: Office, ours: Actor, school: Actor, first: str
) -> None:
    letter, _, old = sent_to_school(office, ours, school)
    receive(office, school, old)
    send(office, ours, letter, offices=[SCHOOL])
    [new] = waiting(office, school)
    if first == "return":
        with in_the_middle(office, "UPDATE entry", lambda: receive(office, school, new)) as other:
            return_delivery(office, school, old, "ขาดหน้า 2")
        assert other.result().number == 2
        assert lines(office, school) == [(1, False), (2, True)]
    else:
        with in_the_middle(office, "SELECT entry", lambda: return_delivery(office, school, old, "ขาดหน้า 2")):
            got = receive(office, school, new)
        assert got.number == 1
        assert lines(office, school) == [(1, True)]


def test_a_reminder_and_a_further_send_of_one_letter_do_not_wait_for_each_other_in_a_circle(
    office: Office, ours: Actor, school: Actor
) -> None:
    letter, sending, delivery_id = sent_to_school(office, ours, school)
    with in_the_middle(
        office, "INSERT INTO dispatch ", lambda: remind_missing(office, ours, sending).reminded
    ) as other:
        send(office, ours, letter, offices=[OTHER_SCHOOL])
    assert other.result() == 1
    assert view(office, school, delivery_id).reminded_at is not None
