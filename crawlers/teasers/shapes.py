"""What an address looks like: its template, and whether it is a service page, a file, or another page of the listing.

A template keeps what stays the same from article to article and names the kind of what changes:
``/2026/03/01/moat-is-gone`` and ``/2025/11/30/beans-and-prices`` are both ``/Y/N/N/S``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable


def frozen(names: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(names.split())


YEAR = re.compile(r"^(19|20)\d\d$")
DATED = re.compile(r"(^|[/_-])(19|20)\d\d[/_-]?(0[1-9]|1[0-2])([/_-]?[0-3]\d)?($|[/_-])")
HASH = re.compile(r"^(?=.*\d)(?=.*[a-z])[\da-z]{8,}$", re.IGNORECASE)
WORDS = re.compile(r"[^\W\d_]{2,}")
NUMBER = re.compile(r"(?<!\d)\d{4,}(?!\d)|^\d{2,}-(?=[^\W\d])")  # alone, or before the words of a title: 268-morse
ENDING = re.compile(r"\.(html?|php|aspx?|jsp|cfm|shtml|amp)$", re.IGNORECASE)
FILES = re.compile(
    r"\.(pdf|jpe?g|png|gif|svg|webp|avif|mp[34]|m4a|webm|zip|gz|docx?|xlsx?|pptx?|css|js|xml|ics|rss|atom|json)$", re.IGNORECASE
)  # fmt: skip
# Names of service pages in the languages of the shipped sources. They are a reason against a link, never a veto.
SERVICE = frozen(
    """
    speaker speakers ponentes referenten intervenants relatori palestrantes sponsors exhibitors
    tag tags etiqueta etiquetas mot-cle motcle topic topics tema temas thema themen theme themes rubrique dossier
    dossiers category categories categoria categorias categorie kategorie kategorien section sections seccion label
    author authors autor autores auteur auteurs autore autori autoren people person profile profiles user users
    member members memberlist.php contributor contributors staff team equipo u about about-us contact contact-us
    kontakt contacto contatti contato contactez-nous impressum imprint privacy datenschutz privacidad privacidade
    terms tos legal aviso-legal mentions-legales agb cookies cookie-policy accessibility licence license login
    signin sign-in signup sign-up register account konto cuenta conta compte subscribe subscription subscriptions
    abo abonnement abonnieren suscripcion suscribete assine assinatura abbonati newsletter newsletters boletin
    boletines search suche buscar busca recherche cerca jobs job careers career karriere empleo press-kit media-kit
    advertise werbung publicidad publicite pubblicita feed feeds rss sitemap help faq hilfe ayuda ajuda aide
    guidelines donate spenden donar shop store tienda boutique events event eventos termine veranstaltungen agenda
    webinar webinars pricing features product products product-page producto productos produto produtos produit
    produits prodotto prodotti produkt produkte resource resources whitepaper whitepapers ebook ebooks solutions customers download downloads podcasts apps
    wp-login.php wp-admin cdn-cgi share sharer intent viewforum.php forum forums vote hide reply flag hot newest
    leaders best past ask c badges topicos assunto editorias redaktion redaction archive archives archiv archivo amp
    """
)
HOUSE = re.compile(
    r"^(about|contact|acerca-de|quienes-somos|sobre-(o|a|nos)|ueber|uber-uns|chi-siamo|qui-sommes|a-propos|terms|privacy|cookie|"
    r"politica-de|condizioni|mentions|datenschutz|accessibility|sign-up|subscribe|advertise)\b", re.IGNORECASE
)  # fmt: skip
LISTING_KEYS = frozen(
    """
    page paged pg seite pagina start offset from sort order orderby order_by filter view lang locale hl dir limit s
    q query search cat category tag tags section author period ascending feed format solved status replytocom
    """
)
PAGING = re.compile(r"(^|/)(page|pagina|seite|pag|strana|p)[/_-]?\d{1,4}/?$", re.IGNORECASE)
COUNTRY_SECOND = frozenset(["co", "com", "org", "net", "ac", "gov", "edu"])


@dataclass(frozen=True, slots=True)
class Shape:
    """An address, taken apart. ``full`` keeps literal folders, ``coarse`` only the kinds of parts."""

    full: str
    coarse: str
    slug: float  # 1 for three words or more, 0.5 for two
    number: bool
    dated: float  # 1 with a month, 0.4 for a year alone
    bare: bool  # a host without a path
    mixed: bool  # letters and digits in one: feb26
    last: str


@lru_cache(maxsize=8_192)
def shape(url: str) -> Shape:
    """Take an absolute address apart."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    segments = [x for x in path.split("/") if x]
    kinds = [kind_of(x) for x in segments]
    query = [(k, kind_of(v)) for k, v in parse_qsl(parts.query)]
    names = [x.lower() if k == "w" else k for x, k in zip(segments, kinds, strict=True)]
    asked = "?" + "&".join(f"{k}={v}" for k, v in sorted(query)) if query else ""
    full = "/".join([*names[:-1], *kinds[-1:]])
    return Shape(
        full=f"/{full}{asked}",
        coarse=f"/{'/'.join(kinds)}{asked}",
        slug=_slug([*kinds[-2:], *(v for _, v in query)]),
        number=any(k in ("#", "H") for k in kinds[-2:])
        or any(v in ("#", "H", "N") and k.lower() not in LISTING_KEYS for k, v in query)
        or bool(segments and NUMBER.search(segments[-1]) and not YEAR.match(segments[-1])),
        dated=1.0 if DATED.search(path) else 0.4 if "Y" in kinds[:-1] else 0.0,
        bare=not segments and not query,
        mixed=bool(segments and re.search(r"[^\W\d_]\d|\d[^\W\d_]", ENDING.sub("", segments[-1]))),
        last=segments[-1].lower() if segments else "",
    )


