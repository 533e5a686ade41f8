"""People hear of a production run once, however it was started and however it ended."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from seedance_assets.definitions import build_definitions
from seedance_assets.defs.resources import ProductionResource
from seedance_assets.defs.sensors.notices import FIRST_PAUSE_S, TOLD_TAG, build_notices
from seedance_assets.emulator.jobs.scenario import BreakDownload, FailJob, LoseAnswer, Pace
from seedance_assets.production.events import LineEvent, TakeRunning
from seedance_assets.wiring import read_production
from tests.command import wait_for
from tests.conftest import OpenStage
from tests.dagster_face.runs import resource, run, run_waits_for_the_line
from tests.notices.receivers import Webhook, running_letterbox, running_webhook
from tests.stage import SETTINGS, Stage, when

Look = Callable[[], SensorExecutionData]


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with running_webhook() as opened:
        yield opened


def choose(stage: Stage, lines: str = 'way = "slack"') -> None:
    (stage.folder / "production.toml").write_text(f"{SETTINGS}\n[notices]\n{lines}\n")


def looking(
    stage: Stage,
    instance: dg.DagsterInstance,
    hook: Webhook,
    *,
    smtp_url: str = "",
    pause_s: float = FIRST_PAUSE_S,
) -> Look:
    """Looks as the daemon does, from tick to tick; the first one says since when."""
    production = ProductionResource(
        home=stage.environ["SEEDANCE_HOME"],
        token=stage.environ["RUNCOMFY_TOKEN"],
        api_base=stage.environ["RUNCOMFY_MODEL_API_BASE"],
        slack_webhook=hook.url,
        smtp_url=smtp_url,
    )
    cursor: str | None = None

    def look() -> SensorExecutionData:
        nonlocal cursor
        context = dg.build_sensor_context(
            instance=instance,
            cursor=cursor,
            definitions=build_definitions(production=production),
            resources={"production": production},
        )
        tick = build_notices(first_pause_s=pause_s).evaluate_tick(context)
        cursor = tick.cursor or cursor
        return tick

    look()
    return look


def texts(hook: Webhook) -> list[str]:
    return [json.loads(body)["text"] for _, body in hook.posts]


def told(instance: dg.DagsterInstance) -> list[str]:
    return [run.tags[TOLD_TAG] for run in instance.get_runs() if TOLD_TAG in run.tags]


def open_sheet(stage: Stage, rows: dict[str, str]) -> None:
    shot_list, _ = read_production(stage.write_sheet(rows))
    stage.environment.home.save_shot_list(shot_list)  # as the job `intake` does


def break_off(stage: Stage, instance: dg.DagsterInstance, message: str = "") -> dg.DagsterRun:
    """A run whose process was killed, as Dagster's run monitoring writes it down."""
    open_sheet(stage, {"sh010": "A boat."})
    job = build_definitions(production=resource(stage)).resolve_job_def("production")
    killed = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    instance.report_run_failed(killed, message=message)
    return killed


# -- what is told --------------------------------------------------------------------------------


