"""Who may do what: one table of role × act, read by the code and printed in the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from saraban.errors import ClearanceTooLow, NotAllowed
from saraban.levels import Secrecy
from saraban.words import in_full


class Role(StrEnum):
    """`admin` ผู้ดูแลระบบ · `registrar` สารบรรณกลาง · `secret_registrar` นายทะเบียนหนังสือลับ · `clerk` ธุรการ ·
    `head` ผู้บังคับบัญชา · `officer` เจ้าของเรื่อง · `system` ระบบอื่น"""

    ADMIN = "admin"
    REGISTRAR = "registrar"
    SECRET_REGISTRAR = "secret_registrar"
    CLERK = "clerk"
    HEAD = "head"
    OFFICER = "officer"
    SYSTEM = "system"


ROLES = {
    Role.ADMIN: "ผู้ดูแลระบบ",
    Role.REGISTRAR: "สารบรรณกลาง",
    Role.SECRET_REGISTRAR: "นายทะเบียนหนังสือลับ",
    Role.CLERK: "ธุรการ",
    Role.HEAD: "ผู้บังคับบัญชา",
    Role.OFFICER: "เจ้าของเรื่อง",
    Role.SYSTEM: "ระบบอื่น",
}


class Act(StrEnum):
    READ = "read"
    REGISTER = "register"
    CORRECT = "correct"
    VOID = "void"
    SEND = "send"
    RECEIVE = "receive"
    ASSIGN = "assign"
    WORK = "work"
    KEEP_GROUPS = "keep_groups"
    READ_EVENTS = "read_events"
    KEEP_REGISTERS = "keep_registers"
    KEEP_OFFICES = "keep_offices"
    KEEP_PEOPLE = "keep_people"


# The act, in Thai for the documentation, and who may do it.
TABLE = """
read           | ดูทะเบียน หนังสือ และการติดตาม | admin registrar secret_registrar clerk head officer system
register       | ลงทะเบียนรับ ลงทะเบียนส่ง แนบไฟล์ | admin registrar secret_registrar clerk system
correct        | แก้ไขหนังสือและรายการในทะเบียน | admin registrar secret_registrar clerk system
void           | ยกเลิกเลขทะเบียน | admin registrar secret_registrar clerk system
send           | ส่ง เตือน เรียกคืน | admin registrar secret_registrar clerk system
receive        | ลงทะเบียนรับหนังสือที่ส่งมา ส่งคืน | admin registrar secret_registrar clerk head system
assign         | มอบหมาย | admin registrar secret_registrar clerk head system
work           | รับงาน ส่งคืนงาน รายงานผล | admin registrar secret_registrar clerk head officer system
keep_groups    | ตั้งกลุ่มผู้รับ | admin registrar secret_registrar clerk system
read_events    | ดูบันทึกเหตุการณ์ของหน่วยงาน | admin registrar secret_registrar head system
keep_registers | ตั้งทะเบียนประจำปี | admin registrar
keep_offices   | เพิ่มและแก้ไขหน่วยงาน | admin
keep_people    | เพิ่มบุคลากรและกุญแจ | admin
"""


def _parse(table: str) -> tuple[dict[Act, frozenset[Role]], dict[Act, str]]:
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    allowed = {Act(act): frozenset(Role(role) for role in roles.split()) for act, _, roles in lines}
    return allowed, {Act(act): thai for act, thai, _ in lines}


ALLOWED, THAI = _parse(TABLE)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, for which office: settled once, before the body of a request is read."""

    person_id: int
    person_name: str
    office_id: int
    office_code: str
    office_name: str
    office_kind: str
    house_id: int
    house_code: str
    house_name: str
    house_kind: str
    area_id: int | None
    role: Role
    clearance: Secrecy

    @property
    def house_in_full(self) -> str:
        return in_full(self.house_kind, self.house_name)

    def may(self, act: Act) -> bool:
        return self.role in ALLOWED[act]

    def must(self, act: Act) -> None:
        if not self.may(act):
            raise NotAllowed()

    def must_be_cleared(self, secrecy: Secrecy) -> None:
        if secrecy > self.clearance:
            raise ClearanceTooLow()
