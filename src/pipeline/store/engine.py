"""One door to the database: connections for reading and for writing, on SQLite and PostgreSQL alike.

SQLite gets write-ahead logging, foreign keys, a busy timeout, and its write lock at the start of a writing
transaction, so that two writers queue rather than fail half-way. Builds engines; knows no table.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from pipeline.errors import DatabaseBusy, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Connection, Engine

BUSY_MILLISECONDS = 30_000
CACHE_KIB = 16_384  # a batch's pages of a large index are looked up and then written: they must stay in between
ENGINES = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class Store:
    """An open database. Hand it to the functions of ``work`` and ``answers``."""

    def __init__(self, url: str, engine: Engine) -> None:
        self.url = url
        self.engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the store. Raises StoreError."""
        with _plain_errors(self.url), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that is kept whole or not at all. Raises StoreError, DatabaseBusy."""
        writer = self.engine.execution_options(begin="BEGIN IMMEDIATE")
        with _plain_errors(self.url), writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _plain_errors(url: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise store_error(url, error) from error


def store_error(url: str, error: DBAPIError) -> StoreError:
    """Say in one line what the database said."""
    said = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    if "database is locked" in said[0]:
        return DatabaseBusy(f"{plain_url(url)}: another process has been writing for too long; try again")
    return StoreError(f"{plain_url(url)}: {said[0]}")


def parsed_url(url: str) -> URL:
    """Return the URL with the driver that Tideline uses. Raises StoreError for other databases."""
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise StoreError(f"{url}: no database URL; sqlite:///FILE is the simplest") from None
    name = parsed.get_backend_name()
    if name not in ENGINES:
        raise StoreError(f"{plain_url(url)}: {name} is no supported database; sqlite and postgresql are")
    return parsed.set(drivername=ENGINES[name])


def plain_url(url: str) -> str:
    """Return the URL fit for a message: without its password."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def make_engine(url: str, *, foreign_keys: bool = True) -> Engine:
    """Return an engine for the URL. ``foreign_keys`` is off only while a migration rebuilds tables."""
    parsed = parsed_url(url)
    # Text of six languages stays readable, and searchable, in JSON columns.
    options: dict[str, Any] = {"json_serializer": partial(json.dumps, ensure_ascii=False)}
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, options, foreign_keys=foreign_keys)
    options["connect_args"] = {"options": "-c timezone=utc"}
    try:
        return sa.create_engine(parsed, pool_pre_ping=True, **options)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise StoreError(f"{plain_url(url)}: the driver is missing: pip install 'tideline[postgresql]'") from None


def _sqlite(url: URL, options: dict[str, Any], *, foreign_keys: bool) -> Engine:
    if url.database in (None, "", ":memory:"):
        options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    elif url.database and not url.database.startswith("file:") and not Path(url.database).parent.is_dir():
        raise StoreError(f"{url}: the folder {Path(url.database).parent} does not exist")
    engine = sa.create_engine(url, **options)
    event.listen(engine, "connect", partial(_prepare, foreign_keys))
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(foreign_keys: bool, connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not open or commit transactions behind our back
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
