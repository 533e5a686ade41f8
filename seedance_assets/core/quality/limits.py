"""The limits of the rules: `[quality]` of production.toml, with presets.

Every limit is a starting value: no clip of the live service has been measured yet.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

RuleName = Literal[
    "intact",
    "streams",
    "size",
    "frame_rate",
    "length",
    "geometry",
    "colour",
    "bit_rate",
    "faststart",
    "first_frame",
    "black",
    "bars",
    "range",
    "sharpness",
    "drift",
    "freeze",
    "motion",
    "cut",
    "glitch",
    "flicker",
    "flashes",
    "duplicates",
    "camera",
    "audio",
    "sync",
    "sound_format",
    "silence",
    "loudness",
    "true_peak",
    "clipping",
    "dc_offset",
    "dropouts",
    "stereo",
]
Level = Literal["off", "warn", "fail"]
Preset = Literal["draft", "broadcast", "social"]
FamilyName = Literal["intact", "delivery", "opening", "picture", "movement", "sound"]


def _limit(value: float, description: str, *, least: float = 0.0, most: float = 1e9) -> float:
    limit: float = Field(
        default=value, ge=least, le=most, allow_inf_nan=False, description=description
    )
    return limit


def _share(value: float, description: str) -> float:
    """A limit as a share of a whole: 0.02 is two per cent."""
    return _limit(value, description, most=1.0)


def _correlation(value: float, description: str) -> float:
    return _limit(value, description, least=-1.0, most=1.0)


def _level(value: float, description: str) -> float:
    """A limit in decibels below full scale: most values are negative."""
    return _limit(value, description, least=-200.0, most=200.0)


class QualityLimits(BaseModel):
    """The limits of one shot. A rule warns beyond its `_warn_` limit and fails beyond `_fail_`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    length_tolerance_s: float = _limit(0.15, "Largest difference from the ordered length.")
    bits_per_pixel_warn: float = _limit(0.015, "Fewest coded bits per pixel.")
    colour_tags_required: bool = Field(default=False, description="Whether tags are required.")

    first_frame_warn: float = _correlation(0.85, "Lowest SSIM of frame 0 and the first frame.")
    first_frame_fail: float = _correlation(0.60, "The same.")

    first_frame_colour_warn: float = _limit(6, "Largest difference of their chroma, in levels.")
    first_frame_colour_fail: float = _limit(30, "The same.")

    black_warn_s: float = _limit(0.05, "Longest black stretch.")
    black_fail_s: float = _limit(0.25, "The same.")
    black_pixel_share: float = _share(0.98, "Dark pixels that make a frame black.")
    bars_warn_share: float = _share(0.01, "Black borders, as a share of the picture's side.")
    bars_fail_share: float = _share(0.04, "The same.")
    range_warn_share: float = _share(0.01, "Pixels outside 5 to 246, EBU R 103.")
    range_fail_share: float = _share(1.0, "The same.")
    drift_warn_levels: float = _limit(8, "Shift of the chroma over the clip, in levels.")
    drift_jump_contrast: float = _limit(5, "Colour jump: a chroma step over its neighbours.")
    sharpness_drop_warn: float = _share(0.85, "Share of its sharpness that a clip may lose.")
    sharpness_warn: float = _limit(3.5, "Lowest variance of the Laplacian in the sharpest parts.")

    freeze_warn_s: float = _limit(0.3, "Longest frozen stretch.")
    freeze_fail_s: float = _limit(0.5, "The same.")
    freeze_motion_levels: float = _limit(0.15, "Mean difference that counts as frozen.")
    freeze_peak_levels: float = _limit(6, "Largest difference that counts as frozen.")
    motion_warn_levels: float = _limit(0.1, "Lowest mean difference between frames.")
    cut_score: float = _limit(8.0, "Score from which a change is a cut, like ffmpeg's scdet.")
    cut_contrast: float = _limit(3, "A cut between dark scenes: motion relative to its neighbours.")
    cut_unlike_share: float = _share(0.7, "How different the two pictures of such a cut are.")
    jump_contrast: float = _limit(6, "A jump of the scene: motion relative to its neighbours.")
    jump_levels: float = _limit(2.5, "Lowest motion of such a jump.")
    dissolve_unmixed_share: float = _share(0.15, "Part of a dissolve that no mixture explains.")
    dissolve_unlike_share: float = _share(0.5, "How different the two pictures of a dissolve are.")
    dissolve_contrast: float = _limit(1.8, "Motion of a dissolve relative to before and after.")
    glitch_warn_share: float = _share(0.06, "Foreign part of the picture in a broken frame.")
    glitch_fail_share: float = _share(0.3, "The same.")
    flicker_warn_levels: float = _limit(3.0, "Brightness jitter, reached five times a second.")
    flicker_fail_levels: float = _limit(8.0, "The same.")
    flashes_warn_per_s: float = _limit(2, "Most flashes in any second.")
    flashes_fail_per_s: float = _limit(3, "The same; WCAG 2.2, Rec. ITU-R BT.1702.")
    duplicates_warn_share: float = _share(0.1, "Frames that repeat the one before, in a cadence.")
    camera_warn_share: float = _limit(0.02, "Camera travel, as a share of the width.")
    camera_fail_share: float = _limit(0.04, "The same.")

    audio_skew_s: float = _limit(0.25, "Largest difference of sound and picture length.")
    audio_late_warn_s: float = _limit(0.125, "Sound starts after the picture; Rec. ITU-R BT.1359.")
    audio_late_fail_s: float = _limit(0.185, "The same.")
    audio_early_warn_s: float = _limit(0.09, "Sound starts before the picture.")
    audio_early_fail_s: float = _limit(0.125, "The same.")
    sample_rate_warn_hz: float = _limit(32_000, "Lowest sample rate.")
    silence_dbfs: float = _level(-60.0, "Level below which 50 ms count as silent.")
    silence_warn_share: float = _share(0.6, "Silent share of an ordered sound track.")
    silence_fail_share: float = _share(0.8, "The same.")
    loudness_target_lufs: float = _level(-21.0, "Target integrated loudness.")
    loudness_warn_lu: float = _limit(10.0, "Largest distance from the target.")
    loudness_fail_lu: float = _limit(60.0, "The same.")
    true_peak_warn_dbtp: float = _level(-1.0, "Highest true peak.")
    true_peak_fail_dbtp: float = _level(3.0, "The same.")
    clipped_warn_per_s: float = _limit(20, "Samples a second in flat runs at full scale.")
    clipped_fail_per_s: float = _limit(500, "The same.")
    dc_offset_warn_share: float = _share(0.01, "Mean of the sound, as a share of full scale.")
    dc_offset_fail_share: float = _share(0.05, "The same.")
    dropouts_warn: float = _limit(0, "Most dropouts in the sound.")
    dropouts_fail: float = _limit(3, "The same.")
    one_sided_warn_db: float = _limit(20.0, "Largest level difference of left and right.")
    out_of_phase_warn: float = _correlation(-0.5, "Lowest correlation of left and right.")

    rules: dict[RuleName, Level] = Field(
        default_factory=dict,
        description="`off`: skip the rule. `warn`: warn at most. `fail`: fail at least.",
    )

    def changed_by(self, other: "QualityLimits") -> "QualityLimits":
        """These limits, overridden by those explicitly set in `other`."""
        named = {name: getattr(other, name) for name in other.model_fields_set & _OWN}
        return self.model_copy(update=named | {"rules": {**self.rules, **other.rules}})


