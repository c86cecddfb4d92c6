"""Tables of conferences as they are held: editions, sessions, speakers, and the articles that belong to an edition.

No reading or writing. The conferences themselves are in ``tables_collect.py``.
"""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, Integer, Table, Text

from pipeline.store.columns import metadata, one_of, reference, required, time

editions = Table(
    "editions",
    metadata,
    Column("id", Integer, primary_key=True),
    required("key", Text, unique=True),
    reference("conference", "conferences.key"),
    required("name", Text),
    Column("start_day", Date),
    Column("end_day", Date),
    Column("year", Integer),
    Column("city", Text),
    Column("country", Text),
    Column("url", Text),
    required("online", Boolean),
    required("topics", Text),
    required("origin", Text),
    reference("source", "sources.key", nullable=True, index=True),
    time("seen_at"),
    time("changed_at"),
    one_of("origin", ("agenda", "import")),
    Index(None, "conference", "start_day"),
    Index(None, "start_day", "id"),
    Index(None, "year"),
)
sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("edition", "editions.id"),
    required("key", Text),
    required("title", Text),
    Column("abstract", Text),
    Column("url", Text),
    Column("uid", Text),
    Column("room", Text),
    time("start_at", nullable=True),
    time("end_at", nullable=True),
    Column("utc_offset", Integer),
    Column("day", Date),
    reference("source", "sources.key", nullable=True, index=True),
    time("seen_at"),
    time("changed_at"),
    time("withdrawn_at", nullable=True),
    sa.UniqueConstraint("edition", "key"),
    Index(None, "edition", "start_at"),
    Index(None, "url"),
)
speakers = Table(
    "speakers",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("edition", "editions.id"),
    required("name_key", Text),
    required("name", Text),
    Column("affiliation", Text),
    Column("role", Text),
    Column("url", Text),
    time("seen_at"),
    time("changed_at"),
    sa.UniqueConstraint("edition", "name_key"),
    Index(None, "name_key"),
)
session_speakers = Table(
    "session_speakers",
    metadata,
    reference("session", "sessions.id", primary_key=True, autoincrement=False),
    reference("speaker", "speakers.id", primary_key=True, autoincrement=False, index=True),
    required("position", Integer),
)
article_editions = Table(
    "article_editions",
    metadata,
    reference("article", "articles.id", primary_key=True, autoincrement=False),
    reference("edition", "editions.id", primary_key=True, autoincrement=False),
    required("how", Text),
    required("why", Text),
    required("score", Float),
    required("version", BigInteger),
    time("seen_at"),
    one_of("how", ("session", "transcript", "coverage")),
    Index(None, "edition", "article"),
)
