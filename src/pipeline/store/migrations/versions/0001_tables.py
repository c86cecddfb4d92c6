"""The tables, with their constraints and indexes.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conferences",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("organiser", sa.Text(), nullable=True),
        sa.Column("usual_place", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_conferences")),
    )
    op.create_table(
        "done",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("subject", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("order_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("stage", "subject", name=op.f("pk_done")),
    )
    op.create_index(
        op.f("ix_done_stage_version_order_at_subject"),
        "done",
        ["stage", "version", "order_at", "subject"],
        unique=False,
    )
    op.create_table(
        "entities",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("wikidata", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_entities")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("acquired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_stage_id"), "runs", ["stage", "id"], unique=False)
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("themes", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("email", name=op.f("uq_subscribers_email")),
    )
    op.create_table(
        "themes",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("asserts", sa.Text(), nullable=True),
        sa.Column("disputes", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_themes")),
    )
    op.create_table(
        "digests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("start_day", sa.Date(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.id"], name=op.f("fk_digests_subscriber")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("period", "start_day", "recipient", name=op.f("uq_digests_period_start_day_recipient")),
    )
    op.create_index(op.f("ix_digests_subscriber_computed_at"), "digests", ["subscriber", "computed_at"], unique=False)
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("stories", sa.Float(), nullable=True),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["theme"], ["themes.key"], name=op.f("fk_series_theme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
    )
    op.create_index(
        "uq_series_live",
        "series",
        ["theme", "day"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "sources",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "way IN ('feed', 'sitemap', 'listing', 'conference', 'archive')", name=op.f("ck_sources_way")
        ),
        sa.ForeignKeyConstraint(["conference"], ["conferences.key"], name=op.f("fk_sources_conference")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sources")),
    )
    op.create_index(op.f("ix_sources_conference"), "sources", ["conference"], unique=False)
    op.create_table(
        "trends",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("start_day", sa.Date(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("before_stories", sa.Integer(), nullable=False),
        sa.Column("before_total", sa.Integer(), nullable=False),
        sa.Column("before_share", sa.Float(), nullable=False),
        sa.Column("change", sa.Float(), nullable=True),
        sa.Column("change_low", sa.Float(), nullable=True),
        sa.Column("change_high", sa.Float(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("sparkline", sa.JSON(), nullable=False),
        sa.Column("shape", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("stances", sa.JSON(), nullable=False),
        sa.Column("top_sources", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("verdict IN ('rising', 'falling', 'steady', 'cannot tell')", name=op.f("ck_trends_verdict")),
        sa.ForeignKeyConstraint(["theme"], ["themes.key"], name=op.f("fk_trends_theme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trends")),
    )
    op.create_index(op.f("ix_trends_superseded_at_end_day"), "trends", ["superseded_at", "end_day"], unique=False)
    op.create_index(
        "uq_trends_live",
        "trends",
        ["theme", "start_day", "end_day"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'in_doubt', 'sent', 'failed')", name=op.f("ck_deliveries_state")),
        sa.ForeignKeyConstraint(["digest"], ["digests.id"], name=op.f("fk_deliveries_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("digest", name=op.f("uq_deliveries_digest")),
    )
    op.create_index(op.f("ix_deliveries_state_next_try_id"), "deliveries", ["state", "next_try", "id"], unique=False)
    op.create_table(
        "links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("hint", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'fetched', 'failed')", name=op.f("ck_links_state")),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_links_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("url", name=op.f("uq_links_url")),
    )
    op.create_index(op.f("ix_links_source_state"), "links", ["source", "state"], unique=False)
    op.create_index(op.f("ix_links_state_next_try_id"), "links", ["state", "next_try", "id"], unique=False)
    op.create_table(
        "polls",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("new_links", sa.Integer(), nullable=False),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_new_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_polls_source")),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_polls")),
    )
    op.create_index(op.f("ix_polls_next_due"), "polls", ["next_due"], unique=False)
    op.create_table(
        "rejections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("subject", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("later", sa.Boolean(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_rejections_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejections")),
        sa.UniqueConstraint("stage", "subject", "url", "reason", name=op.f("uq_rejections_stage_subject_url_reason")),
    )
    op.create_index(op.f("ix_rejections_last_seen_at_id"), "rejections", ["last_seen_at", "id"], unique=False)
    op.create_index(op.f("ix_rejections_source_last_seen_at"), "rejections", ["source", "last_seen_at"], unique=False)
    op.create_table(
        "summaries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trend", sa.Integer(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["theme"], ["themes.key"], name=op.f("fk_summaries_theme")),
        sa.ForeignKeyConstraint(["trend"], ["trends.id"], name=op.f("fk_summaries_trend")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summaries")),
    )
    op.create_index(op.f("ix_summaries_theme"), "summaries", ["theme"], unique=False)
    op.create_index(
        "uq_summaries_live",
        "summaries",
        ["trend", "language"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "pages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("requested", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["link"], ["links.id"], name=op.f("fk_pages_link")),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_pages_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
        sa.UniqueConstraint("link", name=op.f("uq_pages_link")),
    )
    op.create_index(op.f("ix_pages_source"), "pages", ["source"], unique=False)
    op.create_table(
        "summary_sentences",
        sa.Column("summary", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["summary"], ["summaries.id"], name=op.f("fk_summary_sentences_summary")),
        sa.PrimaryKeyConstraint("summary", "position", name=op.f("pk_summary_sentences")),
    )
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("precision", sa.Text(), nullable=False),
        sa.Column("published_from", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("extracted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("precision IN ('time', 'day', 'none')", name=op.f("ck_articles_precision")),
        sa.ForeignKeyConstraint(["page"], ["pages.id"], name=op.f("fk_articles_page")),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_articles_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("page", name=op.f("uq_articles_page")),
        sa.UniqueConstraint("url", name=op.f("uq_articles_url")),
    )
    op.create_index(op.f("ix_articles_day"), "articles", ["day"], unique=False)
    op.create_index(op.f("ix_articles_order_at_id"), "articles", ["order_at", "id"], unique=False)
    op.create_index(op.f("ix_articles_source_day"), "articles", ["source", "day"], unique=False)
    op.create_table(
        "annotations",
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("dimensions", sa.Integer(), nullable=False),
        sa.Column("sentences", sa.JSON(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_annotations_article")),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_annotations")),
    )
    op.create_table(
        "article_conferences",
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("how IN ('session', 'coverage')", name=op.f("ck_article_conferences_how")),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_article_conferences_article")),
        sa.ForeignKeyConstraint(["conference"], ["conferences.key"], name=op.f("fk_article_conferences_conference")),
        sa.PrimaryKeyConstraint("article", "conference", name=op.f("pk_article_conferences")),
    )
    op.create_index(
        op.f("ix_article_conferences_conference_article"),
        "article_conferences",
        ["conference", "article"],
        unique=False,
    )
    op.create_table(
        "copies",
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_copies_article")),
        sa.ForeignKeyConstraint(["origin"], ["articles.id"], name=op.f("fk_copies_origin")),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_copies")),
    )
    op.create_index(op.f("ix_copies_origin"), "copies", ["origin"], unique=False)
    op.create_table(
        "fingerprint_bands",
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_fingerprint_bands_article")),
        sa.PrimaryKeyConstraint("article", "position", name=op.f("pk_fingerprint_bands")),
    )
    op.create_index(op.f("ix_fingerprint_bands_value_article"), "fingerprint_bands", ["value", "article"], unique=False)
    op.create_table(
        "mentions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article", sa.Integer(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("start_offset", sa.Integer(), nullable=False),
        sa.Column("end_offset", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_mentions_article")),
        sa.ForeignKeyConstraint(["entity"], ["entities.key"], name=op.f("fk_mentions_entity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentions")),
    )
    op.create_index(op.f("ix_mentions_article"), "mentions", ["article"], unique=False)
    op.create_index(op.f("ix_mentions_entity_article"), "mentions", ["entity", "article"], unique=False)
    op.create_table(
        "quotes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article", sa.Integer(), nullable=False),
        sa.Column("start_offset", sa.Integer(), nullable=False),
        sa.Column("end_offset", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("direct", sa.Boolean(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=True),
        sa.Column("speaker_field", sa.Text(), nullable=True),
        sa.Column("speaker_start", sa.Integer(), nullable=True),
        sa.Column("speaker_end", sa.Integer(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_quotes_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
    )
    op.create_index(op.f("ix_quotes_article_start_offset"), "quotes", ["article", "start_offset"], unique=False)
    op.create_index(op.f("ix_quotes_speaker"), "quotes", ["speaker"], unique=False)
    op.create_table(
        "stories",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("first_article", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("voices", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["first_article"], ["articles.id"], name=op.f("fk_stories_first_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
    )
    op.create_index(op.f("ix_stories_day"), "stories", ["day"], unique=False)
    op.create_index(op.f("ix_stories_first_article"), "stories", ["first_article"], unique=False)
    op.create_index(op.f("ix_stories_last_at"), "stories", ["last_at"], unique=False)
    op.create_table(
        "summary_sources",
        sa.Column("summary", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_summary_sources_article")),
        sa.ForeignKeyConstraint(
            ["summary", "position"],
            ["summary_sentences.summary", "summary_sentences.position"],
            name=op.f("fk_summary_sources_summary_position"),
        ),
        sa.PrimaryKeyConstraint("summary", "position", "article", name=op.f("pk_summary_sources")),
    )
    op.create_index(op.f("ix_summary_sources_article"), "summary_sources", ["article"], unique=False)
    op.create_table(
        "taggings",
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tagger", sa.Text(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_taggings_article")),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_taggings")),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article", sa.Integer(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("stance", sa.Text(), nullable=False),
        sa.Column("tagger", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("stance IN ('asserts', 'disputes', 'reports')", name=op.f("ck_tags_stance")),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_tags_article")),
        sa.ForeignKeyConstraint(["theme"], ["themes.key"], name=op.f("fk_tags_theme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
    )
    op.create_index(
        op.f("ix_tags_theme_superseded_at_article"), "tags", ["theme", "superseded_at", "article"], unique=False
    )
    op.create_index(
        "uq_tags_live",
        "tags",
        ["article", "theme"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "digest_stories",
        sa.Column("digest", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("story", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("new", sa.Boolean(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["digests.id"], name=op.f("fk_digest_stories_digest")),
        sa.ForeignKeyConstraint(["story"], ["stories.id"], name=op.f("fk_digest_stories_story")),
        sa.ForeignKeyConstraint(["theme"], ["themes.key"], name=op.f("fk_digest_stories_theme")),
        sa.PrimaryKeyConstraint("digest", "theme", "story", name=op.f("pk_digest_stories")),
    )
    op.create_index(op.f("ix_digest_stories_story"), "digest_stories", ["story"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("tag", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("start_offset", sa.Integer(), nullable=False),
        sa.Column("end_offset", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tag"], ["tags.id"], name=op.f("fk_evidence_tag")),
        sa.PrimaryKeyConstraint("tag", "position", name=op.f("pk_evidence")),
    )
    op.create_table(
        "story_articles",
        sa.Column("article", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("story", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_story_articles_article")),
        sa.ForeignKeyConstraint(["story"], ["stories.id"], name=op.f("fk_story_articles_story")),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_story_articles")),
    )
    op.create_index(op.f("ix_story_articles_story_article"), "story_articles", ["story", "article"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_story_articles_story_article"), table_name="story_articles")
    op.drop_table("story_articles")
    op.drop_table("evidence")
    op.drop_index(op.f("ix_digest_stories_story"), table_name="digest_stories")
    op.drop_table("digest_stories")
    op.drop_index(
        "uq_tags_live",
        table_name="tags",
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.drop_index(op.f("ix_tags_theme_superseded_at_article"), table_name="tags")
    op.drop_table("tags")
    op.drop_table("taggings")
    op.drop_index(op.f("ix_summary_sources_article"), table_name="summary_sources")
    op.drop_table("summary_sources")
    op.drop_index(op.f("ix_stories_last_at"), table_name="stories")
    op.drop_index(op.f("ix_stories_first_article"), table_name="stories")
    op.drop_index(op.f("ix_stories_day"), table_name="stories")
    op.drop_table("stories")
    op.drop_index(op.f("ix_quotes_speaker"), table_name="quotes")
    op.drop_index(op.f("ix_quotes_article_start_offset"), table_name="quotes")
    op.drop_table("quotes")
    op.drop_index(op.f("ix_mentions_entity_article"), table_name="mentions")
    op.drop_index(op.f("ix_mentions_article"), table_name="mentions")
    op.drop_table("mentions")
    op.drop_index(op.f("ix_fingerprint_bands_value_article"), table_name="fingerprint_bands")
    op.drop_table("fingerprint_bands")
    op.drop_index(op.f("ix_copies_origin"), table_name="copies")
    op.drop_table("copies")
    op.drop_index(op.f("ix_article_conferences_conference_article"), table_name="article_conferences")
    op.drop_table("article_conferences")
    op.drop_table("annotations")
    op.drop_index(op.f("ix_articles_source_day"), table_name="articles")
    op.drop_index(op.f("ix_articles_order_at_id"), table_name="articles")
    op.drop_index(op.f("ix_articles_day"), table_name="articles")
    op.drop_table("articles")
    op.drop_table("summary_sentences")
    op.drop_index(op.f("ix_pages_source"), table_name="pages")
    op.drop_table("pages")
    op.drop_index(
        "uq_summaries_live",
        table_name="summaries",
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.drop_index(op.f("ix_summaries_theme"), table_name="summaries")
    op.drop_table("summaries")
    op.drop_index(op.f("ix_rejections_source_last_seen_at"), table_name="rejections")
    op.drop_index(op.f("ix_rejections_last_seen_at_id"), table_name="rejections")
    op.drop_table("rejections")
    op.drop_index(op.f("ix_polls_next_due"), table_name="polls")
    op.drop_table("polls")
    op.drop_index(op.f("ix_links_state_next_try_id"), table_name="links")
    op.drop_index(op.f("ix_links_source_state"), table_name="links")
    op.drop_table("links")
    op.drop_index(op.f("ix_deliveries_state_next_try_id"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index(
        "uq_trends_live",
        table_name="trends",
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.drop_index(op.f("ix_trends_superseded_at_end_day"), table_name="trends")
    op.drop_table("trends")
    op.drop_index(op.f("ix_sources_conference"), table_name="sources")
    op.drop_table("sources")
    op.drop_index(
        "uq_series_live",
        table_name="series",
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.drop_table("series")
    op.drop_index(op.f("ix_digests_subscriber_computed_at"), table_name="digests")
    op.drop_table("digests")
    op.drop_table("themes")
    op.drop_table("subscribers")
    op.drop_index(op.f("ix_runs_stage_id"), table_name="runs")
    op.drop_table("runs")
    op.drop_table("leases")
    op.drop_table("entities")
    op.drop_index(op.f("ix_done_stage_version_order_at_subject"), table_name="done")
    op.drop_table("done")
    op.drop_table("conferences")
