"""The chart of a digest: one small panel a theme, stories a week beside what was expected.

Drawn by matplotlib's objects on the Agg canvas, with no global figure or style. The bytes are the same for the
same trends and the same matplotlib, which is imported where it draws: most commands draw nothing. It measures nothing: bands and bursts are those of the trend's shape.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.outputs import words
from pipeline.outputs.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.model import Burst, Digest, Point, Trend

# Paul Tol's and Okabe-Ito's advice: blue against orange differ for every kind of colour vision, also in grey.
INK, MUTED, RULE, LINE = "#1f2933", "#5f6b76", "#d5dae0", "#8d99a6"
BAR, CURRENT, BAND, BURST = "#a9bfd3", "#1f5f99", "#e9edf1", "#d55e00"
LABELS = {"rising": "#b34a00", "falling": CURRENT}
ARROWS = {"rising": "▲", "falling": "▼", "steady": ""}
WEEK = 7
FONT = "DejaVu Sans"  # comes with matplotlib, so that every machine draws the same
WIDTH, ROW, TOP, BOTTOM = 6.4, 1.12, 0.12, 0.36  # inches; shown at 100 to the inch, drawn at twice that
DPI = 200
MOST = 24  # panels


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: the first day (None where unknown), the count (None for a gap), what was expected, and marks."""

    start: date | None
    value: float | None
    low: float | None = None
    high: float | None = None
    expected: float | None = None
    burst: bool = False
    partial: bool = False


def png(digest: Digest) -> bytes:
    """Return the chart of a digest's sections as a PNG, 1280 pixels wide, to be shown at half that."""
    return draw([(s.theme.name, s.trend) for s in digest.sections], language=digest.language)


