"""Each defect is in the file, exactly where and as long as the scenario says."""

from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from seedance_assets.emulator import EmulatorSettings, read_scenario
from seedance_assets.emulator.jobs.clip_plan import ClipPlan
from seedance_assets.emulator.jobs.scenario import Defect
from tests.emulator.conftest import Open
from tests.emulator.drawn import Clip, Luma, apart, border_shift, decode_clip, draw, steps
from tests.emulator.kit import draw_picture

RATE = 24
GROUNDS = {
    "blocks": draw_picture(320, 180),
    "black": Image.new("RGB", (320, 180)),
    "white": Image.new("RGB", (320, 180), "white"),
    "grey": Image.new("RGB", (320, 180), (128, 128, 128)),
}
on_every_ground = pytest.mark.parametrize("ground", list(GROUNDS))


def draw_with_defect(folder: Path, what: Any, ground: str = "blocks", **changes: Any) -> Clip:
    """Three seconds with one defect, by default from 1 s for 1 s."""
    when = {name: changes.pop(name) for name in ("at_s", "for_s") if name in changes}
    changes = {"frames": 73, "sound": "ambience"} | changes
    return draw(folder / "clip.mp4", GROUNDS[ground], Defect(what=what, **when), **changes)


def swings(luma: Luma) -> Any:
    """How far each frame's mean luma is from its neighbours', in grey levels."""
    mean = luma.mean((1, 2))
    return np.abs(mean[2:] - 2 * mean[1:-1] + mean[:-2]) / 2


def where(marked: Any) -> tuple[int, int]:
    """The first and last marked position; all between are marked too."""
    places = np.flatnonzero(marked)
    assert len(places) == places[-1] - places[0] + 1
    return int(places[0]), int(places[-1])


def test_a_black_stretch_is_black_from_its_first_frame_to_its_last(tmp_path: Path) -> None:
    clip = draw_with_defect(tmp_path, "black", at_s=1.0, for_s=0.5)

    mean = clip.luma.mean((1, 2))

    assert where(mean < 17) == (24, 36 - 1)
    assert clip.luma[26:36].max() < 18
    assert min(mean[:18].min(), mean[42:].min()) > 100
    assert steps(clip.luma).max() < 25  # it fades: no cut


@on_every_ground
def test_a_freeze_holds_the_picture_and_continues_from_there(tmp_path: Path, ground: str) -> None:
    clip = draw_with_defect(tmp_path, "freeze", ground, at_s=1.0, for_s=1.0, camera_fixed=False)

    changes = steps(clip.luma)

    assert changes[30:47].max() < 0.02  # the encoder refines it for a few frames
    assert changes[24:30].max() < 0.3
    assert changes[49:].min() > 0.1
    assert changes[47:].max() < 3  # no jump


@on_every_ground
def test_a_cut_is_one_sudden_change_to_another_moving_scene(tmp_path: Path, ground: str) -> None:
    changes = steps(draw_with_defect(tmp_path, "cut", ground, at_s=1.5).luma)

    assert int(changes.argmax()) == 35  # between frames 35 and 36
    assert changes[35] > 25
    assert np.delete(changes, 35).max() < 3
    assert (changes[36:] > 0.15).mean() > 0.8


@on_every_ground
def test_a_flicker_swings_from_frame_to_frame_for_as_long_as_asked(
    tmp_path: Path, ground: str
) -> None:
    swing = swings(draw_with_defect(tmp_path, "flicker", ground, at_s=1.0, for_s=1.0).luma)

    assert where(swing > 3)[0] in {22, 23}
    assert where(swing > 3)[1] in {46, 47}
    assert np.concatenate([swing[:20], swing[50:]]).max() < 0.5


@on_every_ground
def test_a_flash_swings_far_six_times_a_second(tmp_path: Path, ground: str) -> None:
    mean = draw_with_defect(tmp_path, "flash", ground, at_s=1.0, for_s=1.0).luma.mean((1, 2))

    jumps = np.flatnonzero(np.abs(np.diff(mean)) > 70)

    assert jumps.tolist() == list(range(23, 48, 2))[: len(jumps)]
    assert len(jumps) == 12


@on_every_ground
def test_a_wrong_picture_is_an_unrelated_one_from_the_first_frame(
    tmp_path: Path, ground: str
) -> None:
    clip = draw_with_defect(tmp_path, "wrong_picture", ground)

    assert apart(clip.first, GROUNDS[ground]) > 40
    assert steps(clip.luma).max() < 8  # and it is one scene


def test_a_wrong_size_is_three_quarters_of_what_was_ordered(tmp_path: Path) -> None:
    clip = draw_with_defect(tmp_path, "wrong_size", width=864, height=496, frames=5)

    assert clip.size == (648, 372)
    assert apart(clip.first, GROUNDS["blocks"]) < 4


