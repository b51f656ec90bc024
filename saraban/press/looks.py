"""What a PDF looks like. Runs in a process of the press."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def pictures(pdf: bytes, dpi: int) -> list[bytes]:
    """Each page as a PNG."""
    from pypdfium2 import PdfDocument

    with PdfDocument(pdf) as document:
        return [_png(page.render(scale=dpi / 72).to_pil()) for page in document]


def _png(picture: Image) -> bytes:
    made = BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()
