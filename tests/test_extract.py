"""Page -> Article | Rejection: small pages written by hand, and real ones where the exams lie beside the project."""

from __future__ import annotations

import gzip
import json
import random
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quality import extract as real

from pipeline import extract
from pipeline.extract import about, body, charset, dates, plain, structured
from pipeline.model import Article, Hint, Page, Rejection

EXAM = real.EXAM
FLOORS = tomllib.loads((Path(__file__).parent / "quality" / "floors.toml").read_text())["extract"]
FETCHED = datetime(2026, 3, 2, 9, tzinfo=UTC)
URL = "https://www.ledger.example/2026/model-prices"

FIRST = "The price of a million tokens fell again on Monday, when three vendors cut their lists within an hour of each other."
SECOND = "Buyers said that they had expected it. “We change the model as we change a tyre,” said Ana Prado, who runs purchasing at a bank."
THIRD = "Analysts warned that the margin now lies in distribution and in data, not in the model that happens to answer."
TEXT = f"<p>{FIRST}</p>\n<p>{SECOND}</p>\n<p>{THIRD}</p>"
TITLE = "Model prices fall again"


def spanish_or_english(text: str) -> str | None:
    """A language identification for tests."""
    words = re.findall(r"\w+", text.lower())
    return (
        "es"
        if sum(w in ("el", "los", "que", "de") for w in words) > sum(w in ("the", "that", "of") for w in words)
        else "en"
    )


def html(inside: str = TEXT, head: str = "", title: str = TITLE, lang: str = "en") -> str:
    return (
        f'<!doctype html><html lang="{lang}"><head><title>{title} | The Ledger</title>{head}</head><body>'
        f'<nav><ul><li><a href="/">Home</a></li><li><a href="/ai">AI</a></li></ul></nav>'
        f"<main><article><h1>{title}</h1>{inside}</article></main><footer><p>© 2026 The Ledger</p></footer></body></html>"
    )


def page(text: str | bytes, url: str = URL, hint: Hint | None = None, content_type: str | None = None) -> Page:
    content = text if isinstance(text, bytes) else text.encode()
    return Page(url, content, source="ledger", fetched=FETCHED, content_type=content_type, hint=hint or Hint(), id=7)


def read(text: str | bytes, **how: object) -> Article:
    outcome = extract.article(page(text, **how), spanish_or_english)  # type: ignore[arg-type]
    assert isinstance(outcome, Article), outcome
    return outcome


def refused(content: bytes, content_type: str | None = None) -> Rejection:
    outcome = extract.article(page(content, content_type=content_type), spanish_or_english)
    assert isinstance(outcome, Rejection), outcome
    return outcome


def linked_data(**said: object) -> str:
    node = {"@context": "https://schema.org", "@type": "NewsArticle", **said}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


# ------------------------------------------------------------------ the whole
def test_an_article_has_its_text_one_paragraph_a_line():
    article = read(html())
    assert article.text.split("\n") == [FIRST, SECOND, THIRD]
    assert (article.id, article.source, article.seen, article.title) == (0, "ledger", FETCHED, TITLE)


def test_everything_that_a_page_states_is_taken():
    head = linked_data(
        headline=TITLE,
        datePublished="2026-03-01T07:30:00+01:00",
        author=[{"@type": "Person", "name": "Ines Roth"}, {"@type": "Person", "name": "Tom Vale"}],
        publisher={"@type": "Organization", "name": "The Ledger"},
        articleSection="Markets",
    )
    article = read(html(head=head))
    assert article.authors == ("Ines Roth", "Tom Vale")
    assert article.published == datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
    assert (article.precision, article.published_from) == ("time", "json-ld datePublished")
    assert (article.site, article.section, article.language) == ("The Ledger", "Markets", "en")


def test_what_the_page_lacks_comes_from_the_feed():
    hint = Hint(title="From the feed", published=datetime(2026, 2, 27, 5, tzinfo=UTC), authors=("Ines Roth",))
    article = read(f"<html><body><div>{TEXT}</div></body></html>", hint=hint)
    assert (article.title, article.authors) == ("From the feed", ("Ines Roth",))
    assert (article.published, article.published_from) == (hint.published, "feed")


def test_an_article_without_any_title_is_named_by_its_first_words():
    assert read(f"<html><body><div>{TEXT}</div></body></html>").title.startswith("The price of a million")


