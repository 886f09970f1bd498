"""The bank as services know it; adapters stand in ``app/adapters/``.

Whatever goes to the bank is kept before it is told, and the bank knows it by the id that it is
kept under. So everything here may be asked again with the same id, by anybody, at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class BankState(StrEnum):
    """What the bank says of an instruction.

    ``ACCEPTED``: it has it, and will tell. ``SETTLED``: the money has moved. ``REFUSED``: it never
    will. ``RETURNED``: it has moved back, at times days later. ``UNKNOWN``: the bank never heard
    of it, so it may be sent.
    """

    ACCEPTED = "ACCEPTED"
    SETTLED = "SETTLED"
    REFUSED = "REFUSED"
    RETURNED = "RETURNED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class CardDetails:
    """A bank card in clear, on its way to the bank and nowhere else."""

    number: str = field(repr=False)
    holder: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BankOrder:
    """What the bank is to collect or to pay.

    Attributes:
        id: The instruction's: the same id is the same order.
        amount_minor: Above zero.
        currency: ISO 4217.
        party: The wallet that it is for; a bank that collects without a card knows whom to ask.
        card: The card to collect from or to pay to.
        returns: The bank's reference of money that is sent back to whoever it came from.
    """

    id: UUID
    amount_minor: int
    currency: str
    party: UUID
    card: CardDetails | None = None
    returns: str | None = None


@dataclass(frozen=True, slots=True)
class BankOutcome:
    """What the bank says of an instruction, with its own reference, and a reason for people."""

    state: BankState
    reference: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BankNews:
    """What the bank tells by itself: of an instruction, or, where it names none, of an arrival.

    ``amount_minor`` is what the fund keeper's account changed by (nothing, if refused), and
    ``remittance`` what the sender wrote.
    """

    reference: str
    state: BankState
    amount_minor: int
    currency: str
    instruction_id: UUID | None = None
    reason: str | None = None
    remittance: str = ""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A movement of the fund keeper's account; positions rise, and none is skipped."""

    position: int
    news: BankNews


class BankUnavailable(Exception):
    """The bank did not answer: the outcome is unknown and must be asked for again."""


class Bank(Protocol):
    """What Coffer asks of a bank. Every call may be repeated with the same id."""

    @property
    def is_there(self) -> bool:
        """Whether there is a bank at all; without one, nothing is collected or paid."""

    @property
    def needs_card(self) -> bool:
        """Whether customers' deposits are collected from a bound card alone."""

    async def collect(self, order: BankOrder) -> BankOutcome:
        """Take money into the fund keeper's account: from a card, or from whom the bank knows.

        Raises:
            BankUnavailable: The outcome is unknown.
        """

    async def pay(self, order: BankOrder) -> BankOutcome:
        """Pay from the fund keeper's account to a card, or back to where money came from.

        Raises:
            BankUnavailable: The outcome is unknown.
        """

    async def status(self, instruction_id: UUID) -> BankOutcome:
        """Tell how an instruction stands.

        Raises:
            BankUnavailable: It is not known now.
        """

    async def statement(self, after: int) -> Sequence[StatementLine]:
        """Return the next movements of the fund keeper's account behind a position, in order.

        Raises:
            BankUnavailable: They cannot be read now.
        """
