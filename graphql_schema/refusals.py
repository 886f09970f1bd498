"""Refusals as data: clear answers that say no, told apart by type and code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

import strawberry

from graphql_schema.accounts import Account, Transaction
from graphql_schema.describe import gql_enum, gql_field, gql_interface, gql_type
from graphql_schema.fetching import fetch
from graphql_schema.messages import REFUSALS, UNKNOWN, Language
from graphql_schema.money import Money, formatted, money
from graphql_schema.port import Info
from graphql_schema.scalars import Moment, moment
from models.kinds import PendingBusiness, WalletStatus
from services.refusals import RefusalCode, Refused

_PLAIN_FACTS = {
    "status": "frozen",
    "allowed": "its limits",
    "reason": "its reason is given",
    "seconds": "some",
}

gql_enum(
    RefusalCode,
    "Every reason for which Coffer says no. Codes never change.",
    {code.name: saying.say("en", _PLAIN_FACTS) + "." for code, saying in REFUSALS.items()},
)


@gql_interface
class Refusal:
    """An answer that says no. Nothing has changed; the same key gives the same answer again."""

    code: RefusalCode = strawberry.field(description="The reason; it never changes its name.")
    message: str = strawberry.field(
        description="The reason in words, in English or Chinese by `Accept-Language`."
    )
    path: list[str] = strawberry.field(
        description='Where in the input the reason lies, such as ["tickets", "0", "serial"].'
    )
    replayed: bool = strawberry.field(description="Whether this is the first answer given again.")


@gql_type
class PlainRefusal(Refusal):
    """A refusal that has nothing more to tell than its code."""


@gql_type
class InsufficientFunds(Refusal):
    """Not enough money is available."""

    available: Money | None = strawberry.field(
        description="What is available; null where that is not the caller's to know."
    )


@gql_type
class AccountBlocked(Refusal):
    """No money leaves the account."""

    status: WalletStatus = strawberry.field(description="How the account stands.")


@gql_type
class AccountBusy(Refusal):
    """Something is still under way on the account."""

    pending: list[PendingBusiness] = strawberry.field(description="What.")


@gql_type
class AccountExists(Refusal):
    """The customer has such an account already."""

    account_row_id: strawberry.Private[str]

    @gql_field
    async def existing(self, info: Info) -> Account | None:
        """That account."""
        return await fetch(info.context, Account, self.account_row_id)


@gql_type
class BankRefused(Refusal):
    """The bank did not hand over the money."""

    reason: str | None = strawberry.field(description="Why, in the bank's words.")


@gql_type
class LimitExceeded(Refusal):
    """A limit allows less than this."""

    allowed: Money = strawberry.field(description="The most that it would allow just now.")


@gql_type
class MandateLimitExceeded(Refusal):
    """The player's mandate allows less than this purchase costs."""

    allowed: Money = strawberry.field(description="The most that it would allow just now.")


@gql_type
class SelfLimitExceeded(Refusal):
    """The holder's own limit allows less."""

    allowed: Money = strawberry.field(description="The most that it would allow just now.")


@gql_type
class SelfExcluded(Refusal):
    """The holder has excluded themselves from the game."""

    until: Moment = strawberry.field(description="When that ends.")


@gql_type
class OrderReferenceUsed(Refusal):
    """The platform's order reference has paid for a purchase already."""

    purchase: Transaction = strawberry.field(description="That purchase.")


@gql_type
class PaidAlready(Refusal):
    """The prize has been paid already."""

    payout_row_id: strawberry.Private[str | None]

    @gql_field
    async def payout(self, info: Info) -> Transaction | None:
        """The transaction that paid it, where you may see it."""
        return await fetch(info.context, Transaction, self.payout_row_id)


@gql_type
class Throttled(Refusal):
    """It was tried too often: by you, from your address, or by others who are not known here."""

    retry_after: int = strawberry.field(description="In how many seconds it may be tried again.")


@dataclass(frozen=True, slots=True)
class Told:
    """What a refusal may tell: its caller's language, and the currency of bare amounts."""

    language: Language
    currency: str | None = None
    shows_available: bool = True


_Fields = Callable[[Mapping[str, Any], Told], dict[str, Any]]


