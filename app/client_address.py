"""The address of a client that may stand behind proxies."""

from collections.abc import Collection
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

HOPS_MAX = 20
"""How many addresses of the header are looked at: it may hold anything."""
PEERS_KEPT = 10_000


def read_networks(text: str) -> tuple[Network, ...]:
    """Read networks and addresses with commas between them.

    Raises:
        ValueError: One of them is none.
    """
    return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())


def client_address(
    peer: str | None, forwarded: str | None, trusted: Collection[Network]
) -> str | None:
    """Return the address that a request began at, as far as trusted proxies vouch for it.

    Args:
        peer: Who connected.
        forwarded: The header ``X-Forwarded-For``: each proxy adds whom it was asked by to its end,
            and what stands before that may be anybody's invention.
        trusted: The proxies' networks.
    """
    if forwarded is None:
        return _alone(peer)
    address = _read(peer or "")
    if address is None:
        return None
    for hop in reversed(forwarded.split(",")[-HOPS_MAX:]):
        if not any(address in network for network in trusted):
            break
        before = _read(hop.strip())
        if before is None:
            break
        address = before
    return str(address)


@lru_cache(PEERS_KEPT)
def _alone(peer: str | None) -> str | None:
    address = _read(peer or "")
    return None if address is None else str(address)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
