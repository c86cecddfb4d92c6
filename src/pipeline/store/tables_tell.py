"""Tables of what is told: series, trends, summaries, digests, and how the pipeline runs. No reading or writing."""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, Integer, Table, Text

from pipeline.store.columns import LIVE, metadata, one_of, reference, required, time

# ------------------------------------------------------------------ trends
series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("theme", "themes.key"),
    required("day", Date),
    Column("stories", Float),
    required("total", Float),
    required("version", BigInteger),
    time("computed_at"),
    time("superseded_at", nullable=True),
    Index("uq_series_live", "theme", "day", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
)
trends = Table(
    "trends",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("theme", "themes.key"),
    required("start_day", Date),
    required("end_day", Date),
    required("stories", Integer),
    required("total", Integer),
    required("share", Float),
    required("low", Float),
    required("high", Float),
    required("before_stories", Integer),
    required("before_total", Integer),
    required("before_share", Float),
    Column("change", Float),
    Column("change_low", Float),
    Column("change_high", Float),
    required("verdict", Text),
    required("sparkline", sa.JSON),
    Column("shape", sa.JSON(none_as_null=True)),
    required("stances", sa.JSON),
    required("top_sources", sa.JSON),
    required("version", BigInteger),
    time("computed_at"),
    time("superseded_at", nullable=True),
    one_of("verdict", ("rising", "falling", "steady", "cannot tell")),
    Index("uq_trends_live", "theme", "start_day", "end_day", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
    Index(None, "superseded_at", "end_day"),
)
summaries = Table(
    "summaries",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("trend", "trends.id"),
    reference("theme", "themes.key", index=True),
    required("language", Text),
    required("version", BigInteger),
    time("computed_at"),
    time("superseded_at", nullable=True),
    Index("uq_summaries_live", "trend", "language", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
)
summary_sentences = Table(
    "summary_sentences",
    metadata,
    reference("summary", "summaries.id", primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    required("text", Text),
    time("computed_at"),
)
summary_sources = Table(
    "summary_sources",
    metadata,
    Column("summary", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    reference("article", "articles.id", primary_key=True, autoincrement=False, index=True),
    required("rank", Integer),
    time("computed_at"),
    sa.ForeignKeyConstraint(["summary", "position"], ["summary_sentences.summary", "summary_sentences.position"]),
)

# ------------------------------------------------------------------ digests
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    required("email", Text, unique=True),
    Column("name", Text),
    required("language", Text),
    required("themes", sa.JSON),
    required("active", Boolean),
    time("seen_at"),
)
# ``recipient`` is the address or '' for the digest that is nobody's own: NULLs are never equal in a unique key.
digests = Table(
    "digests",
    metadata,
    Column("id", Integer, primary_key=True),
    required("period", Text),
    required("start_day", Date),
    required("end_day", Date),
    reference("subscriber", "subscribers.id", nullable=True),
    required("recipient", Text),
    required("language", Text),
    required("title", Text),
    required("html", Text),
    required("text", Text),
    time("computed_at"),
    sa.UniqueConstraint("period", "start_day", "recipient"),
    Index(None, "subscriber", "computed_at"),
)
digest_stories = Table(
    "digest_stories",
    metadata,
    reference("digest", "digests.id", primary_key=True, autoincrement=False),
    reference("theme", "themes.key", primary_key=True),
    reference("story", "stories.id", primary_key=True, autoincrement=False, index=True),
    required("position", Integer),
    required("new", Boolean),
    time("computed_at"),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("digest", "digests.id", unique=True),
    required("state", Text),
    required("attempts", Integer),
    Column("detail", Text),
    time("next_try"),
    time("changed_at"),
    time("seen_at"),
    one_of("state", ("pending", "in_doubt", "sent", "failed")),
    Index(None, "state", "next_try", "id"),
)

# ------------------------------------------------------------------ running
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    required("stage", Text),
    required("status", Text),
    required("counts", sa.JSON),
    time("started_at"),
    time("ended_at", nullable=True),
    Index(None, "stage", "id"),
)
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    required("holder", Text),
    time("acquired_at"),
    time("expires_at"),
)
