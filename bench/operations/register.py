"""Registering an outgoing letter: number, letter, words, line, event. 1, 8 and 32 clerks at once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from bench import pgbench
from bench.cast import CLERKS
from bench.house import House, closing_of
from bench.lines import Line, by_turns
from bench.load import Request
from bench.pgbench import quoted
from saraban.thai.dates import buddhist_year
from saraban.thai.text import compact, searchable

SCALES = ("year", "decade")
SECONDS = 3
SUBJECT = "ขอเชิญประชุมผู้บริหารสถานศึกษา ครั้งที่ 3/2569 ณ ห้องประชุมหนองบัว"
TO = "ผู้อำนวยการโรงเรียนทุกโรงเรียน"
MARK = {"sqlite": 0.60, "postgresql": 0.70}


def measure(house: House) -> Iterator[Line]:
    floor = RawLoop(house) if house.engine == "sqlite" else OneStatement(house)
    for clients in (1, 8, 32):
        slowest: list[float] = []

        def ours(clients: int = clients, slowest: list[float] = slowest) -> float:
            got = house.load(letters(house), clients, SECONDS)
            slowest.append(got.p99)
            return got.rate

        by_us, by_hand = by_turns(ours, lambda clients=clients: floor.rate(clients))
        named = f"register, {clients} clerk{'s' * (clients > 1)}"
        mark = MARK[house.engine] if clients == CLERKS else None
        yield Line(named, house.engine, house.scale, "letters/s", by_us, by_hand, at_least=mark, floor_is=floor.IS)
        yield Line(
            f"{named}, p99", house.engine, house.scale, "ms", slowest, at_most=100 if clients == CLERKS else None
        )


def letters(house: House) -> list[Request]:
    body = {"subject": SUBJECT, "dated": date.today().isoformat(), "to_text": TO}
    return [
        Request("POST", "/api/v1/outgoing", house.key(f"clerk{n}"), body) for n in range(1, CLERKS + 1)
    ]


class _Known:
    """Who writes in which book: what our requests find out by their key."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.year = buddhist_year(datetime.now(UTC))
        ask = house.one
        self.house_id = int(ask("SELECT id FROM office WHERE code = ?", house.area))
        self.name = str(ask("SELECT name FROM office WHERE id = ?", self.house_id))
        self.person_id = int(ask("SELECT id FROM person WHERE username = ?", "clerk1"))
        self.office_id = int(ask("SELECT office_id FROM membership WHERE person_id = ?", self.person_id))


class RawLoop(_Known):
    """One connection, one commit a letter, one letter after the other."""

    IS = "sqlite3, one commit a letter"

    def rate(self, _clients: int) -> float:
        with closing_of(self.house.bare()) as db:
            count, began = 0, time.perf_counter()
            while (lasted := time.perf_counter() - began) < SECONDS:
                self.register(db)
                count += 1
        return count / lasted

    def register(self, db: Any) -> None:
        now = datetime.now(UTC)
        at, today = now.replace(tzinfo=None).isoformat(" ", "microseconds"), now.date().isoformat()
        who, where, house = self.person_id, self.office_id, self.house_id
        db.execute("BEGIN IMMEDIATE")
        register_id, number, prefix = db.execute(_TAKE, (house, self.year)).fetchone()
        printed = f"{prefix}{number}"
        key = printed.replace(" ", "")
        (letter_id,) = db.execute(
            _LETTER, (house, where, printed, key, 0, today, self.name, TO, SUBJECT, "[]", "[]", "", 0, 0, at, who, 1)
        ).fetchone()
        text = searchable(key, SUBJECT, self.name, TO, "")
        db.execute("INSERT INTO letter_text VALUES (?, ?, ?, ?)", (letter_id, text, compact(self.name), compact(TO)))
        (entry_id,) = db.execute(
            _ENTRY, (house, register_id, self.year, number, letter_id, 0, "", "", where, at, who, 1, "")
        ).fetchone()
        body = (
            f'{{"about":{{"entry":{entry_id},"number":{number},"year":{self.year}}},"act":"register_outgoing",'
            f'"at":"{now.isoformat(timespec="microseconds")}","letter":{letter_id},"office":{where},"person":{who}}}'
        )
        seq, last = db.execute("SELECT seq, hash FROM chain WHERE house_id = ?", (house,)).fetchone()
        chained = hashlib.sha256(last + body.encode()).digest()
        db.execute("UPDATE chain SET seq = ?, hash = ? WHERE house_id = ?", (seq + 1, chained, house))
        db.execute(_EVENT, (house, seq + 1, at, who, where, letter_id, body, chained))
        db.execute("COMMIT")


