"""Transcripts of podcasts and talks: WebVTT, SubRip, JSON and plain text -> paragraphs -> a small HTML page.

Cues are merged into paragraphs, speakers are kept as "Name:" at the head of a paragraph, times and stage directions
are dropped, and what rolling captions repeat is said once. Pure: bytes come in, bytes go out.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawlers.documents import Paper, document
from crawlers.spiders.charsets import as_utf8

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.model import Hint

KINDS = (
    "text/vtt", "text/plain", "text/srt", "text/x-srt", "application/x-subrip", "application/srt", "application/x-srt",
    "application/json", "application/octet-stream", "application/ttml+xml",
)  # fmt: skip
PARAGRAPH = 500  # characters after which the next sentence begins a new paragraph
LONGEST = 1_000_000
SHORTEST = 40
ROLLING = 0.3  # share of cues that begin with what the one before ended with, from which on captions roll
ARROW = re.compile(r"^\s*(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?\s*-{1,2}>\s*\S")
IDENTIFIER = re.compile(r"^\s*(?:\d{1,6}|[\w-]{1,40})\s*$")
ASIDE = re.compile(r"^(?:NOTE|STYLE|REGION|WEBVTT|Kind:|Language:|X-TIMESTAMP-MAP)\b")
VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^<>]{1,80})>")
MARKS = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,80}\}")
STAGE = re.compile(r"^\W*[\[(][^\])]{1,60}[\])]\W*$|^[♪♫\s]+.*[♪♫]\s*$")
NAME = r"(?:[^\W\d_]|\d)[\w.'’-]{0,30}"
SPEAKER = re.compile(rf"^(?:>>+\s*|[-–—]\s*)?({NAME}(?:\s+{NAME}){{0,4}}):\s+(?=\S)")
TURN = re.compile(r"^(?:>>+\s*|[-–—]\s+)")
PARTICLES = {
    "de",
    "del",
    "la",
    "las",
    "los",
    "van",
    "von",
    "der",
    "den",
    "da",
    "do",
    "dos",
    "di",
    "al",
    "el",
    "y",
    "le",
}
STAMP = re.compile(r"^\s*[\[(]?(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?[\])]?\s*[-–—:]?\s*")
STAMPED_NAME = re.compile(r"^\s*(\S[^:\d]{1,60}?)\s+[\[(]?(?:\d{1,2}:)?\d{1,2}:\d{2}[\])]?:?\s*$")
JSON = re.compile(r"\{|\[\s*[\[{\"\]]")
SENTENCE_END = re.compile(r"[.!?…。？！][\"'”»)\]]*$")


@dataclass(frozen=True, slots=True)
class Cue:
    """Some words and, where it is told, who says them; ``turn`` means that someone else begins to speak."""

    words: str
    speaker: str | None = None
    turn: bool = False


def page(body: bytes, content_type: str, url: str, hint: Hint) -> bytes | None:
    """Return a transcript as an HTML page of the episode's title at ``url``; None where no words can be read off it."""
    found = paragraphs(body, content_type)
    if sum(c.isalpha() for x in found for c in x) < SHORTEST:
        return None
    content = "\n".join(f"<p>{html.escape(x, quote=False)}</p>" for x in found)
    return document(Paper(url, content, "transcript", hint))


def is_transcript(content_type: str, body: bytes) -> bool:
    """Tell whether an answer has a form that is read here. Transcripts in HTML are pages like any other."""
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content_type and not content_type.lower().startswith(KINDS):
        return start.startswith(b"WEBVTT")
    return b"\x00" not in start and not start.startswith(b"<")


def paragraphs(body: bytes, content_type: str = "") -> list[str]:
    """Return the spoken text in paragraphs; the form is told by the bytes, not by the name that a server gives it."""
    text = as_utf8(body, content_type)[0].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    text = text.lstrip("\ufeff \n\t")
    if JSON.match(text):
        cues = _json(text)
    elif text.startswith("WEBVTT") or sum(bool(ARROW.match(x)) for x in text.split("\n", 200)[:200]) >= 1:
        cues = _unrolled(list(_captions(text)))
    else:
        cues = list(_plain(text))
    return list(_merged(_named(cues)))


