"""What may be shown: strangers' text without control characters, links that are safe, lines of one width.

For terminals and mails alike. Escaping for HTML is the templates' own business, not done here.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH = 78
ELLIPSIS = "…"
BARS = "▁▂▃▄▅▆▇█"

_DROPPED = (
    (0x00, 0x08), (0x0B, 0x1F),  # C0 without tab and newline; ESC is among them
    (0x7F, 0x9F),  # DEL and C1
    (0x061C, 0x061C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2066, 0x2069),  # bidi controls
    (0xE0000, 0xE007F),  # tags: text that no reader sees
)  # fmt: skip
_TABLE: dict[int, str | None] = {code: None for first, last in _DROPPED for code in range(first, last + 1)}
_TABLE |= {0x2028: "\n", 0x2029: "\n"}
_TABLE |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # a lone surrogate can't be written as UTF-8


def safe_text(text: str) -> str:
    """Return text without C0 (but newline and tab), C1, escape, bidi and tag characters; it can be written as UTF-8."""
    return text.replace("\r\n", "\n").translate(_TABLE)


def one_line(text: str, most: int = 0) -> str:
    """Return safe text on one line, cut at a word after ``most`` characters where that is given."""
    line = " ".join(safe_text(text).split())
    if not most or len(line) <= most:
        return line
    cut = line[: most - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut).rstrip(" ,;:.") + ELLIPSIS


def web_link(url: str) -> str | None:
    """Return the address if it may be a link: http or https, a host, no user name, nothing that hides; else None."""
    if safe_text(url) != url or any(c.isspace() or c in "\\<>\"'`" for c in url):
        return None
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and not parts.username and not parts.password and (parts.port or 1) > 0
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and named and "@" not in parts.netloc else None


def columns(text: str) -> int:
    """Return how many columns a terminal gives the text."""
    return sum(_width(c) for c in text)


def wrapped(text: str, *, first: str = "", rest: str | None = None, width: int = WIDTH) -> str:
    """Return text in lines of at most ``width`` columns after their indents; an address is never broken.

    Scripts written without spaces break between any two characters, since there a line may.
    """
    rest = " " * len(first) if rest is None else rest
    lines: list[str] = []
    line = first
    for piece, spaced in _pieces(one_line(text)):
        empty = line in (first, rest) and line == (first if not lines else rest)
        glue = " " if spaced and not empty else ""
        if not empty and columns(line) + len(glue) + columns(piece) > width:
            lines.append(line)
            line = rest + piece
        else:
            line += glue + piece
    return "\n".join([*lines, line])


def sparkline(counts: Sequence[float]) -> str:
    """Return counts as a row of bars, the highest full; nothing at all is a row of the lowest."""
    top = max(counts, default=0) or 1
    return "".join(BARS[round((len(BARS) - 1) * max(c, 0) / top)] for c in counts)


def _pieces(line: str) -> Iterator[tuple[str, bool]]:
    """Yield what a line may be broken between, and whether a space goes before it."""
    for word in line.split(" "):
        if "://" in word or columns(word) == len(word):
            yield word, True
        else:
            yield from ((c, n == 0) for n, c in enumerate(word))


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
