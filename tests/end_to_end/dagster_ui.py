"""`seedance ui` as a process, spoken to by GraphQL as the page does."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from seedance_assets.defs.production import OP, OWNER_TAG
from seedance_assets.production.events import Stage as Stations
from seedance_assets.wiring import read_production
from tests.command import environment_of
from tests.stage import Stage

_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""
_ADD_PARTITION = """
mutation Add($here: RepositorySelector!, $shot: String!) {
  addDynamicPartition(repositorySelector: $here, partitionsDefName: "shots", partitionKey: $shot) {
    __typename
  }
}"""
_BACKFILL = """
mutation Backfill($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}"""
_RELAUNCH = """
mutation Relaunch($params: ReexecutionParams!) {
  reexecutePartitionBackfill(reexecutionParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}"""
_BACKFILL_STATUS = """
query Backfill($id: String!) {
  partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } }
}"""
_OBSERVED = """
query Observed($key: AssetKeyInput!, $shots: [String!]) {
  assetOrError(assetKey: $key) {
    ... on Asset {
      assetObservations(limit: 1, partitions: $shots) {
        metadataEntries { label ... on TextMetadataEntry { text } }
      }
    }
  }
}"""
_HERE = {
    "repositoryLocationName": "seedance_assets.definitions",
    "repositoryName": "__repository__",
}
_TERMINATE = """
mutation Terminate($id: String!) {
  terminateRun(runId: $id) { __typename ... on TerminateRunFailure { message } }
}"""
_RUN = """
query Run($id: ID!) {
  runOrError(runId: $id) { ... on Run { status tags { key value } } }
}"""


@dataclass
class DagsterUi:
    """Dagster's web server and daemon over a stage."""

    stage: Stage
    url: str

    def launch(self, **config: Any) -> str:
        """Launch `production`; returns the run's id."""
        return self.launch_job("production", {OP: {"config": config}})

    def launch_job(self, job: str, ops: Mapping[str, Any]) -> str:
        """Launch a job, as the Launchpad does; returns the run's id."""
        params = {
            "selector": {**_HERE, "jobName": job},
            "runConfigData": {"ops": dict(ops)},
            "mode": "default",
        }
        answer = self._ask(_LAUNCH, params=params)["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        run_id: str = answer["run"]["runId"]
        return run_id

    def backfill(self, shots: Sequence[str]) -> str:
        """Materialise some partitions of the four stations; returns the backfill's id."""
        for shot in shots:
            self._ask(_ADD_PARTITION, here=_HERE, shot=shot)
        params = {
            "assetSelection": [{"path": [stage.asset]} for stage in Stations],
            "partitionNames": list(shots),
        }
        return self._backfill_id(self._ask(_BACKFILL, params=params)["launchPartitionBackfill"])

    def relaunch_failed(self, backfill_id: str) -> str:
        """Relaunch what failed of a backfill; returns the new one's id."""
        params = {"parentRunId": backfill_id, "strategy": "FROM_FAILURE"}
        answer = self._ask(_RELAUNCH, params=params)
        return self._backfill_id(answer["reexecutePartitionBackfill"])

    def backfill_status(self, backfill_id: str) -> str:
        found: str = self._ask(_BACKFILL_STATUS, id=backfill_id)["partitionBackfillOrError"][
            "status"
        ]
        return found

    @staticmethod
    def _backfill_id(answer: Mapping[str, Any]) -> str:
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        backfill_id: str = answer["backfillId"]
        return backfill_id

    def observed(self, asset: str, shot: str) -> dict[str, str]:
        """The text metadata of the latest observation of a partition."""
        answer = self._ask(_OBSERVED, key={"path": [asset]}, shots=[shot])
        entries = answer["assetOrError"]["assetObservations"][0]["metadataEntries"]
        return {entry["label"]: entry["text"] for entry in entries if "text" in entry}

    def terminate(self, run_id: str) -> None:
        """Press Terminate."""
        answer = self._ask(_TERMINATE, id=run_id)["terminateRun"]
        assert answer["__typename"] == "TerminateRunSuccess", answer

    def status(self, run_id: str) -> str:
        found: str = self._ask(_RUN, id=run_id)["runOrError"]["status"]
        return found

    def worker(self, run_id: str) -> int:
        """The process id of the run's worker."""
        tags = self._ask(_RUN, id=run_id)["runOrError"]["tags"]
        owner: str = next(tag["value"] for tag in tags if tag["key"] == OWNER_TAG)
        return int(owner.split("/")[1])

    def _ask(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = httpx.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=30
        ).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data


def read(ui: DagsterUi) -> None:
    """Have the sheet read, as the job `intake` does."""
    shot_list, _ = read_production(ui.stage.sheet)
    ui.stage.environment.home.save_shot_list(shot_list)


def wait_until(condition: Callable[[], bool], within_s: float) -> float:
    """Wait for another process; returns the seconds that it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < within_s
        time.sleep(0.05)  # between two looks at another process
    return time.monotonic() - started


@contextlib.contextmanager
def serving_ui(stage: Stage) -> Iterator[DagsterUi]:
    """The UI of a production, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = stage.folder / "ui.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "seedance_assets", "ui", "--port", str(port)],
            env=environment_of(stage.folder, **stage.environ),
            cwd=stage.folder,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    ui = DagsterUi(stage, f"http://127.0.0.1:{port}")
    try:
        wait_until(lambda: _answers(ui, process), 90)
        yield ui
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(ui: DagsterUi, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, (ui.stage.folder / "ui.log").read_text(errors="replace")[-3000:]
    try:
        return httpx.get(f"{ui.url}/server_info", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
