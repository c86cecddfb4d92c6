"""Title, authors, language, address, site and section of an article, chosen among a page's claims.

The page's words are weighed against one another (a headline that no heading repeats is a slogan); nothing is
fetched, and the language identification is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from lxml import etree

from pipeline.extract import phrases

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from pipeline.extract.structured import Claims
    from pipeline.model import Hint

_SEPARATOR = re.compile(r"\s+[|·•»«–—:-]{1,2}\s+|\s*\|\s*|\s*»\s*")
_BY = re.compile(
    r"^(?:(?:written|words|story|posted|text|texto|reported|analysis)\s+)?(?:by|por|von|par|di|da|de|texte?|текст)\s*:?\s+",
    re.I,
)
_AND = re.compile(r"\s*(?:,|;|\||/|·|\band\b|&|\by\b|\bund\b|\bet\b|\be\b)\s*")
_WHEN = re.compile(
    r"\s(?:posts\b|published|updated|on|\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:[a-z]*\s+\d|\w*\b\s*:|\d|$)",
    re.I,
)
_NO_NAME = re.compile(
    r"^(?:admin|administrator|editor|staff|redacci[óo]n|redaktion|r[ée]daction|reda[çc][ãa]o|redazione|unknown|anonymous|guest|none|null|@.*|\d.*|.*\d{3}.*)$"
    r"|^(?:staff|national|senior|associate|contributing|political|special)\b.*\b(?:writer|reporter|editor|correspondent|author|contributor)$"
    r"|.*\b(?:writer|reporter|correspondent|editor-at-large)$|^(?:md|phd|rdn?|ms|ma|mba|jr|sr|esq)\.?$",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[^\W\d_]{2})\.\s")  # an initial ends no sentence
_AGENCY = re.compile(
    r"[\s,/]+(?:(?:the\s+)?associated\s+press|ap|afp|reuters|dpa|efe|ansa|lusa|bloomberg(?:\s+news)?|usa\s+today|cnn(?:\s+business)?|"
    r"for\s+\S.*)$", re.I,
)  # fmt: skip
_BYLINE = etree.XPath(
    "//*[@rel='author' or contains(@class, 'byline') or contains(@class, 'author')]"
    "[not(self::script or self::input or ancestor-or-self::form or ancestor-or-self::label)]"
)
_TRACKING = re.compile(r"^(?:utm_\w+|fbclid|gclid|mc_[ce]id|cmpid|ncid|igshid|ref_src|ocid|xtor|wt\.mc_id)$", re.I)
_MAX_LOOKED_AT = 400
_PLAIN_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


# ------------------------------------------------------------------ title
def title(tree: HtmlElement, claims: Claims, site: str | None, hint: Hint) -> str:
    """Take the heading that another title of the page agrees with, else the first title without the site's name."""
    named = tree.findtext(".//title") or ""
    # only the first few: later ones are headlines of teasers
    stated = [_without_site(text, site) for text in (*claims.titles[:3], named) if text.strip()]
    headings = [" ".join(h.text_content().split()) for h in tree.iter("h1")][:8]
    for heading in headings:
        if len(heading) < 300 and any(_alike(heading, text) for text in stated):
            return heading
    if stated:
        return stated[0]
    return hint.title or next((h for h in headings if h), "")


def _alike(heading: str, stated: str) -> bool:
    a, b = set(_words(heading)), set(_words(stated))
    return bool(a) and len(a & b) >= 0.7 * max(len(a), len(b))


def _without_site(text: str, site: str | None) -> str:
    """Cut "… | The Site" and "The Site - …" where the piece is the site's name, or much shorter than the rest."""
    text = " ".join(text.split())
    pieces = [p for p in _SEPARATOR.split(text) if p]
    if len(pieces) < 2:
        return text
    own = "".join(_words(site or ""))
    for at in (-1, 0):
        piece = "".join(_words(pieces[at]))
        if own and piece and (piece in own or own in piece):
            cut = text[: text.rfind(pieces[-1])] if at == -1 else text[text.find(pieces[0]) + len(pieces[0]) :]
            return re.sub(r"^[\s|·•»«–—:-]+|[\s|·•»«–—:-]+$", "", cut) or text
    if "|" in text and len(_words(pieces[-1])) <= 4 <= len(_words(pieces[0])):
        return text[: text.rfind("|")].strip()
    return text


