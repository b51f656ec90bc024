"""Where on a page is there room for a stamp? The page is drawn small; what differs from its paper is ink."""

from __future__ import annotations

from io import BytesIO
from itertools import accumulate

import pypdfium2
from pikepdf import Page, Pdf
from PIL import Image

from saraban.press.sheets import HEIGHT, Sheet

# The page is looked at in squares of 2.5 mm, ten of which are as high as the stamp.
SQUARES = 10
SEEN = 4  # pixels of a square's side
MARGIN = 3  # squares at the edge of the page, where printers do not reach
CLEAR = 1  # squares around the stamp
LONGEST = 1000  # squares; no paper is as long
DIFFERS = 40  # of 255: more than the grain of a scan, less than grey print


def room(page: Page, sheet: Sheet) -> tuple[float, float]:
    """The emptiest place; of those as empty the nearest to the top, and half as strongly to the right."""
    square = HEIGHT * sheet.scale / SQUARES
    across, down = (round(size / square) for size in sheet.size)
    if max(across, down) > LONGEST:
        return sheet.corner(1, 0)
    ink = _ink(page, across, down)
    wide, high = 2 * SQUARES + 2 * CLEAR, SQUARES + 2 * CLEAR
    first = MARGIN - CLEAR
    last_x, last_y = max(first, across - first - wide), max(first, down - first - high)

    def worse(at: tuple[int, int]) -> tuple[int, int]:
        x, y = at
        covered = ink[y + high][x + wide] - ink[y][x + wide] - ink[y + high][x] + ink[y][x]
        return covered, last_x - x + 2 * y

    places = ((x, y) for y in range(first, last_y + 1) for x in range(first, last_x + 1))
    x, y = min(places, key=worse)
    return (x + CLEAR) * sheet.size[0] / across, (y + CLEAR) * sheet.size[1] / down


def _ink(page: Page, across: int, down: int) -> list[list[int]]:
    """How many squares with ink lie above and left of each corner of the squares."""
    seen = _seen(page, across * SEEN, down * SEEN)
    tones = seen.histogram()
    paper = max(range(256), key=lambda tone: tone * tones[tone])  # the lighter of two that are as common
    differs = seen.point([255 * (abs(tone - paper) > DIFFERS) for tone in range(256)])
    squares = differs.resize((across, down), Image.Resampling.BOX).point([0] * 8 + [1] * 248).tobytes()
    sums = [[0] * (across + 1)]
    for start in range(0, across * down, across):
        row = accumulate(squares[start : start + across], initial=0)
        sums.append([above + here for above, here in zip(sums[-1], row, strict=True)])
    return sums


def _seen(page: Page, width: int, height: int) -> Image.Image:
    """The page as it was read here, alone: another reader would not repair a damaged file in the same way."""
    alone = BytesIO()
    with Pdf.new() as one:
        one.pages.append(page)
        one.save(alone)
    shown = pypdfium2.PdfDocument(alone.getvalue())[0]
    scale = max(width / shown.get_width(), height / shown.get_height())
    drawn: Image.Image = shown.render(scale=scale, grayscale=True).to_pil()
    return drawn.convert("L").resize((width, height))
