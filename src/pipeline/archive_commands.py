"""The groups ``import`` and ``export``: WARC files into the store, and what was fetched out of it.

The import runs as a process of ``crawlers``, like every crawl; the export reads the store and writes one file.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from pipeline import __version__, terminal
from pipeline.options import common
from pipeline.wiring import opened, opened_with_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.config import Config
    from pipeline.store import Store

KIB = 1_024
BATCH = 20  # pages in memory at once; each may be as large as crawl.max_bytes
WORDS = {
    "pages": "pages taken in",
    "known": "pages known already",
    "records": "records read",
    "files": "files",
    "files known": "files read before, and unchanged",
    "no source": "pages of hosts that are no source",
    "other hosts": "pages of hosts not asked for",
    "other days": "pages of days not asked for",
    "other statuses": "answers that are no page",
    "other types": "answers that are not HTML",
    "other records": "records of other kinds",
    "rejected": "broken or refused records",
}
DAY = click.DateTime(["%Y-%m-%d"])


def register(group: click.Group) -> None:
    """Add both groups to the command line."""
    group.add_command(take_in)
    group.add_command(give_out)


def _days(command: Callable[..., Any]) -> Callable[..., Any]:
    since = click.option("--since", type=DAY, metavar="DAY", help="Only pages fetched on this day or later (UTC).")
    until = click.option("--until", type=DAY, metavar="DAY", help="Only pages fetched before or on this day (UTC).")
    return since(until(command))


# ------------------------------------------------------------------ import
@click.group("import", epilog="Example: tideline import warc CC-NEWS-20240506.warc.gz")
def take_in() -> None:
    """Take in what others have collected."""


@take_in.command("warc", epilog="Example: tideline import warc archives/ --since 2024-01-01 --host ledger.example")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--source", metavar="KEY", help="The source of every page, instead of the one that its host belongs to.")
@click.option("--host", "hosts", multiple=True, metavar="HOST", help="Only pages of this host and those below it.")
@_days
@common
def import_warc(
    config: Config, paths: Sequence[Path], source: str | None, hosts: Sequence[str], since: datetime | None,
    until: datetime | None,
) -> None:  # fmt: skip
    """WARC files, or folders of them, into the store; goes on where it was stopped, takes no page twice."""
    from pipeline import engine

    quiet = click.get_current_context().params["quiet"]
    with opened_with_catalogue(config):
        pass  # the crawler's process asks the database whose a page is
    arguments = [x for path in paths for x in ("--archive", str(path.resolve()))]
    arguments += [x for host in hosts for x in ("--host", host)]
    for name, value in (("--source", source), ("--since", _iso(since)), ("--until", _iso(until))):
        arguments += [name, value] if value else []
    with terminal.progress_bars(quiet=quiet) as progress:
        told = lambda done, total: progress("KiB read", done // KIB, -(-total // KIB))  # noqa: E731
        counts = engine.crawl(config, told, arguments)
    if not quiet:
        _tell(counts)


def _iso(day: datetime | None) -> str | None:
    return day.date().isoformat() if day else None


def _tell(counts: dict[str, int]) -> None:
    rows = [
        {"what": said, "n": counts.get(name, 0)} for name, said in WORDS.items() if counts.get(name) or name == "pages"
    ]
    terminal.emit(rows, {"n": "Count", "what": "What"})
    hosts = {name.removeprefix("host:"): n for name, n in counts.items() if name.startswith("host:")}
    if hosts:
        rows = [{"host": host, "n": n} for host, n in hosts.items()]
        click.echo()
        terminal.emit(
            rows, {"n": "Pages", "host": "Host that is no source"}, title="Not taken in; add a source and import again"
        )


# ------------------------------------------------------------------ export
@click.group("export", epilog="Example: tideline export warc pages.warc.gz")
def give_out() -> None:
    """Write what is stored in a form that others read."""


@give_out.command("warc", epilog="Example: tideline export warc ledger-2024.warc.gz --source ledger --since 2024-01-01")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--source", metavar="KEY", help="Only pages of this source.")
@_days
@common
def export_warc(config: Config, file: Path, source: str | None, since: datetime | None, until: datetime | None) -> None:
    """The pages as they were fetched, as one WARC 1.1 file; the same pages give the same bytes."""
    quiet = click.get_current_context().params["quiet"]
    days = {
        "since": since.replace(tzinfo=UTC) if since else None,
        "until": until.replace(tzinfo=UTC) + timedelta(days=1) if until else None,
    }
    with opened(config) as store, terminal.progress_bars(quiet=quiet) as progress:
        written = _export(store, file, {"source": source, **days}, progress)
    if not written:
        click.echo("tideline: no such pages are stored; nothing was written", err=True)
        sys.exit(1)
    if not quiet:
        click.echo(f"wrote {file}: {written} pages, {file.stat().st_size // KIB} KiB")


def _export(store: Store, file: Path, wanted: dict[str, Any], progress: Callable[[str, int, int], None]) -> int:
    """Write the wanted pages and return how many; no file where there are none."""
    from pipeline import warc
    from pipeline.store import work

    total, last = work.count_pages(store, **wanted)
    newest = work.stored_pages(store, after=last - 1, last=last, **wanted)
    if not newest or newest[0].fetched is None:
        return 0
    done = after = 0
    with _complete_or_not_at_all(file) as out:
        out.write(warc.information(f"Tideline/{__version__}", newest[0].fetched))
        while pages := work.stored_pages(store, after=after, last=last, limit=BATCH, **wanted):
            out.writelines(warc.response(page) for page in pages)
            done, after = done + len(pages), pages[-1].id
            progress("export", done, total)
    return done


@contextmanager
def _complete_or_not_at_all(file: Path) -> Iterator[BinaryIO]:
    """Open a file beside ``file`` that takes its place when all is written."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
