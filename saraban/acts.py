"""The words of the log: what was done, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saraban.levels import Secrecy
from saraban.permissions import ROLES
from saraban.words import FIELDS

# Every act that events tell of; a test compares them with what the commands record.
ACTS = {
    "register_outgoing": "ลงทะเบียนส่ง",
    "register_incoming": "ลงทะเบียนรับ",
    "correct_letter": "แก้ไขหนังสือ",
    "correct_entry": "แก้ไขรายการในทะเบียน",
    "void": "ยกเลิกเลขทะเบียน",
    "attach": "แนบไฟล์",
    "remove_file": "เอาไฟล์ออก",
    "send": "ส่งหนังสือ",
    "remind": "เตือนผู้ที่ยังไม่ลงทะเบียน",
    "recall": "เรียกคืนหนังสือ",
    "record_post": "บันทึกการส่งไปรษณีย์",
    "acknowledge": "ลงทะเบียนรับหนังสือที่ส่งมา",
    "return": "ส่งคืนหนังสือ",
    "look": "เปิดดูหนังสือลับ",
    "assign": "มอบหมาย",
    "accept": "รับงาน",
    "hand_back": "ส่งคืนงาน",
    "done": "รายงานผลงาน",
    "log_in": "เข้าสู่ระบบ",
    "log_out": "ออกจากระบบ",
    "choose_desk": "เลือกหน่วยงานที่ทำงาน",
    "lock_password": "พักการเข้าระบบเพราะรหัสผ่านผิดหลายครั้ง",
    "change_password": "เปลี่ยนรหัสผ่าน",
    "give_password": "ออกรหัสผ่านให้บุคลากร",
    "unlock": "ปลดล็อกการเข้าระบบ",
    "end_sessions": "ให้ออกจากระบบทุกเครื่อง",
    "add_person": "เพิ่มบุคลากร",
    "change_person": "แก้ไขข้อมูลบุคลากร",
    "change_work": "แก้ไขหน้าที่ของบุคลากร",
    "end_work": "ให้บุคลากรพ้นหน้าที่",
    "import_people": "นำเข้าบุคลากร",
    "add_key": "ออกกุญแจ",
    "revoke_key": "ยกเลิกกุญแจ",
    "create_office": "เพิ่มหน่วยงาน",
    "change_office": "แก้ไขหน่วยงาน",
    "import_offices": "นำเข้าหน่วยงาน",
    "import_schools": "นำเข้าสถานศึกษา",
    "create_group": "ตั้งกลุ่มผู้รับ",
    "change_group": "แก้ไขกลุ่มผู้รับ",
    "delete_group": "ลบกลุ่มผู้รับ",
    "set_register": "ตั้งทะเบียนประจำปี",
    "set_letterhead": "ตั้งหัวกระดาษหนังสือ",
    "restore": "กู้คืนจากไฟล์สำรอง",
}

_ABOUT = {
    **FIELDS,
    "number": "เลข",
    "year": "ปี",
    "kind": "ชนิด",
    "prefix": "คำนำหน้า",
    "first_number": "เลขเริ่มต้น",
    "is_open": "เปิดใช้งาน",
    "own_books": "มีทะเบียนของตนเอง",
    "recipients": "ผู้รับ",
    "reminded": "เตือน",
    "recalled": "เรียกคืน",
    "reason": "เหตุผล",
    "fields": "ช่องที่แก้",
    "filename": "ไฟล์",
    "tracking_no": "เลขพัสดุ",
    "person": "บุคลากร",
    "office": "หน่วยงาน",
    "offices": "หน่วยงาน",
    "parent": "อยู่ใต้",
    "district": "อำเภอ",
    "network": "เครือข่าย",
    "name": "ชื่อ",
    "username": "ชื่อผู้ใช้",
    "role": "หน้าที่",
    "clearance": "ชั้นความลับ",
    "before": "เดิม",
    "key": "กุญแจ",
    "count": "จำนวน",
    "address": "จากที่อยู่",
    "until": "ถึง",
    "added": "เพิ่ม",
    "changed": "แก้ไข",
    "same": "เหมือนเดิม",
    "cleared": "ให้เข้าถึงชั้นความลับ",
    "rows": "แถว",
    "files": "ไฟล์",
    "location": FIELDS["address"],
    "emblem": "ตราครุฑ",
    "action_office_id": FIELDS["action_office"],
    "action_person_id": FIELDS["action_person"],
}
_WORDS = {str(role): thai for role, thai in ROLES.items()} | {level.word: level.thai for level in Secrecy}


def told(about: Mapping[str, Any]) -> str:
    """What an event tells, for people; ids of rows say nothing to them."""
    return " · ".join(f"{_ABOUT[name]} {_said(value)}" for name, value in about.items() if name in _ABOUT)


def _said(value: object) -> str:
    match value:
        case bool():
            return "ใช่" if value else "ไม่"
        case dict():
            return f"({told(value)})"
        case list():
            return ", ".join(_ABOUT.get(one, one) if isinstance(one, str) else _said(one) for one in value)
        case str():
            return _WORDS.get(value, value)
    return f"{value}"
