"""Limiting and excluding oneself."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_input, gql_type
from graphql_schema.limits import SelfLimit
from graphql_schema.money import MoneyInput
from graphql_schema.mutations.common import KeyedInput, Success
from graphql_schema.refusals import PlainRefusal
from graphql_schema.scalars import Moment
from models.kinds import LimitKind


@gql_input
class SetSelfLimitInput(KeyedInput):
    """A limit on an account of yours."""

    account_id: strawberry.ID = strawberry.field(description="Your account.")
    kind: LimitKind = strawberry.field(description="What is limited.")
    amount: MoneyInput | None = strawberry.field(
        default=None,
        description="The limit, in the account's currency; left out, there is none any more.",
    )


@gql_type
class SetSelfLimitSuccess(Success):
    """A lower limit holds now; a higher one waits, so that nobody raises it on an impulse."""

    self_limit: SelfLimit = strawberry.field(description="The limit.")


SetSelfLimitResult = Annotated[
    SetSelfLimitSuccess | PlainRefusal,
    strawberry.union("SetSelfLimitResult", description="What became of `setSelfLimit`."),
]


@gql_input
class ExcludeMyselfInput(KeyedInput):
    """A period without play."""

    until: Moment = strawberry.field(
        description="Until when. Nobody can shorten it: not you, and not an operator."
    )


@gql_type
class ExcludeMyselfSuccess(Success):
    """No purchase, deposit, mandate or new account until then; money still comes back to you."""

    until: Moment = strawberry.field(description="When it ends, by itself.")


ExcludeMyselfResult = Annotated[
    ExcludeMyselfSuccess | PlainRefusal,
    strawberry.union("ExcludeMyselfResult", description="What became of `excludeMyself`."),
]
