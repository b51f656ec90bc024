"""Lists page by keyset: a cursor says after which row, so that the deepest page costs what the first does."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from saraban.errors import BadCursor

Item = TypeVar("Item")
Place = tuple[int | str, ...]


class Page(BaseModel, Generic[Item]):
    """One page, and where the next one begins; null at the end."""

    items: list[Item]
    next: str | None = Field(None, examples=["WzI1NjksMjYzMV0"], description="`cursor` of the next page; null at the end")


class Paging(BaseModel):
    """The part of a question that says which page; filters add to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: Annotated[str, Field(max_length=500, description="`next` of the page before")] | None = None
    limit: Annotated[int, Field(ge=1, le=500, description="rows of a page")] = 50


def cursor_at(*place: int | str) -> str:
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def place_of(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """Where a cursor points, if it is one of ours: as many values as expected, each of its kind."""
    if cursor is None:
        return None
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, UnicodeDecodeError, RecursionError):
        raise BadCursor(field="cursor") from None
    if not isinstance(place, list) or [type(value) for value in place] != list(kinds):
        raise BadCursor(field="cursor")
    if any(isinstance(value, int) and abs(value) >= 2**62 for value in place):
        raise BadCursor(field="cursor")
    return tuple(place)


def page_of(rows: list[Any], limit: int) -> tuple[list[Any], Any | None]:
    """The rows of this page out of one more than fit, and the last of them when there are more."""
    return rows[:limit], rows[limit - 1] if len(rows) > limit else None
