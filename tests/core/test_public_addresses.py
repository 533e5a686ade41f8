"""Which addresses are of the open internet; links of strangers lead to no others."""

import pytest

from seedance_assets.core.public_addresses import is_public


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104  # looked at, not bound
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", True),
        ("::ffff:8.8.8.8", True),
        ("192.0.0.192", False),  # Oracle's metadata
        ("192.0.0.8", False),
        ("168.63.129.16", False),  # Azure's host
        ("100.100.100.200", False),  # Alibaba's metadata
        ("192.0.2.1", False),
        ("198.51.100.7", False),
        ("203.0.113.7", False),
        ("198.18.0.1", False),
        ("192.88.99.1", False),
        ("240.0.0.1", False),
        ("64:ff9b:1::7f00:1", False),
        ("64:ff9b:1::808:808", False),
        ("::7f00:1", False),
        ("::808:808", False),
        ("::ffff:0:7f00:1", False),
        ("::ffff:168.63.129.16", False),
        ("64:ff9b::a83f:8110", False),
        ("fec0::1", False),
        ("5f00::1", False),
        ("3fff::1", False),
        ("2001:db8::1", False),
        ("2001:2::1", False),
        ("2001::7f00:1", False),  # Teredo
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("2002:808:808::1", False),
        ("100::1", False),
        ("fd00:ec2::254", False),
        ("fd20:ce::254", False),
        ("ff02::1", False),
        ("4000::1", False),
        ("2001:4860:4860::8888", True),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
    ],
)
def test_an_address_is_public_or_not_however_it_is_wrapped(address: str, public: bool) -> None:
    assert is_public(address) is public
