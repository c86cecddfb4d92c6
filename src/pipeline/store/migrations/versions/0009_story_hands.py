"""What was weighed when an article was placed, and what people decided about stories.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STORY_DECISION = """
SELECT d.id, d.kind, d.story, d.target, d.undoes, u.id AS undone_by,
       (SELECT COUNT(*) FROM story_moves m WHERE m.decision = d.id AND m.from_story <> m.to_story) AS moved,
       d.made_by, d.note, d.made_at
  FROM story_decisions d
  LEFT JOIN story_decisions u ON u.undoes = d.id
"""

STORY_MOVE = """
SELECT m.decision, d.kind, m.article, a.title AS article_title, m.from_story, m.to_story, m.follows, u.id AS undone_by,
       d.made_by, d.note, d.made_at
  FROM story_moves m
  JOIN story_decisions d ON d.id = m.decision
  JOIN articles a ON a.id = m.article
  LEFT JOIN story_decisions u ON u.undoes = d.id
 WHERE m.from_story <> m.to_story
"""

VIEWS = {"story_decision": STORY_DECISION, "story_move": STORY_MOVE}


def upgrade() -> None:
    op.add_column("story_articles", sa.Column("weighing", sa.JSON(), nullable=True))
    op.create_table(
        "story_decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("story", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('split', 'merge', 'undo')", name=op.f("ck_story_decisions_kind")),
        sa.ForeignKeyConstraint(["story"], ["stories.id"], name=op.f("fk_story_decisions_story")),
        sa.ForeignKeyConstraint(["target"], ["stories.id"], name=op.f("fk_story_decisions_target")),
        sa.ForeignKeyConstraint(["undoes"], ["story_decisions.id"], name=op.f("fk_story_decisions_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story_decisions")),
        sa.UniqueConstraint("undoes", name=op.f("uq_story_decisions_undoes")),
    )
    op.create_index(op.f("ix_story_decisions_story"), "story_decisions", ["story"], unique=False)
    op.create_index(op.f("ix_story_decisions_target"), "story_decisions", ["target"], unique=False)
    op.create_table(
        "story_merges",
        sa.Column("decision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("story", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["story_decisions.id"], name=op.f("fk_story_merges_decision")),
        sa.ForeignKeyConstraint(["story"], ["stories.id"], name=op.f("fk_story_merges_story")),
        sa.PrimaryKeyConstraint("decision", "story", name=op.f("pk_story_merges")),
    )
    op.create_index(op.f("ix_story_merges_story"), "story_merges", ["story"], unique=False)
    _moves()
    for name, select in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {select.strip()}")


def downgrade() -> None:
    for name in VIEWS:
        op.execute(f"DROP VIEW {name}")
    for name in ("story_moves", "story_merges", "story_decisions"):
        op.drop_table(name)
    op.drop_column("story_articles", "weighing")


def _moves() -> None:
    op.create_table(
        "story_moves",
        sa.Column("decision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_story", sa.Integer(), nullable=False),
        sa.Column("to_story", sa.Integer(), nullable=False),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("weighing", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["decision"], ["story_decisions.id"], name=op.f("fk_story_moves_decision")),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_story_moves_article")),
        sa.ForeignKeyConstraint(["from_story"], ["stories.id"], name=op.f("fk_story_moves_from_story")),
        sa.ForeignKeyConstraint(["to_story"], ["stories.id"], name=op.f("fk_story_moves_to_story")),
        sa.ForeignKeyConstraint(["follows"], ["articles.id"], name=op.f("fk_story_moves_follows")),
        sa.PrimaryKeyConstraint("decision", "article", name=op.f("pk_story_moves")),
    )
    op.create_index(op.f("ix_story_moves_article_decision"), "story_moves", ["article", "decision"], unique=False)
    op.create_index(op.f("ix_story_moves_from_story"), "story_moves", ["from_story"], unique=False)
    op.create_index(op.f("ix_story_moves_to_story"), "story_moves", ["to_story"], unique=False)
