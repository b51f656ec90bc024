"""What the pages that are opened all day ask of the database: a few statements, whatever stands on them."""

from __future__ import annotations

from datetime import UTC

import pytest
from sqlalchemy import select

from saraban.office import Office
from saraban.queries.inbox import InboxFilters
from saraban.queries.register_lines import OutgoingFilters
from storage.opened import LeavesTrace, Opened
from storage.prepared import Prepared
from storage.tables import entry
from tests.desk import register, send
from tests.screen import Browser, Sit, sit
from tests.test_fan_out import statements
from tests.world import OTHER_SCHOOL, OURS_TOO, SCHOOL

__all__ = ["sit"]

# Each with the one that says whose browser it is.
PINNED = {"/outgoing": 4, "/incoming": 4, "/inbox": 3, "/sent": 3, "/": 5, "/dispatches/S1": 5}


def test_a_page_asks_as_little_of_many_letters_as_of_one(office: Office, sit: Sit) -> None:
    clerk, school = sit(OURS_TOO, "clerk"), sit(SCHOOL, "clerk")

    def asked() -> dict[str, int]:
        return {path: _asked(office, school if path == "/inbox" else clerk, path) for path in PINNED}

    for count in (1, 3):
        for _ in range(count):
            letter = register(office, clerk.actor)
            send(office, clerk.actor, letter.id, offices=[SCHOOL, OTHER_SCHOOL])
        assert asked() == PINNED


def _asked(office: Office, browser: Browser, path: str) -> int:
    with statements(office) as said:
        assert browser.open(path).status == 200
    return len(said)


def test_a_question_writes_nothing_where_nobody_may_wait(office: Office) -> None:
    with office.db.engine.connect() as connection, pytest.raises(LeavesTrace):
        Opened(office.db, connection).write(lambda _: None)


def test_what_is_narrowed_may_read_a_whole_book_and_does_not_hold_up_everybody() -> None:
    assert OutgoingFilters(year=2569, cursor="x", limit=10).is_quick
    assert not OutgoingFilters(q="ประชุม").is_quick and not OutgoingFilters(state="void").is_quick
    assert InboxFilters(state="waiting").is_quick and not InboxFilters(state="returned").is_quick


@pytest.mark.parametrize("wrong", ["cursor=abc", "state=nonsense", "limit=0"])
def test_a_page_that_cannot_be_asked_so_says_why_and_shows_the_rest(
    office: Office, sit: Sit, wrong: str
) -> None:
    clerk, school = sit(OURS_TOO, "clerk"), sit(SCHOOL, "clerk")
    letter = register(office, clerk.actor)
    send(office, clerk.actor, letter.id, offices=[SCHOOL, OTHER_SCHOOL])

    arrived = school.open(f"/inbox?{wrong}")
    assert arrived.status == 422 and 'role="alert"' in arrived.html and letter.letter_no not in arrived.text

    followed = clerk.open(f"/dispatches/S1?{wrong}")
    assert followed.status == 422 and 'role="alert"' in followed.html
    # Nothing is listed, and yet the board of all receivers is there.
    assert 'class="lines"' not in followed.html and followed.html.count('<i class="waiting" title=') == 2


def test_an_instant_comes_back_in_utc_however_it_is_read(office: Office, sit: Sit) -> None:
    """Our own connections say so to PostgreSQL, and nobody converts it again."""
    register(office, sit(OURS_TOO, "clerk").actor)
    read = select(entry.c.registered_at)
    by_core = office.db.read(lambda db: db.execute(read).scalar_one())
    prepared = office.db.read(lambda db: Prepared(read).only(db))
    assert by_core == prepared and by_core.tzinfo is UTC and prepared.tzinfo is UTC
