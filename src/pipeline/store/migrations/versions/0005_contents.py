"""The full texts that feeds gave of pages which are still to be fetched.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contents",
        sa.Column("link", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["link"], ["links.id"], name=op.f("fk_contents_link")),
        sa.PrimaryKeyConstraint("link", name=op.f("pk_contents")),
    )


def downgrade() -> None:
    op.drop_table("contents")
