"""When to look at a source again, and when to try a page again."""

from __future__ import annotations

import json
import random
import tomllib
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quality import week
from quality.feeds import feeds

from pipeline import collect
from pipeline.model import Poll, Rhythm

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FLOOR, CEILING = 900.0, 86_400.0
FLOORS = tomllib.loads((Path(__file__).parent / "quality" / "floors.toml").read_text())["week"]


def poll(**changes: object) -> Poll:
    return replace(Poll("s", NOW, 200, NOW), **changes)


def due(state: Poll, **options: object) -> float:
    """Seconds until the next look."""
    found = collect.next_look(state, **{"floor": FLOOR, "ceiling": CEILING} | options)
    return (found - state.polled).total_seconds()


def looked(times: list[datetime], before: Poll | None = None, **changes: object) -> Poll:
    """A good look that shows items of these times."""
    seen = poll(**changes)
    return replace(seen, rhythm=collect.rhythm(seen, before, times, items=max(len(times), 20)))


def wait(times: list[datetime], **changes: object) -> float:
    return due(looked(times, **changes))


def every(gap: timedelta, count: int = 50, newest: timedelta = timedelta()) -> list[datetime]:
    return [NOW - newest - gap * n for n in range(count)]


def followed(came: Callable[[datetime], int], hours: int, *, step: timedelta = HOUR) -> Poll:
    """A source without dates, looked at every ``step``; ``came`` says how many links each look finds."""
    state = poll(polled=NOW, new_links=20)
    state = replace(state, rhythm=collect.rhythm(state, None, items=20))
    while state.polled < NOW + timedelta(hours=hours):
        now = state.polled + step
        after = poll(polled=now, new_links=came(now))
        state = replace(after, rhythm=collect.rhythm(after, state, items=20))
    return replace(state, next_due=state.polled + HOUR)


# ------------------------------------------------------------------ rhythm
def test_the_next_look_is_within_half_of_the_feeds_own_mean_gap() -> None:
    for gap in (1, 2, 4, 8, 24):
        assert wait(every(gap * HOUR)) <= gap * 1800 * 1.15


def test_a_source_that_sleeps_at_night_is_left_alone_until_about_the_morning() -> None:
    by_day = lambda when: int(8 <= when.hour < 20)  # noqa: E731
    evening, noon = followed(by_day, 24 * 14 + 9), followed(by_day, 24 * 14 + 1)

    assert (evening.polled.hour, noon.polled.hour) == (21, 13)
    assert due(evening) > 1.4 * due(noon)


def test_an_office_is_looked_at_less_on_saturdays() -> None:
    at_work = lambda when: int(when.weekday() < 5)  # noqa: E731
    friday, saturday = followed(at_work, 24 * 18), followed(at_work, 24 * 19)

    assert (friday.polled.weekday(), saturday.polled.weekday()) == (4, 5)
    assert due(saturday) > 1.2 * due(friday)


def test_the_order_of_the_items_does_not_matter() -> None:
    times = every(3 * HOUR)
    assert wait(times) == wait(times[::-1])


def test_a_feed_that_fell_silent_is_looked_at_less_and_less() -> None:
    waits = [wait(every(HOUR, newest=silent * HOUR)) for silent in (0, 12, 40, 300)]
    assert waits == sorted(waits)
    assert waits[-1] > 10 * waits[0]


def test_a_source_in_a_lively_spell_is_looked_at_sooner() -> None:
    slow = looked(every(8 * HOUR))
    lively = [looked([], slow, polled=NOW + HOUR, new_links=n) for n in (0, 20)]
    assert due(lively[1]) < due(lively[0]) / 1.5


def test_items_that_come_together_are_one_posting() -> None:
    batches = [NOW - timedelta(days=day, seconds=n) for day in range(6) for n in range(8)]
    assert wait(batches) > 2 * FLOOR


def test_items_dated_in_the_future_do_not_count() -> None:
    assert wait([*every(2 * HOUR), NOW + timedelta(days=400)]) == wait(every(2 * HOUR))


