"""The tables: columns, named constraints and the indexes that the store's queries use.

Every row says when it was seen or computed, and which version of a stage made it. Tables have plural names and
belong to the store; people query the views (singular names, migration 0002, ``docs/database.md``). No reading or
writing here.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Date, Float, ForeignKey, Index, Integer, Table, Text
from sqlalchemy.engine import Dialect

from pipeline.model import STANCES, WAYS


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC datetimes on every database; SQLite keeps them as text that sorts by time."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive times rather than guess their zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without a zone: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """SQLite gives them back without their zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
LIVE = sa.text("superseded_at IS NULL")


def _one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=column)


def _reference(name: str, target: str, **options: Any) -> Column[Any]:
    return Column(name, ForeignKey(target), **{"nullable": False, **options})


def _time(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UTCDateTime, nullable=nullable)


def _required(name: str, kind: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, nullable=False, **options)


# ------------------------------------------------------------------ catalogue
conferences = Table(
    "conferences",
    metadata,
    Column("key", Text, primary_key=True),
    _required("name", Text),
    _required("aliases", sa.JSON),
    Column("organiser", Text),
    Column("usual_place", Text),
    _required("active", Boolean),
    _time("seen_at"),
)
sources = Table(
    "sources",
    metadata,
    Column("key", Text, primary_key=True),
    _required("name", Text),
    _required("way", Text),
    _required("address", Text),
    _required("language", Text),
    _required("country", Text),
    _required("kind", Text),
    Column("owner", Text),
    _required("voice", Text),
    _reference("conference", "conferences.key", nullable=True, index=True),
    _required("active", Boolean),
    _time("seen_at"),
    _one_of("way", WAYS),
)
themes = Table(
    "themes",
    metadata,
    Column("key", Text, primary_key=True),
    _required("name", Text),
    _required("definition", Text),
    Column("asserts", Text),
    Column("disputes", Text),
    _required("active", Boolean),
    _time("seen_at"),
)
entities = Table(
    "entities",
    metadata,
    Column("key", Text, primary_key=True),
    _required("name", Text),
    _required("label", Text),
    _required("aliases", sa.JSON),
    Column("wikidata", Text),
    _required("active", Boolean),
    _time("seen_at"),
)

# ------------------------------------------------------------------ collect
polls = Table(
    "polls",
    metadata,
    _reference("source", "sources.key", primary_key=True),
    _time("polled_at"),
    Column("status", Integer),
    _time("next_due"),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    _required("failures", Integer),
    Column("error", Text),
    _required("new_links", Integer),
    _time("last_ok_at", nullable=True),
    _time("last_new_at", nullable=True),
    _required("looks", Integer),
    Index(None, "next_due"),
)
links = Table(
    "links",
    metadata,
    Column("id", Integer, primary_key=True),
    _required("url", Text, unique=True),
    _reference("source", "sources.key"),
    _required("state", Text),
    _required("hint", sa.JSON),
    _required("attempts", Integer),
    _time("next_try"),
    _time("seen_at"),
    _one_of("state", ("pending", "fetched", "failed")),
    Index(None, "state", "next_try", "id"),
    Index(None, "source", "state"),
)
pages = Table(
    "pages",
    metadata,
    Column("id", Integer, primary_key=True),
    _reference("link", "links.id", unique=True),
    _reference("source", "sources.key", index=True),
    _required("url", Text),
    _required("requested", Text),
    _required("status", Integer),
    Column("content_type", Text),
    _required("sha256", Text),
    _required("size", Integer),
    _required("body", sa.LargeBinary),
    _required("hint", sa.JSON),
    _time("seen_at"),
)
rejections = Table(
    "rejections",
    metadata,
    Column("id", Integer, primary_key=True),
    _required("stage", Text),
    _required("subject", Integer),
    _required("reason", Text),
    _required("detail", Text),
    _required("url", Text),
    _reference("source", "sources.key", nullable=True),
    _required("later", Boolean),
    _required("times", Integer),
    _required("version", BigInteger),
    _time("seen_at"),
    _time("last_seen_at"),
    _time("resolved_at", nullable=True),
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
    _required("version", BigInteger),
    _time("order_at"),
    _time("done_at", nullable=True),
    Index(None, "stage", "version", "order_at", "subject"),
)

