"""A review as long as a season, with a picture per shot, and scrolling through it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from seedance_assets.core.review import Review
from tests.review.reviews import make_finding, make_review, make_shot, make_take

RULES = 31
TRACED = ["toplevel"]
SCROLL = """() => new Promise((done) => {
  const step = () => {
    const before = scrollY;
    scrollBy(0, innerHeight);
    if (scrollY > before) requestAnimationFrame(step);
    else setTimeout(done, 300);
  };
  requestAnimationFrame(step);
})"""
"""Scrolls to the end, a window a frame."""


@dataclass(frozen=True)
class Task:
    """The longest task of the page's main thread, in ms: by the clock, and of the processor's."""

    wall_ms: float
    cpu_ms: float


def longest_task(trace: bytes) -> Task:
    """Of a Chromium trace of the categories `TRACED`.

    A machine that is busy with other things makes tasks longer by the clock, but not in the time
    that the processor spends on them.
    """
    events = json.loads(trace)["traceEvents"]
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    tasks = [
        Task(event.get("dur", 0) / 1000, event.get("tdur", 0) / 1000)
        for event in events
        if event["name"].endswith("RunTask")
        and names.get((event["pid"], event["tid"])) == "CrRendererMain"
    ]
    return Task(max(t.wall_ms for t in tasks), max(t.cpu_ms for t in tasks))


def make_long_review(home: Path, shots: int) -> Review:
    """As many shots; each tenth clip failed. The media lie in `home`, as the links say."""
    picture = home / "poster.jpg"
    Image.effect_mandelbrot((640, 368), (-2.2, -1, 0.8, 1), 60).convert("RGB").save(picture)
    return make_review(*(_shot(home, picture, number) for number in range(shots)))


def _shot(home: Path, picture: Path, number: int) -> Any:
    key = f"sq{number // 25:03d}_sh{number:04d}"
    folder = home / "media" / key
    folder.mkdir(parents=True, exist_ok=True)
    take = make_take(key, findings=_findings(number), verdict="pass" if number % 10 else "fail")
    for name in (f"{take.name}.jpg", f"{take.name}_strip.jpg"):
        (folder / name).unlink(missing_ok=True)
        os.link(picture, folder / name)
    return make_shot(
        key,
        sequence=key.split("_", maxsplit=1)[0],
        row=number + 2,
        prompt=f"Shot {number}: dusk over the bay, a boat, a lamp that fails. " * 6,
        verdict=take.verdict,
        takes=(take,),
    )


def _findings(number: int) -> tuple[Any, ...]:
    def finding(rule: int) -> Any:
        if number % 10 == 0 and rule == number // 10 % RULES:
            spans = ({"start_s": 2.5, "end_s": 3.0},)
            return make_finding(f"rule_{rule}", "fail", measured=f"{number} s", spans=spans)
        return make_finding(f"rule_{rule}", measured=f"{(number * rule) % 997 / 100:.2f} levels")

    return tuple(finding(rule) for rule in range(RULES))