def test_a_good_run_is_told_once_with_what_was_bought_and_where_to_look(
    plain_stage: Stage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    choose(plain_stage, 'way = "slack"\nui = "https://dagster.example.com/"')
    open_sheet(plain_stage, {"sh010": "A boat.", "sh020": "A gull."})
    look = looking(plain_stage, instance, hook)

    done = run(plain_stage, instance, "production", config={})
    for _ in range(3):
        look()

    (text,) = texts(hook)
    assert text.startswith("*A test: 2 of 2 shots done*\nLook at the report.")
    assert "world: EMULATED" in text
    assert "bought: 2 takes for 0." in text
    assert f"report: {plain_stage.environ['SEEDANCE_HOME']}/review/index.html" in text
    assert f"https://dagster.example.com/runs/{done.run_id}" in text
    assert told(instance) == ["told by Slack"]


def test_failed_shots_are_named_with_reason_and_advice_and_not_more_than_asked_for(
    open_stage: OpenStage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    with open_stage(when("fog", FailJob(message="too much\n<fog>"))) as stage:
        choose(stage, 'way = "slack"\nshots_told = 2')
        open_sheet(stage, {f"sh{n}": "fog" if n else "sun" for n in range(5)})
        look = looking(stage, instance, hook)

        run(stage, instance, "production", config={})
        look()

    (text,) = texts(hook)
    assert "1 of 5 shots done, 4 failed" in text
    named = [line for line in text.splitlines() if line.startswith("failed sh")]
    assert len(named) == 2
    assert all("too much &lt;fog&gt;" in line and "`retry_failed: true`" in line for line in named)
    assert "failed: and 2 more: see the run" in text
    assert "Correct what the reasons below name" in text


def test_a_lost_answer_is_the_first_thing_that_is_said(
    open_stage: OpenStage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    with open_stage(when("boat", LoseAnswer())) as stage:
        choose(stage)
        open_sheet(stage, {"sh010": "A boat."})
        look = looking(stage, instance, hook)

        run(stage, instance, "production", config={})
        look()

    sentence = texts(hook)[0].splitlines()[1]
    assert sentence.startswith("sh010_t001 lost the answer to an order: look at the service's")


def test_a_run_that_was_stopped_says_what_goes_on(
    open_stage: OpenStage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    with open_stage(when("boat", Pace(service_s=3600.0))) as stage:
        choose(stage)
        open_sheet(stage, {"sh010": "A boat.", "sh020": "A gull."})
        look = looking(stage, instance, hook)
        told, fired = threading.Event(), threading.Event()

        def interrupt(event: LineEvent) -> None:
            """One look at the boat after Dagster has been told of the gull."""
            if not isinstance(event, TakeRunning) or event.shot != "sh010" or fired.is_set():
                return
            if told.is_set():
                fired.set()
                wait_for(run_waits_for_the_line)
                os.kill(os.getpid(), signal.SIGINT)
            elif "sh020" in instance.get_materialized_partitions(dg.AssetKey("measurements")):
                told.set()

        watched = build_definitions(watch=interrupt, production=resource(stage))
        stopped = run(stage, instance, "production", config={}, definitions=watched)
        assert fired.is_set()
        assert not stopped.success
        look()

    (text,) = texts(hook)
    assert "1 of 2 shots done" in text
    assert "Paid for and not downloaded yet: 1" in text


def test_a_failure_of_the_whole_run_says_why_but_nothing_foreign(
    plain_stage: Stage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    choose(plain_stage)
    look = looking(plain_stage, instance, hook)

    break_off(plain_stage, instance, "password=SENTINEL")
    look()

    (text,) = texts(hook)
    assert "a run failed before its first shot" in text
    assert "The run broke off; its page in Dagster says why." in text
    assert "SENTINEL" not in text


def test_a_step_that_tries_again_counts_its_shots_once(
    open_stage: OpenStage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    with open_stage(when("boat", BreakDownload(how="not_a_video", times=1))) as stage:
        choose(stage)
        open_sheet(stage, {"sh010": "A boat.", "sh020": "A gull."})
        look = looking(stage, instance, hook)

        assert run(stage, instance, "production", config={"retry_wait_s": 0}).success
        look()

    assert texts(hook)[0].startswith("*A test: 2 of 2 shots done*")


# -- which runs ----------------------------------------------------------------------------------


def test_a_partition_from_the_ui_is_told_of_as_well_and_other_runs_are_not(
    plain_stage: Stage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    choose(plain_stage)
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
    run(plain_stage, instance, "intake")
    look = looking(plain_stage, instance, hook)
    whole = build_definitions(
        production=resource(plain_stage)
    ).resolve_implicit_global_asset_job_def()

    whole.execute_in_process(
        instance=instance,
        tags={"dagster/partition": "sh020"},
        asset_selection=[dg.AssetKey("video"), dg.AssetKey("generation")],
        raise_on_error=False,
    )
    run(plain_stage, instance, "review")
    look()

    (text,) = texts(hook)
    assert "1 of 1 shot done" in text


def test_what_ended_before_the_first_look_is_history(
    plain_stage: Stage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    choose(plain_stage)
    break_off(plain_stage, instance)

    look = looking(plain_stage, instance, hook)

    assert "No run has ended" in (look().skip_message or "")
    assert not hook.posts


def test_only_chosen_endings_are_told_and_collecting_runs_only_if_asked(
    plain_stage: Stage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    choose(plain_stage, 'way = "slack"\ntell = ["failure"]')
    open_sheet(plain_stage, {"sh010": "A boat."})
    look = looking(plain_stage, instance, hook)
    run(plain_stage, instance, "production", config={})
    collects = {"seedance/collects": "1"}
    run(plain_stage, instance, "production", config={"shots": ["no_such"]}, tags=collects)
    look()
    assert not hook.posts

    choose(plain_stage, 'way = "slack"\ntell = ["failure"]\ncollecting = true')
    look()

    (text,) = texts(hook)
    assert "0 of 1 shot done, 1 failed" in text
    assert "failed no_such: shot no_such is not in" in text


# -- when telling fails ----------------------------------------------------------------------------


def test_a_slack_that_says_no_is_left_alone_for_a_while(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    with running_webhook(500) as hook:
        choose(plain_stage)
        look = looking(plain_stage, instance, hook)
        break_off(plain_stage, instance)

        said = look().skip_message or ""
        look()

    assert "not taken: Slack answered 500" in said
    assert "try 1 of 5, the next in 60 s" in said
    assert len(hook.posts) == 1


def test_it_is_asked_a_bounded_number_of_times_and_its_address_stays_secret(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    with running_webhook(500) as hook:
        choose(plain_stage)
        look = looking(plain_stage, instance, hook, pause_s=0.0)
        break_off(plain_stage, instance)
        ticks = [look() for _ in range(7)]

    assert len(hook.posts) == 5
    assert told(instance)[0].startswith("given up after 5 tries: Slack answered 500: no: ")
    assert "SENTINEL" not in str(ticks) + str(told(instance))


def test_what_was_not_taken_is_told_once_it_can_be(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    with running_webhook(503, 200) as hook:
        choose(plain_stage)
        look = looking(plain_stage, instance, hook, pause_s=0.0)
        break_off(plain_stage, instance)
        for _ in range(3):
            look()

    assert len(hook.posts) == 2
    assert told(instance) == ["told by Slack"]


def test_an_answer_that_is_lost_is_never_followed_by_a_second_message(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    with running_webhook(0) as hook:
        choose(plain_stage)
        look = looking(plain_stage, instance, hook)
        break_off(plain_stage, instance)
        for _ in range(3):
            look()

    assert len(hook.posts) == 1
    assert told(instance)[0].startswith("perhaps sent")


def test_a_look_that_died_while_it_sent_is_not_repeated(
    plain_stage: Stage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    choose(plain_stage)
    look = looking(plain_stage, instance, hook)
    done = break_off(plain_stage, instance)
    instance.add_run_tags(done.run_id, {TOLD_TAG: "a message is on its way"})

    look()

    assert not hook.posts
    assert told(instance)[0].startswith("perhaps sent")


def test_settings_that_do_not_fit_are_said_by_the_tick_and_the_message_waits(
    plain_stage: Stage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    look = looking(plain_stage, instance, hook)
    break_off(plain_stage, instance)

    choose(plain_stage, 'way = "pigeon"')
    assert "notices.way: must be 'log', 'slack' or 'mail'" in (look().skip_message or "")
    choose(plain_stage, 'way = "mail"\nmail_from = "a@b.c"\nmail_to = ["d@e.f"]')
    assert "SEEDANCE_SMTP_URL is not set" in (look().skip_message or "")
    choose(plain_stage)
    look()

    assert len(hook.posts) == 1


def test_by_default_it_is_written_to_the_log(
    plain_stage: Stage,
    instance: dg.DagsterInstance,
    hook: Webhook,
    capfd: pytest.CaptureFixture[str],
) -> None:
    look = looking(plain_stage, instance, hook)
    break_off(plain_stage, instance)

    look()

    assert "A test: a run failed before its first shot" in capfd.readouterr().err
    assert not hook.posts


def test_by_mail_it_arrives_in_the_letterbox(
    plain_stage: Stage, instance: dg.DagsterInstance, hook: Webhook
) -> None:
    with running_letterbox() as box:
        choose(plain_stage, 'way = "mail"\nmail_from = "a@b.c"\nmail_to = ["d@e.f"]')
        look = looking(plain_stage, instance, hook, smtp_url=box.url)
        break_off(plain_stage, instance)
        look()

    (letter,) = box.letters
    assert letter["Subject"] == "A test: a run failed before its first shot"
