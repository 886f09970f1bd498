"""Where the bank tells by itself what became of an instruction, or that money arrived.

``POST /bank/callbacks`` with a signed JSON body (``app/adapters/bank_signature.py``). It is
answered with 204 once what it tells is durable; after anything else the bank tells it again.
"""

from collections.abc import Callable

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from app.adapters.bank_signature import SIGNATURE, TIMESTAMP, is_signed
from app.adapters.http_bank import news_of
from services.bank import BankNews
from services.banking.conclude import hear
from services.clock import Clock
from services.house import House
from services.ledger.desk import DeskUnavailable

PATH = "/bank/callbacks"
BODY_BYTES = 16_384

log = structlog.get_logger(__name__)


class BankCallbacks:
    """Takes the bank's callbacks.

    Args:
        secret: What they are signed with; None where there is no bank that calls.
        house: Returns the process's means.
    """

    def __init__(self, secret: str | None, house: Callable[[], House]) -> None:
        self._secret = secret
        self._house = house

    async def respond(self, request: Request) -> Response:
        """Take one in; whoever cannot sign it learns nothing."""
        if self._secret is None:
            return PlainTextResponse("there is no bank that calls here", status_code=404)
        house = self._house()
        news = await _news(request, self._secret, house.clock)
        if isinstance(news, Response):
            return news
        try:
            await hear(house, news)
        except DeskUnavailable:
            return PlainTextResponse("tell it again", status_code=503)
        return Response(status_code=204)


async def _news(request: Request, secret: str, clock: Clock) -> BankNews | Response:
    """Return what the bank tells, or the answer to what is not the bank's, or not to be read."""
    try:
        body = await _body(request)
    except ClientDisconnect:
        return Response(status_code=400)
    if body is None:
        return PlainTextResponse("too large", status_code=413)
    timestamp, signature = (request.headers.get(name, "") for name in (TIMESTAMP, SIGNATURE))
    if not is_signed(secret, clock(), timestamp, signature, body):
        log.warning("a callback is not the bank's")
        return PlainTextResponse("not signed as it must be", status_code=401)
    try:
        return news_of(orjson.loads(body))
    except (AttributeError, KeyError, TypeError, ValueError):
        log.warning("a callback cannot be read")
        return PlainTextResponse("not what the bank should tell", status_code=400)


async def _body(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            return None
    return bytes(body)
