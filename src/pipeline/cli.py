"""The command line: commands in the order of the flow; builds the edges and passes them in.

Exit status: 0 done, 1 some of the input failed (said on stderr), 2 wrong usage or a setting to mend,
130 stopped by Ctrl-C (nothing is lost: the next run goes on).
"""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import __version__, archive_commands, catalogue, conference_commands, reading, terminal
from pipeline import config as settings
from pipeline.errors import TidelineError
from pipeline.options import common, log_to_stderr
from pipeline.wiring import edges, opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.config import Config

# Stages and models are imported inside the commands that need them: `tideline --help` must come at once.


# ------------------------------------------------------------------ what all commands share
def main() -> None:
    """Run the command line and turn what a person has to mend into one clear line."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except TidelineError as error:
        click.echo(f"tideline: {error}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("tideline: stopped; nothing is lost, the next run goes on from here", err=True)
        sys.exit(130)
    except BrokenPipeError:  # `tideline … | head`
        sys.stderr.close()
        sys.exit(0)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


class InOrder(click.Group):
    """A group that lists its commands in the order in which they were added: that of the flow."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names as added."""
        return list(self.commands)


INTRODUCTION = """Follow an argument through the tech press: from crawled pages to trends with evidence.

\b
Start with    tideline demo
On your own   tideline init, then tideline run
"""


@click.group(
    cls=InOrder, help=INTRODUCTION, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="tideline")
def cli() -> None:
    """Group all commands; ``INTRODUCTION`` is what a person reads."""


# ------------------------------------------------------------------ starting
@cli.command(epilog="Example: tideline init && tideline run")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--print", "only_print", is_flag=True, help="Print the file instead of writing it.")
def init(folder: Path, only_print: bool) -> None:
    """Write a commented tideline.toml into FOLDER (default: here); an existing one is kept."""
    text = settings.as_toml()
    if only_print:
        click.echo(text, nl=False)
        return
    file = folder / "tideline.toml"
    if file.exists():
        raise click.ClickException(f"{file} exists and is kept; `tideline init --print` shows a fresh one")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    click.echo(f"wrote {file}; next: tideline sources, then tideline run")


@cli.command(epilog="Example: tideline demo --folder /tmp/tideline-demo")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default="tideline-demo",
    show_default=True,
    help="Where the database and the digest go.",
)
@click.option("--quiet", is_flag=True, help="No progress bars.")
@click.option("--verbose", is_flag=True, help="Log every stage and batch.")
def demo(folder: Path, quiet: bool, verbose: bool) -> None:
    """The main job offline: crawl the bundled newsroom and go through every stage to a digest."""
    from pipeline import demo as stage

    log_to_stderr(quiet=quiet, verbose=verbose)
    today = datetime.now(UTC).date()
    with stage.newsroom(today) as proxy:
        config = stage.prepare(folder, today, proxy)
        _run_stages(config, (), quiet=quiet)
    _show_result(config)


@cli.command(epilog="Example: tideline run --only extract,annotate,dedupe,cluster,tag")
@click.option("--only", default="", help="Comma-separated stages, in the order of the flow.")
@click.option("--send", is_flag=True, help="Mail the digests to the subscribers afterwards.")
@common
def run(config: Config, only: str, send: bool) -> None:
    """One pass of every stage over the configured sources; safe to interrupt and to repeat."""
    from pipeline import flow

    names = tuple(x.strip() for x in only.split(",") if x.strip())
    known = [name for name, _ in flow.STAGES]
    for name in names:
        if name not in known:
            raise click.UsageError(f"--only: {name!r} is no stage; the stages are {', '.join(known)}")
    quiet = click.get_current_context().params["quiet"]
    counts = _run_stages(config, names, quiet=quiet, send=send)
    if not quiet and (not names or "digest" in names):
        _show_result(config)
    elif not quiet:
        rows = [
            {"stage": stage, "did": ", ".join(f"{n} {what}" for what, n in did.items())}
            for stage, did in counts.items()
        ]
        terminal.emit(rows, {"stage": "Stage", "did": "What it did"})


