"""Can this office serve right now?"""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from saraban.errors import NotReady
from saraban.office import Office
from storage.migrations import is_current


def readiness(office: Office) -> None:
    try:
        current = office.db.read(is_current)
    except SQLAlchemyError as failure:
        raise NotReady(reason="ติดต่อฐานข้อมูลไม่ได้") from failure
    if not current:
        raise NotReady(reason="ฐานข้อมูลไม่ตรงกับรุ่นของโปรแกรม: สั่ง saraban migrate")
    office.files.check()
