"""The page of a sheet's problems: one HTML file that asks nobody for anything and runs no script.

It is made to be sent to whoever keeps the sheet, so every word of it can be read without knowing
this program. Everything on it that a stranger wrote is text, never markup.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from seedance_assets.adapters.review.wording import counted, moment
from seedance_assets.core.sheet_report import SheetReport
from seedance_assets.core.shot import Problem, Severity

MAX_ROWS = 2000
"""Rows that a page lists; a browser is slow with more, and a person does not read them."""


@dataclass(frozen=True, slots=True)
class RowOfPage:
    """A row of the sheet (None: the whole sheet) with its problems."""

    row: int | None
    shot: str
    problems: tuple[Problem, ...]

    @property
    def kind(self) -> str:
        """`error` or `warning`: the worst of them."""
        errors = any(p.severity is Severity.ERROR for p in self.problems)
        return (Severity.ERROR if errors else Severity.WARNING).value


def build_sheet_page(report: SheetReport) -> str:
    """The complete page as HTML."""
    style = (resources.files(__package__) / "page.css").read_text(encoding="utf-8")
    rows = list(_rows(report))
    return _template().render(
        report=report,
        style=Markup(style),  # noqa: S704  # our own file
        policy=_policy(style),
        to_mend=[row for row in rows if row.kind == Severity.ERROR][:MAX_ROWS],
        to_know=[row for row in rows if row.kind == Severity.WARNING][:MAX_ROWS],
        not_shown=_not_shown(rows),
        ready=max(0, report.rows - report.rows_to_mend),
    )


def as_json(report: SheetReport) -> bytes:
    """The report as it is, `"schema": 1` first."""
    text = json.dumps(report.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=2)
    return f"{text}\n".encode()


def _rows(report: SheetReport) -> Iterator[RowOfPage]:
    for row, problems in groupby(report.problems, key=lambda problem: problem.row):
        listed = tuple(problems)
        yield RowOfPage(row, next((p.shot for p in listed if p.shot), ""), listed)


def _not_shown(rows: list[RowOfPage]) -> int:
    kinds = [row.kind for row in rows]
    return sum(max(0, kinds.count(kind.value) - MAX_ROWS) for kind in Severity)


def _policy(style: str) -> str:
    """A Content-Security-Policy that allows only our own style."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("seedance_assets.adapters.sheet_page", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(counted=counted, moment=moment, sentence=_sentence)
    return environment.get_template("page.html.j2")


def _sentence(text: str) -> Markup:
    """A phrase with a capital letter, and text in backticks as code."""
    escaped = str(escape(f"{text[:1].upper()}{text[1:]}"))
    return Markup(re.sub(r"`([^`<>]{1,60})`", r"<code>\1</code>", escaped))  # noqa: S704  # escaped
