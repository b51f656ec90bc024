"""The receipt."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from routers import receipts
from saraban.press import Press, pages
from saraban.queries.deliveries import ReceiptShown
from saraban.receipts import FileFacts, ReceiptFacts, Signer
from saraban.specimens import AREA, FILE, GROUP, LETTER_NO, PERSON, SCHOOL, SUBJECT, TALL


def specimens(press: Press) -> Iterator[tuple[str, bytes]]:
    files = [
        FileFacts(filename=f"{n} {FILE}", sha256=f"{n}a1b2c3d4e5f6078" * 4, size=n * 4194304)
        for n in range(1, 6)
    ]
    facts = ReceiptFacts(
        delivery="D30808999",
        letter_no=LETTER_NO,
        dated="2026-12-31",
        sender={"code": "9901-03", "name": GROUP},
        receiver={"code": "99010001", "name": SCHOOL},
        files=[*files, FileFacts(filename=f"{TALL}.pdf", sha256="0f" * 32, size=1)],
        number=27000,
        year=2569,
        person=PERSON,
        acknowledged_at="2026-12-31T16:59:59.999999Z",
        received_at="2026-12-31T16:59:00.000000Z",
    )
    document = Signer(Ed25519PrivateKey.generate()).sign(facts)
    shown = ReceiptShown(document, f"{GROUP} {AREA}", f"โรงเรียน{SCHOOL}", SUBJECT)
    page = receipts.page_of(shown, "https://saraban.sesao-example-with-a-long-name.go.th/e-saraban")
    yield "ใบตอบรับ", press.run(pages.pdf, page, attached=[receipts.signed_file(document)], archival=True)
