"""Saying whose the money is that waits in suspense."""

from dataclasses import dataclass
from uuid import UUID

from models import Account
from models.currencies import system_wallet_id
from models.engines import Lookup
from models.kinds import (
    EntryKind,
    EventKind,
    Permission,
    SuspenseState,
    TransactionType,
    WalletKind,
)
from services import audiences
from services.actors import Actor, not_found
from services.banking.suspense import ITEMS, currency_of_item, held_item
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.ledger.postings import Move
from services.ledger.transactions import write_transaction
from services.refusals import RefusalCode, Refused

ACCOUNTS = Lookup.of(Account)


@dataclass(frozen=True, slots=True)
class AttributeSuspense:
    """Which money is whose, and why."""

    key: str
    item_id: UUID
    account_id: UUID
    reason: str


async def attribute_suspense(house: House, actor: Actor, order: AttributeSuspense) -> Answered:
    """Put money from suspense into the account that it was meant for, once.

    Returns:
        ``suspense_item``, ``transaction`` (rows).

    Raises:
        NotAllowed: The caller may not attribute money.
        Refused: ``NOT_FOUND``, ``SUSPENSE_ENDED``, ``ACCOUNT_CLOSED``, ``CURRENCY_MISMATCH``.
    """
    actor.require(Permission.ATTRIBUTE_SUSPENSE)
    currency = await currency_of_item(order.item_id)
    suspense_id = system_wallet_id(WalletKind.SUSPENSE, currency)

    def decide(books: Books) -> Body:
        item = held_item(books, order.item_id)
        account = books.one(ACCOUNTS, order.account_id)
        if account is None:
            raise not_found("accountId")
        if account["closed_at"] is not None:
            raise Refused(RefusalCode.ACCOUNT_CLOSED, "accountId")
        if account["currency"] != currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "accountId")
        posted = books.post(
            EntryKind.ATTRIBUTION,
            Move(suspense_id, order.account_id, item["amount_minor"]),
            reason=order.reason,
        )
        after = posted.wallets[order.account_id]
        transaction = write_transaction(
            books, posted, after, TransactionType.DEPOSIT, item["amount_minor"]
        )
        changes = {"state": SuspenseState.ATTRIBUTED, "account_id": order.account_id}
        books.update(ITEMS.table, order.item_id, **changes)
        body: Body = {"transaction": transaction, "available_minor": after.available_minor}
        holder = audiences.customer(account["customer_id"])
        books.tell(EventKind.DEPOSIT, body, holder, account_id=order.account_id)
        return {"suspense_item": item | changes, "transaction": transaction}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "attributeSuspense", order.key, order),
            decide=decide,
            wallets=(suspense_id, order.account_id),
            facts=(Fact(ITEMS, (order.item_id,)), Fact(ACCOUNTS, (order.account_id,))),
            audit=Audit(order.item_id, order.reason),
        )
    )