def test_a_wrong_length_ends_too_early_and_so_does_its_sound(tmp_path: Path) -> None:
    clip = draw_with_defect(tmp_path, "wrong_length", for_s=1.25)

    assert len(clip.luma) == 73 - 30
    assert len(clip.sound) / 44_100 == pytest.approx(43 / RATE, abs=0.05)


def test_a_letterbox_has_black_bars_of_an_eighth_in_every_frame(tmp_path: Path) -> None:
    luma = draw_with_defect(tmp_path, "letterbox", height=112).luma

    brightest = luma.max((0, 2))

    assert where(brightest > 20) == (14, 112 - 14 - 1)
    assert luma[:, 20:92].mean() > 60


def test_a_moving_camera_moves_although_a_fixed_one_was_ordered(tmp_path: Path) -> None:
    obeys = draw(tmp_path / "obeys.mp4", camera_fixed=True, frames=73)
    moves = draw_with_defect(tmp_path, "moving_camera", camera_fixed=True)

    assert border_shift(obeys.luma) < 1.5
    assert border_shift(moves.luma) > 15
    assert apart(moves.first, GROUNDS["blocks"]) < 4


def test_silent_audio_is_a_track_without_sound(tmp_path: Path) -> None:
    clip = draw_with_defect(tmp_path, "silent_audio")

    assert len(clip.sound) / 44_100 == pytest.approx(73 / RATE, abs=0.05)
    assert not clip.sound.any()


def test_clipped_audio_reaches_full_scale_many_times(tmp_path: Path) -> None:
    clip = draw_with_defect(tmp_path, "clipped_audio")
    sound = draw(tmp_path / "sound.mp4", sound="ambience", frames=73)

    assert (np.abs(clip.sound) >= 1).mean() > 0.05
    assert np.abs(sound.sound).max() < 0.9


def test_missing_audio_has_no_track(tmp_path: Path) -> None:
    assert draw_with_defect(tmp_path, "missing_audio").audio is None


@pytest.mark.parametrize("what", ["silent_audio", "clipped_audio", "missing_audio"])
def test_sound_defects_do_nothing_to_a_silent_clip(tmp_path: Path, what: str) -> None:
    assert draw_with_defect(tmp_path, what, sound="none", frames=5).audio is None


@pytest.mark.parametrize("what", get_args(Defect.__annotations__["what"]))
def test_one_seed_gives_one_file_with_any_defect(tmp_path: Path, what: str) -> None:
    files = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        draw_with_defect(tmp_path / name, what, seed="one", frames=49, camera_fixed=True)
        files.append((tmp_path / name / "clip.mp4").read_bytes())
    (tmp_path / "sound").mkdir()
    draw(tmp_path / "sound" / "clip.mp4", seed="one", frames=49, sound="ambience")

    assert files[0] == files[1] != (tmp_path / "sound" / "clip.mp4").read_bytes()


def test_several_defects_can_be_combined(tmp_path: Path) -> None:
    faults = (Defect(what="letterbox"), Defect(what="missing_audio"), Defect(what="wrong_size"))

    clip = draw(
        tmp_path / "clip.mp4", None, *faults, sound="ambience", width=256, height=144, frames=5
    )

    assert (clip.size, clip.audio) == ((192, 108), None)
    assert clip.luma[:, :12].max() < 20


def test_a_clip_can_be_shortened_to_its_first_frame(tmp_path: Path) -> None:
    assert len(draw_with_defect(tmp_path, "wrong_length", for_s=60).luma) == 1


def test_an_order_gets_the_defects_of_its_rules_over_http(start_with: Open, tmp_path: Path) -> None:
    caller = start_with(Defect(what="letterbox"), Defect(what="wrong_length", for_s=0.5))

    caller.download_to(tmp_path / "clip.mp4", seconds=1)

    clip = decode_clip(tmp_path / "clip.mp4")
    assert len(clip.luma) == 25 - 12
    assert clip.luma[:, :8].max() < 20


def test_a_plan_stored_without_defects_is_still_read() -> None:
    text = (
        '{"width": 96, "height": 96, "box": [0, 0, 96, 96], "frames": 25, "seed": "s",'
        ' "frames_per_second": 24, "sound": "none", "camera_fixed": true}'
    )

    plan = ClipPlan.from_json(text)

    assert plan.defects == ()
    assert ClipPlan.from_json(plan.to_json()) == plan


def test_the_sample_scenario_plants_eight_defects_one_per_prompt() -> None:
    sample = Path(__file__).parents[2] / "data"
    rules = read_scenario(sample / "defects.toml").rules
    prompts = (sample / "shots.csv").read_text(encoding="utf-8").casefold().splitlines()

    found = [[row for row in prompts if str(rule.prompt).casefold() in row] for rule in rules]

    assert [len(rows) for rows in found] == [1] * 8
    assert all(one != other for one, other in pairwise(sorted(rows[0] for rows in found)))
    kinds = {fault.what for rule in rules for fault in rule.faults if isinstance(fault, Defect)}
    assert len(kinds) == 8
    assert EmulatorSettings(state_dir=sample, scenario=read_scenario(sample / "defects.toml"))
