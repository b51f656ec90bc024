"""A long table in pieces, each of which fits into memory; the pieces as one document with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from saraban.press import pages
from saraban.press.legible import legible

if TYPE_CHECKING:
    from pikepdf import Pdf


class Piece(NamedTuple):
    """The pages of a piece, how many, and the row that begins the next piece: none after the last."""

    pdf: bytes
    pages: int
    begins: str | None


def piece(html: str, *, ends: bool) -> Piece:
    """The last page of a piece is left to the next one, so that no page of the book is half empty; only where
    the book ends it stays. Rows are known by their `id`."""
    made = pages.document(html).render(font_config=pages.fonts())
    rows = [list(page.anchors) for page in made.pages]
    for page in made.pages:
        page.anchors.clear()  # each would be written as a place to go to
    kept = len(rows) if ends else _whole(rows)
    begins = rows[kept][0] if kept < len(rows) else None
    return Piece(bytes(made.copy(made.pages[:kept]).write_pdf(finisher=legible)), kept, begins)


def _whole(rows: Sequence[Sequence[str]]) -> int:
    """How many pages can be parted from the rest: where a row begins a page, and not the first row of all."""
    first = next(row for page in rows for row in page)
    for at in range(len(rows) - 1, 0, -1):
        if rows[at] and rows[at][0] not in (first, *rows[at - 1]):
            return at
    return len(rows)


def number(pdf: bytes, numbers: str) -> bytes:
    """Each page with the page of the same place among the numbers laid over it."""
    from pikepdf import Page, Pdf

    with Pdf.open(BytesIO(pdf)) as part, Pdf.open(BytesIO(pages.pdf(numbers))) as laid:
        for page, over in zip(part.pages, laid.pages, strict=True):
            page.add_overlay(Page(over), None)
        return _saved(part)


def _saved(part: Pdf) -> bytes:
    from pikepdf import ObjectStreamMode

    into = BytesIO()
    part.save(into, object_stream_mode=ObjectStreamMode.generate)
    return into.getvalue()


def join(pieces: Sequence[Path], into: Path, title: str) -> None:
    """The pieces one behind the other; their pages stay on disk until they are written."""
    from pikepdf import ObjectStreamMode, Pdf

    with Pdf.new() as book:
        for path in pieces:
            with Pdf.open(path) as part:
                book.pages.extend(part.pages)
        with book.open_metadata() as about:
            about["dc:title"] = title
        book.docinfo["/Title"] = title
        book.save(into, object_stream_mode=ObjectStreamMode.generate)
