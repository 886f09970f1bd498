"""Carrying out a command, and turning whatever comes of it into an answer."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver
from strawberry.types.field import StrawberryField

from graphql_schema.faults import FORBIDDEN, UNAUTHENTICATED, UNAVAILABLE, fault
from graphql_schema.refusals import RefusalSet, Told
from resolvers.context import Context, Info
from services.actors import NotAllowed
from services.audit import record_attempt
from services.bank import BankUnavailable
from services.ledger.desk import DeskUnavailable
from services.refusals import Refused

T = TypeVar("T")
F = TypeVar("F", bound=StrawberryField)
A = TypeVar("A")
S = TypeVar("S")
R = TypeVar("R")

Input = Annotated[T, strawberry.argument(name="input", description="What is asked for.")]


class AuditedRefusals(FieldExtension):
    """Writes down who was refused a root field for want of a permission."""

    async def resolve_async(
        self,
        next_: AsyncExtensionResolver,
        source: Any,  # noqa: ANN401 - whatever Strawberry hands on
        info: Info,
        **arguments: Any,  # noqa: ANN401 - as above
    ) -> Any:  # noqa: ANN401 - as above
        """Resolve the field, and pass on whatever it raises."""
        try:
            return await next_(source, info, **arguments)
        except GraphQLError as error:
            if (error.extensions or {}).get("code") in {FORBIDDEN, UNAUTHENTICATED}:
                await record_attempt(info.context.house, info.context.actor, info.field_name)
            raise


def audited(fields: list[F]) -> list[F]:
    """Have refusals for want of a permission written down for each of these root fields."""
    for field in fields:
        field.extensions.append(AuditedRefusals())
    return fields


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
        return refusals.of(refused, Told(context.language, currency, shows_available))
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    except (DeskUnavailable, BankUnavailable) as error:
        raise fault(context.language, UNAVAILABLE) from error
    finally:
        context.forget()
