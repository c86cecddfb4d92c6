"""What several test modules share: a store on each database, made from a template that was migrated once."""

from __future__ import annotations

import shutil
from pathlib import Path

import databases
import pytest

from pipeline.store import Store, migrate, open_store
from pipeline.store.engine import make_engine

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """The address of a PostgreSQL server of this run's own."""
    with databases.postgres_server(Path(tmp_path_factory.mktemp("pg", numbered=True))) as server:
        yield server


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    """Migrated databases to copy, by kind."""
    return {"folder": tmp_path_factory.mktemp("templates")}


@pytest.fixture(params=BOTH)
def empty_url(request, tmp_path):
    """A database without any table."""
    if request.param == "sqlite":
        return databases.sqlite_url(tmp_path)
    return databases.postgres_url(request.getfixturevalue("postgres"))


@pytest.fixture(params=BOTH)
def store(request, tmp_path, templates):
    """An empty store of the newest schema."""
    url = _copied(request, tmp_path, templates)
    opened = Store(url, make_engine(url))
    yield opened
    opened.close()


def _copied(request, folder, templates):
    kind = request.param
    if kind not in templates:
        server = request.getfixturevalue("postgres") if kind == "postgresql" else None
        templates[kind] = databases.postgres_url(server) if server else databases.sqlite_url(templates["folder"])
        migrate(templates[kind], "head")
    if kind == "postgresql":
        return databases.postgres_url(request.getfixturevalue("postgres"), databases.database_name(templates[kind]))
    url = databases.sqlite_url(folder)
    shutil.copy(templates[kind].removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
    return url


@pytest.fixture
def sqlite_store(tmp_path):
    """A new store in a file."""
    with open_store(databases.sqlite_url(tmp_path)) as opened:
        yield opened
