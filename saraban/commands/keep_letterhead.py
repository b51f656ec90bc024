"""An administrator keeps what stands on an office's letters whoever writes them."""

from __future__ import annotations

from pydantic import Field
from sqlalchemy import Connection

from saraban.commands.keep_made import keep_made
from saraban.fields import Flag, Given, Line, Lines, example
from saraban.ids import UploadId
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import events, tree
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
    now = office.clock()

    def act(tx: Connection, **picture: int | None) -> None:
        row = tree.own(tx, actor, code)
        words = said.model_dump(include={*WORDS})
        values = {**words, **picture, "office_id": row.id, "changed_at": now}
        insert_or_change(tx, letterhead, [values], by=["office_id"], changing=[*values])
        # `address` is in an event where somebody asked from.
        told = {"location" if name == "address" else name: value for name, value in words.items()}
        if picture:
            told["emblem"] = picture["blob_id"] is not None
        events.record(tx, actor, "set_letterhead", now, office=code, **told)

    if emblem is not None:
        keep_made(office, emblem, "image/png", now, lambda tx, blob: act(tx, blob_id=blob))
    else:
        office.db.write(lambda tx: act(tx, **({"blob_id": None} if said.no_emblem else {})))
