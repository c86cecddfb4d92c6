"""How a source is doing, since when and why; and where its volume changed."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline import collect
from pipeline.model import Health, Poll, VolumeChange

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = date(2026, 1, 1)


def poll(**changes: object) -> Poll:
    return replace(Poll("s", NOW, 200, NOW + HOUR), **changes)


def brought(gap: timedelta, silent: timedelta) -> Poll:
    """A source that showed an item every ``gap`` until it fell silent."""
    state = poll(polled=NOW - silent)
    state = replace(state, rhythm=collect.rhythm(state, None, [state.polled - gap * n for n in range(50)], items=50))
    after = poll()
    return replace(after, rhythm=collect.rhythm(after, state, items=50))


# ------------------------------------------------------------------ one word
@pytest.mark.parametrize(
    ("state", "word"),
    [
        (None, "new"),
        (poll(), "healthy"),
        (poll(error="malformed feed"), "healthy"),
        (poll(failures=1, error="timeout", status=None), "failing"),
        (poll(failures=1, status=500), "failing"),
        (poll(failures=3, status=200, error="unreadable feed"), "failing"),
        (poll(failures=1, status=403), "forbidden"),
        (poll(failures=1, status=None, error="disallowed by robots.txt: x"), "forbidden"),
        (poll(failures=1, status=404), "failing"),
        (poll(failures=1, status=410), "failing"),
        (poll(polled=NOW - 5 * HOUR, next_due=NOW - 4 * HOUR), "late"),
        (poll(polled=NOW - 5 * HOUR, next_due=NOW - HOUR), "healthy"),
    ],
)
def test_health_is_one_word(state: Poll | None, word: str) -> None:
    assert collect.health(state, NOW).state == word


def test_a_missing_feed_is_gone_only_after_several_looks_over_days() -> None:
    missing = poll(status=404, failures=6)
    assert collect.health(missing, NOW, last_ok=NOW - 4 * DAY).state == "gone"
    assert collect.health(missing, NOW, last_ok=NOW - DAY).state == "failing"
    assert collect.health(replace(missing, failures=2), NOW, last_ok=NOW - 9 * DAY).state == "failing"
    assert collect.health(replace(missing, status=410, failures=2), NOW, last_ok=NOW - 2 * DAY).state == "gone"


def test_since_goes_on_while_the_state_does() -> None:
    began = Health("failing", NOW - 2 * DAY, "x")
    assert collect.health(poll(failures=9, status=500), NOW, before=began).since == began.since
    assert collect.health(poll(failures=9, status=404), NOW, before=replace(began, since=NOW - 5 * DAY)) == Health(
        "gone", NOW - 5 * DAY, "not there any more: HTTP 404, 9 looks over 5 days"
    )
    assert collect.health(poll(), NOW, before=began) == Health("healthy", NOW)


def test_the_reason_is_said_in_words() -> None:
    assert collect.health(poll(failures=3, status=None, error="timeout"), NOW).why == "the last 3 looks failed: timeout"
    assert collect.health(poll(error="malformed feed"), NOW).why == "readable, with a remark: malformed feed"
    late = collect.health(poll(polled=NOW - 12 * HOUR, next_due=NOW - 10 * HOUR), NOW)
    assert late.why == "our own look is overdue by 10 hours: is the crawl running?"
    quiet = collect.health(brought(5 * HOUR, 20 * DAY), NOW)
    assert quiet.why.startswith("nothing new for 20 days; it used to bring something every ")


# ------------------------------------------------------------------ quiet
@pytest.mark.parametrize(
    ("gap", "silent", "word"),
    [
        (HOUR, 12 * HOUR, "healthy"),
        (HOUR, 2 * DAY, "quiet"),
        (12 * HOUR, 3 * DAY, "healthy"),
        (12 * HOUR, 25 * DAY, "quiet"),
        (30 * DAY, 14 * DAY, "healthy"),
        (30 * DAY, 60 * DAY, "healthy"),
        (30 * DAY, 390 * DAY, "quiet"),
    ],
)
def test_a_source_is_quiet_by_its_own_rhythm(gap: timedelta, silent: timedelta, word: str) -> None:
    assert collect.health(brought(gap, silent), NOW, last_new=NOW - silent).state == word


def test_quiet_began_with_the_last_new_item() -> None:
    assert collect.health(brought(HOUR, 3 * DAY), NOW, last_new=NOW - 3 * DAY).since == NOW - 3 * DAY


def test_without_a_rhythm_a_fortnight_without_a_new_link_is_quiet() -> None:
    assert collect.health(poll(), NOW, last_new=NOW - 15 * DAY).state == "quiet"
    assert collect.health(poll(), NOW, last_new=NOW - 13 * DAY).state == "healthy"
    assert collect.health(poll(), NOW).state == "healthy"


def test_items_that_another_source_of_the_house_brought_first_are_a_sign_of_life() -> None:
    silent = brought(HOUR, 3 * DAY)
    after = poll(polled=NOW + HOUR, next_due=NOW + 2 * HOUR)
    fresh = [NOW + timedelta(minutes=30), NOW - HOUR]
    after = replace(after, rhythm=collect.rhythm(after, silent, fresh, items=2))
    assert collect.health(after, NOW + HOUR).state == "healthy"


# ------------------------------------------------------------------ volume
def days(levels: list[float], seed: int = 1, weekend: float = 0.4) -> list[tuple[date, int]]:
    """Made counts about these levels, uneven as news is, fewer at weekends."""
    rng = random.Random(seed)
    out = []
    for n, level in enumerate(levels):
        day = FIRST + timedelta(days=n)
        mean = level * (weekend if day.weekday() > 4 else 1.24) * rng.gammavariate(8, 1 / 8)
        out.append((day, max(round(rng.gauss(mean, math.sqrt(mean))), 0)))
    return out


def test_a_sixfold_day_is_drowning_and_says_so() -> None:
    volume = [*days([40.0] * 40)[:-1], (FIRST + timedelta(days=39), 400)]
    found = collect.health(poll(), NOW, volume=volume)
    assert found.state == "drowning"
    assert found.why.startswith("400 new items today; usual are ")
    assert collect.health(poll(), NOW, volume=days([40.0] * 40)).state == "healthy"


def test_a_young_source_does_not_drown() -> None:
    assert collect.jump([*days([4.0] * 9), (FIRST + timedelta(days=9), 900)]) is None


@pytest.mark.parametrize(("level", "factor"), [(12.0, 3.0), (12.0, 0.0), (40.0, 1 / 3), (30.0, 2.0), (20.0, 0.5)])
def test_a_lasting_change_is_found_with_its_day(level: float, factor: float) -> None:
    found = collect.volume_changes(days([level] * 90 + [level * factor] * 40))
    assert len(found) == 1
    assert abs((found[0].day - FIRST).days - 90) <= 4
    assert found[0].before == pytest.approx(level, rel=0.3)
    assert found[0].after == pytest.approx(level * factor, rel=0.3, abs=0.2)
    assert found[0].probability > 0.9


@pytest.mark.parametrize(
    "levels",
    [
        [20.0] * 180,
        [0.2] * 180,
        [0.0] * 100,
        [20.0] * 80 + [3.0] * 4 + [20.0] * 80,  # holidays
        [20.0] * 80 + [300.0] + [20.0] * 80,  # one big day
        [20 * 2 ** (n / 180) for n in range(180)],  # growth
        [900.0] + [20.0] * 120,  # the backlog of the first look
        [5.0] * 6,
        [],
    ],
)
def test_what_is_no_lasting_change_is_none(levels: list[float]) -> None:
    assert collect.volume_changes(days(levels)) == ()


def test_a_redesign_with_two_changes_gives_both() -> None:
    found = collect.volume_changes(days([20.0] * 60 + [70.0] * 40 + [8.0] * 60))
    assert [round((change.day - FIRST).days / 10) for change in found] == [6, 10]


def test_a_known_change_stays_and_one_nearby_is_the_same() -> None:
    series = days([10.0] * 90 + [40.0] * 40)
    early, near = (
        VolumeChange(FIRST - timedelta(days=99), 1.0, 9.0, 0.99),
        VolumeChange(FIRST + 88 * DAY, 10, 30, 0.9),
    )
    found = collect.volume_changes(series, (early, near))
    assert [change.day for change in found] == [early.day, near.day]
    assert found[1].after == pytest.approx(40, rel=0.2)
    assert collect.volume_changes(series, found) == found
