"""Time in the made-up office: acts happen in their order, each at its own moment, on working days."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random

from saraban.office import Office
from saraban.thai.dates import BANGKOK, in_bangkok

OPENS, CLOSES = time(8, 30), time(16, 30)


class Days:
    """What is planned; what lies after the end has not happened yet, so that letters stand in every state."""

    def __init__(self, office: Office, seed: int) -> None:
        self.end = office.clock()
        self.now = self.end
        self.office = replace(office, clock=lambda: self.now)
        self.chance = Random(seed)  # noqa: S311 made-up times, no secrets
        self._planned: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()

    def at(self, moment: datetime, act: Callable[[], object]) -> None:
        heapq.heappush(self._planned, (moment, next(self._order), act))

    def after(self, hours: float, act: Callable[[], object]) -> None:
        """So many hours from now, or when the office opens next."""
        self.at(self._open(self.now + timedelta(hours=hours)), act)

    def run(self) -> None:
        while self._planned and self._planned[0][0] <= self.end:
            self.now, _, act = heapq.heappop(self._planned)
            act()
        self.now = self.end

    def moment(self, days_ago: int, hour: int, minute: int) -> datetime:
        """A time of day, so many working days before the end."""
        day = in_bangkok(self.end).date()
        while days_ago > 0 or _is_weekend(day):
            day -= timedelta(days=1)
            days_ago -= not _is_weekend(day)
        second = self.chance.randrange(60)
        return datetime.combine(day, time(hour, minute, second), BANGKOK)

    def _open(self, moment: datetime) -> datetime:
        local = in_bangkok(moment)
        day = local.date()
        if not _is_weekend(day) and OPENS <= local.time() < CLOSES:
            return moment
        if local.time() >= CLOSES or _is_weekend(day):
            day += timedelta(days=1)
        while _is_weekend(day):
            day += timedelta(days=1)
        return datetime.combine(day, OPENS, BANGKOK) + timedelta(seconds=self.chance.randrange(3600))


def _is_weekend(day: date) -> bool:
    return day.weekday() >= 5
