"""What a write leaves behind, done by hand on the bare driver: the same rows, no more than it takes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

from bench.house import House
from saraban.thai.dates import buddhist_year
from saraban.thai.text import compact, searchable


class Hand:
    """One connection, on which a clerk of the measured area writes."""

    def __init__(self, house: House, username: str = "clerk1") -> None:
        self.postgres = house.engine == "postgresql"
        self.db = house.bare()
        seat = self.one(_SEAT, username)
        self.person_id, self.office_id, self.house_id, self.house_name, self.prefix = seat

    def execute(self, statement: str, *values: Any) -> Any:
        return self.db.execute(_for_psycopg(statement) if self.postgres else statement, values)

    def one(self, statement: str, *values: Any) -> Any:
        return self.execute(statement, *values).fetchone()

    @contextmanager
    def transaction(self) -> Iterator[Moment]:
        self.db.execute("BEGIN" if self.postgres else "BEGIN IMMEDIATE")
        yield Moment(self.postgres)
        self.db.execute("COMMIT")

    def close(self) -> None:
        self.db.close()

    def changed(self) -> int:
        """The place of what follows in the feed of changes."""
        ask = "SELECT base + pg_current_xact_id()::text::bigint FROM tick" if self.postgres else _TICK
        return int(self.one(ask)[0])

    def register(self, now: Moment, subject: str, to_text: str) -> int:
        """A letter in the outgoing book."""
        register_id, number, prefix = self.one(_TAKE, self.house_id, "outgoing", now.year)
        printed = f"{prefix}{number}"
        key = printed.replace(" ", "")
        (letter_id,) = self.one(
            _LETTER, self.house_id, self.office_id, printed, key, False, now.day, self.house_name,
            to_text, subject, now.at, self.person_id,
        )  # fmt: skip
        text = searchable(subject, self.house_name, to_text, "", number=key)
        self.execute(_WORDS, letter_id, text, compact(self.house_name), compact(to_text))
        entry_id = self.line(now, self.house_id, register_id, "outgoing", number, letter_id, self.office_id)
        about = f'{{"entry":{entry_id},"number":{number},"year":{now.year}}}'
        self.event(now, self.house_id, self.person_id, self.office_id, "register_outgoing", letter_id, about)
        return int(letter_id)

    def take(self, now: Moment, house_id: int, kind: str) -> tuple[int, int]:
        register_id, number, _ = self.one(_TAKE, house_id, kind, now.year)
        return register_id, number

    def line(
        self, now: Moment, house_id: int, register_id: int, kind: str, number: int, letter_id: int,
        office_id: int, person_id: int | None = None,
    ) -> int:  # fmt: skip
        received_at = now.at if kind == "incoming" else None
        return int(
            self.one(
                _ENTRY, house_id, register_id, kind, now.year, number, letter_id, office_id, received_at,
                now.at, person_id or self.person_id,
            )[0]
        )  # fmt: skip

    def event(
        self, now: Moment, house_id: int, person_id: int, office_id: int, act: str, letter_id: int, about: str
    ) -> None:
        body = (
            f'{{"about":{about},"act":"{act}","at":"{now.iso}","letter":{letter_id},"office":{office_id},'
            f'"person":{person_id}}}'
        )
        seq, last = self.one(_HEAD_HELD if self.postgres else _HEAD, house_id)
        chained = hashlib.sha256(last + body.encode()).digest()
        self.execute(_CHAIN, seq + 1, chained, house_id)
        self.execute(_EVENT, house_id, seq + 1, now.at, person_id, office_id, act, letter_id, body, chained)


class Moment:
    """Now, in every form in which it is written."""

    def __init__(self, postgres: bool) -> None:
        now = datetime.now(UTC)
        self.iso = now.isoformat(timespec="microseconds")
        self.day = now.date().isoformat()
        self.at = self.iso if postgres else now.replace(tzinfo=None).isoformat(" ", "microseconds")
        self.year = buddhist_year(now)


@cache
def _for_psycopg(statement: str) -> str:
    return statement.replace("?", "%s")


def _marks(count: int) -> str:
    return ", ".join("?" * count)


_SEAT = """
    SELECT p.id, o.id, h.id, h.name, h.prefix FROM person p JOIN membership m ON m.person_id = p.id
    JOIN office o ON o.id = m.office_id JOIN office h ON h.id = o.house_id WHERE p.username = ?
"""
_TICK = "UPDATE tick SET base = base + 1 WHERE id = 1 RETURNING base"
_TAKE = (
    "UPDATE register SET next_number = next_number + 1 WHERE house_id = ? AND kind = ? AND year = ?"
    " AND is_open"
    " RETURNING id, next_number - 1, prefix"
)
_LETTER = (
    "INSERT INTO letter (house_id, office_id, letter_no, letter_key, circular, dated, from_text,"
    " to_text, subject,"
    ' created_at, created_by, "references", enclosures, summary, urgency, secrecy, version)'
    f" VALUES ({_marks(11)}, '[]', '[]', '', 0, 0, 1) RETURNING id"
)
_WORDS = f"INSERT INTO letter_text (letter_id, text, from_key, to_key) VALUES ({_marks(4)})"
_ENTRY = (
    "INSERT INTO entry (house_id, register_id, kind, year, number, letter_id, action_office_id, received_at,"
    " registered_at, registered_by, secrecy, channel, action, note, version, void_reason)"
    f" VALUES ({_marks(10)}, 0, 'system', '', '', 1, '') RETURNING id"
)
_HEAD = "SELECT seq, hash FROM chain WHERE house_id = ?"
_HEAD_HELD = f"{_HEAD} FOR UPDATE"
_CHAIN = "UPDATE chain SET seq = ?, hash = ? WHERE house_id = ?"
_EVENT = (
    "INSERT INTO event (house_id, seq, at, person_id, office_id, act, letter_id, body, hash)"
    f" VALUES ({_marks(9)})"
)
