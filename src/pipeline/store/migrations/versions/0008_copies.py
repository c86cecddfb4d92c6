"""Copies are found by eight values an article; stories say their languages and how soon others reported.

The values of the old fingerprints mean nothing to the new version of "dedupe", which reads every article again and
counts every story anew.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STORY_BEFORE = """
SELECT st.id, st.title, st.first_at, st.last_at, st.day, st.articles, st.copies, st.voices,
       f.language, f.url, f.source AS first_source, s.name AS first_source_name, s.kind AS first_source_kind,
       st.version, st.seen_at
  FROM stories st
  JOIN articles f ON f.id = st.first_article
  JOIN sources s ON s.key = f.source
 WHERE st.articles > 0
"""

STORY = """
SELECT st.id, st.title, st.first_at, st.last_at, st.day, st.articles, st.copies, st.voices, st.languages,
       st.hours_to_second, st.hours_to_third, st.hours_to_fifth,
       f.language, f.url, f.source AS first_source, s.name AS first_source_name, s.kind AS first_source_kind,
       st.version, st.seen_at
  FROM stories st
  JOIN articles f ON f.id = st.first_article
  JOIN sources s ON s.key = f.source
 WHERE st.articles > 0
"""

HOURS = ("hours_to_second", "hours_to_third", "hours_to_fifth")


def upgrade() -> None:
    op.drop_index(op.f("ix_fingerprint_bands_value_article"), table_name="fingerprint_bands")
    op.drop_table("fingerprint_bands")
    op.create_table(
        "fingerprints",
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_fingerprints_article")),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_fingerprints")),
    )
    op.create_table(
        "fingerprint_values",
        sa.Column("value", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("value", "article", name=op.f("pk_fingerprint_values")),
        sqlite_with_rowid=False,
    )
    op.execute("DROP VIEW story")
    op.add_column("stories", sa.Column("languages", sa.Text(), nullable=False, server_default=""))
    for name in HOURS:
        op.add_column("stories", sa.Column(name, sa.Float(), nullable=True))
    op.execute(f"CREATE VIEW story AS {STORY.strip()}")


def downgrade() -> None:
    op.execute("DROP VIEW story")
    for name in (*HOURS[::-1], "languages"):
        op.drop_column("stories", name)
    op.execute(f"CREATE VIEW story AS {STORY_BEFORE.strip()}")
    op.drop_table("fingerprint_values")
    op.drop_table("fingerprints")
    op.create_table(
        "fingerprint_bands",
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_fingerprint_bands_article")),
        sa.PrimaryKeyConstraint("article", "position", name=op.f("pk_fingerprint_bands")),
    )
    op.create_index(op.f("ix_fingerprint_bands_value_article"), "fingerprint_bands", ["value", "article"], unique=False)
