"""Names in the form in which they are compared: of conferences, people, sessions. Decides nothing."""

from __future__ import annotations

import re
import unicodedata

TITLES = re.compile(r"^(dr|prof|mr|mrs|ms|sir|dame|ing|lic|herr|frau|mme|m)\.?\s+", re.IGNORECASE)
# What NFKD leaves whole, though people also write it without its mark.
LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "&": " and ", "+": "plus"}
)
LONGEST_KEY = 120


def plain_letters(text: str) -> str:
    """Return lower-case text without accents."""
    split = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    return "".join(c for c in split if not unicodedata.combining(c))


def slug(name: str) -> str:
    """Return the key of a conference or edition: ``"Web Summit Río" -> "web-summit-rio"``; never empty."""
    words = re.findall(r"\w+", plain_letters(name).replace("'", "").replace("_", " "))
    return "-".join(words)[:LONGEST_KEY].strip("-") or "unnamed"


def words_key(text: str) -> str:
    """Return the words of a title, without case, accents and punctuation."""
    return " ".join(re.findall(r"\w+", plain_letters(text)))


def person_key(name: str) -> str:
    """Return a person's name without titles, accents, middle initials and punctuation."""
    bare = TITLES.sub("", name.strip())
    if bare.count(",") == 1:  # "Díaz, Ana"
        last, first = bare.split(",")
        bare = f"{first} {last}"
    words = words_key(bare).split()
    kept = [word for n, word in enumerate(words) if len(word) > 1 or n in (0, len(words) - 1)]
    return " ".join(kept)
