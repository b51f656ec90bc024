"""HTML becomes PDF. WeasyPrint is imported in the functions, which run in a process of the press alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from saraban.press.faces import fitted
from saraban.press.legible import legible


@dataclass(frozen=True, slots=True)
class Attached:
    """A file inside the PDF; `relation` is PDF's word for what it is to the page: Data, Source …"""

    name: str
    description: str
    content: bytes
    at: datetime
    relation: str = "Data"


def pdf(html: str, *, attached: Sequence[Attached] = (), archival: bool = False) -> bytes:
    """The pages of an HTML document; archival ones are PDF/A-3, to be read in fifty years."""
    from weasyprint import Attachment

    files = [
        Attachment(
            string=one.content,
            name=one.name,
            description=one.description,
            created=one.at,
            modified=one.at,
            relationship=one.relation,
        )
        for one in attached
    ]
    variant = "pdf/a-3u" if archival else None
    return bytes(
        document(html).write_pdf(
            font_config=fonts(), finisher=_finished, attachments=files or None, pdf_variant=variant
        )
    )


def _finished(document: Any, pdf: Any) -> None:
    legible(document, pdf)
    if "AF" in pdf.catalog:
        # WeasyPrint names each enclosed file twice.
        pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])


def document(html: str) -> Any:
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # Whatever a text asks for, nothing is fetched: by default even /etc/passwd would be.
    return HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=("data",)))


@cache
def fonts() -> Any:
    """The machine's fonts, read once: it takes longer than a page."""
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


def warm(folder: Path | None) -> None:
    """Everything the first page would wait for; the office's own font comes to the machine's."""
    from weasyprint.text.ffi import ffi, fontconfig, pangoft2

    for file in sorted(folder.glob("*.ttf")) if folder is not None else []:
        if (face := fitted(file)) is not None:
            fontconfig.FcConfigAppFontAddFile(fonts()._config, bytes(face))
    pangoft2.pango_fc_font_map_config_changed(ffi.cast("PangoFcFontMap *", fonts().font_map))
    pdf('<html lang="th"><p style="font-family: Own, Laksaman">ทดสอบ <b>๑</b>')
