"""EDGE: where batches run. The crawl runs in a process of its own.

Twisted's reactor runs once in a process, and a crawler that hangs or swells must be killable; so the flow
starts ``python -m crawlers`` and reads its progress, one JSON object a line. Nothing is handed over in
memory: pages go into the store, and what a killed crawl has not done is still to do.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.config import as_environment
from pipeline.errors import CollectError
from pipeline.model import Candidate, Probe

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterator, Sequence

    from pipeline.config import Config

GRACE_SECONDS = 20  # between asking a process to end and ending it; a daemon has 30 in all


def crawl(config: Config, progress: Callable[[int, int], None]) -> dict[str, int]:
    """Run one crawl to its end and return its counts.

    Raises CollectError with the crawler's last words when it failed as a whole; a source that failed costs
    only itself and is in the store.
    """
    with tempfile.TemporaryFile() as errors, _process(config, errors) as child:
        counts = _read(child, progress)
        code = child.wait()
        if code != 0:
            errors.seek(0)
            last = errors.read()[-2000:].decode(errors="replace").strip().splitlines()
            raise CollectError(f"the crawler ended with status {code}: {last[-1] if last else 'no message'}")
    return counts


def probe(config: Config, addresses: Sequence[str], progress: Callable[[str], None]) -> Generator[Probe, None, None]:
    """Yield what a look at each address found, in their order; ``progress`` is told each address that is fetched.

    Raises CollectError with the crawler's last words when it failed as a whole.
    """
    with tempfile.TemporaryFile() as errors, _process(config, errors, "--probe", *addresses) as child:
        for line in child.stdout or ():
            with contextlib.suppress(json.JSONDecodeError):
                step = json.loads(line)
                if "looked" in step:
                    progress(step["looked"])
                if "probe" in step:
                    yield _probe(step["probe"])
        if code := child.wait():
            errors.seek(0)
            raise CollectError(
                f"the probe ended with status {code}: {errors.read()[-2000:].decode(errors='replace').strip()}"
            )


def _probe(told: dict[str, Any]) -> Probe:
    candidates = [
        Candidate(**x | {"newest": datetime.fromisoformat(x["newest"]) if x["newest"] else None})
        for x in told["candidates"]
    ]
    tried = tuple((address, reason) for address, reason in told["tried"])
    return Probe(**told | {"candidates": tuple(candidates), "tried": tried, "signals": tuple(told["signals"])})


@contextlib.contextmanager
def _process(config: Config, errors: object, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "crawlers", "--parent", str(os.getpid())]
    command += ["--config", str(config.file)] if config.file else []
    command += more
    child = subprocess.Popen(  # noqa: S603 - our own module, no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,  # type: ignore[call-overload]
        text=True,
        encoding="utf-8",
        env=os.environ | as_environment(config),
        start_new_session=True,  # Ctrl-C reaches us first; we then end the crawl in order
    )
    try:
        yield child
    finally:
        _end(child)
        if child.stdout:
            child.stdout.close()


def _end(child: subprocess.Popen[str]) -> None:
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _read(child: subprocess.Popen[str], progress: Callable[[int, int], None]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line in child.stdout or ():
        with contextlib.suppress(json.JSONDecodeError):  # a library's stray print is no progress
            step = json.loads(line)
            if isinstance(step, dict) and "done" in step:
                progress(int(step["done"]), int(step.get("total", 0)))
            if isinstance(step, dict) and step.get("finished"):
                counts = {str(k): int(v) for k, v in step.get("counts", {}).items()}
    return counts


# ------------------------------------------------------------------ stages as processes
def run_stages(config: Config, arguments: Sequence[str], stop: threading.Event) -> int:
    """Run ``tideline run`` with ``arguments`` as a process; end it when ``stop`` is set. Returns its exit status."""
    file = ["--config", str(config.file)] if config.file else []
    command = [sys.executable, "-m", "pipeline", "run", "--quiet", *file, *arguments]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=os.environ | as_environment(config))  # noqa: S603 - our own module
    while child.poll() is None:
        if stop.wait(0.2):
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
    return child.wait()


def holder() -> str:
    """Name this process as the holder of a lease: machine and process number."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_gone(name: str) -> bool:
    """Tell whether a holder on this machine no longer lives; of other machines nothing is known."""
    host, _, pid = name.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
