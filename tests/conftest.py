"""What several test modules share: one run of the demo, and a command line as a user has it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Tideline = Callable[..., subprocess.CompletedProcess[str]]


def clean_environment() -> dict[str, str]:
    """The environment without settings of the person who runs the tests."""
    return {k: v for k, v in os.environ.items() if not k.startswith("TIDELINE_")}


@pytest.fixture(scope="session")
def tideline() -> Tideline:
    """Run the command line as a process: ``tideline("trends", "--json", cwd=folder)``."""

    def run(*arguments: str, cwd: Path, stdin: str | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            cwd=cwd,
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=clean_environment() | environ,
            timeout=280,
        )

    return run


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, tideline: Tideline) -> Path:
    """A folder in which `tideline demo` has been run once; its own settings file is the demo's."""
    folder = tmp_path_factory.mktemp("demo")
    done = tideline("demo", "--folder", ".", cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder
