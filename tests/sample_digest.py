"""A week that never was, true to life: nine themes, stories in five languages, shapes with a burst."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

from pipeline import digest as digests
from pipeline.model import (
    Burst,
    Digest,
    Point,
    Quote,
    Report,
    Sentence,
    Shape,
    Span,
    Stance,
    Story,
    Subscriber,
    Summary,
    Theme,
    Trend,
)

START, END = date(2026, 11, 9), date(2026, 11, 15)
READER = Subscriber("ana@example.org", "en", name="Ana Ruiz", id=7)

THEMES = (
    Theme(
        "commoditization",
        "Commoditization of AI models",
        "Models become interchangeable inputs.",
        asserts="Foundation models are interchangeable, low-margin inputs; users cannot tell when one is swapped.",
        disputes="Models stay differentiated.",
    ),
    Theme(
        "rl_post_training",
        "RL and post-training",
        "Progress comes after pre-training.",
        asserts="Progress now comes from reinforcement learning and fine-tuning rather than from pre-training.",
    ),
    Theme(
        "open_source_pricing_pressure",
        "Open-source pricing pressure",
        "Open models undercut prices.",
        asserts="Open-weight models and price wars undercut what labs can charge.",
    ),
    Theme("scaling_slowdown", "Scaling slowdown", "Scaling hits a wall.", asserts="Scaling brings less and less."),
    Theme("moat_erosion", "Moat erosion", "Leads do not last.", asserts="A lab's lead does not last."),
    Theme("application_layer", "Application layer", "Value moves up.", asserts="Value moves to what is built on top."),
    Theme("incumbent_advantage", "Incumbent advantage", "Size protects.", asserts="Cash and reach protect the big."),
    Theme("infrastructure_spend", "Infrastructure spend", "Capital spending on data centres."),
    Theme("conference_coverage", "Conference coverage", "What was said at a conference."),
)


def shape(weekly: float, *, burst: bool = False, fall: bool = False, days: int = 120) -> Shape:
    """A smooth daily series with a weekly rhythm, and on demand a burst in its last days or a slow fall."""
    points = []
    for n in range(days):
        level = weekly / 7 * (1.9 - 1.6 * n / days if fall else 0.7 + 0.3 * n / days)
        expected = level * (1.2 if n % 7 < 5 else 0.5)
        value = round(expected * (1 + 0.5 * math.sin(n * 1.7)) + (3.0 if burst and n >= days - 6 else 0))
        day = (END - timedelta(days=days - 1 - n)).isoformat()
        points.append(Point(day, float(value), expected, max(0.0, expected - 1.6), expected + 1.8))
    return Shape(tuple(points), (Burst(days - 6, days - 1, 6.2, 0.004),) if burst else (), ())


def trend(theme: str, stories: int, verdict: str = "steady", change: tuple[float, float, float] | None = None, **more):
    share = stories / 97
    middle, low, high = change or (None, None, None)
    return Trend(
        theme=theme, start=START, end=END, stories=stories, total=97, share=share,
        low=max(0.0, share - 0.06), high=share + 0.07, before_stories=22, before_total=380, before_share=22 / 380,
        change=middle, change_low=low, change_high=high, verdict=verdict,
        sparkline=(3, 4, 2, 5, 4, 6, 5, 4, 6, 7, 9, stories), **more,
    )  # fmt: skip


TRENDS = (
    trend("application_layer", 11, "cannot tell", (1.31, 0.7, 2.4), shape=shape(9), stances={"asserts": 6, "disputes": 3, "reports": 2}),
    trend("commoditization", 19, "rising", (2.44, 1.61, 3.52), shape=shape(8, burst=True), stances={"asserts": 12, "disputes": 4, "reports": 3}),
    trend("rl_post_training", 14, "rising", (1.84, 1.12, 2.96), shape=shape(12), stances={"asserts": 9, "disputes": 1, "reports": 4}),
    trend("open_source_pricing_pressure", 12, "steady", (1.04, 0.83, 1.3), shape=shape(13), stances={"asserts": 8, "reports": 4}),
    trend("scaling_slowdown", 3, "falling", (0.38, 0.19, 0.74), shape=shape(7, fall=True), stances={"disputes": 2, "asserts": 1}),
    trend("moat_erosion", 8, "cannot tell", (0.9, 0.44, 1.8), shape=shape(7), stances={"asserts": 8}),
    trend("incumbent_advantage", 5, "cannot tell", (1.2, 0.5, 2.7), shape=shape(4), stances={"asserts": 3, "reports": 2}),
    trend("infrastructure_spend", 16, "steady", (1.0, 0.82, 1.21), shape=shape(17)),
    trend("conference_coverage", 0, "cannot tell"),
)  # fmt: skip

PIECES: dict[str, list[tuple[str, str, str, str, Stance, str, int, int]]] = {
    "commoditization": [
        ("Boxworks keynote: “nobody asked which engine it was”", "Meridian Business Daily", "en", "2026-11-11", "asserts",
         "For eleven days the assistant ran on a rival's model, and of the four thousand people who used it not one filed a ticket.", 7, 4),
        ("La maquila de inteligencia", "Faro Tecnológico", "es", "2026-11-12", "asserts",
         "Quien fabrica el modelo acaba como quien vende el grano al café de la esquina: imprescindible, anónimo y con un margen que da pena.", 3, 0),
        ("Hospitals noticed the swap within a day", "Ward & Wire", "en", "2026-11-13", "disputes",
         "Clinicians spotted the change of model in the first shift, because the new one hedged where the old one had answered.", 2, 0),
    ],
    "rl_post_training": [
        ("Recompensas mal puestas: lo que aprendió un asistente de aduanas", "Andina Digital", "es", "2026-11-10", "reports",
         "El equipo no tocó el modelo base: todo el avance del trimestre salió de cambiar a quién se premiaba, y cuándo.", 4, 1),
        ("Rewardsmith opens a studio for graders", "Stackpost", "en", "2026-11-12", "asserts",
         "The base model has not changed since spring; every point it has gained since came out of the reward model.", 5, 6),
    ],
    "open_source_pricing_pressure": [
        ("Ardent hebt die Preise, die Kunden rechnen nach", "Werkbank", "de", "2026-11-14", "disputes",
         "Wer die offenen Gewichte selbst betreibt, zahlt am Ende Strom, Karten und zwei Leute in Rufbereitschaft.", 2, 0),
        ("Guerra de preços chega ao Brasil", "Jequitibá", "pt", "2026-11-09", "asserts",
         "Em seis semanas, o preço por milhão de tokens caiu à metade, e nenhum laboratório anunciou a queda por vontade própria.", 3, 2),
    ],
    "scaling_slowdown": [
        ("Bigger still pays, says the lab that can afford it", "The Exponent", "en", "2026-11-13", "disputes",
         "The curve is flatter than in 2024, but it has not stopped, and flat is not the same as finished.", 2, 0),
    ],
    "moat_erosion": [
        ("Combien dure une avance ? Six semaines", "Le Lyonnais du Numérique", "fr", "2026-11-10", "asserts",
         "Une avance technique se mesure désormais en semaines, et la publicité qu'on en fait dure plus longtemps qu'elle.", 3, 1),
    ],
    "infrastructure_spend": [
        ("Cindral pledges its cards as collateral", "Meridian Business Daily", "en", "2026-11-12", "reports",
         "Lenders valued the accelerators at sixty cents on the dollar and asked for a second look in nine months.", 6, 9),
    ],
}  # fmt: skip

URLS = {"Faro Tecnológico": "https://faro.example/opinion/la-maquila-de-inteligencia?ref=portada"}


def this_week() -> dict[str, list[Report]]:
    found: dict[str, list[Report]] = {}
    number = 100
    for theme, pieces in PIECES.items():
        for n, (title, name, language, day, stance, passage, voices, copies) in enumerate(pieces):
            number += 1
            found.setdefault(theme, []).append(
                report(number, theme, score=0.97 - n / 50, title=title, name=name, language=language, day=day,
                       stance=stance, passage=passage, voices=voices, copies=copies)
            )  # fmt: skip
    first = found["commoditization"][0]
    said = "We are selling coffee beans to Starbucks, and the beans are getting cheaper."
    speaker = Span(200, 212, "Inés Barroso")
    object.__setattr__(first, "quote", Quote(first.article, 100, 176, said, speaker, organisation="Halden Labs"))
    found["application_layer"] = [report(101, "application_layer", score=0.71, title=first.article_title)]
    return found


def report(
    story: int,
    theme: str,
    *,
    score: float = 0.9,
    title: str = "A story",
    name: str = "Meridian Business Daily",
    language: str = "en",
    day: str = "2026-11-11",
    stance: Stance = "asserts",
    passage: str = "The passage that carries the theme.",
    voices: int = 1,
    copies: int = 0,
    url: str = "",
) -> Report:
    key = name.lower().replace(" ", "-")
    when = datetime.fromisoformat(day).replace(hour=9, tzinfo=UTC)
    return Report(
        story=Story(story, title, when, when, voices + copies, copies, voices, (language,), (key,), (theme,)),
        theme=theme,
        score=score,
        stance=stance,
        evidence=Span(0, len(passage), passage),
        article=story * 10,
        article_url=url or URLS.get(name, f"https://{key.encode('ascii', 'ignore').decode()}.example/{story}"),
        article_title=title,
        source=key,
        source_name=name,
        published=when,
        language=language,
    )


def summaries(language: str = "en") -> dict[str, Summary]:
    told = {
        "en": {
            "commoditization": (
                ("Nineteen independent stories this week, 2.4 times their share of the four weeks before, most of them around the Boxworks keynote.", (1010, 1020)),
                ("Meridian Business Daily reports eleven days on a rival's model without a ticket; Ward & Wire disputes it from the wards.", (1010, 1030)),
            ),
            "rl_post_training": (("Fourteen stories, 1.8 times the earlier share; Andina Digital and Stackpost put the gains down to rewards.", (1040, 1050)),),
            "moat_erosion": (("Eight stories; whether that is more or fewer than before, the figures cannot tell.", (1090, 1010)),),
        },
        "es": {
            "commoditization": (("Diecinueve historias esta semana, 2,4 veces su peso anterior, casi todas en torno a Boxworks.", (1010, 1020)),),
        },
    }  # fmt: skip
    return {
        theme: Summary(theme, language, tuple(Sentence(text, articles) for text, articles in sentences))
        for theme, sentences in told[language].items()
    }


def digest_of(*, language: str = "en", subscriber: Subscriber | None = READER, reports=None, **options) -> Digest:
    """The digest of the sample week, as far as not said otherwise."""
    options = {"sent": {104}, "stories_per_theme": 3, "troubled_sources": ("Cenzontle",)} | options
    return digests.digest(
        options.pop("themes", THEMES),
        options.pop("trends", TRENDS),
        summaries(language),
        this_week() if reports is None else reports,
        subscriber=subscriber,
        period="week",
        language=language,
        **options,
    )


def brief() -> Digest:
    """One theme only, so that its chart is drawn at once."""
    return digest_of(trends=TRENDS[1:2])
