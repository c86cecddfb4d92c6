"""When which stage runs, nothing else.

APScheduler serves as a tick in UTC; each tick runs ``tideline run --only …`` as a process of its own, so that
what hangs can be killed and memory is given back. A lease in the store makes a second daemon refuse.
Whether a digest is due is decided from the store, not from a timer that may have slept.
"""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from pipeline import engine
from pipeline.errors import DatabaseBusy
from pipeline.store import work
from pipeline.store.engine import plain_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import Config
    from pipeline.store import Store

log = structlog.get_logger()

LEASE_SECONDS = 120
BEAT_SECONDS = 5.0
DIGEST_TICK_SECONDS = 60


def jobs(config: Config) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Return what runs how often: name -> (seconds, arguments of ``tideline run``)."""
    return {
        "collect": (config.schedule_collect, ("--only", "collect")),
        "read": (config.schedule_read, ("--only", "extract,annotate,dedupe,cluster,tag,conferences")),
        "tell": (config.schedule_tell, ("--only", "trend,summarise")),
    }


def daemon(config: Config, store: Store) -> None:
    """Run the jobs until SIGTERM or SIGINT. Raises DatabaseBusy where another daemon serves this database."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    holder = engine.holder()
    take_lease(store, "daemon", holder)
    scheduler = _scheduler(config, store, stop)
    scheduler.start()
    log.info("daemon started", database=plain_url(store.url), jobs={k: v[0] for k, v in jobs(config).items()})
    try:
        _beat(store, holder, stop)
    finally:
        stop.set()
        scheduler.shutdown(wait=True)
        work.release_lease(store, "daemon", holder)
        log.info("daemon stopped")


def take_lease(store: Store, name: str, holder: str) -> None:
    """Take a lease, also from a holder on this machine that no longer lives. Raises DatabaseBusy."""
    for _ in range(2):
        if work.acquire_lease(store, name, holder, datetime.now(UTC), seconds=LEASE_SECONDS):
            return
        other = work.lease_holder(store, name)
        if other and engine.is_gone(other):
            work.release_lease(store, name, other)
    raise DatabaseBusy(f"another {name} ({work.lease_holder(store, name)}) works on this database; stop it first")


def _scheduler(config: Config, store: Store, stop: threading.Event) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(8)},
        # a late tick still counts, several missed ones count once
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    now = datetime.now(UTC)
    for n, (name, (seconds, arguments)) in enumerate(jobs(config).items()):
        job = partial(_run, config, name, arguments, stop)
        if name == "collect":
            job = partial(_collect_if_due, config, store, arguments, stop)
        scheduler.add_job(job, "interval", seconds=seconds, id=name, next_run_time=now + timedelta(seconds=n))
    digest = partial(_digest_if_due, config, store, stop)
    scheduler.add_job(digest, "interval", seconds=DIGEST_TICK_SECONDS, id="digest", next_run_time=now)
    return scheduler


def _collect_if_due(config: Config, store: Store, arguments: Sequence[str], stop: threading.Event) -> None:
    """Starting a crawl costs seconds of processor time, asking costs none."""
    if work.anything_due(store, datetime.now(UTC)):
        _run(config, "collect", arguments, stop)


def _run(config: Config, name: str, arguments: Sequence[str], stop: threading.Event) -> None:
    if not stop.is_set():
        status = engine.run_stages(config, arguments, stop)
        if status != 0 and not stop.is_set():
            log.error("job failed", job=name, status=status)


def _digest_if_due(config: Config, store: Store, stop: threading.Event) -> None:
    now = datetime.now(UTC)
    yesterday = now.date() - timedelta(days=1)
    due = now.time() >= time.fromisoformat(config.schedule_digest.zfill(5))
    if due and not work.digest_exists(store, "week", yesterday):
        _run(config, "digest", ("--only", "trend,summarise,digest", "--send"), stop)


def _beat(store: Store, holder: str, stop: threading.Event) -> None:
    """Keep the lease; end when told to, or when the lease was lost (a machine that slept too long)."""
    while not stop.wait(BEAT_SECONDS):
        if not work.renew_lease(store, "daemon", holder, datetime.now(UTC), seconds=LEASE_SECONDS):
            raise DatabaseBusy("the lease on this database was lost to another daemon")
