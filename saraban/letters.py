"""What a letter and its line in a book are made of, as somebody gives it."""

from __future__ import annotations

from pydantic import Field

from saraban.fields import (
    BuddhistYear,
    Channel,
    Day,
    Flag,
    Given,
    Line,
    Lines,
    Moment,
    NeededLine,
    Note,
    OfficeCode,
    PaperForm,
    SecrecyWord,
    Subject,
    Summary,
    UrgencyWord,
    Wording,
    example,
)
from saraban.ids import AttachmentId, LetterId, PersonId, UploadId
from saraban.levels import Secrecy, Urgency

SUBJECT = "ขอเชิญประชุมผู้บริหารสถานศึกษา ครั้งที่ 3/2569"  # of examples


class FileGiven(Given):
    upload: UploadId
    description: Line = ""


class LetterContent(Given):
    """The document itself: its writer's, and fixed by the first sending."""

    subject: Subject = Field(description="เรื่อง", examples=[SUBJECT])
    dated: Day = Field(description="ลงวันที่", examples=["2026-07-01"])
    to_text: NeededLine = Field(description="ถึง", examples=["ผู้อำนวยการโรงเรียนทุกโรงเรียน"])
    from_text: Line = Field("", description="จาก: ไม่ระบุ = หน่วยงานเจ้าของทะเบียน", examples=["สพป.ตัวอย่าง เขต 1"])
    urgency: UrgencyWord = "normal"
    secrecy: SecrecyWord = "open"
    references: list[NeededLine] = Field([], max_length=50, description="อ้างถึง")
    enclosures: list[NeededLine] = Field([], max_length=50, description="สิ่งที่ส่งมาด้วย")
    summary: Summary = Field("", description="เนื้อหาโดยสรุป")

    @property
    def urgency_level(self) -> Urgency:
        return Urgency[self.urgency.upper()]

    @property
    def secrecy_level(self) -> Secrecy:
        return Secrecy[self.secrecy.upper()]


class Paper(Given):
    """What a letter written here has beyond a registered one; the rest of its page is the letter's own."""

    form: PaperForm = "external"
    body: Wording = Field(
        description="เนื้อความ: บรรทัดละย่อหน้า · ข้อที่ขึ้นต้นด้วย `1.` `1.1` `(ก)` หรือ `-` · ตารางเป็นบรรทัดที่มี `|` คั่น",
        examples=["ด้วยสำนักงานเขตพื้นที่การศึกษากำหนดประชุมผู้บริหารสถานศึกษา\n1. วันที่ 10 กรกฎาคม 2569"],
    )
    salutation: Line = Field("เรียน", description="คำขึ้นต้น ก่อนผู้รับ (`to_text`)")
    closing: Line = Field("ขอแสดงความนับถือ", description="คำลงท้าย ของหนังสือภายนอก")
    signer: Line = Field("", description="ชื่อผู้ลงนาม", examples=["นายสมชาย ตัวอย่าง"])
    position: Lines = Field("", description="ตำแหน่ง ได้หลายบรรทัด")
    initials: Line = Field("", description="ชื่อย่อกำกับตรา ของหนังสือประทับตรา")
    owner: Line = Field("", description="ส่วนราชการเจ้าของเรื่อง", examples=["กลุ่มอำนวยการ"])
    contact: Lines = Field("", description="โทรศัพท์ ไปรษณีย์อิเล็กทรอนิกส์ บรรทัดละหนึ่งอย่าง")
    agency: Line = Field("", description="ชื่อส่วนราชการบนหนังสือ: ไม่ระบุ = `from_text`")
    address: Lines = Field("", description="ที่ตั้งของหน่วยงาน ใต้ชื่อหน่วยงาน")


