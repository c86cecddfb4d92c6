"""robots.txt as RFC 9309 reads it: bytes -> ``Rules``. Pure; fetching and keeping are in ``robots.py``.

Protego does the matching. What it reads otherwise than the RFC is put right in the text before: line ends, agents
that only begin like ours, records it would take for the end of a group. Lines about the use of content
(Content-Usage, Content-Signal) are matched by the same means: a reserving line is a Disallow of a text of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from protego import Protego

if TYPE_CHECKING:
    from collections.abc import Iterator

ROBOTS_BYTES = 512 * 1024  # RFC 9309: at least 500 KiB are read
SOMEBODY_ELSE = "-"
END_OF_AGENTS = "Crawl-delay: 0"  # any record will do
# str.splitlines ends lines at more places than the RFC does.
OTHER_LINE_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
LINE = re.compile(r"\s*(user[- ]?agent|allow|dis+al+[oa]w|diasllow|crawl[- ]delay)\s*[:\s]\s*(.*)", re.IGNORECASE)
USAGE = re.compile(r"\s*(content-usage|content-signal|tdm-reservation)\s*:\s*(.*)", re.IGNORECASE)
TOKEN = re.compile(r"[A-Za-z_-]+")
HTML = re.compile(r"\s*<(?:!doctype|html|head|\?xml|!--)", re.IGNORECASE)


@dataclass(frozen=True)
class Rules:
    """What one robots.txt says to one agent. ``closed``: it could not be read, which counts as all disallowed."""

    text: str = ""
    agent: str = "*"
    closed: bool = False

    def allows(self, url: str) -> bool:
        """Tell whether the agent may fetch the address."""
        return not self.closed and self._crawling.can_fetch(url, self.agent)

    @property
    def delay(self) -> float | None:
        """Seconds between two requests that the site asks for (Crawl-delay, which is not in the RFC)."""
        return self._crawling.crawl_delay(self.agent)

    @cached_property
    def _crawling(self) -> Protego:
        return Protego.parse("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        for line in self.text.splitlines():
            if found := LINE.match(line.partition("#")[0]):
                yield _record(found[1].lower(), found[2].strip(), self.agent)

    # -------------------------------------------------------------- use of content
    def usage(self, url: str) -> Iterator[tuple[str, str]]:
        """Yield (name, value) of the lines about the use of content that hold for the address, ours and everyone's."""
        for (name, value), text in self._usages.items():
            if any(not text.can_fetch(url, agent) for agent in (self.agent, "*")):
                yield name, value

    @cached_property
    def _usages(self) -> dict[tuple[str, str], Protego]:
        """Each preference that the text names, with the paths for which it is said."""
        return {said: Protego.parse("\n".join(self._usage_lines(said))) for said in dict.fromkeys(self._preferences())}

    def _preferences(self) -> Iterator[tuple[str, str]]:
        for line in self.text.splitlines():
            if found := USAGE.match(line.partition("#")[0]):
                yield found[1].lower(), _path_and_value(found[2])[1]

    def _usage_lines(self, said: tuple[str, str]) -> Iterator[str]:
        """A line without a group holds for everyone; another preference for the same path ends ours there."""
        yield from ("User-agent: *", f"User-agent: {self.agent}", END_OF_AGENTS)
        for line in self.text.splitlines():
            plain = line.partition("#")[0]
            if found := USAGE.match(plain):
                path, value = _path_and_value(found[2])
                if found[1].lower() == said[0]:
                    yield f"Disallow: {path}*" if value == said[1] else f"Allow: {path}"
            elif found := LINE.match(plain):
                agents = found[1].lower().startswith("user")
                yield f"User-agent: {_agent(found[2].strip(), self.agent)}" if agents else END_OF_AGENTS


def rules(body: bytes, agent: str) -> Rules:
    """Read a robots.txt for the product token ``agent``. Bytes that are no text, or a web page, hold no rules."""
    text = _decoded(body[:ROBOTS_BYTES])
    if HTML.match(text):
        return Rules("", agent)
    return Rules(OTHER_LINE_ENDS.sub(lambda found: quote(found[0]), text), agent)


def path_matches(pattern: str, url: str) -> bool:
    """Tell whether a path pattern with ``*`` and ``$`` holds for the address, by the rules of robots.txt."""
    return not _pattern(pattern).can_fetch(url, "*")


@lru_cache(maxsize=4_096)
def _pattern(pattern: str) -> Protego:
    return Protego.parse(f"User-agent: *\nDisallow: {' '.join(pattern.split())}")


def _decoded(body: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if body.startswith(mark):
            return body[2:].decode(encoding, errors="ignore")
    return body.decode("utf-8-sig", errors="ignore").replace("\x00", "")


def _record(name: str, value: str, agent: str) -> str:
    if name.startswith("user"):
        return f"User-agent: {_agent(value, agent)}"
    # Protego reads an allowed /index.html as an allowed directory, the RFC doesn't; a last * changes nothing.
    if name == "allow" and value.endswith("/index.html"):
        value += "*"
    return f"{name}: {value}"


def _agent(value: str, agent: str) -> str:
    """Whose group a line begins: everyone's, ours, or somebody else's. Product tokens match whole, in any case."""
    if value == "*" or value[:2].strip() == "*" != value[:2]:
        return "*"
    token = TOKEN.match(value)
    return agent if token and token[0].lower() == agent.lower() else SOMEBODY_ELSE


def _path_and_value(said: str) -> tuple[str, str]:
    """Part a preference from the path that may stand before it."""
    first, _, rest = said.strip().partition(" ")
    return (first, rest.strip()) if first.startswith("/") else ("/", said.strip())
