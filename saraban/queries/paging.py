"""Lists page by keyset, both ways: a cursor says after (or before) which row, so that the deepest page costs
what the first does."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from saraban.errors import BadCursor
from saraban.queries.answers import answer
from storage.keyset import Short

Item = TypeVar("Item")
Place = tuple[Any, ...]

# In front of a cursor that leads back: what follows is the row before which the page ends.
BACK = "~"


class Page(BaseModel, Generic[Item]):
    """One page, where the next one begins and where the one before ends; null where there is none."""

    items: list[Item]
    next: str | None = Field(
        None, examples=["WzI1NjksMjYzMV0"], description="`cursor` of the next page; null at the end"
    )
    previous: str | None = Field(
        None, examples=["~WzI1NjksMjY4MF0"], description="`cursor` of the page before; null at the beginning"
    )


class Paging(BaseModel):
    """The part of a question that says which page; filters add to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: (
        Annotated[str, Field(max_length=500, description="`next` or `previous` of another page")] | None
    ) = None
    limit: Annotated[int, Field(ge=1, le=500, description="rows of a page")] = 50

    @property
    def is_quick(self) -> bool:
        """Whether an index leads straight to the rows, because nothing else narrows them."""
        return self.model_fields_set <= {"cursor", "limit", "year", "letter"}


class Turned(NamedTuple):
    """The rows of a page in the order of its list, and the cursors of its neighbours."""

    rows: Sequence[Any]
    next: str | None = None
    previous: str | None = None

    def page(self, kind: type[Page[Item]], items: list[Item]) -> Page[Item]:
        """What the rows say, as the list's kind of page."""
        return answer(kind, {"items": items, "next": self.next, "previous": self.previous})


Read = Callable[[Place | None, bool, int], Sequence[Any]]


def turn(asked: Paging, kinds: Sequence[type], read: Read, at: Callable[[Any], Place]) -> Turned:
    """The page that is asked for. `read(place, back, limit)` reads so many rows from a place on, or back from
    it with the nearest first; `at` is the place of a row, of values of these kinds."""
    place, back = place_of(asked.cursor, *kinds)
    rows = read(place, back, asked.limit + 1)
    if back and len(rows) < asked.limit and not isinstance(rows, Short):
        # The beginning is nearer than a page: the first page, whole.
        place, back = None, False
        rows = read(None, False, asked.limit + 1)
    onward = None
    if len(rows) > asked.limit:
        rows = rows[: asked.limit]
        onward = at(rows[-1])
    elif isinstance(rows, Short):
        onward = rows.reached
    # The page's other end; one with nothing on it is read again from where it was left.
    behind = (at(rows[0]) if rows else onward or place) if place is not None else None
    rows = rows[::-1] if back else rows
    before, after = (onward, behind) if back else (behind, onward)
    return Turned(
        rows,
        next=None if after is None else cursor_at(*after),
        previous=None if before is None else cursor_at(*before, back=True),
    )


Asked = TypeVar("Asked", bound=Paging)


def whole(read: Callable[[Asked], Page[Item]], asked: Asked) -> Iterator[Item]:
    """Everything that a list answers to the same question, page by page as it is taken."""
    cursor = None
    while True:
        page = read(asked.model_copy(update={"cursor": cursor, "limit": 500}))
        yield from page.items
        if (cursor := page.next) is None:
            return


def cursor_at(*place: int | str, back: bool = False) -> str:
    text = base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")
    return BACK + text if back else text


def place_of(cursor: str | None, *kinds: type) -> tuple[Place | None, bool]:
    """Where a cursor points and whether it leads back; one of ours has as many values, each of its kind."""
    if cursor is None:
        return None, False
    text = cursor.removeprefix(BACK)
    try:
        place = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, UnicodeDecodeError, RecursionError):
        raise BadCursor(field="cursor") from None
    if not isinstance(place, list) or [type(value) for value in place] != list(kinds):
        raise BadCursor(field="cursor")
    if any(isinstance(value, int) and abs(value) >= 2**62 for value in place):
        raise BadCursor(field="cursor")
    return tuple(place), cursor.startswith(BACK)


def page_of(rows: list[Any], limit: int) -> tuple[list[Any], Any | None]:
    """Of a feed, which only goes on: its rows out of one more than fit, and the last if there are more."""
    return rows[:limit], rows[limit - 1] if len(rows) > limit else None
