"""Bringing messages to addresses outside, as services know it; the adapter is in ``app/adapters/``.

The addresses are chosen by partners. So the courier goes nowhere but to public addresses
(``services/webhooks/addresses.py``), and tells nothing of what it finds there but a status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class CannotDeliver(Exception):
    """A message did not arrive, or nobody said that it did. ``reason`` is for the partner."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AddressRefused(CannotDeliver):
    """The courier does not go to this address."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side answered: an HTTP status, and when it wants to be asked again."""

    status: int
    retry_after: str | None = None


class Courier(Protocol):
    """Posts messages over HTTP."""

    async def check(self, url: str) -> None:
        """Look whether an address is one to go to, now.

        Raises:
            AddressRefused: It is not.
        """

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Receipt:
        """Post a message, and return what was answered. No redirect is followed.

        Raises:
            AddressRefused: The address is not, or not any more, one to go to.
            CannotDeliver: There was no answer.
        """
