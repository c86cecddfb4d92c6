"""The nouns of the pipeline: frozen values that import nothing of the project.

Every stage takes some of these and returns others. They hold no behaviour beyond what follows from
their own fields. Times are aware datetimes in UTC; offsets are character offsets into the named field.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # typing only: nouns import no library at run time
    from collections.abc import Mapping, Set

    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

Way = Literal["feed", "sitemap", "listing", "conference", "archive"]
Stance = Literal["asserts", "disputes", "reports"]
Precision = Literal["time", "day", "none"]
HealthState = Literal["new", "healthy", "late", "quiet", "drowning", "failing", "forbidden", "gone"]
EntityLabel = Literal["organisation", "person", "model", "product", "conference"]

WAYS: tuple[Way, ...] = ("feed", "sitemap", "listing", "conference", "archive")
STANCES: tuple[Stance, ...] = ("asserts", "disputes", "reports")
KINDS = (
    "trade press", "mainstream", "lab blog", "analyst", "community", "research", "press release", "wire",
    "conference",
)  # fmt: skip


# ------------------------------------------------------------------ collect
@dataclass(frozen=True, slots=True)
class Source:
    """Where things come from: one TOML table in ``crawlers/sources/``.

    ``shortest_seconds`` between two looks that the source allows; ``javascript``: its page needs a browser.
    """

    key: str
    name: str
    way: Way
    address: str
    language: str
    country: str
    kind: str
    owner: str | None = None
    conference: str | None = None
    shortest_seconds: float | None = None
    javascript: bool = False

    @property
    def voice(self) -> str:
        """Outlets of one owner family are one voice."""
        return self.owner or self.key


@dataclass(frozen=True, slots=True)
class Hint:
    """What a feed or a listing already said about a page before it was fetched.

    ``content`` is the full text as the feed's HTML, kept only until the page is there; ``transcript_of`` marks a
    transcript, by the address of its episode or talk.
    """

    title: str | None = None
    published: datetime | None = None
    summary: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    content: str | None = None
    transcript_of: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An address that a source published and that is to be fetched once; ``attempts`` have failed so far."""

    url: str
    source: str
    hint: Hint = Hint()
    id: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a source brings something, learnt from its looks: 70 numbers that survive between two looks.

    A *posting* is what comes within five minutes. Times are seconds since 1970, 0.0 for never; old postings and old
    hours of watching weigh less and less. ``pace`` is postings an hour when the last one came, ``silence`` how many
    were due since then. ``window`` is how many items the source shows at once.
    """

    seen: float
    newest: float = 0.0
    window: int = 0
    items: float = 0.0
    hours: tuple[float, ...] = (0.0,) * 24
    hours_watched: tuple[float, ...] = (0.0,) * 24
    days: tuple[float, ...] = (0.0,) * 7
    days_watched: tuple[float, ...] = (0.0,) * 7
    recent: float = 0.0
    recent_due: float = 0.0
    pace: float = 0.0
    silence: float = 0.0


@dataclass(frozen=True, slots=True)
class Poll:
    """The state of one source after a look at its feed, listing or sitemap.

    ``floor`` is the shortest interval in seconds that the source allows, where it says so. ``last_ok`` and ``last_new``
    are when it last could be read and last brought a new link; the store tells them.
    """

    source: str
    polled: datetime
    status: int | None
    next_due: datetime
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    failures: int = 0
    error: str | None = None
    new_links: int = 0
    rhythm: Rhythm | None = None
    floor: float | None = None
    health: Health | None = None
    last_ok: datetime | None = None
    last_new: datetime | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How a source is doing, since when, and why in words that a person understands."""

    state: HealthState
    since: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class VolumeChange:
    """From ``day`` on a source brings ``after`` new items a day where it brought ``before``."""

    day: date
    before: float
    after: float
    probability: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way of reading a site that a probe tried: what it gave, and in words why it was chosen or not.

    ``found`` says where its address came from; ``gap`` is the mean time between its newest items in seconds;
    ``same_host`` and ``allowed`` are shares of its items, from 0 to 1.
    """

    way: Way
    address: str
    found: str
    items: int = 0
    dated: int = 0
    newest: datetime | None = None
    gap: float | None = None
    text: Literal["full text", "teasers", "titles", ""] = ""
    same_host: float = 0.0
    allowed: float = 1.0
    covers: str = ""
    name: str | None = None
    language: str | None = None
    chosen: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found out about an address before it becomes a source.

    ``tried`` holds addresses that gave nothing, each with the reason; ``trouble`` why the address itself could not
    be read; ``signals`` what the site says about machines that read it, as it stands.
    """

    asked: str
    address: str
    what: str = ""
    trouble: str | None = None
    name: str | None = None
    language: str | None = None
    country: str | None = None
    signals: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    tried: tuple[tuple[str, str], ...] = ()
    advice: str = ""
    requests: int = 0

    @property
    def chosen(self) -> Candidate | None:
        """The candidate that was chosen, None where no way was found."""
        return next((x for x in self.candidates if x.chosen), None)


