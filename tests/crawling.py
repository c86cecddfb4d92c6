"""A desk to crawl from: settings, a database and the crawl process itself. Shared by the tests that really crawl."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from conftest import clean_environment

from pipeline.model import Source
from pipeline.store import open_store, work

if TYPE_CHECKING:
    from pathlib import Path

    from loopback import Web

ROOT = __file__.rpartition("/tests/")[0]


@dataclass
class Desk:
    """A folder with settings and a database, and the crawls that are run in it."""

    folder: Path
    web: Web
    sources: dict[str, tuple[str, str]]
    more: str = ""
    proxied: bool = True

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        door = f'proxy = "{self.web.proxy}"' if self.proxied else f'allow = ["127.0.0.1:{self.web.port}"]'
        self.config.write_text(
            f'database = "{self.database}"\n[crawl]\ndelay = 0.0\nfloor = 0.0\nceiling = 0.0\ntimeout = 2.0\n'
            f"max_bytes = 200000\n{door}\n{self.more}\n"
        )
        with open_store(self.database) as store:
            work.sync_catalogue(
                store,
                sources=[source(key, way, address) for key, (way, address) in self.sources.items()],
                themes=[], entities=[], conferences=[], now=datetime.now(UTC),
            )  # fmt: skip

    @property
    def config(self) -> Path:
        return self.folder / "tideline.toml"

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'tideline.db'}"

    def start(self) -> subprocess.Popen[str]:
        environment = clean_environment() | {"PYTHONPATH": os.pathsep.join([f"{ROOT}/src", ROOT])}
        return subprocess.Popen(
            [sys.executable, "-m", "crawlers", "--config", str(self.config)],
            cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def crawl(self, *, status: int = 0) -> list[dict[str, Any]]:
        process = self.start()
        out, err = process.communicate(timeout=60)
        assert process.returncode == status, err
        assert status or not err
        return [json.loads(line) for line in out.splitlines()]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.folder / "tideline.db")
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def run_sql(self, sql: str) -> None:
        with open_store(self.database) as store, store.writing() as connection:
            connection.exec_driver_sql(sql)

    def pages(self) -> set[str]:
        return {url for (url,) in self.rows("SELECT url FROM pages")}

    def reasons(self, stage: str = "fetch") -> dict[str, str]:
        return dict(self.rows(f"SELECT url, reason FROM rejections WHERE stage = '{stage}'"))


def source(key: str, way: str, address: str) -> Source:
    return Source(key, key, way, address, "en", "US", "trade press")


def wait_for(done: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
