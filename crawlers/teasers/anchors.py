"""The anchors of a page: where each leads, what it says, in which structural path and in which kind of area it stands."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from crawlers.addresses import clean
from crawlers.teasers.shapes import frozen, is_file, is_other_page

MOST = 3_000
MANY = 3
FEW = 4  # so many siblings of one tag are compared with each other
PROSE, PARAGRAPH, STEPS = 30, 400, 20  # letters, letters, elements looked at around a link
LABEL = 4  # words of a label such as "read more"
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
BLOCKS = frozen(
    """
    address article aside blockquote body dd div dl dt fieldset figcaption figure footer form header hr li main nav
    ol p pre section table tbody td tfoot th thead tr ul h1 h2 h3 h4 h5 h6
    """
)
SCENERY = ("script", "style", "svg", "template", "select", "textarea", "iframe")
STATES = frozen(
    """
    first last odd even active current featured feature sticky new read unread visible hidden large small medium big
    lead hero main primary secondary selected hentry is has pinned closed hot alt lazy loaded animated wide full
    half left right
    """
)
PER_ITEM = re.compile(r"^(category|categories|tag|author|status|format|post_tag|topic|term|cat)-")
GENERATED = re.compile(
    r"(?<=__)[A-Za-z0-9_-]{4,}$|(?<=^css-)\w+$|(?<=^sc-)\w+$|(?<=^jsx-)\d+$|^(?=\w*\d)(?=\w*[a-zA-Z])\w{6,}$"
)
HARD = frozen(
    """
    nav menu menus navbar navigation megamenu breadcrumb breadcrumbs crumbs footer foot pagination pager paginator
    share sharing social cookie cookies consent login signin signup subscribe topbar toolbar skip language languages
    lang tags taglist tagcloud categories byline comments usernav gdpr colophon legal
    """
)
SOFT = frozen(
    """
    sidebar side aside widget widgets related popular trending mostread most recommended recommendations newsletter
    promo header masthead banner ticker alsolike more
    """
)
PAID = frozen(
    """
    sponsor sponsored sponsors advert advertisement advertising ad ads promoted partner partners anzeige werbung
    publicidad publi patrocinado patrocinados native outbrain taboola brandvoice branded advertorial paid pub
    pubblicita publicite
    """
)
PAID_WORDS = re.compile(
    r"^(sponsored|advertisement|promoted|paid (post|content)|anzeige|werbung|advertorial|publicidad|patrocinad[oa]|contenido patrocinado|"
    r"publicité|sponsorisé|contenu sponsorisé|conteúdo patrocinado|publicidade|sponsorizzato|contenuto sponsorizzato|pr|広告)\b", re.IGNORECASE
)  # fmt: skip
TURNING = re.compile(
    r"^[\s\d«»‹›<>←→|.…]*$|^[«‹<←\s]*(next|prev(ious)?|older|newer|load more|show more|more|first|last|siguientes?|anterior(es)?|"
    r"ver más|cargar más|weiter(e)?|nächste|zurück|vorherige|ältere|mehr( laden)?|suivante?s?|précédente?s?|plus|page suivante|"
    r"próxim[ao]s?|mais|carregar mais|successiv[ao]|seguente|precedente|altri|carica altri|次へ?|前へ?|もっと見る)"
    r"( (page|posts?|entries|articles?|página|seite|beiträge|pagina|artikel|artículos|»))*[»›>→\s]*$",
    re.IGNORECASE,
)
COUNTED = re.compile(r"^\W*\d|\d\)\W*$")
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """One link on the page. ``level`` is 2 for a title in a heading, 1 for one by its words, 0 for the rest."""

    element: Any
    url: str
    order: int
    text: str
    title: str
    heading: bool
    inline: bool
    level: int
    path: str
    area: str  # "", "soft", "hard" or "paid"
    often: bool = False  # its path names its address again and again, as categories and authors are


def words(text: str) -> float:
    """Count words; three letters of Chinese, Japanese or Korean script count as one."""
    plain = CJK.sub(" ", text)
    return len(TOKEN.findall(plain)) + len(CJK.findall(text)) / 3


def wordless(text: str) -> str:
    """Return a text in which signs are all alike, and numbers too where it counts something ("12 comments")."""
    plain = re.sub(r"[\W_]+", "#", text.lower())
    return re.sub(r"\d+", "#", plain) if COUNTED.search(text) or words(re.sub(r"\d+", " ", text)) <= 1 else plain


def text_of(element: Any) -> str:
    """Return the visible text of an element in one line."""
    return " ".join("".join(element.itertext()).split())


def chunks(element: Any) -> list[str]:
    """Return the texts of an element's lines as a reader sees them: cut where a block begins or ends."""
    found: list[list[str]] = [[]]
    _cut(element, found, 0)
    texts = (" ".join("".join(x).split()) for x in found)
    return [x for x in texts if x]


