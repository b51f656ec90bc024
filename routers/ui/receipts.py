"""Receipts: as a page, as the signed file, on paper; and the one page where strangers check them."""

from __future__ import annotations

import json

from anyio import to_thread
from fastapi import Request, Response
from starlette.datastructures import UploadFile

from routers import receipts
from routers.api.paths import DeliveryPath
from routers.deps import Asking, House
from routers.paper import pressed
from routers.routes import screen
from routers.ui.pages import page
from saraban.ids import read
from saraban.press.enclosed import enclosed
from saraban.queries.deliveries import delivery_receipt, receipt_shown
from saraban.queries.receipt_check import Confirmed, check_document, check_proof

router = screen()


@router.get("/deliveries/{delivery}/receipt")
def receipt(request: Request, office: House, actor: Asking, delivery: DeliveryPath) -> Response:
    shown = receipt_shown(office, actor, delivery)
    return page(request, "receipt", delivery=delivery, **receipts.told(shown))


@router.get("/deliveries/{delivery}/receipt.json")
def proof(office: House, actor: Asking, delivery: DeliveryPath) -> Response:
    """The signed proof as a file, for whoever wants to verify it."""
    document = delivery_receipt(office, actor, delivery)
    named = {"Content-Disposition": f'attachment; filename="receipt-D{delivery}.json"'}
    return Response(json.dumps(document, ensure_ascii=False, indent=2), 200, named, "application/json")


@router.get("/deliveries/{delivery}/receipt/pdf")
async def on_paper(request: Request, office: House, actor: Asking, delivery: DeliveryPath) -> Response:
    shown = await to_thread.run_sync(receipt_shown, office, actor, delivery)
    return await receipts.on_paper(request, shown)


# -- for everybody ---------------------------------------------------------------------------------------


@router.get("/check")
def ask(request: Request) -> Response:
    return page(request, "check", asked=False, empty=False, confirmed=None)


@router.post("/check")
async def of_a_file(request: Request, office: House) -> Response:
    """Whether a file is a receipt of ours. Nothing of it is kept."""
    request.app.state.checks.check(request)
    async with request.form(max_files=1, max_fields=1) as form:
        given = form.get("file")
        content = await given.read() if isinstance(given, UploadFile) else b""
    signed: bytes | None = content
    if content.startswith(b"%PDF-"):
        signed = await pressed(request, enclosed, content, ".json")
    elif not content.lstrip().startswith(b"{"):
        signed = None
    if signed is None:  # a letter is no forged receipt, and neither is a scanned one
        return page(request, "check", 404, asked=True, empty=True, confirmed=None)
    return _answer(request, await to_thread.run_sync(check_document, office, signed))


@router.get("/check/{delivery}/{proof}")
def of_a_code(request: Request, office: House, delivery: str, proof: str) -> Response:
    """Where the code on the paper leads."""
    request.app.state.checks.check(request)
    number = read("D", delivery)
    return _answer(request, None if number is None else check_proof(office, number, proof))


def _answer(request: Request, confirmed: Confirmed | None) -> Response:
    return page(
        request, "check", 404 if confirmed is None else 200, asked=True, empty=False, confirmed=confirmed
    )
