"""The file inside a PDF. A stranger's PDF is opened in a process of the press only."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pikepdf import Pdf

_MOST = 2**20  # bytes that are handed on: a receipt has a few thousand


def enclosed(pdf: bytes, ending: str) -> bytes | None:
    """What is attached under a name that ends so, nothing of it when it is there twice or packed oddly; None
    where no such file is."""
    from pikepdf import PasswordError, Pdf, PdfError

    try:
        with Pdf.open(BytesIO(pdf)) as document:
            found = [file for name, file in _files(document) if name.endswith(ending)]
            return _content(found) if found else None
    except (PdfError, PasswordError):
        return None


def _files(document: Pdf) -> Iterator[tuple[str, Any]]:
    """By the tree of their names. Read here: a reader of names knows two files of one name as one, and goes
    through branches that hang together again and again for ever."""
    from pikepdf import Array, Dictionary, Name

    top = document.Root.get(Name.Names, Dictionary())
    waiting, seen = [top.get(Name.EmbeddedFiles)] if isinstance(top, Dictionary) else [], set()
    while waiting:
        branch = waiting.pop()
        if not isinstance(branch, Dictionary) or (branch.is_indirect and branch.objgen in seen):
            continue
        seen.add(branch.objgen)
        named, below = (branch.get(name, Array()) for name in (Name.Names, Name.Kids))
        if isinstance(below, Array):
            waiting.extend(below)
        if isinstance(named, Array):
            leaves = list(named)
            yield from ((str(name), file) for name, file in zip(leaves[::2], leaves[1::2], strict=False))


def _content(found: list[Any]) -> bytes:
    from pikepdf import Array, Dictionary, Name, Stream

    held = found[0].get(Name.EF) if len(found) == 1 and isinstance(found[0], Dictionary) else None
    file = held.get(Name.F) if isinstance(held, Dictionary) else None
    # Packed once, as we do: packed several times, two kilobytes keep a process busy for hours.
    if not isinstance(file, Stream) or (isinstance(how := file.get(Name.Filter), Array) and len(how) > 1):
        return b""
    content = file.read_bytes()
    return content if len(content) <= _MOST else b""
