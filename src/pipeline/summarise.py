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

    from pipeline.model import Report, Theme, Trend

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
    "stances": "Its claim is {sides}.",
    "asserts": "asserted in {n}",
    "disputes": "disputed in {n}",
    "reports": "reported without taking sides in {n}",
    "and": "and",
    "first": "The earliest of the stories read closely is from {source}, on {day}: {title}.",
    "only": "The story is from {source}, on {day}: {title}.",
    "for_quote": "For the claim, {speaker} is quoted in {source}: {words}.",
    "for": "For the claim, {source} writes: {words}.",
    "against_quote": "Against it, {speaker} is quoted in {source}: {words}.",
    "against": "Against it, {source} writes: {words}.",
    "against_alone_quote": "Against the claim, {speaker} is quoted in {source}: {words}.",
    "against_alone": "Against the claim, {source} writes: {words}.",
    "says_quote": "{speaker} is quoted in {source}: {words}.",
    "says": "In the words of {source}: {words}.",
    "read": "Worth reading: {titles}.",
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
    "stances": "Su tesis {sides}.",
    "asserts": "se afirma en {n}",
    "disputes": "se discute en {n}",
    "reports": "se recoge sin tomar partido en {n}",
    "and": "y",
    "first": "La más temprana de las historias leídas de cerca es de {source}, del {day}: {title}.",
    "only": "La historia es de {source}, del {day}: {title}.",
    "for_quote": "A favor de la tesis, {source} cita a {speaker}: {words}.",
    "for": "A favor de la tesis, {source} escribe: {words}.",
    "against_quote": "En contra, {source} cita a {speaker}: {words}.",
    "against": "En contra, {source} escribe: {words}.",
    "against_alone_quote": "En contra de la tesis, {source} cita a {speaker}: {words}.",
    "against_alone": "En contra de la tesis, {source} escribe: {words}.",
    "says_quote": "{source} cita a {speaker}: {words}.",
    "says": "En palabras de {source}: {words}.",
    "read": "Para leer: {titles}.",
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
INNER: Mapping[Language, dict[int, int]] = {  # marks within a quotation give way to those of the next level
    "en": str.maketrans("“”«»", "‘’‘’"),
    "es": str.maketrans("«»", "“”"),
}
WRAPPED = re.compile(r"“[^“”]*”|«[^«»]*»|\"[^\"]*\"")
QUOTED = re.compile(r"“[^“”]*”|«[^«»]*»")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
RUN = re.compile(
    r"\w*[A-ZÀ-ÖØ-ÞА-Я]\w*(?:[-'&.]\w+)*(?: \w*[A-ZÀ-ÖØ-ÞА-Я]\w*(?:[-'&.]\w+)*)*"
)  # a name of one or more words


# ------------------------------------------------------------------ telling
def summary(trend: Trend, theme: Theme, reports: Sequence[Report], *, language: Language) -> Summary:
    """Tell a trend in sentences that passed the gate; ``reports`` come strongest first, as the store gives them."""
    told = [
        *_figures(trend, theme, reports, language),
        *_stances(trend, theme, reports, language),
        *_first(reports, language),
        *_voices(theme, reports, language),
        *_reading(reports, language),
    ]
    kept = tuple(sentence for sentence in told if not unsupported(sentence, trend, reports, theme=theme))
    return Summary(trend.theme, language, kept, trend.id)


def _figures(trend: Trend, theme: Theme, reports: Sequence[Report], language: Language) -> Iterator[Sentence]:
    say, articles = WORDS[language], _articles(reports)
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


def _stances(trend: Trend, theme: Theme, reports: Sequence[Report], language: Language) -> Iterator[Sentence]:
    """Tell how many stories take which side, once there is more than one and any takes a side."""
    say, counts = WORDS[language], {side: n for side, n in trend.stances.items() if n > 0}
    if theme.asserts is None or sum(counts.values()) < 2 or not counts.keys() & {"asserts", "disputes"}:
        return
    told = [side for side in ("asserts", "disputes", "reports") if side in counts]
    figures = [_stories(counts[told[0]], language), *(_whole(counts[side], language) for side in told[1:])]
    sides = [say[side].format(n=n) for side, n in zip(told, figures, strict=True)]
    yield Sentence(say["stances"].format(sides=_listed(sides, language)), _articles(reports))


