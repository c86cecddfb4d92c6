"""Digest -> HTML and plain text, one set of facts in two faces.

A ``Face`` is what both templates show: strangers' text made safe, links checked, numbers in the reader's
language. The templates lay it out and escape it. Nothing is chosen or ordered here (``digest.py``).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from pipeline.digest import dates
from pipeline.outputs import words
from pipeline.outputs.text import columns, one_line, sparkline, web_link, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from pipeline.model import Digest, DigestItem, DigestSection, Report, Sentence, Trend

TEMPLATES = Path(__file__).parent / "templates"
TITLE, PASSAGE = 160, 420  # most characters of a headline and of a quoted passage
SPARK = 12  # bars of a sparkline in text


@dataclass(frozen=True, slots=True)
class Reference:
    """A numbered source; ``link`` is None where the address is no web link, and is then shown as text."""

    number: int
    title: str
    source: str
    date: str
    url: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A summary's sentence with its references."""

    text: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class StoryFace:
    """A story with its evidence."""

    reference: Reference
    facts: tuple[str, ...]
    stance: str
    mood: str
    evidence: str
    evidence_language: str
    said: str
    speaker: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SectionFace:
    """A theme: header figures, summary, stories, and what the summary cites beyond these."""

    name: str
    stories: int
    count: str
    noun: str
    share: str
    share_interval: str
    change: str
    change_noun: str
    change_interval: str
    claimed: str
    mood: str
    bars: str
    claim: str
    stances: str
    told: tuple[Told, ...]
    items: tuple[StoryFace, ...]
    cited: tuple[Reference, ...]
    empty: str


@dataclass(frozen=True, slots=True)
class Face:
    """A whole digest as it is shown."""

    language: str
    title: str
    dates: str
    finding: str
    sections: tuple[SectionFace, ...]
    chart_alt: str
    meaning: tuple[str, ...]
    footing: str
    troubled: str
    subscribed: bool


def html(digest: Digest, *, chart: str | None = None) -> str:
    """Return the digest as one HTML page, all styles inline; ``chart`` is the picture's address or None for none."""
    return _templates().get_template("digest.html.j2").render(face=face(digest), chart=chart)


def text(digest: Digest) -> str:
    """Return the digest as plain text in lines of 78 columns; only an address may be longer."""
    return _templates().get_template("digest.txt.j2").render(face=face(digest)).strip("\n") + "\n"


