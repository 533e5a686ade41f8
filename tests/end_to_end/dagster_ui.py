"""`seedance ui` as a process, with GraphQL calls like the page's."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from seedance_assets.adapters.ledger import is_gone
from seedance_assets.core.stage import Stage as Stations
from seedance_assets.defs.assets.stages import OP
from seedance_assets.defs.sensors.dead_runs import OWNER_TAG
from seedance_assets.wiring import read_production
from tests.command import end_session, environment_of, free_port
from tests.hostile_folder import imported, plant
from tests.stage import Stage

PATIENCE_S = 600
"""With another process: the daemon looks twice a minute, and machines stall."""

_TOKEN = "the-secret-of-these-tests"  # no secret
_BEARER = {"Authorization": f"Bearer {_TOKEN}"}
_RUNS = "{ runsOrError { ... on Runs { results { runId } } } }"

LAUNCH = """
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
_SENSOR = """
query Sensor($sensor: SensorSelector!) {
  sensorOrError(sensorSelector: $sensor) { ... on Sensor { id } }
}"""
_STOP_SENSOR = """
mutation StopSensor($id: String!) {
  stopSensor(id: $id) { ... on StopSensorMutationResult { instigationState { status } } }
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

_CANCEL_BACKFILL = """
mutation CancelBackfill($id: String!) {
  cancelPartitionBackfill(backfillId: $id) { __typename ... on PythonError { message } }
}"""
_BACKFILL_SHOWN = """
query Backfill($id: String!) {
  partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill {
      status
      runs { runId status tags { key value } }
      assetBackfillData { assetBackfillStatuses {
        ... on AssetPartitionsStatusCounts {
          assetKey { path }
          numPartitionsTargeted numPartitionsMaterialized numPartitionsFailed
        }
      } }
    }
  }
}"""
_PARTITIONS = """
query Partitions($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) { ... on AssetNode {
    assetPartitionStatuses { ... on DefaultPartitionStatuses {
      materializedPartitions failedPartitions materializingPartitions unmaterializedPartitions
    } }
  } }
}"""
_LAST_WORD = """
query LastWord($id: ID!) {
  logsForRun(runId: $id) { ... on EventConnection {
    events { __typename ... on MessageEvent { message } }
  } }
}"""


@dataclass(frozen=True)
class Backfill:
    """What the UI shows of a backfill."""

    status: str
    runs: list[dict[str, Any]]
    counts: dict[str, tuple[int, int, int]]
    """For each asset the shots that were targeted, made, failed."""

    @property
    def over(self) -> bool:
        return self.status.startswith("COMPLETED") or self.status in {"CANCELED", "FAILED"}

    def processes(self) -> set[str]:
        """The processes that did the work."""
        return {t["value"] for run in self.runs for t in run["tags"] if t["key"] == OWNER_TAG}


@dataclass
class DagsterUi:
    """Dagster's web server and daemon over a stage."""

    stage: Stage
    url: str
    process: subprocess.Popen[bytes]

    @property
    def link(self) -> str:
        """The link with the secret, as the command prints it."""
        return f"{self.url}/?token={_TOKEN}"

    def runs(self) -> list[str]:
        """The ids of all runs."""
        return [run["runId"] for run in self.ask(_RUNS)["runsOrError"]["results"]]

    def read_sheet(self) -> None:
        """Launch `intake` and wait for it."""
        config = {"shot_list": {"config": {"sheet": str(self.stage.sheet)}}}
        run_id = self.launch_job("intake", config)
        wait_until(lambda: self.status(run_id) == "SUCCESS", PATIENCE_S)

    def launch(self, **config: Any) -> str:
        """Launch `production`; returns the run's id."""
        return self.launch_job("production", {OP: {"config": config}})

    def launch_job(self, job: str, ops: Mapping[str, Any]) -> str:
        """Launch a job, as the Launchpad does; returns the run's id."""
        answer = self.ask(LAUNCH, params=launch_of(job, ops))["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        run_id: str = answer["run"]["runId"]
        return run_id

    def backfill(self, shots: Sequence[str]) -> str:
        """Materialise some partitions of the four stations; returns the backfill's id."""
        for shot in shots:
            self.ask(_ADD_PARTITION, here=_HERE, shot=shot)
        return self.launch_backfill(shots)

    def launch_backfill(self, shots: Sequence[str] | None, **config: Any) -> str:
        """Choose partitions that are there (None: all) and press Launch."""
        params = {
            "assetSelection": [{"path": [stage.asset]} for stage in Stations],
            **({"allPartitions": True} if shots is None else {"partitionNames": list(shots)}),
            **({"runConfigData": {"ops": {OP: {"config": config}}}} if config else {}),
        }
        return self._backfill_id(self.ask(_BACKFILL, params=params)["launchPartitionBackfill"])

    def cancel_backfill(self, backfill_id: str) -> None:
        """Press *Cancel* on a backfill."""
        answer = self.ask(_CANCEL_BACKFILL, id=backfill_id)["cancelPartitionBackfill"]
        assert answer["__typename"] == "CancelBackfillSuccess", answer

    def show_backfill(self, backfill_id: str) -> Backfill:
        """What its page shows."""
        found = self.ask(_BACKFILL_SHOWN, id=backfill_id)["partitionBackfillOrError"]
        data = found["assetBackfillData"] or {"assetBackfillStatuses": []}
        counts = {
            "/".join(entry["assetKey"]["path"]): (
                entry["numPartitionsTargeted"],
                entry["numPartitionsMaterialized"],
                entry["numPartitionsFailed"],
            )
            for entry in data["assetBackfillStatuses"]
            if entry
        }
        return Backfill(found["status"], found["runs"], counts)

    def partitions(self, asset: str) -> dict[str, list[str]]:
        """The shots of an asset by their colour: materialized, failed, materializing."""
        node = self.ask(_PARTITIONS, key={"path": [asset]})["assetNodeOrError"]
        statuses: dict[str, list[str]] = node["assetPartitionStatuses"]
        return {name.removesuffix("Partitions"): keys for name, keys in statuses.items()}

    def last_word(self, run_id: str) -> str:
        """What the run said when it failed."""
        events = self.ask(_LAST_WORD, id=run_id)["logsForRun"]["events"]
        said = [e["message"] for e in events if e["__typename"] == "RunFailureEvent"]
        return str(said[-1])

    def relaunch_failed(self, backfill_id: str) -> str:
        """Relaunch what failed of a backfill; returns the new one's id."""
        params = {"parentRunId": backfill_id, "strategy": "FROM_FAILURE"}
        answer = self.ask(_RELAUNCH, params=params)
        return self._backfill_id(answer["reexecutePartitionBackfill"])

    def backfill_status(self, backfill_id: str) -> str:
        found: str = self.ask(_BACKFILL_STATUS, id=backfill_id)["partitionBackfillOrError"][
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
        answer = self.ask(_OBSERVED, key={"path": [asset]}, shots=[shot])
        entries = answer["assetOrError"]["assetObservations"][0]["metadataEntries"]
        return {entry["label"]: entry["text"] for entry in entries if "text" in entry}

    def switch_off(self, sensor: str) -> None:
        """Turn a sensor off."""
        found = self.ask(_SENSOR, sensor={**_HERE, "sensorName": sensor})["sensorOrError"]
        answer = self.ask(_STOP_SENSOR, id=found["id"])["stopSensor"]
        assert answer["instigationState"]["status"] == "STOPPED", answer

    def terminate(self, run_id: str) -> None:
        """Press Terminate."""
        answer = self.ask(_TERMINATE, id=run_id)["terminateRun"]
        assert answer["__typename"] == "TerminateRunSuccess", answer

    def status(self, run_id: str) -> str:
        found: str = self.ask(_RUN, id=run_id)["runOrError"]["status"]
        return found

    def worker(self, run_id: str) -> int:
        """The process id of the run's worker."""
        return int(self._owner(run_id).split("/")[1])

    def wait_for_the_end_of_worker(self, run_id: str) -> None:
        """A run that was broken off is called ended a moment before its line has let go."""
        wait_until(lambda: is_gone(self._owner(run_id)), PATIENCE_S)

    def _owner(self, run_id: str) -> str:
        tags = self.ask(_RUN, id=run_id)["runOrError"]["tags"]
        owner: str = next(tag["value"] for tag in tags if tag["key"] == OWNER_TAG)
        return owner

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """What the web server answers to a query, as the page asks it."""
        answer = httpx.post(
            f"{self.url}/graphql",
            json={"query": query, "variables": variables},
            headers=_BEARER,
            timeout=300,
        ).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data


def launch_of(job: str, ops: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The parameters of the mutation that launches a job."""
    return {
        "selector": {**_HERE, "jobName": job},
        "runConfigData": {"ops": dict(ops or {})},
        "mode": "default",
    }


def read(ui: DagsterUi) -> None:
    """Have the sheet read, as the job `intake` does."""
    home = ui.stage.environment.home
    with home.reading_sheet():  # the daemon may be about it, too
        shot_list, _ = read_production(ui.stage.sheet)
        home.save_shot_list(shot_list)


def wait_until(condition: Callable[[], bool], within_s: float) -> float:
    """Wait for another process; returns the seconds that it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < within_s
        time.sleep(0.05)  # between two looks at another process
    return time.monotonic() - started


@contextlib.contextmanager
def serving_ui(stage: Stage) -> Iterator[DagsterUi]:
    """The UI of a production, on a free port; its folder holds files of a stranger."""
    plant(stage.folder)
    port = free_port()
    log = stage.folder / "ui.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "seedance_assets", "ui", "--port", str(port)],
            env=environment_of(stage.folder, **stage.environ, SEEDANCE_UI_TOKEN=_TOKEN),
            cwd=stage.folder,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    ui = DagsterUi(stage, f"http://127.0.0.1:{port}", process)
    try:
        wait_until(lambda: _answers(ui), PATIENCE_S)
        yield ui
    finally:
        end_session(process)
    assert imported(stage.folder) == ""


def _answers(ui: DagsterUi) -> bool:
    assert ui.process.poll() is None, (ui.stage.folder / "ui.log").read_text(errors="replace")[
        -3000:
    ]
    try:
        answer = httpx.get(f"{ui.url}/server_info", headers=_BEARER, timeout=5)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK
