"""A lottery centre puts money into its prize pool, through the bank."""

from dataclasses import dataclass
from uuid import UUID

from models.engines import Row
from models.kinds import ApiKeyScope, DepositState, PartnerKind
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key
from services.lottery.lookups import FUNDINGS
from services.lottery.settle_pool_funding import settle_pool_funding
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class FundPool:
    """How much the bank is to collect from the centre."""

    key: str
    amount_minor: int
    currency: str


async def fund_pool(house: House, actor: Actor, order: FundPool) -> Answered:
    """Have the bank collect the amount, and put it into the centre's pool.

    Like a deposit, the funding is kept before the bank is asked, and its id is the bank's
    instruction id: whatever breaks in between, it goes on by itself, or when asked again with the
    same key, and collects and posts once. A suspended centre may fund its pool.

    Returns:
        ``balance_minor`` and ``currency`` of the pool.

    Raises:
        NotAllowed: The caller is no lottery centre.
        BankUnavailable: Not known yet.
        Refused: ``CURRENCY_MISMATCH`` (the pool's is another), ``BANK_REFUSED`` with a reason.
    """
    centre_id = actor.partner_id(PartnerKind.LOTTERY_CENTRE, scope=ApiKeyScope.FUND)

    def decide(books: Books) -> Body:
        if books.wallet(centre_id).currency != order.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "amount", "currency")
        row: Row = {
            "id": books.new_id(),
            "centre_id": centre_id,
            "amount_minor": order.amount_minor,
            "currency": order.currency,
            "state": DepositState.REQUESTED,
            "reason": None,
            "entry_id": None,
            "requested_at": books.now,
        }
        books.insert(FUNDINGS.table, row)
        return {"pool_funding_id": row["id"]}

    requested = await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "fundPool", order.key, order),
            decide=decide,
            wallets=(centre_id,),
        )
    )
    settled = await settle_pool_funding(house, UUID(requested.body["pool_funding_id"]))
    funding = settled.body["pool_funding"]
    if funding["state"] != DepositState.SETTLED:
        raise Refused(
            RefusalCode.BANK_REFUSED,
            "amount",
            replayed=requested.replayed,
            reason=funding["reason"],
        )
    body = {"balance_minor": settled.body["balance_minor"], "currency": order.currency}
    return Answered(body, replayed=requested.replayed)
