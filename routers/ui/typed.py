"""What people type where programs send ISO: days and moments in พ.ศ., read before the API is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from routers.ui.forms import Submitted, checked
from saraban.errors import Invalid
from saraban.queries.paging import Page
from saraban.thai.dates import BANGKOK, in_bangkok, parse_date
from saraban.thai.digits import to_arabic

Model = TypeVar("Model", bound=BaseModel)
Found = TypeVar("Found")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])(?:[:.]([0-5][0-9]))?(?: ?น\.?)?")


class Reading:
    """One form being read: what could not be, is told together with what the rules refuse."""

    def __init__(self, form: Submitted, now: datetime) -> None:
        self.form = form
        self.now = in_bangkok(now)
        self.wrong: list[tuple[str, str]] = []

    def day(self, name: str) -> date | None:
        text = self.form.get(name).strip()
        try:
            return parse_date(text, self.now.date()) if text else None
        except ValueError as error:
            self.wrong.append((name, str(error)))
            return None

    def moment(self, day: str, clock: str) -> datetime | None:
        """A day and a time of day in two fields; without a time it was now, or at noon of another day."""
        on, at = self.day(day), to_arabic(self.form.get(clock)).strip()
        if on is None:
            return None
        if not at:
            return self.now if on == self.now.date() else datetime.combine(on, time(12), BANGKOK)
        if (read := _CLOCK.fullmatch(at)) is None:
            self.wrong.append((clock, f"อ่านเวลา “{at}” ไม่ได้ พิมพ์อย่าง 09:30"))
            return None
        return datetime.combine(on, time(int(read[1]), int(read[2]), int(read[3] or 0)), BANGKOK)

    def files(self) -> list[dict[str, str]]:
        """Those that came with the form; one that was refused is told with the rest."""
        self.wrong += self.form.refused
        return self.form.stay

    def into(self, kind: type[Model], values: Mapping[str, Any], *, blank: bool = False) -> Model:
        """The model of the API, or everything that is wrong at once; a blank says nothing unless meant."""
        try:
            made = checked(kind, values, blank=blank)
        except Invalid as refusal:
            misread = {name for name, _ in self.wrong}
            raise Invalid(*self.wrong, *[one for one in refusal.fields if one[0] not in misread]) from refusal
        if self.wrong:
            raise Invalid(*self.wrong)
        return made


NOT_ASKED = ("draft", "file")


def asked(request: Request, kind: type[Model], days: Sequence[str] = ()) -> Model:
    """The filters in an address, by the rules of the API; blank ones are as if they were not there."""
    params = request.query_params
    if not params:
        return kind()
    said = Submitted({name: [value] for name, value in params.items()}, request.scope["path"])
    reading = Reading(said, request.app.state.office.clock())
    words = {name: value for name, value in params.items() if name not in (*days, *NOT_ASKED)}
    return reading.into(kind, {**words, **{name: reading.day(name) for name in days}})


def listed(
    request: Request, kind: type[Model], question: Callable[[Model], Page[Any]], days: Sequence[str] = ()
) -> tuple[Page[Any], str]:
    """A page of a list; when a filter cannot be read, nothing, and why."""
    return found(request, kind, question, Page[Any](items=[]), days)


def found(
    request: Request,
    kind: type[Model],
    question: Callable[[Model], Found],
    nothing: Found,
    days: Sequence[str] = (),
) -> tuple[Found, str]:
    try:
        return question(asked(request, kind, days)), ""
    except Invalid as refusal:
        return nothing, refusal.message
