"""Who sent a text out for others to print: press releases and wire texts, by their marks. Compares no words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.model import Article

Kind = Literal["wire", "press release"]
Signs = dict[str, tuple[tuple[str, ...], str]]

HEAD, TAIL = 400, 300  # characters in which a dateline or a credit stands

# What it is called -> how it signs, and the site of its own.
WIRES: Signs = {
    "Reuters": (("Reuters",), "reuters.com"),
    "Associated Press": (("AP", "Associated Press", "The Associated Press"), "apnews.com"),
    "AFP": (("AFP", "Agence France-Presse"), "afp.com"),
    "dpa": (("dpa", "dpa-AFX", "dpa/tmn", "Deutsche Presse-Agentur"), "dpa.com"),
    "EFE": (("EFE", "Agencia EFE", "EFECOM"), "efe.com"),
    "Europa Press": (("Europa Press", "EUROPA PRESS"), "europapress.es"),
    "ANSA": (("ANSA",), "ansa.it"),
    "APA": (("APA",), "apa.at"),
    "Keystone-SDA": (("Keystone-SDA", "SDA", "AWP"), "keystone-sda.ch"),
    "Lusa": (("Lusa", "LUSA"), "lusa.pt"),
    "Agência Brasil": (("Agência Brasil",), "agenciabrasil.ebc.com.br"),
    "Xinhua": (("Xinhua",), "xinhuanet.com"),
    "Kyodo": (("Kyodo", "Kyodo News"), "kyodonews.net"),
    "Yonhap": (("Yonhap",), "yna.co.kr"),
    "PTI": (("PTI", "Press Trust of India"), "ptinews.com"),
    "AAP": (("AAP", "Australian Associated Press"), "aap.com.au"),
    "PA Media": (("PA", "PA Media", "Press Association"), "pa.media"),
    "UPI": (("UPI",), "upi.com"),
    "The Canadian Press": (("CP", "The Canadian Press"), "thecanadianpress.com"),
}
RELEASES: Signs = {
    "PR Newswire": (("PRNewswire", "PR Newswire", "PRNewswire-PRWeb"), "prnewswire.com"),
    "Business Wire": (("BUSINESS WIRE", "Business Wire"), "businesswire.com"),
    "GlobeNewswire": (("GLOBE NEWSWIRE", "GlobeNewswire"), "globenewswire.com"),
    "ACCESS Newswire": (("ACCESSWIRE", "ACCESS Newswire"), "accessnewswire.com"),
    "Newsfile": (("Newsfile Corp.", "Newsfile"), "newsfilecorp.com"),
    "EIN Presswire": (("EINPresswire.com", "EIN Presswire"), "einpresswire.com"),
    "EQS": (("EQS-News", "EQS-Ad-hoc", "EQS"), "eqs-news.com"),
    "news aktuell": (("ots", "news aktuell"), "presseportal.de"),
    "CNW": (("CNW", "CNW Group"), "newswire.ca"),
}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a text out, as a wire text or a press release; ``own``: the article is the sender's own page."""

    name: str
    kind: Kind
    own: bool = False

    @property
    def told(self) -> str:
        """The sender as a copy's reason names it."""
        said = "a wire text" if self.kind == "wire" else "a press release"
        return f"{said} of {self.name}" if self.name else said


def sender_of(article: Article, kinds: Mapping[str, str]) -> Sender | None:
    """Return who sent an article's text out, or None; ``kinds`` is the kind of each source by its key.

    Told by the kind of its source, by the site of an agency, by its dateline, by the credit at its end, or by the
    name that stands for an author.
    """
    known, kind = _known(), kinds.get(article.source)
    if found := known.get(_site_of(article.url)):
        return Sender(found.name, found.kind, own=True)
    if kind in ("wire", "press release"):
        return Sender(article.site or "", "wire" if kind == "wire" else "press release", own=True)
    if found := next((known[author] for author in article.authors if author in known), None):
        return found
    dateline, credit = _marks()
    mark = dateline.search(article.text[:HEAD]) or credit.search(article.text[-TAIL:])
    return known[next(group for group in mark.groups() if group)] if mark else None


def _site_of(url: str) -> str:
    """Return the site of an agency that an address belongs to, else an empty string."""
    host = url.partition("://")[2].partition("/")[0].casefold()
    while host and host not in _known():
        host = host.partition(".")[2]
    return host


@cache
def _known() -> dict[str, Sender]:
    """Who signs so, or has this site."""
    groups: tuple[tuple[Kind, Signs], ...] = (("wire", WIRES), ("press release", RELEASES))
    return {
        sign: Sender(name, kind)
        for kind, names in groups
        for name, (signs, site) in names.items()
        for sign in (*signs, site)
    }


@cache
def _marks() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """``BERLIN (dpa) -``, ``/PRNewswire/ --``; at the end ``(EFE)``, ``Source: Business Wire``, ``© AFP``."""
    signs = sorted((s for signs, _ in (*WIRES.values(), *RELEASES.values()) for s in signs), key=len, reverse=True)
    name = "(" + "|".join(map(re.escape, signs)) + ")"
    dateline = rf"[(/]\s*{name}\s*[)/]\s*[.,:]?\s*[-–—]"
    credit = rf"\(\s*{name}\s*\)\W*$|(?:Source|Quelle|Fuente|Fonte|SOURCE)\s*:?\s+{name}\b|©\s*(?:20\d\d\s+)?{name}\b"
    return re.compile(dateline), re.compile(credit)
