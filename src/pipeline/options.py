"""What all commands share: settings, logging, and the forms of output."""

from __future__ import annotations

import functools
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import structlog

from pipeline import config as settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that all share, and the settings as its first argument."""

    @click.option(
        "--config", "config_file", type=click.Path(path_type=Path), help="Settings file (default: tideline.toml here)."
    )
    @click.option("--database", help="Database URL, instead of the configured one.")
    @click.option("--quiet", is_flag=True, help="Say nothing but errors.")
    @click.option("--verbose", is_flag=True, help="Log every stage and batch.")
    @functools.wraps(command)
    def wrapped(config_file: Path | None, database: str | None, quiet: bool, verbose: bool, **options: Any) -> Any:
        log_to_stderr(quiet=quiet, verbose=verbose)
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


def log_to_stderr(*, quiet: bool, verbose: bool) -> None:
    """Log as JSON lines to stderr: text from strangers can't forge a line."""
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


class ListFirst(click.Group):
    """A group that runs its first command, ``list``, where none is named; options may stand before a command's name."""

    with_value: tuple[str, ...] = ("--config", "--database", "--limit")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command's name first."""
        return super().parse_args(ctx, args if {"-h", "--help"} & set(args[:1]) else self.named(args))

    def named(self, args: list[str]) -> list[str]:
        """Return the arguments with the command's name first."""
        at = next((n for n in self.bare(args) if args[n] in self.commands), None)
        return ["list", *args] if at is None else [args[at], *args[:at], *args[at + 1 :]]

    def bare(self, args: list[str]) -> Iterator[int]:
        """Yield the positions of the arguments that are neither options nor their values."""
        for n, argument in enumerate(args):
            if not argument.startswith("-") and (n == 0 or args[n - 1] not in self.with_value):
                yield n

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of their use."""
        return list(self.commands)
