"""A file of 20 MB going out, every block checked before it leaves; the floor sends it unseen, by sendfile."""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from bench.bodies import MIB, files, post_form
from bench.house import House
from bench.lines import Line, by_turns
from bench.load import Load, Request, load
from bench.memory import watching

SCALES = ("year",)
SECONDS = 2


def measure(house: House) -> Iterator[Line]:
    fields = {"subject": "ขอส่งเอกสาร", "dated": date.today().isoformat(), "to_text": "ทุกโรงเรียน"}
    (file,) = files(1, 20 * MIB)
    letter = post_form(house.base_url, "/api/v1/outgoing", house.key("clerk1"), fields, [file])
    same = house.settings.data / "same.pdf"
    same.write_bytes(file.content)
    path = f"/api/v1/attachments/{letter['attachments'][0]['id']}"
    # What was written just now, and what nobody has taken yet, is hashed on its way out. Memory is looked at
    # here, apart from time, for that takes some.
    with watching(house.server.pid) as memory:
        house.load([Request("GET", path, house.key("clerk1"))], 2, 2 * SECONDS)
    with house.beside("bench.operations.download", str(same)) as floor:
        for named, ranged in (
            ("20 MB", ""),
            ("5 MiB of it by Range", f"bytes={7 * MIB + 77}-{12 * MIB + 76}"),
        ):
            asked = Request("GET", path, house.key("clerk1"), ranged=ranged)

            lasted, by_hand = by_turns(
                lambda a=asked: _milliseconds(house.load([a], 1, SECONDS)),
                lambda a=asked: _milliseconds(load(floor, [a], 1, SECONDS)),
            )
            yield Line(
                f"download {named}",
                house.engine,
                house.scale,
                "ms",
                lasted,
                by_hand,
                at_most=1.5,
                floor_is="sendfile",
            )
    yield Line("download 20 MB, memory", house.engine, house.scale, "MiB more", [memory.more], at_most=20)


def _milliseconds(got: Load) -> float:
    return 1000 / got.rate


# -- the floor --------------------------------------------------------------------------------------------


def serve(fd: int, path: Path) -> None:
    with socket.socket(fileno=fd) as listening:
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=answer, args=(connection, path), daemon=True).start()


def answer(connection: socket.socket, path: Path) -> None:
    # Whoever has enough goes, in the middle of an answer too.
    with connection, path.open("rb") as file, suppress(ConnectionError):
        size = path.stat().st_size
        while asked := connection.recv(65536):
            ranged = re.search(rb"bytes=(\d+)-(\d+)", asked)
            start, stop = (int(ranged[1]), int(ranged[2]) + 1) if ranged else (0, size)
            status = b"206 Partial Content" if ranged else b"200 OK"
            connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, stop - start))
            while start < stop:
                start += os.sendfile(connection.fileno(), file.fileno(), start, stop - start)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[3]))
