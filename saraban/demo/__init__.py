"""An area office that does not exist, with letters in every state: to look at, to try the API on."""

from __future__ import annotations

import os
import secrets
from functools import partial
from pathlib import Path

from sqlalchemy import exists, select

from saraban.commands.change_password import give_password
from saraban.commands.create_root import operator
from saraban.commands.import_offices import import_offices, import_schools
from saraban.commands.import_people import import_people
from saraban.commands.keep_keys import add_key
from saraban.commands.keep_letterhead import LetterheadSaid, keep_letterhead
from saraban.demo.cast import AREA, area_rows, school_rows, seats
from saraban.demo.stories import Stories
from saraban.errors import NotEmpty, NotReady
from saraban.office import Office
from storage import tree
from storage.offices import by_code, person_by_username
from storage.tables import key, office as offices

# Who is introduced, and what they are in Thai.
SHOWN = {
    "registrar": "สารบรรณกลาง",
    "clerk2": "ธุรการกลุ่ม",
    "head2": "ผู้อำนวยการกลุ่ม",
    "officer2": "เจ้าของเรื่อง",
    "secret": "นายทะเบียนหนังสือลับ",
    "director": "ผู้อำนวยการเขต",
    "admin": "ผู้ดูแลระบบ",
    "school1": "ธุรการโรงเรียน",
    "principal1": "ผู้อำนวยการโรงเรียน",
    "obec": "สารบรรณ สพฐ.",
}


LETTERHEAD = LetterheadSaid(
    agency="สำนักงานเขตพื้นที่การศึกษาประถมศึกษาตัวอย่าง เขต 1",
    address="99/9 ถนนตัวอย่าง ตำบลตัวอย่าง\nอำเภอเมืองตัวอย่าง จังหวัดตัวอย่าง 99000",
    contact="โทร. 0 4599 9999\nไปรษณีย์อิเล็กทรอนิกส์ saraban@example.go.th",
    signer="นายวิชัย ใจตัวอย่าง",
    position="ผู้อำนวยการสำนักงานเขตพื้นที่การศึกษาประถมศึกษาตัวอย่าง เขต 1",
)
PASSWORD = "password"
_KEYS = select(exists(select(key.c.id)))  # the last thing that is made


def fill(office: Office) -> bool:
    """Fill an empty office; one that is filled already stays as it is, and a real one is refused."""
    if office.db.read(lambda db: by_code(db, AREA)) is not None:
        if not office.db.read(lambda db: db.execute(_KEYS).scalar_one()):
            raise NotReady(reason="การเตรียมสำนักงานตัวอย่างหยุดกลางคัน: ลบโฟลเดอร์ข้อมูลแล้วสั่งใหม่")
        return False
    others = select(exists(select(1).where(offices.c.kind != tree.ROOT)))
    if office.db.read(lambda db: db.execute(others).scalar_one()):
        raise NotEmpty()
    import_offices(office, area_rows(), with_groups=True)
    import_schools(office, school_rows())
    import_people(office, [one.row() for one in seats().values()])
    keep_letterhead(office, operator(office), AREA, LETTERHEAD)
    Stories(office).tell()
    _keep_keys(office)
    return True


def _keep_keys(office: Office) -> None:
    """A password for all, and a key each for their programs: a file keeps them, the database only hashes."""
    actor = operator(office)
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    lines = [f"{PASSWORD}\t{password}\n"]
    for username in SHOWN:
        seat = seats()[username]
        person_id = office.db.read(partial(person_by_username, username=username))
        give_password(office, actor, person_id, password)
        made = add_key(
            office,
            office_code=seat.office_code,
            role=seat.role,
            clearance=seat.clearance,
            name=f"โปรแกรมของ {seat.name}",
        )
        lines.append(f"{username}\t{made.secret}\n")
    with open(os.open(_keys(office), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(lines)


def _keys(office: Office) -> Path:
    return office.settings.data / "demo-keys.txt"


def introduction(office: Office, address: str) -> str:
    """Where the office is, who works there, and a line to try."""
    path = _keys(office)
    kept = path.read_text() if path.exists() else ""
    keys = dict(line.split("\t") for line in kept.splitlines())
    lines = [f"สำนักงานตัวอย่างอยู่ที่ {address}", ""]
    for username, title in SHOWN.items():
        seat = seats()[username]
        lines.append(f"{username:<12}{seat.role:<18}{seat.office_code:<10}{seat.name} ({title})")
        lines.append(f"{'':<12}กุญแจ API {keys.get(username, 'หาไม่พบ: ออกใหม่ด้วย saraban key add')}")
    lines += ["", f"รหัสผ่านของทุกคน  {keys.get(PASSWORD, 'หาไม่พบ: ตั้งใหม่ด้วย saraban person password')}"]
    tried = f"{address}/api/v1/inbox?state=waiting"
    lines += ["", f"curl -H 'Authorization: Bearer {keys.get('school1', 'KEY')}' '{tried}'"]
    return "\n".join(lines)