def test_a_site_of_the_table_is_read_by_its_own_function():
    extract.EXTRACTORS["stubborn.example"] = lambda tree: [p.text for p in tree.iter("dd")]
    try:
        article = read(html(f"<dl><dd>{FIRST}</dd><dd>{SECOND}</dd></dl>"), url="https://www.stubborn.example/a")
    finally:
        del extract.EXTRACTORS["stubborn.example"]
    assert article.text == f"{FIRST}\n{SECOND}"


# ------------------------------------------------------------------ rejections
@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        (b"", None, "empty page"),
        (b" \n\t ", None, "empty page"),
        (b"\x00\x01\x02", None, "empty page"),
        (b"%PDF-1.7 ...", None, "not html"),
        (b"<html><p>x</p></html>", "application/pdf", "not html"),
        (b'{"title": "x"}', "text/html", "not html"),
        (b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>', None, "not html"),
        (b"just some words without any markup", None, "not html"),
        (b"<html><head><title>x</title></head><body></body></html>", None, "no body"),
        (b"<html><body><h1>Hello</h1><p>Only a few words stand here.</p></body></html>", None, "too short"),
    ],
)
def test_what_is_no_article_is_refused_with_a_reason(content: bytes, content_type: str | None, reason: str):
    rejection = refused(content, content_type)
    assert (rejection.stage, rejection.reason) == ("extract", reason)
    assert rejection.reason in extract.REASONS
    assert rejection.detail
    assert (rejection.url, rejection.source, rejection.subject) == (URL, "ledger", 7)


def test_a_page_of_navigation_only_has_no_body():
    links = "".join(f'<li><a href="/{n}">Another story of the day, number {n} of many more</a></li>' for n in range(30))
    assert refused(html(f"<ul>{links}</ul>").encode()).reason in ("no body", "too short")


# ------------------------------------------------------------------ body
def test_comments_stay_out():
    comments = "".join(
        f'<div class="comment"><p>I have thought so for years, and so has my brother, number {n}.</p></div>'
        for n in range(8)
    )
    assert (
        "my brother"
        not in read(html(f'{TEXT}<section id="comments" class="comments"><h2>Comments</h2>{comments}</section>')).text
    )


def test_a_page_with_more_comments_than_text_keeps_the_text():
    comments = "".join(
        f'<li class="comment"><p>I have thought so for years, and so has my brother, number {n}.</p></li>'
        for n in range(60)
    )
    assert read(html(f'{TEXT}<ol class="comment-list">{comments}</ol>')).text == f"{FIRST}\n{SECOND}\n{THIRD}"


@pytest.mark.parametrize(
    "box",
    [
        '<div class="newsletter-signup"><p>Our best stories every morning, before anyone else has them.</p></div>',
        '<aside class="related-articles"><h3>Related</h3><p><a href="/x">Chips get dearer as orders pile up</a></p></aside>',
        '<div id="cookie-banner"><p>We use cookies to make your visit better and to count it.</p></div>',
        "<p><a href='/x'>CHIPS GET DEARER AS ORDERS PILE UP</a></p>",
        "<p>Read more: <a href='/x'>Chips get dearer</a></p>",
        "<p>Lee también: <a href='/x'>Suben los chips</a></p>",
        "<p>Lesen Sie auch: <a href='/x'>Chips werden teurer</a></p>",
        "<p>À lire aussi : <a href='/x'>Les puces sont plus chères</a></p>",
        "<p>Leia também: <a href='/x'>Chips sobem</a></p>",
        "<p>Leggi anche: <a href='/x'>I chip costano di più</a></p>",
        "<p>Sign up for our newsletter and never miss a story.</p>",
        "<p>Copyright 2026 The Ledger. All rights reserved.</p>",
        "<p>Advertisement</p>",
    ],
)
def test_teasers_offers_and_notices_stay_out(box: str):
    assert read(html(f"<p>{FIRST}</p>{box}<p>{SECOND}</p><p>{THIRD}</p>")).text == f"{FIRST}\n{SECOND}\n{THIRD}"


