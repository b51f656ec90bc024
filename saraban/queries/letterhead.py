"""What stands on an office's letters: its own, and where it has none, that of the office above."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, select

from saraban.commands.keep_letterhead import WORDS
from saraban.errors import Invalid
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import tree
from storage.blobs import STORED, stored_in
from storage.files import Stored
from storage.tables import blob, letterhead, office as offices, upload

MOST_BYTES = 4 * 2**20  # of a picture that comes to be a letterhead's
PICTURES = "ใช้รูป png หรือ jpg ขนาดไม่เกิน 4 เมกะไบต์"


class LetterheadView(BaseModel):
    """As it was set for this office; blank = as the office above has it."""

    agency: str
    address: str
    contact: str
    signer: str
    position: str
    emblem: bool = Field(description="whether it has a picture of its own")


class Found:
    """The letterheads of an office and of those above it whose words it may use, nearest first."""

    def __init__(self, rows: Sequence[Row[Any]]) -> None:
        self.rows = rows

    def get(self, *names: str) -> list[str]:
        """These words from one office: the name and the position of a signer belong together."""
        near = next((row for row in self.rows if getattr(row, names[0])), None)
        return [getattr(near, name) if near is not None else "" for name in names]

    @property
    def emblem(self) -> Stored | None:
        near = next((row for row in self.rows if row.key is not None), None)
        return None if near is None else stored_in(near)


_ROWS = select(letterhead, *STORED).outerjoin(blob, blob.c.id == letterhead.c.blob_id)


def heads_of(db: Connection, office_id: int, *above: int | None) -> Found:
    near = dict.fromkeys(one for one in (office_id, *above) if one is not None)
    rows = {row.office_id: row for row in db.execute(_ROWS.where(letterhead.c.office_id.in_(near)))}
    return Found([rows[one] for one in near if one in rows])


def usual_paper(office: Office, actor: Actor) -> dict[str, str]:
    """What a letter that this actor writes begins with."""
    actor.must(Act.REGISTER)
    found = office.db.read(lambda db: heads_of(db, actor.office_id, actor.house_id))
    signer, position = found.get("signer", "position")
    alone = {name: found.get(name)[0] for name in ("agency", "address", "contact")}
    if not alone["agency"] and actor.house_in_full != actor.house_name:
        alone["agency"] = actor.house_in_full
    owner = "" if actor.office_id == actor.house_id else actor.office_name
    return {**alone, "signer": signer, "position": position, "owner": owner}


def letterhead_view(office: Office, actor: Actor, code: str) -> LetterheadView:
    actor.must(Act.KEEP_OFFICES)
    row, _ = _own(office, actor, code)
    if row is None:
        return LetterheadView(emblem=False, **dict.fromkeys(WORDS, ""))
    return LetterheadView(emblem=row.blob_id is not None, **{name: getattr(row, name) for name in WORDS})


def own_emblem(office: Office, actor: Actor, code: str) -> bytes | None:
    """The picture that stands on this office's letters, its own or the one from above."""
    actor.must(Act.KEEP_OFFICES)
    _, found = _own(office, actor, code)
    return None if found.emblem is None else b"".join(office.files.read(found.emblem))


def _own(office: Office, actor: Actor, code: str) -> tuple[Row[Any] | None, Found]:
    def query(db: Connection) -> tuple[Row[Any] | None, Found]:
        one = tree.own(db, actor, code)
        found = heads_of(db, one.id, one.house_id, one.area_id)
        return next((row for row in found.rows if row.office_id == one.id), None), found

    return office.db.read(query)


def picture_given(office: Office, actor: Actor, upload_id: int) -> bytes:
    """The bytes of an upload of one's own, to be looked into by the press alone."""
    actor.must(Act.KEEP_OFFICES)
    mine = (upload.c.person_id == actor.person_id) & (upload.c.house_id == actor.house_id)
    row = office.db.read(
        lambda db: db.execute(
            select(*STORED, blob.c.content_type)
            .join(upload, upload.c.blob_id == blob.c.id)
            .where(upload.c.id == upload_id, mine, upload.c.expires_at > office.clock())
        ).first()
    )
    if row is None:
        raise Invalid(("emblem", "ไม่พบไฟล์ที่อัปโหลด หรือหมดอายุแล้ว: อัปโหลดใหม่อีกครั้ง"))
    if row.content_type not in ("image/png", "image/jpeg") or row.size > MOST_BYTES:
        raise Invalid(("emblem", PICTURES))
    return b"".join(office.files.read(stored_in(row)))


def emblem_of_letter(db: Connection, office_id: int, house_id: int) -> Stored | None:
    """For a letter of this office: the state emblem of its area serves its schools too."""
    area = db.execute(select(offices.c.area_id).where(offices.c.id == office_id)).scalar()
    return heads_of(db, office_id, house_id, area).emblem


def as_address(office: Office, emblem: Stored | None) -> str | None:
    """The picture itself, for a page that may fetch nothing."""
    if emblem is None:
        return None
    return f"data:image/png;base64,{b64encode(b''.join(office.files.read(emblem))).decode()}"
