"""Documentation that is played: its shell blocks run as they are written, against a real office."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from saraban.settings import PREFIX
from tests.server import CHECKOUT

ADDRESS = "http://127.0.0.1:8000"  # what the documentation says; a played block asks at another port
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, *languages: str) -> list[str]:
    """What stands between fences; `sh` is played, `shell` is for root on a machine and only read."""
    return [text for language, text in _FENCE.findall(page.read_text()) if language in languages]


def refusals(played: Sequence[str]) -> list[tuple[int, str]]:
    """What the blocks say will be refused: a comment `# 412 stale_version` behind the call."""
    return [
        (int(status), code)
        for text in played
        for status, code in re.findall(r"# ([45]\d\d) (\w+)$", text, re.MULTILINE)
    ]


class Played(NamedTuple):
    out: str
    statuses: list[int]  # of every call that curl made, in order

    @property
    def refused(self) -> list[tuple[int, str]]:
        codes = re.findall(r'"code":"(\w+)","detail"', self.out)
        return list(zip([status for status in self.statuses if status >= 400], codes, strict=True))


class Stage:
    """A folder like a checkout in which `make demo` has been: `.venv` in it, and `saraban` to type."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs = folder / "bin"
        self._programs.mkdir(parents=True)
        self._statuses = folder / "statuses"
        (folder / ".venv").symlink_to(sys.prefix)
        for name in ("saraban", "routers", "storage", "templates"):
            (folder / name).symlink_to(CHECKOUT / name)
        curl = shutil.which("curl")
        # The real one, which also says how it was answered.
        status = r"--write-out '%{stderr}%{http_code}\n'"
        self._write("curl", f'exec {curl} {status} "$@" 2>>{self._statuses}')
        self._write("saraban", f'exec {sys.executable} -m saraban.cli "$@"')

    def _write(self, name: str, line: str) -> None:
        program = self._programs / name
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)

    def play(self, played: Sequence[str], address: str = ADDRESS, **variables: str) -> Played:
        self._statuses.write_text("")
        given = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", "\n".join(played).replace(ADDRESS, address)],
            cwd=self.folder,
            env={
                **given,
                "PATH": f"{self._programs}:{os.environ['PATH']}",
                "HOME": str(self.folder),
                "PYTHONUTF8": "1",
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        told = self._statuses.read_text()
        assert done.returncode == 0, done.stdout + done.stderr + told
        return Played(done.stdout, [int(line) for line in told.splitlines()])


def commands(page: Path) -> Iterator[list[str]]:
    """The words behind every `saraban` that a page tells somebody, or a unit, or a container, to type."""
    for text in blocks(page, "sh", "shell", "ini"):
        for line in text.replace("\\\n", " ").splitlines():
            if found := re.match(r"""(?!\s*\#).*\bsaraban(?:\.cli)? (?=[a-z])(.+)""", line):
                yield _words(found[1])


def _words(line: str) -> list[str]:
    """Up to a comment or a redirection, without quotes."""
    bare = re.split(r"\s+[#>|]", line)[0]
    return [word for part in re.findall(r"""'[^']*'|"[^"]*"|[^\s"]+""", bare) if (word := part.strip("'\""))]
