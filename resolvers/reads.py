"""Rows for one caller: the promises of ``graphql_schema.port.Reads``."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from graphql_schema.port import AuditCriteria, TransactionCriteria
from graphql_schema.relay import NodeKind, Page
from models import ParameterChange, Webhook
from models.engines import Row
from models.kinds import RoleState, SessionState, WebhookState
from models.prepared import Given
from resolvers.loaders import Loaders
from resolvers.seen import seen_rows
from resolvers.visible import Rows, visible, visible_blocks
from services.accounts.profiles import ShownProfile, shown_profile
from services.accounts.self_limits import excluded_until, self_limits
from services.actors import Actor
from services.house import House
from services.ledger.balance_at import balance_at
from services.people.sessions import SESSIONS_MAX
from services.refusals import Refused
from services.webhooks.due import waiting_since


class DatabaseReads:
    """Reads from the database what one caller may see."""

    def __init__(self, house: House, actor: Actor) -> None:
        self._house = house
        self._actor = actor
        self._loaders = Loaders(actor)

    async def row(self, kind: NodeKind, row_id: UUID) -> Row | None:
        """Return the row of a node."""
        return await self._loaders.node(kind).load(row_id)

    async def balance(self, wallet_id: UUID) -> Row | None:
        """Return the wallet of an account or partner, where its balance may be seen."""
        return await self._loaders.balances.load(wallet_id)

    async def balance_at(self, wallet_id: UUID, at: datetime) -> int | None:
        """Return what a wallet held at a moment of the past, where its balance may be seen."""
        try:
            return await balance_at(self._actor, wallet_id, at)
        except Refused:
            return None

    async def profile(self, account_id: UUID) -> ShownProfile | None:
        """Return who holds an account, masked, where that may be seen."""
        row = await self._loaders.profiles.load(account_id)
        return None if row is None else shown_profile(self._house.vault, row)

    async def currency_of_account(self, account_id: UUID) -> str:
        """Return an account's currency, which is no secret."""
        wallet = await self._loaders.currencies.load(account_id)
        assert wallet is not None  # noqa: S101 - wallets are never removed
        return str(wallet["currency"])

    async def tickets(self, purchase_id: UUID) -> list[Row]:
        """Return the tickets that a purchase paid for."""
        return await self._loaders.tickets.load(purchase_id)

    async def winning(self, ticket_id: UUID) -> Row | None:
        """Return what a ticket won."""
        return await self._loaders.winnings.load(ticket_id)

    async def accounts(self, customer_id: UUID) -> list[Row]:
        """Return a customer's accounts: at most one for each currency."""
        query = visible(NodeKind.ACCOUNT, self._actor)
        return await _rows(query, Q(customer_id=customer_id), "opened_at")

    async def self_limits(self, account_id: UUID) -> list[Row]:
        """Return an account's limits as they hold now, each with its ``used_minor``."""
        if await self.row(NodeKind.ACCOUNT, account_id) is None:
            return []  # whoever may block an account is shown it, and need not see into it
        return await self_limits(self._house, account_id)

    async def excluded_until(self, account_id: UUID) -> datetime | None:
        """Return until when an account's holder is excluded, where they are and it may be seen."""
        if await self.row(NodeKind.ACCOUNT, account_id) is None:
            return None
        return await excluded_until(self._house, account_id)

    async def cards(self, customer_id: UUID) -> list[Row]:
        """Return a customer's bound cards."""
        query = visible(NodeKind.BANK_CARD, self._actor)
        return await _rows(query, Q(customer_id=customer_id, unbound_at__isnull=True), "id")

    async def withdrawals(self, account_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return an account's withdrawals, newest first, and one more than the page has."""
        return await self._newest(NodeKind.WITHDRAWAL, page, {"account_id": account_id})

    async def suspense(self, page: Page[UUID], wanted: Mapping[str, str]) -> list[Row]:
        """Return money in suspense with these columns, newest first, and one more than asked."""
        return await self._newest(NodeKind.SUSPENSE_ITEM, page, wanted)

    async def transactions(
        self, account_id: UUID, page: Page[int], criteria: TransactionCriteria
    ) -> list[Row]:
        """Return an account's transactions, newest first, and one more than the page has."""
        if criteria == TransactionCriteria():
            return await self._all_transactions(account_id, page)
        wanted = Q(account_id=account_id)
        if page.after is not None:
            wanted &= Q(number__lt=page.after)
        if criteria.types:
            wanted &= Q(type__in=list(criteria.types))
        if criteria.states:
            wanted &= Q(state__in=list(criteria.states))
        if criteria.since is not None:
            wanted &= Q(at__gte=criteria.since)
        if criteria.until is not None:
            wanted &= Q(at__lt=criteria.until)
        if (least := criteria.minimum_minor) is not None:
            wanted &= Q(amount_minor__gte=least) | Q(amount_minor__lte=-least)
        if (most := criteria.maximum_minor) is not None:
            wanted &= Q(amount_minor__lte=most) & Q(amount_minor__gte=-most)
        query = visible(NodeKind.TRANSACTION, self._actor)
        return await _rows(query, wanted, "-number", page.first + 1)

    async def _all_transactions(self, account_id: UUID, page: Page[int]) -> list[Row]:
        """Return them without a filter, as nearly everybody asks for them."""

        def narrow(query: QuerySet[Any], given: Sequence[Any]) -> QuerySet[Any]:
            before = [Q(number__lt=number) for number in given[1:]]
            of_account = query.filter(*before, account_id=given[0])
            return of_account.order_by("-number").limit(page.first + 1)

        given: list[Given] = [account_id] if page.after is None else [account_id, page.after]
        name = ("transactions", page.first)
        seen = partial(visible, NodeKind.TRANSACTION)
        return await seen_rows(name, self._actor, seen, narrow, given)

    async def blocks(self, account_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return an account's blocks, newest first, and one more than the page has."""
        wanted = Q(account_id=account_id)
        if page.after is not None:
            wanted &= Q(id__lt=page.after)
        return await _rows(visible_blocks(self._actor), wanted, "-id", page.first + 1)

    async def payouts(self, account_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return an account's winning tickets, newest first, and one more than the page has."""
        return await self._newest(NodeKind.WINNING_TICKET, page, {"account_id": account_id})

    async def mandates(self, account_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return an account's mandates, newest first, and one more than the page has."""
        return await self._newest(NodeKind.MANDATE, page, {"account_id": account_id})

    async def winning_tickets(self, draw_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return a draw's winning tickets, oldest first, and one more than the page has."""
        wanted = Q(draw_id=draw_id)
        if page.after is not None:
            wanted &= Q(id__gt=page.after)
        query = visible(NodeKind.WINNING_TICKET, self._actor)
        return await _rows(query, wanted, "id", page.first + 1)

    async def draws(self, page: Page[UUID], wanted: Mapping[str, str]) -> list[Row]:
        """Return draws with these columns, newest first, and one more than the page has."""
        return await self._newest(NodeKind.DRAW, page, wanted)

    async def partners(self, page: Page[UUID], wanted: Mapping[str, str]) -> list[Row]:
        """Return partners with these columns, newest first, and one more than the page has."""
        return await self._newest(NodeKind.PARTNER, page, wanted)

    async def purchase_by_reference(self, partner_id: UUID, reference: str) -> Row | None:
        """Return the purchase that a platform's order reference paid for."""
        query = visible(NodeKind.TRANSACTION, self._actor)
        found = await _rows(query, Q(partner_id=partner_id, reference=reference), "id", 1)
        return found[0] if found else None

    async def api_keys(self, page: Page[UUID], wanted: Mapping[str, UUID]) -> list[Row]:
        """Return API keys with these columns, newest first, and one more than the page has."""
        return await self._newest(NodeKind.API_KEY, page, wanted)

    async def sessions(self) -> list[Row]:
        """Return the caller's sessions that are open now, newest first."""
        query = visible(NodeKind.SESSION, self._actor)
        wanted = Q(state=SessionState.OPEN, expires_at__gt=self._house.clock())
        return await _rows(query, wanted, "-id", SESSIONS_MAX)

    async def webhooks(self, page: Page[UUID], wanted: Mapping[str, Any]) -> list[Row]:
        """Return webhooks with these columns, newest first, and one more than the page has."""
        kept = Q(**wanted) & ~Q(state=WebhookState.DELETED)
        if page.after is not None:
            kept &= Q(id__lt=page.after)
        return await _rows(visible(NodeKind.WEBHOOK, self._actor), kept, "-id", page.first + 1)

    async def dead_letters(self, webhook_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return what was set aside, newest first, and one more than the page has."""
        return await self._newest(NodeKind.DEAD_LETTER, page, {"webhook_id": webhook_id})

    async def waiting_since(self, webhook: Row) -> datetime | None:
        """Return when the event happened that a webhook is told next."""
        return await waiting_since(await Webhook.get(id=webhook["id"]))

    async def staff(self, page: Page[UUID], wanted: Mapping[str, str]) -> list[Row]:
        """Return members with these columns, newest first, and one more than the page has."""
        return await self._newest(NodeKind.STAFF_MEMBER, page, wanted)

    async def roles(self, page: Page[UUID]) -> list[Row]:
        """Return the roles that can be given, newest first, and one more than the page has."""
        return await self._newest(NodeKind.ROLE, page, {"state": RoleState.OFFERED})

    async def roles_of(self, member_id: UUID) -> list[Row]:
        """Return the roles that a member of the staff holds."""
        return await self._loaders.roles.load(member_id)

    async def audit_log(self, page: Page[UUID], criteria: AuditCriteria) -> list[Row]:
        """Return entries of the audit log, newest first, and one more than the page has."""
        wanted = Q()
        if page.after is not None:
            wanted &= Q(id__lt=page.after)
        if criteria.principals is not None:
            wanted &= Q(principal__in=list(criteria.principals))
        if criteria.action is not None:
            wanted &= Q(action=criteria.action)
        if criteria.object_id is not None:
            wanted &= Q(object_id=criteria.object_id)
        if criteria.outcome is not None:
            wanted &= Q(outcome=criteria.outcome)
        if criteria.since is not None:
            wanted &= Q(at__gte=criteria.since)
        if criteria.until is not None:
            wanted &= Q(at__lt=criteria.until)
        query = visible(NodeKind.AUDIT_ENTRY, self._actor)
        return await _rows(query, wanted, "-id", page.first + 1)

    async def parameter_changes(self, name: str, page: Page[int]) -> list[Row]:
        """Return the values a parameter was given, newest first, and one more than the page has."""
        wanted = Q(name=name)
        if page.after is not None:
            wanted &= Q(number__lt=page.after)
        return await _rows(ParameterChange.all(), wanted, "-number", page.first + 1)

    async def any_row(self, row_id: UUID) -> tuple[NodeKind, Row] | None:
        """Return the node that has this id, whatever it is: no two kinds share an id."""
        for kind in NodeKind:
            # A list's entries ask for the same kind at the same time, so each kind is read once.
            row = await self._loaders.node(kind).load(row_id)
            if row is not None:
                return kind, row
        return None

    def today(self) -> date:
        """Return the business day."""
        return self._house.business_day(self._house.clock())

    async def _newest(
        self, kind: NodeKind, page: Page[UUID], columns: Mapping[str, Any]
    ) -> list[Row]:
        wanted = Q(**columns)
        if page.after is not None:
            wanted &= Q(id__lt=page.after)
        return await _rows(visible(kind, self._actor), wanted, "-id", page.first + 1)


async def _rows(query: Rows, wanted: Q, order: str, limit: int | None = None) -> list[Row]:
    if query is None:
        return []
    limited = query.filter(wanted).order_by(order)
    rows: list[Row] = await (limited if limit is None else limited.limit(limit)).values()
    return rows