# ------------------------------------------------------------------ articles
articles = Table(
    "articles",
    metadata,
    Column("id", Integer, primary_key=True),
    _reference("page", "pages.id", unique=True),
    _required("url", Text, unique=True),
    _reference("source", "sources.key"),
    _required("title", Text),
    _required("text", Text),
    _required("text_hash", Text),
    _required("words", Integer),
    _required("authors", sa.JSON),
    _time("published_at", nullable=True),
    _required("precision", Text),
    Column("published_from", Text),
    Column("language", Text),
    Column("site", Text),
    Column("section", Text),
    _time("seen_at"),
    _time("order_at"),
    _required("day", Date),
    _required("version", BigInteger),
    _time("extracted_at"),
    _one_of("precision", ("time", "day", "none")),
    Index(None, "day"),
    Index(None, "order_at", "id"),
    Index(None, "source", "day"),
)
annotations = Table(
    "annotations",
    metadata,
    _reference("article", "articles.id", primary_key=True, autoincrement=False),
    _required("language", Text),
    _required("model", Text),
    _required("dimensions", Integer),
    _required("sentences", sa.JSON),
    _required("vectors", sa.LargeBinary),
    _required("vector", sa.LargeBinary),
    _required("version", BigInteger),
    _time("computed_at"),
)
fingerprint_bands = Table(
    "fingerprint_bands",
    metadata,
    _reference("article", "articles.id", primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _required("value", BigInteger),
    _required("version", BigInteger),
    _time("computed_at"),
    Index(None, "value", "article"),
)
copies = Table(
    "copies",
    metadata,
    _reference("article", "articles.id", primary_key=True, autoincrement=False),
    _reference("origin", "articles.id", index=True),
    _required("score", Float),
    _required("reason", Text),
    _required("version", BigInteger),
    _time("computed_at"),
)
stories = Table(
    "stories",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _required("title", Text),
    _reference("first_article", "articles.id", index=True),
    _time("first_at"),
    _time("last_at"),
    _required("day", Date),
    _required("articles", Integer),
    _required("copies", Integer),
    _required("voices", Integer),
    _required("version", BigInteger),
    _time("seen_at"),
    Index(None, "day"),
    Index(None, "last_at"),
)
story_articles = Table(
    "story_articles",
    metadata,
    _reference("article", "articles.id", primary_key=True, autoincrement=False),
    _reference("story", "stories.id"),
    _required("score", Float),
    _required("reason", Text),
    _required("opened", Boolean),
    _required("version", BigInteger),
    _time("computed_at"),
    Index(None, "story", "article"),
)

# ------------------------------------------------------------------ themes
taggings = Table(
    "taggings",
    metadata,
    _reference("article", "articles.id", primary_key=True, autoincrement=False),
    _required("tagger", Text),
    _required("scores", sa.JSON),
    _required("version", BigInteger),
    _time("seen_at"),
)
tags = Table(
    "tags",
    metadata,
    Column("id", Integer, primary_key=True),
    _reference("article", "articles.id"),
    _reference("theme", "themes.key"),
    _required("score", Float),
    _required("stance", Text),
    _required("tagger", Text),
    _required("version", BigInteger),
    _time("seen_at"),
    _time("superseded_at", nullable=True),
    _one_of("stance", STANCES),
    Index("uq_tags_live", "article", "theme", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
    Index(None, "theme", "superseded_at", "article"),
)
evidence = Table(
    "evidence",
    metadata,
    _reference("tag", "tags.id", primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _required("field", Text),
    _required("start_offset", Integer),
    _required("end_offset", Integer),
    _required("text", Text),
    _time("seen_at"),
)
quotes = Table(
    "quotes",
    metadata,
    Column("id", Integer, primary_key=True),
    _reference("article", "articles.id"),
    _required("start_offset", Integer),
    _required("end_offset", Integer),
    _required("text", Text),
    _required("direct", Boolean),
    Column("speaker", Text),
    Column("speaker_field", Text),
    Column("speaker_start", Integer),
    Column("speaker_end", Integer),
    Column("organisation", Text),
    _required("version", BigInteger),
    _time("seen_at"),
    Index(None, "article", "start_offset"),
    Index(None, "speaker"),
)
mentions = Table(
    "mentions",
    metadata,
    Column("id", Integer, primary_key=True),
    _reference("article", "articles.id", index=True),
    _reference("entity", "entities.key"),
    _required("label", Text),
    _required("start_offset", Integer),
    _required("end_offset", Integer),
    _required("text", Text),
    _required("version", BigInteger),
    _time("seen_at"),
    Index(None, "entity", "article"),
)
article_conferences = Table(
    "article_conferences",
    metadata,
    _reference("article", "articles.id", primary_key=True, autoincrement=False),
    _reference("conference", "conferences.key", primary_key=True),
    _required("how", Text),
    _required("version", BigInteger),
    _time("seen_at"),
    _one_of("how", ("session", "coverage")),
    Index(None, "conference", "article"),
)

# ------------------------------------------------------------------ trends
series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    _reference("theme", "themes.key"),
    _required("day", Date),
    Column("stories", Float),
    _required("total", Float),
    _required("version", BigInteger),
    _time("computed_at"),
    _time("superseded_at", nullable=True),
    Index("uq_series_live", "theme", "day", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
)
trends = Table(
    "trends",
    metadata,
    Column("id", Integer, primary_key=True),
    _reference("theme", "themes.key"),
    _required("start_day", Date),
    _required("end_day", Date),
    _required("stories", Integer),
    _required("total", Integer),
    _required("share", Float),
    _required("low", Float),
    _required("high", Float),
    _required("before_stories", Integer),
    _required("before_total", Integer),
    _required("before_share", Float),
    Column("change", Float),
    Column("change_low", Float),
    Column("change_high", Float),
    _required("verdict", Text),
    _required("sparkline", sa.JSON),
    Column("shape", sa.JSON(none_as_null=True)),
    _required("stances", sa.JSON),
    _required("top_sources", sa.JSON),
    _required("version", BigInteger),
    _time("computed_at"),
    _time("superseded_at", nullable=True),
    _one_of("verdict", ("rising", "falling", "steady", "cannot tell")),
    Index("uq_trends_live", "theme", "start_day", "end_day", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
    Index(None, "superseded_at", "end_day"),
)
summaries = Table(
    "summaries",
    metadata,
    Column("id", Integer, primary_key=True),
    _reference("trend", "trends.id"),
    _reference("theme", "themes.key", index=True),
    _required("language", Text),
    _required("version", BigInteger),
    _time("computed_at"),
    _time("superseded_at", nullable=True),
    Index("uq_summaries_live", "trend", "language", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
)
summary_sentences = Table(
    "summary_sentences",
    metadata,
    _reference("summary", "summaries.id", primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _required("text", Text),
    _time("computed_at"),
)
summary_sources = Table(
    "summary_sources",
    metadata,
    Column("summary", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _reference("article", "articles.id", primary_key=True, autoincrement=False, index=True),
    _required("rank", Integer),
    _time("computed_at"),
    sa.ForeignKeyConstraint(["summary", "position"], ["summary_sentences.summary", "summary_sentences.position"]),
)

# ------------------------------------------------------------------ digests
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    _required("email", Text, unique=True),
    Column("name", Text),
    _required("language", Text),
    _required("themes", sa.JSON),
    _required("active", Boolean),
    _time("seen_at"),
)
# ``recipient`` is the address or '' for the digest that is nobody's own: NULLs are never equal in a unique key.
digests = Table(
    "digests",
    metadata,
    Column("id", Integer, primary_key=True),
    _required("period", Text),
    _required("start_day", Date),
    _required("end_day", Date),
    _reference("subscriber", "subscribers.id", nullable=True),
    _required("recipient", Text),
    _required("language", Text),
    _required("title", Text),
    _required("html", Text),
    _required("text", Text),
    _time("computed_at"),
    sa.UniqueConstraint("period", "start_day", "recipient"),
    Index(None, "subscriber", "computed_at"),
)
digest_stories = Table(
    "digest_stories",
    metadata,
    _reference("digest", "digests.id", primary_key=True, autoincrement=False),
    _reference("theme", "themes.key", primary_key=True),
    _reference("story", "stories.id", primary_key=True, autoincrement=False, index=True),
    _required("position", Integer),
    _required("new", Boolean),
    _time("computed_at"),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    _reference("digest", "digests.id", unique=True),
    _required("state", Text),
    _required("attempts", Integer),
    Column("detail", Text),
    _time("next_try"),
    _time("changed_at"),
    _time("seen_at"),
    _one_of("state", ("pending", "in_doubt", "sent", "failed")),
    Index(None, "state", "next_try", "id"),
)

# ------------------------------------------------------------------ running
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    _required("stage", Text),
    _required("status", Text),
    _required("counts", sa.JSON),
    _time("started_at"),
    _time("ended_at", nullable=True),
    Index(None, "stage", "id"),
)
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    _required("holder", Text),
    _time("acquired_at"),
    _time("expires_at"),
)
