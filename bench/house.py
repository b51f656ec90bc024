"""An office of some size on one of the engines, really served, and the floor's server beside it."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.sql import SQL, Identifier

from bench import cluster, scales
from bench.cast import PASSWORD, own_area, secret_of
from bench.load import Load, Request, load
from bench.moving import copy_to_postgres
from bench.replay import bare, record
from saraban.settings import Settings
from tests.browser import Browser
from tests.server import CHECKOUT, Process, _address, _listen, serve_process

ENGINES = ("sqlite", "postgresql")
# One process writes all there is to write on SQLite; on PostgreSQL one for each core.
WORKERS = {"sqlite": 1, "postgresql": 2}


@dataclass
class House:
    engine: str
    scale: str
    settings: Settings
    server: Process
    area: str

    @property
    def base_url(self) -> str:
        return self.server.base_url

    @property
    def database(self) -> str:
        return self.settings.database

    def bare(self) -> Any:
        """A connection of the bare driver, for a floor."""
        return bare(self.database)

    def one(self, question: str, *values: Any) -> Any:
        """A single value, asked by hand."""
        with closing_of(self.bare()) as db:
            return db.execute(
                question.replace("?", "%s") if self.engine == "postgresql" else question, values
            ).fetchone()[0]

    def key(self, username: str) -> tuple[str, str]:
        return ("Authorization", f"Bearer {secret_of(username)}")

    def cookie(self, username: str) -> tuple[str, str]:
        """A real log-in."""
        with Browser(self.base_url) as browser:
            browser.enter(username, PASSWORD)
            return ("Cookie", "; ".join(f"{name}={value}" for name, value in browser.cookies.items()))

    def client(self, username: str) -> httpx.Client:
        name, value = self.key(username)
        return httpx.Client(
            base_url=f"{self.base_url}/api/v1", headers={name: value}, timeout=120, verify=False
        )

    def load(
        self, asked: Sequence[Request], clients: int, seconds: int | None = None, base_url: str | None = None
    ) -> Load:
        return load(base_url or self.base_url, asked, clients, seconds)

    @contextmanager
    def floor(self, asked: Sequence[Request]) -> Iterator[Callable[[Sequence[Request], int, int], Load]]:
        """A floor that answers these requests as we do, as long as the block lasts."""
        plan = self.settings.data / "floor.plan"
        plan.write_bytes(pickle.dumps(record(self.settings, asked)))
        with self.beside("bench.bare_server", "bench.replay:floor_app", self.database, str(plan)) as base_url:
            httpx.get(base_url + asked[0].path, headers=[asked[0].header], timeout=30).raise_for_status()
            yield lambda some, clients, seconds: load(base_url, some, clients, seconds)

    @contextmanager
    def beside(self, module: str, *about: str) -> Iterator[str]:
        """A server of the floor's on a socket of its own, ended by its own pid."""
        with _listen() as listening:
            run = [sys.executable, "-m", module, str(listening.fileno()), str(WORKERS[self.engine]), *about]
            server = subprocess.Popen(
                run, cwd=CHECKOUT, pass_fds=[listening.fileno()], start_new_session=True
            )
            try:
                yield _address(listening)
            finally:
                server.terminate()
                try:
                    server.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(server.pid, signal.SIGKILL)
                    server.wait()


@contextmanager
def closing_of(connection: Any) -> Iterator[Any]:
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def postgres() -> Iterator[str]:
    with cluster.running(scales.CACHE / "postgresql") as url:
        yield url


@contextmanager
def open_house(engine: str, scale: str, server: str | None) -> Iterator[House]:
    """A copy of the scale, so that the next run begins where this one did."""
    made, work = scales.made(scale), scales.CACHE / "work"
    shutil.rmtree(work, ignore_errors=True)
    if engine == "sqlite":
        shutil.copytree(made, work)
        url = None
    else:
        assert server is not None
        shutil.copytree(made, work, ignore=shutil.ignore_patterns("saraban.db*"))
        url = _database(server, scale, made)
    settings = Settings(data=work, database_url=url)
    try:
        with serve_process(settings, WORKERS[engine]) as served:
            yield House(engine, scale, settings, served, own_area())
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _database(server: str, scale: str, made: Path) -> str:
    kept = made.name.replace("-", "_")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as db:
        names = {row[0] for row in db.execute("SELECT datname FROM pg_database")}
        for name in names:
            if name == "work" or (name.startswith(f"{scale}_") and name != kept):
                db.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
        if kept not in names:
            draft = f"{scale}_draft"
            db.execute(SQL("CREATE DATABASE {}").format(Identifier(draft)))
            copy_to_postgres(made / "saraban.db", f"{server}/{draft}")
            db.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(draft), Identifier(kept)))
        db.execute(SQL("CREATE DATABASE work TEMPLATE {} STRATEGY FILE_COPY").format(Identifier(kept)))
        db.execute("CHECKPOINT")
    return f"{server}/work"
