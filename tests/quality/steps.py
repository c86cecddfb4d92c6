"""How well changes of a source's volume are found: false alarms a source-year, and steps found within two weeks.

    python tests/quality/steps.py [--years 40] [--seed 3]

Series are made: weekly, and far more uneven than a Poisson process (each day's mood is gamma-distributed with shape 5).
False alarms: looked at weekly over the last 180 days, for a year in which nothing changes; jumps likewise, every day.
"""

from __future__ import annotations

import argparse
import random
import sys
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src")]

from pipeline import collect  # noqa: E402
from quality.feeds import poisson  # noqa: E402

WEEK = (1.3, 1.35, 1.35, 1.3, 1.1, 0.3, 0.3)
FIRST = date(2026, 1, 1)
HISTORY, WINDOW, AFTER = 120, 180, 14


def series(level: float, days: int, rng: random.Random, step: float = 1.0) -> list[tuple[date, int]]:
    """Daily counts about a level that is multiplied by ``step`` after HISTORY days."""
    out = []
    for n in range(days):
        day = FIRST + timedelta(days=n)
        mean = level * WEEK[day.weekday()] * rng.gammavariate(5, 1 / 5) * (step if n >= HISTORY else 1)
        out.append((day, poisson(mean, rng)))
    return out


def false_alarms(level: float, years: int, rng: random.Random) -> tuple[float, float]:
    """Changes and jumps a source-year where nothing changes."""
    changes = jumps = 0
    for _ in range(years):
        made = series(level, HISTORY + 365, rng)
        known: tuple[collect.VolumeChange, ...] = ()
        for end in range(HISTORY, len(made), 7):
            known = collect.volume_changes(made[max(0, end - WINDOW) : end], known)
        changes += len(known)
        jumps += sum(collect.jump(made[end - 56 : end]) is not None for end in range(HISTORY, len(made)))
    return changes / years, jumps / years


def found(level: float, step: float, runs: int, rng: random.Random) -> float:
    """Share of steps that are found two weeks after them, within a week of their day."""
    hits = 0
    for _ in range(runs):
        made = series(level, HISTORY + AFTER, rng, step)
        hits += any(abs((c.day - made[HISTORY][0]).days) <= 7 for c in collect.volume_changes(made))
    return hits / runs


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=int, default=40)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    print(f"{'items a day':<14}{'false/year':>12}{'jumps/year':>12}{'x3 found':>10}{'/3 found':>10}")
    for level in (0.3, 2.0, 10.0, 60.0):
        changes, jumps = false_alarms(level, options.years, random.Random(options.seed))
        up, down = (found(level, step, 60, random.Random(options.seed)) for step in (3.0, 1 / 3))
        print(f"{level:<14g}{changes:12.3f}{jumps:12.3f}{up:10.2f}{down:10.2f}", flush=True)


if __name__ == "__main__":
    main()
