"""Rows of a file that an office made with its own spreadsheet, read leniently; a wrong one is named by its line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from saraban.errors import Invalid
from saraban.thai.text import tidy

R = TypeVar("R", bound="SheetRow")
SHOWN = 20  # wrong lines told of at once: more are corrected in the next round


class SheetRow(BaseModel):
    """A line under its header; columns that nobody asks for may stand there."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    line: int


def rows_of(content: bytes) -> csv.DictReader[str]:
    """The rows of a CSV file; Excel saves it with a BOM, or in the Thai code page of Windows."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp874", errors="replace")
    return csv.DictReader(StringIO(text, newline=""))


class Wrong:
    """What is wrong with a file, collected; of a file with one wrong line nothing is taken."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def say(self, line: int, message: str) -> None:
        self.lines.append((f"line {line}", f"บรรทัด {line}: {message}"))

    def refuse(self) -> None:
        if self.lines:
            more = len(self.lines) - SHOWN
            rest = [("line", f"และอีก {more} บรรทัด")] if more > 0 else []
            raise Invalid(*self.lines[:SHOWN], *rest)


def read(rows: Iterable[Mapping[str, str]], kind: type[R], wrong: Wrong) -> list[R]:
    """Every line that is not blank, under the rules of its kind."""
    good: list[R] = []
    for line, cells in _numbered(rows):
        told = {tidy(name).lower(): tidy(value or "") for name, value in cells.items() if isinstance(name, str)}
        if not any(told.values()):
            continue
        if any(extra for name, cell in cells.items() if name is None for extra in cell or ()):
            wrong.say(line, "มีช่องมากกว่าหัวตาราง: ข้อความที่มีจุลภาคต้องอยู่ในเครื่องหมายคำพูด")
            continue
        try:
            good.append(kind.model_validate({**told, "line": line}))
        except ValidationError as failure:
            wrong.say(line, "; ".join(_reason(error) for error in failure.errors()))
    return good


def _numbered(rows: Iterable[Mapping[str, str]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The line of the file on which a row ends, where that is known; else counted, after one line of header."""
    for count, row in enumerate(rows, start=2):
        yield (rows.line_num if isinstance(rows, csv.DictReader) else count), row


def _reason(error: Any) -> str:
    field = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"ไม่มีคอลัมน์ {field}"
    if error["type"] in ("literal_error", "enum"):
        return f"{field} ต้องเป็นค่าใดค่าหนึ่งใน {error['ctx']['expected']}".replace(" or ", ", ")
    return f"{field} {error['msg']}" if error["type"] == "rule" else f"{field} ไม่ถูกต้อง"
