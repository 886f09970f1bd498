"""The bank as services know it; adapters stand in ``app/adapters/``."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Collected:
    """The bank's answer to a collection: settled, or refused with a reason for people."""

    settled: bool
    reason: str | None = None


class BankUnavailable(Exception):
    """The bank did not answer: the outcome is unknown and must be asked for again."""


class Bank(Protocol):
    """What Coffer asks of a bank. Every call may be repeated with the same instruction id."""

    async def collect(self, instruction_id: UUID, amount_minor: int, currency: str) -> Collected:
        """Take money from the customer's means of payment into the fund keeper's account.

        Asked again with the same instruction id, the bank gives the same answer and takes
        nothing more.

        Raises:
            BankUnavailable: The outcome is unknown.
        """
