"""Styles and scripts, with their fingerprint in the address: a browser keeps them for a year."""

from __future__ import annotations

from fastapi.responses import FileResponse, Response

from routers.routes import screen
from saraban.errors import NotFound
from saraban.rendering import STATIC, fingerprint

router = screen()
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
NAMES = {path.name for path in STATIC.iterdir() if path.suffix in KINDS}


@router.get("/static/{mark}/{name}")
def static(mark: str, name: str) -> Response:
    if name not in NAMES or mark != fingerprint(name):
        raise NotFound()
    path = STATIC / name
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(path, media_type=KINDS[path.suffix], headers=kept)
