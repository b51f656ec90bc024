"""Puts the house together: the only module that knows every other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from saraban import __version__
from saraban.errors import NotReady
from saraban.house import check_neighbours
from saraban.housekeeping import housekeeping
from saraban.office import Clock, Office
from saraban.press import Press
from saraban.receipts import Signer
from saraban.settings import Settings
from storage import feed, signing_keys
from storage.database import open_database
from storage.files import file_store
from storage.migrations import is_current

if TYPE_CHECKING:
    from fastapi import FastAPI


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_office(settings: Settings, clock: Clock = utc_now, press: Press | None = None) -> Office:
    """Open everything a command may touch; nothing is served from a database that was not migrated."""
    check_neighbours()
    db = open_database(settings.database, settings.pool_size)
    try:
        if not db.read(is_current):
            raise NotReady(reason="ฐานข้อมูลยังไม่ได้ปรับปรุงเป็นรุ่นนี้: สั่ง saraban migrate ก่อน")
        files = file_store(
            settings.files,
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key,
        )
        keys = settings.data.absolute() / "keys"
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        signer = Signer.load_or_create(keys / "signing.pem")
        db.write(lambda tx: signing_keys.publish(tx, signer.key_id, signer.public_key, clock()))
        db.write(feed.resume)
    except BaseException:
        db.close()
        raise
    if press is None:
        press = Press(
            settings.print_workers, settings.print_seconds, settings.print_memory_bytes, settings.own_fonts
        )
    return Office(db=db, files=files, clock=clock, signer=signer, settings=settings, press=press)


def create_app(office: Office) -> FastAPI:
    # Imported where they are used: `saraban check` or `saraban key` starts in half the time without them.
    from fastapi import FastAPI

    from routers.api import api
    from routers.askers import Askers
    from routers.deps import Gate
    from routers.health import health
    from routers.openapi import describe
    from routers.paper import Line
    from routers.problems import answer_refusals
    from routers.routes import Directory
    from routers.ui import ui
    from routers.ui.doorkeeper import Doorkeeper
    from routers.ui.refused import refused_page
    from saraban.printing import printing

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with housekeeping(office), printing(office):
            yield

    app = FastAPI(
        title="Saraban",
        version=__version__,
        summary="ระบบสารบรรณอิเล็กทรอนิกส์ของสำนักงานเขตพื้นที่การศึกษา",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # What an office's people read is for its own traffic log; and each request would ask again whether
        # somebody wants to be told.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    app.state.office = office
    app.state.printing = Line(office.press.workers)
    app.state.checks = Askers(office.clock)
    answer_refusals(app, refused_page)
    app.router.routes.append(Directory([*health.routes, *api, *ui]))
    app.add_middleware(Gate, office=office)
    app.add_middleware(Doorkeeper, office=office)
    return app
