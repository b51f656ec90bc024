"""The made-up office: full of life, sound, the same every time, and never poured into a real one."""

from __future__ import annotations

import re
import stat

import pytest
from sqlalchemy import func, select

from saraban.commands.create_root import create_root
from saraban.demo import SHOWN, fill, introduction
from saraban.demo.cast import school_rows, seats
from saraban.errors import NotEmpty
from saraban.office import Office
from saraban.permissions import Role
from saraban.queries.check import check
from saraban.queries.who_is_asking import who_is_asking
from storage.tables import assignment, delivery, dispatch, entry, event, letter, membership
from tests import world

ADDRESS = "http://127.0.0.1:8000"


def count(office: Office, column: object) -> dict[object, int]:
    query = select(column, func.count()).group_by(column)  # type: ignore[call-overload]
    return dict(office.db.read(lambda db: db.execute(query).all()))


def test_the_made_up_office_is_full_of_life_and_may_be_started_again(office: Office) -> None:
    create_root(office)
    assert fill(office)
    shows_everything_and_is_sound(office)
    introduces_people_who_can_ask(office)
    said, letters = introduction(office, ADDRESS), count(office, entry.c.kind)
    assert not fill(office)
    assert count(office, entry.c.kind) == letters
    assert introduction(office, ADDRESS) == said


def shows_everything_and_is_sound(demo: Office) -> None:
    report = check(demo)
    assert (report.wrong, report.notes) == ([], [])
    assert report.counted["void"] > 1
    states = count(demo, delivery.c.state)
    assert states.keys() == {"waiting", "acknowledged", "returned", "recalled"}
    assert states["acknowledged"] > 400
    assert count(demo, assignment.c.state).keys() == {"open", "accepted", "done", "handed_back"}
    assert count(demo, entry.c.kind).keys() == {"incoming", "outgoing"}
    assert count(demo, letter.c.secrecy).keys() == {0, 1, 2, 3}
    assert count(demo, letter.c.urgency).keys() == {0, 1, 2, 3}
    assert count(demo, membership.c.role).keys() == {role.value for role in Role if role != Role.SYSTEM}
    assert {"remind", "return", "recall", "void", "correct_entry", "record_post"} <= count(
        demo, event.c.act
    ).keys()
    for link in (letter.c.based_on_id, letter.c.reply_to_id, letter.c.replaces_id, dispatch.c.deadline):
        assert len(count(demo, link)) > 1
    assert demo.db.read(lambda db: db.execute(select(func.max(event.c.at))).scalar_one()) <= demo.clock()


def introduces_people_who_can_ask(demo: Office) -> None:
    said = introduction(demo, ADDRESS)
    keys = re.findall(r"^ +\S+ \S+ (sbn_\S+)$", said, re.MULTILINE)
    introduced = [(seats()[name].office_code, seats()[name].role) for name in SHOWN]
    assert [
        (actor.office_code, actor.role) for actor in (who_is_asking(demo, key) for key in keys)
    ] == introduced
    (tried,) = re.findall(
        rf"^curl -H 'Authorization: Bearer (\S+)' '{ADDRESS}/api/v1/inbox", said, re.MULTILINE
    )
    assert who_is_asking(demo, tried).office_code == "99010001"
    assert stat.S_IMODE((demo.settings.data / "demo-keys.txt").stat().st_mode) == 0o600


def test_a_real_office_is_never_filled(office: Office) -> None:
    create_root(office)
    world.area(office, "3401", "สำนักงานที่มีอยู่จริง")
    with pytest.raises(NotEmpty):
        fill(office)


def test_the_people_and_schools_cannot_be_taken_for_real_ones() -> None:
    made_up = re.compile("ตัวอย่าง|สมมุติ|จำลอง|สาธิต")
    assert all(made_up.search(seat.name) for seat in seats().values())
    assert all(made_up.search(school["name"]) for school in school_rows())
    assert len({seat.name for seat in seats().values()}) == len(seats())
    assert len({school["name"] for school in school_rows()}) == len(school_rows()) == 36
