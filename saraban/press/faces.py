"""The office's own font on paper, whatever size its letters are drawn in. Runs in a process of the press."""

from __future__ import annotations

import os
from pathlib import Path

FAMILY = "Own"
_HEIGHT = 0.602  # of ก in Laksaman, for which the forms are written; TH Sarabun draws it at about 0.42


def fitted(file: Path) -> Path | None:
    """The font under the one family name, as tall as Laksaman; None for a font without Thai."""
    from fontTools.pens.boundsPen import BoundsPen
    from fontTools.ttLib import TTFont, TTLibError

    try:
        font = TTFont(file)
    except TTLibError as broken:
        raise ValueError(f"{file} is no font") from broken
    glyphs, named = font.getGlyphSet(), font.getBestCmap()
    if ord("ก") not in named:
        return None
    bounds = BoundsPen(glyphs)
    glyphs[named[ord("ก")]].draw(bounds)
    # The same outlines in a smaller square are larger letters.
    font["head"].unitsPerEm = round(bounds.bounds[3] / _HEIGHT)
    for record in font["name"].names:
        if record.nameID in (1, 16, 21):
            record.string = FAMILY
    # A file that only this process has, and that is gone with it.
    kept = os.memfd_create(file.name)
    with open(kept, "wb", closefd=False) as copy:
        font.save(copy)
    return Path(f"/proc/self/fd/{kept}")
