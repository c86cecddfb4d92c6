"""The words around a digest, in English and Spanish, and how numbers, dates and intervals are written in each.

One table; a third language is one more column here and in ``digest.TITLES``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.digest import MONTHS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from pipeline.model import Trend

ENGLISH, SPANISH = 0, 1
WORDS: Mapping[str, tuple[str, str]] = {
    "story": ("independent story", "historia independiente"),
    "stories": ("independent stories", "historias independientes"),
    "this_week": ("this week", "esta semana"),
    "this_period": ("in this period", "en este periodo"),
    "of_all": ("of all stories", "de todas las historias"),
    "change": ("Change", "Cambio"),
    "against": ("against the weeks before", "frente a las semanas anteriores"),
    "rising": ("rising", "sube"),
    "falling": ("falling", "baja"),
    "steady": ("steady", "estable"),
    "cannot tell": ("cannot tell", "no se puede saber"),
    "new_theme": ("none before", "nada antes"),
    "claim": ("The claim followed", "La tesis que se sigue"),
    "asserts": ("asserts", "afirma"),
    "disputes": ("disputes", "discute"),
    "reports": ("reports", "informa"),
    "assert_n": ("{n} assert it", "{n} la afirman"),
    "dispute_n": ("{n} dispute it", "{n} la discuten"),
    "report_n": ("{n} report on it", "{n} informan de ella"),
    "assert_1": ("1 asserts it", "1 la afirma"),
    "dispute_1": ("1 disputes it", "1 la discute"),
    "report_1": ("1 reports on it", "1 informa de ella"),
    "voice": ("1 voice", "1 voz"),
    "voices": ("{n} independent voices", "{n} voces independientes"),
    "copy": ("1 copy folded in", "1 copia plegada"),
    "copies": ("{n} copies folded in", "{n} copias plegadas"),
    "sent_before": ("sent before", "ya enviada"),
    "also": ("Also", "También"),
    "cited": ("Also cited", "También citadas"),
    "nothing": ("No story on this theme.", "Ninguna historia sobre este tema."),
    "elsewhere": ("Its stories are told under other themes.", "Sus historias se cuentan bajo otros temas."),
    "open": ("“", "«"),
    "close": ("”", "»"),
    "chart": (
        "Stories a week, theme by theme. Dark: the week told here. Shaded: where 95% of weeks were expected.",
        "Historias por semana, tema a tema. Oscuro: la semana que se cuenta. Banda: donde se esperaba el 95 %.",
    ),
    "chart_burst": ("burst", "pico"),
    "chart_expected": ("expected, 95%", "esperado, 95 %"),
    "chart_current": ("this week", "esta semana"),
    "chart_earlier": ("weeks before", "semanas anteriores"),
    "chart_alt": ("Chart", "Gráfico"),
    "meaning": ("What the numbers mean", "Qué significan los números"),
    "meaning_stories": (
        "A story is one event. However many articles and copies tell it, it counts once, on the day of the first; "
        "outlets of one owner are one voice.",
        "Una historia es un hecho. Cuenta una sola vez, el día de su primer artículo, por muchos artículos y copias "
        "que la relaten; los medios de un mismo dueño son una sola voz.",
    ),
    "meaning_share": (
        "The share is stories on the theme out of all stories of the week. Brackets hold the 95% interval.",
        "El peso son las historias del tema sobre todas las de la semana. Entre corchetes, el intervalo del 95 %.",
    ),
    "meaning_change": (
        "The change is that share against the weeks before: ×2 is twice the share. Where the interval holds ×1 "
        "the figures cannot tell a rise from a fall.",
        "El cambio compara ese peso con el de las semanas anteriores: ×2 es el doble. Si el intervalo incluye ×1, las "
        "cifras no distinguen una subida de una bajada.",
    ),
    "meaning_evidence": (
        "Passages set off by a bar are verbatim from the article, in its own language.",
        "Los pasajes junto a la barra son textuales, en la lengua del artículo.",
    ),
    "troubled": ("Sources in trouble", "Fuentes con problemas"),
    "troubled_none": ("All sources answered.", "Todas las fuentes respondieron."),
    "footing": (
        "{stories} shown here, from {sources}; {total} in all {when}.",
        "{stories} en este envío, de {sources}; {total} en total {when}.",
    ),
    "n_stories": ("{n} stories", "{n} historias"),
    "n_story": ("1 story", "1 historia"),
    "n_sources": ("{n} sources", "{n} fuentes"),
    "n_source": ("1 source", "1 fuente"),
    "unsubscribe": (
        "To stop these mails, reply with the word unsubscribe.",
        "Para no recibir más estos correos, responda con la palabra «baja».",
    ),
}

LANGUAGES: Mapping[str, tuple[str, str]] = {
    "ar": ("Arabic", "árabe"),
    "ca": ("Catalan", "catalán"),
    "de": ("German", "alemán"),
    "en": ("English", "inglés"),
    "es": ("Spanish", "español"),
    "fr": ("French", "francés"),
    "hi": ("Hindi", "hindi"),
    "it": ("Italian", "italiano"),
    "ja": ("Japanese", "japonés"),
    "ko": ("Korean", "coreano"),
    "nl": ("Dutch", "neerlandés"),
    "pl": ("Polish", "polaco"),
    "pt": ("Portuguese", "portugués"),
    "ru": ("Russian", "ruso"),
    "sv": ("Swedish", "sueco"),
    "tr": ("Turkish", "turco"),
    "uk": ("Ukrainian", "ucraniano"),
    "zh": ("Chinese", "chino"),
}


def say(key: str, language: str, **values: object) -> str:
    """Return the words for a key in a language, filled in; KeyError for a key that the table has not."""
    return WORDS[key][_column(language)].format(**values)


def count(n: int, one: str, many: str, language: str) -> str:
    """Return a number with its noun, ``one`` and ``many`` being keys of the table."""
    return say(one, language) if n == 1 else say(many, language, n=whole(n, language))


def language_name(code: str, language: str) -> str:
    """Return the name of a language in another; the code itself where it is not known."""
    return LANGUAGES[code][_column(language)] if code in LANGUAGES else code


def whole(n: int, language: str) -> str:
    """Return a whole number with its thousands set apart."""
    return f"{n:,}".replace(",", "." if language == "es" else ",")


def decimal(x: float, places: int, language: str) -> str:
    """Return a number with the decimal sign of the language."""
    return f"{x:.{places}f}".replace(".", "," if language == "es" else ".")


def share(trend: Trend, language: str) -> str:
    """Return the share of all stories with its 95 % interval."""
    middle, low, high = (decimal(100 * x, 1, language) for x in (trend.share, trend.low, trend.high))
    sign = " %" if language == "es" else "%"
    return f"{middle}{sign} [{low}–{high}]"


def change(trend: Trend, language: str) -> str:
    """Return the change with its 95 % interval as far as there is one, such as ``×2.4 [1.6–3.5]``."""
    if trend.change is None:
        return say("new_theme", language) if trend.stories and not trend.before_stories else ""
    text = f"×{_ratio(trend.change, language)}"
    if trend.change_low is None or trend.change_high is None:
        return text
    return f"{text} [{_ratio(trend.change_low, language)}–{_ratio(trend.change_high, language)}]"


def claimed(trend: Trend, language: str) -> str:
    """Return what can be claimed with its figures; where nothing can, only the interval, lest its middle be quoted."""
    figures, said = change(trend, language), verdict(trend, language)
    if trend.change is None:
        return ", ".join(filter(None, (said, figures)))
    if trend.verdict != "cannot tell":
        return f"{figures} {said}"
    _, bracket, interval = figures.partition(" [")
    return said + (f" [×{interval}" if bracket else "")


def verdict(trend: Trend, language: str) -> str:
    """Return what can be claimed, in words."""
    return say(trend.verdict, language)


def short_date(day: date, language: str) -> str:
    """Return day and month, such as ``9 Nov`` or ``9 nov``."""
    return f"{day.day} {MONTHS[language][day.month - 1][:3]}"


def _ratio(x: float, language: str) -> str:
    return decimal(x, 1 if x >= 0.95 else 2, language) if x < 99.5 else whole(round(x), language)


def _column(language: str) -> int:
    return SPANISH if language == "es" else ENGLISH
