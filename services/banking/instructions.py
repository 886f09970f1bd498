"""What the bank is told, kept before it is told."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from models import BankInstruction
from models.engines import Lookup, Row
from models.kinds import BankPurpose
from services.actors import SYSTEM
from services.bank import BankOutcome
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key
from services.refusals import RefusalCode, Refused

INSTRUCTIONS = Lookup.of(BankInstruction)
ON_CARD = Lookup.of(BankInstruction, "card_id")

PATIENCE = timedelta(seconds=10)
"""How long an instruction is left to the request that made it, which then says how it stands."""


def require_bank(house: House) -> None:
    """Refuse what needs a bank where there is none.

    Raises:
        Refused: ``BANK_MISSING``.
    """
    if not house.bank.is_there:
        raise Refused(RefusalCode.BANK_MISSING)


def instruct(
    books: Books,
    purpose: BankPurpose,
    wallet_id: UUID,
    amount_minor: int,
    *,
    ask_at: datetime,
    card_id: UUID | None = None,
    returns: str | None = None,
) -> Row:
    """Write down what the bank is to be told, and return the row, whose id the bank will know.

    Args:
        books: Where what it is for is written as well.
        purpose: What it is for.
        wallet_id: Where the money goes to or comes from; its currency is the instruction's.
        amount_minor: Above zero.
        ask_at: From when on the bank is asked, by whoever finds it.
        card_id: The card to collect from or to pay to.
        returns: The bank's reference of a receipt that is sent back.
    """
    row: Row = {
        "id": books.new_id(),
        "purpose": purpose,
        "wallet_id": wallet_id,
        "card_id": card_id,
        "returns": returns,
        "amount_minor": amount_minor,
        "currency": books.wallet(wallet_id).currency,
        "asked": 0,
        "ask_at": ask_at,
        "requested_at": books.now,
    }
    books.insert(INSTRUCTIONS.table, row)
    return row


async def end_instruction(
    house: House,
    instruction: BankInstruction,
    outcome: BankOutcome,
    decide: Callable[[Books], Body],
    wallets: tuple[UUID, ...],
    *facts: Fact,
) -> Answered:
    """Have the desk decide what an outcome means, once; afterwards nobody asks the bank any more.

    Whoever brings the outcome, an answer, a callback, the statement: the first one decides it.
    """

    def decide_and_end(books: Books) -> Body:
        row = books.one(INSTRUCTIONS, instruction.id)
        if row is not None and row["ask_at"] is not None:
            books.update(INSTRUCTIONS.table, instruction.id, ask_at=None)
        return decide(books)

    operation = f"bank{outcome.state.capitalize()}"
    return await house.desk.submit(
        Command(
            key=Key.of(SYSTEM.principal, operation, str(instruction.id), {}),
            decide=decide_and_end,
            wallets=wallets,
            facts=(Fact(INSTRUCTIONS, (instruction.id,)), *facts),
        )
    )