@pytest.mark.parametrize(
    "line",
    [
        "“Join us,” said the founder, and nine of the eleven engineers in the room did so before lunch.",
        "Follow the money, and the trail ends at two data centres that nobody had asked about.",
        "Also on the agenda was the price of memory, which has doubled since the autumn.",
        "Share prices of the three vendors fell by a tenth within the hour of the news.",
        "Suscribió el acuerdo la ministra, que no quiso dar detalles de su coste.",
        "Copyright law does not cover the weights of a model, a court in Porto held.",
        "Por primera vez en diez años, los precios bajan más deprisa que los costes.",
        "Auch interessant ist, dass niemand den Preis der Strafe kennt.",
    ],
)
def test_sentences_that_look_like_offers_stay_in(line: str):
    assert line in read(html(f"<p>{FIRST}</p><p>{line}</p><p>{SECOND}</p><p>{THIRD}</p>")).text


def test_title_byline_and_dateline_are_no_part_of_the_text():
    top = "<p>Markets</p><p>A cut within the hour.</p><p>By Ines Roth</p><p>2 March 2026, 09:00</p>"
    assert read(html(top + TEXT)).text == f"{FIRST}\n{SECOND}\n{THIRD}"


def test_a_body_in_several_boxes_around_adverts_is_joined():
    parts = [f'<div class="chunk body-text"><p>{n}. {FIRST}</p><p>{n}. {SECOND}</p></div>' for n in range(6)]
    text = read(html('<div class="advert">Buy!</div>'.join(parts))).text
    assert [line[0] for line in text.split("\n")] == list("001122334455")


def test_an_article_body_stated_for_machines_fills_a_page_that_is_built_by_script():
    head = linked_data(headline=TITLE, articleBody=f"{FIRST}\n\n{SECOND}\n\n{THIRD}")
    assert read(html('<div id="app"></div>', head=head)).text == f"{FIRST}\n{SECOND}\n{THIRD}"


def test_a_stub_stated_for_machines_does_not_replace_the_text():
    head = linked_data(headline=TITLE, articleBody=FIRST[:60] + " …")
    assert read(html(head=head)).text == f"{FIRST}\n{SECOND}\n{THIRD}"


def test_lines_that_the_stated_body_does_not_have_are_dropped():
    stated = " ".join([FIRST, SECOND, THIRD, FIRST.replace("Monday", "Tuesday")])
    inside = f"{TEXT}<p>{FIRST.replace('Monday', 'Tuesday')}</p><p>Our reporter may hold shares of firms that this page names.</p>"
    assert "hold shares" not in read(html(inside, head=linked_data(headline=TITLE, articleBody=stated))).text


def test_an_article_body_with_markup_is_split_into_paragraphs():
    assert body._paragraphs("<p>One &amp; two.</p><p>Three.</p>") == ["One & two.", "Three."]


# ------------------------------------------------------------------ character sets
ACCENTS = "El año pasado, el señor Núñez pagó 40 € por millón — y nadie se quejó: «así es», dijo."


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "windows-1252", "made-up-set", "base64", None])
@pytest.mark.parametrize("real", ["utf-8", "cp1252"])
def test_accents_survive_a_wrong_declaration(declared: str | None, real: str):
    meta = f'<meta charset="{declared}">' if declared else ""
    header = f"text/html; charset={declared}" if declared else "text/html"
    assert charset.decode(f"<html>{meta}<p>{ACCENTS}</p>".encode(real), header).endswith(f"<p>{ACCENTS}</p>")


@pytest.mark.parametrize("name", ["utf-16", "utf-8-sig", "utf-16-le", "utf-16-be"])
def test_marked_and_unmarked_wide_text_is_read(name: str):
    assert f"<p>{ACCENTS}</p>" in charset.decode(f"<html><p>{ACCENTS}</p></html>".encode(name))


def test_a_declared_eastern_set_is_used():
    text = "<p>東京で新しいモデルの価格が下がった。</p>"
    assert charset.decode(text.encode("shift_jis"), "text/html; charset=Shift_JIS") == text
    assert charset.decode(text.encode("iso2022_jp"), "text/html; charset=iso-2022-jp") == text


def test_text_that_was_encoded_twice_is_mended():
    twice = ACCENTS.encode().decode("cp1252", "replace").replace("\ufffd", "")
    words = " ".join(["año señor pagó millón quejó así"] * 3)
    assert charset.decode(words.encode().decode("latin-1").encode()) == words
    assert charset.decode(twice.encode())  # beyond repair, and no error


