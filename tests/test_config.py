"""Settings: one table, read from file and environment, with errors that name file and field."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from pipeline import config
from pipeline.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, text: str) -> Path:
    file = folder / "tideline.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_every_setting_has_its_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    loaded = config.load(environ={})

    assert loaded == config.Config()


def test_a_file_in_the_current_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "[crawl]\ndelay = 3\n")
    monkeypatch.chdir(tmp_path)

    assert config.load(environ={}).crawl_delay == 3.0


def test_the_environment_goes_before_the_file_and_an_argument_before_both(tmp_path: Path) -> None:
    file = written(tmp_path, "[crawl]\ndelay = 3\ntimeout = 3\n")

    loaded = config.load(file, environ={"TIDELINE_CRAWL_DELAY": "5", "TIDELINE_CRAWL_TIMEOUT": "5"}, crawl_timeout=7.0)

    assert (loaded.crawl_delay, loaded.crawl_timeout) == (5.0, 7.0)


def test_a_relative_database_lies_beside_the_settings_file(tmp_path: Path) -> None:
    file = written(tmp_path, 'database = "sqlite:///here.db"\n')

    assert config.load(file, environ={}).database_url == f"sqlite:///{tmp_path}/here.db"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[crawl]\ndelai = 3", r"tideline.toml: \[crawl\] delai: unknown setting; did you mean \[crawl\] delay\?"),
        ("[crawl]\ndelay = 'x'", r"tideline.toml: \[crawl\] delay: a number is wanted, not 'x'"),
        ("[crawl]\ndelay = -1", r"tideline.toml: \[crawl\] delay: -1.0 is below zero"),
        ("sources = [1]", r"tideline.toml: sources: a list of strings is wanted"),
        ("database = 'here.db'", r"tideline.toml: database: 'here.db' is no URL"),
        ("[digest]\nlanguage = 'xx'", r"tideline.toml: \[digest\] language: 'xx' is neither en nor es"),
        ("[schedule]\ndigest = '25:00'", r"tideline.toml: \[schedule\] digest: '25:00' is no time of day"),
        ("= 3", r"tideline.toml: not valid TOML"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_file_and_field(tmp_path: Path, text: str, message: str) -> None:
    file = written(tmp_path, text)

    with pytest.raises(SettingError, match=message):
        config.load(file, environ={})


def test_a_bad_number_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="TIDELINE_SMTP_PORT: 'mail' is no number"):
        config.load(written(tmp_path, ""), environ={"TIDELINE_SMTP_PORT": "mail"})


def test_a_child_process_gets_the_same_settings_through_the_environment(tmp_path: Path) -> None:
    file = written(tmp_path, 'sources = ["a", "b"]\n[crawl]\ndelay = 0.5\n')
    parent = config.load(file, environ={}, crawl_proxy="http://127.0.0.1:9")

    assert config.load(file, environ=config.as_environment(parent)) == parent


def test_the_written_file_names_every_setting_and_loads_as_the_defaults(tmp_path: Path) -> None:
    text = config.as_toml()
    file = written(tmp_path, text)

    loaded = config.load(file, environ={})

    assert loaded == config.Config(file=file)
    for setting in config.settings():
        assert setting.metadata["name"].rpartition(".")[2] in text
        assert setting.metadata["help"] in text


def test_every_default_of_the_written_file_is_valid_when_uncommented(tmp_path: Path) -> None:
    lines = config.as_toml().splitlines()
    uncommented = "\n".join(x.removeprefix("# ") if " = " in x else x for x in lines)

    assert tomllib.loads(uncommented)
    assert config.load(written(tmp_path, uncommented), environ={}).database == "sqlite:///tideline.db"
