"""What an operator types: `saraban …`. The only reader of the environment.

Each command imports what it needs, so that `saraban verify` starts without the web framework.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, OperationalError

from saraban import __version__
from saraban.errors import NotReady, Refusal
from saraban.house import check_neighbours
from saraban.ids import show
from saraban.levels import Secrecy
from saraban.permissions import Role
from saraban.settings import PREFIX, Settings
from saraban.thai.dates import full_date, short_moment

if TYPE_CHECKING:
    from saraban.office import Office
    from saraban.queries.check import Report
    from saraban.receipts import ReceiptFacts


def main(arguments: list[str] | None = None) -> int:
    """0 is done, 1 is refused (the reason in Thai on stderr), 2 is a command that was typed wrongly."""
    try:
        check_neighbours()
        given = parser().parse_args(arguments)
        run: Callable[[argparse.Namespace], int] = given.run
        return run(given)
    except Refusal as refusal:
        return _refuse(refusal.message, refusal.code)
    except ImportError as stranger:
        if stranger.name not in ("routers", "storage"):
            raise
        return _refuse(str(stranger), "strange_neighbours")
    except OperationalError as failure:
        return _refuse(NotReady(reason=f"ฐานข้อมูลตอบว่า {_first_line(failure.orig)}").message, NotReady.code)
    except BrokenPipeError:
        # Whoever read has gone (`saraban openapi | head`): nothing is left to be written at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as failure:
        if failure.filename is None:
            raise
        return _refuse(f"ใช้ {failure.filename} ไม่ได้: {failure.strerror}", "file")
    except KeyboardInterrupt:
        return 130


def _refuse(message: str, code: str) -> int:
    _say(f"saraban: {message} [{code}]")
    return 1


def _say(*lines: str) -> None:
    """What explains goes to stderr, so that stdout holds the result alone."""
    print(*lines, sep="\n", file=sys.stderr)


def _first_line(failure: object) -> str:
    return str(failure).strip().partition("\n")[0]


# -- the settings, and the office they describe ---------------------------------------------------


def _settings() -> Settings:
    try:
        return Settings.from_env(os.environ)
    except ValidationError as wrong:
        # Never the value itself: it may be a password.
        named = ", ".join(f"{PREFIX}{str(each['loc'][0]).upper()} ({each['msg']})" for each in wrong.errors())
        raise NotReady(reason=f"ค่าตั้งระบบไม่ถูกต้อง: {named}") from wrong


@contextmanager
def _described() -> Iterator[None]:
    """An address that no database or store can have is the operator's to correct."""
    try:
        yield
    except (ArgumentError, ValueError) as wrong:
        raise NotReady(reason=f"ค่าตั้งระบบไม่ถูกต้อง: {_first_line(wrong)}") from wrong


@contextmanager
def _office() -> Iterator[Office]:
    from saraban.app import create_office

    settings = _settings()
    with _described():
        office = create_office(settings)
    try:
        yield office
    finally:
        office.close()


def _migrate() -> None:
    from storage.database import migrate

    settings = _settings()
    with _described():
        migrate(settings.database)


# -- running an office ----------------------------------------------------------------------------


def serve(given: argparse.Namespace) -> int:
    from saraban.serving import listen, serve

    # Opened once before any worker is: what is wrong is said once, not by each worker again and again.
    with _office() as office:
        settings = office.settings
    listening = listen(given.host, given.port) if given.fd is None else socket.socket(fileno=given.fd)
    with listening:
        serve(settings, listening, given.workers, given.proxy)
    return 0


def migrate(given: argparse.Namespace) -> int:
    from saraban.commands.create_root import create_root

    _migrate()
    with _office() as office:
        create_root(office)
    _say("ฐานข้อมูลพร้อมใช้แล้ว")
    return 0


def check(given: argparse.Namespace) -> int:
    from saraban.queries.check import check

    with _office() as office:
        return _report(check(office))


def _report(report: Report) -> int:
    print(*report.lines(), sep="\n")
    return 0 if report.sound else 1


def backup(given: argparse.Namespace) -> int:
    from saraban.commands.back_up import back_up

    with _office() as office:
        made = back_up(office, given.file)
    _say(
        f"สำรองไว้ที่ {given.file} แล้ว: {made.rows:,} แถว {made.files:,} ไฟล์",
        "สำเนานี้มีทุกอย่างรวมทั้งหนังสือลับ ยกเว้นกุญแจลงนามใบตอบรับ: เก็บไว้ในที่ปลอดภัย คนละเครื่องกับระบบ",
    )
    return 0


def restore(given: argparse.Namespace) -> int:
    from saraban.commands.restore import restore
    from saraban.queries.check import check

    _migrate()
    with _office() as office:
        restored = restore(office, given.file)
        _say(f"กู้คืนแล้ว {restored.rows:,} แถว {restored.files:,} ไฟล์ ต่อไปนี้คือผลการตรวจสอบ")
        return _report(check(office))


