from __future__ import annotations

import io
import re
import socket
import ssl
import struct
import threading
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sample_digest as sample
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from lxml import html as markup
from matplotlib.image import imread
from sample_digest import report, trend

from pipeline import digest as digests
from pipeline import outputs
from pipeline.config import Config
from pipeline.errors import DeliveryError
from pipeline.model import Delivery, Digest, Point, Shape, Span, Subscriber, Theme
from pipeline.outputs import chart, email, faces, file, text, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SENDER = "Tideline <digest@tideline.example>"
WHEN = datetime(2026, 11, 16, 6, tzinfo=UTC)


def made(*, language: str = "en", subscriber: Subscriber | None = sample.READER, reports=None, **options) -> Digest:
    options = {"sent": {104}, "stories_per_theme": 3, "troubled_sources": ("Cenzontle",)} | options
    return digests.digest(
        options.pop("themes", sample.THEMES),
        options.pop("trends", sample.TRENDS),
        sample.summaries(language),
        sample.reports() if reports is None else reports,
        subscriber=subscriber,
        period="week",
        language=language,
        **options,
    )


def with_one(**fields) -> Digest:
    """A digest of a single story, with some of its fields replaced by what a stranger may have written."""
    one = replace(report(1, "commoditization"), **fields)
    return made(reports={"commoditization": [one]}, trends=[trend("commoditization", 1)])


@pytest.fixture(scope="module")
def picture() -> bytes:
    return chart.png(made())


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


def test_one_is_singular() -> None:
    assert words.count(1, "copy", "copies", "en") == "1 copy folded in"
    assert words.count(2, "copy", "copies", "es") == "2 copias plegadas"


# ------------------------------------------------------------------ the page
def test_the_page_shows_finding_figures_evidence_and_sources() -> None:
    page = markup.fromstring(faces.html(made(), chart="c.png"))
    shown = " ".join(page.text_content().split())
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
        "10 stories shown here, from 9 sources; 97 stories in all this week.",
        "12 assert it, 4 dispute it, 3 report on it",
    ):
        assert expected in shown


def test_the_page_speaks_spanish_and_leaves_passages_in_their_own_language() -> None:
    page = markup.fromstring(faces.html(made(language="es")))
    shown = " ".join(page.text_content().split())
    assert page.get("lang") == "es"
    assert "Semana del 9 al 15 de noviembre de 2026" in shown
    assert "historias independientes esta semana" in shown
    assert "afirma · Meridian Business Daily · inglés · 11 nov · 7 voces independientes" in shown
    assert "no se puede saber" in shown
    assert [q.get("lang") for q in page.iter("blockquote")][:3] == ["en", "en", "es"]


def test_numbered_references_link_to_their_article_and_have_one_number_each() -> None:
    digest = made()
    page = markup.fromstring(faces.html(digest))
    links = {(a.text, a.get("href")) for a in page.iter("a") if re.fullmatch(r"\[\d+\]", a.text or "")}
    assert ("[1]", "https://meridian-business-daily.example/101") in links
    assert len({number for number, _ in links}) == len({url for _, url in links}) == len(links)


def test_the_page_fetches_nothing_runs_nothing_and_styles_inline() -> None:
    page = markup.fromstring(faces.html(made(), chart="digest.png"))
    assert {e.tag for e in page.iter() if isinstance(e.tag, str)}.isdisjoint(
        {"script", "style", "link", "iframe", "object", "form", "input", "video", "svg", "base"}
    )
    assert [e.get("src") for e in page.iter("img")] == ["digest.png"]
    assert not [a for e in page.iter() for a in e.attrib if a.startswith("on")]
    assert "url(" not in faces.html(made(), chart="digest.png")


def test_no_running_text_or_ground_has_a_colour_so_that_dark_readers_keep_theirs() -> None:
    page = markup.fromstring(faces.html(made(), chart="digest.png"))
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
    digest = made(themes=themes, trends=[trend("commoditization", 1)], troubled_sources=(XSS,))
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
    plain = faces.text(made(language=language))
    assert [line for line in plain.split("\n") if len(line) > 78 and "://" not in line] == []
    assert "\n\n\n\n" not in plain
    assert [line for line in plain.split("\n") if line != line.rstrip()] == []


