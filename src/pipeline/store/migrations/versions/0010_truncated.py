"""Articles say when they were changed and whether a pay wall or an excerpt's end cut them; such texts are in no figure.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ARTICLE = """
SELECT a.id, a.url, a.title, a.text, a.words, a.language, a.section, a.site,
       a.source, s.name AS source_name, s.voice, s.kind, s.country,
       a.published_at, a.precision AS published_precision, a.published_from, a.seen_at, a.day,
       sa.story, c.origin AS copy_of, (c.article IS NOT NULL) AS is_copy, a.version, a.reserved{more}
  FROM articles a
  JOIN sources s ON s.key = a.source
  LEFT JOIN story_articles sa ON sa.article = a.id
  LEFT JOIN copies c ON c.article = a.id
"""

THEME_DAILY = """
SELECT th.key AS theme, th.name AS theme_name, d.day,
       COALESCE(n.stories, 0) AS stories, d.total AS total_stories,
       COALESCE(n.stories, 0) * 1.0 / d.total AS share,
       COALESCE(n.articles, 0) AS articles, COALESCE(n.asserts, 0) AS asserts,
       COALESCE(n.disputes, 0) AS disputes, COALESCE(n.reports, 0) AS reports
  FROM themes th
 CROSS JOIN (SELECT day, COUNT(*) AS total FROM stories WHERE articles > copies{cut} GROUP BY day) d
  LEFT JOIN (
       SELECT t.theme, st.day, COUNT(DISTINCT st.id) AS stories, COUNT(*) AS articles,
              SUM(CASE WHEN t.stance = 'asserts' THEN 1 ELSE 0 END) AS asserts,
              SUM(CASE WHEN t.stance = 'disputes' THEN 1 ELSE 0 END) AS disputes,
              SUM(CASE WHEN t.stance = 'reports' THEN 1 ELSE 0 END) AS reports
         FROM tags t
         JOIN story_articles sa ON sa.article = t.article
         JOIN stories st ON st.id = sa.story{article}
         LEFT JOIN copies c ON c.article = t.article
        WHERE t.superseded_at IS NULL AND c.article IS NULL{whole}
        GROUP BY t.theme, st.day) n ON n.theme = th.key AND n.day = d.day
 WHERE th.active
"""


def upgrade() -> None:
    op.execute("DROP VIEW article")
    op.execute("DROP VIEW theme_daily")
    op.add_column("articles", sa.Column("modified_at", sa.DateTime(timezone=True), nullable=True))
    # A column of SQLite takes its check along; PostgreSQL's is added beside it.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE articles ADD COLUMN truncated TEXT "
            "CONSTRAINT ck_articles_truncated CHECK (truncated IN ('paywall', 'excerpt'))"
        )
    else:
        op.add_column("articles", sa.Column("truncated", sa.Text(), nullable=True))
        op.create_check_constraint(op.f("ck_articles_truncated"), "articles", "truncated IN ('paywall', 'excerpt')")
    op.add_column("stories", sa.Column("truncated", sa.Integer(), nullable=False, server_default="0"))
    op.execute("CREATE VIEW article AS " + ARTICLE.format(more=", a.modified_at, a.truncated").strip())
    whole = {
        "cut": " + truncated",
        "article": "\n         JOIN articles a ON a.id = t.article",
        "whole": " AND a.truncated IS NULL",
    }
    op.execute("CREATE VIEW theme_daily AS " + THEME_DAILY.format(**whole).strip())


def downgrade() -> None:
    op.execute("DROP VIEW article")
    op.execute("DROP VIEW theme_daily")
    op.drop_column("stories", "truncated")
    op.drop_column("articles", "truncated")
    op.drop_column("articles", "modified_at")
    op.execute("CREATE VIEW article AS " + ARTICLE.format(more="").strip())
    op.execute("CREATE VIEW theme_daily AS " + THEME_DAILY.format(cut="", article="", whole="").strip())
