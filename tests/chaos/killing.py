"""Kill a production again and again until it is done; then settle the books."""

import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seedance_assets.core.request import sha256_hex
from seedance_assets.core.take import TRANSITIONS, Take, TakeState
from seedance_assets.emulator.jobs.scenario import Pace, Rule, SlowAnswer
from seedance_assets.wiring import open_production, read_production
from tests.chaos.hands import Hand, start_line
from tests.chaos.person import Resolution, resolve
from tests.stage import SETTINGS, Stage

Start = Callable[[Stage, Path, int], Hand]
"""Starts a process: on which production, where it tells how it ended, in which place of several."""

# Answers to orders take a while, so that kills hit the gap between the order and its request id.
PACE = (Rule(faults=(SlowAnswer(on=("submit",), delay_s=0.03), Pace(service_s=0.1))),)
CAREFUL = SETTINGS.replace("in_flight = 16", "in_flight = 4")
_EXPECTED = {"take_unknown", "answer_lost"}  # what a kill may leave behind for a person
_ROUNDS = 60
_LONGER = 1.2
_LOOK_S = 0.1
_STUCK_S = 120.0


@dataclass
class Chaos:
    """What happened to one production."""

    kills: int = 0
    starts: int = 0
    resolved: list[Resolution] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    """Failures that no kill explains: each is a defect."""
    wall_s: float = 0.0


def write_production(stage: Stage, shots: int) -> int:
    """A sheet of `shots` shots, every third with two takes; returns the takes asked for."""
    stage.write_sheet(
        [
            {"shot": f"sh{n:03}", "prompt": f"Shot {n}.", "takes": 1 + (n % 3 == 0)}
            for n in range(shots)
        ]
    )
    (stage.folder / "production.toml").write_text(CAREFUL, encoding="utf-8")
    return shots + (shots + 2) // 3


def kill_until_done(
    stage: Stage,
    *,
    seed: int,
    processes: int = 1,
    latest_s: float = 1.0,
    most_kills: int = 1000,
    start: Start = start_line,
) -> Chaos:
    """Let `processes` work at once, kill one at a time at random moments, until all is stored.

    Each is killed within about `latest_s` seconds of its start; later, if nothing has moved since
    the last kill, or a loaded machine would never get past its imports.
    """
    chance = random.Random(seed)  # noqa: S311  # the same moments for the same seed
    chaos, began = Chaos(), time.monotonic()
    told = (stage.folder / f"told{n:04}.json" for n in itertools.count())

    def open_one(place: int) -> Hand:
        chaos.starts += 1
        return start(stage, next(told), place)

    for _ in range(_ROUNDS):
        hands = [open_one(place) for place in range(processes)]
        reach_s, cap_usage = latest_s, _standing(stage)
        while chaos.kills < most_kills:
            place = chance.randrange(processes)
            victim = hands[place]
            gap_s = chance.uniform(0.0, reach_s / processes)
            if victim.ended(gap_s) or _is_done(stage, but=TakeState.UNKNOWN):
                break
            before, cap_usage = cap_usage, _standing(stage)
            reach_s = latest_s if cap_usage != before else reach_s * _LONGER
            victim.kill()
            chaos.kills += 1
            hands[place] = open_one(place)
        for hand in hands:
            _wait_for(hand, chaos)
        chaos.resolved += resolve(stage)
        if _is_done(stage):
            break
    chaos.wall_s = time.monotonic() - began
    return chaos


def undisturbed_s(stage: Stage, *, processes: int, start: Start) -> float:
    """How long it takes from a start until all is stored, when nobody is killed."""
    began = time.monotonic()
    hands = [start(stage, stage.folder / f"told{place}.json", place) for place in range(processes)]
    while not _is_done(stage) and not all(hand.ended(_LOOK_S) for hand in hands):
        pass
    took_s = time.monotonic() - began
    for hand in hands:
        _wait_for(hand, Chaos())
    return took_s


def _wait_for(hand: Hand, chaos: Chaos) -> None:
    if not hand.ended(_STUCK_S):
        chaos.surprises.append("a process hangs")
        hand.kill()
        return
    said = hand.said()
    if said is None:
        chaos.surprises.append(f"a process broke: {hand.complaint()[-2000:]}")
        return
    chaos.surprises += [
        f"{failure['shot']}: {failure['kind']}: {failure['reason']}"
        for failure in said["failures"]
        if failure["kind"] not in _EXPECTED
    ]


def _standing(stage: Stage) -> Counter[TakeState]:
    return Counter(take.state for take in stage.takes())


def _is_done(stage: Stage, but: TakeState | None = None) -> bool:
    """Whether all takes are stored, except unknown ones perhaps: a kill would hit nothing more."""
    shot_list, _ = read_production(stage.sheet)
    held = [take for take in stage.takes() if take.state.is_active]
    there = Counter(take.shot for take in held)
    return all(take.state in {TakeState.MEASURED, but} for take in held) and all(
        there[shot.key] == shot.takes for shot in shot_list.shots
    )


def check_the_books(stage: Stage, asked: int) -> None:
    """Charges = takes asked for; none lost, none bought twice; every file whole."""
    takes = stage.takes()
    held = [take for take in takes if take.state.is_active]
    assert [take.state for take in held] == [TakeState.MEASURED] * asked
    assert stage.charges() == asked
    orders = Counter(stage.requests())
    assert orders == Counter(take.request_id for take in held)
    assert all(take.request_id is None for take in takes if not take.state.is_active)
    assert all(take.cost_usd is not None for take in held)
    for take in held:
        _check_files(take)
    _check_histories(stage, takes)
    media = stage.folder / "home" / "media"
    assert all(path.name.startswith(".") for path in media.rglob("*.part"))  # swept later


def _check_files(take: Take) -> None:
    assert take.video_path is not None
    video = Path(take.video_path)
    assert sha256_hex(video.read_bytes()) == take.video_sha256
    sidecar: dict[str, Any] = json.loads(video.with_suffix(".json").read_text(encoding="utf-8"))
    assert sidecar["request_id"] == take.request_id
    assert sidecar["video_sha256"] == take.video_sha256
    assert video.with_name(f"{take.name}_strip.jpg").stat().st_size > 0


def _check_histories(stage: Stage, takes: list[Take]) -> None:
    """Every transition is one of the table, and the last one is where the take is."""
    _, settings = read_production(stage.sheet)
    with open_production(stage.environment, settings) as production:
        for take in takes:
            before: TakeState | None = None
            for step in production.ledger.history(take):
                assert step.from_state is before
                assert before is None or step.to_state in TRANSITIONS[before]
                before = step.to_state
            assert before is take.state
