"""Tables of the catalogue and of collecting: sources to pages, rejections, and what is done. No reading or writing."""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, Integer, Table, Text

from pipeline.model import WAYS
from pipeline.store.columns import metadata, one_of, reference, required, time

# ------------------------------------------------------------------ catalogue
conferences = Table(
    "conferences",
    metadata,
    Column("key", Text, primary_key=True),
    required("name", Text),
    required("aliases", sa.JSON),
    Column("organiser", Text),
    Column("usual_place", Text),
    required("active", Boolean),
    time("seen_at"),
    required("origin", Text, server_default="catalogue"),  # or "import": what a TOML catalogue can't retire
    one_of("origin", ("catalogue", "import")),
)
sources = Table(
    "sources",
    metadata,
    Column("key", Text, primary_key=True),
    required("name", Text),
    required("way", Text),
    required("address", Text),
    required("language", Text),
    required("country", Text),
    required("kind", Text),
    Column("owner", Text),
    required("voice", Text),
    reference("conference", "conferences.key", nullable=True, index=True),
    Column("shortest_seconds", Float),
    required("javascript", Boolean, server_default=sa.false()),
    required("active", Boolean),
    time("seen_at"),
    one_of("way", WAYS),
)
themes = Table(
    "themes",
    metadata,
    Column("key", Text, primary_key=True),
    required("name", Text),
    required("definition", Text),
    Column("asserts", Text),
    Column("disputes", Text),
    required("active", Boolean),
    time("seen_at"),
)
entities = Table(
    "entities",
    metadata,
    Column("key", Text, primary_key=True),
    required("name", Text),
    required("label", Text),
    required("aliases", sa.JSON),
    Column("wikidata", Text),
    required("active", Boolean),
    time("seen_at"),
)

# ------------------------------------------------------------------ collect
polls = Table(
    "polls",
    metadata,
    reference("source", "sources.key", primary_key=True),
    time("polled_at"),
    Column("status", Integer),
    time("next_due"),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    required("failures", Integer),
    Column("error", Text),
    required("new_links", Integer),
    time("last_ok_at", nullable=True),
    time("last_new_at", nullable=True),
    required("looks", Integer),
    Column("rhythm", sa.JSON(none_as_null=True)),
    Column("health", Text),
    time("health_since", nullable=True),
    Column("health_why", Text),
    Column("volume_day", Date),  # the last day whose volume was judged
    Index(None, "next_due"),
)
source_days = Table(
    "source_days",
    metadata,
    reference("source", "sources.key", primary_key=True),
    Column("day", Date, primary_key=True),
    required("looks", Integer),
    required("failed_looks", Integer),
    required("items", Integer),
)
source_changes = Table(
    "source_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("source", "sources.key"),
    required("day", Date),
    required("before", Float),
    required("after", Float),
    required("probability", Float),
    time("found_at"),
    time("withdrawn_at", nullable=True),
    Index(None, "source", "day"),
)
links = Table(
    "links",
    metadata,
    Column("id", Integer, primary_key=True),
    required("url", Text, unique=True),
    required("host", Text, server_default=""),
    reference("source", "sources.key"),
    required("state", Text),
    required("hint", sa.JSON),
    required("attempts", Integer),
    time("next_try"),
    time("seen_at"),
    one_of("state", ("pending", "fetched", "failed")),
    Index(None, "state", "next_try", "id"),
    Index(None, "state", "host", "next_try", "id"),
    Index(None, "source", "state"),
)
# The full texts that feeds gave, as packed HTML, only while their links are pending: a page that can't be had is made
# of them. Beside the links, since two thousand links are in memory at once and few texts are ever needed.
contents = Table(
    "contents",
    metadata,
    reference("link", "links.id", primary_key=True),
    required("body", sa.LargeBinary),
)
pages = Table(
    "pages",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("link", "links.id", unique=True),
    reference("source", "sources.key", index=True),
    required("url", Text),
    required("requested", Text),
    required("status", Integer),
    Column("content_type", Text),
    required("sha256", Text),
    required("size", Integer),
    required("body", sa.LargeBinary),
    required("hint", sa.JSON),
    Column("reserved", Text),
    time("seen_at"),
)
rejections = Table(
    "rejections",
    metadata,
    Column("id", Integer, primary_key=True),
    required("stage", Text),
    required("subject", Integer),
    required("reason", Text),
    required("detail", Text),
    required("url", Text),
    reference("source", "sources.key", nullable=True),
    required("later", Boolean),
    required("times", Integer),
    required("version", BigInteger),
    time("seen_at"),
    time("last_seen_at"),
    time("resolved_at", nullable=True),
    sa.UniqueConstraint("stage", "subject", "url", "reason"),
    Index(None, "last_seen_at", "id"),
    Index(None, "source", "last_seen_at"),
)
# Version 0 stands for "known but not handled yet", so that pending work is a range of an index, not an anti-join.
done = Table(
    "done",
    metadata,
    Column("stage", Text, primary_key=True),
    Column("subject", Integer, primary_key=True, autoincrement=False),
    required("version", BigInteger),
    time("order_at"),
    time("done_at", nullable=True),
    Index(None, "stage", "version", "order_at", "subject"),
)