def test_text_says_the_same_as_the_page() -> None:
    plain = " ".join(faces.text(made()).replace("|", " ").split())
    page = " ".join(markup.fromstring(faces.html(made())).text_content().split())
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
    assert "Ward & Wire" in faces.text(made())


def test_a_digest_without_stories_still_says_so() -> None:
    digest = made(trends=[trend("moat_erosion", 0, "cannot tell")], reports={})
    assert "No stories on the themes followed" in faces.text(digest)
    assert "No story on this theme." in faces.html(digest)


def test_a_digest_without_themes_can_be_rendered() -> None:
    digest = made(subscriber=Subscriber("a@example.org", themes=("gone",)))
    assert digest.sections == ()
    assert faces.text(digest)
    assert chart.png(digest).startswith(b"\x89PNG")
    assert "0 stories in all" in faces.html(digest, chart="c.png")


# ------------------------------------------------------------------ the chart
def test_the_chart_is_a_png_at_twice_the_width_it_is_shown_at(picture: bytes) -> None:
    width, height = struct.unpack(">II", picture[16:24])
    assert width == 1280
    assert 900 < height < 1500
    assert len(picture) < 200_000


def test_the_chart_has_the_same_bytes_every_time(picture: bytes) -> None:
    assert chart.png(made()) == picture


def test_the_chart_is_drawn_and_changes_with_the_figures(picture: bytes) -> None:
    pixels = imread(io.BytesIO(picture))
    assert 0.02 < (pixels[..., :3].min(axis=2) < 0.9).mean() < 0.5
    assert chart.png(made(trends=sample.TRENDS[:2])) != picture


