"""A real headless Chromium for the tests of the page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from seedance_assets.adapters.review import write_review
from seedance_assets.core.review import Review
from tests.browser import PATIENCE_MS
from tests.review.reviews import make_production


@dataclass
class Seen:
    """A page with everything that it asked for and complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    media_are_missing: bool = False
    """Whether the review names files that are not there, and may complain of that at any time."""
    calls_out: bool = False
    """Whether the test makes the page call out, of which the policy complains at any time."""


OpenReview = Callable[..., Seen]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the media lie that the pages link to."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def production(home: Path) -> Review:
    """Six shots of every kind, with clips that play."""
    return make_production(home)


@pytest.fixture
def open_review(browser: Browser, home: Path) -> Iterator[OpenReview]:
    """Writes a review and opens its page from disk; afterwards: no complaint, no request abroad."""
    opened: list[Seen] = []

    def opener(
        review: Review,
        fragment: str = "",
        *,
        scheme: Literal["dark", "light"] = "dark",
        size: tuple[int, int] = (1280, 900),
    ) -> Seen:
        path = write_review(review, home / "review")
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
        )
        context.set_default_timeout(PATIENCE_MS)
        seen = Seen(context.new_page())
        opened.append(seen)
        _listen(seen)
        seen.page.goto(path.as_uri() + fragment)
        return seen

    yield opener
    for seen in opened:
        seen.page.context.close()
        assert [text for text in seen.complaints if not _is_expected(seen, text)] == []
        assert [url for url in seen.requests if not url.startswith(("file:", "data:"))] == []


def _is_expected(seen: Seen, complaint: str) -> bool:
    missing = seen.media_are_missing and "ERR_FILE_NOT_FOUND" in complaint
    return missing or (seen.calls_out and "Content Security Policy" in complaint)


def _listen(seen: Seen) -> None:
    def heard(message: Any) -> None:
        if message.type in {"error", "warning"}:
            seen.complaints.append(message.text)

    seen.page.on("console", heard)
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    seen.page.on("request", lambda request: seen.requests.append(request.url))
