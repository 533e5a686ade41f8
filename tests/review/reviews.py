"""Reviews for the tests: shots of every status, with real small clips where a test plays one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from seedance_assets.adapters.probe import probe
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.review import Review, ReviewFinding, ReviewShot, ReviewTake
from seedance_assets.core.shot import Problem
from seedance_assets.core.take import TakeState
from tests.probe.clips import make_clip

ORDERED = datetime(2026, 3, 14, 9, 12, 30, tzinfo=UTC)

MEASURED: dict[str, Any] = {
    "schema": 1,
    "sha256": "ab" * 32,
    "container": {"brand": "isom", "size_bytes": 1_400_000, "faststart": True, "comment": ""},
    "video": {
        "codec": "h264",
        "pixel_format": "yuv420p",
        "width_px": 864,
        "height_px": 496,
        "frames_per_second": "24/1",
        "frames_decoded": 121,
        "frames_claimed": 121,
        "duration_s": 5.041667,
        "decode_errors": 0,
        "timestamp_gaps": 0,
    },
    "audio": {
        "codec": "aac",
        "sample_rate_hz": 48_000,
        "channels": 2,
        "duration_s": 5.03,
        "decode_errors": 0,
        "peak_dbfs": -6.0,
        "rms_dbfs": -20.5,
    },
    "seen": {
        "luma_levels": [100.0] * 60 + [16.0] * 12 + [100.0] * 49,
        "motion_levels": [0.0] + [0.6] * 59 + [40.0] + [0.0] * 11 + [40.0] + [0.6] * 48,
    },
    "heard": {
        "levels_dbfs": [-20.0] * 100,
        "waveform": [0.5] * 120 + [0.25] * 120,
        "loudness_lufs": -21.4,
        "true_peak_dbtp": -5.5,
    },
    "opening": {"picture_sha256": "fe" * 32, "similarity": 0.987, "hash_distance_bits": 1},
}


def make_finding(rule: str = "size", verdict: str = "pass", **changes: Any) -> ReviewFinding:
    facts = {"measured": "864×496", "limit": "864×496", "sentence": "As asked."} | changes
    return ReviewFinding.model_validate({"rule": rule, "verdict": verdict} | facts)


def make_take(shot: str = "sh010", number: int = 1, **changes: Any) -> ReviewTake:
    name = f"{shot}_t{number:03d}"
    facts = {
        "name": name,
        "number": number,
        "state": TakeState.MEASURED,
        "fingerprint": f"{number:02d}" + "c0ffee" * 10 + "01",
        "request_id": f"req-{name}",
        "current": True,
        "video": f"../media/{shot}/{name}.mp4",
        "poster": f"../media/{shot}/{name}.jpg",
        "strip": f"../media/{shot}/{name}_strip.jpg",
        "verdict": "pass",
        "findings": (make_finding("intact"), make_finding("size")),
        "measurements": Measurements.model_validate(MEASURED),
        "estimate_usd": 0.1213,
        "cost_usd": 0.13,
        "ordered_at": ORDERED,
        "service_time_s": 71.5,
        "inputs": {
            "prompt": "Dusk over the bay.",
            "first_frame_image_url": f"sha256:{'fe' * 32}",
            "resolution": "480p",
            "duration": 5,
            "generate_audio": True,
        },
        "frame_sha256": "fe" * 32,
        "run_id": "run-7",
        "delivered_at": datetime(2026, 3, 14, 9, 13, 42, tzinfo=UTC),
        "video_sha256": "ab" * 32,
    }
    return ReviewTake.model_validate(facts | changes)


def make_shot(key: str = "sh010", **changes: Any) -> ReviewShot:
    facts = {
        "key": key,
        "sequence": "sq010",
        "row": 2,
        "prompt": "Dusk over the bay.",
        "notes": {"description": "Harbour"},
        "settings": {"resolution": "480p", "duration": 5, "generate_audio": True},
        "first_frame": f"../frames/{key}.png",
        "takes_wanted": 1,
        "status": "done",
        "verdict": "pass",
        "reason": None,
        "advice": None,
        "takes": (make_take(key),),
    }
    return ReviewShot.model_validate(facts | changes)


def make_review(*shots: ReviewShot, **changes: Any) -> Review:
    facts = {
        "title": "The Keeper",
        "sheet": "keeper.csv",
        "model_id": "bytedance/seedance-v1.5-pro/image-to-video",
        "scope": "runcomfy https://model-api.runcomfy.net",
        "emulated": False,
        "made_at": datetime(2026, 3, 14, 11, 40, tzinfo=UTC),
        "shots": shots or (make_shot(),),
    }
    return Review.model_validate(facts | changes)


def make_production(home: Path) -> Review:
    """Six shots as they come: two takes, a warning, a failed rule, failed, blocked, pending."""
    two_takes = (real_take(home, "sh010", 1), real_take(home, "sh010", 2))
    odd = make_finding("streams", "warn", sentence="The codec is not the usual one.")
    bad = make_finding(
        "silence",
        "fail",
        sentence="The sound track is completely silent.",
        spans=({"start_s": 0.5, "end_s": 0.75}, {"start_s": 0.25, "end_s": 0.3}),
    )
    drift = make_finding("camera", "warn", spans=({"start_s": 0.8, "end_s": 0.8},))
    lost = without_clip(make_take("sh040", state="failed", error="GenerationFailed: no"))
    for key in ("sh040", "sh060"):
        make_frame(home, key)
    warned = real_take(home, "sh020", 1, verdict="warn", findings=(odd,))
    unfit = real_take(home, "sh030", 1, verdict="fail", findings=(make_finding(), drift, bad))
    return make_review(
        make_shot("sh010", row=2, takes=two_takes, takes_wanted=2),
        make_shot("sh020", row=3, prompt="A gull circles.", verdict="warn", takes=(warned,)),
        make_shot("sh030", row=4, sequence="sq020", verdict="fail", takes=(unfit,)),
        make_shot(
            "sh040",
            row=5,
            sequence="sq020",
            status="failed",
            verdict=None,
            reason="The service delivered no video.",
            advice="Pay for another try.",
            takes=(lost,),
        ),
        make_shot(
            "sh050",
            row=6,
            sequence="sq020",
            status="blocked",
            verdict=None,
            reason="The first frame is not a picture.",
            advice="Replace the picture.",
            first_frame=None,
            takes=(),
        ),
        make_shot("sh060", row=7, sequence="", status="pending", verdict=None, takes=()),
        emulated=True,
        problems=(make_problem(),),
    )


def without_clip(take: ReviewTake) -> ReviewTake:
    links = dict.fromkeys(("video", "poster", "strip", "verdict", "measurements", "cost_usd"))
    return take.model_copy(update={**links, "findings": ()})


def make_problem(**changes: Any) -> Problem:
    facts = {
        "row": 9,
        "shot": "sh090",
        "column": "Duration",
        "value": "15",
        "rule": "duration",
        "reason": "must be one of 4 to 12",
        "fix": "Write a number from 4 to 12.",
    }
    return Problem.model_validate(facts | changes)


def real_take(home: Path, shot: str, number: int, **changes: Any) -> ReviewTake:
    """A take whose clip and pictures lie where their links say, seen from `home/review`."""
    take = make_take(shot, number, **changes)
    folder = home / "media" / shot
    folder.mkdir(parents=True, exist_ok=True)
    measured = probe(make_clip(folder / f"{take.name}.mp4"))
    (folder / f"{take.name}.jpg").write_bytes(measured.poster)
    (folder / f"{take.name}_strip.jpg").write_bytes(measured.strip_large)
    make_frame(home, shot)
    curves = {name: getattr(take.measurements, name) for name in ("seen", "heard")}
    real = measured.measurements.model_copy(update=curves)  # curves that the tests can foretell
    return take.model_copy(update={"measurements": real})


def make_frame(home: Path, shot: str) -> None:
    """The first frame of a shot, where its link says."""
    frame = home / "frames" / f"{shot}.png"
    frame.parent.mkdir(exist_ok=True)
    Image.new("RGB", (128, 72), "#345").save(frame)
