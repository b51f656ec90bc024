"""A page of somebody else's PDF: where it lies, turned and cut as it may be; how something is laid on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from pikepdf import Array, Dictionary, Name, Page, PasswordError, Pdf, PdfError
from pypdfium2 import PdfiumError

from saraban.errors import PdfDamaged, PdfLocked

MM = 72 / 25.4
WIDTH, HEIGHT = 50 * MM, 25 * MM  # the regulation's stamp: 2.5 × 5 centimetres
A4 = (210 * MM, 297 * MM)
A3_SHORT = 297 * MM
EDGE = 10 * MM
REACH = 5 * MM  # printers do not print nearer to the edge of the paper
# What comes of a page whose parts are of another kind, or whose sizes are beyond all measure.
_ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Sheet(NamedTuple):
    """A page as a reader sees it: its place in its own units, its turn, and how many points a unit is."""

    left: float
    bottom: float
    width: float
    height: float
    rotation: int
    unit: float

    @property
    def size(self) -> tuple[float, float]:
        """Across and down, in points."""
        across, down = self.width * self.unit, self.height * self.unit
        return (down, across) if self.rotation in (90, 270) else (across, down)

    @property
    def scale(self) -> float:
        """Of the stamp. A scan that lost its resolution is metres wide and is printed on A4 all the same;
        a card is smaller than two stamps."""
        short = min(self.size)
        grown = short / A4[0] if short > A3_SHORT * 1.02 else 1.0
        return min(grown, self.size[0] / (2 * WIDTH), self.size[1] / (2 * HEIGHT))

    def corner(self, along: float, down: float) -> tuple[float, float]:
        """The stamp's place at an edge or between two, in points from the left and from the top."""
        edge = EDGE * self.scale
        free_x, free_y = self._free
        return edge + (free_x - 2 * edge) * along, edge + (free_y - 2 * edge) * down

    def point(self, x: float, y: float) -> tuple[float, float]:
        """The same in centimetres of the paper it is printed on; never where a printer cuts it off."""
        cm, reach = self.centimetre, REACH * self.scale
        free_x, free_y = self._free
        return min(max(x * cm, reach), free_x - reach), min(max(y * cm, reach), free_y - reach)

    @property
    def centimetre(self) -> float:
        return 10 * MM * max(self.scale, 1)

    @property
    def _free(self) -> tuple[float, float]:
        return self.size[0] - WIDTH * self.scale, self.size[1] - HEIGHT * self.scale

    def matrix(self, x: float, y: float) -> tuple[float, ...]:
        """From the stamp's own points to the page's units, upright for whoever reads the page."""
        k, x = self.scale / self.unit, x / self.unit
        y = (self.size[1] - y - HEIGHT * self.scale) / self.unit
        right, top = self.left + self.width, self.bottom + self.height
        match self.rotation:
            case 90:
                return 0, k, -k, 0, right - y, self.bottom + x
            case 180:
                return -k, 0, 0, -k, right - x, top - y
            case 270:
                return 0, -k, k, 0, self.left + y, top - x
        return k, 0, 0, k, self.left + x, self.bottom + y


def blank() -> Pdf:
    paper = Pdf.new()
    paper.add_blank_page(page_size=A4)
    return paper


@contextmanager
def opened(file: Path | BytesIO | None) -> Iterator[Pdf]:
    """Damage is repaired as far as it can be; what is odd inside shows only while it is worked on. A file
    that asks not to be changed is copied all the same: the regulation wants the stamp, what came stays."""
    try:
        with Pdf.open(file) if file is not None else blank() as paper:
            yield paper
    except PasswordError as locked:
        raise PdfLocked() from locked
    except (PdfError, PdfiumError, *_ODD) as damaged:
        raise PdfDamaged() from damaged


def sheet(page: Page) -> Sheet:
    whole, shown = _box(page.mediabox), _box(page.cropbox)
    unit, rotation = float(page.obj.get(Name.UserUnit, 1)), int(page.rotation) % 360
    left, bottom = max(whole[0], shown[0]), max(whole[1], shown[1])
    right, top = min(whole[2], shown[2]), min(whole[3], shown[3])
    if right <= left or top <= bottom:  # nothing would be shown, so that readers show all
        left, bottom, right, top = whole
    if not (right > left and top > bottom and unit > 0):
        raise ValueError("a page without a size")
    return Sheet(left, bottom, right - left, top - bottom, rotation, unit)


def _box(array: Array) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(one) for one in array)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def lay(paper: Pdf, page: Page, stamp: Page, matrix: tuple[float, ...]) -> None:
    """Both as pictures on one page: however the letter's own drawing ends, the stamp stands upright."""
    page.contents_coalesce()
    drawing = page.obj.Contents.read_bytes() if Name.Contents in page.obj else b""
    shape = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": page.mediabox, "Resources": page.resources}
    drawn = Dictionary(
        Letter=paper.make_stream(drawing, **shape), Stamp=paper.copy_foreign(stamp.as_form_xobject())
    )
    page.obj.Resources = Dictionary(XObject=drawn)
    at = " ".join(f"{number:.5f}" for number in matrix)
    page.obj.Contents = paper.make_stream(f"q /Letter Do Q q {at} cm /Stamp Do Q".encode())


def copied(paper: Pdf) -> bytes:
    _unsign(paper)
    made = BytesIO()
    paper.save(made)
    return made.getvalue()


def _unsign(paper: Pdf) -> None:
    """A signature speaks of the file that came; on a copy with something added it could only look forged.
    What it shows on the page stays."""
    for one in paper.objects:
        if isinstance(one, Dictionary) and one.get(Name.FT) == Name.Sig and Name.V in one:
            del one[Name.V]
    for name in (Name.Perms, Name.DSS):
        if name in paper.Root:
            del paper.Root[name]
    form = paper.Root.get(Name.AcroForm)
    if isinstance(form, Dictionary) and Name.SigFlags in form:
        del form[Name.SigFlags]
