"""An emulator is ready when it starts, stops fast and silently, and serves only loopback."""

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from PIL import Image

from seedance_assets.emulator import EmulatorSettings, running_emulator
from seedance_assets.emulator.drawing import fetching
from seedance_assets.emulator.drawing.clip import ShouldContinue, draw_clip
from seedance_assets.emulator.jobs import render_workers as workshop
from seedance_assets.emulator.jobs.clip_plan import ClipPlan
from seedance_assets.emulator.jobs.scenario import Rule, Scenario, SlowAnswer
from tests.emulator.kit import SEEDANCE, STILL, TINY, data_uri, draw_picture, picture_bytes, until

HEADERS = {"Authorization": "Bearer t"}


def test_importing_the_emulator_loads_no_server_and_no_codec() -> None:
    program = (
        "import sys, seedance_assets.emulator\n"
        "print([m for m in ('uvicorn', 'starlette', 'av', 'PIL', 'numpy', 'httpx') "
        "if m in sys.modules])"
    )

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert said.stdout.decode().strip() == "[]"


def test_it_returns_its_address(settings: EmulatorSettings) -> None:
    with running_emulator(settings) as emulator:
        assert emulator.root.startswith("http://127.0.0.1:")
        assert emulator.base_url == f"{emulator.root}/v1"


@pytest.mark.parametrize("host", ["0.0.0.0", "example.com", "192.168.1.1", "::", ""])  # noqa: S104
def test_it_serves_only_on_loopback(settings: EmulatorSettings, host: str) -> None:
    with pytest.raises(ValueError, match="only on loopback"), running_emulator(settings, host=host):
        pass


def test_a_port_in_use_is_an_oserror_and_leaves_nothing_open(settings: EmulatorSettings) -> None:
    with (
        running_emulator(settings) as emulator,
        pytest.raises(OSError, match=r"[Aa]ddress already in use"),
        running_emulator(settings, port=int(emulator.root.rsplit(":", 1)[1])),
    ):
        pass


HUNG_UP = httpx.RemoteProtocolError, httpx.ReadError


def submitted(root: str, still: str) -> httpx.Response:
    """Submit an order with a timeout of two minutes."""
    body = {"words": "A boat.", "still": still}
    return httpx.post(f"{root}/v1/models/{TINY}", json=body, headers=HEADERS, timeout=120)


def test_it_stops_at_once_with_idle_connections_and_open_requests(
    settings: EmulatorSettings,
) -> None:
    slow = Scenario(rules=(Rule(faults=(SlowAnswer(on=("submit",), delay_s=3600.0),)),))

    with httpx.Client(headers=HEADERS, timeout=60) as idle, ThreadPoolExecutor() as threads:
        with running_emulator(replace(settings, scenario=slow)) as emulator:
            waiting = threads.submit(submitted, emulator.root, STILL)
            charges = f"{emulator.root}/_emulator/charges"
            until(lambda: idle.get(charges).json()["charges"] == 1)
        hung_up = waiting.exception()

    assert isinstance(hung_up, HUNG_UP)


def test_it_stops_at_once_while_a_first_frame_is_fetched(
    settings: EmulatorSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_FETCH_S", 3600.0)

    with socket.create_server(("127.0.0.1", 0)) as mute, ThreadPoolExecutor() as threads:
        still = f"http://127.0.0.1:{mute.getsockname()[1]}/still.png"
        with running_emulator(settings) as emulator:
            waiting = threads.submit(submitted, emulator.root, still)
            line, _ = mute.accept()
        hung_up = waiting.exception()
        line.close()

    assert isinstance(hung_up, HUNG_UP)


def test_it_stops_at_once_while_drawing_and_the_rest_is_drawn_later(
    settings: EmulatorSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    amid = threading.Event()

    def linger(
        target: Path, picture: Image.Image, plan: ClipPlan, should_continue: ShouldContinue
    ) -> None:
        """Draw until frame 24, then wait until the worker is threads to stop."""

        def wait(frame: int) -> bool:
            if frame == 24:
                amid.set()
                until(lambda: not should_continue(frame), 60)
            return should_continue(frame)

        draw_clip(target, picture, plan, wait)

    real = replace(settings, models=None, queue_s=0.0, service_s=0.0)
    body = {
        "prompt": "A boat.",
        "first_frame_image_url": data_uri(picture_bytes(draw_picture(400, 400))),
        "duration": 12,
        "camera_fixed": True,
    }
    outputs = settings.state_dir / "outputs"
    monkeypatch.setattr(workshop, "draw_clip", linger)
    with running_emulator(real) as emulator:
        url = f"{emulator.base_url}/models/{SEEDANCE}"
        request_id = httpx.post(url, json=body, headers=HEADERS, timeout=60).json()["request_id"]
        assert amid.wait(60)
        assert list(outputs.glob("*.part"))
    left = list(outputs.iterdir())
    monkeypatch.undo()
    with running_emulator(real) as emulator, httpx.Client(headers=HEADERS, timeout=60) as http:
        url = f"{emulator.base_url}/requests/{request_id}/status"
        until(lambda: http.get(url).json()["status"] == "completed", 120)

    assert left == []


def test_nothing_is_left_running_or_open(settings: EmulatorSettings) -> None:
    before = set(threading.enumerate())
    with running_emulator(settings) as emulator:
        httpx.get(f"{emulator.base_url}/models", headers=HEADERS, timeout=60)

    until(lambda: set(threading.enumerate()) <= before)
    with socket.socket() as late:
        assert late.connect_ex(("127.0.0.1", int(emulator.root.rsplit(":", 1)[1]))) != 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_in_the_foreground_a_signal_stops_it_cleanly(tmp_path: Path, number: int) -> None:
    program = (
        "import sys, pathlib\n"
        "from seedance_assets.emulator import EmulatorSettings, serve_forever\n"
        "serve_forever(EmulatorSettings(pathlib.Path(sys.argv[1])),\n"
        "              announce=lambda e: print(e.root, flush=True))\n"
        "print('ended')\n"
    )
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        root = process.stdout.readline().decode().strip()
        answered = httpx.get(f"{root}/v1/models", headers=HEADERS, timeout=60).status_code
        os.kill(process.pid, number)
        said, complained = process.communicate(timeout=60)

    assert answered == 200
    assert (process.returncode, said, complained) == (0, b"ended\n", b"")


def test_ipv6_loopback_is_accepted(settings: EmulatorSettings) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        with running_emulator(settings, host="::1") as emulator:
            answer = httpx.get(f"{emulator.base_url}/models", headers=HEADERS, timeout=60)
    except OSError:
        pytest.skip("no IPv6 loopback here")

    assert answer.is_success


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"queue_s": -1.0}, "queue_s"),
        ({"service_s": float("inf")}, "service_s"),
        ({"slots": 0}, "slots"),
        ({"draw_threads": 0}, "draw_threads"),
        ({"clip": Path("/no/such/file.mp4")}, "clip"),
    ],
)
def test_invalid_settings_are_refused(
    settings: EmulatorSettings, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(settings, **changes)  # type: ignore[arg-type]  # wrong on purpose


def test_one_emulator_serves_many_calls_at_once(settings: EmulatorSettings) -> None:
    with (
        running_emulator(settings) as emulator,
        httpx.Client(headers=HEADERS, timeout=60) as http,
        ThreadPoolExecutor(20) as pool,
    ):
        url = f"{emulator.base_url}/models"
        totals = list(pool.map(lambda _: http.get(url).json()["total"], range(60)))

    assert totals == [1] * 60
