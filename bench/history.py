"""Years of letters as plain rows: what the commands would have written, without asking them."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from random import Random
from typing import Any

from bench.subjects import subject
from saraban.numbering import letter_key, letter_no
from saraban.thai.dates import BANGKOK, bangkok_day, buddhist_year
from saraban.thai.text import compact, searchable
from storage.events import beginning

COLUMNS = {
    "letter": "id house_id office_id letter_no letter_key circular dated from_text to_text subject references"
    " enclosures summary urgency secrecy created_at created_by sent_at version",
    "letter_text": "letter_id text from_key to_key",
    "entry": "id house_id register_id kind year number letter_id secrecy channel action note action_office_id"
    " action_person_id received_at registered_at registered_by version void_reason",
    "assignment": "id house_id entry_id office_id instruction state assigned_at assigned_by accepted_at"
    " accepted_by closed_at closed_by note",
    "attachment": "id letter_id position blob_id filename description added_at added_by",
    "dispatch": "id house_id office_id letter_id summary urgency secrecy overdue_at sent_at sent_by"
    " recall_reason",
    "dispatch_attachment": "dispatch_id attachment_id",
    "delivery": "id dispatch_id letter_id sender_id office_id house_id position state priority secrecy"
    " changed changed_at seen_at closed_at closed_by received_at entry_id",
    "receipt": "delivery_id document",
    "event": "house_id seq at person_id office_id act letter_id body hash",
    "register": "id house_id kind year prefix first_number next_number is_open",
}  # fmt: skip
Rows = dict[str, list[tuple[Any, ...]]]
FLUSH = 20_000

_OUTSIDE = (
    "สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน", "สำนักงานปลัดกระทรวงศึกษาธิการ", "ศาลากลางจังหวัด", "สำนักงานคลังจังหวัด",
    "สำนักงานศึกษาธิการจังหวัด", "องค์การบริหารส่วนจังหวัด", "สำนักงานสาธารณสุขจังหวัด", "สถานีตำรวจภูธร",
    "มหาวิทยาลัยราชภัฏ", "สหกรณ์ออมทรัพย์ครู", "สำนักงานส่งเสริมการปกครองท้องถิ่น", "ที่ว่าการอำเภอ",
)  # fmt: skip
EVERY_SCHOOL = "ผู้อำนวยการโรงเรียนทุกโรงเรียน"
MINUTE, DAY = 60_000, 86_400_000


@dataclass
class Seat:
    """An office with whoever works there, and the books of its house."""

    id: int
    code: str
    name: str
    person_id: int
    person_name: str
    prefix: str = ""
    # How long it takes them to acknowledge; the same for every letter, so that their books are in order.
    delay: int = 0


@dataclass
class Plan:
    """What one house wrote, received and sent to its schools in each of some years."""

    house: Seat
    groups: Sequence[Seat]
    schools: Sequence[Seat]
    years: int
    outgoing: int
    incoming: int
    sendings: int


@dataclass
class Stored:
    """A file that is in the store."""

    blob_id: int
    filename: str
    sha256: str
    size: int


@dataclass
class Chain:
    house_id: int
    seq: int
    hash: bytes


@dataclass
class History:
    now: datetime
    sign: Callable[[bytes], bytes]
    key_id: str
    files: Sequence[Stored]
    chains: dict[int, Chain]
    write: Callable[[str, list[tuple[Any, ...]]], None]
    rows: Rows = field(default_factory=lambda: defaultdict(list))
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    # The id of a book and the last number it gave, by house, kind and year.
    books: dict[tuple[int, str, int], list[Any]] = field(default_factory=dict)
    chance: Random = field(default_factory=lambda: Random(2569))

    def tell(self, plan: Plan) -> None:
        this_year = buddhist_year(self.now)
        for year in range(this_year - plan.years + 1, this_year + 1):
            self._year(plan, year)

    def finish(self) -> None:
        this_year = buddhist_year(self.now)
        for (house_id, kind, year), (number, register_id, prefix) in self.books.items():
            self.rows["register"].append(
                (register_id, house_id, kind, year, prefix, 1, number + 1, int(year == this_year))
            )
        self._flush()

    def _flush(self) -> None:
        for table, rows in self.rows.items():
            self.write(table, rows)
            rows.clear()

    def _next(self, table: str) -> int:
        self.counts[table] += 1
        return self.counts[table]

    def _number(self, house: Seat, kind: str, year: int) -> tuple[int, int]:
        """The book, and its next number."""
        book = self.books.get((house.id, kind, year))
        if book is None:
            prefix = "" if kind == "incoming" else house.prefix
            book = self.books[house.id, kind, year] = [0, self._next("register"), prefix]
        book[0] += 1
        return book[1], book[0]

    # -- a year of one house ------------------------------------------------------------------------

    def _year(self, plan: Plan, year: int) -> None:
        begins = _milliseconds(datetime(year - 543, 1, 1, 8, tzinfo=BANGKOK))
        ends = min(_milliseconds(datetime(year - 542, 1, 1, tzinfo=BANGKOK)), _milliseconds(self.now))
        ends = max(ends - 2 * MINUTE, begins + 1)
        kinds = ["outgoing"] * plan.outgoing + ["incoming"] * plan.incoming
        self.chance.shuffle(kinds)
        every = plan.outgoing // plan.sendings if plan.sendings else plan.outgoing + 1
        written = 0
        for at, kind in zip(_moments(begins, ends, len(kinds)), kinds, strict=True):
            if kind == "incoming":
                self._incoming(plan, year, at)
            else:
                written += 1
                to_all = written % every == 0 and written // every <= plan.sendings
                self._outgoing(plan, year, at, to_all)
            if sum(map(len, self.rows.values())) > FLUSH:
                self._flush()

    def _incoming(self, plan: Plan, year: int, at: int) -> None:
        chance, house, group = self.chance, plan.house, self.chance.choice(plan.groups)
        if plan.schools and chance.random() < 0.6:
            school = chance.choice(plan.schools)
            sender = f"โรงเรียน{school.name}"
            printed = f"{house.prefix[:-1]}.{school.id % 400:03}/{chance.randrange(1, 900)}"
        else:
            sender = chance.choice(_OUTSIDE)
            printed = letter_no(
                f"ศธ {4000 + chance.randrange(300):05}/", chance.randrange(9000), chance.random() < 0.5
            )
        book = self._number(house, "incoming", year)
        letter_id = self._letter(house, house, at, printed, sender, house.name, year=year)
        entry_id = self._entry(
            house, group, book, "incoming", year, letter_id, at, channel="paper", received=at
        )
        if chance.random() < 0.3:
            self._attach(letter_id, house.person_id, at, 1)
        closed, closer = (_text(at + 30 * MINUTE), group.person_id) if at < self._recent else (None, None)
        assignment_id = self._next("assignment")
        self.rows["assignment"].append((
            assignment_id, house.id, entry_id, group.id, "เพื่อดำเนินการ", "done" if closed else "open",
            _text(at), house.person_id, closed, closer, closed, closer, "",
        ))  # fmt: skip
        about = f'{{"assignment":{assignment_id},"entry":{entry_id}}}'
        self._event(house.id, house, _text(at), "assign", letter_id, about)

    def _outgoing(self, plan: Plan, year: int, at: int, to_all: bool) -> None:
        house, group = plan.house, self.chance.choice(plan.groups)
        book = self._number(house, "outgoing", year)
        printed = letter_no(house.prefix, book[1], to_all)
        # One in two hundred of what stays here is secret: its lines are masked in every list.
        secrecy = int(not to_all and self.chance.random() < 0.005)
        urgency = self.chance.choices(range(4), (60, 25, 10, 5))[0]
        sent_at = _text(at + MINUTE) if to_all else None
        to_text = EVERY_SCHOOL if to_all else self.chance.choice(_OUTSIDE)
        letter_id = self._letter(
            house, group, at, printed, house.name, to_text, year=year, circular=to_all, urgency=urgency,
            secrecy=secrecy, sent_at=sent_at,
        )  # fmt: skip
        self._entry(house, group, book, "outgoing", year, letter_id, at, secrecy=secrecy)
        if to_all:
            attached = self._attach(letter_id, group.person_id, at, 1 + (book[1] % 3 == 0))
            told = _Told(printed, _day(at), group, self.files[: len(attached)], self.key_id)
            self._send(plan, group, letter_id, told, at + MINUTE, attached, urgency)

    @property
    def _recent(self) -> int:
        return _milliseconds(self.now) - 3 * DAY

    # -- one row of each table ----------------------------------------------------------------------

    def _letter(
        self, house: Seat, by: Seat, at: int, printed: str, from_text: str, to_text: str, *, year: int,
        circular: bool = False, urgency: int = 0, secrecy: int = 0, sent_at: str | None = None,
    ) -> int:  # fmt: skip
        letter_id, key, about = self._next("letter"), letter_key(printed), subject(self.chance, year)
        refers = '["หนังสือสำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน"]' if letter_id % 4 == 0 else "[]"
        self.rows["letter"].append((
            letter_id, house.id, by.id, printed, key, int(circular), _day(at), from_text, to_text, about,
            refers, "[]", "", urgency, secrecy, _text(at), by.person_id, sent_at, 1,
        ))  # fmt: skip
        text = searchable(about, from_text, to_text, "", number=key)
        self.rows["letter_text"].append((letter_id, text, _compact(from_text), _compact(to_text)))
        return letter_id

    def _entry(
        self, house: Seat, by: Seat, book: tuple[int, int], kind: str, year: int, letter_id: int, at: int, *,
        channel: str = "system", received: int | None = None, secrecy: int = 0,
    ) -> int:  # fmt: skip
        register_id, number = book
        entry_id, moment = self._next("entry"), _text(at)
        writer = house if kind == "incoming" else by
        self.rows["entry"].append((
            entry_id, house.id, register_id, kind, year, number, letter_id, secrecy, channel, "", "",
            by.id, None, None if received is None else _text(received), moment, writer.person_id, 1, "",
        ))  # fmt: skip
        about = f'{{"entry":{entry_id},"number":{number},"year":{year}}}'
        self._event(house.id, writer, moment, f"register_{kind}", letter_id, about)
        return entry_id

    def _attach(self, letter_id: int, person_id: int, at: int, count: int) -> list[int]:
        ids = []
        for position, file in enumerate(self.files[:count], start=1):
            ids.append(attachment_id := self._next("attachment"))
            self.rows["attachment"].append((
                attachment_id, letter_id, position, file.blob_id, file.filename, "เอกสารแนบ", _text(at),
                person_id,
            ))  # fmt: skip
        return ids

    def _event(self, house_id: int, by: Seat, at: str, act: str, letter_id: int, about: str) -> None:
        """The body is what `storage.events.canonical` makes, which is too slow for millions."""
        body = (
            f'{{"about":{about},"act":"{act}","at":"{at[:10]}T{at[11:]}+00:00","letter":{letter_id},'
            f'"office":{by.id},"person":{by.person_id}}}'
        )
        chain = self.chains.get(house_id)
        if chain is None:
            chain = self.chains[house_id] = Chain(house_id, 0, beginning(house_id))
        chain.seq += 1
        chain.hash = hashlib.sha256(chain.hash + body.encode()).digest()
        self.rows["event"].append(
            (house_id, chain.seq, at, by.person_id, by.id, act, letter_id, body, chain.hash)
        )

    # -- a sending, and what the schools make of it -------------------------------------------------

    def _send(
        self, plan: Plan, by: Seat, letter_id: int, told: _Told, at: int, attached: list[int], urgency: int
    ) -> None:
        dispatch_id, moment, house = self._next("dispatch"), _text(at), plan.house
        self.rows["dispatch"].append((
            dispatch_id, house.id, by.id, letter_id, "", urgency, 0, _text(at + 3 * DAY), moment,
            by.person_id, "",
        ))  # fmt: skip
        self.rows["dispatch_attachment"] += [(dispatch_id, each) for each in attached]
        about = f'{{"dispatch":{dispatch_id},"recipients":{len(plan.schools)}}}'
        self._event(house.id, by, moment, "send", letter_id, about)
        now = _milliseconds(self.now)
        for position, school in enumerate(plan.schools, start=1):
            delivery_id, acknowledged_at = self._next("delivery"), at + school.delay
            row = (delivery_id, dispatch_id, letter_id, house.id, school.id, school.id, position)
            if acknowledged_at >= now or self.chance.random() < 0.05:
                self.rows["delivery"].append(
                    (*row, "waiting", urgency, 0, at, moment, None, None, None, None, None)
                )
                continue
            then = _text(acknowledged_at)
            entry_id, number, year = self._acknowledge(school, letter_id, delivery_id, acknowledged_at, then)
            self.rows["delivery"].append(
                (
                    *row,
                    "acknowledged",
                    urgency,
                    0,
                    acknowledged_at,
                    then,
                    then,
                    then,
                    school.person_id,
                    then,
                    entry_id,
                )
            )
            self.rows["receipt"].append(
                (delivery_id, told.receipt(delivery_id, school, number, year, then, self.sign))
            )

    def _acknowledge(
        self, school: Seat, letter_id: int, delivery_id: int, at: int, then: str
    ) -> tuple[int, int, int]:
        year = _year_of(at)
        register_id, number = self._number(school, "incoming", year)
        entry_id = self._next("entry")
        self.rows["entry"].append((
            entry_id, school.id, register_id, "incoming", year, number, letter_id, 0, "system", "", "",
            school.id, None, then, then, school.person_id, 1, "",
        ))  # fmt: skip
        about = f'{{"delivery":{delivery_id},"number":{number}}}'
        self._event(school.id, school, then, "acknowledge", letter_id, about)
        return entry_id, number, year


class _Told:
    """The parts of a receipt that one sending's share, in the two ways in which they are written."""

    def __init__(self, printed: str, dated: str, sender: Seat, stored: Sequence[Stored], key_id: str) -> None:
        letter = {"letter_no": printed, "dated": dated, "sender": {"code": sender.code, "name": sender.name}}
        self.head = [_inner(letter, each) for each in _WAYS]
        files = [{"filename": file.filename, "sha256": file.sha256, "size": file.size} for file in stored]
        self.files = [_inner({"files": files}, each) for each in _WAYS]
        self.key_id = key_id

    def receipt(
        self,
        delivery_id: int,
        school: Seat,
        number: int,
        year: int,
        then: str,
        sign: Callable[[bytes], bytes],
    ) -> str:
        at = f"{then[:10]}T{then[11:]}Z"
        signed, kept = (
            f'{{"delivery"{colon}"D{delivery_id}"{comma}{head}{comma}{receiver}{comma}{files}{comma}"number"{colon}'
            f'{number}{comma}"year"{colon}{year}{comma}{person}{comma}"acknowledged_at"{colon}"{at}"{comma}'
            f'"received_at"{colon}"{at}"}}'
            for (comma, colon), head, files, (receiver, person) in zip(
                _WAYS,
                self.head,
                self.files,
                _named(school.code, school.name, school.person_name),
                strict=True,
            )
        )
        signature = sign(signed.encode()).hex()
        return f'{{"receipt": {kept}, "key_id": "{self.key_id}", "signature": "{signature}"}}'


