"""The file inside a PDF. A stranger's PDF is opened in a process of the press only."""

from __future__ import annotations

from io import BytesIO

_MOST = 2**20  # bytes that are handed on: a receipt has a few thousand


def enclosed(pdf: bytes, ending: str) -> bytes:
    """What is attached under a name that ends so, if it is there once; nothing of what is no PDF."""
    from pikepdf import Array, Name, PasswordError, Pdf, PdfError

    try:
        with Pdf.open(BytesIO(pdf)) as document:
            named = [file for name, file in document.attachments.items() if name.endswith(ending)]
            found = [file.get_file().obj for file in named]
            # Packed once, as we do: packed several times, two kilobytes keep a process busy for hours.
            plain = [
                one for one in found if not isinstance(how := one.get(Name.Filter), Array) or len(how) == 1
            ]
            content = plain[0].read_bytes() if len(found) == len(plain) == 1 else b""
    except (PdfError, PasswordError):
        return b""
    return content if len(content) <= _MOST else b""
