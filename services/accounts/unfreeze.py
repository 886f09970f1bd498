"""Lifting a freeze, by whoever placed it (L5)."""

from uuid import UUID

from models.kinds import BlockKind
from services.accounts.blocks import Blocker, block_facts, lift_block, standing_blocks
from services.actors import Actor, ActorKind
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.refusals import RefusalCode, Refused


async def unfreeze_account(
    house: House, actor: Actor, key: str, account_id: UUID, reason: str | None = None
) -> Answered:
    """Lift the holder's own freeze, as the holder, or the house's, as an operator.

    Where nothing stands there is nothing to lift, and nothing changes. The account stays blocked
    while another block stands.

    Returns:
        ``account`` (its row), ``status``.

    Raises:
        NotAllowed: The caller is no customer, and may not block accounts.
        Refused: ``STEP_UP_REQUIRED`` (the holder), ``NOT_FOUND``, ``ACCOUNT_CLOSED``,
            ``FROZEN_BY_OPERATOR``, ``FROZEN_BY_HOLDER`` (only the other's freeze stands).
    """
    by = Blocker.of(actor)
    if actor.kind is ActorKind.CUSTOMER:
        actor.require_step_up(house.clock())

    def decide(books: Books) -> Body:
        account = by.account(books, account_id)
        standing = standing_blocks(books, account_id)
        if by.freezes_as not in standing:
            if BlockKind.BY_OPERATOR in standing:
                raise Refused(RefusalCode.FROZEN_BY_OPERATOR, "accountId")
            if BlockKind.BY_HOLDER in standing:
                raise Refused(RefusalCode.FROZEN_BY_HOLDER, "accountId")
        return lift_block(books, account, by.freezes_as, by, reason)

    arguments = {"account_id": account_id, "reason": reason}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "unfreezeAccount", key, arguments),
            decide=decide,
            wallets=(account_id,),
            facts=block_facts(account_id),
            audit=Audit(account_id, reason),
        )
    )