def demo(given: argparse.Namespace) -> int:
    from saraban.commands.create_root import create_root
    from saraban.demo import fill, introduction
    from saraban.serving import listen, serve

    _migrate()
    with _office() as office:
        create_root(office)
        _say("กำลังเตรียมสำนักงานตัวอย่าง…")
        _say("เตรียมเรียบร้อยแล้ว" if fill(office) else "เตรียมไว้ก่อนแล้ว ใช้ข้อมูลเดิม")
        settings = office.settings
        print(introduction(office, f"http://{given.host}:{given.port}"), flush=True)
    if given.serve:
        with listen(given.host, given.port) as listening:
            serve(settings, listening)
    return 0


def paper(given: argparse.Namespace) -> int:
    from saraban.press import Press
    from saraban.specimens import print_specimens

    settings = _settings()
    press = Press(1, settings.print_seconds, settings.print_memory_bytes, settings.own_fonts)
    try:
        for file in print_specimens(press, given.folder, given.only):
            print(file)
    finally:
        press.close()
    return 0


def openapi(given: argparse.Namespace) -> int:
    from saraban.app import create_app, create_office
    from storage.database import migrate

    # The description is of the program and of no installation: an office that lives as long as the question.
    with TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder))
        migrate(settings.database)
        office = create_office(settings)
        try:
            described = create_app(office).openapi()
        finally:
            office.close()
    print(json.dumps(described, ensure_ascii=False, indent=2))
    return 0


# -- offices, people, keys ------------------------------------------------------------------------


def import_table(given: argparse.Namespace) -> int:
    from saraban.commands.import_offices import import_offices, import_schools
    from saraban.commands.import_people import import_people
    from saraban.commands.sheet import rows_of

    rows = rows_of(given.file.read_bytes())
    with _office() as office:
        if given.what == "offices":
            done = import_offices(office, rows, with_groups=given.groups)
        else:
            done = (import_schools if given.what == "schools" else import_people)(office, rows)
    _say(f"เพิ่ม {done.added:,} แก้ไข {done.changed:,} เหมือนเดิม {done.same:,}")
    return 0


def add_person(given: argparse.Namespace) -> int:
    from saraban.commands.add_person import add_person

    with _office() as office:
        added = add_person(office, **_membership(given), username=given.username)
    print(show("P", added.id))
    return 0


def give_password(given: argparse.Namespace) -> int:
    from saraban.commands.change_password import give_password
    from saraban.commands.create_root import operator
    from storage.offices import person_by_username

    with _office() as office:
        person_id = office.db.read(lambda db: person_by_username(db, given.username))
        first = give_password(office, operator(office), person_id)
    _say(f"รหัสผ่านแรกของ {given.username} แสดงครั้งนี้ครั้งเดียว และต้องเปลี่ยนเมื่อเข้าสู่ระบบครั้งแรก")
    print(first)
    return 0


def add_key(given: argparse.Namespace) -> int:
    from saraban.commands.keep_keys import add_key

    with _office() as office:
        key = add_key(office, **_membership(given))
    _say(f"กุญแจ {key.id} ของ {given.name} แสดงครั้งนี้ครั้งเดียว ระบบไม่เก็บตัวกุญแจไว้: เก็บไว้ในที่ปลอดภัย")
    print(key.secret)
    return 0


def revoke_key(given: argparse.Namespace) -> int:
    from saraban.commands.keep_keys import revoke_key

    with _office() as office:
        revoke_key(office, given.key)
    _say(f"ยกเลิกกุญแจ {given.key} แล้ว")
    return 0


# -- receipts -------------------------------------------------------------------------------------


def verify(given: argparse.Namespace) -> int:
    from saraban.press import Press
    from saraban.press.enclosed import enclosed
    from saraban.receipts import NotGenuine, parse_keys, verify

    file: bytes = given.receipt.read_bytes()
    document: bytes | None = file
    if on_paper := file.startswith(b"%PDF-"):
        with closing(Press(workers=1)) as press:
            document = press.run(enclosed, file, ".json")
    if document is None:
        return _refuse("ไฟล์ PDF นี้ไม่มีใบตอบรับที่ลงนามไว้ข้างใน: ใช้ไฟล์ที่ดาวน์โหลดจากระบบ", "no_receipt")
    try:
        keys = _own_keys() if given.key is None else parse_keys(given.key.read_text("utf-8"))
        facts = verify(document, keys)
    except NotGenuine as reason:
        return _refuse(f"เชื่อถือใบตอบรับนี้ไม่ได้: {reason}", "not_genuine")
    except ValueError as unreadable:
        return _refuse(str(unreadable), "bad_keys")
    print("ใบตอบรับนี้ระบบออกให้จริง และไม่มีสิ่งใดถูกแก้ไข", *_told(facts), sep="\n")
    if on_paper:
        _say("ที่ลงนามไว้คือข้อความข้างบนนี้: หน้ากระดาษต้องเขียนไว้ตรงกัน")
    return 0


def _own_keys() -> dict[str, str]:
    from storage import signing_keys

    with _office() as office:
        return office.db.read(signing_keys.all_keys)


