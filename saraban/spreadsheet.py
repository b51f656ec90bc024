"""A list as an Excel file: real dates and numbers, text that is never a formula, any number of rows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Generic, NamedTuple, TypeVar

import xlsxwriter

from saraban.thai.dates import in_bangkok

Row = TypeVar("Row")
Cell = str | int | date | datetime | None

# A year of the busiest book is 27,000 lines; a sheet of this many takes seconds, not minutes.
MOST = 50_000
LONGEST = 32_767  # characters of one cell, by the format
# The cell holds the day itself; 07 is the Buddhist calendar, 041E Thai: `1 ก.ค. 2569`.
DAY, MOMENT = "[$-107041E]d mmm yyyy;@", "[$-107041E]d mmm yyyy hh:mm:ss;@"


class Column(NamedTuple, Generic[Row]):
    """What stands at the head of a column, what a row says under it, how wide it is."""

    heading: str
    of: Callable[[Row], Cell]
    width: int = 14


def spreadsheet(
    title: str, columns: Sequence[Column[Row]], rows: Iterable[Row], folder: Path, most: int = MOST
) -> IO[bytes]:
    """A file to read from its beginning; nameless, so that nothing stays behind when its reader goes."""
    folder.mkdir(parents=True, exist_ok=True)
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 whoever reads it closes it
    # Each row is written out before the next: 50,000 rows of 12 cells take 6 s and no memory (measured).
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": str(folder)})
    sheet = book.add_worksheet(_sheet_name(title))
    heading = book.add_format(
        {"bold": True, "bg_color": "#E5EDF8", "bottom": 1, "valign": "top", "text_wrap": True}
    )
    formats = {
        "text": book.add_format({"valign": "top", "text_wrap": True}),
        "number": book.add_format({"valign": "top", "num_format": "0"}),
        "day": book.add_format({"valign": "top", "num_format": DAY, "align": "left"}),
        "moment": book.add_format({"valign": "top", "num_format": MOMENT, "align": "left"}),
    }
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column.heading, heading)
    line = 0
    for line, row in enumerate(rows, start=1):
        if line > most:
            sheet.write_string(line, 0, f"แสดงเพียง {most} แถวแรก: กรองให้แคบลงเพื่อดาวน์โหลดส่วนที่เหลือ", heading)
            break
        for at, column in enumerate(columns):
            _write(sheet, line, at, column.of(row), formats)
    sheet.autofilter(0, 0, max(min(line, most), 1), len(columns) - 1)
    book.close()
    file.seek(0)
    return file


def _write(sheet: Any, line: int, at: int, cell: Cell, formats: dict[str, Any]) -> None:
    match cell:
        case None | "":
            pass
        case datetime():
            sheet.write_datetime(line, at, in_bangkok(cell).replace(tzinfo=None), formats["moment"])
        case date():
            sheet.write_datetime(line, at, cell, formats["day"])
        case int():
            sheet.write_number(line, at, cell, formats["number"])
        case _:
            # Never `write`: what somebody typed after = would be reckoned on the reader's machine.
            sheet.write_string(line, at, cell[:LONGEST], formats["text"])


def _sheet_name(title: str) -> str:
    """Excel allows 31 characters, and these not."""
    return "".join(" " if one in "[]:*?/\\'" else one for one in title)[:31].strip() or "รายการ"