def _run_stages(
    config: Config, only: Sequence[str], *, quiet: bool, send: bool = False
) -> dict[str, Mapping[str, int]]:
    from pipeline import flow

    with terminal.progress_bars(quiet=quiet) as progress, edges(config, progress) as wired:
        counts = flow.run(wired, only)
        return counts | ({"send": flow.deliver(wired)} if send else {})


def _show_result(config: Config) -> None:
    """End with the table of themes, where the digest and the database are, and what to try next."""
    from pipeline import flow
    from pipeline.outputs import file
    from pipeline.store import answers
    from pipeline.store.engine import plain_url

    with edges(config, lambda *_: None) as wired:
        rows = answers.theme_overview(wired.store)
        digest = flow.digest_for(wired, None)
    if digest is None:
        click.echo("nothing to tell yet: no story of the last weeks; `tideline sources --trouble` may say why")
        return
    written = file.paths(digest, config.path(config.digest_folder))
    terminal.emit(reading.trend_table(rows), reading.TREND_COLUMNS, title=reading.window_title(rows))
    option = (
        f" --config {config.file}" if config.file and config.file.resolve() != Path("tideline.toml").resolve() else ""
    )
    click.echo(f"\nDigest    {written.html}\n          {written.text}\n          {written.chart}")
    click.echo(f"Database  {plain_url(config.database_url)}\n\nTry next")
    for line in ("stories --theme commoditization", 'query "SELECT * FROM quote LIMIT 5"', "sources --trouble"):
        click.echo(f"          tideline {line}{option}")


@cli.command(epilog="Example: tideline daemon --config /etc/tideline.toml")
@common
def daemon(config: Config) -> None:
    """Run the stages on their schedule until told to stop (Ctrl-C or SIGTERM)."""
    from pipeline import schedule

    catalogue.sources(config), catalogue.themes(config)  # a wrong file is said now, not by the first job
    with opened(config) as store:
        schedule.daemon(config, store)


# ------------------------------------------------------------------ the verbs as filters
@cli.command(epilog="Example: tideline extract saved-pages/ | jq .title")
@click.argument("paths", nargs=-1, required=True)
@common
def extract(config: Config, paths: tuple[str, ...]) -> None:  # noqa: ARG001 - a wrong settings file is said all the same
    """HTML files, gzipped ones or folders of them (- for stdin) to JSON Lines: title, text, date, authors."""
    from pipeline import filters, nlp

    complaints = filters.Complaints()
    filters.write_lines(filters.extract_paths(paths, nlp.language, complaints), sys.stdout)
    sys.exit(1 if complaints.count else 0)


@cli.command(epilog="Example: tideline cluster < articles.jsonl | jq -s 'group_by(.story) | length'")
@common
def cluster(config: Config) -> None:
    """Articles as JSON Lines on stdin to the story of each, and the origin of each copy."""
    from pipeline import filters, nlp

    complaints = filters.Complaints()
    lines = filters.read_lines(sys.stdin.buffer, complaints)
    filters.write_lines(filters.cluster_lines(lines, nlp.open_models(config)), sys.stdout)
    sys.exit(1 if complaints.count else 0)


@cli.command(epilog="Example: tideline tag --themes my-themes/ --scores < articles.jsonl")
@click.option(
    "--themes",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder of theme files, instead of the configured themes.",
)
@click.option("--scores", is_flag=True, help="Also the probability of every theme.")
@common
def tag(config: Config, folder: Path | None, scores: bool) -> None:
    """Articles as JSON Lines on stdin to themes with evidence and stance, entities, and quotes."""
    from pipeline import filters, nlp
    from pipeline import tag as words

    themes = catalogue.themes(config, folder)
    watchlist = words.watchlist(catalogue.entities(config), catalogue.conferences(config))
    models = nlp.open_models(config)
    complaints = filters.Complaints()
    lines = filters.read_lines(sys.stdin.buffer, complaints)
    tagger = nlp.tagger(themes, models, config.cache_folder)
    filters.write_lines(filters.tag_lines(lines, models, tagger, watchlist, scores=scores), sys.stdout)
    sys.exit(1 if complaints.count else 0)


reading.register(cli)
cli.add_command(conference_commands.conferences)
archive_commands.register(cli)
