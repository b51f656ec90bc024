"""`python -m bench`: everything side by side. Parts: `BENCH="register search" SCALES=year ENGINES=sqlite`."""

from __future__ import annotations

import fcntl
import importlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from types import ModuleType

from bench import report
from bench.house import ENGINES, open_house, postgres
from bench.lines import Line
from bench.operations import register
from bench.scales import CACHE

OPERATIONS = (
    # First what only reads: letters of the measuring, hundreds that are all alike, would stand at the end of
    # each book, lighter to show than those before them and with words that nothing else is as common as.
    "lists",
    "tracking",
    "search",
    "register",
    "acknowledge",
    "send",
    "upload",
    "download",
    "paper",
    "today",
    "footprint",
)

FAILED: list[str] = []


def wanted(name: str, all_of_them: tuple[str, ...]) -> list[str]:
    chosen = os.environ.get(name, "").split()
    if strangers := set(chosen) - set(all_of_them):
        sys.exit(f"{name}: {', '.join(sorted(strangers))}? One of: {' '.join(all_of_them)}")
    return [each for each in all_of_them if not chosen or each in chosen]


def measured() -> Iterator[Line]:
    modules = [importlib.import_module(f"bench.operations.{name}") for name in wanted("BENCH", OPERATIONS)]
    for engine in wanted("ENGINES", ENGINES):
        with ExitStack() as stack:
            server = stack.enter_context(postgres()) if engine == "postgresql" else None
            for scale in wanted("SCALES", ("year", "decade", "country")):
                yield from _in(engine, scale, server, [each for each in modules if scale in _scales(each)])


def _scales(module: ModuleType) -> tuple[str, ...]:
    """What is measured in a whole run, and more when somebody asks for it by name."""
    also = getattr(module, "ALSO", ()) if os.environ.get("SCALES") else ()
    return (*module.SCALES, *also)


def _in(engine: str, scale: str, server: str | None, modules: list[ModuleType]) -> Iterator[Line]:
    if not modules:
        return
    with open_house(engine, scale, server) as house:
        for module in modules:
            began = time.monotonic()
            try:
                for line in module.measure(house):
                    report.say(line)
                    yield line
            except Exception:
                # Half an hour's figures are not thrown away for one that could not be had.
                traceback.print_exc()
                FAILED.append(f"{module.__name__.rpartition('.')[2]} ({engine}, {scale})")
            print(f"  {module.__name__} {time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ended from outside, it ends what it has started
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one at a time: two would measure each other
        lines: list[Line] = []
        try:
            lines.extend(measured())
        finally:  # what was measured before the end is kept
            report.write([*lines, *register.across(lines)])
    if FAILED:
        sys.exit(f"could not be measured: {', '.join(FAILED)}")
