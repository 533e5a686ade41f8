"""The example `examples/two_shows`: two shows in one code location, each from its own YAML."""

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from seedance_assets.adapters.ledger import open_ledger
from seedance_assets.component import ShotProductionComponent
from tests.command import environment_of
from tests.conftest import OpenStage
from tests.dagster_face.runs import told
from tests.notices.receivers import running_webhook
from tests.stage import Stage

PROJECT = Path(__file__).parents[2] / "examples" / "two_shows"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the project as the working directory."""
    made = shutil.ignore_patterns("storage", "__pycache__", "*.egg-info")
    root = shutil.copytree(PROJECT, tmp_path / "two_shows", ignore=made)
    monkeypatch.chdir(root)
    monkeypatch.syspath_prepend(str(root / "src"))
    yield root
    for name in [name for name in sys.modules if name.split(".")[0] == "two_shows"]:
        del sys.modules[name]


def load() -> dg.Definitions:
    module = importlib.import_module("two_shows.definitions")
    definitions: dg.Definitions = module.defs()
    return definitions


def produce(definitions: dg.Definitions, instance: dg.DagsterInstance, show: str) -> bool:
    return all(
        definitions.resolve_job_def(f"{show}_{job}")
        .execute_in_process(instance=instance, raise_on_error=False)
        .success
        for job in ("intake", "production", "review")
    )


def serve(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RUNCOMFY_MODEL_API_BASE", "RUNCOMFY_TOKEN"):
        monkeypatch.setenv(name, stage.environ[name])
    monkeypatch.delenv("SEEDANCE_HOME", raising=False)


def set_budget(project: Path, show: str, **caps: float) -> None:
    file = project / "src" / "two_shows" / "defs" / show / "defs.yaml"
    before, _ = file.read_text().split("  budget:")
    lines = [f"    {name}: {value}" for name, value in caps.items()]
    file.write_text("\n".join([f"{before}  budget:", *lines, ""]))


@pytest.mark.parametrize("shared", [False, True], ids=["own ledgers", "one ledger"])
def test_each_show_is_made_and_neither_sees_the_others_takes(
    project: Path,
    open_stage: OpenStage,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    shared: bool,
) -> None:
    if shared:
        monkeypatch.setenv("SEEDANCE_LEDGER_URL", f"sqlite:///{project / 'shared.db'}")
    with open_stage() as stage:
        serve(stage, monkeypatch)
        definitions = load()
        dg.Definitions.validate_loadable(definitions)

        assert produce(definitions, instance, "harbour")
        assert stage.charges() == 2
        assert produce(definitions, instance, "heath")
        assert stage.charges() == 4

    assert instance.get_dynamic_partitions("harbour_shots") == ["sh010", "sh020"]
    homes = {show: project / "storage" / show for show in ("harbour", "heath")}
    if shared:
        with closing(open_ledger(f"sqlite:///{project / 'shared.db'}")) as ledger:
            scopes = {take.scope for take in ledger.takes()}
        assert {scope.split()[-1] for scope in scopes} == {"harbour", "heath"}
    else:
        for home in homes.values():
            with closing(open_ledger(f"sqlite:///{home / 'ledger.db'}")) as ledger:
                assert len(ledger.takes()) == 2
    for home in homes.values():
        assert (home / "review" / "index.html").is_file()


def test_the_budget_of_one_show_stops_that_show_alone(
    project: Path,
    open_stage: OpenStage,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_budget(project, "heath", total_usd=0.01)
    with open_stage() as stage:
        serve(stage, monkeypatch)
        definitions = load()

        assert not produce(definitions, instance, "heath")
        assert produce(definitions, instance, "harbour")

        assert stage.charges() == 2


def test_shows_with_one_home_do_not_make_each_others_shots(
    project: Path,
    open_stage: OpenStage,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for show in ("harbour", "heath"):
        file = project / "src" / "two_shows" / "defs" / show / "defs.yaml"
        file.write_text(file.read_text() + "  home: storage/both\n")
    with open_stage() as stage:
        serve(stage, monkeypatch)
        definitions = load()
        for show in ("harbour", "heath"):
            job = definitions.resolve_job_def(f"{show}_intake")
            assert job.execute_in_process(instance=instance).success

        production = definitions.resolve_job_def("harbour_production")
        made = production.execute_in_process(instance=instance, raise_on_error=False)

        assert stage.charges() == 0
        assert "is that of show 'heath'. Give each show a home of its own" in told(made)


def test_a_name_that_cannot_be_is_said_in_one_sentence(project: Path) -> None:
    file = project / "src" / "two_shows" / "defs" / "heath" / "defs.yaml"
    file.write_text(file.read_text().replace("show: heath", "show: The Heath"))

    with pytest.raises(Exception, match="building definitions for heath") as caught:
        load()
    assert "'The Heath' cannot be the name of a show" in str(caught.value.__cause__)


def look(
    definitions: dg.Definitions, instance: dg.DagsterInstance, show: str, cursor: str | None
) -> str | None:
    """One tick of the sensor that tells people; returns its cursor."""
    production = f"{show}_production"
    context = dg.build_sensor_context(
        instance=instance,
        cursor=cursor,
        definitions=definitions,
        resources={production: (definitions.resources or {})[production]},
    )
    return (
        definitions.resolve_sensor_def(f"{show}_notify_run_results").evaluate_tick(context).cursor
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  budgets: {total_usd: 5}", "budgets"),
        ("  budget: {total_euro: 5}", "budget of the production: total_euro"),
        ("  budget: {total_usd: -5}", "budget of the production: total_usd"),
        ("  look_every_s: 1", "look_every_s"),
        ("  nightly: at two", "at two"),
    ],
    ids=["no such field", "no such cap", "a cap below zero", "too often", "no cron"],
)
def test_a_mistake_in_the_file_names_the_show_and_the_place(
    project: Path, line: str, said: str
) -> None:
    file = project / "src" / "two_shows" / "defs" / "heath" / "defs.yaml"
    before, _ = file.read_text().split("  budget:")
    file.write_text(f"{before}{line}\n")

    with pytest.raises(Exception, match="heath") as caught:
        load()
    assert said in "\n".join(map(str, (caught.value, caught.value.__cause__)))


def test_every_field_of_the_component_says_what_it_is_for() -> None:
    schema = ShotProductionComponent.model().model_json_schema()["properties"]

    assert schema.keys() == ShotProductionComponent.model_fields.keys()
    assert [name for name in schema if not schema[name].get("description")] == []


def test_each_show_has_its_own_way_to_notify_run_results(
    project: Path,
    open_stage: OpenStage,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = project / "src" / "two_shows" / "defs" / "heath"
    file = folder / "defs.yaml"
    file.write_text(file.read_text().replace("show: heath", "show: heath\n  slack_variable: HEATH"))
    (folder / "production.toml").write_text('[notices]\nway = "slack"\n')
    with open_stage() as stage, running_webhook() as hook:
        serve(stage, monkeypatch)
        monkeypatch.setenv("HEATH", hook.url)
        definitions = load()
        cursor = look(definitions, instance, "heath", None)

        produce(definitions, instance, "heath")
        produce(definitions, instance, "harbour")
        look(definitions, instance, "heath", cursor)

    assert len(hook.posts) == 1
    assert "2 of 2 shots done" in hook.posts[0][1].decode()


def test_the_component_in_the_readme_loads(project: Path) -> None:
    readme = (PROJECT.parents[1] / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert block is not None
    file = project / "src" / "two_shows" / "defs" / "harbour" / "defs.yaml"

    file.write_text(re.sub(r"^  ", "", block.group(1), flags=re.MULTILINE))

    assert load().resolve_job_def("harbour_production")


def test_the_second_command_of_its_readme_makes_both_shows_once(project: Path) -> None:
    assert "&& python -m two_shows" in (project / "README.md").read_text(encoding="utf-8")
    environment = environment_of(project, PYTHONPATH=str(project / "src"))
    del environment["SEEDANCE_HOME"]

    for _ in range(2):
        subprocess.run(
            [sys.executable, "-m", "two_shows"],
            cwd=project,
            env=environment,
            stderr=subprocess.PIPE,
            check=True,
            timeout=300,
        )

        for show in ("harbour", "heath"):
            home = project / "storage" / show
            assert len(list(home.rglob("media/**/*.mp4"))) == 2
            assert (home / "review" / "index.html").is_file()


def test_the_example_does_not_spend_money(project: Path) -> None:
    environment = environment_of(project, PYTHONPATH=str(project / "src"), RUNCOMFY_TOKEN="t")

    done = subprocess.run([sys.executable, "-m", "two_shows"], env=environment, check=False)

    assert done.returncode == 64
    assert not (project / "storage").exists()
