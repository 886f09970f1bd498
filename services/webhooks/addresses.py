"""Which addresses a webhook may have: public ones alone, however they are written.

A partner chooses the address and Coffer goes there from inside the house, so it must lead neither
back into the house nor to its neighbours. The form of the URL is read by one strict expression,
and the address is judged after its name was resolved, each time anew; who delivers connects to
the very address that was judged.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from services.courier import AddressRefused

URL_MAX = 500
HIGHEST_PORT = 65_535
_PORTS = {"http": 80, "https": 443}

_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    # No fragment, nothing that is not printable, nothing that parsers read in two ways.
    r"(?P<rest>[/?][!$-;=?-\[\]_a-z~]*)?",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")

_GLOBAL = IPv6Network("2000::/3")
_WRAPPED = (IPv6Network("2001::/32"), IPv6Network("2002::/16"), IPv6Network("3fff::/20"))
"""Addresses that stand for IPv4 addresses behind a tunnel, or are for documents alone."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, read: ``path`` is what is asked for, with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host as it is named to the other side."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str, *, loopback: bool = False) -> Target:
    """Read the URL of a webhook.

    Args:
        url: What the partner gave.
        loopback: Whether plain HTTP and this machine itself are permitted, for tests.

    Raises:
        AddressRefused: It is no URL of a webhook.
    """
    match = _URL.fullmatch(url)
    if match is None or len(url) > URL_MAX:
        raise AddressRefused("this is no URL of a webhook")
    scheme, host = match["scheme"].lower(), match["host"].lower().strip("[]")
    port = int(match["port"] or _PORTS[scheme])
    if not 1 <= port <= HIGHEST_PORT or (scheme == "http" and not loopback):
        raise AddressRefused("a webhook is reached by https")
    literal = _literal(host)
    if literal is None and "." not in host and not loopback:
        raise AddressRefused("the host has no public name")
    if literal is not None:
        check_address(host, scheme, loopback=loopback)
    path = match["rest"] or "/"
    return Target(scheme, host, port, path if path.startswith("/") else f"/{path}")


def check_address(address: str, scheme: str, *, loopback: bool = False) -> None:
    """Say no to an address that a name was resolved to, where it is not public.

    Args:
        address: In numbers.
        scheme: By which it would be reached.
        loopback: Whether this machine itself is permitted, for tests.

    Raises:
        AddressRefused: It is not to be gone to.
    """
    found = ip_address(address.partition("%")[0])
    if loopback and found.is_loopback:
        return
    if scheme != "https" or not is_public(found):
        raise AddressRefused("the host has no public address")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one of the public internet's, of one machine."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL or any(address in wrapped for wrapped in _WRAPPED):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host spells out.

    Raises:
        AddressRefused: It looks like one, in a spelling that only some understand.
    """
    try:
        return ip_address(host)
    except ValueError:
        pass
    # A name whose last part is a number is an address to many resolvers: 127.1, 0x7f000001.
    if ":" in host or _NUMERIC.fullmatch(host.rpartition(".")[2]):
        raise AddressRefused("this is no URL of a webhook")
    return None