def draw(trends: Sequence[tuple[str, Trend]], *, language: str = "en") -> bytes:
    """Return named trends as a PNG of small multiples, two columns; each panel has its own scale.

    The first 24 are drawn: what comes after would be too far down a mail to be looked at.
    """
    trends = trends[:MOST]
    columns = min(2, max(1, len(trends)))
    rows = max(1, math.ceil(len(trends) / columns))
    height = TOP + rows * ROW + BOTTOM
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    for n, (name, trend) in enumerate(trends):
        row, column = divmod(n, columns)
        width = (WIDTH - 0.36 - 0.34 * (columns - 1)) / columns
        left = 0.18 + column * (width + 0.34)
        bottom = height - TOP - (row + 1) * ROW + 0.28
        axes = figure.add_axes((left / WIDTH, bottom / height, width / WIDTH, (ROW - 0.56) / height))
        _panel(axes, bars(trend), name, trend, language)
    _key(figure, height, language)
    out = io.BytesIO()
    canvas.print_png(out, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return out.getvalue()


# ------------------------------------------------------------------ from trend to bars
def bars(trend: Trend) -> list[Bar]:
    """Return what a panel shows: weeks of the shape's days, else its points as they are, else the sparkline."""
    points = trend.shape.points if trend.shape else ()
    bursts = trend.shape.bursts if trend.shape else ()
    if not points:
        step = timedelta(days=(trend.end - trend.start).days + 1)
        count = len(trend.sparkline)
        return [Bar(trend.start - step * (count - 1 - n), float(v)) for n, v in enumerate(trend.sparkline)]
    days = [_date(p.date) for p in points]
    whole = len(points) >= 4 * WEEK and all(d for d in days)
    daily = whole and days[-1] - days[0] == timedelta(days=len(days) - 1)  # type: ignore[operator]
    if not daily:
        return [_bar([p], [n], bursts, d) for n, (p, d) in enumerate(zip(points, days, strict=True))]
    first = len(points) % WEEK  # weeks end where the window ends; a week cut off at the start is left out
    starts = range(first, len(points), WEEK)
    return [_bar(points[n : n + WEEK], range(n, n + WEEK), bursts, days[n]) for n in starts]


def _bar(points: Sequence[Point], indices: Sequence[int], bursts: Sequence[Burst], start: date | None) -> Bar:
    """Add up days. Their deviations are taken as independent, so half-widths add up in quadrature."""
    known = [p.value for p in points if p.value is not None]
    expected = sum(p.expected for p in points)
    down = math.sqrt(sum((p.expected - p.low) ** 2 for p in points))
    up = math.sqrt(sum((p.high - p.expected) ** 2 for p in points))
    return Bar(
        start,
        sum(known) if known else None,
        max(0.0, expected - down),
        expected + up,
        expected,
        burst=any(b.start <= n <= b.end for b in bursts for n in indices),
        partial=0 < len(known) < len(points),
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


# ------------------------------------------------------------------ from bars to a panel
def _panel(axes: Any, shown: Sequence[Bar], name: str, trend: Trend, language: str) -> None:
    top = max([1.0, *(b.value or 0.0 for b in shown), *(min(b.high or 0.0, 2 * (b.value or 1)) for b in shown)])
    axes.set_xlim(-0.6, max(len(shown), 2) - 0.4)
    axes.set_ylim(0, top * (1.36 if any(b.burst for b in shown) else 1.2))
    _band(axes, shown)
    _draw_bars(axes, shown)
    _frame(axes, shown, top, language)
    label = axes.annotate(
        _label(trend, language), (1, 1), (0, 5), "axes fraction", "offset points", ha="right", va="bottom",
        fontsize=6.6, family=FONT, color=LABELS.get(trend.verdict, MUTED), parse_math=False,
    )  # fmt: skip
    _title(axes, name, label)


def _band(axes: Any, shown: Sequence[Bar]) -> None:
    """Shade what was expected of each bar: one polygon and one line, in steps; nothing where nothing was expected."""
    nothing = (math.nan, math.nan, math.nan)
    known = [
        nothing if b.low is None or b.high is None or b.expected is None else (b.low, b.high, b.expected) for b in shown
    ]
    edges = [n + side for n in range(len(shown)) for side in (-0.5, 0.5)]
    low, high, expected = ([k[part] for k in known for _ in range(2)] for part in range(3))
    axes.fill_between(edges, low, high, where=[not math.isnan(x) for x in low], color=BAND, linewidth=0, zorder=1)
    axes.plot(edges, expected, color=LINE, linewidth=0.6, zorder=3)


def _draw_bars(axes: Any, shown: Sequence[Bar]) -> None:
    from matplotlib.collections import PolyCollection

    last = len(shown) - 1
    drawn = [(n, bar, bar.value) for n, bar in enumerate(shown) if bar.value is not None]
    colours = [CURRENT if n == last else BAR for n, _, _ in drawn]
    corners = [[(n - 0.33, 0), (n - 0.33, value), (n + 0.33, value), (n + 0.33, 0)] for n, _, value in drawn]
    faces = ["none" if bar.partial else colour for (_, bar, _), colour in zip(drawn, colours, strict=True)]
    axes.add_collection(
        PolyCollection(corners, facecolors=faces, edgecolors=colours, linewidths=0.7, zorder=2), autolim=False
    )
    for n, bar in enumerate(shown):
        if bar.value is None:
            axes.plot([n - 0.25, n + 0.25], [0, 0], color=MUTED, linewidth=1.2, linestyle=":", zorder=4)
        elif bar.burst:
            axes.annotate(
                "▼", (n, bar.value), (0, 0.8), textcoords="offset points", ha="center", va="bottom", fontsize=5,
                family=FONT, color=BURST, parse_math=False, zorder=5,
            )  # fmt: skip


def _frame(axes: Any, shown: Sequence[Bar], top: float, language: str) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    axes.tick_params(length=0, labelsize=6.2, labelcolor=MUTED, pad=2, labelfontfamily=FONT)
    axes.set_yticks([])
    if not shown:
        return
    from matplotlib.patheffects import withStroke

    last = shown[-1]
    marks = sorted({0, len(shown) // 2, len(shown) - 1}) if len(shown) > 2 else range(len(shown))
    axes.set_xticks(list(marks), [words.short_date(d, language) if (d := shown[n].start) else "" for n in marks])
    if last.value is not None:
        axes.annotate(
            words.whole(round(last.value), language), (len(shown) - 1, last.value), (0, 7 if last.burst else 1.5), textcoords="offset points",
            ha="center", va="bottom", fontsize=6.8, family=FONT, weight="bold", color=CURRENT, parse_math=False, zorder=6,
            path_effects=[withStroke(linewidth=1.6, foreground="white")],
        )  # fmt: skip
    highest = max(range(len(shown)), key=lambda n: shown[n].value or 0)
    if highest != len(shown) - 1 and (shown[highest].value or 0) > 0.9 * top:
        axes.annotate(
            words.whole(round(shown[highest].value or 0), language), (highest, shown[highest].value),
            (0, 7 if shown[highest].burst else 1.5), textcoords="offset points", ha="center", va="bottom",
            fontsize=6.2, family=FONT, color=MUTED, parse_math=False, zorder=6,
        )  # fmt: skip


def _label(trend: Trend, language: str) -> str:
    """Return the change as short as it is clear: an arrow says rising or falling, an interval around ×1 steady."""
    if trend.verdict == "cannot tell" or not words.change(trend, language):
        return words.claimed(trend, language)
    return f"{ARROWS[trend.verdict]} {words.change(trend, language)}".strip()


def _title(axes: Any, name: str, label: Any) -> None:
    """Write the theme's name over the panel, cut until it leaves room for the label on the right."""
    renderer = axes.figure.canvas.get_renderer()
    room = axes.get_window_extent(renderer).width - label.get_window_extent(renderer).width - 0.1 * DPI
    text = _drawable(name)
    title = axes.annotate(
        text, (0, 1), (0, 5), "axes fraction", "offset points", va="bottom",
        fontsize=7.7, family=FONT, weight="bold", color=INK, parse_math=False,
    )  # fmt: skip
    most = len(text)
    while title.get_window_extent(renderer).width > room and most > 4:
        most -= 1
        title.set_text(one_line(text, most))


def _drawable(name: str) -> str:
    """Return the name with what the font has no sign for as a dot; matplotlib would warn and draw a box."""
    from matplotlib import font_manager

    font = font_manager.get_font(font_manager.findfont(font_manager.FontProperties(family=FONT, weight="bold")))
    return "".join(c if font.get_char_index(ord(c)) else "·" for c in one_line(name))


def _key(figure: Any, height: float, language: str) -> None:
    """Say at the foot what bar, band, line and mark mean."""
    axes = figure.add_axes((0.18 / WIDTH, 0.04 / height, (WIDTH - 0.36) / WIDTH, 0.22 / height))
    axes.set_axis_off()
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 1)
    x = 0.0
    for key, colour in (("current", CURRENT), ("earlier", BAR), ("expected", BAND), ("burst", BURST)):
        if key == "burst":
            axes.plot([x + 0.9], [0.5], marker="v", markersize=3.4, color=colour, linewidth=0)
        else:
            axes.fill_between([x, x + 1.8], 0.22, 0.78, color=colour, linewidth=0)
        if key == "expected":
            axes.plot([x, x + 1.8], [0.5, 0.5], color=LINE, linewidth=0.6)
        text = words.say(f"chart_{key}", language)
        axes.text(x + 2.6, 0.46, text, va="center", fontsize=6.6, family=FONT, color=MUTED, parse_math=False)
        x += 6.0 + 1.25 * len(text)