@dataclass(frozen=True, slots=True)
class Page:
    """Bytes as fetched; where mining is ``reserved`` (by which signal), a stub of title, link and date instead.

    ``seen`` is when we took them in, where that is not when they were fetched (archives).
    """

    url: str
    body: bytes
    source: str = ""
    requested: str = ""
    fetched: datetime | None = None
    status: int = 200
    content_type: str | None = None
    hint: Hint = Hint()
    id: int = 0
    reserved: str | None = None
    seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """The queue of one host name: ``delay`` seconds between requests, none before ``next_at`` and ``wait_until``.

    ``wait_until`` is what the host itself asked for with Retry-After.
    """

    name: str
    delay: float
    next_at: datetime
    wait_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What scheme, name and port say about crawling and mining: robots.txt as read, rules of ``tdmrep.json``.

    ``body`` stays that of the last good answer; ``failing_since`` is when robots.txt began to be unreachable.
    ``tdm`` holds (path pattern, reserved) in the order of the file.
    """

    name: str
    expires: datetime
    status: int | None = None
    body: bytes | None = None
    fetched: datetime | None = None
    failing_since: datetime | None = None
    tdm: tuple[tuple[str, bool], ...] = ()
    tdm_expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """How far a WARC file has been taken in: all of it that lies before ``offset``, a record's first byte.

    ``address`` is a URL or an absolute path, ``etag`` tells one state of the file from another, ``selection`` what
    was looked for in it; ``records`` and ``pages`` count what was read and taken.
    """

    address: str
    source: str | None = None
    etag: str | None = None
    size: int | None = None
    offset: int = 0
    records: int = 0
    pages: int = 0
    selection: str = ""
    finished: datetime | None = None
    error: str | None = None


# ------------------------------------------------------------------ extract
@dataclass(frozen=True, slots=True)
class Article:
    """One text at one address, none where mining is ``reserved``. ``seen`` is when the pipeline first fetched it.

    ``truncated`` says what cut the text ("paywall" or "excerpt"); such a text is in no statistic.
    """

    id: int
    url: str
    title: str
    text: str
    source: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    precision: Precision = "none"
    published_from: str | None = None
    language: str | None = None
    site: str | None = None
    section: str | None = None
    seen: datetime | None = None
    reserved: str | None = None
    modified: datetime | None = None
    truncated: str | None = None

    @property
    def when(self) -> datetime | None:
        """When it was published, or first seen where the page does not say."""
        return self.published or self.seen


@dataclass(frozen=True, slots=True)
class Rejection:
    """What the wild web did wrong, as a value. ``later`` means worth another try."""

    stage: str
    reason: str
    detail: str = ""
    url: str = ""
    source: str = ""
    later: bool = False
    subject: int = 0
    seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text, verbatim: ``text == getattr(article, field)[start:end]``."""

    start: int
    end: int
    text: str
    field: str = "text"


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """What the language models say of one article.

    ``sentences`` holds the title first (field ``title``) and then the sentences of the text in order;
    ``vectors`` has one unit row a sentence, shape (sentences, dimensions); ``vector`` stands for the article.
    """

    article: int
    language: str
    sentences: tuple[Span, ...]
    vectors: Vectors
    vector: Vectors


# ------------------------------------------------------------------ stories
@dataclass(frozen=True, slots=True)
class Copy:
    """The same words again: ``article`` repeats ``origin``; ``score`` is the share of its words found there."""

    article: int
    origin: int
    score: float
    reason: str

    def passed_on(self, origin: int) -> Copy:
        """The same copy after its origin turned out to be a copy of another article."""
        return replace(self, origin=origin, reason=f"{self.reason}; article {self.origin} repeats article {origin}")


