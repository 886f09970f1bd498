"""Carrying out a command, and turning whatever comes of it into an answer."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import strawberry

from graphql_schema.faults import UNAVAILABLE, fault
from graphql_schema.refusals import RefusalSet, Told
from resolvers.context import Context
from services.actors import NotAllowed
from services.bank import BankUnavailable
from services.ledger.desk import DeskUnavailable
from services.refusals import Refused

T = TypeVar("T")
A = TypeVar("A")
S = TypeVar("S")
R = TypeVar("R")

Input = Annotated[T, strawberry.argument(name="input", description="What is asked for.")]


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
