from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sample_digest as sample
from lxml import html as markup
from sample_digest import brief, digest_of, report, trend

from pipeline import outputs
from pipeline.config import Config
from pipeline.errors import DeliveryError
from pipeline.model import Digest, Span, Subscriber, Theme
from pipeline.outputs import chart, faces, file, text, words

if TYPE_CHECKING:
    pass


def with_one(**fields) -> Digest:
    """A digest of a single story, with some of its fields replaced by what a stranger may have written."""
    one = replace(report(1, "commoditization"), **fields)
    return digest_of(reports={"commoditization": [one]}, trends=[trend("commoditization", 1)])


# ------------------------------------------------------------------ what may be shown
@pytest.mark.parametrize(
    "bad", ["\x00", "\x07", "\x1b", "\r", "\x7f", "\x9b", "\u202e", "\u2066", "\u200f", "\U000e0041"]
)
def test_control_escape_bidi_and_tag_characters_are_dropped(bad: str) -> None:
    assert text.safe_text(f"a{bad}b") == "ab"


def test_newline_tab_and_every_script_are_kept() -> None:
    kept = "línea\n\tnaïve 模型 модель नमूना مرحبا 🙂"
    assert text.safe_text(kept) == kept


def test_text_with_a_broken_character_can_still_be_written() -> None:
    assert text.safe_text("a\ud800b").encode() == "a\ufffdb".encode()


def test_one_line_is_cut_at_a_word() -> None:
    assert text.one_line("one\ntwo\u2028three  four") == "one two three four"
    assert text.one_line("The long headline goes on, and on", 28) == "The long headline goes on…"
    assert len(text.one_line("x" * 500, 40)) == 40


@pytest.mark.parametrize(
    "url", ["https://a.example/x?y=1&z=%20#f", "http://a.example:8080/", "HTTPS://a.example", "http://[::1]/"]
)
def test_web_addresses_may_be_links(url: str) -> None:
    assert text.web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "ftp://a.example/", "//a.example/", "/path", "", "https://",
        "https://bank.example@evil.example/", "https://user:pw@a.example/", "https://a.example/\nx", "java\tscript:x",
        "https://a.example\\@b.example", 'https://a.example/"onmouseover="x', "https://a.example/\u202egpj.exe",
        "https://a.example:99999/", "http://[::1", "vbscript:x", " https://a.example/",
    ],
)  # fmt: skip
def test_anything_else_may_not(url: str) -> None:
    assert text.web_link(url) is None


def test_wrapped_lines_fit_and_addresses_stay_whole() -> None:
    url = "https://a.example/" + "x" * 90
    lines = text.wrapped("word " * 40 + url + " 模型变得可以互换" * 20, first="- ").split("\n")
    assert all(text.columns(line) <= 78 for line in lines if url not in line)
    assert any(line.strip() == url for line in lines)
    assert lines[0].startswith("- word")
    assert lines[1].startswith("  word")


def test_wrapping_keeps_every_word() -> None:
    said = "the quick brown fox " * 30
    assert text.wrapped(said, first="> ", rest="> ").replace("\n> ", " ").removeprefix("> ") == said.strip()


def test_a_sparkline_has_a_bar_a_count_and_no_fall_through_zero() -> None:
    assert text.sparkline((0, 1, 2, 8)) == "▁▂▃█"
    assert text.sparkline((0, 0)) == "▁▁"
    assert text.sparkline(()) == ""


# ------------------------------------------------------------------ words
def test_every_word_exists_in_both_languages_with_the_same_blanks() -> None:
    for key, (english, spanish) in words.WORDS.items():
        assert english, key
        assert spanish, key
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", spanish)), key


def test_numbers_are_written_as_the_language_has_them() -> None:
    t = trend("x", 19, "rising", (2.44, 1.61, 3.52))
    assert words.share(t, "en") == "19.6% [13.6–26.6]"
    assert words.share(t, "es") == "19,6 % [13,6–26,6]"
    assert words.change(t, "en") == "×2.4 [1.6–3.5]"
    assert words.whole(12345, "en") == "12,345"
    assert words.whole(12345, "es") == "12.345"


def test_what_cannot_be_told_gives_its_interval_but_no_middle() -> None:
    assert words.claimed(trend("x", 8, "cannot tell", (1.31, 0.7, 2.4)), "en") == "cannot tell [×0.70–2.4]"
    assert words.claimed(trend("x", 0, "cannot tell"), "es") == "no se puede saber"


def test_a_theme_that_was_not_there_before_is_said_so_without_a_ratio() -> None:
    new = replace(trend("x", 6, "rising"), before_stories=0)
    assert words.claimed(new, "en") == "rising, none before"


def test_one_is_singular() -> None:
    assert words.count(1, "copy", "copies", "en") == "1 copy folded in"
    assert words.count(2, "copy", "copies", "es") == "2 copias plegadas"


