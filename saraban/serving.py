"""The office on a socket: worker processes, a polite end, and a traffic log that tells no secrets."""

from __future__ import annotations

import ctypes
import errno
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess

from saraban.errors import NotReady
from saraban.permissions import Actor
from saraban.settings import Settings
from saraban.thai.dates import BANGKOK

log = logging.getLogger("saraban")

PROBES = {"/healthz", "/readyz"}


def listen(host: str, port: int, workers: int = 1) -> socket.socket:
    """A bound socket, before anything is started: a port that is taken is the operator's to hear of."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = _bound(socket.socket, family, address)
        if workers == 1:
            return listening
        # Nobody else is there: an office that is served already would let this one in beside it.
        with listening:
            address = listening.getsockname()
        return _bound(Shared, family, address)
    except OSError as failure:
        raise NotReady(reason=f"เปิดรับที่ {host}:{port} ไม่ได้ {_because(failure)}") from failure


def _because(failure: OSError) -> str:
    match failure.errno:
        case errno.EADDRINUSE:
            other = "saraban … --port 8001 หรือ make demo PORT=8001"
            return f"พอร์ตนี้ถูกใช้อยู่: ปิดโปรแกรมที่ใช้ หรือเลือกพอร์ตอื่น ({other})"
        case errno.EACCES:
            return "ผู้ใช้นี้ไม่มีสิทธิ์ใช้พอร์ตนี้: เลือกพอร์ตตั้งแต่ 1024 ขึ้นไป"
        case _:
            return f"({failure.strerror})"


class Shared(socket.socket):
    """An address at which each worker listens with a socket of its own, made where it is unpickled.

    The kernel deals out connections evenly; of one queue for all, whoever wakes first takes all that wait in
    it (measured: a fifth fewer letters a second)."""

    def __reduce__(self) -> Any:
        return _bound, (Shared, self.family, self.getsockname())


def _bound(kind: type[socket.socket], family: int, address: Any) -> socket.socket:
    # Nagle's algorithm is switched off only for sockets that say they are TCP: 44 ms a request otherwise.
    listening = kind(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind is Shared:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(address)
    return listening


def serve(
    settings: Settings, listening: socket.socket, workers: int = 1, proxies: Sequence[str] = ()
) -> None:
    """Serve until told to stop; requests that are running are finished first."""
    config = Config(
        partial(application, settings),
        factory=True,
        workers=workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=LOGGING,
        access_log=False,
        server_header=False,
        # Whoever comes through no named proxy could write any address into these headers.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=",".join(proxies),
        timeout_graceful_shutdown=30,
    )
    log.info("เปิดให้บริการที่ %s", address_of(listening))
    if workers > 1:
        Multiprocess(config, sockets=[listening]).run()
    else:
        # The server raises the signal again when it has finished; it then means a good end.
        for asked in (signal.SIGTERM, signal.SIGINT):
            signal.signal(asked, lambda *_: sys.exit(0))
        Server(config).run(sockets=[listening])


WARMS_AFTER = 3  # seconds


def application(settings: Settings) -> ASGIApp:
    """What one worker answers with; made in the worker, for connections cannot be handed over."""
    # Not before: the process that only watches over workers starts half a second sooner.
    from saraban.app import create_app, create_office

    office = create_office(settings)
    # The first page shall not wait for a worker, nor the start for what draws it.
    warming = threading.Timer(WARMS_AFTER, office.press.warm)
    warming.daemon = True
    warming.start()
    app = TrafficLog(create_app(office))
    # What is loaded by now stays; and a page is thousands of values without a circle among them. To look for
    # circles less often saves a tenth of a long page (measured).
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20)
    _keep_memory()
    return app


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # <malloc.h>


def _keep_memory() -> None:
    """Files go out by the MiB: glibc would give each back to the system and ask for the next, page by page,
    which takes a third of a download (measured)."""
    with suppress(AttributeError):  # another C library
        allocator = ctypes.CDLL(None)
        allocator.mallopt(M_MMAP_THRESHOLD, 4 * 2**20)
        allocator.mallopt(M_TRIM_THRESHOLD, 8 * 2**20)
        allocator.mallopt(M_ARENA_MAX, 4)  # each of which keeps as much


def address_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class TrafficLog:
    """One line a request: from where, who, what. The Computer Crime Act wants it kept for at least 90 days.

    The query string and the headers are left out: they may hold the words of a secret letter, or a key. It is
    written as the other lines are, but not by `logging`: that takes a fifteenth of a page (measured)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._about = f"{os.getpid()} INFO saraban.traffic"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            if status != 200 or scope["path"] not in PROBES:
                took = round((time.perf_counter() - began) * 1000)
                line = f"{_instant(time.time())} {self._about} {_told(scope)} {status or '-'} {took}ms\n"
                # As with `logging`: where nothing more can be written down, letters are still answered.
                with suppress(Exception):
                    sys.stderr.write(line)


def _told(scope: Scope) -> str:
    actor: Actor | None = scope.get("state", {}).get("actor")
    who = f"P{actor.person_id}@{actor.office_code}" if actor else "-"
    client = scope.get("client")
    # Percent-encoded as it came over the wire: nobody can write a second line into the log.
    path = quote(scope["raw_path"], safe="/%")[:200]
    return f"{client[0] if client else '-'} {who} {scope['method']} {path}"


class BangkokTime(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return _instant(record.created)


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, BANGKOK).isoformat(timespec="milliseconds")


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": BangkokTime, "format": "%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"saraban": {"level": "INFO"}, "uvicorn": {"level": "INFO"}},
}
