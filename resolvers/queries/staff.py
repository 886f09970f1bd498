"""The people of the house, their roles, and what everybody did."""

from typing import Annotated

import strawberry

from graphql_schema.audit import AuditEntry, AuditFilterArgument
from graphql_schema.describe import gql_field
from graphql_schema.port import AuditCriteria
from graphql_schema.relay import After, Connection, First, connect, uuid_of
from graphql_schema.staff import Role, StaffMember
from models.kinds import Permission, StaffKind, StaffStanding
from resolvers.context import Context, Info
from services.actors import NotAllowed


@gql_field
async def staff(
    info: Info,
    first: First = 20,
    after: After = None,
    kind: Annotated[
        StaffKind | None, strawberry.argument(description="Only those of this kind.")
    ] = None,
    standing: Annotated[
        StaffStanding | None, strawberry.argument(description="Only those of this standing.")
    ] = None,
) -> Connection[StaffMember] | None:
    """The people of the house, newest first. For who manages staff, or sees the audit log."""
    context = info.context
    _require(context, Permission.MANAGE_STAFF, Permission.SEE_AUDIT)
    page = context.reading.page("staff", first, after, uuid_of)
    wanted: dict[str, str] = {}
    if kind is not None:
        wanted["kind"] = kind
    if standing is not None:
        wanted["standing"] = standing
    rows = await context.reads.staff(page, wanted)
    return connect(rows, page, lambda row: StaffMember(row=row))


@gql_field
async def roles(info: Info, first: First = 20, after: After = None) -> Connection[Role] | None:
    """The roles that can be given, newest first. For who manages staff, or sees the audit log."""
    context = info.context
    _require(context, Permission.MANAGE_STAFF, Permission.SEE_AUDIT)
    page = context.reading.page("role", first, after, uuid_of)
    return connect(await context.reads.roles(page), page, lambda row: Role(row=row))


@gql_field
async def audit_log(
    info: Info,
    first: First = 20,
    after: After = None,
    only: AuditFilterArgument = None,
) -> Connection[AuditEntry] | None:
    """Sensitive actions, allowed and refused, newest first. For who sees the audit log."""
    context = info.context
    _require(context, Permission.SEE_AUDIT)
    page = context.reading.page("audit", first, after, uuid_of)
    criteria = AuditCriteria() if only is None else only.read(context.reading)
    rows = await context.reads.audit_log(page, criteria)
    return connect(rows, page, lambda row: AuditEntry(row=row))


def _require(context: Context, *permissions: Permission) -> None:
    try:
        context.actor.require(*permissions)
    except NotAllowed as error:
        raise context.not_allowed(error) from None


QUERIES = [staff, roles, audit_log]
