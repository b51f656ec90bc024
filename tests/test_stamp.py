"""The receive stamp: upright where there is room, whatever PDF has come; the file that came stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat
from sqlalchemy import select

from saraban import rendering
from saraban.errors import PdfDamaged, PdfLocked, Refusal
from saraban.office import Office
from saraban.press import Press, pages
from saraban.press.stamping import Place, stamped
from saraban.queries.stamp import Stamp
from storage.tables import event
from tests import world
from tests.desk import At, Desk, at, told
from tests.documents import PDF
from tests.pictures import looks_like, text_of
from tests.screen import Sit, sit
from tests.world import OTHER_SCHOOL, OURS, SCHOOL, STRANGERS

__all__ = ["at", "sit"]

MM = 72 / 25.4
A4 = (595.28, 841.89)
SAMPLE = Stamp("สพป.ตัวอย่าง เขต 1", 13498, datetime(2026, 7, 1, 2, 57, tzinfo=UTC))
Box = tuple[float, float, float, float]

# A letter: its emblem, its number and its sender's address, its text; from the left and the bottom, in points.
LETTER = [(270, 700, 60, 85), (85, 680, 150, 14), (360, 650, 170, 44), (85, 80, 455, 540)]


def drawn(ink: Sequence[Box] = LETTER, size: tuple[float, float] = A4, **said: Any) -> bytes:
    """A page of black boxes; `said` are entries of the page: Rotate, CropBox …"""
    pdf = pikepdf.Pdf.new()
    page = pdf.add_blank_page(page_size=size)
    page.contents_add(" ".join(f"{x} {y} {w} {h} re f" for x, y, w, h in ink).encode())
    for name, value in said.items():
        page.obj[f"/{name}"] = pikepdf.Array(value) if isinstance(value, list) else value
    return saved(pdf)


def saved(pdf: pikepdf.Pdf, **how: Any) -> bytes:
    made = BytesIO()
    pdf.save(made, **how)
    return made.getvalue()


def scanned(dpi: int) -> bytes:
    """A letter as a scanner makes it: a picture of grainy, greyish paper that lies askew."""
    paper = pypdfium2.PdfDocument(drawn())[0].render(scale=2, grayscale=True).to_pil()
    grain = Image.effect_noise(paper.size, 30)
    made = BytesIO()
    Image.blend(paper, grain, 0.15).rotate(0.6, fillcolor=190).save(made, "PDF", resolution=dpi)
    return made.getvalue()


@pytest.fixture(scope="module")
def alone(press: Press) -> Image.Image:
    """The stamp by itself, as it should look."""
    pdf = press.run(pages.pdf, HTML())
    return pypdfium2.PdfDocument(pdf)[0].render(scale=2, grayscale=True).to_pil().resize((200, 100))


def HTML() -> str:
    return rendering.html("pdf/stamp.html", stamp=SAMPLE)


@pytest.fixture
def laid(press: Press, tmp_path: Path) -> Callable[..., bytes]:
    def lay(original: bytes, place: Place = "auto") -> bytes:
        came = tmp_path / "came.pdf"
        came.write_bytes(original)
        made = press.run(stamped, came, HTML(), place)
        assert came.read_bytes() == original
        return made

    return lay


@pytest.fixture
def spot(laid: Callable[..., bytes], alone: Image.Image) -> Callable[..., Box]:
    """Where the stamp is on the page as it is shown: left, top, width and height in millimetres, upright."""

    def spotted(original: bytes, place: Place = "auto") -> Box:
        seen = pypdfium2.PdfDocument(laid(original, place))[0].render(scale=2).to_pil().convert("RGB")
        red, _, blue = seen.split()
        box = ImageChops.subtract(blue, red).point([0] * 50 + [255] * 206).getbbox()
        assert box is not None, "no stamp"
        shown = seen.crop(box).convert("L").resize((200, 100))
        unlike = [
            _apart(shown, alone.rotate(turn, expand=True).resize((200, 100))) for turn in (0, 90, 180, 270)
        ]
        assert unlike[0] * 1.7 < min(unlike[1:]), unlike
        left, top, right, bottom = (edge / 2 / MM for edge in box)
        return left, top, right - left, bottom - top

    return spotted


def _apart(one: Image.Image, other: Image.Image) -> float:
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0])


TOP_RIGHT = (152.5, 7.5, 50, 25)


@pytest.mark.parametrize(
    ("original", "place"),
    [
        (drawn(), TOP_RIGHT),
        (drawn(size=A4[::-1]), (239.5, 7.5, 50, 25)),
        (drawn([(120, 60, 650, 475)], size=A4[::-1], Rotate=90), TOP_RIGHT),
        (drawn([(60, 60, 475, 650)], Rotate=180), (152.5, 254.5, 50, 25)),
        (drawn([(60, 60, 650, 475)], size=A4[::-1], Rotate=270), TOP_RIGHT),
        (drawn(size=(800, 1000), MediaBox=[-50, -60, 750, 940], CropBox=[0, 0, *A4]), TOP_RIGHT),
        (drawn([], size=(800, 1000), CropBox=[50, 60, 50 + A4[1], 60 + A4[0]], Rotate=90), TOP_RIGHT),
        (drawn(size=(595.28 / 2, 841.89 / 2), ink=[], UserUnit=2), TOP_RIGHT),
        (drawn([], size=(420, 595)), (90.7, 7.5, 50, 25)),
        (drawn([], size=(842, 1190.5)), (239.5, 7.5, 50, 25)),
        (drawn([], size=(1654, 2339)), (423.7, 20.8, 138.9, 69.5)),
        (drawn([*LETTER, (330, 740, 250, 90)]), (42.5, 7.5, 50, 25)),
        (drawn([(20, 660, 560, 170), *LETTER[:-1], (20, 20, 400, 640)]), (152.5, 72, 50, 25)),
        (scanned(144), TOP_RIGHT),
    ],
    ids=[
        *("letter", "landscape", "turned right", "upside down", "turned left"),
        *("cut out", "cut out and turned", "large units", "a5", "a3", "scan that lost its resolution"),
        *("address on top", "room at the right only", "scan"),
    ],
)
def test_it_stands_upright_where_there_is_room(spot: Callable[..., Box], original: bytes, place: Box) -> None:
    assert spot(original) == pytest.approx(place, abs=2.6)


def test_it_stands_where_the_clerk_puts_it(spot: Callable[..., Box]) -> None:
    for place, expected in {
        "top_left": (10, 10),
        "top": (80, 10),
        "right": (150, 136),
        "bottom_left": (10, 262),
        (3.0, 20.5): (30, 205),
        (99.0, 99.0): (160, 272),
    }.items():
        assert spot(drawn(), place) == pytest.approx((*expected, 50, 25), abs=1.5), place


def test_where_there_is_no_room_it_covers_the_least_and_stays_legible(spot: Callable[..., Box]) -> None:
    lines = [(0, y, 595, 8) for y in range(0, 842, 16) if y != 304]
    assert spot(drawn(lines)) == pytest.approx((152.5, 178, 50, 25), abs=8)


def test_a_page_whose_drawing_ends_askew_is_stamped_upright(spot: Callable[..., Box]) -> None:
    pdf = pikepdf.open(BytesIO(drawn()))
    pdf.pages[0].contents_add(b"Q Q 1 0 0 1 30 0 cm", prepend=True)
    pdf.pages[0].contents_add(b"q 0.3 0.2 0 0.3 50 50 cm BT")
    assert spot(saved(pdf)) == pytest.approx(TOP_RIGHT, abs=2.6)
