"""What is known of a source over time: its rhythm, its health since when and why, its volume by day and its breaks.

Revision ID: 0004
Revises: 0002
"""

from __future__ import annotations

import importlib

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

SOURCE_HEALTH = """
SELECT s.key AS source, s.name, s.way, s.address, s.kind, s.language, s.country, s.owner, s.active,
       CASE WHEN NOT s.active THEN 'retired' WHEN p.source IS NULL THEN 'new'
            WHEN p.failures > 0 THEN 'failing' ELSE 'ok' END AS state,
       COALESCE(p.health, 'new') AS health, p.health_since, p.health_why,
       p.polled_at, p.status, p.error, p.failures, p.looks, p.next_due, p.last_ok_at, p.last_new_at,
       (SELECT COUNT(*) FROM links l WHERE l.source = s.key AND l.state = 'pending') AS pending_links,
       (SELECT COUNT(*) FROM links l WHERE l.source = s.key AND l.state = 'failed') AS failed_links,
       (SELECT COUNT(*) FROM articles a WHERE a.source = s.key) AS articles,
       (SELECT MAX(a.day) FROM articles a WHERE a.source = s.key) AS last_article_day,
       (SELECT COUNT(*) FROM rejections r WHERE r.source = s.key AND r.resolved_at IS NULL) AS rejections
  FROM sources s
  LEFT JOIN polls p ON p.source = s.key
"""
SOURCE_DAY = """
SELECT d.source, s.name AS source_name, d.day, d.looks, d.failed_looks, d.items
  FROM source_days d
  JOIN sources s ON s.key = d.source
"""
SOURCE_CHANGE = """
SELECT c.id, c.source, s.name AS source_name, c.day, c.before, c.after, c.probability, c.found_at
  FROM source_changes c
  JOIN sources s ON s.key = c.source
 WHERE c.withdrawn_at IS NULL
"""
COLUMNS = (
    ("polls", "rhythm", sa.JSON()),
    ("polls", "health", sa.Text()),
    ("polls", "health_since", sa.DateTime(timezone=True)),
    ("polls", "health_why", sa.Text()),
    ("polls", "volume_day", sa.Date()),
    ("sources", "shortest_seconds", sa.Float()),
)


def upgrade() -> None:
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))
    op.add_column("sources", sa.Column("javascript", sa.Boolean(), nullable=False, server_default=sa.false()))
    _tables()
    op.execute("DROP VIEW source_health")
    for name, select in {
        "source_health": SOURCE_HEALTH,
        "source_day": SOURCE_DAY,
        "source_change": SOURCE_CHANGE,
    }.items():
        op.execute(f"CREATE VIEW {name} AS {select.strip()}")


def _tables() -> None:
    op.create_table(
        "source_days",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("failed_looks", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_source_days_source")),
        sa.PrimaryKeyConstraint("source", "day", name=op.f("pk_source_days")),
    )
    op.create_table(
        "source_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("before", sa.Float(), nullable=False),
        sa.Column("after", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_source_changes_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_changes")),
    )
    op.create_index(op.f("ix_source_changes_source_day"), "source_changes", ["source", "day"])


def downgrade() -> None:
    for view in ("source_change", "source_day", "source_health"):
        op.execute(f"DROP VIEW {view}")
    op.drop_table("source_changes")
    op.drop_table("source_days")
    for table, name, _ in (*COLUMNS, ("sources", "javascript", None)):
        op.drop_column(table, name)
    views = importlib.import_module("pipeline.store.migrations.versions.0002_views")
    op.execute(f"CREATE VIEW source_health AS {views.SOURCE_HEALTH.strip()}")