def test_charts_drawn_at_the_same_time_do_not_disturb_each_other() -> None:
    few = [("A theme", sample.TRENDS[1])]
    drawn: list[bytes] = []
    threads = [threading.Thread(target=lambda: drawn.append(chart.draw(few))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawn == [chart.draw(few)] * 3


@pytest.mark.parametrize("name", ["$x_1^{$ costs", "商品化的模型", "x" * 200, "", "a\nb\x1b[31m", "\\frac{1}{2}"])
def test_any_theme_name_is_drawn_without_a_warning(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert chart.draw([(name, sample.TRENDS[1])]).startswith(b"\x89PNG")


def test_days_become_weeks_that_end_with_the_window() -> None:
    shown = chart.bars(sample.TRENDS[1])
    assert len(shown) == 120 // 7
    assert shown[-1].start == sample.START
    assert [bar.burst for bar in shown] == [False] * 16 + [True]
    assert all(bar.low <= bar.expected <= bar.high for bar in shown)


def test_a_week_adds_up_its_days_and_a_gap_is_no_zero() -> None:
    def day(n: int, value: float | None) -> Point:
        return Point((sample.END - timedelta(days=27 - n)).isoformat(), value, 2.0, 0.0, 5.0)

    values = [1.0] * 7 + [None] * 7 + [3.0] * 4 + [None] * 3 + [2.0] * 7
    shape = Shape(tuple(day(n, v) for n, v in enumerate(values)), (), ())
    first, gap, partial, last = chart.bars(trend("x", 1, shape=shape))
    assert (first.value, gap.value, partial.value, last.value) == (7, None, 12, 14)
    assert (first.partial, gap.partial, partial.partial) == (False, False, True)
    assert first.expected == 14
    assert first.high == pytest.approx(14 + 3 * 7**0.5)


def test_without_a_shape_the_sparkline_is_drawn() -> None:
    shown = chart.bars(trend("x", 9))
    assert [bar.value for bar in shown][-2:] == [9, 9]
    assert shown[-1].start == sample.START
    assert shown[0].start == sample.START - timedelta(weeks=11)


def test_points_that_are_no_days_are_drawn_as_they_are() -> None:
    shape = Shape(tuple(Point(str(n), 1.0, 1.0, 0.0, 2.0) for n in range(40)), (), ())
    assert len(chart.bars(trend("x", 1, shape=shape))) == 40


# ------------------------------------------------------------------ files
def test_a_digest_is_three_files_named_by_period_end_and_language(tmp_path: Path) -> None:
    paths = file.write(made(subscriber=None, trends=sample.TRENDS[:2]), tmp_path / "new" / "folder")
    assert [p.name for p in (paths.html, paths.text, paths.chart)] == [
        f"digest-week-2026-11-15-en.{ending}" for ending in ("html", "txt", "png")
    ]
    assert 'src="digest-week-2026-11-15-en.png"' in paths.html.read_text()
    assert sorted(p.name for p in paths.html.parent.iterdir()) == sorted(
        p.name for p in (paths.html, paths.text, paths.chart)
    )


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    digest = made(subscriber=None, trends=sample.TRENDS[:2])
    one, two = file.write(digest, tmp_path / "a"), file.write(digest, tmp_path / "b")
    assert [p.read_bytes() for p in (one.html, one.text, one.chart)] == [
        p.read_bytes() for p in (two.html, two.text, two.chart)
    ]


def test_a_readers_own_digest_does_not_overwrite_the_common_one(tmp_path: Path) -> None:
    assert file.paths(made(), tmp_path).html != file.paths(made(subscriber=None), tmp_path).html


def test_a_write_that_fails_leaves_the_old_file_and_no_scraps(tmp_path: Path) -> None:
    digest = made(subscriber=None, trends=sample.TRENDS[:2])
    to = file.paths(digest, tmp_path)
    to.html.mkdir()  # a page can't replace a folder
    with pytest.raises(DeliveryError, match="could not be written"):
        file.write(digest, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in (to.html, to.text, to.chart))


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeliveryError, match=r"file/x: the digest could not be written: Not a directory$"):
        file.write(made(trends=sample.TRENDS[:1]), tmp_path / "file" / "x")


# ------------------------------------------------------------------ the message
def brief() -> Digest:
    """One theme only, so that its chart is drawn at once."""
    return made(trends=sample.TRENDS[1:2])


def mail(digest: Digest | None = None, subscriber: Subscriber = sample.READER, **options):
    return email.message(digest or brief(), subscriber, **({"sender": SENDER, "date": WHEN} | options))


def test_a_mail_has_text_and_page_with_its_chart_inside() -> None:
    message = message_from_bytes(mail().as_bytes(), policy=policy.default)
    assert message.get_content_type() == "multipart/alternative"
    plain, related = message.iter_parts()
    page, image = related.iter_parts()
    assert [p.get_content_type() for p in (plain, related, page, image)] == [
        "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    assert image["Content-ID"] == f"<{email.CID}>"
    assert image.get_content_disposition() == "inline"
    assert image.get_content().startswith(b"\x89PNG")
    sources = [e.get("src") for e in markup.fromstring(page.get_content()).iter("img")]
    assert sources == [f"cid:{email.CID}"]
    assert plain.get_content().replace("\r\n", "\n") == faces.text(brief())


def test_a_mail_carries_what_relays_and_readers_ask_for() -> None:
    message = mail()
    assert message["From"] == SENDER
    assert message["To"] == "Ana Ruiz <ana@example.org>"
    assert (
        message["Subject"]
        == "Week of 9 to 15 November 2026: Commoditization of AI models rises to 2.4 times its earlier share"
    )
    assert message["Date"] == "Mon, 16 Nov 2026 06:00:00 +0000"
    assert message["List-Unsubscribe"] == "<mailto:digest@tideline.example?subject=unsubscribe>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<digest\.\w+@tideline\.example>", message["Message-ID"])


def test_the_message_id_stays_the_same_and_differs_by_reader_and_week() -> None:
    other = replace(sample.READER, email="bo@example.org")
    later = replace(brief(), end=date(2026, 11, 22))
    ids = [m["Message-ID"] for m in (mail(), mail(), mail(subscriber=other), mail(later))]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_a_mail_out_of_the_outbox_is_the_mail_that_was_made() -> None:
    digest = brief()
    delivery = Delivery(
        1, 1, "pending", "ana@example.org", "Ana Ruiz", digest.title, **outputs.render(digest), language="en",
        period="week", end=digest.end, attempts=1, changed=WHEN,
    )  # fmt: skip

    def bare(message) -> list[object]:
        return [sorted(message.items()), *(p.get_payload() for p in message.walk() if not p.is_multipart())]

    one, two = bare(email.stored(delivery, sender=SENDER, date=WHEN)), bare(mail(digest))
    assert [re.sub(r"boundary=\S+", "", str(x)) for x in one] == [re.sub(r"boundary=\S+", "", str(x)) for x in two]


@pytest.mark.parametrize(
    "bad", ["x\r\nBcc: all@example.org", "x\nBcc: y@example.org\n\nbody", "x\u2028y\u2029z", "x\x00\x1b[2Jy\x85z"]
)
def test_a_subject_adds_no_header_and_no_control_character(bad: str) -> None:
    message = message_from_bytes(mail(replace(brief(), title=bad)).as_bytes(), policy=policy.default)
    assert message["Bcc"] is None
    assert not set(message["Subject"]) & set("\r\n\x00\x1b\x85\u2028\u2029")
    assert len(list(message.iter_parts())) == 2


def test_long_and_foreign_subjects_and_names_survive_the_way() -> None:
    title = "Semana del 9 al 15: «Comoditización» sube — 模型 " * 3
    reader = replace(sample.READER, name="Иван Ñandú, 商品")
    message = message_from_bytes(mail(replace(brief(), title=title), reader).as_bytes(), policy=policy.default)
    assert message["Subject"] == text.one_line(title)
    assert message["To"].addresses[0].display_name == "Иван Ñandú, 商品"
    assert max(map(len, mail(replace(brief(), title=title)).as_bytes().split(b"\r\n"))) <= 78


def test_a_long_sender_does_not_garble_the_header_for_leaving() -> None:
    sender = f"{'n' * 60}@{'sub.' * 12}example.org"
    raw = mail(sender=sender).as_bytes()
    assert f"<mailto:{sender}?subject=unsubscribe>".encode() in raw


@pytest.mark.parametrize(
    "address",
    [
        "", "ana", "ana@", "@example.org", "ana@exa mple.org", "a@b@c.org", "ana@example..org", "ana@-x.org", ".a@b.org",
        "ana@example.org\r\nRCPT TO:<x@y.org>", "ana@example.org\nBcc: x@y.org", "ana@example.org, bo@example.org",
        "<script>@example.org", "ana@example.org>", '"a b"@example.org', "añа@example.org", "a@" + "x" * 64 + ".org",
        "x" * 65 + "@b.org", "ana@example.org\u2028", "a@b.org> SIZE=1", "ana@example.org\x00",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_its_text(address: str) -> None:
    with pytest.raises(DeliveryError, match="is no mail address") as refusal:
        mail(subscriber=replace(sample.READER, email=address))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "address", "name"),
    [
        ("ana@example.org", "ana@example.org", ""),
        ("Ana Ruiz <ana+news@example.org>", "ana+news@example.org", "Ana Ruiz"),
        ('"Ruiz, Ana" <ana@example.org>', "ana@example.org", "Ruiz, Ana"),
        ("tideline@localhost", "tideline@localhost", ""),
        ("ana@mañana.example", "ana@xn--maana-pta.example", ""),
    ],
)
def test_addresses_in_use_are_taken(written: str, address: str, name: str) -> None:
    box = email.mailbox(written)
    assert (box.addr_spec, box.display_name) == (address, name)


def test_a_message_id_with_a_line_in_it_is_refused() -> None:
    with pytest.raises(DeliveryError, match="is no Message-ID"):
        mail(message_id="<a@b>\r\nBcc: x@y.org")


# ------------------------------------------------------------------ on its way
class Inbox:
    """A mail server's behaviour: it keeps what it takes, and refuses where it is told to."""

    def __init__(self, *, rcpt: str = "250 OK", data: str = "250 taken", drop: bool = False) -> None:
        self.rcpt, self.data, self.drop = rcpt, data, drop
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.events: list[str] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.encrypted = False

    async def handle_MAIL(self, server, session, envelope, address, options) -> str:
        self.events.append("mail")
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        self.events.append("rcpt")
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope) -> str:
        self.events.append("data")
        self.encrypted = session.ssl is not None
        if self.drop:
            server.transport.abort()
            return "250 lost"
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self.data

    def login(self, server, session, envelope, mechanism, found) -> AuthResult:
        self.logins.append((found.login, found.password))
        return AuthResult(success=found.password == b"secret")


@pytest.fixture
def serving() -> Iterator[Callable[..., Config]]:
    running: list[Controller] = []

    def start(inbox: Inbox, *, security: str = "none", user: str = "", password: str = "", **options) -> Config:
        options = {"authenticator": inbox.login, "auth_require_tls": False} | options
        controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), ready_timeout=10, **options)
        controller.start()
        running.append(controller)
        return Config(
            smtp_host="127.0.0.1", smtp_port=controller.port, smtp_security=security, smtp_user=user, smtp_password=password,
            smtp_sender=SENDER,
        )  # fmt: skip

    yield start
    for controller in running:
        controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def nothing() -> None:
    """A commit with nothing to commit."""


