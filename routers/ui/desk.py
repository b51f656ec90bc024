"""หน้าแรก: what needs me now, and how fast our letters are received."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import Request
from fastapi.responses import Response

from routers.asking import ask, ask_much
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.pages import page
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.desk import desk
from saraban.queries.pace import Pace

router = screen()


@router.get("/")
async def first(request: Request, office: House, actor: Asking) -> Response:
    """A school has little to count; of what an area has sent, a year is counted."""
    return await (ask if actor.office_kind == "school" else ask_much)(_first, office, request, actor)


def _first(office: Office, request: Request, actor: Actor) -> Response:
    found = desk(office, actor)
    return page(request, "desk", desk=found, chart=None if found.pace is None else drawn(found.pace))


# -- the chart: places on paper of 400 × 220, so that the template only writes them down ----------------

LEFT, RIGHT, TOP, BOTTOM = 34, 384, 24, 184


class Dot(NamedTuple):
    x: int
    y: int
    label: str
    percent: int
    acknowledged: int
    deliveries: int


class Chart(NamedTuple):
    dots: list[Dot]
    line: str
    area: str
    rules: list[tuple[int, int]]


def drawn(pace: Pace) -> Chart:
    """Hours stand at even steps: most happens on the first day, so it has as much room as all that follow."""
    step = (RIGHT - LEFT) / max(len(pace.points), 1)
    dots = [
        Dot(
            round(LEFT + step * (at + 1)),
            _height(point.share),
            _since(point.hours),
            round(point.share * 100),
            point.acknowledged,
            point.deliveries,
        )
        for at, point in enumerate(pace.points)
    ]
    line = " ".join(f"{x},{y}" for x, y in [(LEFT, BOTTOM), *((dot.x, dot.y) for dot in dots)])
    area = f"{line} {dots[-1].x},{BOTTOM}"
    return Chart(dots, line, area, [(_height(percent / 100), percent) for percent in (0, 25, 50, 75, 100)])


def _height(share: float) -> int:
    return round(BOTTOM - (BOTTOM - TOP) * share)


def _since(hours: int) -> str:
    return f"{hours} ชม." if hours < 24 else f"{hours // 24} วัน"
