"""The schema moves up and down whole, on both databases, and is what schema.py says."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import databases
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from pipeline.errors import NewerDatabase, StoreError
from pipeline.store import migrate, open_store, schema
from pipeline.store.engine import make_engine
from pipeline.store.migrate import alembic_config

pytest_plugins = ["database_fixtures"]

ROOT = Path(__file__).parents[1]
REVISIONS = [s.revision for s in ScriptDirectory.from_config(alembic_config()).walk_revisions()][::-1]


def names(url: str) -> set[str]:
    engine = make_engine(url)
    inspector = sa.inspect(engine)
    found = set(inspector.get_table_names()) | set(inspector.get_view_names())
    engine.dispose()
    return found - {"alembic_version"}


def shape(url: str) -> dict[str, list[str]]:
    """The columns of every table and view."""
    engine = make_engine(url)
    inspector = sa.inspect(engine)
    found = {name: [column["name"] for column in inspector.get_columns(name)] for name in names(url)}
    engine.dispose()
    return found


def counts(store) -> dict[str, int]:
    with store.reading() as connection:
        tables = schema.metadata.sorted_tables
        return {t.name: connection.scalar(sa.select(sa.func.count()).select_from(t)) for t in tables}


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(store):
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_every_constraint_and_index_has_a_name(store):
    inspector = sa.inspect(store.engine)
    for table in inspector.get_table_names():
        if table == "alembic_version":
            continue
        kept = [inspector.get_pk_constraint(table), *inspector.get_foreign_keys(table)]
        kept += [*inspector.get_unique_constraints(table), *inspector.get_check_constraints(table)]
        assert all(constraint["name"] for constraint in kept), table
        assert all(index["name"] for index in inspector.get_indexes(table)), table


def test_check_constraints_are_those_that_the_code_names(store):
    inspector = sa.inspect(store.engine)
    for table in schema.metadata.sorted_tables:
        mine = {str(c.name) for c in table.constraints if isinstance(c, sa.CheckConstraint)}
        assert {c["name"] for c in inspector.get_check_constraints(table.name)} == mine


def test_every_revision_goes_up_and_down_on_an_empty_database(empty_url):
    for revision in REVISIONS:
        migrate(empty_url, revision)
        below = REVISIONS[REVISIONS.index(revision) - 1] if revision != REVISIONS[0] else "base"
        before = shape(empty_url)
        migrate(empty_url, below)
        assert shape(empty_url) != before
        migrate(empty_url, revision)
        assert shape(empty_url) == before
    migrate(empty_url, "base")
    assert names(empty_url) == set()


def test_the_filled_store_has_a_row_in_every_table_and_every_view(store):
    databases.fill(store)
    assert [name for name, rows in counts(store).items() if not rows] == []
    with store.reading() as connection:
        for view in sa.inspect(connection).get_view_names():
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {view}").scalar() > 0, view


def test_every_revision_goes_down_and_up_on_a_filled_store(empty_url):
    with open_store(empty_url) as store:
        databases.fill(store)
        before = counts(store)
    kept = set(before)
    for revision in REVISIONS[:0:-1]:
        migrate(empty_url, REVISIONS[REVISIONS.index(revision) - 1])
        kept &= names(empty_url)
        migrate(empty_url, revision)
    migrate(empty_url, "head")
    with open_store(empty_url) as store:
        assert {t: n for t, n in counts(store).items() if t in kept} == {t: before[t] for t in kept}
    assert {"articles", "pages", "links", "tags", "trends"} <= kept
    migrate(empty_url, "base")
    assert names(empty_url) == set()


def test_opening_again_changes_nothing(empty_url):
    open_store(empty_url).close()
    before = names(empty_url)
    open_store(empty_url).close()
    assert names(empty_url) == before


KILLED = """
    import os, signal, sys
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from pipeline.store import migrate

    url, revision, fatal = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seen = 0

    @event.listens_for(Engine, "after_cursor_execute")
    def count(*_):
        global seen
        seen += 1
        if seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    migrate(url, revision)
    print(seen)
"""


def moved(url: str, revision: str, fatal: int) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", textwrap.dedent(KILLED), url, revision, str(fatal)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)


@pytest.mark.parametrize("fatal", [8, 60])
def test_a_migration_killed_midway_leaves_the_old_schema(empty_url, fatal):
    assert moved(empty_url, "head", fatal).returncode == -signal.SIGKILL
    assert names(empty_url) == set()
    migrate(empty_url, "head")
    assert "theme_daily" in names(empty_url)


def test_a_move_down_killed_midway_leaves_the_store_as_it_was(tmp_path):
    url = databases.sqlite_url(tmp_path)
    with open_store(url) as store:
        databases.fill(store)
        before, tables = counts(store), names(url)
    assert moved(url, "base", 30).returncode == -signal.SIGKILL
    assert names(url) == tables
    with open_store(url) as store:
        assert counts(store) == before


def test_two_processes_that_open_a_new_database_at_once_both_get_it(empty_url):
    script = "import sys; from pipeline.store import open_store; open_store(sys.argv[1]).close()"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    both = [
        subprocess.Popen([sys.executable, "-c", script, empty_url], env=environment, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    ends = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], ends


def test_a_database_of_a_newer_version_is_refused_in_one_line_that_names_it(empty_url):
    with open_store(empty_url) as store, store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerDatabase, match="newer version of Tideline") as refused:
        open_store(empty_url)
    assert databases.database_name(empty_url) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path):
    file = tmp_path / "notes.db"
    file.write_text("these are my notes, not a database " * 100)
    with pytest.raises(StoreError, match=r"notes\.db: file is not a database"):
        open_store(f"sqlite:///{file}")


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(StoreError, match="nowhere does not exist"):
        open_store(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")


def test_another_programs_database_is_left_alone(tmp_path):
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE articles (mine)")
    connection.close()
    with pytest.raises(StoreError, match="articles already exists"):
        open_store(f"sqlite:///{file}")
    assert names(f"sqlite:///{file}") == {"articles"}


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "nonsense"])
def test_an_address_of_no_supported_database_is_refused_without_telling_the_password(url):
    with pytest.raises(StoreError) as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


def test_alembics_own_command_works_for_developers(tmp_path):
    url = databases.sqlite_url(tmp_path)
    for arguments in (["upgrade", "head"], ["check"], ["downgrade", "-1"]):
        command = [sys.executable, "-m", "alembic", "-x", f"database={url}", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
