"""The command ``tideline conferences``: editions with their coverage, one edition whole, and the import of lists."""

from __future__ import annotations

import json
import sys
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline import terminal
from pipeline.errors import SettingError
from pipeline.options import common, output
from pipeline.wiring import opened, opened_with_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.conferences import Row
    from pipeline.config import Config
    from pipeline.store import Store

BATCH = 500  # editions a transaction
COMPLAINTS = 20  # bad lines that are named
LARGEST = 200_000_000  # bytes of a list
LISTED = {
    "key": "Edition", "name": "Name", "days": "Days", "place": "Place", "sessions": "Sessions", "speakers": "Speakers",
    "articles": "Articles", "stories": "Stories", "voices": "Voices",
}  # fmt: skip


class Conferences(click.Group):
    """A command that lists, with two commands below it."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say that the commands below are no must."""
        formatter.write_usage(ctx.command_path, "[OPTIONS] [show KEY | import FILE]")


@click.group(
    cls=Conferences,
    invoke_without_command=True,
    epilog="Example: tideline conferences --year 2026 --topic data --limit 10",
)
@click.option("--topic", help="Only editions with this topic of an imported list.")
@click.option("--year", type=int, help="Only editions of this year.")
@click.option("--conference", help="Only editions of the conference with this key.")
@click.option("--upcoming", is_flag=True, help="Only what is on today or later, the next first.")
@click.option("--covered", is_flag=True, help="Only editions that articles belong to.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=30, show_default=True, help="Rows at most.")
@output
@common
def conferences(
    config: Config,
    topic: str | None,
    year: int | None,
    conference: str | None,
    upcoming: bool,
    covered: bool,
    limit: int,
    form: str,
) -> None:
    """Editions of conferences: dates, place, sessions, speakers, and the articles, stories and voices on each."""
    if click.get_current_context().invoked_subcommand:
        return
    from pipeline.store import conference_answers

    since = datetime.now(UTC).date() if upcoming else None
    with opened(config) as store:
        rows = conference_answers.editions(
            store, conference=conference, year=year, topic=topic, since=since, covered=covered, limit=limit
        )
    shown = [{**row, "days": _days(row), "place": _place(row)} for row in rows] if form == "table" else rows
    terminal.emit(shown, LISTED, form=form)
    if not rows:
        click.echo("no editions; sources of the way conference bring them, and `tideline conferences import`", err=True)


def _days(row: Mapping[str, Any]) -> str:
    start, end = row["start_day"], row["end_day"]
    if start is None:
        return "-"
    return f"{start}" if end in (None, start) else f"{start} – {end:%m-%d}"


def _place(row: Mapping[str, Any]) -> str:
    place = ", ".join(part for part in (row["city"], row["country"]) if part)
    return place or ("online" if row["online"] else "-")


# ------------------------------------------------------------------ one edition
@conferences.command("show", epilog="Example: tideline conferences show boxworks-2026")
@click.argument("key")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Rows of each list at most."
)
@output
@common
def show(config: Config, key: str, limit: int, form: str) -> None:
    """One edition: agenda, speakers and coverage. KEY is an edition's, or a conference's for its newest edition."""
    from pipeline.store import conference_answers

    with opened(config) as store:
        found = conference_answers.edition(store, key, limit=limit)
    if found is None:
        raise SettingError(f"no edition {key!r}; `tideline conferences` lists them")
    if form != "table":
        terminal.emit([found] if form == "json" else found["agenda"], {}, form=form)
        return
    click.echo(terminal.clean(f"{found['name']} · {_days(found)} · {_place(found)}"))
    click.echo(terminal.clean(f"{found['key']} · {found['url'] or 'no address'}\n"))
    agenda = [{**row, "time": _time(row)} for row in found["agenda"]]
    terminal.emit(agenda, {"time": "Time", "room": "Room", "title": "Session", "who": "Speakers"}, title="Agenda")
    people = {"name": "Speaker", "affiliation": "Affiliation", "role": "Role", "sessions": "Sessions"}
    terminal.emit(found["people"], people, title="\nSpeakers")
    coverage = {"day": "Day", "how": "How", "score": "Score", "source": "Source", "title": "Article", "why": "Why"}
    terminal.emit(found["coverage"], coverage, title="\nCoverage")