def test_a_page_cut_within_a_character_or_with_one_bad_byte_stays_utf8():
    whole = ACCENTS.encode()
    assert charset.decode(whole[:-1] + "é".encode()[:1]).startswith("El año pasado")
    assert "señor Núñez" in charset.decode(whole.replace(b"pagado", b"pag\xe1do") + b"\xe1 ")


# ------------------------------------------------------------------ dates
@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("2026-02-03T04:05:06Z", None, "2026-02-03T04:05:06"),
        ("2026-02-03T04:05:06-0500", None, "2026-02-03T09:05:06"),
        ("2026-02-03 04:05:06 -0800", None, "2026-02-03T12:05:06"),
        ("Tue, 03 Feb 2026 04:05:06 +0100", None, "2026-02-03T03:05:06"),
        ("Tue Feb 03 2026 04:05:06 GMT+0000", None, "2026-02-03T04:05:00"),
        ("Tue Feb 3 04:05:06 2026", None, "2026-02-03T04:05:00"),
        ("1770091506", None, "2026-02-03T04:05:06"),
        ("February 3rd, 2026 at 4:05 pm", "en", "2026-02-03T16:05:00"),
        ("3 Feb. 2026", "en", "2026-02-03T00:00:00"),
        ("3 de febrero de 2026", "es", "2026-02-03T00:00:00"),
        ("3. Februar 2026, 14.30 Uhr", "de", "2026-02-03T14:30:00"),
        ("le 3 février 2026 à 14h30", "fr", "2026-02-03T14:30:00"),
        ("3 de fevereiro de 2026", "pt", "2026-02-03T00:00:00"),
        ("3 febbraio 2026", "it", "2026-02-03T00:00:00"),
        ("1er août 2026", "fr", "2026-08-01T00:00:00"),
        ("02/03/2026", "en", "2026-02-03T00:00:00"),
        ("03/02/2026", "es", "2026-02-03T00:00:00"),
        ("03.02.2026", "de", "2026-02-03T00:00:00"),
        ("2026/02/03", None, "2026-02-03T00:00:00"),
    ],
)
def test_dates_are_read_as_the_web_writes_them(text: str, language: str | None, day: str):
    found = dates.moment(text, language)
    assert found is not None
    assert found[0].astimezone(UTC).isoformat() == f"{day}+00:00"


@pytest.mark.parametrize("text", ["", "soon", "31 February 2026", "99/99/2026", "2026-13-45", "12:30", "0000-00-00"])
def test_what_is_no_date_is_none(text: str):
    assert dates.moment(text) is None


def test_zero_dates_and_dates_of_the_future_are_not_believed():
    head = linked_data(headline=TITLE, datePublished="0001-01-01T00:00:00Z")
    head += (
        '<meta property="article:published_time" content="2031-01-01T00:00:00Z"><meta name="date" content="2026-02-20">'
    )
    article = read(html(head=head))
    assert (article.published, article.published_from) == (datetime(2026, 2, 20, tzinfo=UTC), "meta date")
    assert article.precision == "day"


def test_a_claim_of_only_a_day_takes_the_hour_of_another_claim():
    head = '<meta name="parsely-pub-date" content="2026-02-20"><meta name="date" content="2026-02-20T11:45:00Z">'
    assert read(html(head=head)).published == datetime(2026, 2, 20, 11, 45, tzinfo=UTC)


def test_the_time_of_another_article_or_of_an_update_is_not_the_date():
    inside = (
        '<ul><li><time datetime="2026-01-01">1 January</time></li></ul><p>Updated <time datetime="2026-02-25">25 Feb</time></p>'
        '<p class="meta"><time datetime="2026-02-24T10:00:00Z">24 Feb</time></p>'
    )
    article = read(html(inside + TEXT))
    assert (article.published, article.published_from) == (datetime(2026, 2, 24, 10, tzinfo=UTC), "time element")


def test_the_address_and_a_dateline_are_better_than_nothing():
    assert read(html(), url="https://x.example/2026/feb/14/prices").published_from == "address"
    article = read(html(f'<span class="d">Publicado el 14 de febrero de 2026</span>{TEXT}'))
    assert (article.published, article.published_from, article.precision) == (
        datetime(2026, 2, 14, tzinfo=UTC),
        "text",
        "day",
    )


