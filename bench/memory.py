"""How much memory a service takes: what its processes have for themselves, and their share of the rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MIB = 2**20


def held(pid: int) -> float:
    """Of a process and all below it, in MiB."""
    total = 0
    for each in family(pid):
        with suppress(OSError):
            for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total / MIB


def family(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        with suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


class Watched:
    """The most that was held while somebody watched."""

    def __init__(self, pid: int) -> None:
        self.before = self.most = held(pid)

    @property
    def more(self) -> float:
        return self.most - self.before


@contextmanager
def watching(pid: int) -> Iterator[Watched]:
    watched, over = Watched(pid), threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            watched.most = max(watched.most, held(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield watched
    finally:
        over.set()
        watcher.join()
