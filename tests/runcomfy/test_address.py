import pytest

from seedance_assets.adapters.providers.runcomfy import ServiceAddress
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.scope import EMBEDDED

TOKEN = "tok-0123456789-secret"


def from_environment(**environ: str) -> ServiceAddress:
    address = ServiceAddress.from_environment(environ)
    assert address is not None
    return address


@pytest.mark.parametrize("environ", [{}, {"RUNCOMFY_TOKEN": ""}], ids=["unset", "empty"])
def test_without_a_token_there_is_no_address(environ: dict[str, str]) -> None:
    assert ServiceAddress.from_environment(environ) is None


def test_the_first_of_the_three_token_variables_counts() -> None:
    names = ["RUNCOMFY_TOKEN", "RUNCOMFY_API_TOKEN", "RUNCOMFY_API_KEY"]
    environ = {name: f"token-of-{name}" for name in names}

    for name in names:
        assert from_environment(**environ).token == f"token-of-{name}"
        environ[name] = ""


def test_the_defaults_are_the_real_service() -> None:
    address = from_environment(RUNCOMFY_TOKEN=TOKEN)

    assert address.api_base == "https://model-api.runcomfy.net/v1"
    assert address.balance_url == "https://api.runcomfy.net/prod/v2/balance"
    assert address.scope.key == "runcomfy https://model-api.runcomfy.net/v1"
    assert not address.scope.emulated


def test_an_emulator_on_this_machine_has_its_wallet_beside_it() -> None:
    address = from_environment(
        RUNCOMFY_TOKEN=TOKEN, RUNCOMFY_MODEL_API_BASE="http://127.0.0.1:8765/v1"
    )

    assert address.balance_url == "http://127.0.0.1:8765/prod/v2/balance"
    assert address.scope.emulated


def test_the_embedded_emulator_is_one_world_whatever_its_port() -> None:
    scopes = {
        ServiceAddress(f"http://127.0.0.1:{port}/v1", TOKEN, embedded=True).scope
        for port in (8001, 8002)
    }

    assert {scope.base for scope in scopes} == {EMBEDDED}


@pytest.mark.parametrize(
    "base",
    [
        "https://model-api.runcomfy.net/v1/",
        "https://Model-API.RunComfy.net/v1",
        "HTTPS://model-api.runcomfy.net:443/v1",
    ],
    ids=["slash", "capitals", "port"],
)
def test_one_service_has_one_name_in_the_ledger_however_it_is_spelt(base: str) -> None:
    address = from_environment(RUNCOMFY_TOKEN=TOKEN, RUNCOMFY_MODEL_API_BASE=base)

    assert address.scope == from_environment(RUNCOMFY_TOKEN=TOKEN).scope


@pytest.mark.parametrize(
    "base",
    [
        "http://model-api.runcomfy.net/v1",
        "http://127.0.0.1.example.com/v1",
        "http://127.example.com/v1",
        "ftp://127.0.0.1/v1",
        "https://user:hush@model-api.runcomfy.net/v1",
        "https://hush@model-api.runcomfy.net/v1",
        "https://model-api.runcomfy.net/v1?key=hush",
        "https://model-api.runcomfy.net/v1#hush",
        "https://model-api.runcomfy.net:99999/v1",
        "https://model-api.runcomfy.net:0/v1",
        "https://model api/v1",
        "https://model-api\n.runcomfy.net/v1",
        "https://evil.example\\.runcomfy.net/v1",
        "https:///v1",
        "https://xn--/v1",
        "https://a..b\x7f/v1",
        "/v1",
        "v1",
    ],
)
@pytest.mark.parametrize("name", ["RUNCOMFY_MODEL_API_BASE", "RUNCOMFY_BALANCE_URL"])
def test_a_base_that_would_give_the_token_away_is_refused_by_name(base: str, name: str) -> None:
    with pytest.raises(SettingsRefused, match=name) as refused:
        ServiceAddress.from_environment({"RUNCOMFY_TOKEN": TOKEN, name: base})

    assert "hush" not in str(refused.value) + refused.value.advice


def test_a_base_without_the_version_is_refused_before_it_answers_404_to_an_order() -> None:
    with pytest.raises(SettingsRefused, match="RUNCOMFY_MODEL_API_BASE must end in /v1"):
        from_environment(
            RUNCOMFY_TOKEN=TOKEN, RUNCOMFY_MODEL_API_BASE="https://model-api.runcomfy.net"
        )


@pytest.mark.parametrize(
    "token",
    ["two words", " lead", "trail\n", "co:lon", "ümlaut", "tab\t", "nul\0", "x" * 8193, "   "],
)
@pytest.mark.parametrize("name", ["RUNCOMFY_TOKEN", "RUNCOMFY_API_KEY"])
def test_a_token_of_impossible_form_is_refused_without_being_shown(token: str, name: str) -> None:
    with pytest.raises(SettingsRefused, match=name) as refused:
        ServiceAddress.from_environment({name: token})

    assert token not in str(refused.value) + refused.value.advice + repr(refused.value.facts)


def test_an_address_shown_does_not_show_its_token() -> None:
    address = from_environment(RUNCOMFY_TOKEN=TOKEN)

    assert TOKEN not in f"{address} {address!r} {address.scope}"


def test_download_hosts_are_listed_with_commas_or_spaces() -> None:
    address = from_environment(
        RUNCOMFY_TOKEN=TOKEN, SEEDANCE_DOWNLOAD_HOSTS="cdn.example.com, .example.org:8443  [::1]:80"
    )

    assert address.download_hosts == ("cdn.example.com", ".example.org:8443", "[::1]:80")


@pytest.mark.parametrize(
    "host",
    ["https://cdn.example.com", "*.example.com", ".com", "a/b", "h:0", "h:99999", "h:", "u@h", "."],
)
def test_a_download_host_that_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(SettingsRefused, match="SEEDANCE_DOWNLOAD_HOSTS"):
        ServiceAddress.from_environment({"RUNCOMFY_TOKEN": TOKEN, "SEEDANCE_DOWNLOAD_HOSTS": host})
