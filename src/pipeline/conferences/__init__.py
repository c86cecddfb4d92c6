"""VERB: conferences as data: calendars and lists to editions, which edition is which, which article belongs to one.

Pure: bytes, values and ``now`` come in, nouns go out. Pages of HTML are read in ``crawlers/spiders``, since only the
crawl meets them; what is kept and asked is in ``store/work_conferences.py``.
"""

from pipeline.conferences.calendar import Reading, read_calendar
from pipeline.conferences.identity import divided, merged, pair_sessions, same_edition
from pipeline.conferences.linking import VERSION, Candidate, Cues, Shelf, link, shelf
from pipeline.conferences.listed import Row, grouped, row_of
from pipeline.conferences.names import person_key, slug, words_key
from pipeline.conferences.naming import years_named

__all__ = [
    "VERSION",
    "Candidate",
    "Cues",
    "Reading",
    "Row",
    "Shelf",
    "divided",
    "grouped",
    "link",
    "merged",
    "pair_sessions",
    "person_key",
    "read_calendar",
    "row_of",
    "same_edition",
    "shelf",
    "slug",
    "words_key",
    "years_named",
]
