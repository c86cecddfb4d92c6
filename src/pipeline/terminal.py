"""EDGE: what a person sees in a terminal: tables, JSON, CSV, sparklines and progress bars.

One data, several faces: a command computes rows once, ``emit`` renders them. All text is cleaned of control
characters, since it comes from strangers' pages.
"""

from __future__ import annotations

import csv
import json
import sys
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipeline.outputs.text import safe_text, sparkline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Row = Mapping[str, Any]

PIPED = 150  # columns of a table that goes into a pipe or a file

__all__ = ["clean", "emit", "progress_bars", "sparkline"]


def clean(text: str) -> str:
    """Return text without what would move the cursor or reorder the line."""
    return safe_text(text)


def emit(rows: Sequence[Row], columns: Mapping[str, str], *, form: str = "table", title: str = "") -> None:
    """Print rows as a table, as JSON or as CSV; ``columns`` maps a row's keys to headings, in order."""
    if form == "json":
        sys.stdout.write(json.dumps([dict(row) for row in rows], ensure_ascii=False, default=_plain, indent=1) + "\n")
    elif form == "csv":
        writer = csv.writer(sys.stdout)
        keys = list(rows[0]) if rows else list(columns)
        writer.writerow(keys)
        writer.writerows([_cell(row.get(key)) for key in keys] for row in rows)
    else:
        _print_table(rows, columns, title)


def _print_table(rows: Sequence[Row], columns: Mapping[str, str], title: str) -> None:
    table = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for key, heading in columns.items():
        numbers = any(isinstance(row.get(key), (int, float)) for row in rows)
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(_shown(row.get(key))) for key in columns))
    terminal = Console().is_terminal
    Console(highlight=False, width=None if terminal else PIPED).print(table)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, (list, tuple)):
        return safe_text(", ".join(str(x) for x in value))
    return safe_text(str(value))


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, (datetime, date)) else str(value)


def _cell(value: object) -> str:
    """Return one CSV cell; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    text = _shown(value) if isinstance(value, (list, tuple)) else safe_text(str(_plain(value)))
    return "'" + text if text.lstrip(" \ufeff'\"").startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _lines(console: Console) -> Callable[[str, int, int], None]:
    """Say each stage once it is through; where there is no terminal, bars would only fill a log."""
    said: set[str] = set()

    def progress(stage: str, done: int, total: int) -> None:
        if done >= total and total and stage not in said:
            said.add(stage)
            console.print(f"{stage:<10} {done}", highlight=False)

    return progress


@contextmanager
def progress_bars(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Yield ``progress(stage, done, total)`` that draws one bar a stage; on no terminal, nothing is drawn."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield (lambda *_: None) if quiet else _lines(console)
        return
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=None, count="")
            most = max(total, done)
            said = f"{done}/{most}" if most else "nothing new"
            bars.update(tasks[stage], completed=done if most else 1, total=most or 1, count=said)

        yield progress
