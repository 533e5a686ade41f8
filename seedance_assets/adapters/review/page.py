"""The review page: one HTML file that opens from disk and loads nothing from the network."""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from seedance_assets.adapters.review import page_data, wording
from seedance_assets.adapters.review.links import origins, safe_link
from seedance_assets.core.review import STATUSES, Review, ReviewShot
from seedance_assets.core.summary import outcome

_SCRIPTS = (
    "elements.js",
    "timeline.js",
    "wipe.js",
    "lineage.js",
    "panel.js",
    "contact_sheet.js",
)


def build_page(review: Review, *, parquet: bool = False) -> str:
    """The complete page as HTML. All texts of the review are escaped.

    `parquet`: whether there is a `report.parquet` to link.
    """
    style, script = style_of("page.css"), _script()
    return page_template("page.html.j2").render(
        review=review,
        parquet=parquet,
        policy=policy(style, script, origins(review)),
        style=Markup(style),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own files
        data=Markup(page_data.as_inline_json(page_data.review_data(review))),  # noqa: S704  # escaped for this place
        kinds=page_data.KINDS,
        statuses=STATUSES,
        totals=page_data.totals(review),
        attention=_attention(review),
        rules=page_data.faults_by_rule(review).most_common(),
        sequences=sorted({shot.sequence for shot in review.shots if shot.sequence}),
    )


def _attention(review: Review) -> dict[str, Any]:
    """What needs attention: shots without a clip, failed clips, rows of the sheet."""
    return {
        "stopped": [shot for shot in review.shots if _has_no_clip(shot)],
        "unfit": [s for s in review.shots if outcome(s) in {"fail", "warn"}],
        "problems": sorted(review.problems, key=lambda p: (p.severity, p.row or 0)),
    }


def _has_no_clip(shot: ReviewShot) -> bool:
    gone = any(take.missing and take.current for take in shot.takes)
    return gone or shot.status in {"failed", "blocked"}


def policy(style: str, script: str | None, foreign: list[str]) -> str:
    """A Content-Security-Policy that allows our own style and script, local files and given links.

    The page can send nothing: no fetch, form, frame or base.
    """
    media = " ".join(["'self'", "data:", "file:", *foreign])
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'" if script else "script-src 'none'",
            f"img-src {media}",
            f"media-src {media}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def style_of(name: str) -> str:
    """One of our style sheets."""
    return _file(name)


def _file(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    parts = "\n".join(_file(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def page_template(name: str) -> Template:
    """One of our templates; values are escaped."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    loader = PackageLoader("seedance_assets.adapters.review", "")
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        money=wording.money,
        seconds=wording.seconds,
        moment=wording.moment,
        link=safe_link,
        counted=wording.counted,
        spaced=wording.spaced,
        ticked=wording.ticked,
    )
    environment.globals.update(
        chip=outcome,
        face=page_data.face,
        faults=page_data.faults,
        fills=page_data.fills,
        label=page_data.label,
        costs=page_data.costs,
        length_s=page_data.length_s,
    )
    return environment
