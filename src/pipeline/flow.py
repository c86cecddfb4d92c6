"""THE PIPELINE ON ONE SCREEN: the stages in order.

Each stage asks the store what it has not done at its version, calls one verb, and saves. Work is a query, so
a stage may be stopped at any instant and repeated. An item that breaks a verb costs itself: it is logged,
kept as a rejection, and its neighbours go on.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

import structlog

from pipeline import cluster, conferences, dedupe, engine, extract, nlp, outputs, summarise, tag, trend
from pipeline import digest as digests
from pipeline.collect import volume_changes
from pipeline.config import EXAMPLE_CONTACT
from pipeline.errors import DeliveryError
from pipeline.model import Rejection, Subscriber
from pipeline.outputs.email import InDoubt
from pipeline.store import work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from pipeline.config import Config
    from pipeline.model import (
        Article,
        Conference,
        Copy,
        Digest,
        EditionLink,
        Entity,
        Page,
        Placement,
        Source,
        Theme,
        Trend,
    )
    from pipeline.store import Store

    Counts = Mapping[str, int]
    Progress = Callable[[str, int, int], None]

Item = TypeVar("Item")
log = structlog.get_logger()

HISTORY_DAYS = 120  # how far back a trend's chart looks
REPORTS = 12  # stories a theme that summaries and digests choose from


@dataclass(frozen=True)
class Edges:
    """What the stages touch the world with; built in one place (``cli.py``) and passed in."""

    config: Config
    store: Store
    models: Callable[[], nlp.Models]
    sources: Sequence[Source]
    themes: Sequence[Theme]
    entities: Sequence[Entity]
    conferences: Sequence[Conference]
    now: Callable[[], datetime]
    progress: Progress

    @property
    def week(self) -> tuple[date, date]:
        """First and last day of the window that trends describe: whole days, the last one yesterday."""
        end = self.now().date() - timedelta(days=1)
        return end - timedelta(days=self.config.trend_days - 1), end


# ------------------------------------------------------------------ from source to tag
def collect(edges: Edges) -> Counts:
    """Sources -> Pages, in a process of its own."""
    if edges.config.crawl_contact == EXAMPLE_CONTACT and not edges.config.crawl_proxy:
        log.warning("crawl.contact is still the example: sites can't reach you; set it in tideline.toml")
    counts = engine.crawl(edges.config, lambda done, total: edges.progress("collect", done, total))
    return {**counts, **judge_volumes(edges)}


def judge_volumes(edges: Edges) -> Counts:
    """Find the days on which a source's volume changed for good, once a day each: trends must know them."""
    yesterday, found = edges.now().date() - timedelta(days=1), 0
    while sources := work.sources_to_judge(edges.store, yesterday):
        for source in sources:
            days = [(day, items) for day, items, looks in work.source_days(edges.store, source, yesterday) if looks]
            known = work.source_changes(edges.store, source)
            changes = volume_changes(days, known)
            work.save_source_changes(edges.store, source, changes, until=yesterday, now=edges.now())
            found += len(changes) - len(known)
    return {"volume_changes": found} if found else {}


def read(edges: Edges) -> Counts:
    """Page -> Article or Rejection."""
    counts: Counter[str] = Counter()
    pending = lambda: work.pending_pages(edges.store, extract.VERSION)  # noqa: E731
    for pages in _batches(edges, "extract", extract.VERSION, pending):
        outcomes: list[tuple[Page, Article | Rejection]] = []
        for page in pages:
            with _guarded(edges, "extract", extract.VERSION, page.id, page.url):
                outcomes.append((page, extract.article(page, nlp.language)))
        work.save_articles(edges.store, outcomes, version=extract.VERSION, now=edges.now())
        counts.update("rejected" if isinstance(x, Rejection) else "articles" for _, x in outcomes)
    return counts


