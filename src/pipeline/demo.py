"""The main job offline: serves the bundled newsroom on loopback and points the pipeline at it.

The newsroom is a program of its own that the tests use too; here it is started as a process, so that the
pipeline meets it only over HTTP. It acts as a proxy for its outlets, whose ``.example`` addresses stay the
same whatever port is free, so a second run finds nothing new.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline import config as settings
from pipeline.errors import CollectError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from pipeline.config import Config

SETTINGS = """\
# Written by `tideline demo`: the bundled newsroom, dated so that its newest day is the day before {today}.
# Look around with `tideline trends --config {file}` and the like.
database = "sqlite:///{today}.sqlite"
sources = [{sources}]

[crawl]
delay = 0.0        # it is our own server on loopback

[digest]
folder = "."
"""


@contextmanager
def newsroom(today: date) -> Iterator[str]:
    """Serve the bundled newsroom on a free loopback port; yield its address, to be used as a proxy."""
    site = settings.data_folder("newsroom") / "site.py"
    command = [sys.executable, str(site), "--today", today.isoformat(), "--until-stdin-closes"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own file, no shell
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise CollectError(f"{site}: the bundled newsroom did not start")
        yield f"http://127.0.0.1:{json.loads(line)['port']}"
    finally:
        process.terminate()
        process.communicate()


def prepare(folder: Path, today: date, proxy: str) -> Config:
    """Write the demo's settings file into ``folder`` and return the settings; one database a day."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "tideline.toml"
    sources = json.dumps(str(settings.data_folder("newsroom") / "sources.toml"))
    file.write_text(SETTINGS.format(today=today.isoformat(), file=file, sources=sources), encoding="utf-8")
    return settings.load(file, crawl_proxy=proxy)
