"""A list as an Excel file: the same question as on the page, every row of its answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from fastapi.responses import StreamingResponse

from routers.disposition import disposition
from saraban.office import Office
from saraban.spreadsheet import Column, spreadsheet

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def excel(
    office: Office, title: str, columns: Sequence[Column[Any]], rows: Iterable[Any]
) -> StreamingResponse:
    file = spreadsheet(title, columns, rows, office.settings.spool)
    saved_as = {"Content-Disposition": disposition("attachment", f"{title}.xlsx")}
    return StreamingResponse(_pieces(file), headers=saved_as, media_type=KIND)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(2**16):
            yield piece
