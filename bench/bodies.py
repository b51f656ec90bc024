"""Large requests, spoken plainly over a socket, so that asking costs next to nothing."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

MIB = 2**20
BOUNDARY = "bench-boundary"
# One draw of chance for all files: making it takes longer than sending it.
_CHANCE = os.urandom(20 * MIB)


class File(NamedTuple):
    name: str
    content: bytes


def files(count: int, size: int) -> list[File]:
    """Files of contents that nobody has seen before, PDFs by their first bytes."""
    head = b"%PDF-1.4\n"
    return [
        File(f"เอกสาร {n}.pdf", b"".join((head, os.urandom(16), _CHANCE[: size - len(head) - 16])))
        for n in range(1, count + 1)
    ]


def form(fields: Mapping[str, str], attached: Sequence[File]) -> bytes:
    """A form with files, as a browser sends it."""
    parts: list[bytes] = []
    for name, value in fields.items():
        parts.append(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        )
    for file in attached:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{file.name}"\r\n'
        parts += [head.encode(), b"Content-Type: application/pdf\r\n\r\n", file.content, b"\r\n"]
    parts.append(f"--{BOUNDARY}--\r\n".encode())
    return b"".join(parts)


def post(base_url: str, path: str, header: tuple[str, str], body: bytes, kind: str) -> Any:
    """The answer to a whole body, sent at once."""
    host, port = urlsplit(base_url).hostname, urlsplit(base_url).port
    with socket.create_connection((host, port), timeout=120) as connection:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{header[0]}: {header[1]}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(head.encode())
        connection.sendall(body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    status, _, told = answer.partition(b"\r\n\r\n")
    if not status.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(answer[:500].decode(errors="replace"))
    return json.loads(told) if told else None


def post_form(
    base_url: str, path: str, header: tuple[str, str], fields: Mapping[str, str], attached: Sequence[File]
) -> Any:
    return post(base_url, path, header, form(fields, attached), f"multipart/form-data; boundary={BOUNDARY}")


def post_json(base_url: str, path: str, header: tuple[str, str], body: Any) -> Any:
    return post(base_url, path, header, json.dumps(body).encode(), "application/json")
