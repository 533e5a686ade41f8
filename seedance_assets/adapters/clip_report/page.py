"""The page: every clip with its picture and findings, with filters for verdict and rule.

One HTML file with its own style and script; only the pictures are beside it. All texts from files
or sheets are escaped.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from seedance_assets.adapters.review.links import safe_link
from seedance_assets.adapters.review.page import policy
from seedance_assets.adapters.review.wording import counted, moment, spaced
from seedance_assets.core.checked_clip import CheckedClip, count_rules
from seedance_assets.core.measurement import Measurements, Span
from seedance_assets.core.quality import Verdict

_MOST_PLACES = 3
_URGENCY = (Verdict.FAIL, Verdict.WARN, Verdict.PASS)


@dataclass(frozen=True, slots=True)
class ClipReport:
    """The content of the page; `picture_of` returns the path of a clip's picture by hash."""

    folder: Path
    """The folder of the page; links are relative to it."""
    clips: Sequence[CheckedClip]
    expected: str
    """What the clips were compared with, in short."""
    made_at: datetime
    picture_of: Callable[[str], Path]


def build_clip_page(report: ClipReport) -> str:
    """The complete page as HTML."""
    style, script = _file("page.css"), _file("page.js")
    return _template().render(
        report=report,
        clips=sorted(report.clips, key=lambda clip: _URGENCY.index(clip.verdict)),
        policy=policy(style, script, []),
        style=Markup(style),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
        counts={v.value: sum(c.verdict is v for c in report.clips) for v in _URGENCY},
        rules=[rule for rule in count_rules(report.clips) if rule.warned or rule.failed],
        refused=sum(bool(clip.refused) for clip in report.clips),
        link=lambda path: _link(path, report.folder),
    )


def facts_of(m: Measurements) -> str:
    """Size, rate, length and sound in a line."""
    v = m.video
    sound = f"sound {m.audio.duration_s:.2f} s" if m.audio else "no sound"
    rate = f"{float(v.frame_rate):.4g} fps"
    return f"{v.width_px}×{v.height_px} · {rate} · {v.duration_s:.2f} s · {sound}"


def places_of(spans: Sequence[Span]) -> str:
    """The first few stretches, in seconds."""
    shown = "; ".join(f"{span.start_s:.2f}–{span.end_s:.2f} s" for span in spans[:_MOST_PLACES])
    more = len(spans) - _MOST_PLACES
    return f"{shown}; {more} more" if more > 0 else shown


def _link(path: Path, folder: Path) -> str | None:
    """A link to a path; None on another drive, or if it cannot be a link."""
    try:
        return safe_link(Path(os.path.relpath(path.absolute(), folder)).as_posix())
    except ValueError:
        return None


def _file(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("seedance_assets.adapters.clip_report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        counted=counted, facts=facts_of, moment=moment, places=places_of, spaced=spaced
    )
    return environment.get_template("page.html.j2")
