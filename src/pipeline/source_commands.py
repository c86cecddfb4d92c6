"""The commands about sources: how each is doing, what an address would give, adding, importing, exporting, removing.

``tideline sources`` alone is ``tideline sources list``. What an address gives is found out by a probe in the crawl's
process; your own sources go into the file that the setting ``own_sources`` names.
"""

from __future__ import annotations

import re
import sys
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from pipeline import catalogue, opml, own_sources, terminal
from pipeline.catalogue import UNKNOWN_COUNTRY, UNKNOWN_LANGUAGE
from pipeline.errors import SettingError
from pipeline.model import KINDS
from pipeline.options import ListFirst, common, output
from pipeline.own_sources import Given
from pipeline.wiring import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pipeline.config import Config
    from pipeline.model import Candidate, Probe, Source
    from pipeline.opml import Outlines
    from pipeline.own_sources import Proposal


# ------------------------------------------------------------------ list
@click.command("list", epilog="Example: tideline sources list --trouble")
@click.option("--trouble", is_flag=True, help="Only sources that fail, or whose pages were refused.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="Rows at most.")
@output
@common
def list_(config: Config, trouble: bool, limit: int, form: str) -> None:
    """The configured sources and how each is doing: health, last error, articles, what was refused."""
    from pipeline.store import answers

    configured = {s.key: s for s in catalogue.sources(config)}
    with opened(config) as store:
        known = {row["source"]: row for row in answers.sources_health(store, trouble=trouble, limit=limit)}
    unseen = {} if trouble else {key: _unseen(s) for key, s in configured.items() if key not in known}
    now = datetime.now(UTC)
    rows = [{**row, **_health(row, now)} for row in [*known.values(), *unseen.values()]][:limit]
    columns = {"source": "Source", "health": "Health", "since": "Since", "articles": "Articles", "last_article_day": "Last", "rejections": "Refused", "health_why": "Why"}  # fmt: skip
    shown = [{**row, "since": row["health_since"] and row["health_since"].date()} for row in rows]
    terminal.emit(rows if form != "table" else shown, columns, form=form)


def _unseen(source: Source) -> dict[str, Any]:
    plain = asdict(source)
    return {"source": plain.pop("key"), **plain, "state": "new", "articles": 0, "rejections": 0, "polled_at": None}


def _health(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return health, since when and why: as of the last look, unless our own next look is overdue."""
    from pipeline import collect
    from pipeline.model import Health, Poll

    polled, stored = row.get("polled_at"), None
    poll = None
    if polled is not None:
        poll = Poll(row["source"], polled, row["status"], row["next_due"], failures=row["failures"], error=row["error"])
        stored = Health(row["health"], row["health_since"], row["health_why"]) if row["health_since"] else None
    found = collect.health(poll, now, last_new=row.get("last_new_at"), last_ok=row.get("last_ok_at"))
    shown = stored if stored and found.state != "late" else found
    return {"health": shown.state, "health_since": shown.since if polled else None, "health_why": shown.why}


sources = ListFirst(
    "sources",
    params=list_.params,  # so that help shows them here too
    help="The configured sources and how each is doing; with a command: check, add, import, export, remove.",
    epilog="Example: tideline sources --trouble",
    commands={"list": list_},
)


# ------------------------------------------------------------------ options of new sources
def given(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options by which a person says what a new source is."""
    options = (
        click.option("--kind", type=click.Choice(KINDS), help="Who that is; trade press where nothing is said."),
        click.option("--language", help="Two letters such as en; guessed where nothing is said."),
        click.option("--country", help="Two letters such as US; guessed where nothing is said."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _given(**said: str | None) -> Given:
    language, country = said.get("language"), said.get("country")
    if language and language != UNKNOWN_LANGUAGE and not (len(language) == 2 and language.isalpha()):
        raise click.UsageError(f"--language: {language!r} is no two-letter code such as en, nor {UNKNOWN_LANGUAGE}")
    if country and not (len(country) == 2 and country.isalpha()):
        raise click.UsageError(f"--country: {country!r} is no two-letter code such as US, nor {UNKNOWN_COUNTRY}")
    return Given(**said | {"language": language and language.lower(), "country": country and country.upper()})


# ------------------------------------------------------------------ check and add
@sources.command(epilog="Example: tideline sources check https://example.org/news")
@click.argument("url")
@output
@common
def check(config: Config, url: str, form: str) -> None:
    """Explain what URL would give as a source, before it is added: every way that was found, and which is best."""
    there = own_sources.known(config)
    probe = _probe(config, url)
    proposal = own_sources.from_probe(probe, Given(), _keys(there))
    if form == "table":
        _explain(probe)
        _show(proposal, there)
    else:
        rows: list[dict[str, Any]] = [asdict(x) for x in probe.candidates]
        whole = {**asdict(probe), "toml": own_sources.table(proposal.source) if proposal else None}
        terminal.emit([whole] if form == "json" else rows, {}, form=form)
    sys.exit(0 if proposal else 1)


@sources.command(epilog="Example: tideline sources add https://example.org/news --kind analyst")
@click.argument("url")
@given
@click.option("--name", help="What to call it; the site's own name where nothing is said.")
@click.option("--key", help="Its key for good; made from the name where nothing is said.")
@click.option("--way", type=click.Choice(("feed", "sitemap", "listing", "conference")), help="Take this way, not the best.")  # fmt: skip
@click.option("--conference", help="The conference's key, for the way conference.")
@click.option("--yes", is_flag=True, help="Write it without asking.")
@common
def add(config: Config, url: str, way: str | None, yes: bool, **said: str | None) -> None:
    """Find the best way to read URL and add it to your own sources."""
    there = own_sources.known(config)
    wanted = _given(**said)
    _check_key(wanted.key, there)
    if _already(there, _address(url)):
        return
    probe = _probe(config, url)
    _explain(probe)
    proposal = own_sources.from_probe(probe, wanted, _keys(there), way=way)
    if not _show(proposal, there):
        sys.exit(0 if proposal else 1)
    assert proposal is not None
    if proposal.source.way == "conference" and not proposal.source.conference:
        raise SettingError("a source of way conference names its conference: add --conference KEY, or take --way feed")
    if not yes and sys.stdin.isatty() and not click.confirm("Write it?", default=True):
        return
    file = own_sources.append(config, [proposal.source])
    click.echo(f"wrote [{proposal.source.key}] to {file}; next: tideline run --only collect")


def _check_key(key: str | None, there: Mapping[str, str]) -> None:
    if key and not (key.isascii() and key == key.lower() and key.replace("-", "").replace("_", "").isalnum()):
        raise click.UsageError(f"--key: {key!r} is not made of lower-case letters, digits and hyphens")
    if key and f"[{key}]" in there:
        raise click.UsageError(f"--key: {key!r} is used already")


def _address(url: str) -> str:
    said = url.strip()
    bare = "://" not in said and not said.startswith("feed:")
    if bare and not re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?$", said):
        raise click.UsageError(f"{url!r} is no http or https address")
    found = opml.address_of(f"https://{said}" if bare else said)
    if found is None:
        raise click.UsageError(f"{url!r} is no http or https address, or has a password in it")
    return found


def _probe(config: Config, url: str) -> Probe:
    quiet = click.get_current_context().params.get("quiet", False)
    (probe,) = _probes(config, [_address(url)], quiet=quiet)
    if probe.trouble and "://" not in url:  # a bare name: https was our guess
        (probe,) = _probes(config, [_address(f"http://{url}")], quiet=quiet)
    return probe


def _probes(config: Config, addresses: list[str], *, quiet: bool) -> Iterable[Probe]:
    from pipeline import engine

    def looked(address: str) -> None:
        if not quiet and sys.stderr.isatty():
            click.echo(f"looking at {terminal.clean(address)}", err=True)

    with closing(engine.probe(config, addresses, looked)) as probes:
        yield from probes


def _keys(there: Mapping[str, str]) -> set[str]:
    return set(there.values())


def _already(there: Mapping[str, str], address: str) -> bool:
    key = there.get(own_sources.place(address))
    if key:
        click.echo(f"{terminal.clean(address)} is configured already, as [{key}]")
    return key is not None


# ------------------------------------------------------------------ what a person reads
def _explain(probe: Probe) -> None:
    rows = [
        {"way": x.way, "address": x.address, "found": x.found, "gives": gives(x, datetime.now(UTC)), "verdict": f"{'chosen' if x.chosen else 'not chosen'}: {x.why}"}
        for x in probe.candidates
    ]  # fmt: skip
    columns = {"way": "Way", "address": "Address", "found": "Found", "gives": "What it gives", "verdict": "Verdict"}
    if rows:
        terminal.emit(rows, columns, title=probe.address)
    if probe.trouble:
        click.echo(f"{terminal.clean(probe.address)}: {terminal.clean(probe.trouble)}", err=True)
    for address, reason in probe.tried:
        click.echo(f"tried  {terminal.clean(address)}: {terminal.clean(reason)}")
    for signal in probe.signals:
        click.echo(f"signal {terminal.clean(signal)}")
    if not probe.chosen:
        click.echo(f"no way found: {probe.advice}", err=True)


def gives(candidate: Candidate, now: datetime) -> str:
    """Return in words what a candidate gives: how many items, how new, how often, how much of the text."""
    noun = {"feed": "items", "conference": "sessions"}.get(candidate.way, "addresses")
    said = [f"{candidate.items:,} {noun}"]
    if candidate.items and not candidate.dated:
        said.append("without dates")
    elif candidate.dated < candidate.items:
        said.append(f"{candidate.dated:,} of them dated")
    if candidate.newest:
        said.append(f"newest {span((now - candidate.newest).total_seconds())} ago")
    if candidate.gap:
        said.append(f"one each {span(candidate.gap)}")
    said += [x for x in (candidate.text, candidate.covers) if x]
    if candidate.items and candidate.same_host < 0.5:
        said.append("most on other hosts")
    if candidate.allowed < 1:
        said.append(f"robots.txt allows {candidate.allowed:.0%} of them")
    return ", ".join(said)


def span(seconds: float) -> str:
    """Return a time span as a person says it: 40 min, 1.4 h, 3 days."""
    if seconds < 3600:
        return f"{max(seconds, 0) / 60:.0f} min"
    return f"{seconds / 3600:.3g} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"


def _show(proposal: Proposal | None, there: Mapping[str, str]) -> bool:
    """Print the table that would be written and its guesses; False where it is configured or there is none."""
    if proposal is None or _already(there, proposal.source.address):
        return False
    click.echo("\n" + "\n".join(map(terminal.clean, own_sources.table(proposal.source).splitlines())) + "\n")
    for guess in proposal.guesses:
        click.echo(f"guessed {terminal.clean(guess)}")
    return True


# ------------------------------------------------------------------ import, export, remove
@sources.command("import", epilog="Example: tideline sources import subscriptions.opml --dry-run")
@click.argument("files", type=click.File("rb"), nargs=-1, required=True)
@given
@click.option("--dry-run", is_flag=True, help="Say what would be written, write nothing.")
@click.option("--check", "look", is_flag=True, help="Look at each feed first; those that can't be read stay out.")
@output
@common
def import_(config: Config, files: tuple[BinaryIO, ...], dry_run: bool, look: bool, form: str, **said: str | None) -> None:  # fmt: skip
    """Add the feeds of OPML FILES, malformed ones too, to your own sources. Nothing is fetched without --check."""
    there = own_sources.known(config)
    wanted = _given(**said)
    lists = {file.name: opml.read(file.read(opml.LARGEST + 1)) for file in files}
    lost = sum(_complain(name, found) for name, found in lists.items())
    outlines = [feed for found in lists.values() for feed in found.feeds]
    rows = [_row(*x) for x in own_sources.distinct(outlines, wanted, there)]
    fresh = [x["source"] for x in rows if x["source"]]
    if look:
        lost += _unread(config, rows)
        fresh = [x["source"] for x in rows if x["source"]]
    if fresh and not dry_run:
        own_sources.append(config, fresh)
    shown = [{**x, "source": None} for x in rows] if form != "table" else rows
    terminal.emit([{k: v for k, v in x.items() if k != "source"} for x in shown], {"key": "Key", "name": "Name", "address": "Address", "language": "Lang", "country": "Country", "kind": "Kind", "state": "State"}, form=form)  # fmt: skip
    _sum_up(config, rows, len(fresh), dry_run=dry_run)
    sys.exit(1 if lost else 0)


def _complain(name: str, found: Outlines) -> int:
    """Say on stderr what was wrong with one list; return how many feeds it cost, at least one for a refused list."""
    for fault in found.faults:
        click.echo(f"{name}: line {fault.line}: {terminal.clean(fault.reason)}", err=True)
    if found.refused:
        click.echo(f"{name}: refused: {terminal.clean(found.refused)}", err=True)
    return sum(x.lost for x in found.faults) + (found.refused is not None)


def _row(outline: opml.Outline, proposal: Proposal | None, key: str) -> dict[str, Any]:
    said = asdict(proposal.source) if proposal else {}
    facts = {name: said.get(name) for name in ("language", "country", "kind")}
    state = "new" if proposal else "configured already"
    source = proposal.source if proposal else None
    guesses = list(proposal.guesses) if proposal else []
    return {"key": key, "name": outline.title, "address": outline.address, **facts, "state": state, "guesses": guesses, "source": source}  # fmt: skip


def _unread(config: Config, rows: list[dict[str, Any]]) -> int:
    """Look at each new feed; take out those that can't be read, and return how many that are."""
    new = [row for row in rows if row["source"]]
    failed = 0
    for row, probe in zip(new, _probes(config, [x["address"] for x in new], quiet=False) if new else (), strict=False):
        chosen = probe.chosen
        if chosen is None or chosen.way != "feed":
            row["state"], row["source"] = f"can't be read: {probe.trouble or 'no feed there'}", None
            failed += 1
    return failed


def _sum_up(config: Config, rows: list[dict[str, Any]], new: int, *, dry_run: bool) -> None:
    there = sum(row["state"] == "configured already" for row in rows)
    unknown = sum(bool(row["source"]) and row["language"] == UNKNOWN_LANGUAGE for row in rows)
    file = config.path(config.own_sources)
    wrote = (
        f"{new} would be written to {file}" if dry_run else f"{new} written to {file}" if new else "nothing to write"
    )
    click.echo(f"{len(rows)} feeds, {there} configured already, {wrote}", err=True)
    if unknown:
        click.echo(f"the language of {unknown} is unknown ({UNKNOWN_LANGUAGE}): --language says it for all, or mend it in the file", err=True)  # fmt: skip
    if new and not dry_run:
        click.echo("next: tideline run --only collect, then tideline sources --trouble", err=True)


@sources.command(epilog="Example: tideline sources export --own > my-sources.opml")
@click.option("--own", is_flag=True, help="Only your own sources, not the shipped ones.")
@common
def export(config: Config, own: bool) -> None:
    """Print the configured sources as OPML, which other readers import."""
    from dataclasses import replace

    config = replace(config, sources=()) if own else config
    sys.stdout.write(opml.write(catalogue.sources(config)).decode())


@sources.command(epilog="Example: tideline sources remove the-paper")
@click.argument("key")
@common
def remove(config: Config, key: str) -> None:
    """Take the source KEY out of your own sources; what was collected from it stays."""
    file = own_sources.remove(config, key)
    click.echo(f"removed [{key}] from {file}; what was collected stays")