def test_a_page_without_a_date_has_none():
    article = read(html())
    assert (article.published, article.precision, article.published_from) == (None, "none", None)


# ------------------------------------------------------------------ what the page says about itself
def test_broken_linked_data_is_read_as_far_as_it_can_be():
    text = '<!-- {"@graph": [{"@type": ["NewsArticle"], "headline": "A\nB", "datePublished": "2026-02-02",},]} -->'
    head = f'<script type="application/ld+json">{text}</script><script type="application/ld+json">{{"@type": </script>'
    tree = extract._tree(page(html(head=head)))
    assert not isinstance(tree, Rejection)
    assert structured.claims(tree).published[0] == ("json-ld datePublished", "2026-02-02")


def test_deep_linked_data_does_no_harm():
    deep = "[" * 5000 + "]" * 5000
    assert read(html(head=f'<script type="application/ld+json">{deep}</script>')).title == TITLE


def test_properties_of_a_comment_are_not_the_articles():
    inside = (
        '<div itemscope itemtype="https://schema.org/Comment"><span itemprop="author">Troll</span>'
        '<meta itemprop="datePublished" content="2026-01-05"></div>'
        '<div itemscope itemtype="https://schema.org/NewsArticle"><span itemprop="author">Ines Roth</span>'
        f'<meta itemprop="datePublished" content="2026-02-05"><div>{TEXT}</div></div>'
    )
    article = read(html(inside))
    assert article.authors == ("Ines Roth",)
    assert article.published == datetime(2026, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Ines Roth and Tom Vale", ("Ines Roth", "Tom Vale")),
        ("Por Ana Prado y Luis Gil", ("Ana Prado", "Luis Gil")),
        ("Von Jorin Falk", ("Jorin Falk",)),
        ("Par Solène Garrigue – Publié le 3 mars 2026", ("Solène Garrigue",)),
        ("Por Paula Quintero. Bogotá, 2 de marzo de 2026", ("Paula Quintero",)),
        ("By Staff Writer", ()),
    ],
)
def test_authors_are_read_from_the_byline(byline: str, names: tuple[str, ...]):
    assert read(html(f"<p>{byline}</p>{TEXT}")).authors == names


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("https://ledger.example/prices", "https://ledger.example/prices"),
        ("https://news.ledger.example/prices?utm_source=x&id=4#top", "https://news.ledger.example/prices?id=4"),
        ("/prices", "https://www.ledger.example/prices"),
        ("https://ledger.example/", URL),
        ("https://elsewhere.example/prices", URL),
        ("https://notledger.example/prices", URL),
        ("javascript:alert(1)", URL),
        ("http://[broken", URL),
        ("", URL),
    ],
)
def test_a_canonical_address_counts_only_within_the_site(stated: str, expected: str):
    assert read(html(head=f'<link rel="canonical" href="{stated}">')).url == expected


def test_two_blogs_of_one_host_are_two_sites():
    assert about.address("https://a.host.example/x", ["https://b.host.example/y"]) == "https://a.host.example/x"


def test_the_heading_is_the_title_where_the_others_agree():
    head = '<meta property="og:title" content="Model prices fall yet again"><meta property="og:site_name" content="The Ledger">'
    assert read(html(head=head)).title == TITLE
    other = html(head=head, title="The Ledger home").replace("<title>The Ledger home", "<title>x")
    assert read(other).title == "Model prices fall yet again"


def test_the_site_name_is_cut_from_a_title():
    assert about._without_site("Model prices fall - The Ledger", "The Ledger") == "Model prices fall"
    assert about._without_site("The Ledger :: Model prices fall", "The Ledger") == "Model prices fall"
    assert about._without_site("Up, down – and up", None) == "Up, down – and up"


def test_the_words_decide_on_the_language_and_the_template_does_not():
    spanish = (
        "<p>" + "Los precios de los modelos bajan cada mes, y los bancos que los compran no lo notan. " * 4 + "</p>"
    )
    assert read(html(spanish, lang="en-US")).language == "es"


def test_without_an_identification_the_declaration_counts():
    outcome = extract.article(page(html(lang="de-DE")), lambda text: None)
    assert isinstance(outcome, Article)
    assert outcome.language == "de"


