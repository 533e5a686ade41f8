"""What counts as another plan, and what does not."""

from dataclasses import replace
from pathlib import Path

import pytest

from seedance_assets.core.budget import BudgetSettings
from seedance_assets.core.failures import FailureSettings
from seedance_assets.core.money import PriceSettings
from seedance_assets.core.picture import Size
from seedance_assets.core.plan_record import PlanRecord, in_short, record_plan
from seedance_assets.core.request import FirstFrame, GenerationRequest
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.scope import Scope
from seedance_assets.core.settings import ProductionSettings
from seedance_assets.core.shot import Shot

MODEL = "bytedance/seedance-v1.5-pro/image-to-video"
SCOPE = Scope("runcomfy", "https://service.example/v1")
SHOT = Shot(key="sh010", row=2, prompt="A boat.", first_frame="a.png", settings={})
FRAME = FirstFrame("ab" * 32, Path("a.png"), "image/png", Size(640, 360), 1, "a.png")
REQUEST = GenerationRequest(MODEL, {"prompt": "A boat.", "duration": 5}, FRAME)


def record(
    *,
    scope: Scope = SCOPE,
    shot: Shot = SHOT,
    request: GenerationRequest | None = REQUEST,
    options: RunOptions | None = None,
    **settings: object,
) -> PlanRecord:
    production = ProductionSettings.model_validate(settings)
    return record_plan(scope, production, options or RunOptions(), [(shot, request)])


OTHERS = {
    "sh010: prompt": record(request=replace(REQUEST, inputs={"prompt": "A ship.", "duration": 5})),
    "sh010: first_frame": record(request=replace(REQUEST, first_frame=replace(FRAME, sha256="c"))),
    "sh010: model": record(request=replace(REQUEST, model_id="another")),
    "sh010: takes": record(shot=SHOT.model_copy(update={"takes": 2})),
    "sh010: max_cost_usd": record(shot=SHOT.model_copy(update={"max_cost_usd": 9.0})),
    "sh010: audio_fallback": record(shot=SHOT.model_copy(update={"audio_fallback": True})),
    "sh020: not in that plan": record(shot=SHOT.model_copy(update={"key": "sh020"})),
    "[price] source": record(price=PriceSettings(source="catalogue")),
    "[budget] total_usd": record(budget=BudgetSettings(total_usd=9.0)),
    "[failures] resubmit": record(failures=FailureSettings(resubmit=1)),
    "`retry_failed`": record(options=RunOptions(retry_failed=True)),
    "the service": record(scope=Scope("runcomfy", "emulator:embedded")),
}


@pytest.mark.parametrize("named", OTHERS)
def test_what_decides_about_money_is_another_plan_and_is_named(named: str) -> None:
    other = OTHERS[named]

    assert record().changes(other) == [named]
    assert record().digest != other.digest


SAME = {
    "other notes, another row": record(
        shot=SHOT.model_copy(update={"row": 9, "notes": {"mood": "calm"}, "priority": 4})
    ),
    "a cap of the run, more tries": record(options=RunOptions(max_cost_usd=1.0, retries=3)),
    "when to warn and to ask": record(budget=BudgetSettings(warn_at=0.5, ask_above_usd=5.0)),
    "the takes of the sheet, told again": record(options=RunOptions(takes=1)),
    "from its file": PlanRecord.model_validate_json(record().model_dump_json()),
}


@pytest.mark.parametrize("other", SAME.values(), ids=SAME)
def test_what_does_not_is_the_same_plan(other: PlanRecord) -> None:
    assert record().changes(other) == []
    assert record().digest == other.digest


def test_a_part_of_the_plan_is_no_change_and_neither_is_a_try_that_asks_for_less() -> None:
    whole = record(options=RunOptions(retry_failed=True))

    assert whole.changes(PlanRecord(terms=record().terms, shots={})) == []


def test_a_message_names_five_changes_and_counts_the_others() -> None:
    assert in_short(["a", "b"]) == "a; b"
    assert in_short([*"abcdefg"]) == "a; b; c; d; e; 2 more"
