"""The files in `deploy/` are loaded by their programs, so that errors are noticed."""

import configparser
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import dagster as dg
import pytest
from dagster._cli import cli as dagster
from dagster._core.instance.config import PoolGranularity
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._daemon.cli import cli as dagster_daemon
from dagster_webserver.cli import cli as dagster_webserver

from seedance_assets.adapters.ledger import open_ledger
from seedance_assets.cli import seedance
from seedance_assets.cli.dagster_runs import INSTANCE_SETTINGS
from tests.dagster_face.runs import run
from tests.databases import new_database
from tests.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*/*.service"))
SECRETS = {"RUNCOMFY_TOKEN", "SEEDANCE_SLACK_WEBHOOK", "SEEDANCE_SMTP_URL"}


@contextmanager
def instance_of(settings: str, home: Path) -> Iterator[dg.DagsterInstance]:
    home.mkdir()
    (home / "dagster.yaml").write_text(settings)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def shipped(layout: str) -> str:
    return (DEPLOY / layout / "dagster.yaml").read_text()


@pytest.fixture
def dagster_database(postgres: str, monkeypatch: pytest.MonkeyPatch) -> str:
    url = new_database(postgres).replace("+psycopg://", "+psycopg2://")
    monkeypatch.setenv("SEEDANCE_DAGSTER_DB", url)
    return url


def check_settings(instance: dg.DagsterInstance, runs: int) -> None:
    assert not instance.telemetry_enabled
    assert instance.run_monitoring_enabled
    assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] == 300
    assert not instance.run_retries_enabled
    pools = instance.get_concurrency_config().pool_config
    assert (pools.default_pool_limit, pools.pool_granularity) == (1, PoolGranularity.RUN)
    queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    assert queue.max_concurrent_runs == runs


def test_the_workstation_keeps_its_runs_in_files_and_its_queue_bounded(
    plain_stage: Stage, tmp_path: Path
) -> None:
    with instance_of(shipped("workstation"), tmp_path / "home") as instance:
        check_settings(instance, runs=4)
        plain_stage.write_sheet({"sh010": "A boat."})

        assert run(plain_stage, instance, "intake").success
        assert instance.get_runs_count() == 1


def test_the_server_keeps_its_runs_in_postgresql(
    plain_stage: Stage, tmp_path: Path, dagster_database: str
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    with instance_of(shipped("server"), tmp_path / "one") as instance:
        check_settings(instance, runs=10)
        done = run(plain_stage, instance, "intake")
        assert done.success

    with instance_of(shipped("server"), tmp_path / "another_host") as again:
        found = again.get_run_by_id(done.run_id)
        assert found is not None
        assert found.status is dg.DagsterRunStatus.SUCCESS
        assert again.get_dynamic_partitions("shots") == ["sh010"]
    assert not list(tmp_path.glob("*/history")), "SQLite was used"


def test_the_ledger_of_the_server_opens_in_a_database_of_its_own(postgres: str) -> None:
    ledger = open_ledger(new_database(postgres))

    assert ledger.takes() == []
    ledger.close()


def test_a_new_home_sends_no_telemetry(tmp_path: Path) -> None:
    with instance_of(INSTANCE_SETTINGS, tmp_path / "home") as instance:
        assert not instance.telemetry_enabled


def command_of(unit: Path) -> list[str]:
    parsed = configparser.ConfigParser(interpolation=None, strict=False)
    parsed.read_string(unit.read_text())
    return shlex.split(parsed["Service"]["ExecStart"])


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_every_command_of_a_unit_is_valid(unit: Path) -> None:
    program, *arguments = command_of(unit)
    command: click.Command = {
        "seedance": seedance,
        "dagster": dagster,
        "dagster-daemon": dagster_daemon,
        "dagster-webserver": dagster_webserver,
    }[Path(program).name]
    context = click.Context(command)
    while isinstance(command, click.Group):
        _, found, arguments = command.resolve_command(context, arguments)
        assert found is not None
        command = found
    assert not unknown_options(command, arguments)


def unknown_options(command: click.Command, arguments: list[str]) -> list[str]:
    known = {name for param in command.params for name in param.opts}
    return [word for word in arguments if word.startswith("-") and word not in known]


def test_the_web_server_uses_the_address_of_the_code_server() -> None:
    (origin,) = WorkspaceFileTarget([str(DEPLOY / "server" / "workspace.yaml")]).create_origins()
    words = command_of(DEPLOY / "server" / "seedance-code.service")

    assert isinstance(origin, GrpcServerCodeLocationOrigin)
    assert words[words.index("-h") + 1] == origin.host == "127.0.0.1"
    assert words[words.index("-p") + 1] == str(origin.port)


def test_no_unit_imports_or_reads_settings_from_the_sheets_folder() -> None:
    example = (DEPLOY / "server" / "seedance.env.example").read_text()
    sheet_folder = str(Path(re.findall(r"SEEDANCE_SHEET=(.*)", example)[0]).parent)
    for unit in UNITS:
        parsed = configparser.ConfigParser(interpolation=None, strict=False)
        parsed.read_string(unit.read_text())
        words = command_of(unit)
        own = Path(words[0]).name == "seedance"  # it sees to that itself
        assert own or "Environment=PYTHONSAFEPATH=1" in unit.read_text().splitlines(), unit
        # Dagster's processes read a file .env of their current folder
        assert own or parsed["Service"]["WorkingDirectory"] != sheet_folder, unit
        if "code-server" in words:
            imports_from = words[words.index("-d") + 1]
            assert not Path(parsed["Service"]["WorkingDirectory"]).is_relative_to(imports_from)


@pytest.mark.parametrize("layout", ["server", "workstation"])
def test_an_example_environment_has_no_secret_and_no_unused_variable(
    layout: str,
) -> None:
    lines = (DEPLOY / layout / "seedance.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert given.keys() >= SECRETS
    assert not any(given[name] for name in SECRETS)
    assert not [value for value in given.values() if re.search(r"://[^/]*:[^/]*@", value)]
    read_somewhere = "".join(
        path.read_text()
        for path in [*(ROOT / "seedance_assets").rglob("*.py"), *DEPLOY.rglob("dagster.yaml")]
    )
    ours = [name for name in given if not name.startswith("DAGSTER_")]
    assert [name for name in ours if name not in read_somewhere] == []


@pytest.mark.parametrize("layout", ["server", "workstation"])
def test_the_readme_of_a_layout_names_every_file(layout: str) -> None:
    readme = (DEPLOY / layout / "README.md").read_text()
    files = {path.name for path in (DEPLOY / layout).iterdir()} - {"README.md"}

    assert len(readme.splitlines()) < 70
    missing = [f for f in files if f not in readme and f.removesuffix(".service") not in readme]
    assert missing == []
