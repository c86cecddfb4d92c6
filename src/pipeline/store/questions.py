"""A person's own SQL, read-only: one statement, a limit on rows and on time.

SQLite opens the file read-only and lets an authoriser refuse all but reading; PostgreSQL runs in a READ ONLY
transaction with a statement timeout, through a cursor on the server. Neither keeps a question from reading all
tables: give a role of its own to those who may not.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError

from pipeline.errors import QuestionError, StoreError
from pipeline.model import Answer, Question
from pipeline.store.engine import make_engine, parsed_url, plain_url

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
REFUSED_FUNCTIONS = {"load_extension", "fts3_tokenizer"}
STEPS = 10_000  # of SQLite's machine between two looks at the clock
LARGEST_VALUE = 32 * 1024 * 1024  # bytes of one value, so that zeroblob() can't fill the memory

# What a statement is made of as far as finding its end goes.
_TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|;|[^\s;'"/$-]+|.""", re.DOTALL
)


def ask(url: str, question: Question) -> Answer:
    """Answer a question to the store at ``url``. Raises QuestionError in one line; the store is never changed."""
    sql = _one_statement(question.sql)
    try:
        backend = parsed_url(url).get_backend_name()
    except StoreError as error:
        raise QuestionError(str(error)) from error
    return (_ask_sqlite if backend == "sqlite" else _ask_postgresql)(url, sql, question)


def _one_statement(sql: str) -> str:
    """Return the statement without what ends it. Raises QuestionError for several, or for one that is no question."""
    if "\x00" in sql:
        raise QuestionError("the question holds a NUL character")
    tokens = [t.group() for t in _TOKEN.finditer(sql)]
    kept = [t for t in tokens if not t.startswith(("--", "/*")) and not t.isspace()]
    while kept and kept[-1] == ";":
        kept.pop()
    if not kept:
        raise QuestionError("the question is empty; try: SELECT * FROM theme_daily")
    if ";" in kept:
        raise QuestionError("one statement at a time, please: the question has a semicolon in it")
    if kept[0].lstrip("(").upper() not in ("SELECT", "WITH", "VALUES", ""):
        raise QuestionError(f"only questions are answered, SELECT … or WITH …, not {kept[0].upper()[:20]}")
    return "".join(t if not t.startswith(("--", "/*")) else " " for t in tokens).strip().rstrip("; \t\r\n")


# ------------------------------------------------------------------ SQLite
def _ask_sqlite(url: str, sql: str, question: Question) -> Answer:
    file = parsed_url(url).database
    if file in (None, "", ":memory:") or not Path(str(file)).is_file():
        raise QuestionError(f"{plain_url(url)}: no such database; `tideline run` makes one")
    address = f"file:{quote(str(Path(str(file)).resolve()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=question.seconds)) as connection:
            _confine(connection, question.seconds)
            cursor = connection.execute(sql)
            rows = cursor.fetchmany(question.rows + 1)
            return _answer([column[0] for column in cursor.description or ()], rows, question.rows)
    except (sqlite3.Error, sqlite3.Warning, OverflowError, MemoryError) as error:
        raise QuestionError(_sqlite_said(error, question)) from error


def _confine(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    end = monotonic() + seconds
    connection.set_progress_handler(lambda: monotonic() > end, STEPS)
    connection.set_authorizer(_authorise)


def _authorise(action: int, _first: str | None, second: str | None, _base: str | None, _view: str | None) -> int:
    refused = action not in ALLOWED or (action == sqlite3.SQLITE_FUNCTION and second in REFUSED_FUNCTIONS)
    return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK


def _sqlite_said(error: BaseException, question: Question) -> str:
    said = str(error) or type(error).__name__
    if said == "interrupted":
        return f"the question took longer than {question.seconds:g} seconds"
    if "not authorized" in said or "prohibited" in said:
        return f"the question does more than read: {said}"
    return said.splitlines()[0]


# ------------------------------------------------------------------ PostgreSQL
def _ask_postgresql(url: str, sql: str, question: Question) -> Answer:
    with _reader(url) as connection:
        try:
            with connection.cursor() as settings:
                settings.execute("SET TRANSACTION READ ONLY")
                settings.execute(f"SET LOCAL statement_timeout = {max(1, int(question.seconds * 1000))}")
            # binary asks for the extended protocol, in which the server takes one statement only
            with connection.cursor(name="question") as cursor:
                cursor.execute(sql, binary=True)
                rows = cursor.fetchmany(question.rows + 1)
                return _answer([column.name for column in cursor.description or ()], rows, question.rows)
        except _driver_error() as error:
            raise QuestionError(_postgresql_said(error, question)) from error


@contextmanager
def _reader(url: str) -> Iterator[Any]:
    """Yield the driver's own connection; whatever was done on it is rolled back."""
    try:
        engine = make_engine(url)
        pooled = engine.raw_connection()
    except (StoreError, DBAPIError) as error:
        raise QuestionError(f"{plain_url(url)}: {str(error).splitlines()[0]}") from error
    try:
        yield pooled.driver_connection
    finally:
        pooled.close()
        engine.dispose()


def _driver_error() -> type[Exception]:
    """Return the driver's root of errors, without importing the driver where SQLite is all there is."""
    import psycopg

    return psycopg.Error


def _postgresql_said(error: Exception, question: Question) -> str:
    said = str(error).strip().splitlines() or [type(error).__name__]
    if "statement timeout" in said[0]:
        return f"the question took longer than {question.seconds:g} seconds"
    if "read-only transaction" in said[0]:
        return f"the question does more than read: {said[0]}"
    return said[0]


def _answer(columns: list[str], rows: list[tuple[object, ...]], limit: int) -> Answer:
    return Answer(tuple(columns), tuple(tuple(row) for row in rows[:limit]), len(rows) > limit)