@functools.cache
def _templates() -> jinja2.Environment:
    """Build the environment once; a page is escaped, a text is not, and an unknown name is an error in both."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=lambda name: name is None or not name.endswith(".txt.j2"),  # noqa: S701 - off for plain text only
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["say"] = words.say
    environment.filters |= {"wrapped": wrapped, "cut": _cut}
    return environment


def _cut(text: str, width: int) -> str:
    """Return text in exactly ``width`` columns."""
    shown = one_line(text, width)
    while columns(shown) > width:
        shown = one_line(text, len(shown) - 1)
    return shown + " " * (width - columns(shown))


# ------------------------------------------------------------------ facts
def face(digest: Digest) -> Face:
    """Return what is shown of a digest."""
    language = digest.language
    title = one_line(digest.title)
    when, colon, finding = title.partition(": ")
    numbers = _numbers(digest)
    elsewhere = {name for section in digest.sections for item in section.items for name in item.also}
    week = "this_week" if digest.period == "week" else "this_period"
    total = max((s.trend.total for s in digest.sections), default=0)
    footing = words.say(
        "footing",
        language,
        stories=words.count(digest.stories, "n_story", "n_stories", language),
        sources=words.count(digest.sources, "n_source", "n_sources", language),
        total=words.whole(total, language),
        when=words.say(week, language),
    )
    return Face(
        language=language,
        title=title,
        dates=when if colon else dates(digest.start, digest.end, language),
        finding=(finding[:1].upper() + finding[1:]) if colon else title,
        sections=tuple(_section(s, numbers, elsewhere, week, language) for s in digest.sections),
        chart_alt=_alt(digest),
        meaning=tuple(words.say(f"meaning_{k}", language) for k in ("stories", "share", "change", "evidence")),
        footing=footing,
        troubled=", ".join(one_line(s, 80) for s in digest.troubled_sources),
        subscribed=digest.subscriber is not None,
    )


def _numbers(digest: Digest) -> Mapping[int, Reference]:
    """Return a number for every article that is cited or shown, in the order of reading, one an article."""
    found: dict[int, Reference] = {}
    for section in digest.sections:
        for report in (*section.cited, *(item.report for item in section.items)):
            found.setdefault(report.article, _reference(report, len(found) + 1, digest.language))
    return found


def _reference(report: Report, number: int, language: str) -> Reference:
    return Reference(
        number=number,
        title=one_line(report.article_title or report.story.title, TITLE),
        source=one_line(report.source_name or report.source, 80),
        date=words.short_date(report.published.date(), language),
        url=one_line(report.article_url),
        link=web_link(report.article_url),
    )


def _section(
    section: DigestSection, numbers: Mapping[int, Reference], elsewhere: Set[str], week: str, language: str
) -> SectionFace:
    trend = section.trend
    shown = {item.report.article for item in section.items}
    share, _, share_interval = words.share(trend, language).partition(" [")
    figures = words.change(trend, language)
    change, _, change_interval = figures.partition(" [")
    sure = trend.verdict != "cannot tell" and change
    noun = words.say("story" if trend.stories == 1 else "stories", language)
    claim = one_line(section.theme.asserts or "", PASSAGE)
    return SectionFace(
        name=one_line(section.theme.name, 80),
        stories=trend.stories,
        count=words.whole(trend.stories, language),
        noun=f"{noun} {words.say(week, language)}",
        share=share,
        share_interval=share_interval.rstrip("]"),
        change=change if sure else words.verdict(trend, language),
        change_noun=words.verdict(trend, language) if sure else words.say("against", language),
        change_interval=("" if sure or not change_interval else "×") + change_interval.rstrip("]"),
        claimed=words.claimed(trend, language),
        mood=trend.verdict,
        bars=sparkline(trend.sparkline[-SPARK:]),
        claim=claim,
        stances=_stances(trend, language) if claim else "",
        told=tuple(_told(s, numbers) for s in (section.summary.sentences if section.summary else ())),
        items=tuple(_story(item, numbers, claimed=bool(claim), language=language) for item in section.items),
        cited=tuple(numbers[r.article] for r in section.cited if r.article not in shown),
        empty=_empty(section, elsewhere, language),
    )


def _empty(section: DigestSection, elsewhere: Set[str], language: str) -> str:
    """Return what stands in place of stories where a theme has none of its own here."""
    if section.items or section.summary:
        return ""
    if section.theme.name in elsewhere:
        return words.say("elsewhere", language)
    return "" if section.trend.stories else words.say("nothing", language)


def _told(sentence: Sentence, numbers: Mapping[int, Reference]) -> Told:
    return Told(one_line(sentence.text), tuple(numbers[a] for a in sentence.articles if a in numbers))


def _story(item: DigestItem, numbers: Mapping[int, Reference], *, claimed: bool, language: str) -> StoryFace:
    report, story = item.report, item.report.story
    reference = numbers[report.article]
    evidence = one_line(report.evidence.text, PASSAGE)
    said = one_line(report.quote.text, PASSAGE) if report.quote else ""
    facts = [reference.source, words.language_name(one_line(report.language, 12), language), reference.date]
    facts.append(words.count(story.voices, "voice", "voices", language))
    if story.copies:
        facts.append(words.count(story.copies, "copy", "copies", language))
    if not item.new:
        facts.append(words.say("sent_before", language))
    return StoryFace(
        reference=reference,
        facts=tuple(facts),
        stance=words.say(report.stance, language) if claimed else "",
        mood=report.stance if claimed else "reports",
        evidence=evidence,
        evidence_language=_code(report.language),
        said="" if _bare(said) in _bare(evidence) else said,
        speaker=_speaker(report),
        also=tuple(one_line(name, 80) for name in item.also),
    )


def _code(language: str) -> str:
    return language if language.isascii() and language.isalpha() and len(language) <= 3 else "und"


def _bare(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _speaker(report: Report) -> str:
    if report.quote is None or report.quote.speaker is None:
        return ""
    names = (report.quote.speaker.text, report.quote.organisation or "")
    return ", ".join(one_line(n, 80) for n in names if n)


def _stances(trend: Trend, language: str) -> str:
    """Return how many stories assert, dispute and report, leaving out what nobody does."""
    keys = (("asserts", "assert"), ("disputes", "dispute"), ("reports", "report"))
    said = ((trend.stances.get(stance, 0), key) for stance, key in keys)
    return ", ".join(words.count(n, f"{key}_1", f"{key}_n", language) for n, key in said if n)


def _alt(digest: Digest) -> str:
    """Return the chart in words, for those who do not see it."""
    language = digest.language
    parts = []
    for section in digest.sections:
        trend = section.trend
        figure = words.count(trend.stories, "n_story", "n_stories", language)
        parts.append(f"{one_line(section.theme.name, 60)} {figure}, {words.claimed(trend, language)}")
    return f"{words.say('chart_alt', language)}: {'; '.join(parts)}."
