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


def test_an_installed_wheel_runs_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    place, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(place)
    environ = clean_environment() | {"PYTHONPATH": str(place)}
    where = "import pipeline, crawlers; print(pipeline.__file__, crawlers.__file__)"
    found = subprocess.run([sys.executable, "-c", where], cwd=elsewhere, env=environ, capture_output=True, text=True)
    assert found.stdout.count(str(place)) == 2

    def tideline(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipeline", *arguments]
        return subprocess.run(command, cwd=elsewhere, env=environ, capture_output=True, text=True)

    assert tideline("themes").returncode == 0
    assert tideline("sources").returncode == 0
    done = tideline("demo", "--folder", "demo")
    assert done.returncode == 0, done.stderr[-2000:]
    assert list((elsewhere / "demo").glob("digest-*.html"))
