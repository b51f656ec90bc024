"""How often one address may ask what anybody may ask."""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request

from saraban.errors import CheckedTooOften
from saraban.office import Clock

_MOST = 60  # in a minute: a clerk with a pile of receipts is slower


class Askers:
    """Counts begin anew with every minute, so there are never more of them than askers in one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minute = 0
        self._asked: Counter[str] = Counter()

    def check(self, request: Request) -> None:
        minute = int(self._clock().timestamp()) // 60
        if minute != self._minute:
            self._minute, self._asked = minute, Counter()
        who = request.client.host if request.client else ""
        self._asked[who] += 1
        if self._asked[who] > _MOST:
            raise CheckedTooOften()
