"""Conferences as data: editions, sessions, speakers, and the articles that belong to an edition.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

EDITION = """
SELECT e.key, e.conference, co.name AS conference_name, e.name, e.year, e.start_day, e.end_day, e.city, e.country,
       e.online, e.url, e.topics, e.origin, e.source,
       (SELECT COUNT(*) FROM sessions s WHERE s.edition = e.id AND s.withdrawn_at IS NULL) AS sessions,
       (SELECT COUNT(*) FROM speakers p WHERE p.edition = e.id) AS speakers,
       (SELECT COUNT(*) FROM article_editions ae WHERE ae.edition = e.id) AS articles,
       (SELECT COUNT(DISTINCT sa.story) FROM article_editions ae JOIN story_articles sa ON sa.article = ae.article
         WHERE ae.edition = e.id) AS stories,
       (SELECT COUNT(DISTINCT so.voice) FROM article_editions ae JOIN articles a ON a.id = ae.article
          JOIN sources so ON so.key = a.source LEFT JOIN copies c ON c.article = ae.article
         WHERE ae.edition = e.id AND c.article IS NULL) AS voices,
       e.seen_at, e.changed_at
  FROM editions e
  JOIN conferences co ON co.key = e.conference
"""

SESSION = """
SELECT s.id, e.key AS edition, e.name AS edition_name, e.conference, s.title, s.day, s.start_at, s.end_at,
       s.utc_offset, s.room, s.abstract, s.url,
       (SELECT COUNT(*) FROM session_speakers x WHERE x.session = s.id) AS speakers,
       a.id AS article, s.source, s.seen_at, s.changed_at, s.withdrawn_at
  FROM sessions s
  JOIN editions e ON e.id = s.edition
  LEFT JOIN articles a ON a.url = s.url
"""

SPEAKER = """
SELECT p.id, e.key AS edition, e.name AS edition_name, e.conference, p.name, p.affiliation, p.role, p.url,
       (SELECT COUNT(*) FROM session_speakers x WHERE x.speaker = p.id) AS sessions, p.seen_at, p.changed_at
  FROM speakers p
  JOIN editions e ON e.id = p.edition
"""

CONFERENCE_COVERAGE_BEFORE = """
SELECT ac.conference, co.name AS conference_name, ac.how, ac.article, sa.story, a.title AS article_title, a.url,
       a.source, s.name AS source_name, s.voice, s.kind, a.language, a.published_at, a.day,
       (c.article IS NOT NULL) AS is_copy,
       (SELECT COUNT(*) FROM mentions m WHERE m.article = ac.article AND m.entity = ac.conference) AS mentions,
       ac.version, ac.seen_at
  FROM article_conferences ac
  JOIN conferences co ON co.key = ac.conference
  JOIN articles a ON a.id = ac.article
  JOIN sources s ON s.key = a.source
  LEFT JOIN story_articles sa ON sa.article = ac.article
  LEFT JOIN copies c ON c.article = ac.article
"""

# One row an article and conference, as before: of several editions the surest.
CONFERENCE_COVERAGE = """
SELECT ac.conference, co.name AS conference_name, ac.how, ac.article, sa.story, a.title AS article_title, a.url,
       a.source, s.name AS source_name, s.voice, s.kind, a.language, a.published_at, a.day,
       (c.article IS NOT NULL) AS is_copy,
       (SELECT COUNT(*) FROM mentions m WHERE m.article = ac.article AND m.entity = ac.conference) AS mentions,
       ac.version, ac.seen_at,
       e.key AS edition, e.name AS edition_name, ae.how AS edition_how, ae.why AS edition_why,
       ae.score AS edition_score
  FROM article_conferences ac
  JOIN conferences co ON co.key = ac.conference
  JOIN articles a ON a.id = ac.article
  JOIN sources s ON s.key = a.source
  LEFT JOIN story_articles sa ON sa.article = ac.article
  LEFT JOIN copies c ON c.article = ac.article
  LEFT JOIN article_editions ae ON ae.article = ac.article AND ae.edition = (
       SELECT x.edition FROM article_editions x JOIN editions y ON y.id = x.edition
        WHERE x.article = ac.article AND y.conference = ac.conference ORDER BY x.score DESC, x.edition LIMIT 1)
  LEFT JOIN editions e ON e.id = ae.edition