def kind_of(part: str) -> str:
    """Return the kind of a part: Y(ear), N(umber up to 3 digits), # (longer), H(ash), S(lug), S2 (of two words), w(ord)."""
    ending = ENDING.search(part)
    name = part[: ending.start()] if ending else part
    tail = ending[0].lower() if ending else ""
    if YEAR.match(name):
        return "Y" + tail
    if name.isdigit():
        return ("N" if len(name) < 4 else "#") + tail
    words = WORDS.findall(name)
    if len(words) >= 3 or (name and len(name) >= 9 and not name.isascii()):
        return "S" + tail
    if HASH.match(name):
        return "H" + tail
    if len(words) == 2 and re.search(r"[-_]", name):
        return "S2" + tail
    return ("#" if NUMBER.search(name) else "w") + tail


def _slug(kinds: list[str]) -> float:
    return max((0.5 if x.startswith("S2") else 1.0 for x in kinds if x.startswith("S")), default=0.0)


@lru_cache(maxsize=8_192)
def service(url: str, listing: str = "") -> float:
    """Return 1 where a page is named as a service, 0.7 where a folder above it is, less above articles.

    Folders that the listing lies in as well tell nothing.
    """
    segments = [x for x in unquote(urlsplit(url).path).split("/") if x]
    above = [x for x in unquote(urlsplit(listing).path).split("/") if x] if site(url) == site(listing) else []
    shared = next(
        (n for n, (x, y) in enumerate(zip(segments, above, strict=False)) if x != y), min(len(segments), len(above))
    )
    return _service(segments[min(shared, len(segments) - 1) :], [kind_of(x) for x in segments])


def _service(segments: list[str], kinds: list[str]) -> float:
    found = [ENDING.sub("", x.lower()) in SERVICE or x.lower() in SERVICE for x in segments]
    if not any(found):
        return 0.7 if len(segments) <= 2 and segments and HOUSE.match(segments[-1]) else 0.0
    if found[-1]:
        return 1.0
    told = kinds[-1][:1] in "#SH" and not kinds[-1].startswith("S2")
    return 0.4 if told and not (len(found) > 1 and found[-2]) else 0.7


def is_file(url: str) -> bool:
    """Tell whether an address names a file that is no web page."""
    return bool(FILES.search(urlsplit(url).path))


def is_other_page(url: str, listing: str) -> bool:
    """Tell whether an address is the listing itself, what lies above it, or the same list turned over or sorted."""
    ours, theirs = urlsplit(listing), urlsplit(url)
    if site(url) != site(listing):
        return False
    above = _folder(ours.path)
    if _folder(theirs.path) != above and above.startswith(_folder(theirs.path)):
        return not theirs.query or theirs.path.rstrip("/") != "" or _only_lists(theirs.query)
    if PAGING.search(theirs.path) and above.startswith(_folder(PAGING.sub("", theirs.path))):
        return True
    return _folder(theirs.path) == above and _only_lists(theirs.query)


def folder(listing: str) -> str:
    """Return the path below which a listing's own articles would lie: of a page, the folder that it is in."""
    path = urlsplit(listing).path
    return path[: path.rfind("/") + 1] if ENDING.search(path) else _folder(path)


def _folder(path: str) -> str:
    return re.sub(r"/index\.\w+$", "", PAGING.sub("", path)).rstrip("/") + "/"


def _only_lists(query: str) -> bool:
    return all(k.lower() in LISTING_KEYS or not v.strip() for k, v in parse_qsl(query, keep_blank_values=True))


def site(url: str) -> str:
    """Return the host without ``www.`` and without a port."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def family(url: str) -> str:
    """Return the registered name of the host, roughly: the last two labels, three under ``co.uk`` and its like."""
    labels = site(url).split(".")
    wide = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in COUNTRY_SECOND
    return ".".join(labels[-3:] if wide else labels[-2:])


# ------------------------------------------------------------------ what became of earlier links
@dataclass(frozen=True, slots=True)
class Experience:
    """How many earlier links of one source became articles and how many did not, by address and by template."""

    became: dict[str, bool]
    good: dict[str, int]
    bad: dict[str, int]

    def said(self, url: str) -> tuple[int, int]:
        """Return how many alike became articles and how many did not; the closer template speaks when it knows."""
        own = shape(url)
        for name in (own.full, own.coarse):
            key = f"{site(url)}{name}"
            if self.good.get(key, 0) + self.bad.get(key, 0) >= 3:
                return self.good.get(key, 0), self.bad.get(key, 0)
        return 0, 0


def experience(known: Iterable[tuple[str, bool]]) -> Experience:
    """Count earlier links, given as (address, became an article)."""
    became = dict(known)
    good: dict[str, int] = {}
    bad: dict[str, int] = {}
    for url, article in became.items():
        counts = good if article else bad
        for name in {shape(url).full, shape(url).coarse}:
            key = f"{site(url)}{name}"
            counts[key] = counts.get(key, 0) + 1
    return Experience(became, good, bad)
