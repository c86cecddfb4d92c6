"""Transcripts: which links are ones, and what becomes of WebVTT, SubRip, JSON and plain text, malformed ones too."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from feedtexts import TUBE, WELL_FORMED, item, look, rss

from crawlers.spiders import transcripts
from pipeline import extract
from pipeline.model import Article, Hint, Page

VTT = """WEBVTT - Boxworks keynote
Kind: captions

NOTE
Made by hand.

STYLE
::cue { color: white }

intro
00:00:01.000 --> 00:00:04.000 align:start position:0%
<v Ana Díaz>Models have become <i>a commodity</i>,

00:04.500 --> 00:07.000
<v Ana Díaz>and prices fall &amp; fall.</v>

00:00:08.000 --> 00:00:09.000
[Applause]

3
00:00:10.000 --> 00:00:14.000
<v.loud Kofi Mensah>I don't agree.
The moat is <00:00:12.000>the data.

00:00:15.000 --> 00:00:16.000
- So who pays?
- We all do.
"""
SRT = """1
00:00:01,000 --> 00:00:03,500
LUCÍA: Buenos días a todas.

2
00:00:04,000 --> 00:00:06,000
Hoy hablamos de pesos abiertos
y de quién los paga.

3
00:00:07,000 --> 00:00:08,000
JOSÉ DE LA CRUZ: Gracias.
"""
ROLLING = """WEBVTT
Kind: captions
Language: en

00:00:00.000 --> 00:00:02.000 align:start position:0%

so<00:00:00.300><c> the</c><00:00:00.600><c> price</c>

00:00:02.000 --> 00:00:02.010 align:start position:0%
so the price


00:00:02.010 --> 00:00:04.000 align:start position:0%
so the price
of<00:00:02.500><c> a token</c>

00:00:04.000 --> 00:00:04.010 align:start position:0%
of a token


