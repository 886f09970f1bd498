"""What stands in for a bank where none is named: nothing is collected and nothing is paid."""

from collections.abc import Sequence
from uuid import UUID

from services.bank import BankOrder, BankOutcome, BankUnavailable, StatementLine


class NoBank:
    """``Bank`` that is not there. What an earlier bank was told stays open until there is one."""

    is_there = False
    needs_card = True

    async def collect(self, order: BankOrder) -> BankOutcome:
        """Know nothing."""
        del order
        raise BankUnavailable

    async def pay(self, order: BankOrder) -> BankOutcome:
        """Know nothing."""
        del order
        raise BankUnavailable

    async def status(self, instruction_id: UUID) -> BankOutcome:
        """Know nothing."""
        del instruction_id
        raise BankUnavailable

    async def statement(self, after: int) -> Sequence[StatementLine]:
        """Know nothing."""
        del after
        raise BankUnavailable
