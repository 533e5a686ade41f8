"""Dagster's own commands work in the repository as they are documented, with nothing set."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.command import end_session, environment_of, free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent


def environment(home: Path) -> dict[str, str]:
    path = os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])
    return environment_of(
        home, PATH=path, DAGSTER_HOME=str(home), COLUMNS="200", DAGSTER_DISABLE_TELEMETRY="1"
    )


def program(name: str) -> str:
    found = shutil.which(name, path=str(PROGRAMS))
    if found is None:
        reason = f"`{name}` is not installed: it comes with the extra `dev`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def call(home: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program(name), *arguments],
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )


def test_dg_lists_the_definitions_without_a_warning(tmp_path: Path) -> None:
    said = call(tmp_path, "dg", "list", "defs", "--json")

    listed = json.loads(said.stdout)
    assert {"shot_list", "generation", "video"} <= {
        asset["asset_key"] for asset in listed["assets"]
    }
    assert "Warning" not in said.stderr


@pytest.mark.parametrize("what", ["defs", "toml", "yaml"])
def test_dg_finds_nothing_wrong(tmp_path: Path, what: str) -> None:
    said = call(tmp_path, "dg", "check", what)

    assert "rror" not in said.stdout
    assert "Warning" not in said.stdout + said.stderr


def test_the_definitions_validate_without_a_deprecation_of_ours(tmp_path: Path) -> None:
    said = call(tmp_path, "dagster", "definitions", "validate")

    warnings = re.findall(r"\w+Warning: .*", said.stdout + said.stderr)
    theirs = "Function `definitions_validate_command` is superseded"  # of the command itself
    assert [line for line in warnings if theirs not in line] == []
    assert "All code locations passed validation" in said.stdout + said.stderr


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a `dg dev` in the repository."""
    port = free_port()
    with ExitStack() as ended:
        log = ended.enter_context((tmp_path / "log").open("wb"))
        process = ended.enter_context(
            subprocess.Popen(
                [program("dg"), "dev", "-p", str(port)],
                cwd=ROOT,
                env=environment(tmp_path),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        )
        ended.callback(end_session, process)
        yield f"http://127.0.0.1:{port}"


def test_dg_dev_serves_the_code_location(served: str) -> None:
    query = "{repositoriesOrError{... on RepositoryConnection{nodes{location{name}}}}}"
    answers: list[str] = []

    def answered() -> bool:
        with suppress(httpx.TransportError):
            answers.append(httpx.post(f"{served}/graphql", json={"query": query}, timeout=60).text)
        return bool(answers)

    wait_for(answered)
    assert "seedance_assets" in answers[0]
