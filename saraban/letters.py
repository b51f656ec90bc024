"""What may stand in a letter: one set of rules for the API, for forms and for imports."""

from __future__ import annotations

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
    Strict,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from saraban.ids import AttachmentId, LetterId, PersonId, UploadId
from saraban.levels import Secrecy, Urgency
from saraban.thai.text import tidy

UrgencyWord = Literal["normal", "urgent", "very_urgent", "most_urgent"]
SecrecyWord = Literal["open", "confidential", "secret", "top_secret"]
Channel = Literal["paper", "post", "email", "fax", "other"]


def wrong(message: str, **about: Any) -> PydanticCustomError:
    return PydanticCustomError("rule", message, about)  # type: ignore[arg-type]


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
OfficeCode = Annotated[str, _Text(64, needed=True)]


def _written(value: object) -> object:
    """A number is no date, though a lenient reader would take it for seconds since 1970."""
    if isinstance(value, str | date):
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


class Given(BaseModel):
    """What a caller gives: no unknown field passes unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileGiven(Given):
    upload: UploadId
    description: Line = ""


class LetterContent(Given):
    """The document itself: its writer's, and fixed by the first sending."""

    subject: Subject
    dated: Day
    to_text: NeededLine
    from_text: Line = ""
    urgency: UrgencyWord = "normal"
    secrecy: SecrecyWord = "open"
    references: list[NeededLine] = Field(default=[], max_length=50)
    enclosures: list[NeededLine] = Field(default=[], max_length=50)
    summary: Summary = ""

    @property
    def urgency_level(self) -> Urgency:
        return Urgency[self.urgency.upper()]

    @property
    def secrecy_level(self) -> Secrecy:
        return Secrecy[self.secrecy.upper()]


class NewEntry(LetterContent):
    note: Note = ""
    action: Line = ""
    action_office: OfficeCode | None = None
    action_person: PersonId | None = None
    year: BuddhistYear | None = None
    files: list[FileGiven] = []


class NewOutgoing(NewEntry):
    """A letter to be registered in the outgoing book."""

    circular: Flag = False
    based_on: LetterId | None = None
    attachments: list[AttachmentId] | None = None
    reply_to: LetterId | None = None
    replaces: LetterId | None = None


class NewIncoming(NewEntry):
    """A letter from outside, to be registered in the incoming book."""

    letter_no: NeededLine
    from_text: NeededLine
    to_text: Line = ""
    received_at: Moment | None = None
    channel: Channel = "paper"


class LetterChange(Given):
    """Corrections of a letter's content; what is not named stays."""

    subject: Subject | None = None
    dated: Day | None = None
    to_text: NeededLine | None = None
    from_text: Line | None = None
    urgency: UrgencyWord | None = None
    secrecy: SecrecyWord | None = None
    references: list[NeededLine] | None = Field(default=None, max_length=50)
    enclosures: list[NeededLine] | None = Field(default=None, max_length=50)
    summary: Summary | None = None


class EntryChange(Given):
    """Corrections of one's own line in the book."""

    note: Note | None = None
    action: Line | None = None
    action_office: OfficeCode | None = None
    action_person: PersonId | None = None
    received_at: Moment | None = None


class AssignTo(Given):
    """To whom an entry is handed: a group of the house, or one of its people."""

    office: OfficeCode | None = None
    person: PersonId | None = None
    instruction: Line = ""
    due: Day | None = None
