"""What runs in a process of the press: one job after the other, within limits.

It is told nothing of the office but its work: no settings, no secrets of the environment. Its end of the pipe
is its life: when the service is gone, however it went, it ends as well.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import pickle
import queue
import resource
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from time import process_time

from saraban.errors import Refusal


def main(fd: int, seconds: float, memory_bytes: int, fonts: Path | None) -> None:
    # What is logged here could quote a secret letter, and nobody reads it.
    logging.disable(logging.CRITICAL)
    os.nice(15)  # whoever waits for an answer of the service goes first
    pipe = Connection(fd)
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, jobs), daemon=True).start()
    from saraban.press import pages

    pages.warm(fonts)
    gc.freeze()
    rest = _address_space()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (rest + memory_bytes,) * 2)
    # What a job leaves behind stays below half of the allowance, or the next job gets a fresh process.
    while _address_space() < rest + memory_bytes // 2:
        job = jobs.get()
        pipe.send_bytes(b"begun")
        # The service looks at the clock. This is for when it is gone, and a library in C does not hear so.
        resource.setrlimit(resource.RLIMIT_CPU, (int(process_time() + seconds) + 2, resource.RLIM_INFINITY))
        pipe.send_bytes(pickle.dumps(_outcome(job)))
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)


def _listen(pipe: Connection, jobs: queue.SimpleQueue[bytes]) -> None:
    """Hears the service end even while a page is being made."""
    try:
        while True:
            jobs.put(pipe.recv_bytes())
    except (EOFError, OSError):
        os._exit(0)


def _outcome(job: bytes) -> tuple[object, ...]:
    try:
        function, args, kw = pickle.loads(job)  # noqa: S301  # from the service itself
        return "done", function(*args, **kw)
    except Refusal as refusal:
        return "refused", refusal.code, refusal.field, refusal.about
    except MemoryError:
        return ("memory",)
    except Exception as failure:
        # Where, but not which words: they may be a secret letter's.
        return "failed", type(failure).__name__, "\n", *traceback.format_tb(failure.__traceback__)


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    _fd, _seconds, _memory, _fonts = sys.argv[1:]
    main(int(_fd), float(_seconds), int(_memory), Path(_fonts) if _fonts else None)
