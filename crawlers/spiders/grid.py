"""Agendas in tables -> sessions: rows are times, columns are what their headings say, or rooms side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawlers.spiders import scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml.etree import _Element as Element

    from crawlers.spiders.agenda import Slot
    from crawlers.spiders.lines import Line
    from pipeline.model import Session

COLUMNS = {
    "time": re.compile(r"^(time|when|hours?|hora(rio)?|cuándo|zeit|uhrzeit|heure|horaire|start)\b", re.IGNORECASE),
    "room": re.compile(r"^(rooms?|location|where|venue|stage|track|sala|lugar|raum|ort|salle|lieu)\s*$", re.IGNORECASE),
    "people": re.compile(r"^(speakers?|presenters?|who|ponentes?|quién|oradore?s?|referent\w*|sprecher\w*|intervenants?)\b", re.IGNORECASE),
    "title": re.compile(r"^(sessions?|titles?|talks?|topic|what|sesi[oó]n|título|charla|ponencia|vortrag|titel|thema|titre|sujet|event|activity|actividad)\b", re.IGNORECASE),
}  # fmt: skip
ROWS = 2_000
TABLES = 500


@dataclass(frozen=True, slots=True)
class Table:
    """A table that holds an agenda: its cells in rows, and what each column is."""

    rows: list[list[tuple[Element, int]]]  # cells with the columns they span, spans over rows filled in
    headings: list[str]
    lines: list[Line]
    of_cell: dict[int, list[Line]]


def tables(root: Element, every: Sequence[Line]) -> list[Table]:
    """Return the innermost tables that have two rows and columns at least."""
    found = []
    of_table: dict[Element, list[Line]] = {}
    for line in every:
        table = next((e for e in line.element.iterancestors() if e.tag == "table"), None)
        if table is not None:
            of_table.setdefault(table, []).append(line)
    for table in root.xpath("//table[not(.//table)]")[:TABLES]:
        own = of_table.get(table, [])
        rows = _rows(table)
        if len(rows) >= 2 and max(len(row) for row in rows) >= 2 and own:
            found.append(Table(rows, _headings(rows), own, _by_cell(own)))
    return found


def _rows(table: Element) -> list[list[tuple[Element, int]]]:
    rows: list[list[tuple[Element, int]]] = []
    held: dict[int, tuple[Element, int, int]] = {}  # column -> cell, columns, rows left
    for row in table.xpath(".//tr")[:ROWS]:
        cells: list[tuple[Element, int]] = []
        column = 0
        for cell in [c for c in row if c.tag in ("td", "th")]:
            column = _fill(cells, held, column)
            wide, high = _number(cell, "colspan"), _number(cell, "rowspan")
            cells.append((cell, wide))
            if high > 1:
                held[column] = (cell, wide, high)
            column += wide
        _fill(cells, held, column)
        held = {at: (cell, wide, left - 1) for at, (cell, wide, left) in held.items() if left > 1}
        rows.append(cells)
    return rows


def _fill(cells: list[tuple[Element, int]], held: Mapping[int, tuple[Element, int, int]], column: int) -> int:
    while column in held and not any(cell is held[column][0] for cell, _ in cells):
        cells.append(held[column][:2])
        column += held[column][1]
    return column


def _number(cell: Element, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value), 1), 50) if value.isdecimal() else 1


def _headings(rows: list[list[tuple[Element, int]]]) -> list[str]:
    """Return the headings by column, from the first row that has headings only, or whose first cell is "Time"."""
    for row in rows[:3]:
        texts = [" ".join(cell.text_content().split()) for cell, _ in row]
        whole = all(cell.tag == "th" for cell, _ in row) and len(row) > 1
        if whole or (len(row) > 1 and texts and COLUMNS["time"].match(texts[0])):
            return [text for text, (_, wide) in zip(texts, row, strict=True) for _ in range(wide)]
    return []


def _by_cell(lines: Sequence[Line]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = {}
    for line in lines:
        cell = next((e for e in (line.element, *line.element.iterancestors()) if e.tag in ("td", "th")), None)
        if cell is not None:
            found.setdefault(id(cell), []).append(line)
    return found


def sessions(table: Table, slots: Mapping[int, Slot], base: str) -> Iterator[Session]:
    """Yield the sessions of a table; ``slots`` are the page's times by the element that tells them."""
    for row in table.rows:
        slot, timed = _slot_of(table, row, slots)
        if slot is None:
            continue
        cells = [(n, cell, wide) for n, (cell, wide) in _placed(row) if cell is not timed]
        kinds = {n: _kind(table, n) for n, _, _ in cells}
        if _is_grid(table, cells, kinds):
            for n, cell, wide in cells:
                room = table.headings[n] if n < len(table.headings) and wide == 1 else None
                yield from scope.sessions(table.of_cell.get(id(cell), []), slot.start, slot.end, "", base, room)
        else:
            yield from _one(table, cells, kinds, slot, base)


def _placed(row: Sequence[tuple[Element, int]]) -> Iterator[tuple[int, tuple[Element, int]]]:
    column = 0
    for cell, wide in row:
        yield column, (cell, wide)
        column += wide


def _slot_of(
    table: Table, row: Sequence[tuple[Element, int]], slots: Mapping[int, Slot]
) -> tuple[Slot | None, Element | None]:
    for cell, _ in row:
        for line in table.of_cell.get(id(cell), []):
            if id(line.element) in slots:
                alone = len(table.of_cell[id(cell)]) == 1
                return slots[id(line.element)], cell if alone else None
    return None, None


def _kind(table: Table, column: int) -> str | None:
    text = table.headings[column] if column < len(table.headings) else ""
    return next((kind for kind, pattern in COLUMNS.items() if pattern.match(text)), None)


def _is_grid(table: Table, cells: Sequence[tuple[int, Element, int]], kinds: Mapping[int, str | None]) -> bool:
    """Tell whether the columns are rooms side by side: headings that name no part of a session."""
    return (
        bool(table.headings) and not any(kind in ("title", "people", "room") for kind in kinds.values()) and bool(cells)
    )


def _one(
    table: Table, cells: Sequence[tuple[int, Element, int]], kinds: Mapping[int, str | None], slot: Slot, base: str
) -> Iterator[Session]:
    """Yield the session of a row whose columns are its parts."""
    room = next((_text(cell) for n, cell, _ in cells if kinds[n] == "room" and _text(cell)), None)
    title_first = sorted(cells, key=lambda c: {"title": 0, None: 1, "people": 2}.get(kinds[c[0]], 3))
    lines = [
        line
        for n, cell, _ in title_first
        if kinds[n] not in ("room", "time")
        for line in table.of_cell.get(id(cell), [])
    ]
    yield from scope.sessions(lines, slot.start, slot.end, slot.rest, base, room)


def _text(cell: Element) -> str:
    return " ".join(cell.text_content().split())
