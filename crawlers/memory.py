"""The outer bound: a crawl that holds too much memory is ended in order, and one that goes on swelling at once.

Each answer is bounded by itself; this is for what nobody thought of. A thread looks, since a parser that swells also
keeps the reactor busy. Scrapy's own extension is not used: it looks once a minute, and at the most that this process
*or the one that started it* ever held, which is the language models' share when ``tideline run`` starts a crawl.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 1_024  # MiB; sixteen answers of the largest size at once stay below it
PERIOD = 0.5  # seconds
STATM = Path("/proc/self/statm")


def held() -> float:
    """Return the MiB that this process holds now; 0 on systems that don't tell."""
    try:
        pages = int(STATM.read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def watch(
    end: Callable[[], None],
    give_up: Callable[[str], None],
    *,
    limit: float = LIMIT,
    look: Callable[[], float] = held,
    period: float = PERIOD,
) -> threading.Thread:
    """Look in a thread of its own: ``end`` is called once above ``limit`` MiB, ``give_up`` above twice that."""

    def looking() -> None:
        asked = False
        while (now := look()) <= 2 * limit:
            if now > limit and not asked:
                asked = True
                end()
            time.sleep(period)
        give_up(f"it held {now:,.0f} MiB of memory")

    thread = threading.Thread(target=looking, name="memory", daemon=True)
    thread.start()
    return thread
