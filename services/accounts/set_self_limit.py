"""A holder limits what goes into an account, or what is spent from it (自我限额)."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.engines import Row
from models.kinds import EventKind, LimitKind
from services import audiences
from services.accounts.ownership import own_account
from services.actors import Actor
from services.allowances import (
    COUNTERS,
    LIMITS,
    allowance_facts,
    current,
    limit_at,
)
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key
from services.parameters import ParameterName
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class SetLimit:
    """Which limit, and how much: minor units of the account's currency, None for no limit."""

    key: str
    account_id: UUID
    kind: LimitKind
    limit_minor: int | None
    currency: str | None


async def set_self_limit(house: House, actor: Actor, order: SetLimit) -> Answered:
    """Set a limit: a lower one holds at once, a higher one (or none) after ``LIMIT_RAISE_S``.

    A change takes the place of one that still waits; setting what is in force cancels it.

    Returns:
        ``limit`` (its row), ``used_minor``.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``NOT_FOUND``, ``CURRENCY_MISMATCH``.
    """
    customer_id = actor.customer_id()
    wait = timedelta(seconds=await house.parameters.value(ParameterName.LIMIT_RAISE_S))

    def decide(books: Books) -> Body:
        account = own_account(books, order.account_id, customer_id)
        if order.currency not in {None, account.currency}:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "amount", "currency")
        rows = {row["kind"]: row for row in books.all(LIMITS, order.account_id)}
        limit = rows.get(order.kind) or {
            "id": books.new_id(),
            "account_id": order.account_id,
            "kind": order.kind,
            "limit_minor": None,
            "next_minor": None,
            "next_from": None,
            "set_at": books.now,
        }
        changed = limit | _change(books, limit, order.limit_minor, wait)
        if order.kind in rows:
            changes = {name: value for name, value in changed.items() if name != "id"}
            books.update(LIMITS.table, limit["id"], **changes)
        else:
            books.insert(LIMITS.table, changed)
        allowance = current(books, order.account_id, house.business_day(books.now))
        body = {
            "limit": changed,
            "used_minor": allowance[COUNTERS[order.kind]],
            "currency": account.currency,
        }
        books.tell(
            EventKind.SELF_LIMIT_SET,
            body,
            audiences.customer(customer_id),
            account_id=order.account_id,
        )
        return body

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "setSelfLimit", order.key, order),
            decide=decide,
            wallets=(order.account_id,),
            facts=allowance_facts(order.account_id),
        )
    )


def _change(books: Books, limit: Row, wanted_minor: int | None, wait: timedelta) -> Row:
    now_minor = limit_at(limit, books.now)
    higher = now_minor is not None and (wanted_minor is None or wanted_minor > now_minor)
    return {
        "limit_minor": now_minor if higher else wanted_minor,
        "next_minor": wanted_minor if higher else None,
        "next_from": books.now + wait if higher else None,
        "set_at": books.now,
    }