_OWN = frozenset(QualityLimits.model_fields)

PRESETS: dict[Preset, QualityLimits] = {
    "draft": QualityLimits(),
    "broadcast": QualityLimits(
        length_tolerance_s=0.05,
        bits_per_pixel_warn=0.1,
        colour_tags_required=True,
        range_fail_share=0.01,
        audio_skew_s=0.1,
        audio_early_warn_s=0.045,
        audio_early_fail_s=0.09,
        sample_rate_warn_hz=48_000,
        loudness_target_lufs=-23.0,
        loudness_warn_lu=0.5,
        loudness_fail_lu=1.0,
        true_peak_fail_dbtp=-1.0,
        rules={"flicker": "fail", "duplicates": "fail", "dc_offset": "fail"},
    ),
    "social": QualityLimits(
        loudness_target_lufs=-14.0,
        loudness_warn_lu=4.0,
        true_peak_fail_dbtp=0.0,
        sample_rate_warn_hz=44_100,
    ),
}


class QualitySettings(QualityLimits):
    """`[quality]`: a preset, the production's changes, and those of sequences and shots."""

    preset: Preset = "draft"
    blocking: tuple[FamilyName, ...] = Field(
        default=(),
        description="Families whose failure keeps a shot from counting as measured.",
    )
    fails_run: bool = Field(
        default=False,
        description="Whether `seedance produce` ends with 1 if a clip of the run fails a rule.",
    )
    sequences: dict[str, QualityLimits] = Field(default_factory=dict)
    shots: dict[str, QualityLimits] = Field(default_factory=dict)

    def limits_for(self, shot: str = "", sequence: str = "") -> QualityLimits:
        """The limits of one shot: preset, production, sequence, shot; the most specific wins."""
        limits = PRESETS[self.preset].changed_by(self)
        for named in (self.sequences.get(sequence), self.shots.get(shot)):
            if named is not None:
                limits = limits.changed_by(named)
        return limits