@dataclass(frozen=True, slots=True)
class Weighing:
    """How an article was weighed against the likeliest of the open stories: what both have, what spoke against it.

    ``names`` (and numbers) and ``words`` are the weightiest that both have, as the article writes them, each with the
    part that it makes up of the likeness. Likenesses are cosines, ``meaning`` None without vectors. ``odds`` are what
    each feature adds to the log odds of ``chance`` or takes from them; ``runners_up`` hold (story, chance).
    """

    story: int
    chance: float
    names: tuple[tuple[str, float], ...] = ()
    words: tuple[tuple[str, float], ...] = ()
    like_words: float = 0.0
    like_names: float = 0.0
    meaning: float | None = None
    hours: float = 0.0
    other_language: bool = False
    odds: tuple[tuple[str, float], ...] = ()
    runners_up: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """The story an article was put into on arrival, how strongly, in words why, and what was weighed."""

    article: int
    story: int
    score: float
    reason: str
    opened: bool
    weighing: Weighing | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What people decided about stories as far as it bears on some articles; ``latest`` is the newest decision.

    An article of ``put`` has its story for good; one of ``apart`` may not join those stories.
    """

    latest: int = 0
    put: Mapping[int, int] = field(default_factory=dict)
    apart: Mapping[int, Set[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who decides something by hand, when, and in that person's words why."""

    by: str
    when: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about stories by hand: how many articles changed their story, and copies with them."""

    id: int
    kind: Literal["split", "merge", "undo"]
    story: int
    target: int
    moved: int
    followed: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """Articles about the same event, as a reader of the store gets them.

    ``voices`` counts independent reports: different owners among the articles that are no copies. The hours are from
    the first of these reports to the second, third and fifth, None while there are fewer.
    """

    id: int
    title: str
    first: datetime
    last: datetime
    articles: int = 1
    copies: int = 0
    voices: int = 1
    hours_to_second: float | None = None
    hours_to_third: float | None = None
    hours_to_fifth: float | None = None
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    url: str = ""
    first_source: str = ""


# ------------------------------------------------------------------ themes
@dataclass(frozen=True, slots=True)
class Example:
    """A passage that is (or, as a near miss, is not) about a theme."""

    text: str
    language: str
    applies: bool
    stance: Stance | None = None


@dataclass(frozen=True, slots=True)
class Theme:
    """What is monitored: one TOML file in ``models/themes/``."""

    key: str
    name: str
    definition: str
    asserts: str | None = None
    disputes: str | None = None
    cues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    """An article has a theme: calibrated score, stance, and the sentences that carry it."""

    article: int
    theme: str
    score: float
    stance: Stance
    evidence: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words quoted in an article and, where it says so, whose they are."""

    article: int
    start: int
    end: int
    text: str
    speaker: Span | None = None
    direct: bool = True
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """An entry of the watchlist ``models/entities.toml``."""

    id: str
    name: str
    label: EntityLabel
    aliases: tuple[str, ...] = ()
    wikidata: str | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A watched entity named in an article's text."""

    article: int
    start: int
    end: int
    text: str
    label: str
    entity: str


