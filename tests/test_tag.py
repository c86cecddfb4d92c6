"""Tagging with a small made-up encoder: themes, evidence, stance, quotes, mentions and the line that is written."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest

from pipeline import tag
from pipeline.model import Annotation, Article, Conference, Entity, Example, Span, Theme

D = 64


def encode(texts, languages=None):
    """Words as random directions: texts that share words are near each other."""
    rows = np.zeros((len(texts), D), dtype=np.float32)
    for n, text in enumerate(texts):
        for word in text.lower().replace(".", " ").replace(",", " ").split():
            rows[n] += np.random.default_rng(zlib.crc32(word.encode())).normal(size=D)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


TEA = Theme("tea", "Tea", "tea leaves, teapots and brewing")
RAIL = Theme("rail", "Railways", "trains, tracks and stations")


def taught(theme, *said):
    return Theme(theme.key, theme.name, theme.definition, examples=tuple(Example(*s) for s in said))


def annotated(article, language="en"):
    spans = [Span(0, len(article.title), article.title, "title")] if article.title else []
    at = 0
    for part in article.text.split(". "):
        start = article.text.index(part, at)
        at = start + len(part)
        if part.strip():
            spans.append(Span(start, at, part))
    vectors = encode([s.text for s in spans]) if spans else np.zeros((0, D), dtype=np.float32)
    return Annotation(article.id, language, tuple(spans), vectors, encode([tag.whole(article)])[0])


def tagging(tagger, text, title="", watched=None, language="en"):
    article = Article(1, "http://a.example/", title, text, language=language)
    return tag.article(article, annotated(article, language), tagger, watched or tag.watchlist([]))


def quoted(text, language):
    return tag.quotes(Article(1, "http://a.example/", "", text), language)


# ------------------------------------------------------------------ themes
def test_a_definition_alone_is_enough_to_tell_two_themes_apart():
    tagger = tag.learn([TEA, RAIL], encode)
    scores = tagging(tagger, "Old teapots for brewing tea leaves").scores
    assert scores["tea"] > scores["rail"]


def test_an_example_brings_in_what_the_definition_does_not_say():
    said = "The samovar hissed in the kitchen all evening"
    before = tagging(tag.learn([TEA, RAIL], encode), "A samovar hissed again").scores["tea"]
    after = tagging(tag.learn([taught(TEA, (said, "en", True)), RAIL], encode), "A samovar hissed again").scores["tea"]
    assert after > before


def test_an_example_against_takes_a_text_out():
    said = "Tea party politicians filled the hall"
    before = tagging(tag.learn([TEA, RAIL], encode), "tea party politicians met").scores["tea"]
    after = tagging(tag.learn([taught(TEA, (said, "en", False)), RAIL], encode), "tea party politicians met").scores[
        "tea"
    ]
    assert after < before


def test_words_are_trusted_only_in_languages_that_were_learnt():
    said = [(f"kettle number {n} whistles softly", "en", True) for n in range(9)]
    tagger = tag.learn([taught(TEA, *said), RAIL], encode)
    assert tagger.languages == ("en",)


def test_the_same_themes_give_the_same_tagger():
    themes = [taught(TEA, ("A pot of oolong", "en", True)), RAIL]
    assert tag.to_bytes(tag.learn(themes, encode)) == tag.to_bytes(tag.learn(themes, encode))


def test_a_saved_tagger_scores_as_the_one_that_was_saved():
    tagger = tag.learn([taught(TEA, ("A pot of oolong", "en", True)), RAIL], encode)
    again = tag.from_bytes(tag.to_bytes(tagger))
    assert tagging(again, "Oolong in a pot").scores == tagging(tagger, "Oolong in a pot").scores


def test_bytes_that_are_no_tagger_are_refused():
    with pytest.raises(ValueError, match="no saved tagger"):
        tag.from_bytes(b"PK\x03\x04 cut short")


def test_one_theme_alone_can_be_learnt():
    assert set(tagging(tag.learn([TEA], encode), "brewing tea").scores) == {"tea"}


# ------------------------------------------------------------------ evidence and stance
LONG = "The council met on Monday. The budget was agreed. Roads will be mended. A park will open. "


def clear(*, key="tea"):
    """A tagger that was shown enough to be sure of tea."""
    yes = [(f"brewing tea leaves in teapots {n}", "en", True, "asserts") for n in range(12)]
    no = [(f"the council met and roads budget park {n}", "en", False) for n in range(12)]
    return tag.learn([taught(TEA, *yes, *no), RAIL], encode)


def test_evidence_is_the_sentence_that_says_so_verbatim():
    article = Article(
        1, "", "", LONG + "Brewing tea leaves in teapots is back. Teapots and tea leaves sell well. Brewing tea pays"
    )
    found = tag.article(article, annotated(article), clear(), tag.watchlist([]))
    assert [t.theme for t in found.tags] == ["tea"]
    for span in found.tags[0].evidence:
        assert article.text[span.start : span.end] == span.text
        assert "ea" in span.text
    assert 1 <= len(found.tags[0].evidence) <= 3


def test_a_passing_word_is_not_enough_in_a_long_article():
    assert not tagging(clear(), LONG + "Tea was served. The road budget was read. The council met again on Friday").tags


def test_every_theme_has_a_score_between_nought_and_one():
    scores = tagging(clear(), LONG).scores
    assert set(scores) == {"tea", "rail"}
    assert all(0 <= s <= 1 for s in scores.values())


def test_stance_follows_the_examples():
    yes = [(f"green tea heals {n}", "en", True, "asserts") for n in range(10)]
    no = [(f"green tea heals nobody, doctors deny it {n}", "en", True, "disputes") for n in range(10)]
    theme = Theme(
        "tea",
        "Tea",
        "green tea heals",
        "green tea heals",
        "doctors deny it",
        examples=tuple(Example(*s) for s in yes + no),
    )
    tagger = tag.learn([theme, RAIL], encode)
    assert tagging(tagger, "doctors deny it, green tea heals nobody").tags[0].stance == "disputes"
    assert tagging(tagger, "green tea heals").tags[0].stance == "asserts"


def test_a_theme_without_a_claim_is_reported():
    assert tagging(clear(), "brewing tea leaves in teapots").tags[0].stance in ("asserts", "reports")
    plain = tag.learn([taught(TEA, *[(f"brewing tea {n}", "en", True) for n in range(9)]), RAIL], encode)
    assert {t.stance for t in tagging(plain, "brewing tea in teapots").tags} <= {"reports"}


@pytest.mark.parametrize("text", ["", "   ", "tea " * 3000, "\x00\x07\x1b[31m", "<p>" * 500, "ଓଡ଼ିଆ ଭାଷା"])
def test_odd_texts_get_an_answer(text):
    assert set(tagging(clear(), text).scores) == {"tea", "rail"}


# ------------------------------------------------------------------ quotes
@pytest.mark.parametrize(
    ("language", "text", "quote", "speaker"),
    [
        ("en", "“We sell what sells on the day,” said Ana Moss.", "We sell what sells on the day,", "Ana Moss"),
        ("en", '"Nobody asked us for this before," Mr Okoro told the hall.', "Nobody asked us for this before,", "Mr Okoro"),
        ("en", "Ana Moss, chief of Brill, said: “The price is the price.”", "The price is the price.", "Ana Moss"),
        ("es", "Un fundador lo comparó con «vender granos de café a Starbucks».", "vender granos de café a Starbucks", "Un fundador"),
        ("es", "«No hay prisa por cambiar nada», aseguró Luisa Prado, gerente.", "No hay prisa por cambiar nada", "Luisa Prado"),
        ("de", "„Das merkt bei uns kein Mensch“, sagt Jana Roth.", "Das merkt bei uns kein Mensch", "Jana Roth"),
        ("de", "»Das merkt bei uns kein Mensch«, so Jana Roth.", "Das merkt bei uns kein Mensch", "Jana Roth"),
        ("fr", "« Personne ne voit la différence », a déclaré Léa Brun.", "Personne ne voit la différence", "Léa Brun"),
        ("fr", "Selon Léa Brun, « personne ne voit la différence ».", "personne ne voit la différence", "Léa Brun"),
        ("pt", "“Ninguém percebeu a troca do modelo”, disse Rui Sá Lima.", "Ninguém percebeu a troca do modelo", "Rui Sá Lima"),
        ("it", "«Nessuno si è accorto del cambio», ha detto Carla Neri.", "Nessuno si è accorto del cambio", "Carla Neri"),
    ],
)  # fmt: skip
def test_a_direct_quote_is_found_with_its_speaker(language, text, quote, speaker):
    found = [q for q in quoted(text, language) if q.direct]
    assert [(q.text, q.speaker.text if q.speaker else None) for q in found] == [(quote, speaker)]
    assert text[found[0].start : found[0].end] == quote
    assert text[found[0].speaker.start : found[0].speaker.end] == speaker


def test_a_pronoun_stands_for_the_last_person_named():
    text = "Ana Moss opened the shop in May. “It was empty for a whole week,” she said."
    assert quoted(text, "en")[0].speaker.text == "Ana Moss"


def test_a_verb_without_a_subject_stands_for_the_last_speaker():
    text = "«No hay prisa por cambiar nada», dijo Luisa Prado. «Ya veremos qué pasa en mayo», añadió."
    assert [q.speaker.text for q in quoted(text, "es")] == ["Luisa Prado", "Luisa Prado"]


def test_a_quote_that_goes_on_keeps_its_speaker():
    text = "“We sell what sells on the day,” said Ana Moss. “The rest goes to the farm next door.”"
    assert [q.speaker.text for q in quoted(text, "en")] == ["Ana Moss", "Ana Moss"]


def test_a_word_in_marks_is_no_quote():
    assert not quoted("The so-called “smart kettle” was recalled.", "en")


def test_what_somebody_said_that_is_an_indirect_quote():
    found = quoted("Ana Moss said that the shop would close in the autumn.", "en")
    assert [(q.text, q.speaker.text, q.direct) for q in found] == [
        ("the shop would close in the autumn", "Ana Moss", False)
    ]


def test_quotes_of_an_unknown_language_are_still_found():
    assert quoted("“Vi säljer det som säljer på dagen”, sade Ana Moss.", None)


# ------------------------------------------------------------------ mentions
WATCHED = tag.watchlist(
    [
        Entity("openai", "OpenAI", "organisation"),
        Entity("google", "Google", "organisation"),
        Entity("google-cloud", "Google Cloud", "product"),
        Entity("gpt-5", "GPT-5", "model", ("GPT 5",)),
        Entity("box", "Box", "organisation"),
    ],
    [Conference("google-io", "Google I/O")],
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("OpenAI and Google met.", ["openai", "google"]),
        ("They use Google Cloud now.", ["google-cloud"]),
        ("Seen at Google I/O.", ["google-io"]),
        ("GPT-5 or GPT 5?", ["gpt-5", "gpt-5"]),
        ("OPENAI SHOUTS", ["openai"]),
        ("a box of googled things", []),
        ("OpenAI's lead, Googles Antwort", ["openai"]),
        ("Google\nCloud cover", ["google"]),
    ],
)
def test_mentions_are_whole_names_the_longest_first(text, found):
    hits = tag.mentions(Article(1, "", "", text), WATCHED)
    assert [m.entity for m in hits] == found
    assert all(text[m.start : m.end] == m.text for m in hits)


# ------------------------------------------------------------------ the line
def test_the_line_is_json_with_the_fields_of_the_interface():
    text = "Brewing tea leaves in teapots. “We brew tea leaves in teapots,” said Ana Moss of OpenAI."
    line = tag.as_line(tagging(clear(), text, watched=WATCHED), "en")
    assert set(line) == {"language", "themes", "entities", "quotes"}
    assert set(line["themes"][0]) == {"theme", "score", "stance", "evidence"}
    assert set(line["themes"][0]["evidence"][0]) == {"field", "start", "end", "text"}
    assert line["entities"][0]["id"] == "openai"
    assert line["quotes"][0]["speaker"]["text"] == "Ana Moss"
    assert json.loads(json.dumps(line)) == line


def test_scores_of_all_themes_come_on_request():
    assert set(tag.as_line(tagging(clear(), "tea"), None, scores=True)["scores"]) == {"tea", "rail"}
