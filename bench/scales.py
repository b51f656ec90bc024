"""Databases of a size: `python -m bench.scales year|decade|country FOLDER|postgresql://…`.

Letters go around the commands, a million rows in seconds, and yet leave a database that `saraban check` finds
nothing wrong with. SQLite is made first; PostgreSQL is filled with the same rows.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import select

from bench import cast
from bench.history import COLUMNS, DAY, MINUTE, Chain, History, Plan, Seat, Stored
from bench.moving import copy_to_postgres
from saraban.app import create_office
from saraban.commands.keep_upload import keep_upload
from saraban.office import Office
from saraban.queries.who_is_asking import WHO, actor_of
from saraban.settings import Settings
from storage import files
from storage.database import migrate
from storage.tables import blob, person

BENCH = Path(__file__).parent
CACHE = BENCH.parent / "build" / "bench"
# What a made database depends on: changed, it is made anew.
SOURCES = (
    *(BENCH / name for name in ("scales.py", "history.py", "cast.py", "subjects.py", "moving.py")),
    *sorted((BENCH.parent / "storage" / "migrations" / "versions").glob("*.py")),
)


@dataclass(frozen=True)
class Scale:
    """How many letters a year, of which so many went to every school, in the area that is measured."""

    years: int
    outgoing: int
    incoming: int
    sendings: int
    schools: int | None = 252
    # What every other area, and the root, wrote: outgoing, incoming, sent to all schools below.
    others: tuple[int, int, int] = (0, 0, 0)
    root: tuple[int, int, int] = (0, 0, 0)


SCALES = {
    "toy": Scale(2, 9, 12, 3, schools=4),
    "year": Scale(1, 5_000, 27_000, 2_000),
    "decade": Scale(10, 5_000, 27_000, 2_000),
    "country": Scale(3, 5_000, 27_000, 10, None, others=(700, 3_300, 5), root=(4_000, 0, 3)),
}


def made(name: str) -> Path:
    """The data folder of a scale on SQLite, made at the first asking."""
    folder = CACHE / f"{name}-{fingerprint()}"
    if not folder.exists():
        for former in CACHE.glob(f"{name}-*"):
            shutil.rmtree(former)
        draft = folder.with_suffix(".draft")
        print(f"making {folder}", file=sys.stderr)
        build(SCALES[name], draft)
        draft.rename(folder)
    return folder


def fingerprint() -> str:
    sources = hashlib.sha256()
    for path in SOURCES:
        sources.update(path.read_bytes())
    sources.update(str(cast.PUBLIC.is_dir()).encode())
    return sources.hexdigest()[:12]


def build(scale: Scale, folder: Path, now: datetime | None = None) -> None:
    """A migrated data folder with the scale's offices, people, files and letters."""
    now = now or datetime.now(UTC)
    began = now - timedelta(days=366 * scale.years)
    settings = Settings(data=folder)
    folder.mkdir(parents=True)
    migrate(settings.database)
    office = create_office(settings, clock=lambda: began)
    try:
        cast.hire(office, scale.schools)
        stored = _files(office)
    finally:
        office.close()
    key = load_pem_private_key((folder / "keys" / "signing.pem").read_bytes(), password=None)
    with _loading(folder / "saraban.db") as db:
        chains = {row[0]: Chain(*row) for row in db.execute("SELECT house_id, seq, hash FROM chain")}
        history = History(
            now=now,
            sign=key.sign,  # type: ignore[union-attr,call-arg,arg-type]
            key_id=db.execute("SELECT key_id FROM signing_key").fetchone()[0],
            files=stored,
            chains=chains,
            write=lambda table, rows: _insert(db, table, rows),
        )
        for plan in _plans(db, scale):
            history.tell(plan)
        history.finish()
        heads = [(each.house_id, each.seq, each.hash) for each in history.chains.values()]
        db.executemany("INSERT OR REPLACE INTO chain (house_id, seq, hash) VALUES (?, ?, ?)", heads)
        db.execute("UPDATE tick SET base = ?", (int(now.timestamp() * 1000),))


def _files(office: Office) -> list[Stored]:
    """Two small files, really in the store."""
    who = WHO.where(person.c.username == f"registrar{cast.own_area()}")
    actor = actor_of(office.db.read(lambda db: db.execute(who).one()))
    kept = []
    for name in ("หนังสือนำส่ง.pdf", "แบบตอบรับ.pdf"):
        with files.Spool(office.settings.spool, office.settings.max_file_bytes) as spool:
            spool.write(b"%PDF-1.4\n% " + name.encode() * 20 + b"\n%%EOF\n")
            kept.append(keep_upload(office, actor, spool, name))
    blobs = dict(office.db.read(lambda db: db.execute(select(blob.c.sha256, blob.c.id)).all()))
    return [Stored(blobs[one.sha256], one.filename, one.sha256, one.size) for one in kept]


def _plans(db: sqlite3.Connection, scale: Scale) -> Iterator[Plan]:
    seats, chance = _seats(db), Random(41)
    by_area: dict[int, list[Seat]] = {}
    everyone = []
    for area_id, seat in seats["school"]:
        seat.delay = int(5 * MINUTE + 2 * DAY * chance.random() ** 3)
        by_area.setdefault(area_id, []).append(seat)
        everyone.append(seat)
    groups: dict[int, list[Seat]] = {}
    for area_id, seat in seats["group"]:
        groups.setdefault(area_id, []).append(seat)
    for _, root in seats["root"]:
        if scale.root[0]:
            yield Plan(root, [root], everyone, 1, *scale.root)
    for area_id, area in seats["area"]:
        own = area.code == cast.own_area()
        size = (scale.outgoing, scale.incoming, scale.sendings) if own else scale.others
        yield Plan(area, groups[area_id], by_area[area_id], scale.years if own else 1, *size)


def _seats(db: sqlite3.Connection) -> dict[str, list[tuple[int, Seat]]]:
    """The offices where somebody works, by kind."""
    seats: dict[str, list[tuple[int, Seat]]] = {"root": [], "area": [], "group": [], "school": []}
    for kind, area_id, *told in db.execute(_SEATS):
        seats[kind].append((area_id, Seat(*told)))
    return seats


_SEATS = """
    SELECT o.kind, o.area_id, o.id, o.code, o.name, min(p.id), p.name, o.prefix
    FROM office o JOIN membership m ON m.office_id = o.id JOIN person p ON p.id = m.person_id
    WHERE NOT p.is_program GROUP BY o.id ORDER BY o.sort_key, o.id
"""


@contextmanager
def _loading(path: Path) -> Iterator[sqlite3.Connection]:
    """The fastest way in: nothing is synced, indexes are made at the end."""
    db = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "cache_size = -400000",
            "temp_store = MEMORY",
        ):
            db.execute(f"PRAGMA {pragma}")
        indexes = db.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            db.execute(f'DROP INDEX "{name}"')
        db.execute("BEGIN")
        yield db
        db.execute("COMMIT")
        for _, sql in indexes:
            db.execute(sql)
        db.execute("PRAGMA journal_mode = WAL")
    finally:
        db.close()


def _insert(db: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    names = COLUMNS[table].split()
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    db.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', rows)


def main(name: str, target: str) -> None:
    began = time.monotonic()
    source = made(name)
    if target.startswith("postgresql:"):
        copy_to_postgres(source / "saraban.db", target)
    else:
        shutil.copytree(source, target)
    print(f"{name}: {target}, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
