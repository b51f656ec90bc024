"""Outside the API: is it alive, is it ready, with which keys does it sign."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from routers.deps import House
from routers.openapi import operation_id
from routers.problems import refusals
from routers.routes import Page
from saraban.queries.readiness import readiness
from storage import signing_keys

health = APIRouter(tags=["health"], route_class=Page, generate_unique_id_function=operation_id)


@health.get("/healthz", summary="Is the process alive?")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@health.get("/readyz", summary="Can it serve: database, tables, files?", responses=refusals(503))
def readyz(office: House) -> dict[str, str]:
    readiness(office)
    return {"status": "ready"}


@health.get("/.well-known/saraban-keys", summary="The public keys that receipts are verified with")
def keys(office: House) -> dict[str, Any]:
    known = office.db.read(signing_keys.all_keys)
    return {"keys": [{"key_id": k, "algorithm": "Ed25519", "public_key": v} for k, v in known.items()]}
