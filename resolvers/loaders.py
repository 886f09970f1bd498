"""DataLoaders: what a list's entries ask for one by one is read at once, for one caller.

They live as long as one operation, or one event of a subscription, and are thrown away after each
mutation, so that nothing old is shown.
"""

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property, partial
from operator import itemgetter
from typing import Any
from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise.queryset import QuerySet

from graphql_schema.relay import NodeKind
from models import StaffRole, Wallet
from models.engines import Row
from models.kinds import GrantState
from resolvers.seen import seen_rows
from resolvers.visible import Rows, visible, visible_balances, visible_profiles
from services.actors import Actor

RowLoader = DataLoader[UUID, Row | None]


class Loaders:
    """The loaders of one caller, each made when it is first asked for."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._nodes: dict[NodeKind, RowLoader] = {}

    def node(self, kind: NodeKind) -> RowLoader:
        """Return the loader of the nodes of a kind by their ids."""
        if kind not in self._nodes:
            self._nodes[kind] = self._one_by(kind, partial(visible, kind))
        return self._nodes[kind]

    @cached_property
    def balances(self) -> RowLoader:
        """Wallets whose balances may be seen, by their ids."""
        return self._one_by("balances", visible_balances)

    @cached_property
    def profiles(self) -> RowLoader:
        """Profiles by their accounts' ids."""
        return self._one_by("profiles", visible_profiles)

    @cached_property
    def currencies(self) -> RowLoader:
        """All wallets, by their ids."""
        return self._one_by("currencies", lambda _: Wallet.all())

    @cached_property
    def winnings(self) -> RowLoader:
        """Winning tickets by the ids of the tickets that they are."""
        kind = NodeKind.WINNING_TICKET
        return self._one_by(kind, partial(visible, kind), "ticket_id")

    @cached_property
    def tickets(self) -> DataLoader[UUID, list[Row]]:
        """Tickets by the purchases that paid for them."""
        return DataLoader(self._tickets_of)

    @cached_property
    def roles(self) -> DataLoader[UUID, list[Row]]:
        """Roles by the ids of those who hold them."""
        return DataLoader(self._roles_of)

    def _one_by(
        self, name: Hashable, seen: Callable[[Actor], Rows], column: str = "id"
    ) -> RowLoader:
        async def load(keys: list[UUID]) -> list[Row | None]:
            rows = await self._by(name, seen, column, keys)
            found = {row[column]: row for row in rows}
            return [found.get(key) for key in keys]

        return DataLoader(load)

    async def _by(
        self, name: Hashable, seen: Callable[[Actor], Rows], column: str, keys: list[UUID]
    ) -> list[Row]:
        def narrow(query: QuerySet[Any], stand_ins: Sequence[Any]) -> QuerySet[Any]:
            return query.filter(**{f"{column}__in": stand_ins})

        return await seen_rows((name, column), self._actor, seen, narrow, keys)

    async def _tickets_of(self, purchase_ids: list[UUID]) -> list[list[Row]]:
        kind = NodeKind.TICKET
        rows = await self._by(kind, partial(visible, kind), "purchase_id", purchase_ids)
        found: dict[UUID, list[Row]] = {purchase_id: [] for purchase_id in purchase_ids}
        for row in sorted(rows, key=itemgetter("id")):
            found[row["purchase_id"]].append(row)
        return [found[purchase_id] for purchase_id in purchase_ids]

    async def _roles_of(self, member_ids: list[UUID]) -> list[list[Row]]:
        found: dict[UUID, list[Row]] = {member_id: [] for member_id in member_ids}
        held = StaffRole.filter(member_id__in=member_ids, state=GrantState.HELD)
        for member_id, role_id in await held.order_by("id").values_list("member_id", "role_id"):
            role = await self.node(NodeKind.ROLE).load(role_id)
            if role is not None:
                found[member_id].append(role)
        return [found[member_id] for member_id in member_ids]