# What is signed is compact JSON, what is kept is plain: the same facts, with other separators.
_WAYS = ((",", ":"), (", ", ": "))


def _inner(facts: dict[str, Any], separators: tuple[str, str]) -> str:
    return json.dumps(facts, ensure_ascii=False, separators=separators)[1:-1]


@cache
def _named(code: str, name: str, person: str) -> list[tuple[str, str]]:
    receiver = {"receiver": {"code": code, "name": name}}
    return [(_inner(receiver, each), _inner({"person": person}, each)) for each in _WAYS]


# -- time, as milliseconds and as SQLite keeps it ---------------------------------------------------------


_EPOCH = datetime(1970, 1, 1)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _text(at: int) -> str:
    return (_EPOCH + timedelta(milliseconds=at)).isoformat(" ", "microseconds")


def _day(at: int) -> str:
    return bangkok_day(datetime.fromtimestamp(at / 1000, UTC)).isoformat()


def _year_of(at: int) -> int:
    """The Buddhist year in Bangkok, seven hours ahead."""
    return (_EPOCH + timedelta(milliseconds=at, hours=7)).year + 543


def _moments(begins: int, ends: int, count: int) -> Iterator[int]:
    step = (ends - begins) / max(count, 1)
    return (begins + int(step * (each + 0.5)) for each in range(count))


_compact = lru_cache(maxsize=50_000)(compact)
