"""How the tables came to be; run by `storage.database.migrate`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def upgrade(engine: Engine) -> None:
    config = configuration()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


@cache
def newest() -> str:
    """The revision that this program's tables have; read once, for readiness is asked for often."""
    (revision,) = ScriptDirectory.from_config(configuration()).get_heads()
    return revision


def is_current(connection: Connection) -> bool:
    """Whether the database is what this program's migrations make."""
    return MigrationContext.configure(connection).get_current_heads() == (newest(),)