# ------------------------------------------------------------------ forms
def _captions(text: str) -> Iterator[Cue]:
    """Read WebVTT or SubRip line by line, so that missing blank lines and numbers do no harm."""
    waiting: list[str] = []
    speaking = False
    for line in [*text.split("\n"), ""]:
        if ARROW.match(line):
            if speaking and waiting and IDENTIFIER.match(waiting[-1]):
                waiting.pop()
            yield from _cue(waiting if speaking else [])
            waiting, speaking = [], True
        elif line.strip():
            waiting.append(line)
        elif speaking and waiting:
            yield from _cue(waiting)
            waiting, speaking = [], False
        else:
            waiting = []
    yield from _cue(waiting if speaking else [])


def _cue(lines: list[str]) -> Iterator[Cue]:
    if not lines or ASIDE.match(lines[0]):
        return
    speaker = None
    for line in lines:
        voice = VOICE.search(line)
        words = " ".join(html.unescape(MARKS.sub("", line)).split())
        if words and not STAGE.match(words):
            yield Cue(words, " ".join(voice[1].split()) if voice else speaker)
        speaker = " ".join(voice[1].split()) if voice and "</v>" not in line else speaker


def _json(text: str) -> list[Cue]:
    """Read the podcast namespace's JSON, and lists of passages under other names."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return []
    passages = _passages(data)
    if not passages and isinstance(data, dict):
        whole = next((data[x] for x in ("transcript", "text", "body") if isinstance(data.get(x), str)), "")
        return list(_plain(whole))
    return [Cue(words, _said(x, "speaker", "speakerName", "name")) for x in passages if (words := _words(x))]


def _passages(data: Any) -> list[dict[str, Any]]:
    lists = [data, *data.values()] if isinstance(data, dict) else [data]
    found = (([x for x in value if isinstance(x, dict)]) for value in lists if isinstance(value, list))
    return next((passages for passages in found if any(map(_words, passages))), [])


def _words(passage: dict[str, Any]) -> str:
    words = " ".join((_said(passage, "body", "text", "utf8", "content", "value") or "").split())
    return "" if STAGE.match(words) else words


def _said(passage: dict[str, Any], *names: str) -> str | None:
    return next((passage[x] for x in names if isinstance(passage.get(x), str) and passage[x].strip()), None)


def _plain(text: str) -> Iterator[Cue]:
    speaker = None
    for line in text.split("\n"):
        if named := STAMPED_NAME.match(line):
            speaker = named[1].strip()
            continue
        words = " ".join(STAMP.sub("", line).split())
        if words and not STAGE.match(words):
            yield Cue(words, speaker)


# ------------------------------------------------------------------ from cues to paragraphs
def _unrolled(cues: list[Cue]) -> list[Cue]:
    """Take out what captions that roll up repeat: lines said before, and lines that grow word by word."""
    again = sum(_repeats(cues[max(n - 3, 0) : n], cue) for n, cue in enumerate(cues))
    if len(cues) < 3 or again < ROLLING * len(cues):
        return cues
    kept: list[Cue] = []
    for cue in cues:
        if kept and cue.words.startswith(kept[-1].words):
            kept[-1] = cue
        elif not _repeats(kept[-3:], cue):
            kept.append(cue)
    return kept


def _repeats(before: list[Cue], cue: Cue) -> bool:
    grown = bool(before) and cue.words.startswith(before[-1].words)
    return grown or any(x.words.endswith(cue.words) for x in before)


def _named(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Find speakers at the head of the words, and where someone else begins to speak."""
    for cue in cues:
        told = SPEAKER.match(cue.words)
        if told and cue.speaker is None and _is_name(told[1]):
            yield Cue(cue.words[told.end() :], told[1], turn=True)
        else:
            yield Cue(TURN.sub("", cue.words), cue.speaker, bool(TURN.match(cue.words)))


def _is_name(words: str) -> bool:
    return all(x[0].isupper() or x[0].isdigit() or x in PARTICLES for x in words.split()) and words[0].isupper()


def _merged(cues: Iterable[Cue]) -> Iterator[str]:
    said: list[str] = []
    size = total = 0
    speaker: str | None = None
    for cue in cues:
        other = cue.turn or (cue.speaker is not None and cue.speaker != speaker)
        if said and (other or (size >= PARAGRAPH and SENTENCE_END.search(said[-1]))):
            yield " ".join(said)
            said, size = [], 0
        if cue.speaker is not None and cue.speaker != speaker:
            said.append(f"{cue.speaker}:")
            speaker = cue.speaker
        said.append(cue.words)
        size += len(cue.words) + 1
        total += len(cue.words)
        if total > LONGEST:
            break
    if said:
        yield " ".join(said)
