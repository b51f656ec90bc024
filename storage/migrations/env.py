"""Alembic's entry: runs on the connection that `storage.database.migrate` hands over."""

from alembic import context

from storage.tables import metadata


def ours(item: object, name: str | None, kind: str, reflected: bool, compared: object) -> bool:
    """The trigram index makes tables of its own, which are none of ours to compare."""
    return not (name or "").startswith("letter_trigram")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=ours,
    # SQLite changes a table by making it anew; PostgreSQL's own DDL is transactional.
    render_as_batch=context.config.attributes["connection"].dialect.name == "sqlite",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
