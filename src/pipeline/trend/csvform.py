"""The form in which a series comes in and its shape goes out for ``tideline trends --series``.

Text to values and values to plain data; files and streams belong to the caller.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.model import Shape

COLUMNS = ("date", "value")


def read_csv(text: str) -> tuple[list[str], list[float | None]]:
    """Read dates and values of a CSV with the columns ``date,value``; an empty value is a gap.

    Raises ValueError that names the line (the header is line 1).
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    dates: list[str] = []
    values: list[float | None] = []
    try:
        where = _places(next(rows, []))
        for row in rows:
            if row:
                dates.append(_cell(row, where[0], rows.line_num))
                values.append(_number(_cell(row, where[1], rows.line_num), rows.line_num))
    except csv.Error as error:
        raise ValueError(f"line {rows.line_num}: {error}") from None
    if not dates:
        raise ValueError("line 2: no data after the header")
    return dates, values


def as_line(shape: Shape) -> dict[str, list[dict[str, object]]]:
    """Give the shape as plain data, ready for JSON: changepoints, bursts, points."""
    return {
        "changepoints": [dataclasses.asdict(c) for c in shape.changepoints],
        "bursts": [dataclasses.asdict(b) for b in shape.bursts],
        "points": [dataclasses.asdict(p) for p in shape.points],
    }


def _places(header: list[str]) -> tuple[int, int]:
    names = [name.strip().lower() for name in header]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ValueError(f"line 1: no column {' and '.join(missing)}; the header must be date,value")
    return names.index("date"), names.index("value")


def _cell(row: list[str], place: int, line: int) -> str:
    if place >= len(row):
        raise ValueError(f"line {line}: {len(row)} column{'' if len(row) == 1 else 's'} where date,value was expected")
    return row[place].strip()


def _number(text: str, line: int) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"line {line}: value is not a number: {text[:40]!r}") from None
    if not math.isfinite(number):
        raise ValueError(f"line {line}: value is not finite: {text[:40]!r}")
    return number
