"""The receive stamp (form 12) on the first page of a letter's own PDF: what came stays as it is, what leaves
is a copy. Strangers' PDFs, and the tools that read them, are opened in a process of the press alone."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

# Where a clerk may put it: how far along the page, from the left and from the top.
CORNERS = {
    "top_left": (0.0, 0.0),
    "top": (0.5, 0.0),
    "top_right": (1.0, 0.0),
    "left": (0.0, 0.5),
    "right": (1.0, 0.5),
    "bottom_left": (0.0, 1.0),
    "bottom": (0.5, 1.0),
    "bottom_right": (1.0, 1.0),
}
AUTO = "auto"
Place = str | tuple[float, float]  # a corner, or centimetres from the left and from the top


def stamped(original: Path | None, stamp: str, place: Place = AUTO) -> bytes:
    """A copy with the stamp laid on; without an original a sheet, for a paper letter to be printed on."""
    from saraban.press import pages, room, sheets

    drawn = BytesIO(pages.pdf(stamp))
    with sheets.opened(original) as paper, sheets.opened(drawn) as ink:
        page = paper.pages[0]
        sheet = sheets.sheet(page)
        if place == AUTO:
            at = room.room(page, sheet)
        else:
            at = sheet.corner(*CORNERS[place]) if isinstance(place, str) else sheet.point(*place)
        sheets.lay(paper, page, ink.pages[0], sheet.matrix(*at))
        return sheets.copied(paper)


def within(original: Path | None, x: float, y: float) -> tuple[float, float]:
    """Where a stamp stands that was wanted there, in the same centimetres: near the edge it is moved."""
    from saraban.press import sheets

    with sheets.opened(original) as paper:
        sheet = sheets.sheet(paper.pages[0])
        left, top = sheet.point(x, y)
        return left / sheet.centimetre, top / sheet.centimetre
