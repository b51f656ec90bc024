"""Whatever is asked of a described route, it answers as its description promises, and never with a 500.

`make test` asks a little, the same each time, and of SQLite alone: what is tried here are shapes, which are
refused or read before a database is asked. `make fuzz` asks long, something new each time, both engines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desk import At, Desk, at
from tests.test_gate import one_of_each
from tests.world import OURS, OURS_TOO, SCHOOL

__all__ = ["at"]

EXAMPLES = int(os.environ.get("SARABAN_FUZZ_EXAMPLES", "500"))
DRAWN = "/pdf$"

# Now and then schemathesis trips over a file that it has made up itself, while it alters a form; what it has
# found about us until then, it says under another heading.
TRIPPED, FOUND, TRIES = "Unsupported type: 'Binary'", "= FAILURES =", 3

# A well-formed request may still be refused: the letter is not theirs, the register is closed.
NOT_CHECKED = ("positive_data_acceptance",)
ASKING = [(OURS_TOO, "clerk"), (SCHOOL, "clerk"), (OURS, "admin")]
asking = pytest.mark.parametrize("who", ASKING, ids=lambda who: f"{who[1]}@{who[0]}")


def ask_strange_things(desk: Desk, folder: Path, *options: str) -> None:
    for _ in range(TRIES):
        asked = run(desk, folder, *options)
        if TRIPPED not in asked.stdout or FOUND in asked.stdout:
            break
    assert asked.returncode == 0, asked.stdout + asked.stderr


def run(desk: Desk, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{desk.http.base_url}/openapi.json",
            f"--header=Authorization: Bearer {desk.key}",
            f"--exclude-checks={','.join(NOT_CHECKED)}",
            "--no-color",
            "--warnings=off",
            "--suppress-health-check=too_slow",  # of the machine that makes up the requests
            *options,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@asking
@pytest.mark.parametrize("settings", ["embedded"], indirect=True)
def test_no_strange_request_breaks_the_office(at: At, who: tuple[str, str], tmp_path: Path) -> None:
    one_of_each(at)
    # Every boundary of every field is asked once, and what follows on what: by whom most is allowed, and not
    # of what is drawn, where the same fields are read in the same way.
    whole = ["--phases=examples,coverage,fuzzing,stateful", f"--exclude-path-regex={DRAWN}"]
    some = ["--phases=examples,fuzzing"]
    options = whole if who in ASKING[-1:] else some
    ask_strange_things(at(*who), tmp_path, *options, "--max-examples=1", "--generation-deterministic")


@pytest.mark.long
@asking
def test_no_strange_request_breaks_the_office_in_a_long_time(
    at: At, who: tuple[str, str], tmp_path: Path
) -> None:
    one_of_each(at)
    desk = at(*who)
    ask_strange_things(desk, tmp_path, f"--max-examples={EXAMPLES}", f"--exclude-path-regex={DRAWN}")
    # What is drawn takes a hundred times as long, and is asked in the same words.
    ask_strange_things(desk, tmp_path, f"--max-examples={EXAMPLES // 10}", f"--include-path-regex={DRAWN}")
