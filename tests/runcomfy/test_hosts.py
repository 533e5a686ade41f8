import httpx
import pytest

from seedance_assets.adapters.providers.http.hosts import AllowedHosts
from seedance_assets.adapters.providers.runcomfy.service import SERVICE_HOSTS
from seedance_assets.core.errors import HostRefused

LIVE = "https://model-api.runcomfy.net/v1"
EMULATOR = "http://127.0.0.1:8765/v1"


@pytest.mark.parametrize(
    ("base", "extra", "url"),
    [
        (LIVE, (), "https://playgrounds-storage-public.runcomfy.net/a/output/b%3D.mp4"),
        (LIVE, (), "https://files.runcomfy.com/b.mp4"),
        (LIVE, (), "https://files.runcomfy.com:443/b.mp4?X-Signature=1"),
        (LIVE, (), "https://FILES.RunComfy.net/b.mp4"),
        (EMULATOR, (), "http://127.0.0.1:8765/files/b.mp4"),
        (EMULATOR, (), "https://files.runcomfy.net/b.mp4"),
        (LIVE, ("cdn.example.com",), "https://cdn.example.com/b.mp4"),
        (LIVE, ("CDN.example.com:8443",), "https://cdn.example.com:8443/b.mp4"),
        (LIVE, (".example.com",), "https://a.b.example.com/b.mp4"),
        (LIVE, ("localhost:9000",), "http://localhost:9000/b.mp4"),
        (LIVE, ("[::1]:9000",), "http://[::1]:9000/b.mp4"),
    ],
)
def test_a_known_or_named_host_is_allowed(base: str, extra: tuple[str, ...], url: str) -> None:
    AllowedHosts.of(SERVICE_HOSTS, base, extra).check(httpx.URL(url))


@pytest.mark.parametrize(
    ("base", "extra", "url"),
    [
        (LIVE, (), "https://cdn.example.com/b.mp4"),
        (LIVE, (), "http://files.runcomfy.net/b.mp4"),
        (LIVE, (), "https://runcomfy.net.example.com/b.mp4"),
        (LIVE, (), "https://evilruncomfy.net/b.mp4"),
        (LIVE, (), "https://files.runcomfy.net.:443/b.mp4"),
        (LIVE, (), "https://files.runcomfy.net:8443/b.mp4"),
        (LIVE, (), "https://files.runcomfy.net:0/b.mp4"),
        (LIVE, (), "https://files.runcomfy.net@example.com/b.mp4"),
        (LIVE, (), "https://user:word@files.runcomfy.net/b.mp4"),
        (LIVE, (), "https://example.com\\.runcomfy.net/b.mp4"),
        (LIVE, (), "https://example.com%2F.runcomfy.net/b.mp4"),
        (LIVE, (), "https://xn--.runcomfy.net/b.mp4"),
        (LIVE, (), "https://ü.runcomfy.net:80/b.mp4"),
        (LIVE, (), "https://169.254.169.254/latest/meta-data"),
        (LIVE, (), "http://127.0.0.1:8765/files/b.mp4"),
        (LIVE, (), "file:///etc/passwd"),
        (LIVE, (), "ftp://files.runcomfy.net/b.mp4"),
        (LIVE, (), "files.runcomfy.net/b.mp4"),
        (LIVE, (), ""),
        (EMULATOR, (), "http://127.0.0.1:8766/files/b.mp4"),
        (EMULATOR, (), "http://localhost:8765/files/b.mp4"),
        (LIVE, ("cdn.example.com",), "http://cdn.example.com/b.mp4"),
        (LIVE, ("cdn.example.com",), "https://cdn.example.com:8443/b.mp4"),
        (LIVE, ("cdn.example.com",), "https://a.cdn.example.com/b.mp4"),
        (LIVE, (".example.com",), "https://example.com/b.mp4"),
        (LIVE, ("127.example.com",), "http://127.example.com/b.mp4"),
    ],
)
def test_any_other_address_is_refused(base: str, extra: tuple[str, ...], url: str) -> None:
    with pytest.raises(HostRefused) as refused:
        AllowedHosts.of(SERVICE_HOSTS, base, extra).check(httpx.URL(url))

    assert refused.value.advice
    assert "word" not in str(refused.value)
