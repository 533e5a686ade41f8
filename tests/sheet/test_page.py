"""The page of a sheet's problems is complete and runs no scripts."""

import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import Literal

import pytest
from playwright.sync_api import Browser

from seedance_assets.adapters.sheet_page import as_json, build_sheet_page
from seedance_assets.core.sheet_report import SheetReport, report_on
from seedance_assets.core.shot import Problem, Severity
from tests.sheet.conftest import Read

NASTY = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


def report_of(read: Read, rows: str) -> SheetReport:
    listed = read(f"shot,prompt,first_frame,duration\n{rows}")
    made_at = datetime(2026, 3, 14, 9, 12, tzinfo=UTC)
    return report_on(listed, listed.problems, title="The Borrowed Light", made_at=made_at)


MESSY = f'a,Bells,a.png,5\nb b,,b.png,3\nc,{"x" * 501},c.png,5\n"{NASTY[:8]}",x,d.png,5\n'


def test_every_problem_is_on_the_page_with_row_column_value_and_fix(read: Read) -> None:
    report = report_of(read, MESSY)

    page = unescape(build_sheet_page(report))

    assert report.problems
    for problem in report.problems:
        assert f"Row {problem.row}" in page
        assert str(problem.column) in page
        assert problem.fix.replace("`takes`", "<code>takes</code>") in page
    assert "2 rows of 4 need correction" in page
    assert "2 rows can be made as they are" in page


def test_untrusted_text_is_escaped(read: Read) -> None:
    report = report_of(read, "a,x,a.png,5\n")
    nasty = Problem(
        row=2, shot=NASTY, column=NASTY, value=NASTY, rule="x", reason=NASTY, fix=f"`{NASTY}`"
    )
    page = build_sheet_page(report.model_copy(update={"problems": (nasty,), "title": NASTY}))

    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 5
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src 'none'" in unescape(policy[1])
    assert "http" not in re.sub(r"http-equiv", "", page)


def test_a_good_sheet_is_reported_as_good(read: Read) -> None:
    page = build_sheet_page(report_of(read, "a,Bells,a.png,5\n"))

    assert "All 1 row can be made" in page
    assert "There is nothing to correct." in page


def test_the_json_counts_what_the_page_counts(read: Read) -> None:
    report = report_of(read, MESSY)

    told = json.loads(as_json(report))

    assert next(iter(told)) == "schema"
    assert (told["rows"], told["errors"], told["warnings"]) == (4, 4, 1)
    assert (told["rows_to_mend"], told["rows_warned"]) == (2, 1)
    assert told["problems"][0]["severity"] in set(Severity)


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(246"), ("dark", "rgb(15")])
def test_the_page_opens_in_light_and_dark_without_a_complaint(
    read: Read, browser: Browser, scheme: Literal["light", "dark"], ground: str
) -> None:
    tab = browser.new_page(color_scheme=scheme)
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))

    tab.set_content(build_sheet_page(report_of(read, MESSY)))

    assert tab.evaluate("getComputedStyle(document.body).backgroundColor").startswith(ground)
    assert tab.locator(".row.error").count() == 2
    assert tab.evaluate("document.body.scrollWidth <= innerWidth")
    assert said == []
    tab.close()
