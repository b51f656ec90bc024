"""Every refusal this office gives: a stable code for programs, a Thai sentence for people.

The family a refusal belongs to decides its HTTP status, in one table (`routers/problems.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class Refusal(Exception):
    """Something a person asked for was not done, and nothing of it was kept."""

    code: ClassVar[str]
    detail: ClassVar[str]

    def __init__(self, *, field: str | None = None, **about: object) -> None:
        self.field = field
        self.about = about
        super().__init__(self.detail.format_map(_Shown(about)))

    @property
    def message(self) -> str:
        return str(self.args[0])

    @property
    def fields(self) -> list[tuple[str, str]]:
        return [(self.field, self.message)] if self.field else []


class _Shown(dict[str, object]):
    """Lists are shown to people joined by commas; what is not told is left blank."""

    def __init__(self, about: dict[str, object]) -> None:
        super().__init__({k: ", ".join(v) if isinstance(v, list) else v for k, v in about.items()})

    def __missing__(self, name: str) -> str:
        return ""


# -- who is asking --------------------------------------------------------------------------------


class Unauthenticated(Refusal):
    code = "unauthenticated"
    detail = "ไม่ทราบว่าท่านเป็นใคร: ส่งกุญแจที่ยังใช้ได้ในส่วนหัว Authorization: Bearer หรือขอกุญแจใหม่จากผู้ดูแลระบบ"


class WrongPassword(Unauthenticated):
    code = "wrong_password"
    detail = "ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง: ลองใหม่ หรือขอรหัสผ่านใหม่จากผู้ดูแลระบบ"


class NotAllowed(Refusal):
    code = "role_not_allowed"
    detail = "หน้าที่ของท่านในหน่วยงานนี้ทำสิ่งนี้ไม่ได้: ให้ผู้มีหน้าที่ดำเนินการ หรือขอสิทธิ์จากผู้ดูแลระบบ"


class ClearanceTooLow(NotAllowed):
    code = "clearance_too_low"
    detail = "ชั้นความลับนี้สูงกว่าสิทธิ์เข้าถึงของท่าน: ให้นายทะเบียนหนังสือลับของหน่วยงานดำเนินการ"


class WorksElsewhere(NotAllowed):
    code = "works_elsewhere"
    detail = "บุคลากรนี้ทำงานในหน่วยงานอื่นด้วย รหัสผ่านจึงเปิดหน่วยงานนั้นได้: ให้ผู้ดูแลระบบของหน่วยงานต้นสังกัดดำเนินการ"


# -- not there, or not yours ----------------------------------------------------------------------


class NotFound(Refusal):
    code = "not_found"
    detail = "ไม่พบสิ่งที่ขอในหน่วยงานของท่าน: ตรวจสอบรหัสหรือเลขที่อีกครั้ง"


# -- the state forbids it -------------------------------------------------------------------------


class Conflict(Refusal):
    """What was asked is well formed, but the state of things forbids it."""


class RegisterClosed(Conflict):
    code = "register_closed"
    detail = "ทะเบียนปี {year} ปิดแล้ว ออกเลขไม่ได้: ลงทะเบียนในปีปัจจุบัน หรือให้ผู้ดูแลระบบเปิดทะเบียน"


class RegisterInUse(Conflict):
    code = "register_in_use"
    detail = "ทะเบียนปี {year} ออกเลขไปแล้ว เปลี่ยนเลขเริ่มต้นไม่ได้"


class BooksInUse(Conflict):
    code = "books_in_use"
    detail = "กลุ่มนี้มีทะเบียนของตนเองที่ออกเลขไปแล้ว: กลับไปใช้ทะเบียนของหน่วยงานต้นสังกัดไม่ได้"


class LetterSent(Conflict):
    code = "letter_already_sent"
    detail = "หนังสือนี้ส่งไปแล้ว แก้ไขเนื้อหาไม่ได้: ยกเลิกเลขนี้ หรือส่งฉบับใหม่แทน (replaces)"


class EntryVoid(Conflict):
    code = "entry_void"
    detail = "เลขทะเบียนนี้ถูกยกเลิกแล้ว"


class EntryReceived(Conflict):
    code = "entry_received"
    detail = "เลขนี้เกิดจากการลงทะเบียนรับหนังสือที่ส่งมาในระบบ: ใช้การส่งคืนแทนการยกเลิก เพื่อให้ผู้ส่งทราบ"


class TopSecretNotSent(Conflict):
    code = "top_secret_not_sent"
    detail = "หนังสือลับที่สุดส่งทางระบบไม่ได้ และเก็บไฟล์ในระบบไม่ได้: ให้นำส่งตามระเบียบว่าด้วยการรักษาความลับของทางราชการ"


class DeliveryReturned(Conflict):
    code = "delivery_returned"
    detail = "หนังสือนี้ส่งคืนผู้ส่งไปแล้ว: รอผู้ส่งส่งมาใหม่"


class DeliveryRecalled(Conflict):
    code = "delivery_recalled"
    detail = "ผู้ส่งเรียกหนังสือนี้คืนแล้ว ไม่ต้องลงทะเบียนรับ"


class DispatchRecalled(Conflict):
    code = "dispatch_recalled"
    detail = "การส่งครั้งนี้ถูกเรียกคืนแล้ว"


class NotWrittenHere(Conflict):
    code = "not_written_here"
    detail = "หนังสือนี้ไม่ได้เขียนในระบบ จึงไม่มีเนื้อหาให้จัดทำเป็นไฟล์: เปิดไฟล์แนบแทน หรือเขียนเนื้อหาก่อนส่ง"


class PaperMissing(Conflict):
    code = "paper_missing"
    detail = "หนังสือนี้เขียนในระบบ แต่ยังไม่มีไฟล์ของข้อความล่าสุด จึงยังส่งไม่ได้: จัดทำไฟล์ของหนังสือ เปิดตรวจดู แล้วส่งใหม่"


class NotByPost(Conflict):
    code = "not_by_post"
    detail = "บันทึกการส่งทางไปรษณีย์ได้เฉพาะผู้รับที่ส่งทางไปรษณีย์เท่านั้น"


class NotAcknowledged(Conflict):
    code = "not_acknowledged"
    detail = "ยังไม่มีการลงทะเบียนรับ จึงยังไม่มีใบตอบรับ"


class NotPrinted(Conflict):
    code = "not_printed"
    detail = "งานพิมพ์นี้ยังไม่มีไฟล์: รอให้พิมพ์เสร็จ หรือสั่งพิมพ์ใหม่หากไม่สำเร็จ"


class PrintingEnough(Conflict):
    code = "printing_enough"
    detail = "ท่านมีงานพิมพ์ที่ยังไม่เสร็จ {limit} งานแล้ว: รอให้เสร็จ หรือยกเลิกงานที่ไม่ต้องการก่อน"


class AssignmentClosed(Conflict):
    code = "assignment_closed"
    detail = "งานที่มอบหมายนี้จบแล้ว: มอบหมายใหม่หากต้องการให้ดำเนินการต่อ"


class NothingByPost(Conflict):
    code = "nothing_by_post"
    detail = "การส่งครั้งนี้ไม่มีผู้รับทางไปรษณีย์ จึงไม่มีซองและใบรับหนังสือให้พิมพ์"


class PdfLocked(Conflict):
    code = "pdf_locked"
    detail = "ไฟล์ PDF นี้ใส่รหัสผ่านไว้ ประทับตราไม่ได้: ขอไฟล์ที่ไม่มีรหัสผ่านจากผู้ส่ง หรือพิมพ์หนังสือแล้วพิมพ์ตราลงบนกระดาษ"


class PdfDamaged(Conflict):
    code = "pdf_damaged"
    detail = "ไฟล์ PDF นี้เสียหายจนซ่อมไม่ได้ ประทับตราไม่ได้: ขอไฟล์ใหม่จากผู้ส่ง หรือพิมพ์ตราลงบนกระดาษ"


class NotStamped(Conflict):
    code = "not_stamped"
    detail = "ตรารับหนังสือมีเฉพาะไฟล์ PDF ของหนังสือที่ลงทะเบียนรับแล้ว: เลือกรายการในทะเบียนหนังสือรับ และไฟล์ PDF"


class AlreadyExists(Conflict):
    code = "already_exists"
    detail = "มี {what} นี้อยู่แล้ว: ใช้ชื่อหรือรหัสอื่น"


class UploadUsed(Conflict):
    code = "upload_used"
    detail = "ไฟล์ที่อัปโหลดนี้แนบกับหนังสืออื่นไปแล้ว: อัปโหลดใหม่อีกครั้ง"


class NotEmpty(Conflict):
    code = "database_not_empty"
    detail = "ฐานข้อมูลนี้มีข้อมูลอยู่แล้ว: กู้คืนได้เฉพาะลงฐานข้อมูลที่ยังว่าง"


class BackupDamaged(Conflict):
    code = "backup_damaged"
    detail = "ใช้ไฟล์สำรองนี้ไม่ได้ ({reason}) และไม่มีสิ่งใดถูกกู้คืน: ใช้ไฟล์สำรองฉบับอื่น"


# -- editing what somebody else has changed -------------------------------------------------------


class StaleVersion(Refusal):
    code = "stale_version"
    detail = "มีผู้แก้ไขหนังสือนี้ก่อนท่าน: เปิดฉบับล่าสุดแล้วแก้ไขอีกครั้ง"


class VersionMissing(Refusal):
    code = "version_missing"
    detail = "การแก้ไขต้องระบุฉบับที่อ่านอยู่ในส่วนหัว If-Match (ค่าจาก ETag)"


# -- files ----------------------------------------------------------------------------------------


class TooLarge(Refusal):
    code = "body_too_large"
    detail = "ข้อมูลที่ส่งมาใหญ่เกินกำหนด ({limit} ไบต์): แบ่งส่ง หรือส่งไฟล์ทาง /uploads"


class FileTooLarge(TooLarge):
    code = "file_too_large"
    detail = "ไฟล์ {filename} ใหญ่เกิน {limit} ไบต์: ลดขนาดหรือแบ่งไฟล์"


class TooLongToPrint(TooLarge):
    code = "too_long_to_print"
    detail = "เอกสารนี้ยาวเกินกว่าจะพิมพ์ในครั้งเดียว (เกิน {limit} รายการ): เลือกช่วงให้สั้นลง หรือสั่งเป็นงานพิมพ์"


class BookTooLong(TooLongToPrint):
    """The same of a book, which is printed in the background all the same."""

    detail = (
        "ทะเบียนช่วงนี้ยาวเกินกว่าจะรอพิมพ์ (เกิน {limit} รายการ หรือมีข้อความยาวมาก): เลือกช่วงให้สั้นลง หรือสั่งเป็นงานพิมพ์ "
        "ที่ปุ่ม “พิมพ์ทะเบียน” (โปรแกรม: POST /api/v1/printouts) แล้วเปิดไฟล์เมื่อพิมพ์เสร็จ"
    )


class ArchiveTooLarge(TooLarge):
    code = "archive_too_large"
    detail = "ไฟล์บีบอัด {filename} คลายแล้วใหญ่ผิดปกติ: แนบไฟล์ข้างในโดยไม่บีบอัด"


class WrongFileKind(Refusal):
    code = "wrong_file_kind"
    detail = (
        "ไฟล์ {filename} แนบไม่ได้{reason}: "
        "ใช้ doc docx pdf xls xlsx pptx odt ods gif jpg png zip rar ที่เนื้อหาตรงกับนามสกุล"
    )


class FileEncrypted(WrongFileKind):
    code = "file_encrypted"
    detail = "ไฟล์ {filename} ใส่รหัสผ่านไว้ ตรวจสอบไม่ได้: เอารหัสผ่านออกแล้วแนบใหม่"


class WrongBodyKind(Refusal):
    code = "wrong_body_kind"
    detail = "รูปแบบข้อมูลที่ส่งมาไม่รองรับ: ใช้ {expected}"


class FileDamaged(Refusal):
    """The store no longer holds what was hashed on the way in: an operator must restore it."""

    code = "file_damaged"
    detail = "ไฟล์ที่เก็บไว้เสียหายหรือหายไป จึงไม่ส่งให้: แจ้งผู้ดูแลระบบให้กู้คืนจากสำเนาสำรอง"


# -- a field is wrong -----------------------------------------------------------------------------


class Invalid(Refusal):
    """One or more fields are wrong; each says so in Thai."""

    code = "invalid"
    detail = "ข้อมูลบางช่องไม่ถูกต้อง: {reason}"

    def __init__(self, *errors: tuple[str, str], **about: object) -> None:
        self._errors = list(errors)
        # Ten empty fields are said once; each field says it again beside itself.
        about.setdefault("reason", "; ".join(dict.fromkeys(message for _, message in errors)))
        super().__init__(**about)  # type: ignore[arg-type]

    @property
    def fields(self) -> list[tuple[str, str]]:
        return self._errors or super().fields


class BadUpload(Invalid):
    code = "bad_upload"
    detail = "ข้อมูลที่ส่งมาไม่ครบหรืออ่านไม่ได้{reason}: ส่งใหม่อีกครั้ง"


class FileEmpty(Invalid):
    code = "file_empty"
    detail = "ไฟล์ {filename} ว่างเปล่า: ตรวจสอบไฟล์แล้วแนบใหม่"


class TooManyFiles(Invalid):
    code = "too_many_files"
    detail = "แนบได้ครั้งละไม่เกิน {limit} ไฟล์: ไฟล์ที่เหลือให้ส่งอีกครั้งด้วยหนังสือฉบับเดิม"


class UnknownOffices(Invalid):
    code = "unknown_offices"
    detail = "ไม่พบหน่วยงานหรือกลุ่มผู้รับ: {offices}"


class OfficesClosed(Invalid):
    code = "offices_closed"
    detail = "หน่วยงานปิดแล้ว ส่งให้ไม่ได้: {offices}"


class OfficesNotCleared(Invalid):
    code = "offices_not_cleared"
    detail = "หน่วยงานต่อไปนี้ไม่มีผู้มีสิทธิ์รับหนังสือชั้นความลับนี้: {offices}"


class NoReceivers(Invalid):
    code = "no_receivers"
    detail = "ยังไม่มีผู้รับ: เลือกทุกโรงเรียน กลุ่มผู้รับ หรือหน่วยงานอย่างน้อยหนึ่งแห่ง"


class IdempotencyMismatch(Invalid):
    code = "idempotency_mismatch"
    detail = "Idempotency-Key นี้ใช้กับข้อมูลอื่นไปแล้ว: ใช้ค่าใหม่สำหรับคำขอใหม่"


class BadCursor(Invalid):
    code = "bad_cursor"
    detail = "ตำแหน่งหน้า (cursor) ใช้ไม่ได้: เริ่มอ่านรายการใหม่โดยไม่ระบุ cursor"


# -- later ----------------------------------------------------------------------------------------


class TooOften(Refusal):
    code = "too_often"
    detail = "ลองรหัสผ่านผิดหลายครั้งเกินไป จึงพักการเข้าระบบของชื่อนี้ไว้: รอ {wait} แล้วลองใหม่ หรือให้ผู้ดูแลระบบปลดล็อก"


class PrintFailed(Refusal):
    code = "print_failed"
    detail = "จัดทำเอกสารไม่สำเร็จ ({reason}) ข้อมูลไม่เสียหาย: ลองใหม่ หรือแจ้งผู้ดูแลระบบ"


class PrintBusy(Refusal):
    code = "print_busy"
    detail = "มีเอกสารรอจัดทำอยู่หลายฉบับ: รอสักครู่แล้วลองใหม่"


class CheckedTooOften(TooOften):
    code = "checked_too_often"
    detail = "ตรวจใบตอบรับถี่เกินไป: รอหนึ่งนาทีแล้วลองใหม่"


class NotReady(Refusal):
    code = "not_ready"
    detail = "ระบบยังไม่พร้อมให้บริการ: {reason}"


def all_refusals() -> Iterable[type[Refusal]]:
    """Every refusal with a code of its own, for the documentation and the contract."""
    waiting: list[type[Refusal]] = [Refusal]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if "code" in vars(kind) and kind is not Refusal:
            yield kind
