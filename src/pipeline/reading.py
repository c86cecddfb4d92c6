"""The commands that read what is stored: trends, stories, themes, sources, rejections, digest, query.

Each computes rows once; table, JSON and CSV only render them.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pipeline import catalogue, story_commands, terminal
from pipeline.errors import SettingError
from pipeline.options import common, output
from pipeline.source_commands import sources
from pipeline.wiring import edges, opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.config import Config
    from pipeline.store import Store

DAY = click.DateTime(formats=["%Y-%m-%d"])
limit_option = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=30, show_default=True, help="Rows at most."
)


def register(group: click.Group) -> None:
    """Add the reading commands to the command line, in the order of the flow."""
    for command in COMMANDS:
        group.add_command(command)


# ------------------------------------------------------------------ trends
@click.command(epilog="Example: tideline trends commoditization --plot commoditization.png")
@click.argument("theme", required=False)
@click.option(
    "--series", type=click.Path(path_type=Path), help="Analyse a CSV file with the columns date,value instead."
)
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the trends into this PNG file.")
@output
@common
def trends(config: Config, theme: str | None, series: Path | None, plot: Path | None, form: str) -> None:
    """What each theme did in the last week: independent stories, share with its 95 % interval, change, sources."""
    if series:
        _analyse(series)
        return
    from pipeline.store import answers

    with opened(config) as store:
        rows = answers.theme_overview(store)
        if theme:
            _check_theme(config, theme)
            rows = [row for row in rows if row["theme"] == theme]
        if plot:
            _plot(store, config, theme, plot)
    terminal.emit(rows if form != "table" else trend_table(rows), TREND_COLUMNS, form=form, title=window_title(rows))
    if not rows:
        click.echo("no trends yet: `tideline run` builds them", err=True)


TREND_COLUMNS = {
    "name": "Theme, top sources",
    "stories": "Stories",
    "share": "Share\n95 %",
    "change": "Change\n95 %",
    "sparkline": "12 weeks",
}


def trend_table(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return overview rows as a person reads them, two lines each, so that they fit a window of 80 columns."""
    return [
        {
            **row,
            "name": f"{row['name']}\n  {', '.join(row['top_sources'][:3])}",
            "share": f"{100 * row['share']:.0f} %\n{100 * row['low']:.0f}–{100 * row['high']:.0f}",
            "change": f"{row['verdict']}\n{_change(row)}",
            "sparkline": terminal.sparkline(row["sparkline"]),
        }
        for row in rows
    ]


def _change(row: Mapping[str, Any]) -> str:
    if row["change"] is None:
        return "nothing before"
    return f"× {row['change']:.1f} ({row['change_low']:.1f}–{row['change_high']:.1f})"


