"""The views as ``answers`` reads them: names and types of their columns. Their SQL is in the migrations."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Boolean, Date, Float, Integer, Text

from pipeline.store.schema import UTCDateTime


def _view(view: str, /, **columns: Any) -> sa.TableClause:
    return sa.table(view, *(sa.column(name, kind) for name, kind in columns.items()))


_PLACE = {"url": Text, "source": Text, "source_name": Text, "language": Text, "published_at": UTCDateTime, "day": Date}

story_article = _view(
    "story_article", story=Integer, article=Integer, title=Text, kind=Text, voice=Text, seen_at=UTCDateTime,
    is_first=Boolean, is_copy=Boolean, copy_of=Integer, copy_score=Float, score=Float, reason=Text, **_PLACE,
)  # fmt: skip
tag = _view(
    "tag", id=Integer, article=Integer, story=Integer, theme=Text, theme_name=Text, score=Float, stance=Text,
    evidence=Text, evidence_field=Text, evidence_start=Integer, evidence_end=Integer, article_title=Text,
    is_copy=Boolean, tagger=Text, **_PLACE,
)  # fmt: skip
quote = _view(
    "quote", id=Integer, article=Integer, story=Integer, text=Text, speaker=Text, organisation=Text, direct=Boolean,
    article_title=Text, is_copy=Boolean, **_PLACE,
)  # fmt: skip
theme_daily = _view(
    "theme_daily", theme=Text, theme_name=Text, day=Date, stories=Integer, total_stories=Integer, share=Float,
    articles=Integer, asserts=Integer, disputes=Integer, reports=Integer,
)  # fmt: skip
source_health = _view(
    "source_health", source=Text, name=Text, way=Text, address=Text, kind=Text, language=Text, country=Text,
    owner=Text, active=Boolean, state=Text, health=Text, health_since=UTCDateTime, health_why=Text, polled_at=UTCDateTime, status=Integer, error=Text, failures=Integer,
    looks=Integer, next_due=UTCDateTime, last_ok_at=UTCDateTime, last_new_at=UTCDateTime, pending_links=Integer,
    failed_links=Integer, articles=Integer, last_article_day=Date, rejections=Integer,
)  # fmt: skip
source_change = _view(
    "source_change", id=Integer, source=Text, source_name=Text, day=Date, before=Float, after=Float,
    probability=Float, found_at=UTCDateTime,
)  # fmt: skip
rejection = _view(
    "rejection", id=Integer, stage=Text, reason=Text, detail=Text, url=Text, source=Text, source_name=Text,
    subject=Integer, later=Boolean, times=Integer, version=Integer, seen_at=UTCDateTime, last_seen_at=UTCDateTime,
    resolved_at=UTCDateTime,
)  # fmt: skip
conference_coverage = _view(
    "conference_coverage", conference=Text, conference_name=Text, how=Text, article=Integer, story=Integer,
    article_title=Text, voice=Text, kind=Text, is_copy=Boolean, mentions=Integer, **_PLACE,
)  # fmt: skip
edition = _view(
    "edition", key=Text, conference=Text, conference_name=Text, name=Text, year=Integer, start_day=Date, end_day=Date,
    city=Text, country=Text, online=Boolean, url=Text, topics=Text, origin=Text, source=Text, sessions=Integer,
    speakers=Integer, articles=Integer, stories=Integer, voices=Integer, seen_at=UTCDateTime, changed_at=UTCDateTime,
)  # fmt: skip
session = _view(
    "session", id=Integer, edition=Text, edition_name=Text, conference=Text, title=Text, day=Date,
    start_at=UTCDateTime, end_at=UTCDateTime, utc_offset=Integer, room=Text, abstract=Text, url=Text,
    speakers=Integer, article=Integer, source=Text, seen_at=UTCDateTime, changed_at=UTCDateTime,
    withdrawn_at=UTCDateTime,
)  # fmt: skip
speaker = _view(
    "speaker", id=Integer, edition=Text, edition_name=Text, conference=Text, name=Text, affiliation=Text, role=Text,
    url=Text, sessions=Integer, seen_at=UTCDateTime, changed_at=UTCDateTime,
)  # fmt: skip
story_decision = _view(
    "story_decision", id=Integer, kind=Text, story=Integer, target=Integer, undoes=Integer, undone_by=Integer,
    moved=Integer, made_by=Text, note=Text, made_at=UTCDateTime,
)  # fmt: skip
