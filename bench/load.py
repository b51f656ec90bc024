"""Many clients at once: wrk, so that asking takes little of the machine that answers."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

SCRIPT = Path(__file__).with_name("load.lua")
LONGEST = 60  # seconds for any one load


class Request(NamedTuple):
    method: str
    path: str
    header: tuple[str, str]
    body: dict[str, Any] | None = None
    ranged: str = ""

    def line(self) -> str:
        body = "" if self.body is None else json.dumps(self.body, ensure_ascii=False)
        return "\t".join((self.method, self.path, *self.header, self.ranged, body))


class Load(NamedTuple):
    """What so many clients got; times in milliseconds."""

    count: int
    seconds: float
    bytes: int
    failed: int
    p50: float
    p95: float
    p99: float
    longest: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds


class Refused(Exception):
    """Something was answered with an error: then its speed says nothing."""


def load(base_url: str, asked: Sequence[Request], clients: int, seconds: int | None = None) -> Load:
    """The requests round and round for so long, or each of them once."""
    with tempfile.NamedTemporaryFile("w", suffix=".requests", encoding="utf-8") as file:
        file.writelines(request.line() + "\n" for request in asked)
        file.flush()
        wrk = [
            *(
                "wrk",
                "-t1",
                f"-c{clients}",
                f"-d{seconds or LONGEST}s",
                "--timeout",
                "30s",
                "-s",
                str(SCRIPT),
            ),
            *(base_url, "--", file.name, "round" if seconds else "once"),
        ]
        ran = subprocess.run(wrk, capture_output=True, text=True, timeout=LONGEST + 60, check=False)
    told = [line[4:] for line in ran.stdout.splitlines() if line.startswith("wrk {")]
    if not told:
        raise RuntimeError(f"wrk: {ran.stdout}{ran.stderr}")
    got = Load(**json.loads(told[0]))
    if got.failed:
        raise Refused(f"{got.failed} of {got.count} to {asked[0].method} {asked[0].path}")
    return got
