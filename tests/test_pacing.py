"""One host is one queue: turns in a process, reservations between processes, fairness between hosts, kills."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import databases
import pytest
from quality.pacing import kept

from crawlers.handover import Handover
from crawlers.manners import Waiting
from crawlers.pacing import AHEAD, ON_THE_WAY, Hosts, host_of
from pipeline.config import Config
from pipeline.model import Host, Link, Poll
from pipeline.store import open_store, work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.store import Store

pytest_plugins = ["database_fixtures"]

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
LONGEST = timedelta(minutes=2)


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Store]:
    with open_store(databases.sqlite_url(tmp_path)) as store:
        yield store


async def times(hosts: Hosts, name: str, turns: int) -> list[float]:
    """Take turns one after another, each answered at once; return when each was had."""
    had = []
    for _ in range(turns):
        await hosts.turn(name)
        had.append(time.monotonic())
        hosts.answered(name)
    return had


def gaps(had: list[float]) -> list[float]:
    return [b - a for a, b in pairwise(had)]


# ------------------------------------------------------------------ turns
def test_turns_of_one_host_are_a_delay_apart_and_hosts_do_not_wait_for_each_other(own: Store) -> None:
    async def both() -> tuple[list[float], list[float]]:
        hosts = Hosts(own, 0.1, clock)
        found = await asyncio.gather(times(hosts, "a", 4), times(hosts, "b", 4))
        return found[0], found[1]

    a, b = asyncio.run(both())
    assert min(gaps(a) + gaps(b)) >= 0.1
    assert abs(a[-1] - b[-1]) < 0.15


def test_the_delay_counts_from_the_answer_or_shortly_after_sending(own: Store) -> None:
    async def slow() -> float:
        hosts = Hosts(own, 0.2, clock)
        await hosts.turn("a")
        sent = time.monotonic()
        await asyncio.sleep(0.25)
        hosts.answered("a")
        await hosts.turn("a")
        return time.monotonic() - sent

    assert 0.2 + ON_THE_WAY <= asyncio.run(slow()) < 0.45


def test_hosts_without_a_delay_are_not_reserved(own: Store) -> None:
    had = asyncio.run(times(Hosts(own, 0.0, clock), "a", 50))
    assert had[-1] - had[0] < 0.5
    assert work.host(own, "a") is None


def test_a_queue_that_was_reserved_before_a_kill_stays_closed_until_the_reservation_ends(own: Store) -> None:
    async def killed_and_again() -> float:
        await Hosts(own, 0.3, clock).turn("a")
        first = time.monotonic()
        await Hosts(own, 0.3, clock).turn("a")
        return time.monotonic() - first

    assert 0.3 <= asyncio.run(killed_and_again()) < 0.3 + AHEAD + 1


def test_two_processes_share_one_queue(own: Store) -> None:
    async def two() -> list[float]:
        found = await asyncio.gather(*(times(Hosts(own, 0.3, clock), "a", 2) for _ in range(2)))
        return sorted(when for had in found for when in had)

    assert min(gaps(asyncio.run(two()))) >= 0.3


def test_what_an_orderly_end_gives_back_is_free_at_once(own: Store) -> None:
    async def closed() -> float:
        hosts = Hosts(own, 0.2, clock)
        await times(hosts, "a", 1)
        hosts.close()
        first = time.monotonic()
        await Hosts(own, 0.2, clock).turn("a")
        return time.monotonic() - first

    assert asyncio.run(closed()) < 1.0


def test_a_clock_that_was_set_back_does_not_close_a_queue_for_ever(own: Store) -> None:
    work.reserve(own, [Host("a", 0.1, clock() + timedelta(days=9))], {}, clock(), longest=LONGEST)
    began = time.monotonic()
    asyncio.run(times(Hosts(own, 0.1, clock), "a", 2))
    assert time.monotonic() - began < 2


def test_a_host_that_asked_to_wait_gets_no_turn_in_any_process(own: Store) -> None:
    Hosts(own, 0.0, clock).heard("a", 503, "120")
    for delay in (0.0, 0.5):
        with pytest.raises(Waiting):
            asyncio.run(times(Hosts(own, delay, clock), "a", 1))
    assert work.waiting_hosts(own, clock()).keys() == {"a"}
    assert work.waiting_hosts(own, clock() + timedelta(seconds=121)) == {}


def test_of_two_waits_the_longer_one_holds(own: Store) -> None:
    for seconds in (100, 300, 200):
        work.wait(own, Host("a", 0.0, NOW, NOW + timedelta(seconds=seconds)))
    assert work.waiting_hosts(own, NOW) == {"a": NOW + timedelta(seconds=300)}


@pytest.mark.parametrize(
    ("url", "name"),
    [("http://A.Example.:8080/x", "a.example"), ("https://a.example/", "a.example"), ("http://[::1]:3/", "::1")],
)
def test_names_of_one_host_are_one_queue(url: str, name: str) -> None:
    assert host_of(url) == name


# ------------------------------------------------------------------ the store, on both databases
def test_a_reserved_queue_can_only_be_taken_by_its_holder_until_it_ends(store: Store) -> None:
    ends = NOW + timedelta(seconds=5)
    later = NOW + timedelta(seconds=9)
    assert work.reserve(store, [Host("a", 1.0, ends)], {}, NOW, longest=LONGEST)["a"].next_at == ends
    assert work.reserve(store, [Host("a", 1.0, later)], {}, NOW, longest=LONGEST)["a"].next_at == ends
    assert work.reserve(store, [Host("a", 1.0, later)], {"a": ends}, NOW, longest=LONGEST)["a"].next_at == later
    assert work.reserve(store, [Host("a", 1.0, ends)], {}, later, longest=LONGEST)["a"].next_at == ends
    work.give_back(store, [Host("a", 1.0, NOW)])
    found = work.host(store, "a")
    assert found is not None
    assert found.next_at == NOW


def linked(store: Store, **hosts: int) -> None:
    databases.catalogue(store)
    found = [Link(f"https://{name}.test/{n}", "ledger") for name, count in hosts.items() for n in range(count)]
    work.save_poll(store, Poll("ledger", NOW, 200, NOW), found)


def test_links_are_taken_in_turns_of_every_host(store: Store) -> None:
    linked(store, busy=50, calm=2, zen=1)
    names = work.hosts_with_links(store)
    assert names == ["busy.test", "calm.test", "zen.test"]
    found = work.links_of_hosts(store, names, NOW, each=10, limit=100)
    assert [host_of(link.url) for link in found[:5]] == ["busy.test", "calm.test", "zen.test", "busy.test", "calm.test"]
    assert len(found) == 13
    again = work.links_of_hosts(store, names, NOW, each=10, limit=4, but_not={link.id for link in found[:4]})
    assert {link.id for link in again} == {link.id for link in found[4:8]}
    assert work.links_of_hosts(store, names, NOW - timedelta(days=1), each=10, limit=9) == []


def test_hosts_come_in_rounds(store: Store) -> None:
    linked(store, a=1, b=1, c=1)
    assert work.hosts_with_links(store, limit=2) == ["a.test", "b.test"]
    assert work.hosts_with_links(store, after="b.test", limit=2) == ["c.test"]
    assert work.hosts_with_links(store, after="c.test") == []


# ------------------------------------------------------------------ fairness
def handover(tmp_path: Path, store: Store, **fields: Any) -> Handover:
    return Handover(store, Config(database=f"sqlite:///{tmp_path}/x.db", **fields))


def test_a_busy_host_does_not_hold_up_the_others(tmp_path: Path, own: Store) -> None:
    linked(own, busy=3_000, calm=3, zen=3)
    taken = handover(tmp_path, own, crawl_delay=1.0).links()
    counts = {name: sum(host_of(x.url) == f"{name}.test" for x in taken) for name in ("busy", "calm", "zen")}
    assert counts == {"busy": 60, "calm": 3, "zen": 3}  # what a host takes in a minute


def test_links_of_a_host_that_asked_to_wait_are_left_where_they_are(tmp_path: Path, own: Store) -> None:
    linked(own, busy=20, calm=3)
    work.wait(own, Host("busy.test", 0.0, NOW, clock() + timedelta(hours=1)))
    taken = handover(tmp_path, own).links()
    assert {host_of(x.url) for x in taken} == {"calm.test"}


def test_every_link_is_taken_once_however_many_there_are(tmp_path: Path, own: Store) -> None:
    linked(own, **{f"h{n}": 4 for n in range(700)}, busy=2_500)
    crawl = handover(tmp_path, own, crawl_delay=0.0)
    seen: list[int] = []
    for _ in range(200):
        crawl.more = True
        fresh = crawl.links()
        seen += [link.id for link in fresh]
        with own.writing() as connection:
            marks = ",".join(str(link.id) for link in fresh) or "0"
            connection.exec_driver_sql(f"UPDATE links SET state = 'fetched' WHERE id IN ({marks})")
        crawl.under_way.clear()
        if len(seen) == 5_300:
            break
    assert len(seen) == len(set(seen)) == 5_300


# ------------------------------------------------------------------ killed
def test_killed_again_and_again_no_request_comes_too_early(tmp_path: Path) -> None:
    found = kept(tmp_path / "desk", feeds=200, pages=1, kills=3, every=1.5, delay=0.2, seed=5)
    assert len(found.gaps) > 5
    assert found.early(0.2) == 0
    assert found.at_once == 1
