"""``python -m crawlers``: one crawl as a process of its own; may be ended or killed at any instant.

On stdout: one JSON object a line about progress, ``{"done", "total", "sources"}``, at last
``{"finished": true, "counts": {...}}``. Exit status 0 even when sources failed (that is in the store), 1 when the
crawl as a whole failed, 2 for settings that can't be used; the last two with one line on stderr. The sources must
be in the store already: ``tideline run`` puts them there before it starts this.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawlers import backfill
from pipeline import config as settings
from pipeline.errors import CollectError, StoreError, TidelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scrapy.crawler import Crawler

    from crawlers.handover import Handover
    from pipeline.config import Config


ORPHAN_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one crawl; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m crawlers", description="Run one crawl of all sources that are due."
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file, tideline.toml by default")
    parser.add_argument("--database", metavar="URL", help="database, in place of the one in the settings")
    parser.add_argument("--parent", type=int, metavar="PID", help="end when this process is no longer the parent")
    parser.add_argument(
        "--probe", nargs="+", metavar="URL", help="look at addresses instead; say how best to read each"
    )
    backfill.add_arguments(parser)
    given = parser.parse_args(arguments)
    config_of = partial(settings.load, given.config, database=given.database)
    try:
        if given.probe:
            probe(config_of(), given.probe)
        elif given.archive:
            take_in(config_of(), given)
        else:
            crawl(config_of(), given.parent)
    except (CollectError, StoreError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except TidelineError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


def crawl(config: Config, parent: int | None = None) -> None:
    """Crawl what is due, reporting on stdout. Raises CollectError when the crawl as a whole failed."""
    from crawlers.handover import Handover
    from pipeline.store import open_store

    logging.getLogger().addHandler(logging.NullHandler())
    with open_store(config.database_url) as store:
        handover = Handover(store, config)
        _run(config, handover, parent)
    _finish(handover)


def probe(config: Config, addresses: Sequence[str]) -> None:
    """Look at addresses, reporting on stdout (``probe.py``). Raises CollectError when the probe as a whole failed."""
    from crawlers import probe as probing

    logging.getLogger().addHandler(logging.NullHandler())
    probing.run(config, addresses, _print)


def take_in(config: Config, given: argparse.Namespace) -> None:
    """Import WARC files, reporting bytes on stdout."""
    from pipeline.store import open_store

    with open_store(config.database_url) as store:
        _print({"finished": True, "counts": backfill.run(store, config, given, _report)})


def _run(config: Config, handover: Handover, parent: int | None) -> None:
    """Run the spider in the one reactor of this process; a termination signal ends it in order."""
    from scrapy.crawler import AsyncCrawlerProcess

    from crawlers import memory
    from crawlers.crawl import Crawl
    from crawlers.settings import scrapy_settings

    def give_up(failed: str | None = None) -> None:
        # All that counts is committed; fetches that hang must not hold the process.
        if failed:
            print(f"the crawl failed: {failed}", file=sys.stderr, flush=True)  # noqa: T201
            os._exit(1)
        handover.flush()
        _finish(handover)
        os._exit(0)

    process = AsyncCrawlerProcess(scrapy_settings(config))
    crawler = process.create_crawler(Crawl)
    crawling = process.crawl(crawler, handover=handover, report=_report, give_up=give_up, seconds=config.crawl_seconds)
    _end_on_signals(crawler, give_up)
    _end_with(parent, give_up)
    memory.watch(_asking(crawler, give_up), give_up)
    process.start(install_signal_handlers=False)
    failed = crawler.spider.failed if isinstance(crawler.spider, Crawl) else "it did not start"
    if crawling.done() and not crawling.cancelled() and (error := crawling.exception()):
        failed = f"{type(error).__name__}: {error}"
    if failed:
        raise CollectError(f"the crawl failed: {failed}")


def _end_on_signals(crawler: Crawler, give_up: Callable[[], None]) -> None:
    ask = _asking(crawler, give_up)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda _signal, _frame: ask())


def _asking(crawler: Crawler, give_up: Callable[[], None]) -> Callable[[], None]:
    """Return a function that ends the crawl in order, from any thread."""
    from twisted.internet import reactor

    twisted: Any = reactor
    return lambda: twisted.callFromThread(getattr(crawler.spider, "end", give_up))


def _end_with(parent: int | None, give_up: Callable[[], None]) -> None:
    """End when the parent was killed: an orphan must not crawl beside the run that comes after."""
    from twisted.internet import reactor

    twisted: Any = reactor

    def look() -> None:
        if os.getppid() != parent:
            give_up()
        twisted.callLater(ORPHAN_SECONDS, look)

    if parent is not None:
        twisted.callLater(ORPHAN_SECONDS, look)


def _finish(handover: Handover) -> None:
    _print({"finished": True, "counts": dict(handover.counts)})


def _report(done: int, total: int, sources: int) -> None:
    _print({"done": done, "total": total, "sources": sources})


def _print(line: dict[str, object]) -> None:
    """Write one line; a reader that went away must not break the crawl."""
    try:
        sys.stdout.write(json.dumps(line, default=str) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
