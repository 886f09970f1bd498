"""A holder keeps away from the game for a while (自我排除), and nobody can shorten it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models import Account, Customer, SelfExclusion
from models.engines import Lookup, Row, Table
from models.kinds import EventKind
from services import audiences
from services.actors import Actor
from services.allowances import ALLOWANCES, current, keep
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key, RowLock
from services.parameters import ParameterName
from services.refusals import RefusalCode, Refused

ACCOUNTS = Lookup.of(Account, "customer_id")
EXCLUSIONS = Lookup.of(SelfExclusion, "customer_id")
EXCLUDED_IDENTITIES = Lookup.of(SelfExclusion, "identity")
CUSTOMERS = Table.of(Customer)


@dataclass(frozen=True, slots=True)
class ExcludeMyself:
    """Until when."""

    key: str
    until: datetime


async def exclude_myself(house: House, actor: Actor, order: ExcludeMyself) -> Answered:
    """Exclude the caller until a moment: no purchase, deposit, mandate or new account till then.

    Withdrawals, refunds and prizes go on. It can be made longer and never shorter, by nobody, and
    holds for the identity: another sign-up does not get around it.

    Returns:
        ``exclusion`` (id, customer_id, began_at, until).

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``NO_ACCOUNT`` (nobody is known who could be excluded), ``EXCLUSION_OUT_OF_RANGE``
            with ``reason``, ``EXCLUSION_NOT_LONGER`` with the present ``until``.
    """
    customer_id = actor.customer_id()
    shortest = timedelta(days=await house.parameters.value(ParameterName.EXCLUSION_MIN_DAYS))
    longest = timedelta(days=await house.parameters.value(ParameterName.EXCLUSION_MAX_DAYS))

    while True:
        # None is opened while the customer's row is locked; one that was in between is found there.
        found = await Account.filter(customer_id=customer_id)
        account_ids = tuple(account.id for account in found)
        try:
            return await house.desk.submit(
                _command(house, actor, order, account_ids, (shortest, longest))
            )
        except _AccountsChanged:
            continue


class _AccountsChanged(Exception):
    """An account was opened after the accounts to lock were looked up."""


def _command(
    house: House,
    actor: Actor,
    order: ExcludeMyself,
    account_ids: tuple[UUID, ...],
    span: tuple[timedelta, timedelta],
) -> Command:
    customer_id = actor.customer_id()

    def decide(books: Books) -> Body:
        accounts = books.all(ACCOUNTS, customer_id)
        if not accounts:
            raise Refused(RefusalCode.NO_ACCOUNT)
        if {account["id"] for account in accounts} != set(account_ids):
            raise _AccountsChanged
        present = max((row["until"] for row in books.all(EXCLUSIONS, customer_id)), default=None)
        if present is not None and order.until <= present and present > books.now:
            raise Refused(RefusalCode.EXCLUSION_NOT_LONGER, "until", until=present.isoformat())
        if not span[0] <= order.until - books.now <= span[1]:
            raise Refused(RefusalCode.EXCLUSION_OUT_OF_RANGE, "until")
        exclusion: Row = {
            "id": books.new_id(),
            "customer_id": customer_id,
            "identity": accounts[0]["identity"],
            "began_at": books.now,
            "until": order.until,
        }
        books.insert(EXCLUSIONS.table, exclusion)
        today = house.business_day(books.now)
        for account in accounts:
            allowance = current(books, account["id"], today)
            keep(books, allowance | {"excluded_until": order.until})
        body = {"until": order.until, "began_at": books.now}
        books.tell(EventKind.SELF_EXCLUDED, body, audiences.customer(customer_id))
        return body

    return Command(
        key=Key.of(actor.principal, "excludeMyself", order.key, order),
        decide=decide,
        wallets=account_ids,
        locks=(RowLock(CUSTOMERS, customer_id, exclusive=True),),
        facts=(
            Fact(ACCOUNTS, (customer_id,)),
            Fact(EXCLUSIONS, (customer_id,)),
            *(Fact(ALLOWANCES, (account_id,)) for account_id in account_ids),
        ),
        audit=Audit(customer_id),
    )


def check_identity_not_excluded(books: Books, identity: str) -> None:
    """Say no to an identity that has excluded itself, whoever asks.

    Raises:
        Refused: ``SELF_EXCLUDED`` with ``until``.
    """
    rows = books.all(EXCLUDED_IDENTITIES, identity)
    until = max((row["until"] for row in rows), default=None)
    if until is not None and until > books.now:
        raise Refused(RefusalCode.SELF_EXCLUDED, "identityNumber", until=until.isoformat())
