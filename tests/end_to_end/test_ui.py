"""Dagster's UI shows what `produce` made and can make more."""

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from seedance_assets.emulator.jobs.scenario import FailJob, Pace
from tests.browser import PATIENCE_MS
from tests.command import run_seedance
from tests.end_to_end.dagster_ui import (
    LAUNCH,
    PATIENCE_S,
    DagsterUi,
    launch_of,
    serving_ui,
    wait_until,
)
from tests.stage import Stage, stage, when

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[DagsterUi]:
    """Five shots, two of them made by `produce`: one well, one failed by the service."""
    folder = tmp_path_factory.mktemp("ui") / "production"
    rules = (
        when("gull", FailJob(message="no gulls today")),
        when("Fog", Pace(queue_s=3600.0)),
    )
    with stage(folder, clip, *rules) as opened:
        prompts = {"sh010": "A boat.", "sh020": "A gull.", "sh030": "Night.", "sh050": "Fog."}
        rows = [{"shot": shot, "prompt": prompt} for shot, prompt in prompts.items()]
        too_long = {"shot": "sh040", "prompt": "Rain.", "duration": 6}  # the clip has 4 s
        opened.write_sheet([*rows, too_long])
        said = run_seedance(
            folder, "produce", opened.sheet, "--shots", "sh010,sh020", cwd=folder, **opened.environ
        )
        assert said.code == 1, said.err
        with serving_ui(opened) as served:
            yield served


