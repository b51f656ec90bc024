"""A little of everything that an office leaves behind: what a check reads and a backup carries."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import make_url, select

from saraban.commands.acknowledge import Acknowledged, Acknowledging, acknowledge
from saraban.commands.create_root import create_root
from saraban.commands.enter_letter import Registered
from saraban.commands.keep_upload import Uploaded, keep_upload
from saraban.commands.register_incoming import register_incoming
from saraban.commands.register_outgoing import register_outgoing
from saraban.commands.send_letter import NewDispatch, send_letter
from saraban.commands.void_entry import void_entry
from saraban.letters import FileGiven, NewIncoming, NewOutgoing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.settings import Settings
from storage.files import Spool
from storage.files.store import path_of
from storage.tables import blob, delivery
from tests import world
from tests.documents import PDF
from tests.s3 import S3Server

MIB = 2**20


@dataclass
class History:
    office: Office
    clerk: Actor
    school: Actor
    sent: Registered
    based_on: Registered
    acknowledged: Acknowledged


def live_through(office: Office) -> History:
    """A number voided, a letter of two files sent to two schools: received at one, waiting at the other."""
    create_root(office)
    world.three_offices(office)
    clerk, school = world.person(office), world.person(office, world.SCHOOL, "clerk")
    files = [
        upload(office, clerk, "หนังสือ.pdf", PDF),
        upload(office, clerk, "ยาว.pdf", PDF.ljust(2 * MIB + 9, b" ")),
    ]
    sent = register(
        office, clerk, files=[FileGiven(upload=each.id) for each in files], references=["หนังสือเดิม"]
    )
    to = NewDispatch.model_validate({"to": {"offices": [world.SCHOOL, world.OTHER_SCHOOL]}})
    dispatch = send_letter(office, clerk, sent.id, to)
    void_entry(office, clerk, register(office, clerk).entry, "ออกเลขซ้ำ")
    arrived = NewIncoming(
        subject="ขอเชิญประชุม", dated=office.clock().date(), letter_no="ตย 0017/8", from_text="จังหวัดตัวอย่าง"
    )
    incoming = register_incoming(office, clerk, arrived)
    based_on = register(office, clerk, based_on=incoming.id, circular=True)
    number = _delivered(office, dispatch.id, school)
    return History(
        office, clerk, school, sent, based_on, acknowledge(office, school, number, Acknowledging())
    )


def register(office: Office, clerk: Actor, subject: str = "รายงานข้อมูลนักเรียน", **said: Any) -> Registered:
    dated = office.clock().date()
    new = NewOutgoing(subject=subject, dated=dated, to_text="ผู้อำนวยการโรงเรียน", **said)
    return register_outgoing(office, clerk, new)


def upload(office: Office, actor: Actor, name: str, content: bytes) -> Uploaded:
    with Spool(office.settings.spool, office.settings.max_file_bytes) as spool:
        spool.write(content)
        return keep_upload(office, actor, spool, name)


def _delivered(office: Office, dispatch_id: int, receiver: Actor) -> int:
    query = select(delivery.c.id).where(
        delivery.c.dispatch_id == dispatch_id, delivery.c.house_id == receiver.house_id
    )
    return int(office.db.read(lambda db: db.execute(query).scalar_one()))


# -- behind the office's back ----------------------------------------------------------------------------


def tamper(settings: Settings, statement: str) -> int:
    """What somebody with the database in their hands could do: no rule and no foreign key forbids it."""
    with _unguarded(settings) as connection:
        return connection.execute(statement).rowcount


@contextmanager
def _unguarded(settings: Settings) -> Iterator[Any]:
    if settings.database_url:
        with psycopg.connect(settings.database_url) as server:
            server.execute("SET session_replication_role = replica")
            yield server
        return
    file = sqlite3.connect(str(make_url(settings.database).database))
    try:
        yield file
        file.commit()
    finally:
        file.close()


def keys_of_files(office: Office) -> list[str]:
    return list(office.db.read(lambda db: db.execute(select(blob.c.key).order_by(blob.c.id))).scalars())


class Shelf:
    """The place where the bytes really are, past the store under test."""

    def __init__(self, settings: Settings, s3: S3Server | None) -> None:
        self.folder = None if settings.files_url else settings.data / "files"
        self.place = (settings.files_url or "").removeprefix("s3://")
        self.s3 = s3

    def read(self, key: str) -> bytes:
        if self.folder is not None:
            return (self.folder / path_of(key)).read_bytes()
        assert self.s3 is not None
        return self.s3.request("GET", f"/{self.place}/{path_of(key)}")

    def write(self, key: str, content: bytes) -> None:
        if self.folder is not None:
            path = self.folder / path_of(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        else:
            assert self.s3 is not None
            self.s3.request("PUT", f"/{self.place}/{path_of(key)}", content)

    def remove(self, key: str) -> None:
        if self.folder is not None:
            (self.folder / path_of(key)).unlink()
        else:
            assert self.s3 is not None
            self.s3.request("DELETE", f"/{self.place}/{path_of(key)}")
