"""What an operator types: `saraban …`.

Each command imports what it needs, so that `saraban verify` starts without the web framework.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from sqlalchemy.exc import OperationalError

from saraban.cli.telling import first_line, refuse
from saraban.cli.words import parser
from saraban.errors import NotReady, Refusal
from saraban.house import check_neighbours


def main(arguments: list[str] | None = None) -> int:
    """0 is done, 1 is refused (the reason in Thai on stderr), 2 is a command that was typed wrongly."""
    try:
        check_neighbours()
        given = parser().parse_args(arguments)
        run: Callable[[argparse.Namespace], int] = given.run
        return run(given)
    except Refusal as refusal:
        return refuse(refusal.message, refusal.code)
    except ImportError as stranger:
        if stranger.name not in ("routers", "storage"):
            raise
        return refuse(str(stranger), "strange_neighbours")
    except OperationalError as failure:
        return refuse(NotReady(reason=f"ฐานข้อมูลตอบว่า {first_line(failure.orig)}").message, NotReady.code)
    except BrokenPipeError:
        # Whoever read has gone (`saraban openapi | head`): nothing is left to be written at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as failure:
        if failure.filename is None:
            raise
        return refuse(f"ใช้ {failure.filename} ไม่ได้: {failure.strerror}", "file")
    except KeyboardInterrupt:
        return 130
