"""What a caller may see: every read begins with one of these queries.

People of the house see customers' things where their role permits it, and everything else; a
customer sees what is their own, a partner what it took part in. Draws and partners are public to
all who have signed in; nobody else sees anything.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tortoise.expressions import Subquery
from tortoise.models import Model
from tortoise.queryset import QuerySet

from graphql_schema.relay import NodeKind
from models import (
    Account,
    Customer,
    Deposit,
    Draw,
    Mandate,
    Partner,
    PayoutRun,
    Ticket,
    Transaction,
    Wallet,
    WinningTicket,
)
from models.kinds import DrawState, PartnerKind, Permission
from services.actors import Actor, ActorKind

Rows = QuerySet[Any] | None
"""A limited query; None where the caller sees no such thing at all."""


def _accounts(actor: Actor) -> Rows:
    return Account.filter(customer_id=actor.id) if _is_customer(actor) else None


def _customers(actor: Actor) -> Rows:
    return Customer.filter(id=actor.id) if _is_customer(actor) else None


def _deposits(actor: Actor) -> Rows:
    return Deposit.filter(account_id__in=_own_accounts(actor)) if _is_customer(actor) else None


def _public(model: type[Model]) -> Callable[[Actor], Rows]:
    return lambda actor: None if actor.kind is ActorKind.NOBODY else model.all()


def _mandates(actor: Actor) -> Rows:
    if _is_customer(actor):
        return Mandate.filter(account_id__in=_own_accounts(actor))
    return Mandate.filter(partner_id=actor.id) if actor.partner_kind else None


def _payout_runs(actor: Actor) -> Rows:
    return PayoutRun.filter(draw_id__in=_own_draws(actor)) if _is_centre(actor) else None


def _tickets(actor: Actor) -> Rows:
    if _is_customer(actor):
        return Ticket.filter(account_id__in=_own_accounts(actor))
    if _is_centre(actor):
        return Ticket.filter(draw_id__in=_own_draws(actor))
    if actor.partner_kind is PartnerKind.SALES_PLATFORM:
        sold = Transaction.filter(partner_id=actor.id).values("id")
        return Ticket.filter(purchase_id__in=Subquery(sold))
    return None


def _transactions(actor: Actor) -> Rows:
    if _is_customer(actor):
        return Transaction.filter(account_id__in=_own_accounts(actor))
    return Transaction.filter(partner_id=actor.id) if actor.partner_kind else None


def _winning_tickets(actor: Actor) -> Rows:
    if _is_customer(actor):
        published = Draw.filter(state=DrawState.PUBLISHED).values("id")
        return WinningTicket.filter(
            account_id__in=_own_accounts(actor), draw_id__in=Subquery(published)
        )
    return WinningTicket.filter(draw_id__in=_own_draws(actor)) if _is_centre(actor) else None


_MODELS: Mapping[NodeKind, tuple[type[Model], Callable[[Actor], Rows]]] = {
    NodeKind.ACCOUNT: (Account, _accounts),
    NodeKind.CUSTOMER: (Customer, _customers),
    NodeKind.DEPOSIT: (Deposit, _deposits),
    NodeKind.DRAW: (Draw, _public(Draw)),
    NodeKind.MANDATE: (Mandate, _mandates),
    NodeKind.PARTNER: (Partner, _public(Partner)),
    NodeKind.PAYOUT_RUN: (PayoutRun, _payout_runs),
    NodeKind.TICKET: (Ticket, _tickets),
    NodeKind.TRANSACTION: (Transaction, _transactions),
    NodeKind.WINNING_TICKET: (WinningTicket, _winning_tickets),
}


_HOUSES_OWN = frozenset({NodeKind.DRAW, NodeKind.PARTNER, NodeKind.PAYOUT_RUN})
"""What every person of the house sees: nothing of it is about a customer."""


def visible(kind: NodeKind, actor: Actor) -> Rows:
    """Return the nodes of a kind that a caller may see."""
    model, limited = _MODELS[kind]
    if not actor.is_of_the_house:
        return limited(actor)
    return model.all() if kind in _HOUSES_OWN or actor.may(Permission.SEE_CUSTOMERS) else None


def visible_balances(actor: Actor) -> Rows:
    """Return the wallets whose balances a caller may see."""
    if actor.kind is ActorKind.NOBODY:
        return None
    if actor.may(Permission.SEE_CUSTOMERS):
        return Wallet.all()
    return Wallet.filter(owner_id=actor.id)


def _is_customer(actor: Actor) -> bool:
    return actor.kind is ActorKind.CUSTOMER


def _is_centre(actor: Actor) -> bool:
    return actor.partner_kind is PartnerKind.LOTTERY_CENTRE


def _own_accounts(actor: Actor) -> Subquery:
    return Subquery(Account.filter(customer_id=actor.id).values("id"))


def _own_draws(actor: Actor) -> Subquery:
    return Subquery(Draw.filter(centre_id=actor.id).values("id"))