def annotate(edges: Edges) -> Counts:
    """Article -> Annotation: its sentences and their vectors."""
    counts: Counter[str] = Counter()
    for articles in _articles(edges, "annotate", nlp.VERSION, 32):
        models, found = edges.models(), []
        for article in articles:
            with _guarded(edges, "annotate", nlp.VERSION, article.id, article.url):
                found += models.annotate([article])
        work.save_annotations(edges.store, found, version=nlp.VERSION, model=models.name, now=edges.now())
        counts["articles"] += len(found)
    return counts


def fold(edges: Edges) -> Counts:
    """Same words -> Copies; an article that comes late may be the origin of those known before."""
    counts: Counter[str] = Counter()
    kinds = {source.key: source.kind for source in edges.sources}
    for articles in _articles(edges, "dedupe", dedupe.VERSION, 200):
        prints = {article.id: dedupe.fingerprint(article.text) for article in articles}
        index = dedupe.Index(work.holders(edges.store, prints.values(), version=dedupe.VERSION))
        known = work.families(edges.store, index.met(prints.values()))
        checked: list[tuple[Article, Sequence[int], Copy | None]] = []
        turned: list[Copy] = []
        for article in articles:
            with _guarded(edges, "dedupe", dedupe.VERSION, article.id, article.url):
                near = [other for met in index.near(prints[article.id]) for other in known.get(met, ())]
                own, others = dedupe.copies(article, near, kinds=kinds)
                checked.append((article, index.add(article.id, prints[article.id]), own))
                turned, known[article.id] = [*turned, *others], [article]
        work.save_copies(edges.store, checked, turned=turned, version=dedupe.VERSION, now=edges.now())
        counts.update("originals" if copy is None else "copies" for _, _, copy in checked)
    return counts


def place(edges: Edges) -> Counts:
    """Same event -> Stories; decided on arrival and kept, and what a person decided before all."""
    counts: Counter[str] = Counter()
    window: cluster.Window | None = None
    known = 0
    for articles in _articles(edges, "cluster", cluster.VERSION):
        decided = work.decided(edges.store, articles)
        if window is None or decided.latest != known:  # a person split or merged meanwhile
            window, known = _window(edges, articles), decided.latest
        notes = work.annotations(edges.store, articles)
        kin = work.same_words(edges.store, articles)
        next_story = work.next_story_id(edges.store)
        placed: list[tuple[Article, Placement]] = []
        for article in articles:
            with _guarded(edges, "cluster", cluster.VERSION, article.id, article.url):
                vector = notes[article.id].vector
                theirs = decided.put.get(article.id) or window.story_of(kin.get(article.id))
                apart = decided.apart.get(article.id, ())
                found = cluster.place(window, article, vector, next_story=next_story, origin_story=theirs, barred=apart)
                window.add(article, vector, found.story)
                placed.append((article, found))
                next_story += found.opened
        work.save_placements(edges.store, placed, version=cluster.VERSION, now=edges.now())
        counts.update("opened" if placement.opened else "joined" for _, placement in placed)
    return counts


def label(edges: Edges) -> Counts:
    """Article + Annotation -> Tags, Quotes and Mentions."""
    counts: Counter[str] = Counter()
    version = nlp.tagger_version(edges.themes, edges.config.embedder)
    tagger: tag.Tagger | None = None
    watchlist = tag.watchlist(edges.entities, edges.conferences)
    for articles in _articles(edges, "tag", version):
        tagger = tagger or nlp.tagger(edges.themes, edges.models(), edges.config.cache_folder)
        notes, found = work.annotations(edges.store, articles), []
        for article in articles:
            with _guarded(edges, "tag", version, article.id, article.url):
                found.append(tag.article(article, notes[article.id], tagger, watchlist))
        work.save_taggings(
            edges.store, found, version=version, tagger=f"{edges.models().name}/{version}", now=edges.now()
        )
        counts.update({"articles": len(found), "tags": sum(len(t.tags) for t in found)})
    return counts


