"""Offices, people and keys."""

from __future__ import annotations

import argparse

from saraban.cli.opening import opened
from saraban.cli.telling import say
from saraban.ids import show


def import_table(given: argparse.Namespace) -> int:
    from saraban.commands.import_offices import import_offices, import_schools
    from saraban.commands.import_people import import_people
    from saraban.commands.sheet import rows_of

    rows = rows_of(given.file.read_bytes())
    with opened() as office:
        if given.what == "offices":
            done = import_offices(office, rows, with_groups=given.groups)
        else:
            done = (import_schools if given.what == "schools" else import_people)(office, rows)
    say(f"เพิ่ม {done.added:,} แก้ไข {done.changed:,} เหมือนเดิม {done.same:,}")
    return 0


def add_person(given: argparse.Namespace) -> int:
    from saraban.commands.add_person import add_person

    with opened() as office:
        added = add_person(office, **_membership(given), username=given.username)
    print(show("P", added.id))
    return 0


def give_password(given: argparse.Namespace) -> int:
    from saraban.commands.change_password import give_password
    from saraban.commands.create_root import operator
    from storage.offices import person_by_username

    with opened() as office:
        person_id = office.db.read(lambda db: person_by_username(db, given.username))
        first = give_password(office, operator(office), person_id)
    say(f"รหัสผ่านแรกของ {given.username} แสดงครั้งนี้ครั้งเดียว และต้องเปลี่ยนเมื่อเข้าสู่ระบบครั้งแรก")
    print(first)
    return 0


def add_key(given: argparse.Namespace) -> int:
    from saraban.commands.keep_keys import add_key

    with opened() as office:
        key = add_key(office, **_membership(given))
    say(f"กุญแจ {key.id} ของ {given.name} แสดงครั้งนี้ครั้งเดียว ระบบไม่เก็บตัวกุญแจไว้: เก็บไว้ในที่ปลอดภัย")
    print(key.secret)
    return 0


def revoke_key(given: argparse.Namespace) -> int:
    from saraban.commands.keep_keys import revoke_key

    with opened() as office:
        revoke_key(office, given.key)
    say(f"ยกเลิกกุญแจ {given.key} แล้ว")
    return 0


def _membership(given: argparse.Namespace) -> dict[str, str]:
    return {"name": given.name, "office_code": given.office, "role": given.role, "clearance": given.clearance}