# ------------------------------------------------------------------ the line of the command
def test_an_article_and_a_rejection_make_lines_with_the_same_keys():
    head = linked_data(headline=TITLE, datePublished="2026-03-01T07:30:00Z", author={"name": "Ines Roth"})
    good = extract.as_line("a.html", read(html(head=head)))
    bad = extract.as_line("b.html", refused(b""))
    assert (
        list(good)
        == list(bad)
        == ["path", "url", "title", "text", "authors", "published", "language", "site", "rejected"]
    )
    assert (good["published"], good["authors"], good["rejected"]) == ("2026-03-01T07:30:00+00:00", ["Ines Roth"], None)
    assert (bad["path"], bad["rejected"], bad["authors"]) == ("b.html", "empty page: 0 bytes", [])
    assert json.loads(json.dumps([good, bad])) == [good, bad]


# ------------------------------------------------------------------ any bytes
def outcome_of(content: bytes, content_type: str | None = None) -> Article | Rejection:
    outcome = extract.article(page(content, content_type=content_type), spanish_or_english)
    assert isinstance(outcome, (Article, Rejection))
    json.dumps(extract.as_line("x", outcome)).encode()
    return outcome


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([None, "text/html", "text/html; charset=utf-16", "text/html; charset=\x00"]),
)
def test_random_bytes_never_raise(content: bytes, content_type: str | None):
    outcome_of(content, content_type)
    outcome_of(b"<html><body><p>" + content + TEXT.encode() + content, content_type)


RICH = html(
    head=linked_data(headline=TITLE, datePublished="2026-03-01", articleBody=FIRST, author=[{"name": "Ines Roth"}])
    + '<meta property="og:title" content="Model prices fall"><link rel="canonical" href="/x">',
    inside=f'<time datetime="2026-03-01">1</time><table><tr><td>{FIRST}</td></tr></table>{TEXT}<blockquote>{SECOND}</blockquote>',
).encode()


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(RICH)), st.integers(0, len(RICH)), st.binary(max_size=6))
def test_a_page_that_is_cut_or_overwritten_anywhere_never_raises(cut: int, at: int, noise: bytes):
    outcome_of(RICH[:cut])
    outcome_of(RICH[:at] + noise + RICH[at + len(noise) :])


def test_hostile_markup_never_raises():
    for content in (
        b"<div>" * 20_000 + TEXT.encode(),
        b"<html><body>" + b"<b><i>" * 3_000 + FIRST.encode(),
        b"<table><tr><td>" * 500 + TEXT.encode(),
        b"<p>" + b"x" * 200_000,
        b"<html><body><p>&#0;&#xD800;&#x110000;&#55555555555;</p>" + TEXT.encode(),
        b'<html lang="\xff\xfe"><title>\xed\xa0\x80</title><body>' + TEXT.encode(),
        b'<html><head><base href="http://[x"><link rel=canonical href="http://a:99999999/"></head><body>'
        + TEXT.encode(),
    ):
        outcome_of(content)


# ------------------------------------------------------------------ real pages
needs_exam = pytest.mark.skipif(not EXAM.is_dir(), reason="the exams lie outside of the project")


@needs_exam
def test_real_pages_cut_at_random_bytes_never_raise():
    chance = random.Random(4)
    pages = [gzip.decompress(path.read_bytes()) for path in sorted((EXAM / "html").glob("*.html.gz"))]
    for n in range(1_000):
        content = pages[n % len(pages)]
        outcome_of(content[: chance.randrange(len(content))])


@needs_exam
def test_real_pages_are_read_at_least_as_well_as_is_pinned():
    pages = real.pages_of(EXAM)
    found = real.read(pages)
    assert real.body_f1(found, EXAM) >= FLOORS["body_f1"]
    right = real.exact(found)
    assert {what: share for what, share in right.items() if share < FLOORS[what]} == {}
    assert [name for name, x in found.items() if getattr(x, "truncated", None)] == []


# ------------------------------------------------------------------ texts that are cut
LONGER = " ".join(f"Sentence number {n} of a text that goes on for a while." for n in range(40))


