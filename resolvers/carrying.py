"""Carrying out a command, and turning whatever comes of it into an answer."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import strawberry
from graphql import GraphQLError, GraphQLFieldResolver, GraphQLResolveInfo, GraphQLSchema

from graphql_schema.faults import FORBIDDEN, UNAUTHENTICATED, UNAVAILABLE, fault
from graphql_schema.refusals import RefusalSet, Told
from resolvers.context import Context
from services.actors import NotAllowed
from services.audit import record_attempt
from services.ledger.desk import DeskUnavailable
from services.refusals import Refused

T = TypeVar("T")
A = TypeVar("A")
S = TypeVar("S")
R = TypeVar("R")

Input = Annotated[T, strawberry.argument(name="input", description="What is asked for.")]


def audit_refusals(schema: GraphQLSchema) -> None:
    """Have it written down who is refused a root field for want of a permission, whichever it is.

    A field extension of Strawberry's would do the same, and cost each request 20 µs more.
    """
    for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
        for field in root.fields.values() if root else ():
            if root is schema.subscription_type:
                field.subscribe = _audited(field.subscribe)
            else:
                field.resolve = _audited(field.resolve)


def _audited(resolve: GraphQLFieldResolver | None) -> GraphQLFieldResolver:
    assert resolve is not None  # noqa: S101 - every root field has one, and it is asynchronous

    async def resolved(
        source: object,
        info: GraphQLResolveInfo[Context],
        **arguments: Any,  # noqa: ANN401 - whatever the field takes
    ) -> Any:  # noqa: ANN401 - whatever it answers
        try:
            return await resolve(source, info, **arguments)
        except GraphQLError as error:
            if (error.extensions or {}).get("code") in {FORBIDDEN, UNAUTHENTICATED}:
                await record_attempt(info.context.house, info.context.actor, info.field_name)
            raise

    # Who calls a field's own function, past its resolver, wraps it in the same way.
    resolved.wrap = _audited  # type: ignore[attr-defined]  # a function takes any attribute
    return resolved


async def carry_out(
    context: Context,
    work: Awaitable[A],
    success: Callable[[A], S],
    refusals: RefusalSet[R],
    *,
    currency: str | None = None,
    shows_available: bool = True,
) -> S | R:
    """Await a service, and return its answer or its refusal as data.

    Args:
        context: Whose rows are forgotten afterwards.
        work: The service's coroutine.
        success: Makes the success type of the service's answer, without reading anything.
        refusals: The refusals of the mutation's union.
        currency: Of the amounts that a refusal gives bare.
        shows_available: Whether the caller may know what the wallet that fell short holds.

    Raises:
        GraphQLError: ``UNAUTHENTICATED``, ``FORBIDDEN``, ``UNAVAILABLE``.
    """
    try:
        return success(await work)
    except Refused as refused:
        context.refusals.append(refused.refusal.code)
        return refusals.of(refused, Told(context.language, currency, shows_available))
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    except DeskUnavailable as error:
        raise fault(context.language, UNAVAILABLE) from error
    finally:
        context.forget()
