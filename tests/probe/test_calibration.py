"""The rules judge clips of the calibration set like a person would; some of them here.

`python -m benchmarks.agreement --part rules` judges all of them; its table is in
`docs/agreement.md`.
"""

from pathlib import Path

from benchmarks.calibration import calibration_set, write
from benchmarks.calibration.scoring import Judged, judge_all, score
from seedance_assets.core.quality import RULES, Verdict

SOME = (
    "cut: street to hills",
    "freeze: 0.62 s",
    "flicker: ± 4 levels",
    "black: 4 frames",
    "duplicates: 12 at 24 fps",
    "softening: by 3 px",
    "size: 482×270",
    "damage: file cut off at 70 %",
    "dropouts: 1 of 60 ms",
    "dissolve: 8 frames",
    "jump: figures by 50 px",
    "torn: band slips by 40 px, 1 frame",
    "black: 1 frame",
    "drift: 20 % to green",
    "first frame: red and blue swapped",
    "camera: push by 8 %",
    "sound late: 0.2 s",
    "innocent camera: push to a smooth face",
    "innocent white skirt: turns fast",
    "innocent plosives: speech 5",
    "innocent time stamps: rounded to 1/30 s",
    "innocent intended cuts: two",
    "innocent slow change: smoke passes",
    "innocent take: street, fixed camera",
    "innocent camera: fast pan, allowed",
    "innocent lightning: one flash of 2 frames",
    "innocent sound: drums",
)


def test_some_clips_get_the_expected_verdicts(tmp_path: Path) -> None:
    chosen = [clip for clip in calibration_set() if clip.name in SOME]
    assert len(chosen) == len(SOME)

    judged = judge_all(chosen, tmp_path)

    assert [each.sentence for each in judged if not each.as_expected] == []


def test_the_set_is_large_and_half_of_it_is_faultless() -> None:
    clips = calibration_set()

    assert sum(not clip.innocent for clip in clips) >= 60
    assert sum(clip.innocent for clip in clips) >= 60
    assert len({clip.name for clip in clips}) == len(clips)


def test_every_fault_has_a_rule() -> None:
    rules = {rule.name for rule in RULES}

    wanted = {rule for clip in calibration_set() for rule in clip.found_by}

    assert wanted <= rules


def test_a_clip_is_drawn_the_same_each_time(tmp_path: Path) -> None:
    clip = next(clip for clip in calibration_set() if clip.name == "innocent plosives: speech 4")

    one, other = (write(clip, tmp_path / f"{n}.mp4").read_bytes() for n in (1, 2))

    assert one == other


def test_a_warning_or_another_rule_does_not_count_as_found() -> None:
    innocent = next(clip for clip in calibration_set() if clip.innocent)
    cut = next(clip for clip in calibration_set() if clip.found_by == {"cut"})
    complaints: list[dict[str, Verdict]] = [
        {"black": Verdict.FAIL, "cut": Verdict.WARN},
        {"black": Verdict.WARN},
        {},
    ]
    judged = [
        Judged(clip, found, dict.fromkeys(found, ""))
        for clip in (innocent, cut)
        for found in complaints
    ]

    total = score(judged)

    assert (total.innocent, total.false_failures, total.false_warnings) == (3, 1, 1)
    assert (total.faulty, total.missed) == (3, 3)  # this cut must fail, not warn