# ------------------------------------------------------------------ authors
def authors(tree: HtmlElement, claims: Claims, site: str | None, hint: Hint) -> tuple[str, ...]:
    """Names as stated for machines, else in the byline, else in the feed; at most ten. The house itself is none."""
    houses = {"".join(_words(name)) for name in (*claims.sites, site or "")}
    return _names(claims.authors, houses) or _names(_byline(tree), houses) or _names(hint.authors, houses)


def _names(stated: Sequence[str], houses: Set[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for text in stated:
        for part in _AND.split(_BY.sub("", " ".join(text.split()))):
            name = _SENTENCE.split(_WHEN.split(_BY.sub("", part))[0])[0].strip(" ,:-–—|•")
            name = _AGENCY.sub("", re.sub(r"(?<=\w{2})\.$", "", name)).strip()
            if 2 < len(name) < 60 and len(name.split()) <= 6 and not _NO_NAME.match(name):
                found.setdefault(name.lower(), name)
    people = [name for name in found.values() if "".join(_words(name)) not in houses]
    return tuple(people)[:10]


def _byline(tree: HtmlElement) -> list[str]:
    marked = _BYLINE(tree)
    short = (" ".join(" ".join(e.itertext()).split()) for e in marked[:20])
    named = [text for text in short if 2 < len(text) < 80][:1]
    return named or _signed(tree)


def _signed(tree: HtmlElement) -> list[str]:
    """Find a line that begins "By Name", in six languages, above or between the first paragraphs."""
    for element in islice(tree.iter("p", "span", "div", "address", "small", "em"), _MAX_LOOKED_AT):
        plain = len(element) < 6 and next(element.iterdescendants("p", "div", "section", "table", "ul"), None) is None
        line = " ".join(" ".join(element.itertext()).split()) if plain else ""
        if len(line) < 120 and (match := phrases.BYLINE.match(line)):
            return [match[0]]
    return []


# ------------------------------------------------------------------ language
def said_language(tree: HtmlElement, claims: Claims) -> str | None:
    """Read the declared language, ISO 639-1."""
    root = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    return next((code for value in (root, *claims.languages) if (code := _code(value))), None)


def language(said: str | None, text: str, identify: Callable[[str], str | None], hint: Hint) -> str | None:
    """ISO 639-1: the words decide where there are enough of them; declarations are often a template's."""
    heard = _code(identify(text[:600]) or "")
    if heard and (said is None or len(text) >= 200):
        return heard
    return said or _code(hint.language or "")


def _code(value: str) -> str | None:
    match = re.match(r"\s*([a-z]{2})(?:[-_,;\s]|$)", value, re.I)
    return match[1].lower() if match else None


# ------------------------------------------------------------------ address and site
def address(url: str, stated: Sequence[str]) -> str:
    """Believe a canonical address of the same site that is not just its front page; else keep the page's own."""
    own = _parts(url)
    for claim in stated:
        try:
            other = _parts(urljoin(url, claim.strip()))
        except ValueError:
            continue
        if other is None or (own is not None and not _same_site(own.netloc, other.netloc)):
            continue
        if own is not None and other.path in ("", "/") and own.path not in ("", "/"):
            continue
        return _clean(other)
    return _clean(own) if own is not None else url


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises on nonsense
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _same_site(a: str, b: str) -> bool:
    """Equal but for "www." and its kin, or one below the other: two blogs of one host are two sites."""
    a, b = _PLAIN_HOST.sub("", a.lower()), _PLAIN_HOST.sub("", b.lower())
    return a == b or a.endswith("." + b) or b.endswith("." + a)


def _clean(parts: SplitResult) -> str:
    query = parts.query
    if query:
        kept = [(k, v) for k, v in parse_qsl(query, keep_blank_values=True) if not _TRACKING.match(k)]
        query = query if len(kept) == len(parse_qsl(query, keep_blank_values=True)) else urlencode(kept)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def site(claims: Claims, url: str) -> str | None:
    """Name the site as it names itself, else by its host."""
    for name in claims.sites:
        if name and not name.startswith("@") and len(name) < 80:
            return name
    parts = _parts(url)
    return _PLAIN_HOST.sub("", parts.netloc) if parts is not None else None


def section(claims: Claims) -> str | None:
    """Take the first section that the page names."""
    return next((name for name in claims.sections if 1 < len(name) < 60 and "//" not in name), None)
