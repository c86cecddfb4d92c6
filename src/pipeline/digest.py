"""Subscriber + Trends + Stories -> Digest: what goes in, in what order, and what is new to the reader.

It chooses and orders; it renders nothing and sends nothing (``outputs/``), and it invents no words beyond the
title, which says the dates and the strongest finding.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipeline.model import Digest, DigestItem, DigestSection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Set
    from datetime import date

    from pipeline.model import Report, Subscriber, Summary, Theme, Trend

VERSION = 1

MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio",
        "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    ),
}  # fmt: skip
TITLES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "week": "Week of {dates}: {finding}",
        "other": "{dates}: {finding}",
        "rising": "{theme} rises to {times} times its earlier share",
        "appears": "{theme} appears, after none before",
        "falling": "{theme} falls to {percent}% of its earlier share",
        "most": "{theme} leads, and no theme clearly changed",
        "quiet": "no stories on the themes followed",
    },
    "es": {
        "week": "Semana del {dates}: {finding}",
        "other": "{dates}: {finding}",
        "rising": "{theme} sube a {times} veces su peso anterior",
        "appears": "{theme} aparece, sin casos antes",
        "falling": "{theme} cae al {percent} % de su peso anterior",
        "most": "{theme} va en cabeza y ningún tema cambia con claridad",
        "quiet": "sin historias en los temas seguidos",
    },
}


def digest(
    themes: Sequence[Theme],
    trends: Sequence[Trend],
    summaries: Mapping[str, Summary],
    reports: Mapping[str, Sequence[Report]],
    *,
    subscriber: Subscriber | None,
    sent: Set[int],
    period: str = "week",
    language: str = "en",
    stories_per_theme: int = 3,
    troubled_sources: Sequence[str] = (),
) -> Digest:
    """Return what the reader is told of the newest window among the trends.

    ``summaries`` and ``reports`` go by theme key; ``sent`` holds the story ids that this reader has had. A theme
    that was not measured in the newest window is left out rather than shown with old figures.
    Raises ValueError without a trend: there is nothing to date the digest by.
    """
    if not trends:
        raise ValueError("a digest needs at least one trend")
    start, end = max((t.start, t.end) for t in trends if t.end == max(t.end for t in trends))
    wanted = {t.key: t for t in themes if not (subscriber and subscriber.themes) or t.key in subscriber.themes}
    ordered = order([t for t in trends if t.theme in wanted and (t.start, t.end) == (start, end)])
    mine = {t.theme: reports.get(t.theme, ()) for t in ordered}
    names = {key: theme.name for key, theme in wanted.items()}
    chosen = choose(mine, sent=sent, most=stories_per_theme)
    sections = tuple(
        DigestSection(
            theme=wanted[t.theme],
            trend=t,
            summary=summaries.get(t.theme),
            items=_items(chosen[t.theme], mine, names, sent),
            cited=_cited(summaries.get(t.theme), [*mine[t.theme], *(r for rs in reports.values() for r in rs)]),
        )
        for t in ordered
    )
    shown = [item.report for section in sections for item in section.items]
    return Digest(
        period=period,
        start=start,
        end=end,
        language=language,
        title=title(sections, start, end, period=period, language=language),
        sections=sections,
        stories=len(shown),
        sources=len({name for r in shown for name in (*r.story.sources, r.source)}),
        troubled_sources=tuple(sorted(troubled_sources)),
        subscriber=subscriber,
    )


# ------------------------------------------------------------------ in what order
def order(trends: Iterable[Trend]) -> list[Trend]:
    """Return the trends surprising first: those that surely rise, by how much at least, then the rest by stories."""
    return sorted(trends, key=lambda t: (t.verdict != "rising", -_least_rise(t), -t.stories, t.theme))


def _least_rise(trend: Trend) -> float:
    """Return the lower bound of a sure rise; a theme that came from nothing has no ratio to boast of."""
    if trend.verdict != "rising":
        return 0.0
    return 1.0 if trend.change_low is None else trend.change_low


# ------------------------------------------------------------------ what goes in
def choose(reports: Mapping[str, Sequence[Report]], *, sent: Set[int], most: int) -> dict[str, list[Report]]:
    """Give each story to one theme: the one where its score is best, else the next that has room.

    Stories apply to their themes best score first, a full theme lets its weakest go (Gale and Shapley 1962), so
    that a story is left out only where every theme it has shows stronger ones. Ties go to the earlier theme.
    """
    offers: dict[int, list[Report]] = defaultdict(list)
    for theme_reports in reports.values():
        for report in _once(theme_reports):
            offers[report.story.id].append(report)
    for applications in offers.values():
        applications.sort(key=lambda r: -r.score)  # stable: reports come in the digest's order of themes
    kept: dict[str, list[Report]] = {theme: [] for theme in reports}
    waiting = sorted(offers)
    while waiting and most > 0:
        applications = offers[waiting.pop()]
        if not applications:
            continue
        theme = applications[0].theme
        kept[theme] = sorted([*kept[theme], applications.pop(0)], key=lambda r: _weight(r, sent))
        waiting.extend(r.story.id for r in kept[theme][most:])
        del kept[theme][most:]
    return kept


def _once(reports: Sequence[Report]) -> list[Report]:
    """Return one report a story, the first: the store gives the best first."""
    return list({r.story.id: r for r in reversed(reports)}.values())[::-1]


def _weight(report: Report, sent: Set[int]) -> tuple[bool, int, float, int]:
    """Order new before already sent, then by voices, then by score."""
    return report.story.id in sent, -report.story.voices, -report.score, report.story.id


def _items(
    chosen: Sequence[Report], reports: Mapping[str, Sequence[Report]], names: Mapping[str, str], sent: Set[int]
) -> tuple[DigestItem, ...]:
    return tuple(
        DigestItem(
            report=report,
            new=report.story.id not in sent,
            also=tuple(
                names[theme]
                for theme, others in reports.items()
                if theme != report.theme and any(r.story.id == report.story.id for r in others)
            ),
        )
        for report in chosen
    )


def _cited(summary: Summary | None, reports: Sequence[Report]) -> tuple[Report, ...]:
    """Return the reports of the articles that a summary's sentences name, in the order of naming."""
    known = {r.article: r for r in reversed(reports)}
    named = dict.fromkeys(a for sentence in (summary.sentences if summary else ()) for a in sentence.articles)
    return tuple(known[a] for a in named if a in known)


