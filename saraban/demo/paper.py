"""The made-up office's enclosures: PDFs of a page, with nothing in them but text of our own."""

from __future__ import annotations

from html import escape

from saraban.press import Press, pages
from saraban.thai.digits import to_thai

_PAGE = """<!doctype html><html lang="th"><meta charset="utf-8"><title>{title}</title><style>
@page {{ size: A4; margin: 2.5cm 2cm 2cm 3cm }}
body {{ font: 14pt/1.6 Own, Laksaman, "Noto Sans Thai", sans-serif }}
h1 {{ font-size: 17pt; text-align: center }} p {{ text-indent: 2.5cm; margin: 0 0 .5em }}
footer {{ margin-top: 3em; text-align: center; color: #777 }}
</style><h1>{title}</h1>{paragraphs}<footer>เอกสารตัวอย่าง ไม่ใช่เอกสารของทางราชการ</footer></html>"""


def pdf(press: Press, title: str, *paragraphs: str) -> bytes:
    body = "".join(f"<p>{escape(to_thai(text))}</p>" for text in paragraphs)
    return press.run(pages.pdf, _PAGE.format(title=escape(to_thai(title)), paragraphs=body))
