"""Tables of what people decided about stories: split, merged, undone. Rows are only ever added. No reading or writing."""

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Float, Index, Integer, Table, Text

from pipeline.store.columns import metadata, one_of, reference, required, time

story_decisions = Table(
    "story_decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    required("kind", Text),
    reference("story", "stories.id", index=True),
    reference("target", "stories.id", index=True),
    reference("undoes", "story_decisions.id", nullable=True, unique=True),
    required("made_by", Text),
    required("note", Text),
    time("made_at"),
    one_of("kind", ("split", "merge", "undo")),
)
story_merges = Table(
    "story_merges",
    metadata,
    reference("decision", "story_decisions.id", primary_key=True, autoincrement=False),
    reference("story", "stories.id", primary_key=True, autoincrement=False, index=True),
)
# The articles that a decision was about, those that stayed where they were as well, with what was said of each before.
story_moves = Table(
    "story_moves",
    metadata,
    reference("decision", "story_decisions.id", primary_key=True, autoincrement=False),
    reference("article", "articles.id", primary_key=True, autoincrement=False),
    reference("from_story", "stories.id"),
    reference("to_story", "stories.id"),
    reference("follows", "articles.id", nullable=True),
    required("score", Float),
    required("reason", Text),
    required("opened", Boolean),
    Column("weighing", sa.JSON(none_as_null=True)),
    Index(None, "article", "decision"),
    Index(None, "from_story"),
    Index(None, "to_story"),
)
