"""What must outlive a restart: hosts and origins, the host of a link, reservations of pages and articles.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BATCH = 5_000

ARTICLE = """
SELECT a.id, a.url, a.title, a.text, a.words, a.language, a.section, a.site,
       a.source, s.name AS source_name, s.voice, s.kind, s.country,
       a.published_at, a.precision AS published_precision, a.published_from, a.seen_at, a.day,
       sa.story, c.origin AS copy_of, (c.article IS NOT NULL) AS is_copy, a.version{more}
  FROM articles a
  JOIN sources s ON s.key = a.source
  LEFT JOIN story_articles sa ON sa.article = a.id
  LEFT JOIN copies c ON c.article = a.id
"""


def upgrade() -> None:
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("delay", sa.Float(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wait_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
    )
    op.create_index(op.f("ix_hosts_wait_until"), "hosts", ["wait_until"])
    op.create_table(
        "origins",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("robots_status", sa.Integer(), nullable=True),
        sa.Column("robots_body", sa.LargeBinary(), nullable=True),
        sa.Column("robots_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("robots_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tdm", sa.JSON(), nullable=True),
        sa.Column("tdm_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_origins")),
    )
    op.add_column("links", sa.Column("host", sa.Text(), nullable=False, server_default=""))
    _fill_hosts()
    op.create_index(op.f("ix_links_state_host_next_try_id"), "links", ["state", "host", "next_try", "id"])
    op.execute("DROP VIEW article")
    op.add_column("pages", sa.Column("reserved", sa.Text(), nullable=True))
    op.add_column("articles", sa.Column("reserved", sa.Text(), nullable=True))
    op.execute("CREATE VIEW article AS " + ARTICLE.format(more=", a.reserved").strip())


def _fill_hosts() -> None:
    """No function of SQL cuts a host out of an address on both databases."""
    connection = op.get_bind()
    links = sa.table("links", sa.column("id", sa.Integer), sa.column("url", sa.Text), sa.column("host", sa.Text))
    filled = sa.update(links).where(links.c.id == sa.bindparam("number")).values(host=sa.bindparam("name"))
    last = 0
    query = sa.select(links.c.id, links.c.url).order_by(links.c.id).limit(BATCH)
    while rows := connection.execute(query.where(links.c.id > last)).all():
        connection.execute(filled, [{"number": row.id, "name": _host(row.url)} for row in rows])
        last = rows[-1].id


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def downgrade() -> None:
    op.execute("DROP VIEW article")
    op.drop_column("articles", "reserved")
    op.drop_column("pages", "reserved")
    op.execute("CREATE VIEW article AS " + ARTICLE.format(more="").strip())
    op.drop_index(op.f("ix_links_state_host_next_try_id"), "links")
    op.drop_column("links", "host")
    op.drop_table("origins")
    op.drop_table("hosts")