@dataclass(frozen=True, slots=True)
class Tagging:
    """All that the tagger says of one article; ``scores`` holds the probability of every theme."""

    article: int
    tags: tuple[Tag, ...]
    quotes: tuple[Quote, ...]
    mentions: tuple[Mention, ...]
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Conference:
    """A tech conference that is followed by name."""

    key: str
    name: str
    aliases: tuple[str, ...] = ()
    organiser: str | None = None
    usual_place: str | None = None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks at an edition of a conference, as its agenda says it."""

    name: str
    affiliation: str | None = None
    role: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One entry of an agenda. ``uid`` is what its calendar calls it; times are aware, None where not announced."""

    title: str
    start: datetime | None = None
    end: datetime | None = None
    room: str | None = None
    abstract: str | None = None
    url: str | None = None
    uid: str | None = None
    speakers: tuple[Speaker, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """One holding of a conference: where, when, who and what.

    ``speakers`` are those of all sessions and any more that the site names; ``key`` is given by the store.
    """

    conference: str
    name: str
    start: date | None = None
    end: date | None = None
    key: str = ""
    city: str | None = None
    country: str | None = None
    url: str | None = None
    online: bool = False
    topics: tuple[str, ...] = ()
    sessions: tuple[Session, ...] = ()
    speakers: tuple[Speaker, ...] = ()


@dataclass(frozen=True, slots=True)
class EditionLink:
    """An article belongs to an edition: how, how surely (0 to 1), and in words why."""

    article: int
    edition: str
    how: Literal["session", "transcript", "coverage"]
    score: float
    why: str


# ------------------------------------------------------------------ trends
@dataclass(frozen=True, slots=True)
class Series:
    """Independent stories a day: ``counts`` with the theme, of ``totals`` in all, from ``start`` on.

    A count may be None where nothing is known of that day (a gap is not a zero).
    """

    theme: str
    start: date
    counts: tuple[float | None, ...]
    totals: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Changepoint:
    """The index (from 0) at which a new regime begins."""

    index: int
    date: str
    probability: float


@dataclass(frozen=True, slots=True)
class Burst:
    """A run of points far above expectation; ``q`` is its false-discovery rate."""

    start: int
    end: int
    score: float
    q: float


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series beside what was expected, with a 95 % interval."""

    date: str
    value: float | None
    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Shape:
    """What a series does: its points with bands, bursts and change points."""

    points: tuple[Point, ...]
    bursts: tuple[Burst, ...]
    changepoints: tuple[Changepoint, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """What a theme did in a window against the windows before, with its uncertainty.

    ``share`` is stories of the theme by all stories of the window; ``low`` and ``high`` bound it at 95 %.
    ``change`` is the ratio of share to the share before; ``verdict`` says what can be claimed.
    """

    theme: str
    start: date
    end: date
    stories: int
    total: int
    share: float
    low: float
    high: float
    before_stories: int
    before_total: int
    before_share: float
    change: float | None
    change_low: float | None
    change_high: float | None
    verdict: Literal["rising", "falling", "steady", "cannot tell"]
    sparkline: tuple[int, ...] = ()
    shape: Shape | None = None
    stances: Mapping[str, int] = field(default_factory=dict)
    top_sources: tuple[str, ...] = ()
    id: int = 0


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a summary with the articles that carry it."""

    text: str
    articles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A trend told; every sentence carries its sources."""

    theme: str
    language: str
    sentences: tuple[Sentence, ...]
    trend: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What the store gives of one tagged story to the verbs that tell: the story, its evidence and voices."""

    story: Story
    theme: str
    score: float
    stance: Stance
    evidence: Span
    article: int
    article_url: str
    article_title: str
    source: str
    source_name: str
    published: datetime
    quote: Quote | None = None
    language: str = "en"
    kind: str = ""


# ------------------------------------------------------------------ digest
@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who is sent a digest. No themes means all themes."""

    email: str
    language: str = "en"
    themes: tuple[str, ...] = ()
    name: str | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class DigestItem:
    """A story in a digest: its evidence, whether the reader has not had it before, names of further themes it has."""

    report: Report
    new: bool
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DigestSection:
    """One theme in a digest; ``cited`` are the reports that the summary's sentences name as their sources."""

    theme: Theme
    trend: Trend
    summary: Summary | None
    items: tuple[DigestItem, ...]
    cited: tuple[Report, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """What goes in, in what order; an output renders it."""

    period: str
    start: date
    end: date
    language: str
    title: str
    sections: tuple[DigestSection, ...]
    stories: int
    sources: int
    troubled_sources: tuple[str, ...] = ()
    subscriber: Subscriber | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A digest in the outbox, rendered: pending, in_doubt (handed over, outcome unknown), sent or failed."""

    id: int
    digest: int
    state: Literal["pending", "in_doubt", "sent", "failed"]
    recipient: str
    name: str | None
    title: str
    html: str
    text: str
    language: str
    period: str
    end: date
    attempts: int
    changed: datetime
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A read-only question to the store: SQL text and its limits."""

    sql: str
    rows: int = 1000
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A table: column names and rows, and whether rows were left off at the limit."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    truncated: bool = False
