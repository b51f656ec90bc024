"""Five files of 20 MB coming in: recognised, hashed, synced, registered. Memory stays flat."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import date

from python_multipart.multipart import MultipartParser
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.bodies import BOUNDARY, MIB, File, files, post_form
from bench.house import House
from bench.lines import TURNS, Line, by_turns
from bench.memory import watching

SCALES = ("year",)


def measure(house: House) -> Iterator[Line]:
    more: list[float] = []
    fields = {"subject": "ขอส่งเอกสาร", "dated": date.today().isoformat(), "to_text": "ทุกโรงเรียน"}
    (house.settings.data / "bare").mkdir()

    def upload(base_url: str) -> float:
        attached: list[File] = files(5, 20 * MIB)
        began = time.perf_counter()
        post_form(base_url, "/api/v1/outgoing", house.key("clerk1"), fields, attached)
        return 1000 * (time.perf_counter() - began)

    def ours() -> float:
        with watching(house.server.pid) as memory:
            lasted = upload(house.base_url)
        more.append(memory.more)
        return lasted

    with house.beside(
        "bench.bare_server", "bench.operations.upload:bare", str(house.settings.data / "bare")
    ) as floor:
        lasted, by_hand = by_turns(ours, lambda: upload(floor), rounds=TURNS)
    told = {"engine": house.engine, "scale": house.scale}
    yield Line(
        "upload 5 × 20 MB", ours=lasted, floor=by_hand, unit="ms", at_most=1.5,
        floor_is="bare server: parses, hashes, syncs", **told,
    )  # fmt: skip
    # Flat: far less than the 100 MB that come in.
    yield Line("upload 5 × 20 MB, memory", ours=more, unit="MiB more", at_most=20, **told)


# -- the floor --------------------------------------------------------------------------------------------


def bare(folder: str) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        kept = Kept(folder)
        parser = MultipartParser(
            BOUNDARY, {"on_part_begin": kept.begin, "on_part_data": kept.data, "on_part_end": kept.end}
        )
        while True:
            message = await receive()
            parser.write(message.get("body", b""))
            if not message.get("more_body"):
                break
        body = json.dumps({"id": kept.sums[-1]}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


class Kept:
    """Every part a file that stays: written and hashed as it comes, on disk at its end."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.sums: list[str] = []

    def begin(self) -> None:
        self.file = tempfile.NamedTemporaryFile(dir=self.folder, delete=False)  # noqa: SIM115
        self.sum = hashlib.sha256()

    def data(self, data: bytes, start: int, end: int) -> None:
        piece = memoryview(data)[start:end]
        self.file.write(piece)
        self.sum.update(piece)

    def end(self) -> None:
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self.sums.append(self.sum.hexdigest())
