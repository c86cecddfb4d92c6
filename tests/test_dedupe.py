"""Copies: what collides, what is verified, what is no copy though it looks like one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline import dedupe
from pipeline.dedupe.senders import sender_of
from pipeline.model import Article

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
VOCABULARY = [
    f"{a}{b}{c}" for a in ("ma", "to", "ri", "ne", "sul") for b in ("ka", "lo", "vi") for c in ("n", "r", "sta")
]


def paragraphs(seed: int, count: int = 8, words: int = 45) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(VOCABULARY, k=words)).capitalize() + "." for _ in range(count)]


def article(number: int, text: str, *, title: str = "A headline", hours: float = 0) -> Article:
    return Article(number, f"https://a.test/{number}", title, text, published=NOON + timedelta(hours=hours))


def meet(one: str, other: str) -> bool:
    return not set(dedupe.fingerprint(one)).isdisjoint(dedupe.fingerprint(other))


def test_a_fingerprint_is_the_same_each_time_and_fits_six_bytes() -> None:
    text = "\n".join(paragraphs(1))
    values = dedupe.fingerprint(text)
    assert values == dedupe.fingerprint(text)
    assert len(values) == len(set(values)) == dedupe.VALUES
    assert all(0 <= value < 2**47 for value in values)


def test_stored_fingerprints_keep_their_values_from_version_to_version() -> None:
    text = " ".join(f"word{n}" for n in range(40))
    assert dedupe.fingerprint(text)[:2] == (5840851247821, 6926177044213)


@pytest.mark.parametrize("text", ["", "   ", "too few words to tell", "……"])
def test_a_text_of_a_few_words_has_no_fingerprint(text: str) -> None:
    assert dedupe.fingerprint(text) == ()


def test_case_and_punctuation_do_not_change_a_fingerprint() -> None:
    text = "\n".join(paragraphs(2))
    assert dedupe.fingerprint(text.upper().replace(".", " !")) == dedupe.fingerprint(text)


def test_a_word_has_one_number_wherever_it_stands_and_however_it_is_written() -> None:
    the, cat, sat, again, shouted, accented, composed = dedupe.words_of(
        "The cat sat: cat—CAT! é e\u0301"
    ).numbers.tolist()
    assert cat == again == shouted
    assert accented == composed
    assert len({the, cat, sat, accented}) == 4


def test_texts_with_a_header_a_footer_and_two_paragraphs_cut_still_meet() -> None:
    met = 0
    for seed in range(60):
        original = paragraphs(seed)
        rng = random.Random(seed)
        cut = rng.sample(range(8), 2)
        kept = [p for n, p in enumerate(original) if n not in cut]
        copy = ["This report was supplied by an agency.", *kept, "All rights reserved. Read more every evening."]
        met += meet("\n".join(original), "\n".join(copy))
    assert met >= 58


def test_unrelated_texts_do_not_meet() -> None:
    texts = ["\n".join(paragraphs(seed)) for seed in range(100, 130)]
    assert not any(meet(a, b) for n, a in enumerate(texts) for b in texts[:n])


def test_languages_without_spaces_have_words_too() -> None:
    text = "人工知能の研究所は新しい模型を公開し価格を半分に下げたと発表した" * 2
    assert meet(text, text + "続きは明日")
    assert len(dedupe.words_of("人工知能 and カナ")) == 7
    assert dedupe.copy_of(article(2, text + "続きは明日"), [article(1, text)]) is not None


def test_a_copy_names_its_origin_its_share_and_the_other_headline() -> None:
    original = paragraphs(3)
    text = "\n".join(["Supplied by an agency.", *original[:-1], "All rights reserved."])
    found = dedupe.copy_of(article(2, text, title="Other words on top", hours=5), [article(1, "\n".join(original))])
    assert found is not None
    assert (found.article, found.origin) == (2, 1)
    assert 0.95 < found.score < 1
    assert (
        found.reason
        == "97 % of its words stand in that order in article 1; 87 % of that article is kept; other headline"
    )


def test_the_origin_is_the_earliest_even_where_copies_of_it_are_known() -> None:
    text = "\n".join(paragraphs(4))
    candidates = [article(7, text, hours=3), article(9, text, hours=1), article(8, text, hours=2)]
    found = dedupe.copy_of(article(10, text, hours=4), candidates)
    assert found is not None
    assert found.origin == 9


def test_an_article_is_no_copy_of_itself() -> None:
    one = article(1, "\n".join(paragraphs(5)))
    assert dedupe.copy_of(one, [one]) is None
    assert dedupe.copy_of(one, []) is None


def test_a_corrected_typo_leaves_a_copy_a_copy() -> None:
    text = "\n".join(paragraphs(6))
    found = dedupe.copy_of(article(2, text.replace("makan", "mkan", 3)), [article(1, text)])
    assert found is not None
    assert found.score > 0.8


def test_a_heavy_cut_is_a_copy_still() -> None:
    original = paragraphs(7)
    found = dedupe.copy_of(article(2, "\n".join(original[:4])), [article(1, "\n".join(original))])
    assert found is not None
    assert found.reason.startswith("100 %")


def test_a_report_that_quotes_half_of_a_release_under_its_own_lead_is_no_copy() -> None:
    release, own = paragraphs(8), paragraphs(9, 2)
    report = "\n".join([own[0], *release[2:6], own[1]])
    assert dedupe.copy_of(article(2, report), [article(1, "\n".join(release))]) is None


def test_a_short_release_quoted_whole_in_a_long_report_makes_no_copy_of_the_report() -> None:
    release, own = paragraphs(10, 3), paragraphs(11, 9)
    assert dedupe.copy_of(article(2, "\n".join(own + release)), [article(1, "\n".join(release))]) is None


REPORT = (
    "Copperkettle today reported its results for the quarter that ended in {month}. Sales at stores open for at least a "
    "year came to {sales} million pounds against {before} million in the same quarter of the year before. The operating "
    "margin was {margin} percent and the board proposes an interim dividend of {dividend} pence for each share held at "
    "the close of business on the record date. The company opened {opened} stores and closed {closed} in the period and "
    "ended it with {stores} stores in all regions. The full report is on the investor pages of the company and a call "
    "for analysts will be held at nine in the morning. Statements about the future rest on expectations that may not be "
    "met and the company takes on no duty to bring them up to date."
)


def filled(seed: int) -> str:
    rng = random.Random(seed)
    keys = ("sales", "before", "margin", "dividend", "opened", "closed", "stores")
    return REPORT.format(month=f"month {seed}", **{key: rng.randint(100, 999) for key in keys})


def test_two_quarterly_reports_of_one_firm_are_no_copies_though_their_sentences_are_the_same() -> None:
    assert dedupe.copy_of(article(2, filled(2)), [article(1, filled(1))]) is None


def test_the_same_quarterly_report_at_another_outlet_is_a_copy() -> None:
    found = dedupe.copy_of(article(2, "From the wire. " + filled(1)), [article(1, filled(1))])
    assert found is not None


def test_an_article_without_a_date_comes_after_those_that_have_one() -> None:
    text = "\n".join(paragraphs(12))
    undated = Article(1, "https://a.test/1", "", text)
    found = dedupe.copy_of(article(3, text), [undated, article(2, text, hours=9)])
    assert found is not None
    assert found.origin == 2


def test_an_index_in_memory_finds_what_it_has_seen_and_forgets_the_oldest() -> None:
    seen = dedupe.Seen(limit=2)
    texts = ["\n".join(paragraphs(seed)) for seed in (20, 21, 22)]
    assert [seen.copy_of(article(n, text)) for n, text in enumerate(texts)] == [None, None, None]
    again = seen.copy_of(article(5, texts[2]))
    assert again is not None
    assert again.origin == 2
    assert seen.copy_of(article(6, texts[0])) is None


# ------------------------------------------------------------------ which texts are compared
def test_two_texts_with_the_same_footer_meet_only_until_many_have_it() -> None:
    index = dedupe.Index()
    footer = paragraphs(99, 1, words=20)
    prints = [dedupe.fingerprint("\n".join([*paragraphs(200 + n, 4), *footer])) for n in range(80)]
    met = []
    for n, values in enumerate(prints):
        met.append(len(index.near(values)))
        index.add(n, values)
    assert sum(met[-20:]) == 0
    assert max(map(len, index.holders.values())) == 8


def test_the_hundredth_copy_is_still_brought_together_with_the_first() -> None:
    index, values = dedupe.Index(), dedupe.fingerprint("\n".join(paragraphs(60)))
    for n in range(100):
        index.add(n, values)
    assert index.near(values)[0] == 0
    assert len(index.near(values)) == 8


def test_what_few_have_in_common_counts_more_than_what_many_have() -> None:
    index = dedupe.Index({value: list(range(8)) for value in (1, 2, 3, 4)} | {5: [9]})
    assert index.near([1, 2, 3, 4, 5]) == [9, 0, 1, 2, 3, 4, 5, 6]
    assert index.near([1, 2]) == []
    assert index.near([5, 6]) == [9]


def test_what_is_taken_out_of_an_index_is_not_found() -> None:
    index, values = dedupe.Index(), dedupe.fingerprint("\n".join(paragraphs(61)))
    index.remove(1, index.add(1, values))
    assert index.near(values) == []
    assert index.holders == {}


# ------------------------------------------------------------------ which is the origin
RELEASE = Article(
    5, "https://wire.test/5", "Brackwell opens", "\n".join(paragraphs(70)), "brackwell", site="Brackwell",
    published=NOON + timedelta(minutes=10),
)  # fmt: skip
KINDS = {"brackwell": "press release", "agency": "wire"}


def test_a_press_release_is_the_origin_of_what_was_printed_minutes_before_it() -> None:
    printed = article(3, RELEASE.text, hours=0)
    own, others = dedupe.copies(RELEASE, [printed], kinds=KINDS)
    assert own is None
    (turned,) = others
    assert (turned.article, turned.origin) == (3, 5)
    assert turned.reason.startswith("100 % of its words stand in that order in article 5, a press release of Brackwell")
    assert dedupe.copies(RELEASE, [printed])[0] is not None  # where nothing says that it is one, time decides


def test_a_release_of_the_week_after_is_no_origin() -> None:
    late = replace(RELEASE, published=NOON + timedelta(days=7))
    own, others = dedupe.copies(late, [article(3, RELEASE.text)], kinds=KINDS)
    assert (own and own.origin, others) == (3, [])


def test_an_article_found_late_but_published_first_becomes_the_origin_of_those_known() -> None:
    text = "\n".join(paragraphs(71))
    own, others = dedupe.copies(article(9, text, hours=-5), [article(3, text), article(4, text, hours=1)])
    assert own is None
    assert [(copy.article, copy.origin) for copy in others] == [(3, 9), (4, 9)]


def test_a_text_with_an_agencys_dateline_comes_before_one_without() -> None:
    plain = article(1, "\n".join(paragraphs(72)))
    wired = article(2, "MADRID, 3 mar (EFE).- " + plain.text, hours=0.5)
    own, others = dedupe.copies(wired, [plain])
    assert own is None
    assert others[0].reason.startswith("100 % of its words stand in that order in article 2, a wire text of EFE")


def test_who_is_named_as_the_author_elsewhere_is_the_origin() -> None:
    text = "\n".join(paragraphs(73))
    printed = replace(article(1, text), site="Meridian", authors=("Harborwire",))
    wire = replace(article(2, text, hours=0.2), site="Harborwire", authors=("Ann Lee",))
    assert dedupe.copies(wire, [printed])[1][0].origin == 2
    assert dedupe.copies(replace(wire, site="Other"), [printed])[0] is not None


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("LONDON, March 3 (Reuters) - Shares rose.", "Reuters", "wire"),
        ("WASHINGTON (AP) — Shares rose.", "Associated Press", "wire"),
        ("BERLIN (dpa) - Aktien steigen.", "dpa", "wire"),
        ("OSLO, Jan. 9, 2026 /PRNewswire/ -- Brackwell opens.", "PR Newswire", "press release"),
        ("AUSTIN, Texas--(BUSINESS WIRE)--Brackwell opens.", "Business Wire", "press release"),
        ("Las acciones suben. (EFE)", "EFE", "wire"),
        ("Les actions montent.\n© 2026 AFP", "AFP", "wire"),
        ("Shares rose, people familiar with Reuters said.", None, None),
        ("The PA - a body of nine - met. It has a source.", None, None),
    ],
)
def test_releases_and_wire_texts_are_known_by_their_marks(text: str, name: str | None, kind: str | None) -> None:
    found = sender_of(article(1, text), {})
    assert (found.name, found.kind) == (name, kind) if found else name is None


def test_a_sender_is_known_by_its_site_by_its_kind_and_by_the_author() -> None:
    on_site = sender_of(Article(1, "https://www.prnewswire.com/news/1", "T", "Text"), {})
    assert on_site is not None
    assert (on_site.name, on_site.own) == ("PR Newswire", True)
    by_kind = sender_of(Article(1, "https://a.test/1", "T", "Text", "agency", site="Agency"), KINDS)
    assert by_kind is not None
    assert by_kind.told == "a wire text of Agency"
    by_author = sender_of(Article(1, "https://a.test/1", "T", "Text", authors=("Reuters",)), {})
    assert by_author is not None
    assert not by_author.own
    assert sender_of(Article(1, "http://[broken", "T", "Text"), {}) is None


def test_a_copy_of_a_copy_seen_before_names_the_first() -> None:
    seen, text = dedupe.Seen(), paragraphs(80, 10)
    assert seen.copy_of(article(1, "\n".join(text))) is None
    second = seen.copy_of(article(2, "\n".join(text[:6])))
    assert second is not None
    assert second.origin == 1
    third = seen.copy_of(article(3, "\n".join([*text[:3], *paragraphs(81, 1)])))
    assert third is not None
    assert third.origin == 1


def test_dates_at_the_end_of_time_break_nothing() -> None:
    text = "\n".join(paragraphs(90))
    late = replace(article(1, text), published=datetime.max.replace(tzinfo=UTC))
    found, _ = dedupe.copies(late, [article(2, text), replace(late, id=3), Article(4, "https://a.test/4", "", text)])
    assert found is not None
    assert found.origin == 2
