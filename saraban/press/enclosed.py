"""The file inside a PDF. A stranger's PDF is opened in a process of the press only."""

from __future__ import annotations

from io import BytesIO

_MOST = 2**20  # bytes that are handed on: a receipt has a few thousand


def enclosed(pdf: bytes, ending: str) -> bytes:
    """What is attached under a name that ends so, if it is there once; nothing of what is no PDF."""
    from pikepdf import Pdf, PdfError

    try:
        with Pdf.open(BytesIO(pdf)) as document:
            found = [file for name, file in document.attachments.items() if name.endswith(ending)]
            content = found[0].get_file().read_bytes() if len(found) == 1 else b""
    except PdfError:
        return b""
    return content if len(content) <= _MOST else b""