def belong(edges: Edges) -> Counts:
    """Article + Editions -> EditionLinks: which holding of a conference an article comes from or reports on."""
    counts: Counter[str] = Counter()
    for articles in _articles(edges, "conferences", conferences.VERSION):
        known, cues = work.edition_candidates(edges.store, articles)
        found: list[tuple[Article, Sequence[EditionLink]]] = []
        for article in articles:
            with _guarded(edges, "conferences", conferences.VERSION, article.id, article.url):
                found.append((article, conferences.link(article, cues[article.id], known)))
        work.save_edition_links(edges.store, found, version=conferences.VERSION, now=edges.now())
        counts.update({"articles": len(found), "linked": sum(len(links) > 0 for _, links in found)})
    return counts


# ------------------------------------------------------------------ from tag to digest
def measure(edges: Edges) -> Counts:
    """Series -> Trends: one a theme for the window that ended yesterday."""
    start, end = edges.week
    days = {"days": edges.config.trend_days, "before": edges.config.trend_before}
    keys = [theme.key for theme in edges.themes]
    found: list[Trend] = []
    history = work.series(edges.store, end - timedelta(days=HISTORY_DAYS - 1), end, keys)
    work.save_series(edges.store, history, version=trend.VERSION, now=edges.now())
    for n, series in enumerate(history, start=1):
        stances, voices = work.voices(edges.store, series.theme, start, end)
        found.append(trend.trend(series, end=end, stances=stances, top_sources=voices, **days))
        edges.progress("trend", n, len(keys))
    saved = work.save_trends(edges.store, found, version=trend.VERSION, now=edges.now())
    return {"trends": len(saved)}


def tell(edges: Edges) -> Counts:
    """Trend + Reports -> Summary; every sentence carries its sources."""
    language = edges.config.digest_language
    themes = {theme.key: theme for theme in edges.themes}
    pending = [t for t in work.trends_to_tell(edges.store, language, summarise.VERSION) if t.theme in themes]
    for n, t in enumerate(pending, start=1):
        reports = work.reports(edges.store, t.theme, t.start, t.end, limit=REPORTS)
        told = summarise.summary(t, themes[t.theme], reports, language=language)
        work.save_summaries(edges.store, [told], version=summarise.VERSION, now=edges.now())
        edges.progress("summarise", n, len(pending))
    return {"summaries": len(pending)}


def compose(edges: Edges) -> Counts:
    """Subscriber + Trends + Stories -> Digest, written to the folder and put into the outbox of each subscriber."""
    listed = [Subscriber(email, edges.config.digest_language) for email in edges.config.digest_subscribers]
    subscribers = work.sync_subscribers(edges.store, listed, edges.now())
    readers: list[Subscriber | None] = [None, *subscribers]
    for n, reader in enumerate(readers, start=1):
        digest = digest_for(edges, reader)
        if digest is None:
            return {"digests": 0}
        rendered = outputs.render(digest)
        work.save_digest(edges.store, digest, **rendered, now=edges.now())
        if reader is None:
            for name in edges.config.digest_outputs:
                outputs.OUTPUTS[name](digest, edges.config, before=lambda: None)
        edges.progress("digest", n, len(readers))
    return {"digests": len(readers)}


STAGES = (
    ("collect", collect),
    ("extract", read),
    ("annotate", annotate),
    ("dedupe", fold),
    ("cluster", place),
    ("tag", label),
    ("conferences", belong),
    ("trend", measure),
    ("summarise", tell),
    ("digest", compose),
)


def run(edges: Edges, only: Sequence[str] = ()) -> dict[str, Counts]:
    """Run the stages in order (or those named in ``only``) once; return what each did. One log event a stage."""
    work.sync_catalogue(
        edges.store,
        sources=edges.sources,
        themes=edges.themes,
        entities=edges.entities,
        conferences=edges.conferences,
        now=edges.now(),
    )
    return {name: _recorded(edges, name, stage) for name, stage in STAGES if not only or name in only}


