"""The views that people query; docs/database.md explains every column.

The SQL is the same on SQLite and PostgreSQL: days are stored, so no date functions are needed.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ARTICLE = """
SELECT a.id, a.url, a.title, a.text, a.words, a.language, a.section, a.site,
       a.source, s.name AS source_name, s.voice, s.kind, s.country,
       a.published_at, a.precision AS published_precision, a.published_from, a.seen_at, a.day,
       sa.story, c.origin AS copy_of, (c.article IS NOT NULL) AS is_copy, a.version
  FROM articles a
  JOIN sources s ON s.key = a.source
  LEFT JOIN story_articles sa ON sa.article = a.id
  LEFT JOIN copies c ON c.article = a.id
"""

STORY = """
SELECT st.id, st.title, st.first_at, st.last_at, st.day, st.articles, st.copies, st.voices,
       f.language, f.url, f.source AS first_source, s.name AS first_source_name, s.kind AS first_source_kind,
       st.version, st.seen_at
  FROM stories st
  JOIN articles f ON f.id = st.first_article
  JOIN sources s ON s.key = f.source
 WHERE st.articles > 0
"""

STORY_ARTICLE = """
SELECT sa.story, sa.article, a.title, a.url, a.source, s.name AS source_name, s.voice, s.kind, a.language,
       a.published_at, a.seen_at, a.day, (a.id = st.first_article) AS is_first,
       c.origin AS copy_of, (c.article IS NOT NULL) AS is_copy, c.score AS copy_score,
       sa.score, sa.reason, sa.version
  FROM story_articles sa
  JOIN stories st ON st.id = sa.story
  JOIN articles a ON a.id = sa.article
  JOIN sources s ON s.key = a.source
  LEFT JOIN copies c ON c.article = sa.article
"""

THEME_DAILY = """
SELECT th.key AS theme, th.name AS theme_name, d.day,
       COALESCE(n.stories, 0) AS stories, d.total AS total_stories,
       COALESCE(n.stories, 0) * 1.0 / d.total AS share,
       COALESCE(n.articles, 0) AS articles, COALESCE(n.asserts, 0) AS asserts,
       COALESCE(n.disputes, 0) AS disputes, COALESCE(n.reports, 0) AS reports
  FROM themes th
 CROSS JOIN (SELECT day, COUNT(*) AS total FROM stories WHERE articles > copies GROUP BY day) d
  LEFT JOIN (
       SELECT t.theme, st.day, COUNT(DISTINCT st.id) AS stories, COUNT(*) AS articles,
              SUM(CASE WHEN t.stance = 'asserts' THEN 1 ELSE 0 END) AS asserts,
              SUM(CASE WHEN t.stance = 'disputes' THEN 1 ELSE 0 END) AS disputes,
              SUM(CASE WHEN t.stance = 'reports' THEN 1 ELSE 0 END) AS reports
         FROM tags t
         JOIN story_articles sa ON sa.article = t.article
         JOIN stories st ON st.id = sa.story
         LEFT JOIN copies c ON c.article = t.article
        WHERE t.superseded_at IS NULL AND c.article IS NULL
        GROUP BY t.theme, st.day) n ON n.theme = th.key AND n.day = d.day
 WHERE th.active
"""

TAG = """
SELECT t.id, t.article, t.theme, th.name AS theme_name, t.score, t.stance,
       e.text AS evidence, e.field AS evidence_field, e.start_offset AS evidence_start, e.end_offset AS evidence_end,
       a.title AS article_title, a.url, a.source, s.name AS source_name, s.voice, s.kind, a.language,
       a.published_at, a.day, sa.story, (c.article IS NOT NULL) AS is_copy, t.tagger, t.version, t.seen_at
  FROM tags t
  JOIN themes th ON th.key = t.theme
  JOIN articles a ON a.id = t.article
  JOIN sources s ON s.key = a.source
  LEFT JOIN evidence e ON e.tag = t.id AND e.position = 0
  LEFT JOIN story_articles sa ON sa.article = t.article
  LEFT JOIN copies c ON c.article = t.article
 WHERE t.superseded_at IS NULL
"""

QUOTE = """
SELECT q.id, q.article, sa.story, q.text, q.speaker, q.organisation, q.direct, q.start_offset, q.end_offset,
       a.title AS article_title, a.url, a.source, s.name AS source_name, s.kind, a.language, a.published_at, a.day,
       (c.article IS NOT NULL) AS is_copy, q.version, q.seen_at
  FROM quotes q
  JOIN articles a ON a.id = q.article
  JOIN sources s ON s.key = a.source
  LEFT JOIN story_articles sa ON sa.article = q.article
  LEFT JOIN copies c ON c.article = q.article