# ------------------------------------------------------------------ the page
def test_the_page_shows_finding_figures_evidence_and_sources() -> None:
    page = markup.fromstring(faces.html(digest_of(), chart="c.png"))
    shown = " ".join(" ".join(page.itertext()).split())
    for expected in (
        "Commoditization of AI models rises to 2.4 times its earlier share",
        "19 independent stories this week",
        "19.6% of all stories [13.6–26.6]",
        "×2.4 rising [1.6–3.5]",
        "asserts · Meridian Business Daily · English · 11 Nov · 7 independent voices · 4 copies folded in",
        "disputes · Ward & Wire",
        "Quien fabrica el modelo acaba como quien vende el grano",
        "“We are selling coffee beans to Starbucks, and the beans are getting cheaper.” Inés Barroso, Halden Labs",
        "Also: Application layer",
        "Its stories are told under other themes.",
        "1 copy folded in · sent before",
        "cannot tell against the weeks before [×0.44–1.8]",
        "Sources in trouble: Cenzontle",
        "10 stories shown here, from 9 sources; 97 in all this week.",
        "12 assert it, 4 dispute it, 3 report on it",
    ):
        assert expected in shown


def test_the_page_speaks_spanish_and_leaves_passages_in_their_own_language() -> None:
    page = markup.fromstring(faces.html(digest_of(language="es")))
    shown = " ".join(" ".join(page.itertext()).split())
    assert page.get("lang") == "es"
    assert "Semana del 9 al 15 de noviembre de 2026" in shown
    assert "historias independientes esta semana" in shown
    assert "afirma · Meridian Business Daily · inglés · 11 nov · 7 voces independientes" in shown
    assert "no se puede saber" in shown
    assert [q.get("lang") for q in page.iter("blockquote")][:3] == ["en", "en", "es"]


def test_numbered_references_link_to_their_article_and_have_one_number_each() -> None:
    digest = digest_of()
    page = markup.fromstring(faces.html(digest))
    links = {(a.text, a.get("href")) for a in page.iter("a") if re.fullmatch(r"\[\d+\]", a.text or "")}
    assert ("[1]", "https://meridian-business-daily.example/101") in links
    assert len({number for number, _ in links}) == len({url for _, url in links}) == len(links)


def test_the_page_fetches_nothing_runs_nothing_and_styles_inline() -> None:
    page = markup.fromstring(faces.html(digest_of(), chart="digest.png"))
    assert {e.tag for e in page.iter() if isinstance(e.tag, str)}.isdisjoint(
        {"script", "style", "link", "iframe", "object", "form", "input", "video", "svg", "base"}
    )
    assert [e.get("src") for e in page.iter("img")] == ["digest.png"]
    assert not [a for e in page.iter() for a in e.attrib if a.startswith("on")]
    assert "url(" not in faces.html(digest_of(), chart="digest.png")


def test_no_running_text_or_ground_has_a_colour_so_that_dark_readers_keep_theirs() -> None:
    page = markup.fromstring(faces.html(digest_of(), chart="digest.png"))
    styles = [(e.tag, e.get("style") or "") for e in page.iter() if isinstance(e.tag, str)]
    assert all("background" not in style for tag, style in styles if tag != "img")
    colours = {c for _, style in styles for c in re.findall(r"(?<![-\w])color:\s*(#\w+)", style)}
    assert colours
    assert all(contrast(c, ground) >= 3.4 for c in colours for ground in ("#ffffff", "#121212"))
    assert page.get("style") == "color-scheme:light dark;"


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


XSS = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.mark.parametrize(
    "fields",
    [
        {"article_title": XSS},
        {"source_name": XSS},
        {"evidence": Span(0, 1, XSS)},
        {"language": XSS},
        {"article_url": f"https://a.example/{XSS}"},
        {"article_url": "javascript:alert(1)//https://"},
    ],
)
def test_strangers_text_is_never_markup(fields) -> None:
    page = markup.fromstring(faces.html(with_one(**fields)))
    assert not list(page.iter("script", "img"))
    assert all((a.get("href") or "").startswith("https://") for a in page.iter("a"))


def test_a_link_that_is_none_is_shown_as_text() -> None:
    page = markup.fromstring(faces.html(with_one(article_url="javascript:alert(1)")))
    assert not list(page.iter("a"))
    assert "javascript:alert(1)" in page.text_content()


def test_themes_and_titles_written_by_users_are_escaped_too() -> None:
    themes = [replace(sample.THEMES[0], name=XSS, asserts=XSS)]
    digest = digest_of(themes=themes, trends=[trend("commoditization", 1)], troubled_sources=(XSS,))
    page = markup.fromstring(faces.html(digest, chart="c.png"))
    assert [e.get("src") for e in page.iter("img")] == ["c.png"]
    assert not list(page.iter("script"))


def test_control_characters_reach_neither_page_nor_text() -> None:
    digest = with_one(article_title="Up\x1b]52;c;eA==\x07\u202e now\nSubject: x", source_name="a\x9b31mb")
    for shown in (faces.html(digest), faces.text(digest)):
        assert not set(shown) & set("\x1b\x07\x9b\u202e")
        assert "now Subject: x" in shown


