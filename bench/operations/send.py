"""Sending: to 252 schools with files, from the form to the last row; to every school of the country."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from statistics import mean, median
from uuid import uuid4

from bench.bodies import MIB, File, files, post_form, post_json
from bench.hand import Hand, Moment
from bench.house import House, closing_of
from bench.lines import TURNS, Line, by_turns
from bench.memory import watching

SCALES = ("year", "country")
SUBJECT, TO = "ขอเชิญประชุมผู้บริหารสถานศึกษา", "ผู้อำนวยการโรงเรียนทุกโรงเรียน"
BY_HAND = "files hashed and synced, rows by hand"


def measure(house: House) -> Iterator[Line]:
    yield from (_to_the_country if house.scale == "country" else _to_an_area)(house)


def _to_an_area(house: House) -> Iterator[Line]:
    hand, folder = Hand(house), house.settings.data / "files"
    os.sync()  # the copied database is no business of the first who waits for the disk
    # A made database is full to the brim: the first sending splits every page it comes to.
    _ours(house, "clerk1", ())
    send_by_hand(hand, folder, ())
    for named, count, size, times, mark in (
        ("no file", 0, 0, 8, None),
        ("one file of 1 MB", 1, MIB, 8, 1.5),
        ("five files of 20 MB", 5, 20 * MIB, 1, 2.0),
    ):
        ours, by_hand = by_turns(
            lambda c=count, s=size, t=times: _each(house, t, lambda: _ours(house, "clerk1", files(c, s))),
            lambda c=count, s=size, t=times: _each(house, t, lambda: send_by_hand(hand, folder, files(c, s))),
            rounds=TURNS,
        )
        yield Line(
            f"register and send to 252 schools, {named}", house.engine, house.scale, "ms", ours, by_hand,
            at_most=mark, floor_is=BY_HAND,
        )  # fmt: skip
    hand.close()


def _each(house: House, times: int, way: Callable[[], float]) -> float:
    """One way, so often in a row, from an empty log to an empty log: on SQLite whoever fills it next would
    otherwise do what the others have left to do."""
    if house.engine != "sqlite":
        return mean(way() for _ in range(times))
    with closing_of(house.bare()) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        lasted = sum(way() for _ in range(times))
        began = time.perf_counter()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (lasted + 1000 * (time.perf_counter() - began)) / times


def _ours(house: House, username: str, attached: Sequence[File]) -> float:
    began = time.perf_counter()
    _send(house, username, _letter(house, username, attached))
    return 1000 * (time.perf_counter() - began)


def _letter(house: House, username: str, attached: Sequence[File]) -> str:
    fields = {"subject": SUBJECT, "dated": date.today().isoformat(), "to_text": TO}
    return str(post_form(house.base_url, "/api/v1/outgoing", house.key(username), fields, attached)["id"])


def _send(house: House, username: str, letter: str) -> int:
    path = f"/api/v1/letters/{letter}/dispatches"
    return int(post_json(house.base_url, path, house.key(username), {"to": {"everyone": True}})["recipients"])


def _to_the_country(house: House) -> Iterator[Line]:
    """The root sends to every school; a clerk of an area goes on registering meanwhile."""
    hand, more, waits = Hand(house, "root"), [], []

    def ours() -> float:
        letter = _letter(house, "root", ())
        with watching(house.server.pid) as memory, _Clerk(house) as clerk:
            began = time.perf_counter()
            assert _send(house, "root", letter) > 30_000 or house.area.startswith("99")
            lasted = 1000 * (time.perf_counter() - began)
        more.append(memory.more)
        waits.append(max(clerk.took) - median(clerk.took))
        return lasted

    lasted, by_hand = by_turns(ours, lambda: _fan_out_by_hand(hand), rounds=TURNS)
    hand.close()
    told = {"engine": house.engine, "scale": house.scale}
    yield Line(
        "send to 30,808 schools", ours=lasted, floor=by_hand, unit="ms", at_most=1.5,
        floor_is="INSERT … SELECT by hand", **told,
    )  # fmt: skip
    yield Line("send to 30,808 schools, memory", ours=more, unit="MiB more", at_most=128, **told)
    yield Line(
        "send to 30,808 schools, another clerk waits longer by", ours=waits, floor=lasted,
        unit="ms", at_most=1.0, floor_is="the sending itself", **told,
    )  # fmt: skip


class _Clerk:
    """Somebody else, who registers one letter after the other and minds how long each takes."""

    def __init__(self, house: House) -> None:
        self.house, self.over = house, threading.Event()
        self.took: list[float] = []
        self.thread = threading.Thread(target=self._work)

    def __enter__(self) -> _Clerk:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _work(self) -> None:
        body = {"subject": SUBJECT, "dated": date.today().isoformat(), "to_text": TO}
        while not self.over.is_set():
            began = time.perf_counter()
            post_json(self.house.base_url, "/api/v1/outgoing", self.house.key("clerk2"), body)
            self.took.append(1000 * (time.perf_counter() - began))


# -- the floor --------------------------------------------------------------------------------------------


def send_by_hand(hand: Hand, folder: Path, attached: Sequence[File]) -> float:
    began = time.perf_counter()
    kept = [keep(folder, file) for file in attached]
    with hand.transaction() as now:
        letter = hand.register(now, SUBJECT, TO)
        ids = [_attach(hand, now, letter, place, *one) for place, one in enumerate(kept, start=1)]
    _dispatch(hand, letter, ids)
    return 1000 * (time.perf_counter() - began)


def _fan_out_by_hand(hand: Hand) -> float:
    with hand.transaction() as now:
        letter = hand.register(now, SUBJECT, TO)
    began = time.perf_counter()
    _dispatch(hand, letter, [])
    return 1000 * (time.perf_counter() - began)


def _dispatch(hand: Hand, letter: int, attachments: Sequence[int]) -> None:
    with hand.transaction() as now:
        (dispatch,) = hand.one(
            _DISPATCH, hand.house_id, hand.office_id, letter, "", 0, 0, now.at, now.at, hand.person_id, ""
        )
        for each in attachments:
            hand.execute("INSERT INTO dispatch_attachment VALUES (?, ?)", dispatch, each)
        everyone = _SCHOOLS if hand.prefix else _ALL_SCHOOLS
        sent = hand.execute(
            _FAN_OUT + everyone, dispatch, letter, hand.house_id, hand.changed(), now.at,
            *([hand.house_id] if hand.prefix else []),
        ).rowcount  # fmt: skip
        hand.execute("UPDATE letter SET sent_at = ? WHERE id = ?", now.at, letter)
        about = f'{{"dispatch":{dispatch},"recipients":{sent}}}'
        hand.event(now, hand.house_id, hand.person_id, hand.office_id, "send", letter, about)


def keep(folder: Path, file: File) -> tuple[File, str, str, bytes]:
    """A file in the folder, hashed as a whole and by the MiB, on disk before anything names it."""
    whole, blocks, key = hashlib.sha256(), bytearray(), f"bench-{uuid4().hex}"
    target = folder / "be" / "nc" / key
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb", buffering=0) as out:
        for at in range(0, len(file.content), MIB):
            piece = memoryview(file.content)[at : at + MIB]
            whole.update(piece)
            blocks += hashlib.sha256(piece).digest()
            out.write(piece)
        os.fsync(out.fileno())
    for each in (target.parent, target.parent.parent, folder):
        handle = os.open(each, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    return file, whole.hexdigest(), key, bytes(blocks)


def _attach(
    hand: Hand, now: Moment, letter: int, place: int, file: File, sha256: str, key: str, blocks: bytes
) -> int:
    (blob,) = hand.one(_BLOB, sha256, key, len(file.content), "application/pdf", blocks, now.at)
    hand.execute(_UPLOAD, blob, hand.house_id, hand.person_id, file.name, now.at, now.at, now.at)
    return int(hand.one(_ATTACHMENT, letter, place, blob, file.name, "", now.at, hand.person_id)[0])


_DISPATCH = (
    "INSERT INTO dispatch (house_id, office_id, letter_id, summary, urgency, secrecy, overdue_at,"
    " sent_at, sent_by,"
    " recall_reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_FAN_OUT = (
    "INSERT INTO delivery (dispatch_id, letter_id, sender_id, state, priority, secrecy, changed,"
    " changed_at, office_id,"
    " house_id, position) SELECT ?, ?, ?, 'waiting', 0, 0, ?, ?, id, house_id, row_number() OVER"
    " (ORDER BY sort_key, id)"
    " FROM office WHERE kind = 'school' AND is_open"
)
_SCHOOLS, _ALL_SCHOOLS = " AND area_id = ?", ""
_BLOB = (
    "INSERT INTO blob (sha256, key, size, content_type, blocks, created_at) VALUES (?, ?, ?, ?,"
    " ?, ?) RETURNING id"
)
_UPLOAD = (
    "INSERT INTO upload (blob_id, house_id, person_id, filename, created_at, expires_at, used_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_ATTACHMENT = (
    "INSERT INTO attachment (letter_id, position, blob_id, filename, description, added_at, added_by)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
