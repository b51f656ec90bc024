"""The world a test starts in: a fresh, migrated office on both engines, a clock that stands still, real HTTP.

Whoever asks for `office` (or `settings`, `app`, `client`) runs twice: `embedded` is SQLite and a folder of
files, `cluster` is PostgreSQL and an S3-compatible store. `pytest -k embedded` runs the first half only.

What a fixture starts it imports itself: a test of a pure rule does not wait for the whole house.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import Engine, make_url

from saraban.settings import Settings
from tests import postgres
from tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server, bucket, s3

if TYPE_CHECKING:
    from fastapi import FastAPI

    from saraban.office import Office
    from saraban.press import Press
    from tests.server import Client, Door

__all__ = ["bucket", "s3"]  # fixtures of their own

SESSION = "SARABAN_TEST_SESSION"  # the folder that the workers of one session share
SERVER = "SARABAN_TEST_DATABASE_URL"  # a PostgreSQL to use instead of the session's own
ALIVE = pytest.StashKey[int]()

# `make test` tries the same examples every time and minds no slow machine; `make fuzz` looks for new ones.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("long", max_examples=2000, deadline=None, print_blob=True)
hypothesis.settings.load_profile("same")


# -- the session: made once, gone afterwards -------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        folder = Path(tempfile.mkdtemp(prefix="saraban-tests-"))
        folder.chmod(0o755)  # PostgreSQL runs as somebody else when the tests run as root
        os.environ[SESSION] = str(folder)
        config.stash[ALIVE] = postgres.hold_open(folder)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: not to be looked through again and again saves a seventh of the time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if (alive := config.stash.get(ALIVE, None)) is not None:
        folder = Path(os.environ.pop(SESSION))
        if SERVER in os.environ:
            with _connect(os.environ[SERVER]) as server:
                server.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(_template(folder))))
        os.close(alive)
        postgres.wait_until_stopped(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def session() -> Path:
    return Path(os.environ[SESSION])


# -- the engines: migrated once, copied for every test ---------------------------------------------------


@pytest.fixture(params=["embedded", "cluster"])
def settings(request: pytest.FixtureRequest) -> Settings:
    """Where a fresh, migrated store of nobody else's is."""
    chosen: Settings = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def embedded(sqlite_template: Path, tmp_path: Path) -> Settings:
    settings = Settings(data=tmp_path / "data")
    settings.data.mkdir()
    shutil.copyfile(sqlite_template, str(make_url(settings.database).database))
    return settings


@pytest.fixture(scope="session")
def sqlite_template(session: Path) -> Path:
    from storage.database import migrate

    template = session / "template.db"
    with postgres.locked(session / "template.db.lock"):
        if not template.exists():
            migrate(f"sqlite:///{template}")
    assert not template.with_name("template.db-wal").exists(), "the copy would miss what is only in the log"
    return template


@pytest.fixture
def cluster(database_url: str, s3: S3Server, bucket: str, tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path / "data",
        database_url=database_url,
        files_url=f"s3://{bucket}/files",
        s3_endpoint=s3.url,
        s3_access_key=ACCESS_KEY,
        s3_secret_key=SECRET_KEY,
    )


@pytest.fixture
def database_url(server: psycopg.Connection, server_url: str, session: Path) -> Iterator[str]:
    """A PostgreSQL database of this test's own: about 20 ms, as a copy of the migrated one."""
    name = f"{_template(session)}_{os.getpid()}_{next(_numbers)}"
    # FILE_COPY: 14–47 ms against 63–76 ms of the default WAL_LOG (measured, fsync off).
    server.execute(
        SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            Identifier(name), Identifier(_template(session))
        )
    )
    yield _database(server_url, name)
    server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture(scope="session")
def server(server_url: str, session: Path) -> Iterator[psycopg.Connection]:
    """A connection that may create databases, on a server that has the migrated template."""
    from storage.database import migrate

    with _connect(server_url) as connection:
        with postgres.locked(session / "template.lock"):
            made = session / "template.made"
            if not made.exists():
                template = _template(session)
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(template)))
                migrate(_database(server_url, template))
                made.touch()
        yield connection


@pytest.fixture(scope="session")
def server_url(session: Path) -> str:
    return os.environ.get(SERVER) or postgres.server_url(session)


_numbers = count(1)


def _template(session: Path) -> str:
    return session.name.replace("-", "_")


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True)


def _database(server_url: str, name: str) -> str:
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


# -- the office and its door -----------------------------------------------------------------------------


class Clock:
    """An office clock that moves only when a test moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    now = __call__

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 7, 1, 2, 57, 26, tzinfo=UTC))


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """The same argon2id with little memory: what is tested is who gets in, not how long guessing takes."""
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    from saraban import passwords

    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: quick)
        yield


@pytest.fixture(scope="session")
def press() -> Iterator[Press]:
    """One for all tests of this process, for a worker takes a second to start; a closed office leaves it."""
    from saraban.press import Press

    class Lent(Press):
        def close(self) -> None:
            pass

    lent = Lent(workers=2)
    yield lent
    Press.close(lent)


@pytest.fixture
def office(settings: Settings, clock: Clock, press: Press) -> Iterator[Office]:
    from saraban.app import create_office

    office = create_office(settings, clock, press)
    _compile_once(office)
    yield office
    office.close()


_first: dict[str, Engine] = {}


def _compile_once(office: Office) -> None:
    """Engines of a kind share what they have compiled: anew for each test, it was most of a test's time."""
    for engine in (one for one in vars(office.db).values() if isinstance(one, Engine)):
        first = _first.setdefault(engine.dialect.name, engine)
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache


@pytest.fixture
def app(office: Office) -> FastAPI:
    from saraban.app import create_app

    return create_app(office)


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    from tests.server import Door

    with Door() as door:
        yield door


@pytest.fixture
def client(app: FastAPI, door: Door) -> Iterator[Client]:
    """HTTP to this test's office over a real socket; `client.as_(key)` asks as the person of that key."""
    from tests.server import Client

    with door.open_for(app) as base_url, Client(base_url) as client:
        yield client
