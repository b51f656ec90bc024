"""The table: printed, as JSON, and in docs/performance.md between its markers."""

from __future__ import annotations

import json
import platform
import re
import sqlite3
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from os import cpu_count
from pathlib import Path
from statistics import median
from typing import Any

from bench import scales
from bench.lines import Line, spread

RESULT = scales.CACHE / "result.json"
PAGE = scales.BENCH.parent / "docs" / "performance.md"
BEGINS, ENDS = "<!-- measured: written by make bench -->", "<!-- /measured -->"
TODAY = "AMSS++ 4.02"
YEARS = {"year": "1 year", "decade": "10 years", "country": "country", "toy": "toy"}


def say(line: Line) -> None:
    print("  ".join(cell for cell in cells(line) if cell), flush=True)


def write(lines: Sequence[Line]) -> None:
    """What was measured takes the place of what this machine measured before, on the page too."""
    about = machine()
    lines = together(about, lines)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    told = {**about, "lines": [line.told() for line in lines]}
    RESULT.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    missed = [line for line in lines if line.met is False]
    print(f"\n{len(lines)} lines, {len(missed)} below their mark; {RESULT}")
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), measured(lines, about)), encoding="utf-8")


def together(about: dict[str, Any], lines: Sequence[Line]) -> list[Line]:
    """These lines among those of an earlier run of the same day with the same versions, in its order."""
    earlier = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    if any(earlier.get(name) != told for name, told in about.items()):
        return list(lines)
    known = {_key(line): line for line in map(Line.from_told, earlier["lines"])}
    return list((known | {_key(line): line for line in lines}).values())


def _key(line: Line) -> tuple[str, ...]:
    return line.engine, line.scale, line.operation, line.floor_is


def rewritten(page: str, table: str) -> str:
    before, _, rest = page.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    return f"{before}{BEGINS}\n\n{table}\n{ENDS}{after}"


def measured(lines: Sequence[Line], about: dict[str, Any]) -> str:
    ours = [line for line in lines if line.floor_is != TODAY]
    theirs = [line for line in lines if line.floor_is == TODAY]
    missed = sum(line.met is False for line in lines)
    parts = [
        f"Measured on {about['date']}: {about['machine']}; {about['versions']}. "
        f"{sum(line.met is not None for line in lines)} lines have a mark, {missed} missed it.",
        table(
            ("operation", "engine", "size", "ours", "floor", "ratio (spread)", "mark"),
            [cells(line) for line in ours],
        ),
        "### Beside AMSS++ 4.02",
        table(
            ("what is done", "engine", "size", "ours", "AMSS++", "share of its time (spread)", "ahead"),
            [[*cells(line)[:6], "yes" if line.met else "**no**"] for line in theirs],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    right = ("---:" if head in ("ours", "floor", "AMSS++") else "---" for head in heads)
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, list(right), *rows))


def cells(line: Line) -> list[str]:
    """Operation, engine, size, ours, floor, ratio, mark."""
    figures = [f"{number(median(line.ours))} {line.unit}", "", between(line.ours)]
    if line.floor:
        figures[1:] = [number(median(line.floor)), between(line.ratios)]
    mark = ""
    if line.met is not None:
        bound, sign = (line.at_least, "≥") if line.at_least is not None else (line.at_most, "≤")
        mark = f"{sign} {number(bound or 0)} {'met' if line.met else '**missed**'}"
    named = line.operation + (f" ÷ {line.floor_is}" if line.floor and line.floor_is != TODAY else "")
    return [named, line.engine, YEARS[line.scale], *figures, mark]


def between(figures: Sequence[float]) -> str:
    lowest, highest = spread(figures)
    return f"{number(median(figures))} ({number(lowest)}–{number(highest)})"


def number(figure: float) -> str:
    """Three figures that count."""
    if figure == 0 or abs(figure) >= 100:
        return f"{figure:,.0f}"
    return (
        f"{figure:.1f}" if abs(figure) >= 10 else f"{figure:.2f}" if abs(figure) >= 0.1 else f"{figure:.4f}"
    )


def machine() -> dict[str, Any]:
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    assert memory is not None
    named = [
        f"{name} {version(name)}"
        for name in ("fastapi", "uvicorn", "sqlalchemy", "pydantic", "psycopg", "weasyprint")
    ]
    return {
        "date": date.today().isoformat(),
        "machine": f"{cpu_count()} cores of {processor[1] if processor else platform.machine()}, "
        f"{int(memory[1]) / 2**20:.0f} GiB",
        "versions": f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL 18, "
        + ", ".join(named),
    }