def _told(facts: ReceiptFacts) -> Iterator[str]:
    sender, receiver = facts["sender"], facts["receiver"]
    yield f"การนำส่ง      {facts['delivery']}"
    yield f"หนังสือที่      {facts['letter_no']} ลงวันที่ {full_date(date.fromisoformat(facts['dated']))}"
    yield f"ผู้ส่ง         {sender['name']} ({sender['code']})"
    yield f"ผู้รับ         {receiver['name']} ({receiver['code']}) โดย {facts['person']}"
    number = "ไม่มี (ภายในหน่วยงานเดียวกัน)" if facts["number"] is None else f"{facts['number']}/{facts['year']}"
    yield f"เลขทะเบียนรับ  {number}"
    yield f"ลงทะเบียนรับ   {short_moment(datetime.fromisoformat(facts['acknowledged_at']))}"
    yield f"วันเวลาที่รับ    {short_moment(datetime.fromisoformat(facts['received_at']))}"
    for file in facts["files"]:
        yield f"ไฟล์          {file['filename']} ({file['size']:,} ไบต์) SHA-256 {file['sha256']}"


# -- the words of the command line ----------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="saraban",
        description="ระบบสารบรรณอิเล็กทรอนิกส์ของสำนักงานเขตพื้นที่การศึกษา",
        epilog=f"ค่าตั้งระบบอ่านจากตัวแปร {PREFIX}… (ดูตารางใน README)",
    )
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    one = _add(commands, "serve", serve, "ให้บริการทาง HTTP")
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

    _add(commands, "migrate", migrate, "สร้างหรือปรับปรุงฐานข้อมูลให้ตรงกับรุ่นของโปรแกรม")

    one = _add(commands, "import", import_table, "นำเข้าหน่วยงาน โรงเรียน หรือบุคลากร จากไฟล์ CSV")
    one.add_argument("what", choices=["offices", "schools", "people"], help="ชนิดของข้อมูล")
    one.add_argument("file", type=Path, metavar="FILE.csv")
    one.add_argument("--groups", action="store_true", help="สร้างกลุ่มงานตามโครงสร้างให้ทุกเขตพื้นที่ (ใช้กับ offices)")

    people = _add(commands, "person", None, "บุคลากร").add_subparsers(metavar="ACTION", required=True)
    one = _add(people, "add", add_person, "เพิ่มบุคลากรในหน่วยงาน แล้วพิมพ์รหัส")
    _add_membership(one)
    one.add_argument("--username", help="ชื่อที่ใช้เข้าสู่ระบบ")

    one = _add(people, "password", give_password, "ตั้งรหัสผ่านแรกให้บุคลากร แล้วพิมพ์ครั้งเดียว")
    one.add_argument("username", metavar="USERNAME")

    keys = _add(commands, "key", None, "กุญแจของโปรแกรมที่เรียก API").add_subparsers(
        metavar="ACTION", required=True
    )
    _add_membership(_add(keys, "add", add_key, "ออกกุญแจ แล้วพิมพ์ครั้งเดียว"))
    one = _add(keys, "revoke", revoke_key, "ยกเลิกกุญแจ")
    one.add_argument("key", metavar="NAME_OR_ID")

    one = _add(commands, "demo", demo, "สำนักงานตัวอย่างที่มีหนังสือสมมุติ แล้วให้บริการ")
    _add_address(one)
    one.add_argument("--no-serve", dest="serve", action="store_false", help="เตรียมข้อมูลเท่านั้น")

    _add(commands, "check", check, "ตรวจว่าเลขครบ เหตุการณ์ต่อเนื่อง ใบตอบรับและไฟล์ไม่ถูกแก้ไข (ไม่ผ่านจบด้วย 1)")

    one = _add(commands, "verify", verify, "ตรวจใบตอบรับ: ไฟล์ JSON หรือ PDF")
    one.add_argument("receipt", type=Path, metavar="RECEIPT")
    one.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="กุญแจสาธารณะ: PEM หรือ JSON จาก /.well-known/saraban-keys (ไม่ระบุ = ของระบบนี้)",
    )

    one = _add(commands, "backup", backup, "สำรองทั้งระบบเป็นไฟล์เดียว ขณะที่ระบบให้บริการอยู่ได้")
    one.add_argument("file", type=Path, metavar="FILE")
    one = _add(
        commands, "restore", restore, "กู้คืนจากไฟล์สำรองลงฐานข้อมูลที่ยังว่าง (ใช้ย้ายจาก SQLite ไป PostgreSQL ได้)"
    )
    one.add_argument("file", type=Path, metavar="FILE")

    one = _add(commands, "paper", paper, "พิมพ์แบบทุกแบบด้วยข้อความที่ยาวที่สุดลงโฟลเดอร์ เพื่อดูว่าสวยงามถูกต้อง")
    one.add_argument("folder", type=Path, metavar="FOLDER")
    one.add_argument("--only", metavar="FORM", help="เฉพาะแบบนี้ เช่น receipt")

    _add(commands, "openapi", openapi, "พิมพ์คำอธิบาย API (OpenAPI)")
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


def _membership(given: argparse.Namespace) -> dict[str, str]:
    return {"name": given.name, "office_code": given.office, "role": given.role, "clearance": given.clearance}


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