def digest_for(edges: Edges, reader: Subscriber | None) -> Digest | None:
    """Return the digest of the window that ended yesterday for one reader (None: the one written to a file).

    There is none before there are trends of that window.
    """
    start, end = edges.week
    language = reader.language if reader else edges.config.digest_language
    trends = work.live_trends(edges.store, end=end)
    if not trends:
        return None
    told = {t.theme: work.summary_of(edges.store, t.id, language) for t in trends}
    return digests.digest(
        edges.themes,
        trends,
        {theme: summary for theme, summary in told.items() if summary},
        {t.theme: work.reports(edges.store, t.theme, start, end, limit=REPORTS) for t in trends},
        subscriber=reader,
        sent=work.stories_sent(edges.store, reader.id if reader else None, before=end),
        period="week",
        language=language,
        stories_per_theme=edges.config.digest_stories,
        troubled_sources=work.troubled_sources(edges.store),
    )


def deliver(edges: Edges) -> Counts:
    """Send what the outbox holds: in doubt is committed before the final dot, and is never sent again."""
    counts: Counter[str] = Counter()
    while delivery := work.claim_delivery(edges.store, edges.now()):
        in_doubt = partial(work.mark_in_doubt, edges.store, delivery.id, edges.now())
        try:
            mail = outputs.email.stored(delivery, sender=edges.config.smtp_sender)
            outputs.email.send(mail, edges.config, before_dot=in_doubt)
        except InDoubt as error:
            log.warning("delivery in doubt", delivery=delivery.id, error=str(error))
            counts["in_doubt"] += 1
        except DeliveryError as error:
            work.mark_failed(edges.store, delivery.id, str(error), edges.now())
            log.warning("delivery failed", delivery=delivery.id, error=str(error))
            counts["failed"] += 1
        else:
            work.mark_sent(edges.store, delivery.id, edges.now())
            counts["sent"] += 1
    return counts


# ------------------------------------------------------------------ how a stage walks through its work
def _recorded(edges: Edges, name: str, stage: Callable[[Edges], Counts]) -> Counts:
    run_id, began = work.begin_run(edges.store, name, edges.now()), perf_counter()
    status, counts = "failed", {}
    try:
        counts = dict(stage(edges))
        status = "done"
    finally:
        work.end_run(edges.store, run_id, edges.now(), counts, status)
        log.info("stage", stage=name, status=status, seconds=round(perf_counter() - began, 2), **counts)
    return counts


def _batches(edges: Edges, stage: str, version: int, pending: Callable[[], list[Item]]) -> Iterator[list[Item]]:
    """Yield batches of what is pending until nothing is; a batch must be done (or failed) when the next is asked for."""
    total, done = work.pending_count(edges.store, stage, version), 0
    edges.progress(stage, 0, total)
    while batch := pending():
        yield batch
        done += len(batch)
        edges.progress(stage, done, max(done, total))


def _articles(edges: Edges, stage: str, version: int, size: int = 100) -> Iterator[list[Article]]:
    return _batches(edges, stage, version, lambda: work.pending_articles(edges.store, stage, version, limit=size))


@contextmanager
def _guarded(edges: Edges, stage: str, version: int, subject: int, url: str) -> Iterator[None]:
    """One item that breaks a verb costs itself: the one broad ``except`` of the pipeline."""
    try:
        yield
    except Exception as error:
        log.exception("item failed", stage=stage, subject=subject, url=url)
        failure = Rejection(stage, "internal error", f"{type(error).__name__}: {error}"[:500], url, subject=subject)
        work.save_failure(edges.store, failure, version=version, now=edges.now())


def _window(edges: Edges, articles: Sequence[Article]) -> cluster.Window:
    """Build the memory of open stories around the articles that are to be placed."""
    window = cluster.Window(days=edges.config.story_days)
    times = [article.when for article in articles if article.when]
    reach = timedelta(days=edges.config.story_days)
    if times:
        for article, vector, story in work.story_window(edges.store, min(times) - reach, max(times) + reach):
            window.add(article, vector, story)
    return window
