"""Which IP addresses are of the open internet: links of strangers may lead to no others."""

import ipaddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(net)
    for net in (
        "192.0.0.0/24",  # of protocols; Oracle's metadata, too
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # relays of 6to4
        "192.175.48.0/24",  # AS112
        "168.63.129.16/32",  # Azure's host, from each of its machines
        "2001::/23",  # of protocols: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which holds any IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
"""Beyond what Python's `is_global` knows, which grows with its releases.

Source: IANA's registries of special-purpose addresses, https://www.iana.org/assignments/
iana-ipv4-special-registry and iana-ipv6-special-registry, and the clouds' own pages.
"""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, however it is wrapped.

    Raises `ValueError` for a text that is no IP address.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped or ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)))
        if ip not in _GLOBAL_UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _NOT_PUBLIC)
