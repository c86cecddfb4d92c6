"""What several test modules share: one run of the demo, and a command line as a user has it."""

from __future__ import annotations

import fcntl
import os
import shutil
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
    """A folder in which `tideline demo` has been run once; its own settings file is the demo's.

    Processes of one test run share the demo, each with a copy of its own.
    """
    folder = tmp_path_factory.mktemp("demo")
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _run_demo(tideline, folder)
        return folder
    shared = tmp_path_factory.getbasetemp().parent / "demo-of-all"
    with (shared.with_suffix(".lock")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            begun = tmp_path_factory.mktemp("demo-run")
            _run_demo(tideline, begun)
            begun.rename(shared)
    shutil.copytree(shared, folder, dirs_exist_ok=True)
    return folder


def _run_demo(tideline: Tideline, folder: Path) -> None:
    done = tideline("demo", "--folder", ".", cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