def _available(details: Mapping[str, Any], told: Told) -> dict[str, Any]:
    currency = details.get("currency", told.currency)
    shown = told.shows_available and "available_minor" in details and currency
    return {"available": money(details["available_minor"], currency) if shown else None}


def _allowed(details: Mapping[str, Any], told: Told) -> dict[str, Any]:
    assert told.currency is not None  # noqa: S101 - whoever meets a limit names the currency
    return {"allowed": money(details["allowed_minor"], told.currency)}


def _retry_after(details: Mapping[str, Any], _: Told) -> dict[str, Any]:
    return {"retry_after": details["retry_after_s"]}


_SPECIFIC: dict[RefusalCode, tuple[type[Refusal], _Fields]] = {
    RefusalCode.INSUFFICIENT_FUNDS: (InsufficientFunds, _available),
    RefusalCode.ACCOUNT_BLOCKED: (
        AccountBlocked,
        lambda details, _: {"status": WalletStatus(details["status"])},
    ),
    RefusalCode.ACCOUNT_BUSY: (
        AccountBusy,
        lambda details, _: {"pending": [PendingBusiness(each) for each in details["pending"]]},
    ),
    RefusalCode.ACCOUNT_EXISTS: (
        AccountExists,
        lambda details, _: {"account_row_id": details["account_id"]},
    ),
    RefusalCode.BANK_REFUSED: (BankRefused, lambda details, _: {"reason": details["reason"]}),
    RefusalCode.MANDATE_LIMIT_EXCEEDED: (MandateLimitExceeded, _allowed),
    RefusalCode.ORDER_REFERENCE_USED: (
        OrderReferenceUsed,
        lambda details, _: {"purchase": Transaction(row=details["transaction"])},
    ),
    RefusalCode.SELF_LIMIT_EXCEEDED: (SelfLimitExceeded, _allowed),
    RefusalCode.SELF_EXCLUDED: (
        SelfExcluded,
        lambda details, _: {"until": moment(datetime.fromisoformat(details["until"]))},
    ),
    RefusalCode.PAID_ALREADY: (
        PaidAlready,
        lambda details, _: {"payout_row_id": details.get("transaction_id")},
    ),
    RefusalCode.WITHDRAWAL_LIMIT_EXCEEDED: (LimitExceeded, _allowed),
    RefusalCode.PIN_LOCKED: (Throttled, _retry_after),
    RefusalCode.THROTTLED: (Throttled, _retry_after),
}
"""The types that tell more than the code, and how their fields are made of a refusal's details."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class RefusalSet(Generic[R]):
    """The refusals of one mutation's union. ``PlainRefusal`` is in each, and catches the rest."""

    members: tuple[type, ...]

    def of(self, refused: Refused, told: Told) -> R:
        """Return a service's refusal as data."""
        refusal = refused.refusal
        common: dict[str, Any] = {
            "code": refusal.code,
            "message": _message(refusal.code, refusal.details, told),
            "path": [str(step) for step in refusal.path],
            "replayed": refused.replayed,
        }
        kind, fields = _SPECIFIC.get(refusal.code, (PlainRefusal, None))
        if fields is None or kind not in self.members:
            return cast("R", PlainRefusal(**common))
        return cast("R", kind(**common, **fields(refusal.details, told)))


PLAIN: RefusalSet[PlainRefusal] = RefusalSet((PlainRefusal,))
"""Of the mutations whose refusals tell no more than their code."""

THROTTLED: RefusalSet[PlainRefusal | Throttled] = RefusalSet((PlainRefusal, Throttled))
"""Of the mutations that may not be tried too often."""


def _message(code: RefusalCode, details: Mapping[str, Any], told: Told) -> str:
    allowed_minor, currency = details.get("allowed_minor"), told.currency
    facts = {
        "status": details.get("status", UNKNOWN),
        "reason": details.get("reason") or UNKNOWN,
        "seconds": details.get("retry_after_s", UNKNOWN),
        "allowed": UNKNOWN
        if allowed_minor is None or currency is None
        else formatted(allowed_minor, currency),
    }
    return REFUSALS[code].say(told.language, facts)
