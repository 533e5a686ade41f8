"""How fluent the review page is: opened, scrolled, filtered, sorted and searched, in Chromium.

Takes the longest task of the page's main thread at each step from Chromium's own trace, by the
clock and in processor time, and ends with 1 if one took more than --limit-ms of the processor's: a
busy machine stretches the clock, not that. On a quiet one both are nearly the same.

    python -m benchmarks.page                # 1 000 shots
    python -m benchmarks.page -n 5000 -r 3
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import click
from playwright.sync_api import Browser, sync_playwright

from seedance_assets.adapters.review import write_review
from tests.browser import CHROMIUM_ARGUMENTS
from tests.review.long_review import SCROLL, TRACED, Task, longest_task, make_long_review

_REST = "() => new Promise((done) => setTimeout(done, 400))"
_LOADED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
_ACTIONS = {
    "filter by rule": "part.rule.value = part.rule.options[1].value; change(part.rule)",
    "no filter": "part.rule.value = ''; change(part.rule)",
    "sort by verdict": "part.sort.value = 'chip'; change(part.sort)",
    "sort by shot": "part.sort.value = 'key'; change(part.sort)",
    "search": "part.search.value = 'sh09'; part.search.dispatchEvent(new Event('input'))",
    "all again": "part.search.value = ''; part.search.dispatchEvent(new Event('input'))",
    "open a panel": "document.querySelector('.card').click()",
}


@dataclass(frozen=True)
class Step:
    """What one step took: till the page had answered, in ms, and its longest task."""

    took_ms: float
    longest: Task


@click.command()
@click.option("-n", "--shots", default=1000, show_default=True)
@click.option("-r", "--rounds", default=3, show_default=True, help="The table has the medians.")
@click.option("--limit-ms", default=200.0, show_default=True, help="For any task.")
def main(shots: int, rounds: int, limit_ms: float) -> None:
    """Open, scroll, filter, sort, search."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        review = make_long_review(home, shots)
        started = time.monotonic()
        path = write_review(review, home / "review")
        written_s = time.monotonic() - started
        sizes = ", ".join(f"{p.name} {p.stat().st_size / 1e6:.2f} MB" for p in _files(path))
        print(f"{shots} shots, written in {written_s:.1f} s: {sizes}")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS
            )
            played = [_play(browser, path) for _ in range(rounds)]
            browser.close()
    print(f"{'step':<18}{'answers in ms':>15}{'longest task ms':>18}{'its CPU ms':>13}")
    worst = 0.0
    for name in played[0]:
        steps = [one[name] for one in played]
        took, wall, cpu = (
            median(figures)
            for figures in (
                [step.took_ms for step in steps],
                [step.longest.wall_ms for step in steps],
                [step.longest.cpu_ms for step in steps],
            )
        )
        worst = max(worst, cpu)
        print(f"{name:<18}{took:>15.0f}{wall:>18.0f}{cpu:>13.0f}")
    print(f"longest task: {worst:.0f} ms of the processor's (limit {limit_ms:.0f})")
    sys.exit(worst > limit_ms)


def _files(page: Path) -> list[Path]:
    return sorted(page.parent.iterdir())


def _play(browser: Browser, path: Path) -> dict[str, Step]:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    page = context.new_page()

    def step(act: Callable[[], object]) -> Step:
        browser.start_tracing(page=page, categories=TRACED)
        took = act()
        page.evaluate(_REST)
        longest = longest_task(browser.stop_tracing())
        return Step(took if isinstance(took, (int, float)) else 0.0, longest)

    def opened() -> object:
        page.goto(path.as_uri())
        return page.evaluate(_LOADED)

    steps = {"open": step(opened), "scroll": step(lambda: page.evaluate(SCROLL))}
    page.evaluate("scrollTo(0, 0)")
    for name, action in _ACTIONS.items():
        steps[name] = step(partial(page.evaluate, _timed(action)))
    context.close()
    return steps


def _timed(action: str) -> str:
    """An action, and how long it is until the next frame but one is drawn, in ms."""
    return f"""() => new Promise((done) => {{
      const part = Object.fromEntries(["rule", "sort", "search"].map(
        (id) => [id, document.getElementById(id)]));
      const change = (field) => field.dispatchEvent(new Event("change"));
      const start = performance.now();
      {action};
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
    }})"""


if __name__ == "__main__":
    main()