def _first(reports: Sequence[Report], language: Language) -> Iterator[Sentence]:
    """Tell the earliest report; it is only known to be that of those that the caller chose."""
    if not reports:
        return
    report = min(reports, key=lambda r: (r.published, r.article))
    form = WORDS[language]["first" if len({r.story.id for r in reports}) > 1 else "only"]
    day, title = _day(report.published.date(), language), _quoted(report.article_title, language)
    yield Sentence(form.format(source=report.source_name, day=day, title=title), (report.article,))


def _voices(theme: Theme, reports: Sequence[Report], language: Language) -> Iterator[Sentence]:
    """Let the strongest voice on each side speak; where nobody takes one, or there is none to take, the strongest."""
    spoken = False
    if theme.asserts is not None:
        for stance, form in (("asserts", "for"), ("disputes", "against")):
            report = _strongest(reports, stance)
            if report is not None:
                spoken = True
                # "Against it" needs the claim named before it
                alone = form == "against" and _strongest(reports, "asserts") is None
                yield _voice(report, "against_alone" if alone else form, language)
    if not spoken and reports:
        yield _voice(reports[0], "says", language)


def _strongest(reports: Sequence[Report], stance: str) -> Report | None:
    """Pick the first report of a stance that quotes someone by name, else the first of that stance."""
    sided = [report for report in reports if report.stance == stance]
    return next((r for r in sided if _speaker(r)), sided[0] if sided else None)


def _voice(report: Report, form: str, language: Language) -> Sentence:
    say, speaker = WORDS[language], _speaker(report)
    if speaker is not None and report.quote is not None:
        words = _quoted(report.quote.text, language)
        text = say[f"{form}_quote"].format(speaker=speaker, source=report.source_name, words=words)
    else:
        text = say[form].format(source=report.source_name, words=_quoted(report.evidence.text, language))
    return Sentence(text, (report.article,))


def _speaker(report: Report) -> str | None:
    return report.quote.speaker.text if report.quote is not None and report.quote.speaker is not None else None


def _reading(reports: Sequence[Report], language: Language) -> Iterator[Sentence]:
    """Recommend the first reports, the strongest, each from another story and outlet."""
    chosen: list[Report] = []
    for report in reports:
        if not any(report.story.id == other.story.id or report.source == other.source for other in chosen):
            chosen.append(report)
    chosen = chosen[:READING]
    if len({r.story.id for r in reports}) < 2:  # the only story has been named already
        return
    say = WORDS[language]
    titles = [
        f"{_quoted(r.article_title, language)} ({r.source_name}, {_day(r.published.date(), language)})" for r in chosen
    ]
    yield Sentence(say["read"].format(titles=_listed(titles, language)), _articles(chosen))


# ------------------------------------------------------------------ the gate
def unsupported(
    sentence: Sentence, trend: Trend, reports: Sequence[Report], *, theme: Theme | None = None
) -> list[str]:
    """List what a sentence says that neither its own articles nor the trend contain; an empty list lets it pass.

    Checked are passages in quotation marks (verbatim in one article of the sentence, or the theme's name), names
    outside of them (in those articles) and numbers outside of them (a figure of the trend, or a date of those
    articles). Only ``reports`` whose article the sentence names count as its sources.
    """
    sources = [report for report in reports if report.article in sentence.articles]
    passages = [_plain(text) for report in sources for text in _texts(report)]
    if theme is not None:
        passages.append(_plain(theme.name))
    bare = QUOTED.sub(" ", sentence.text)
    return [
        *(quoted for quoted in QUOTED.findall(sentence.text) if not _found(quoted[1:-1], passages)),
        *_strange_names(bare, passages),
        *_strange_numbers(bare, trend, sources),
    ]


def _texts(report: Report) -> Iterator[str]:
    yield from (report.article_title, report.source_name, report.evidence.text, report.story.title)
    if report.quote is not None:
        yield from (report.quote.text, report.quote.organisation or "", _speaker(report) or "")


def _found(quoted: str, passages: Sequence[str]) -> bool:
    """Whether the words stand in a passage; an ellipsis at the end stands for the passage's own rest."""
    wanted = _plain(quoted.removesuffix("…"))
    return bool(wanted) and any(wanted in passage for passage in passages)


