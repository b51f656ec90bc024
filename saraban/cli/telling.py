"""What the command line tells an operator."""

from __future__ import annotations

import sys


def refuse(message: str, code: str) -> int:
    say(f"saraban: {message} [{code}]")
    return 1


def say(*lines: str) -> None:
    """What explains goes to stderr, so that stdout holds the result alone."""
    print(*lines, sep="\n", file=sys.stderr)


def first_line(failure: object) -> str:
    return str(failure).strip().partition("\n")[0]
