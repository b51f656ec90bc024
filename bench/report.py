"""The table, as text, as JSON and in docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence

from bench.lines import Line


def say(line: Line) -> None:
    print(line.told(), flush=True)


def write(lines: Sequence[Line]) -> None:
    pass