00:00:04.010 --> 00:00:06.000 align:start position:0%
of a token
keeps<00:00:05.000><c> falling</c>
"""


def read(text: str, kind: str = "") -> list[str]:
    return transcripts.paragraphs(text.encode(), kind)


# ------------------------------------------------------------------ what is linked
def test_a_linked_transcript_is_a_link_of_its_own() -> None:
    page, transcript = look(WELL_FORMED["podcast"]).links
    assert page.hint.transcript_of is None
    assert transcript.url == "https://news.example/t/12.vtt"
    assert transcript.hint.transcript_of == "https://news.example/e/12"
    assert (transcript.hint.title, transcript.hint.language) == ("Episode 12: Moats", "en")
    assert transcript.hint.published == page.hint.published == datetime(2026, 3, 1, 11, tzinfo=UTC)


def test_of_several_transcripts_the_best_form_in_the_episodes_language_is_taken() -> None:
    told = [
        ("a.srt", "application/srt", "es"),
        ("b.json", "application/json", "en"),
        ("c.json", "application/json", "es"),
    ]
    tags = "".join(f"<podcast:transcript url='https://t.example/{u}' type='{k}' language='{c}'/>" for u, k, c in told)
    found = look(rss(item(more=tags), channel="<language>es</language>"))
    assert found.links[1].url == "https://t.example/c.json"


def test_captions_of_talks_and_named_links_in_the_text_are_transcripts_too() -> None:
    assert look(TUBE).links[1].url == "https://video.example/9.en.vtt"
    text_link = (
        "<description><![CDATA[Notas. <a class='x' href='/t/9.txt'><b>Lee la transcripción</b></a>]]></description>"
    )
    assert [x.url for x in look(rss(item(more=text_link))).links] == [
        "https://news.example/1",
        "https://news.example/t/9.txt",
    ]
    assert len(look(rss(item(more="<description>A transcript of transformers</description>"))).links) == 1


def test_an_episode_without_a_page_still_has_its_transcript() -> None:
    told = "<enclosure url='https://c.example/9.mp3' type='audio/mpeg'/><podcast:transcript url='https://c.example/9.srt'/>"
    [link] = look(rss(f"<item><title>Nine</title>{told}</item>")).links
    assert (link.url, link.hint.transcript_of) == ("https://c.example/9.srt", "https://c.example/9.mp3")


def test_a_transcript_in_the_feed_itself_is_the_full_text() -> None:
    lines = "<media:text type='plain' lang='en'>We talked of prices and moats.</media:text>" * 30
    assert (look(rss(item(more=lines))).links[0].hint.content or "").count("We talked") == 30


# ------------------------------------------------------------------ forms
def test_webvtt_keeps_speakers_and_loses_times_notes_styles_and_stage_directions() -> None:
    assert read(VTT) == [
        "Ana Díaz: Models have become a commodity, and prices fall & fall.",
        "Kofi Mensah: I don't agree. The moat is the data.",
        "So who pays?",
        "We all do.",
    ]


def test_subrip_is_read_with_names_in_capitals() -> None:
    assert read(SRT) == [
        "LUCÍA: Buenos días a todas. Hoy hablamos de pesos abiertos y de quién los paga.",
        "JOSÉ DE LA CRUZ: Gracias.",
    ]


def test_what_rolling_captions_repeat_is_said_once() -> None:
    assert read(ROLLING) == ["so the price of a token keeps falling"]


def test_three_lines_that_roll_up_are_said_once_and_true_repetition_stays() -> None:
    lines = [f"this is line number {n}" for n in range(30)]
    cues = [f"00:00:{n:02}.000 --> 00:00:{n + 1:02}.000\n" + "\n".join(lines[n : n + 3]) for n in range(28)]
    assert " ".join(read("WEBVTT\n\n" + "\n\n".join(cues))) == " ".join(lines)
    assert "No. No. No." in read(VTT + "\n00:20.000 --> 00:21.000\nNo.\nNo.\nNo.\n")[-1]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t.replace("\n", "\r"),
        lambda t: t.replace("\n\n", "\n"),  # no blank lines
        lambda t: t.replace(",", "."),
        lambda t: "\ufeff\n\n" + t,
        lambda t: "\n".join(line for line in t.split("\n") if not line.isdigit()),  # no numbers
        lambda t: t.replace("00:00:0", "0:0"),
        lambda t: t.replace(" --> ", "-->"),
        lambda t: t[:-1],
        lambda t: "WEBVTT\n\n" + t,
    ],
)
def test_malformed_captions_say_the_same(change: object) -> None:
    assert [x.replace(".", "").replace(",", "") for x in read(change(SRT))] == [x.replace(".", "") for x in read(SRT)]  # type: ignore[operator]


def test_the_podcast_namespaces_json_is_read_and_its_word_by_word_form_too() -> None:
    segments = [{"speaker": "Ana", "startTime": 0, "body": "Prices"}, {"speaker": "Ana", "startTime": 1, "body": "fall."},
                {"speaker": "Kofi", "startTime": 2, "body": "Do they?"}, {"body": "(laughter)"}, {"body": 3}, "x"]  # fmt: skip
    assert read(json.dumps({"version": "1.0.0", "segments": segments})) == ["Ana: Prices fall.", "Kofi: Do they?"]
    assert read(json.dumps([{"text": "Uno."}, {"text": "Dos."}])) == ["Uno. Dos."]
    assert read(json.dumps({"transcript": "All in one."})) == ["All in one."]
    assert read(json.dumps({"segments": "none"})) == read("{broken") == read("[" * 100_000) == []


def test_plain_text_loses_times_and_keeps_speakers() -> None:
    text = "[00:01:02] Ana: Buenas.\n\n00:01:10 Y seguimos.\nKofi Mensah  1:15\nI see it differently.\n(música)\n"
    assert read(text, "text/plain") == ["Ana: Buenas. Y seguimos.", "Kofi Mensah: I see it differently."]


def test_long_speech_falls_into_paragraphs_at_the_ends_of_sentences() -> None:
    text = "\n".join(
        f"00:{n:02}.000 --> 00:{n + 1:02}.000\nThis is sentence {n} of a long talk on prices.\n" for n in range(50)
    )
    found = read("WEBVTT\n\n" + text)
    assert 3 <= len(found) <= 6
    assert all(x.endswith(".") and len(x) < 700 for x in found)


@pytest.mark.parametrize(
    "words", ["Here is the thing: prices fall.", "At 10:30: we begin.", "https://a.example/x: a link"]
)
def test_not_every_colon_names_a_speaker(words: str) -> None:
    assert read(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{words}\n") == [words]


@pytest.mark.parametrize(
    "body", [b"", b"\x00" * 500, b"WEBVTT", b"1\n00:00:01 --> 00:00:02\n", b"\xff\xfe\x00", b"-->" * 9_000]
)
def test_what_holds_no_words_makes_no_page(body: bytes) -> None:
    assert transcripts.page(body, "text/vtt", "https://a.example/t.vtt", Hint()) is None


@pytest.mark.parametrize(
    ("kind", "body", "read_here"),
    [("text/vtt", b"WEBVTT", True), ("application/x-subrip; charset=utf-8", b"1", True), ("", b"1", True),
     ("application/octet-stream", b"1\n00:", True), ("text/html", b"<p>", False), ("text/plain", b"<html>", False),
     ("audio/mpeg", b"ID3", False), ("application/octet-stream", b"\x00\x01", False), ("text/html", b"WEBVTT", True)],
)  # fmt: skip
def test_only_forms_of_transcripts_are_read_as_such(kind: str, body: bytes, read_here: bool) -> None:
    assert transcripts.is_transcript(kind, body) is read_here


def test_a_transcripts_page_is_extracted_as_an_article_with_the_episodes_title_and_time() -> None:
    about = Hint("Episode 12: <Moats>", datetime(2026, 3, 1, 11, tzinfo=UTC), authors=("Kofi Mensah",), language="en")
    speech = "".join(
        f"\n00:{n:02}.000 --> 00:{n + 1:02}.000\nAna: Sentence {n} tells what a token costs today.\n" for n in range(40)
    )
    body = transcripts.page(("WEBVTT\n" + speech).encode(), "text/vtt", "https://a.example/12.vtt", about)
    assert body is not None
    page = Page(
        "https://a.example/12.vtt", body, "pod", fetched=datetime(2026, 3, 2, tzinfo=UTC), content_type="text/html"
    )
    article = extract.article(page, lambda _: "en")
    assert isinstance(article, Article)
    assert (article.title, article.published, article.authors) == (about.title, about.published, about.authors)
    assert article.url == page.url
    assert "Sentence 0" in article.text
    assert "Sentence 39" in article.text
    assert b'<meta name="tideline-from" content="transcript">' in body
