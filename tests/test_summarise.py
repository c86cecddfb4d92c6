"""Summaries: what is said in each case, in two languages, and the gate that refuses what sources do not hold."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pipeline import summarise
from pipeline.model import Quote, Report, Sentence, Span, Story, Theme, Trend

THEME = Theme("moat_erosion", "Moat erosion", "Leads do not last.", asserts="No lead lasts.", disputes="Some do.")
EVENTS = Theme("conference_coverage", "Conference coverage", "What was said at a conference.")
TREND = Trend(
    theme="moat_erosion", start=date(2026, 11, 9), end=date(2026, 11, 15), stories=14, total=1210, share=14 / 1210,
    low=0.0066, high=0.0187, before_stories=12, before_total=4801, before_share=12 / 4801, change=4.63,
    change_low=2.14, change_high=9.9, verdict="rising", stances={"asserts": 8, "disputes": 1, "reports": 5}, id=3,
)  # fmt: skip


def report(
    number: int, source: str, evidence: str, *, stance="asserts", day=11, quote: Quote | None = None, title=""
) -> Report:
    when = datetime(2026, 11, day, 9, tzinfo=UTC)
    return Report(
        story=Story(number, title, when, when),
        theme="moat_erosion",
        score=0.9,
        stance=stance,
        evidence=Span(0, len(evidence), evidence),
        article=10 * number,
        article_url=f"https://{number}.example/",
        article_title=title or f"Title {number}",
        source=source.lower(),
        source_name=source,
        published=when,
        quote=quote,
    )


def said(text: str, speaker: str | None) -> Quote:
    return Quote(1, 0, len(text), text, Span(0, len(speaker), speaker) if speaker else None)


REPORTS = [
    report(1, "The Register", "Six weeks is all a lead is worth now.", title="Leads melt", day=12),
    report(2, "Faro Tecnológico", "Nadie conserva la ventaja.", title="Sin foso", day=10,
           quote=said("La ventaja dura semanas.", "Inés Barroso")),
    report(3, "Ward & Wire", "Distribution is a moat that no rival has crossed.", stance="disputes", day=13),
]  # fmt: skip


def texts(trend=TREND, theme=THEME, reports=REPORTS, language="en") -> list[str]:
    return [s.text for s in summarise.summary(trend, theme, reports, language=language).sentences]


def gate(text: str, articles=(10, 20, 30), trend=TREND, reports=REPORTS) -> list[str]:
    return summarise.unsupported(Sentence(text, articles), trend, reports, theme=THEME)


# ------------------------------------------------------------------ telling
def test_a_rise_is_told_with_its_interval_first_voice_both_sides_and_reading():
    assert texts() == [
        "“Moat erosion” is rising: 14 of 1,210 stories from 9 to 15 November 2026 were about it, against 12 of 4,801 in the time before.",
        "That is 1.2% of all stories, with a 95% interval from 0.7% to 1.9%. Its share is 4.6 times that of the time before; with 95% confidence, between 2.1 and 9.9 times.",
        "Its claim is asserted in 8 stories, disputed in 1 and reported without taking sides in 5.",
        "The earliest of the stories read closely is from Faro Tecnológico, on 10 November 2026: “Sin foso”.",
        "For the claim, Inés Barroso is quoted in Faro Tecnológico: “La ventaja dura semanas”.",
        "Against it, Ward & Wire writes: “Distribution is a moat that no rival has crossed”.",
        "Worth reading: “Leads melt” (The Register, 12 November 2026) and “Sin foso” (Faro Tecnológico, 10 November 2026).",
    ]


def test_the_same_in_spanish_leaves_passages_and_names_as_they_are():
    assert texts(language="es") == [
        "«Moat erosion» sube: 14 de 1.210 historias del 9 al 15 de noviembre de 2026 tratan de ello, frente a 12 de 4.801 en el periodo anterior.",
        "Es el 1,2 % de todas las historias, con un intervalo del 95 % entre el 0,7 % y el 1,9 %. Su peso es 4,6 veces el del periodo anterior; con una confianza del 95 %, entre 2,1 y 9,9 veces.",
        "Su tesis se afirma en 8 historias, se discute en 1 y se recoge sin tomar partido en 5.",
        "La más temprana de las historias leídas de cerca es de Faro Tecnológico, del 10 de noviembre de 2026: «Sin foso».",
        "A favor de la tesis, Faro Tecnológico cita a Inés Barroso: «La ventaja dura semanas».",
        "En contra, Ward & Wire escribe: «Distribution is a moat that no rival has crossed».",
        "Para leer: «Leads melt» (The Register, 12 de noviembre de 2026) y «Sin foso» (Faro Tecnológico, 10 de noviembre de 2026).",
    ]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_sentence_carries_articles_and_passes_the_gate(language):
    told = summarise.summary(TREND, THEME, REPORTS, language=language)
    assert (told.theme, told.language, told.trend) == ("moat_erosion", language, 3)
    for sentence in told.sentences:
        assert set(sentence.articles) <= {10, 20, 30}
        assert sentence.articles
        assert summarise.unsupported(sentence, TREND, REPORTS, theme=THEME) == []


@pytest.mark.parametrize(("language", "words"), [("en", "1 of 1 story from"), ("es", "1 de 1 historia del")])
def test_one_story_is_singular(language, words):
    trend = replace(TREND, stories=1, total=1, share=1.0, high=1.0, stances={"asserts": 1})
    first = texts(trend, reports=REPORTS[:1], language=language)[0]
    assert words in first
    assert re.search(r"was about it|trata de ello", first)


@pytest.mark.parametrize(
    ("language", "opening"),
    [
        ("en", "The figures cannot tell whether “Moat erosion” is rising or falling"),
        ("es", "Las cifras no permiten saber si «Moat erosion» sube o baja"),
    ],
)
def test_what_cannot_be_told_is_said_so_and_no_middle_of_the_interval_is_quoted(language, opening):
    trend = replace(TREND, verdict="cannot tell", change=1.53, change_low=0.7, change_high=3.41)
    first, second, *_ = texts(trend, language=language)
    assert first.startswith(opening)
    assert not re.search(r"1[.,]5", second)
    assert re.search(r"0[.,]70 (and|y) 3[.,]4", second)


@pytest.mark.parametrize(
    ("verdict", "words"), [("falling", "is falling"), ("steady", "holds steady"), ("rising", "is rising")]
)
def test_the_verdict_is_the_trends(verdict, words):
    assert words in texts(replace(TREND, verdict=verdict))[0]


def test_a_small_rise_is_not_rounded_away():
    assert "between 1.03 and 1.4 times" in texts(replace(TREND, change=1.2, change_low=1.03, change_high=1.41))[1]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            "None of 1,210 stories from 9 to 15 November 2026 was about “Moat erosion”, against 12 of 4,801 in the time before.",
        ),
        (
            "es",
            "Ninguna de 1.210 historias del 9 al 15 de noviembre de 2026 trata de «Moat erosion», frente a 12 de 4.801 en el periodo anterior.",
        ),
    ],
)
def test_no_stories_is_one_sentence(language, words):
    assert texts(replace(TREND, stories=0, stances={}), reports=[], language=language) == [words]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "No story at all was read"), ("es", "No se leyó ninguna historia")]
)
def test_an_empty_panel_is_not_told_as_a_fall(language, words):
    (only,) = texts(replace(TREND, stories=0, total=0, stances={}), reports=[], language=language)
    assert only.startswith(words)


def test_a_new_theme_has_no_ratio():
    trend = replace(TREND, before_stories=0, change=None, change_low=None, change_high=None)
    assert texts(trend)[1].endswith("The time before had none, so no ratio can be given.")


def test_nothing_read_before_is_said():
    trend = replace(
        TREND, verdict="cannot tell", before_stories=0, before_total=0, change=None, change_low=None, change_high=None
    )
    assert texts(trend)[0].endswith("against nothing read in the time before.")


def test_a_theme_without_a_claim_has_no_sides():
    told = texts(theme=EVENTS)
    assert not any("claim" in text or "Against" in text for text in told)
    assert "In the words of The Register: “Six weeks is all a lead is worth now”." in told


def test_a_voice_against_alone_names_the_claim():
    told = texts(reports=REPORTS[2:])
    assert "Against the claim, Ward & Wire writes: “Distribution is a moat that no rival has crossed”." in told
    assert not any(text.startswith("Worth reading") for text in told)


def test_a_quote_without_a_speaker_gives_way_to_the_evidence():
    told = texts(reports=[replace(REPORTS[0], quote=said("Who said this?", None))])
    assert "For the claim, The Register writes: “Six weeks is all a lead is worth now”." in told


@pytest.mark.parametrize(
    ("language", "words"), [("en", "“He said ‘no moat’ twice”"), ("es", "«He said “no moat” twice»")]
)
def test_marks_within_a_passage_are_nested_and_still_verbatim(language, words):
    told = texts(reports=[report(1, "The Register", "He said “no moat” twice.")], language=language)
    assert any(words in text for text in told)


def test_a_long_passage_ends_at_a_word_with_an_ellipsis():
    told = texts(reports=[report(1, "The Register", "moats everywhere " * 40)])
    passage = next(text for text in told if text.startswith("For the claim"))
    assert passage.endswith("…”.")
    assert len(passage) < 300


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (date(2026, 10, 28), "28 October to 15 November 2026"),
        (date(2025, 12, 30), "30 December 2025 to 15 November 2026"),
    ],
)
def test_a_window_names_what_its_days_do_not_share(start, words):
    assert words in texts(replace(TREND, start=start))[0]


# ------------------------------------------------------------------ the gate
@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("For the claim, Sam Doe is quoted in Faro Tecnológico.", ["Sam Doe"]),
        ("Against it, Wire & Wood writes so.", ["Wood"]),
        ("12 of 1,210 against 12 of 4,801.", ["12"]),
        ("The Times writes so.", ["Times"]),
        ("OpenAI says the same.", ["OpenAI"]),
        ("The share is 15 of 1,210.", ["15"]),
        ("That is 1.3% of all stories.", ["1.3"]),
        ("That is 14% of all stories.", ["14"]),
        ("The day was 14 November 2026.", ["2026"]),
        ("They write: “The moat holds”.", ["“The moat holds”", "They"]),
        ("Against it, Ward & Wire writes: “Distribution is a moat that one rival has crossed”.", ["“Distribution is a moat that one rival has crossed”"]),
    ],
)  # fmt: skip
def test_a_name_a_number_or_a_passage_that_no_source_holds_is_named(text, strange):
    assert gate(text) == strange


def test_the_right_words_under_the_wrong_article_are_refused():
    text = "For the claim, Inés Barroso is quoted in Faro Tecnológico: “La ventaja dura semanas”."
    assert gate(text, articles=(20,)) == []
    assert len(gate(text, articles=(30,))) == 3
    assert gate(text, articles=())


def test_what_the_sources_hold_passes_in_any_order():
    assert gate("Ward & Wire and The Register: 14 of 1,210, on 13 November 2026, 1.2%, 95%.") == []


def test_seeded_wrong_sentences_are_refused():
    """Each number and each name of each sentence changed, and each sentence of a source given to another article."""
    wrong, refused = 0, 0
    for language in ("en", "es"):
        for sentence in summarise.summary(TREND, THEME, REPORTS, language=language).sentences:
            bare = summarise.QUOTED.sub(lambda m: " " * len(m[0]), sentence.text)
            for found in re.finditer(r"\d+(?:[.,]\d+)*", bare):
                changed = found[0][:-1] + str((int(found[0][-1]) + 3) % 10)
                wrong += 1
                refused += bool(
                    gate(sentence.text[: found.start()] + changed + sentence.text[found.end() :], sentence.articles)
                )
            for name in ("The Register", "Faro Tecnológico", "Ward & Wire", "Inés Barroso"):
                if name in bare:
                    wrong += 1
                    refused += bool(gate(sentence.text.replace(name, "Halden Labs"), sentence.articles))
            if len(sentence.articles) == 1:
                wrong += 1
                refused += bool(gate(sentence.text, tuple({10, 20, 30} - set(sentence.articles))[:1]))
    assert wrong > 60
    assert refused / wrong >= 0.98


def test_a_sentence_that_fails_the_gate_is_left_out_of_the_summary():
    told = texts(reports=[replace(REPORTS[0], evidence=Span(0, 0, ""))])
    assert len(told) == 4
    assert not any(text.startswith("For the claim") for text in told)


def test_a_number_in_a_sources_name_is_no_figure():
    assert any("404 Media" in text for text in texts(reports=[report(1, "404 Media", "No moat.")]))
