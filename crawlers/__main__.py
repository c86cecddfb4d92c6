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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import config as settings
from pipeline.errors import CollectError, StoreError, TidelineError
from pipeline.store import open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import Config

GRACE = 10.0  # seconds that fetches under way get after the end was asked for


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one crawl; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m crawlers", description="Run one crawl of all sources that are due.")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file, tideline.toml by default")
    parser.add_argument("--database", metavar="URL", help="database, in place of the one in the settings")
    given = parser.parse_args(arguments)
    try:
        crawl(settings.load(given.config, database=given.database))
    except (CollectError, StoreError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except TidelineError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


def crawl(config: Config) -> None:
    """Crawl what is due, reporting on stdout. Raises CollectError when the crawl as a whole failed."""
    from crawlers.crawl import Crawl
    from crawlers.handover import Handover

    logging.getLogger().addHandler(logging.NullHandler())
    with open_store(config.database_url) as store:
        handover = Handover(store, config)
        spider = _run(config, Crawl, handover=handover, report=_report, seconds=config.crawl_seconds)
        counts = dict(handover.counts)
    if spider is None or spider.failed:
        raise CollectError(f"the crawl failed: {spider.failed if spider else 'it did not start'}")
    _print({"finished": True, "counts": counts})


def _run(config: Config, spider_class: type[Any], **options: Any) -> Any:
    """Run the spider in a reactor of its own and return it; a termination signal ends it in order."""
    from scrapy.crawler import AsyncCrawlerProcess

    from crawlers.settings import scrapy_settings

    process = AsyncCrawlerProcess(scrapy_settings(config), install_root_handler=False)
    crawler = process.create_crawler(spider_class)
    crawling = process.crawl(crawler, **options)
    _end_on_signals(process)
    process.start(install_signal_handlers=False)
    if crawling.done() and not crawling.cancelled() and (error := crawling.exception()):
        raise CollectError(f"the crawl failed: {type(error).__name__}: {error}") from error
    return crawler.spider


def _end_on_signals(process: Any) -> None:
    from twisted.internet import reactor

    def stop() -> None:
        # Fetches under way may finish; whatever does not in time is still to do for the next crawl.
        reactor.callLater(GRACE, _stop_reactor)
        reactor.callWhenRunning(process._stop_dfd)

    def end(_signal: int, _frame: object) -> None:
        reactor.callFromThread(stop)

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, end)


def _stop_reactor() -> None:
    from twisted.internet import reactor

    if reactor.running:
        reactor.stop()


def _report(done: int, total: int, sources: int) -> None:
    _print({"done": done, "total": total, "sources": sources})


def _print(line: dict[str, object]) -> None:
    """Write one line; a reader that went away must not break the crawl."""
    try:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
