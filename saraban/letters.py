"""What may stand in a letter: one set of rules for the API, for forms and for imports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from annotated_types import GroupedMetadata
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    Strict,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from saraban.ids import AttachmentId, LetterId, PersonId, UploadId
from saraban.levels import Level, Secrecy, Urgency
from saraban.thai.text import tidy
from saraban.wording import too_much
from saraban.words import CHANNELS, FORMS


class _InThai:
    def __init__(self, words: dict[str, str]) -> None:
        self._words = words

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        told = handler(core)
        return {**told, "description": " · ".join(f"`{one}` {self._words[one]}" for one in told["enum"])}


def in_thai(**words: str) -> Any:
    """The Thai of each word that may be chosen, for the description of the API; `words` may hold more."""
    return _InThai(words)


def _levels(kind: type[Level]) -> Any:
    return in_thai(**{level.word: level.thai for level in kind})


UrgencyWord = Annotated[Literal["normal", "urgent", "very_urgent", "most_urgent"], _levels(Urgency)]
SecrecyWord = Annotated[Literal["open", "confidential", "secret", "top_secret"], _levels(Secrecy)]
Channel = Annotated[
    Literal["paper", "post", "email", "fax", "other"],
    in_thai(**CHANNELS),
]
PaperForm = Annotated[Literal["external", "memo", "sealed"], in_thai(**FORMS)]


def wrong(message: str, **about: Any) -> PydanticCustomError:
    return PydanticCustomError("rule", message, about)


def _no_nul(value: object) -> object:
    if isinstance(value, str) and "\x00" in value:
        raise wrong("มีอักขระที่ใช้ไม่ได้ (NUL): พิมพ์ข้อความใหม่")
    return value


def _storable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise wrong("มีอักขระที่ไม่ใช่ตัวอักษร: พิมพ์ข้อความใหม่") from None
    return tidy(value)


def _not_blank(value: str) -> str:
    # Tidied before: what only looks blank (zero-width characters) is gone from its ends.
    if not value:
        raise wrong("ต้องกรอก: เว้นว่างไม่ได้")
    return value


def _one_line(value: str) -> str:
    return " ".join(value.split())


@dataclass(frozen=True)
class _Text(GroupedMetadata):
    """One line of text, or paragraphs: what may stand in it, and how much."""

    longest: int
    needed: bool = False
    paragraphs: bool = False

    def __iter__(self) -> Iterator[object]:
        yield BeforeValidator(_no_nul)
        yield AfterValidator(_storable)
        if not self.paragraphs:
            yield AfterValidator(_one_line)
        if self.needed:
            yield AfterValidator(_not_blank)
        yield AfterValidator(_at_most(self.longest))
        yield WithJsonSchema(_text_schema(self.longest, self.needed))


def _at_most(longest: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        if len(value) > longest:
            raise wrong("ยาวเกิน {limit} ตัวอักษร: ย่อให้สั้นลง", limit=longest)
        return value

    return check


def _text_schema(longest: int, needed: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "maxLength": longest}
    if needed:
        schema |= {"minLength": 1, "pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"}
    return schema


Subject = Annotated[str, _Text(1000, needed=True)]
Name = Annotated[str, _Text(300, needed=True)]
NeededLine = Annotated[str, _Text(500, needed=True)]
Line = Annotated[str, _Text(500)]
Reason = Annotated[str, _Text(1000, needed=True)]
Note = Annotated[str, _Text(4000, paragraphs=True)]
Summary = Annotated[str, _Text(10_000, paragraphs=True)]
Lines = Annotated[str, _Text(500, paragraphs=True)]
OfficeCode = Annotated[str, _Text(64, needed=True)]


def _printable(value: str) -> str:
    if why := too_much(value):
        raise wrong(why)
    return value


# Of a form's field at most 64 KiB are read, and a Thai letter takes three bytes.
Wording = Annotated[str, _Text(20_000, needed=True, paragraphs=True), AfterValidator(_printable)]


_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")


def _written(value: object) -> object:
    """A number is no date, written out or not, though a lenient reader takes it for seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and _ISO.match(value)):
        return value
    raise wrong("ต้องเป็นข้อความวันที่หรือเวลาแบบ ISO 8601 เช่น 2026-07-01")


def _sensible(day: date) -> date:
    """2569-07-01 is a Buddhist year in a field of Christian ones: refused, not guessed."""
    if not 1900 <= day.year <= 2200:
        raise wrong("ปีของวันที่ต้องเป็น ค.ศ. (เช่น 2026-07-01): ปี {year} ไม่ถูกต้อง", year=day.year)
    return day


def _sensible_moment(moment: datetime) -> datetime:
    _sensible(moment.date())
    return moment.astimezone(UTC)


def _buddhist(year: int) -> int:
    if not 2400 <= year <= 2800:
        raise wrong("ปีต้องเป็น พ.ศ. (เช่น 2569): ปี {year} ไม่ถูกต้อง", year=year)
    return year


Day = Annotated[date, BeforeValidator(_written), AfterValidator(_sensible)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_sensible_moment)]
BuddhistYear = Annotated[
    int,
    Strict(),
    AfterValidator(_buddhist),
    WithJsonSchema({"type": "integer", "minimum": 2400, "maximum": 2800}),
]
Flag = Annotated[bool, Strict()]

A_FEW_MINUTES = timedelta(minutes=5)


SUBJECT = "ขอเชิญประชุมผู้บริหารสถานศึกษา ครั้งที่ 3/2569"  # of examples


class Given(BaseModel):
    """What a caller gives: no unknown field passes unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileGiven(Given):
    upload: UploadId
    description: Line = ""


def example(**said: Any) -> ConfigDict:
    """A whole body as somebody would send it, for the description of the API."""
    return ConfigDict(json_schema_extra={"examples": [said]})


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