@pytest.mark.parametrize(
    "wall",
    ["Subscribe to continue reading.", "This article is for subscribers only. Already a subscriber? Log in.",
     "Suscríbete para seguir leyendo", "Cet article est réservé aux abonnés", "Jetzt weiterlesen mit Plus",
     "Contenuto riservato agli abbonati", "Assine já para continuar lendo"],
)  # fmt: skip
def test_a_text_behind_a_wall_is_flagged_and_a_whole_one_with_an_idle_wall_is_not(wall: str):
    box = f'<div class="paywall-offer"><p>{wall}</p></div>'
    assert read(html(f"<p>{FIRST}</p><p>{SECOND}</p>{box}")).truncated == "paywall"
    assert read(html(f"<p>{FIRST}</p><p>{LONGER}</p><p>{SECOND}</p>{box}")).truncated is None


def test_what_a_page_says_of_its_price_counts_only_where_words_are_missing():
    paid = linked_data(headline=TITLE, isAccessibleForFree="False", wordCount=900)
    assert read(html(f"<p>{FIRST}</p><p>{SECOND}</p>", head=paid)).truncated == "paywall"
    whole = linked_data(headline=TITLE, isAccessibleForFree=False)
    assert read(html(f"<p>{FIRST}</p><p>{LONGER}</p>", head=whole)).truncated is None


@pytest.mark.parametrize("end", ["…", " [...]", "... (Read more)", " […] Leer más"])
def test_an_excerpt_is_flagged(end: str):
    assert read(html(f"<p>{FIRST}</p><p>{SECOND.rstrip('.')}{end}</p>")).truncated == "excerpt"
    assert read(html(f"<p>{FIRST}</p><p>{LONGER}</p><p>{LONGER} and so on{end}</p>")).truncated is None


def test_the_day_of_the_last_change_is_read_and_one_before_publication_is_not():
    head = linked_data(headline=TITLE, datePublished="2026-03-01T08:00:00Z", dateModified="2026-03-02T09:00:00+01:00")
    found = read(html(head=head)).modified
    assert found is not None
    assert found.isoformat() == "2026-03-02T09:00:00+01:00"
    before = linked_data(headline=TITLE, datePublished="2026-03-01T08:00:00Z", dateModified="2026-02-02T09:00:00Z")
    assert read(html(head=before)).modified is None


def test_an_article_keeps_the_zone_of_its_page_so_that_its_day_is_the_pages():
    head = linked_data(headline=TITLE, datePublished="2026-03-01T22:30:00-06:00")
    assert extract.as_line("x", read(html(head=head)))["published"] == "2026-03-01T22:30:00-06:00"


# ------------------------------------------------------------------ easy pages
EASY = [
    f"Paragraph {n} tells at some length what the {n}. witness saw on the quay that evening, and when."
    for n in range(9)
]


def easy(inside: str = "", **more: str) -> str:
    body = "".join(f"<p>{line}</p>" for line in EASY)
    return (
        f"<html><body><div class='menu'><a href='/'>Home</a></div><div class='text'>{body}{inside}</div></body></html>"
    )


def test_a_page_without_a_body_element_is_read():
    assert read(f"<html lang=en><title>Crane</title><article><h1>Crane</h1><p>{FIRST}<p>{SECOND}").text.startswith(
        FIRST
    )


def test_paragraphs_that_stand_together_are_read_without_the_general_rules(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(body, "_found", None)  # would raise if it were called
    with_things = easy("<h2>What came next</h2><ul><li>One thing that happened.</li></ul><figure><figcaption>A quay</figcaption></figure>"
                       "<div class='gallery'>1 of 6</div><p>The last <b>word</b><br>comes in two lines.</p>")  # fmt: skip
    text = read(with_things).text.split("\n")
    assert text == [*EASY, "What came next", "One thing that happened.", "The last word", "comes in two lines."]


@pytest.mark.parametrize(
    "inside",
    [f"<table><tr><td>{LONGER}</td></tr></table>", f"<div>{LONGER}</div>", f"<div class='photo-text'><p>{LONGER}</p></div>"],
    ids=["table", "text in a box without paragraphs", "text in a box named as a picture"],
)  # fmt: skip
def test_a_page_with_more_than_its_paragraphs_is_left_to_the_general_rules(inside: str):
    tree = extract._tree(page(easy(inside)))
    assert not isinstance(tree, Rejection)
    assert plain.lines(tree) is None