def test_a_digest_arrives_whole_and_is_in_doubt_before_its_data(serving) -> None:
    inbox = Inbox()
    config = serving(inbox)
    email.send(mail(), config, before_dot=lambda: inbox.events.append("in doubt"))
    assert inbox.events == ["mail", "rcpt", "in doubt", "data"]
    sender, recipients, content = inbox.taken[0]
    assert (sender, recipients) == ("digest@tideline.example", ["ana@example.org"])
    arrived = message_from_bytes(content, policy=policy.default)
    assert arrived["Message-ID"] == mail()["Message-ID"]
    assert arrived.get_body(("plain",)).get_content().replace("\r\n", "\n") == faces.text(brief())


def test_lines_that_begin_with_a_dot_arrive_as_they_were(serving) -> None:
    inbox = Inbox()
    message = email.compose("x", "<p>.</p>", ".\n..\n.x\n", recipient="a@b.org", sender=SENDER, message_id="<1@b.org>")
    email.send(message, serving(inbox), before_dot=nothing)
    arrived = message_from_bytes(inbox.taken[0][2], policy=policy.default)
    assert arrived.get_body(("plain",)).get_content() == ".\n..\n.x\n"


def test_a_refused_recipient_is_a_clear_line_and_never_in_doubt(serving) -> None:
    inbox = Inbox(rcpt="550 no such\x1b[31m user")
    with pytest.raises(DeliveryError, match=r"the recipient ana@example\.org was refused: 550 no such") as refusal:
        email.send(mail(), serving(inbox), before_dot=lambda: inbox.events.append("in doubt"))
    assert inbox.events == ["mail", "rcpt"]
    assert not isinstance(refusal.value, email.InDoubt)
    assert "\x1b" not in str(refusal.value)