"""

ENTITY_MENTION = """
SELECT m.id, m.entity, en.name AS entity_name, m.label, m.text, m.start_offset, m.end_offset,
       m.article, sa.story, a.title AS article_title, a.url, a.source, s.name AS source_name, a.language,
       a.published_at, a.day, (c.article IS NOT NULL) AS is_copy, m.version, m.seen_at
  FROM mentions m
  JOIN entities en ON en.key = m.entity
  JOIN articles a ON a.id = m.article
  JOIN sources s ON s.key = a.source
  LEFT JOIN story_articles sa ON sa.article = m.article
  LEFT JOIN copies c ON c.article = m.article
"""

TREND = """
SELECT t.id, t.theme, th.name AS theme_name, t.start_day, t.end_day, t.stories, t.total, t.share, t.low, t.high,
       t.before_stories, t.before_total, t.before_share, t.change, t.change_low, t.change_high, t.verdict,
       t.version, t.computed_at
  FROM trends t
  JOIN themes th ON th.key = t.theme
 WHERE t.superseded_at IS NULL
"""

SUMMARY = """
SELECT su.id, su.trend, su.theme, th.name AS theme_name, t.start_day, t.end_day, t.stories, su.language,
       ss.position, ss.text AS sentence,
       (SELECT COUNT(*) FROM summary_sources n WHERE n.summary = ss.summary AND n.position = ss.position) AS sources,
       so.article, a.title AS article_title, a.url, s.name AS source_name,
       su.version, su.computed_at
  FROM summaries su
  JOIN trends t ON t.id = su.trend
  JOIN themes th ON th.key = su.theme
  JOIN summary_sentences ss ON ss.summary = su.id
  LEFT JOIN summary_sources so ON so.summary = ss.summary AND so.position = ss.position
  LEFT JOIN articles a ON a.id = so.article
  LEFT JOIN sources s ON s.key = a.source
 WHERE su.superseded_at IS NULL
"""

SOURCE_HEALTH = """
SELECT s.key AS source, s.name, s.way, s.address, s.kind, s.language, s.country, s.owner, s.active,
       CASE WHEN NOT s.active THEN 'retired' WHEN p.source IS NULL THEN 'new'
            WHEN p.failures > 0 THEN 'failing' ELSE 'ok' END AS state,
       p.polled_at, p.status, p.error, p.failures, p.looks, p.next_due, p.last_ok_at, p.last_new_at,
       (SELECT COUNT(*) FROM links l WHERE l.source = s.key AND l.state = 'pending') AS pending_links,
       (SELECT COUNT(*) FROM links l WHERE l.source = s.key AND l.state = 'failed') AS failed_links,
       (SELECT COUNT(*) FROM articles a WHERE a.source = s.key) AS articles,
       (SELECT MAX(a.day) FROM articles a WHERE a.source = s.key) AS last_article_day,
       (SELECT COUNT(*) FROM rejections r WHERE r.source = s.key AND r.resolved_at IS NULL) AS rejections
  FROM sources s
  LEFT JOIN polls p ON p.source = s.key
"""

REJECTION = """
SELECT r.id, r.stage, r.reason, r.detail, r.url, r.source, s.name AS source_name, r.subject,
       r.later, r.times, r.version, r.seen_at, r.last_seen_at, r.resolved_at
  FROM rejections r
  LEFT JOIN sources s ON s.key = r.source
"""

CONFERENCE_COVERAGE = """
SELECT ac.conference, co.name AS conference_name, ac.how, ac.article, sa.story, a.title AS article_title, a.url,
       a.source, s.name AS source_name, s.voice, s.kind, a.language, a.published_at, a.day,
       (c.article IS NOT NULL) AS is_copy,
       (SELECT COUNT(*) FROM mentions m WHERE m.article = ac.article AND m.entity = ac.conference) AS mentions,
       ac.version, ac.seen_at
  FROM article_conferences ac
  JOIN conferences co ON co.key = ac.conference
  JOIN articles a ON a.id = ac.article
  JOIN sources s ON s.key = a.source
  LEFT JOIN story_articles sa ON sa.article = ac.article
  LEFT JOIN copies c ON c.article = ac.article
"""

VIEWS = {
    "article": ARTICLE,
    "story": STORY,
    "story_article": STORY_ARTICLE,
    "theme_daily": THEME_DAILY,
    "tag": TAG,
    "quote": QUOTE,
    "entity_mention": ENTITY_MENTION,
    "trend": TREND,
    "summary": SUMMARY,
    "source_health": SOURCE_HEALTH,
    "rejection": REJECTION,
    "conference_coverage": CONFERENCE_COVERAGE,
}


def upgrade() -> None:
    for name, select in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {select.strip()}")


def downgrade() -> None:
    for name in VIEWS:
        op.execute(f"DROP VIEW {name}")
