"""Text -> Question: which SQL a person means, and within which limits. Nothing is asked here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import QuestionError
from pipeline.model import Question

if TYPE_CHECKING:
    from collections.abc import Mapping


def question(sql: str | None, saved: str | None, queries: Mapping[str, str], *, rows: int, seconds: float) -> Question:
    """Return the question that was typed or saved. Raises QuestionError where there is none, or two."""
    if bool(sql) == bool(saved):
        raise QuestionError("give either SQL or --saved NAME; docs/database.md has ten questions to start from")
    if saved:
        if saved not in queries:
            known = ", ".join(queries) or "none"
            raise QuestionError(f"no query is saved as {saved!r}; [queries] in tideline.toml holds: {known}")
        sql = queries[saved]
    return Question(str(sql), rows=rows, seconds=seconds)
