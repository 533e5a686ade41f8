"""What was approved is bought, and nothing else: the sheet is edited while the command waits."""

import asyncio
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.command import Produce, environment_of, wait_for
from tests.dagster_face.test_pool import _log_of_the_latest, a_run, instance_of
from tests.pseudo_terminal import OnTerminal, start_on_terminal
from tests.stage import SETTINGS, Stage

ROWS = {"sh010": "A boat.", "sh020": "A gull.", "sh030": "Rain."}


def other_prompt(stage: Stage) -> None:
    stage.write_sheet(ROWS | {"sh020": "A gull, crying."})


def fewer_rows(stage: Stage) -> None:
    stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})


def more_takes(stage: Stage) -> None:
    rows = [{"shot": shot, "prompt": prompt} for shot, prompt in ROWS.items()]
    stage.write_sheet([*rows[:2], rows[2] | {"takes": "4"}])


def other_picture(stage: Stage) -> None:
    Image.new("RGB", (640, 367), (200, 30, 30)).save(stage.folder / "frame.png")


def other_price(stage: Stage) -> None:
    text = SETTINGS + "[price]\nusd_per_million_tokens_silent = 9.0\n"
    (stage.folder / "production.toml").write_text(text, encoding="utf-8")


def other_default(stage: Stage) -> None:
    text = SETTINGS + "[defaults]\ncamera_fixed = false\n"
    (stage.folder / "production.toml").write_text(text, encoding="utf-8")


def higher_cap(stage: Stage) -> None:
    text = SETTINGS + "[budget]\ntotal_usd = 500\n"
    (stage.folder / "production.toml").write_text(text, encoding="utf-8")


EDITS = {
    "another prompt": (other_prompt, ["sh020: prompt"]),
    "a row less": (fewer_rows, ["has lost sh030"]),
    "more takes": (more_takes, ["sh030: takes"]),
    "another first frame": (
        other_picture,
        ["sh010: first_frame", "sh020: first_frame", "sh030: first_frame"],
    ),
    "another price": (other_price, ["[price] usd_per_million_tokens_silent"]),
    "another default": (other_default, ["sh010: camera_fixed"]),
    "another cap": (higher_cap, ["[budget] total_usd"]),
}


@pytest.mark.parametrize(("edit", "named"), EDITS.values(), ids=EDITS)
def test_nothing_is_bought_once_something_else_would_be(
    plain_stage: Stage, produce: Produce, edit: Callable[[Stage], None], named: list[str]
) -> None:
    plain_stage.write_sheet(ROWS)
    code, told = _edited_before_its_turn(plain_stage, produce, edit)

    assert code == (73 if "lost" in named[0] else 1)
    for change in named:
        assert change in told
    assert "Nothing was bought. Look at the plan again" in told
    assert plain_stage.orders() == []


def test_a_note_or_another_order_of_rows_changes_nothing_that_was_approved(
    plain_stage: Stage, produce: Produce
) -> None:
    def note(stage: Stage) -> None:
        rows = [{"shot": s, "prompt": p, "notes": "!"} for s, p in reversed(ROWS.items())]
        stage.write_sheet(rows)

    plain_stage.write_sheet(ROWS)
    code, told = _edited_before_its_turn(plain_stage, produce, note)

    assert code == 0, told
    assert plain_stage.charges() == 3


def test_what_another_run_has_bought_meanwhile_is_not_bought_again(
    plain_stage: Stage, produce: Produce
) -> None:
    plain_stage.write_sheet(ROWS)

    def buy(stage: Stage) -> None:
        stage.film(shots=["sh010"])

    code, told = _edited_before_its_turn(plain_stage, produce, buy)

    assert code == 0, told
    assert "2 purchased, 1 reused" in told
    assert plain_stage.charges() == 3


def _edited_before_its_turn(
    stage: Stage, produce: Produce, edit: Callable[[Stage], None]
) -> tuple[int | None, str]:
    """`produce` has made its plan and waits for another run; its exit code and what it printed."""
    with instance_of(stage) as instance:
        holder = a_run(stage, instance, {})
        process = produce(stage)
        wait_for(lambda: "Waiting for room" in _log_of_the_latest(instance))
        edit(stage)
        instance.report_run_canceled(holder)
        out, err = process.communicate(timeout=240)
    return process.returncode, " ".join(f"{out} {err}".split())


# -- while the question stands open --------------------------------------------------------------


@contextmanager
def by_tls(root: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The emulator as a live service: by https, under a name that nobody takes for this machine's.

    Its address, and the certificate to trust.
    """
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("needs the openssl command to make a certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=127.1"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=DNS:127.1", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        asyncio.start_server(
            lambda r, w: _splice(r, w, urlsplit(root).port), "127.0.0.1", 0, ssl=context
        )
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield f"https://127.1:{server.sockets[0].getsockname()[1]}", certificate
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.close()


async def _splice(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int | None
) -> None:
    their_reader, their_writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(_pass_on(reader, their_writer), _pass_on(their_reader, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data.replace(b"Host: 127.1:", b"Host: 127.0.0.1:"))
        await writer.drain()
    writer.close()


@pytest.fixture
def asked(plain_stage: Stage, tmp_path: Path) -> Iterator[OnTerminal]:
    """`seedance produce` at a live service, on a terminal; it has asked whether to buy."""
    plain_stage.write_sheet(ROWS)
    with by_tls(plain_stage.root, tmp_path) as (root, certificate):
        live = plain_stage.environ | {
            "RUNCOMFY_MODEL_API_BASE": f"{root}/v1",
            "RUNCOMFY_BALANCE_URL": f"{root}/prod/v2/balance",
            "SSL_CERT_FILE": str(certificate),
        }
        shown = start_on_terminal(
            *("produce", plain_stage.sheet),
            rows=30,
            columns=200,
            cwd=plain_stage.folder,
            environ=environment_of(plain_stage.folder, **live),
        )
        shown.read_until("Buy 3 takes for about")
        yield shown
        shown.process.kill()
        shown.process.wait()
        os.close(shown.terminal)


@pytest.mark.parametrize(
    ("edit", "named"),
    [EDITS["another prompt"], EDITS["another first frame"], EDITS["another price"]],
    ids=["prompt", "first frame", "price"],
)
def test_a_yes_to_another_plan_buys_nothing(
    plain_stage: Stage, asked: OnTerminal, edit: Callable[[Stage], None], named: list[str]
) -> None:
    edit(plain_stage)
    asked.press(b"y\n")

    assert asked.end() == 1
    told = " ".join(asked.text.split())
    assert all(change in told for change in named), told
    assert "Look at the plan again" in told
    assert plain_stage.orders() == []


def test_a_yes_to_the_plan_that_was_shown_buys_it(plain_stage: Stage, asked: OnTerminal) -> None:
    asked.press(b"y\n")
    asked.end()

    assert plain_stage.charges() == 3, asked.text
