"""The made-up office's enclosures: PDFs of a page, with nothing in them but text of our own."""

from __future__ import annotations

from html import escape

from saraban.thai.digits import to_thai

_PAGE = """<!doctype html><html lang="th"><meta charset="utf-8"><title>{title}</title><style>
@page {{ size: A4; margin: 2.5cm 2cm 2cm 3cm }}
body {{ font: 14pt/1.6 "TH Sarabun New", Sarabun, Laksaman, "Noto Sans Thai", sans-serif }}
h1 {{ font-size: 17pt; text-align: center }} p {{ text-indent: 2.5cm; margin: 0 0 .5em }}
footer {{ margin-top: 3em; text-align: center; color: #777 }}
</style><h1>{title}</h1>{paragraphs}<footer>เอกสารตัวอย่าง ไม่ใช่เอกสารของทางราชการ</footer></html>"""


def pdf(title: str, *paragraphs: str) -> bytes:
    # Imported where it is used: it takes about a second.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    body = "".join(f"<p>{escape(to_thai(text))}</p>" for text in paragraphs)
    page = _PAGE.format(title=escape(to_thai(title)), paragraphs=body)
    # Whatever a text asks for, nothing is fetched: by default even /etc/passwd would be.
    nothing = URLFetcher(allowed_protocols=())
    return bytes(HTML(string=page, url_fetcher=nothing).write_pdf())
