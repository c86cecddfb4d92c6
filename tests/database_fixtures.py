"""Fixtures for tests that need a database: each such test runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import databases
import pytest

from pipeline.store import open_store, schema

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """The address of a PostgreSQL server of this run's own."""
    with databases.postgres_server(tmp_path_factory.mktemp("pg")) as server:
        yield server


@pytest.fixture(scope="session")
def opened():
    """Open stores by kind, each made when first wanted: migrating, and warming up, cost more than most tests."""
    stores = {}
    yield stores
    for store in stores.values():
        store.close()


@pytest.fixture(params=BOTH)
def empty_url(request, tmp_path):
    """A database without any table."""
    if request.param == "sqlite":
        return databases.sqlite_url(tmp_path)
    return databases.postgres_url(request.getfixturevalue("postgres"))


@pytest.fixture(params=BOTH)
def store(request, tmp_path_factory, opened):
    """An empty store of the newest schema."""
    if request.param not in opened:
        opened[request.param] = open_store(
            databases.sqlite_url(tmp_path_factory.mktemp("store"))
            if request.param == "sqlite"
            else databases.postgres_url(request.getfixturevalue("postgres"))
        )
    _empty(opened[request.param])
    return opened[request.param]


def _empty(store):
    tables = schema.metadata.sorted_tables[::-1]
    with store.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"TRUNCATE {', '.join(table.name for table in tables)} RESTART IDENTITY")
        else:
            for table in tables:
                connection.execute(table.delete())
