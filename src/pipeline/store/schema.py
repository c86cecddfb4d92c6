"""The tables in one place to import from: columns, named constraints, and the indexes that the store's queries use.

Every row says when it was seen or computed, and which version of a stage made it. Tables have plural names and
belong to the store; people query the views (singular names, migration 0002, ``docs/database.md``).
"""

from pipeline.store.columns import UTCDateTime, metadata
from pipeline.store.tables_archives import archives
from pipeline.store.tables_collect import (
    conferences,
    contents,
    done,
    entities,
    links,
    pages,
    polls,
    rejections,
    source_changes,
    source_days,
    sources,
    themes,
)
from pipeline.store.tables_conferences import article_editions, editions, session_speakers, sessions, speakers
from pipeline.store.tables_hands import story_decisions, story_merges, story_moves
from pipeline.store.tables_hosts import hosts, origins
from pipeline.store.tables_read import (
    annotations,
    article_conferences,
    articles,
    copies,
    evidence,
    fingerprint_bands,
    mentions,
    quotes,
    stories,
    story_articles,
    taggings,
    tags,
)
from pipeline.store.tables_tell import (
    deliveries,
    digest_stories,
    digests,
    leases,
    runs,
    series,
    subscribers,
    summaries,
    summary_sentences,
    summary_sources,
    trends,
)

__all__ = [
    "UTCDateTime",
    "annotations",
    "archives",
    "article_conferences",
    "article_editions",
    "articles",
    "conferences",
    "contents",
    "copies",
    "deliveries",
    "digest_stories",
    "digests",
    "done",
    "editions",
    "entities",
    "evidence",
    "fingerprint_bands",
    "hosts",
    "leases",
    "links",
    "mentions",
    "metadata",
    "origins",
    "pages",
    "polls",
    "quotes",
    "rejections",
    "runs",
    "series",
    "session_speakers",
    "sessions",
    "source_changes",
    "source_days",
    "sources",
    "speakers",
    "stories",
    "story_articles",
    "story_decisions",
    "story_merges",
    "story_moves",
    "subscribers",
    "summaries",
    "summary_sentences",
    "summary_sources",
    "taggings",
    "tags",
    "themes",
    "trends",
]