def _time(row: Mapping[str, Any]) -> str:
    """Return when a session begins and ends, on the clocks of its place."""
    start, end, offset = row["start_at"], row["end_at"], timedelta(minutes=row["utc_offset"] or 0)
    if start is None:
        return "-"
    return f"{start + offset:%Y-%m-%d %H:%M}" + (f"–{end + offset:%H:%M}" if end else "")


# ------------------------------------------------------------------ import
@conferences.command("import", epilog="Example: tideline conferences import conferences.jsonl")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@common
def import_(config: Config, file: Path) -> None:
    """Take in a list of editions: JSON Lines, TOML ([[edition]]) or iCalendar. A second time adds nothing.

    Fields: name and startDate; endDate, city, country, url, online, topic or topics where known.
    """
    from pipeline.conferences import grouped
    from pipeline.store.work_editions import catalogue_names

    quiet = click.get_current_context().params["quiet"]
    rows, complaints = _read(file)
    with opened_with_catalogue(config) as store:
        editions = grouped(rows, catalogue_names(store))
        counts = _save(store, editions, quiet=quiet)
    for line in complaints[:COMPLAINTS]:
        click.echo(f"tideline: {file}: {line}", err=True)
    if not quiet:
        click.echo(
            f"{len(rows)} rows are {len(editions)} editions: {counts['new']} new, {counts['changed']} changed, "
            f"{counts['same']} known; {counts['conferences']} new conferences; {len(complaints)} rows refused"
        )
    if complaints:
        sys.exit(1)


def _save(store: Store, editions: Sequence[Row], *, quiet: bool) -> Mapping[str, int]:
    from collections import Counter

    from pipeline.store import work

    counts: Counter[str] = Counter()
    with terminal.progress_bars(quiet=quiet) as progress:
        for start in range(0, len(editions), BATCH):
            counts += work.import_editions(store, editions[start : start + BATCH], now=datetime.now(UTC))
            progress("import", min(start + BATCH, len(editions)), len(editions))
    return counts


def _read(file: Path) -> tuple[list[Row], list[str]]:
    """Return the rows of a list, and what is wrong with the others, by number."""
    from pipeline.conferences import row_of

    try:
        if file.stat().st_size > LARGEST:
            raise SettingError(f"{file}: larger than {LARGEST // 1_000_000} MB")
        body = file.read_bytes()
    except OSError as error:
        raise SettingError(f"{file}: {error.strerror}") from None
    if file.suffix == ".ics" or body[:200].upper().lstrip().startswith(b"BEGIN:VCALENDAR"):
        return _calendar(file, body)
    rows: list[Row] = []
    complaints: list[str] = []
    for place, fields in _toml(file, body) if file.suffix == ".toml" else _lines(body):
        row = row_of(fields) if not isinstance(fields, _Broken) else str(fields)
        if isinstance(row, str):
            complaints.append(f"{place}: {row}")
        else:
            rows.append(row)
    return rows, complaints


class _Broken(str):
    """What is wrong with a line that can't be parsed."""

    __slots__ = ()


def _lines(body: bytes) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(body.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield f"line {number}", json.loads(line)
        except (ValueError, RecursionError) as error:
            yield f"line {number}", _Broken(f"no JSON: {error}")


def _toml(file: Path, body: bytes) -> Iterator[tuple[str, object]]:
    try:
        tables = tomllib.loads(body.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{file}: not valid TOML: {error}") from None
    for name, value in tables.items():
        for number, table in enumerate(value if isinstance(value, list) else [value], start=1):
            plain = (
                {k: str(v) if isinstance(v, date) else v for k, v in table.items()}
                if isinstance(table, dict)
                else table
            )
            yield f"[{name}] number {number}", plain


def _calendar(file: Path, body: bytes) -> tuple[list[Row], list[str]]:
    """Take the editions of a calendar, each with its sessions."""
    from pipeline.conferences import Row, read_calendar

    reading = read_calendar(body, conference=file.stem)
    rows = [Row(reading.name or edition.name, edition) for edition in reading.editions if edition.start]
    return rows, list(reading.faults)