def test_a_message_refused_after_its_dot_surely_failed(serving) -> None:
    with pytest.raises(DeliveryError, match="the message was refused: 554 spam") as refusal:
        email.send(mail(), serving(Inbox(data="554 spam")), before_dot=nothing)
    assert not isinstance(refusal.value, email.InDoubt)


def test_a_connection_that_breaks_after_the_dot_leaves_the_mail_in_doubt(serving) -> None:
    with pytest.raises(email.InDoubt, match="broke while the message was handed over"):
        email.send(mail(), serving(Inbox(drop=True)), before_dot=nothing)


def test_nothing_goes_out_when_in_doubt_could_not_be_committed(serving) -> None:
    def full() -> None:
        raise OSError("disk full")

    inbox = Inbox()
    with pytest.raises(OSError, match="disk full"):
        email.send(mail(), serving(inbox), before_dot=full)
    assert inbox.taken == []


def test_a_server_that_is_not_there_is_one_clear_line() -> None:
    config = Config(smtp_host="127.0.0.1", smtp_port=9, smtp_security="none", smtp_sender=SENDER)
    with pytest.raises(DeliveryError, match=r"^127\.0\.0\.1:9: .*refused"):
        email.send(mail(), config, before_dot=nothing)


def test_a_server_that_says_nothing_is_given_up_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = Config(smtp_host="127.0.0.1", smtp_port=silent.getsockname()[1], smtp_security="none")
        with pytest.raises(DeliveryError, match="timed out"):
            email.send(mail(), config, before_dot=nothing, timeout=0.3)


