"""The words of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from saraban import __version__
from saraban.cli import people, receipts, running
from saraban.levels import Secrecy
from saraban.permissions import Role
from saraban.settings import PREFIX


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="saraban",
        description="ระบบสารบรรณอิเล็กทรอนิกส์ของสำนักงานเขตพื้นที่การศึกษา",
        epilog=f"ค่าตั้งระบบอ่านจากตัวแปร {PREFIX}… (ดูตารางใน README)",
    )
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    one = _add(commands, "serve", running.serve, "ให้บริการทาง HTTP")
    _add_address(one)
    one.add_argument("--workers", type=_count, default=1, help="จำนวนโพรเซสที่ให้บริการ (ปกติ 1)")
    one.add_argument(
        "--proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="เชื่อ X-Forwarded-For จากพร็อกซีนี้ (ระบุซ้ำได้)",
    )
    one.add_argument("--fd", type=int, help="ใช้ซ็อกเก็ตที่เปิดไว้แล้ว แทน --host และ --port")

    _add(commands, "migrate", running.migrate, "สร้างหรือปรับปรุงฐานข้อมูลให้ตรงกับรุ่นของโปรแกรม")

    one = _add(commands, "import", people.import_table, "นำเข้าหน่วยงาน โรงเรียน หรือบุคลากร จากไฟล์ CSV")
    one.add_argument("what", choices=["offices", "schools", "people"], help="ชนิดของข้อมูล")
    one.add_argument("file", type=Path, metavar="FILE.csv")
    one.add_argument("--groups", action="store_true", help="สร้างกลุ่มงานตามโครงสร้างให้ทุกเขตพื้นที่ (ใช้กับ offices)")

    person = _add(commands, "person", None, "บุคลากร").add_subparsers(metavar="ACTION", required=True)
    one = _add(person, "add", people.add_person, "เพิ่มบุคลากรในหน่วยงาน แล้วพิมพ์รหัส")
    _add_membership(one)
    one.add_argument("--username", help="ชื่อที่ใช้เข้าสู่ระบบ")

    one = _add(person, "password", people.give_password, "ตั้งรหัสผ่านแรกให้บุคลากร แล้วพิมพ์ครั้งเดียว")
    one.add_argument("username", metavar="USERNAME")

    keys = _add(commands, "key", None, "กุญแจของโปรแกรมที่เรียก API").add_subparsers(
        metavar="ACTION", required=True
    )
    _add_membership(_add(keys, "add", people.add_key, "ออกกุญแจ แล้วพิมพ์ครั้งเดียว"))
    one = _add(keys, "revoke", people.revoke_key, "ยกเลิกกุญแจ")
    one.add_argument("key", metavar="NAME_OR_ID")

    one = _add(commands, "demo", running.demo, "สำนักงานตัวอย่างที่มีหนังสือสมมุติ แล้วให้บริการ")
    _add_address(one)
    one.add_argument("--no-serve", dest="serve", action="store_false", help="เตรียมข้อมูลเท่านั้น")

    _add(commands, "check", running.check, "ตรวจว่าเลขครบ เหตุการณ์ต่อเนื่อง ใบตอบรับและไฟล์ไม่ถูกแก้ไข (ไม่ผ่านจบด้วย 1)")

    one = _add(commands, "verify", receipts.verify, "ตรวจใบตอบรับ: ไฟล์ JSON หรือ PDF")
    one.add_argument("receipt", type=Path, metavar="RECEIPT")
    one.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="กุญแจสาธารณะ: PEM หรือ JSON จาก /.well-known/saraban-keys (ไม่ระบุ = ของระบบนี้)",
    )

    one = _add(commands, "backup", running.backup, "สำรองทั้งระบบเป็นไฟล์เดียว ขณะที่ระบบให้บริการอยู่ได้")
    one.add_argument("file", type=Path, metavar="FILE")
    one = _add(
        commands,
        "restore",
        running.restore,
        "กู้คืนจากไฟล์สำรองลงฐานข้อมูลที่ยังว่าง (ใช้ย้ายจาก SQLite ไป PostgreSQL ได้)",
    )
    one.add_argument("file", type=Path, metavar="FILE")

    one = _add(commands, "paper", running.paper, "พิมพ์แบบทุกแบบด้วยข้อความที่ยาวที่สุดลงโฟลเดอร์ เพื่อดูว่าสวยงามถูกต้อง")
    one.add_argument("folder", type=Path, metavar="FOLDER")
    one.add_argument("--only", metavar="FORM", help="เฉพาะแบบนี้ เช่น receipt")

    _add(commands, "openapi", running.openapi, "พิมพ์คำอธิบาย API (OpenAPI)")
    return top


def _add(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int] | None, says: str
) -> argparse.ArgumentParser:
    one: argparse.ArgumentParser = commands.add_parser(name, help=says, description=says)
    one.set_defaults(run=run)
    return one


def _add_address(one: argparse.ArgumentParser) -> None:
    one.add_argument("--host", default="127.0.0.1", help="ที่อยู่ที่เปิดรับ (ปกติ 127.0.0.1)")
    one.add_argument("--port", type=int, default=8000, help="พอร์ต (ปกติ 8000)")


def _add_membership(one: argparse.ArgumentParser) -> None:
    roles, levels = [role.value for role in Role], [level.word for level in Secrecy]
    one.add_argument("--office", required=True, metavar="CODE", help="รหัสหน่วยงาน")
    one.add_argument("--name", required=True, help="ชื่อบุคคลหรือโปรแกรม")
    one.add_argument("--role", required=True, choices=roles, metavar="ROLE", help=", ".join(roles))
    one.add_argument(
        "--clearance", choices=levels, default="open", metavar="LEVEL", help=f"{', '.join(levels)} (ปกติ open)"
    )


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number