class NewEntry(LetterContent):
    note: Note = Field("", description="หมายเหตุ")
    action: Line = Field("", description="การปฏิบัติ")
    action_office: OfficeCode | None = Field(None, description="กลุ่มปฏิบัติ", examples=["9901-01"])
    action_person: PersonId | None = Field(None, description="บุคคลปฏิบัติ")
    year: BuddhistYear | None = Field(None, description="ปีของทะเบียน (พ.ศ.): ไม่ระบุ = ปีนี้", examples=[2569])
    files: list[FileGiven] = Field([], description="ไฟล์ที่อัปโหลดไว้แล้ว")


class NewOutgoing(NewEntry):
    """A letter to be registered in the outgoing book."""

    model_config = example(
        subject=SUBJECT,
        dated="2026-07-01",
        to_text="ผู้อำนวยการโรงเรียนทุกโรงเรียน",
        urgency="urgent",
        circular=True,
    )

    circular: Flag = Field(False, description="หนังสือเวียน (ว)")
    based_on: LetterId | None = Field(None, description="ส่งต่อหนังสือฉบับนี้ พร้อมไฟล์ของฉบับนั้น")
    attachments: list[AttachmentId] | None = Field(None, description="ไฟล์ของ `based_on`: ไม่ระบุ = ทุกไฟล์")
    reply_to: LetterId | None = Field(None, description="ตอบหนังสือฉบับนี้")
    replaces: LetterId | None = Field(None, description="ออกแทนหนังสือฉบับนี้")
    paper: Paper | None = Field(
        None, description="เนื้อหนังสือที่เขียนในระบบ: ไฟล์จัดทำด้วย `/letters/{id}/paper/file`"
    )


class NewIncoming(NewEntry):
    """A letter from outside, to be registered in the incoming book."""

    model_config = example(
        letter_no="ศธ 04998/ว 12",
        subject=SUBJECT,
        dated="2026-06-29",
        from_text="สพป.ตัวอย่าง เขต 2",
        received_at="2026-07-01T09:57:26+07:00",
        channel="post",
    )

    letter_no: NeededLine = Field(description="ที่ของหนังสือ ตามที่ผู้ส่งออกเลข", examples=["ศธ 04998/ว 12"])
    from_text: NeededLine = Field(description="จาก", examples=["สพป.ตัวอย่าง เขต 2"])
    to_text: Line = Field("", description="ถึง: ไม่ระบุ = หน่วยงานเจ้าของทะเบียน")
    received_at: Moment | None = Field(None, description="รับเมื่อ: ไม่ระบุ = ขณะนี้")
    channel: Channel = "paper"


class LetterChange(Given):
    """Corrections of a letter's content; what is not named stays."""

    model_config = example(subject=SUBJECT, urgency="most_urgent")

    subject: Subject | None = None
    dated: Day | None = None
    to_text: NeededLine | None = None
    from_text: NeededLine | None = None
    letter_no: NeededLine | None = Field(
        default=None, description="of a letter from outside: its sender's number"
    )
    urgency: UrgencyWord | None = None
    secrecy: SecrecyWord | None = None
    references: list[NeededLine] | None = Field(default=None, max_length=50)
    enclosures: list[NeededLine] | None = Field(default=None, max_length=50)
    summary: Summary | None = None
    paper: Paper | None = Field(default=None, description="เนื้อหนังสือที่เขียนในระบบ ทั้งหมด")


class EntryChange(Given):
    """Corrections of one's own line in the book."""

    model_config = example(action="แจ้งกลุ่มนโยบายและแผน", note="ด่วน")

    note: Note | None = None
    action: Line | None = None
    action_office: OfficeCode | None = None
    action_person: PersonId | None = None
    received_at: Moment | None = None


class AssignTo(Given):
    """To whom an entry is handed: a group of the house, or one of its people."""

    model_config = example(office="9901-01", instruction="เพื่อทราบและดำเนินการ", due="2026-07-15")

    office: OfficeCode | None = None
    person: PersonId | None = None
    instruction: Line = ""
    due: Day | None = None