def test_no_server_in_the_settings_is_said_so() -> None:
    with pytest.raises(DeliveryError, match=r"\[smtp\] host is empty"):
        email.send(mail(), Config(), before_dot=nothing)


def test_it_logs_in_where_a_user_is_given(serving) -> None:
    inbox = Inbox()
    email.send(mail(), serving(inbox, user="tide", password="secret"), before_dot=nothing)
    assert inbox.logins == [(b"tide", b"secret")]
    assert len(inbox.taken) == 1


def test_a_wrong_password_is_a_clear_line_that_does_not_repeat_it(serving) -> None:
    with pytest.raises(DeliveryError, match="user name or password was refused") as refusal:
        email.send(mail(), serving(Inbox(), user="tide", password="wr0ng"), before_dot=nothing)
    assert "wr0ng" not in str(refusal.value)


def test_starttls_that_the_server_does_not_offer_is_never_sent_in_clear(serving) -> None:
    inbox = Inbox()
    with pytest.raises(DeliveryError, match="STARTTLS"):
        email.send(mail(), serving(inbox, security="starttls", user="tide", password="secret"), before_dot=nothing)
    assert inbox.events == []
    assert inbox.logins == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_encrypts_as_the_settings_say_and_checks_the_certificate(serving, tmp_path: Path, security: str) -> None:
    server, client = certified(tmp_path)
    inbox = Inbox()
    how = {"ssl_context": server} if security == "tls" else {"tls_context": server, "require_starttls": True}
    config = serving(inbox, security=security, user="tide", password="secret", **how)
    email.send(mail(), config, before_dot=nothing, context=client)
    assert inbox.encrypted
    assert len(inbox.taken) == 1
    with pytest.raises(DeliveryError, match="certificate verify failed"):
        email.send(mail(), config, before_dot=nothing)  # the system does not know this certificate
    assert len(inbox.taken) == 1


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a fresh certificate for 127.0.0.1, and a client's that trusts it alone."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "c.pem").write_bytes(certificate.public_bytes(pem))
    form, open_ = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "k.pem").write_bytes(key.private_bytes(pem, form, open_))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "c.pem", folder / "k.pem")
    return server, ssl.create_default_context(cafile=str(folder / "c.pem"))


# ------------------------------------------------------------------ the table
def test_every_output_delivers_a_digest_and_commits_before(serving, tmp_path: Path) -> None:
    config = replace(serving(Inbox()), digest_folder=str(tmp_path))
    for name, deliver in outputs.OUTPUTS.items():
        committed: list[str] = []
        assert deliver(brief(), config, before=lambda: committed.append("x")), name  # noqa: B023
        assert committed == ["x"], name


def test_a_mail_needs_a_subscriber(serving) -> None:
    with pytest.raises(DeliveryError, match="without a subscriber"):
        outputs.OUTPUTS["email"](made(subscriber=None), Config(), before=nothing)


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
    page = faces.html(made(reports=many), chart="cid:x")
    assert len(page.encode()) < 102_000


def test_a_theme_without_a_claim_has_no_stance_beside_its_stories() -> None:
    theme = Theme("commoditization", "Capital", "Spending.")
    digest = made(themes=[theme], trends=[trend("commoditization", 3, stances={"reports": 3})])
    assert "asserts" not in faces.text(digest)
    assert "report on it" not in faces.text(digest)
