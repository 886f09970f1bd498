"""Freezing an account: nothing leaves it any more, inflows still arrive."""

from uuid import UUID

from models import Account
from models.engines import Lookup
from models.kinds import EventKind, Permission, WalletStatus
from services import audiences
from services.actors import Actor, not_found
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key

ACCOUNTS = Lookup.of(Account)


async def freeze_account(
    house: House, actor: Actor, key: str, account_id: UUID, reason: str | None = None
) -> Answered:
    """Block every outflow of an account, as an operator; freezing a frozen one changes nothing.

    Returns:
        ``account`` (its row), ``status``.

    Raises:
        NotAllowed: The caller may not block accounts.
        Refused: ``NOT_FOUND``.
    """
    status = WalletStatus.FROZEN
    return await set_status(house, actor, "freezeAccount", key, account_id, status, reason)


async def set_status(
    house: House,
    actor: Actor,
    operation: str,
    key: str,
    account_id: UUID,
    status: WalletStatus,
    reason: str | None,
) -> Answered:
    """Set an account's status under its lock and tell the holder; see ``freeze_account``."""
    actor.require(Permission.BLOCK_ACCOUNTS)

    def decide(books: Books) -> Body:
        account = books.one(ACCOUNTS, account_id)
        if account is None:
            raise not_found("accountId")
        if books.wallet(account_id).status is not status:
            books.set_status(account_id, status)
            frozen = status is WalletStatus.FROZEN
            books.tell(
                EventKind.ACCOUNT_FROZEN if frozen else EventKind.ACCOUNT_UNFROZEN,
                {"account": {"id": account_id, "number": account["number"]}, "status": status},
                audiences.customer(account["customer_id"]),
                account_id=account_id,
            )
        return {"account": account, "status": status}

    arguments = {"account_id": account_id, "reason": reason}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, operation, key, arguments),
            decide=decide,
            wallets=(account_id,),
            facts=(Fact(ACCOUNTS, (account_id,)),),
            audit=Audit(account_id, reason),
        )
    )
