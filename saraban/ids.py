"""Ids as other systems see them: opaque text, with a letter in front that says of what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from annotated_types import GroupedMetadata
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

DIGITS = "[1-9][0-9]{0,17}"


def show(kind: str, number: int) -> str:
    return f"{kind}{number}"


def read(kind: str, text: object) -> int | None:
    """The number behind an id of this kind, or None when it is not one."""
    if isinstance(text, str) and text.startswith(kind) and re.fullmatch(DIGITS, text[len(kind) :]):
        return int(text[len(kind) :])
    return None


@dataclass(frozen=True)
class _Id(GroupedMetadata):
    kind: str
    example: str

    def __iter__(self) -> Iterator[object]:
        kind, example = self.kind, self.example

        def parse(value: object) -> int:
            if isinstance(value, int) and not isinstance(value, bool):
                return value
            number = read(kind, value)
            if number is None:
                raise PydanticCustomError(
                    "id", "รหัสไม่ถูกต้อง: ใช้รหัสที่ระบบให้มา เช่น {example}", {"example": example}
                )
            return number

        yield BeforeValidator(parse)
        yield PlainSerializer(lambda number: show(kind, number), return_type=str)
        yield WithJsonSchema({"type": "string", "pattern": f"^{kind}{DIGITS}$", "examples": [example]})


LetterId = Annotated[int, _Id("L", "L2631")]
EntryId = Annotated[int, _Id("E", "E2631")]
AttachmentId = Annotated[int, _Id("A", "A12")]
UploadId = Annotated[int, _Id("U", "U12")]
DispatchId = Annotated[int, _Id("S", "S845")]
DeliveryId = Annotated[int, _Id("D", "D30808")]
AssignmentId = Annotated[int, _Id("T", "T77")]
GroupId = Annotated[int, _Id("G", "G3")]
PrintoutId = Annotated[int, _Id("J", "J8")]
PersonId = Annotated[int, _Id("P", "P41")]
