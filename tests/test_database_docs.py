"""docs/database.md explains every column of every view, and its questions have answers on both databases."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import databases
import pytest
import sqlalchemy as sa

from pipeline.errors import QuestionError
from pipeline.model import Question
from pipeline.store import ask, schema, views

pytest_plugins = ["database_fixtures"]

PAGE = (Path(__file__).parents[1] / "docs" / "database.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SECTIONS = re.findall(r"^### `(\w+)`\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
DOCUMENTED = {view: re.findall(r"^\| `(\w+)` \| .+ \|$", text, re.MULTILINE) for view, text in SECTIONS}


@pytest.fixture(scope="module")
def answered():
    """What each database answered, to compare."""
    return {}


def plain(value):
    if isinstance(value, datetime | date):
        return str(value)[:19]
    if isinstance(value, bool | Decimal):
        return float(value)
    return round(value, 6) if isinstance(value, float) else value


def asked(store, sql, **limits):
    url = store.engine.url.render_as_string(hide_password=False)
    return ask(url, Question(sql, **limits))


def test_every_column_of_every_view_is_explained_in_its_order(store):
    inspector = sa.inspect(store.engine)
    assert {v: [c["name"] for c in inspector.get_columns(v)] for v in inspector.get_view_names()} == DOCUMENTED


def test_the_views_that_the_code_reads_have_the_columns_that_it_names():
    read = [view for view in vars(views).values() if isinstance(view, sa.TableClause)]
    assert read
    for view in read:
        assert {column.name for column in view.c} <= set(DOCUMENTED[view.name]), view.name


def test_there_are_ten_questions():
    assert len(re.findall(r"^\d+\. ", PAGE, re.MULTILINE)) == 10
    assert len(QUESTIONS) == 11


def test_every_question_has_the_same_answer_on_both_databases(store, answered):
    databases.fill(store)
    found = []
    for sql in QUESTIONS:
        answer = asked(store, sql)
        assert answer.rows, sql
        found.append((answer.columns, [tuple(plain(value) for value in row) for row in answer.rows]))
    assert answered.setdefault("first", found) == found


# ------------------------------------------------------------------ what may not be asked
REFUSED = [
    "DELETE FROM articles",
    "DROP VIEW story",
    "INSERT INTO themes (key) VALUES ('x')",
    "WITH x AS (SELECT 1) DELETE FROM tags",
    "PRAGMA user_version = 7",
    "ATTACH DATABASE 'x.db' AS x",
    "SELECT 1; SELECT 2",
    "SELECT 1; COMMIT; DROP TABLE evidence",
    "/* SELECT */ UPDATE sources SET name = 'x'",
    "COMMIT",
    "VACUUM INTO 'x.db'",
    "SELECT load_extension('x')",
    "SELECT * INTO stolen FROM articles",
    "SELECT FROM WHERE",
    "SELECT nonsense FROM nowhere",
    "SELECT 'open",
    "",
    " ; -- nothing\n",
    "SELECT '\x00'",
]


def counts(store):
    with store.reading() as connection:
        tables = schema.metadata.sorted_tables
        return [connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]


def test_whatever_does_more_than_read_is_refused_in_one_line(store):
    databases.fill(store)
    before = counts(store)
    for sql in REFUSED:
        with pytest.raises(QuestionError) as refused:
            asked(store, sql)
        assert str(refused.value), sql
        assert "\n" not in str(refused.value), sql
    assert counts(store) == before


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ';' AS a;",
        "select 1 -- ; one\n",
        'WITH x AS (SELECT 1 AS ";") SELECT * FROM x /* ; */ ;',
        "(SELECT 1)",
        "VALUES (1)",
        "SELECT '50%' AS a WHERE 'x' LIKE '%x'",
    ],
)
def test_semicolons_and_percents_in_text_and_comments_are_no_matter(store, sql):
    if sql.startswith("(") and store.engine.dialect.name == "sqlite":
        with pytest.raises(QuestionError):
            asked(store, sql)
    else:
        assert len(asked(store, sql).rows) == 1


def test_rows_beyond_the_limit_are_left_off_and_that_is_said(store):
    databases.catalogue(store)
    answer = asked(store, "SELECT key FROM sources ORDER BY key", rows=2)
    assert answer.columns == ("key",)
    assert answer.rows == (("boxhall",), ("faro",))
    assert answer.truncated
    assert not asked(store, "SELECT key FROM sources", rows=5).truncated


def test_a_question_that_takes_too_long_is_stopped(store):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
    with pytest.raises(QuestionError, match=r"longer than 0\.3 seconds"):
        asked(store, endless, seconds=0.3)


@pytest.mark.parametrize("url", ["sqlite:///no/such/file.db", "sqlite://", "mysql://h/d", "nonsense"])
def test_a_database_that_is_not_there_is_not_made(url, tmp_path):
    with pytest.raises(QuestionError):
        ask(url.replace("no/such", str(tmp_path)), Question("SELECT 1"))
    assert list(tmp_path.iterdir()) == []
