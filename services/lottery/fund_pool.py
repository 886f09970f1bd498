"""A lottery centre puts money into its prize pool, through the bank."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from models import Answer
from models.currencies import system_wallet_id
from models.kinds import EntryKind, EventKind, PartnerKind, WalletKind
from services.actors import Actor
from services.bank import Collected
from services.house import House
from services.ledger.books import Books, Move
from services.ledger.command import Answered, Body, Command, Key
from services.notifications import audiences
from services.refusals import RefusalCode, Refused

_INSTRUCTIONS = UUID("c0ffe12e-0000-5000-8000-000000000002")


@dataclass(frozen=True, slots=True)
class FundPool:
    """How much the bank is to collect from the centre."""

    key: str
    amount_minor: int
    currency: str


async def fund_pool(house: House, actor: Actor, order: FundPool) -> Answered:
    """Have the bank collect the amount, and put it into the centre's pool.

    The key is claimed with its arguments before the bank is called, and the instruction id is
    derived from it: whatever breaks in between, asking again with the same key collects once and
    posts what was collected, and other arguments never reach the bank. A suspended centre may
    fund its pool.

    Returns:
        ``balance_minor`` and ``currency`` of the pool.

    Raises:
        NotAllowed: The caller is no lottery centre.
        BankUnavailable: The outcome is unknown; ask again with the same key.
        Refused: ``CURRENCY_MISMATCH`` (the pool's is another), ``BANK_REFUSED`` with a reason.
    """
    centre_id = actor.partner_id(PartnerKind.LOTTERY_CENTRE)
    asked = Key.of(actor.principal, "fundPool", order.key, order)
    settled = Key.of(actor.principal, "fundPool/settle", order.key, order)
    instruction_id = uuid5(_INSTRUCTIONS, str(asked.id))

    def claim(books: Books) -> Body:
        if books.wallet(centre_id).currency != order.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "amount", "currency")
        return {"instruction_id": instruction_id}

    await house.desk.submit(Command(key=asked, decide=claim, wallets=(centre_id,)))
    collected = Collected(settled=False)
    # What is settled is only answered again, which needs no bank.
    if not await Answer.exists(id=settled.id):
        collected = await house.bank.collect(instruction_id, order.amount_minor, order.currency)
    bank_id = system_wallet_id(WalletKind.BANK, order.currency)

    def settle(books: Books) -> Body:
        if not collected.settled:
            raise Refused(RefusalCode.BANK_REFUSED, "amount", reason=collected.reason)
        posted = books.post(EntryKind.POOL_FUNDING, Move(bank_id, centre_id, order.amount_minor))
        pool = posted.wallets[centre_id]
        body: Body = {"balance_minor": pool.balance_minor, "currency": pool.currency}
        books.tell(
            EventKind.POOL_FUNDED,
            body | {"amount_minor": order.amount_minor},
            audiences.partner(centre_id),
        )
        return body

    return await house.desk.submit(
        Command(key=settled, decide=settle, wallets=(bank_id, centre_id))
    )
