"""Sending money in suspense back to where it came from, and how that ends."""

from dataclasses import dataclass
from uuid import UUID

from models import BankInstruction
from models.currencies import system_wallet_id
from models.engines import Row
from models.kinds import BankPurpose, EntryKind, Permission, SuspenseState, WalletKind
from services.actors import Actor
from services.bank import BankOutcome, BankState
from services.banking.instructions import end_instruction, instruct, require_bank
from services.banking.suspense import BY_INSTRUCTION, ITEMS, currency_of_item, held_item
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.ledger.postings import Move


@dataclass(frozen=True, slots=True)
class SendBackSuspense:
    """Which money is sent back, and why."""

    key: str
    item_id: UUID
    reason: str


async def send_back_suspense(house: House, actor: Actor, order: SendBackSuspense) -> Answered:
    """Have the bank send money from suspense back; what it cannot send waits in suspense again.

    Returns:
        ``suspense_item`` (its row).

    Raises:
        NotAllowed: The caller may not attribute money.
        Refused: ``BANK_MISSING``, ``NOT_FOUND``, ``SUSPENSE_ENDED``.
    """
    actor.require(Permission.ATTRIBUTE_SUSPENSE)
    require_bank(house)
    currency = await currency_of_item(order.item_id)
    suspense_id = system_wallet_id(WalletKind.SUSPENSE, currency)
    transit_id = system_wallet_id(WalletKind.IN_TRANSIT, currency)

    def decide(books: Books) -> Body:
        item = held_item(books, order.item_id)
        books.post(
            EntryKind.SENDING_BACK,
            Move(suspense_id, transit_id, item["amount_minor"]),
            reason=order.reason,
        )
        instruction = instruct(
            books,
            BankPurpose.SENDING_BACK,
            suspense_id,
            item["amount_minor"],
            returns=item["reference"],
            ask_at=books.now,
        )
        changes: Row = {"state": SuspenseState.SENDING_BACK, "instruction_id": instruction["id"]}
        books.update(ITEMS.table, order.item_id, **changes)
        return {"suspense_item": item | changes}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "sendBackSuspense", order.key, order),
            decide=decide,
            wallets=(suspense_id, transit_id),
            facts=(Fact(ITEMS, (order.item_id,)),),
            audit=Audit(order.item_id, order.reason),
        )
    )


async def end_sending(house: House, instruction: BankInstruction, outcome: BankOutcome) -> Answered:
    """Book that the money has gone, or put it into suspense again, where it waits for somebody.

    Returns:
        ``suspense_item`` (its row; empty where it was sent anew by then).
    """
    if outcome.state is BankState.RETURNED:
        # What came back had gone before, whether or not we have been told.
        await end_sending(house, instruction, BankOutcome(BankState.SETTLED, outcome.reference))
    transit_id = system_wallet_id(WalletKind.IN_TRANSIT, instruction.currency)
    bank_id = system_wallet_id(WalletKind.BANK, instruction.currency)
    suspense_id, amount_minor = instruction.wallet_id, instruction.amount_minor
    way = {
        BankState.SETTLED: (EntryKind.BANK_PAYMENT, transit_id, bank_id),
        BankState.REFUSED: (EntryKind.BANK_REFUSAL, transit_id, suspense_id),
        BankState.RETURNED: (EntryKind.BANK_RETURN, bank_id, suspense_id),
    }
    before, after = {
        BankState.SETTLED: (SuspenseState.SENDING_BACK, SuspenseState.SENT_BACK),
        BankState.REFUSED: (SuspenseState.SENDING_BACK, SuspenseState.HELD),
        BankState.RETURNED: (SuspenseState.SENT_BACK, SuspenseState.HELD),
    }[outcome.state]

    def decide(books: Books) -> Body:
        item = books.one(BY_INSTRUCTION, instruction.id)
        if item is None or item["state"] != before:
            return {"suspense_item": item}
        kind, source, to = way[outcome.state]
        books.post(kind, Move(source, to, amount_minor))
        books.update(ITEMS.table, item["id"], state=after)
        return {"suspense_item": item | {"state": after}}

    return await end_instruction(
        house,
        instruction,
        outcome,
        decide,
        (transit_id, bank_id, suspense_id),
        Fact(BY_INSTRUCTION, (instruction.id,)),
    )
