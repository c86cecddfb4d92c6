"""Machine-readable reservations of text and data mining: read off every place where they are said. Pure.

Places: ``/.well-known/tdmrep.json``, the header fields and meta elements of TDMRep (W3C community group, 2024), the
directive ``noai`` of X-Robots-Tag and meta robots, Content-Usage (drafts of the IETF's aipref group) and
Content-Signal in robots.txt and headers. Where places contradict each other, the one that reserves wins. What they
say about images, indexing and search results is not about mining text, and is left to others.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from lxml import html
from lxml.etree import LxmlError

from crawlers.rules import path_matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lxml.html import HtmlElement

    from crawlers.rules import Rules

TDM_FILE = "/.well-known/tdmrep.json"
TDM_RULES = 1_000  # rules taken from one file
# Uses that include what this program does: reading a text by machine, to draw figures and classes from it.
MINING = frozenset({"tdm", "bots", "all", "automated-processing"})
# Uses of which one may doubt that: this program trains classifiers and summarises by extracting, it generates nothing.
TRAINING = frozenset({"ai", "train-ai", "ai-train", "genai", "train-genai", "ai-input", "ai-use"})
NO = ("n", "no", "0", "?0", "false", "disallow")
PREFERENCE = re.compile(r"([a-z][a-z-]*)\s*=\s*\"?([a-z0-9?]+)", re.IGNORECASE)
SIGNS = (b"tdm-reservation", b"noai")  # no page without one of these is parsed for its meta elements
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,40})", re.IGNORECASE)
HEAD = 300_000  # bytes of a page in which its meta elements are looked for


def reservation(
    url: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    *,
    rules: Rules,
    tdm: Sequence[tuple[str, bool]],
    agent: str,
    policy: str,
) -> str | None:
    """Return which signal reserves mining the text at ``url``, and where it stands; None where none does.

    ``policy`` is "strict" (wishes against training count as well), "tdm" (only what names mining, or AI as a whole)
    or "off".
    """
    if policy == "off":
        return None
    uses = MINING | TRAINING if policy == "strict" else MINING
    return next(_signals(url, list(headers), body, rules, tdm, agent, uses), None)


def _signals(
    url: str,
    headers: list[tuple[str, str]],
    body: bytes,
    rules: Rules,
    tdm: Sequence[tuple[str, bool]],
    agent: str,
    uses: frozenset[str],
) -> Iterator[str]:
    for name, value in headers:
        if sign := _sign(name.lower(), value, agent, uses):
            yield f"{sign} (header)"
    for name, value in _meta(body):
        if sign := _sign("x-robots-tag" if name in ("robots", agent.lower()) else name, value, agent, uses):
            yield f"{sign} (meta)"
    if _file_reserves(tdm, url):
        yield "tdm-reservation: 1 (tdmrep.json)"
    for name, value in rules.usage(url):
        if sign := _sign(name, value, agent, uses):
            yield f"{sign} (robots.txt)"


def _sign(name: str, value: str, agent: str, uses: frozenset[str]) -> str | None:
    """Return what a field of this name and value reserves, in the words in which it does."""
    if name == "tdm-reservation":
        return "tdm-reservation: 1" if value.strip().strip('"').lower() in ("1", "true", "?1") else None
    if name == "x-robots-tag":
        return "noai" if _directives(value, agent) & {"noai"} else None
    if name in ("content-usage", "content-signal"):
        refused = [f"{use}={said}" for use, said in PREFERENCE.findall(value.lower()) if use in uses and said in NO]
        return f"{name}: {refused[0]}" if refused else None
    return None


def _directives(value: str, agent: str) -> set[str]:
    """Directives of an X-Robots-Tag that hold for everyone or for us: after "name:" they hold for that agent."""
    found, ours = set(), True
    for part in value.lower().split(","):
        whose, colon, said = part.strip().partition(":")
        if colon and whose.strip() not in (
            "unavailable_after",
            "max-snippet",
            "max-image-preview",
            "max-video-preview",
        ):
            ours = whose.strip() in ("*", agent.lower())
            whose = said
        if ours:
            found.add(whose.strip())
    return found


# ------------------------------------------------------------------ meta elements
def _meta(body: bytes) -> Iterator[tuple[str, str]]:
    start = body[:HEAD]
    if start.startswith(UTF_16):
        start = start.decode("utf-16", errors="ignore").encode(errors="ignore")
    lowered = start.lower()
    if not any(sign in lowered for sign in SIGNS):
        return
    tree = parsed(start)
    for element in tree.iter("meta") if tree is not None else ():
        name = element.get("name") or element.get("http-equiv") or ""
        yield name.strip().lower(), element.get("content") or ""


def parsed(body: bytes, content_type: str = "") -> HtmlElement | None:
    """Parse a web page; None where there is nothing in it."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True)
    try:
        return html.document_fromstring(_decoded(body, content_type).encode(errors="ignore"), parser=parser)
    except (LxmlError, ValueError):
        return None


def _decoded(body: bytes, content_type: str) -> str:
    """Decode as UTF-16 or UTF-8 where it is that, else as the header or the page says."""
    named = CHARSET.search(content_type.encode(errors="ignore")) or CHARSET.search(body[:2_000])
    tried = ("utf-16" if body.startswith(UTF_16) else "utf-8-sig", named[1].decode("ascii") if named else "cp1252")
    for encoding in tried:
        try:
            return body.decode(encoding)
        except (LookupError, ValueError):
            continue
    return body.decode("latin-1")


# ------------------------------------------------------------------ tdmrep.json
def tdm_file(body: bytes) -> tuple[tuple[str, bool], ...]:
    """Read the rules of a tdmrep.json: (path pattern, reserved). What is malformed holds no rule."""
    try:
        said = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return ()
    listed = said if isinstance(said, list) else [said]
    return tuple(rule for item in listed[:TDM_RULES] if (rule := _tdm_rule(item)) is not None)


def _tdm_rule(item: object) -> tuple[str, bool] | None:
    if not isinstance(item, dict) or not isinstance(place := item.get("location"), str):
        return None
    value = item.get("tdm-reservation")
    if value in (0, 1, "0", "1"):
        return place[:500], value in (1, "1")
    return None


def _file_reserves(tdm: Sequence[tuple[str, bool]], url: str) -> bool:
    """Tell what the rule with the longest matching pattern says; of equally long ones, one that reserves."""
    matching = [(len(pattern), reserved) for pattern, reserved in tdm if path_matches(pattern, url)]
    return max(matching, default=(0, False))[1]
