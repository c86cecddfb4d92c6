"""A wheel carries all that the demo needs, and nothing that gives the newsroom's answers away."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import clean_environment

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_code_data_and_migrations_but_not_the_truth(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    for name in (
        "pipeline/cli.py",
        "pipeline/store/migrations/env.py",
        "pipeline/outputs/templates/digest.html.j2",
        "pipeline/data/models/themes/commoditization.toml",
        "pipeline/data/models/manifest.toml",
        "pipeline/data/newsroom/site.py",
        "pipeline/data/newsroom/sources.toml",
        "crawlers/sources/english.toml",
        "crawlers/spiders/feed.py",
    ):
        assert name in names
    assert not [name for name in names if "truth" in name]
    assert {name.split("/")[0] for name in names} <= {"pipeline", "crawlers", "tideline-0.1.0.dist-info"}


def test_an_installed_wheel_crawls_its_newsroom_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    place, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(place)
    environ = clean_environment() | {"PYTHONPATH": str(place)}
    where = "import pipeline, crawlers; print(pipeline.__file__, crawlers.__file__)"
    found = subprocess.run([sys.executable, "-c", where], cwd=elsewhere, env=environ, capture_output=True, text=True)
    assert found.stdout.count(str(place)) == 2

    program = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pipeline import cli, demo
with demo.newsroom(datetime.now(UTC).date()) as proxy:
    config = demo.prepare(Path("demo"), datetime.now(UTC).date(), proxy)
    sys.argv = ["tideline", "run", "--config", str(config.file), "--only", "collect,extract,trend,summarise,digest"]
    import os
    os.environ["TIDELINE_CRAWL_PROXY"] = proxy
    cli.main()
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=elsewhere, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert list((elsewhere / "demo").glob("digest-*.html"))
    for command in ("themes", "sources", "--help"):
        asked = [sys.executable, "-m", "pipeline", command]
        assert subprocess.run(asked, cwd=elsewhere, env=environ, capture_output=True).returncode == 0
