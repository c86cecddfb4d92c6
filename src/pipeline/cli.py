"""The command line: commands in the order of the flow; builds the edges and passes them in.

Exit status: 0 done, 1 some of the input failed (said on stderr), 2 wrong usage or a setting to mend,
130 stopped by Ctrl-C (nothing is lost: the next run goes on).
"""

from __future__ import annotations

import functools
import logging
import signal
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import structlog

from pipeline import __version__, catalogue, terminal
from pipeline import config as settings
from pipeline.errors import TidelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pipeline.config import Config
    from pipeline.flow import Edges
    from pipeline.store import Store

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


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that all share, and the settings as its first argument."""

    @click.option("--config", "config_file", type=click.Path(path_type=Path), help="Settings file (default: tideline.toml here).")
    @click.option("--database", help="Database URL, instead of the configured one.")
    @click.option("--quiet", is_flag=True, help="Say nothing but errors.")
    @click.option("--verbose", is_flag=True, help="Log every stage and batch.")
    @functools.wraps(command)
    def wrapped(config_file: Path | None, database: str | None, quiet: bool, verbose: bool, **options: Any) -> Any:  # noqa: FBT001
        _log(quiet=quiet, verbose=verbose)
        config = settings.load(config_file, database=database)
        return command(config, **options)

    return wrapped


def output(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a reading command ``--json`` and ``--csv``; it gets ``form``."""

    @click.option("--json", "form", flag_value="json", help="Print JSON.")
    @click.option("--csv", "form", flag_value="csv", help="Print CSV.")
    @functools.wraps(command)
    def wrapped(*arguments: Any, form: str | None = None, **options: Any) -> Any:
        return command(*arguments, form=form or "table", **options)

    return wrapped


def _log(*, quiet: bool, verbose: bool) -> None:
    level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.WARNING
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@contextmanager
def _store(config: Config) -> Iterator[Store]:
    from pipeline.store import open_store

    store = open_store(config.database_url)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _edges(config: Config, progress: Callable[[str, int, int], None]) -> Iterator[Edges]:
    from pipeline import flow, nlp

    # catalogues first: a wrong file is said before anything is opened
    sources, themes = catalogue.sources(config), catalogue.themes(config)
    entities, conferences = catalogue.entities(config), catalogue.conferences(config)
    with _store(config) as store:
        yield flow.Edges(
            config=config,
            store=store,
            models=functools.cache(lambda: nlp.open_models(config)),
            sources=sources,
            themes=themes,
            entities=entities,
            conferences=conferences,
            now=lambda: datetime.now(UTC),
            progress=progress,
        )


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tideline")
def cli() -> None:
    """Follow an argument through the tech press: from crawled pages to trends with evidence.

    \b
    Start with     tideline demo
    On your own    tideline init, then tideline run
    """


# ------------------------------------------------------------------ starting
@cli.command(epilog="Example: tideline init && tideline run")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--print", "only_print", is_flag=True, help="Print the file instead of writing it.")
def init(folder: Path, only_print: bool) -> None:  # noqa: FBT001
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
@click.option("--folder", type=click.Path(path_type=Path), default="tideline-demo", show_default=True, help="Where the database and the digest go.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
@click.option("--verbose", is_flag=True, help="Log every stage and batch.")
def demo(folder: Path, quiet: bool, verbose: bool) -> None:  # noqa: FBT001
    """The main job offline: crawl the bundled newsroom and go through every stage to a digest."""
    from pipeline import demo as stage

    _log(quiet=quiet, verbose=verbose)
    today = datetime.now(UTC).date()
    with stage.newsroom(today) as proxy:
        config = stage.prepare(folder, today, proxy)
        _run_stages(config, (), quiet=quiet)
    _show_result(config)


@cli.command(epilog="Example: tideline run --only extract,annotate,dedupe,cluster,tag")
@click.option("--only", default="", help="Comma-separated stages, in the order of the flow.")
@click.option("--send", is_flag=True, help="Mail the digests to the subscribers afterwards.")
@common
def run(config: Config, only: str, send: bool) -> None:  # noqa: FBT001
    """One pass of every stage over the configured sources; safe to interrupt and to repeat."""
    from pipeline import flow

    names = tuple(x.strip() for x in only.split(",") if x.strip())
    known = [name for name, _ in flow.STAGES]
    for name in names:
        if name not in known:
            raise click.UsageError(f"--only: {name!r} is no stage; the stages are {', '.join(known)}")
    quiet = click.get_current_context().params["quiet"]
    _run_stages(config, names, quiet=quiet, send=send)
    if not quiet:
        _show_result(config)


def _run_stages(config: Config, only: Sequence[str], *, quiet: bool, send: bool = False) -> None:
    from pipeline import flow

    with terminal.progress_bars(quiet=quiet) as progress, _edges(config, progress) as edges:
        flow.run(edges, only)
        if send:
            flow.deliver(edges)


@cli.command(epilog="Example: tideline daemon --config /etc/tideline.toml")
@common
def daemon(config: Config) -> None:
    """Run the stages on their schedule until told to stop (Ctrl-C or SIGTERM)."""
    from pipeline import schedule

    catalogue.sources(config), catalogue.themes(config)  # a wrong file is said now, not by the first job
    with _store(config) as store:
        schedule.daemon(config, store)


# ------------------------------------------------------------------ the verbs as filters
@cli.command(epilog="Example: tideline extract saved-pages/ | jq .title")
@click.argument("paths", nargs=-1, required=True)
@common
def extract(config: Config, paths: tuple[str, ...]) -> None:
    """HTML files, gzipped ones or folders of them (- for stdin) to JSON Lines: title, text, date, authors."""
    from pipeline import filters, nlp

    complaints = filters.Complaints()
    filters.write_lines(filters.extract_paths(paths, nlp.open_models(config), complaints), sys.stdout)
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
@click.option("--themes", "folder", type=click.Path(path_type=Path), help="Folder of theme files, instead of the configured themes.")
@click.option("--scores", is_flag=True, help="Also the probability of every theme.")
@common
def tag(config: Config, folder: Path | None, scores: bool) -> None:  # noqa: FBT001
    """Articles as JSON Lines on stdin to themes with evidence and stance, entities, and quotes."""
    from pipeline import filters, nlp

    themes, watchlist = catalogue.themes(config, folder), catalogue.entities(config)
    models = nlp.open_models(config)
    complaints = filters.Complaints()
    lines = filters.read_lines(sys.stdin.buffer, complaints)
    tagger = nlp.tagger(config, themes, models)
    filters.write_lines(filters.tag_lines(lines, models, tagger, watchlist, scores=scores), sys.stdout)
    sys.exit(1 if complaints.count else 0)
