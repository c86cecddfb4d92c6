"""When to look at a source again, how it is doing, and when its volume changed: decided from what its looks brought.

Pure: nothing is fetched here, and the clock is an argument. Fetching lives in the package ``crawlers``.
"""

from pipeline.collect.condition import health
from pipeline.collect.interval import next_look, retry, shortest_interval
from pipeline.collect.learning import rhythm
from pipeline.collect.volume import jump, volume_changes
from pipeline.model import Health, VolumeChange

__all__ = [
    "Health",
    "VolumeChange",
    "health",
    "jump",
    "next_look",
    "retry",
    "rhythm",
    "shortest_interval",
    "volume_changes",
]