@pytest.fixture
def page(shown: DagsterUi, browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(PATIENCE_MS)
    opened.goto(shown.link)
    yield opened
    opened.close()


def test_the_asset_graph_shows_every_station(shown: DagsterUi, page: Page) -> None:
    page.goto(f"{shown.url}/assets/generation?view=lineage&lineageScope=neighbors&lineageDepth=5")

    for asset in ("shot_list", "shot_request", "generation", "video", "measurements", "qc_report"):
        expect(page.get_by_text(asset, exact=True).filter(visible=True).first).to_be_visible()


def test_each_shot_is_a_partition_with_its_own_state(shown: DagsterUi, page: Page) -> None:
    page.goto(f"{shown.url}/assets/generation?view=partitions")

    expect(page.get_by_text("Failed (1)")).to_be_visible()
    expect(page.get_by_text("Materialized (1)")).to_be_visible()
    expect(page.get_by_text("Missing (3)")).to_be_visible()


def test_a_clip_shows_its_poster_strip_and_its_findings(shown: DagsterUi, page: Page) -> None:
    page.goto(f"{shown.url}/assets/measurements?view=partitions&partition=sh010")
    expect(page.get_by_text("864×496").first).to_be_visible()

    page.goto(f"{shown.url}/assets/video?view=partitions&partition=sh010")

    expect(page.get_by_text("EMULATED", exact=True).first).to_be_visible()
    expect(page.get_by_text("A boat.", exact=True).first).to_be_visible()
    expect(page.locator("a[href*='/v1/requests/']").first).to_be_visible()
    page.get_by_text("[Show Markdown]").first.click()
    strip = page.locator("img[src^='data:image/jpeg;base64,']")
    expect(strip).to_be_visible()
    assert strip.evaluate("image => image.naturalWidth") > 100


def test_the_shot_list_shows_its_table(shown: DagsterUi, page: Page) -> None:
    page.goto(f"{shown.url}/assets/shot_list")

    expect(page.get_by_text("shot_table").first).to_be_visible()
    expect(page.get_by_text("A boat.").first).to_be_visible()


def test_a_shot_is_made_by_clicking_and_nothing_else_is_bought(
    shown: DagsterUi, page: Page
) -> None:
    before = shown.stage.charges()
    page.goto(f"{shown.url}/locations/seedance_assets.definitions/asset-groups/production")
    page.get_by_role("button", name="Materialize").first.click()
    page.get_by_text("Select a partition or create one").click()
    page.get_by_text("sh030", exact=True).filter(visible=True).first.click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Launch")).click()
    wait_until(lambda: shown.stage.charges() > before, PATIENCE_S)

    page.goto(f"{shown.url}/assets/measurements?view=partitions")
    expect(page.get_by_text("Materialized (2)")).to_be_visible(timeout=PATIENCE_S * 1000)
    assert shown.stage.charges() == before + 1
    _wait_until_the_report_says(shown.stage, "sh030", "done")


def test_a_backfill_of_shots_chosen_by_clicking_is_watched_to_its_end(
    shown: DagsterUi, page: Page
) -> None:
    before = shown.stage.charges()
    page.goto(f"{shown.url}/locations/seedance_assets.definitions/asset-groups/production")
    page.get_by_role("button", name="Materialize").first.click()
    page.get_by_text("Select a partition or create one").click()
    for shot in ("sh010", "sh040"):
        page.get_by_text(shot, exact=True).filter(visible=True).first.click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Launch backfill").click()
    expect(page.get_by_role("button", name="Launch backfill")).to_have_count(0)

    page.goto(f"{shown.url}/runs")
    page.locator("a[href*='/runs/b/']").first.click()

    expect(page.get_by_text("100% completed")).to_have_count(4, timeout=PATIENCE_S * 1000)
    assert shown.stage.charges() == before + 1


def test_a_check_is_red_on_one_shot_only(shown: DagsterUi, page: Page) -> None:
    page.goto(f"{shown.url}/assets/measurements?view=checks&checkDetail=delivery")
    expect(page.get_by_text("Execution history")).to_be_visible()
    page.get_by_text("Partitions", exact=True).last.click()

    expect(page.get_by_text("Failed (1)", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Passed \([12]\)$"))).to_be_visible()
    page.get_by_text("sh040", exact=True).filter(visible=True).first.click()
    expect(page.get_by_text("length").first).to_be_visible()
    page.get_by_text("Execution history").click()
    of_shots = page.get_by_role("row").filter(has_text=re.compile(r"sh0\d0"))
    failed = of_shots.filter(has_text="Failed")
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text("sh040")


def test_a_failed_shot_shows_its_reason(shown: DagsterUi, page: Page) -> None:
    page.goto(f"{shown.url}/assets/generation?view=partitions&partition=sh020")
    expect(page.get_by_text("failed, and did not materialize this asset")).to_be_visible()

    page.get_by_role("button", name="View logs").click()

    expect(page.get_by_text("no gulls today").first).to_be_visible()


def test_a_run_is_terminated_by_clicking_and_nothing_was_charged(
    shown: DagsterUi, page: Page
) -> None:
    before = shown.stage.charges()
    run_id = shown.launch(shots=["sh050"])
    wait_until(lambda: _is_queued(shown.stage, "Fog."), PATIENCE_S)

    page.goto(f"{shown.url}/runs/{run_id}")
    page.get_by_role("button", name="Terminate").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Terminate")).click()

    wait_until(lambda: shown.status(run_id) == "CANCELED", PATIENCE_S)
    shown.wait_for_the_end_of_worker(run_id)
    assert not _is_queued(shown.stage, "Fog.")
    assert shown.stage.charges() == before


def _is_queued(stage: Stage, prompt: str) -> bool:
    return any(o["prompt"] == prompt and o["status"] == "in_queue" for o in stage.orders())


def _wait_until_the_report_says(production: Stage, shot: str, status: str) -> None:
    """The review page is refreshed by the daemon, by itself, after the run."""
    report = Path(production.environ["SEEDANCE_HOME"]) / "review" / "report.json"

    def says_so() -> bool:
        shots = json.loads(report.read_text())["shots"]
        return {s["key"]: s["status"] for s in shots}.get(shot) == status

    wait_until(says_so, PATIENCE_S)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The files of a folder, from another origin on this machine."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


_FOREIGN_PAGE = """<!doctype html><title>busy</title><body><script>
const ui = location.hash.slice(1), body = `BODY`, query = encodeURIComponent(JSON.parse(body).query)
  + "&variables=" + encodeURIComponent(JSON.stringify(JSON.parse(body).variables));
const add = (tag, has) => document.body.append(Object.assign(document.createElement(tag), has));
const send = type => fetch(ui + "/graphql", {method: "POST", mode: "no-cors", body,
  credentials: "include", headers: {"Content-Type": type}}).catch(() => 0);
add("img", {src: `${ui}/graphql?query=${query}`});
add("iframe", {src: `${ui}/graphql?query=${query}`});
add("iframe", {src: `${ui}/runs`, id: "framed"});
const form = document.createElement("form");
add("iframe", {name: "sink"});
Object.assign(form, {action: `${ui}/graphql?query=${query}`, method: "post", target: "sink"});
document.body.append(form); form.submit();
const line = new WebSocket(ui.replace("http", "ws") + "/graphql", "graphql-ws");
const closed = new Promise(done => { line.onclose = line.onerror = done; line.onopen = () => {
  line.send(JSON.stringify({type: "connection_init"}));
  line.send(JSON.stringify({type: "start", id: "1", payload: JSON.parse(body)})); }; });
const wait = new Promise(done => setTimeout(done, 5000));
Promise.all([send("text/plain"), send("text/plain; application/json"),
  fetch(ui + "/graphql", {method: "POST", body, credentials: "include",
    headers: {"Content-Type": "application/json"}}).catch(() => 0),
  Promise.race([closed, wait]), wait]).then(() => { document.title = "done"; });
</script>"""


def test_another_page_in_the_same_browser_starts_no_run(
    shown: DagsterUi, page: Page, tmp_path: Path
) -> None:
    """The browser is logged in to the UI; the other page is on this machine, too."""
    body = json.dumps({"query": LAUNCH, "variables": {"params": launch_of("intake")}})
    (tmp_path / "evil.html").write_text(_FOREIGN_PAGE.replace("BODY", body.replace("\\", "\\\\")))
    before = shown.runs()

    with serving(tmp_path) as root:
        page.goto(f"{root}/evil.html#{shown.url}")
        expect(page).to_have_title("done")

    assert shown.runs() == before
    framed = next(frame for frame in page.frames if frame.url.endswith("/runs"))
    assert "Runs" not in framed.content()
    page.goto(f"{shown.url}/runs")  # the page itself still works
    expect(page.get_by_text("Runs").filter(visible=True).first).to_be_visible()
