"""What is stamped on a letter that has come (form 12), on which of its files, and where?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, NamedTuple
from unicodedata import category

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from saraban.commands.enter_letter import Filed, filed
from saraban.errors import EntryVoid, NotFound, NotStamped
from saraban.fields import in_thai, wrong
from saraban.filetypes import PDF
from saraban.office import Office
from saraban.permissions import Actor
from saraban.press.stamping import Place
from saraban.queries.attachment import FileFound, attachment
from saraban.queries.entry import EntryView, entry_view
from saraban.thai.digits import to_arabic
from saraban.words import STAMP_PLACES

EDGE = 1.0  # centimetres


def _typed(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return float(to_arabic(value))
    except ValueError as error:
        raise wrong("ระยะของตราต้องเป็นเซนติเมตร พิมพ์อย่าง 2.5") from error


Centimetres = Annotated[float, BeforeValidator(_typed), Field(ge=0, le=200, allow_inf_nan=False)]


class Placing(BaseModel):
    """A corner or a side, or so many centimetres from the edges of the page as one reads it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    place: Annotated[
        Literal[
            "auto",
            "top_left",
            "top",
            "top_right",
            "left",
            "right",
            "bottom_left",
            "bottom",
            "bottom_right",
        ],
        in_thai(**STAMP_PLACES),
    ] = "auto"
    x: Annotated[Centimetres | None, Field(description="centimetres from the left")] = None
    y: Annotated[Centimetres | None, Field(description="centimetres from the top")] = None

    @property
    def on_page(self) -> Place:
        if self.x is None and self.y is None:
            return self.place
        return (EDGE if self.x is None else self.x, EDGE if self.y is None else self.y)


class Stamp(NamedTuple):
    house: str
    number: int
    received_at: datetime

    @property
    def letters(self) -> int:
        """Of the name, side by side: vowels and tones that stand above or below another take no room."""
        return sum(category(one) != "Mn" for one in self.house)


class Stampable(NamedTuple):
    line: EntryView
    stamp: Stamp
    files: list[Filed]  # those that a stamp can be laid on


def stampable(office: Office, actor: Actor, entry_id: int) -> Stampable:
    """A line of the incoming book that stands; whoever sees it and the files may have them stamped."""
    line = entry_view(office, actor, entry_id)
    if line.kind != "incoming" or line.received_at is None:
        raise NotStamped()
    if line.void:
        raise EntryVoid()
    files = office.db.read(lambda db: filed(db, actor, line.letter))
    stamp = Stamp(actor.house_in_full, line.number, line.received_at)
    return Stampable(line, stamp, [one for one in files if one.content_type == PDF])


def stamped_file(office: Office, actor: Actor, entry_id: int, attachment_id: int) -> tuple[Stamp, FileFound]:
    found = stampable(office, actor, entry_id)
    file = attachment(office, actor, attachment_id)
    if file.content_type != PDF:
        raise NotStamped()
    if attachment_id not in [one.id for one in found.files]:
        raise NotFound()
    return found.stamp, file
