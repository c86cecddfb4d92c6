"""Tables of what was read: articles, their copies and stories, tags, quotes and mentions. No reading or writing."""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, Integer, Table, Text

from pipeline.model import STANCES
from pipeline.store.columns import LIVE, metadata, one_of, reference, required, time

# ------------------------------------------------------------------ articles
articles = Table(
    "articles",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("page", "pages.id", unique=True),
    required("url", Text, unique=True),
    reference("source", "sources.key"),
    required("title", Text),
    required("text", Text),
    required("text_hash", Text),
    required("words", Integer),
    required("authors", sa.JSON),
    time("published_at", nullable=True),
    required("precision", Text),
    Column("published_from", Text),
    Column("language", Text),
    Column("site", Text),
    Column("section", Text),
    Column("reserved", Text),
    time("modified_at", nullable=True),
    Column("truncated", Text),
    time("seen_at"),
    time("order_at"),
    required("day", Date),
    required("version", BigInteger),
    time("extracted_at"),
    one_of("precision", ("time", "day", "none")),
    one_of("truncated", ("paywall", "excerpt")),
    Index(None, "day"),
    Index(None, "order_at", "id"),
    Index(None, "source", "day"),
)
annotations = Table(
    "annotations",
    metadata,
    reference("article", "articles.id", primary_key=True, autoincrement=False),
    required("language", Text),
    required("model", Text),
    required("dimensions", Integer),
    required("sentences", sa.JSON),
    required("vectors", sa.LargeBinary),
    required("vector", sa.LargeBinary),
    required("version", BigInteger),
    time("computed_at"),
)
# What an article is looked up under, and the same by value: eight rows an article, so they hold nothing else, and no
# foreign key; ``fingerprints`` says what has to be taken out again.
fingerprints = Table(
    "fingerprints",
    metadata,
    reference("article", "articles.id", primary_key=True, autoincrement=False),
    required("version", BigInteger),
    required("sketch", sa.LargeBinary),
)
fingerprint_values = Table(
    "fingerprint_values",
    metadata,
    Column("value", BigInteger, primary_key=True, autoincrement=False),
    Column("article", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
copies = Table(
    "copies",
    metadata,
    reference("article", "articles.id", primary_key=True, autoincrement=False),
    reference("origin", "articles.id", index=True),
    required("score", Float),
    required("reason", Text),
    required("version", BigInteger),
    time("computed_at"),
)
stories = Table(
    "stories",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    required("title", Text),
    reference("first_article", "articles.id", index=True),
    time("first_at"),
    time("last_at"),
    required("day", Date),
    required("articles", Integer),
    required("copies", Integer),
    required("truncated", Integer, server_default="0"),
    required("voices", Integer),
    required("languages", Text),
    Column("hours_to_second", Float),
    Column("hours_to_third", Float),
    Column("hours_to_fifth", Float),
    required("version", BigInteger),
    time("seen_at"),
    Index(None, "day"),
    Index(None, "last_at"),
)
story_articles = Table(
    "story_articles",
    metadata,
    reference("article", "articles.id", primary_key=True, autoincrement=False),
    reference("story", "stories.id"),
    required("score", Float),
    required("reason", Text),
    required("opened", Boolean),
    Column("weighing", sa.JSON(none_as_null=True)),
    required("version", BigInteger),
    time("computed_at"),
    Index(None, "story", "article"),
)

# ------------------------------------------------------------------ themes
taggings = Table(
    "taggings",
    metadata,
    reference("article", "articles.id", primary_key=True, autoincrement=False),
    required("tagger", Text),
    required("scores", sa.JSON),
    required("version", BigInteger),
    time("seen_at"),
)
tags = Table(
    "tags",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("article", "articles.id"),
    reference("theme", "themes.key"),
    required("score", Float),
    required("stance", Text),
    required("tagger", Text),
    required("version", BigInteger),
    time("seen_at"),
    time("superseded_at", nullable=True),
    one_of("stance", STANCES),
    Index("uq_tags_live", "article", "theme", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
    Index(None, "theme", "superseded_at", "article"),
)
evidence = Table(
    "evidence",
    metadata,
    reference("tag", "tags.id", primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    required("field", Text),
    required("start_offset", Integer),
    required("end_offset", Integer),
    required("text", Text),
    time("seen_at"),
)
quotes = Table(
    "quotes",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("article", "articles.id"),
    required("start_offset", Integer),
    required("end_offset", Integer),
    required("text", Text),
    required("direct", Boolean),
    Column("speaker", Text),
    Column("speaker_field", Text),
    Column("speaker_start", Integer),
    Column("speaker_end", Integer),
    Column("organisation", Text),
    required("version", BigInteger),
    time("seen_at"),
    Index(None, "article", "start_offset"),
    Index(None, "speaker"),
)
mentions = Table(
    "mentions",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("article", "articles.id", index=True),
    reference("entity", "entities.key"),
    required("label", Text),
    required("start_offset", Integer),
    required("end_offset", Integer),
    required("text", Text),
    required("version", BigInteger),
    time("seen_at"),
    Index(None, "entity", "article"),
)
article_conferences = Table(
    "article_conferences",
    metadata,
    reference("article", "articles.id", primary_key=True, autoincrement=False),
    reference("conference", "conferences.key", primary_key=True),
    required("how", Text),
    required("version", BigInteger),
    time("seen_at"),
    one_of("how", ("session", "coverage")),
    Index(None, "conference", "article"),
)
