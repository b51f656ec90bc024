"""`Range: bytes=…` as RFC 9110 says, one range at a time."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException

_ONE = re.compile(r"bytes=\s*([0-9]*)\s*-\s*([0-9]*)\s*")


class UnsatisfiableRange(HTTPException):
    def __init__(self, size: int) -> None:
        super().__init__(416, headers={"Content-Range": f"bytes */{size}"})


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the byte after the last; None is the whole file (also for what a server may ignore)."""
    one = _ONE.fullmatch(header) if header else None
    if one is None or len(header or "") > 64 or not (one[1] or one[2]):
        return None
    if not one[1]:
        start, stop = max(size - int(one[2]), 0), size
    else:
        start, stop = int(one[1]), min(int(one[2]) + 1, size) if one[2] else size
        if one[2] and int(one[2]) < int(one[1]):
            return None
    if start >= stop:
        raise UnsatisfiableRange(size)
    return start, stop
