"""How has a sending fared, on paper: its head, how far it has come and when, and a line for each receiver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from saraban.errors import TooLongToPrint
from saraban.fields import in_thai
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.board import BY_POST, District, board
from saraban.queries.paging import whole
from saraban.queries.tracking import DeliveryFilters, DeliveryLine, DispatchView, dispatch_view, tracking
from saraban.thai.dates import SHORT_MONTHS, day_begins, in_bangkok
from saraban.words import DELIVERY_STATES

# An area has 340 schools at most; what the whole country has answered is for a spreadsheet.
MOST = 1000


class ReportFilters(BaseModel):
    """Whose lines are printed; the head counts all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: (
        Annotated[
            Literal[
                "waiting",
                "acknowledged",
                "returned",
                "recalled",
                "overdue",
                "replied",
                "missing",
                "post",
            ],
            in_thai(
                **DELIVERY_STATES,
                overdue="เกินกำหนด",
                replied="ตอบกลับแล้ว",
                missing="หน่วยงานที่ยังไม่ลงทะเบียน",
                post="ทางไปรษณีย์",
            ),
        ]
        | None
    ) = None


class Curve(NamedTuple):
    """How many had acknowledged when, in parts of the time drawn and of all receivers."""

    points: list[tuple[float, float]]
    ticks: list[tuple[float, str]]
    due: float | None


class Report(NamedTuple):
    dispatch: DispatchView
    lines: list[DeliveryLine]
    districts: list[District]
    curve: Curve | None
    state: str | None
    at: datetime
    by: str


def tracking_report(office: Office, actor: Actor, dispatch_id: int, asked: ReportFilters) -> Report:
    view = dispatch_view(office, actor, dispatch_id)
    told = {**view.totals.model_dump(), "missing": view.totals.missing, "post": view.totals.by_post}
    count = view.recipients if asked.state is None else told[asked.state]
    if count > MOST:
        raise TooLongToPrint(limit=MOST)
    wanted = DeliveryFilters(state=asked.state)
    lines = list(whole(lambda one: tracking(office, actor, dispatch_id, one), wanted))
    done = sorted(line.acknowledged_at for line in lines if line.office and line.acknowledged_at is not None)
    now = office.clock()
    drawn = bool(done) and asked.state is None
    return Report(
        dispatch=view,
        lines=lines,
        districts=[one for one in board(office, actor, dispatch_id).districts if one.name != BY_POST],
        curve=curve(done, view.offices, view.sent_at, view.deadline, now) if drawn else None,
        state=asked.state,
        at=now,
        by=actor.person_name,
    )


def curve(
    done: Sequence[datetime], receivers: int, begins: datetime, due: datetime | None, now: datetime
) -> Curve:
    """From the sending to the last acknowledgement, or to the end of the time that was given for it: as far
    as that is over."""
    ends = max(done[-1], min(now, due or done[-1]), begins + timedelta(hours=1))
    points = [(0.0, 0.0)]
    for count, at in enumerate(done, start=1):
        x = (at - begins) / (ends - begins)
        points += [(x, points[-1][1]), (x, count / receivers)]
    points.append(((min(now, ends) - begins) / (ends - begins), points[-1][1]))
    ticks = [((at - begins) / (ends - begins), word) for at, word in _ticks(begins, ends)]
    marked = due is not None and begins <= due <= ends
    return Curve(points, ticks, (due - begins) / (ends - begins) if marked and due else None)


_STEPS = [timedelta(hours=hours) for hours in (1, 2, 3, 6, 12, 24, 48, 7 * 24, 14 * 24, 30 * 24, 91 * 24)]
_MOST_TICKS = 7


def _ticks(begins: datetime, ends: datetime) -> Iterator[tuple[datetime, str]]:
    """Round hours, or midnights named by their day."""
    step = next((one for one in _STEPS if (ends - begins) / one <= _MOST_TICKS), timedelta(days=365))
    at = day_begins(in_bangkok(begins).date())
    while at <= ends:
        if at >= begins:
            day = f"{at.day} {SHORT_MONTHS[at.month - 1]}"
            yield at, day if at.hour == 0 else f"{at:%H:%M}"
        at += step