def _cut(element: Any, found: list[list[str]], depth: int) -> None:
    block = element.tag in BLOCKS or element.tag == "br" or "block" in element.get("class", "")
    if block and found[-1]:
        found.append([])
    found[-1].append(element.text or "")
    for child in element:
        if isinstance(child.tag, str) and depth < 60:
            _cut(child, found, depth + 1)
        found[-1].append(child.tail or "")
    if block or element.tag in ("span", "time", "small"):
        found.append([])


def collect(root: Any, listing: str, base: str) -> list[Anchor]:
    """Return the anchors that could lead to an article, in the order of the page."""
    paths, areas = _Paths(), _Areas(root)
    found: list[Anchor] = []
    for element in root.iter("a"):
        if len(found) >= MOST:
            break
        url = clean(element.get("href") or "", base) if element.get("href") else None
        if url is None or element.get("href", "").lstrip().startswith("#"):
            continue
        text = text_of(element)
        turning = len(text) < 30 and text and TURNING.match(text) and not _heading(element)
        if is_other_page(url, listing) or is_file(url):
            continue
        if turning and (element.get("rel") in ("next", "prev") or _same_list(url, listing)):
            continue
        found.append(_anchor(element, url, len(found), text, paths.of(element), areas.of(element)))
    return _levelled(_split(_unpaid(found)))


def _unpaid(anchors: list[Anchor]) -> list[Anchor]:
    """Believe no name for adverts that many titles stand in: "pub" is an advert in French and a publication elsewhere."""
    titled = [x.area == "paid" for x in anchors if x.level and not x.inline]
    if sum(titled) * 3 <= len(titled):
        return anchors
    return [replace(x, area="") if x.area == "paid" else x for x in anchors]


def _split(anchors: list[Anchor]) -> list[Anchor]:
    """Part the links of one path by what they say where many say the same: "pdf", "12 comments", "read more"."""
    addresses: dict[tuple[str, str], set[str]] = {}
    for x in anchors:
        addresses.setdefault((x.path, wordless(x.text)), set()).add(x.url)
    labels = {key for key, urls in addresses.items() if len(urls) >= MANY and words(key[1]) <= LABEL}
    return [
        replace(x, path=f"{x.path} {label}") if (x.path, label := wordless(x.text)) in labels else x for x in anchors
    ]


