"""The audit log: who did what to which thing, or was refused, and why."""

from typing import Annotated, ClassVar

import orjson
import strawberry

from graphql_schema.describe import gql_enum, gql_field, gql_input, gql_type
from graphql_schema.fetching import fetch_kind
from graphql_schema.port import AuditCriteria, Info
from graphql_schema.reading import Reading
from graphql_schema.relay import NODE_TYPES, Node, NodeKind, uuid_of
from graphql_schema.scalars import Moment, moment
from models.kinds import AuditOutcome
from services.actors import ActorKind

PRINCIPAL_MAX = 64
ACTION_MAX = 40

gql_enum(
    AuditOutcome,
    "What became of an action.",
    {
        "ALLOWED": "It was done.",
        "REFUSED": "It was refused, and changed nothing.",
    },
)

ACTORS: dict[NodeKind, tuple[ActorKind, ...]] = {
    NodeKind.CUSTOMER: (ActorKind.CUSTOMER,),
    NodeKind.PARTNER: (ActorKind.PARTNER,),
    NodeKind.STAFF_MEMBER: (ActorKind.OPERATOR, ActorKind.SUPERVISOR),
}
"""Who acts, as what kinds of caller."""

_NODES = {kind.lower(): node for node, kinds in ACTORS.items() for kind in kinds}


@gql_input
class AuditFilter:
    """Which entries of the audit log: all conditions that are given must hold."""

    principal: str | None = strawberry.field(
        default=None, description="Of this caller, as `AuditEntry.principal` names them."
    )
    actor_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of this customer, partner, or member of the staff."
    )
    action: str | None = strawberry.field(
        default=None, description='Of this action, such as "freezeAccount".'
    )
    object_id: strawberry.ID | None = strawberry.field(
        default=None, description="About this thing."
    )
    outcome: AuditOutcome | None = strawberry.field(default=None, description="With this outcome.")
    from_: Moment | None = strawberry.field(
        default=None, name="from", description="At this moment or later."
    )
    to: Moment | None = strawberry.field(default=None, description="Before this moment.")

    def read(self, reading: Reading) -> AuditCriteria:
        """Return what is asked for."""
        principals = None
        if self.principal is not None:
            principals = [reading.text(self.principal, "filter.principal", PRINCIPAL_MAX)]
        if self.actor_id is not None:
            kind, row_id = reading.node_id(self.actor_id, "filter.actorId")
            if kind not in ACTORS:
                reading.refuse("filter.actorId", "WRONG_KIND_OF_ID", expected="Viewer")
            named = [f"{each.lower()}:{row_id}" for each in ACTORS[kind]]
            principals = named if principals is None else [*{*named} & {*principals}]
        return AuditCriteria(
            principals=principals,
            action=None
            if self.action is None
            else reading.text(self.action, "filter.action", ACTION_MAX),
            object_id=None
            if self.object_id is None
            else reading.node_id(self.object_id, "filter.objectId")[1],
            outcome=self.outcome,
            since=None if self.from_ is None else reading.time(self.from_, "filter.from"),
            until=None if self.to is None else reading.time(self.to, "filter.to"),
        )


AuditFilterArgument = Annotated[
    AuditFilter | None,
    strawberry.argument(name="filter", description="Which of them; all, when left out."),
]


@gql_type
class AuditChange:
    """Something that an action changed."""

    name: str = strawberry.field(description="What.")
    before: str | None = strawberry.field(description="What it was; null when it is new.")
    after: str | None = strawberry.field(description="What it is from then on.")


@gql_type
class AuditEntry(Node):
    """One sensitive action, allowed or refused. The log is only ever added to."""

    KIND: ClassVar[NodeKind] = NodeKind.AUDIT_ENTRY

    @gql_field
    def principal(self) -> str:
        """Who acted: the kind of caller and their own id, or `system` for the command line."""
        return str(self.row["principal"])

    @gql_field
    async def actor(self, info: Info) -> Node | None:
        """Who acted; null for the house itself, and where you may not see them."""
        kind, _, row_id = str(self.row["principal"]).partition(":")
        return await fetch_kind(info.context, _NODES[kind], row_id) if kind in _NODES else None

    @gql_field
    def action(self) -> str:
        """What they did or tried: the mutation, or what else it was."""
        return str(self.row["action"])

    @gql_field
    async def object(self, info: Info) -> Node | None:
        """What they did it to; null where that is nothing, or nothing that you may see."""
        if self.row["object_id"] is None:
            return None
        found = await info.context.reads.any_row(uuid_of(self.row["object_id"]))
        return None if found is None else NODE_TYPES[found[0]](row=found[1])

    @gql_field
    def object_key(self) -> str | None:
        """The bare id of what they did it to, even where you may not see it."""
        object_id = self.row["object_id"]
        return None if object_id is None else str(object_id)

    @gql_field
    def outcome(self) -> AuditOutcome:
        """Whether it was done."""
        return AuditOutcome(self.row["outcome"])

    @gql_field
    def code(self) -> str | None:
        """Why it was refused: the refusal's code, or `FORBIDDEN`; null when it was not."""
        return None if self.row["code"] is None else str(self.row["code"])

    @gql_field
    def reason(self) -> str | None:
        """Why it was done, in the words of whoever did it."""
        return None if self.row["reason"] is None else str(self.row["reason"])

    @gql_field
    def changes(self) -> list[AuditChange]:
        """What it changed, where the thing alone does not say it."""
        return [AuditChange(**each) for each in orjson.loads(self.row["changes"] or "[]")]

    @gql_field
    def at(self) -> Moment:
        """When."""
        return moment(self.row["at"])
