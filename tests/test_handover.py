"""What crawled things become in the store, with a real store and a clock of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crawling import Desk, source
from loopback import Web

from crawlers.handover import Handover, Validators
from crawlers.look import Look, Sight, unreadable
from crawlers.manners import Trouble
from pipeline.config import Config
from pipeline.model import Link, Poll
from pipeline.store import open_store, work

if TYPE_CHECKING:
    from pathlib import Path


def test_a_failing_page_is_given_up_after_three_tries(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 2, 12, tzinfo=UTC)]
    desk = Desk(tmp_path, Web(0), {"a": ("feed", "http://a.example/feed")})
    with open_store(desk.database) as store:
        handover = Handover(store, Config(), clock=lambda: now[0])
        poll = Poll("a", now[0], 200, now[0])
        work.save_poll(store, poll, [Link("http://a.example/1", "a")])
        for tries in (1, 2, 3):
            handover.more = True
            [link] = handover.links()
            handover.page_troubled(link, Trouble("server error", "HTTP 500", later=True))
            assert desk.rows("SELECT attempts FROM links") == [(tries,)]
            assert handover.under_way == set()
            now[0] += timedelta(hours=2)
        assert desk.rows("SELECT state FROM links") == [("failed",)]


def test_validators_are_kept_only_together_with_the_links_of_their_look(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Web(0), {"a": ("feed", "http://a.example/feed")})
    with open_store(desk.database) as store:
        handover = Handover(store, Config())
        sight = Sight(source("a", "feed", "http://a.example/feed"), "http://a.example/feed", b"x", datetime.now(UTC))
        handover.looked(sight, unreadable(sight, "not a feed"), 200, Validators('"1"', "yesterday"))
        assert desk.rows("SELECT etag, last_modified, body_hash, failures FROM polls") == [(None, None, None, 1)]
        handover.looked(replace(sight, body=b"y"), Look(), 200, Validators('"2"'))
        assert desk.rows("SELECT etag, failures, looks FROM polls") == [('"2"', 0, 2)]


def test_only_ways_that_learn_are_told_what_became_of_earlier_links(tmp_path: Path) -> None:
    ways = {key: (way, f"http://{key}.example/x") for key, way in (("a", "listing"), ("b", "feed"))}
    desk = Desk(tmp_path, Web(0), ways)
    with open_store(desk.database) as store:
        handover = Handover(store, Config())
        for key, (way, address) in ways.items():
            now = datetime.now(UTC)
            work.save_poll(store, Poll(key, now, 200, now), [Link(f"http://{key}.example/1", key)])
            handover.more = True
            [link] = handover.links()
            handover.page_troubled(link, Trouble("gone", "HTTP 404", later=False))
            told = (("http://a.example/1", False),) if way == "listing" else ()
            assert handover.known(source(key, way, address)) == told
