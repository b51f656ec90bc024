"""One real PostgreSQL for a whole test session, which cannot outlive it.

The first test that needs it starts this module as a program: it runs the server as its own child and waits
for the end of a named pipe that only the pytest main process holds open. However that process ends (finished,
interrupted, killed), the pipe closes and the server is stopped.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.cluster import server

ROOT = Path(__file__).parent.parent
# Nothing here survives the session, so the disk is never waited for. A commit is still written before it is
# answered (synchronous_commit stays on): ending a process with kill -9 loses nothing that a test looks for.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Held by one process at a time; given back by the system when the process ends."""
    with path.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def hold_open(session: Path) -> int:
    """Makes the pipe whose end is the end of the session; both ways, so that opening does not wait."""
    os.mkfifo(session / "alive")
    return os.open(session / "alive", os.O_RDWR)


def wait_until_stopped(session: Path) -> None:
    """Returns when the keeper, if there was one, has given back its lock or removed the folder."""
    with suppress(FileNotFoundError), locked(session / "keeper.lock"):
        pass


def server_url(session: Path) -> str:
    """The address of the session's server, started by whoever asks first."""
    told = session / "postgres.url"
    with locked(session / "start.lock"):
        if not told.exists():
            told.write_text(_start_keeper(session))
    return told.read_text()


def _start_keeper(session: Path) -> str:
    log = session / "postgres.log"
    with log.open("ab") as errors:
        keeper = subprocess.Popen(
            [sys.executable, "-m", __name__, str(session)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # the terminal's Ctrl-C is for pytest; the server ends after it
        )
    assert keeper.stdout is not None
    if not (url := keeper.stdout.readline().strip()):
        raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
    return url


def keep(session: Path) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with locked(session / "keeper.lock"):
        alive = os.open(session / "alive", os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(alive, True)
        folder = session / "postgres"
        with server(folder, SETTINGS):
            print(f"postgresql://postgres@/postgres?host={folder}", flush=True)
            os.read(alive, 1)
        shutil.rmtree(session, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
