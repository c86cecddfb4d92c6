"""``python -m crawlers --archive PATH``: WARC files on this machine into the store, from where the last import ended.

Nothing is fetched. A file that was read to its end is not read again, unless it has changed, or other sources, days
or hosts are looked for in it than before; pages that are in the store are never taken twice.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crawlers.intake import Batch, Intake
from crawlers.settings import robots_name
from crawlers.spiders.archive import Owners, Wanted
from crawlers.warc import Fault, Frames
from pipeline.errors import SettingError
from pipeline.model import Archive
from pipeline.store import work

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from pipeline.config import Config
    from pipeline.store import Store

NAMES = (".warc", ".warc.gz", ".warc.zst")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what an import is told on the command line."""
    parser.add_argument("--archive", action="append", default=[], metavar="PATH", help="import a WARC file or folder")
    parser.add_argument("--source", metavar="KEY", help="the source that every page belongs to")
    parser.add_argument("--since", type=_day, metavar="DAY", help="only pages that were archived on this day or later")
    parser.add_argument("--until", type=_day, metavar="DAY", help="only pages that were archived before or on this day")
    parser.add_argument("--host", action="append", default=[], metavar="HOST", help="only pages of this host")


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wanted(store: Store, config: Config, given: argparse.Namespace) -> Wanted:
    """Return what is looked for. Raises SettingError for a source that is not in the store."""
    sources = work.sources_of_pages(store)
    if given.source and given.source not in {source.key for source in sources}:
        raise SettingError(f"--source: {given.source!r} is no active source; `tideline sources` lists them")
    until = given.until + timedelta(days=1) if given.until else None
    hosts = tuple(sorted(host.lower().removeprefix("www.") for host in given.host))
    owners, most, policy = Owners(sources, given.source), config.crawl_max_bytes, config.crawl_reservations
    return Wanted(owners, most, given.since, until, hosts, robots_name(config), policy)


def selection(wanted: Wanted) -> str:
    """Return a short name for what is looked for: a file is read again when it is another one."""
    said = f"{wanted.owners} {wanted.since} {wanted.until} {wanted.hosts} {wanted.limit}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def files(paths: Sequence[str]) -> list[Path]:
    """Return the WARC files at the paths, those of folders by name. Raises SettingError for what is not there."""
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise SettingError(f"{path}: no such file or folder")
        inside = sorted(x for x in path.rglob("*") if x.name.endswith(NAMES)) if path.is_dir() else [path]
        found += [x.resolve() for x in inside]
    return list(dict.fromkeys(found))


def run(
    store: Store, config: Config, given: argparse.Namespace, report: Callable[[int, int, int], None]
) -> dict[str, int]:
    """Import all files in turn; ``report`` is told bytes read, bytes in all, files finished. Return the counts."""
    intake = Intake(store, wanted(store, config, given))
    todo = files(given.archive)
    sizes = [path.stat().st_size for path in todo]
    for n, path in enumerate(todo):

        def tell(at: int, n: int = n) -> None:
            report(sum(sizes[:n]) + at, sum(sizes), n)
            if given.parent is not None and os.getppid() != given.parent:
                raise SystemExit(1)  # an orphan must not read beside the import that comes after

        _import(intake, path, given.source, tell)
        intake.tally.counts["files"] += 1
    report(sum(sizes), sum(sizes), len(todo))
    return intake.counts()


def _import(intake: Intake, path: Path, source: str | None, tell: Callable[[int], None]) -> None:
    state = _begun(intake, path, source)
    tell(state.offset)
    if state.finished:
        intake.tally.counts["files known"] += 1
        return
    try:
        with path.open("rb") as stream:
            for saved in intake.read(Frames(stream, state.offset), state):
                state = saved
                tell(state.offset)
    except OSError as error:
        fault = Fault(state.offset, "unreadable file", f"{type(error).__name__}: {error.strerror}")
        intake.tally.add(fault)
        intake.save(Batch(faults=[fault], records=1), replace(state, error="unreadable file"))
        return
    work.save_archive(intake.store, replace(state, finished=intake.clock(), error=None), now=intake.clock())


def _begun(intake: Intake, path: Path, source: str | None) -> Archive:
    """Return where to go on: at the beginning where the file, or what is looked for in it, is not what it was."""
    about = path.stat()
    etag, looked_for = f"{about.st_mtime_ns:x}-{about.st_size:x}", selection(intake.wanted)
    known = work.archive(intake.store, str(path))
    if known and (known.etag, known.selection) == (etag, looked_for):
        return known
    return Archive(str(path), source, etag, about.st_size, selection=looked_for)
