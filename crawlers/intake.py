"""Archives into the store: outcomes of records are gathered, and saved together with the offset behind them.

Shared by files on disk (``backfill.py``) and files on the web (``archives.py``). It fetches nothing. After a kill at
any instant, reading goes on at the last saved offset; what lies before it is in the store.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crawlers.spiders.archive import Tally, records
from crawlers.warc import Fault
from pipeline.model import Page, Rejection
from pipeline.store import work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawlers.spiders.archive import Outcome, Wanted
    from crawlers.warc import Frames
    from pipeline.model import Archive
    from pipeline.store import Store

# A batch is saved when it holds one of these.
PAGES, BYTES, RECORDS = 100, 4 * 1024 * 1024, 2_000
KEPT = 1_000  # faults of one file that are kept one by one; the rest is only counted
TOP_HOSTS = 12


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Batch:
    """Outcomes that are not saved yet."""

    pages: list[Page] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    records: int = 0
    size: int = 0

    def add(self, outcome: Outcome) -> None:
        """Take one more."""
        self.records += 1
        if isinstance(outcome, Page):
            self.pages.append(outcome)
            self.size += len(outcome.body)
        elif isinstance(outcome, Fault):
            self.faults.append(outcome)

    def full(self) -> bool:
        """Tell whether it is time to save."""
        return len(self.pages) >= PAGES or self.size >= BYTES or self.records >= RECORDS


@dataclass(slots=True)
class Intake:
    """Where records go. ``tally`` counts them; ``clock`` tells the time in UTC."""

    store: Store
    wanted: Wanted
    clock: Callable[[], datetime] = _now
    tally: Tally = field(default_factory=Tally)
    kept: Counter[str] = field(default_factory=Counter)

    def read(self, frames: Frames, state: Archive) -> Iterator[Archive]:
        """Read frames to their end; yield the archive's state each time that it was saved."""
        batch, last = Batch(), state.offset
        for at, outcome in records(frames, self.wanted):
            # Within a file that was compressed as a whole the offset can't move, but its pages are saved all the same.
            if batch.full() and (at != last or batch.size >= 2 * BYTES):
                state = self.save(batch, replace(state, offset=at))
                yield state
                batch = Batch()
            last = at
            batch.add(outcome)
            self.tally.add(outcome)
        yield self.save(batch, replace(state, offset=frames.at))

    def save(self, batch: Batch, state: Archive) -> Archive:
        """Save a batch and return the archive's new state."""
        now = self.clock()
        state = replace(state, records=state.records + batch.records)
        found = [self.rejection(state, fault) for fault in batch.faults[: max(KEPT - self.kept[state.address], 0)]]
        self.kept[state.address] += len(found)
        taken = work.save_archive(self.store, state, batch.pages, found, now=now)
        self.tally.counts["pages"] += taken
        self.tally.counts["known"] += len(batch.pages) - taken
        return replace(state, pages=state.pages + taken)

    def rejection(self, state: Archive, fault: Fault) -> Rejection:
        """Return a fault as it is listed: the file and the offset are its address."""
        detail = f"at byte {fault.at}: {fault.detail}" if fault.detail else f"at byte {fault.at}"
        where = f"{state.address[:1_900]}#at={fault.at}"
        return Rejection("collect", fault.reason, detail, where, state.source or "", seen=self.clock())

    def counts(self) -> dict[str, int]:
        """Return all counts; ``host:NAME`` counts the pages of a host that is no source's, the most frequent ones."""
        hosts = {f"host:{name}": n for name, n in self.tally.hosts.most_common(TOP_HOSTS)}
        return {**self.tally.counts, **hosts}
