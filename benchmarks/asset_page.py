"""How long Dagster's asset page takes in headless Chromium, and what it asks the web server."""

import shutil
import time

from playwright.sync_api import Page, Request, sync_playwright

_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu"]
_PATIENCE_MS = 120_000


def look_at_asset_page(url: str, asset: str = "measurements") -> str:
    """Open the page twice (first the program is fetched too); its questions, slowest first."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=_ARGUMENTS
        )
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        address = f"{url}/assets/{asset}?view=partitions"
        cold_s, _ = _open(page, address)
        page.goto("about:blank")
        warm_s, asked = _open(page, address)
        chromium.close()
    lines = [f"shown after {cold_s:.2f} s the first time, {warm_s:.2f} s the second; it asked:"]
    lines += [f"  {name:<44}{took_s:7.2f} s" for name, took_s in sorted(asked, key=lambda a: -a[1])]
    return "\n".join(lines)


def _open(page: Page, address: str) -> tuple[float, list[tuple[str, float]]]:
    asked: list[tuple[str, float]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/graphql") or "/graphql?" in request.url:
            body = request.post_data_json or {}
            asked.append((str(body.get("operationName")), request.timing["responseEnd"] / 1000))

    page.on("requestfinished", note)
    began = time.monotonic()
    page.goto(address)
    page.get_by_text("Missing (").first.wait_for(timeout=_PATIENCE_MS)
    took_s = time.monotonic() - began
    page.wait_for_load_state("networkidle")
    page.remove_listener("requestfinished", note)
    return took_s, asked
