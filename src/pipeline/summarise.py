"""Trend + Reports -> Summary: what changed and how sure, who said so first, voices for and against, what to read.

Extractive: sentences are forms of WORDS filled with figures of the trend and with verbatim passages, which stay in
their own language within quotation marks. Every sentence names the articles that carry it and passes the gate
``unsupported``; one with a name or a number that its sources lack is left out. Holds no opinion, computes no
figure and chooses no story: the trend and the reports come from the caller.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from pipeline.model import Sentence, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from pipeline.model import Report, Stance, Theme, Trend

VERSION = 1
PASSAGE = 240  # characters of a passage or title that are quoted
READING = 2  # articles recommended

Language = Literal["en", "es"]

ENGLISH = {
    "rising": "{theme} is rising: {now}, against {before}.",
    "falling": "{theme} is falling: {now}, against {before}.",
    "steady": "{theme} holds steady: {now}, against {before}.",
    "cannot tell": "The figures cannot tell whether {theme} is rising or falling: {now}, against {before}.",
    "none": "None of {total} from {window} was about {theme}, against {before}.",
    "nothing": "No story at all was read from {window}, so nothing can be said about {theme}.",
    "now": "{stories} of {total} from {window} {were} about it",
    "before": "{stories} of {total} in the time before",
    "before_nothing": "nothing read in the time before",
    "were_1": "was",
    "were_n": "were",
    "n_stories_1": "{n} story",
    "n_stories_n": "{n} stories",
    "share": "That is {share} of all stories, with a 95% interval from {low} to {high}.",
    "ratio": "Its share is {change} times that of the time before; with 95% confidence, between {low} and {high} times.",
    "unsure": "Compared with the time before, its share may be anything between {low} and {high} times as large (95% interval).",
    "new": "The time before had none, so no ratio can be given.",
    "stances": "Of its stories, {sides}.",
    "asserts_1": "{n} argues for the claim",
    "asserts_n": "{n} argue for the claim",
    "disputes_1": "{n} argues against it",
    "disputes_n": "{n} argue against it",
    "reports_1": "{n} takes no side",
    "reports_n": "{n} take no side",
    "and": "and",
    "first": "The earliest of the stories read closely is from {source}, on {day}: {title}.",
    "only": "The story is from {source}, on {day}: {title}.",
    "for_quote": "For the claim, {speaker} is quoted in {source}: {words}.",
    "for": "For the claim, {source} writes: {words}.",
    "against_quote": "Against it, {speaker} is quoted in {source}: {words}.",
    "against": "Against it, {source} writes: {words}.",
    "says_quote": "{speaker} is quoted in {source}: {words}.",
    "says": "In the words of {source}: {words}.",
    "read": "Worth reading: {titles}.",
    "title": "{title} ({source}, {day})",
    "window": "{start} to {end}",
}
SPANISH = {
    "rising": "{theme} sube: {now}, frente a {before}.",
    "falling": "{theme} baja: {now}, frente a {before}.",
    "steady": "{theme} se mantiene estable: {now}, frente a {before}.",
    "cannot tell": "Las cifras no permiten saber si {theme} sube o baja: {now}, frente a {before}.",
    "none": "Ninguna de {total} del {window} trata de {theme}, frente a {before}.",
    "nothing": "No se leyó ninguna historia del {window}, así que nada puede decirse de {theme}.",
    "now": "{stories} de {total} del {window} {were} de ello",
    "before": "{stories} de {total} en el periodo anterior",
    "before_nothing": "nada leído en el periodo anterior",
    "were_1": "trata",
    "were_n": "tratan",
    "n_stories_1": "{n} historia",
    "n_stories_n": "{n} historias",
    "share": "Es el {share} de todas las historias, con un intervalo del 95 % entre el {low} y el {high}.",
    "ratio": "Su peso es {change} veces el del periodo anterior; con una confianza del 95 %, entre {low} y {high} veces.",
    "unsure": "Frente al periodo anterior, su peso puede ser entre {low} y {high} veces el de entonces (intervalo del 95 %).",
    "new": "En el periodo anterior no hubo ninguna, por lo que no puede darse una proporción.",
    "stances": "De sus historias, {sides}.",
    "asserts_1": "{n} defiende la tesis",
    "asserts_n": "{n} defienden la tesis",
    "disputes_1": "{n} la discute",
    "disputes_n": "{n} la discuten",
    "reports_1": "{n} no toma partido",
    "reports_n": "{n} no toman partido",
    "and": "y",
    "first": "La más temprana de las historias leídas de cerca es de {source}, del {day}: {title}.",
    "only": "La historia es de {source}, del {day}: {title}.",
    "for_quote": "A favor de la tesis, {source} cita a {speaker}: {words}.",
    "for": "A favor de la tesis, {source} escribe: {words}.",
    "against_quote": "En contra, {source} cita a {speaker}: {words}.",
    "against": "En contra, {source} escribe: {words}.",
    "says_quote": "{source} cita a {speaker}: {words}.",
    "says": "En palabras de {source}: {words}.",
    "read": "Para leer: {titles}.",
    "title": "{title} ({source}, {day})",
    "window": "{start} al {end}",
}
WORDS: Mapping[Language, Mapping[str, str]] = {"en": ENGLISH, "es": SPANISH}
MONTHS: Mapping[Language, tuple[str, ...]] = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio",
        "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    ),
}  # fmt: skip
MARKS: Mapping[Language, tuple[str, str]] = {"en": ("“", "”"), "es": ("«", "»")}
INNER: Mapping[Language, Mapping[int, str]] = {  # marks within a quotation give way to those of the next level
    "en": str.maketrans("“”«»", "‘’‘’"),
    "es": str.maketrans("«»", "“”"),
}
QUOTED = re.compile(r"“[^“”]*”|«[^«»]*»")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
NAME = re.compile(r"[^\W\d_]*[A-ZÀ-ÖØ-Þ]\w*(?:[-’'&.]\w+)*")


# ------------------------------------------------------------------ telling
def summary(trend: Trend, theme: Theme, reports: Sequence[Report], *, language: Language) -> Summary:
    """Tell a trend in sentences that passed the gate; ``reports`` come strongest first, as the store gives them."""
    told = [
        *_figures(trend, theme, reports, language),
        *_stances(trend, reports, language),
        *_first(reports, language),
        *_voices(theme, reports, language),
        *_reading(reports, language),
    ]
    kept = tuple(sentence for sentence in told if not unsupported(sentence, trend, reports, theme=theme))
    return Summary(trend.theme, language, kept, trend.id)


def _figures(trend: Trend, theme: Theme, reports: Sequence[Report], language: Language) -> Iterator[Sentence]:
    say, articles = WORDS[language], tuple(dict.fromkeys(report.article for report in reports))
    parts = {
        "theme": _quoted(theme.name, language),
        "window": _window(trend.start, trend.end, language),
        "total": _stories(trend.total, language),
        "before": _before(trend, language),
    }
    if not trend.total or not trend.stories:
        yield Sentence(say["none" if trend.total else "nothing"].format(**parts), articles)
        return
    were = say["were_1" if trend.stories == 1 else "were_n"]
    now = say["now"].format(stories=_whole(trend.stories, language), were=were, **parts)
    yield Sentence(say[trend.verdict].format(now=now, **parts), articles)
    low, share, high = (_percent(x, language) for x in (trend.low, trend.share, trend.high))
    text = say["share"].format(share=share, low=low, high=high)
    yield Sentence(f"{text} {_ratio(trend, language)}".strip(), articles)


def _before(trend: Trend, language: Language) -> str:
    say = WORDS[language]
    if not trend.before_total:
        return say["before_nothing"]
    return say["before"].format(
        stories=_whole(trend.before_stories, language), total=_whole(trend.before_total, language)
    )


def _ratio(trend: Trend, language: Language) -> str:
    """Say the change with its interval; where nothing can be claimed the interval alone, lest its middle be quoted."""
    say = WORDS[language]
    if trend.change is None or trend.change_low is None or trend.change_high is None:
        return say["new"] if trend.before_total and not trend.before_stories else ""
    change, low, high = (_times(x, language) for x in (trend.change, trend.change_low, trend.change_high))
    return say["unsure" if trend.verdict == "cannot tell" else "ratio"].format(change=change, low=low, high=high)


def _stances(trend: Trend, reports: Sequence[Report], language: Language) -> Iterator[Sentence]:
    """Tell how many stories take which side, once there is more than one and any takes a side."""
    say, counts = WORDS[language], {side: n for side, n in trend.stances.items() if n > 0}
    if sum(counts.values()) < 2 or not counts.keys() & {"asserts", "disputes"}:
        return
    sides = [
        say[f"{side}_{'1' if counts[side] == 1 else 'n'}"].format(n=_whole(counts[side], language))
        for side in ("asserts", "disputes", "reports")
        if side in counts
    ]
    text = say["stances"].format(sides=_listed(sides, language))
    if "asserts" not in counts:  # "against it" would have nothing to refer to
        text = text.replace(say["disputes_1"][4:], _against(language, 1)).replace(
            say["disputes_n"][4:], _against(language, 2)
        )
    yield Sentence(text, tuple(dict.fromkeys(report.article for report in reports)))