# ------------------------------------------------------------------ what it is called
def title(sections: Sequence[DigestSection], start: date, end: date, *, period: str, language: str) -> str:
    """Return the dates and the strongest finding in words."""
    words = TITLES[language]
    form = words.get(period if period == "week" else "other", words["other"])
    return form.format(dates=dates(start, end, language), finding=_finding(sections, words, language))


def _finding(sections: Sequence[DigestSection], words: Mapping[str, str], language: str) -> str:
    told = [s for s in sections if s.trend.stories or s.trend.verdict == "falling"]
    if not told:
        return words["quiet"]
    first = told[0]
    if first.trend.verdict != "rising":
        falling = [s for s in told if s.trend.verdict == "falling" and s.trend.change is not None]
        first = min(falling, key=lambda s: s.trend.change or 0.0, default=first)
    trend = first.trend
    kind = {"rising": "rising" if trend.change else "appears", "falling": "falling"}.get(trend.verdict, "most")
    times = f"{trend.change or 0:.1f}".replace(".", "," if language == "es" else ".")
    return words[kind].format(theme=first.theme.name, times=times, percent=round(100 * (trend.change or 0)))


def dates(start: date, end: date, language: str) -> str:
    """Return the days from start to end in words, saying month and year once where they are the same."""
    first, last = _day(start, language), _day(end, language)
    if start == end:
        return last
    if (start.year, start.month) == (end.year, end.month):
        first = str(start.day)
    elif start.year == end.year:
        first = _day(start, language, year=False)
    return f"{first} al {last}" if language == "es" else f"{first} to {last}"


def _day(day: date, language: str, *, year: bool = True) -> str:
    month = MONTHS[language][day.month - 1]
    parts = [str(day.day), month, *([str(day.year)] if year else [])]
    return (" de " if language == "es" else " ").join(parts)
