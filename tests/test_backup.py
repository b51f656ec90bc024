"""Backup and restore: everything comes back, on the same engine or the other, or nothing does."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import select

from saraban.app import create_office
from saraban.commands.acknowledge import Acknowledging, acknowledge
from saraban.commands.back_up import back_up
from saraban.commands.create_root import create_root, operator
from saraban.commands.restore import restore
from saraban.errors import BackupDamaged, FileDamaged, NotEmpty
from saraban.office import Office
from saraban.queries.check import check
from saraban.queries.who_is_asking import who_is_asking
from saraban.receipts import verify
from saraban.settings import Settings
from storage import dump, feed, signing_keys
from storage.database import migrate
from storage.tables import blob, delivery, event, metadata, signing_key, tick
from tests import world
from tests.conftest import Clock
from tests.history import History, Shelf, keys_of_files, live_through, register, tamper


@pytest.fixture
def history(office: Office) -> History:
    return live_through(office)


@pytest.fixture
def backup(history: History, tmp_path: Path) -> Path:
    path = tmp_path / "backup.tar"
    back_up(history.office, path)
    return path


@pytest.fixture(params=["to SQLite", "to PostgreSQL"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Office]:
    """An empty office on a machine of its own."""
    data = tmp_path / "elsewhere"
    if request.param == "to SQLite":
        with opened(Settings(data=data), clock) as office:
            yield office
        return
    server: psycopg.Connection = request.getfixturevalue("server")
    name = f"elsewhere_{os.getpid()}_{id(request)}"
    server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    url = request.getfixturevalue("server_url").replace("/postgres?", f"/{name}?")
    try:
        with opened(Settings(data=data, database_url=url), clock) as office:
            yield office
    finally:
        server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def opened(settings: Settings, clock: Clock) -> Iterator[Office]:
    migrate(settings.database)
    office = create_office(settings, clock)
    create_root(office)
    try:
        yield office
    finally:
        office.close()


def rows(office: Office) -> dict[str, list[Any]]:
    """Every row that a backup carries, but for where its files are, and what a restore itself writes."""
    told = office.db.snapshot(lambda tx: {table: list(dump.rows(tx, table)) for table in dump.tables()})
    for row in told[blob]:
        del row["key"]
    del told[tick], told[signing_key]
    return {table.name: found for table, found in told.items()}


# -- everything comes back -------------------------------------------------------------------------------


def test_an_office_comes_back_on_either_engine(history: History, backup: Path, elsewhere: Office) -> None:
    copied = restore(elsewhere, backup)
    before, after = rows(history.office), rows(elsewhere)
    assert copied.files == 2
    # Only the operator's chain has grown: by the restore itself.
    (added,) = [row for row in after["event"] if row not in before["event"]]
    assert (added["act"], added["person_id"]) == ("restore", operator(elsewhere).person_id)
    assert [row for row in after["event"] if row != added] == before["event"]
    del before["event"], after["event"], before["chain"], after["chain"]
    assert after == before
    assert check(elsewhere).sound


def test_an_office_goes_on_where_it_was(history: History, backup: Path, elsewhere: Office) -> None:
    restore(elsewhere, backup)
    clerk = who_is_asking(elsewhere, world.key_for(elsewhere, history.clerk))
    following = register(elsewhere, clerk, based_on=history.sent.id)
    assert following.number == history.based_on.number + 1
    assert following.id > history.based_on.id
    assert [file.sha256 for file in following.attachments] == [
        file.sha256 for file in history.sent.attachments
    ]
    assert check(elsewhere).sound


def test_a_waiting_delivery_can_be_acknowledged_after_the_move(
    history: History, backup: Path, elsewhere: Office
) -> None:
    restore(elsewhere, backup)
    waiting = select(delivery.c.id).where(delivery.c.state == "waiting")
    number = elsewhere.db.read(lambda tx: tx.execute(waiting).scalar_one())
    other = world.person(elsewhere, world.OTHER_SCHOOL, "clerk")
    received = acknowledge(elsewhere, other, number, Acknowledging())
    assert (received.number, received.receipt["key_id"]) == (1, elsewhere.signer.key_id)
    assert elsewhere.signer.key_id != history.office.signer.key_id
    assert check(elsewhere).sound


def test_an_old_receipt_verifies_with_the_keys_of_the_new_machine(
    history: History, backup: Path, elsewhere: Office
) -> None:
    restore(elsewhere, backup)
    document = json.dumps(history.acknowledged.receipt, ensure_ascii=False).encode()
    assert verify(document, elsewhere.db.read(signing_keys.all_keys))["number"] == history.acknowledged.number


def test_whoever_follows_along_misses_no_change_after_a_restore(
    history: History, backup: Path, elsewhere: Office
) -> None:
    """A follower has seen changes that were made after the backup, and stands ahead of it."""
    newest = select(delivery.c.changed).order_by(delivery.c.changed.desc()).limit(1)
    other = world.person(history.office, world.OTHER_SCHOOL, "clerk")
    waiting = select(delivery.c.id).where(delivery.c.state == "waiting")
    number = history.office.db.read(lambda tx: tx.execute(waiting).scalar_one())
    acknowledge(history.office, other, number, Acknowledging())
    place = history.office.db.read(lambda tx: tx.execute(newest).scalar_one())
    restore(elsewhere, backup)
    again = world.person(elsewhere, world.OTHER_SCHOOL, "clerk")
    acknowledge(elsewhere, again, number, Acknowledging())
    assert elsewhere.db.read(lambda tx: tx.execute(newest).scalar_one()) > place


def test_a_backup_is_of_one_moment_while_the_office_works(
    history: History, tmp_path: Path, elsewhere: Office
) -> None:
    begun, enough = threading.Event(), threading.Event()

    def work() -> None:
        while not enough.is_set():
            register(history.office, history.clerk)
            begun.set()

    working = [threading.Thread(target=work) for _ in range(3)]
    for thread in working:
        thread.start()
    try:
        assert begun.wait(30)
        back_up(history.office, tmp_path / "busy.tar")
    finally:
        enough.set()
        for thread in working:
            thread.join()
    restore(elsewhere, tmp_path / "busy.tar")
    report = check(elsewhere)
    assert report.sound
    assert 5 < report.counted["entries"] < check(history.office).counted["entries"]


def test_every_table_is_carried_but_what_passes_by_itself() -> None:
    left_out = {table.name for table in metadata.sorted_tables} - {table.name for table in dump.tables()}
    assert left_out == {"upload", "session", "draft", "printout"}


# -- the file --------------------------------------------------------------------------------------------


def test_a_backup_is_for_its_owner_only(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_a_backup_holds_no_private_key(history: History, backup: Path) -> None:
    pem = (history.office.settings.data / "keys" / "signing.pem").read_bytes()
    secret = pem.splitlines()[1]
    with tarfile.open(backup) as tar:
        for member in tar:
            content = tar.extractfile(member)
            assert content is not None
            read = content.read()
            if member.name.endswith(".gz"):
                read = gzip.decompress(read)
            assert b"PRIVATE KEY" not in read
            assert secret not in read


def test_a_backup_with_a_damaged_file_is_refused_and_the_last_one_stays(
    history: History, backup: Path, settings: Settings, request: pytest.FixtureRequest
) -> None:
    last = backup.read_bytes()
    shelf = Shelf(settings, request.getfixturevalue("s3") if settings.files_url else None)
    shelf.write(keys_of_files(history.office)[0], b"something else")
    with pytest.raises(FileDamaged):
        back_up(history.office, backup)
    assert backup.read_bytes() == last
    assert [path.name for path in backup.parent.iterdir() if path.name.startswith(".")] == []


def test_a_backup_checks_the_whole_of_a_file_and_not_only_its_blocks(
    history: History, tmp_path: Path, settings: Settings
) -> None:
    tamper(settings, f"UPDATE blob SET sha256 = '{'0' * 64}' WHERE id = 1")
    with pytest.raises(FileDamaged):
        back_up(history.office, tmp_path / "damaged.tar")
    assert not (tmp_path / "damaged.tar").exists()


# -- or nothing does -------------------------------------------------------------------------------------


def test_an_office_with_letters_is_never_overwritten(history: History, backup: Path) -> None:
    register(history.office, history.clerk)
    before = rows(history.office)
    with pytest.raises(NotEmpty):
        restore(history.office, backup)
    assert rows(history.office) == before


def test_an_office_with_a_single_added_person_is_not_empty(office: Office, backup: Path) -> None:
    with pytest.raises(NotEmpty):
        restore(office, backup)


Change = Callable[[str, bytes], tuple[str, bytes] | None]


def rewritten(backup: Path, change: Change) -> None:
    """The same tar with some members changed, or left out."""
    with tarfile.open(backup) as tar:
        members = [(member.name, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    with tarfile.open(backup, "w") as tar:
        for each in members:
            if (changed := change(*each)) is not None:
                name, content = changed
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))


def _flip(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def _older(manifest: bytes) -> bytes:
    return json.dumps({**json.loads(manifest), "revision": "0000", "saraban": "0.1"}).encode()


DAMAGES: dict[str, Change] = {
    "a byte of a table": lambda n, c: (n, _flip(c, 40) if n == "tables/letter.jsonl.gz" else c),
    "a byte of a file": lambda n, c: (n, _flip(c, 40) if n.startswith("files/") else c),
    "a byte of the last file": lambda n, c: (n, _flip(c, len(c) - 1) if len(c) > 2**21 else c),
    "a shorter file": lambda n, c: (n, c[:-1] if n.startswith("files/") else c),
    "a longer file": lambda n, c: (n, c + b"\n" if n.startswith("files/") else c),
    "a table left out": lambda n, c: None if n == "tables/entry.jsonl.gz" else (n, c),
    "a file left out": lambda n, c: None if n.startswith("files/") else (n, c),
    "no manifest": lambda n, c: None if n == "manifest.json" else (n, c),
    "an unreadable manifest": lambda n, c: (n, c[:50] if n == "manifest.json" else c),
    "another version": lambda n, c: (n, _older(c) if n == "manifest.json" else c),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_of_a_damaged_backup_nothing_is_restored(small: Path, clock: Clock, damage: str) -> None:
    rewritten(small, DAMAGES[damage])
    _nothing_is_restored(small, clock)


@pytest.mark.parametrize("kept", [0, 100, 5000, -20_000])
def test_of_a_backup_that_was_cut_short_nothing_is_restored(small: Path, clock: Clock, kept: int) -> None:
    small.write_bytes(small.read_bytes()[:kept])
    _nothing_is_restored(small, clock)


@pytest.fixture
def small(embedded: Settings, clock: Clock, tmp_path: Path) -> Path:
    """A backup that is read the same whatever the engine."""
    backup = tmp_path / "backup.tar"
    with opened(embedded, clock) as office:
        live_through(office)
        back_up(office, backup)
    return backup


def _nothing_is_restored(backup: Path, clock: Clock) -> None:
    with opened(Settings(data=backup.parent / "elsewhere"), clock) as office:
        before = rows(office)
        with pytest.raises(BackupDamaged):
            restore(office, backup)
        assert rows(office) == before
        assert list(office.files.listing()) == []
        assert list(office.settings.spool.iterdir()) == []


def test_a_failure_in_the_last_step_leaves_nothing_behind(
    history: History, backup: Path, elsewhere: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise ConnectionError("the database went away when everything else had been done")

    monkeypatch.setattr(feed, "leap", gone)
    with pytest.raises(ConnectionError):
        restore(elsewhere, backup)
    assert list(elsewhere.files.listing()) == []
    assert elsewhere.db.read(lambda tx: tx.execute(select(event.c.act)).scalars().all()) == ["create_office"]
