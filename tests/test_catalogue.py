"""Catalogues: the shipped ones are whole, and a wrong one is said by file, table and field."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pipeline import catalogue, config
from pipeline.errors import CatalogueError, SettingError
from pipeline.model import Source

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """[the-paper]
name = "The Paper"
way = "feed"
address = "https://paper.example/feed.xml"
language = "en"
country = "US"
kind = "trade press"
"""
THEME = 'key = "tides"\nname = "Tides"\ndefinition = "The sea rises and falls."\n'


def sources_of(folder: Path, text: str) -> list[Source]:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return catalogue.sources(config.Config(sources=(str(file),)))


def test_the_shipped_sources_cover_the_press_in_five_languages_and_the_conferences() -> None:
    sources = catalogue.sources(config.Config())

    languages = Counter(source.language for source in sources)
    kinds = Counter(source.kind for source in sources)
    assert len(sources) >= 60
    assert languages["es"] >= 10
    assert all(languages[x] >= 3 for x in ("de", "fr", "pt"))
    assert all(kinds[x] for x in ("trade press", "mainstream", "lab blog", "analyst", "community", "research"))
    conferences = {source.conference for source in sources if source.conference}
    assert {"boxworks", "dreamforce", "neurips", "web-summit"} <= conferences
    assert len({source.address for source in sources}) == len(sources)


def test_every_conference_that_a_source_names_is_known() -> None:
    known = {conference.key for conference in catalogue.conferences(config.Config())}

    assert {s.conference for s in catalogue.sources(config.Config()) if s.conference} <= known


def test_the_nine_themes_ship_with_examples_for_and_against_in_six_languages() -> None:
    themes = catalogue.themes(config.Config())

    assert len(themes) == 9
    for theme in themes:
        assert {e.language for e in theme.examples} >= {"en", "es", "de", "fr", "pt", "it"}
        assert sum(e.applies for e in theme.examples) >= 40
        assert sum(not e.applies for e in theme.examples) >= 40


def test_the_watchlist_has_no_id_twice_and_only_known_labels() -> None:
    entities = catalogue.entities(config.Config())

    assert len(entities) >= 200
    assert all(entity.aliases for entity in entities)


def test_a_source_is_one_table(tmp_path: Path) -> None:
    (source,) = sources_of(tmp_path, SOURCE)

    assert (source.key, source.name, source.voice) == ("the-paper", "The Paper", "the-paper")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('address = "https://paper.example/feed.xml"', ""), r"mine.toml: \[the-paper\] address: is missing"),
        (('"https://paper.example/feed.xml"', '"ftp://x"'), r"\[the-paper\] address: 'ftp://x' is no http"),
        (('"https://paper.example/feed.xml"', '"http://[::1/feed"'), r"\[the-paper\] address: .* is no http"),
        (
            ('"https://paper.example/feed.xml"', '"http://paper.example:99999/"'),
            r"\[the-paper\] address: .* is no http",
        ),
        (
            ('"https://paper.example/feed.xml"', '"https://me:secret@paper.example/"'),
            r"\[the-paper\] address: .* is no http",
        ),
        (('"feed"', '"carrier pigeon"'), r"\[the-paper\] way: 'carrier pigeon' is none of feed"),
        (('"trade press"', '"blog"'), r"\[the-paper\] kind: 'blog' is none of trade press"),
        (('"en"', '"English"'), r"\[the-paper\] language: 'English' is no two-letter"),
        (('"US"', '"usa"'), r"\[the-paper\] country: 'usa' is no two-letter"),
        (('name = "The Paper"', 'name = "The Paper"\ncolour = "red"'), r"\[the-paper\] colour: unknown field"),
        (('name = "The Paper"', "name = 3"), r"\[the-paper\] name: text is wanted"),
        (('"feed"', '"conference"'), r"\[the-paper\] conference: is missing"),
    ],
)
def test_a_wrong_source_is_named_by_file_table_and_field(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        sources_of(tmp_path, SOURCE.replace(*change))


def test_a_key_used_twice_says_where_it_was_used_first(tmp_path: Path) -> None:
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text(SOURCE, encoding="utf-8")

    with pytest.raises(CatalogueError, match=r"two.toml: \[the-paper\] key: already used in .*one.toml"):
        catalogue.sources(config.Config(sources=(str(tmp_path),)))


def test_a_theme_with_a_definition_alone_is_enough(tmp_path: Path) -> None:
    (tmp_path / "tides.toml").write_text(THEME, encoding="utf-8")

    (theme,) = catalogue.themes(config.Config(), tmp_path)

    assert (theme.key, theme.examples) == ("tides", ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (THEME.replace("tides", "waves"), r"tides.toml: \[theme\] key: 'waves' is not the file's name 'tides'"),
        (THEME.replace('definition = "The sea rises and falls."\n', ""), r"\[theme\] definition: is missing"),
        (THEME + "colour = 1\n", r"\[theme\] colour: unknown field"),
        (THEME + '[[examples]]\nlanguage = "en"\n', r"\[examples, number 1\] text: is missing"),
        (THEME + '[[examples]]\ntext = "x"\nstance = "loves"\n', r"\[examples, number 1\] stance: 'loves' is none of"),
        (THEME + '[[examples]]\ntext = "x"\napplies = "no"\n', r"\[examples, number 1\] applies: true or false"),
        (THEME + "[cues]\nen = [3]\n", r"\[cues\] en: a list of phrases is wanted"),
    ],
)
def test_a_wrong_theme_is_named_by_file_table_and_field(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "tides.toml").write_text(text, encoding="utf-8")

    with pytest.raises(CatalogueError, match=message):
        catalogue.themes(config.Config(), tmp_path)


def test_a_folder_without_themes_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no theme file"):
        catalogue.themes(config.Config(), tmp_path)
