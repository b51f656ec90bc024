"""A bare ASGI app on the server that serves ours: `python -m bench.bare_server FD WORKERS APP …`."""

from __future__ import annotations

import socket
import sys
from functools import partial
from importlib import import_module

from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess


def main(fd: str, workers: str, app: str, *about: str) -> None:
    module, _, name = app.partition(":")
    with socket.socket(fileno=int(fd)) as listening:
        config = Config(
            partial(getattr(import_module(module), name), *about), factory=True, workers=int(workers),
            loop="uvloop", http="httptools", ws="none", lifespan="off", access_log=False,
            server_header=False, log_level="warning",
        )  # fmt: skip
        if int(workers) > 1:
            Multiprocess(config, sockets=[listening]).run()
        else:
            Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
