"""What may be typed: one set of rules for the API, for forms and for imports."""

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
    GetJsonSchemaHandler,
    Strict,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from saraban.levels import Level, Secrecy, Urgency
from saraban.thai.text import tidy
from saraban.wording import too_much
from saraban.words import CHANNELS, FORMS


class Given(BaseModel):
    """What a caller gives: no unknown field passes unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def example(**said: Any) -> ConfigDict:
    """A whole body as somebody would send it, for the description of the API."""
    return ConfigDict(json_schema_extra={"examples": [said]})


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
        # As it was sent, for so it is described; and as it is kept, which may be longer.
        yield AfterValidator(_at_most(self.longest))
        yield AfterValidator(_storable)
        if not self.paragraphs:
            yield AfterValidator(_one_line)
        if self.needed:
            yield AfterValidator(_not_blank)
        yield AfterValidator(_at_most(self.longest))
        yield WithJsonSchema(_text_schema(self.longest, self.needed))


def _at_most(longest: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        # A browser counts the end of a line as one letter, and sends two.
        if len(value) - value.count("\r\n") > longest:
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
