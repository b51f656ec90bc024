"""A receipt on paper: what was signed as a page, with a way to check it, and the signed file inside."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from anyio import to_thread
from fastapi import Request, Response

from routers.paper import paper, pressed
from saraban import rendering
from saraban.office import Office
from saraban.press import pages
from saraban.queries.deliveries import ReceiptShown
from saraban.receipts import ReceiptDocument, proof_of


def told(shown: ReceiptShown) -> dict[str, Any]:
    """A receipt for a template: its days and moments as such."""
    facts = shown.document["receipt"]
    return {
        **shown._asdict(),
        "told": facts,
        "dated": date.fromisoformat(facts["dated"]),
        "received_at": datetime.fromisoformat(facts["received_at"]),
        "acknowledged_at": datetime.fromisoformat(facts["acknowledged_at"]),
    }


def page_of(shown: ReceiptShown, ours: str) -> str:
    proof = proof_of(shown.document)
    check = f"{ours.rstrip('/')}/check/{shown.document['receipt']['delivery']}/{proof}"
    return rendering.html("pdf/receipt.html", **told(shown), proof=proof, check=check)


def signed_file(document: ReceiptDocument) -> pages.Attached:
    return pages.Attached(
        name=f"receipt-{document['receipt']['delivery']}.json",
        description="ใบตอบรับที่ลงนามแล้ว: ตรวจด้วย saraban verify",
        content=json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(),
        at=datetime.fromisoformat(document["receipt"]["acknowledged_at"]),
    )


async def on_paper(request: Request, shown: ReceiptShown) -> Response:
    office: Office = request.app.state.office
    ours = office.settings.public_url or str(request.base_url)
    page = await to_thread.run_sync(page_of, shown, ours)
    made = await pressed(request, pages.pdf, page, attached=[signed_file(shown.document)], archival=True)
    return paper(f"ใบตอบรับ {shown.document['receipt']['letter_no']} {shown.receiver}", made)