def test_dates_without_a_time_of_day_tell_no_hour() -> None:
    days = [NOW.replace(hour=0) - timedelta(days=n // 3) for n in range(45)]
    learnt = looked(days).rhythm
    assert learnt is not None
    assert learnt.hours[0] < 0.1 * sum(learnt.hours)


@pytest.mark.parametrize("times", [[], [NOW] * 20, [NOW - HOUR] * 20, [NOW + timedelta(days=30)] * 9])
def test_without_useful_dates_looks_begin_at_the_floor_and_grow_rarer_while_nothing_comes(
    times: list[datetime],
) -> None:
    state = looked(times)
    waits = []
    for _ in range(12):
        waits.append(due(state))
        state = looked(times, state, polled=state.polled + timedelta(seconds=waits[-1]), status=304)

    assert FLOOR <= waits[0] <= 1.1 * FLOOR
    assert waits[-1] > HOUR.total_seconds()


def test_without_dates_new_links_tell_the_rhythm() -> None:
    assert due(followed(lambda _: 1, 100)) <= HOUR.total_seconds() / 2
    assert due(followed(lambda when: int(when.hour == 7), 24 * 12)) > 2 * HOUR.total_seconds()


def test_a_source_with_a_small_window_is_never_left_for_longer_than_breaking_news_would_fill_it() -> None:
    state = looked(every(HOUR, 10, newest=60 * HOUR))
    small, large = (replace(state, rhythm=replace(state.rhythm, window=n)) for n in (4, 500))
    assert due(small) < due(large)


def test_what_a_failed_look_missed_is_learnt_at_the_next_good_one() -> None:
    state = looked(every(2 * HOUR))
    failed = poll(polled=NOW + HOUR, failures=1, status=500)
    assert collect.rhythm(failed, state) == state.rhythm


def test_a_rhythm_survives_json() -> None:
    known = looked(every(HOUR)).rhythm
    assert known is not None
    text = json.dumps(asdict(known))
    again = Rhythm(**{name: tuple(x) if isinstance(x, list) else x for name, x in json.loads(text).items()})
    assert again == known
    assert len(text) < 2_000


# ------------------------------------------------------------------ floors and failures
def test_the_floor_may_be_lower_where_the_source_allows_but_not_after_failures() -> None:
    busy = looked(every(timedelta(minutes=6)))
    assert FLOOR <= due(busy) <= 1.1 * FLOOR
    assert 120 <= due(busy, allowed_floor=120.0) < 300
    assert due(replace(busy, failures=1, status=503), allowed_floor=120.0) >= FLOOR


@pytest.mark.parametrize(
    ("said", "floor"),
    [
        ({}, 900),
        ({"ttl": 300.0}, 300),
        ({"ttl": 60.0}, 120),
        ({"ttl": 300.0, "max_age": 600.0}, 600),
        ({"max_age": 0.0}, 900),
        ({"ttl": 1800.0}, 1800),
        ({"max_age": 31_536_000.0}, 3600),
        ({"update_interval": 3600.0}, 900),
        ({"update_interval": 600.0}, 600),
        ({"setting": 120.0, "ttl": 3600.0}, 120),
        ({"setting": 5.0}, 120),
        ({"setting": 120.0, "crawl_delay": 600.0}, 600),
    ],
)
def test_the_shortest_interval_is_what_the_source_allows(said: dict[str, float], floor: float) -> None:
    assert collect.shortest_interval(default=900.0, **said) == floor


def test_temporary_failures_in_a_row_double_the_wait_up_to_the_ceiling() -> None:
    waits = [due(poll(failures=n, status=500)) for n in (1, 2, 3, 50)]
    assert [x <= y <= 1.25 * x for x, y in zip((FLOOR, 2 * FLOOR, 4 * FLOOR), waits, strict=False)] == [True] * 3
    assert 0.75 * CEILING <= waits[-1] <= CEILING


def test_a_lot_keeps_failing_sources_apart() -> None:
    waits = {due(poll(source=f"s{n}", failures=3, status=503)) for n in range(100)}
    assert len(waits) == 100


def test_gone_and_forbidden_are_slow_at_once() -> None:
    assert due(poll(status=410, failures=1)) > 0.7 * CEILING
    assert due(poll(status=404, failures=1)) >= 3 * HOUR.total_seconds()
    assert due(poll(status=404, failures=9)) > 0.7 * CEILING
    assert due(poll(status=403, failures=1)) >= 6 * HOUR.total_seconds()
    assert due(poll(status=None, failures=1, error="disallowed by robots.txt: x")) >= 6 * HOUR.total_seconds()


def test_a_site_that_asks_to_wait_is_left_alone_until_then() -> None:
    assert due(poll(status=429, failures=1), retry_at=NOW + 30 * HOUR) == 30 * HOUR.total_seconds()
    assert due(poll(status=429, failures=1), retry_at=NOW + timedelta(seconds=5)) >= FLOOR


@given(
    failures=st.integers(0, 100),
    status=st.sampled_from([None, 200, 304, 404, 410, 500]),
    gaps=st.lists(st.integers(-(10**6), 10**9), max_size=40),
    last=st.integers(0, 10**7),
    new=st.integers(0, 60),
)
def test_the_next_look_always_lies_between_floor_and_ceiling(
    failures: int, status: int | None, gaps: list[int], last: int, new: int
) -> None:
    times = [NOW - timedelta(seconds=gap) for gap in gaps]
    before = looked(times, polled=NOW - timedelta(seconds=last))
    state = looked(times, before, failures=failures, status=status, new_links=new)
    assert FLOOR <= due(state) <= CEILING


# ------------------------------------------------------------------ addresses
def test_an_address_is_tried_three_times_with_growing_pauses() -> None:
    tries = [collect.retry(n, NOW, later=True) for n in range(3)]
    assert tries == [NOW + timedelta(minutes=1), NOW + timedelta(minutes=10), None]


def test_what_cannot_get_better_is_tried_once() -> None:
    assert collect.retry(0, NOW, later=False) is None


def test_being_asked_to_wait_costs_patience_rather_than_tries() -> None:
    until = NOW + 5 * HOUR
    assert collect.retry(4, NOW, later=True, wait_until=until) == until
    assert collect.retry(9, NOW, later=True, wait_until=until) is None


# ------------------------------------------------------------------ a week of feeds
def test_three_days_of_a_hundred_made_feeds_meet_the_floors() -> None:
    made = feeds(100, 3, random.Random(2))
    new, old = (week.result([week.watched(f, rule, 3, 60.0) for f in made], 3) for rule in (week.learnt, week.fixed))

    assert new.delay <= FLOORS["delay_minutes_at_most"]
    assert new.polls_per_item <= FLOORS["polls_per_item_at_most"]
    assert new.lost_healthy <= FLOORS["lost_at_most"]
    assert new.peak <= FLOORS["peak_share_of_fixed_at_most"] * old.peak
