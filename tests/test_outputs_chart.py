from __future__ import annotations

import io
import struct
import threading
import warnings
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sample_digest as sample
from matplotlib.image import imread
from sample_digest import digest_of, trend

from pipeline.model import Point, Shape
from pipeline.outputs import chart

if TYPE_CHECKING:
    pass


@pytest.fixture(scope="module")
def picture() -> bytes:
    return chart.png(digest_of())


# ------------------------------------------------------------------ the chart
def test_the_chart_is_a_png_at_twice_the_width_it_is_shown_at(picture: bytes) -> None:
    width, height = struct.unpack(">II", picture[16:24])
    assert width == 1280
    assert 900 < height < 1500
    assert len(picture) < 200_000


def test_the_chart_has_the_same_bytes_every_time(picture: bytes) -> None:
    assert chart.png(digest_of()) == picture


def test_the_chart_is_drawn_and_changes_with_the_figures(picture: bytes) -> None:
    pixels = imread(io.BytesIO(picture))
    assert 0.02 < (pixels[..., :3].min(axis=2) < 0.9).mean() < 0.5
    assert chart.png(digest_of(trends=sample.TRENDS[:2])) != picture


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


def test_a_chart_of_very_many_themes_has_an_end() -> None:
    few = [(f"Theme {n}", trend("x", 0)) for n in range(chart.MOST)]
    assert chart.draw(few * 3) == chart.draw(few)
