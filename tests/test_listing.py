"""The way *listing*: which links of a page are articles, on self-made pages of different make, and in single cases."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from databases import NOW as THEN
from databases import catalogue, fetched, link, poll, read

from crawlers.look import Sight
from crawlers.spiders import listing
from crawlers.teasers import dates, shapes
from pipeline.model import Link, Rejection, Source
from pipeline.store import work

if TYPE_CHECKING:
    from collections.abc import Iterable

pytest_plugins = ["database_fixtures"]

HERE = Path(__file__).parent
TRUTH: dict[str, Any] = json.loads((HERE / "listings" / "truth.json").read_text())
FLOORS = tomllib.loads((HERE / "quality" / "floors.toml").read_text())["listings"]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Result:
    """What was found on one page: shares of its articles and of other links."""

    hits: int
    wanted: int
    others: int
    found: int

    @property
    def recall(self) -> float:
        return self.hits / self.wanted

    @property
    def wrong(self) -> float:
        return self.others / max(self.found, 1)


def links(body: str, address: str = "https://news.example/blog", **more: Any) -> list[Link]:
    language = more.pop("language", "en")
    source = Source("news", "News", "listing", address, language, "US", "trade press")
    sight = Sight(source, address, body.encode(), NOW, "text/html; charset=utf-8", **more)
    return list(listing.look(sight).links)


def result(name: str) -> Result:
    about = TRUTH[name]
    body = (HERE / "listings" / f"{name}.html").read_text()
    found = {x.url for x in links(body, about["address"], language=about["language"])}
    wanted = set(about["articles"])
    return Result(len(found & wanted), len(wanted), len(found - wanted - set(about["allowed"])), len(found))


RESULTS = {name: result(name) for name in TRUTH}


def share(results: Iterable[Result]) -> tuple[float, float]:
    """Recall and the share of others, over all links of some pages."""
    listed = list(results)
    return sum(r.hits for r in listed) / sum(r.wanted for r in listed), sum(r.others for r in listed) / sum(
        r.found for r in listed
    )


# ------------------------------------------------------------------ figures
def test_the_articles_of_the_labelled_pages_are_found_and_little_else() -> None:
    recall, others = share(RESULTS.values())
    assert recall >= FLOORS["recall"], recall
    assert others <= FLOORS["others"], others


def test_pages_that_somebody_else_wrote_are_read_nearly_as_well() -> None:
    recall, others = share(r for name, r in RESULTS.items() if name.startswith(("fresh/", "second/")))
    assert recall >= FLOORS["other_hands_recall"], recall
    assert others <= FLOORS["other_hands_others"], others


def test_enough_pages_of_different_make_hold_the_figures_each_for_itself() -> None:
    fine = [name for name, r in RESULTS.items() if r.recall >= 0.95 and r.wrong <= 0.05]
    assert len(TRUTH) >= 40
    assert len(fine) >= FLOORS["pages_fine"], sorted(set(TRUTH) - set(fine))


def test_the_worst_quarter_of_the_pages_is_not_far_behind() -> None:
    worst = sorted(RESULTS.values(), key=lambda r: r.recall - r.wrong)[: len(RESULTS) // 4]
    recall, others = share(worst)
    assert recall >= FLOORS["worst_quarter_recall"], recall
    assert others <= FLOORS["worst_quarter_others"], others


# ------------------------------------------------------------------ what a link says beside its address
def hints(name: str) -> dict[str, Any]:
    about = TRUTH[name]
    body = (HERE / "listings" / f"{name}.html").read_text()
    return {x.url: x.hint for x in links(body, about["address"], language=about["language"])}


def test_dates_of_many_kinds_become_times_of_publication() -> None:
    pages = ["dev/wordpress-blog", "dev/rubrique-fr", "dev/list-ja", "dev/minified-broken", "held-out/regulator-table"]
    for name in pages:
        told = hints(name)
        dated = [told[url].published for url in TRUTH[name]["articles"] if url in told]
        assert sum(x is not None for x in dated) >= 0.9 * len(dated), name
        assert all(NOW - timedelta(days=400) < x <= NOW for x in dated if x), name


def test_a_teaser_gives_title_summary_and_authors_whichever_of_its_links_was_meant() -> None:
    hint = hints("dev/wordpress-blog")[TRUTH["dev/wordpress-blog"]["articles"][0]]
    assert len(hint.title.split()) >= 5
    assert hint.title != "Continue reading"
    assert hint.summary.startswith("The figures, seen by this desk")
    assert len(hint.authors) == 1


def test_read_more_takes_its_title_from_the_heading_beside_it() -> None:
    told = hints("dev/three-and-a-hero")
    assert {"Ler mais"}.isdisjoint(hint.title for hint in told.values())


# ------------------------------------------------------------------ single cases
TEASER = '<li><a href="{0}">{1}</a></li>'


def test_base_href_and_canonical_are_respected() -> None:
    items = "".join(f'<article><h2><a href="a-{n}-long-title">A long title {n}</a></h2></article>' for n in range(4))
    head = '<base href="https://news.example/en/"><link rel="canonical" href="https://news.example/en/a-1-long-title">'
    found = [x.url for x in links(f"<html><head>{head}</head><body>{items}</body></html>")]
    assert found == [f"https://news.example/en/a-{n}-long-title" for n in (0, 2, 3)]


def test_links_side_by_side_are_a_list_and_links_within_sentences_are_not() -> None:
    titles = ["cables rust below the harbour", "a bakery sells its recipes", "the ferry lends out its radar"]
    slugs = [title.replace(" ", "-") for title in titles]
    row = "".join(
        f'<a href="/n/{slug}"><span>{title.title()}</span><i>May</i></a>'
        for slug, title in zip(slugs, titles, strict=True)
    )
    told = ", and ".join(f'<a href="/p/{slug}">how {title}</a>' for slug, title in zip(slugs, titles, strict=True))
    prose = f"<p>Last year this desk wrote at some length about {told}, of which more may be said soon.</p>"
    found = {x.url for x in links(f"<html><body><div>{row}</div>{prose}</body></html>", "https://news.example/")}
    assert found == {f"https://news.example/n/{slug}" for slug in slugs}


def test_a_name_of_adverts_that_most_titles_stand_in_is_no_advert() -> None:
    items = "".join(
        f'<li class="c-pub"><p class="c-pub__title"><a href="/papers/rules-for-ports-{n}">Rules for ports, part {n} of six</a>'
        for n in range(6)
    )
    assert len(links(f"<html><body><main><ol>{items}</ol></main></body></html>", "https://think.example/papers")) == 6


def test_breadcrumbs_in_json_ld_are_no_articles() -> None:
    crumbs = (
        '{"@type":["BreadcrumbList", {}],"itemListElement":[{"@type":"ListItem","item":"https://news.example/a/b"}]}'
    )
    assert links(f'<html><body><script type="application/ld+json">{crumbs}</script></body></html>') == []


def test_what_became_of_earlier_links_decides_where_structure_does_not() -> None:
    names = ["entropy", "margins", "latency", "foam", "ledger", "drift"]
    body = "<html><body><ul>" + "".join(TEASER.format(f"/x/{n}", n.title()) for n in names) + "</ul></body></html>"
    articles = tuple((f"https://news.example/x/{n}", True) for n in ("kelp", "solder", "quorum", "sieve"))
    assert links(body) == []
    assert len(links(body, known=articles)) == len(names)


def test_a_template_whose_pages_were_refused_is_dropped() -> None:
    body = "<html><body><ul>" + "".join(
        TEASER.format(f"/offers/{n}-great-new-phone-deals", f"Great new phone deals of week {n} in every shop")
        for n in range(8)
    )
    refused = tuple((f"https://news.example/offers/{n}-older-phone-deals", False) for n in range(40, 60))
    assert len(links(body)) == 8
    assert links(body, known=refused) == []


@pytest.mark.parametrize(
    ("text", "language", "days"),
    [("3 hours ago", "en", 0), ("hace 2 días", "es", 2), ("il y a une semaine", "fr", 7), ("vor 3 Tagen", "de", 3),
     ("há 4 dias", "pt", 4), ("5 giorni fa", "it", 5), ("2日前", "ja", 2), ("ayer", "es", 1), ("Feb. 27, 2026", "en", 3),
     ("27 février 2026", "fr", 3), ("27. Februar", "de", 3), ("27 de fevereiro de 2026", "pt", 3), ("27/02/26", "it", 3),
     ("2026年2月27日", "ja", 3), ("2026-02-27T09:00:00Z", "en", 3)],
)  # fmt: skip
def test_dates_are_read_in_the_languages_of_the_sources(text: str, language: str, days: int) -> None:
    found = dates.read(text, NOW, language)
    assert found is not None
    assert (NOW.date() - found.date()).days == days


@pytest.mark.parametrize(
    "text", ["03/04/2026", "Chapter 3", "31 February 2026", "1 January 1970", "March 2031", "12 comments"]
)
def test_what_is_no_certain_date_is_none(text: str) -> None:
    assert dates.read(text, NOW, "en") is None


def test_a_template_keeps_what_stays_and_names_what_changes() -> None:
    one = shapes.shape("https://a.example/news/2026/03/01/moat-is-gone-now.html")
    other = shapes.shape("https://a.example/news/2025/11/30/beans-and-prices-fall.html")
    assert one.full == other.full == "/news/Y/N/N/S.html"
    assert shapes.shape("https://a.example/index.php?id=812345").coarse == "/w.php?id=#"


@pytest.mark.parametrize("more", ["?page=2", "page/2/", "?sort=top", "#top", ""])
def test_other_pages_of_the_list_are_no_articles(more: str) -> None:
    assert shapes.is_other_page(f"https://a.example/blog/{more}", "https://a.example/blog/")


# ------------------------------------------------------------------ in the store
def test_the_store_tells_what_became_of_a_sources_links(store) -> None:
    catalogue(store)
    read(store, fetched(store, path="good"))
    refused = fetched(store, path="refused")
    work.save_articles(store, [(refused, Rejection("extract", "no text"))], version=1, now=THEN)
    fetched(store, path="not-read-yet")
    work.save_poll(store, poll(), [link(path="down"), link(path="gone"), link(path="pending")])
    pending = {x.url: x for x in work.pending_links(store, THEN)}
    work.save_link_failure(store, pending[link(path="gone").url], Rejection("fetch", "gone", seen=THEN), None)
    work.save_link_failure(store, pending[link(path="down").url], Rejection("fetch", "timeout", seen=THEN), None)

    told = work.links_of(store, "ledger")

    assert told == [(link(path=p).url, good) for p, good in (("gone", False), ("refused", False), ("good", True))]
    assert work.links_of(store, "ledger", limit=1) == told[:1]
    assert work.links_of(store, "faro") == []
