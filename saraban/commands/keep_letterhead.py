"""An administrator keeps what stands on an office's letters whoever writes them."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlalchemy import Connection

from saraban.ids import UploadId
from saraban.letters import Flag, Given, Line, Lines, example
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import blobs, events, tree
from storage.files import Spool
from storage.sql import insert_or_change
from storage.tables import letterhead

WORDS = ("agency", "address", "contact", "signer", "position")


class LetterheadSaid(Given):
    """All of it but the picture; of that, a new one or none, else it stays."""

    model_config = example(address="ถนนตัวอย่าง ตำบลในเมือง\nอำเภอเมืองตัวอย่าง 99000", contact="โทร. 0 4599 9999")

    agency: Line = Field("", description="ชื่อเต็มของหน่วยงาน ตามที่พิมพ์บนหนังสือ")
    address: Lines = Field("", description="ที่ตั้ง ได้หลายบรรทัด: ไม่ระบุ = ของหน่วยงานเจ้าของทะเบียน")
    contact: Lines = Field("", description="โทรศัพท์ ไปรษณีย์อิเล็กทรอนิกส์ บรรทัดละหนึ่งอย่าง")
    signer: Line = Field("", description="ผู้ลงนามโดยปกติ")
    position: Lines = Field("", description="ตำแหน่งของผู้ลงนาม")
    emblem: UploadId | None = Field(None, description="รูปตราครุฑ png หรือ jpg ที่อัปโหลดไว้แล้ว")
    no_emblem: Flag = Field(False, description="เลิกใช้รูปเดิม")


def keep_letterhead(
    office: Office, actor: Actor, code: str, said: LetterheadSaid, emblem: bytes | None = None
) -> None:
    """The emblem as the press has drawn it anew: nothing of the file that came is kept but the picture."""
    actor.must(Act.KEEP_OFFICES)
    now, settings = office.clock(), office.settings
    stored = None
    if emblem is not None:
        with Spool(settings.spool, settings.max_file_bytes, "emblem.png") as spool:
            spool.write(emblem)
            stored = office.files.keep(spool)

    def command(tx: Connection) -> str | None:
        row = tree.own(tx, actor, code)
        values: dict[str, Any] = said.model_dump(include={*WORDS})
        told = {"location" if name == "address" else name: value for name, value in values.items()}
        spare_key = None
        if stored is not None:
            values["blob_id"], spare_key = blobs.keep(tx, stored, "image/png", now)
        elif said.no_emblem:
            values["blob_id"] = None
        if "blob_id" in values:
            told["emblem"] = values["blob_id"] is not None
        values |= {"office_id": row.id, "changed_at": now}
        insert_or_change(tx, letterhead, [values], by=["office_id"], changing=[*values])
        events.record(tx, actor, "set_letterhead", now, office=code, **told)
        return spare_key

    spare_key = office.db.write(command)
    if spare_key is not None:
        office.files.delete(spare_key)