def _levelled(anchors: list[Anchor]) -> list[Anchor]:
    """Give a link the level of its group; an address that one path names again and again is no title there."""
    groups: dict[str, list[int]] = {}
    for x in anchors:
        groups.setdefault(x.path, []).append(x.level)
    usual = {path: sorted(levels)[len(levels) // 2] for path, levels in groups.items()}
    times = Counter((x.path, x.url) for x in anchors)
    return [
        replace(x, level=0, often=True) if times[x.path, x.url] >= MANY
        else replace(x, level=max(x.level, usual[x.path])) if len(groups[x.path]) >= MANY and not x.inline
        else x
        for x in anchors
    ]  # fmt: skip


def _same_list(url: str, listing: str) -> bool:
    return url.partition("?")[0].rstrip("/") == listing.partition("?")[0].rstrip("/")


def _anchor(element: Any, url: str, order: int, text: str, path: str, area: str) -> Anchor:
    heading = _heading(element)
    title = text_of(heading) if heading is not None and heading is not element else _title(element, text)
    if not title:
        title, heading = (element.get("title") or element.get("aria-label") or ""), None
    inline = heading is None and _inline(element, text)
    size = words(re.sub(r"\d+", " ", title))
    level = 0 if inline else 2 if heading is not None and size >= 2 else 1 if size >= 3 else 0
    return Anchor(element, url, order, text, title, heading is not None, inline, level, path, area)


def _heading(element: Any) -> Any:
    for inner in element.iterdescendants(*HEADINGS):
        if text_of(inner):
            return inner
    for above in element.iterancestors():
        if above.tag in HEADINGS or above.get("role") == "heading":
            return element
        if above.tag in ("article", "li", "section", "td", "body", "ul", "table"):
            return None
    return None


def _title(element: Any, text: str) -> str:
    """Return the line of a link that is its title: the first of three words or more, or the longest."""
    if len(element) == 0:
        return text
    lines = chunks(element)
    long = [x for x in lines if words(x) >= 3 and not re.match(r"^[\d\W]", x)]
    return long[0] if long else max(lines, key=len, default="")


def _inline(element: Any, text: str) -> bool:
    """Tell whether a link stands inside running text: words go before it, and most of what is said is not its own."""
    before = _running(element, backwards=True)
    return before >= PROSE and len(text) < before + _running(element, backwards=False)


def _running(element: Any, *, backwards: bool) -> int:
    """Count the letters of the same paragraph on one side of an element, up to some hundred; a row of links is no text."""
    count, steps = 0, 0
    while element is not None and element.tag not in BLOCKS and count < PARAGRAPH:
        parent = element.getparent()
        count += 0 if backwards else len((element.tail or "").strip())
        for sibling in element.itersiblings(preceding=backwards):
            steps += 1
            count += len((sibling.tail or "").strip()) if backwards else 0
            if not isinstance(sibling.tag, str) or sibling.tag in BLOCKS or sibling.tag == "br" or steps > STEPS:
                return count
            count += _unlinked(sibling) + (0 if backwards else len((sibling.tail or "").strip()))
        if backwards and parent is not None:
            count += len((parent.text or "").strip())
        element = parent
    return count


def _unlinked(element: Any) -> int:
    """Count the letters of an element that are no link's."""
    if element.tag == "a":
        return 0
    return len(text_of(element)) - sum(len(text_of(x)) for x in element.iter("a"))


# ------------------------------------------------------------------ structural paths
def class_names(element: Any) -> frozenset[str]:
    """Return an element's classes without what tells one item from its neighbours: numbers, hashes, states."""
    names = set()
    for name in element.get("class", "").split()[:12]:
        plain = GENERATED.sub("", name)
        plain = re.sub(r"\d+", "", plain).lower().strip("-_")
        if plain and plain not in STATES and not PER_ITEM.match(name) and "[" not in plain:
            names.add(plain)
    return frozenset(names)


class _Paths:
    """Structural paths: the tags and classes from the body down, the same for the same place in each item."""

    def __init__(self) -> None:
        self.known: dict[Any, str] = {}
        self.names: dict[Any, frozenset[str]] = {}
        self.shared: dict[tuple[Any, str], Counter[str]] = {}

    def of(self, element: Any) -> str:
        above = [x for x in element.iterancestors() if x.tag not in ("html", "body")]
        parts = [self._part(x) for x in [*reversed(above), element]]
        return "/".join(x for n, x in enumerate(parts) if n < 2 or x != parts[n - 2])  # replies nest in lists

    def _part(self, element: Any) -> str:
        if element not in self.known:
            self.known[element] = element.tag + "".join(f".{x}" for x in sorted(self._classes(element)))
        return self.known[element]

    def _classes(self, element: Any) -> frozenset[str]:
        own = self._names(element)
        parent = element.getparent()
        if parent is None or not own:
            return own
        if (parent, element.tag) not in self.shared:
            twins = [x for x in parent if x.tag == element.tag]
            names = (name for x in twins for name in self._names(x)) if len(twins) >= FEW else ()
            self.shared[parent, element.tag] = Counter(names)
        counts = self.shared[parent, element.tag]
        if not counts:
            return own
        often = max(counts[x] for x in own) / 2
        return frozenset(x for x in own if counts[x] >= often)

    def _names(self, element: Any) -> frozenset[str]:
        if element not in self.names:
            self.names[element] = class_names(element)
        return self.names[element]


# ------------------------------------------------------------------ areas
class _Areas:
    """Which kind of area an element stands in, by tags, roles and class names: a prior, never a veto."""

    ORDER = ("", "soft", "hard", "paid")

    def __init__(self, root: Any) -> None:
        self.links: Counter[Any] = Counter()
        for anchor in root.iter("a"):
            self.links.update(anchor.iterancestors())
        self.most = max(self.links.values(), default=0) / 2
        self.known: dict[Any, str] = {}

    def of(self, element: Any) -> str:
        worst = "paid" if "sponsored" in element.get("rel", "") else ""
        for above in [element, *element.iterancestors()]:
            if above not in self.known:
                self.known[above] = self._own(above)
            worst = max(worst, self.known[above], key=self.ORDER.index)
        return worst

    def _own(self, element: Any) -> str:
        tag = element.tag
        if tag in ("html", "body", "main") or self.links[element] > self.most:
            return ""
        names = set(re.split(r"[-_\s]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "-", _named(element)).lower()))
        if names & PAID or (tag in BLOCKS and _paid(element)):
            return "paid"
        role = element.get("role", "")
        if tag in ("nav", "footer", "form", "dialog") or role in ("navigation", "contentinfo", "menu", "dialog"):
            return "" if tag == "footer" and _in_item(element) else "hard"
        if tag == "header" or role == "banner":
            return "" if _in_item(element) else "hard"
        if names & HARD and not {"content", "post", "article", "story"} & names:
            return "hard"
        return "soft" if tag == "aside" or role == "complementary" or names & SOFT else ""


def _named(element: Any) -> str:
    return f"{element.get('class', '')} {element.get('id', '')}"[:300]


def _in_item(element: Any) -> bool:
    return any(x.tag in ("article", "li", "main", "section") for x in element.iterancestors())


def _paid(element: Any) -> bool:
    """Tell whether a small block says of itself that it is paid for."""
    first = next((x.strip() for x in element.itertext() if x.strip()), "")
    return len(first) < 40 and bool(PAID_WORDS.match(first)) and sum(1 for _ in element.iter("a")) <= 8
