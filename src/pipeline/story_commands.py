"""The commands about single stories: why each article is there, and splitting and merging by hand.

``tideline stories`` alone is ``tideline stories list``, and ``tideline stories ID`` is ``tideline stories show ID``.
"""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from pipeline import explaining, terminal
from pipeline.errors import SettingError
from pipeline.options import ListFirst, common, output
from pipeline.wiring import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.config import Config
    from pipeline.model import Decision, Signature

limit_option = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=30, show_default=True, help="Rows at most."
)


class Stories(ListFirst):
    """Lists where no command is named; a number alone is a story to show."""

    with_value = (*ListFirst.with_value, "--theme", "--source", "--since", "--until", "--into", "--note", "--by")

    def named(self, args: list[str]) -> list[str]:
        """Put the command's name first."""
        bare = next(self.bare(args), None)
        return ["show", *args] if bare is not None and args[bare].isdecimal() else super().named(args)


def group(list_: click.Command) -> click.Group:
    """Return the command ``stories`` with the list as its first command."""
    return Stories(
        "stories",
        params=list_.params,  # so that help shows them here too
        help="Stories, newest first; with a command: one story explained (show ID), split and merged by hand.",
        epilog="Example: tideline stories --theme commoditization --since 2026-01-01 --limit 10",
        commands={"list": list_, "show": show, "split": split, "merge": merge, "undo": undo, "decisions": decisions},
    )


# ------------------------------------------------------------------ show
@click.command("show", epilog="Example: tideline stories show 12")
@click.argument("story_id", metavar="ID", type=int)
@limit_option
@output
@common
def show(config: Config, story_id: int, limit: int, form: str) -> None:
    """One story: its articles, why each is in it and what spoke against that, tags with evidence, quotes."""
    from pipeline.store import story_answers

    with opened(config) as store:
        found = story_answers.explained(store, story_id, limit=limit)
    if found is None:
        raise SettingError(f"story {story_id} is not in the database; `tideline stories` lists them")
    if form == "json":
        terminal.emit([{**found, "story": asdict(found["story"])}], {}, form=form)
    elif form == "csv":
        terminal.emit([_flat(row) for row in found["articles"]], {}, form=form)
    else:
        _tell(found)
    if found["more"] and form != "json":
        more = found["more"]
        click.echo(f"{more} more {'article' if more == 1 else 'articles'}: --limit {limit + more} shows all", err=form == "csv")  # fmt: skip


def _tell(found: Mapping[str, Any]) -> None:
    kept = found["story"].id
    if found["asked"] != kept:
        click.echo(f"story {found['asked']} was merged into story {kept}")
    for line in explaining.story_lines(found):
        click.echo(terminal.clean(line))
    rows = [explaining.article_row(row) for row in found["articles"]]
    columns = {"article": "Article", "who": "When and who", "why": "Headline, and why it is here", "sure": "Sure"}
    click.echo()
    terminal.emit(rows, columns)
    parts = {
        "tags": {"theme": "Theme", "score": "Score", "stance": "Stance", "source_name": "Source", "evidence": "Evidence"},
        "quotes": {"speaker": "Speaker", "text": "Words", "source_name": "Source"},
    }  # fmt: skip
    for name, these in parts.items():
        own = [row for row in found[name] if not row["is_copy"]]
        if own:
            terminal.emit(own, these, title=f"{name.capitalize()}")


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row for CSV: what was weighed and who moved it in words."""
    return {name: value for name, value in row.items() if name not in ("weighing", "moved")} | {
        "moved_by": row["moved"] and row["moved"]["made_by"],
        "why": "; ".join(explaining.why(row)),
    }


# ------------------------------------------------------------------ by hand
def by_hand(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say who decides, and why."""
    options = (
        click.option("--note", default="", help="Why, for whoever reads it later."),
        click.option("--by", help="Who decides; the user of this machine where nothing is said."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _story_or_new(_ctx: click.Context, _param: click.Parameter, value: str) -> int | None:
    """Return the number of a story, None for a new one."""
    if value.lower() != "new" and not value.isdecimal():
        raise click.BadParameter(f"{value!r} is neither NEW nor the number of a story")
    return None if value.lower() == "new" else int(value)


@click.command("split", epilog='Example: tideline stories split 12 61 64 --note "another outage"')
@click.argument("story", type=int)
@click.argument("articles", metavar="ARTICLE...", type=int, nargs=-1, required=True)
@click.option(
    "--into", metavar="NEW|STORY", default="NEW", show_default=True, callback=_story_or_new, help="Where they go."
)
@by_hand
@common
def split(config: Config, story: int, articles: tuple[int, ...], into: int | None, note: str, by: str | None) -> None:
    """Move ARTICLEs, and the copies of them, out of STORY into a new story or another; later runs leave them there."""
    from pipeline.store import work

    with opened(config) as store:
        done = work.split(store, story, articles, _signature(by, note), into=into)
    _confirm(done, f"out of story {story} into {'new ' if into is None else ''}story {done.target}")


@click.command("merge", epilog="Example: tideline stories merge 12 15")
@click.argument("stories", metavar="STORY STORY...", type=int, nargs=-1, required=True)
@by_hand
@common
def merge(config: Config, stories: tuple[int, ...], note: str, by: str | None) -> None:
    """Make several stories one: all articles move to the first STORY, and what would have joined the others joins it."""
    from pipeline.store import work

    with opened(config) as store:
        done = work.merge(store, stories, _signature(by, note))
    _confirm(done, f"into story {done.target}")


@click.command("undo", epilog="Example: tideline stories undo 3")
@click.argument("decision", type=int)
@by_hand
@common
def undo(config: Config, decision: int, note: str, by: str | None) -> None:
    """Put back what DECISION moved; the newest decision about a story goes first."""
    from pipeline.store import work

    with opened(config) as store:
        done = work.undo(store, decision, _signature(by, note))
    _confirm(done, "back where they were")


@click.command("decisions", epilog="Example: tideline stories decisions --json")
@limit_option
@output
@common
def decisions(config: Config, limit: int, form: str) -> None:
    """What was split, merged and undone by hand: who, when, what and why; the latest first."""
    from pipeline.store import story_answers

    with opened(config) as store:
        rows = story_answers.decisions(store, limit=limit)
    shown = [{**row, "what": explaining.decision(row)} for row in rows]
    terminal.emit(shown, {"id": "Decision", "made_at": "When", "made_by": "By", "what": "What", "note": "Note"}, form=form)  # fmt: skip
    if not rows:
        click.echo("no decisions: `tideline stories split` and `merge` make them", err=True)


def _signature(by: str | None, note: str) -> Signature:
    from pipeline.model import Signature

    return Signature(by or _user(), datetime.now(UTC), note)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return "unknown"


def _confirm(done: Decision, where: str) -> None:
    copies = f" ({done.followed} of them {'a copy' if done.followed == 1 else 'copies'})" if done.followed else ""
    click.echo(f"decision {done.id}: {done.moved} {'article' if done.moved == 1 else 'articles'}{copies} {where}")
    if done.kind != "undo":
        click.echo(f"see it    tideline stories show {done.target}\nundo it   tideline stories undo {done.id}")
