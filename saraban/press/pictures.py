"""A picture that somebody gave is opened here only, and drawn anew: nothing else of the file goes on."""

from __future__ import annotations

import io

from saraban.errors import Invalid

TALLEST = 720  # dots: 3 cm at 600 to the inch
MOST_DOTS = 24_000_000


def emblem(given: bytes) -> bytes:
    """A PNG no larger than is printed."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(given), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MOST_DOTS:
                raise Invalid(field="emblem", reason="รูปมีจำนวนจุดมากเกินไป ย่อรูปก่อน")
            drawn = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as broken:
        raise Invalid(field="emblem", reason="อ่านรูปไม่ได้ ใช้ไฟล์ png หรือ jpg ที่เปิดดูได้") from broken
    drawn.info.clear()  # or its colour profile would go on, whatever bytes that is
    drawn.thumbnail((TALLEST * 2, TALLEST), Image.Resampling.LANCZOS)
    made = io.BytesIO()
    drawn.save(made, "PNG", optimize=True)
    return made.getvalue()
