"""Acknowledging: the delivery moves on, the school's own number, line, signed receipt, event."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench import pgbench
from bench.hand import Hand, Moment
from bench.house import House, closing_of
from bench.lines import Line, by_turns
from bench.load import Request
from saraban.thai.dates import buddhist_year

SCALES = ("year",)
CLIENTS = 32
EACH = {"sqlite": 32, "postgresql": 16}  # of each client, a round
ALONE = 100


@dataclass
class Waiting:
    """A letter that waits at a school."""

    delivery_id: int
    school: str


def measure(house: House) -> Iterator[Line]:
    pile = Pile(house)
    floor = RawLoop(house) if house.engine == "sqlite" else OneStatement(house)
    many = CLIENTS * EACH[house.engine]

    def ours(waiting: Sequence[Waiting], clients: int) -> float:
        return house.load([acknowledging(house, one) for one in waiting], clients).rate

    apart, together, by_hand = by_turns(
        lambda: ours(pile.apart(many), CLIENTS),
        lambda: ours(pile.together(many), CLIENTS),
        lambda: floor.rate(pile.apart(many), CLIENTS),
    )
    alone, alone_by_hand = by_turns(
        lambda: ours(pile.apart(ALONE), 1), lambda: floor.rate(pile.apart(ALONE), 1)
    )
    told = {"engine": house.engine, "scale": house.scale, "unit": "acknowledged/s"}
    yield Line(
        "acknowledge, 1 school", ours=alone, floor=alone_by_hand, at_least=0.6, floor_is=floor.IS, **told
    )
    yield Line("acknowledge, 32 schools", ours=apart, floor=by_hand, at_least=0.6, floor_is=floor.IS, **told)
    yield Line(
        "acknowledge, 32 schools, all the same sending", ours=together, floor=apart, at_least=0.8,
        floor_is="ours, each another sending", **told,
    )  # fmt: skip
    again = pile.again(many)
    before = _written(house)
    house.load([acknowledging(house, one) for one in again], CLIENTS)
    yield Line(
        "acknowledge again: events and changes",
        house.engine,
        house.scale,
        "rows",
        [_written(house) - before],
        at_most=0,
    )


def acknowledging(house: House, one: Waiting) -> Request:
    path = f"/api/v1/deliveries/D{one.delivery_id}/acknowledge"
    return Request("POST", path, house.key(f"s{one.school}"), {})


def _written(house: House) -> int:
    return int(house.one("SELECT sum(seq) FROM chain")) + int(
        house.one("SELECT sum(next_number) FROM register")
    )


class Pile:
    """Letters sent to every school, handed out so that each is acknowledged once."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.sent = [self._send() for _ in range(CLIENTS)]
        self.taken = 0

    def apart(self, count: int) -> list[Waiting]:
        """Neighbours in time are of different sendings, and of different schools."""
        first, self.taken = self.taken, self.taken + count
        return [self._place(at) for at in range(first, self.taken)]

    def _place(self, at: int) -> Waiting:
        sending = self.sent[at % CLIENTS]
        return sending[(at // CLIENTS + at % CLIENTS) % len(sending)]

    def again(self, count: int) -> list[Waiting]:
        return [self._place(at) for at in range(count)]

    def together(self, count: int) -> list[Waiting]:
        """Neighbours in time are of the same sending."""
        whole: list[Waiting] = []
        while len(whole) < count:
            whole += self._send()
        return whole[:count]

    def _send(self) -> list[Waiting]:
        with self.house.client("clerk1") as clerk:
            body = {"subject": "ขอเชิญประชุม", "dated": date.today().isoformat(), "to_text": "ทุกโรงเรียน"}
            letter = clerk.post("/outgoing", json=body).raise_for_status().json()["id"]
            sent = clerk.post(
                f"/letters/{letter}/dispatches", json={"to": {"everyone": True}}
            ).raise_for_status()
        query = (
            "SELECT d.id, o.code FROM delivery d JOIN office o ON o.id = d.office_id WHERE d.dispatch_id = "
            f"{int(sent.json()['id'][1:])} ORDER BY d.position"
        )
        with closing_of(self.house.bare()) as db:
            return [Waiting(*row) for row in db.execute(query).fetchall()]


class RawLoop:
    """One connection, one commit an acknowledgement, one after the other."""

    IS = "sqlite3, one commit each"

    def __init__(self, house: House) -> None:
        self.house = house
        self.key = Ed25519PrivateKey.generate()

    def rate(self, waiting: Sequence[Waiting], _clients: int) -> float:
        hand = Hand(self.house)
        began = time.perf_counter()
        for one in waiting:
            with hand.transaction() as now:
                self.acknowledge(hand, now, one.delivery_id)
        lasted = time.perf_counter() - began
        hand.close()
        return len(waiting) / lasted

    def acknowledge(self, hand: Hand, now: Moment, delivery_id: int) -> None:
        changed = hand.changed()
        told = hand.one(_FACTS, delivery_id)
        house, office, letter, dispatch, person, name, printed, dated, sender, called, code, school = told
        register_id, number = hand.take(now, house, "incoming")
        entry_id = hand.line(now, house, register_id, "incoming", number, letter, office, person)
        if hand.execute(_MOVE, changed, now.at, now.at, person, now.at, entry_id, delivery_id).rowcount != 1:
            raise RuntimeError("it did not wait")
        facts = {
            "delivery": f"D{delivery_id}", "letter_no": printed, "dated": dated,
            "sender": {"code": sender, "name": called}, "receiver": {"code": code, "name": school},
            "files": [
                {"filename": row[0], "sha256": row[1], "size": row[2]}
                for row in hand.execute(_FILES, dispatch).fetchall()
            ],
            "number": number, "year": now.year, "person": name, "acknowledged_at": now.iso,
            "received_at": now.iso,
        }  # fmt: skip
        signed = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
        document = {"receipt": facts, "key_id": "0" * 16, "signature": self.key.sign(signed).hex()}
        hand.execute(_RECEIPT, delivery_id, json.dumps(document, ensure_ascii=False))
        about = f'{{"delivery":{delivery_id},"number":{number}}}'
        hand.event(now, house, person, office, "acknowledge", letter, about)


_FACTS = """
    SELECT d.house_id, d.office_id, d.letter_id, d.dispatch_id, p.id, p.name, l.letter_no, l.dated,
        s.code, s.name, o.code, o.name
    FROM delivery d JOIN dispatch w ON w.id = d.dispatch_id JOIN letter l ON l.id = d.letter_id
    JOIN office s ON s.id = w.office_id JOIN office o ON o.id = d.office_id
    JOIN membership m ON m.office_id = o.id JOIN person p ON p.id = m.person_id
    WHERE d.id = ?
"""
_FILES = """
    SELECT a.filename, b.sha256, b.size FROM dispatch_attachment t JOIN attachment a ON a.id = t.attachment_id
    JOIN blob b ON b.id = a.blob_id WHERE t.dispatch_id = ? ORDER BY a.position
"""
_RECEIPT = "INSERT INTO receipt (delivery_id, document) VALUES (?, ?)"
_MOVE = (
    "UPDATE delivery SET state = 'acknowledged', changed = ?, changed_at = ?, closed_at = ?, closed_by = ?,"
    " received_at = ?, entry_id = ? WHERE id = ? AND state = 'waiting'"
)


class OneStatement:
    """All rows of an acknowledgement in one statement, by pgbench, which does not even sign."""

    IS = "pgbench, one statement each"

    def __init__(self, house: House) -> None:
        self.house = house

    def rate(self, waiting: Sequence[Waiting], clients: int) -> float:
        each = len(waiting) // clients
        turns = [(at % clients * each + at // clients, one.delivery_id) for at, one in enumerate(waiting)]
        with closing_of(self.house.bare()) as db, db.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS turn")
            cursor.execute("CREATE TABLE turn (n int PRIMARY KEY, delivery_id bigint)")
            cursor.executemany("INSERT INTO turn VALUES (%s, %s)", turns)
        year = buddhist_year(datetime.now(UTC))
        script = f"\\set n :client_id * {each} + :turn\n\\set turn :turn + 1\n" + " ".join(_STATEMENT.split())
        return pgbench.transactions(
            self.house.database, script.replace("YEAR", str(year)), clients, each=each
        )


# A school acknowledges, whose house, office and only person it is.
_STATEMENT = """
    WITH facts AS (
        SELECT d.id, d.house_id, d.office_id, d.letter_id, d.dispatch_id, p.id AS person_id, p.name AS person,
            l.letter_no, l.dated, s.code AS sender, s.name AS called, o.code AS school, o.name
        FROM turn JOIN delivery d ON d.id = turn.delivery_id JOIN dispatch w ON w.id = d.dispatch_id
        JOIN letter l ON l.id = d.letter_id JOIN office s ON s.id = w.office_id JOIN office o ON o.id =
            d.office_id
        JOIN membership m ON m.office_id = o.id JOIN person p ON p.id = m.person_id
        WHERE n = :n
    ), taken AS (
        UPDATE register SET next_number = next_number + 1 FROM facts
        WHERE register.house_id = facts.house_id AND kind = 'incoming' AND year = YEAR AND is_open
        RETURNING register.id, next_number - 1 AS number
    ), line AS (
        INSERT INTO entry (house_id, register_id, kind, year, number, letter_id, secrecy, channel,
            action, note,
            action_office_id, received_at, registered_at, registered_by, version, void_reason)
        SELECT house_id, taken.id, 'incoming', YEAR, number, letter_id, 0, 'system', '', '', office_id,
            now(), now(),
            person_id, 1, '' FROM facts, taken RETURNING id, number
    ), moved AS (
        UPDATE delivery SET state = 'acknowledged', changed = (SELECT base FROM tick) +
            pg_current_xact_id()::text::bigint,
            changed_at = now(), closed_at = now(), closed_by = person_id, received_at = now(), entry_id =
                line.id
        FROM facts, line WHERE delivery.id = facts.id AND state = 'waiting' RETURNING delivery.id
    ), kept AS (
        INSERT INTO receipt (delivery_id, document)
        SELECT moved.id, json_build_object('receipt', json_build_object(
            'delivery', 'D' || moved.id, 'letter_no', letter_no, 'dated', dated, 'sender',
            json_build_object('code', sender, 'name', called), 'receiver', json_build_object('code',
                school, 'name', name),
            'files', (
                SELECT coalesce(json_agg(json_build_object('filename', filename, 'sha256', sha256,
                    'size', size)), '[]')
                FROM dispatch_attachment t JOIN attachment a ON a.id = t.attachment_id JOIN blob b ON
                    b.id = a.blob_id
                WHERE t.dispatch_id = facts.dispatch_id
            ), 'number', number, 'year', YEAR, 'person', person, 'acknowledged_at', now(), 'received_at',
                now()
        ), 'key_id', repeat('0', 16), 'signature', repeat('0', 128))
        FROM moved, facts, line
    ), told AS (
        SELECT house_id, person_id, office_id, letter_id, format(
            '{"about":{"delivery":%s,"number":%s},"act":"acknowledge","at":"%s","letter":%s,"office":%s,"person":%s}',
            facts.id, number, to_char(now() AT TIME ZONE 'UTC',
                'YYYY-MM-DD"T"HH24":"MI":"SS.US"+00:00"'), letter_id,
            office_id, person_id
        ) AS body FROM facts, line
    ), head AS (
        UPDATE chain SET seq = seq + 1, hash = sha256(hash || convert_to(body, 'UTF8')) FROM told
        WHERE chain.house_id = told.house_id RETURNING seq, hash, told.*
    )
    INSERT INTO event (house_id, seq, at, person_id, office_id, act, letter_id, body, hash)
    SELECT house_id, seq, now(), person_id, office_id, 'acknowledge', letter_id, body, hash FROM head;
"""
