"""The emulator answers only requests to a loopback name."""

import httpx
import pytest

from seedance_assets.emulator import EmulatorSettings, running_emulator


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8190"}, 200),
        ({"Host": "127.0.0.2"}, 200),
        ({"Host": "[::1]:80"}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:80"}, 421),
        ({"Host": "127.0.0.1@evil.example"}, 421),
        ({"Host": "192.0.2.7"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "https://evil.example"}, 421),
        ({"Origin": "null"}, 421),
    ],
    ids=str,
)
def test_a_request_for_another_host_name_is_refused(
    settings: EmulatorSettings, headers: dict[str, str], status: int
) -> None:
    with running_emulator(settings) as emulator:
        sent = {"Authorization": "Bearer t", **headers}

        answer = httpx.get(f"{emulator.root}/v1/models/categories", headers=sent)

        assert answer.status_code == status
