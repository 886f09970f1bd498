"""A bank behind HTTP: signed requests, bounded in time; what is not answered is asked again.

    POST /instructions        an order: what to collect or to pay, under its id
    GET  /instructions/{id}   how it stands; 404 where the bank never heard of it
    GET  /statement?after=N   the next movements of the fund keeper's account

Amounts are integers in minor units. A state is one of ``BankState``.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import httpx
import orjson

from app.adapters.bank_signature import signed
from services.bank import (
    BankNews,
    BankOrder,
    BankOutcome,
    BankState,
    BankUnavailable,
    StatementLine,
)
from services.clock import Clock

TIMEOUT_S = 10.0
TRIES = 3
PAUSE_S = 0.2
STATEMENT_LINES = 200
TEXT_MAX = 200
REFERENCE_MAX = 64


@dataclass(slots=True)
class HttpBank:
    """``Bank`` behind HTTP.

    Args:
        client: Whose base URL is the bank's.
        secret: What requests are signed with.
        clock: The present.
        needs_card: Whether this bank collects from customers by a card alone.
        pause_s: How long to wait before the second try.
    """

    client: httpx.AsyncClient
    secret: str = field(repr=False)
    clock: Clock
    needs_card: bool = True
    pause_s: float = PAUSE_S
    is_there: bool = field(default=True, init=False)

    async def collect(self, order: BankOrder) -> BankOutcome:
        """Take money into the fund keeper's account; see ``Bank``."""
        return await self._send("collect", order)

    async def pay(self, order: BankOrder) -> BankOutcome:
        """Pay from the fund keeper's account; see ``Bank``."""
        return await self._send("pay", order)

    async def status(self, instruction_id: UUID) -> BankOutcome:
        """Tell how an instruction stands; see ``Bank``."""
        response = await self._request("GET", f"/instructions/{instruction_id}")
        if response.status_code == httpx.codes.NOT_FOUND:
            return BankOutcome(BankState.UNKNOWN)
        return _outcome(_content(response))

    async def statement(self, after: int) -> Sequence[StatementLine]:
        """Return the next movements of the fund keeper's account; see ``Bank``."""
        target = f"/statement?after={after}&limit={STATEMENT_LINES}"
        content = _content(await self._request("GET", target))
        try:
            return [
                StatementLine(int(line["position"]), news_of(line)) for line in content["lines"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise BankUnavailable("the statement cannot be read") from error

    async def _send(self, kind: Literal["collect", "pay"], order: BankOrder) -> BankOutcome:
        card = order.card and {"number": order.card.number, "holder": order.card.holder}
        body = orjson.dumps(
            {
                "id": str(order.id),
                "kind": kind,
                "amount_minor": order.amount_minor,
                "currency": order.currency,
                "party": str(order.party),
                "card": card,
                "returns": order.returns,
            }
        )
        return _outcome(_content(await self._request("POST", "/instructions", body)))

    async def _request(self, method: str, target: str, body: bytes = b"") -> httpx.Response:
        """Ask, a few times when there is no answer: whatever is asked may be asked again.

        Raises:
            BankUnavailable: There is none.
        """
        pause_s = self.pause_s
        for last in (*(False,) * (TRIES - 1), True):
            headers = signed(self.secret, self.clock(), body, method, target)
            try:
                response = await self.client.request(method, target, content=body, headers=headers)
            except httpx.HTTPError as error:
                if last:
                    # What an error of the client holds may be the request, and with it the card.
                    raise BankUnavailable(type(error).__name__) from None
            else:
                if not response.is_server_error or last:
                    return response
            await asyncio.sleep(pause_s)
            pause_s *= 2
        raise AssertionError


def news_of(content: Any) -> BankNews:  # noqa: ANN401 - JSON
    """Return what the bank tells by itself.

    Raises:
        KeyError, TypeError, ValueError: It cannot be read.
    """
    instruction_id = content.get("instruction_id")
    reference = str(content["reference"])
    if not 0 < len(reference) <= REFERENCE_MAX:
        raise ValueError("a reference has 1 to 64 characters")
    amount_minor = content["amount_minor"]
    if not isinstance(amount_minor, int):
        raise TypeError("an amount is a whole number")
    return BankNews(
        reference=reference,
        state=BankState(content["state"]),
        amount_minor=amount_minor,
        currency=str(content["currency"]),
        instruction_id=None if instruction_id is None else UUID(instruction_id),
        reason=_text(content.get("reason")),
        remittance=str(content.get("remittance") or ""),
    )


def _content(response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    if not response.is_success:
        raise BankUnavailable(f"the bank answers {response.status_code}")
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise BankUnavailable("the bank does not answer with JSON") from error


def _outcome(content: Any) -> BankOutcome:  # noqa: ANN401 - JSON
    try:
        reference = content.get("reference")
        return BankOutcome(
            BankState(content["state"]),
            None if reference is None else str(reference),
            _text(content.get("reason")),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BankUnavailable("the bank's answer cannot be read") from error


def _text(value: object) -> str | None:
    """Return a text for people as a column takes it."""
    if value is None:
        return None
    return "".join(filter(str.isprintable, str(value)))[:TEXT_MAX]
