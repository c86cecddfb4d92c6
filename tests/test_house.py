"""The house: every command has an example, every setting is documented, files stay small, nothing is left over."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

from pipeline import cli, config, flow, schedule

ROOT = Path(__file__).parent.parent
MODULES = sorted([*(ROOT / "src/pipeline").rglob("*.py"), *(ROOT / "crawlers").rglob("*.py")])
SOURCE = [m for m in MODULES if "versions" not in m.parts]
NOUNS_ONLY = {"model.py"}  # one catalogue of all nouns


@pytest.mark.parametrize("name", sorted(cli.cli.commands))
def test_every_command_says_what_it_does_and_ends_with_an_example(name: str) -> None:
    command = cli.cli.commands[name]

    assert command.help
    assert f"tideline {name}" in (command.epilog or "")


@pytest.mark.parametrize("name", sorted(cli.cli.commands))
def test_every_command_is_documented(name: str) -> None:
    assert f"tideline {name}" in (ROOT / "docs" / "commands.md").read_text()


@pytest.mark.parametrize("name", ["trends", "stories", "sources", "themes", "rejections", "query", "digest"])
def test_every_reading_command_prints_json_and_csv(name: str) -> None:
    options = {option for p in cli.cli.commands[name].params for option in p.opts}

    assert {"--json", "--csv", "--config", "--database", "--quiet", "--verbose"} <= options


def test_the_settings_page_is_what_the_table_of_settings_says() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()

    for setting in config.settings():
        assert f"`{setting.metadata['name']}`" in page
        assert setting.metadata["help"].replace("|", "\\|") in page


@pytest.mark.parametrize("path", SOURCE, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_opens_with_what_it_does(path: Path) -> None:
    tree = ast.parse(path.read_text())

    assert ast.get_docstring(tree) or not tree.body


@pytest.mark.parametrize("path", SOURCE, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_grows_beyond_four_hundred_lines(path: Path) -> None:
    assert path.name in NOUNS_ONLY or len(path.read_text().splitlines()) <= 400


def test_functions_stay_small() -> None:
    lengths = [
        node.end_lineno - node.lineno + 1
        for path in SOURCE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno
    ]
    lengths.sort()

    assert lengths[len(lengths) // 2] <= 12
    assert lengths[int(len(lengths) * 0.9)] <= 28


def test_no_broad_except_but_the_one_around_an_item() -> None:
    broad = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
        and not any(isinstance(x, ast.Raise) for x in ast.walk(node))
    ]

    # extraction hands strangers' markup to trafilatura and htmldate, whose errors are of any kind
    third_parties = ["src/pipeline/extract/body.py", "src/pipeline/extract/dates.py"]
    assert [x.rpartition(":")[0] for x in broad] == [*third_parties, "src/pipeline/flow.py"]


def test_versions_are_not_below_the_ones_with_known_holes() -> None:
    floors = {"scrapy": (2, 14, 2), "lxml": (6, 1, 0), "torch": (2, 10)}
    for name, floor in floors.items():
        version = importlib.import_module("importlib.metadata").version(name)
        assert tuple(int(x) for x in re.findall(r"\d+", version)[: len(floor)]) >= floor


def test_what_is_shipped_names_no_path_of_a_machine() -> None:
    texts = [*SOURCE, *(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "Makefile", ROOT / "constraints.txt"]

    for path in texts:
        assert not re.search(r"/(?:work|root|home)/\w", path.read_text()), path


def test_the_daemon_runs_every_stage() -> None:
    jobs = schedule.jobs(config.Config())
    run = {name for _, arguments in jobs.values() for name in arguments[1].split(",")}

    assert run | {"digest"} == {name for name, _ in flow.STAGES}
