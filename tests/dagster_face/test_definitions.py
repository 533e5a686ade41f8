"""The definitions load, and the graph is the one that the README draws."""

import subprocess
import sys
from pathlib import Path

import dagster as dg

from seedance_assets.definitions import build_definitions, defs

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
