"""Running an office: serving it, its tables, its copies, and what the program says of itself."""

from __future__ import annotations

import argparse
import json
import socket
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from saraban.cli.opening import migrated, opened, settings_given
from saraban.cli.telling import say
from saraban.settings import Settings

if TYPE_CHECKING:
    from saraban.queries.check import Report


def serve(given: argparse.Namespace) -> int:
    from saraban.serving import listen, serve

    # Opened once before any worker is: what is wrong is said once, not by each worker again and again.
    with opened() as office:
        settings = office.settings
    if given.fd is None:
        listening = listen(given.host, given.port, given.workers)
    else:
        listening = socket.socket(fileno=given.fd)
    with listening:
        serve(settings, listening, given.workers, given.proxy)
    return 0


def migrate(given: argparse.Namespace) -> int:
    from saraban.commands.create_root import create_root

    migrated()
    with opened() as office:
        create_root(office)
    say("ฐานข้อมูลพร้อมใช้แล้ว")
    return 0


def check(given: argparse.Namespace) -> int:
    from saraban.queries.check import check

    with opened() as office:
        return _report(check(office))


def _report(report: Report) -> int:
    print(*report.lines(), sep="\n")
    return 0 if report.sound else 1


def backup(given: argparse.Namespace) -> int:
    from saraban.commands.back_up import back_up

    with opened() as office:
        made = back_up(office, given.file)
    say(
        f"สำรองไว้ที่ {given.file} แล้ว: {made.rows:,} แถว {made.files:,} ไฟล์",
        "สำเนานี้มีทุกอย่างรวมทั้งหนังสือลับ ยกเว้นกุญแจลงนามใบตอบรับ: เก็บไว้ในที่ปลอดภัย คนละเครื่องกับระบบ",
    )
    return 0


def restore(given: argparse.Namespace) -> int:
    from saraban.commands.restore import restore
    from saraban.queries.check import check

    migrated()
    with opened() as office:
        restored = restore(office, given.file)
        say(f"กู้คืนแล้ว {restored.rows:,} แถว {restored.files:,} ไฟล์ ต่อไปนี้คือผลการตรวจสอบ")
        return _report(check(office))


def demo(given: argparse.Namespace) -> int:
    from saraban.commands.create_root import create_root
    from saraban.demo import fill, introduction
    from saraban.serving import listen, serve

    # A port that is taken is heard of before anything is made, and not under a list of people.
    with listen(given.host, given.port) if given.serve else nullcontext() as listening:
        migrated()
        with opened() as office:
            create_root(office)
            say("กำลังเตรียมสำนักงานตัวอย่าง…")
            say("เตรียมเรียบร้อยแล้ว" if fill(office) else "เตรียมไว้ก่อนแล้ว ใช้ข้อมูลเดิม")
            settings = office.settings
            print(introduction(office, f"http://{given.host}:{given.port}"), flush=True)
        if listening is not None:
            serve(settings, listening)
    return 0


def paper(given: argparse.Namespace) -> int:
    from saraban.press import Press
    from saraban.specimens import print_specimens

    settings = settings_given()
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
