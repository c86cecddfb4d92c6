"""When to look again, and how a source is doing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import collect
from pipeline.model import Poll

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FLOOR, CEILING = 900.0, 86_400.0


def poll(**changes: object) -> Poll:
    return replace(Poll("s", NOW, 200, NOW), **changes)


def wait(*arguments: object, **options: object) -> float:
    due = collect.next_look(*arguments, **{"floor": FLOOR, "ceiling": CEILING} | options)
    return (due - arguments[0].polled).total_seconds()


def every(gap: timedelta, count: int = 10, newest: timedelta = timedelta()) -> list[datetime]:
    return [NOW - newest - gap * n for n in range(count)]


def test_a_feed_is_looked_at_twice_in_its_own_mean_gap() -> None:
    assert wait(poll(), None, every(2 * HOUR)) == HOUR.total_seconds()


def test_only_the_newest_items_tell_the_rhythm_of_today() -> None:
    rush = every(HOUR, 20)
    assert wait(poll(), None, rush + [NOW - timedelta(days=300 + n) for n in range(200)]) == HOUR.total_seconds() / 2


def test_the_order_of_the_items_does_not_matter() -> None:
    times = every(3 * HOUR)
    assert wait(poll(), None, times) == wait(poll(), None, times[::-1])


def test_a_feed_that_fell_silent_is_looked_at_less_and_less() -> None:
    assert wait(poll(), None, every(HOUR, newest=40 * HOUR)) == 5 * HOUR.total_seconds()


def test_items_dated_in_the_future_do_not_count() -> None:
    assert wait(poll(), None, [*every(2 * HOUR), NOW + timedelta(days=400)]) == HOUR.total_seconds()


def test_without_dates_the_first_interval_is_the_floor() -> None:
    assert wait(poll()) == FLOOR


def test_without_dates_the_interval_grows_while_nothing_comes_and_shrinks_when_something_does() -> None:
    before = poll(polled=NOW - HOUR, next_due=NOW)
    assert wait(poll(), replace(before, new_links=0)) == 4500
    assert wait(poll(), replace(before, new_links=3)) == 2400
    assert wait(poll(status=304), replace(before, new_links=3)) == 4500


def test_failures_in_a_row_double_the_wait_up_to_the_ceiling() -> None:
    waits = [wait(poll(failures=n, status=500)) for n in (1, 2, 3, 50)]
    assert waits == [2 * FLOOR, 4 * FLOOR, 8 * FLOOR, CEILING]


def test_after_failures_the_first_good_look_starts_anew_at_the_floor() -> None:
    assert wait(poll(), poll(failures=6, polled=NOW - 20 * HOUR)) == FLOOR


def test_what_is_gone_is_looked_at_once_a_ceiling() -> None:
    assert wait(poll(status=410, failures=1)) == CEILING


def test_a_site_that_asks_to_wait_is_left_alone_until_then() -> None:
    assert wait(poll(status=429, failures=1), retry_at=NOW + 30 * HOUR) == 30 * HOUR.total_seconds()
    assert wait(poll(status=429, failures=1), retry_at=NOW + timedelta(seconds=5)) == 2 * FLOOR


@given(
    failures=st.integers(0, 100),
    status=st.sampled_from([None, 200, 304, 404, 410, 500]),
    gaps=st.lists(st.integers(-(10**6), 10**9), max_size=40),
    last=st.integers(0, 10**7),
)
def test_the_next_look_always_lies_between_floor_and_ceiling(
    failures: int, status: int | None, gaps: list[int], last: int
) -> None:
    before = poll(polled=NOW - timedelta(seconds=last), next_due=NOW)
    times = [NOW - timedelta(seconds=gap) for gap in gaps]
    assert FLOOR <= wait(poll(failures=failures, status=status), before, times) <= CEILING


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


# ------------------------------------------------------------------ health
@pytest.mark.parametrize(
    ("state", "word"),
    [
        (None, "new"),
        (poll(next_due=NOW + HOUR), "healthy"),
        (poll(next_due=NOW + HOUR, error="malformed feed"), "healthy"),
        (poll(failures=1, error="timeout", status=None), "failing"),
        (poll(failures=1, status=500), "failing"),
        (poll(failures=1, status=403), "forbidden"),
        (poll(failures=1, status=None, error="disallowed by robots.txt: x"), "forbidden"),
        (poll(failures=2, status=404), "gone"),
        (poll(failures=1, status=410), "gone"),
        (poll(polled=NOW - 5 * HOUR, next_due=NOW - 4 * HOUR), "late"),
        (poll(polled=NOW - 5 * HOUR, next_due=NOW - HOUR), "healthy"),
    ],
)
def test_health_is_one_word(state: Poll | None, word: str) -> None:
    assert collect.health(state, NOW) == word


def test_a_source_without_a_new_link_for_a_fortnight_is_quiet() -> None:
    state = poll(next_due=NOW + HOUR)
    assert collect.health(state, NOW, last_new=NOW - timedelta(days=15)) == "quiet"
    assert collect.health(state, NOW, last_new=NOW - timedelta(days=13)) == "healthy"
