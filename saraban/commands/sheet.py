"""Rows of a file that an office made in a spreadsheet, read leniently; a wrong one is named by its line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from saraban.errors import Invalid
from saraban.thai.text import tidy

R = TypeVar("R", bound="SheetRow")
Numbered = tuple[int, Mapping[Any, Any]]
SHOWN = 20  # wrong lines told of at once: more are corrected in the next round


class Imported(NamedTuple):
    """How many lines of a file were new, were different, were the same as before."""

    added: int
    changed: int
    same: int


class SheetRow(BaseModel):
    """A line under its header; columns that nobody asks for may stand there."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    line: int


def rows_of(content: bytes) -> csv.DictReader[str]:
    """The rows of a CSV file; Excel saves it as UTF-8 with a BOM, or in the Thai code page of Windows."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What neither is stays visible as U+FFFD, which `read` refuses with its line.
        text = content.decode("cp874", errors="replace")
    return csv.DictReader(StringIO(text, newline=""), skipinitialspace=True, restval="", strict=True)


class Wrong:
    """What is wrong with a file, collected; of a file with one wrong line nothing is taken."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []

    def say(self, line: int, message: str) -> None:
        self.lines.append((line, f"บรรทัด {line}: {message}"))

    def refuse(self) -> None:
        if self.lines:
            shown = [(f"line {line}", message) for line, message in sorted(self.lines)[:SHOWN]]
            more = len(self.lines) - len(shown)
            raise Invalid(*shown, *([("file", f"และอีก {more} บรรทัด")] if more else []))


def read(lines: Iterable[Numbered], kind: type[R], wrong: Wrong) -> list[R]:
    """Every line that is not blank, under the rules of its kind."""
    good: list[R] = []
    for line, cells in lines:
        told = {tidy(name).lower(): tidy(cell or "") for name, cell in cells.items() if name is not None}
        if any(cells.get(None) or ()):
            wrong.say(line, "มีช่องเกินหัวตาราง: ข้อความที่มีจุลภาคต้องอยู่ในเครื่องหมายคำพูด")
        elif "\ufffd" in "".join(told.values()):
            wrong.say(line, "มีตัวอักษรที่อ่านไม่ได้: บันทึกแฟ้มเป็น CSV UTF-8")
        elif any(told.values()):
            try:
                good.append(kind.model_validate({**told, "line": line}))
            except ValidationError as failure:
                wrong.say(line, "; ".join(_reason(error) for error in failure.errors()))
    return good


def numbered(rows: Iterable[Mapping[str, str]]) -> list[Numbered]:
    """With the line of the file on which a row ends, if that is known; else counted, after one of header."""
    try:
        return [
            (rows.line_num if isinstance(rows, csv.DictReader) else count, row)
            for count, row in enumerate(rows, start=2)
        ]
    except csv.Error as broken:
        raise Invalid(("file", f"แฟ้มไม่ใช่ CSV: {broken}")) from broken


def _reason(error: Any) -> str:
    field = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"ไม่มีคอลัมน์ {field}"
    if error["type"] in ("literal_error", "enum"):
        return f"{field} ต้องเป็นค่าใดค่าหนึ่งใน {error['ctx']['expected']}".replace(" or ", ", ")
    return f"{field} {error['msg']}" if error["type"] == "rule" else f"{field} ไม่ถูกต้อง"
