"""Ids as other systems see them: opaque text, with a letter in front that says of what."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_DIGITS = re.compile(r"[1-9][0-9]{0,17}")


def show(kind: str, number: int) -> str:
    return f"{kind}{number}"


def read(kind: str, text: object) -> int | None:
    """The number behind an id of this kind, or None when it is not one."""
    if isinstance(text, str) and text.startswith(kind) and _DIGITS.fullmatch(text[len(kind) :]):
        return int(text[len(kind) :])
    return None


def _id(kind: str, example: str) -> Any:
    def parse(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        number = read(kind, value)
        if number is None:
            raise PydanticCustomError("id", "รหัสไม่ถูกต้อง: ใช้รหัสที่ระบบให้มา เช่น {example}", {"example": example})
        return number

    return Annotated[
        int,
        BeforeValidator(parse),
        PlainSerializer(lambda number: show(kind, number), return_type=str),
        WithJsonSchema({"type": "string", "pattern": f"^{kind}[1-9][0-9]{{0,17}}$", "examples": [example]}),
    ]


LetterId = _id("L", "L2631")
EntryId = _id("E", "E2631")
AttachmentId = _id("A", "A12")
UploadId = _id("U", "U12")
DispatchId = _id("S", "S845")
DeliveryId = _id("D", "D30808")
AssignmentId = _id("T", "T77")
GroupId = _id("G", "G3")
PersonId = _id("P", "P41")