# ------------------------------------------------------------------ the text
@pytest.mark.parametrize("language", ["en", "es"])
def test_text_is_78_columns_wide_at_most_and_has_no_trailing_or_triple_blanks(language: str) -> None:
    plain = faces.text(digest_of(language=language))
    assert [line for line in plain.split("\n") if len(line) > 78 and "://" not in line] == []
    assert "\n\n\n\n" not in plain
    assert [line for line in plain.split("\n") if line != line.rstrip()] == []


def test_text_says_the_same_as_the_page() -> None:
    plain = " ".join(faces.text(digest_of()).replace("|", " ").split())
    page = " ".join(markup.fromstring(faces.html(digest_of())).text_content().split())
    for expected in (
        "rises to 2.4 times",
        "Clinicians spotted the change of model",
        "7 independent voices",
        "Cenzontle",
    ):
        assert expected in plain
        assert expected in page
    assert "https://faro.example/opinion/la-maquila-de-inteligencia?ref=portada" in plain


def test_text_is_not_escaped() -> None:
    assert "Ward & Wire" in faces.text(digest_of())


def test_a_digest_without_stories_still_says_so() -> None:
    digest = digest_of(trends=[trend("scaling_slowdown", 0, "cannot tell")], reports={})
    assert "No stories on the themes followed" in faces.text(digest)
    assert "No story on this theme." in faces.html(digest)


def test_a_digest_without_themes_can_be_rendered() -> None:
    digest = digest_of(subscriber=Subscriber("a@example.org", themes=("gone",)))
    assert digest.sections == ()
    assert faces.text(digest)
    assert chart.png(digest).startswith(b"\x89PNG")
    assert "0 in all" in faces.html(digest, chart="c.png")


# ------------------------------------------------------------------ files
def test_a_digest_is_three_files_named_by_period_end_and_language(tmp_path: Path) -> None:
    paths = file.write(digest_of(subscriber=None, trends=sample.TRENDS[:2]), tmp_path / "new" / "folder")
    assert [p.name for p in (paths.html, paths.text, paths.chart)] == [
        f"digest-week-2026-11-15-en.{ending}" for ending in ("html", "txt", "png")
    ]
    assert 'src="digest-week-2026-11-15-en.png"' in paths.html.read_text()
    assert sorted(p.name for p in paths.html.parent.iterdir()) == sorted(
        p.name for p in (paths.html, paths.text, paths.chart)
    )


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    digest = digest_of(subscriber=None, trends=sample.TRENDS[:2])
    one, two = file.write(digest, tmp_path / "a"), file.write(digest, tmp_path / "b")
    assert [p.read_bytes() for p in (one.html, one.text, one.chart)] == [
        p.read_bytes() for p in (two.html, two.text, two.chart)
    ]


def test_a_readers_own_digest_does_not_overwrite_the_common_one(tmp_path: Path) -> None:
    assert file.paths(digest_of(), tmp_path).html != file.paths(digest_of(subscriber=None), tmp_path).html


def test_a_write_that_fails_leaves_the_old_file_and_no_scraps(tmp_path: Path) -> None:
    digest = digest_of(subscriber=None, trends=sample.TRENDS[:2])
    to = file.paths(digest, tmp_path)
    to.html.mkdir()  # a page can't replace a folder
    with pytest.raises(DeliveryError, match="could not be written"):
        file.write(digest, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in (to.html, to.text, to.chart))


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeliveryError, match=r"file/x: the digest could not be written: Not a directory$"):
        file.write(digest_of(trends=sample.TRENDS[:1]), tmp_path / "file" / "x")


# ------------------------------------------------------------------ the table
def test_every_output_is_a_line_of_the_table() -> None:
    files = {p.stem for p in Path(outputs.__file__).parent.glob("*.py")}
    assert set(outputs.OUTPUTS) == files - {"__init__", "chart", "faces", "text", "words"}


def test_the_file_output_writes_into_the_configured_folder_and_commits_before(tmp_path: Path) -> None:
    written: list[int] = []
    config = Config(digest_folder=str(tmp_path))
    place = outputs.OUTPUTS["file"](brief(), config, before=lambda: written.append(len(list(tmp_path.iterdir()))))
    assert written == [0]
    assert Path(place).parent == tmp_path


def test_the_stored_page_holds_its_own_chart() -> None:
    rendered = outputs.render(brief())
    assert 'src="data:image/png;base64,' in rendered["html"]
    assert rendered["text"] == faces.text(brief())


def test_a_mail_is_small_enough_to_be_shown_whole() -> None:
    """Some readers cut a page at 102 KB."""
    many = {
        t.key: [report(n * 100 + k, t.key, passage="words " * 60, voices=k) for k in range(5)]
        for n, t in enumerate(sample.THEMES)
    }
    page = faces.html(digest_of(reports=many), chart="cid:x")
    assert len(page.encode()) < 102_000


def test_a_theme_without_a_claim_has_no_stance_beside_its_stories() -> None:
    theme = Theme("commoditization", "Capital", "Spending.")
    digest = digest_of(themes=[theme], trends=[trend("commoditization", 3, stances={"reports": 3})])
    assert "asserts" not in faces.text(digest)
    assert "report on it" not in faces.text(digest)
