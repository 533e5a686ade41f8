"""What many tests share: a small clip, and a stage to film on."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, settings

from seedance_assets.emulator.jobs.scenario import Rule
from tests.browser import open_browser  # noqa: F401  # a fixture
from tests.command import AS_USUAL, Command, Produce, Said, environment_of, run_seedance
from tests.databases import running_postgres
from tests.stage import Stage, draw_clip, stage

# Hypothesis: the same examples at every run, and no clock. `--hypothesis-profile=searching` looks
# for new ones, `--hypothesis-profile=long` for hours.
_NO_CLOCK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("searching", _NO_CLOCK)
settings.register_profile("long", _NO_CLOCK, max_examples=50_000)
settings.register_profile("steady", _NO_CLOCK, derandomize=True)
settings.load_profile("steady")

# `pytest -m fast`: under a minute on two cores, on every Python in CI. No browser, no daemon.
_FAST = (
    "cli/test_readme.py",
    "core",
    "first_frame",
    "media_library",
    "notices",
    "probe",
    "runcomfy",
    "sheet",
)
_NOT_FAST = (  # the longest, and what hardly differs between Pythons
    "core/test_model_schema.py",
    "first_frame/test_bucket.py",
    "first_frame/test_corpus.py",
    "first_frame/test_damage.py",
    "first_frame/test_reach.py",
    "probe/test_agreement.py",
    "probe/test_calibration.py",
    "probe/test_picture_faults.py",
    "probe/test_rules.py",
    "probe/test_shot_changes.py",
    "runcomfy/test_against_the_emulator.py",
    "sheet/test_bombs.py",
    "sheet/test_formulas.py",
    "sheet/test_hostile.py",
)


_SLOW = {  # single tests of the fast modules
    "test_a_command_that_is_called_in_a_hostile_folder_starts_nothing_of_it",
    "test_many_clips_do_not_use_up_a_worker",
}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m fast` does not import the other modules: that would take longer than many tests."""
    is_module = collection_path.name.startswith("test_")
    ignored = is_module and config.option.markexpr == "fast" and not _is_fast(collection_path)
    return ignored or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the fast folders."""
    for item in items:
        if _is_fast(item.path) and item.name.split("[")[0] not in _SLOW:
            item.add_marker("fast")


def _is_fast(module: Path) -> bool:
    place = module.relative_to(Path(__file__).parent)
    named = {place.as_posix(), *(parent.as_posix() for parent in place.parents)}
    return bool(named & set(_FAST)) and not named & set(_NOT_FAST)


# A script that starts the tests in its background has them ignore Ctrl-C, and all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class OpenStage(Protocol):
    """Opens a stage with some faults."""

    def __call__(self, *rules: Rule, **settings: Any) -> AbstractContextManager[Stage]: ...


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server, for as long as the tests of this process last."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def open_stage(tmp_path: Path, clip: Path) -> OpenStage:
    def opened(*rules: Rule, **settings: Any) -> AbstractContextManager[Stage]:
        return stage(tmp_path / "production", settings.pop("clip", clip), *rules, **settings)

    return opened


@pytest.fixture
def seedance(tmp_path: Path) -> Command:
    """The command, called from an empty folder; its home is `home/` there."""

    def run(*arguments: object, cwd: Path | None = None, **environ: str) -> Said:
        return run_seedance(tmp_path, *arguments, cwd=cwd or tmp_path, **environ)

    return run


@pytest.fixture
def produce() -> Iterator[Produce]:
    """Starts `seedance produce` on a stage's sheet; what still runs at the end is killed."""
    with ExitStack() as ended:

        def start(
            stage: Stage, *arguments: str, python: Sequence[str] = AS_USUAL
        ) -> subprocess.Popen[str]:
            process = ended.enter_context(
                subprocess.Popen(
                    [sys.executable, *python, "produce", stage.sheet, "--yes", *arguments],
                    env=environment_of(stage.folder, **stage.environ),
                    cwd=stage.folder,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            ended.callback(process.kill)  # before it is waited for
            return process

        yield start


@pytest.fixture
def plain_stage(open_stage: OpenStage) -> Iterator[Stage]:
    """A stage on which nothing goes wrong."""
    with open_stage() as opened:
        yield opened
