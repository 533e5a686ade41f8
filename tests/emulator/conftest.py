"""Emulators with a folder of their own and a manual clock."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from seedance_assets.emulator import EmulatorSettings, running_emulator
from seedance_assets.emulator.jobs.scenario import Fault, Rule, Scenario
from tests.emulator.kit import MODELS, Caller, Clock

Open = Callable[..., Caller]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path, clock: Clock) -> EmulatorSettings:
    return EmulatorSettings(
        state_dir=tmp_path / "state",
        queue_s=2.0,
        service_s=10.0,
        slots=1,
        models=MODELS,
        clock=clock,
    )


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Closes after the test what it opened."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def start(opened: ExitStack, settings: EmulatorSettings, clock: Clock) -> Open:
    """Starts an emulator with changed settings and returns a client."""

    def started(**changes: Any) -> Caller:
        changed = replace(settings, **changes)
        emulator = opened.enter_context(running_emulator(changed))
        http = opened.enter_context(httpx.Client(headers={"Authorization": "Bearer t"}, timeout=60))
        return Caller(http, emulator.root, clock, changed.state_dir)

    return started


@pytest.fixture
def caller(start: Open) -> Caller:
    """A client of an emulator without faults."""
    return start()


@pytest.fixture
def start_with(start: Open) -> Open:
    """Starts an emulator that assigns these faults to every order."""

    def started(*faults: Fault, **changes: Any) -> Caller:
        return start(scenario=Scenario(rules=(Rule(faults=faults),)), **changes)

    return started


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A client of one emulator, for all tests of a module that change nothing."""
    clock = Clock()
    settings = EmulatorSettings(
        state_dir=tmp_path_factory.mktemp("shared"), models=MODELS, clock=clock
    )
    headers = {"Authorization": "Bearer t"}
    with running_emulator(settings) as emulator, httpx.Client(headers=headers, timeout=60) as http:
        yield Caller(http, emulator.root, clock, settings.state_dir)