_TAKE = (
    "UPDATE register SET next_number = next_number + 1 WHERE house_id = ? AND kind = 'outgoing' AND year = ? AND is_open"
    " RETURNING id, next_number - 1, prefix"
)
_LETTER = (
    'INSERT INTO letter (house_id, office_id, letter_no, letter_key, circular, dated, from_text, to_text, subject,'
    ' "references", enclosures, summary, urgency, secrecy, created_at, created_by, version)'
    f" VALUES ({', '.join('?' * 17)}) RETURNING id"
)
_ENTRY = (
    "INSERT INTO entry (house_id, register_id, kind, year, number, letter_id, secrecy, channel, action, note,"
    " action_office_id, registered_at, registered_by, version, void_reason)"
    " VALUES (?, ?, 'outgoing', ?, ?, ?, ?, 'system', ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_EVENT = (
    "INSERT INTO event (house_id, seq, at, person_id, office_id, act, letter_id, body, hash)"
    " VALUES (?, ?, ?, ?, ?, 'register_outgoing', ?, ?, ?)"
)


class OneStatement(_Known):
    """All rows of a letter in one statement, by pgbench over as many connections as serve it best."""

    IS = "pgbench, one statement a letter"
    CONNECTIONS = 8  # a hot row: more connections than these only wait for each other

    def rate(self, clients: int) -> float:
        connections = min(clients, self.CONNECTIONS)
        return pgbench.transactions(self.house.database, self.script(), connections, seconds=SECONDS)

    def script(self) -> str:
        who, where, house, year = self.person_id, self.office_id, self.house_id, self.year
        text = searchable("", SUBJECT, self.name, TO, "")
        return " ".join(f"""
            WITH taken AS (
                UPDATE register SET next_number = next_number + 1
                WHERE house_id = {house} AND kind = 'outgoing' AND year = {year} AND is_open
                RETURNING id, next_number - 1 AS number, prefix || (next_number - 1) AS printed
            ), letter AS (
                INSERT INTO letter (house_id, office_id, letter_no, letter_key, circular, dated, from_text, to_text,
                    subject, "references", enclosures, summary, urgency, secrecy, created_at, created_by, version)
                SELECT {house}, {where}, printed, replace(printed, ' ', ''), false, current_date, {quoted(self.name)},
                    {quoted(TO)}, {quoted(SUBJECT)}, '[]', '[]', '', 0, 0, now(), {who}, 1 FROM taken
                RETURNING id, letter_key
            ), words AS (
                INSERT INTO letter_text (letter_id, text, from_key, to_key)
                SELECT id, letter_key || {quoted(' ' + text.strip())}, {quoted(compact(self.name))}, {quoted(compact(TO))}
                FROM letter
            ), line AS (
                INSERT INTO entry (house_id, register_id, kind, year, number, letter_id, secrecy, channel, action, note,
                    action_office_id, registered_at, registered_by, version, void_reason)
                SELECT {house}, taken.id, 'outgoing', {year}, number, letter.id, 0, 'system', '', '', {where}, now(),
                    {who}, 1, '' FROM taken, letter RETURNING id, letter_id, number
            ), told AS (
                SELECT letter_id, format(
                    '{{"about":{{"entry":%s,"number":%s,"year":{year}}},"act":"register_outgoing","at":"%s","letter":%s,"office":{where},"person":{who}}}', id, number,
                    to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24":"MI":"SS.US"+00:00"'), letter_id
                ) AS body FROM line
            ), head AS (
                UPDATE chain SET seq = seq + 1, hash = sha256(hash || convert_to(body, 'UTF8')) FROM told
                WHERE house_id = {house} RETURNING seq, hash, body, letter_id
            )
            INSERT INTO event (house_id, seq, at, person_id, office_id, act, letter_id, body, hash)
            SELECT {house}, seq, now(), {who}, {where}, 'register_outgoing', letter_id, body, hash FROM head;
        """.split())
