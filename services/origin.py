"""Where a request comes from, as far as that is known and may be kept."""

import ipaddress
from dataclasses import dataclass, field
from typing import Literal

USER_AGENT_MAX = 80

_KEPT_BITS = {4: 24, 6: 48}
"""How much of an address is kept: the network of a household or a firm, not the machine."""
_COUNTED_BITS = {4: 32, 6: 64}
"""By how much of an address attempts are counted: one caller has a whole /64 of IPv6."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from.

    Attributes:
        address: The client's, where it is known; never kept or logged whole.
        user_agent: What the client calls itself, shortened; it may say anything.
        language: The one that the client reads.
    """

    address: str | None = field(default=None, repr=False)
    user_agent: str | None = field(default=None, repr=False)
    language: Literal["en", "zh"] = "en"

    @property
    def network(self) -> str | None:
        """The part of the address that is kept."""
        return self._part(_KEPT_BITS)

    @property
    def counted_as(self) -> str | None:
        """The part of the address that attempts are counted by."""
        return self._part(_COUNTED_BITS)

    def _part(self, bits: dict[int, int]) -> str | None:
        try:
            address = ipaddress.ip_address(self.address or "")
        except ValueError:
            return None
        mapped = address.ipv4_mapped if address.version == 6 else None  # noqa: PLR2004 - IPv6
        address = mapped or address
        return str(ipaddress.ip_network(f"{address}/{bits[address.version]}", strict=False))


UNKNOWN = Origin()
"""Of what nobody asked for over a network: the command line, the schedule."""


def readable(user_agent: str | None) -> str | None:
    """Return what a client calls itself, as it may be kept: short, and nothing but letters."""
    text = "".join(letter for letter in user_agent or "" if letter.isprintable())
    return text[:USER_AGENT_MAX].strip() or None
