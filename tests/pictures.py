"""What paper looks like, compared with a small picture of it that somebody has looked at.

`SARABAN_TEST_PICTURES=1 pytest …` takes the pictures anew: look at each before you keep it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageFilter, ImageStat

ANEW = "SARABAN_TEST_PICTURES"
KEPT = Path(__file__).parent / "pictures"
SEEN = Path(__file__).parent.parent / "build" / "pictures"
DPI, PART, MOST = 50, 20, 5.0


def pages_of(pdf: bytes, dpi: int = DPI) -> list[Image.Image]:
    """Every page, in grey."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in document]


def text_of(pdf: bytes) -> str:
    """The letters of all pages in the order of the PDF, without blanks: Thai has none between words."""
    with pypdfium2.PdfDocument(pdf) as document:
        return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)


def looks_like(pdf: bytes, name: str, page: int = 0) -> None:
    """The page is the picture of this name, but for what another version of a library moves by a hair."""
    seen = pages_of(pdf)[page]
    kept = KEPT / f"{name}.png"
    if ANEW in os.environ:
        _keep(seen, kept)
    unlike = _unlike(seen, Image.open(kept).convert("L"))
    if unlike > MOST:
        _keep(seen, SEEN / kept.name)
    assert unlike <= MOST, f"{kept.name} looks different ({unlike:.0f}): see {SEEN / kept.name}"


def _unlike(one: Image.Image, other: Image.Image) -> float:
    """How much ink of the worst part is where the other has none within a millimetre: 3 when all moves half
    a point, 8 when a word is gone, which would be lost in the mean of a page."""
    if one.size != other.size:
        return 255
    near, beside = (picture.filter(ImageFilter.MinFilter(5)) for picture in (one, other))
    apart = ImageChops.add(ImageChops.subtract(near, other), ImageChops.subtract(beside, one))
    corners = [(x, y) for x in range(0, apart.width, PART) for y in range(0, apart.height, PART)]
    return max(ImageStat.Stat(apart.crop((x, y, x + PART, y + PART))).mean[0] for x, y in corners)


def _keep(picture: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Sixteen greys: half as many bytes.
    picture.point([round(grey / 17) * 17 for grey in range(256)]).save(path, optimize=True)