def _strange_names(bare: str, passages: Sequence[str]) -> Iterator[str]:
    """Names, as whole runs of capitalised words, that stand in no passage; words of the forms are no names.

    A source's name is taken out first, as a whole: it may hold words that start small.
    """
    rest = _plain(bare, keep_case=True)
    for passage in sorted(passages, key=len, reverse=True):
        if passage:
            rest = re.sub(rf"(?<!\w){re.escape(passage)}(?!\w)", " . ", rest, flags=re.IGNORECASE)
    for run in RUN.findall(rest):
        words = [word for word in run.split() if word.casefold() not in FORMS]
        name = " ".join(words)
        if words and not any(re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", p) for p in passages):
            yield name


def _strange_numbers(bare: str, trend: Trend, sources: Sequence[Report]) -> list[str]:
    """Numbers left once dates, names of sources and figures of the trend have been taken out, in one language.

    Each figure is taken out once only, so that one cannot stand in for another beside it.
    """
    left = [NUMBER.findall(_without_figures(bare, trend, sources, language)) for language in WORDS]
    return min(left, key=len)


def _without_figures(bare: str, trend: Trend, sources: Sequence[Report], language: Language) -> str:
    fixed = {"95%" if language == "en" else "95 %", _window(trend.start, trend.end, language)}
    for report in sources:
        fixed |= {_day(report.published.date(), language), report.source_name, _speaker(report) or report.source_name}
    counts = (trend.stories, trend.total, trend.before_stories, trend.before_total, *trend.stances.values())
    shares = (trend.share, trend.low, trend.high)
    ratios = [x for x in (trend.change, trend.change_low, trend.change_high) if x is not None]
    figures = [
        *(_percent(x, language) for x in shares),
        *(_whole(n, language) for n in counts),
        *(_times(x, language) for x in ratios),
    ]
    for texts, times in ((sorted(fixed, key=len, reverse=True), 0), (figures, 1)):
        for text in texts:
            bare = re.sub(rf"(?<![\w.,]){re.escape(text)}(?![\w%]|[.,]\d| %)", " ", bare, count=times)
    return bare


def _plain(text: str, *, keep_case: bool = False) -> str:
    """Reduce a text to what is compared: one space between words, no quotation marks."""
    words = " ".join(re.sub('[“”«»‘’"„]', "", text).split())
    return words if keep_case else words.casefold()


# ------------------------------------------------------------------ writing
def _articles(reports: Sequence[Report]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(report.article for report in reports))


def _quoted(text: str, language: Language) -> str:
    """Put a passage in quotation marks: one line, shortened at a word with an ellipsis, its final stop left off."""
    words = " ".join(text.split())
    if WRAPPED.fullmatch(words):
        words = words[1:-1]
    words = words.removesuffix(".")
    if len(words) > PASSAGE:
        words = words[:PASSAGE].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"
    opening, closing = MARKS[language]
    return f"{opening}{words.translate(INNER[language])}{closing}"


def _stories(n: int, language: Language) -> str:
    return WORDS[language]["n_stories_1" if n == 1 else "n_stories_n"].format(n=_whole(n, language))


def _whole(n: int, language: Language) -> str:
    return f"{n:,}" if language == "en" else f"{n:,}".replace(",", ".")


def _decimal(x: float, places: int, language: Language) -> str:
    return f"{x:.{places}f}" if language == "en" else f"{x:.{places}f}".replace(".", ",")


def _percent(share: float, language: Language) -> str:
    return _decimal(100 * share, 1, language) + ("%" if language == "en" else " %")


def _times(ratio: float, language: Language) -> str:
    """Write a ratio with one decimal, small ones with two: 0.04 is not 0.0, and 1.03 shows a rise where 1.0 does not."""
    return _decimal(ratio, 1 if ratio >= 1.1 else 2, language)


def _day(day: date, language: Language) -> str:
    month = MONTHS[language][day.month - 1]
    return f"{day.day} {month} {day.year}" if language == "en" else f"{day.day} de {month} de {day.year}"


def _window(start: date, end: date, language: Language) -> str:
    """Write both days; what they share, the year or the month, once."""
    of = " " if language == "en" else " de "
    first = str(start.day)
    if (start.year, start.month) != (end.year, end.month):
        first += of + MONTHS[language][start.month - 1]
    if start.year != end.year:
        first += of + str(start.year)
    return WORDS[language]["window"].format(start=first, end=_day(end, language))


def _listed(items: Sequence[str], language: Language) -> str:
    """Join with commas and a final "and"."""
    last = f" {WORDS[language]['and']} "
    return last.join(filter(None, (", ".join(items[:-1]), items[-1])))


FORMS = frozenset(  # words that stand with a capital for other reasons than being names
    word.casefold()
    for words in WORDS.values()
    for form in words.values()
    for word in re.findall(r"[^\W\d_]+", re.sub(r"\{\w+\}", " ", form))
    if word[0].isupper()
) | frozenset(month.casefold() for month in MONTHS["en"])
