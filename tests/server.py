"""Real HTTP for tests: a listening server in this process, and `saraban serve` as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from saraban.serving import listen
from saraban.settings import PREFIX, Settings

CHECKOUT = Path(__file__).parent.parent
DEADLINE = 30.0  # seconds for any answer: a machine with two busy cores, not a promise to people


class Client(httpx.Client):
    """An HTTP client that can speak with another person's key over the same connections."""

    def __init__(
        self, base_url: str, key: str | None = None, pool: httpx.HTTPTransport | None = None
    ) -> None:
        # No certificates for plain HTTP: reading them takes 34 ms, more than most tests.
        self._pool = pool or httpx.HTTPTransport(
            verify=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=64)
        )
        super().__init__(
            base_url=base_url,
            headers={"Authorization": f"Bearer {key}"} if key else None,
            transport=self._pool,
            timeout=DEADLINE,
        )

    def as_(self, key: str | None) -> Client:
        return Client(str(self.base_url), key, self._pool)


class Door:
    """One server for a whole test process; who answers behind it changes from test to test."""

    def __init__(self) -> None:
        self._app: FastAPI | None = None
        self._listening = _listen()
        self.base_url = _address(self._listening)
        self._loop: asyncio.AbstractEventLoop | None = None
        config = uvicorn.Config(
            self._answer, interface="asgi3", lifespan="off", access_log=False, log_config=None
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=asyncio.run, args=[self._run()], name="door")

    def __enter__(self) -> Door:
        self._up = threading.Event()
        self._thread.start()
        assert self._up.wait(DEADLINE)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._up.set()  # the socket listens already: a request made now waits for its turn
        await self._server.serve(sockets=[self._listening])

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._app is not None, "nobody stands behind the door"
        await self._app(scope, receive, send)

    @contextmanager
    def open_for(self, app: FastAPI) -> Iterator[str]:
        """The address at which `app` answers, inside its own lifespan, until the end of the block."""
        assert self._loop is not None
        assert self._app is None, "one office at a time"
        awake, leaving = threading.Event(), asyncio.Event()

        async def live() -> None:  # one task, because a lifespan must end in the task that began it
            try:
                async with app.router.lifespan_context(app):
                    self._app = app
                    awake.set()
                    await leaving.wait()
            finally:
                self._app = None
                awake.set()

        life = asyncio.run_coroutine_threadsafe(live(), self._loop)
        assert awake.wait(DEADLINE)
        if life.done():
            life.result()  # raises what the app raised instead of waking
        try:
            yield self.base_url
        finally:
            self._loop.call_soon_threadsafe(leaving.set)
            life.result(DEADLINE)


class Process:
    """A `saraban serve` of its own, in its own process group."""

    def __init__(self, settings: Settings, workers: int, log: Path, *flags: str) -> None:
        self.log = log
        # Bound here: no other process can take the port in between. Handed over to the only worker, a client
        # that comes early waits in its queue; several listen for themselves, and are asked until they do.
        alone = workers == 1
        with _listen() if alone else listen("127.0.0.1", 0, workers) as bound, log.open("ab") as output:
            self.base_url = _address(bound)
            port = bound.getsockname()[1]
            where = ["--fd", str(bound.fileno())] if alone else ["--port", str(port)]
            self._popen = subprocess.Popen(
                [
                    *(sys.executable, "-m", "saraban.cli", "serve", *where),
                    *("--workers", str(workers), *flags),
                ],
                cwd=CHECKOUT,
                env={**_without_settings(os.environ), **environment(settings)},
                pass_fds=[bound.fileno()],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._popen.pid
        self._ended = False

    def wait_until_ready(self) -> None:
        began = time.monotonic()
        with httpx.Client(verify=False) as http:
            while not self._answers(http):
                # Until somebody listens there is nothing to wait for but its end.
                with suppress(subprocess.TimeoutExpired):
                    self._popen.wait(0.02)
                if self._popen.returncode is not None or time.monotonic() - began > DEADLINE:
                    raise RuntimeError(f"saraban serve is not ready:\n{self.log.read_text()}")

    def _answers(self, http: httpx.Client) -> bool:
        try:
            http.get(f"{self.base_url}/readyz", timeout=DEADLINE).raise_for_status()
            return True
        except httpx.ConnectError:
            return False
        except httpx.HTTPError as error:
            raise RuntimeError(f"saraban serve is not ready:\n{self.log.read_text()}") from error

    def kill(self) -> None:
        """kill -9, with every worker: what a power cut leaves running, which is nothing."""
        if not self._ended:  # once only: afterwards the number may be somebody else's
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait()
            self._ended = True

    def stop(self) -> int:
        """Asks politely and answers with the exit code; whoever does not end in time is killed."""
        self._popen.terminate()
        try:
            return self._popen.wait(DEADLINE)
        finally:
            self.kill()


@contextmanager
def serve_process(settings: Settings, workers: int = 1, *flags: str) -> Iterator[Process]:
    """A ready `saraban serve` on its own port, ended by its own pid however the block is left."""
    settings.data.mkdir(parents=True, exist_ok=True)
    server = Process(settings, workers, settings.data / "serve.log", *flags)
    try:
        server.wait_until_ready()
        yield server
        if not server._ended:
            server.stop()
    finally:
        server.kill()


def environment(settings: Settings) -> dict[str, str]:
    """The same settings as the variables that a process started with them would be given."""
    given = settings.model_dump(exclude_unset=True)
    return {PREFIX + name.upper(): str(value) for name, value in given.items() if value is not None}


def _without_settings(variables: os._Environ[str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if not name.startswith(PREFIX)}


def _listen() -> socket.socket:
    # Nagle's algorithm is switched off only for sockets that say they are TCP: 44 ms a request otherwise.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(2048)
    return listening


def _address(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"
