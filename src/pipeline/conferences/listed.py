"""Lists of conferences (rows of JSON Lines or TOML) -> editions: which rows are one, and what is wrong with a row.

Rows with the same name and first day are one edition: lists repeat an edition under each of its topics. Topics and
places are joined; of all else the first row that tells it counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.conferences import days
from pipeline.conferences.names import slug, words_key
from pipeline.model import Edition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

LONGEST = 300  # characters of a name
YEARS = re.compile(r"[\s,'’-]*\b(19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: the conference's name and its edition."""

    name: str
    edition: Edition


def row_of(fields: object) -> Row | str:
    """Read one row; text where it is none: what is wrong with it."""
    if not isinstance(fields, dict):
        return "an object is wanted"
    name = fields.get("name")
    if not isinstance(name, str) or not re.search(r"\w", name):
        return "name is missing"
    if len(name) > LONGEST:
        return f"name is longer than {LONGEST} characters"
    start, end = _day(fields, "startDate", "start"), _day(fields, "endDate", "end")
    if isinstance(start, str) or isinstance(end, str):
        return start if isinstance(start, str) else str(end)
    if start is None:
        return "startDate is missing"
    if end is not None and end < start:
        return f"endDate {end} lies before startDate {start}"
    return Row(" ".join(name.split()), _edition(fields, " ".join(name.split()), start, end))


def _day(fields: Mapping[str, Any], *names: str) -> date | str | None:
    value = next((fields[name] for name in names if fields.get(name)), None)
    if value is None:
        return None
    _, day = days.moment(str(value)) if days.ISO.match(str(value)) else (None, None)
    return day or f"{names[0]}: {value!r} is no day such as 2026-09-15"


def _edition(fields: Mapping[str, Any], name: str, start: date, end: date | None) -> Edition:
    topics = fields.get("topics") if isinstance(fields.get("topics"), list) else [fields.get("topic")]
    titled = name if str(start.year) in name else f"{name} {start.year}"
    return Edition(
        conference="",
        name=titled,
        start=start,
        end=end or start,
        city=_text(fields, "city"),
        country=_text(fields, "country"),
        url=_text(fields, "url"),
        online=fields.get("online") is True,
        topics=tuple(str(t).strip() for t in topics or () if isinstance(t, str) and t.strip()),
    )


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return " ".join(value.split())[:LONGEST] or None if isinstance(value, str) else None


def grouped(rows: Iterable[Row], known: Mapping[str, str]) -> list[Row]:
    """Join rows of one edition, and give each its conference's key: that of ``known`` names, else made of its name.

    ``known`` maps names and aliases in the form of ``words_key`` to keys of conferences that are followed.
    """
    found: dict[tuple[str, date | None], Row] = {}
    for row in rows:
        mark = (row.name.casefold(), row.edition.start)
        before = found.get(mark)
        if before is None:
            bare = YEARS.sub("", row.name).strip() or row.name
            key = known.get(words_key(bare)) or known.get(words_key(row.name)) or slug(bare)
            found[mark] = Row(bare, replace(row.edition, conference=key))
        else:
            found[mark] = Row(before.name, _joined(before.edition, row.edition))
    return list(found.values())


def _joined(one: Edition, other: Edition) -> Edition:
    return replace(
        one,
        end=max(d for d in (one.end, other.end) if d),
        city=_both(one.city, other.city),
        country=_both(one.country, other.country),
        url=one.url or other.url,
        online=one.online or other.online,
        topics=tuple(dict.fromkeys((*one.topics, *other.topics))),
    )


def _both(one: str | None, other: str | None) -> str | None:
    parts = [part for text in (one, other) if text for part in text.split("; ")]
    return "; ".join(dict.fromkeys(parts)) or None
