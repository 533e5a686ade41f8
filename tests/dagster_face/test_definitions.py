"""The definitions load, and the graph is the one that the README draws."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
from dagster._core.definitions.freshness import TimeWindowFreshnessPolicy

from seedance_assets.definitions import build_definitions, defs
from seedance_assets.defs.sensors.sheet_watch import REFRESH_AFTER_S
from seedance_assets.defs.show import Show

ROOT = Path(__file__).resolve().parents[2]


def test_the_definitions_are_loadable() -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_graph_leads_from_the_sheet_to_the_report() -> None:
    graph = build_definitions().resolve_asset_graph()
    parents = {
        key.to_user_string(): sorted(p.to_user_string() for p in graph.get(key).parent_keys)
        for key in graph.get_all_asset_keys()
    }

    assert parents == {
        "shot_list": [],
        "production_plan": ["shot_list"],
        "shot_request": ["shot_list"],
        "generation": ["shot_request"],
        "video": ["generation"],
        "measurements": ["video"],
        "qc_report": ["measurements", "shot_list"],
    }


def test_nothing_that_costs_money_happens_by_itself() -> None:
    graph = build_definitions().resolve_asset_graph()

    automated = {
        key.to_user_string()
        for key in graph.get_all_asset_keys()
        if graph.get(key).automation_condition is not None
    }
    assert automated == {"qc_report"}


def test_the_workspace_file_is_valid_with_nothing_set_in_the_environment(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "dagster", "definitions", "validate"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_every_asset_says_what_it_is_who_owns_it_what_it_costs_and_where_its_code_is() -> None:
    graph = build_definitions().resolve_asset_graph()
    nodes = {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}

    assert [name for name, node in nodes.items() if not (node.description and node.kinds)] == []
    assert {tuple(node.owners) for node in nodes.values()} == {("team:production",)}
    costs = {name: node.tags["costs"] for name, node in nodes.items()}
    assert [name for name, cost in costs.items() if cost != "nothing"] == ["generation"]
    for name, node in nodes.items():
        (code,) = node.metadata["dagster/code_references"].value.code_references
        assert Path(code.file_path).is_relative_to(ROOT / "seedance_assets" / "defs"), name
        line = Path(code.file_path).read_text().splitlines()[code.line_number - 1]
        assert line.strip().startswith("@dg."), name


def test_owners_are_those_of_the_show() -> None:
    graph = build_definitions(show=Show(owners=("team:harbour",))).resolve_asset_graph()

    assert {tuple(graph.get(k).owners) for k in graph.get_all_asset_keys()} == {("team:harbour",)}


def test_what_is_read_daily_is_missed_after_a_day_and_nothing_else_is_ever_too_old() -> None:
    graph = build_definitions().resolve_asset_graph()
    policies = {
        key.to_user_string(): graph.get(key).freshness_policy for key in graph.get_all_asset_keys()
    }

    watched = {name: policy for name, policy in policies.items() if policy is not None}
    assert watched.keys() == {"shot_list", "production_plan"}
    for policy in watched.values():
        assert isinstance(policy, TimeWindowFreshnessPolicy)
        assert policy.warn_window is not None
        warn_s = policy.warn_window.to_timedelta().total_seconds()
        fail_s = policy.fail_window.to_timedelta().total_seconds()
        assert REFRESH_AFTER_S < warn_s < fail_s


def test_whatever_runs_by_itself_or_on_demand_says_what_it_does() -> None:
    definitions = build_definitions()

    described = (
        *(definitions.sensors or ()),
        *(definitions.schedules or ()),
        *(definitions.resolve_all_job_defs()),
    )
    assert [each.name for each in described if not each.description] == ["__ASSET_JOB"]
