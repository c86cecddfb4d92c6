"""Trends: figures on made series whose truth is known, intervals by simulation with fixed seeds."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pytest

from pipeline import trend
from pipeline.model import Series, Shape
from pipeline.trend import changepoints, expected
from pipeline.trend.statistics import STATISTICS, Comparison, Estimate, Window, dispersion, verdict

END = date(2026, 11, 15)
WEEK = [1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5]


def days(n: int) -> list[str]:
    return [(END - timedelta(days=n - 1 - k)).isoformat() for k in range(n)]


def shape(values) -> Shape:
    return trend.shape(days(len(values)), [None if v is None else float(v) for v in values])


def told(counts, totals, **window):
    series = Series("moat", END - timedelta(days=len(counts) - 1), tuple(counts), tuple(totals))
    options = {"days": 7, "before": 28, "stances": {"asserts": 2}, "top_sources": ["Stackpost"]} | window
    return trend.trend(series, end=END, **options)


def window(stories: int, total: int, n: int) -> Window:
    return Window(np.full(n, stories / n), np.full(n, total / n))


# ------------------------------------------------------------------ trends of a theme
def test_a_doubled_share_is_rising_and_its_figures_are_those_of_the_series():
    t = told([3] * 28 + [9] * 7, [60] * 35)
    assert (t.stories, t.total, t.before_stories, t.before_total) == (63, 420, 84, 1680)
    assert (t.start, t.end) == (date(2026, 11, 9), END)
    assert t.share == pytest.approx(0.15)
    assert t.low < t.share < t.high
    assert t.change == pytest.approx(3.0)
    assert 1 < t.change_low < 3 < t.change_high
    assert t.verdict == "rising"
    assert (t.stances, t.top_sources) == ({"asserts": 2}, ("Stackpost",))


def test_a_busier_panel_is_no_trend():
    t = told([3] * 28 + [9] * 7, [60] * 28 + [180] * 7)
    assert t.change == pytest.approx(1.0)
    assert t.verdict in ("steady", "cannot tell")


def test_a_theme_that_vanishes_is_falling_with_zero_as_its_ratio():
    t = told([5] * 28 + [0] * 7, [60] * 35)
    assert (t.verdict, t.change, t.share, t.low) == ("falling", 0.0, 0.0, 0.0)
    assert 0 < t.high < 0.02


def test_a_new_theme_has_no_ratio_but_may_be_rising():
    t = told([0] * 28 + [3] * 7, [60] * 35)
    assert (t.change, t.change_low, t.change_high) == (None, None, None)
    assert t.verdict == "rising"


def test_one_story_more_proves_nothing():
    assert told([0] * 27 + [1] + [0] * 6 + [2], [10] * 35).verdict == "cannot tell"


def test_much_evidence_of_the_same_share_is_steady():
    assert told([100] * 35, [1000] * 35).verdict == "steady"


@pytest.mark.parametrize(
    ("counts", "totals"), [([], []), ([0] * 35, [0] * 35), ([None] * 35, [50] * 35), ([2] * 5, [9] * 5)]
)
def test_without_days_on_both_sides_nothing_is_claimed(counts, totals):
    t = told(counts, totals)
    assert t.verdict == "cannot tell"
    assert t.change is None


def test_a_day_of_unknown_count_is_left_out_of_stories_and_totals():
    t = told([3] * 28 + [9, None, 9, 9, 9, 9, 9], [60] * 35)
    assert (t.stories, t.total) == (54, 360)


def test_days_after_the_end_are_not_counted():
    series = Series("moat", END - timedelta(days=34), (3,) * 35 + (50,) * 5, (60,) * 40)
    t = trend.trend(series, end=END, days=7, before=28, stances={}, top_sources=())
    assert t.stories == 21
    assert t.shape.points[-1].date == END.isoformat()


def test_the_sparkline_holds_the_last_twelve_weeks_oldest_first():
    t = told([0] * 16 + [1] * 7 * 11 + [4] * 7, [10] * 100)
    assert t.sparkline == (7,) * 11 + (28,)


def test_weeks_before_the_first_story_of_the_panel_are_no_zeros():
    t = told([0] * 86 + [1] * 14, [0] * 86 + [10] * 14)
    assert t.sparkline == (7, 7)
    assert len(t.shape.points) == 14


def test_a_window_without_days_is_refused():
    with pytest.raises(ValueError, match="at least one day"):
        told([1] * 35, [9] * 35, days=0)


# ------------------------------------------------------------------ statistics
@pytest.mark.parametrize(
    ("low", "high", "claim"),
    [
        (1.01, 3.0, "rising"),
        (0.2, 0.99, "falling"),
        (0.85, 1.2, "steady"),
        (0.5, 2.0, "cannot tell"),
        (0.85, 1.4, "cannot tell"),
    ],
)
def test_the_verdict_claims_what_the_interval_shows(low, high, claim):
    assert verdict(Estimate(1.0, low, high)) == claim


def test_every_statistic_lies_within_its_own_interval():
    comparison = Comparison(window(20, 200, 7), window(40, 800, 28))
    for statistic in STATISTICS.values():
        estimate = statistic(comparison)
        assert estimate.low < estimate.value < estimate.high


def test_days_that_scatter_more_widen_the_interval():
    even = Comparison(window(35, 350, 7), window(140, 1400, 28))
    now = Window(np.array([0, 15, 0, 15, 0, 5, 0.0]), np.full(7, 50.0))
    lumpy = Comparison(now, Window(np.tile([0, 10.0], 14), np.full(28, 50.0)))
    assert dispersion(even) == 1.0
    assert dispersion(lumpy) > 2
    widths = [STATISTICS["change"](c).high - STATISTICS["change"](c).low for c in (even, lumpy)]
    assert widths[1] > 1.4 * widths[0]


@pytest.mark.parametrize(
    ("share", "panel", "overdispersion"),
    [(0.02, 20, 0.0), (0.05, 50, 0.0), (0.05, 50, 0.02)],
    ids=["sparse", "usual", "over-dispersed"],
)
def test_intervals_cover_the_truth_about_as_often_as_they_say(share, panel, overdispersion):
    rng, runs = np.random.default_rng(11), 250

    def drawn(n: int) -> Window:
        totals = rng.poisson(panel * np.resize(WEEK, n)).astype(float)
        odds = 1 / overdispersion - 1 if overdispersion else 0
        rates = rng.beta(share * odds, (1 - share) * odds, n) if overdispersion else np.full(n, share)
        return Window(rng.binomial(totals.astype(int), rates).astype(float), totals)

    covered = np.zeros(2)
    for _ in range(runs):
        comparison = Comparison(drawn(7), drawn(28))
        for k, (name, truth) in enumerate((("share", share), ("change", 1.0))):
            estimate = STATISTICS[name](comparison)
            covered[k] += estimate.low <= truth <= estimate.high
    assert np.all(covered / runs >= 0.92), covered / runs
    assert np.all(covered / runs <= 0.985), covered / runs


# ------------------------------------------------------------------ the shape of a series
def test_points_keep_their_values_and_gaps_and_have_a_band():
    s = shape([4, None, 6, 5, 4, 6, 5, 4])
    assert [p.value for p in s.points] == [4, None, 6, 5, 4, 6, 5, 4]
    assert all(p.low <= p.expected <= p.high for p in s.points)


@pytest.mark.parametrize(
    "values", [[], [5], [5, 6], [None, None, None], [0, 0, 0, 0, 0], [7.5] * 30, [1e12, 2e12, 3e12]]
)
def test_short_empty_and_constant_series_have_nothing_to_report(values):
    s = shape(values)
    assert (s.bursts, s.changepoints) == ((), ())
    assert len(s.points) == len(values)
    json.dumps(trend.as_line(s), allow_nan=False)


def test_dates_and_values_must_pair_up():
    with pytest.raises(ValueError, match="2 dates for 1 values"):
        trend.shape(["a", "b"], [1.0])


def test_a_level_shift_is_dated():
    rng = np.random.default_rng(2)
    (found,) = shape(np.r_[rng.normal(0, 1, 80), rng.normal(4, 1, 60)]).changepoints
    assert abs(found.index - 80) <= 2
    assert found.date == days(140)[found.index]
    assert found.probability > 0.9


def test_a_bend_of_a_line_is_dated():
    rng = np.random.default_rng(3)
    y = np.r_[np.linspace(0, 20, 100), np.linspace(20, 5, 60)] + rng.normal(0, 1, 160)
    (found,) = shape(y).changepoints
    assert abs(found.index - 100) <= 5


def test_a_step_is_found_through_a_season():
    rng = np.random.default_rng(4)
    y = 100 + 40 * np.sin(np.arange(180) * 2 * np.pi / 12) + rng.normal(0, 5, 180) - 60 * (np.arange(180) >= 110)
    assert expected.period(y) == 12
    (found,) = shape(y).changepoints
    assert abs(found.index - 110) <= 6


def test_noise_lines_and_lone_outliers_are_no_change():
    rng = np.random.default_rng(5)
    false = 0
    for _ in range(20):
        noise = rng.normal(0, 1, 150)
        outlier = rng.normal(0, 1, 150)
        outlier[70] = 40
        false += sum(bool(shape(y).changepoints) for y in (noise, noise + 0.1 * np.arange(150), outlier))
    assert false <= 1


def test_the_probabilities_of_a_clear_break_sum_to_one_where_it_is():
    y = np.r_[np.zeros(40), np.ones(40)] + np.random.default_rng(6).normal(0, 0.1, 80)
    (found,) = changepoints.breaks(y)
    assert (found.index, found.probability) == (40, 0.999)


def test_long_series_are_cut_at_the_right_index():
    rng = np.random.default_rng(7)
    y = np.r_[rng.normal(0, 1, 5000), rng.normal(3, 1, 3000)]
    assert [abs(b.index - 5000) <= 16 for b in changepoints.breaks(y)] == [True]


def test_a_burst_of_three_times_the_base_is_found_soon():
    rng, found = np.random.default_rng(8), 0
    for _ in range(25):
        y = rng.poisson(5, 102)
        y[100:] = rng.poisson(15, 2)
        found += any(b.end >= 100 for b in shape(y).bursts)
    assert found >= 18


@pytest.mark.parametrize("kind", ["weekly", "over-dispersed", "sparse"])
def test_few_series_without_a_burst_are_said_to_have_one(kind):
    rng, alarms = np.random.default_rng(9), 0
    for _ in range(60):
        y = {
            "weekly": lambda: rng.poisson(5 * np.resize(WEEK, 120)),
            "over-dispersed": lambda: rng.negative_binomial(5, 0.5, 120),
            "sparse": lambda: rng.poisson(0.3, 120),
        }[kind]()
        alarms += bool(shape(y).bursts)
    assert alarms <= 6  # 400 runs give 1.5 %, 5.8 % and less than 1 %


def test_a_burst_is_a_run_with_score_and_q():
    y = [5, 4, 6, 5, 7, 4, 5] * 6
    y[20:23] = [30, 40, 28]
    (found,) = shape(y).bursts
    assert (found.start, found.end) == (20, 22)
    assert found.score > 5
    assert found.q < 0.001


def test_a_gap_is_never_a_burst():
    y = [5, 4, 6, 5, 7, 4, 5] * 6
    y[20:23] = [40, None, 40]
    assert all(y[k] is not None for b in shape(y).bursts for k in (b.start, b.end))


def test_bands_hold_about_95_of_100_values():
    rng = np.random.default_rng(10)
    inside = [
        np.mean([p.low <= p.value <= p.high for p in shape(y).points])
        for y in [rng.negative_binomial(5, 0.4, 200) for _ in range(10)] + [rng.normal(0, 1, 200) for _ in range(10)]
    ]
    assert 0.92 <= float(np.mean(inside)) <= 0.985


def test_the_season_is_guessed_from_the_values_alone():
    rng = np.random.default_rng(12)
    assert expected.period(rng.poisson(5 * np.resize(WEEK, 140)).astype(float)) == 7
    assert expected.period(rng.normal(0, 1, 300)) is None
    assert expected.period(np.cumsum(rng.normal(0, 1, 300))) is None
    assert expected.period(np.arange(200.0)) is None
    daily = 30 + 20 * np.sin(np.arange(4000) * 2 * np.pi / 288)
    assert expected.period(rng.poisson(daily).astype(float)) == 288


# ------------------------------------------------------------------ the form of a series
def test_a_csv_is_read_with_its_gaps_in_any_order_of_columns():
    text = "\ufeffvalue,Date,note\n5,2026-01-01,x\n,2026-01-02,\n\n7.5,2026-01-03,y\n"
    assert trend.read_csv(text) == (["2026-01-01", "2026-01-02", "2026-01-03"], [5.0, None, 7.5])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: no column date and value"),
        ("day,value\na,1\n", "line 1: no column date"),
        ("date,value\n", "line 2: no data"),
        ("date,value\na,1\nb,many\n", "line 3: value is not a number: 'many'"),
        ("date,value\na,nan\n", "line 2: value is not finite"),
        ("date,value\na,1\n\nb\n", "line 4: 1 column where"),
        ('date,value\na,"1\n', "line 2: "),
    ],
)
def test_a_csv_that_cannot_be_read_is_answered_with_its_line(text, message):
    with pytest.raises(ValueError, match=message):
        trend.read_csv(text)


def test_a_shape_becomes_plain_data_under_the_documented_keys():
    y = [5, 4, 6, 5, 7, 4, 5] * 12
    y[20:23] = [30, 40, 28]
    y[50:] = [v + 30 for v in y[50:]]
    line = json.loads(json.dumps(trend.as_line(shape(y))))
    assert set(line) == {"changepoints", "bursts", "points"}
    assert set(line["changepoints"][0]) == {"index", "date", "probability"}
    assert set(line["bursts"][0]) == {"start", "end", "score", "q"}
    assert set(line["points"][0]) == {"date", "value", "expected", "low", "high"}
