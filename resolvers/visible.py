"""What a caller may see: every read begins with one of these queries.

People of the house see what a permission of theirs shows; a customer sees what is their own, a
partner what it took part in. Draws and partners are public to all who have signed in; nobody else
sees anything.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tortoise.expressions import Subquery
from tortoise.models import Model
from tortoise.queryset import QuerySet

from graphql_schema.relay import NodeKind
from models import (
    Account,
    ApiKey,
    AuditEntry,
    BankCard,
    Block,
    Customer,
    DeadLetter,
    Deposit,
    Draw,
    Mandate,
    Partner,
    PayoutRun,
    Profile,
    Role,
    Session,
    StaffMember,
    SuspenseItem,
    Ticket,
    Transaction,
    Wallet,
    Webhook,
    WinningTicket,
    Withdrawal,
)
from models.kinds import ApiKeyScope, DrawState, PartnerKind, Permission
from services.actors import Actor, ActorKind
from services.ledger.sight import OF_CUSTOMERS
from services.people.persons import PERSONS

Rows = QuerySet[Any] | None
"""A limited query; None where the caller sees no such thing at all."""


def _accounts(actor: Actor) -> Rows:
    return Account.filter(customer_id=actor.id) if _is_customer(actor) else None


def _of_partner(model: type[Model]) -> Callable[[Actor], Rows]:
    return lambda actor: model.filter(partner_id=actor.id) if actor.partner_kind else None


def _cards(actor: Actor) -> Rows:
    return BankCard.filter(customer_id=actor.id) if _is_customer(actor) else None


def _dead_letters(actor: Actor) -> Rows:
    if actor.partner_kind is None:
        return None
    own = Webhook.filter(partner_id=actor.id).values("id")
    return DeadLetter.filter(webhook_id__in=Subquery(own))


def _customers(actor: Actor) -> Rows:
    return Customer.filter(id=actor.id) if _is_customer(actor) else None


def _deposits(actor: Actor) -> Rows:
    return Deposit.filter(account_id__in=_own_accounts(actor)) if _is_customer(actor) else None


def _public(model: type[Model]) -> Callable[[Actor], Rows]:
    return lambda actor: None if actor.kind is ActorKind.NOBODY else model.all()


def _mandates(actor: Actor) -> Rows:
    if _is_customer(actor):
        return Mandate.filter(account_id__in=_own_accounts(actor))
    return _of_partner(Mandate)(actor)


def _payout_runs(actor: Actor) -> Rows:
    return PayoutRun.filter(draw_id__in=_own_draws(actor)) if _is_centre(actor) else None


def _roles(actor: Actor) -> Rows:
    return Role.all() if actor.is_of_the_house else None


def _sessions(actor: Actor) -> Rows:
    """Return one's own sessions: nobody else's, whatever one may see of them."""
    if actor.kind not in PERSONS:
        return None
    return Session.filter(person_kind=actor.kind, person_id=actor.id)


def _staff(actor: Actor) -> Rows:
    return StaffMember.filter(id=actor.id) if actor.is_of_the_house else None


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
    return _of_partner(Transaction)(actor)


def _withdrawals(actor: Actor) -> Rows:
    return Withdrawal.filter(account_id__in=_own_accounts(actor)) if _is_customer(actor) else None


def _winning_tickets(actor: Actor) -> Rows:
    if _is_customer(actor):
        published = Draw.filter(state=DrawState.PUBLISHED).values("id")
        return WinningTicket.filter(
            account_id__in=_own_accounts(actor), draw_id__in=Subquery(published)
        )
    return WinningTicket.filter(draw_id__in=_own_draws(actor)) if _is_centre(actor) else None


_MODELS: Mapping[NodeKind, tuple[type[Model], Callable[[Actor], Rows]]] = {
    NodeKind.ACCOUNT: (Account, _accounts),
    NodeKind.API_KEY: (ApiKey, _of_partner(ApiKey)),
    NodeKind.AUDIT_ENTRY: (AuditEntry, lambda _: None),
    NodeKind.BANK_CARD: (BankCard, _cards),
    NodeKind.CUSTOMER: (Customer, _customers),
    NodeKind.DEAD_LETTER: (DeadLetter, _dead_letters),
    NodeKind.DEPOSIT: (Deposit, _deposits),
    NodeKind.DRAW: (Draw, _public(Draw)),
    NodeKind.MANDATE: (Mandate, _mandates),
    NodeKind.PARTNER: (Partner, _public(Partner)),
    NodeKind.PAYOUT_RUN: (PayoutRun, _payout_runs),
    NodeKind.ROLE: (Role, _roles),
    NodeKind.SESSION: (Session, _sessions),
    NodeKind.STAFF_MEMBER: (StaffMember, _staff),
    NodeKind.SUSPENSE_ITEM: (SuspenseItem, lambda _: None),
    NodeKind.TICKET: (Ticket, _tickets),
    NodeKind.TRANSACTION: (Transaction, _transactions),
    NodeKind.WEBHOOK: (Webhook, _of_partner(Webhook)),
    NodeKind.WINNING_TICKET: (WinningTicket, _winning_tickets),
    NodeKind.WITHDRAWAL: (Withdrawal, _withdrawals),
}


_SHOWN_BY: Mapping[NodeKind, tuple[Permission, ...]] = {
    NodeKind.API_KEY: (Permission.MANAGE_PARTNERS,),
    NodeKind.AUDIT_ENTRY: (Permission.SEE_AUDIT,),
    NodeKind.DEAD_LETTER: (Permission.MANAGE_PARTNERS,),
    NodeKind.PAYOUT_RUN: (Permission.PAY_PRIZES, Permission.SEE_LEDGER),
    NodeKind.SESSION: (),
    NodeKind.STAFF_MEMBER: (Permission.MANAGE_STAFF, Permission.SEE_AUDIT),
    NodeKind.SUSPENSE_ITEM: (Permission.ATTRIBUTE_SUSPENSE, Permission.SEE_LEDGER),
    NodeKind.WEBHOOK: (Permission.MANAGE_PARTNERS,),
}
"""Any of which shows people of the house all nodes of a kind."""

_ABOUT_CUSTOMERS = (Permission.SEE_CUSTOMERS,)
"""What shows the rest: all that is not said otherwise is about a customer."""


_SCOPES: Mapping[NodeKind, ApiKeyScope] = {
    NodeKind.API_KEY: ApiKeyScope.MANAGE_KEYS,
    NodeKind.DEAD_LETTER: ApiKeyScope.MANAGE_WEBHOOKS,
    NodeKind.WEBHOOK: ApiKeyScope.MANAGE_WEBHOOKS,
}
"""The scope that shows a partner its nodes of a kind; the rest is shown by READ."""


def visible(kind: NodeKind, actor: Actor) -> Rows:
    """Return the nodes of a kind that a caller may see."""
    if not actor.has_scope(_SCOPES.get(kind, ApiKeyScope.READ)):
        # Every key shows at least whose it is.
        return Partner.filter(id=actor.id) if kind is NodeKind.PARTNER else None
    model, limited = _MODELS[kind]
    shown = any(map(actor.may, _SHOWN_BY.get(kind, _ABOUT_CUSTOMERS)))
    return model.all() if shown else limited(actor)


def visible_balances(actor: Actor) -> Rows:
    """Return the wallets whose balances a caller may see."""
    if actor.kind is ActorKind.NOBODY or not actor.has_scope(ApiKeyScope.READ):
        return None
    if actor.may(Permission.SEE_LEDGER):
        return Wallet.all()
    if actor.may(Permission.SEE_CUSTOMERS):
        return Wallet.filter(kind__in=list(OF_CUSTOMERS))
    return Wallet.filter(owner_id=actor.id)


def visible_blocks(actor: Actor) -> Rows:
    """Return the blocks that a caller may see: of whatever account they may see."""
    seen = visible(NodeKind.ACCOUNT, actor)
    return None if seen is None else Block.filter(account_id__in=Subquery(seen.values("id")))


def visible_profiles(actor: Actor) -> Rows:
    """Return the profiles that a caller may see: of whoever's account they may see."""
    seen = visible(NodeKind.ACCOUNT, actor)
    return None if seen is None else Profile.filter(id__in=Subquery(seen.values("id")))


def _is_customer(actor: Actor) -> bool:
    return actor.kind is ActorKind.CUSTOMER


def _is_centre(actor: Actor) -> bool:
    return actor.partner_kind is PartnerKind.LOTTERY_CENTRE


def _own_accounts(actor: Actor) -> Subquery:
    return Subquery(Account.filter(customer_id=actor.id).values("id"))


def _own_draws(actor: Actor) -> Subquery:
    return Subquery(Draw.filter(centre_id=actor.id).values("id"))