def window_title(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the heading of the trend table: which days it is about."""
    return f"Independent stories, {rows[0]['start']} to {rows[0]['end']}" if rows else ""


def _check_theme(config: Config, theme: str) -> None:
    known = [t.key for t in catalogue.themes(config)]
    if theme not in known:
        raise SettingError(f"theme {theme!r} is not known; the configured themes are {', '.join(known)}")


def _analyse(file: Path) -> None:
    from pipeline import filters, trend

    try:
        dates, values = trend.read_csv(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SettingError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    filters.write_lines([trend.as_line(trend.shape(dates, values))], sys.stdout)


def _plot(store: Store, config: Config, theme: str | None, file: Path) -> None:
    from pipeline.outputs import chart
    from pipeline.store import work

    if file.suffix.lower() != ".png":
        raise click.UsageError(f"--plot: {file} does not end in .png")
    names = {t.key: t.name for t in catalogue.themes(config)}
    found = [(names.get(t.theme, t.theme), t) for t in work.live_trends(store) if theme in (None, t.theme)]
    file.write_bytes(chart.draw(found, language=config.digest_language))
    click.echo(f"wrote {file}", err=True)


# ------------------------------------------------------------------ stories and themes
@click.command("list", epilog="Example: tideline stories list --theme commoditization --since 2026-01-01 --limit 10")
@click.option("--theme", help="Only stories of this theme.")
@click.option("--source", help="Only stories that this source told.")
@click.option("--since", type=DAY, help="First day, YYYY-MM-DD.")
@click.option("--until", type=DAY, help="Last day, YYYY-MM-DD.")
@limit_option
@output
@common
def stories(
    config: Config,
    theme: str | None,
    source: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    form: str,
) -> None:
    """Stories, newest first."""
    from pipeline.store import answers

    if theme:
        _check_theme(config, theme)
    with opened(config) as store:
        days = {"since": since and since.date(), "until": until and until.date()}
        found = answers.stories(store, theme=theme, source=source, limit=limit, **days)
    columns = {"id": "Story", "day": "Day", "title": "Title", "voices": "Voices", "copies": "Copies", "languages": "Languages", "themes": "Themes"}  # fmt: skip
    terminal.emit([{**asdict(s), "day": s.first.date().isoformat()} for s in found], columns, form=form)


@click.command(epilog="Example: tideline themes --json")
@output
@common
def themes(config: Config, form: str) -> None:
    """The configured themes, what each holds, and how it is taught."""
    from pipeline.store import answers

    configured = catalogue.themes(config)
    with opened(config) as store:
        held = {row["theme"]: row for row in answers.theme_rows(store)}
    rows = [
        {
            "theme": t.key,
            "name": t.name,
            "stories": held.get(t.key, {}).get("stories", 0),
            "articles": held.get(t.key, {}).get("articles", 0),
            "examples_for": sum(e.applies for e in t.examples),
            "examples_against": sum(not e.applies for e in t.examples),
            "languages": sorted({e.language for e in t.examples} | set(t.cues)),
            "definition": t.definition,
        }
        for t in configured
    ]
    columns = {"theme": "Key", "name": "Name", "stories": "Stories", "articles": "Articles", "examples_for": "For", "examples_against": "Against", "languages": "Languages"}  # fmt: skip
    terminal.emit(rows, columns, form=form)


# ------------------------------------------------------------------ what was refused
@click.command(epilog="Example: tideline rejections --stage extract --limit 20")
@click.option("--stage", help="Only what this stage refused.")
@click.option("--source", help="Only what came from this source.")
@limit_option
@output
@common
def rejections(config: Config, stage: str | None, source: str | None, limit: int, form: str) -> None:
    """What the web did wrong: every page, feed and address that was refused, and why."""
    from pipeline.store import answers

    with opened(config) as store:
        rows = answers.rejections(store, stages=(stage,) if stage else (), source=source, limit=limit)
    columns = {"last_seen_at": "When", "stage": "Stage", "source": "Source", "reason": "Reason", "detail": "Detail", "url": "Address"}  # fmt: skip
    terminal.emit(rows, columns, form=form)


# ------------------------------------------------------------------ digest and questions
@click.command(epilog="Example: tideline digest --send")
@click.option("--send", is_flag=True, help="Mail it to the subscribers that tideline.toml names.")
@click.option("--language", type=click.Choice(["en", "es"]), help="Instead of the configured language.")
@output
@common
def digest(config: Config, send: bool, language: Literal["en", "es"] | None, form: str) -> None:
    """Write the digest of the week that ended yesterday (HTML, text, chart) and, with --send, mail it."""
    from dataclasses import replace

    from pipeline import flow
    from pipeline.outputs import faces, file
    from pipeline.store.engine import plain_url

    config = replace(config, digest_language=language) if language else config
    if send and not (config.smtp_host and config.digest_subscribers):
        raise SettingError(
            f"{config.file or 'settings'}: [smtp] host and [digest] subscribers: both are wanted to send"
        )
    with edges(config, lambda *_: None) as wired:
        flow.run(wired, ("summarise", "digest"))
        made = flow.digest_for(wired, None)
        if made is None:
            raise SettingError(
                f"{plain_url(config.database_url)}: no trends of last week yet; `tideline run` builds them"
            )
        written = file.paths(made, config.path(config.digest_folder))
        counts = flow.deliver(wired) if send else {}
    if form == "table":
        click.echo(faces.text(made))
        click.echo(f"written: {written.html}, {written.text}, {written.chart}", err=True)
    else:
        terminal.emit([{"title": made.title, "html": str(written.html), "text": str(written.text), "chart": str(written.chart), **counts}], {}, form=form)  # fmt: skip
    if send:
        click.echo(f"sent {counts.get('sent', 0)}, failed {counts.get('failed', 0)}", err=True)
        sys.exit(1 if counts.get("failed") else 0)


@click.command(epilog='Example: tideline query "SELECT day, stories FROM theme_daily WHERE stories > 0 ORDER BY day"')
@click.argument("sql", required=False)
@click.option("--saved", help="A query named in the table [queries] of tideline.toml.")
@click.option("--seconds", type=click.FloatRange(0.1, 600), default=30.0, show_default=True, help="Time at most.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="Rows at most.")
@output
@common
def query(config: Config, sql: str | None, saved: str | None, seconds: float, limit: int, form: str) -> None:
    """Ask the database in SQL, read-only; docs/database.md describes the views."""
    from pipeline import query as verb
    from pipeline.store import ask

    question = verb.question(sql, saved, config.queries, rows=limit, seconds=seconds)
    answer = ask(config.database_url, question)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    terminal.emit(rows, {c: c for c in answer.columns}, form=form)
    if answer.truncated:
        click.echo(f"only the first {limit} rows are shown; --limit shows more", err=True)


COMMANDS = (trends, story_commands.group(stories), themes, sources, rejections, digest, query)
