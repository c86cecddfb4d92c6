"""Bring a database to a revision of the schema, whole or not at all. Runs Alembic in this process.

Each move is one transaction: on SQLite one ``BEGIN IMMEDIATE``, on PostgreSQL under an advisory lock, so that a
process killed midway leaves the old schema and two that start together move it once. Holds no schema itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.exc import DBAPIError

from pipeline.errors import NewerDatabase, StoreError
from pipeline.store.engine import Store, make_engine, plain_url, store_error

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 7_436_115  # any number, as long as every Tideline takes the same


def open_store(url: str) -> Store:
    """Open the database, creating it and bringing it to the newest schema.

    Raises NewerDatabase where a newer Tideline made it, else StoreError, in one line that names the database.
    """
    migrate(url, "head")
    return Store(url, make_engine(url))


def migrate(url: str, revision: str) -> None:
    """Move the database to ``revision``: ``head``, ``base`` or a revision's number; up or down."""
    engine = make_engine(url, foreign_keys=False)  # a rebuilt table would take its children's rows with it
    try:
        with engine.connect() as connection:
            if _revision(url, connection) == _target(revision):
                return
            connection.rollback()
            with connection.execution_options(begin="BEGIN IMMEDIATE").begin():
                _move(url, connection, revision)
    except DBAPIError as error:
        raise store_error(url, error) from error
    except CommandError as error:
        raise StoreError(f"{plain_url(url)}: {error}") from error
    finally:
        engine.dispose()


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's settings, built in code so that an installed wheel needs no ``alembic.ini``."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _move(url: str, connection: Connection, revision: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
    current, target = _revision(url, connection), _target(revision)
    if current == target:
        return  # another process was faster
    up = target is not None and (current is None or current < target)
    (command.upgrade if up else command.downgrade)(alembic_config(connection), revision)
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StoreError(f"{plain_url(url)}: rows without their parent after moving to {revision}; nothing was changed")


def _target(revision: str) -> str | None:
    if revision == "base":
        return None
    return ScriptDirectory.from_config(alembic_config()).as_revision_number(revision)  # type: ignore[return-value]


def _revision(url: str, connection: Connection) -> str | None:
    """Return the revision of the database. Raises NewerDatabase for one that this version does not know."""
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if current is not None and current not in known:
        raise NewerDatabase(
            f"{plain_url(url)}: made by a newer version of Tideline (schema {current}); upgrade Tideline to use it"
        )
    return current