"""

VIEWS = {"edition": EDITION, "session": SESSION, "speaker": SPEAKER}
ORIGINS = "origin IN ('catalogue', 'import')"


def upgrade() -> None:
    op.execute("DROP VIEW conference_coverage")  # SQLite rebuilds the table that it reads
    with op.batch_alter_table("conferences") as batch:
        batch.add_column(sa.Column("origin", sa.Text(), nullable=False, server_default="catalogue"))
        batch.create_check_constraint(op.f("ck_conferences_origin"), ORIGINS)
    _tables()
    op.execute(f"CREATE VIEW conference_coverage AS {CONFERENCE_COVERAGE.strip()}")
    for name, select in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {select.strip()}")
    op.execute(
        "INSERT INTO done (stage, subject, version, order_at, done_at) "
        "SELECT 'conferences', id, 0, order_at, NULL FROM articles"
    )


def downgrade() -> None:
    for name in (*VIEWS, "conference_coverage"):
        op.execute(f"DROP VIEW {name}")
    op.execute("DELETE FROM done WHERE stage = 'conferences'")
    for name in ("article_editions", "session_speakers", "speakers", "sessions", "editions"):
        op.drop_table(name)
    with op.batch_alter_table("conferences") as batch:
        batch.drop_constraint(op.f("ck_conferences_origin"), type_="check")
        batch.drop_column("origin")
    op.execute(f"CREATE VIEW conference_coverage AS {CONFERENCE_COVERAGE_BEFORE.strip()}")


def _tables() -> None:
    op.create_table(
        "editions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("start_day", sa.Date(), nullable=True),
        sa.Column("end_day", sa.Date(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("origin IN ('agenda', 'import')", name=op.f("ck_editions_origin")),
        sa.ForeignKeyConstraint(["conference"], ["conferences.key"], name=op.f("fk_editions_conference")),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_editions_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("key", name=op.f("uq_editions_key")),
    )
    op.create_index(op.f("ix_editions_conference_start_day"), "editions", ["conference", "start_day"], unique=False)
    op.create_index(op.f("ix_editions_source"), "editions", ["source"], unique=False)
    op.create_index(op.f("ix_editions_start_day_id"), "editions", ["start_day", "id"], unique=False)
    op.create_index(op.f("ix_editions_year"), "editions", ["year"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("uid", sa.Text(), nullable=True),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("utc_offset", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_sessions_edition")),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_sessions_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("edition", "key", name=op.f("uq_sessions_edition_key")),
    )
    op.create_index(op.f("ix_sessions_edition_start_at"), "sessions", ["edition", "start_at"], unique=False)
    op.create_index(op.f("ix_sessions_source"), "sessions", ["source"], unique=False)
    op.create_index(op.f("ix_sessions_url"), "sessions", ["url"], unique=False)
    op.create_table(
        "speakers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("affiliation", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_speakers_edition")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speakers")),
        sa.UniqueConstraint("edition", "name_key", name=op.f("uq_speakers_edition_name_key")),
    )
    op.create_index(op.f("ix_speakers_name_key"), "speakers", ["name_key"], unique=False)
    op.create_table(
        "session_speakers",
        sa.Column("session", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("speaker", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["sessions.id"], name=op.f("fk_session_speakers_session")),
        sa.ForeignKeyConstraint(["speaker"], ["speakers.id"], name=op.f("fk_session_speakers_speaker")),
        sa.PrimaryKeyConstraint("session", "speaker", name=op.f("pk_session_speakers")),
    )
    op.create_index(op.f("ix_session_speakers_speaker"), "session_speakers", ["speaker"], unique=False)
    op.create_table(
        "article_editions",
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("how IN ('session', 'transcript', 'coverage')", name=op.f("ck_article_editions_how")),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_article_editions_article")),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_article_editions_edition")),
        sa.PrimaryKeyConstraint("article", "edition", name=op.f("pk_article_editions")),
    )
    op.create_index(
        op.f("ix_article_editions_edition_article"), "article_editions", ["edition", "article"], unique=False
    )
