"""Registering an outgoing letter: number, letter, words, line, event. 1, 8 and 32 clerks at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from bench import pgbench
from bench.cast import CLERKS
from bench.hand import Hand
from bench.house import House
from bench.lines import Line, by_turns
from bench.load import Request
from bench.pgbench import quoted
from saraban.thai.dates import buddhist_year
from saraban.thai.text import compact, searchable

SCALES = ("year", "decade")
SECONDS = 2
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
        yield Line(
            named, house.engine, house.scale, "letters/s", by_us, by_hand, at_least=mark, floor_is=floor.IS
        )
        yield Line(
            f"{named}, p99",
            house.engine,
            house.scale,
            "ms",
            slowest,
            at_most=100 if clients == CLERKS else None,
        )


def letters(house: House) -> list[Request]:
    body = {"subject": SUBJECT, "dated": date.today().isoformat(), "to_text": TO}
    return [Request("POST", "/api/v1/outgoing", house.key(f"clerk{n}"), body) for n in range(1, CLERKS + 1)]


def across(lines: Sequence[Line]) -> Iterator[Line]:
    """As fast after ten years as after one."""
    for engine in ("sqlite", "postgresql"):
        named = (f"register, {CLERKS} clerks", engine)
        found = {line.scale: line.ours for line in lines if (line.operation, line.engine) == named}
        if found.keys() >= {"year", "decade"}:
            yield Line(
                f"register, {CLERKS} clerks, beside 1 year", engine, "decade", "letters/s", found["decade"],
                found["year"], at_least=0.9, floor_is="ours at 1 year",
            )  # fmt: skip


class RawLoop:
    """One connection, one commit a letter, one letter after the other."""

    IS = "sqlite3, one commit a letter"

    def __init__(self, house: House) -> None:
        self.house = house

    def rate(self, _clients: int) -> float:
        hand = Hand(self.house)
        count, began = 0, time.perf_counter()
        while (lasted := time.perf_counter() - began) < SECONDS:
            with hand.transaction() as now:
                hand.register(now, SUBJECT, TO)
            count += 1
        hand.close()
        return count / lasted


class OneStatement:
    """All rows of a letter in one statement, by pgbench over as many connections as serve it best."""

    IS = "pgbench, one statement a letter"
    CONNECTIONS = 8  # a hot row: more connections than these only wait for each other

    def __init__(self, house: House) -> None:
        self.house = house

    def rate(self, clients: int) -> float:
        connections = min(clients, self.CONNECTIONS)
        return pgbench.transactions(self.house.database, self.script(), connections, seconds=SECONDS)

    def script(self) -> str:
        hand, year = Hand(self.house), buddhist_year(datetime.now(UTC))
        hand.close()
        who, where, house, name = hand.person_id, hand.office_id, hand.house_id, hand.house_name
        text = searchable("", SUBJECT, name, TO, "")
        return " ".join(
            f"""
            WITH taken AS (
                UPDATE register SET next_number = next_number + 1
                WHERE house_id = {house} AND kind = 'outgoing' AND year = {year} AND is_open
                RETURNING id, next_number - 1 AS number, prefix || (next_number - 1) AS printed
            ), letter AS (
                INSERT INTO letter (house_id, office_id, letter_no, letter_key, circular, dated,
                    from_text, to_text,
                    subject, "references", enclosures, summary, urgency, secrecy, created_at, created_by,
                        version)
                SELECT {house}, {where}, printed, replace(printed, ' ', ''), false, current_date,
                    {quoted(name)},
                    {quoted(TO)}, {quoted(SUBJECT)}, '[]', '[]', '', 0, 0, now(), {who}, 1 FROM taken
                RETURNING id, letter_key
            ), words AS (
                INSERT INTO letter_text (letter_id, text, from_key, to_key)
                SELECT id, letter_key || {quoted(" " + text.strip())}, {quoted(compact(name))},
                    {quoted(compact(TO))}
                FROM letter
            ), line AS (
                INSERT INTO entry (house_id, register_id, kind, year, number, letter_id, secrecy,
                    channel, action, note,
                    action_office_id, registered_at, registered_by, version, void_reason)
                SELECT {house}, taken.id, 'outgoing', {year}, number, letter.id, 0, 'system', '', '',
                    {where}, now(),
                    {who}, 1, '' FROM taken, letter RETURNING id, letter_id, number
            ), told AS (
                SELECT letter_id, format(
                    '{{"about":{{"entry":%s,"number":%s,"year":{year}}},'
                    || '"act":"register_outgoing","at":"%s","letter":%s,"office":{where},"person":{who}}}',
                    id, number,
                    to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24":"MI":"SS.US"+00:00"'), letter_id
                ) AS body FROM line
            ), head AS (
                UPDATE chain SET seq = seq + 1, hash = sha256(hash || convert_to(body, 'UTF8')) FROM told
                WHERE house_id = {house} RETURNING seq, hash, body, letter_id
            )
            INSERT INTO event (house_id, seq, at, person_id, office_id, act, letter_id, body, hash)
            SELECT {house}, seq, now(), {who}, {where}, 'register_outgoing', letter_id, body, hash FROM head;
        """.split()
        )
